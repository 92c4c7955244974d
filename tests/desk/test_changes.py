"""Streams that keep pages current: they go on where the page stands, end with the session, and bring what an operator may see."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from desk_world import Browser, DeskWorld

from hongyan.access.operators import Role
from hongyan.console.desk.changes import NewRows
from hongyan.delivery import live
from hongyan.model.clock import DAY_MS

ROOT = "/console/o/dingtest"


class Events:
    """The events of a stream, as (id, data); comments are passed over."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()

    def next(self) -> tuple[str, str]:
        event: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if name in ("id", "data"):
                event[name] = value
            elif not line and "data" in event:
                return event["id"], event["data"]
        raise EOFError


@contextmanager
def following(browser: Browser, path: str, **headers: str) -> Iterator[Events]:
    with browser.http.stream("GET", f"{ROOT}/{path}", headers=headers) as response:
        assert response.status_code == 200, response.status_code
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Events(response)


def _position(page: str) -> str:
    found = re.search(r'data-position="([-\d]+)"', page)
    assert found
    return found[1]


def test_a_page_is_told_that_something_was_sent(desk: DeskWorld) -> None:
    viewer = desk.operator(Role.VIEWER)
    position = _position(viewer.get(f"{ROOT}/sends").text)
    with following(viewer, f"changes?after={position}") as events:
        desk.send_ok(text_content="fresh")
        number, data = events.next()

    assert number == data != position
    assert "fresh" in viewer.get(f"{ROOT}/sends/rows?position={position}").text
    assert viewer.get(f"{ROOT}/sends/rows?position={data}").status_code == 204


def test_what_happened_while_the_connection_was_away_is_told_at_once(desk: DeskWorld) -> None:
    viewer = desk.operator(Role.VIEWER)
    position = _position(viewer.get(f"{ROOT}/sends").text)
    desk.send_ok()
    with following(viewer, f"changes?after={position}") as events:
        number, _ = events.next()
    desk.send_ok(text_content="and another")
    with following(viewer, f"changes?after={position}", **{"last-event-id": number}) as events:
        later, _ = events.next()

    assert int(position) < int(number) < int(later)


def test_the_overview_hears_of_refused_calls_too(desk: DeskWorld) -> None:
    viewer = desk.operator(Role.VIEWER)
    desk.server.run(desk.engine.captures.flush())  # of earlier calls it knows
    page = viewer.get(f"{ROOT}/").text
    position = _position(page)
    with following(viewer, f"changes?calls=1&after={position}") as events:
        desk.send(uuid="")
        events.next()

    figure = re.search(r'href="([^"]+refused=1[^"]*)"[^>]*><b>(\d+)', viewer.get(f"{ROOT}/overview?position={position}").text)
    assert figure
    assert figure[2] == "1"
    listed = viewer.get(figure[1].replace("&amp;", "&")).text
    assert listed.count("<tr data-n=") == 1


def test_every_kind_of_refusal_of_today_is_counted_and_none_of_yesterday(desk: DeskWorld) -> None:
    desk.send(uuid="")
    desk.server.run(desk.engine.captures.flush())
    desk.pass_time(DAY_MS)
    desk.token = desk.get_token()
    desk.send(userid_list="nobody-here")
    desk.server.client.post("/topapi/v2/user/get", params={"access_token": desk.token}, json={"userid": "nobody-here"})
    desk.send_ok()
    desk.server.run(desk.engine.captures.flush())
    viewer = desk.operator(Role.VIEWER)
    figure = re.search(r'href="([^"]+refused=1[^"]*)"[^>]*><b>(\d+)', viewer.get(f"{ROOT}/").text)
    assert figure

    assert figure[2] == "2"
    assert viewer.get(figure[1].replace("&amp;", "&")).text.count("<tr data-n=") == 2
    assert viewer.get(f"{ROOT}/requests?refused=1").text.count("<tr data-n=") == 3
    assert viewer.get(f"{ROOT}/requests?refused=1&since=nonsense").text.count("<tr data-n=") == 3


def test_new_calls_come_as_rows_and_only_those_asked_for(desk: DeskWorld) -> None:
    viewer = desk.operator(Role.VIEWER)
    newest = re.search(r'data-newest="(\d+)"', viewer.get(f"{ROOT}/requests").text)
    assert newest
    with following(viewer, f"requests/events?after={newest[1]}&refused=1") as events:
        desk.send_ok()
        desk.send(userid_list="nobody<script>")
        _, data = events.next()

    rows = NewRows(**json.loads(data)).rows
    assert rows.count("<tr") == 1
    assert "<script>" not in rows


def test_strangers_and_other_organisations_hear_nothing(desk: DeskWorld) -> None:
    viewer = desk.operator(Role.VIEWER)

    assert desk.browser().get(f"{ROOT}/changes").status_code == 303
    assert viewer.get("/console/o/nosuch/changes").status_code == 404
    assert viewer.get(f"{ROOT}/requests/events?unassigned=1").status_code == 403


def test_a_stream_ends_with_the_session(desk: DeskWorld) -> None:
    viewer = desk.operator(Role.VIEWER)
    other = desk.browser(session=viewer.http.cookies["hongyan_session"])
    with following(viewer, "changes?after=nowhere") as events:
        events.next()
        other.post("/console/sign-out")
        desk.send_ok()
        try:
            events.next()
        except EOFError:
            return
    raise AssertionError("the stream goes on")


def test_an_operator_has_only_so_many_streams(desk: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WATCHERS_MAX", 2)
    viewer = desk.operator(Role.VIEWER)
    position = _position(viewer.get(f"{ROOT}/sends").text)
    path = f"changes?after={position}"

    def status() -> int:
        with viewer.http.stream("GET", f"{ROOT}/{path}") as response:
            return response.status_code

    with following(viewer, path), following(viewer, "requests/events?after=0"):
        assert status() == 429
        with following(desk.operator(Role.SENDER), path):
            pass  # another operator is not in the way
    while status() == 429:  # until the server has heard of the end of one
        time.sleep(0.01)
