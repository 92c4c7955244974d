"""A law over generated histories of directory writes: the organisation and a plain model of it never disagree."""

import asyncio
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.access.records import App, AppKind
from hongyan.access.tokens import Grant
from hongyan.directory.census import load_census_txn
from hongyan.directory.details import PLAIN_DEPT, PLAIN_PERSON
from hongyan.directory.edit import DeptEntry, MembersEntry, UserEntry, create_corp_txn
from hongyan.directory.people import roles_txn
from hongyan.directory.records import load_corp_txn, ords_of_txn
from hongyan.directory.rosters import Rosters
from hongyan.model.clock import SystemClock
from hongyan.model.errors import Refusal
from hongyan.model.faults import NoFaults
from hongyan.model.ids import AppNo, EpochMs
from hongyan.store.sqlite import open_sqlite
from hongyan.wire.contact_department_edits import DeptPatch, create_department_txn, delete_department_txn, update_department_txn
from hongyan.wire.contact_departments import list_sub_ids_txn
from hongyan.wire.contact_role_edits import add_group_txn, add_role_txn, delete_role_txn, move_members_txn, set_scope_txn
from hongyan.wire.contact_roles import list_members_txn
from hongyan.wire.contact_user_edits import UserPatch, create_user_txn, delete_user_txn, update_user_txn
from hongyan.wire.contact_users import get_user_txn, list_ids_txn, list_users_txn

REACHED: Counter[str] = Counter()
PEOPLE, NUMBERS, NAMES = ("a", "b", "c", "d"), ("13900000001", "13900000002", "13900000003"), ("x", "y", "z")
DEPTS = st.integers(0, 3)  # positions in the list of departments made so far; 0 is the root, beyond the end is one that never was
SOME_DEPTS = st.lists(DEPTS, min_size=1, max_size=3, unique=True).map(tuple)

OPS = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(PEOPLE), st.sampled_from(NUMBERS), SOME_DEPTS),
    st.tuples(st.just("update"), st.sampled_from(PEOPLE), st.sampled_from((None, *NUMBERS)), st.one_of(st.none(), SOME_DEPTS)),
    st.tuples(st.just("delete"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("dept"), st.sampled_from(NAMES), DEPTS),
    st.tuples(st.just("move"), DEPTS, DEPTS),
    st.tuples(st.just("lead"), DEPTS, st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True).map(tuple)),
    st.tuples(st.just("drop"), DEPTS),
    st.tuples(st.just("role"), st.sampled_from(NAMES)),
    st.tuples(st.just("unrole"), st.integers(0, 2)),
    st.tuples(st.just("join"), st.integers(0, 2), st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True).map(tuple)),
    st.tuples(st.just("part"), st.integers(0, 2), st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True).map(tuple)),
    st.tuples(st.just("scope"), st.integers(0, 2), st.sampled_from(PEOPLE), SOME_DEPTS),
)


# Without anybody and anything there to begin with most steps are refused for want of it.
BEGINNING: list[tuple[Any, ...]] = [
    *(("dept", "x", 0), ("dept", "y", 1), ("create", "a", NUMBERS[0], (1,)), ("create", "b", NUMBERS[1], (2, 0))),
    *(("role", "x"), ("role", "y"), ("join", 0, ("a",)), ("lead", 1, ("a",))),
]


