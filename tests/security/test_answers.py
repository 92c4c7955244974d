"""What every answer tells browsers, and cookies that nobody else can set."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from desk_world import PASSWORD, DeskWorld

from harness import SEND, Server, serving
from hongyan.access.operators import Role
from hongyan.app.outside import Outside, is_loopback, is_name, with_headers
from hongyan.console.desk.routes import desk_routes
from hongyan.control.routes import ENDPOINTS
from hongyan.sandbox.http import sandbox_endpoints
from security.fetching import fetch

WANTED = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskWorld]:
    with serving(tmp_path_factory.mktemp("answers")) as server:
        made = DeskWorld(server)
        yield made
        made.close()


def _check(answer: httpx.Response, *, kept: bool = False) -> None:
    where = (str(answer.request.url), answer.status_code)
    assert {name: answer.headers.get(name) for name in WANTED} == WANTED, where
    assert "default-src 'none'" in answer.headers["content-security-policy"], where
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"] or "sandbox" in answer.headers["content-security-policy"], where
    assert kept or answer.headers["cache-control"] == "no-store", where
    assert "access-control-allow-origin" not in answer.headers, where
    assert "server" not in answer.headers and "x-powered-by" not in answer.headers, where
    if answer.content:
        assert answer.headers.get("content-type"), where


def test_every_page_of_the_console_has_them(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR, "headers")
    seen = 0
    for route in desk_routes(desk.engine, desk.server.application.stopping):
        path, methods = getattr(route, "path", ""), getattr(route, "methods", set())
        if "GET" not in methods:
            continue
        for known in (path.replace("{corp}", desk.corp_id),):
            concrete = "/".join("1" if ":int" in part else "u1" if part.startswith("{") else part for part in known.split("/"))
            _check(fetch(boss.http, concrete))
            seen += 1
    assert seen > 40


def test_every_call_of_our_own_interface_has_them(desk: DeskWorld) -> None:
    sandbox = desk.server.application.sandbox
    assert sandbox is not None
    headers = {"authorization": f"Bearer {desk.engine.key.admin_token(1)}"}
    for endpoint in (*ENDPOINTS, *sandbox_endpoints(desk.engine, sandbox)):
        path = "/hongyan/v1" + endpoint.path.replace("{corp}", desk.corp_id).replace("{userid}", "u1")
        _check(desk.server.client.request(endpoint.method, path))
        if endpoint.method == "GET" and "{" not in path:
            _check(fetch(desk.server.client, path, headers=headers), kept=True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/"), ("GET", "/inbox"), ("GET", "/inbox/none/"), ("GET", "/nothing"), ("GET", "/article/none"), ("POST", SEND)),
        *(("GET", "/gettoken"), ("POST", "/v1.0/oauth2/accessToken"), ("POST", "/router/rest"), ("POST", "/media/upload")),
        *(("GET", "/hongyan/v1/nothing"), ("GET", "/console/nothing"), ("OPTIONS", SEND), ("GET", "/static/nothing.js")),
    ],
)
def test_whatever_else_is_answered_has_them(desk: DeskWorld, method: str, path: str) -> None:
    _check(desk.server.client.request(method, path), kept=path.startswith("/static"))


def test_a_static_file_may_be_kept_and_an_answer_may_not(desk: DeskWorld) -> None:
    _check(desk.server.client.get("/static/theme.js"), kept=True)
    assert with_headers([(b"Cache-Control", b"public")], ((b"cache-control", b"no-store"),)) == [(b"Cache-Control", b"public")]


@pytest.mark.parametrize(
    "path", ["/.git/config", "/.git/HEAD", "/static/../pyproject.toml", "/static/%2e%2e/store.sqlite", "/hongyan.db", "/server.key"]
)
def test_no_file_of_the_folder_or_the_checkout_is_served(desk: DeskWorld, path: str) -> None:
    answer = desk.server.client.get(path)

    assert answer.status_code in (200, 404) and (answer.status_code == 404 or answer.json()["errcode"] != 0)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "DEBUG"])
def test_no_odd_method_is_answered(desk: DeskWorld, method: str) -> None:
    assert desk.server.client.request(method, "/console/sign-in").status_code in (400, 405, 501)


# --- behind TLS


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose public address is that of a proxy which ends TLS."""
    with serving(tmp_path_factory.mktemp("public")) as server:
        server.application._outside = Outside("https://push.example.com")
        yield server


