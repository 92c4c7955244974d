"""Limits as the pages show them: used of how much, until when, where the number comes from, and what they did lately."""

import msgspec
from pyroaring import BitMap

from hongyan.access.records import AppKind, Installation, app_by_no_txn, installations_txn, page_accounts_txn
from hongyan.admission import rules
from hongyan.admission.rules import PERSON_TIMES, RULES, Effective, Mode, RuleBook, RuleSetting
from hongyan.admission.standing import RuleDay, Used, people_at_limit_txn, rule_days_txn, used_by_app_txn, used_txn
from hongyan.admission.work_checks import work_rules_of
from hongyan.console.times import Times
from hongyan.directory.records import Corp
from hongyan.model.clock import day_of
from hongyan.model.ids import AppNo, CorpNo, Day, EpochMs, SenderId
from hongyan.store.interface import Tx

SENDERS_SHOWN = 200
CHART_DAYS = 7
NEAR = 0.8  # of a limit
PER_PERSON = {rules.SINGLE_PER_PERSON.id, rules.WORK_INTERNAL.person.id, rules.WORK_THIRD_PARTY.person.id}
_OF_ACCOUNT = tuple(name for name in RULES if name.startswith(("mass.", "person.")))
# What the list of senders shows of each; the others stand on the sender's own page.
_FIRST_OF_ACCOUNT = (rules.SENDS_PER_DAY.id, PERSON_TIMES.id)


class SenderRow(msgspec.Struct, frozen=True):
    """An account or an installation; `app` is whose settings hold for it, 0 for an account, through which any app sends."""

    sender: SenderId
    name: str
    kind: str  # account, internal, third_party
    app: AppNo
    live: bool

    @property
    def rules(self) -> tuple[str, ...]:
        """Those that concern its sends."""
        if self.kind == "account":
            return _OF_ACCOUNT
        own = work_rules_of(AppKind(self.kind))
        names = tuple(getattr(own, field).id for field in own.__struct_fields__)
        more = (rules.ALL_STAFF.id,) if self.kind == AppKind.INTERNAL else ()
        return (*names, *more, rules.NOT_ACTIVATED.id)

    @property
    def first_rules(self) -> tuple[str, ...]:
        if self.kind == "account":
            return _FIRST_OF_ACCOUNT
        more = (rules.ALL_STAFF.id,) if self.kind == AppKind.INTERNAL else ()
        return (work_rules_of(AppKind(self.kind)).receivers.id, *more)


class Level(msgspec.Struct, frozen=True):
    """A rule as it holds. `used` None: it is not counted by sender. `scope` names the change that decided last: server, all, app, sender; or empty."""

    rule: str
    limit: int
    allowed: int
    mode: Mode
    scope: str
    used: int | None = None
    frees: str = ""
    at_limit: int | None = None  # people who got the day's number
    own: RuleSetting | None = None  # what was changed for this very place

    @property
    def near(self) -> bool:
        return self.used is not None and self.mode is not Mode.OFF and self.used >= self.allowed * NEAR and self.used > 0

    @property
    def full(self) -> bool:
        return self.near and self.used is not None and self.used >= self.allowed

    @property
    def numbered(self) -> bool:
        """False where being concerned is all there is to count."""
        return not self.rule.startswith("person.")


class Standing(msgspec.Struct, frozen=True):
    """A sender with its levels and its last days."""

    sender: SenderRow
    levels: tuple[Level, ...]
    days: tuple[RuleDay, ...]
    today: Day

    @property
    def refused_today(self) -> int:
        return sum(one.refused for one in self.days if one.day == self.today)

    @property
    def filtered_today(self) -> int:
        return sum(one.filtered for one in self.days if one.day == self.today)


class Bar(msgspec.Struct, frozen=True):
    """One day of a chart; heights are parts of 100."""

    label: str
    count: int
    height: float


class RuleSum(msgspec.Struct, frozen=True):
    rule: str
    refused: int
    filtered: int
    observed: int


def freeing(times: Times, at: EpochMs) -> str:
    """The clock today, else the day too; empty for what has no end."""
    if not at:
        return ""
    moment = times.moment(at)
    return moment.clock if moment.short == moment.clock else moment.full


def senders_txn(tx: Tx, corp: Corp) -> tuple[SenderRow, ...]:
    """Live accounts, then installations, at most `SENDERS_SHOWN` of each."""
    _total, accounts = page_accounts_txn(tx, corp.no, 0, SENDERS_SHOWN)
    rows = [SenderRow(one.sender, one.name, "account", AppNo(0), one.live) for one in accounts]
    return (*rows, *(_installed_txn(tx, one) for one in installations_txn(tx, corp.no)[:SENDERS_SHOWN]))


