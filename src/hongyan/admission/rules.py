"""Every limit as a row of data, the profiles that give it numbers, and what an operator changed.

Published numbers: interactive-service-window-group-message-sending-interface, call-frequency-limit, how-to-process-api-throttling.
Unpublished ones are marked; an operator can change any of them.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from hongyan.model.clock import MINUTE_MS, SECOND_MS
from hongyan.model.ids import AppNo, CorpNo, SenderId


class Mode(StrEnum):
    """What happens when a rule says no. It is counted and explained in every mode."""

    ENFORCE = "enforce"
    OBSERVE = "observe"
    OFF = "off"


class Profile(StrEnum):
    """A set of numbers and modes to start from."""

    DINGTALK = "dingtalk"  # documented numbers, lenient decoding
    STRICT = "strict"  # also the gateway's refusals of lax encodings, address and monthly limits
    OPEN = "open"  # private platform: no quotas, no cap


class Window(StrEnum):
    """The span a rule counts over; all are aligned, not sliding."""

    CALL = "call"
    SECOND = "second"
    MINUTE = "minute"
    SPAN_20S = "20 seconds"
    DAY = "day"
    MONTH = "month"


WINDOW_MS = {Window.SECOND: SECOND_MS, Window.MINUTE: MINUTE_MS, Window.SPAN_20S: 20 * SECOND_MS}


class Rule(msgspec.Struct, frozen=True):
    """One limit.

    `outcome` is an errcode as text, or `filter` (the person is left out), or `fail` (the task fails). `scope` says what is counted
    together. `published` is False where the number is ours.
    """

    id: str
    scope: str
    window: Window
    limit: int
    outcome: str
    published: bool
    source: str
    strict: Mode = Mode.ENFORCE
    dingtalk: Mode = Mode.ENFORCE
    open: Mode = Mode.OFF

    def mode_in(self, profile: Profile) -> Mode:
        return {Profile.DINGTALK: self.dingtalk, Profile.STRICT: self.strict, Profile.OPEN: self.open}[profile]


_MASS, _THROTTLE, _RATE = "interactive-service-window-group-message-sending-interface", "how-to-process-api-throttling", "call-frequency-limit"
_ON, _OFF = Mode.ENFORCE, Mode.OFF

USERIDS_PER_CALL = Rule("mass.userids_per_call", "call", Window.CALL, 1000, "800039", True, _MASS, open=_ON)
DEPTS_PER_CALL = Rule("mass.depts_per_call", "call", Window.CALL, 1000, "800040", True, _MASS, open=_ON)
ROLES_PER_CALL = Rule("mass.roles_per_call", "call", Window.CALL, 1000, "41", True, _MASS, open=_ON)
ACCOUNT_QPS = Rule("mass.account_qps", "account", Window.SECOND, 10, "800055", False, _MASS)
ACCOUNT_QPM = Rule("mass.account_qpm", "account", Window.MINUTE, 300, "800056", False, _MASS)
BROAD_FREQUENCY = Rule("mass.broad_frequency", "account", Window.MINUTE, 10, "800013", False, _MASS)
SINGLE_PER_PERSON = Rule("mass.single_per_person", "account and person", Window.DAY, 100, "800017", True, _MASS)
SENDS_PER_DAY = Rule("mass.sends_per_day", "account", Window.DAY, 100, "800014", False, _MASS)
PERSON_TIMES = Rule("mass.person_times", "account, times headcount", Window.DAY, 50, "800057", True, _MASS)
AUDIENCE_CAP = Rule("mass.audience_cap", "task", Window.CALL, 100_000, "fail", True, _MASS)
SAME_CONTENT = Rule("mass.same_content", "account and person", Window.DAY, 1, "filter", True, _MASS)

NOT_ACTIVATED = Rule("person.not_activated", "person", Window.CALL, 0, "filter", True, _MASS, open=_ON)
BLOCKED = Rule("person.blocked", "account and person", Window.CALL, 0, "filter", False, "inquire-about-service-number-details", open=_ON)
NOT_ALLOWED = Rule("person.not_allowed", "account and person", Window.CALL, 0, "filter", False, "inquire-about-service-number-details", open=_ON)

APP_API_QPS = Rule("gateway.app_api_qps", "app and interface", Window.SECOND, 20, "88/90018", True, _THROTTLE)
API_QPS = Rule("gateway.api_qps", "interface", Window.SECOND, 1200, "88/90002", False, _RATE, strict=_OFF, dingtalk=_OFF)
IP_BUDGET = Rule("gateway.ip", "address", Window.SPAN_20S, 10_000, "1111", True, _RATE, dingtalk=_OFF)
CORP_MONTH = Rule("gateway.corp_month", "organisation", Window.MONTH, 5000, "88/90020", True, _THROTTLE, dingtalk=_OFF)

# Work notifications: internal apps and third-party apps have numbers and codes of their own (message-notification-overview).
_WORK = "asynchronous-sending-of-enterprise-session-messages"


class WorkRules(msgspec.Struct, frozen=True):
    """The rules of one app type. Filtered people carry the rule's outcome as their code."""

    audience: Rule  # people of one send
    receivers: Rule  # people a minute
    person: Rule  # notices a day to one person
    same_content: Rule
    userids: Rule
    depts: Rule


