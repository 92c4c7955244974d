"""Somebody is forgotten: nothing that names them stays in any file, and what was sent still adds up."""

import json
import os
import random
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from harness import World, serving
from hongyan.access.audit import record_deed_txn
from hongyan.access.callbacks import ACCOUNT_MESSAGE
from hongyan.access.outbox import event_of
from hongyan.directory.details import DeptDetails, PersonDetails
from hongyan.directory.edit import DeptEntry, OrgChange, RoleEntry, UserEntry
from hongyan.directory.records import load_person_txn
from hongyan.model.deeds import Deed
from hongyan.model.ids import CorpNo, EpochMs, parse_task_id
from hongyan.store.interface import Tx
from hongyan.upkeep.marks import Marks
from media_samples import PNG

ROOT = Path(__file__).parents[2]
LISTS = ("unread", "read", "forbidden", "failed", "invalid")


class Somebody:
    """A person whose every mark is a text that stands nowhere else."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        tag = "".join(chance.choices("abcdefghijkmnpqrstuvwxyz23456789", k=8))
        self.userid = (f"w{tag}", f"王-{tag}", f"a.{tag}@x", f"{tag}%1 ?+")[seed % 4]
        self.name = ("欧阳", "Ann O'", "李“", "é\\")[seed % 4] + tag[::-1]
        self.unionid = f"UN{tag.upper()}iEiE"
        self.mobile = "139" + "".join(chance.choices("0123456789", k=8))
        self.email = f"{tag}@example.org"
        self.job_number = f"J-{tag}"
        self.wrote = f"my words {tag[:4]}-{tag[4:]}"
        self.got = f"for you alone {tag[:5]}+{tag[5:]}"

    @property
    def marks(self) -> list[str]:
        return [self.userid, self.name, self.unionid, self.mobile, self.email, self.job_number, self.wrote, self.got]

    def entry(self, avatar: str = "") -> UserEntry:
        details = PersonDetails(telephone=self.mobile, org_email=self.email, remark=self.name, manager="u2")
        texts = {"mobile": self.mobile, "email": self.email, "job_number": self.job_number, "title": "engineer", "avatar": avatar}
        return UserEntry(self.userid, self.name, (10,), self.unionid, **texts, details=details)


def _where(folder: Path, text: str) -> list[str]:
    """Files in which a text stands, however it is written."""
    spellings = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], quote(text, safe="")}
    found: list[str] = []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found += [
                f"{path.name}: {one}" for one in spellings if re.search(rb"(?<![0-9A-Za-z])" + re.escape(one.encode()) + rb"(?![0-9A-Za-z])", content)
            ]
    return found


def _fill_txn(tx: Tx, corp: CorpNo, sender: int, one: Somebody, task: str, now: EpochMs) -> None:
    """What readers, operators and applications leave, in the rows in which it lies."""
    person = load_person_txn(tx, corp, one.userid)
    assert person is not None
    fields = {"sender": sender, "title": "t", "digest": "", "content": "c", "thumb_media_id": "", "uuid": None, "view_scope": 0, "allow_forward": 1}
    tx.run("article.insert", corp=corp, article=1, now=now, **fields)
    tx.one("article_view.add", corp=corp, article=1, ord=person.ord, now=now)
    tx.run("article_count.add", corp=corp, article=1, people=1)
    tx.one("comment.insert", corp=corp, article=1, task=parse_task_id(task), ord=person.ord, text=one.wrote, now=now)
    tx.run("said.insert", corp=corp, seq=1, sender=sender, ord=person.ord, content=one.wrote, now=now)
    tx.run("reader.insert", hash=os.urandom(32), corp=corp, ord=person.ord, expires_at=now + 1)
    tx.run("login_code.insert", hash=os.urandom(32), corp=corp, ord=person.ord, expires_at=now + 1)
    record_deed_txn(tx, Deed("op", "person.change", one.userid, corp, {"before": {"name": one.name}, "userids": [one.userid, "u1"]}), now)
    record_deed_txn(tx, Deed("op", "other", "u1", corp, {"leads": f"u1,{one.userid}"}), now)
    people = {"operators": json.dumps([one.userid, "u1"]), "blocked": json.dumps([one.userid]), "allow_userids": json.dumps(["u1", one.userid])}
    names = {"name": "服务号", "brief": "", "descr": "", "avatar_media_id": "", "preview_media_id": "", "disabled_at": None}
    tx.run("account.update", corp=corp, sender=sender, **names, **people, allow_all=1, allow_depts="[]")
    for state in ("delivered", "failed", "said"):
        data = json.dumps({"userId": [one.userid], "senderNick": one.name}, ensure_ascii=state == "failed")
        said = json.dumps({"fromUserId": one.userid, "content": one.wrote})
        data, kind = (said, ACCOUNT_MESSAGE) if state == "said" else (data, "user_modify_org")
        tx.run("outbox.insert", callback=9, lane=0, corp=corp, kind=kind, event_id="e", biz_id=one.userid, data=data, now=now)
        row = tx.one("outbox.first", callback=9, lane=0)
        assert row is not None
        event = event_of(row)
        tx.run("callback_attempt.insert", n=event.n, attempt=1, at=now, status=200, ms=1, outcome="ok", answer=f"ok {one.userid}")
        tx.run("outbox.attempted", n=event.n, attempts=1, state=state, due_at=now, ended_at=now)


class Told:
    """A world in which somebody lived."""

    def __init__(self, world: World, one: Somebody) -> None:
        self.world, self.one = world, one
        world.observe_all_but()
        missing = world.send_ok(userid_list=f"u1,{one.userid}", text_content="too early") if world.server.settings.userid_policy == "all" else ""
        files = {"media": ("face.png", PNG + one.userid.encode(), "image/png")}
        answer = world.server.client.post("/media/upload", params={"access_token": world.token, "type": "image"}, files=files).json()
        self.avatar = answer["media_id"]
        follower = UserEntry("u3", "人3", (20,), details=PersonDetails(manager=one.userid))
        lead = DeptEntry(10, "研发", details=DeptDetails(managers=(one.userid, "u1"), owner=one.userid, user_permits=(one.userid,)))
        world.change(OrgChange((), (one.entry(self.avatar), follower), (RoleEntry(8, "组长", "默认", (one.userid,), scopes={one.userid: (10,)}),)))
        world.change(OrgChange((lead,)))
        self.alone = world.send_ok(userid_list=one.userid, text_content=one.got)
        self.several = world.send_ok(userid_list=f"{one.userid},u1,u2", text_content="several")
        world.send_ok(userid_list="u1,u2", text_content="sent by them", operator_user_id=one.userid)
        self.broad = world.send_ok(userid_list=None, dep_id_list="10", text_content="broad")
        self.everybody = world.send_ok(userid_list=None, is_to_all=True, text_content="everybody")
        self.tasks = [task for task in (missing, self.alone, self.several, self.broad, self.everybody) if task]
        for task in (self.alone, self.everybody):
            assert world.admin("POST", f"/inboxes/{quote(one.userid, safe='')}/read", json={"task_id": task}).status_code == 200
        world.post("/topapi/v2/user/get", {"userid": one.userid})
        world.server.client.get("/topapi/v2/user/get", params={"access_token": world.token, "userid": one.userid})
        world.write(_fill_txn, world.corp, world.account.sender, one, self.alone)
        world.server.run(world.engine.captures.flush())

    def lists(self) -> dict[str, list[set[str]]]:
        return {task: [self.world.people(task, name) for name in LISTS] for task in self.tasks}


def _erase(world: World, userid: str, **body: Any) -> Any:
    return world.admin("POST", "/erasures", json={"userid": userid, **body})


def _finish(world: World) -> dict[str, Any]:
    world.server.run(world.engine.keeper.eraser.go_on())
    return world.admin("GET", "/erasures").json()["erasures"][0]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rows_up_to", [2, 200])
def test_no_file_names_them_any_more_and_the_lists_add_up(tmp_path: Path, seed: int, rows_up_to: int) -> None:
    one = Somebody(seed)
    with serving(tmp_path / "data", rows_up_to=rows_up_to, userid_policy="all") as server:
        world = World(server)
        told = Told(world, one)
        before = told.lists()
        (tmp_path / "data" / "hongyan.db.schema3.1").write_text(one.name)
        assert all(_where(tmp_path / "data", mark) for mark in one.marks)

        assert _erase(world, one.userid).status_code == 202
        ended = _finish(world)

        assert ended["state"] == "done", ended
        assert ended["mentions"] == []
        alias = ended["alias"]
        assert told.lists() == {task: [{alias if who == one.userid else who for who in people} for people in lists] for task, lists in before.items()}
    assert [found for mark in one.marks for found in _where(tmp_path / "data", mark)] == []
    with serving(tmp_path / "data", rows_up_to=rows_up_to) as server:
        world.server, world.engine = server, server.engine
        assert told.lists()
        assert world.admin("GET", f"/users/{quote(one.userid, safe='')}").status_code == 404
        assert world.send_ok(userid_list=None, is_to_all=True, text_content="again")


def test_what_was_removed_is_counted(world: World) -> None:
    one = Somebody(0)
    told = Told(world, one)
    mention = world.send_ok(userid_list="u1,u2", text_content=f"ask {one.name} about it")
    _erase(world, one.userid)
    ended = _finish(world)

    kinds = {"keys", "comments", "messages_written", "views", "inbox_entries", "lists", "sends", "audit_entries", "calls", "callbacks", "media"}
    assert kinds == set(ended["removed"])
    assert all(ended["removed"].values())
    assert ended["mentions"] == [mention]
    article = world.read(lambda tx: tx.one("article.edited", corp=world.corp, article=1))
    assert article[-2:] == (1, 1)  # the views stay, as a count
    alone = world.admin("GET", f"/tasks/{told.alone}").json()
    assert alone["counts"]["read"] == 1 if "counts" in alone else True


def test_it_is_recorded_under_the_alias(world: World) -> None:
    _erase(world, "u5")
    ended = _finish(world)
    entries = world.read(lambda tx: tx.all("audit.page", before=1 << 53, limit=10))

    assert [(row[3], row[4], row[5]) for row in entries] == [("admin token", "person.erase", ended["alias"])]


def test_others_with_a_longer_name_stay(world: World) -> None:
    world.observe_all_but()
    task = world.send_ok(userid_list="u1,u10,u11,u12", text_content="x")
    _erase(world, "u1")
    alias = _finish(world)["alias"]

    assert world.people(task, "unread") == {alias, "u10", "u11", "u12"}
    detail = world.admin("GET", f"/tasks/{task}").json()
    assert "u10" in json.dumps(detail)
    assert world.admin("GET", "/users/u10").status_code == 200


def test_nobody_is_erased_twice_or_by_mistake(world: World) -> None:
    assert _erase(world, "nobody").json()["error"]["code"] == "unknown_user"
    assert _erase(world, "u4").status_code == 202
    alias = _finish(world)["alias"]
    assert _erase(world, "u4").status_code == 404
    assert _erase(world, alias).json()["erasures"] == []


def test_a_userid_that_two_people_had_needs_to_be_meant(world: World) -> None:
    world.change(OrgChange(leave=("u6",)))
    world.change(OrgChange((), (UserEntry("u6", "someone else", (10,), unionid="other"),)))

    refused = _erase(world, "u6")
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "several_people"
    assert world.admin("GET", "/users/u6").json()["name"] == "someone else"
    assert len(_erase(world, "u6", everybody=True).json()["erasures"]) == 2
    _finish(world)
    assert {one["state"] for one in world.admin("GET", "/erasures").json()["erasures"]} == {"done"}


def test_a_userid_may_be_given_again(world: World) -> None:
    world.observe_all_but()
    world.send_ok(userid_list="u7", text_content="old")
    _erase(world, "u7")
    _finish(world)
    world.change(OrgChange((), (UserEntry("u7", "new", (10,)),)))

    assert world.inbox("u7") == []
    task = world.send_ok(userid_list="u7", text_content="new")
    assert world.people(task, "unread") == {"u7"}


def test_applications_hear_that_the_person_left_before_the_last_trace_goes(world: World) -> None:
    """An event that waits holds the end up; what names the person goes with it."""

    def wait_txn(tx: Tx, now: EpochMs) -> None:
        tx.run(
            "outbox.insert", callback=9, lane=0, corp=world.corp, kind="user_leave_org", event_id="e", biz_id="b", data='{"userId":["u8"]}', now=now
        )

    world.write(wait_txn)
    _erase(world, "u8")
    assert _finish(world)["state"] == "waiting"

    def tell_txn(tx: Tx, now: EpochMs) -> None:
        row = tx.one("outbox.first", callback=9, lane=0)
        assert row is not None
        assert row[6] == '{"userId":["u8"]}'
        tx.run("outbox.attempted", n=row[0], attempts=1, state="delivered", due_at=now, ended_at=now)

    world.write(tell_txn)
    assert _finish(world)["state"] == "done"
    rows = world.read(lambda tx: tx.all("erase.outbox", after=0, limit=10))
    assert [row[4] for row in rows] == ['{{"userId":["{}"]}}'.format(world.admin("GET", "/erasures").json()["erasures"][0]["alias"])]


def test_a_large_store_is_written_anew_when_an_operator_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hongyan.upkeep.erasure.COMPACT_UP_TO_BYTES", 0)
    _erase(world, "u9")
    assert _finish(world)["state"] == "compacting"
    headers = {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}
    answer = world.server.client.post("/hongyan/v1/server/compact", headers=headers).json()

    assert answer["ended"] == 1
    assert _finish(world)["state"] == "done"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("u1", "X"),
        ("u10 u1 xu1 u1x", "u10 X xu1 u1x"),
        ("u1,u2", "X,u2"),
        ("call 王小明 at 13900001111.", "call  at ."),
        ("2013900001111", "2013900001111"),
        ("", ""),
    ],
)
def test_marks_are_found_as_words(text: str, hidden: str) -> None:
    assert Marks("u1", ("王小明", "13900001111")).hide(text, "X") == hidden


# --- kills

_KILLED = """
import asyncio, os, signal, sys
from hongyan.app.application import Application
from hongyan.app.settings import Settings
from hongyan.upkeep import erasure, erasure_steps

