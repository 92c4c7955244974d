"""What a person sees when the server cannot do its work."""

from typing import Any

import pytest
from desk_world import DeskWorld

from hongyan.access.operators import Role
from hongyan.store.interface import StoreFull


async def _full(*_: Any) -> Any:
    raise StoreFull("no room on /var/secret/folder")


async def _buggy(*_: Any) -> Any:
    raise RuntimeError("a secret of the code")


@pytest.mark.parametrize(
    ("failing", "status", "said"),
    [(_full, 503, "The server cannot store anything just now"), (_buggy, 500, "The server failed")],
    ids=["full", "bug"],
)
def test_a_form_that_cannot_be_saved_says_so(desk: DeskWorld, monkeypatch: pytest.MonkeyPatch, failing: Any, status: int, said: str) -> None:
    browser = desk.operator(Role.ADMINISTRATOR)
    monkeypatch.setattr(desk.engine.store, "write", failing)
    answer = browser.post("/console/data/purge")

    assert (answer.status_code, said in answer.text) == (status, True)
    assert "secret" not in answer.text
    assert "content-security-policy" in answer.headers


def test_a_page_that_cannot_be_read_says_so_in_the_readers_language(desk: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = desk.operator(Role.ADMINISTRATOR)
    monkeypatch.setattr(desk.engine.store, "read", _full)
    answer = browser.get("/console/o/dingtest/sends?lang=zh")

    assert answer.status_code == 503
    assert "服务器暂时无法保存数据" in answer.text
    assert 'href="/console/o/dingtest/sends"' in answer.text
