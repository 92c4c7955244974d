"""Reasons in the words of operators, in both languages."""

import msgspec


class WhyTexts(msgspec.Struct, frozen=True):
    """One language. Reasons are named by their rule, those of work notifications and of the same content by the id's last part.

    `short` is a reason in a list, `long` a sentence with its figures: `{name}`, `{used}`, `{limit}`, `{ends}`, `{twin}`.
    """

    short: dict[str, str]
    long: dict[str, str]
    places: dict[str, str]
    twin: str
    twin_recalled: str
    recalled_later: str
    looked_at: str
    about: str
    about_call: str
    about_person: str


_ZH = WhyTexts(
    short={
        "person.not_activated": "从未登录过客户端（未激活）",
        "person.blocked": "在服务号的屏蔽名单里",
        "person.not_allowed": "不在服务号的允许名单里",
        "audience": "超出单次发送人数",
        "receivers_per_minute": "超出每分钟触达人数",
        "per_person": "今天收到的工作通知已达上限",
        "same_content": "当天已收到相同内容",
        "failed": "整个任务失败",
        "invalid": "不存在这个人、部门或角色",
    },
    long={
        "person.not_activated": "{name} 从未登录过客户端（未激活），不会收到消息。",
        "person.blocked": "{name} 在这个服务号的屏蔽名单里。",
        "person.not_allowed": "这个服务号只发给允许名单里的人，{name} 不在其中。",
        "audience": "一次最多发给 {limit} 人，{name} 排在这个人数之后。",
        "receivers_per_minute": "这个应用每分钟最多触达 {limit} 人，这一分钟已满；{ends} 之后可以再发。",
        "per_person": "{name} 当天已收到这个应用的 {used} 条工作通知，上限是 {limit} 条；{ends} 重新计数。",
        "same_content": "{name} 当天已经收到过相同的内容{twin}，同一内容每天只送达一次；{ends} 之后可以再发。",
    },
    places={
        "read": "{name} 已收到，并且已读。",
        "unread": "{name} 已收到，还没有读。",
        "delayed": "{name} 会收到，{time} 送达。",
        "failed": "整个任务失败：按部门、角色或全员群发时，最多 {limit} 人。",
        "invalid": "发送时组织里没有 userid 是 {userid} 的人。",
        "unknown": "组织里没有 userid 是 {userid} 的人。",
        "preview": "预览只发给名单里的第一个 userid，{name} 不是。",
        "joined_later": "{name} 在这次发送之后才加入组织。",
        "not_addressed": "这次发送指定的人、部门和角色都不包括 {name}。",
    },
    twin="（任务 {task}，{time}）",
    twin_recalled="（任务 {task}，{time}，后来已撤回）",
    recalled_later="这次发送后来已撤回。",
    looked_at="每一条规则的判断",
    about="针对",
    about_call="整次发送",
    about_person="这个人",
)
_EN = WhyTexts(
    short={
        "person.not_activated": "has never signed in to the client",
        "person.blocked": "is on the account's list of blocked people",
        "person.not_allowed": "is not on the account's lists of allowed people",
        "audience": "came after the number of people of one send",
        "receivers_per_minute": "came after the number of people of a minute",
        "per_person": "had the day's number of notices already",
        "same_content": "had the same content that day already",
        "failed": "the task failed as a whole",
        "invalid": "names no person, department or role",
    },
    long={
        "person.not_activated": "{name} has never signed in to the client and gets nothing.",
        "person.blocked": "{name} is on this account's list of blocked people.",
        "person.not_allowed": "This account sends only to the people on its lists, and {name} is not one of them.",
        "audience": "One send reaches {limit} people at most, and {name} came after them.",
        "receivers_per_minute": "This app reaches {limit} people a minute at most, and that minute was full. It may send again after {ends}.",
        "per_person": "{name} had {used} work notices of this app that day; the limit is {limit}. It counts anew at {ends}.",
        "same_content": "{name} had the same content that day{twin}; the same content is delivered once a day. It may be sent again after {ends}.",
    },
    places={
        "read": "{name} has it and has read it.",
        "unread": "{name} has it and has not read it yet.",
        "delayed": "{name} will get it at {time}.",
        "failed": "The task failed as a whole: {limit} people at most by department, role or everyone.",
        "invalid": "Nobody had the userid {userid} when it was sent.",
        "unknown": "Nobody in the organisation has the userid {userid}.",
        "preview": "A preview goes to the first userid of the list alone, which {name} is not.",
        "joined_later": "{name} joined the organisation after it was sent.",
        "not_addressed": "None of the people, departments and roles of this send includes {name}.",
    },
    twin=" (task {task}, {time})",
    twin_recalled=" (task {task}, {time}, recalled since)",
    recalled_later="The send was recalled later.",
    looked_at="What each rule said",
    about="About",
    about_call="the send",
    about_person="this person",
)
WHY_TEXTS = {"zh": _ZH, "en": _EN}
