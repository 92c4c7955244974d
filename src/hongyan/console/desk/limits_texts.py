"""What the pages of limits say, in both languages."""

import msgspec


class LimitTexts(msgspec.Struct, frozen=True):
    """One language. `{…}` fields are filled in by the page."""

    lead: str
    tabs: dict[str, str]
    groups: dict[str, str]
    profile: str
    profiles: dict[str, str]
    profile_how: str
    profile_change: str
    profile_sure: str
    sender: str
    kinds: dict[str, str]
    disabled: str
    today: str
    refused_today: str
    filtered_today: str
    per_window: str
    no_senders: str
    rule: str
    used: str
    limit: str
    window: str
    frees: str
    mode: str
    modes: dict[str, str]
    mode_hints: dict[str, str]
    windows: dict[str, str]
    scopes: dict[str, str]
    from_profile: str
    changed_at: str
    outcome: str
    source: str
    unpublished: str
    per_head: str
    per_person: str
    at_limit: str
    each_call: str
    near: str
    full: str
    last_days: str
    refusals: str
    left_out: str
    would: str
    chart_text: str
    nothing_happened: str
    counted_from: str
    table: str
    day: str
    change: str
    change_rule: str
    scope: str
    number: str
    keep: str
    reset: str
    saved: str
    bad_number: str
    bad_choice: str
    changes: str
    changes_lead: str
    no_changes: str
    whose: str
    month_since: str


