"""Creating, changing and removing people: v2/user/create, update, delete."""

import hashlib
import re
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from hongyan.access.records import SCOPE_DIRECTORY
from hongyan.access.tokens import Grant
from hongyan.admission.rules import Profile
from hongyan.directory.details import PLAIN_PERSON, Place
from hongyan.directory.edit import OrgChange, UserEntry, apply_org_txn
from hongyan.directory.people import depts_txn
from hongyan.directory.records import Person, load_person_txn
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx
from hongyan.wire.contact_users import MOBILE, live_person_txn
from hongyan.wire.contacts import USERID_MAX, done, lacking, numbers, text
from hongyan.wire.endpoint import INTERNAL_ONLY, Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.params import BadArgument, Params
from hongyan.wire.replies import Reply, refuse

_EMAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+")
DEPTS_MAX, EXTENSION_MAX = 100, 2000

# Wire names, which are the members' too but for `manager_userid` and `senior_mode`, with the longest text.
_OWN_TEXTS = {"name": 80, "mobile": 20, "title": 200, "email": 50, "avatar": 512, "job_number": 50}
_MAIL_TEXTS = {"org_email": 100, "login_email": 64}
_DETAIL_TEXTS = {"telephone": 50, "state_code": 8, "work_place": 100, "remark": 2000, "manager_userid": USERID_MAX, **_MAIL_TEXTS}
_FLAGS = ("hide_mobile", "senior_mode")
_MEMBERS = {"manager_userid": "manager", "senior_mode": "senior"}


class PlacePatch(msgspec.Struct, frozen=True):
    """What a call says of one department of somebody; None leaves what there is."""

    dept: int
    order: int | None = None
    title: str | None = None


class UserPatch(msgspec.Struct, frozen=True):
    """What a call says of a person: `own` and `details` by member, the rest where the members are no plain values."""

    own: dict[str, Any]
    details: dict[str, Any]
    depts: tuple[int, ...] | UnsetType = UNSET
    places: tuple[PlacePatch, ...] = ()
    extension: dict[str, Any] | UnsetType = UNSET
    merge_extension: bool = False


def _patch(call: Call, forced: frozenset[str]) -> UserPatch:
    """What was sent; an empty value counts only for the names in `forced`."""
    own = {name: text(call, name, longest) for name, longest in _OWN_TEXTS.items() if call.params.has(name) or name in forced}
    details: dict[str, Any] = {
        _MEMBERS.get(name, name): text(call, name, most) for name, most in _DETAIL_TEXTS.items() if call.params.has(name) or name in forced
    }
    for name in _FLAGS:
        flag = call.params.flag(name)
        if flag is not None:
            details[_MEMBERS.get(name, name)] = flag
    if call.params.has("hired_date") or "hired_date" in forced:
        details["hired_date"] = call.params.number("hired_date")
    depts = numbers(call, "dept_id_list", DEPTS_MAX) if call.params.has("dept_id_list") else UNSET
    merge = (call.params.number("ext_attrs_update_mode") or 0) == 1
    return UserPatch(own, details, depts, _place_patches(call), _extension(call, forced), merge)


def _place_patches(call: Call) -> tuple[PlacePatch, ...]:
    orders = [PlacePatch(_dept_of(one, "dept_order_list"), order=one.number("order") or 0) for one in call.params.objects("dept_order_list")]
    titles = [PlacePatch(_dept_of(one, "dept_title_list"), title=one.text("title")) for one in call.params.objects("dept_title_list")]
    if any(len(one.title or "") > _OWN_TEXTS["title"] or "\0" in (one.title or "") for one in titles):
        raise BadArgument("dept_title_list")
    return (*orders, *titles)


def _dept_of(one: Params, name: str) -> int:
    dept = one.number("dept_id")
    if dept is None:
        raise BadArgument(name)
    return dept


def _extension(call: Call, forced: frozenset[str]) -> dict[str, Any] | UnsetType:
    if not call.params.has("extension"):
        return {} if "extension" in forced else UNSET
    found = call.params.object("extension")
    if found is None or b"\\u0000" in msgspec.json.encode(found.values()):
        raise BadArgument("extension")
    return found.values()


