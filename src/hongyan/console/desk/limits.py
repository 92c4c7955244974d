"""Limits: every sender's levels, every rule with its explanation, and changes to them."""

from datetime import date
from typing import Any

import msgspec
from starlette.responses import Response

from hongyan.access.operators import Role
from hongyan.access.records import App, list_apps_txn
from hongyan.admission.rules import RULES, Mode, Profile, RuleSetting
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.limits_texts import LIMIT_TEXTS, LimitTexts
from hongyan.console.desk.limits_views import (
    CHART_DAYS,
    Level,
    SenderRow,
    bars,
    level_of,
    senders_txn,
    standing_txn,
    standings_txn,
    sums,
    with_people_txn,
)
from hongyan.console.desk.rule_words import RULE_WORDS
from hongyan.console.times import Times
from hongyan.model.deeds import Deed
from hongyan.model.ids import AppNo, CorpNo, SenderId

LIMIT_MAX = 1 << 53
_SCOPES = ("server", "all", "app", "sender")


class ChangeRow(msgspec.Struct, frozen=True):
    """One change in force, with what it takes to undo it."""

    rule: str
    scope: str
    subject: int
    whose: str
    mode: Mode | None
    limit: int | None


def _texts(desk: Desk) -> LimitTexts:
    return LIMIT_TEXTS[desk.t.lang]


def _times(desk: Desk) -> Times:
    return Times(desk.t, desk.corp.zone, desk.engine.clock.now())


def _shared(desk: Desk) -> dict[str, Any]:
    problem = {"number": _texts(desk).bad_number.format(most=f"{LIMIT_MAX:,}"), "choice": _texts(desk).bad_choice}
    query = desk.request.query_params
    return {
        "x": _texts(desk),
        "words": RULE_WORDS[desk.t.lang],
        "rules": RULES,
        "modes": tuple(Mode),
        "may_change": desk.may(Role.ADMINISTRATOR),
        "saved": "saved" in query,
        "problem": problem.get(query.get("problem", ""), ""),
        "profile": desk.engine.rulekeeper.book.profile.value,
    }


async def show(desk: Desk) -> Response:
    """Every account and app with the first of its limits."""
    engine = desk.engine
    standings = await engine.store.read(standings_txn, desk.corp, engine.rulekeeper.book, _times(desk), engine.clock.now())
    return desk.page("desk/limits.html", standings=standings, tab="senders", **_shared(desk))


async def show_rules(desk: Desk) -> Response:
    """Every rule as it holds for the organisation, and what was changed."""
    engine, corp = desk.engine, desk.corp
    book, times = engine.rulekeeper.book, _times(desk)
    effective = book.of(corp.no, AppNo(0), SenderId(0))
    levels = tuple(level_of(book, corp, AppNo(0), SenderId(0), effective[name], times) for name in RULES)
    senders = await engine.store.read(senders_txn, corp)
    apps = await engine.store.read(list_apps_txn, corp.no)
    month, _ends_at = engine.gateway_windows.month_used(corp.no, engine.clock.now())
    changes = _changes(desk, senders, apps)
    return desk.page("desk/limits_rules.html", groups=_grouped(levels), apps=apps, changes=changes, month=month, tab="rules", **_shared(desk))


def _grouped(levels: tuple[Level, ...]) -> list[tuple[str, list[Level]]]:
    """By what they concern: mass sends, notices of both kinds, people, the gateway."""
    groups = ("mass", "work.internal", "work.third_party", "person", "gateway")
    return [(name, [one for one in levels if one.rule.startswith(f"{name}.")]) for name in groups]


def _changes(desk: Desk, senders: tuple[SenderRow, ...], apps: list[App]) -> list[ChangeRow]:
    x, names = _texts(desk), {one.sender: one.name for one in senders}
    app_names = {one.no: one.name or one.app_key for one in apps}
    rows: list[ChangeRow] = []
    for one in desk.engine.rulekeeper.book.settings:
        if one.corp not in (CorpNo(0), desk.corp.no):
            continue
        scope = "server" if one.corp == 0 else one.scope
        known = {"sender": names.get(SenderId(one.subject)), "app": app_names.get(AppNo(one.subject))}
        rows.append(ChangeRow(one.rule, scope, one.subject, known.get(scope) or x.scopes[scope], one.mode, one.limit))
    return sorted((one for one in rows if one.rule in RULES), key=lambda one: (one.rule, _SCOPES.index(one.scope), one.subject))


