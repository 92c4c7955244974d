"""Every interface, called with what belongs to another organisation: nothing leaks, nothing changes, and nothing tells that it exists."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from hongyan.control.routes import ENDPOINTS as CONTROL
from hongyan.wire.surface import ENDPOINTS, OPEN_ENDPOINTS
from security.footprints import changed, of_corp
from security.twins import MARK, STORY, Names, Step, Twins, refused, twins

# Answered without any token, or with a secret: those are tried by name below.
OPEN_TRIED = {
    "/gettoken",
    "/v1.0/oauth2/accessToken",
    "/v1.0/oauth2/{corpId}/token",
    "/service/get_corp_token",
    "/service/get_suite_token",
    "/service/get_auth_info",
    "/service/get_agent",
    "/v1.0/oauth2/suiteAccessToken",
    "/v1.0/oauth2/corpAccessToken",
    "/v1.0/oauth2/apps/authInfo",
    "/robot/sendBySession",
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    with twins(tmp_path_factory.mktemp("twins")) as found:
        yield found


def test_the_story_calls_every_interface() -> None:
    assert {step.path for step in STORY} == {endpoint.path for endpoint in ENDPOINTS}
    assert {endpoint.path for endpoint in OPEN_ENDPOINTS} == OPEN_TRIED


def test_a_story_told_by_its_owner_shows_what_a_stranger_must_not_see(both: Twins) -> None:
    """Otherwise the tests below would look for something that is nowhere."""
    shown = json.dumps([reply for _, reply in both.answers], ensure_ascii=False)

    assert shown.count(MARK) > 30
    assert all(name in shown for name in both.names.own())


def _names_another(step: Step, both: Twins) -> bool:
    """Whether the call holds a name that only the first organisation has."""
    theirs, nobodys = both.names.for_replay(), both.names.for_replay().strangers()
    return step.body(theirs) != step.body(nobodys)


def _plain(reply: dict[str, Any], step: Step, names: Names) -> str:
    """The reply without what differs anyway: its own number, and what the call itself held."""
    told = json.dumps({name: value for name, value in reply.items() if name not in ("request_id", "requestid")}, ensure_ascii=False, sort_keys=True)
    for name in (names.unionid, names.account, names.picture, names.mass_task, names.card, names.person, names.code):
        told = told.replace(name, "NAME") if name else told
    for number in (names.work_task, names.oa_task, names.article, names.dept, names.role, names.group):
        told = told.replace(str(number), "NUMBER") if number > 99 else told
    return told


@pytest.fixture(scope="module")
def tokens(both: Twins) -> dict[str, str]:
    """Everybody else's. The third-party app is the same in both organisations; its tokens are not."""
    return {
        "the twin's own app": both.second.token,
        "the third-party app in the twin": both.second_suite_token,
        "another third-party app": both.second.corp_token("foreign"),
        "an app without any right": both.first.get_token("powerless", "s"),
        "no token at all": "0" * 32,
    }


def test_another_tenants_names_are_like_names_that_nobody_has(both: Twins, tokens: dict[str, str]) -> None:
    """First, before the twin has anything of its own that could be meant."""
    names = both.names.for_replay()
    before, tried = of_corp(both.server.settings.folder, both.first.corp), 0
    for step in STORY:
        if not _names_another(step, both):
            continue
        for who, token in tokens.items():
            replies = [_plain(both.call(step, known, token), step, known) for known in (names, names.strangers())]
            assert replies[0] == replies[1], (step.path, who)
            assert MARK not in replies[0], (step.path, who)
            tried += 1

    assert changed(before, of_corp(both.server.settings.folder, both.first.corp)) == []
    assert tried > 150


def test_no_call_of_another_tenant_shows_or_changes_anything(both: Twins, tokens: dict[str, str]) -> None:
    names = both.names.for_replay()
    folder, corp = both.server.settings.folder, both.first.corp
    before = of_corp(folder, corp)
    for step in STORY:
        for who, token in tokens.items():
            reply = both.call(step, names, token)
            told = json.dumps(reply, ensure_ascii=False)
            given = json.dumps(step.body(names), ensure_ascii=False)
            for secret in (MARK, *names.own(), "13900000009"):
                # What the caller said it may hear again: an app of the twin creates what it named so, in the twin.
                assert secret not in told or secret in given, (step.path, who, told)
            if who in ("an app without any right", "no token at all"):
                assert refused(reply), (step.path, who, told)
        assert changed(before, of_corp(folder, corp)) == [], step.path


def test_another_app_of_the_same_organisation_gets_no_callback_and_no_task_of_it(both: Twins) -> None:
    first, names = both.first, both.names
    first.add_app("second-app")
    token = first.get_token("second-app", "s")
    own = both.call(next(step for step in STORY if step.path.endswith("register_call_back")), names, first.token)
    assert not refused(own), own
    for step in STORY:
        if step.path.endswith("get_call_back") or "corpconversation/get" in step.path or "corpconversation/recall" in step.path:
            assert refused(both.call(step, names.for_replay(), token)), step.path


def test_no_app_gets_a_token_for_where_it_does_not_belong(both: Twins) -> None:
    http, first, second = both.server.client, both.first, both.second
    grant = {"grant_type": "client_credentials"}
    foreign = http.post(f"/v1.0/oauth2/{second.corp_id}/token", json={"client_id": first.app_key, "client_secret": first.secret, **grant})
    elsewhere = http.post(f"/v1.0/oauth2/{first.corp_id}/token", json={"client_id": "foreign", "client_secret": "s", **grant})
    mixed = http.get("/gettoken", params={"corpid": second.corp_id, "corpsecret": first.secret}).json()
    swapped = http.get("/gettoken", params={"appkey": first.app_key, "appsecret": second.secret}).json()

    assert (foreign.status_code, elsewhere.status_code) == (401, 401)
    assert (mixed["errcode"], swapped["errcode"]) == (40089, 40096)


def test_no_token_of_an_app_or_reader_opens_our_own_interface(both: Twins) -> None:
    reader = both.first.admin("POST", "/inboxes/u1/token").json()["path"].partition("token=")[2]
    for token in (both.first.token, both.suite_token, reader, both.first.secret):
        for endpoint in CONTROL:
            if endpoint.public:
                continue
            path = "/hongyan/v1" + endpoint.path.replace("{corp}", both.first.corp_id).replace("{", "").replace("}", "")
            answer = both.server.client.request(endpoint.method, path, headers={"authorization": f"Bearer {token}"})
            assert answer.status_code in (401, 429), (endpoint.path, answer.text)


def test_a_readers_key_opens_one_inbox_and_no_other(both: Twins) -> None:
    opened = both.first.admin("POST", "/inboxes/u1/token").json()["path"]
    other = both.second.admin("POST", "/inboxes/u1/token").json()["path"]
    with httpx.Client(base_url=both.server.base_url) as visitor:
        own = visitor.get(opened).headers["location"]
        (value,) = visitor.cookies.values()
        stranger = httpx.get(both.server.base_url + other).headers["location"]
        theirs = stranger.strip("/").split("/")[1]

        assert visitor.get(own).status_code == 200
        assert visitor.get(stranger).status_code == 401
        visitor.cookies.set(f"hongyan_inbox_{theirs}", value)
        assert visitor.get(stranger).status_code == 401, "the right name, the wrong key"
