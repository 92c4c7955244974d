"""Operators of the console, each one's own password, and the log of what they changed."""

import msgspec
from starlette.responses import Response

from hongyan.access.audit import PAGE_MAX, page_audit_txn
from hongyan.access.operators import (
    Operator,
    Role,
    change_role_txn,
    create_operator_txn,
    disable_operator_txn,
    enable_operator_txn,
    load_operator_txn,
    make_link_txn,
    open_session_txn,
    page_operators_txn,
    set_password_txn,
)
from hongyan.access.passwords import password_problem
from hongyan.console.desk.frame import PREFIX, Desk, Page, address_of, go_to
from hongyan.console.desk.sign_in import first_problem, keep_session
from hongyan.console.times import Times
from hongyan.model.clock import DEFAULT_ZONE


class OperatorTexts(msgspec.Struct, frozen=True):
    lead: str
    add: str
    role: str
    state: str
    since: str
    live: str
    disabled: str
    disable: str
    enable: str
    change: str
    new_link: str
    link_made: str
    no_password: str
    last_administrator: str
    sure: str
    current: str
    new_password: str
    changed: str
    when: str
    who: str
    what: str
    subject: str
    detail: str
    where: str
    audit_lead: str
    all_operators: str


_TEXTS = {
    "zh": OperatorTexts(
        lead="能登录这个控制台的人。新用户用一次性链接登录，然后自己设置密码。",
        add="添加用户",
        role="角色",
        state="状态",
        since="创建于",
        live="正常",
        disabled="已停用",
        disable="停用",
        enable="恢复",
        change="更改",
        new_link="生成登录链接",
        link_made="给 {name} 的一次性登录链接，10 分钟内有效，只显示这一次：",
        no_password="未设密码",
        last_administrator="至少要有一个管理员，没有做任何改动。",
        sure="停用 {name}？他会立即退出登录。",
        current="当前密码",
        new_password="新密码",
        changed="密码已更改，其他地方的登录都已退出。",
        when="时间",
        who="操作人",
        what="操作",
        subject="对象",
        detail="内容",
        where="来源地址",
        audit_lead="控制台里的每一次改动，最新的在前。",
        all_operators="所有用户",
    ),
    "en": OperatorTexts(
        lead="Who can sign in to this console. New operators come in by a link that works once, and set their password themselves.",
        add="Add operator",
        role="Role",
        state="State",
        since="Since",
        live="active",
        disabled="disabled",
        disable="Disable",
        enable="Enable",
        change="Change",
        new_link="Make sign-in link",
        link_made="A sign-in link for {name}. It works once, within 10 minutes, and is shown only now:",
        no_password="no password",
        last_administrator="There must be one administrator. Nothing was changed.",
        sure="Disable {name}? They are signed out at once.",
        current="Current password",
        new_password="New password",
        changed="The password is changed. Sessions elsewhere have ended.",
        when="Time",
        who="Operator",
        what="Action",
        subject="Subject",
        detail="Details",
        where="Address",
        audit_lead="Every change made in the console, newest first.",
        all_operators="All operators",
    ),
}


async def list_operators(desk: Desk, *, status: int = 200, problem: str = "", link: tuple[str, str] = ("", "")) -> Response:
    operators = await desk.engine.store.read(page_operators_txn)
    times = Times(desk.t, DEFAULT_ZONE, desk.engine.clock.now())
    x = _TEXTS[desk.t.lang]
    return desk.page("desk/operators.html", status=status, x=x, operators=operators, times=times, roles=list(Role), problem=problem, link=link)


async def add_operator(desk: Desk) -> Response:
    form = await desk.form()
    name, role = form.get("name", "").strip(), form.get("role", "")
    if first_problem(name, "", "") == "empty_name" or role not in list(Role):
        return await list_operators(desk, status=400, problem=desk.w.password_problems["empty_name"])
    store = desk.engine.store
    made = await store.write(create_operator_txn, name, Role(role), "", desk.deed("operator.create", name, role=role))
    if made is None:
        return await list_operators(desk, status=409, problem=desk.w.password_problems["taken"])
    return await _show_link(desk, made)


async def make_link(desk: Desk) -> Response:
    operator = await _asked(desk)
    if operator is None or not operator.live:
        return await list_operators(desk, status=404, problem=desk.w.not_there)
    return await _show_link(desk, operator)


async def _show_link(desk: Desk, operator: Operator) -> Response:
    token = await desk.engine.store.write(make_link_txn, operator.no, desk.deed("operator.link", operator.name))
    base = str(desk.request.base_url).rstrip("/")
    return await list_operators(desk, link=(operator.name, f"{base}{PREFIX}/enter?token={token}"))


