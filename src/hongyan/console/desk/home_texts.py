"""What the overview says, in both languages."""

import msgspec


class HomeTexts(msgspec.Struct, frozen=True):
    """One language. `{…}` fields are filled in by the page."""

    people: str
    accepted: str
    refused: str
    refused_hint: str
    refused_sends: str
    refused_sends_hint: str
    filtered: str
    chart: str
    chart_lead: str
    day: str
    sends: str
    newest: str
    all_sends: str
    near: str
    near_none: str
    near_line: str
    full: str
    links: str
    send_one: str
    next: str
    next_lead: str
    step_people: str
    step_app: str
    step_account: str
    step_send: str
    done: str


HOME_TEXTS = {
    "zh": HomeTexts(
        people="人",
        accepted="今天已接收的发送",
        refused="今天被拒绝的调用",
        refused_hint="今天所有被拒绝的接口调用：超出限额、参数错误、缺少权限等。点开可在调用记录里查看",
        refused_sends="今天被拒绝的群发",
        refused_sends_hint="没有保留调用记录，这里只计被限额拒绝的群发",
        filtered="今天被过滤的人次",
        chart="最近 14 天的发送次数",
        chart_lead="共 {n} 次",
        day="日期",
        sends="发送",
        newest="最新发送",
        all_sends="全部发送记录",
        near="接近上限的限额",
        near_none="今天没有接近上限的限额。",
        near_line="{used} / {limit}",
        full="已用完",
        links="常用操作",
        send_one="发一条消息",
        next="下一步",
        next_lead="这个组织还没有发送过消息。可以在命令行里完成这些步骤：",
        step_people="导入组织架构（JSON Lines，每行一个部门、人员或角色）",
        step_app="创建应用，得到 AppKey 和 AppSecret",
        step_account="创建服务号",
        step_send="取得 access_token，发送第一条消息",
        done="已完成",
    ),
    "en": HomeTexts(
        people="people",
        accepted="sends accepted today",
        refused="calls refused today",
        refused_hint="Every call that was refused today: over a limit, wrong parameters, missing permissions. Opens them in the request log",
        refused_sends="mass sends refused today",
        refused_sends_hint="Calls are not kept here, so only mass sends refused by a limit are counted",
        filtered="times somebody was filtered today",
        chart="Sends of the last 14 days",
        chart_lead="{n} in all",
        day="Day",
        sends="Sends",
        newest="Newest sends",
        all_sends="All sends",
        near="Limits near their end",
        near_none="No limit is near its end today.",
        near_line="{used} / {limit}",
        full="used up",
        links="Go on to",
        send_one="Write a message",
        next="What to do next",
        next_lead="This organisation has not sent anything yet. These steps work on the command line:",
        step_people="Import the organisation (JSON Lines: one department, person or role a line)",
        step_app="Create an app, which prints its AppKey and AppSecret",
        step_account="Create a service account",
        step_send="Fetch an access_token and send the first message",
        done="done",
    ),
}