def _installed_txn(tx: Tx, one: Installation) -> SenderRow:
    app = app_by_no_txn(tx, one.app)
    kind = AppKind.THIRD_PARTY if app is not None and app.kind is not AppKind.INTERNAL else AppKind.INTERNAL
    return SenderRow(one.sender, f"{one.name} · {one.agent_id}", kind.value, one.app, one.live)


def standings_txn(tx: Tx, corp: Corp, book: RuleBook, times: Times, now: EpochMs) -> tuple[Standing, ...]:
    """Every sender with the first of its rules."""
    return tuple(standing_txn(tx, corp, book, sender, times, sender.first_rules, 1, now) for sender in senders_txn(tx, corp))


def standing_txn(tx: Tx, corp: Corp, book: RuleBook, sender: SenderRow, times: Times, names: tuple[str, ...], days: int, now: EpochMs) -> Standing:
    used = (used_txn if sender.kind == "account" else used_by_app_txn)(tx, corp, sender.sender, now)
    effective = book.of(corp.no, sender.app, sender.sender)
    levels = tuple(level_of(book, corp, sender.app, sender.sender, effective[name], times, used.get(name)) for name in names)
    today = day_of(now, corp.zone)
    return Standing(sender, levels, tuple(rule_days_txn(tx, corp.no, sender.sender, Day(today - days + 1))), today)


def with_people_txn(tx: Tx, corp: Corp, standing: Standing, book: RuleBook, live: BitMap, now: EpochMs) -> Standing:
    """The same with how many people got the day's number of the rule that counts by person."""
    sender = standing.sender
    effective = book.of(corp.no, sender.app, sender.sender)
    levels = tuple(
        msgspec.structs.replace(one, at_limit=people_at_limit_txn(tx, corp, sender.sender, effective[one.rule], live, now))
        if one.rule in PER_PERSON
        else one
        for one in standing.levels
    )
    # What is counted by sender first, then by person, then what concerns a single call.
    return msgspec.structs.replace(standing, levels=tuple(sorted(levels, key=lambda one: (one.used is None, one.at_limit is None, not one.numbered))))


def level_of(book: RuleBook, corp: Corp, app: AppNo, sender: SenderId, holds: Effective, times: Times, used: Used | None = None) -> Level:
    allowed = holds.limit * corp.headcount if holds.rule == PERSON_TIMES.id else holds.limit
    scope = deciding_scope(book.settings, holds.rule, corp.no, app, sender)
    own = own_setting(book.settings, holds.rule, corp.no, sender)
    counted = (used.n, freeing(times, used.ends_at)) if used else (None, "")
    return Level(holds.rule, holds.limit, allowed, holds.mode, scope, *counted, own=own)


def own_setting(settings: list[RuleSetting], rule: str, corp: CorpNo, sender: SenderId) -> RuleSetting | None:
    """What was changed for this sender alone, or where none is named for the organisation."""
    place = ("sender", sender) if sender else ("all", 0)
    return next((one for one in settings if (one.rule, one.corp, one.scope, one.subject) == (rule, corp, *place)), None)


def deciding_scope(settings: list[RuleSetting], rule: str, corp: CorpNo, app: AppNo, sender: SenderId) -> str:
    """The nearest change that concerns a rule; empty: the profile's values hold."""
    places = (("sender", corp, "sender", sender), ("app", corp, "app", app), ("all", corp, "all", 0), ("server", CorpNo(0), "all", 0))
    known = {(one.corp, one.scope, one.subject) for one in settings if one.rule == rule}
    return next((name for name, place, scope, subject in places if (place, scope, subject) in known), "")


def bars(days: tuple[RuleDay, ...], today: Day, labels: list[str], what: str) -> tuple[Bar, ...]:
    """One bar for each of the last days; `what` is refused, filtered or observed."""
    counts = [sum(int(getattr(one, what)) for one in days if one.day == day) for day in range(today - len(labels) + 1, today + 1)]
    most = max([*counts, 1])
    return tuple(Bar(label, count, max(2.0, round(count * 100 / most, 2)) if count else 0.0) for label, count in zip(labels, counts, strict=True))


def sums(days: tuple[RuleDay, ...]) -> tuple[RuleSum, ...]:
    """What each rule did in all these days, the most active first."""
    found: dict[str, list[int]] = {}
    for one in days:
        total = found.setdefault(one.rule, [0, 0, 0])
        for at, n in enumerate((one.refused, one.filtered, one.observed)):
            total[at] += n
    return tuple(RuleSum(rule, *total) for rule, total in sorted(found.items(), key=lambda item: -sum(item[1])))
