"""What the pages of an organisation's people say, in both languages."""

import msgspec

from hongyan.console.desk.frame import Desk


class OrganisationTexts(msgspec.Struct, frozen=True):
    """One language. `{…}` fields are filled in by the page."""

    lead: str
    people_tab: str
    roles_tab: str
    files_tab: str
    search: str
    find: str
    search_hint: str
    found: str
    found_none: str
    clear: str
    tree: str
    more_departments: str
    add_person: str
    add_department: str
    edit_department: str
    edit: str
    with_sub: str
    direct_only: str
    headcount: str
    name: str
    userid: str
    mobile: str
    title: str
    departments: str
    state: str
    active: str
    inactive: str
    left: str
    nobody_here: str
    next_page: str
    first_page: str
    person: str
    unionid: str
    email: str
    job_number: str
    joined: str
    left_at: str
    roles: str
    leads: str
    open_inbox: str
    open_inbox_why: str
    remove_person: str
    remove_person_sure: str
    edit_person: str
    dept_ids: str
    dept_ids_hint: str
    is_active: str
    rejoin: str
    telephone: str
    org_email: str
    work_place: str
    remark: str
    manager: str
    hired_date: str
    senior: str
    boss: str
    hide_mobile: str
    avatar: str
    extension: str
    more_fields: str
    new_person: str
    userid_hint: str
    new_department: str
    parent: str
    position: str
    position_hint: str
    managers: str
    managers_hint: str
    department_name: str
    department_id: str
    department_id_hint: str
    brief: str
    remove_department: str
    remove_department_sure: str
    remove_department_hint: str
    new_role: str
    role_name: str
    group: str
    members: str
    group_hint: str
    add_members: str
    add_members_hint: str
    take_out: str
    remove_role: str
    remove_role_sure: str
    edit_role: str
    no_roles: str
    search_department: str
    search_person: str
    pick_hint: str
    nothing_changed: str
    not_possible: str
    yes: str
    no: str


ZH = OrganisationTexts(
    lead="部门、人员和角色。修改立即生效，并记入操作日志。",
    people_tab="部门和人员",
    roles_tab="角色",
    files_tab="导入和导出",
    search="搜索人员",
    find="搜索",
    search_hint="userid、姓名或手机号",
    found="“{q}”的搜索结果",
    found_none="没有人的 userid、姓名或手机号包含“{q}”。",
    clear="清除搜索",
    tree="部门",
    more_departments="还有 {n} 个部门没有列出，可以搜索",
    add_person="添加人员",
    add_department="添加子部门",
    edit_department="编辑部门",
    edit="编辑",
    with_sub="包含子部门",
    direct_only="仅本部门",
    headcount="{n} 人",
    name="姓名",
    userid="userid",
    mobile="手机号",
    title="职位",
    departments="部门",
    state="状态",
    active="已激活",
    inactive="未激活",
    left="已离职",
    nobody_here="这个部门没有人",
    next_page="下一页",
    first_page="回到第一页",
    person="人员",
    unionid="unionid",
    email="邮箱",
    job_number="工号",
    joined="加入时间",
    left_at="离开时间",
    roles="角色",
    leads="主管的部门",
    open_inbox="打开收件箱",
    open_inbox_why="以本人身份查看，会记入操作日志",
    remove_person="移出组织",
    remove_person_sure="把 {name}（{userid}）移出组织？其收件箱将无法打开。",
    edit_person="编辑人员",
    dept_ids="所属部门 ID",
    dept_ids_hint="多个部门用逗号分开；根部门是 1。",
    is_active="已激活（未激活的人收不到消息）",
    rejoin="曾经离开的同一个人回来了（恢复原来的收件箱）",
    telephone="分机号",
    org_email="企业邮箱",
    work_place="办公地点",
    remark="备注",
    manager="直属主管的 userid",
    hired_date="入职日期",
    senior="高管",
    boss="老板",
    hide_mobile="隐藏手机号",
    avatar="头像地址",
    extension="扩展属性（JSON）",
    more_fields="更多字段",
    new_person="添加人员",
    userid_hint="组织内唯一，之后不能修改。",
    new_department="添加部门",
    parent="上级部门 ID",
    position="排序值",
    position_hint="小的排在前面。",
    managers="部门主管的 userid",
    managers_hint="多个用逗号分开，必须是组织里的人。",
    department_name="部门名称",
    department_id="部门 ID",
    department_id_hint="留空自动分配。",
    brief="简介",
    remove_department="删除部门",
    remove_department_sure="删除部门“{name}”？",
    remove_department_hint="只能删除没有人员和子部门的部门。",
    new_role="新建角色",
    role_name="角色名称",
    group="角色组",
    members="成员",
    group_hint="留空属于“默认”组。",
    add_members="添加成员",
    add_members_hint="userid，用逗号、空格或换行分开。",
    take_out="移除",
    remove_role="删除角色",
    remove_role_sure="删除角色“{name}”？",
    edit_role="编辑角色",
    no_roles="还没有角色",
    search_department="搜索部门",
    search_person="搜索人员",
    pick_hint="点选后填入上面",
    nothing_changed="没有做任何改动：",
    not_possible="请检查填写的内容。",
    yes="是",
    no="否",
)

