"""The first page: what an organisation has, what goes on in it, and where to go on."""

import shlex
from datetime import date

import msgspec
from starlette.responses import Response

from hongyan.access.records import list_apps_txn, page_accounts_txn
from hongyan.admission.rules import ALL_STAFF, PERSON_TIMES, SENDS_PER_DAY, Effective, RuleBook
from hongyan.console.desk.changes import position_of
from hongyan.console.desk.charts import Chart, columns_of
from hongyan.console.desk.frame import OF_CORP, PREFIX, SECTIONS, Desk, Page, go_to
from hongyan.console.desk.home_texts import HOME_TEXTS
from hongyan.console.desk.sends import POSITION, Asked, Listing, listing_txn, position_after, sender_label, texts_of, times_of
from hongyan.console.desk.why import rule_name
from hongyan.console.guard import PAGE_HEADERS
from hongyan.console.times import Times
from hongyan.delivery.inbox import END, SenderName, sender_names_txn
from hongyan.delivery.timeline import COUNT_MAX, DayCount, Today, days_txn, today_txn
from hongyan.directory.records import Corp
from hongyan.model.clock import day_end, day_of, day_start
from hongyan.model.ids import AppNo, CorpNo, EpochMs, SenderId
from hongyan.store.interface import Tx

DAYS = 14
NEWEST = 8
NEAR = 0.8  # of a limit
REFUSED_MAX = 10_000


class Near(msgspec.Struct, frozen=True):
    """A day's limit of which most is used."""

    sender: str
    rule: str
    used: int
    limit: int

    @property
    def full(self) -> bool:
        return self.used >= self.limit


class Have(msgspec.Struct, frozen=True):
    """What an organisation needs before anything can be sent: live apps and accounts."""

    apps: int
    accounts: int
    app_key: str
    unionid: str


class Refused(msgspec.Struct, frozen=True):
    """Refused calls of today up to `REFUSED_MAX`, and where they are listed; `n` None: calls are not kept."""

    n: int | None
    address: str
    most: int = REFUSED_MAX


class Overview(msgspec.Struct, frozen=True):
    """`near` has the fullest first."""

    days: list[DayCount]
    today: Today
    newest: Listing
    near: list[Near]
    have: Have

    @property
    def total(self) -> int:
        return sum(one.sends for one in self.days)


async def choose(desk: Desk) -> Response:
    """Straight to the first organisation, where there is one."""
    if desk.corps:
        return go_to(f"{PREFIX}/o/{desk.corps[0].corp_id}/")
    return desk.page("desk/no_corp.html")


async def go(desk: Desk) -> Response:
    """The organisation chosen in the header, on the page that is in view."""
    wanted, section = desk.request.query_params.get("corp", ""), desk.request.query_params.get("to", "")
    corp = next((one for one in desk.corps if one.corp_id == wanted), None)
    if corp is None:
        return go_to(f"{PREFIX}/")
    return go_to(f"{PREFIX}/o/{corp.corp_id}/{section if section in SECTIONS[1:] else ''}")


def _overview_txn(tx: Tx, corp: Corp, book: RuleBook, times: Times, now: EpochMs) -> Overview:
    newest = listing_txn(tx, corp.no, Asked(), corp.zone, END, times, now, NEWEST)
    near = _near_txn(tx, corp, book, now, times.texts.lang)
    return Overview(days_txn(tx, corp.no, corp.zone, now, DAYS), today_txn(tx, corp.no, corp.zone, now), newest, near, _have_txn(tx, corp.no))


def _have_txn(tx: Tx, corp: CorpNo) -> Have:
    apps = [one for one in list_apps_txn(tx, corp) if one.disabled_at is None]
    n_accounts, accounts = page_accounts_txn(tx, corp, 0, 1)
    return Have(len(apps), n_accounts, apps[0].app_key if apps else "", accounts[0].unionid if accounts else "")


