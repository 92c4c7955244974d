"""The rules in force, how much of them is used, and changes to them."""

from typing import Annotated, Literal

import msgspec

from hongyan.admission.rules import PERSON_TIMES, RULES, Effective, Mode, RuleSetting
from hongyan.admission.standing import used_txn
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import INTEGER_MAX, find_account_txn, find_app_txn, find_corp_txn
from hongyan.control.problems import invalid, unknown
from hongyan.engine.engine import Engine
from hongyan.model.ids import AppNo, CorpNo, EpochMs, SenderId
from hongyan.store.interface import Tx

LimitNumber = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]


class RulesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For whom the rules are asked: an account by its unionid, an app by its key. Neither: the organisation."""

    account: str = ""
    app: str = ""


class RuleAnswer(msgspec.Struct, frozen=True):
    """A rule as it holds.

    `used` is the count of the present window, known for rules that the store counts for an account, else null. `allowed` is what `used` may
    reach: the limit, for a rule counted by head the limit times the headcount. `profile_limit` and `profile_mode` are what the profile says.
    """

    rule: str
    scope: str
    window: str
    limit: int
    mode: Mode
    profile_limit: int
    profile_mode: Mode
    outcome: str
    source: str
    published: bool
    used: int | None = None
    allowed: int | None = None


class RuleList(msgspec.Struct, frozen=True):
    profile: str
    version: int
    rules: list[RuleAnswer]


class RuleChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change for the organisation, one app (`subject` is its key) or one account (its unionid). Without mode and limit: back to the profile."""

    scope: Literal["all", "app", "sender"] = "all"
    subject: str = ""
    mode: Mode | None = None
    limit: LimitNumber | None = None


class ServerRuleChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change for the whole server. Without mode and limit: back to the profile."""

    mode: Mode | None = None
    limit: LimitNumber | None = None


class _Place(msgspec.Struct, frozen=True):
    """Whose rules are meant; 0 stands for nobody in particular."""

    corp: CorpNo
    app: AppNo = AppNo(0)
    sender: SenderId = SenderId(0)
    headcount: int = 0
    used: dict[str, int] = {}


def _place_txn(tx: Tx, corp_id: str, query: RulesQuery, now: EpochMs) -> _Place:
    corp = find_corp_txn(tx, corp_id)
    app = find_app_txn(tx, query.app).no if query.app else AppNo(0)
    if not query.account:
        return _Place(corp.no, app, SenderId(0), corp.headcount)
    sender = find_account_txn(tx, corp.no, query.account).sender
    return _Place(corp.no, app, sender, corp.headcount, {rule: used.n for rule, used in used_txn(tx, corp, sender, now).items()})


def _rule(engine: Engine, effective: Effective, place: _Place) -> RuleAnswer:
    rule = RULES[effective.rule]
    profile_mode = rule.mode_in(engine.rulekeeper.book.profile)
    used = place.used.get(rule.id)
    allowed = effective.limit * place.headcount if rule is PERSON_TIMES else effective.limit
    head = (rule.id, rule.scope, rule.window, effective.limit, effective.mode, rule.limit, profile_mode, rule.outcome, rule.source, rule.published)
    return RuleAnswer(*head, used, None if used is None else allowed)


def _in_force(engine: Engine, place: _Place) -> dict[str, Effective]:
    return engine.rulekeeper.book.of(place.corp, place.app, place.sender)


async def list_rules(call: Call[RulesQuery, None]) -> RuleList:
    engine = call.engine
    place = await engine.store.read(_place_txn, call.path["corp"], call.query, engine.clock.now())
    book = engine.rulekeeper.book
    return RuleList(book.profile, book.version, [_rule(engine, one, place) for one in _in_force(engine, place).values()])


def _known_rule(name: str) -> str:
    if name not in RULES:
        raise unknown("rule", name)
    return name


def _query_of(change: RuleChange) -> RulesQuery:
    """The subject of a change in the words of a question."""
    if (change.scope == "all") == bool(change.subject):
        raise invalid("Give a subject with scope app (an app key) or sender (a unionid), and none with scope all.")
    return RulesQuery(change.subject if change.scope == "sender" else "", change.subject if change.scope == "app" else "")


async def change_rule(call: Call[None, RuleChange]) -> RuleAnswer:
    engine, change, rule = call.engine, call.body, _known_rule(call.path["rule"])
    place = await engine.store.read(_place_txn, call.path["corp"], _query_of(change), engine.clock.now())
    subject = {"all": 0, "app": int(place.app), "sender": int(place.sender)}[change.scope]
    await engine.rulekeeper.change(RuleSetting(place.corp, change.scope, subject, rule, change.mode, change.limit))
    return _rule(engine, _in_force(engine, place)[rule], place)


async def change_server_rule(call: Call[None, ServerRuleChange]) -> RuleAnswer:
    engine, rule, place = call.engine, _known_rule(call.path["rule"]), _Place(CorpNo(0))
    await engine.rulekeeper.change(RuleSetting(place.corp, "all", 0, rule, call.body.mode, call.body.limit))
    return _rule(engine, _in_force(engine, place)[rule], place)


ENDPOINTS = (
    Endpoint("GET", "/corps/{corp}/rules", "Every limit as it holds, and how much of it is used", list_rules, RuleList, query=RulesQuery),
    Endpoint("PUT", "/corps/{corp}/rules/{rule}", "Change a limit of an organisation, app or account", change_rule, RuleAnswer, request=RuleChange),
    Endpoint("PUT", "/rules/{rule}", "Change a limit for the whole server", change_server_rule, RuleAnswer, request=ServerRuleChange),
)
