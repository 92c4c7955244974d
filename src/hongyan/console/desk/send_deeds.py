"""What operators do to a send: recall it, or send it again on the way of any other send."""

import secrets

import msgspec
from starlette.responses import Response

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.access.operators import Role
from hongyan.access.records import Account, App, Installation, account_by_sender_txn, app_by_no_txn, installations_txn
from hongyan.admission.accept import Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.admission.state import SendKind
from hongyan.admission.tasks import Task
from hongyan.admission.work_send import WorkSend
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.send_detail import show_send
from hongyan.console.desk.send_people import load_named_txn, send_of
from hongyan.console.desk.sends import texts_of
from hongyan.delivery.recall import recall_txn
from hongyan.messages.bodies import decode_body
from hongyan.messages.library import check_library_txn, needs_library
from hongyan.model import errors
from hongyan.model.errors import Refusal
from hongyan.model.ids import CorpNo, EpochMs, SenderId, Seq, wire_task_id
from hongyan.store.interface import Tx

_UUID_MAX = 64


class Origin(msgspec.Struct, frozen=True):
    """A send as it can be sent again: its app, and who spoke; None where that is no longer there."""

    task: Task
    app: App | None
    speaker: Account | Installation | None


def _recall_txn(tx: Tx, corp: CorpNo, seq: Seq, task_id: str, deed: Deed, now: EpochMs) -> bool | None:
    """True: it is recalled; None: there is no such task."""
    task = load_named_txn(tx, corp, seq, task_id)
    if task is None:
        return None
    if not recall_txn(tx, corp, task.sender, task.seq, task.surface, now):
        return False
    if task.recalled_at is None:
        record_deed_txn(tx, deed, now)
    return True


async def recall_send(desk: Desk) -> Response:
    """Withdraw it from every inbox."""
    seq, task_id = send_of(desk), desk.request.path_params["task_id"]
    deed = desk.deed("send.recall", task_id)
    recalled = await desk.engine.store.write(_recall_txn, desk.corp.no, seq, task_id, deed) if seq is not None else None
    if recalled is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    if not recalled:
        return await show_send(desk, status=409, problem=(texts_of(desk.t).recall_late,))
    desk.engine.bus.publish(desk.corp.no)
    return desk.to(f"sends/{task_id}?said=recalled")


def _origin_txn(tx: Tx, corp: CorpNo, seq: Seq, task_id: str) -> Origin | None:
    task = load_named_txn(tx, corp, seq, task_id)
    if task is None:
        return None
    app = app_by_no_txn(tx, task.app)
    speaker = account_by_sender_txn(tx, corp, task.sender) if task.surface == "mass" else _installation_txn(tx, corp, task.sender)
    return Origin(task, app if app and app.disabled_at is None else None, speaker if speaker and speaker.live else None)


def _installation_txn(tx: Tx, corp: CorpNo, sender: SenderId) -> Installation | None:
    return next((one for one in installations_txn(tx, corp) if one.sender == sender), None)


async def send_again(desk: Desk) -> Response:
    """The same request with a new uuid, decided anew. The form carries the uuid, so that sending the form twice sends once."""
    seq, task_id, x = send_of(desk), desk.request.path_params["task_id"], texts_of(desk.t)
    origin = await desk.engine.store.read(_origin_txn, desk.corp.no, seq, task_id) if seq is not None else None
    if origin is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    if origin.app is None or origin.speaker is None:
        return await show_send(desk, status=409, problem=(x.sender_gone if origin.app else x.app_gone,))
    uuid = (await desk.form()).get("uuid", "")[:_UUID_MAX] or secrets.token_hex(16)
    # Written before: what was sent must stand in the log, whatever happens meanwhile. The uuid leads to its outcome.
    await desk.engine.store.write(record_deed_txn, desk.deed("send.again", task_id, uuid=uuid))
    outcome = await _send(desk, origin.task, origin.app, origin.speaker, uuid)
    if isinstance(outcome, Accepted):
        return desk.to(f"sends/{wire_task_id(origin.task.surface, outcome.seq)}?said=again")
    return await show_send(desk, status=409, problem=_told(x.again_refused, outcome))


def _told(heading: str, refusal: Refusal) -> tuple[str, ...]:
    row = refusal.row
    return (heading, f"{row.errcode or row.code} {refusal.message}", row.advice)


async def _send(desk: Desk, task: Task, app: App, speaker: Account | Installation, uuid: str) -> Accepted | Refusal:
    engine, body = desk.engine, decode_body(task.content)
    if isinstance(speaker, Account):
        preview = task.kind == SendKind.PREVIEW
        return await engine.mass_sending.send(MassSend(desk.corp, app, speaker, uuid, task.to, body, preview, task.flags))
    if needs_library(body) and await engine.store.read(check_library_txn, desk.corp.no, SenderId(0), body, engine.strict):
        return Refusal(errors.MEDIA_UNKNOWN)
    return await engine.work_sending.send(WorkSend(desk.corp, app, speaker, task.to, body, task.flags.template_id))


PAGES = (
    Page(OF_CORP + "/sends/{task_id}/recall", "sends", recall_send, Role.SENDER, "POST"),
    Page(OF_CORP + "/sends/{task_id}/again", "sends", send_again, Role.SENDER, "POST"),
)
