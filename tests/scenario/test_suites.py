"""A third-party app fetches its tokens, asks where it is installed, and loses what it had when it is taken out."""

import base64
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from suite_calls import AGENT, SUITE, SuiteCalls

from harness import SEND, World, serving
from hongyan.access.records import installation_by_agent_txn
from hongyan.access.signature import MAX_SKEW_MS, sign
from hongyan.access.tokens import TOKEN_LIFE_MS
from hongyan.admission.rules import Profile
from hongyan.model.ids import CorpNo, SenderId
from hongyan.sandbox.demo import demo_facts, seed_demo
from hongyan.store.interface import Tx


@pytest.fixture
def suite(world: World) -> SuiteCalls:
    return SuiteCalls(world)


def _valid(world: World, token: str) -> bool:
    """Mass send is closed to third-party apps: a valid token is told so, another is called invalid."""
    reply = world.post(SEND, world.a_send(), token=token).json()
    assert reply["sub_code"] in ("60011", "40014")
    return reply["sub_code"] == "60011"


def test_the_documented_reply(suite: SuiteCalls) -> None:
    reply = suite.corp_token_reply()

    assert reply.json() == {"errcode": 0, "errmsg": "ok", "access_token": reply.json()["access_token"], "expires_in": 7200}
    assert re.fullmatch("[0-9a-f]{32}", reply.json()["access_token"])