def _work_rules(kind: str, audience: int, person: int, codes: tuple[str, str, str]) -> WorkRules:
    minute, daily, twin = codes
    return WorkRules(
        Rule(f"work.{kind}.audience", "call", Window.CALL, audience, minute, True, _WORK),
        Rule(f"work.{kind}.receivers_per_minute", "app in an organisation", Window.MINUTE, 5000, minute, True, _WORK),
        Rule(f"work.{kind}.per_person", "app and person", Window.DAY, person, daily, True, _WORK),
        Rule(f"work.{kind}.same_content", "app and person", Window.DAY, 1, twin, True, _WORK),
        Rule(f"work.{kind}.userids_per_call", "call", Window.CALL, 5000, "41", True, _WORK, open=_ON),
        Rule(f"work.{kind}.depts_per_call", "call", Window.CALL, 500, "41", True, _WORK, open=_ON),
    )


WORK_INTERNAL = _work_rules("internal", 5000, 500, ("143103", "143105", "143106"))
WORK_THIRD_PARTY = _work_rules("third_party", 1000, 100, ("143203", "143205", "143206"))
ALL_STAFF = Rule("work.internal.all_staff", "app in an organisation", Window.DAY, 3, "41045", True, _WORK)
_WORK_RULES = tuple(getattr(kind, name) for kind in (WORK_INTERNAL, WORK_THIRD_PARTY) for name in WorkRules.__struct_fields__)

RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        *_WORK_RULES,
        ALL_STAFF,
        USERIDS_PER_CALL,
        DEPTS_PER_CALL,
        ROLES_PER_CALL,
        ACCOUNT_QPS,
        ACCOUNT_QPM,
        BROAD_FREQUENCY,
        SINGLE_PER_PERSON,
        SENDS_PER_DAY,
        PERSON_TIMES,
        AUDIENCE_CAP,
        SAME_CONTENT,
        NOT_ACTIVATED,
        BLOCKED,
        NOT_ALLOWED,
        APP_API_QPS,
        API_QPS,
        IP_BUDGET,
        CORP_MONTH,
    )
}


class Effective(msgspec.Struct, frozen=True):
    """A rule as it holds for one caller."""

    rule: str
    limit: int
    mode: Mode
    enforced: bool
    span_ms: int  # of its window; 0 where it has none of fixed length


class RuleSetting(msgspec.Struct, frozen=True):
    """An operator's change. `scope` is `all` (the organisation), `app` or `sender`; None leaves the profile's value.

    Corp 0 with scope `all` concerns the whole server.
    """

    corp: CorpNo
    scope: str
    subject: int
    rule: str
    mode: Mode | None = None
    limit: int | None = None


class RuleBook:
    """The rules in force: a profile, overlaid by settings for the server, the organisation, the app and the sender, in that order."""

    def __init__(self, profile: Profile, settings: Iterable[RuleSetting], version: int) -> None:
        self.profile = profile
        self.version = version
        self._settings = {(one.corp, one.scope, one.subject, one.rule): one for one in settings}
        self._known: dict[tuple[CorpNo, AppNo, SenderId], dict[str, Effective]] = {}
        self.strict = profile is Profile.STRICT
        self.ip_budget = self.of(CorpNo(0), AppNo(0), SenderId(0))[IP_BUDGET.id]  # the server's own; every call is looked at for it

    def of(self, corp: CorpNo, app: AppNo, sender: SenderId) -> dict[str, Effective]:
        """Every rule as it holds for a send of this app by this sender."""
        known = self._known.get((corp, app, sender))
        if known is None:
            known = self._known[corp, app, sender] = {name: self._effective(rule, corp, app, sender) for name, rule in RULES.items()}
        return known

    def _effective(self, rule: Rule, corp: CorpNo, app: AppNo, sender: SenderId) -> Effective:
        limit, mode = rule.limit, rule.mode_in(self.profile)
        for place, scope, subject in ((CorpNo(0), "all", 0), (corp, "all", 0), (corp, "app", app), (corp, "sender", sender)):
            setting = self._settings.get((place, scope, subject, rule.id))
            if setting is not None:
                limit = limit if setting.limit is None else setting.limit
                mode = mode if setting.mode is None else setting.mode
        return Effective(rule.id, limit, mode, mode is Mode.ENFORCE, WINDOW_MS.get(rule.window, 0))

    @property
    def settings(self) -> list[RuleSetting]:
        return list(self._settings.values())
