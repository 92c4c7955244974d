"""/healthz, /readyz and who may read what."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness import World, serving
from hongyan.app import health
from hongyan.app.observing import Observing
from hongyan.app.settings import BadSetting, load_settings
from hongyan.store.interface import Tx

METRICS_TOKEN = "metrics-token-of-the-test"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serving(tmp_path_factory.mktemp("health")) as server:
        yield World(server)


def _ready(world: World, **options: Any) -> tuple[int, Any]:
    answer = world.server.client.get("/readyz", **options)
    return answer.status_code, answer.json()


def test_a_running_server_lives_and_is_ready(world: World) -> None:
    alive = world.server.client.get("/healthz")

    assert (alive.status_code, alive.json()) == (200, {"alive": True})
    assert _ready(world) == (200, {"ready": True})
    assert world.server.client.head("/readyz").status_code == 200


def test_what_only_reads_takes_no_post(world: World) -> None:
    for path in ("/metrics", "/healthz", "/readyz"):
        answer = world.server.client.post(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_server_that_was_told_to_stop_is_not_ready_and_lives(world: World) -> None:
    world.server.application.health.leaving = True
    try:
        status, said = _ready(world)
        assert (status, said["ready"], [reason["check"] for reason in said["reasons"]]) == (503, False, ["stopping"])
        assert world.server.client.get("/healthz").status_code == 200
    finally:
        world.server.application.health.leaving = False


def test_a_full_disk_is_said_before_the_store_finds_it(world: World) -> None:
    found = world.server.application.health
    found._disk_free_min = 1 << 62
    try:
        status, said = _ready(world)
        assert (status, said["reasons"][0]["check"]) == (503, "disk")
    finally:
        found._disk_free_min = 0


def test_a_transaction_that_does_not_end_makes_the_server_unready(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "STUCK_S", 0.0)
    begun, go_on = threading.Event(), threading.Event()

    def stuck_txn(tx: Tx, now: int) -> None:
        begun.set()
        go_on.wait(8)

    worker = threading.Thread(target=world.write, args=(stuck_txn,))
    worker.start()
    begun.wait(8)
    try:
        status, said = _ready(world)
        assert (status, said["reasons"][0]["check"]) == (503, "writer")
    finally:
        go_on.set()
        worker.join(8)
    assert _ready(world)[0] == 200


def test_a_store_that_cannot_write_makes_the_server_unready_until_it_can(world: World) -> None:
    writer = world.engine.store._writer  # type: ignore[attr-defined]
    most = writer.pragma("max_page_count")

    def fill_txn(tx: Tx, now: int) -> None:
        tx.run("setting.put", name="filler", value="x" * 1_000_000)

    writer.pragma("max_page_count", 1)
    with pytest.raises(Exception, match="full"):
        world.write(fill_txn)
    world.server.application.health._probe_at = 1e12  # no probe: it may find room in a page
    status, said = _ready(world)
    assert (status, said["reasons"][0]["check"]) == (503, "store") and "full" in said["reasons"][0]["message"]

    writer.pragma("max_page_count", most)
    assert _ready(world)[0] == 503
    world.server.application.health._probe_at = 0.0  # and without any request a probe finds out that it works again
    assert _ready(world)[0] == 200


# --- who may read


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_what_a_proxy_hands_on_is_not_local(world: World, name: str) -> None:
    world.server.application.health.leaving = True
    try:
        status, said = _ready(world, headers={name: "for=127.0.0.1"})
        assert (status, said) == (503, {"ready": False})
    finally:
        world.server.application.health.leaving = False
    answer = world.server.client.get("/metrics", headers={name: "for=127.0.0.1"})
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"


def test_a_page_that_leads_a_browser_here_by_its_own_name_reads_nothing(world: World) -> None:
    for host, status in (
        ("evil.example", 401),
        ("evil.example:8686", 401),
        ("localhost:8686", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("10.0.0.1", 401),
    ):
        assert world.server.client.get("/metrics", headers={"host": host}).status_code == status, host


@pytest.mark.parametrize(
    ("address", "local"), [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.1.2.3", False), ("", False)]
)
def test_only_loopback_is_local(world: World, address: str, local: bool) -> None:
    found = Observing(world.server.application)

    assert found._may_read({"headers": [(b"host", b"localhost")], "client": (address, 1), "method": "GET"}) == local


def test_the_admin_token_reads_from_everywhere(world: World) -> None:
    headers = {"x-forwarded-for": "203.0.113.5", "authorization": f"Bearer {world.engine.key.admin_token(1)}"}

    assert world.server.client.get("/metrics", headers=headers).status_code == 200
    assert world.server.client.get("/metrics", headers=headers | {"authorization": "Bearer wrong"}).status_code == 401


def test_with_a_metrics_token_it_is_asked_for_on_loopback_too(tmp_path: Path) -> None:
    with serving(tmp_path, metrics_token=METRICS_TOKEN) as server:
        client: httpx.Client = server.client
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"}).status_code == 200
        assert client.get("/metrics", headers={"authorization": f"Bearer {server.engine.key.admin_token(1)}"}).status_code == 200
        assert client.get("/metrics", headers={"authorization": f"Basic {METRICS_TOKEN}"}).status_code == 401
        assert METRICS_TOKEN not in client.get("/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"}).text
        # It opens figures and nothing else.
        assert client.get("/hongyan/v1/corps", headers={"authorization": f"Bearer {METRICS_TOKEN}"}).status_code == 401


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"metrics_token": "short"}, "metrics_token"),
        ({"stop_seconds": -1}, "stop_seconds"),
        ({"disk_free_mb": -1}, "disk_free_mb"),
        ({"otlp_endpoint": "localhost:4318"}, "otlp_endpoint"),
        ({"log_format": "xml"}, "log_format"),
        ({"access_log": "some"}, "access_log"),
    ],
)
def test_a_setting_that_cannot_be_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        load_settings(given, environ={})
