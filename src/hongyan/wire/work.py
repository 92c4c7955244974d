"""`/topapi/message/corpconversation/*`: an app tells people something, and hears what became of it.

Pages: work-notification-templating-v2, asynchronous-sending-of-enterprise-session-messages, obtain-the-sending-progress-of-…,
gets-the-result-of-sending-…, notification-of-work-withdrawal, update-work-notification-status-bar.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import NamedTuple

import msgspec

from hongyan.access.records import SCOPE_BASE, AppKind, Installation, installation_by_agent_txn
from hongyan.admission import rules
from hongyan.admission.accept import Accepted
from hongyan.admission.rules import WORK_INTERNAL
from hongyan.admission.tasks import STATUS_SENT, Task
from hongyan.admission.work_checks import bar_refusal, notice_media_refusal_txn, oversized, receivers_refusal
from hongyan.admission.work_send import WorkSend
from hongyan.delivery.notices import load_notice_txn, notice_result_txn, set_status_bar_txn
from hongyan.delivery.recall import recall_txn
from hongyan.delivery.receipts import progress_of
from hongyan.directory.audience import Selectors
from hongyan.messages.bodies import AnyBody
from hongyan.messages.library import needs_library
from hongyan.model import errors
from hongyan.model.clock import DAY_MS
from hongyan.model.errors import ErrorRow, Family, Refusal
from hongyan.model.ids import seq_ms
from hongyan.wire import lax
from hongyan.wire.endpoint import Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.forms import BadBody
from hongyan.wire.params import BadArgument
from hongyan.wire.replies import Reply, ok_top, refuse
from hongyan.wire.work_bodies import MSG, decode_msg
from hongyan.wire.work_templates import filled_template, find_template, translated

log = logging.getLogger("hongyan.wire")

EVERY_KIND = frozenset((AppKind.INTERNAL, AppKind.THIRD_PARTY))
QUERY_WINDOW_MS = 7 * DAY_MS
STRICT_RESULT_PEOPLE = 100
STRICT_USERIDS, STRICT_DEPTS, STRICT_BYTES = 100, 20, 2048
_BAR_COLOR = re.compile(r"0x[0-9A-Fa-f]{8}")

Handler = Callable[[Call], Awaitable[Reply]]


def _required(call: Call, *names: str) -> Refusal | None:
    return next((Refusal(errors.MISSING_ARGUMENT, {"name": name}) for name in names if not call.params.has(name)), None)


def _number(call: Call, name: str) -> int:
    value = call.params.number(name)
    if value is None:
        raise BadArgument(name)
    return value


def _own_system_error(handler: Handler) -> Handler:
    """These pages name 500 for a failure of the server."""

    @wraps(handler)
    async def guarded(call: Call) -> Reply:
        try:
            return await handler(call)
        except (BadArgument, BadBody):
            raise
        except Exception:
            log.exception("a work notification call failed")
            return refuse(Refusal(errors.WORK_SYSTEM))

    return guarded


class _Agent(NamedTuple):
    """The installation that an agent_id names; `of_another_app` when it exists, but not for this token."""

    installation: Installation | None
    of_another_app: bool


def _agent(call: Call) -> _Agent:
    agent_id = _number(call, "agent_id")
    found = call.engine.store.read_kept(installation_by_agent_txn, call.grant.corp.no, agent_id)
    if found is not None and found.disabled_at is not None:
        found = None
    if found is not None and found.app != call.grant.app.no:
        return _Agent(None, True)
    return _Agent(found, False)


def _check_sizes(call: Call, to: Selectors, installation: Installation) -> None:
    effective = call.engine.rulekeeper.book.of(call.grant.corp.no, call.grant.app.no, installation.sender)
    name = oversized(to, effective, call.grant.app.kind)
    if name:
        raise BadArgument(name)


def _selectors(call: Call) -> Selectors:
    userids = tuple(dict.fromkeys(call.params.ids("userid_list")))
    return Selectors(userids, tuple(dict.fromkeys(call.params.int_ids("dept_id_list"))), (), call.params.flag("to_all_user") or False)


# --- sending


async def send_by_template(call: Call) -> Reply:
    """Send an approved template filled with `data`; people left out stand in the result."""
    request = await template_request(call)
    return refuse(request) if isinstance(request, Refusal) else await _accepted(call, request)


async def template_request(call: Call) -> WorkSend | Refusal:
    """The decoded request, in the order of its refusals."""
    if call.grant.app.kind is AppKind.INTERNAL and not call.engine.internal_templates:
        return Refusal(errors.NO_PERMISSION, {"scope": SCOPE_BASE, "app_key": call.grant.app.app_key})
    missing = _required(call, "agent_id", "template_id")
    if missing:
        return missing
    to, agent = _selectors(call), _agent(call)
    if agent.installation is None:
        return Refusal(errors.BAD_AGENT_TEMPLATE)
    content = find_template(call)
    if isinstance(content, Refusal):
        return content
    if to.empty:
        return Refusal(errors.NO_NOTICE_RECEIVERS)
    _check_sizes(call, to, agent.installation)
    body = await filled_template(call, content)
    return WorkSend(call.grant.corp, call.grant.app, agent.installation, to, body, call.params.text("template_id"))


async def _accepted(call: Call, request: WorkSend) -> Reply:
    outcome = await call.engine.work_sending.send(request)
    if isinstance(outcome, Accepted):
        return ok_top({"task_id": outcome.seq})
    return refuse(outcome)


async def async_send(call: Call) -> Reply:
    """Send one of eight message types to users, departments or everyone."""
    missing = _required(call, "agent_id", "msg")
    if missing:
        return refuse(missing)
    msg, to, agent = call.params.object("msg"), _selectors(call), _agent(call)
    if agent.installation is None:
        return refuse(Refusal(errors.AGENT_OF_ANOTHER_APP if agent.of_another_app else errors.BAD_AGENT))
    if msg is None:
        return refuse(Refusal(errors.MISSING_ARGUMENT, {"name": "msg"}))
    refusal = _check_receivers(call, to)
    if refusal:
        return refuse(refusal)
    _check_sizes(call, to, agent.installation)
    body = decode_msg(msg)
    if isinstance(body, Refusal):
        return refuse(body)
    refusal = _check_strict(call) or bar_refusal(body, to) or await _check_media(call, body)
    if refusal:
        return refuse(refusal)
    if call.params.flag("enable_id_trans") and call.grant.app.kind is not AppKind.INTERNAL:
        body = await translated(call, body)
    return await _accepted(call, WorkSend(call.grant.corp, call.grant.app, agent.installation, to, body))


def _check_receivers(call: Call, to: Selectors) -> Refusal | None:
    refusal = receivers_refusal(to, call.grant.app.kind)
    if refusal:
        return refusal
    if call.engine.strict and (len(to.userids) > STRICT_USERIDS or len(to.depts) > STRICT_DEPTS):
        return Refusal(errors.TOO_MANY_RECEIVERS)
    return None


def _check_strict(call: Call) -> Refusal | None:
    if call.engine.strict and len(lax.as_text(call.params.raw("msg")).encode()) > STRICT_BYTES:
        return Refusal(errors.MSG_TOO_MANY_BYTES)
    return None


async def _check_media(call: Call, body: AnyBody) -> Refusal | None:
    if not needs_library(body):
        return None
    return await call.engine.store.read(notice_media_refusal_txn, call.grant.corp.no, body, call.engine.strict)


# --- afterwards


async def _task(call: Call, name: str, bad: ErrorRow, window_ms: int | None = None) -> Task | Refusal:
    """The task that the call is about, when it is this agent's and young enough; without a window, of any age."""
    task_id, agent = _number(call, name), _agent(call)
    if agent.installation is None:
        return Refusal(bad)
    task = await call.engine.store.read(load_notice_txn, call.grant.corp.no, agent.installation.sender, task_id)
    if task is None or (window_ms is not None and call.now - seq_ms(task.seq) > window_ms):
        return Refusal(bad)
    return task