def _from(server: Server, host: str) -> Any:
    desk = DeskWorld.__new__(DeskWorld)
    del desk
    return httpx.Client(base_url=server.base_url, headers={"host": host, "sec-fetch-site": "same-origin"})


def test_over_tls_cookies_are_secure_and_carry_the_prefix(public: Server) -> None:
    from hongyan.console.desk.sign_in import set_up_key

    fields = {"key": set_up_key(public.engine), "name": "boss", "password": PASSWORD, "again": PASSWORD}
    with _from(public, "push.example.com") as outside:
        answer = outside.post("/console/set-up", data=fields)
        cookie = answer.headers["set-cookie"]
        kept = cookie.partition(";")[0]
        assert kept.startswith("__Host-hongyan_session=") and "Secure" in cookie and "HttpOnly" in cookie and "Path=/" in cookie
        assert "Domain" not in cookie
        assert outside.get("/console/operators", headers={"cookie": kept}).status_code == 200
        bare = kept.removeprefix("__Host-")
        assert outside.get("/console/operators", headers={"cookie": bare}).status_code == 303, "a cookie without the prefix may be anybody's"
        out = outside.post("/console/sign-out", headers={"cookie": kept})
        assert "__Host-hongyan_session=" in out.headers["set-cookie"] and '"cache"' in out.headers["clear-site-data"]
        chosen = outside.get("/?lang=en&theme=dark")
        assert all(one.startswith("__Host-") and "Secure" in one for one in chosen.headers.get_list("set-cookie"))


def test_hsts_is_sent_to_who_came_by_the_public_name_alone(public: Server) -> None:
    with _from(public, "push.example.com") as outside, _from(public, "127.0.0.1") as inside:
        assert outside.get("/gettoken").headers["strict-transport-security"].startswith("max-age=31536000")
        assert "strict-transport-security" not in inside.get("/gettoken").headers


@pytest.mark.parametrize(
    ("host", "name"), [("push.example.com", True), ("localhost", False), ("a.localhost", False), ("10.0.0.1", False), ("::1", False)]
)
def test_a_machines_own_name_is_never_bound_to_tls(host: str, name: bool) -> None:
    assert is_name(host) is name


@pytest.mark.parametrize(
    ("host", "loopback"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False), ("h", False)]
)
def test_who_listens_for_this_machine_alone(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


# --- sessions


def test_signing_in_again_ends_the_session_that_was(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        desk = DeskWorld(server)
        fields = {"key": desk.set_up_key, "name": "boss", "password": PASSWORD, "again": PASSWORD}
        browser = desk.browser()
        browser.post("/console/set-up", fields)
        before = browser.http.cookies["hongyan_session"]
        assert browser.post("/console/sign-in", {"name": "boss", "password": PASSWORD}).status_code == 303
        after = browser.http.cookies["hongyan_session"]

        assert before != after and len(after) >= 43
        assert desk.browser(session=before).get("/console/operators").status_code == 303
        assert desk.browser(session=after).get("/console/operators").status_code == 200
        desk.close()


def test_a_session_chosen_by_somebody_else_is_never_taken_on(desk: DeskWorld) -> None:
    fixed = "A" * 43
    browser = desk.browser(session=fixed)

    assert browser.get("/console/operators").status_code == 303
    assert desk.browser(session=fixed).get("/console/operators").status_code == 303
