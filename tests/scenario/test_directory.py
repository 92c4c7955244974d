"""The organisation as applications read and change it."""

from typing import Any

import pytest
from contact_calls import Contacts
from directory_errors import fenced_token

from harness import World
from hongyan.access.records import ALL_SCOPES, FIELD_EMAIL, FIELD_MOBILE
from hongyan.directory.edit import OrgChange, RoleEntry, UserEntry

RICH = {
    "name": "张三",
    "mobile": "18513027676",
    "telephone": "010-86123456-2345",
    "job_number": "4",
    "title": "技术总监",
    "email": "test@xxx.com",
    "org_email": "test@corp.com",
    "work_place": "未来park",
    "remark": "备注备注",
    "hide_mobile": False,
    "senior_mode": False,
    "hired_date": 1597573616828,
    "manager_userid": "u1",
    "dept_id_list": "10,20",
    "dept_order_list": [{"dept_id": 20, "order": 5}],
    "dept_title_list": [{"dept_id": 10, "title": "资深产品经理"}],
    "extension": {"爱好": "旅游"},
}


@pytest.fixture
def contacts(world: World) -> Contacts:
    return Contacts(world)


def test_a_created_person_is_answered_as_documented(contacts: Contacts) -> None:
    made = contacts.ok("v2/user/create", userid="zhangsan", **RICH)
    contacts.ok("v2/department/update", dept_id=20, dept_manager_userid_list="zhangsan")
    contacts.ok("role/addrolesforemps", roleIds="7", userIds="zhangsan")
    found = contacts.user("zhangsan")

    assert set(made) == {"userid", "unionId"}
    assert found == {
        "userid": "zhangsan",
        "unionid": made["unionId"],
        "name": "张三",
        "avatar": "",
        "title": "技术总监",
        "mobile": "18513027676",
        "state_code": "86",
        "hide_mobile": False,
        "telephone": "010-86123456-2345",
        "job_number": "4",
        "email": "test@xxx.com",
        "org_email": "test@corp.com",
        "work_place": "未来park",
        "remark": "备注备注",
        "extension": '{"爱好":"旅游"}',
        "hired_date": 1597573616828,
        "active": True,
        "real_authed": True,
        "admin": False,
        "boss": False,
        "senior": False,
        "exclusive_account": False,
        "manager_userid": "u1",
        "dept_id_list": [10, 20],
        "dept_order_list": [{"dept_id": 10, "order": 0}, {"dept_id": 20, "order": 5}],
        "leader_in_dept": [{"dept_id": 10, "leader": False}, {"dept_id": 20, "leader": True}],
        "dept_position_list": [{"dept_id": 10, "title": "资深产品经理", "is_main": True}],
        "role_list": [{"id": 7, "name": "主管", "group_name": "默认"}],
        "union_emp_ext": {},
    }


def test_what_is_not_set_is_absent(contacts: Contacts) -> None:
    found = contacts.user("u1")

    assert not {"title", "mobile", "state_code", "email", "extension", "hired_date", "manager_userid", "dept_position_list"} & set(found)


def test_an_update_changes_what_it_names_alone(contacts: Contacts) -> None:
    contacts.ok("v2/user/create", userid="zhangsan", **RICH)
    before = contacts.user("zhangsan")
    contacts.ok("v2/user/update", userid="zhangsan", title="总经理", remark="")
    after = contacts.user("zhangsan")

    assert after == {**before, "title": "总经理"}


def test_an_update_can_empty_a_field_and_merge_the_extension(contacts: Contacts) -> None:
    contacts.ok("v2/user/create", userid="zhangsan", **RICH)
    contacts.ok(
        "v2/user/update", userid="zhangsan", remark="", force_update_fields="remark,hired_date", extension='{"年龄":"24"}', ext_attrs_update_mode=1
    )
    merged = contacts.user("zhangsan")
    contacts.ok("v2/user/update", userid="zhangsan", extension={"年龄": "25"})

    assert "remark" not in merged and "hired_date" not in merged
    assert merged["extension"] == '{"爱好":"旅游","年龄":"24"}'
    assert contacts.user("zhangsan")["extension"] == '{"年龄":"25"}'


def test_a_person_without_a_userid_gets_one(contacts: Contacts) -> None:
    first = contacts.ok("v2/user/create", name="甲", mobile="13900000001", dept_id_list="10")["userid"]
    second = contacts.ok("v2/user/create", name="乙", mobile="13900000002", dept_id_list=[10, 20])["userid"]

    assert first != second and first.isdigit()
    assert contacts.user(second)["dept_id_list"] == [10, 20]