_ZH = LimitTexts(
    lead="每个服务号和应用的限额：已经用了多少、何时恢复、最近挡住了什么。",
    tabs={"senders": "按发送方", "rules": "全部规则"},
    groups={
        "mass": "服务号群发",
        "work.internal": "内部应用的工作通知",
        "work.third_party": "第三方应用的工作通知",
        "person": "接收人",
        "gateway": "接口调用",
    },
    profile="规则方案",
    profiles={"dingtalk": "dingtalk：文档公布的数值，宽松解码", "strict": "strict：同时执行网关的严格检查", "open": "open：私有平台，没有配额"},
    profile_how="整个服务器用一个方案。第一次启动时用 hongyan serve --profile（或环境变量 HONGYAN_PROFILE）选择，在这里改过之后以这里为准。单独改过的规则不受影响。",
    profile_change="更换方案",
    profile_sure="更换方案会改变所有组织的限额，从下一次发送起生效。继续？",
    sender="发送方",
    kinds={"account": "服务号", "internal": "内部应用", "third_party": "第三方应用"},
    disabled="已停用",
    today="今天",
    refused_today="今天被拒绝",
    filtered_today="今天被过滤",
    per_window="已用 / 上限",
    no_senders="这个组织还没有服务号或应用。",
    rule="规则",
    used="已用",
    limit="上限",
    window="时间窗口",
    frees="恢复时间",
    mode="状态",
    modes={"enforce": "强制", "observe": "仅观察", "off": "关闭"},
    mode_hints={"enforce": "照规则拒绝或过滤", "observe": "照常计数和解释，但不拦截", "off": "不检查"},
    windows={"call": "每次调用", "second": "每秒", "minute": "每分钟", "20 seconds": "每 20 秒", "day": "每自然日", "month": "每自然月"},
    scopes={"server": "整台服务器", "all": "本组织", "app": "单个应用", "sender": "这个发送方"},
    from_profile="方案默认值",
    changed_at="已改：{scope}",
    outcome="超出后",
    source="来源页面",
    unpublished="文档未公布数值，这是我们的默认值",
    per_head="{limit} × {people} 人",
    per_person="按人计数",
    at_limit="{count} 人已达到上限",
    each_call="每次调用单独计算",
    near="接近上限",
    full="已用完",
    last_days="最近 7 天",
    refusals="被拒绝的发送（次）",
    left_out="被过滤的人（人次）",
    would="仅观察（人次）",
    chart_text="最近 7 天，最后一天是今天：{values}",
    nothing_happened="最近 7 天没有拒绝，也没有过滤任何人。",
    counted_from="只统计计数之后的拒绝；在此之前就被拒绝的调用，见",
    table="表格",
    day="日期",
    change="更改",
    change_rule="更改：{rule}",
    scope="范围",
    number="上限",
    keep="方案默认",
    reset="恢复默认",
    saved="已保存，从下一次发送起生效。",
    bad_number="上限应是 0 到 {most} 的整数，没有做任何改动。",
    bad_choice="没有这条规则、范围或状态，没有做任何改动。",
    changes="已更改的规则",
    changes_lead="越具体的范围越优先：发送方、应用、组织、服务器。",
    no_changes="没有更改，全部使用方案默认值。",
    whose="对象",
    month_since="本月已用 {used} 次，从服务器启动起计",
)
_EN = LimitTexts(
    lead="The limits of each account and app: how much is used, when it frees up, and what they stopped lately.",
    tabs={"senders": "By sender", "rules": "All rules"},
    groups={
        "mass": "Mass sends of service accounts",
        "work.internal": "Work notices of internal apps",
        "work.third_party": "Work notices of third-party apps",
        "person": "Receivers",
        "gateway": "Calls",
    },
    profile="Profile",
    profiles={
        "dingtalk": "dingtalk: the documented numbers, lenient decoding",
        "strict": "strict: the gateway's stricter checks too",
        "open": "open: private platform, no quotas",
    },
    profile_how="One profile holds for the whole server. It is chosen at the first start with hongyan serve --profile (or HONGYAN_PROFILE); what is chosen here holds from then on. Rules that were changed by themselves stay.",
    profile_change="Change profile",
    profile_sure="Another profile changes the limits of every organisation, from the next send on. Go on?",
    sender="Sender",
    kinds={"account": "Service account", "internal": "Internal app", "third_party": "Third-party app"},
    disabled="Disabled",
    today="Today",
    refused_today="Refused today",
    filtered_today="Left out today",
    per_window="Used / limit",
    no_senders="This organisation has no service accounts or apps yet.",
    rule="Rule",
    used="Used",
    limit="Limit",
    window="Window",
    frees="Frees up",
    mode="Mode",
    modes={"enforce": "enforced", "observe": "observed", "off": "off"},
    mode_hints={"enforce": "it refuses or leaves out", "observe": "it counts and explains, and stops nothing", "off": "it is not looked at"},
    windows={
        "call": "each call",
        "second": "a second",
        "minute": "a minute",
        "20 seconds": "20 seconds",
        "day": "a natural day",
        "month": "a calendar month",
    },
    scopes={"server": "Whole server", "all": "This organisation", "app": "One app", "sender": "This sender"},
    from_profile="from the profile",
    changed_at="changed: {scope}",
    outcome="Beyond it",
    source="Source page",
    unpublished="No page publishes the number; this is our default",
    per_head="{limit} × {people} people",
    per_person="counted for each person",
    at_limit="{count} people are at the limit",
    each_call="counted for each call alone",
    near="near its limit",
    full="used up",
    last_days="The last 7 days",
    refusals="Sends refused",
    left_out="People left out",
    would="People observed only",
    chart_text="The last 7 days, today last: {values}",
    nothing_happened="In the last 7 days nothing was refused and nobody was left out.",
    counted_from="Refusals that rules of counting gave. For calls refused before that, see",
    table="As a table",
    day="Day",
    change="Change",
    change_rule="Change: {rule}",
    scope="For",
    number="Limit",
    keep="the profile's",
    reset="Back to default",
    saved="Saved. It holds from the next send on.",
    bad_number="The limit must be a whole number from 0 to {most}. Nothing was changed.",
    bad_choice="There is no such rule, scope or mode. Nothing was changed.",
    changes="Rules that were changed",
    changes_lead="The nearest one wins: sender, app, organisation, server.",
    no_changes="Nothing was changed: all values are the profile's.",
    whose="Whose",
    month_since="{used} calls used this month, since the server started",
)
LIMIT_TEXTS = {"zh": _ZH, "en": _EN}
