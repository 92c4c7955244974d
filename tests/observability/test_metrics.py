"""Every figure moves when what it counts happens, and only then; its name, help and labels are what the docs say."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from figures import Figures, figures_of, read_figures

from callback_receiver import AES_KEY, TOKEN, receiving
from harness import World, serving
from hongyan import __version__
from hongyan.access.audit import Deed
from hongyan.access.operators import Role, create_operator_txn
from hongyan.admission.rules import Mode
from hongyan.app.metrics import METRICS, MINTS, READS, SIGN_IN, collect, render
from hongyan.capture import log as capture_log
from hongyan.capture.records import Limits
from hongyan.directory.edit import OrgChange, UserEntry
from hongyan.engine.calls import REST, SERIES_MAX, UNKNOWN
from hongyan.model.clock import DAY_MS
from hongyan.sandbox.faults import Fault
from hongyan.store.interface import Tx
from hongyan.wire.surface import OPEN_ENDPOINTS

DOCS = Path(__file__).parents[2] / "docs" / "observing.md"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serving(tmp_path_factory.mktemp("figures"), metrics_by_corp=True, wrong_secrets_per_key=3) as server:
        yield World(server)


class Case:
    """How to make a figure move: `act` on a world, and what is looked at."""

    def __init__(self, act: Callable[[World], Any], sample: str, by: float | None = None, **labels: str) -> None:
        self.act, self.sample, self.by, self.labels = act, sample, by, labels


def _sse(world: World) -> None:
    path = f"/hongyan/v1/corps/{world.corp_id}/inboxes/u1/events"
    with world.server.client.stream("GET", path, headers=_admin(world)) as answer:
        chunks = answer.iter_raw()  # kept: a stream that is let go of is closed
        next(chunks)
        _until(lambda: figures_of(world.server).of("hongyan_open_streams", surface="control") == 1)
    _until(lambda: figures_of(world.server).of("hongyan_open_streams", surface="control") == 0)


def _admin(world: World) -> dict[str, str]:
    return {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}


def _until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 8
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.01)


def _malformed(world: World) -> None:
    host, port = world.server.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=8) as raw:
        raw.sendall(b"\x00\x01\r\n\r\n")
        while raw.recv(4096):
            pass


def _refused_send(world: World) -> None:
    world.rule("mass.single_per_person", limit=0)
    assert world.send(userid_list="u5")["errcode"] == 800017
    world.rule("mass.single_per_person", limit=100)


def _fresh(world: World, userids: str) -> str:
    """A send of a content that nobody got today."""
    return world.send_ok(userid_list=userids, text_content=f"{time.monotonic_ns()}")


def _filtered(world: World) -> None:
    world.change(OrgChange(users=(UserEntry("idle", "闲", (20,), active=False),)))
    _fresh(world, "u4,idle")


def _observed(world: World) -> None:
    world.rule("mass.same_content", mode=Mode.OBSERVE)
    for _ in range(2):
        world.send_ok(userid_list="u6,u7", text_content="the same")
    world.rule("mass.same_content", mode=Mode.ENFORCE)


def _read_page(world: World) -> None:
    key = world.admin("POST", "/inboxes/u1/token").json()["token"]
    with httpx.Client(base_url=world.server.base_url, follow_redirects=True) as browser:
        answer = browser.get("/inbox", params={"token": key})
        assert "/inbox/" in str(answer.url) and answer.status_code == 200, (answer.url, answer.text[:300])


def _wrong_operator(world: World) -> None:
    world.write(create_operator_txn, "anna", Role.VIEWER, "", Deed("test", "operator.create", "anna"))
    with httpx.Client(base_url=world.server.base_url) as browser:
        answer = browser.post("/console/sign-in", data={"name": "anna", "password": "wrong"}, headers={"sec-fetch-site": "same-origin"})
        assert answer.status_code == 401


def _too_many_guesses(world: World) -> None:
    for _ in range(5):
        world.server.client.get("/gettoken", params={"appkey": "guessed", "appsecret": "x"})


def _nothing_txn(tx: Tx, now: int) -> None:
    return None


def _waiting_write(world: World) -> None:
    async def act() -> Figures:
        writing = [asyncio.ensure_future(world.engine.store.write(_nothing_txn)) for _ in range(3)]
        await asyncio.sleep(0)
        figures = read_figures(render(await collect(world.server.application, ready=True)).decode())
        await asyncio.gather(*writing)
        return figures

    assert world.server.run(act()).of("hongyan_writes_waiting") == 3


def _long_write(world: World) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow_txn(tx: Tx, now: int) -> None:
        begun.set()
        go_on.wait(8)

    writing = asyncio.run_coroutine_threadsafe(world.engine.store.write(slow_txn), world.server.loop)
    begun.wait(8)
    try:
        assert figures_of(world.server).of("hongyan_write_running_seconds") > 0
    finally:
        go_on.set()
    writing.result(8)


def _slow(world: World) -> None:
    meter = world.engine.store.meter
    before, meter.slow_s = meter.slow_s, 0.0
    world.write(_nothing_txn)
    meter.slow_s = before


def _full_disk(world: World) -> None:
    """A file that may not grow: SQLite answers as on a full disk."""
    writer = world.engine.store._writer  # type: ignore[attr-defined]

    def fill_txn(tx: Tx, now: int) -> None:
        tx.run("setting.put", name="filler", value="x" * 1_000_000)

    most = writer.pragma("max_page_count")
    writer.pragma("max_page_count", 1)
    with pytest.raises(Exception, match="full"):
        world.write(fill_txn)
    writer.pragma("max_page_count", most)
    world.send_ok()


def _left_out(world: World) -> None:
    captures = world.engine.captures
    before, captures.limits = captures.limits, msgspec.structs.replace(captures.limits, per_second=0)
    world.send_ok()
    captures.limits = before
    assert isinstance(before, Limits)


def _dropped(world: World) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capture_log, "REFUSED_PER_SECOND", -1)
        world.send(userid_list="nobody")


def _callback(world: World) -> None:
    """An application that answers, after it let us look at what waits and at what is on its way."""
    with receiving() as receiver:
        seen, go_on = threading.Event(), threading.Event()

        def answer(event: dict[str, Any]) -> None:
            if event["EventType"] != "check_url":
                seen.set()
                go_on.wait(1)

        receiver.answering = answer
        path = f"/hongyan/v1/apps/{world.app_key}/callback"
        body = {"token": TOKEN, "aes_key": AES_KEY, "url": receiver.url, "kinds": ["user_add_org"]}
        assert world.server.client.put(path, headers=_admin(world), json=body).status_code == 200
        world.change(OrgChange(users=(UserEntry(f"new{time.monotonic_ns()}", "新", (20,)),)))
        world.engine.dispatcher.wake()
        assert seen.wait(8)
        figures = figures_of(world.server)
        go_on.set()
        _until(lambda: figures_of(world.server).of("hongyan_outbox_waiting") == 0)
    assert figures.of("hongyan_outbox_waiting") == 1
    assert figures.of("hongyan_callbacks_in_flight") == 1


def _purged(world: World) -> None:
    _callback(world)
    world.advance(4 * DAY_MS)
    before = world.engine.dispatcher.meter.purged
    world.server.loop.call_soon_threadsafe(world.engine.dispatcher.wake)
    _until(lambda: world.engine.dispatcher.meter.purged > before)
    world.token = world.get_token()


def _erased(world: World) -> None:
    userid = f"gone{time.monotonic_ns()}"
    world.change(OrgChange(users=(UserEntry(userid, "某人", (20,)),)))
    _fresh(world, userid)
    assert world.admin("POST", "/erasures", json={"userid": userid}).status_code == 202
    world.server.run(world.engine.keeper.eraser.go_on())


def _nothing(world: World) -> None:
    return None


def _leave(world: World) -> None:
    health = world.server.application.health
    health.leaving = True
    assert figures_of(world.server).of("hongyan_ready") == 0
    health.leaving = False


# For each metric what makes it move; `by` None: anything above what was there, or for a gauge anything above 0.
CASES: dict[str, tuple[Case, ...]] = {
    "hongyan_build_info": (Case(_nothing, "hongyan_build_info", version=__version__, profile="dingtalk"),),
    "hongyan_ready": (Case(_leave, "hongyan_ready"),),
    "hongyan_requests_total": (
        Case(
            lambda w: w.send(userid_list="nobody"), "hongyan_requests_total", 1, surface="topapi", path="/topapi/message/mass/send", errcode="800022"
        ),
        Case(lambda w: w.v1("/v1.0/nothing", {}), "hongyan_requests_total", 1, path=UNKNOWN),
        Case(lambda w: w.corp_token(w.app_key, w.secret), "hongyan_requests_total", 1, path="/v1.0/oauth2/{corpId}/token", errcode="0"),
        Case(
            lambda w: w.inbox("u2"), "hongyan_requests_total", 1, surface="control", path="/hongyan/v1/corps/{corp}/inboxes/{userid}", errcode="200"
        ),
        Case(lambda w: w.post("/router/rest"), "hongyan_requests_total", 1, surface="router", path="/router/rest"),
    ),
    "hongyan_request_seconds": (Case(lambda w: w.send(), "hongyan_request_seconds_count", 1, surface="topapi"),),
    "hongyan_connections": (Case(_nothing, "hongyan_connections"),),
    "hongyan_connections_refused_total": (Case(_malformed, "hongyan_connections_refused_total", 1, reason="malformed"),),
    "hongyan_open_streams": (Case(_sse, "hongyan_requests_total", path="/hongyan/v1/corps/{corp}/inboxes/{userid}/events"),),
    "hongyan_sends_total": (Case(lambda w: _fresh(w, "u1,u2"), "hongyan_sends_total", 1, surface="mass", kind="mass"),),
    "hongyan_sends_refused_total": (Case(_refused_send, "hongyan_sends_refused_total", 1, rule="mass.single_per_person"),),
    "hongyan_people_delivered_total": (
        Case(lambda w: _fresh(w, "u1,u2,u3"), "hongyan_people_delivered_total", 3, surface="mass"),
        Case(_filtered, "hongyan_people_delivered_total", 1, surface="mass"),  # who was left out did not get it
    ),
    "hongyan_people_filtered_total": (Case(_filtered, "hongyan_people_filtered_total", 1, rule="person.not_activated"),),
    "hongyan_people_observed_total": (Case(_observed, "hongyan_people_observed_total", 2, rule="mass.same_content"),),
    "hongyan_corp_sends_total": (Case(lambda w: w.send_ok(), "hongyan_corp_sends_total", 1, corp="dingtest"),),
    "hongyan_corp_people_delivered_total": (Case(lambda w: _fresh(w, "u8,u9"), "hongyan_corp_people_delivered_total", 2, corp="dingtest"),),
    "hongyan_inbox_reads_total": (
        Case(lambda w: w.inbox("u1"), "hongyan_inbox_reads_total", 1, door="api"),
        Case(_read_page, "hongyan_inbox_reads_total", door="page"),
    ),
    "hongyan_tokens_minted_total": (
        Case(lambda w: w.get_token(), "hongyan_tokens_minted_total", 1, kind="app"),
        Case(lambda w: w.corp_token(w.app_key, w.secret), "hongyan_tokens_minted_total", 1, kind="corp"),
        Case(lambda w: w.admin("POST", "/inboxes/u1/token"), "hongyan_tokens_minted_total", 1, kind="inbox"),
    ),
    "hongyan_credential_failures_total": (
        Case(lambda w: w.post("/topapi/message/mass/send", {}, token="wrong"), "hongyan_credential_failures_total", 1, kind="token"),
        Case(
            lambda w: w.server.client.get("/gettoken", params={"appkey": "a", "appsecret": "b"}),
            "hongyan_credential_failures_total",
            1,
            kind="secret",
        ),
        Case(lambda w: w.server.client.get("/hongyan/v1/corps"), "hongyan_credential_failures_total", 1, kind="admin"),
        Case(_wrong_operator, "hongyan_credential_failures_total", 1, kind="operator"),
    ),
    "hongyan_credential_tries_refused_total": (Case(_too_many_guesses, "hongyan_credential_tries_refused_total", 2),),
    "hongyan_writes_waiting": (Case(_waiting_write, "hongyan_transaction_seconds_count"),),
    "hongyan_write_running_seconds": (Case(_long_write, "hongyan_transaction_seconds_count", 1),),
    "hongyan_commit_seconds": (Case(lambda w: w.send_ok(), "hongyan_commit_seconds_count", 1),),
    "hongyan_transaction_seconds": (Case(lambda w: w.send_ok(), "hongyan_transaction_seconds_count", 1),),
    "hongyan_commit_group_size": (Case(_waiting_write, "hongyan_commit_group_size_sum", 3),),
    "hongyan_slow_transactions_total": (Case(_slow, "hongyan_slow_transactions_total", 1),),
    "hongyan_transactions_failed_total": (Case(_full_disk, "hongyan_transactions_failed_total", error="StoreFull"),),
    "hongyan_store_file_bytes": (Case(_nothing, "hongyan_store_file_bytes"),),
    "hongyan_store_log_bytes": (Case(_nothing, "hongyan_store_log_bytes"),),
    "hongyan_disk_free_bytes": (Case(_nothing, "hongyan_disk_free_bytes"),),
    "hongyan_captures_file_bytes": (Case(_nothing, "hongyan_captures_file_bytes"),),
    "hongyan_captures_left_out_total": (Case(_left_out, "hongyan_captures_left_out_total", 1),),
    "hongyan_captures_dropped_total": (Case(_dropped, "hongyan_captures_dropped_total", 1),),
    "hongyan_outbox_waiting": (Case(_callback, "hongyan_callback_attempts_total", 1, outcome="ok"),),
    "hongyan_callbacks_in_flight": (Case(_callback, "hongyan_callback_attempts_total", 1, outcome="ok"),),
    "hongyan_callback_attempts_total": (Case(_callback, "hongyan_callback_attempts_total", 1, outcome="ok"),),
    "hongyan_callback_seconds": (Case(_callback, "hongyan_callback_seconds_count", 1),),
    "hongyan_purged_total": (Case(_purged, "hongyan_purged_total", kind="callbacks"),),
    "hongyan_erased_total": (Case(_erased, "hongyan_erased_total", kind="sends"),),
    **{
        name: (Case(_nothing, name),)
        for name in (
            "process_cpu_seconds_total",
            "process_resident_memory_bytes",
            "process_start_time_seconds",
            "process_open_fds",
            "process_max_fds",
        )
    },
}


def test_every_figure_has_something_that_moves_it() -> None:
    assert set(CASES) == {metric.name for metric in METRICS}


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{name}-{n}") for name, cases in CASES.items() for n, case in enumerate(cases)])
def test_a_figure_moves_when_what_it_counts_happens(world: World, case: Case) -> None:
    world.advance(61_000)  # into windows of its own
    before = figures_of(world.server).of(case.sample, **case.labels)
    case.act(world)
    after = figures_of(world.server).of(case.sample, **case.labels)

    if case.by is not None:
        assert after - before == case.by
    elif case.act is _nothing or case.act is _leave:
        assert after > 0
    else:
        assert after > before


def test_what_is_rolled_back_is_not_counted(tmp_path: Path) -> None:
    """A server of its own: the other's callbacks are tried again at any time, and their commit would take the fault."""
    with serving(tmp_path / "data", metrics_by_corp=True) as server:
        world = World(server)
        assert world.send()["errcode"] == 0
        before = figures_of(server)
        world.faults.plant(Fault("store.commit"))
        assert world.send()["errcode"] != 0
        after = figures_of(server)

    for name in ("hongyan_sends_total", "hongyan_people_delivered_total", "hongyan_corp_sends_total"):
        assert after.of(name) == before.of(name)


