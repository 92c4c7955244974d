"""What stands beside the form: the preview, who would get it, and which limits are near."""

import re

import msgspec
from pyroaring import BitMap

from hongyan.admission.limits import Check
from hongyan.admission.rules import RULES, Mode
from hongyan.admission.state import Admitted
from hongyan.admission.tasks import Invalid
from hongyan.console.bodies import BodyView, NewsView, view_body_txn
from hongyan.console.desk.advice import ADVICE_ZH
from hongyan.console.desk.compose_audience import Chosen, chosen_txn
from hongyan.console.desk.compose_draft import MASS, TEMPLATE, Draft
from hongyan.console.desk.compose_editor import build_body
from hongyan.console.desk.compose_ground import Ground
from hongyan.console.desk.compose_sending import Foreseen, body_of, foresee, request_of, resolve_draft
from hongyan.console.desk.compose_texts import COMPOSE_TEXTS, ComposeTexts
from hongyan.console.desk.frame import Desk
from hongyan.console.desk.limits_views import freeing
from hongyan.console.desk.rule_words import RULE_WORDS
from hongyan.console.times import Times
from hongyan.directory.names import names_by_ord_txn
from hongyan.messages.bodies import AnyBody, check_body
from hongyan.model.errors import Refusal
from hongyan.model.ids import CorpNo
from hongyan.store.interface import Tx

NAMED = 6  # people named of each rule
NEAR = 0.8  # of a limit
_INVALID = msgspec.json.Decoder(Invalid)
_LONGER = re.compile(r"is longer than ([0-9]+) characters")


class RefusalView(msgspec.Struct, frozen=True):
    """A refusal as an operator reads it."""

    code: str
    message: str
    detail: str
    advice: str


class GroupView(msgspec.Struct, frozen=True):
    """People whom one rule leaves out; `names` are the first of them."""

    rule: str
    beyond: str
    count: int
    names: tuple[str, ...]
    observed: bool


class CheckView(msgspec.Struct, frozen=True):
    """One limit that the send touches."""

    rule: str
    used: int
    cost: int
    limit: int
    mode: str
    near: bool
    over: bool
    frees: str  # empty: it concerns this send alone


class LookView(msgspec.Struct, frozen=True):
    """`delivered` None: it would not be taken, or is not complete; then `missing` or `refusal` says why."""

    headcount: int
    chosen: Chosen
    bad_ids: tuple[str, ...]
    sender: str
    body: BodyView | None
    missing: tuple[str, ...] = ()
    refusal: RefusalView | None = None
    delivered: int | None = None
    failed: bool = False
    groups: tuple[GroupView, ...] = ()
    invalid: int = 0
    checks: tuple[CheckView, ...] = ()
    unfilled: tuple[str, ...] = ()


async def look_at(desk: Desk, ground: Ground, draft: Draft) -> LookView:
    """Everything beside the form, for the draft as it is; writes nothing."""
    engine, corp = desk.engine, ground.corp.no
    x = COMPOSE_TEXTS[desk.t.lang]
    body = await body_of(engine, ground, draft)
    audience = await resolve_draft(engine, ground, draft)
    census = await engine.directory.census(corp)
    chosen = await engine.store.read(chosen_txn, corp, census, ground.roles, draft.to)
    drawn = body is not None and (ground.template is not None or body != build_body(draft.type, {}))
    view = await engine.store.read(_body_txn, corp, body) if body is not None and drawn else None
    look = LookView(
        len(audience.people), chosen, draft.bad_ids, ground.sender.name if ground.sender else "", view, missing_of(ground, draft, body, x)
    )
    if ground.template:
        unfilled = tuple(name for name in ground.template.parameters if name not in draft.parameters)
        look = msgspec.structs.replace(look, unfilled=unfilled)
    if look.missing:
        return look
    foreseen = await foresee(engine, await request_of(engine, ground, draft, body))
    return await _with_foreseen(desk, look, foreseen)


def _body_txn(tx: Tx, corp: CorpNo, body: AnyBody) -> BodyView:
    view = view_body_txn(tx, corp, body)
    return _linked_to_desk(view) if isinstance(view, NewsView) else view


def _linked_to_desk(view: NewsView) -> NewsView:
    """Readers' article pages are not an operator's: the desk has its own."""
    rows = (msgspec.structs.replace(row, address=row.address.replace("article/", "articles/", 1)) for row in view.articles)
    return NewsView(tuple(rows))


