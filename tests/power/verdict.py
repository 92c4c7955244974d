"""Opens what a power cut left, with the server's own code, and says which promises it broke."""

from collections.abc import Sequence
from pathlib import Path

import apsw

from crash.consistency import contradictions
from crash.reading import read_sends
from hongyan.model.clock import SystemClock
from hongyan.store.interface import StoreError
from hongyan.store.queries import migrations
from hongyan.store.sqlite_file import open_current
from power.disk import Cut, under
from power.story import Fact


def verdict(cut: Cut, folder: Path) -> str:
    """Blank: every promise is kept. Otherwise `lost: …` or `corrupt: …`."""
    path = folder / "hongyan.db"
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    for name, content in cut.files.items():
        (folder / Path(name).name).write_bytes(content)
    try:
        with under():
            open_current(path, SystemClock()).close()
    except StoreError as error:
        return f"corrupt: it does not open: {error}"
    return kept_promises(path, cut.promised)


def kept_promises(path: Path, promised: Sequence[Fact]) -> str:
    """The same for a file as it lies there."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        if connection.pragma("integrity_check") != "ok" or connection.pragma("user_version") != migrations()[-1][0]:
            return f"corrupt: {connection.pragma('integrity_check')}"
        kept = _kept(connection)
    except apsw.Error as error:
        return f"corrupt: {error}"
    finally:
        connection.close()
    problems = contradictions(path)
    if problems:
        return f"corrupt: {problems[0]}"
    lost = _lost(path, promised, kept)
    return f"lost: {len(lost)}, such as {lost[0]}" if lost else ""


def _kept(connection: apsw.Connection) -> set[Fact]:
    """What can be looked up by itself."""
    everything = connection.execute(
        """select 'joined', userid from user where left_at is null
        union all select 'template', template_id from template
        union all select 'task', cast(seq as text) from task
        union all select 'recalled', content ->> '$.text' from task where recalled_at is not null"""
    ).fetchall()
    media = connection.execute("select 'media', media_id, blob from media").fetchall()
    reads = connection.execute(
        """select 'read', t.content ->> '$.text', u.userid from inbox i join task t on t.corp = i.corp and t.seq = i.seq
        join user u on u.corp = i.corp and u.ord = i.ord where i.read_at is not null"""
    ).fetchall()
    return {*everything, *media, *reads}


def _lost(path: Path, promised: Sequence[Fact], kept: set[Fact]) -> list[Fact]:
    # A file of an older schema has the same words in several sends; those are looked for by number.
    if all(fact[0] != "sent" for fact in promised):
        return [fact for fact in promised if fact not in kept]
    stored = {("sent", words, *sorted(send.audience)) for words, send in read_sends(path).items()}
    return [fact for fact in promised if fact not in kept and fact not in stored]