def test_each_call_gives_a_new_token_and_the_older_ones_go_on(world: World, suite: SuiteCalls) -> None:
    first = suite.corp_token()
    world.advance(TOKEN_LIFE_MS // 2)
    second = suite.corp_token()

    assert first != second
    assert _valid(world, first) and _valid(world, second)
    world.advance(TOKEN_LIFE_MS // 2 - 1)
    assert _valid(world, first)
    world.advance(1)
    assert not _valid(world, first) and _valid(world, second)


def test_one_token_works_on_every_surface(world: World, suite: SuiteCalls) -> None:
    token = suite.corp_token()
    form = world.server.client.post(SEND, data={"access_token": token, "msg_type": "text"}).json()
    header = world.v1("/v1.0/exclusive/follow/message/send", world.a_send(), token=token).json()

    assert form["sub_code"] == "60011"
    assert header["code"] == "Forbidden.AccessDenied.AccessTokenPermissionDenied"


def test_tokens_and_secrets_survive_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        suite = SuiteCalls(World(server))
        secret, token, suite_token = suite.secret, suite.corp_token(), suite.suite_token()
    with serving(tmp_path / "data") as server:
        again = SuiteCalls(_Reopened(server), create=False)
        again.secret = secret

        assert again.agent_reply(suite_token).json()["agentid"] == AGENT
        assert again.corp_token() != token
        assert server.client.post(SEND, params={"access_token": token}).json()["sub_code"] == "60011"


class _Reopened(World):
    """The organisation as it was left."""

    def __init__(self, server: object) -> None:
        self.server = server  # type: ignore[assignment]
        self.engine = server.engine  # type: ignore[attr-defined]
        self.clock = server.application.sandbox.clock  # type: ignore[attr-defined]
        self.corp_id = "dingtest"


@pytest.mark.parametrize("skew", [-MAX_SKEW_MS, MAX_SKEW_MS])
def test_a_minute_of_skew_is_allowed(world: World, suite: SuiteCalls, skew: int) -> None:
    assert suite.corp_token(timestamp=str(world.clock.now() + skew))


def test_the_signed_parameters_may_also_stand_in_a_form(world: World, suite: SuiteCalls) -> None:
    form = suite.proof() | {"auth_corpid": world.corp_id}

    assert world.server.client.post("/service/get_corp_token", data=form).json()["errcode"] == 0


def test_an_unsigned_form_with_the_secret_passes(world: World, suite: SuiteCalls) -> None:
    form = {"accessKey": SUITE, "accessSecret": suite.secret, "suiteTicket": "TestSuiteTicket", "auth_corpid": world.corp_id}

    assert world.server.client.post("/service/get_corp_token", data=form).json()["errcode"] == 0
    assert world.server.client.post("/service/get_corp_token", data=form | {"accessSecret": "no"}).json()["errcode"] == 853004


def test_a_signature_wrapped_by_the_old_sdk_passes(suite: SuiteCalls) -> None:
    right = suite.proof()["signature"]

    assert suite.corp_token(signature=f"b'{right}'")


def test_a_signature_whose_plus_was_not_escaped_passes(world: World, suite: SuiteCalls) -> None:
    for second in range(60):
        proof = suite.proof(timestamp=str(world.clock.now() - second * 1000))
        query = "&".join(f"{name}={quote(value, safe='+')}" for name, value in proof.items())
        reply = world.server.client.post(f"/service/get_corp_token?{query}", json={"auth_corpid": world.corp_id}).json()
        assert reply["errcode"] == 0, proof


def test_json_without_a_content_type_is_read(world: World, suite: SuiteCalls) -> None:
    body = '{"auth_corpid": "dingtest"}'
    headers = {"content-type": "application/x-www-form-urlencoded"}

    assert world.server.client.post("/service/get_corp_token", params=suite.proof(), content=body, headers=headers).json()["errcode"] == 0


def test_a_new_ticket_ends_the_one_before_and_the_fixed_one_holds(suite: SuiteCalls) -> None:
    first = suite.new_ticket()
    assert suite.corp_token(ticket=first)
    second = suite.new_ticket()

    assert suite.corp_token_reply(ticket=first).json()["errcode"] == 853005
    assert suite.corp_token(ticket=second)
    assert suite.corp_token()


def test_a_ticket_of_another_suite_does_not_hold(suite: SuiteCalls) -> None:
    suite.control("POST", "/suites", json={"name": "别的", "suite_key": "suiteother"})
    foreign = suite.control("POST", "/suites/suiteother/ticket").json()["ticket"]

    assert suite.corp_token_reply(ticket=foreign).json()["errcode"] == 853005


def test_the_checks_come_in_the_documented_order(suite: SuiteCalls) -> None:
    bad = {"accessKey": "x", "timestamp": "x", "ticket": "x", "signature": "x", "body": {}}
    order = [("accessKey", 853003), ("timestamp", 853001), ("timestamp", 853002), ("ticket", 853005), ("signature", 853004), ("body", 41027)]
    seen: list[int] = []
    for name, _ in order:
        seen.append(suite.corp_token_reply(**bad).json()["errcode"])
        if name == "timestamp" and bad.get("timestamp") == "x":
            bad["timestamp"] = "1"
        else:
            bad.pop(name)

    assert seen == [code for _, code in order]
    assert suite.corp_token_reply(body={"auth_corpid": "nosuch"}).json()["errcode"] == 41030


def test_disabling_the_last_agent_takes_the_tokens_away(world: World, suite: SuiteCalls) -> None:
    token = suite.corp_token()
    assert _valid(world, token)
    suite.change(disabled=True)

    assert not _valid(world, token)
    assert suite.corp_token_reply().json()["errcode"] == 41030
    suite.change(disabled=False)
    assert not _valid(world, token)
    assert _valid(world, suite.corp_token())


def test_another_agent_keeps_the_tokens_alive(world: World, suite: SuiteCalls) -> None:
    suite.install(778)
    token = suite.corp_token()
    suite.uninstall(AGENT)
    assert _valid(world, token)
    suite.change(778, disabled=True)

    assert not _valid(world, token)


def test_an_uninstalled_agent_sends_nothing_while_its_suite_goes_on(world: World, suite: SuiteCalls) -> None:
    suite.install(778)
    token = suite.corp_token()
    suite.uninstall(778)
    asked = {"userid_list": "u1", "msg": {"msgtype": "text", "text": {"content": "x"}}}
    path = "/topapi/message/corpconversation/asyncsend_v2"

    assert world.post(path, asked | {"agent_id": AGENT}, token=token).json()["errcode"] == 0
    assert world.post(path, asked | {"agent_id": 778}, token=token).json()["errcode"] != 0
    suite.install(778)
    assert world.post(path, asked | {"agent_id": 778}, token=token).json()["errcode"] == 0


def test_an_agent_id_comes_back_to_its_own_app_alone(world: World, suite: SuiteCalls) -> None:
    sender = world.read(_sender, world.corp)
    suite.uninstall()
    assert suite.corp_token_reply().json()["errcode"] == 41030
    foreign = {"app_key": world.app_key, "agent_id": AGENT}

    assert world.admin("POST", "/installations", json=foreign).json()["error"]["code"] == "agent_id_taken"
    suite.install(AGENT, description="again")
    assert world.read(_sender, world.corp) == sender
    assert _valid(world, suite.corp_token())


def _sender(tx: Tx, corp: CorpNo) -> SenderId:
    found = installation_by_agent_txn(tx, corp, AGENT)
    assert found
    return found.sender


def test_a_disabled_suite_does_not_exist_for_its_callers(world: World, suite: SuiteCalls) -> None:
    token, suite_token = suite.corp_token(), suite.suite_token()
    suite.control("PATCH", f"/apps/{SUITE}", json={"disabled": True})

    assert not _valid(world, token)
    assert suite.corp_token_reply().json()["errcode"] == 853003
    assert suite.agent_reply(suite_token).json()["errcode"] == 40082
    assert suite.suite_token_reply().json()["errcode"] == 40090


def test_a_suites_own_token_opens_no_organisation(world: World, suite: SuiteCalls) -> None:
    assert not _valid(world, suite.suite_token())
    assert suite.agent_reply(suite.corp_token()).json()["errcode"] == 40082


def test_a_suite_token_each_time_is_a_new_one(suite: SuiteCalls) -> None:
    reply = suite.suite_token_reply().json()

    assert reply == {"errcode": 0, "errmsg": "ok", "suite_access_token": reply["suite_access_token"], "expires_in": 7200}
    assert reply["suite_access_token"] != suite.suite_token()
    assert suite.v1_token_reply("suiteAccessToken").json().keys() == {"accessToken", "expireIn"}


def test_the_new_surface_gives_a_new_token_each_time(world: World, suite: SuiteCalls) -> None:
    first, second = (suite.v1_token_reply().json() for _ in range(2))
    by_corp = {world.corp_token(SUITE, suite.secret) for _ in range(2)}

    assert first == {"accessToken": first["accessToken"], "expireIn": 7200}
    assert first["accessToken"] != second["accessToken"]
    assert len(by_corp) == 2
    assert all(_valid(world, token) for token in (first["accessToken"], second["accessToken"], *by_corp))


def test_an_internal_app_still_gets_the_same_token(world: World, suite: SuiteCalls) -> None:
    assert world.get_token() == world.get_token()


def test_what_is_told_of_an_organisation(world: World, suite: SuiteCalls) -> None:
    suite.change(name="名", admins=["u1", "u2"], logo_url="http://logo", description="说明")
    reply = suite.signed("/service/get_auth_info").json()
    suite_id = reply["auth_info"]["agent"][0]["appid"]

    assert reply["auth_info"] == {
        "agent": [{"agentid": AGENT, "agent_name": "名", "logo_url": "http://logo", "appid": suite_id, "admin_list": ["u1", "u2"]}]
    }
    assert reply["auth_user_info"] == {"userId": "u1"}
    assert reply["auth_corp_info"]["corpid"] == world.corp_id
    assert reply["auth_corp_info"]["corp_name"] == "测试公司"
    assert (reply["channel_auth_info"], reply["auth_market_info"]) == ({"channelAgent": []}, {})
    v1 = suite.v1_auth_info().json()
    assert v1["authAppInfo"] == {"agentList": [{"agentId": AGENT, "agentName": "名", "appId": suite_id, "adminList": ["u1", "u2"]}]}
    assert (v1["authCorpInfo"]["corpName"], v1["authUserInfo"]) == ("测试公司", {"userId": "u1"})


def test_a_suite_token_stands_for_the_signature_of_older_clients(world: World, suite: SuiteCalls) -> None:
    query = {"suite_access_token": suite.suite_token()}
    reply = world.server.client.post("/service/get_auth_info", params=query, json={"auth_corpid": world.corp_id}).json()

    assert reply["auth_info"]["agent"][0]["agentid"] == AGENT


def test_an_agent_is_described_disabled_or_not(suite: SuiteCalls) -> None:
    suite.change(description="说明")
    assert suite.agent_reply().json() == {
        "errcode": 0,
        "errmsg": "ok",
        "agentid": AGENT,
        "name": "套件",
        "logo_url": "",
        "description": "说明",
        "close": 1,
    }
    suite.change(disabled=True)

    assert suite.agent_reply(agentid=str(AGENT)).json()["close"] == 0
    assert suite.signed("/service/get_auth_info").json()["auth_info"]["agent"][0]["agentid"] == AGENT


def test_a_signature_beside_a_suite_token_is_checked(world: World, suite: SuiteCalls) -> None:
    body, token = {"auth_corpid": world.corp_id, "agentid": AGENT}, {"suite_access_token": suite.suite_token()}

    assert suite.signed("/service/get_agent", body, extra=token).json()["errcode"] == 0
    assert suite.signed("/service/get_agent", body, extra=token, signature="x").json()["errcode"] == 853004


def test_strict_reading_wants_the_signature_in_the_query(tmp_path: Path) -> None:
    with serving(tmp_path / "data", profile=Profile.STRICT) as server:
        suite = SuiteCalls(World(server))
        form = suite.proof() | {"auth_corpid": "dingtest"}

        assert suite.corp_token_reply().json()["errcode"] == 0
        assert server.client.post("/service/get_corp_token", data=form).json()["errcode"] == 853003
        assert suite.agent_reply().json()["errcode"] == 853001


def test_a_new_secret_takes_the_place_of_the_old(suite: SuiteCalls) -> None:
    token = suite.corp_token()
    old, suite.secret = suite.secret, suite.control("POST", f"/suites/{SUITE}/secret").json()["secret"]

    assert _valid(suite.world, token)
    assert suite.corp_token()
    suite.secret = old
    assert suite.corp_token_reply().json()["errcode"] == 853004


def test_no_secret_and_no_token_lies_open_in_the_store(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        suite = SuiteCalls(World(server))
        hidden = [suite.secret, suite.corp_token(), suite.suite_token()]
    content = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file())

    assert SUITE.encode() in content
    assert not [text for text in hidden if text.encode() in content or base64.b64encode(text.encode()) in content]


def test_a_suites_secret_is_not_renewed_as_an_apps(world: World, suite: SuiteCalls) -> None:
    headers = {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}
    reply = world.server.client.post(f"/hongyan/v1/apps/{SUITE}/secret", headers=headers)

    assert reply.json()["error"]["code"] == "app_is_suite"
    assert suite.corp_token()


def test_the_demos_suite_works_as_its_file_says(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        for _ in range(2):
            server.run(seed_demo(server.engine, tmp_path))
        facts = server.run(demo_facts(tmp_path))
        timestamp = str(server.engine.clock.now())
        proof = {
            "accessKey": facts["suite_key"],
            "timestamp": timestamp,
            "suiteTicket": facts["suite_ticket"],
            "signature": sign(facts["suite_secret"], timestamp, facts["suite_ticket"]),
        }
        tokens = [
            server.client.post("/service/get_corp_token", params=proof, json={"auth_corpid": corp}).json()["access_token"]
            for corp in ("dingdemo", "dingdemo2")
        ]
        known = [server.client.post(SEND, params={"access_token": token}).json() for token in (*tokens, facts["isv_access_token"])]
        agents = server.client.post("/service/get_auth_info", params=proof, json={"auth_corpid": "dingdemo"}).json()["auth_info"]["agent"]

    assert [reply["sub_code"] for reply in known] == ["60011"] * 3
    assert [one["agentid"] for one in agents] == [123, 948060598]
    assert (facts["isv_agent_id"], facts["template_id"]) == (948060598, "e27a9eed42b34a14a2xxxx")