async def change_role(desk: Desk) -> Response:
    operator, role = await _asked(desk), (await desk.form()).get("role", "")
    if operator is None or role not in list(Role):
        return await list_operators(desk, status=404, problem=desk.w.not_there)
    deed = desk.deed("operator.role", operator.name, before=operator.role.value, after=role)
    if not await desk.engine.store.write(change_role_txn, operator.no, Role(role), deed):
        return await list_operators(desk, status=409, problem=_TEXTS[desk.t.lang].last_administrator)
    return go_to(f"{PREFIX}/operators")


async def disable_operator(desk: Desk) -> Response:
    operator = await _asked(desk)
    if operator is None:
        return await list_operators(desk, status=404, problem=desk.w.not_there)
    if not await desk.engine.store.write(disable_operator_txn, operator.no, desk.deed("operator.disable", operator.name)):
        return await list_operators(desk, status=409, problem=_TEXTS[desk.t.lang].last_administrator)
    return go_to(f"{PREFIX}/operators")


async def enable_operator(desk: Desk) -> Response:
    operator = await _asked(desk)
    if operator is None:
        return await list_operators(desk, status=404, problem=desk.w.not_there)
    await desk.engine.store.write(enable_operator_txn, operator.no, desk.deed("operator.enable", operator.name))
    return go_to(f"{PREFIX}/operators")


async def _asked(desk: Desk) -> Operator | None:
    return await desk.engine.store.read(load_operator_txn, desk.request.path_params["no"])


# --- one's own password


async def ask_password(desk: Desk, *, status: int = 200, problem: str = "", done: bool = False) -> Response:
    operator = await desk.engine.store.read(load_operator_txn, desk.session.operator)
    has_one = operator is not None and bool(operator.password)
    return desk.page("desk/password.html", status=status, x=_TEXTS[desk.t.lang], has_one=has_one, problem=problem, done=done)


async def change_password(desk: Desk) -> Response:
    form, engine, session = await desk.form(), desk.engine, desk.session
    operator = await engine.store.read(load_operator_txn, session.operator)
    if operator is None or (operator.password and not await engine.passwords.matches(form.get("current", ""), operator.password)):
        return await ask_password(desk, status=401, problem=desk.w.wrong)
    new = form.get("password", "")
    problem = password_problem(new, session.name) or ("differs" if new != form.get("again") else "")
    if problem:
        return await ask_password(desk, status=400, problem=desk.w.password_problems[problem])
    hashed = await engine.passwords.hash(new)
    await engine.store.write(set_password_txn, session.operator, hashed, desk.deed("operator.password", session.name))
    fresh = await engine.store.write(open_session_txn, session.operator, address_of(desk.request))
    response = await ask_password(desk, done=True)
    if fresh:
        keep_session(response, desk.request, fresh)
    return response


# --- the log


async def show_audit(desk: Desk) -> Response:
    query = desk.request.query_params
    before, actor = query.get("before", ""), query.get("actor", "")[:64]
    position = int(before) if before.isdecimal() and len(before) < 16 else 1 << 53
    entries = await desk.engine.store.read(page_audit_txn, position, PAGE_MAX + 1, actor)
    times = Times(desk.t, DEFAULT_ZONE, desk.engine.clock.now())
    operators = await desk.engine.store.read(page_operators_txn)
    older = entries[PAGE_MAX - 1].n if len(entries) > PAGE_MAX else None
    corps = {corp.no: corp for corp in desk.corps}
    x = _TEXTS[desk.t.lang]
    return desk.page("desk/audit.html", x=x, entries=entries[:PAGE_MAX], times=times, actor=actor, operators=operators, older=older, corps=corps)


PAGES = (
    Page("/operators", "operators", list_operators, Role.ADMINISTRATOR),
    Page("/operators", "operators", add_operator, Role.ADMINISTRATOR, "POST"),
    Page("/operators/{no:int}/link", "operators", make_link, Role.ADMINISTRATOR, "POST"),
    Page("/operators/{no:int}/role", "operators", change_role, Role.ADMINISTRATOR, "POST"),
    Page("/operators/{no:int}/disable", "operators", disable_operator, Role.ADMINISTRATOR, "POST"),
    Page("/operators/{no:int}/enable", "operators", enable_operator, Role.ADMINISTRATOR, "POST"),
    Page("/password", "password", ask_password),
    Page("/password", "password", change_password, Role.VIEWER, "POST"),
    Page("/audit", "audit", show_audit, Role.ADMINISTRATOR),
)