async def send_progress(call: Call) -> Reply:
    """How far a send is."""
    refusal = _required(call, "agent_id", "task_id")
    task = refusal or await _task(call, "task_id", errors.BAD_PARAMETER, QUERY_WINDOW_MS)
    if isinstance(task, Refusal):
        return refuse(task)
    progress = progress_of(task, call.now)
    return ok_top({"progress": {"progress_in_percent": progress.percent, "status": progress.status}})


async def send_result(call: Call) -> Reply:
    """Who read it, who did not, who was left out by which rule, who does not exist; all seven lists, always."""
    refusal = _required(call, "agent_id", "task_id")
    window_ms = DAY_MS if call.engine.strict else QUERY_WINDOW_MS
    task = refusal or await _task(call, "task_id", errors.BAD_PARAMETER, window_ms)
    if isinstance(task, Refusal):
        return refuse(task)
    if call.engine.strict and task.n_addressed > STRICT_RESULT_PEOPLE:
        return refuse(Refusal(errors.RESULT_TOO_LARGE))
    effective = call.engine.rulekeeper.book.of(task.corp, task.app, task.sender)
    limits = {name: effective[name].limit for name in task.filtered if name in rules.RULES}
    result = await call.engine.store.read(notice_result_txn, task, limits)
    return ok_top({"send_result": msgspec.to_builtins(result)})