class Model:
    """The organisation as nested dictionaries; every op answers the errcode that it must have."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.depts: dict[int, dict[str, Any]] = {1: {"name": "", "parent": 0, "lead": ()}}
        self.roles: dict[int, dict[str, Any]] = {}
        self.lives: dict[str, set[str]] = {}  # userid → every unionid it ever had

    def way(self, dept: int) -> list[int]:
        return [dept, *self.way(self.depts[dept]["parent"])] if dept in self.depts else []

    def members(self, dept: int) -> set[str]:
        return {userid for userid, user in self.users.items() if dept in user["depts"]}

    def below(self, dept: int) -> set[str]:
        return {userid for one in self.depts if dept in self.way(one) for userid in self.members(one)}

    def create(self, userid: str, mobile: str, depts: tuple[int, ...]) -> int:
        if userid in self.users:
            return 60102
        return self._fits(mobile, depts) or self._put(userid, mobile, depts)

    def _fits(self, mobile: str | None, depts: tuple[int, ...]) -> int:
        if any(dept not in self.depts for dept in depts):
            return 60003
        return 60104 if mobile and any(user["mobile"] == mobile for user in self.users.values()) else 0

    def _put(self, userid: str, mobile: str, depts: tuple[int, ...]) -> int:
        self.users[userid] = {"mobile": mobile, "depts": depts}
        return 0

    def update(self, userid: str, mobile: str | None, depts: tuple[int, ...] | None) -> int:
        user = self.users.get(userid)
        if user is None:
            return 60121
        code = self._fits(None if mobile == user["mobile"] else mobile, depts or user["depts"])
        return code or self._put(userid, mobile or user["mobile"], depts or user["depts"])

    def delete(self, userid: str) -> int:
        if userid not in self.users:
            return 33012
        del self.users[userid]
        for dept in self.depts.values():
            dept["lead"] = tuple(one for one in dept["lead"] if one != userid)
        for role in self.roles.values():
            role["members"].pop(userid, None)
        return 0

    def _twin(self, name: str, parent: int, but: int = 0) -> bool:
        return any(dept["name"] == name and dept["parent"] == parent and no != but for no, dept in self.depts.items())

    def dept(self, name: str, parent: int) -> int:
        return 60004 if parent not in self.depts else 60021 if self._twin(name, parent) else 0

    def move(self, dept: int, parent: int) -> int:
        if dept not in self.depts:
            return 60003
        if parent not in self.depts:
            return 60004
        if dept in self.way(parent):
            return 60010
        if self.depts[dept]["parent"] != parent and self._twin(self.depts[dept]["name"], parent, dept):
            return 60021
        self.depts[dept]["parent"] = parent
        return 0

    def lead(self, dept: int, userids: tuple[str, ...]) -> int:
        if dept not in self.depts:
            return 60003
        if any(userid not in self.users for userid in userids):
            return 40031
        self.depts[dept]["lead"] = userids
        return 0

    def drop(self, dept: int) -> int:
        if dept not in self.depts:
            return 60003
        if dept == 1:
            return 60007
        if any(one["parent"] == dept for one in self.depts.values()):
            return 60006
        if self.members(dept):
            return 60005
        del self.depts[dept]
        return 0

    def moves(self, role: int, userids: tuple[str, ...], *, joining: bool) -> int:
        if role not in self.roles:
            return 33011
        if any(userid not in self.users for userid in userids):
            return 33012
        members = self.roles[role]["members"]
        for userid in userids:
            members.setdefault(userid, ()) if joining else members.pop(userid, None)
        return 0

    def scope(self, role: int, userid: str, depts: tuple[int, ...]) -> int:
        if role not in self.roles:
            return 33011
        if userid not in self.users or userid not in self.roles[role]["members"]:
            return 40003
        if any(dept not in self.depts for dept in depts):
            return 60003
        self.roles[role]["members"][userid] = depts
        return 0


class Play:
    """One history on a store of its own, beside the model."""

    def __init__(self, folder: Path) -> None:
        self.store = open_sqlite(folder / "a.db", clock=SystemClock(), faults=NoFaults())
        self.model = Model()
        self.made, self.roles = [1], list[int]()

    async def start(self) -> None:
        corp = await self.store.write(create_corp_txn, "ding", "", "Asia/Shanghai")
        found = await self.store.read(load_corp_txn, "ding")
        assert found is not None
        app = App(AppNo(1), "k", "k", AppKind.INTERNAL, corp, b"", frozenset(("fieldMobile",)), (), EpochMs(0), None)
        self.grant = Grant(app, found, None)
        self.group = (await self.write(add_group_txn, "组"))["groupId"]

    async def write(self, body: Any, *args: Any) -> Any:
        return await self.store.write(body, self.grant, *args)

    async def read(self, body: Any, *args: Any) -> Any:
        return await self.store.read(body, self.grant, *args)

    def dept_id(self, position: int) -> int:
        return self.made[position] if position < len(self.made) else 999

    def role_id(self, position: int) -> int:
        return self.roles[position] if position < len(self.roles) else 999

    async def step(self, op: tuple[Any, ...]) -> None:
        before = await self.store.read(load_corp_txn, "ding")
        expected, outcome = await getattr(self, f"do_{op[0]}")(*op[1:])
        code = outcome.row.errcode if isinstance(outcome, Refusal) else 0
        assert code == expected, (op, code, expected)
        REACHED[f"{op[0]} {code}"] += 1
        after = await self.store.read(load_corp_txn, "ding")
        assert before and after and (code == 0 or before.org_version == after.org_version), "a refusal changes nothing"

    async def do_create(self, userid: str, mobile: str, positions: tuple[int, ...]) -> tuple[int, Any]:
        depts = tuple(self.dept_id(one) for one in positions)
        outcome = await self.write(create_user_txn, UserEntry(userid, f"名{userid}", depts, mobile=mobile, details=PLAIN_PERSON))
        if not isinstance(outcome, Refusal):
            lives = self.model.lives.setdefault(userid, set())
            assert outcome["unionId"] not in lives, "who comes back is a new person"
            lives.add(outcome["unionId"])
        return self.model.create(userid, mobile, depts), outcome

    async def do_update(self, userid: str, mobile: str | None, positions: tuple[int, ...] | None) -> tuple[int, Any]:
        depts = None if positions is None else tuple(self.dept_id(one) for one in positions)
        patch = UserPatch({} if mobile is None else {"mobile": mobile}, {}, msgspec.UNSET if depts is None else depts)
        return self.model.update(userid, mobile, depts), await self.write(update_user_txn, userid, patch)

    async def do_delete(self, userid: str) -> tuple[int, Any]:
        return self.model.delete(userid), await self.write(delete_user_txn, userid)

    async def do_dept(self, name: str, position: int) -> tuple[int, Any]:
        parent = self.dept_id(position)
        code, outcome = self.model.dept(name, parent), await self.write(create_department_txn, DeptEntry(0, name, parent, details=PLAIN_DEPT))
        if not isinstance(outcome, Refusal):
            assert outcome["dept_id"] not in self.made, "an id is not used twice"
            self.made.append(outcome["dept_id"])
            self.model.depts[outcome["dept_id"]] = {"name": name, "parent": parent, "lead": ()}
        return code, outcome

    async def do_move(self, position: int, to: int) -> tuple[int, Any]:
        dept, parent = self.dept_id(position), self.dept_id(to)
        if dept == 1:
            return 0, None  # refused before the transaction
        return self.model.move(dept, parent), await self.write(update_department_txn, dept, DeptPatch({}, parent=parent))

    async def do_lead(self, position: int, userids: tuple[str, ...]) -> tuple[int, Any]:
        dept = self.dept_id(position)
        if dept == 1:
            return 0, None
        return self.model.lead(dept, userids), await self.write(update_department_txn, dept, DeptPatch({"managers": userids}))

    async def do_drop(self, position: int) -> tuple[int, Any]:
        dept = self.dept_id(position)
        return self.model.drop(dept), await self.write(delete_department_txn, dept)

    async def do_role(self, name: str) -> tuple[int, Any]:
        outcome = await self.write(add_role_txn, name, self.group)
        if any(role["name"] == name for role in self.model.roles.values()):
            return 34021, outcome
        self.roles.append(outcome["roleId"])
        self.model.roles[outcome["roleId"]] = {"name": name, "members": {}}
        return 0, outcome

    async def do_unrole(self, position: int) -> tuple[int, Any]:
        role = self.role_id(position)
        return (0 if self.model.roles.pop(role, None) else 33011), await self.write(delete_role_txn, role)

    async def do_join(self, position: int, userids: tuple[str, ...]) -> tuple[int, Any]:
        role = self.role_id(position)
        return self.model.moves(role, userids, joining=True), await self.write(move_members_txn, (MembersEntry(role, userids),))

    async def do_part(self, position: int, userids: tuple[str, ...]) -> tuple[int, Any]:
        role = self.role_id(position)
        return self.model.moves(role, userids, joining=False), await self.write(move_members_txn, (MembersEntry(role, (), userids),))

    async def do_scope(self, position: int, userid: str, positions: tuple[int, ...]) -> tuple[int, Any]:
        role, depts = self.role_id(position), tuple(self.dept_id(one) for one in positions)
        return self.model.scope(role, userid, depts), await self.write(set_scope_txn, userid, role, depts)

    async def check(self) -> None:
        """What the interfaces and what a send's audience see is what the model says."""
        model, corp, rosters = self.model, self.grant.corp.no, Rosters()
        census = await self.store.read(load_census_txn, corp)
        ords = await self.store.read(ords_of_txn, corp, list(PEOPLE))
        userids = {ord_: userid for userid, ord_ in ords.items()}
        assert set(ords) == set(model.users) and census.headcount == len(model.users)
        for dept in model.depts:
            assert {userids[ord_] for ord_ in census.below(dept) or ()} == (model.below(dept) if dept != 1 else set(model.users))
            assert set((await self.read(list_ids_txn, rosters, dept))["userid_list"]) == model.members(dept)
            children = (await self.read(list_sub_ids_txn, dept))["dept_id_list"]
            assert set(children) == {no for no, one in model.depts.items() if one["parent"] == dept}
            page = (await self.read(list_users_txn, rosters, dept, "custom", 0, 100))["list"]
            assert {one["userid"]: one["leader"] for one in page} == {userid: userid in model.depts[dept]["lead"] for userid in model.members(dept)}
        for userid, user in model.users.items():
            found = await self.read(get_user_txn, userid)
            assert (found["mobile"], tuple(found["dept_id_list"])) == (user["mobile"], user["depts"])
        assert {role.role for role in await self.store.read(roles_txn, corp)} == set(model.roles)
        for role, one in model.roles.items():
            listed = (await self.read(list_members_txn, role, 0, 100))["list"]
            scopes = {person["userid"]: {dept["dept_id"] for dept in person["manageScopes"]} for person in listed}
            assert scopes == {userid: set(depts) & set(model.depts) for userid, depts in one["members"].items()}
            assert {userids[ord_] for ord_ in census.roles[role]} == set(one["members"])


