"""What each rule is called, what it counts and what happens beyond it, in both languages."""

import msgspec


class RuleWords(msgspec.Struct, frozen=True):
    """One rule in one language, in our own words."""

    name: str
    counts: str
    beyond: str


_REFUSED_ZH, _LEFT_OUT_ZH = "整次发送被拒绝，返回错误码 {code}。", "多出的人收不到，记为“被过滤”；其他人照常收到。"
_REFUSED, _LEFT_OUT = (
    "The whole send is refused with errcode {code}.",
    "The people beyond it are left out and listed with this rule; the others get it.",
)
_WINDOW_ZH, _WINDOW = "等这个时间窗口过去即可再发。", "It frees up when the window ends."
_CALL_ZH, _CALL = "调用被拒绝，返回 {code}。", "The call is refused with {code}."


def _work_zh(app: str, audience: str, minute: str, person: str, twin: str) -> dict[str, RuleWords]:
    return {
        "audience": RuleWords(f"单次接收人数（{app}）", "一次工作通知的接收人数，先按名单顺序，再按部门。", f"{_LEFT_OUT_ZH}代码 {audience}。"),
        "receivers_per_minute": RuleWords(f"每分钟接收人数（{app}）", "应用在本组织每分钟送达的人次。", f"{_LEFT_OUT_ZH}代码 {minute}。{_WINDOW_ZH}"),
        "per_person": RuleWords(
            f"每人每天条数（{app}）", "应用一天内发给同一个人的工作通知条数。", f"这个人当天不再收到，代码 {person}；第二天恢复。"
        ),
        "same_content": RuleWords(
            f"相同内容（{app}）", "同一个人一天内收到的内容完全相同的工作通知。", f"收过的人不再收到，代码 {twin}；第二天恢复。"
        ),
        "userids_per_call": RuleWords(f"单次指定人数（{app}）", "一次调用中列出的 userid 个数。", _REFUSED_ZH.format(code=41)),
        "depts_per_call": RuleWords(f"单次指定部门数（{app}）", "一次调用中列出的部门个数。", _REFUSED_ZH.format(code=41)),
    }


def _work_en(app: str, audience: str, minute: str, person: str, twin: str) -> dict[str, RuleWords]:
    return {
        "audience": RuleWords(
            f"People of one send ({app})", "People of one work notice: by name first, then by department.", f"{_LEFT_OUT} Code {audience}."
        ),
        "receivers_per_minute": RuleWords(
            f"Receivers a minute ({app})", "People an app reaches in the organisation in one minute.", f"{_LEFT_OUT} Code {minute}. {_WINDOW}"
        ),
        "per_person": RuleWords(
            f"Notices a day to one person ({app})",
            "Work notices of an app to the same person in one day.",
            f"That person gets no more that day; code {person}.",
        ),
        "same_content": RuleWords(
            f"Same content ({app})", "Notices with the very same content to one person in one day.", f"Who has it already is left out; code {twin}."
        ),
        "userids_per_call": RuleWords(f"Userids of one call ({app})", "Userids listed in one call.", _REFUSED.format(code=41)),
        "depts_per_call": RuleWords(f"Departments of one call ({app})", "Departments listed in one call.", _REFUSED.format(code=41)),
    }


def _named(kind: str, words: dict[str, RuleWords]) -> dict[str, RuleWords]:
    return {f"work.{kind}.{name}": one for name, one in words.items()}