def missing_of(ground: Ground, draft: Draft, body: AnyBody | None, x: ComposeTexts) -> tuple[str, ...]:
    """What an operator has not come to yet; a blank field is no mistake while a form is being filled in."""
    missing: list[str] = []
    if ground.sender and ground.sender.source == MASS and ground.app is None:
        missing.append(x.no_app)
    if draft.to.empty:
        missing.append(x.missing_receivers)
    if ground.sender and ground.sender.source == TEMPLATE:
        return (*missing, *(() if body is not None else (x.template,)))
    problem = check_body(body) if body is not None else None
    if problem and ("is empty" in problem.reason or problem.member in ("duration", "action_card")):
        missing.append(x.members.get(problem.member, problem.member))
    return tuple(missing)


async def _with_foreseen(desk: Desk, look: LookView, foreseen: Foreseen) -> LookView:
    times = Times(desk.t, desk.corp.zone, desk.engine.clock.now())
    checks = tuple(_check(check, desk.t.lang, times) for check in foreseen.checks if _concerns_the_call(check))
    if foreseen.refusal:
        return msgspec.structs.replace(look, refusal=refusal_view(foreseen.refusal, desk.t.lang), checks=checks)
    send, verdict = foreseen.send, foreseen.verdict
    assert send is not None and isinstance(verdict, Admitted)
    groups = await desk.engine.store.read(_groups_txn, desk.corp.no, verdict, desk.t.lang)
    unknown = _INVALID.decode(send.invalid) if send.invalid else Invalid()
    invalid = len(unknown.userids) + len(unknown.depts) + len(unknown.roles)
    delivered = 0 if verdict.failed is not None else len(verdict.delivered)
    return msgspec.structs.replace(look, delivered=delivered, failed=verdict.failed is not None, groups=groups, invalid=invalid, checks=checks)


def _concerns_the_call(check: Check) -> bool:
    """What holds for each person stands in the groups; only single messages have one person."""
    return check.mode is not Mode.OFF and not (check.rule.startswith("work.") and RULES[check.rule].scope.endswith("person"))


def _check(check: Check, lang: str, times: Times) -> CheckView:
    after = check.used + check.cost
    near = after >= check.limit * NEAR and RULES[check.rule].limit > 1
    frees = freeing(times, check.ends_at)
    name = RULE_WORDS[lang][check.rule].name
    return CheckView(name, check.used, check.cost, check.limit, check.mode.value, near, not check.passed, frees)


def _groups_txn(tx: Tx, corp: CorpNo, verdict: Admitted, lang: str) -> tuple[GroupView, ...]:
    filtered = [_group_txn(tx, corp, rule, people, lang, observed=False) for rule, people in verdict.filtered.items()]
    observed = [_group_txn(tx, corp, rule, people, lang, observed=True) for rule, people in verdict.observed.items()]
    return (*filtered, *observed)


def _group_txn(tx: Tx, corp: CorpNo, rule: str, people: BitMap, lang: str, *, observed: bool) -> GroupView:
    first = list(people[:NAMED])
    names = names_by_ord_txn(tx, corp, first)
    shown = tuple(f"{names[ord_][1]} ({names[ord_][0]})" for ord_ in first if ord_ in names)
    words = RULE_WORDS[lang][rule]
    return GroupView(words.name, words.beyond, len(people), shown, observed)


def refusal_view(refusal: Refusal, lang: str) -> RefusalView:
    """The code and text that a caller would get, and what to do about it."""
    row = refusal.row
    code = f"{row.errcode}/{row.sub_code}" if row.sub_code else str(row.errcode)
    advice = ADVICE_ZH.get(row.key, row.advice) if lang == "zh" else row.advice
    return RefusalView(code, refusal.message, _detail(refusal, lang), advice)


def _detail(refusal: Refusal, lang: str) -> str:
    reason = refusal.fields.get("reason", "")
    if not reason:
        return ""
    member = COMPOSE_TEXTS[lang].members.get(refusal.fields["member"], refusal.fields["member"])
    longer = _LONGER.fullmatch(reason)
    if lang == "zh" and longer:
        return f"{member}：超过 {longer[1]} 个字符"
    return f"{member}: {reason}"
