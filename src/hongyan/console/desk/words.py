"""What the frame of the desk says, in both languages; each page keeps its own sentences beside it."""

import msgspec
from starlette.requests import Request

from hongyan.access.operators import Role
from hongyan.console.texts import texts_of


class Words(msgspec.Struct, frozen=True):
    """One language. `{…}` fields are filled in by the page."""

    console: str
    menu: str
    organisation_now: str
    nav: dict[str, str]
    roles: dict[Role, str]
    sign_in: str
    sign_in_lead: str
    sign_out: str
    name: str
    password: str
    password_again: str
    wrong: str
    locked: str
    set_up: str
    set_up_lead: str
    set_up_done: str
    set_up_closed: str
    create_first: str
    password_hint: str
    password_problems: dict[str, str]
    link_over: str
    refused: str
    foreign_request: str
    needs_role: str
    no_corp: str
    not_there: str
    back_home: str
    save: str
    cancel: str
    newer: str
    older: str
    nothing_yet: str
    skip: str


ZH = Words(
    console="控制台",
    menu="菜单",
    organisation_now="当前组织",
    nav={
        "home": "概览",
        "inboxes": "收件箱",
        "sends": "发送记录",
        "requests": "调用记录",
        "compose": "发消息",
        "limits": "限额",
        "organisation": "组织架构",
        "apps": "应用",
        "accounts": "服务号",
        "templates": "消息模板",
        "media": "素材与文章",
        "operators": "控制台用户",
        "data": "数据与备份",
        "audit": "操作日志",
    },
    roles={Role.VIEWER: "查看者", Role.SENDER: "发送者", Role.APPROVER: "审批者", Role.ADMINISTRATOR: "管理员"},
    sign_in="登录",
    sign_in_lead="登录鸿雁控制台",
    sign_out="退出登录",
    name="用户名",
    password="密码",
    password_again="再输一次密码",
    wrong="用户名或密码不对。",
    locked="错误次数过多，请在 {time} 之后再试。",
    set_up="创建第一个管理员",
    set_up_lead="这台服务器还没有控制台用户。第一个用户是管理员，之后可以由他添加其他人。",
    set_up_done="这台服务器已经设置过了，请登录。",
    set_up_closed="这个链接不对。服务器启动时会打印正确的链接，也可以运行 hongyan operator create。",
    create_first="创建并登录",
    password_hint="至少 12 个字符，不要包含用户名。",
    password_problems={
        "short": "密码太短，至少 12 个字符。",
        "long": "密码太长，最多 200 个字符。",
        "name": "密码不能包含用户名。",
        "plain": "密码太简单，请使用更多不同的字符。",
        "common": "这个密码太常见，很快就会被猜到，请换一个。",
        "differs": "两次输入的密码不一样。",
        "empty_name": "请填写用户名，最多 64 个字符。",
        "taken": "这个用户名已被使用。",
    },
    link_over="这个登录链接已经用过或已过期。",
    refused="没有完成",
    foreign_request="这个请求不是从控制台页面发出的，没有做任何改动。",
    needs_role="这个操作需要“{role}”权限，没有做任何改动。",
    no_corp="没有这个组织。",
    not_there="没有找到。",
    back_home="回到概览",
    save="保存",
    cancel="取消",
    newer="较新",
    older="较早",
    nothing_yet="还没有内容",
    skip="跳到正文",
)

EN = Words(
    console="Console",
    menu="Menu",
    organisation_now="Organisation",
    nav={
        "home": "Overview",
        "inboxes": "Inboxes",
        "sends": "Sends",
        "requests": "Requests",
        "compose": "Compose",
        "limits": "Limits",
        "organisation": "Organisation",
        "apps": "Apps",
        "accounts": "Service accounts",
        "templates": "Templates",
        "media": "Media and articles",
        "operators": "Operators",
        "data": "Data",
        "audit": "Audit log",
    },
    roles={Role.VIEWER: "viewer", Role.SENDER: "sender", Role.APPROVER: "approver", Role.ADMINISTRATOR: "administrator"},
    sign_in="Sign in",
    sign_in_lead="Sign in to Hongyan",
    sign_out="Sign out",
    name="Name",
    password="Password",
    password_again="Password again",
    wrong="The name or the password is wrong.",
    locked="Too many wrong tries. Try again after {time}.",
    set_up="Create the first administrator",
    set_up_lead="This server has no operators yet. The first one is an administrator, who can add the others.",
    set_up_done="This server is set up already. Sign in.",
    set_up_closed="This link is not right. The server prints the right one when it starts; or run: hongyan operator create.",
    create_first="Create and sign in",
    password_hint="At least 12 characters, without the name in it.",
    password_problems={
        "short": "Too short: use at least 12 characters.",
        "long": "Too long: use at most 200 characters.",
        "name": "Do not put the name into the password.",
        "plain": "Too simple: use more different characters.",
        "common": "Too common: it would be guessed soon. Use another one.",
        "differs": "The two passwords differ.",
        "empty_name": "Give a name of 1 to 64 characters.",
        "taken": "This name is taken.",
    },
    link_over="This sign-in link was used already, or has ended.",
    refused="Not done",
    foreign_request="This request did not come from a page of the console. Nothing was changed.",
    needs_role="This needs the role {role}. Nothing was changed.",
    no_corp="There is no such organisation.",
    not_there="Not found.",
    back_home="Back to the overview",
    save="Save",
    cancel="Cancel",
    newer="Newer",
    older="Older",
    nothing_yet="Nothing yet",
    skip="Skip to the content",
)

_BY_LANGUAGE = {"zh": ZH, "en": EN}


def words_of(request: Request) -> Words:
    return _BY_LANGUAGE[texts_of(request).lang]
