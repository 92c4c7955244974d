"""Reasons that the rooms below give in English, for readers of Chinese. What has no translation stays as it is."""

import re

from hongyan.console.desk.frame import Desk

_MEMBERS = {
    "name": "名称",
    "userid": "userid",
    "mobile": "手机号",
    "title": "职位",
    "email": "邮箱",
    "job_number": "工号",
    "depts": "部门",
    "group": "角色组",
    "brief": "简介",
    "descr": "介绍",
    "position": "排序值",
    "parent": "上级部门",
    "dept": "部门 ID",
    "a department id": "部门 ID",
    "a scope": "权限点",
    "url": "地址",
    "token": "token",
    "description": "说明",
}
_SAID: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"(?P<m>.+) is blank", "{m}不能为空"),
        (r"(?P<m>.+) is longer than (?P<n>\d+) characters", "{m}超过 {n} 个字符"),
        (r"(?P<m>.+) contains U\+0000", "{m}含有 U+0000"),
        (r"(?P<m>.+) must be (?P<a>\d+) to (?P<b>\d+)", "{m}必须在 {a} 到 {b} 之间"),
        (r"(?P<m>.+) must be at most (?P<n>\d+)", "{m}最大为 {n}"),
        (r"(?P<m>.+) contains a slash", "{m}不能含有斜杠"),
        (r"(?P<m>\w+) has more than (?P<n>\d+) entries", "{m}超过 {n} 项"),
        (r"(?P<m>\w+) names a department twice", "同一个部门填了两次"),
        (r"department (?P<n>\d+) does not exist", "部门 {n} 不存在"),
        (r"its parent (?P<n>\d+) does not exist", "上级部门 {n} 不存在"),
        (r"its parent (?P<n>\d+) goes", "上级部门 {n} 会被删除"),
        (r"it lies below itself|department \d+ lies below itself", "部门不能位于自己下面"),
        (r"it still has members", "部门里还有人"),
        (r"nobody has this userid", "没有人使用这个 userid"),
        (r"its member (?P<n>.+) does not exist", "成员 {n} 不存在"),
        (r"there is no such role", "没有这个角色"),
        (r"is named twice", "重复出现"),
        (r"department 1 is the root and has no parent", "部门 1 是根部门，没有上级"),
        (r"(?P<k>\w+) (?P<i>\S+) stands on line (?P<n>\d+) already", "{k} {i} 已出现在第 {n} 行"),
        (r"the unionid (?P<i>\S+) stands on line (?P<n>\d+) already", "unionid {i} 已出现在第 {n} 行"),
        (r"not a JSON object in UTF-8: .*", "不是 UTF-8 编码的 JSON 对象"),
        (r"the file is neither UTF-8 nor GBK", "文件编码既不是 UTF-8 也不是 GBK"),
        (r"the column (?P<c>\S+) is missing; .*", "缺少列 {c}；第一行是列名"),
        (r"the column (?P<c>.+) is unknown; there are (?P<l>.+)", "不认识的列 {c}；可用的列：{l}"),
        (r"a column is named twice", "列名重复"),
        (r"it has (?P<a>\d+) cells, the first line has (?P<b>\d+)", "有 {a} 格，而第一行有 {b} 格"),
        (r"active must be 1 or 0", "active 只能是 1 或 0"),
        (r"depts must be department ids with ; between them", "depts 是用 ; 分开的部门 ID"),
        (r"object missing required field (?P<f>\S+).*", "缺少字段 {f}"),
        (r"object contains unknown field (?P<f>\S+).*", "不认识的字段 {f}"),
        (r"the file is of the organisation (?P<a>\S+), not (?P<b>\S+);.*", "文件属于组织 {a}，不是 {b}；要导入到这里请修改这一行"),
        (r"the account (?P<a>\S+) is disabled, which is final", "服务号 {a} 已停用，不能恢复"),
        (r"another account is called (?P<a>.+) already", "已有名为 {a} 的服务号"),
        (r"a service account is called (?P<a>.+) already", "已有名为 {a} 的服务号"),
        (r"there is no account (?P<a>.+)", "没有服务号 {a}"),
        (r"the unionid (?P<a>\S+) is taken", "unionid {a} 已被使用"),
        (r"an organisation has at most (?P<n>\d+) service accounts", "一个组织最多 {n} 个服务号"),
        (r"the app key (?P<a>.+) is taken", "AppKey {a} 已被使用"),
        (r"the agent id (?P<a>\d+) is taken", "AgentId {a} 已被使用"),
        (r"the suite id (?P<a>\d+) is taken", "SuiteId {a} 已被使用"),
        (r"(?P<a>.+) in allow_ips is no address and no network", "{a} 不是 IP 地址或网段"),
        (r"aes_key must be 43 letters and digits", "加密密钥必须是 43 位字母和数字"),
        (r"url: it must begin with http.*", "地址必须以 http:// 或 https:// 开头，并带有主机名"),
        (r"url: .*", "地址不正确"),
        (r"allow_depts must be a short list of department ids", "部门列表不正确"),
        (r"an app that is not internal needs an agent_id", "第三方应用需要 AgentId"),
        (r"details.extension must be the text of a JSON object", "扩展属性必须是 JSON 对象"),
    )
)


def say_problem(desk: Desk, reason: str) -> str:
    """The reason in the operator's language."""
    if desk.t.lang != "zh":
        return reason[:1].upper() + reason[1:]
    subject, mark, rest = reason.partition(": ")
    if mark and re.fullmatch(r"(user|department|role|role_group|unionid):\S*", subject):
        return f"{subject}：{say_problem(desk, rest)}"
    for pattern, said in _SAID:
        match = pattern.fullmatch(reason)
        if match:
            parts = match.groupdict()
            return said.format(**(parts | {"m": _MEMBERS.get(parts.get("m", ""), parts.get("m", ""))}))
    return reason