def test_required_parameters_have_their_names(contacts: Contacts) -> None:
    for path, names in {
        "v2/user/create": {"name": "x", "mobile": "13900000001", "dept_id_list": "10"},
        "v2/user/list": {"dept_id": 10, "cursor": 0, "size": 10},
        "v2/department/create": {"name": "x", "parent_id": 1},
        "role/addrolesforemps": {"roleIds": "7", "userIds": "u3"},
    }.items():
        for name in names:
            reply = contacts.ask(f"/topapi/{path}", **{other: value for other, value in names.items() if other != name})

            assert (reply["errcode"], reply["errmsg"]) == (40, f"Missing required arguments:{name}"), path


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("v2/user/get", {"userid": "x" * 65}, "userid"),
        ("v2/user/list", {"dept_id": "ten", "cursor": 0, "size": 1}, "dept_id"),
        ("v2/user/list", {"dept_id": 10, "cursor": 0, "size": 1, "order_field": "random"}, "order_field"),
        ("v2/user/create", {"name": "n" * 81, "mobile": "13900000001", "dept_id_list": "10"}, "name"),
        ("v2/user/create", {"name": "n", "mobile": "13900000001", "dept_id_list": ",".join(map(str, range(1, 102)))}, "dept_id_list"),
        ("role/addrolesforemps", {"roleIds": "7", "userIds": ",".join(f"u{n}" for n in range(21))}, "userIds"),
        ("v2/user/update", {"userid": "u1", "extension": "[1]"}, "extension"),
    ],
)
def test_a_wrong_type_or_length_is_41(contacts: Contacts, path: str, body: dict[str, Any], name: str) -> None:
    reply = contacts.ask(f"/topapi/{path}", **body)

    assert (reply["errcode"], reply["errmsg"]) == (41, f"Invalid arguments:{name}")


def test_a_list_pages_with_a_growing_cursor_in_every_order(contacts: Contacts) -> None:
    for n in range(7):
        contacts.create(f"p{n}", dept_id_list="30", dept_order_list=[{"dept_id": 30, "order": n % 3}])
    contacts.ok("v2/user/update", userid="p0", title="x")

    def names(order: str) -> list[str]:
        return [one["userid"] for one in contacts.members(30, size=2, order_field=order)]

    assert names("entry_asc") == [f"p{n}" for n in range(7)]
    assert names("entry_desc") == [f"p{n}" for n in reversed(range(7))]
    assert names("custom") == ["p2", "p5", "p1", "p4", "p0", "p3", "p6"]
    assert names("modify_desc")[0] == "p0" and names("modify_asc")[-1] == "p0"


def test_the_simple_lists(contacts: Contacts) -> None:
    simple = contacts.ok("user/listsimple", dept_id=30, cursor=0, size=10)
    contacts.create("p1", dept_id_list="30")

    assert simple == {"has_more": False, "list": []}
    assert contacts.ok("user/listsimple", dept_id=30, cursor=0, size=10)["list"] == [{"userid": "p1", "name": "名p1"}]
    assert contacts.ok("user/listid", dept_id=30) == {"userid_list": ["p1"]}


def test_people_are_counted_and_found(contacts: Contacts, world: World) -> None:
    world.change(OrgChange(users=(UserEntry("sleeper", "未激活", active=False),)))
    contacts.create("p1", mobile="+86-13900000009")

    assert contacts.ok("user/count", only_active="false") == {"count": 14}
    assert contacts.ok("user/count", only_active=True) == {"count": 13}
    assert contacts.ok("v2/user/getbymobile", mobile="+86-13900000009") == {"userid": "p1"}
    assert contacts.ok("user/getbyunionid", unionid=contacts.user("p1")["unionid"]) == {"contact_type": 0, "userid": "p1"}


def test_administrators_are_who_has_their_role(contacts: Contacts, world: World) -> None:
    world.change(OrgChange(roles=(RoleEntry(8, "主管理员", "默认", ("u1",)), RoleEntry(9, "子管理员", "", ("u1", "u2")))))

    assert contacts.ok("user/listadmin") == [{"userid": "u1", "sys_level": 1}, {"userid": "u2", "sys_level": 2}]
    assert contacts.user("u2")["admin"] is True


