"""The log of calls: what it shows, to whom, which checks fired, what is masked, and running a call again."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from desk_world import Browser, DeskWorld

from harness import SEND, World, serving
from hongyan.access.operators import Role
from hongyan.access.records import AppKind
from hongyan.admission.rules import APP_API_QPS, Profile
from hongyan.capture.records import UNTOLD, Capture, Wanted
from hongyan.model.errors import Family
from hongyan.wire.surface import ENDPOINTS

V1_PATH = next(endpoint.path for endpoint in ENDPOINTS if endpoint.family is Family.V1)
SECRET = "s3cretValueOfTheApplication"
LIST = "/console/o/dingtest/requests"


def captured(world: World, corp: str = "dingtest", **wanted: Any) -> list[Capture]:
    """The calls, newest first."""
    captures = world.engine.captures
    world.server.run(captures.flush())
    found = world.server.run(captures.page(Wanted(corp, **wanted)))
    return [one for summary in found if (one := world.server.run(captures.one(summary.n)))]


def newest(world: World, corp: str = "dingtest") -> Capture:
    return captured(world, corp)[0]


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))


def stages(page: str) -> list[tuple[str, str]]:
    """(stage, state) as the page lists them."""
    return [(html.unescape(name), state) for state, name in re.findall(r'<li class="(\w+)"><span class="stage">([^<]+)</span>', page)]


def refused_at(page: str) -> str:
    return next(name for name, state in stages(page) if state == "refused")


def open_call(browser: Browser, capture: Capture) -> str:
    answer = browser.get(f"{LIST}/{capture.summary.n}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_every_call_is_listed_newest_first_with_what_came_of_it(desk: DeskWorld) -> None:
    desk.send_ok()
    desk.send(uuid="")
    viewer = desk.operator(Role.VIEWER)
    captured(desk)
    page = viewer.get(LIST).text
    rows = [text_of(row) for row in re.findall(r"<tr data-n.*?</tr>", page, re.DOTALL)]
    assert "800038" in rows[0] and "uuid不能为空" in rows[0] and f"POST {SEND}" in rows[0] and "key-dingtest" in rows[0] and " ms" in rows[0]
    assert " ok " in rows[1] and SEND in rows[1]
    assert "GET /gettoken" in rows[2]


@pytest.mark.parametrize(
    ("query", "count"),
    [("errcode=800038", 1), ("errcode=800022", 1), ("refused=1", 2), ("person=u3", 1), ("person=u3&refused=1", 0), ("path=gettoken", 1), ("app=key-dingtest", 4), ("app=other", 0), ("errcode=1", 0)],
)  # fmt: skip
def test_filters_stay_in_the_address(desk: DeskWorld, query: str, count: int) -> None:
    desk.send_ok(userid_list="u3")
    desk.send(uuid="")
    desk.send(userid_list="nobody-here")
    captured(desk)
    page = desk.operator(Role.VIEWER).get(f"{LIST}?{query}").text
    assert page.count("<tr data-n") == count
    assert ("No call matches" in page) is (count == 0)
    name, _, value = query.partition("&")[0].partition("=")
    assert value == "1" or f'value="{value}"' in page or f"<option selected>{value}" in page, name


def test_pages_go_back_by_position_and_new_calls_come_on_top(desk: DeskWorld) -> None:
    for _ in range(60):
        desk.post("/topapi/v2/user/get", {"userid": "u1"})
        desk.clock.set(desk.clock.now() + 1000)
    captured(desk)
    viewer = desk.operator(Role.VIEWER)
    page = viewer.get(LIST).text
    assert page.count("<tr data-n") == 50
    older = re.search(r'href="([^"]*before=\d+)"', page)
    assert older and viewer.get(html.unescape(older[1])).text.count("<tr data-n") == 11
    last = int(re.findall(r'data-n="(\d+)"', page)[0])
    assert viewer.get(f"{LIST}/new?after={last}").status_code == 204
    desk.post("/topapi/v2/user/get", {"userid": "u2"})
    captured(desk)
    fresh = viewer.get(f"{LIST}/new?after={last}")
    assert (fresh.status_code, fresh.text.count("<tr data-n"), int(fresh.headers["x-newest"])) == (200, 1, last + 1)
    assert viewer.get(f"{LIST}/new?after={last}&refused=1").status_code == 204


def test_detail_shows_parameters_raw_bytes_answer_and_the_limits_that_were_looked_at(desk: DeskWorld) -> None:
    task = desk.send_ok(text_content="你好", uuid="a-uuid")
    page = open_call(desk.operator(Role.VIEWER), newest(desk))
    assert {state for _, state in stages(page)} == {"passed"}
    text = text_of(page)
    assert "text_content 你好" in text and "a-uuid" in text and task in text and f"/sends/{task}" in page
    assert "Masked: query access_token" in text
    assert "mass.account_qps" in text and "0 + 1 10" in text
    assert '"errmsg": "ok"' in text and "0000 7b" in text
    assert f"{LIST}?person=u1" in page


def test_a_refused_send_shows_the_limit_that_it_met(desk: DeskWorld) -> None:
    for _ in range(11):
        answer = desk.send()
    assert answer["errcode"] == 800055
    page = text_of(open_call(desk.operator(Role.VIEWER), newest(desk)))
    assert "10 + 1 10 over" in page and "mass.account_qps" in page
    assert "Wait a second and use a new uuid" in page


REFUSALS: list[tuple[str, str]] = [
    ("path", "Path"),
    ("method", "Method"),
    ("blank", "Token"),
    ("token", "Token"),
    ("addresses", "App's list of addresses"),
    ("permission", "App type and permission"),
    ("rates", "Rates of app and interface"),
    ("body", "Form of the content"),
    ("type", "Form of the content"),
    ("interface", "The interface's own checks"),
    ("v1 path", "Path"),
    ("v1 token", "Token"),
    ("v1 body", "Form of the content"),
    ("classic token", "Token"),
    ("open", "The interface's own checks"),
]


def _provoke(world: World, which: str) -> None:
    get = world.server.client.get
    match which:
        case "path":
            world.post("/topapi/no/such", {})
        case "method":
            world.server.client.put(SEND, params={"access_token": world.token})
        case "blank":
            world.post(SEND, {}, token=" ")
        case "token":
            world.post(SEND, {}, token="f" * 32)
        case "addresses":
            world.add_app("walled", allow_ips=("192.0.2.1",))
            world.post(SEND, {}, token=world.get_token("walled", "s"))
        case "permission":
            world.add_app("poor", scopes=())
            world.post(SEND, {}, token=world.get_token("poor", "s"))
        case "rates":
            for _ in range(APP_API_QPS.limit + 1):
                world.post("/topapi/v2/user/get", {"userid": "u1"})
        case "body":
            world.server.client.post(SEND, params={"access_token": world.token}, content=b"{broken")
        case "type":
            world.send(dep_id_list={"no": "list"})
        case "interface":
            world.send(unionid="nobody")
        case "v1 path":
            world.v1("/v1.0/no/such", {})
        case "v1 token":
            world.v1(V1_PATH, {}, token="f" * 32)
        case "v1 body":
            world.v1(V1_PATH)
        case "classic token":
            get("/auth/scopes", params={"access_token": "f" * 32})
        case _:
            get("/gettoken", params={"appkey": world.app_key, "appsecret": "wrong"})


@pytest.mark.parametrize(("which", "stage"), REFUSALS, ids=[which for which, _ in REFUSALS])
def test_the_checks_are_shown_in_order_up_to_the_one_that_refused(desk: DeskWorld, which: str, stage: str) -> None:
    _provoke(desk, which)
    told = captured(desk)
    capture = max([*told, *captured(desk, UNTOLD)], key=lambda one: one.summary.n)
    page = open_call(desk.operator(Role.ADMINISTRATOR), capture)
    found = stages(page)
    assert refused_at(page) == stage, found
    at = [name for name, _ in found].index(stage)
    assert {state for _, state in found[:at]} <= {"passed"}
    assert {state for _, state in found[at + 1 :]} <= {"waiting"}
    assert "What to do" in page


def test_a_banned_address_is_refused_at_the_first_check(tmp_path: Path) -> None:
    with serving(tmp_path / "data", profile=Profile.STRICT) as server:
        desk = DeskWorld(server)
        now = desk.clock.now()
        desk.engine.gateway_windows._banned["127.0.0.1"] = now + 1000  # pyright: ignore[reportPrivateUsage, reportArgumentType]
        desk.post(SEND, {})
        # Told by its token all the same: the operator should find it.
        page = open_call(desk.operator(Role.VIEWER), newest(desk))
        assert refused_at(page) == "Rate of the address"
        desk.close()


def test_calls_of_nobody_are_for_administrators(desk: DeskWorld) -> None:
    desk.post(SEND, {"userid_list": "u1"}, token="e" * 32)
    n = newest(desk, UNTOLD).summary.n
    viewer, boss = desk.operator(Role.VIEWER), desk.operator(Role.ADMINISTRATOR)
    assert viewer.get(f"{LIST}?unassigned=1").status_code == 403
    assert viewer.get(f"{LIST}/new?unassigned=1&after=0").status_code == 403
    assert viewer.get(f"{LIST}/{n}").status_code == 403
    assert viewer.get(f"{LIST}/{n}/body").status_code == 403
    assert "Unassigned" not in viewer.get(LIST).text
    assert f'data-n="{n}"' in boss.get(f"{LIST}?unassigned=1").text
    assert f'data-n="{n}"' not in boss.get(LIST).text
    assert boss.get(f"{LIST}/{n}").status_code == 200


def test_another_organisations_calls_cannot_be_reached(desk: DeskWorld) -> None:
    other = World(desk.server, corp_id="dingother")
    other.send_ok(text_content="theirs")
    n = newest(desk, "dingother").summary.n
    boss = desk.operator(Role.ADMINISTRATOR)
    for path in (f"{LIST}/{n}", f"{LIST}/{n}/body"):
        assert boss.get(path).status_code == 404
    assert boss.post(f"{LIST}/{n}/replay").status_code == 404
    assert "theirs" not in boss.get(f"{LIST}?app=key-dingother").text
    assert boss.get(f"{LIST}/99999999").status_code == 404
    assert boss.get(f"{LIST}/{10**30}").status_code == 404


def test_an_app_with_a_wrong_secret_or_an_ended_token_finds_its_calls(desk: DeskWorld) -> None:
    token = desk.token
    desk.server.client.get("/gettoken", params={"appkey": desk.app_key, "appsecret": "wrong-secret-value"})
    assert newest(desk).summary.errcode == "40096"
    desk.pass_time(3 * 3600_000)
    desk.post(SEND, {}, token=token)
    assert (newest(desk).summary.errcode, newest(desk).summary.app_key) == ("88/40014", desk.app_key)


def test_no_secret_of_this_world_lies_in_the_file(desk: DeskWorld) -> None:
    desk.add_app("third", kind=AppKind.THIRD_PARTY, secret=SECRET)
    tokens = [desk.token, desk.corp_token("third", SECRET)]
    desk.post(SEND, desk.a_send(), token=tokens[1])
    desk.server.client.post(SEND, data=desk.a_send() | {"access_token": desk.token})
    desk.v1("/v1.0/oauth2/accessToken", {"appKey": desk.app_key, "appSecret": desk.secret})
    desk.server.client.post(
        "/service/get_corp_token",
        params={"accessKey": "third", "signature": "U2lnbmF0dXJlVmFsdWU=", "suiteTicket": "ticket-of-today-1", "timestamp": "1"},
        json={"auth_corpid": "x"},
    )
    desk.server.client.post("/service/get_suite_token", json={"suite_key": "third", "suite_secret": SECRET, "suite_ticket": "ticket-of-today-1"})
    desk.server.client.post("/router/rest", data={"method": "dingtalk.oapi.v2.user.get", "session": desk.token, "userid": "u1"})
    desk.server.client.post(
        "/media/upload",
        params={"access_token": desk.token},
        data={"type": "file", "appsecret": SECRET},
        files={"media": ("a.txt", b"FILE-CONTENT-BYTES")},
    )
    desk.server.client.get(
        "/gettoken", params={"appkey": desk.app_key, "appsecret": desk.secret}, headers={"cookie": f"a={SECRET}", "authorization": f"Bearer {SECRET}"}
    )
    desk.server.client.post("/nowhere", params={"access_token": desk.token})
    assert len(captured(desk)) + len(captured(desk, UNTOLD)) >= 9
    raw = b"".join(path.read_bytes() for path in Path(desk.server.settings.data).glob("requests.db*"))
    for secret in (*tokens, desk.secret, SECRET, "ticket-of-today-1", "U2lnbmF0dXJlVmFsdWU", "FILE-CONTENT-BYTES"):
        assert secret.encode() not in raw, secret
    assert b"u1" in raw


def test_curl_runs_nothing_that_came_from_outside(desk: DeskWorld) -> None:
    desk.server.client.post(SEND, params={"access_token": desk.token, "x": "$(touch /tmp/x)'`id`"}, json={"text_content": 'it\'s $(id) `id` \\ "x"'})
    page = open_call(desk.operator(Role.VIEWER), newest(desk))
    curl = html.unescape(re.search(r'<code id="curl">(.*?)</code>', page, re.DOTALL)[1])  # type: ignore[index]
    assert "access_token='\"$TOKEN\"'" in curl
    assert '\'{"text_content":"it\'"\'"\'s $(id) `id`' in curl
    assert desk.server.base_url + SEND in curl


def test_replay_runs_the_call_again_with_a_new_token_and_says_who_did(desk: DeskWorld) -> None:
    desk.send_ok(uuid="only-once")
    first = newest(desk)
    sender = desk.operator(Role.SENDER, "sandy")
    again = sender.post(f"{LIST}/{first.summary.n}/replay")
    assert again.status_code == 303
    made = newest(desk)
    assert again.headers["location"] == f"{LIST}/{made.summary.n}"
    assert (made.summary.errcode, made.content.replay_of, made.content.by) == ("800035", first.summary.n, "sandy")
    assert f"Replay of call #{first.summary.n} by sandy" in sender.get(again.headers["location"]).text
    fresh = sender.post(f"{LIST}/{first.summary.n}/replay", {"new_uuid": "1"})
    assert fresh.status_code == 303
    assert newest(desk).summary.errcode == "0"
    assert len(desk.inbox("u1")) == 2
    audit = desk.operator(Role.ADMINISTRATOR).get("/console/audit").text
    assert audit.count("request.replay") == 2 and "sandy" in audit


@pytest.mark.parametrize("how", ["form", "header", "expired", "classic", "router"])
def test_replay_puts_the_token_where_it_was(desk: DeskWorld, how: str) -> None:
    match how:
        case "form":
            desk.server.client.post("/topapi/v2/user/get", data={"access_token": desk.token, "userid": "u1"})
        case "header":
            desk.v1("/v1.0/no/such", {"a": 1})
        case "expired":
            desk.pass_time(3 * 3600_000)
            desk.post("/topapi/v2/user/get", {"userid": "u1"})
        case "classic":
            desk.server.client.get("/auth/scopes", params={"access_token": desk.token})
        case _:
            desk.server.client.post("/router/rest", data={"method": "dingtalk.oapi.v2.user.get", "session": desk.token, "userid": "u1"})
    first = newest(desk)
    assert desk.operator(Role.SENDER).post(f"{LIST}/{first.summary.n}/replay").status_code == 303
    made = newest(desk)
    assert made.summary.errcode == ("0" if how == "expired" else first.summary.errcode)
    assert made.content.credential and made.content.replay_of == first.summary.n
    assert made.content.masked == first.content.masked


def test_what_cannot_be_replayed_says_why(desk: DeskWorld) -> None:
    sender = desk.operator(Role.ADMINISTRATOR)
    desk.get_token()
    desk.server.client.post("/media/upload", params={"access_token": desk.token}, data={"type": "file"}, files={"media": ("a.txt", b"content")})
    desk.post(SEND, {"text_content": "x" * 70_000})
    desk.post(SEND, {}, token="e" * 32)
    upload, token = captured(desk, path="upload")[0], captured(desk, path="gettoken")[0]
    for capture, said in (
        (token, "secrets in it"),
        (upload, "uploaded file"),
        (captured(desk)[0], "not kept whole"),
        (newest(desk, UNTOLD), "whose token"),
    ):
        answer = sender.post(f"{LIST}/{capture.summary.n}/replay")
        assert (answer.status_code, said in answer.text) == (409, True), said


def test_replay_is_for_senders_and_from_our_pages(desk: DeskWorld) -> None:
    desk.send_ok()
    n = newest(desk).summary.n
    assert desk.operator(Role.VIEWER).post(f"{LIST}/{n}/replay").status_code == 403
    assert desk.operator(Role.SENDER).post(f"{LIST}/{n}/replay", site="cross-site").status_code == 403
    assert newest(desk).summary.n == n


def test_script_is_escaped_everywhere(desk: DeskWorld) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x>"
    desk.server.client.post(
        SEND, params={"access_token": desk.token, evil: evil}, json={evil: evil, "userid_list": evil, "uuid": evil}, headers={"user-agent": evil}
    )
    desk.server.client.post("/topapi/<script>alert(1)</script>", params={"access_token": desk.token})
    viewer = desk.operator(Role.VIEWER)
    pages = [open_call(viewer, capture) for capture in captured(desk)]
    pages += [
        viewer.get(LIST).text,
        viewer.get(LIST, params=dict.fromkeys(("errcode", "app", "person", "path", "task"), evil)).text,
        viewer.get(f"{LIST}/new?after=0").text,
    ]
    for page in pages:
        assert "<script>alert" not in page and "<img src=x" not in page
        assert not re.search(r"<[^>]*\s(style|onclick)=", page)


def test_both_languages_say_what_to_do(desk: DeskWorld) -> None:
    desk.send(uuid="")
    capture, viewer = newest(desk), desk.operator(Role.VIEWER)
    assert "Pass a uuid of 1 to 128 characters" in viewer.get(f"{LIST}/{capture.summary.n}?lang=en").text
    assert "请传 1 到 128 个字符的 uuid" in viewer.get(f"{LIST}/{capture.summary.n}?lang=zh").text


def test_body_can_be_downloaded_but_never_opened_as_a_page(desk: DeskWorld) -> None:
    desk.server.client.post(SEND, params={"access_token": desk.token}, content=b"<html><script>1</script>")
    answer = desk.operator(Role.VIEWER).get(f"{LIST}/{newest(desk).summary.n}/body")
    assert answer.content == b"<html><script>1</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment") and "sandbox" in answer.headers["content-security-policy"]


def test_our_own_interface_lists_and_shows(desk: DeskWorld) -> None:
    desk.send_ok(userid_list="u2")
    desk.send(uuid="")
    World(desk.server, corp_id="dingother").send_ok()
    page = desk.admin("GET", "/requests").json()
    assert [one["errcode"] for one in page["requests"]] == ["800038", "0", "0"]
    assert page["next"] is None
    first = desk.admin("GET", "/requests", params={"limit": 1}).json()
    assert desk.admin("GET", "/requests", params={"limit": 1, "before": first["next"]}).json()["requests"][0]["n"] == page["requests"][1]["n"]
    assert [one["path"] for one in desk.admin("GET", "/requests", params={"user": "u2"}).json()["requests"]] == [SEND]
    assert len(desk.admin("GET", "/requests", params={"refused": "true"}).json()["requests"]) == 1
    shown = desk.admin("GET", f"/requests/{page['requests'][0]['n']}").json()
    assert (shown["stage"], shown["advice"], shown["query"]) == (
        "interface",
        "Pass a uuid of 1 to 128 characters.",
        f"access_token={desk.token[:4]}…",
    )
    for wrong in ("0", "x", "9" * 30, str(newest(desk, "dingother").summary.n)):
        assert desk.admin("GET", f"/requests/{wrong}").status_code == 404