def patched(present: UserEntry, patch: UserPatch) -> UserEntry:
    """The entry with what the call says. Pure."""
    depts = present.depts if patch.depts is UNSET else patch.depts
    details = present.details
    assert details is not None
    places = {place.dept: place for place in details.places}
    for one in patch.places:
        given = {name: value for name, value in (("order", one.order), ("title", one.title)) if value is not None}
        places[one.dept] = msgspec.structs.replace(places.get(one.dept, Place(one.dept)), **given)
    extension = details.extension
    if patch.extension is not UNSET:
        before = msgspec.json.decode(extension or "{}", type=dict[str, Any]) if patch.merge_extension else {}
        merged = before | patch.extension
        extension = msgspec.json.encode(merged).decode() if merged else ""
    changed = msgspec.structs.replace(details, places=tuple(places.values()), extension=extension, **patch.details)
    return msgspec.structs.replace(present, depts=depts, details=changed.within(depts), **patch.own)


def entry_of(person: Person) -> UserEntry:
    """The person as a change would name them."""
    texts = (person.unionid, person.mobile, person.title, person.email, person.avatar, person.job_number)
    return UserEntry(person.userid, person.name, tuple(person.depts), *texts, active=person.active, details=person.details)


# --- checks


def _form_problem(entry: UserEntry) -> Refusal | None:
    if not entry.name.strip():
        return Refusal(errors.BAD_USER_NAME)
    if entry.mobile and not MOBILE.fullmatch(entry.mobile):
        return Refusal(errors.BAD_MOBILE)
    if entry.email and not _EMAIL.fullmatch(entry.email):
        return Refusal(errors.BAD_EMAIL)
    if entry.details and len(entry.details.extension) > EXTENSION_MAX:
        return Refusal(errors.INVALID_ARGUMENT, {"name": "extension"})
    return None if entry.depts else Refusal(errors.BAD_DEPT_LIST)


def _conflict_txn(tx: Tx, grant: Grant, entry: UserEntry, before: UserEntry | None) -> Refusal | None:
    """What the organisation has against the entry; what it does not change is not asked about."""
    corp = grant.corp.no
    if len(depts_txn(tx, corp, entry.depts)) < len(entry.depts):
        return Refusal(errors.NO_SUCH_DEPT)
    if entry.mobile and (before is None or before.mobile != entry.mobile) and tx.one("user.by_mobile", corp=corp, mobile=entry.mobile):
        return Refusal(errors.MOBILE_TAKEN)
    if entry.email and (before is None or before.email != entry.email) and tx.one("user.by_email", corp=corp, email=entry.email):
        return Refusal(errors.EMAIL_TAKEN)
    manager = entry.details.manager if entry.details else ""
    known = before is not None and before.details is not None and before.details.manager == manager
    if manager and not known and (manager == entry.userid or live_person_txn(tx, grant, manager) is None):
        return Refusal(errors.BAD_MANAGER)
    return None


def apply_one_txn(tx: Tx, grant: Grant, change: OrgChange, now: EpochMs) -> None:
    """A change that was checked before, in the same transaction."""
    outcome = apply_org_txn(tx, grant.corp.no, grant.corp.corp_id, change, now)
    assert not isinstance(outcome, list), outcome


# --- the interfaces


def create_user_txn(tx: Tx, grant: Grant, entry: UserEntry, now: EpochMs) -> dict[str, Any] | Refusal:
    if entry.userid and live_person_txn(tx, grant, entry.userid) is not None:
        return Refusal(errors.USERID_TAKEN)
    entry = entry if entry.userid else msgspec.structs.replace(entry, userid=_new_userid_txn(tx, grant))
    conflict = _conflict_txn(tx, grant, entry, None)
    if conflict:
        return conflict
    apply_one_txn(tx, grant, OrgChange(users=(entry,)), now)
    person = live_person_txn(tx, grant, entry.userid)
    assert person is not None
    return {"userid": person.userid, "unionId": person.unionid}