def _near_txn(tx: Tx, corp: Corp, book: RuleBook, now: EpochMs, lang: str) -> list[Near]:
    """The daily limits that senders of today come near to."""
    names, day = sender_names_txn(tx, corp.no), day_of(now, corp.zone)
    found: list[Near] = []
    for sender, n_tasks, person_times in tx.all("sends.senders_today", corp=corp.no, day=day):
        effective = book.of(corp.no, AppNo(0), sender)
        used = _used_txn(tx, corp, names, sender, (n_tasks, person_times), day_end(day, corp.zone))
        for rule, n in used.items():
            limit = _limit(effective[rule], corp)
            if effective[rule].mode != "off" and n >= limit * NEAR:
                found.append(Near(sender_label(names, sender), rule_name(rule, lang), n, limit))
    return sorted(found, key=lambda one: one.used / max(1, one.limit), reverse=True)[:10]


def _used_txn(tx: Tx, corp: Corp, names: dict[SenderId, SenderName], sender: SenderId, counts: tuple[int, int], ends_at: EpochMs) -> dict[str, int]:
    if sender in names and names[sender].kind == "account":
        return {SENDS_PER_DAY.id: counts[0], PERSON_TIMES.id: counts[1]}
    windows = {rule: (start, n) for rule, start, n in tx.all("window.of_sender", corp=corp.no, sender=sender)}
    start, n = windows.get(ALL_STAFF.id, (0, 0))
    return {ALL_STAFF.id: n} if start == ends_at else {}


def _limit(effective: Effective, corp: Corp) -> int:
    return effective.limit * corp.headcount if effective.rule == PERSON_TIMES.id else effective.limit


def _chart(days: list[DayCount], times: Times) -> Chart:
    titles = [f"{_day_name(one, times)}: {one.sends}{'+' if one.sends == COUNT_MAX else ''}" for one in days]
    return columns_of([one.sends for one in days], titles)


def _day_name(one: DayCount, times: Times) -> str:
    return times.moment(one.since).day_label


async def _load(desk: Desk, times: Times) -> Overview:
    engine = desk.engine
    return await engine.store.read(_overview_txn, desk.corp, engine.rulekeeper.book, times, engine.clock.now())


async def home(desk: Desk) -> Response:
    return await _answer(desk, "desk/home.html", await position_of(desk, calls=True))


async def live_home(desk: Desk) -> Response:
    """The figures again, when anything happened since a position."""
    position = await position_after(desk, calls=True)
    if position is None:
        return Response(status_code=204, headers=PAGE_HEADERS)
    response = await _answer(desk, "desk/home_live.html", position)
    response.headers[POSITION] = position
    return response


async def _refused(desk: Desk) -> Refused:
    """Calls that were refused today, whatever they wanted; without a log of calls, the mass sends that a limit refused."""
    captures, zone = desk.engine.captures, desk.corp.zone
    day = day_of(desk.engine.clock.now(), zone)
    if captures.limits.off:
        return Refused(None, "")
    n = await captures.count_refused(desk.corp.corp_id, day_start(day, zone), REFUSED_MAX)
    return Refused(n, desk.link(f"requests?refused=1&since={date.fromordinal(day).isoformat()}"))


async def _answer(desk: Desk, template: str, position: str) -> Response:
    times = times_of(desk)
    view, refused = await _load(desk, times), await _refused(desk)
    server = shlex.quote(str(desk.request.base_url).rstrip("/"))
    return desk.page(
        template, x=texts_of(desk.t), h=HOME_TEXTS[desk.t.lang], view=view, listing=view.newest, chart=_chart(view.days, times), times=times,
        position=position, most=COUNT_MAX, server=server, refused=refused,
    )  # fmt: skip


PAGES = (
    Page("/", "home", choose),
    Page("/go", "home", go),
    Page(OF_CORP + "/", "home", home),
    Page(OF_CORP + "/overview", "home", live_home),
)
