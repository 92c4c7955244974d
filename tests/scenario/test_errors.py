"""Every row of the error catalogue is provoked over HTTP; a row that nothing provokes fails."""

from collections.abc import Callable

import httpx
import pytest
from callback_errors import CALLBACK_PROVOKED
from directory_errors import DIRECTORY_PROVOKED
from guess_errors import GUESS_PROVOKED
from material_errors import MATERIAL_PROVOKED
from media_errors import MEDIA_PROVOKED
from suite_errors import SUITE_PROVOKED
from work_errors import WORK_PROVOKED

from harness import SEND, World
from hongyan.access.records import SCOPE_BASE, AppKind
from hongyan.admission import rules
from hongyan.admission.rules import Mode
from hongyan.directory.edit import OrgChange
from hongyan.model.errors import CATALOGUE, Family
from hongyan.sandbox.faults import Fault

V1_SEND = "/v1.0/exclusive/follow/message/send"
Provoke = Callable[[World], httpx.Response]


def _send(**changes: object) -> Provoke:
    return lambda world: world.post(SEND, world.a_send(**changes))


def _v1_send(**changes: object) -> Provoke:
    return lambda world: world.v1(V1_SEND, world.a_send(**changes))


def _at_limit(rule: rules.Rule, limit: int = 1, *, v1: bool = False, **changes: object) -> Provoke:
    """Send `limit` times, which passes, and once more."""

    def provoke(world: World) -> httpx.Response:
        world.observe_all_but(rule.id)
        world.rule(rule.id, limit=limit)
        call = _v1_send(**changes) if v1 else _send(**changes)
        for _ in range(limit):
            assert call(world).json().get("task_id")
        return call(world)

    return provoke


def _used_uuid(path_call: Provoke) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        assert path_call(world).json().get("task_id")
        return path_call(world)

    return provoke


def _no_permission(v1: bool) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        world.add_app("poor", scopes=(SCOPE_BASE,))
        token = world.get_token("poor", "s")
        return world.v1(V1_SEND, world.a_send(), token=token) if v1 else world.post(SEND, world.a_send(), token=token)

    return provoke


def _bad_address(v1: bool) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        world.add_app("fenced", allow_ips=("10.0.0.0/8",))
        token = world.get_token("fenced", "s")
        return world.v1(V1_SEND, world.a_send(), token=token) if v1 else world.post(SEND, world.a_send(), token=token)

    return provoke


def _banned(world: World) -> httpx.Response:
    world.rule(rules.IP_BUDGET.id, mode=Mode.ENFORCE, limit=3)
    return [_send()(world) for _ in range(4)][-1]


def _month(v1: bool) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        world.rule(rules.CORP_MONTH.id, mode=Mode.ENFORCE, limit=1)
        call = _v1_send() if v1 else _send()
        call(world)
        return call(world)

    return provoke


def _api_qps(v1: bool) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        world.rule(rules.API_QPS.id, mode=Mode.ENFORCE, limit=1)
        call = _v1_send() if v1 else _send()
        call(world)
        return call(world)

    return provoke


def _fault(path: str, call: Provoke) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        world.faults.plant(Fault(f"api:{path}"))
        return call(world)

    return provoke


def _person_times(v1: bool) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        # 12 people, one person-time each: the thirteenth does not fit.
        world.observe_all_but(rules.PERSON_TIMES.id)
        world.rule(rules.PERSON_TIMES.id, limit=1)
        call = _v1_send if v1 else _send
        assert call(is_to_all=True)(world).json().get("task_id")
        return call()(world)

    return provoke


def _unauthorized(world: World) -> httpx.Response:
    World(world.server, corp_id="dingother")
    body = {"client_id": world.app_key, "client_secret": world.secret, "grant_type": "client_credentials"}
    return world.server.client.post("/v1.0/oauth2/dingother/token", json=body)


def _corp_token(**changes: str) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        body = {"client_id": world.app_key, "client_secret": world.secret, "grant_type": "client_credentials"} | changes
        return world.server.client.post(f"/v1.0/oauth2/{world.corp_id}/token", json=body)

    return provoke


def _get_token(**params: str) -> Provoke:
    return lambda world: world.server.client.get("/gettoken", params=params)


