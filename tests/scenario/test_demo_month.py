"""The month of the demo company, written into a server that nobody sent from yet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import SEND, Server, serving
from hongyan.sandbox.demo import DEMO_CORP, SEED_TOKEN, UNIONID, USERIDS, seed_demo
from hongyan.sandbox.demo_month import fill_month


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("month") / "data"
    with serving(folder) as server:
        server.run(seed_demo(server.engine, folder))
        assert server.run(fill_month(server.engine)) > 100
        yield server


def admin(server: Server, path: str, **params: Any) -> Any:
    headers = {"authorization": f"Bearer {server.engine.key.admin_token(1)}"}
    return server.client.get(f"/hongyan/v1/corps/{DEMO_CORP}{path}", headers=headers, params=params).json()


def test_a_month_is_written_once(demo: Server) -> None:
    assert demo.run(fill_month(demo.engine)) == 0


def test_a_company_that_has_sent_something_keeps_its_own_history(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        server.run(seed_demo(server.engine, tmp_path / "data"))
        body = {"unionid": UNIONID, "uuid": "first", "msg_type": "text", "text_content": "first", "userid_list": USERIDS[0]}
        assert server.client.post(SEND, params={"access_token": SEED_TOKEN}, json=body).json()["errcode"] == 0

        assert server.run(fill_month(server.engine)) == 0


def test_people_have_read_some_and_some_were_left_out_and_sends_were_recalled(demo: Server) -> None:
    page = admin(demo, "/tasks", limit=200)
    tasks = page["tasks"]

    assert any(task["recalled_at"] for task in tasks)
    lists = {
        name: sum(len(admin(demo, f"/tasks/{task['task_id']}/people", list=name, limit=100)["people"]) for task in tasks[:40])
        for name in ("read", "unread")
    }
    assert min(lists.values()) > 50


def test_what_is_sent_after_the_month_comes_after_it(demo: Server) -> None:
    body = {"unionid": UNIONID, "uuid": "now", "msg_type": "text", "text_content": "now", "userid_list": USERIDS[0]}
    answer = demo.client.post(SEND, params={"access_token": SEED_TOKEN}, json=body).json()

    assert answer["errcode"] == 0
    assert admin(demo, "/tasks", limit=1)["tasks"][0]["task_id"] == answer["task_id"]
