"""One person: everything known of them, changes, and the way into their inbox."""

import secrets
from datetime import date, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from starlette.responses import Response

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.access.edit import add_reader_txn
from hongyan.access.keys import token_hash
from hongyan.access.operators import Role
from hongyan.console.desk.frame import OF_CORP, Desk, Page, go_to
from hongyan.console.desk.lists import numbers_in
from hongyan.console.desk.org_deeds import change_org
from hongyan.console.desk.organisation_texts import organisation_texts
from hongyan.console.times import Times
from hongyan.directory.details import PersonDetails
from hongyan.directory.edit import OrgChange, UserEntry
from hongyan.directory.names import user_names_txn
from hongyan.directory.people import RoleRecord, depts_txn, roles_txn
from hongyan.directory.records import Person, load_person_txn
from hongyan.model.ids import CorpNo, EpochMs, Ord
from hongyan.store.interface import Tx

_TEXTS = ("name", "mobile", "title", "email", "avatar", "job_number")
_DETAIL_TEXTS = ("telephone", "org_email", "work_place", "remark", "manager", "extension")
_MARKS = ("senior", "boss", "hide_mobile")


class Seen(msgspec.Struct, frozen=True):
    """A person with what their ids are called."""

    person: Person
    depts: tuple[tuple[int, str, bool], ...]  # id, name, whether they lead it
    roles: tuple[RoleRecord, ...]
    manager: str


def _seen_txn(tx: Tx, corp: CorpNo, userid: str) -> Seen | None:
    person = load_person_txn(tx, corp, userid)
    if person is None:
        return None
    depts = depts_txn(tx, corp, person.depts)
    named = tuple((int(no), depts[no].name, userid in depts[no].details.managers) for no in person.depts if no in depts)
    roles = tuple(role for role in roles_txn(tx, corp) if person.left_at is None and person.ord in role.members)
    manager = person.details.manager
    return Seen(person, named, roles, user_names_txn(tx, corp, [manager]).get(manager, "") if manager else "")


async def show_person(desk: Desk) -> Response:
    seen = await desk.engine.store.read(_seen_txn, desk.corp.no, desk.request.query_params.get("u", ""))
    if seen is None:
        return _nobody(desk)
    times = Times(desk.t, desk.corp.zone, desk.engine.clock.now())
    hired = seen.person.details.hired_date
    hired_on = _day(desk, EpochMs(hired)) if hired is not None else ""
    return desk.page("desk/person.html", x=organisation_texts(desk), seen=seen, times=times, hired_on=hired_on, tab="people")


def _nobody(desk: Desk) -> Response:
    return desk.page("desk/refused.html", status=404, why=desk.w.not_there)


def _day(desk: Desk, at: EpochMs) -> str:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(desk.corp.zone)).date().isoformat()


# --- changes


async def ask_new(desk: Desk) -> Response:
    dept = desk.request.query_params.get("dept", "1")
    return _form(desk, {"depts": dept, "active": "1"}, None)


async def ask_edit(desk: Desk) -> Response:
    seen = await desk.engine.store.read(_seen_txn, desk.corp.no, desk.request.query_params.get("u", ""))
    if seen is None or seen.person.left_at is not None:
        return _nobody(desk)
    return _form(desk, _values(desk, seen.person), seen.person)


def _values(desk: Desk, person: Person) -> dict[str, str]:
    details = person.details
    values = {"userid": person.userid, "depts": ", ".join(str(dept) for dept in person.depts), "active": "1" if person.active else ""}
    values |= {name: getattr(person, name) for name in _TEXTS} | {name: getattr(details, name) for name in _DETAIL_TEXTS}
    values |= {name: "1" if getattr(details, name) else "" for name in _MARKS}
    return values | {"hired_date": _day(desk, EpochMs(details.hired_date)) if details.hired_date is not None else ""}


def _form(desk: Desk, values: dict[str, str], person: Person | None, problems: list[str] | None = None) -> Response:
    shown = {"values": values, "person": person, "problems": problems or [], "tab": "people"}
    return desk.page("desk/person_form.html", status=400 if problems else 200, x=organisation_texts(desk), **shown)