_INTERNAL_CODES = ("143103", "143103", "143105", "143106")
_THIRD_CODES = ("143203", "143203", "143205", "143206")
_ZH = {
    **_named("internal", _work_zh("内部应用", *_INTERNAL_CODES)),
    **_named("third_party", _work_zh("第三方应用", *_THIRD_CODES)),
    "work.internal.all_staff": RuleWords("全员消息次数", "内部应用一天内发给全员的次数。", _REFUSED_ZH.format(code=41045) + "第二天恢复。"),
    "mass.userids_per_call": RuleWords("单次指定人数", "一次群发中列出的 userid 个数。", _REFUSED_ZH.format(code=800039)),
    "mass.depts_per_call": RuleWords("单次指定部门数", "一次群发中列出的部门个数。", _REFUSED_ZH.format(code=800040)),
    "mass.roles_per_call": RuleWords("单次指定角色数", "一次群发中列出的角色个数。", _REFUSED_ZH.format(code=41)),
    "mass.account_qps": RuleWords("每秒发送次数", "服务号每秒的发送次数。", _REFUSED_ZH.format(code=800055) + _WINDOW_ZH),
    "mass.account_qpm": RuleWords("每分钟发送次数", "服务号每分钟的发送次数。", _REFUSED_ZH.format(code=800056) + _WINDOW_ZH),
    "mass.broad_frequency": RuleWords("每分钟群发次数", "服务号每分钟按部门、角色或全员发送的次数。", _REFUSED_ZH.format(code=800013) + _WINDOW_ZH),
    "mass.single_per_person": RuleWords("每人每天单聊条数", "服务号一天内单独发给同一个人的条数。", _REFUSED_ZH.format(code=800017) + "第二天恢复。"),
    "mass.sends_per_day": RuleWords("每天群发次数", "服务号一天内的群发次数，不含单聊和预览。", _REFUSED_ZH.format(code=800014) + "第二天恢复。"),
    "mass.person_times": RuleWords(
        "每天人次", "服务号一天内的接收人次；上限是组织人数乘以这个数。", _REFUSED_ZH.format(code=800057) + "第二天恢复。"
    ),
    "mass.audience_cap": RuleWords("群发人数上限", "一次群发（部门、角色或全员）的接收人数。", "整个任务失败，没有人收到；当天的配额会退回。"),
    "mass.same_content": RuleWords("相同内容", "同一个人一天内收到的服务号相同内容的群发。", "收过的人不再收到，记为“被过滤”；第二天恢复。"),
    "person.not_activated": RuleWords("未激活", "还没有激活账号的人。", "收不到，记为“被过滤”。"),
    "person.blocked": RuleWords("在黑名单里", "服务号黑名单里的人。", "收不到，记为“被过滤”。"),
    "person.not_allowed": RuleWords("不在可用范围", "不在服务号可用范围里的人。", "收不到，记为“被过滤”。"),
    "gateway.app_api_qps": RuleWords("单应用单接口每秒次数", "每个应用对每个接口每秒的调用次数。", _CALL_ZH.format(code="88/90018")),
    "gateway.api_qps": RuleWords("单接口每秒次数", "所有应用对同一个接口每秒的调用次数。", _CALL_ZH.format(code="88/90002")),
    "gateway.ip": RuleWords("单地址 20 秒次数", "每个来源地址 20 秒内的调用次数。", "这个地址被拒绝 5 分钟。"),
    "gateway.corp_month": RuleWords(
        "组织每月次数", "组织在一个自然月里的调用次数，从服务器启动起计。", _CALL_ZH.format(code="88/90020") + "下个月恢复。"
    ),
}
_EN = {
    **_named("internal", _work_en("internal app", *_INTERNAL_CODES)),
    **_named("third_party", _work_en("third-party app", *_THIRD_CODES)),
    "work.internal.all_staff": RuleWords(
        "All-staff notices a day", "Notices to everyone by one internal app in one day.", _REFUSED.format(code=41045) + " It frees up the next day."
    ),
    "mass.userids_per_call": RuleWords("Userids of one call", "Userids listed in one mass send.", _REFUSED.format(code=800039)),
    "mass.depts_per_call": RuleWords("Departments of one call", "Departments listed in one mass send.", _REFUSED.format(code=800040)),
    "mass.roles_per_call": RuleWords("Roles of one call", "Roles listed in one mass send.", _REFUSED.format(code=41)),
    "mass.account_qps": RuleWords("Sends a second", "Sends of one account in one second.", f"{_REFUSED.format(code=800055)} {_WINDOW}"),
    "mass.account_qpm": RuleWords("Sends a minute", "Sends of one account in one minute.", f"{_REFUSED.format(code=800056)} {_WINDOW}"),
    "mass.broad_frequency": RuleWords(
        "Broad sends a minute", "Sends of one account by department, role or to everyone in one minute.", f"{_REFUSED.format(code=800013)} {_WINDOW}"
    ),
    "mass.single_per_person": RuleWords(
        "Single messages a day to one person", "Messages of one account to one person alone in one day.", _REFUSED.format(code=800017)
    ),
    "mass.sends_per_day": RuleWords(
        "Mass sends a day", "Mass sends of one account in one day, without single messages and previews.", _REFUSED.format(code=800014)
    ),
    "mass.person_times": RuleWords(
        "Person-times a day",
        "Receivers of one account's sends in one day; the limit is this number for each member of the organisation.",
        _REFUSED.format(code=800057),
    ),
    "mass.audience_cap": RuleWords(
        "People of one mass send",
        "Receivers of one send by department, role or to everyone.",
        "The task fails: nobody gets it, and the day's quota is given back.",
    ),
    "mass.same_content": RuleWords(
        "Same content", "Mass sends with the very same content to one person in one day.", "Who has it already is left out."
    ),
    "person.not_activated": RuleWords("Not activated", "People who have not activated their account.", "They do not get it."),
    "person.blocked": RuleWords("Blocked", "People on the account's block list.", "They do not get it."),
    "person.not_allowed": RuleWords("Outside the account's range", "People whom the account is not open to.", "They do not get it."),
    "gateway.app_api_qps": RuleWords(
        "Calls a second by app and interface", "Calls of one app to one interface in one second.", _CALL.format(code="88/90018")
    ),
    "gateway.api_qps": RuleWords(
        "Calls a second to one interface", "Calls of all apps to one interface in one second.", _CALL.format(code="88/90002")
    ),
    "gateway.ip": RuleWords(
        "Calls of one address in 20 seconds", "Calls from one address in 20 seconds.", "The address is refused for five minutes."
    ),
    "gateway.corp_month": RuleWords(
        "Calls a month", "Calls of one organisation in a calendar month, since the server started.", _CALL.format(code="88/90020")
    ),
}
RULE_WORDS: dict[str, dict[str, RuleWords]] = {"zh": _ZH, "en": _EN}
