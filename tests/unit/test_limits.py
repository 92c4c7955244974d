"""The arithmetic of limits and the gateway's windows."""

import pytest

from hongyan.admission import rules
from hongyan.admission.gateway import BAN_MS, KEPT_KEYS, GatewayWindows, windows_of
from hongyan.admission.limits import Check, aligned, check_limit, decode_checks, encode_checks
from hongyan.admission.rules import RULES, WINDOW_MS, Effective, Mode, Profile, RuleBook, RuleSetting
from hongyan.admission.state import SenderState
from hongyan.model.clock import DAY_MS
from hongyan.model.ids import AppNo, CorpNo, EpochMs, SenderId

NOW = EpochMs(1_900_000_000_500)
ENFORCE, OBSERVE, OFF = Mode.ENFORCE, Mode.OBSERVE, Mode.OFF


def _rule(name: str, limit: int, mode: Mode) -> Effective:
    return Effective(name, limit, mode, mode is ENFORCE, WINDOW_MS.get(RULES[name].window, 0))


@pytest.mark.parametrize(
    ("used", "cost", "limit", "mode", "passed", "refuses"),
    [
        (0, 1, 1, ENFORCE, True, False),
        (99, 1, 100, ENFORCE, True, False),
        (100, 1, 100, ENFORCE, False, True),
        (100, 0, 100, ENFORCE, True, False),
        (0, 1, 0, ENFORCE, False, True),
        (100, 1, 100, OBSERVE, False, False),
        (100, 1, 100, OFF, False, False),
        (595, 5, 600, ENFORCE, True, False),
        (596, 5, 600, ENFORCE, False, True),
    ],
)
def test_a_limit(used: int, cost: int, limit: int, mode: Mode, passed: bool, refuses: bool) -> None:
    check = check_limit(_rule("mass.account_qps", limit, mode), used=used, cost=cost, ends_at=NOW)

    assert (check.passed, check.refuses) == (passed, refuses)


def test_checks_survive_storing() -> None:
    checks = [Check("a", 1, 2, 3, NOW, ENFORCE), Check("b", 0, 0, 0, EpochMs(0), OFF)]

    assert decode_checks(encode_checks(checks)) == tuple(checks)
    assert decode_checks("") == ()


@pytest.mark.parametrize(("at", "span", "start"), [(0, 1000, 0), (999, 1000, 0), (1000, 1000, 1000), (61_001, 60_000, 60_000)])
def test_windows_are_aligned(at: int, span: int, start: int) -> None:
    assert aligned(EpochMs(at), span) == start


def test_a_window_counts_to_its_end_and_starts_anew() -> None:
    state, effective = SenderState(NOW, 10), _rule(rules.ACCOUNT_QPS.id, 2, ENFORCE)
    for expected in (0, 1, 2):
        check = state.check_window(effective, EpochMs(1500))
        assert check.used == expected
        state.count_windows([check])

    assert state.check_window(effective, EpochMs(1999)).refuses and state.check_window(effective, EpochMs(1999)).ends_at == 2000
    assert state.check_window(effective, EpochMs(2000)).used == 0
    state.count_windows([state.check_window(effective, EpochMs(2000))])
    assert state.check_window(effective, EpochMs(2999)).used == 1


# --- the gateway


def _effective(**changes: Effective) -> dict[str, Effective]:
    return {name: _rule(name, rule.limit, OFF) for name, rule in RULES.items()} | {one.rule: one for one in changes.values()}


def _calls(
    windows: GatewayWindows, effective: dict[str, Effective], times: int, *, now: int = NOW, app: int = 1, corp: int = 1, api: str = "/a"
) -> list[str]:
    answers = (windows.admit_call(windows_of(AppNo(app), CorpNo(corp), api, effective), EpochMs(now)) for _ in range(times))
    return ["ok" if answer is None else answer.rule for answer in answers]


def test_calls_of_an_app_on_one_interface_in_a_second() -> None:
    windows, rule = GatewayWindows(), rules.APP_API_QPS.id
    effective = _effective(one=_rule(rule, 3, ENFORCE))

    assert _calls(windows, effective, 5) == ["ok"] * 3 + [rule] * 2
    assert _calls(windows, effective, 1, api="/b") == _calls(windows, effective, 1, app=2) == ["ok"]
    assert _calls(windows, effective, 1, now=NOW + 499) == [rule]
    assert _calls(windows, effective, 4, now=NOW + 500) == ["ok"] * 3 + [rule]


def test_a_call_that_one_window_refuses_counts_in_none() -> None:
    windows = GatewayWindows()
    effective = _effective(one=_rule(rules.APP_API_QPS.id, 1, ENFORCE), two=_rule(rules.CORP_MONTH.id, 3, ENFORCE))
    assert _calls(windows, effective, 10) == ["ok"] + [rules.APP_API_QPS.id] * 9

    assert [_calls(windows, effective, 1, now=NOW + n * 1000)[0] for n in (1, 2, 3)] == ["ok", "ok", rules.CORP_MONTH.id]


