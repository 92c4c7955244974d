"""Guessing secrets: slowed down where they are asked for, without locking out who has the right one."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from desk_world import PASSWORD, Browser, DeskWorld

from harness import World, serving
from hongyan.access.guesses import (
    EVERYWHERE,
    KEPT_NAMES,
    KEPT_PROVED,
    KEPT_WINDOWS,
    WINDOW_MS,
    Guesses,
    GuessLimits,
    TooManyGuesses,
    block_of,
)
from hongyan.access.signature import sign
from hongyan.access.suites import TEST_TICKET
from hongyan.app.settings import BadSetting, load_settings
from hongyan.model.ids import EpochMs
from scenario.suite_calls import SUITE, SuiteCalls

NOW = EpochMs(1_900_000_000_000)
THROTTLED, V1_THROTTLED = 90002, "Forbidden.AccessDenied.QpsLimitForApi"


def _try(guesses: Guesses, address: str = "a", key: str = "k", *, right: bool = False, now: int = NOW) -> bool:
    """False when it was not looked at."""
    try:
        with guesses.proving(address, key, EpochMs(now)) as proof:
            proof.right = right
    except TooManyGuesses:
        return False
    return True


def _tries(guesses: Guesses, n: int, **how: Any) -> int:
    return sum(_try(guesses, **how) for _ in range(n))


# --- the windows


def test_one_key_at_one_address_is_answered_so_often_and_again_a_minute_later() -> None:
    guesses = Guesses(GuessLimits(3, 100))

    assert _tries(guesses, 10) == 3
    assert not _try(guesses, right=True), "the right one is not looked at either: otherwise guessing would go on"
    assert not _try(guesses, right=True, now=NOW + WINDOW_MS - 1)
    assert _try(guesses, right=True, now=NOW + WINDOW_MS)


def test_right_secrets_are_never_counted() -> None:
    assert _tries(Guesses(GuessLimits(3, 5)), 100, right=True) == 100


def test_what_fails_for_another_reason_is_not_counted() -> None:
    guesses = Guesses(GuessLimits(1, 1))
    for _ in range(3):
        with pytest.raises(OSError), guesses.proving("a", "k", NOW):
            raise OSError

    assert _try(guesses)


def test_tries_at_the_same_time_cannot_pass_together() -> None:
    guesses = Guesses(GuessLimits(2, 100))
    with guesses.proving("a", "k", NOW), guesses.proving("a", "k", NOW):
        assert not _try(guesses)


def test_many_keys_from_one_address_share_what_it_has() -> None:
    guesses = Guesses(GuessLimits(3, 10))

    assert sum(_try(guesses, key=f"k{n}") for n in range(50)) == 10
    assert _try(guesses, "another address", key="k99")


def test_who_proved_a_secret_here_is_not_kept_out_by_the_others_at_the_address() -> None:
    guesses = Guesses(GuessLimits(3, 10))
    assert _try(guesses, key="honest", right=True)
    for n in range(50):
        _try(guesses, key=f"k{n}")

    assert _try(guesses, key="honest", right=True)
    assert not _try(guesses, key="stranger", right=True)


def test_one_key_from_many_addresses_is_slowed_down_and_its_owner_is_not() -> None:
    guesses = Guesses(GuessLimits(3, 10))
    assert _try(guesses, "home", right=True)

    assert sum(_try(guesses, f"10.0.{n // 250}.{n % 250}") for n in range(1000)) == 3 * EVERYWHERE
    assert _try(guesses, "home", right=True)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "", True),
    ],
)
def test_an_ipv6_network_counts_as_one_address(one: str, other: str, same: bool) -> None:
    assert (block_of(one) == block_of(other)) is same


def test_what_is_remembered_is_bounded_whatever_is_tried() -> None:
    guesses = Guesses(GuessLimits(3, 0))
    for n in range(KEPT_WINDOWS + 5000):
        _try(guesses, f"{n}", "k" * 10_000 + str(n))
        _try(guesses, f"{n}", "right", right=True)
        guesses.name_failed(f"name {n}", NOW)

    assert len(guesses._windows) <= KEPT_WINDOWS and len(guesses._proved) <= KEPT_PROVED and len(guesses._names) <= KEPT_NAMES
    assert max(len(key) for _, _, key in guesses._windows) <= 128


def test_no_limit_is_no_limit_and_a_clock_that_went_back_ends_no_window_late() -> None:
    assert _tries(Guesses(GuessLimits(0, 0)), 1000) == 1000
    guesses = Guesses(GuessLimits(1, 10))
    assert _try(guesses) and not _try(guesses)
    assert _try(guesses, now=NOW - 1_000_000)


def test_the_limits_are_settings() -> None:
    given = load_settings({"wrong_secrets_per_key": 7}, environ={"HONGYAN_WRONG_SECRETS_PER_ADDRESS": "0"})

    assert given.guess_limits == GuessLimits(7, 0)
    with pytest.raises(BadSetting, match="wrong_secrets_per_key"):
        load_settings({"wrong_secrets_per_key": -1}, environ={})


# --- what DingTalk's clients are answered


@pytest.fixture(scope="module")
def suited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, SuiteCalls]]:
    with serving(tmp_path_factory.mktemp("guessing")) as server:
        world = World(server)
        yield world, SuiteCalls(world)


def _calls(world: World, suite: SuiteCalls) -> dict[str, tuple[Any, Any]]:
    """Each interface that takes a secret, with a wrong and a right one."""
    http, now = world.server.client, str(world.clock.now())
    corp = f"/v1.0/oauth2/{world.corp_id}/token"
    client = {"client_id": world.app_key, "grant_type": "client_credentials"}
    suite_body = {"suite_key": SUITE, "suite_ticket": TEST_TICKET}
    v1_suite = {"suiteKey": SUITE, "suiteTicket": TEST_TICKET, "authCorpId": world.corp_id}
    proof = {"timestamp": now, "suiteTicket": TEST_TICKET, "accessKey": SUITE}

    def signed(path: str, secret: str) -> httpx.Response:
        return http.post(path, params={**proof, "signature": sign(secret, now, TEST_TICKET)}, json={"auth_corpid": world.corp_id, "agentid": 777})

    def key_of(path: str, make: Any, right: str) -> tuple[Any, Any]:
        return lambda: make("wrong"), lambda: make(right)

    return {
        "/gettoken": key_of("", lambda s: http.get("/gettoken", params={"appkey": world.app_key, "appsecret": s}), world.secret),
        "/gettoken corpid": key_of("", lambda s: http.get("/gettoken", params={"corpid": world.corp_id, "corpsecret": s}), world.secret),
        "accessToken": key_of("", lambda s: http.post("/v1.0/oauth2/accessToken", json={"appKey": world.app_key, "appSecret": s}), world.secret),
        "corp token": key_of("", lambda s: http.post(corp, json={**client, "client_secret": s}), world.secret),
        "get_corp_token": key_of("", lambda s: signed("/service/get_corp_token", s), suite.secret),
        "get_auth_info": key_of("", lambda s: signed("/service/get_auth_info", s), suite.secret),
        "get_agent": key_of("", lambda s: signed("/service/get_agent", s), suite.secret),
        "get_suite_token": key_of("", lambda s: http.post("/service/get_suite_token", json={**suite_body, "suite_secret": s}), suite.secret),
        "suiteAccessToken": key_of("", lambda s: http.post("/v1.0/oauth2/suiteAccessToken", json={**v1_suite, "suiteSecret": s}), suite.secret),
        "corpAccessToken": key_of("", lambda s: http.post("/v1.0/oauth2/corpAccessToken", json={**v1_suite, "suiteSecret": s}), suite.secret),
    }


NAMES = ("/gettoken", "/gettoken corpid", "accessToken", "corp token", "get_corp_token", "get_auth_info", "get_agent")
NAMES += ("get_suite_token", "suiteAccessToken", "corpAccessToken")


@pytest.mark.parametrize("name", NAMES)
def test_guessing_at_an_interface_is_answered_as_a_rate(suited: tuple[World, SuiteCalls], name: str) -> None:
    world, suite = suited
    world.engine.guesses.forget()
    wrong, right = _calls(world, suite)[name]
    answers = [wrong().json() for _ in range(21)]

    assert not any(_throttled(answer) for answer in answers[:20]), answers[0]
    assert _throttled(answers[20]) and _throttled(right().json())
    world.advance(WINDOW_MS)
    _, right = _calls(world, suite)[name]
    assert not _throttled(right().json())


def _throttled(answer: dict[str, Any]) -> bool:
    return answer.get("errcode") == THROTTLED or answer.get("code") == V1_THROTTLED


def test_an_unknown_key_and_a_wrong_secret_are_answered_alike(world: World) -> None:
    http = world.server.client
    known = {"appkey": world.app_key, "appsecret": "wrong"}
    for path, given, stranger in (
        ("/gettoken", known, {**known, "appkey": "nobody"}),
        ("/gettoken", {"corpid": world.corp_id, "corpsecret": "x"}, {"corpid": "nobody", "corpsecret": "x"}),
    ):
        assert http.get(path, params=given).json() == http.get(path, params=stranger).json()
    replies = [http.post("/v1.0/oauth2/accessToken", json={"appKey": key, "appSecret": "x"}).json() for key in (world.app_key, "nobody")]
    assert [(reply["code"], reply["message"]) for reply in replies] == [("invalidClientIdOrSecret", "无效的clientId或者clientSecret")] * 2


def test_throttled_tries_are_in_the_log_without_the_secret_and_among_the_requests(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "hongyan.access"):
        for _ in range(22):
            world.server.client.get("/gettoken", params={"appkey": "evil\nline", "appsecret": "the-guessed-one"})
    world.server.run(world.engine.captures.flush())

    (line,) = (record.getMessage() for record in caplog.records if record.name == "hongyan.access")
    assert "127.0.0.1" in line and "evil\\nline" in line and "\n" not in line and "guessed" not in line
    headers = {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}
    kept = world.server.client.get("/hongyan/v1/requests", params={"code": THROTTLED}, headers=headers)
    assert kept.status_code in (200, 404), kept.text
    assert world.engine.guesses.refused == 2


def test_a_restart_forgets_the_windows_and_keeps_the_lock_of_a_name(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        desk = DeskWorld(server)
        _boss(desk)
        for _ in range(25):
            server.client.get("/gettoken", params={"appkey": "k", "appsecret": "wrong"})
        for _ in range(5):
            desk.browser().post("/console/sign-in", {"name": "boss", "password": "wrong wrong wrong"})
        desk.close()
    with serving(tmp_path) as server:
        assert server.client.get("/gettoken", params={"appkey": "k", "appsecret": "wrong"}).json()["errcode"] == 40096
        sandbox = server.application.sandbox
        assert sandbox is not None
        browser = Browser(server.base_url)
        answer = browser.post("/console/sign-in", {"name": "boss", "password": PASSWORD})
        browser.http.close()
        assert answer.status_code == 429


# --- our own doors


def _boss(desk: DeskWorld) -> None:
    fields = {"key": desk.set_up_key, "name": "boss", "password": PASSWORD, "again": PASSWORD}
    assert desk.browser().post("/console/set-up", fields).status_code == 303


def test_wrong_admin_tokens_get_429_and_the_right_one_is_never_kept_waiting(world: World) -> None:
    def ask(token: str) -> httpx.Response:
        return world.server.client.get("/hongyan/v1/corps", headers={"authorization": f"Bearer {token}"})

    answers = [ask("hyadm_wrong") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429]
    assert answers[20].json()["error"]["code"] == "too_often" and 1 <= int(answers[20].headers["retry-after"]) <= 60
    assert ask(world.engine.key.admin_token(1)).status_code == 200
    assert world.server.client.get("/hongyan/v1/corps").status_code == 401, "no token is no guess"


@pytest.mark.parametrize("path", ["/console/enter?token=wrong", "/console/set-up?key=wrong"])
def test_wrong_links_get_429_and_say_when_to_come_back(desk: DeskWorld, path: str) -> None:
    browser = desk.browser()
    answers = [browser.get(path) for _ in range(21)]

    assert {answer.status_code for answer in answers[:20]} <= {401, 403}
    assert answers[20].status_code == 429 and 1 <= int(answers[20].headers["retry-after"]) <= 60


def test_a_name_that_nobody_has_locks_like_one_that_somebody_has(desk: DeskWorld) -> None:
    _boss(desk)

    def attempts(name: str) -> list[int]:
        return [desk.browser().post("/console/sign-in", {"name": name, "password": "wrong wrong wrong"}).status_code for _ in range(7)]

    assert attempts("boss") == attempts("nobody") == [401] * 5 + [429] * 2
    desk.pass_time(31_000)
    assert attempts("boss") == attempts("nobody") == [401] + [429] * 6


def test_many_names_from_one_address_are_slowed_down_before_any_password_is_hashed(desk: DeskWorld) -> None:
    guesses = desk.engine.guesses
    guesses.limits = GuessLimits(20, 6)
    statuses = [desk.browser().post("/console/sign-in", {"name": f"n{n}", "password": "wrong wrong wrong"}).status_code for n in range(8)]

    assert statuses == [401] * 6 + [429] * 2