async def _play(history: list[tuple[Any, ...]], folder: Path) -> None:
    play = Play(folder)
    try:
        await play.start()
        for op in (*BEGINNING, *history):
            await play.step(op)
        await play.check()
    finally:
        await play.store.close()


def test_the_organisation_is_what_a_plain_model_says(scratch: Path) -> None:
    @settings(max_examples=100)
    @given(st.lists(OPS, min_size=10, max_size=30))
    def hold(history: list[tuple[Any, ...]]) -> None:
        folder = scratch / "directory"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        asyncio.run(_play(history, folder))

    hold()

    # A search that never gets to a refusal proves nothing about it.
    wanted = {"create 60102", "create 60104", "update 60121", "delete 33012", "dept 60021", "move 60010", "drop 60005", "drop 60006", "join 33012"}
    assert {*wanted, "create 0", "move 0", "lead 0", "drop 0", "scope 0", "part 0"} <= set(REACHED), REACHED


async def _noted(folder: Path) -> list[tuple[str, Any]]:
    play = Play(folder)
    try:
        await play.start()
        moves = [
            ("update", "b", NUMBERS[2], None),
            ("update", "b", NUMBERS[2], None),
            ("move", 2, 0),
            ("part", 0, ("a",)),
            ("delete", "b"),
            ("drop", 2),
        ]
        for op in (*BEGINNING, *moves):
            await play.step(op)
        rows = await play.store.read(lambda tx: tx.all("directory_change.page", corp=play.grant.corp.no, after=0, limit=100))
        assert len({n for n, *_rest in rows}) == len(rows)
        return [(kind, json.loads(data)) for _n, kind, data, _at in rows]
    finally:
        await play.store.close()


def test_what_changes_is_noted_once_for_those_who_tell_applications(scratch: Path) -> None:
    folder = scratch / "noted"
    folder.mkdir()
    noted = asyncio.run(_noted(folder))

    assert noted == [
        ("org_dept_create", {"depts": [2]}),
        ("org_dept_create", {"depts": [3]}),
        ("user_add_org", {"userids": ["a"]}),
        ("user_add_org", {"userids": ["b"]}),
        ("label_conf_add", {"roles": [2]}),
        ("label_conf_add", {"roles": [3]}),
        ("label_user_change", {"action": "add", "roles": [2], "userids": ["a"]}),
        ("org_dept_modify", {"depts": [2]}),
        ("user_modify_org", {"userids": ["b"]}),
        ("org_dept_modify", {"depts": [3]}),
        ("label_user_change", {"action": "remove", "roles": [2], "userids": ["a"]}),
        ("user_leave_org", {"userids": ["b"]}),
        ("org_dept_remove", {"depts": [3]}),
    ]