PROVOKED: dict[str, Provoke] = {
    **CALLBACK_PROVOKED,
    **DIRECTORY_PROVOKED,
    **MATERIAL_PROVOKED,
    **SUITE_PROVOKED,
    **GUESS_PROVOKED,
    **MEDIA_PROVOKED,
    **WORK_PROVOKED,
    "top.ip_banned": _banned,
    "top.22": lambda world: world.server.client.post("/topapi/v2/user/notexist"),
    "top.43002": lambda world: world.server.client.put(SEND, params={"access_token": world.token}),
    "top.88.40000": lambda world: world.server.client.post(SEND, json=world.a_send(), headers={"x-acs-dingtalk-access-token": world.token}),
    "top.88.40014": lambda world: world.post(SEND, world.a_send(), token="nosuchtoken"),
    "top.88.60020": _bad_address(v1=False),
    "top.88.60011": _no_permission(v1=False),
    "top.88.90018": lambda world: [_send()(world) for _ in range(21)][-1],
    "top.88.90002": _api_qps(v1=False),
    "top.88.90020": _month(v1=False),
    "top.43009": lambda world: world.post(SEND, content=b'{"unionid":', headers={"content-type": "application/json"}),
    "top.40": lambda world: world.post("/topapi/message/mass/recall", {"unionid": world.unionid}),
    "top.41": _send(is_preview="perhaps"),
    "top.-1": _fault(SEND, _send()),
    "top.800003": _send(unionid="nobody"),
    "top.800013": _at_limit(rules.BROAD_FREQUENCY, dep_id_list="10", userid_list=None),
    "top.800014": _at_limit(rules.SENDS_PER_DAY, userid_list="u1,u2"),
    "top.800017": _at_limit(rules.SINGLE_PER_PERSON),
    "top.800019": _send(userid_list=None),
    "top.800020": _send(text_content=" "),
    "top.800022": _send(userid_list="u1,stranger"),
    "top.800025": lambda world: world.post("/topapi/message/mass/recall", {"unionid": world.unionid, "task_id": "nope"}),
    "top.800035": _used_uuid(_send(uuid="once")),
    "top.800038": _send(uuid=None),
    "top.800039": _send(userid_list=",".join(f"u{i}" for i in range(1001))),
    "top.800040": _send(dep_id_list=list(range(1, 1002))),
    "top.800055": _at_limit(rules.ACCOUNT_QPS),
    "top.800056": _at_limit(rules.ACCOUNT_QPM),
    "top.800057": _person_times(v1=False),
    "classic.404": lambda world: world.server.client.get("/no/such/thing"),
    "classic.43001": lambda world: world.server.client.post("/gettoken"),
    "classic.40035": _get_token(appkey="only"),
    "classic.40096": lambda world: _get_token(appkey=world.app_key, appsecret="wrong")(world),
    "classic.40089": lambda world: _get_token(corpid=world.corp_id, corpsecret="wrong")(world),
    "v1.InvalidAction.NotFound": lambda world: world.v1("/v1.0/no/such", {}),
    "v1.Missing": lambda world: world.v1(V1_SEND, {"msg_type": "text"}),
    "v1.AuthenticationFailed.MissingParameter": lambda world: world.v1(V1_SEND, world.a_send(), token="", params={"access_token": world.token}),
    "v1.InvalidAuthentication": lambda world: world.v1(V1_SEND, world.a_send(), token="nosuchtoken"),
    "v1.Forbidden.AccessDenied.AccessTokenPermissionDenied": _no_permission(v1=True),
    "v1.Forbidden.AccessDenied.IpNotInWhiteList": _bad_address(v1=True),
    "v1.Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": lambda world: [_v1_send()(world) for _ in range(21)][-1],
    "v1.Forbidden.AccessDenied.QpsLimitForApi": _api_qps(v1=True),
    "v1.Forbidden.AccessDenied.ApiCountLimitForOrg": _month(v1=True),
    "v1.invalidClientIdOrSecret": lambda world: world.server.client.post(
        "/v1.0/oauth2/accessToken", json={"appKey": world.app_key, "appSecret": "wrong"}
    ),
    "v1.invalid.client": _corp_token(client_secret="wrong"),
    "v1.unsupported.grant.type": _corp_token(grant_type="password"),
    "v1.unauthorized.client": _unauthorized,
    "v1.unknownError": lambda world: world.server.client.post(
        "/v1.0/oauth2/nosuchcorp/token", json={"client_id": world.app_key, "client_secret": world.secret, "grant_type": "client_credentials"}
    ),
    "v1.invalid.unionid": _v1_send(unionid="nobody"),
    "v1.invalid.userid.list": _v1_send(userid_list=["stranger"]),
    "v1.receivers.list.empty": _v1_send(userid_list=[], dep_id_list=[30]),
    "v1.message.not.empty": _v1_send(text_content=""),
    "v1.invalid.media.id": _v1_send(msg_type="image", media_id="@nosuch"),
    "v1.link.params.missing": _v1_send(msg_type="link", msg_body={"link": {"title": "t"}}),
    "v1.uuid.repeat": _used_uuid(_v1_send(uuid="once")),
    "v1.system.error": _fault(V1_SEND, _v1_send()),
    "v1.qps.exceed.limit": _at_limit(rules.ACCOUNT_QPS, v1=True),
    "v1.illegalRequest.overQuota": _person_times(v1=True),
    "v1.illegalParameter": _v1_send(dep_id_list=["x"]),
}


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_each_row_of_the_catalogue_can_be_provoked(world: World, key: str, caplog: pytest.LogCaptureFixture) -> None:
    row = CATALOGUE[key]
    reply = PROVOKED[key](world)
    body = reply.json()

    assert reply.status_code == row.status
    if row.raw:
        assert body["status"] == 1111 and "errcode" not in body
    elif row.family is Family.V1:
        assert set(body) <= {"code", "message", "requestid", "accessdenieddetail"}
        assert body["code"].startswith(row.code.split("{")[0])
    elif row.sub_code:
        assert (body["errcode"], body["sub_code"]) == (88, row.sub_code)
        assert body["errmsg"] == f"ding talk error[subcode={row.sub_code},submsg={body['sub_msg']}]"
    else:
        assert body["errcode"] == row.errcode
        assert body["errmsg"].startswith(row.errmsg.split("{")[0])
    assert b"\\u" not in reply.content


def test_every_provocation_belongs_to_a_row() -> None:
    assert set(PROVOKED) == set(CATALOGUE)


def test_an_app_of_another_kind_may_not_mass_send(world: World) -> None:
    world.add_app("suite", kind=AppKind.THIRD_PARTY)
    body = world.post(SEND, world.a_send(), token=world.corp_token("suite")).json()

    assert (body["errcode"], body["sub_code"]) == (88, "60011")


def test_nobody_left_in_a_department_is_no_receiver(world: World) -> None:
    world.change(OrgChange(leave=("u1",)))

    assert world.send(userid_list="u1")["errcode"] == 800022
    assert world.send(userid_list=None, dep_id_list="30")["errcode"] == 800019