def _new_userid_txn(tx: Tx, grant: Grant) -> str:
    """Digits, like the ones that the platform makes; never one that somebody has or had."""
    counters = tx.one("corp.counters", corp=grant.corp.no)
    assert counters is not None
    for attempt in range(1000):
        digest = hashlib.sha256(f"userid:{grant.corp.corp_id}:{counters[0]}:{attempt}".encode()).digest()
        userid = f"{int.from_bytes(digest[:8]) % 10**17:018d}"
        if load_person_txn(tx, grant.corp.no, userid) is None:
            return userid
    raise AssertionError("no free userid")


async def create_user(call: Call) -> Reply:
    """A new person. On a private platform (profile open) nobody needs a mobile."""
    required = ("name", "dept_id_list") if call.engine.rulekeeper.book.profile is Profile.OPEN else ("name", "mobile", "dept_id_list")
    missing = lacking(call, *required)
    if missing:
        return refuse(missing)
    blank = UserEntry(text(call, "userid"), "", details=PLAIN_PERSON)
    entry = patched(blank, _patch(call, frozenset()))
    problem = _form_problem(entry)
    return refuse(problem) if problem else await done(call, create_user_txn, entry)


def update_user_txn(tx: Tx, grant: Grant, userid: str, patch: UserPatch, now: EpochMs) -> Refusal | None:
    person = live_person_txn(tx, grant, userid)
    if person is None:
        return Refusal(errors.NO_SUCH_USER)
    before = entry_of(person)
    entry = patched(before, patch)
    refusal = _form_problem(entry) or _conflict_txn(tx, grant, entry, before)
    if refusal or entry == before:
        return refusal
    apply_one_txn(tx, grant, OrgChange(users=(entry,)), now)
    return None


async def update_user(call: Call) -> Reply:
    """What was sent changes, what was not stays; `force_update_fields` names what an empty value clears."""
    missing = lacking(call, "userid")
    if missing:
        return refuse(missing)
    forced = frozenset(call.params.ids("force_update_fields"))
    return await done(call, update_user_txn, text(call, "userid"), _patch(call, forced))


def delete_user_txn(tx: Tx, grant: Grant, userid: str, now: EpochMs) -> Refusal | None:
    if live_person_txn(tx, grant, userid) is None:
        return Refusal(errors.BAD_USERID)
    apply_one_txn(tx, grant, OrgChange(leave=(userid,)), now)
    return None


async def delete_user(call: Call) -> Reply:
    """The person leaves: what was sent to them stays in the results, and their inbox is closed."""
    missing = lacking(call, "userid")
    return refuse(missing) if missing else await done(call, delete_user_txn, text(call, "userid"))


def _fields(*, creating: bool) -> tuple[Field, ...]:
    required = ("name", "mobile") if creating else ()
    texts = tuple(Field(name, required=name in required, most=most) for name, most in (_OWN_TEXTS | _DETAIL_TEXTS).items())
    dept = Field("dept_id", Kind.NUMBER, required=True, least=1)
    fields = (
        Field("userid", required=not creating, most=USERID_MAX),
        Field("dept_id_list", Kind.NUMBERS, required=creating, most=DEPTS_MAX),
        *texts,
        *(Field(name, Kind.FLAG) for name in _FLAGS),
        Field("hired_date", Kind.NUMBER),
        Field("extension", Kind.OBJECT, most=EXTENSION_MAX),
        Field("dept_order_list", Kind.OBJECTS, inner=(dept, Field("order", Kind.NUMBER))),
        Field("dept_title_list", Kind.OBJECTS, inner=(dept, Field("title", most=200))),
    )
    return fields if creating else (*fields, Field("ext_attrs_update_mode", Kind.NUMBER, least=0, most=1), Field("force_update_fields", Kind.IDS))


def _endpoint(name: str, handler: Any, page: str, purpose: str, fields: tuple[Field, ...]) -> Endpoint:
    return Endpoint(f"/topapi/v2/user/{name}", Family.TOP, SCOPE_DIRECTORY, handler, page, INTERNAL_ONLY, False, purpose, fields)


ENDPOINTS = (
    _endpoint("create", create_user, "user-information-creation", "create a person", _fields(creating=True)),
    _endpoint("update", update_user, "user-information-update", "change a person", _fields(creating=False)),
    _endpoint("delete", delete_user, "delete-a-user", "remove a person", (Field("userid", required=True, most=USERID_MAX),)),
)