def test_departments_are_answered_as_documented(contacts: Contacts) -> None:
    dept = contacts.ok("v2/department/create", name="财务部", parent_id=10, order=3, create_dept_group=True, source_identifier="HR")["dept_id"]
    brief = {"dept_id": dept, "name": "财务部", "parent_id": 10, "create_dept_group": True, "auto_add_user": False, "from_union_org": False}
    root, found = contacts.ok("v2/department/get", dept_id=1), contacts.ok("v2/department/get", dept_id=dept)

    assert "parent_id" not in root and root["member_count"] == 12 and root["owning_member_count"] == 0
    assert contacts.below(10) == [
        {"dept_id": 11, "name": "后端", "parent_id": 10, "create_dept_group": False, "auto_add_user": False, "from_union_org": False},
        {**brief, "source_identifier": "HR"},
    ]
    assert found["order"] == 3 and found["dept_manager_userid_list"] == [] and found["brief"] == "" and "code" not in found
    assert contacts.ok("v2/department/listsubid", dept_id=10) == {"dept_id_list": [11, dept]}
    assert contacts.ok("v2/department/listparentbydept", dept_id=dept) == {"parent_id_list": [dept, 10, 1]}
    assert [one["dept_id"] for one in contacts.ok("v2/department/listsub")] == [10, 20, 30]


def test_the_ways_up_from_a_person(contacts: Contacts) -> None:
    contacts.create("p1", dept_id_list="11,20")

    found = contacts.ok("v2/department/listparentbyuser", userid="p1")
    assert found == {"parent_list": [{"parent_dept_id_list": [11, 10, 1]}, {"parent_dept_id_list": [20, 1]}]}


def test_managers_are_leaders_until_they_leave(contacts: Contacts) -> None:
    contacts.ok("v2/department/update", dept_id=10, dept_manager_userid_list=["u3", "u6"], hide_dept=True)
    assert contacts.user("u3")["leader_in_dept"] == [{"dept_id": 10, "leader": True}]
    contacts.ok("v2/user/delete", userid="u3")
    found = contacts.ok("v2/department/get", dept_id=10)

    assert found["dept_manager_userid_list"] == ["u6"] and found["hide_dept"] is True
    contacts.ok("v2/department/update", dept_id=10, dept_manager_userid_list="")
    assert contacts.ok("v2/department/get", dept_id=10)["dept_manager_userid_list"] == []


def test_roles_and_groups(contacts: Contacts) -> None:
    group = contacts.ask("/role/add_role_group", name="工程师")
    role = contacts.ask("/role/add_role", roleName="架构师", groupId=group["groupId"])
    contacts.ok("role/addrolesforemps", roleIds=str(role["roleId"]), userIds="u1,u2,u3")
    contacts.ok("role/removerolesforemps", roleIds=str(role["roleId"]), userIds="u2")
    contacts.ok("role/scope/update", userid="u3", role_id=role["roleId"], dept_ids="10,20")
    renamed = contacts.ask("/role/update_role", roleId=role["roleId"], roleName="首席")

    assert group == {"errcode": 0, "errmsg": "ok", "groupId": group["groupId"]}
    assert renamed == {"errcode": 0, "errmsg": "ok"}
    listed = contacts.groups()
    assert {"groupId": group["groupId"], "name": "工程师", "roles": [{"id": role["roleId"], "name": "首席"}]} in listed
    assert contacts.ok("role/simplelist", role_id=role["roleId"], size=1, offset=0) == {
        "hasMore": True,
        "nextCursor": 1,
        "list": [{"userid": "u3", "name": "人3", "manageScopes": [{"dept_id": 10, "name": "研发"}, {"dept_id": 20, "name": "市场"}]}],
    }
    assert contacts.role_members(role["roleId"], 1)[1] == {"userid": "u1", "name": "人1", "manageScopes": []}
    top = contacts.ask("/topapi/role/getrole", roleId=role["roleId"])
    assert top["role"] == {"groupId": group["groupId"], "name": "首席"} and "result" not in top
    found = contacts.ask("/topapi/role/getrolegroup", group_id=group["groupId"])["role_group"]
    assert found == {"group_name": "工程师", "roles": [{"role_id": role["roleId"], "role_name": "首席"}]}
    contacts.ok("role/deleterole", role_id=role["roleId"])
    assert all(one["roles"] == [] for one in contacts.groups() if one["name"] == "工程师")


def test_nothing_happens_when_one_of_many_is_wrong(contacts: Contacts) -> None:
    before = contacts.role_members(7)
    assert contacts.ask("/topapi/role/addrolesforemps", roleIds="7", userIds="u5,stranger")["errcode"] == 33012
    assert contacts.ask("/topapi/role/addrolesforemps", roleIds="7,99", userIds="u5")["errcode"] == 33011

    assert contacts.role_members(7) == before