EN = OrganisationTexts(
    lead="Departments, people and roles. Changes apply at once and are kept in the audit log.",
    people_tab="Departments and people",
    roles_tab="Roles",
    files_tab="Import and export",
    search="Search people",
    find="Search",
    search_hint="userid, name or mobile",
    found="Found for “{q}”",
    found_none="Nobody has “{q}” in userid, name or mobile.",
    clear="Clear the search",
    tree="Departments",
    more_departments="{n} more departments are not listed; search for people instead",
    add_person="Add a person",
    add_department="Add a department below",
    edit_department="Edit department",
    edit="Edit",
    with_sub="With departments below",
    direct_only="This department only",
    headcount="{n} people",
    name="Name",
    userid="userid",
    mobile="Mobile",
    title="Title",
    departments="Departments",
    state="State",
    active="activated",
    inactive="not activated",
    left="left",
    nobody_here="Nobody in this department",
    next_page="Next page",
    first_page="First page",
    person="Person",
    unionid="unionid",
    email="Email",
    job_number="Job number",
    joined="Joined",
    left_at="Left",
    roles="Roles",
    leads="Leads",
    open_inbox="Open inbox",
    open_inbox_why="as this person; the audit log keeps it",
    remove_person="Remove from the organisation",
    remove_person_sure="Remove {name} ({userid}) from the organisation? The inbox cannot be opened any more.",
    edit_person="Edit person",
    dept_ids="Department ids",
    dept_ids_hint="Separate several with commas; the root is 1.",
    is_active="activated (others get no messages)",
    rejoin="The same person comes back after leaving (with the old inbox)",
    telephone="Extension",
    org_email="Work email",
    work_place="Office",
    remark="Remark",
    manager="userid of the manager",
    hired_date="Hired on",
    senior="senior executive",
    boss="boss",
    hide_mobile="hide the mobile number",
    avatar="Address of the avatar",
    extension="Further attributes (JSON)",
    more_fields="More fields",
    new_person="Add a person",
    userid_hint="Unique in the organisation; it cannot change later.",
    new_department="Add a department",
    parent="Id of the department above",
    position="Position",
    position_hint="Lower ones stand first.",
    managers="userids of those who lead it",
    managers_hint="Separate several with commas; they must be in the organisation.",
    department_name="Name",
    department_id="Department id",
    department_id_hint="Leave it blank for the next free one.",
    brief="Description",
    remove_department="Remove department",
    remove_department_sure="Remove the department {name}?",
    remove_department_hint="Only a department without people and departments can be removed.",
    new_role="New role",
    role_name="Name of the role",
    group="Role group",
    members="Members",
    group_hint="Blank: the default group.",
    add_members="Add members",
    add_members_hint="userids, separated by commas, blanks or new lines.",
    take_out="Take out",
    remove_role="Remove role",
    remove_role_sure="Remove the role {name}?",
    edit_role="Edit role",
    no_roles="No roles yet",
    search_department="Search departments",
    search_person="Search people",
    pick_hint="A click puts it in above",
    nothing_changed="Nothing was changed:",
    not_possible="Check what was filled in.",
    yes="yes",
    no="no",
)


def organisation_texts(desk: Desk) -> OrganisationTexts:
    return ZH if desk.t.lang == "zh" else EN
