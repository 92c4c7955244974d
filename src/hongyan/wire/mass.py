"""`/topapi/message/mass/*` and `/v1.0/exclusive/follow/message/send`: a service account speaks to many.

Pages: interactive-service-window-group-message-sending-interface, service-number-message-withdrawal, api-sendmessage.
"""

import secrets

import msgspec

from hongyan.access.records import SCOPE_MASS
from hongyan.admission.mass_send import UUID_MAX, MassSend
from hongyan.admission.rules import DEPTS_PER_CALL, ROLES_PER_CALL, USERIDS_PER_CALL
from hongyan.admission.tasks import Flags
from hongyan.delivery.recall import recall_mass_txn
from hongyan.directory.audience import Selectors
from hongyan.messages.bodies import BodyProblem
from hongyan.model import errors
from hongyan.model.errors import ErrorRow, Family, Refusal
from hongyan.model.ids import mass_task_id, parse_mass_task_id
from hongyan.wire.endpoint import Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.mass_bodies import MESSAGE, decode_mass_body
from hongyan.wire.params import BadArgument, Params
from hongyan.wire.plain import AskedSend, decode_plain
from hongyan.wire.replies import Reply, ok_plain, ok_top, refuse

ID_MAX = 128  # official SDK: unionid, uuid, task_id


async def mass_send(call: Call) -> Reply:
    """Take one mass send in; errcode 0 means that it stands in every inbox it is for."""
    if call.engine.strict and not call.params.has("is_to_all"):
        return refuse(Refusal(errors.MISSING_ARGUMENT, {"name": "is_to_all"}))
    asked = decode_plain(call.lone_body) or decode_lax(call.params)
    request = await mass_request(call, asked)
    outcome = request if isinstance(request, Refusal) else await call.engine.mass_sending.send(request)
    if isinstance(outcome, Refusal):
        return refuse(outcome)
    return ok_top({"task_id": mass_task_id(outcome.seq)})


def decode_lax(params: Params) -> AskedSend:
    """Everything is decoded before anything is decided: 41 comes before the endpoint's own refusals."""
    preview = params.flag("is_preview") or False
    return AskedSend(params.text("unionid"), params.text("uuid"), decode_selectors(params), decode_mass_body(params), preview, decode_flags(params))


async def mass_request(call: Call, asked: AskedSend) -> MassSend | Refusal:
    """The decoded request with its account, which must be a live one of the token's organisation."""
    unionid = asked.unionid.strip()
    access, corp = call.engine.access, call.grant.corp.no
    account = access.known_account(corp, unionid) or (await access.access_account(corp, unionid) if 0 < len(unionid) <= ID_MAX else None)
    if account is None:
        return Refusal(errors.BAD_UNIONID)
    return MassSend(call.grant.corp, call.grant.app, account, asked.uuid, asked.selectors, asked.body, asked.preview, asked.flags)


def decode_selectors(params: Params) -> Selectors:
    return Selectors(params.ids("userid_list"), params.int_ids("dep_id_list"), params.int_ids("roleIds"), params.flag("is_to_all") or False)


_FLAG_NAMES = frozenset(("allow_comment", "comment_type", "show_homepage", "operator_user_id"))
_NO_FLAGS = Flags()


def decode_flags(params: Params) -> Flags:
    if params.lacks(_FLAG_NAMES):
        return _NO_FLAGS
    show = params.flag("show_homepage") or False
    return Flags(params.flag("allow_comment") or False, params.number("comment_type") or 0, show, params.text("operator_user_id"))


async def mass_recall(call: Call) -> Reply:
    """Withdraw a send within 24 hours, from every inbox at once; a second time changes nothing."""
    for name in ("unionid", "task_id"):
        if not call.params.has(name):
            return refuse(Refusal(errors.MISSING_ARGUMENT, {"name": name}))
    unionid, task_id = call.params.text("unionid").strip(), call.params.text("task_id").strip()
    for name, value in (("unionid", unionid), ("task_id", task_id)):
        if len(value) > ID_MAX:
            raise BadArgument(name)
    account = await call.engine.access.access_account(call.grant.corp.no, unionid)
    if account is None:
        return refuse(Refusal(errors.BAD_UNIONID))
    seq = parse_mass_task_id(task_id)
    if seq is None:
        return refuse(Refusal(errors.BAD_TASK_ID))
    refusal = await call.engine.store.write(recall_mass_txn, account.corp, account.sender, seq)
    if refusal:
        return refuse(refusal)
    call.engine.bus.publish(account.corp)
    return ok_top({})