def test_somebody_who_loses_a_role_loses_its_departments(contacts: Contacts) -> None:
    contacts.ok("role/scope/update", userid="u1", role_id=7, dept_ids="10")
    contacts.ok("role/removerolesforemps", roleIds="7", userIds="u1")
    contacts.ok("role/addrolesforemps", roleIds="7", userIds="u1")

    assert [one["manageScopes"] for one in contacts.role_members(7)] == [[], []]


# --- who may see what


def test_an_app_gets_mobile_and_mail_with_their_field_permission_alone(contacts: Contacts, world: World) -> None:
    contacts.ok("v2/user/create", userid="zhangsan", **RICH)
    world.add_app("blind", scopes=[scope for scope in ALL_SCOPES if scope not in (FIELD_MOBILE, FIELD_EMAIL)])
    seen = Contacts(world, world.get_token("blind", "s")).user("zhangsan")

    assert not {"mobile", "state_code", "email", "org_email"} & set(seen)
    assert seen["telephone"] and seen["remark"]


def test_a_third_party_app_sees_its_range_and_no_private_field(contacts: Contacts, world: World) -> None:
    contacts.ok("v2/user/create", userid="zhangsan", **RICH)
    suite = Contacts(world, fenced_token(world))
    private = {"mobile", "state_code", "telephone", "email", "org_email", "work_place", "remark", "extension", "hired_date"}

    assert not private & set(suite.user("zhangsan")), "one of the person's departments is in the range"
    assert [one["userid"] for one in suite.members(20)][-1] != "u1"
    assert suite.ok("user/count", only_active=False)["count"] == len(list(suite.members(20)))
    assert suite.get("/auth/scopes")["auth_org_scopes"] == {"authed_user": [], "authed_dept": [20]}
    assert suite.ask("/topapi/v2/user/create", name="x")["sub_code"] == "60011"
    assert suite.ask("/topapi/v2/user/getbymobile", mobile="18513027676")["sub_code"] == "60011"
    found = world.v1("/v1.0/contact/users/search", {"queryWord": "人"}, token=suite.token).json()
    assert set(found["list"]) == {one["userid"] for one in suite.members(20)} - {"zhangsan"}


def test_an_app_without_the_permission_is_refused(world: World) -> None:
    world.add_app("poor", scopes=("qyapi_base",))
    poor = Contacts(world, world.get_token("poor", "s"))

    assert poor.ask("/topapi/v2/user/get", userid="u1")["sub_code"] == "60011"
    assert poor.ask("/role/add_role", roleName="x", groupId=1)["errcode"] == 60011


def test_the_visible_range_of_an_internal_app_is_everything(contacts: Contacts) -> None:
    assert contacts.get("/auth/scopes") == {
        "condition_field": [],
        "auth_user_field": [
            *("jobnumber", "isLeader", "name", "position", "isAdmin", "avatar", "department", "userid", "deviceId", "isHide"),
            *("mobile", "email", "orgEmail"),
        ],
        "auth_org_scopes": {"authed_user": [], "authed_dept": [1]},
    }


def test_searching_people_and_departments(world: World) -> None:
    users = world.v1("/v1.0/contact/users/search", {"queryWord": "人1", "offset": 0, "size": 3}).json()
    exact = world.v1("/v1.0/contact/users/search", {"queryWord": "人1", "offset": 0, "size": 3, "fullMatchField": 1}).json()
    depts = world.v1("/v1.0/contact/departments/search", {"queryWord": "部门", "offset": 0, "size": 10}).json()

    assert users == {"hasMore": True, "totalCount": 4, "list": ["u1", "u10", "u11"]} or users["totalCount"] == 4
    assert exact == {"hasMore": False, "totalCount": 1, "list": ["u1"]}
    assert depts == {"hasMore": False, "totalCount": 1, "list": [30]}
    missing = world.v1("/v1.0/contact/users/search", {"offset": 0})
    assert (missing.status_code, missing.json()["code"]) == (400, "MissingqueryWord")


def test_a_code_tells_once_who_the_reader_is(contacts: Contacts, world: World) -> None:
    code = world.admin("POST", "/inboxes/u1/code").json()["code"]
    late = world.admin("POST", "/inboxes/u1/code").json()["code"]
    found = contacts.ok("v2/user/getuserinfo", code=code)

    unionid = contacts.user("u1")["unionid"]
    about = {"userid": "u1", "unionid": unionid, "device_id": "", "sys": False, "sys_level": 0, "name": "人1", "associated_unionid": unionid}
    assert found == about
    assert contacts.ask("/topapi/v2/user/getuserinfo", code=code)["errcode"] == 40078
    world.advance(5 * 60_000)
    assert contacts.ask("/topapi/v2/user/getuserinfo", code=late)["errcode"] == 40078