async def save_person(desk: Desk) -> Response:
    """Add somebody, or change who is there: `was` is the userid of the page that was sent."""
    form = await desk.form()
    x, was = organisation_texts(desk), form.get("was", "")
    before = await desk.engine.store.read(load_person_txn, desk.corp.no, was or form.get("userid", "").strip())
    live = before if before is not None and before.left_at is None else None
    if was and live is None:
        return _nobody(desk)
    if not was and live is not None:
        return _form(desk, form, None, [f"{live.userid}: {desk.w.password_problems['taken']}"])
    entry = _entry(desk, form, live, was)
    if entry is None:
        return _form(desk, form, live, [x.not_possible])
    deed = desk.deed("person.change" if was else "person.add", entry.userid, name=entry.name, **_differences(live, entry))
    problems = await change_org(desk, OrgChange(users=(entry,)), deed)
    return _form(desk, form, live, problems) if problems else desk.to(f"organisation/person?u={quote(entry.userid, safe='')}")


def _entry(desk: Desk, form: dict[str, str], before: Person | None, was: str) -> UserEntry | None:
    """What the form asks for; None when a field is not what it should be."""
    depts, details = numbers_in(form.get("depts", "")), _details(desk, form, before)
    if depts is None or details is None:
        return None
    texts = {name: form.get(name, "").strip() for name in _TEXTS}
    unionid = before.unionid if before else ""
    userid = was or form.get("userid", "").strip()
    return UserEntry(userid, depts=depts, unionid=unionid, active="active" in form, rejoin="rejoin" in form, details=details, **texts)


def _details(desk: Desk, form: dict[str, str], before: Person | None) -> PersonDetails | None:
    """Members that have no field here stay as they are."""
    day = form.get("hired_date", "").strip()
    try:
        hired = int(datetime.combine(date.fromisoformat(day), datetime.min.time(), ZoneInfo(desk.corp.zone)).timestamp() * 1000) if day else None
    except (ValueError, OverflowError):
        return None
    texts = {name: form.get(name, "").strip() for name in _DETAIL_TEXTS}
    marks = {name: name in form for name in _MARKS}
    return msgspec.structs.replace(before.details if before else PersonDetails(), hired_date=hired, **texts, **marks)


def _differences(before: Person | None, entry: UserEntry) -> dict[str, str]:
    """Which members change; their values are people's own and stay out of the log, but for departments."""
    if before is None:
        return {"depts": ", ".join(str(dept) for dept in entry.depts)}
    changed = [name for name in (*_TEXTS, "active", "details") if getattr(before, name) != getattr(entry, name)]
    moved = {"depts": ", ".join(str(dept) for dept in entry.depts)} if tuple(before.depts) != entry.depts else {}
    return {"fields": ", ".join(changed)} | moved


async def remove_person(desk: Desk) -> Response:
    userid = (await desk.form()).get("u", "")
    seen = await desk.engine.store.read(_seen_txn, desk.corp.no, userid)
    if seen is None or seen.person.left_at is not None:
        return _nobody(desk)
    deed = desk.deed("person.remove", userid, name=seen.person.name)
    problems = await change_org(desk, OrgChange(leave=(userid,)), deed)
    return desk.page("desk/refused.html", status=409, why=" ".join(problems)) if problems else desk.to("organisation")


# --- their inbox


async def open_inbox(desk: Desk) -> Response:
    """A key to the inbox, as the person would have it, and straight in."""
    seen = await desk.engine.store.read(_seen_txn, desk.corp.no, (await desk.form()).get("u", ""))
    if seen is None or seen.person.left_at is not None:
        return _nobody(desk)
    token = secrets.token_hex(16)
    deed = desk.deed("inbox.open_as", seen.person.userid, name=seen.person.name)
    await desk.engine.store.write(_key_txn, token_hash(token), desk.corp.no, seen.person.ord, deed)
    return go_to(f"/inbox?token={token}")


def _key_txn(tx: Tx, hash_: bytes, corp: CorpNo, ord_: Ord, deed: Deed, now: EpochMs) -> None:
    add_reader_txn(tx, hash_, corp, ord_, now)
    record_deed_txn(tx, deed, now)


_PERSON = OF_CORP + "/organisation/person"
PAGES = (
    Page(_PERSON, "organisation", show_person),
    Page(_PERSON, "organisation", save_person, Role.ADMINISTRATOR, "POST"),
    Page(_PERSON + "/new", "organisation", ask_new, Role.ADMINISTRATOR),
    Page(_PERSON + "/edit", "organisation", ask_edit, Role.ADMINISTRATOR),
    Page(_PERSON + "/remove", "organisation", remove_person, Role.ADMINISTRATOR, "POST"),
    Page(_PERSON + "/inbox", "organisation", open_inbox, Role.ADMINISTRATOR, "POST"),
)
