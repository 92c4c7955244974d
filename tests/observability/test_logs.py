"""Log lines: one event each, with the request id that the caller has, and without what must not be told."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness import World, serving
from hongyan.app import logs
from hongyan.app.logs import BesideHandler, JsonLines, logging_to
from hongyan.observe.events import AccessLog, LogFormat, tell
from hongyan.sandbox.faults import Fault
from hongyan.store.interface import Tx


class Lines:
    """What was written to the log of a block."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.all if line["event"] == event]


@contextmanager
def logged(level: str = "warning", access: AccessLog = AccessLog.OFF, form: LogFormat = LogFormat.JSON) -> Iterator[Lines]:
    lines, root = Lines(), logging.getLogger()
    before = root.level
    try:
        with logging_to(lines.stream, level, form, access):
            yield lines
    finally:
        root.setLevel(before)


@pytest.fixture
def loud(tmp_path: Path) -> Iterator[World]:
    with serving(tmp_path / "data", access_log=AccessLog.ALL) as server:
        yield World(server)


def test_an_access_line_has_the_request_id_of_the_answer_and_says_whose_call_it_was(loud: World) -> None:
    with logged(access=AccessLog.ALL) as lines:
        reply = loud.send()
    line = lines.of("request")[-1]

    assert line["request_id"] == reply["request_id"]
    wanted = {"level": "info", "method": "POST", "path": "/topapi/message/mass/send", "query": ["access_token"], "status": 200, "errcode": "0"}
    assert {name: line[name] for name in wanted} == wanted
    assert (line["corp"], line["app"], line["address"]) == (loud.corp_id, loud.app_key, "127.0.0.1")
    assert line["ms"] >= 0 and line["bytes"] > 0 and line["time"].endswith("Z")


def test_the_new_surface_has_its_request_id_too(loud: World) -> None:
    with logged(access=AccessLog.ALL) as lines:
        reply = loud.v1("/v1.0/nothing", {}).json()

    assert lines.of("request")[-1]["request_id"] == reply["requestid"]


def test_pages_and_our_own_interface_have_lines_with_templates_for_paths(loud: World) -> None:
    with logged(access=AccessLog.ALL) as lines:
        loud.inbox("u3")
        loud.server.client.get("/inbox/canary-key/")
    paths = [line["path"] for line in lines.of("request")]

    assert paths == ["/hongyan/v1/corps/{corp}/inboxes/{userid}", "/inbox/{key}/"]


def test_no_secret_and_no_text_of_a_message_stands_in_a_line(loud: World) -> None:
    with logged("debug", AccessLog.ALL) as lines:
        loud.get_token()
        loud.send(text_content="canary-text")
        loud.post("/topapi/message/mass/send", loud.a_send(), token="canary-token")
        loud.server.client.get("/hongyan/v1/corps", headers={"authorization": "Bearer canary-admin"})
        loud.server.client.get("/inbox/canary-key/", params={"token": "canary-query"})
        loud.server.client.get("/gettoken?appkey=a&appsecret=canary-secret")
    text = lines.stream.getvalue()

    assert len(lines.of("request")) >= 6
    for secret in ("canary", loud.token, loud.secret):
        assert secret not in text


def test_lines_for_refused_requests_only(tmp_path: Path) -> None:
    with serving(tmp_path / "data", access_log=AccessLog.REFUSED) as server:
        world = World(server)
        with logged(access=AccessLog.REFUSED) as lines:
            world.send_ok()
            world.send(userid_list="nobody")
            world.server.client.get("/hongyan/v1/corps")

    assert [line.get("errcode", line["status"]) for line in lines.of("request")] == ["800022", 401]


def test_without_an_access_log_there_is_no_line_whatever_the_level(world: World) -> None:
    with logged("debug") as lines:
        world.send_ok()

    assert not lines.of("request")


def test_a_failure_is_logged_once_with_the_request_id_that_the_caller_has(world: World) -> None:
    world.faults.plant(Fault("store.commit"))
    with logged() as lines:
        reply = world.send()
    (line,) = [line for line in lines.all if line["level"] == "error"]

    assert reply["errcode"] != 0
    assert (line["event"], line["request_id"], line["corp"], line["app"]) == ("wire", reply["request_id"], world.corp_id, world.app_key)
    assert "PlantedFault" in line["exception"]


def test_a_slow_transaction_is_warned_of_and_named(world: World) -> None:
    def slow_txn(tx: Tx, now: int) -> None:
        return None

    world.engine.store.meter.slow_s = 0.0
    with logged() as lines:
        world.write(slow_txn)
    line = lines.of("store.slow_transaction")[-1]

    assert (line["level"], line["size"], line["writes"]) == ("warning", 1, ["slow_txn"])
    assert line["ms"] >= line["commit_ms"] >= 0


def test_text_for_a_terminal_is_one_line_with_fields_that_cannot_be_mistaken() -> None:
    with logged("info", form=LogFormat.TEXT) as lines:
        tell(logging.getLogger("hongyan.test"), logging.INFO, "test.happened", "it happened", plain="a", odd='b "c"\nd=e', none="", many=["x", "y"])
    (line,) = lines.stream.getvalue().splitlines()

    assert line.endswith('INFO test.happened: it happened plain=a odd="b \\"c\\"\\nd=e" many=x,y')


def test_a_field_cannot_take_the_place_of_what_every_line_has() -> None:
    with logged("info") as lines:
        tell(logging.getLogger("hongyan.test"), logging.INFO, "test.happened", "it happened", level="fake", time="fake")

    assert lines.all[0]["level"] == "info" and lines.all[0]["time"] != "fake"


def test_foreign_lines_are_json_too() -> None:
    with logged() as lines:
        logging.getLogger("somewhere").warning("100%% of %s\n", "it")

    assert (lines.all[0]["event"], lines.all[0]["message"]) == ("somewhere", "100% of it\n")


def test_a_reader_of_stderr_that_stands_still_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck(io.StringIO):
        def __init__(self) -> None:
            super().__init__()
            self.go_on, self.entered = threading.Event(), threading.Event()

        def write(self, text: str, /) -> int:
            self.entered.set()
            self.go_on.wait(8)
            return super().write(text)

    monkeypatch.setattr(logs, "QUEUE_MAX", 10)
    stream = Stuck()
    handler = BesideHandler(JsonLines(), stream)
    record = logging.LogRecord("hongyan.requests", logging.INFO, "", 0, "line", (), None)
    handler.emit(record)
    assert stream.entered.wait(8)
    for _ in range(30):
        handler.emit(record)  # would wait for ever if the stream were written here
    stream.go_on.set()
    handler.close()

    assert handler.dropped == 20
    assert len(stream.getvalue().splitlines()) == 11