# --- names, help, labels


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_figure_is_named_explained_and_documented(metric: Any) -> None:
    assert re.fullmatch(r"(hongyan|process)_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.help.endswith(".") and metric.kind in ("counter", "gauge", "histogram")
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    assert f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |" in DOCS.read_text("utf-8")


def test_the_docs_name_no_other_figure() -> None:
    rows = re.findall(r"^\| `((?:hongyan|process)_[a-z_]+)` \|", DOCS.read_text("utf-8"), re.MULTILINE)

    assert rows == [metric.name for metric in METRICS]


def test_what_is_served_is_what_the_catalogue_says(world: World) -> None:
    text = world.server.client.get("/metrics").text

    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        assert kind == next(metric.kind for metric in METRICS if metric.name == name)
    for name, labels in re.findall(r"^(hongyan_\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? \S+$", text, re.MULTILINE):
        wanted = next(metric.labels for metric in METRICS if metric.name == name)
        assert [label for label in re.findall(r'(\w+)="', labels) if label != "le"] == list(wanted)


def test_paths_that_figures_are_taken_from_are_served(world: World) -> None:
    own = {path for path in (*MINTS, *READS, *SIGN_IN) if path.startswith(("/hongyan", "/inbox", "/console"))}
    routes = {getattr(route, "path", "") for route in world.server.application._pages.routes}
    control = {f"/hongyan/v1{path.removeprefix('/hongyan/v1')}" for path in world.server.client.get("/hongyan/v1/openapi.json").json()["paths"]}

    assert set(MINTS) - own <= {endpoint.path for endpoint in OPEN_ENDPOINTS}
    assert own <= routes | control


def test_the_number_of_series_is_bounded(world: World) -> None:
    calls = world.engine.calls
    before = dict(calls.counts)
    try:
        for n in range(SERIES_MAX + 10):
            calls.note_page("unknown", f"/made/up/{n}", "GET", 200, 0.0, 0)
        assert len(calls.counts) <= SERIES_MAX + 1
        assert calls.counts[REST, REST] >= 10
    finally:
        calls.counts.clear()
        calls.counts.update(before)


def test_a_label_cannot_break_out_of_its_line() -> None:
    text = render({"hongyan_connections_refused_total": {('a"b\\c\nd',): 2}}).decode()

    assert read_figures(text).of("hongyan_connections_refused_total", reason='a"b\\c\nd') == 2


def test_figures_by_organisation_are_there_only_when_wanted(world: World) -> None:
    application = world.server.application
    application.settings = msgspec.structs.replace(application.settings, metrics_by_corp=False)
    try:
        assert "dingtest" not in world.server.client.get("/metrics").text
    finally:
        application.settings = msgspec.structs.replace(application.settings, metrics_by_corp=True)
    assert 'corp="dingtest"' in world.server.client.get("/metrics").text


def test_no_userid_and_no_path_that_was_asked_for_stands_in_a_figure(world: World) -> None:
    world.send_ok(userid_list="u11")
    world.inbox("u11")
    world.server.client.get("/nobodys/path/canary-7")
    world.server.client.get("/inbox/canary-8/")
    world.server.client.get("/hongyan/v1/corps/canary-9")
    text = world.server.client.get("/metrics").text

    assert "u11" not in text and "canary" not in text
