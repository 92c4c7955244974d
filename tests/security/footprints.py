"""What one organisation holds, as a digest for each table: somebody else's call must leave it as it was."""

import hashlib
from pathlib import Path

import apsw

from hongyan.app.files import BLOBS, STORE_FILE
from hongyan.model.ids import CorpNo

# Moved by the server in its own time, whoever calls.
_IN_ITS_OWN_TIME = frozenset(("outbox", "callback_attempt", "directory_change", "suite_ticket"))
# Nobody's rows: of the server's operators and settings, none of which an app may touch.
_SERVERS = frozenset(("setting", "operator", "operator_session", "operator_link", "app", "suite", "template_revision"))


def of_corp(folder: Path, corp: CorpNo) -> dict[str, str]:
    """Digests of the organisation's rows, of the server's, and of the list of its files."""
    db = apsw.Connection(str(folder / STORE_FILE), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        found: dict[str, str] = {}
        for (table,) in db.execute("select name from sqlite_master where type = 'table' and name not like 'sqlite%'").fetchall():
            columns = {row[1] for row in db.execute(f'pragma table_info("{table}")')}
            if table in _IN_ITS_OWN_TIME or not ("corp" in columns or table in _SERVERS):
                continue
            rows = db.execute(f'select * from "{table}" where corp = ?', (corp,)) if "corp" in columns else db.execute(f'select * from "{table}"')
            found[table] = hashlib.blake2b("\n".join(sorted(map(repr, rows))).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    finally:
        db.close()
    return found | {"files": repr(sorted(path.name for path in (folder / BLOBS / str(corp)).rglob("*")))}


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [name for name in after if before.get(name) != after[name]]
