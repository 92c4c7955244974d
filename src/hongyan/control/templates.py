"""Message templates: written, reviewed, tried out.

An internal app's stand below its organisation, a third-party app's below the app itself, because they serve every organisation it is
installed in.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import Done, Limit
from hongyan.control.problems import conflict, invalid
from hongyan.control.template_places import Place, find_placed_txn, owner_txn, place_of
from hongyan.control.template_preview import Preview, PreviewBody, preview_template
from hongyan.control.template_trial import TrialAnswer, TrialBody, try_template
from hongyan.directory.entries import text_problem
from hongyan.messages.template_book import (
    KeptTemplate,
    NotPossible,
    Revision,
    State,
    approve_template_txn,
    create_template_txn,
    delete_template_txn,
    edit_template_txn,
    make_template_id,
    page_templates_txn,
    reject_template_txn,
    revisions_txn,
    submit_template_txn,
    switch_template_txn,
)
from hongyan.messages.templates import NAME_MAX, TemplateContent, check_template, kind_of, parameters_of
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx

REASON_MAX = 500  # characters
COPY_MARK = " (copy)"
_TEMPLATE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class TemplateSummary(msgspec.Struct, frozen=True):
    """`state` is the newest revision's. `sends` is true while an approved revision is there and enabled; it need not be the newest."""

    template_id: str
    name: str
    kind: str
    state: State
    sends: bool
    enabled: bool
    approved_revision: int | None
    newest_revision: int
    created_at: EpochMs


class TemplateList(msgspec.Struct, frozen=True):
    templates: list[TemplateSummary]
    next: str | None


class RevisionAnswer(msgspec.Struct, frozen=True):
    """`parameters` are the names that the text wants values for; `reason` belongs to a rejection."""

    revision: int
    state: State
    content: TemplateContent
    parameters: list[str]
    reason: str
    created_at: EpochMs
    submitted_at: EpochMs | None
    decided_at: EpochMs | None


class TemplateDetail(msgspec.Struct, frozen=True):
    """A template with its revisions, the newest first."""

    template: TemplateSummary
    revisions: list[RevisionAnswer]


class ListQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`after` is the `next` of the page before."""

    after: str = ""
    limit: Limit = 100


class NewTemplateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A template to create, as a draft. `template_id` empty: make one."""

    content: TemplateContent
    template_id: str = ""


class EditBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole new text."""

    content: TemplateContent


class SubmitBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`auto_approve`: without a review."""

    auto_approve: bool = False


class RejectBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


class CloneBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`name` empty: the old one, marked as a copy. `template_id` empty: make one."""

    name: str = ""
    template_id: str = ""


def _summary(template: KeptTemplate) -> TemplateSummary:
    newest = template.newest
    approved = template.approved_revision
    shown = (template.template_id, template.name, kind_of(newest.content), newest.state, template.sends)
    return TemplateSummary(*shown, template.enabled, approved, newest.no, template.created_at)


def _revision_answer(revision: Revision, strict: bool) -> RevisionAnswer:
    parameters = parameters_of(revision.content, strict_names=strict)
    times = (revision.created_at, revision.submitted_at, revision.decided_at)
    return RevisionAnswer(revision.no, revision.state, revision.content, parameters, revision.reason, *times)


def _check(content: TemplateContent, *, strict: bool) -> None:
    problems = check_template(content, strict_names=strict)
    if problems:
        raise invalid(f"Correct the template: {problems[0].member} {problems[0].reason}.", problems, code="invalid_template")


def _chosen_id(wanted: str) -> str:
    if wanted and not _TEMPLATE_ID.fullmatch(wanted):
        raise invalid("Correct template_id: it must be 1 to 64 letters, digits, - and _.")
    return wanted or make_template_id()


def _done(outcome: KeptTemplate | NotPossible) -> TemplateSummary:
    if isinstance(outcome, NotPossible):
        raise conflict("wrong_state", f"Nothing was changed: {outcome.reason}.")
    return _summary(outcome)


def _list_txn(tx: Tx, place: Place, query: ListQuery) -> TemplateList:
    found = page_templates_txn(tx, owner_txn(tx, place), query.after, query.limit + 1)
    shown = found[: query.limit]
    return TemplateList([_summary(one) for one in shown], shown[-1].template_id if len(found) > len(shown) else None)


async def list_templates(call: Call[ListQuery, None]) -> TemplateList:
    return await call.engine.store.read(_list_txn, place_of(call), call.query)


def _get_txn(tx: Tx, place: Place, strict: bool) -> TemplateDetail:
    template = find_placed_txn(tx, place)
    return TemplateDetail(_summary(template), [_revision_answer(one, strict) for one in revisions_txn(tx, template.template_id)])


async def get_template(call: Call[None, None]) -> TemplateDetail:
    return await call.engine.store.read(_get_txn, place_of(call), call.engine.strict)


def _create_txn(tx: Tx, place: Place, content: TemplateContent, template_id: str, now: EpochMs) -> TemplateSummary:
    created = create_template_txn(tx, owner_txn(tx, place), content, template_id, now)
    if isinstance(created, NotPossible):
        raise conflict("template_exists", f"Choose another id: {created.reason}.")
    return _summary(created)


async def create_template(call: Call[None, NewTemplateBody]) -> TemplateSummary:
    _check(call.body.content, strict=call.engine.strict)
    return await call.engine.store.write(_create_txn, place_of(call), call.body.content, _chosen_id(call.body.template_id))


def _clone_txn(tx: Tx, place: Place, name: str, template_id: str, now: EpochMs) -> TemplateSummary:
    content = find_placed_txn(tx, place).newest.content
    copied = name or f"{content.name[: NAME_MAX - len(COPY_MARK)]}{COPY_MARK}"
    return _create_txn(tx, place, msgspec.structs.replace(content, name=copied), template_id, now)


async def clone_template(call: Call[None, CloneBody]) -> TemplateSummary:
    problem = text_problem("name", call.body.name or "-", NAME_MAX, required=True)
    if problem:
        raise invalid(f"Correct the copy: {problem}.")
    return await call.engine.store.write(_clone_txn, place_of(call), call.body.name, _chosen_id(call.body.template_id))


Step = Callable[[Tx, KeptTemplate, EpochMs], KeptTemplate | NotPossible]


def _step_txn(tx: Tx, place: Place, step: Step, now: EpochMs) -> TemplateSummary:
    return _done(step(tx, find_placed_txn(tx, place), now))


async def _take(call: Call[Any, Any], step: Step) -> TemplateSummary:
    return await call.engine.store.write(_step_txn, place_of(call), step)


async def edit_template(call: Call[None, EditBody]) -> TemplateSummary:
    content = call.body.content
    _check(content, strict=call.engine.strict)
    return await _take(call, lambda tx, template, now: edit_template_txn(tx, template, content, now))


async def submit_template(call: Call[None, SubmitBody]) -> TemplateSummary:
    return await _take(call, partial(submit_template_txn, auto_approve=call.body.auto_approve))


async def approve_template(call: Call[None, None]) -> TemplateSummary:
    return await _take(call, approve_template_txn)


async def reject_template(call: Call[None, RejectBody]) -> TemplateSummary:
    reason = call.body.reason
    problem = text_problem("reason", reason, REASON_MAX, required=True)
    if problem:
        raise invalid(f"Say why: {problem}.")
    return await _take(call, lambda tx, template, now: reject_template_txn(tx, template, reason, now))


async def enable_template(call: Call[None, None]) -> TemplateSummary:
    return await _take(call, lambda tx, template, now: switch_template_txn(tx, template, True, now))


async def disable_template(call: Call[None, None]) -> TemplateSummary:
    return await _take(call, lambda tx, template, now: switch_template_txn(tx, template, False, now))


async def delete_template(call: Call[None, None]) -> Done:
    await _take(call, delete_template_txn)
    return Done()


def _endpoints(base: str, whose: str) -> tuple[Endpoint, ...]:
    """The calls below one of the two places."""
    every, one = f"{base}/templates", f"{base}/templates/{{template_id}}"

    def step(name: str, summary: str, handler: Callable[[Call[Any, Any]], Any], request: Any = None) -> Endpoint:
        return Endpoint("POST", f"{one}/{name}", f"{summary} ({whose})", handler, TemplateSummary, request=request)

    return (
        Endpoint("GET", every, f"List the templates of {whose}", list_templates, TemplateList, query=ListQuery),
        Endpoint("POST", every, f"Create a draft for {whose}", create_template, TemplateSummary, request=NewTemplateBody, status=201),
        Endpoint("GET", one, f"One template with its revisions ({whose})", get_template, TemplateDetail),
        Endpoint("PUT", one, f"Replace the draft, or begin a new one ({whose})", edit_template, TemplateSummary, request=EditBody),
        Endpoint("DELETE", one, f"Delete a template; its id stays taken ({whose})", delete_template, Done),
        Endpoint("POST", f"{one}/preview", f"Fill a template and send nothing ({whose})", preview_template, Preview, request=PreviewBody),
        Endpoint("POST", f"{one}/test", f"Send the newest revision to one tester ({whose})", try_template, TrialAnswer, request=TrialBody),
        Endpoint(
            "POST",
            f"{one}/clone",
            f"Copy the newest revision into a new draft ({whose})",
            clone_template,
            TemplateSummary,
            request=CloneBody,
            status=201,
        ),
        step("submit", "Ask for a review", submit_template, SubmitBody),
        step("approve", "Let the submitted revision send", approve_template),
        step("reject", "Refuse the submitted revision", reject_template, RejectBody),
        step("enable", "Let it send again", enable_template),
        step("disable", "Stop it from sending", disable_template),
    )


ENDPOINTS = (*_endpoints("/corps/{corp}/apps/{app_key}", "an internal app"), *_endpoints("/apps/{app_key}", "a third-party app"))
