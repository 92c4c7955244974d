"""A template sent to one person, whatever its state, as a work notice that counts like any other."""

from starlette.responses import Response

from hongyan.access.operators import Role
from hongyan.access.records import Installation, installation_by_agent_txn
from hongyan.admission.accept import Accepted
from hongyan.admission.work_send import WorkSend
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.look import find_reader
from hongyan.console.desk.template_forms import Found, fill, find_template, values_of
from hongyan.console.desk.template_texts import TEXTS
from hongyan.console.desk.templates import missing, show
from hongyan.directory.audience import Selectors

_AGENT_DIGITS = 18


async def try_template(desk: Desk) -> Response:
    found, fields = await find_template(desk), await desk.form()
    if found is None:
        return missing(desk)
    x, userid = TEXTS[desk.t.lang], fields.get("userid", "").strip()
    installation = await _installation(desk, found, fields.get("agent_id", ""))
    if installation is None:
        return await show(desk, found, status=400, problem=x.no_installation, fields=fields)
    if await find_reader(desk, userid) is None:
        return await show(desk, found, status=400, problem=x.no_person.format(userid=userid), fields=fields)
    newest = found.template.newest
    filled = await fill(desk, newest.content, values_of(fields))
    deed = desk.deed("template.try", found.template.template_id, userid=userid, revision=newest.no)
    send = WorkSend(desk.corp, found.app, installation, Selectors(userids=(userid,)), filled.body, found.template.template_id, deed)
    outcome = await desk.engine.work_sending.send(send)
    if not isinstance(outcome, Accepted):
        refused = x.trial_refused.format(code=outcome.row.errcode, message=outcome.message)
        return await show(desk, found, status=409, problem=refused, fields=fields)
    return await show(desk, found, fields=fields, task=str(outcome.seq))


async def _installation(desk: Desk, found: Found, agent_id: str) -> Installation | None:
    if not (agent_id.isascii() and agent_id.isdigit() and len(agent_id) <= _AGENT_DIGITS):
        return None
    installation = await desk.engine.store.read(installation_by_agent_txn, desk.corp.no, int(agent_id))
    return installation if installation is not None and installation.app == found.app.no and installation.live else None


PAGES = (Page(OF_CORP + "/templates/{template_id}/try", "templates", try_template, Role.SENDER, "POST"),)
