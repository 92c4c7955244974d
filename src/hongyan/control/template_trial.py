"""A template sent to its tester alone, whatever its state."""

from typing import Annotated, Any

import msgspec

from hongyan.access.records import App, Installation, app_by_no_txn, installation_by_agent_txn
from hongyan.admission.accept import Accepted
from hongyan.admission.work_send import WorkSend
from hongyan.control.endpoints import Call
from hongyan.control.lookups import find_corp_txn, find_person_txn
from hongyan.control.problems import conflict, unknown
from hongyan.control.template_places import Place, find_placed_txn, place_of
from hongyan.control.template_preview import Preview, PreviewBody, preview_txn
from hongyan.directory.audience import Selectors
from hongyan.directory.records import Corp
from hongyan.store.interface import Tx


class TrialBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who tests it, in which organisation, through which installation."""

    corp: Annotated[str, msgspec.Meta(min_length=1)]
    agent_id: int
    userid: str
    data: dict[str, Any] = {}


class TrialAnswer(msgspec.Struct, frozen=True):
    """The notice that was sent; its result and *explain* answer under this id."""

    task_id: str
    missing: list[str]
    extra: list[str]


class _Ground(msgspec.Struct, frozen=True):
    corp: Corp
    app: App
    installation: Installation
    preview: Preview


def _ground_txn(tx: Tx, place: Place, body: TrialBody, strict: bool) -> _Ground:
    template = find_placed_txn(tx, place)
    corp = find_corp_txn(tx, body.corp)
    find_person_txn(tx, corp.no, body.userid)
    installation = installation_by_agent_txn(tx, corp.no, body.agent_id)
    app = app_by_no_txn(tx, template.owner.app)
    if installation is None or app is None or installation.app != app.no or installation.disabled_at is not None:
        raise unknown("installation", str(body.agent_id))
    preview = preview_txn(tx, place, PreviewBody(body.data, corp=body.corp), strict)
    return _Ground(corp, app, installation, preview)


async def try_template(call: Call[None, TrialBody]) -> TrialAnswer:
    """Fill the newest revision and send it to one person as a work notification; the app's limits count it."""
    engine, body = call.engine, call.body
    ground = await engine.store.read(_ground_txn, place_of(call), body, engine.strict)
    to = Selectors(userids=(body.userid,))
    outcome = await engine.work_sending.send(
        WorkSend(ground.corp, ground.app, ground.installation, to, ground.preview.body, call.path["template_id"])
    )
    if not isinstance(outcome, Accepted):
        raise conflict("refused", f"The notice was refused: {outcome.message}.")
    return TrialAnswer(str(outcome.seq), ground.preview.missing, ground.preview.extra)
