"""The demo company: filled in from its organisation file, topped up at every start, never overwritten.

The ids and tokens of the documented samples are real in it, so that a sample pasted with only the address changed works.
"""

import asyncio
import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from hongyan.access.edit import NewApp, create_app_txn, install_app_txn, new_secret_txn, pin_token_txn, save_app_txn
from hongyan.access.keys import same_secret
from hongyan.access.records import ALL_SCOPES, AppKind, account_by_unionid_txn, app_by_key_txn, installations_txn
from hongyan.access.sealing import Seal
from hongyan.directory.details import groups_txn
from hongyan.directory.records import Corp, load_corp_txn, load_person_txn
from hongyan.engine.engine import Engine
from hongyan.messages.library import article_known_txn, card_known_txn, load_media_txn
from hongyan.model.ids import EpochMs
from hongyan.sandbox.demo_suites import SUITE_KEY, demo_suite_txn
from hongyan.sandbox.demo_templates import demo_templates_txn
from hongyan.store.interface import Tx
from hongyan.transfer.orgfile import AccountRow, AnyRow, ArticleRow, CardRow, CorpRow, DeptRow, GroupRow, MediaRow, RoleRow, UserRow, parse_jsonl
from hongyan.transfer.run import import_now

DEMO_CORP = "dingdemo"
TWIN_CORP = "dingdemo2"  # the same userids and departments: nothing of one may show in the other
APP_KEY = "dingdemoapp"
AGENT_ID = 1_000_000_001
UNIONID = "IlrIsTHaiSYXluZP61h0zxgiEiE"
SEED_TOKEN = "30c9a84136943eaxxxx"
USERIDS = ("10203029011219896", "manager4220")
DEPT_IDS = (1958658, 2324553)
ROLE_ID = 1507113578
FACTS_FILE = "demo.json"
ADMIN_GENERATION = 1


async def seed_demo(engine: Engine, folder: Path) -> None:
    """Add what is missing of the demo company, and write `demo.json` (mode 0600) with what scripts need."""
    rows = (await asyncio.to_thread(files("hongyan.sandbox").joinpath("demo_company.jsonl").read_bytes)).splitlines(keepends=True)
    for corp_id, lines in ((DEMO_CORP, rows), (TWIN_CORP, [_renamed(line) for line in rows if _directory_row(line)])):
        missing = await engine.store.read(_missing_txn, corp_id, lines)
        if missing:
            await import_now(engine, corp_id, b"".join(missing))
    known = await asyncio.to_thread(_read_facts, folder)
    secret = await engine.store.write(_app_txn, str(known.get("app_secret", "")))
    suite = await engine.store.write(demo_suite_txn, Seal(engine.key), DEMO_CORP, TWIN_CORP)
    await engine.store.write(demo_templates_txn, SUITE_KEY)
    engine.access.forget()
    await asyncio.to_thread(_write_facts, folder, known | _facts(engine, secret) | suite)


def _directory_row(line: bytes) -> bool:
    return json.loads(line)["kind"] in ("corp", "department", "role", "user")


def _renamed(line: bytes) -> bytes:
    row = json.loads(line)
    if row["kind"] == "corp":
        row |= {"corp_id": TWIN_CORP, "name": "鸿雁演示公司（二）"}
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def _missing_txn(tx: Tx, corp_id: str, lines: list[bytes]) -> list[bytes]:
    """The lines whose id the organisation does not have."""
    corp = load_corp_txn(tx, corp_id)
    if corp is None:
        return lines
    depts = {row[0] for row in tx.all("department.all", corp=corp.no)}
    roles = {row[0] for row in tx.all("role.all", corp=corp.no)}
    file = parse_jsonl(b"".join(lines))
    placed: list[dict[Any, tuple[int, Any]]] = [file.departments, file.users, file.groups, file.roles, file.accounts]
    placed += [file.media, file.articles, file.cards]
    absent = [line for rows in placed for line, row in rows.values() if not _present(tx, corp, row, depts, roles)]
    return [lines[line - 1] for line in sorted(absent)]


def _present(tx: Tx, corp: Corp, row: AnyRow, depts: set[int], roles: set[int]) -> bool:
    match row:
        case CorpRow():
            return True
        case DeptRow():
            return row.dept in depts
        case GroupRow():
            return row.name in groups_txn(tx, corp.no)
        case RoleRow():
            return row.role in roles
        case UserRow():
            return load_person_txn(tx, corp.no, row.userid) is not None
        case AccountRow():
            return account_by_unionid_txn(tx, corp.no, row.unionid) is not None
        case MediaRow():
            return load_media_txn(tx, corp.no, row.media_id) is not None
        case ArticleRow():
            return article_known_txn(tx, corp.no, row.article_id)  # a deleted one stays deleted
        case CardRow():
            return card_known_txn(tx, corp.no, row.media_id)


def _app_txn(tx: Tx, known_secret: str, now: EpochMs) -> str:
    """The demo's app with its installation and the sample's token; returns its secret, a new one when the file lost it."""
    corp = load_corp_txn(tx, DEMO_CORP)
    assert corp is not None
    app = app_by_key_txn(tx, APP_KEY)
    secret = known_secret
    if app is None:
        made = create_app_txn(tx, corp.no, NewApp(APP_KEY, "演示应用", AppKind.INTERNAL, ALL_SCOPES), now)
        assert isinstance(made, tuple)
        secret = made[1]
    elif not same_secret(known_secret, app.secret_hash):
        renewed = new_secret_txn(tx, APP_KEY, now)
        assert isinstance(renewed, str)
        secret = renewed
    app = app_by_key_txn(tx, APP_KEY)
    assert app is not None
    if not app.scopes.issuperset(ALL_SCOPES):
        # The folder was filled by a release that knew fewer.
        save_app_txn(tx, msgspec.structs.replace(app, scopes=app.scopes | frozenset(ALL_SCOPES)), now)
    if all(one.agent_id != AGENT_ID for one in installations_txn(tx, corp.no)):
        install_app_txn(tx, corp.no, app.no, AGENT_ID, app.name, now)
    pin_token_txn(tx, SEED_TOKEN, app.no, corp.no, now)
    return secret


def _facts(engine: Engine, secret: str) -> dict[str, Any]:
    return {
        "admin_token": engine.key.admin_token(ADMIN_GENERATION),
        "corp_id": DEMO_CORP,
        "app_key": APP_KEY,
        "app_secret": secret,
        "agent_id": AGENT_ID,
        "account_unionid": UNIONID,
        "access_token": SEED_TOKEN,
        "userids": list(USERIDS),
        "dept_ids": list(DEPT_IDS),
        "role_id": ROLE_ID,
    }


async def demo_facts(folder: Path) -> dict[str, Any]:
    """What `demo.json` says."""
    return await asyncio.to_thread(_read_facts, folder)


def _read_facts(folder: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode((folder / FACTS_FILE).read_bytes(), type=dict[str, Any])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}


def _write_facts(folder: Path, facts: dict[str, Any]) -> None:
    draft = folder / f"{FACTS_FILE}.draft"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(facts, file, ensure_ascii=False, indent=2)
    draft.replace(folder / FACTS_FILE)