async def recall_notice(call: Call) -> Reply:
    """Withdraw a notice within 24 hours; one that was withdrawn stays so, whenever it is asked for again."""
    refusal = _required(call, "agent_id", "msg_task_id")
    task = refusal or await _task(call, "msg_task_id", errors.BAD_RECALL)
    if isinstance(task, Refusal):
        return refuse(task)
    if not await call.engine.store.write(recall_txn, task.corp, task.sender, task.seq, "work"):
        return refuse(Refusal(errors.BAD_RECALL))
    call.engine.bus.publish(task.corp)
    return ok_top({})


async def update_status_bar(call: Call) -> Reply:
    """Change the status bar of an OA message for everyone who has it."""
    missing = _required(call, "agent_id", "task_id", "status_value")
    if missing:
        return refuse(missing)
    color = call.params.text("status_bg")
    if color and not _BAR_COLOR.fullmatch(color):
        raise BadArgument("status_bg")
    agent = _agent(call)
    if agent.installation is None:
        return refuse(Refusal(errors.BAD_AGENT))
    task = await _task(call, "task_id", errors.BAD_PARAMETER, QUERY_WINDOW_MS)
    if isinstance(task, Refusal):
        return refuse(task)
    if task.msg_type != "oa" or task.recalled_at is not None or task.status != STATUS_SENT:
        return refuse(Refusal(errors.BAD_PARAMETER))
    if progress_of(task, call.now).percent < 100:
        return refuse(Refusal(errors.RESULT_TOO_LARGE))
    await call.engine.store.write(set_status_bar_txn, task.corp, task.seq, task.sender, call.params.text("status_value"), color)
    call.engine.bus.publish(task.corp)
    return ok_top({})


_AGENT_ID = Field("agent_id", Kind.NUMBER, required=True)
_TASK_ID = Field("task_id", Kind.NUMBER, required=True)
# Both app types have the same list sizes.
_RECEIVERS = (
    Field("userid_list", Kind.IDS, most=WORK_INTERNAL.userids.limit),
    Field("dept_id_list", Kind.NUMBERS, most=WORK_INTERNAL.depts.limit),
)
TEMPLATE_FIELDS = (_AGENT_ID, Field("template_id", required=True), *_RECEIVERS, Field("data", Kind.OBJECT))
_SEND_FIELDS = (
    _AGENT_ID,
    Field("msg", Kind.OBJECT, required=True, inner=MSG),
    *_RECEIVERS,
    Field("to_all_user", Kind.FLAG),
    Field("enable_id_trans", Kind.FLAG),
)
_BAR_FIELDS = (_AGENT_ID, _TASK_ID, Field("status_value", required=True), Field("status_bg", most=10))


def _endpoint(name: str, handler: Handler, page: str, purpose: str, fields: tuple[Field, ...], *, reads: bool = False) -> Endpoint:
    path = f"/topapi/message/corpconversation/{name}"
    return Endpoint(path, Family.TOP, SCOPE_BASE, _own_system_error(handler), page, EVERY_KIND, reads, purpose, fields)


_PROGRESS = "obtain-the-sending-progress-of-asynchronous-sending-of-enterprise-session"
_RESULT = "gets-the-result-of-sending-messages-asynchronously-to-the-enterprise"
ENDPOINTS = (
    _endpoint("sendbytemplate", send_by_template, "work-notification-templating-v2", "template work notification", TEMPLATE_FIELDS),
    _endpoint("asyncsend_v2", async_send, "asynchronous-sending-of-enterprise-session-messages", "work notification", _SEND_FIELDS),
    _endpoint("getsendprogress", send_progress, _PROGRESS, "progress of a notice", (_AGENT_ID, _TASK_ID), reads=True),
    _endpoint("getsendresult", send_result, _RESULT, "result of a notice", (_AGENT_ID, _TASK_ID), reads=True),
    _endpoint(
        "recall",
        recall_notice,
        "notification-of-work-withdrawal",
        "recall a notice",
        (_AGENT_ID, Field("msg_task_id", Kind.NUMBER, required=True)),
    ),
    _endpoint("status_bar/update", update_status_bar, "update-work-notification-status-bar", "change a status bar", _BAR_FIELDS),
)
