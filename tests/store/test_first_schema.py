"""A store of the first schema under today's server: its day goes on, and it takes what the first release did not know."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from crash.consistency import contradictions
from harness import SEND, Server, serving
from hongyan.access.edit import install_app_txn
from hongyan.access.records import Installation, app_by_key_txn
from hongyan.directory.records import load_corp_txn
from hongyan.model.ids import EpochMs
from hongyan.store.queries import migrations

SCHEMA1 = Path(__file__).parents[1] / "files" / "schema1.db"
NOTICE = "/topapi/message/corpconversation"
LATER_THAT_DAY = EpochMs(1_800_000_000_000 + 600_000)
AGENT = 4001
SAID = """update task set selectors = json_set(selectors, '$.flags', json('{"allow_comment":true,"operator":"u2"}')) where content like ?"""
MARKED = "%众人%"


class Old:
    """The old organisation on a running server, ten minutes after its last send."""

    def __init__(self, server: Server, path: Path) -> None:
        self.server, self.path = server, path
        assert server.application.sandbox is not None
        server.application.sandbox.clock.set(LATER_THAT_DAY)
        server.application.sandbox.clock.freeze()
        self.token = self.get_token()

    def get_token(self) -> str:
        return self.server.client.get("/gettoken", params={"appkey": "oldkey", "appsecret": "oldsecret"}).json()["access_token"]

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return self.server.client.post(path, params={"access_token": self.token}, json=body).json()

    def mass(self, uuid: str, text: str, userids: str) -> dict[str, Any]:
        return self.post(SEND, unionid="oldaccount", uuid=uuid, is_to_all=False, msg_type="text", text_content=text, userid_list=userids)

    def install(self) -> None:
        store, run = self.server.engine.store, self.server.run
        corp, app = run(store.read(load_corp_txn, "dingold")), run(store.read(app_by_key_txn, "oldkey"))
        assert corp and app
        assert isinstance(run(store.write(install_app_txn, corp.no, app.no, AGENT, "旧应用")), Installation)

    def notice(self, text: str, userids: str) -> dict[str, Any]:
        task_id = self.post(f"{NOTICE}/asyncsend_v2", agent_id=AGENT, userid_list=userids, msg={"msgtype": "text", "text": {"content": text}})[
            "task_id"
        ]
        result = self.post(f"{NOTICE}/getsendresult", agent_id=AGENT, task_id=task_id)["send_result"]
        return {name: value for name, value in result.items() if value}

    @property
    def admin(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.server.engine.key.admin_token(1)}"}

    def inbox(self, userid: str) -> list[dict[str, Any]]:
        return self.server.client.get(f"/hongyan/v1/corps/dingold/inboxes/{userid}", headers=self.admin).json()["entries"]


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Old]:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(SCHEMA1, folder / "hongyan.db")
    connection = apsw.Connection(str(folder / "hongyan.db"))
    connection.execute(SAID, (MARKED,))
    connection.close()
    with serving(folder) as server:
        yield Old(server, folder / "hongyan.db")


def test_the_old_file_was_brought_to_the_newest_schema(old: Old) -> None:
    store: Any = old.server.engine.store

    assert store._writer.pragma("user_version") == migrations()[-1][0] > 1
    assert len(list(old.path.parent.glob("hongyan.db.schema1.*"))) == 1, "the file as it was is kept beside it"


def _snapshot(old: Old, name: str) -> Path:
    """One of the present state; where its store lies."""
    assert old.server.client.post("/hongyan/v1/sandbox/snapshots", json={"name": name}, headers=old.admin).status_code == 201
    return old.path.parent / "snapshots" / name / "store.db"


def test_a_snapshot_of_the_old_schema_is_carried_forward(old: Old) -> None:
    shutil.copy(SCHEMA1, _snapshot(old, "old"))
    assert old.mass("new2", "新的", "u2,u4")["errcode"] == 0
    before = len(old.inbox("u2"))

    assert old.server.client.post("/hongyan/v1/sandbox/snapshots/old/restore", headers=old.admin).status_code == 200

    old.token = old.get_token()
    assert len(old.inbox("u2")) == before - 1
    assert old.mass("uuid0", "新", "u2")["errcode"] == 800035, "a used uuid stays used"
    assert old.mass("new2", "新的", "u2,u4")["errcode"] == 0
    store: Any = old.server.engine.store
    assert store._writer.pragma("user_version") == migrations()[-1][0]


def test_a_snapshot_of_a_newer_schema_is_refused(old: Old) -> None:
    store = _snapshot(old, "newer")
    connection = apsw.Connection(str(store))
    connection.pragma("user_version", migrations()[-1][0] + 1)
    connection.close()
    assert old.mass("new2", "新的", "u2,u4")["errcode"] == 0
    before = old.inbox("u2")

    answer = old.server.client.post("/hongyan/v1/sandbox/snapshots/newer/restore", headers=old.admin)

    assert answer.status_code == 503 and "newer Hongyan" in answer.json()["error"]["message"], answer.text
    assert old.inbox("u2") == before
    assert old.mass("new3", "又新的", "u2,u4")["errcode"] == 0


def test_a_mass_send_goes_on_where_the_old_day_stopped(old: Old) -> None:
    before = len(old.inbox("u2"))
    assert old.mass("uuid0", "新", "u2")["errcode"] == 800035, "a used uuid stays used"
    assert old.mass("new1", "再来三", "u1")["errcode"] == 800017, "the person's number of the day was used up"
    assert old.mass("new2", "新的", "u2,u4")["errcode"] == 0
    assert old.mass("new3", "新的", "u2,u4")["errcode"] == 0

    assert [entry["body"]["text"] for entry in old.inbox("u2")[:-before]] == ["新的"], "the second is a duplicate"
    assert contradictions(old.path) == []


def test_what_a_send_said_beside_its_audience_is_still_known(old: Old) -> None:
    entries = {str(entry["body"]): entry for entry in old.inbox("u4")}
    marked = next(entry for text, entry in entries.items() if "众人" in text)

    assert marked["flags"] == {"allow_comment": True, "operator": "u2"}
    assert [entry["flags"] for entry in entries.values() if entry is not marked] == [{}] * (len(entries) - 1)

    found = old.server.client.get(f"/hongyan/v1/corps/dingold/tasks/{marked['task_id']}", headers=old.admin)
    assert found.json()["flags"] == {"allow_comment": True, "operator": "u2"}


def test_a_work_notice_can_be_sent_in_it(old: Old) -> None:
    old.install()
    assert old.notice("通知", "u2,u1,u3,u7,ghost") == {
        "invalid_user_id_list": ["u7", "ghost"],
        "unread_user_id_list": ["u2", "u1"],
        "forbidden_user_id_list": ["u3"],
        "forbidden_list": [{"code": "1430000", "count": 0, "userid": "u3"}],
    }
    assert old.notice("通知", "u2")["forbidden_list"] == [{"code": "143106", "count": 1, "userid": "u2"}]

    assert old.inbox("u2")[0]["body"]["text"] == "通知"
    assert contradictions(old.path) == []