async def show_sender(desk: Desk) -> Response:
    """All limits of one sender, and what they did in the last days."""
    engine, corp, book = desk.engine, desk.corp, desk.engine.rulekeeper.book
    sender = await _sender(desk, desk.request.path_params["sender"])
    if sender is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    now, times = engine.clock.now(), _times(desk)
    standing = await engine.store.read(standing_txn, corp, book, sender, times, sender.rules, CHART_DAYS, now)
    census = await engine.directory.census(corp.no)
    standing = await engine.store.read(with_people_txn, corp, standing, book, census.live, now)
    labels = [_day_label(day) for day in range(standing.today - CHART_DAYS + 1, standing.today + 1)]
    charts = [(what, bars(standing.days, standing.today, labels, what)) for what in ("refused", "filtered", "observed")]
    shown = [(what, chart) for what, chart in charts if what != "observed" or any(bar.count for bar in chart)]
    values: dict[str, Any] = {**_shared(desk), "charts": shown, "sums": sums(standing.days)}
    return desk.page("desk/limits_sender.html", standing=standing, **values)


def _day_label(day: int) -> str:
    """Month and day: there is room for no more below a bar."""
    return f"{date.fromordinal(day):%m/%d}"


async def _sender(desk: Desk, text: str) -> SenderRow | None:
    senders = await desk.engine.store.read(senders_txn, desk.corp)
    return next((one for one in senders if str(one.sender) == text), None)


# --- changes


async def change(desk: Desk) -> Response:
    """Another mode or number for a rule; neither: the profile's again."""
    form = await desk.form()
    sender = await _sender(desk, form.get("back", ""))
    back = f"limits/{sender.sender}" if sender else "limits/rules"
    setting = await _setting_of(desk, form)
    if isinstance(setting, str):
        return desk.to(f"{back}?problem={setting}")
    await desk.engine.rulekeeper.change(setting, _deed(desk, setting))
    return desk.to(f"{back}?saved")


async def change_profile(desk: Desk) -> Response:
    """Other values for every rule that nobody changed, for the whole server."""
    before, wanted = desk.engine.rulekeeper.book.profile, (await desk.form()).get("profile", "")
    if wanted not in list(Profile):
        return desk.to("limits?problem=choice")
    if wanted != before:
        deed = msgspec.structs.replace(desk.deed("profile.change", wanted, before=before.value), corp=CorpNo(0))
        await desk.engine.rulekeeper.change_profile(Profile(wanted), deed)
    return desk.to("limits?saved")


async def _setting_of(desk: Desk, form: dict[str, str]) -> RuleSetting | str:
    """The change that a form asks for, of this organisation or of the server; or the problem's name."""
    rule, scope, mode, limit = form.get("rule", ""), form.get("scope", ""), form.get("mode", ""), form.get("limit", "").strip().replace(",", "")
    scope, _, number = scope.partition(".")
    subject = await _subject(desk, scope, number)
    if rule not in RULES or subject is None or mode not in ("", *Mode):
        return "choice"
    if limit and (not limit.isascii() or not limit.isdecimal() or int(limit) > LIMIT_MAX):
        return "number"
    corp = CorpNo(0) if scope == "server" else desk.corp.no
    return RuleSetting(corp, "all" if scope == "server" else scope, subject, rule, Mode(mode) if mode else None, int(limit) if limit else None)


async def _subject(desk: Desk, scope: str, number: str) -> int | None:
    """0 for the organisation and the server, else the app or sender; None when it is none of this organisation."""
    if scope in ("server", "all"):
        return 0
    if scope == "sender":
        sender = await _sender(desk, number)
        return int(sender.sender) if sender else None
    apps = await desk.engine.store.read(list_apps_txn, desk.corp.no) if scope == "app" else []
    return next((int(one.no) for one in apps if str(one.no) == number), None)


def _deed(desk: Desk, setting: RuleSetting) -> Deed:
    scope = "server" if setting.corp == 0 else setting.scope
    values = {"mode": setting.mode.value if setting.mode else "profile", "limit": setting.limit if setting.limit is not None else "profile"}
    deed = desk.deed("limit.change", setting.rule, scope=scope, of=setting.subject, **values)
    return msgspec.structs.replace(deed, corp=setting.corp)


PAGES = (
    Page(f"{OF_CORP}/limits", "limits", show),
    Page(f"{OF_CORP}/limits/rules", "limits", show_rules),
    Page(f"{OF_CORP}/limits/change", "limits", change, Role.ADMINISTRATOR, "POST"),
    Page(f"{OF_CORP}/limits/profile", "limits", change_profile, Role.ADMINISTRATOR, "POST"),
    Page(f"{OF_CORP}/limits/{{sender}}", "limits", show_sender),
)