erasure_steps.ROWS_AT_ONCE = 1
left = int(sys.argv[2])

async def main():
    global left
    application = Application(Settings(data=sys.argv[1], sandbox=True))
    store, write = application.engine.store, application.engine.store.write
    async def counted(body, *args):
        global left
        outcome = await write(body, *args)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome
    store.write = counted
    async with application.running():
        await application.engine.keeper.eraser.go_on()

asyncio.run(main())
"""


@pytest.mark.parametrize("pieces", [1, 5, 9, 14, 17, 18, 19])
def test_killed_at_any_step_it_goes_on_after_the_next_start(tmp_path: Path, pieces: int) -> None:
    one = Somebody(pieces)
    with serving(tmp_path / "data") as server:
        world = World(server)
        told = Told(world, one)
        before = told.lists()
        server.engine.keeper.eraser.go_on = _nothing  # type: ignore[method-assign]
        alias = _erase(world, one.userid).json()["erasures"][0]["alias"]
    environ = {"PYTHONPATH": "src", "HOME": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path / "data"), str(pieces)], cwd=ROOT, env=environ, check=False)
    assert ended.returncode in (-signal.SIGKILL, 0)

    with serving(tmp_path / "data") as server:
        world.server, world.engine = server, server.engine
        assert _finish(world)["state"] == "done"
        assert told.lists() == {task: [{alias if who == one.userid else who for who in people} for people in lists] for task, lists in before.items()}
    assert [found for mark in one.marks for found in _where(tmp_path / "data", mark)] == []


async def _nothing() -> None:
    return None


def test_snapshots_that_hold_the_person_are_named_and_stay(world: World) -> None:
    headers = {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}
    sandbox = "/hongyan/v1/sandbox/snapshots"
    for name in ("later", "base"):
        assert world.server.client.post(sandbox, headers=headers, json={"name": name}).status_code < 300
    _erase(world, "u5")

    assert _finish(world)["snapshots"] == ["base", "later"]
    assert world.server.client.get(sandbox, headers=headers).json()["snapshots"] == ["base", "later"]
    assert world.server.client.post(f"{sandbox}/base/restore", headers=headers).status_code < 300
    assert world.admin("GET", "/users/u5").status_code == 200, "it is what it was"


def test_without_a_snapshot_none_is_named(world: World) -> None:
    _erase(world, "u5")

    assert _finish(world)["snapshots"] == []
