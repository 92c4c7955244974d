"""From a draft to the very request that an interface would make of it, and what would become of it."""

import secrets

import msgspec

from hongyan.access.records import SCOPE_MASS, App
from hongyan.admission.accept import Accepted
from hongyan.admission.limits import Check
from hongyan.admission.mass_send import MassSend
from hongyan.admission.state import Denied, Send, Verdict
from hongyan.admission.tasks import Flags
from hongyan.admission.work_checks import bar_refusal, names_txn, notice_media_refusal_txn, oversized, receivers_refusal
from hongyan.admission.work_send import WorkSend, within_range
from hongyan.console.desk.compose_draft import MASS, TEMPLATE, Draft
from hongyan.console.desk.compose_editor import build_body
from hongyan.console.desk.compose_ground import ChosenTemplate, Ground, Sender
from hongyan.directory.audience import Audience, Selectors, resolve_audience
from hongyan.engine.engine import Engine
from hongyan.messages.bodies import AnyBody
from hongyan.messages.id_names import NO_NAMES
from hongyan.messages.notice_checks import notice_refusal
from hongyan.messages.template_fill import fill_template, wanted_names
from hongyan.messages.templates import TemplateProblem
from hongyan.model import errors
from hongyan.model.deeds import Deed
from hongyan.model.errors import Refusal

AnySend = MassSend | WorkSend


class Foreseen(msgspec.Struct, frozen=True):
    """What would become of the send: refused, or admitted; the rules' looks in either case, as far as they came."""

    refusal: Refusal | None
    checks: tuple[Check, ...]
    send: Send | None
    verdict: Verdict | None


async def body_of(engine: Engine, ground: Ground, draft: Draft) -> AnyBody | None:
    """The message as the fields have it now; None where no template is chosen."""
    if ground.sender is None or ground.sender.source != TEMPLATE:
        return build_body(draft.type, draft.values)
    return await _filled(engine, ground, ground.template, draft) if ground.template else None


async def _filled(engine: Engine, ground: Ground, template: ChosenTemplate, draft: Draft) -> AnyBody:
    values = draft.parameters
    wanted = wanted_names(values)
    names = await engine.store.read(names_txn, ground.corp.no, wanted) if wanted else NO_NAMES
    body = fill_template(template.content, values, strict_names=engine.strict, names=names)
    assert not isinstance(body, TemplateProblem), "missing values are kept"
    return body


async def request_of(
    engine: Engine, ground: Ground, draft: Draft, body: AnyBody | None, *, only: str | None = None, deed: Deed | None = None
) -> AnySend | Refusal:
    """The request, or the refusal that stands before every count. `only`: a preview for this userid alone, never for the draft's receivers."""
    sender = ground.sender
    if sender is None:
        return Refusal(errors.BAD_UNIONID)
    to = draft.to if only is None else Selectors(userids=(only,) if only else ())
    if sender.source == MASS:
        return _mass(ground, sender, draft, body, to, preview=only is not None, deed=deed)
    assert sender.installation and sender.app
    refusal = await _notice_refusal(engine, ground, sender, sender.app, to, body)
    if refusal:
        return refusal
    assert body is not None
    template_id = ground.template.template_id if ground.template else ""
    return WorkSend(ground.corp, sender.app, sender.installation, to, body, template_id, deed)


def _mass(
    ground: Ground, sender: Sender, draft: Draft, body: AnyBody | None, to: Selectors, *, preview: bool, deed: Deed | None
) -> MassSend | Refusal:
    assert sender.account is not None and body is not None, "a mass send has both"
    if ground.app is None:
        return Refusal(errors.NO_PERMISSION, {"scope": SCOPE_MASS, "app_key": ""})
    uuid = secrets.token_hex(16) if preview or not draft.uuid else draft.uuid
    return MassSend(ground.corp, ground.app, sender.account, uuid, to, body, preview, flags_of(draft), deed)


def flags_of(draft: Draft) -> Flags:
    """What is said beside audience and body of a mass send."""
    comments = draft.value("comments")
    return Flags(comments in ("all", "featured"), 1 if comments == "featured" else 0, draft.value("show_homepage") == "on")


async def _notice_refusal(engine: Engine, ground: Ground, sender: Sender, app: App, to: Selectors, body: AnyBody | None) -> Refusal | None:
    """In the order in which the interfaces refuse."""
    effective = engine.rulekeeper.book.of(ground.corp.no, app.no, sender.sender)
    if sender.source == TEMPLATE:
        if body is None:
            return Refusal(errors.TEMPLATE_UNKNOWN)
        refusal = Refusal(errors.NO_NOTICE_RECEIVERS) if to.empty else None
    else:
        refusal = receivers_refusal(to, app.kind)
    if refusal:
        return refusal
    name = oversized(to, effective, app.kind)
    if name:
        return Refusal(errors.INVALID_ARGUMENT, {"name": name})
    if body is None or sender.source == TEMPLATE:
        return None
    return notice_refusal(body) or bar_refusal(body, to) or await engine.store.read(notice_media_refusal_txn, ground.corp.no, body, engine.strict)


async def resolve_draft(engine: Engine, ground: Ground, draft: Draft) -> Audience:
    """Whom the selectors name, each person once; whether they may get it is the rules' business."""
    census = await engine.directory.census(ground.corp.no)
    installation = ground.sender.installation if ground.sender else None
    wanted = [*draft.to.userids, *(installation.visible_userids if installation else ())]
    ords = engine.directory.ords(ground.corp.no, wanted) if wanted else {}
    audience = resolve_audience(draft.to, census, ords)
    return within_range(installation, audience, draft.to, census, ords) if installation else audience


async def foresee(engine: Engine, request: AnySend | Refusal) -> Foreseen:
    """The same checks and decisions as for the send itself; nothing is written."""
    if isinstance(request, Refusal):
        return Foreseen(request, (), None, None)
    now = engine.clock.now()
    sending = engine.mass_sending.foresee(request, now) if isinstance(request, MassSend) else engine.work_sending.foresee(request, now)
    answer = await sending
    if isinstance(answer, Refusal):
        return Foreseen(answer, (), None, None)
    send, verdict = answer
    return Foreseen(verdict.refusal if isinstance(verdict, Denied) else None, tuple(verdict.checks), send, verdict)


async def send_now(engine: Engine, request: AnySend | Refusal) -> Accepted | Refusal:
    """Take it in, as for a caller of the interface."""
    if isinstance(request, Refusal):
        return request
    if isinstance(request, MassSend):
        return await engine.mass_sending.send(request)
    return await engine.work_sending.send(request)