# The new surface's own names for the same refusals; where its page names none, the platform's general ones.
_V1_ROWS: dict[str, ErrorRow] = {
    errors.BAD_UNIONID.key: errors.V1_BAD_UNIONID,
    errors.BAD_USERIDS.key: errors.V1_BAD_USERIDS,
    errors.TOO_MANY_USERS.key: errors.V1_BAD_USERIDS,
    errors.NO_RECEIVERS.key: errors.V1_NO_RECEIVERS,
    errors.UUID_USED.key: errors.V1_UUID_USED,
    errors.ACCOUNT_QPS.key: errors.V1_QPS,
    errors.ACCOUNT_QPM.key: errors.V1_QPS,
    errors.TOO_FREQUENT.key: errors.V1_QPS,
    errors.SENDS_USED_UP.key: errors.V1_OVER_QUOTA,
    errors.SINGLE_USED_UP.key: errors.V1_OVER_QUOTA,
    errors.PERSON_TIMES_USED_UP.key: errors.V1_OVER_QUOTA,
    errors.TOO_MANY_DEPTS.key: errors.V1_ILLEGAL,
    errors.INVALID_ARGUMENT.key: errors.V1_ILLEGAL,
    errors.SYSTEM_BUSY.key: errors.V1_SYSTEM,
}


async def follow_send(call: Call) -> Reply:
    """The same send on the new surface: without a uuid there is no protection against sending twice."""
    for name in ("unionid", "msg_type"):
        if not call.params.has(name):
            return refuse(Refusal(errors.V1_MISSING, {"name": name}))
    asked = decode_lax(call.params)
    request = await mass_request(call, asked if asked.uuid.strip() else msgspec.structs.replace(asked, uuid=secrets.token_hex(16)))
    outcome = request if isinstance(request, Refusal) else await call.engine.mass_sending.send(request)
    if isinstance(outcome, Refusal):
        return refuse(_v1_refusal(outcome, call.params))
    return ok_plain({"errorcode": "0", "errmsg": "success", "task_id": mass_task_id(outcome.seq)})


def _v1_refusal(refusal: Refusal, params: Params) -> Refusal:
    if refusal.row is not errors.BAD_MESSAGE:
        return Refusal(_V1_ROWS[refusal.row.key])
    problem = BodyProblem(refusal.fields["member"], refusal.fields["reason"])
    if problem.member == "media_id":
        return Refusal(errors.V1_BAD_MEDIA)
    if params.text("msg_type") == "link" and problem.member in ("title", "message_url") and "empty" in problem.reason:
        return Refusal(errors.V1_LINK_PARAMS)
    return Refusal(errors.V1_NO_CONTENT)


_UNIONID = Field("unionid", required=True, most=ID_MAX)
SEND_FIELDS = (
    _UNIONID,
    Field("uuid", required=True, most=UUID_MAX),
    Field("is_to_all", Kind.FLAG),
    Field("userid_list", Kind.IDS, most=USERIDS_PER_CALL.limit),
    Field("dep_id_list", Kind.NUMBERS, most=DEPTS_PER_CALL.limit),
    Field("roleIds", Kind.NUMBERS, most=ROLES_PER_CALL.limit),
    *MESSAGE,
    Field("is_preview", Kind.FLAG),
    Field("allow_comment", Kind.FLAG),
    Field("comment_type", Kind.NUMBER),
    Field("show_homepage", Kind.FLAG),
    Field("operator_user_id"),
)
# There a send without a uuid is taken.
_V1_FIELDS = tuple(msgspec.structs.replace(field, required=False) if field.name == "uuid" else field for field in SEND_FIELDS)

ENDPOINTS = (
    Endpoint(
        "/topapi/message/mass/send",
        Family.TOP,
        SCOPE_MASS,
        mass_send,
        "interactive-service-window-group-message-sending-interface",
        purpose="mass send",
        fields=SEND_FIELDS,
    ),
    Endpoint(
        "/topapi/message/mass/recall",
        Family.TOP,
        SCOPE_MASS,
        mass_recall,
        "service-number-message-withdrawal",
        purpose="recall a mass send",
        fields=(_UNIONID, Field("task_id", required=True, most=ID_MAX)),
    ),
    Endpoint("/v1.0/exclusive/follow/message/send", Family.V1, SCOPE_MASS, follow_send, "api-sendmessage", purpose="mass send", fields=_V1_FIELDS),
)