def test_a_refusal_says_when_its_window_ends() -> None:
    windows, effective = GatewayWindows(), _effective(one=_rule(rules.API_QPS.id, 0, ENFORCE))
    refused = windows.admit_call(windows_of(AppNo(1), CorpNo(1), "/a", effective), NOW)

    assert refused is not None
    assert (refused.rule, refused.limit, refused.begins_at, refused.ends_at) == (rules.API_QPS.id, 0, NOW - 500, NOW + 500)


def test_the_month_is_chinas_calendar_month() -> None:
    windows, effective = GatewayWindows(), _effective(one=_rule(rules.CORP_MONTH.id, 1, ENFORCE))
    february = 1_898_611_200_000 + 8 * DAY_MS  # somewhere in 2030
    refused = None
    for _ in range(2):
        refused = windows.admit_call(windows_of(AppNo(1), CorpNo(1), "/a", effective), EpochMs(february))
    assert refused is not None

    assert _calls(windows, effective, 1, now=refused.ends_at - 1) == [rules.CORP_MONTH.id]
    assert _calls(windows, effective, 2, now=refused.ends_at) == ["ok", rules.CORP_MONTH.id]
    assert refused.ends_at % DAY_MS == DAY_MS - 8 * 3_600_000
    assert 28 * DAY_MS <= refused.ends_at - refused.begins_at <= 31 * DAY_MS


def test_observed_calls_count_and_calls_under_off_do_not() -> None:
    for mode, expected in ((OBSERVE, rules.API_QPS.id), (OFF, "ok")):
        windows = GatewayWindows()
        assert _calls(windows, _effective(one=_rule(rules.API_QPS.id, 2, mode)), 5) == ["ok"] * 5
        assert _calls(windows, _effective(one=_rule(rules.API_QPS.id, 2, ENFORCE)), 1) == [expected]


def test_an_address_over_its_budget_is_banned_for_five_minutes() -> None:
    windows, effective = GatewayWindows(), _rule(rules.IP_BUDGET.id, 2, ENFORCE)
    admit = lambda at, address="a": windows.admit_address(address, effective, EpochMs(at))  # noqa: E731

    assert [admit(NOW), admit(NOW), admit(NOW), admit(NOW)] == [True, True, False, False]
    assert admit(NOW, "b")
    assert not admit(NOW + BAN_MS - 1)
    assert admit(NOW + BAN_MS)
    assert GatewayWindows().admit_address("a", _rule(rules.IP_BUDGET.id, 0, OFF), NOW)


def test_what_is_kept_of_addresses_is_bounded_and_the_month_stays() -> None:
    windows = GatewayWindows()
    month = _effective(one=_rule(rules.CORP_MONTH.id, 1, ENFORCE))
    assert _calls(windows, month, 1) == ["ok"]
    budget = _rule(rules.IP_BUDGET.id, 10, ENFORCE)
    for n in range(KEPT_KEYS + 100):
        windows.admit_address(f"a{n}", budget, EpochMs(NOW + n))

    assert len(windows._counts) <= KEPT_KEYS + 1  # type: ignore[attr-defined]
    assert _calls(windows, month, 1, now=NOW + 60_000) == [rules.CORP_MONTH.id]


# --- the rule book


def test_settings_lie_over_the_profile_from_the_server_to_the_sender() -> None:
    rule = rules.SENDS_PER_DAY.id
    settings = [
        RuleSetting(CorpNo(0), "all", 0, rule, None, 50),
        RuleSetting(CorpNo(1), "all", 0, rule, OBSERVE, None),
        RuleSetting(CorpNo(1), "app", 5, rule, None, 40),
        RuleSetting(CorpNo(1), "sender", 9, rule, ENFORCE, 30),
    ]
    book = RuleBook(Profile.DINGTALK, settings, 1)
    at = lambda corp, app, sender: book.of(CorpNo(corp), AppNo(app), SenderId(sender))[rule]  # noqa: E731

    assert at(2, 5, 9) == _rule(rule, 50, ENFORCE)
    assert at(1, 0, 0) == _rule(rule, 50, OBSERVE)
    assert at(1, 5, 0) == _rule(rule, 40, OBSERVE)
    assert at(1, 5, 9) == _rule(rule, 30, ENFORCE)


@pytest.mark.parametrize("profile", Profile)
def test_every_rule_has_a_mode_in_every_profile(profile: Profile) -> None:
    effective = RuleBook(profile, (), 1).of(CorpNo(1), AppNo(1), SenderId(1))

    assert set(effective) == set(RULES)
    assert {one.limit for one in effective.values()} == {rule.limit for rule in RULES.values()}
