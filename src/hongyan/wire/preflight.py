"""The same request as a send, answered with what would become of it; nothing is written, no uuid and no quota is spent.

Our own addresses, but DingTalk's dialect: a caller changes the path and nothing else.
"""

from typing import Any

import msgspec
from pyroaring import BitMap

from hongyan.access.records import SCOPE_BASE, SCOPE_MASS
from hongyan.admission.limits import Check
from hongyan.admission.rules import RULES
from hongyan.admission.state import Denied, Send, Verdict
from hongyan.directory.records import userids_of_txn
from hongyan.model.errors import Family, Refusal
from hongyan.model.ids import CorpNo, Ord
from hongyan.wire.endpoint import INTERNAL_ONLY, Call, Endpoint
from hongyan.wire.mass import SEND_FIELDS, decode_lax, mass_request
from hongyan.wire.replies import Reply, ok_plain
from hongyan.wire.work import EVERY_KIND, TEMPLATE_FIELDS, template_request

NAMED_MAX = 1000  # userids listed for each answer; the counts are always whole


class LeftOut(msgspec.Struct, frozen=True):
    """People whom a rule would leave out."""

    rule: str
    code: str
    count: int
    userids: list[str]


async def preflight_mass(call: Call) -> Reply:
    """What a mass send would do."""
    request = await mass_request(call, decode_lax(call.params))
    foreseen = request if isinstance(request, Refusal) else await call.engine.mass_sending.foresee(request, call.now)
    return await _answer(call, foreseen)


async def preflight_template(call: Call) -> Reply:
    """What a template work notification would do."""
    request = await template_request(call)
    foreseen = request if isinstance(request, Refusal) else await call.engine.work_sending.foresee(request, call.now)
    return await _answer(call, foreseen)


async def _answer(call: Call, foreseen: tuple[Send, Verdict] | Refusal) -> Reply:
    if isinstance(foreseen, Refusal):
        return ok_plain(_refused(foreseen, []))
    send, verdict = foreseen
    if isinstance(verdict, Denied):
        return ok_plain(_refused(verdict.refusal, verdict.checks))
    corp = call.grant.corp.no
    answer: dict[str, Any] = {
        "would_succeed": True,
        "errcode": 0,
        "errmsg": "ok",
        "addressed": len(send.people),
        "delivered": {"count": len(verdict.delivered), "userids": await _userids(call, corp, verdict.delivered)},
        "filtered": [await _left_out(call, corp, rule, people) for rule, people in verdict.filtered.items()],
        "observed": [await _left_out(call, corp, rule, people) for rule, people in verdict.observed.items()],
        "failed": len(verdict.failed) if verdict.failed is not None else 0,
        "invalid": msgspec.Raw(send.invalid.encode()) if send.invalid else {},
        "rules": [_look(check) for check in verdict.checks],
    }
    return ok_plain(answer)


def _refused(refusal: Refusal, checks: list[Check]) -> dict[str, Any]:
    row = refusal.row
    refused = {
        "would_succeed": False,
        "errcode": row.errcode,
        "sub_code": row.sub_code,
        "errmsg": refusal.message,
        "retry": row.retry,
        "advice": row.advice,
    }
    why = {"member": refusal.fields["member"], "reason": refusal.fields["reason"]} if "reason" in refusal.fields else {}
    return refused | why | {"rules": [_look(check) for check in checks]}


def _look(check: Check) -> dict[str, Any]:
    look = {"rule": check.rule, "used": check.used, "cost": check.cost, "limit": check.limit, "mode": check.mode}
    return look | {"passed": check.passed, "ends_at": check.ends_at or None, "outcome": RULES[check.rule].outcome}


async def _left_out(call: Call, corp: CorpNo, rule: str, people: BitMap) -> LeftOut:
    return LeftOut(rule, RULES[rule].outcome, len(people), await _userids(call, corp, people))


async def _userids(call: Call, corp: CorpNo, people: BitMap) -> list[str]:
    ords = [Ord(ord_) for ord_ in people[:NAMED_MAX]]
    known = await call.engine.store.read(userids_of_txn, corp, ords)
    return [known[ord_] for ord_ in ords]


ENDPOINTS = (
    Endpoint(
        "/hongyan/v1/preflight/mass-send",
        Family.TOP,
        SCOPE_MASS,
        preflight_mass,
        "",
        INTERNAL_ONLY,
        purpose="what a mass send would do",
        fields=SEND_FIELDS,
    ),
    Endpoint(
        "/hongyan/v1/preflight/template-send",
        Family.TOP,
        SCOPE_BASE,
        preflight_template,
        "",
        EVERY_KIND,
        purpose="what a template notice would do",
        fields=TEMPLATE_FIELDS,
    ),
)