# --- the older interfaces


def test_the_older_interfaces_tell_the_same(contacts: Contacts, world: World) -> None:
    contacts.ok("v2/user/create", userid="zhangsan", **RICH)
    world.change(OrgChange(roles=(RoleEntry(8, "主管理员", "默认", ("u1",)),)))
    user = contacts.get("/user/get", userid="zhangsan")

    assert user["position"] == "技术总监" and user["department"] == [10, 20] and user["orderInDepts"] == "{10:0,20:5}"
    assert user["jobnumber"] == "4" and user["isAdmin"] is False and user["isLeaderInDepts"] == "{10:false,20:false}"
    assert contacts.get("/user/simplelist", department_id=30) == {"hasMore": False, "userlist": []}
    page = contacts.get("/user/listbypage", department_id=20, offset=0, size=1)
    assert page["hasMore"] is True and page["userlist"][0]["userid"] == "zhangsan" and page["userlist"][0]["order"] == 5
    assert len(contacts.get("/user/list", department_id=20)["userlist"]) == 5
    assert contacts.get("/user/getDeptMember", deptId=30) == {"userIds": []}
    assert contacts.get("/user/get_by_mobile", mobile="18513027676") == {"userid": "zhangsan"}
    assert contacts.get("/user/getUseridByUnionid", unionid=user["unionid"]) == {"contactType": 0, "userid": "zhangsan"}
    assert contacts.get("/user/get_admin") == {"adminList": [{"userid": "u1", "sys_level": 1}]}
    assert contacts.get("/user/get_org_user_count", onlyActive=0) == {"count": 13}
    assert contacts.get("/department/list", id=1, fetch_child="false")["department"][0] == {
        "id": 10,
        "name": "研发",
        "parentid": 1,
        "createDeptGroup": False,
        "autoAddUser": False,
    }
    assert [one["id"] for one in contacts.get("/department/list")["department"]] == [1, 10, 20, 30, 11]
    assert contacts.get("/department/get", id=11)["parentid"] == 10
    assert contacts.get("/department/list_ids", id=10) == {"sub_dept_id_list": [11]}
    assert contacts.get("/department/list_parent_depts_by_dept", id=11) == {"parentIds": [11, 10, 1]}
    assert contacts.get("/department/list_parent_depts", userId="zhangsan") == {"department": [[10, 1], [20, 1]]}
    code = world.admin("POST", "/inboxes/u1/code").json()["code"]
    assert contacts.get("/user/getuserinfo", code=code) == {"userid": "u1", "name": "人1", "is_sys": True, "sys_level": 1}


# --- what a change means for sends


def test_a_send_reaches_who_is_there_at_that_moment(contacts: Contacts, world: World) -> None:
    world.observe_all_but()
    dept = contacts.ok("v2/department/create", name="新部门", parent_id=20)["dept_id"]
    contacts.create("p1", dept_id_list=str(dept))
    below_20 = {"u2", "u5", "u8", "u11", "p1"}

    def reached(**to: Any) -> set[str]:
        return world.people(world.send_ok(userid_list=None, **to), "unread")

    assert reached(dep_id_list="20") == below_20
    contacts.ok("v2/department/update", dept_id=dept, parent_id=10)
    assert reached(dep_id_list="20") == below_20 - {"p1"}
    assert "p1" in reached(dep_id_list="10")
    contacts.ok("v2/user/update", userid="p1", dept_id_list="30")
    assert reached(dep_id_list="30") == {"p1"}
    contacts.ok("role/addrolesforemps", roleIds="7", userIds="p1")
    assert reached(roleIds="7") == {"u1", "u2", "p1"}
    contacts.ok("role/removerolesforemps", roleIds="7", userIds="u1")
    assert reached(roleIds="7") == {"u2", "p1"}
    contacts.ok("v2/user/delete", userid="p1")
    assert reached(roleIds="7") == {"u2"}
    assert world.send(userid_list="p1")["errcode"] == 800022


def test_a_userid_that_comes_back_is_a_new_person(contacts: Contacts, world: World) -> None:
    world.send_ok(userid_list="u4")
    before = contacts.user("u4")["unionid"]
    contacts.ok("v2/user/delete", userid="u4")
    contacts.create("u4")

    assert contacts.user("u4")["unionid"] != before
    assert world.inbox("u4") == []
