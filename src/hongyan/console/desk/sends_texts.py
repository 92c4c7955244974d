"""What the pages of sends say, in both languages."""

import msgspec


class SendsTexts(msgspec.Struct, frozen=True):
    """One language. `{…}` fields are filled in by the page."""

    lead: str
    states: dict[str, str]
    kinds: dict[str, str]
    types: dict[str, str]
    lists: dict[str, str]
    # filters and list
    state: str
    sender: str
    type: str
    kind: str
    text: str
    text_hint: str
    since: str
    until: str
    any: str
    find: str
    clear: str
    time: str
    message: str
    addressed: str
    delivered: str
    filtered: str
    read: str
    at_least: str
    reads_hint: str
    app: str
    account: str
    untitled: str
    no_match: str
    none: str
    looked_through: str
    search_on: str
    newest: str
    fresh: str
    uuid_refused: str
    # detail
    summary: str
    timeline: str
    accepted_at: str
    visible_at: str
    visible_from: str
    filtered_at: str
    first_read: str
    last_read: str
    recalled_at: str
    failed_at: str
    chart: str
    no_reads: str
    bucket: str
    span: str
    new_reads: str
    total_reads: str
    unplaced: str
    preview: str
    request: str
    raw_request: str
    checks: str
    no_checks: str
    rule: str
    used: str
    cost: str
    limit: str
    ends: str
    this_send: str
    outcome: str
    passed: str
    stopped: str
    left_out: str
    observed: str
    switched_off: str
    modes: dict[str, str]
    to: str
    everyone: str
    people: str
    departments: str
    roles: str
    more: str
    body: str
    flags: dict[str, str]
    template: str
    operator: str
    again_of: str
    # people
    list: str
    people_title: str
    page_before: str
    page_after: str
    as_table: str
    options: str
    name: str
    userid: str
    reason: str
    why: str
    why_person: str
    why_hint: str
    why_ask: str
    why_nobody: str
    why_several: str
    find_person: str
    find_go: str
    nobody_here: str
    not_found_here: str
    gone_on: str
    departed: str
    export: str
    observed_note: str
    # changes
    recall: str
    recall_sure: str
    recall_late: str
    again: str
    again_sure: str
    again_done: str
    again_refused: str
    recall_done: str
    app_gone: str
    sender_gone: str
    audience_gone: str
    article_gone: str


_TYPES_ZH = {
    "text": "文本",
    "image": "图片",
    "voice": "语音",
    "file": "文件",
    "link": "链接",
    "markdown": "Markdown",
    "action_card": "卡片",
    "oa": "OA",
    "news_card": "图文",
    "single_news_card": "单图文",
}
_TYPES_EN = {
    "text": "text",
    "image": "image",
    "voice": "voice",
    "file": "file",
    "link": "link",
    "markdown": "Markdown",
    "action_card": "action card",
    "oa": "OA",
    "news_card": "news card",
    "single_news_card": "single news",
}
_ZH = SendsTexts(
    lead="服务号的群发和应用的工作通知，最新的在前。",
    states={"sent": "已发送", "failed": "发送失败", "recalled": "已撤回", "delayed": "待送达"},
    kinds={"single": "单发", "mass": "群发（指定人）", "broad": "群发（部门、角色或全员）", "preview": "预览", "notice": "工作通知"},
    types=_TYPES_ZH,
    lists={"unread": "未读", "read": "已读", "filtered": "被过滤", "failed": "失败", "invalid": "无效"},
    state="状态",
    sender="服务号或应用",
    type="消息类型",
    kind="发送方式",
    text="搜索",
    text_hint="内容、task_id 或 uuid",
    since="从",
    until="到",
    any="全部",
    find="筛选",
    clear="清除筛选",
    time="时间",
    message="消息",
    addressed="接收人",
    delivered="送达",
    filtered="过滤",
    read="已读",
    at_least="{n}+",
    reads_hint="已读人数，超过 2000 时在详情里查看准确数字",
    app="应用",
    account="服务号",
    untitled="（{type}）",
    no_match="没有符合条件的发送记录。",
    none="这个组织还没有发送过消息。",
    looked_through="已查看到 {time} 为止的发送记录，更早的还没有查找。",
    search_on="继续往前查找",
    newest="回到最新",
    fresh="有新的发送",
    uuid_refused="uuid {uuid} 在 {time} 被拒绝：{code} {message}",
    summary="概要",
    timeline="时间线",
    accepted_at="接收",
    visible_at="送达 {n} 人",
    visible_from="将在这个时间送达 {n} 人",
    filtered_at="过滤 {n} 人",
    first_read="第一次已读",
    last_read="最近一次已读",
    recalled_at="撤回",
    failed_at="整个任务失败，{n} 人没有收到",
    chart="已读人数随时间的变化：到 {time} 为止，{delivered} 人中有 {read} 人已读",
    no_reads="还没有人阅读。",
    bucket="{since}–{until}：新增 {reads} 人，累计 {total} 人",
    span="时间段",
    new_reads="新增已读",
    total_reads="累计已读",
    unplaced="另有 {n} 人已读，时间没有画在图上。",
    preview="接收人看到的样子",
    request="发送请求",
    raw_request="查看原始调用",
    checks="接收时的检查",
    no_checks="这次发送没有经过按次计数的限制。",
    rule="规则",
    used="已用",
    cost="本次",
    limit="上限",
    ends="重新计数",
    this_send="仅限本次",
    outcome="结果",
    passed="通过",
    stopped="超限",
    left_out="被过滤",
    observed="超限（仅观察）",
    switched_off="未启用",
    modes={"enforce": "执行", "observe": "仅观察", "off": "关闭"},
    to="发送对象",
    everyone="全员",
    people="指定的人",
    departments="部门",
    roles="角色",
    more="等共 {n} 个",
    body="消息内容",
    flags={"allow_comment": "允许评论", "show_homepage": "显示在服务号主页", "featured": "仅精选评论"},
    template="消息模板",
    operator="操作人",
    again_of="再次发送自",
    list="名单",
    people_title="接收人名单",
    page_before="上一页",
    page_after="下一页",
    as_table="以表格查看",
    options="选项",
    name="姓名",
    userid="userid",
    reason="原因",
    why="为什么某个人没收到？",
    why_person="userid 或姓名",
    why_hint="输入任何人，查看每一条规则的判断。",
    why_ask="为什么",
    why_nobody="组织里没有 userid 或姓名是“{text}”的人。",
    why_several="有几个人符合，请选择：",
    find_person="在名单里查找",
    find_go="查找",
    nobody_here="这个名单里没有人。",
    not_found_here="在已查看的范围内没有找到。",
    gone_on="名单很长，已查看一部分。继续查找",
    departed="已离开组织",
    export="导出 CSV",
    observed_note="仅观察：如果执行规则“{rule}”，会有 {n} 人被过滤。",
    recall="撤回",
    recall_sure="撤回这次发送？所有人会立即看不到它，无法恢复。",
    recall_late="没有撤回：发送失败，或已超过 24 小时。",
    again="再次发送",
    again_sure="用新的 uuid 再发送一次？会按现在的组织架构和限额重新判断；今天已收到相同内容的人会被过滤。",
    again_done="已再次发送，这是新的任务。",
    again_refused="没有发送，被拒绝：",
    recall_done="已撤回。",
    app_gone="发送它的应用已停用。",
    sender_gone="发送它的服务号或应用已停用。",
    audience_gone="发送对象已不存在。",
    article_gone="这篇文章已删除或还没有发布。",
)
_EN = SendsTexts(
    lead="Mass sends of service accounts and work notifications of apps, newest first.",
    states={"sent": "sent", "failed": "failed", "recalled": "recalled", "delayed": "scheduled"},
    kinds={
        "single": "to one person",
        "mass": "to people by id",
        "broad": "to departments, roles or all",
        "preview": "preview",
        "notice": "work notice",
    },
    types=_TYPES_EN,
    lists={"unread": "Unread", "read": "Read", "filtered": "Filtered", "failed": "Failed", "invalid": "Invalid"},
    state="State",
    sender="Account or app",
    type="Type",
    kind="Kind",
    text="Search",
    text_hint="words, task_id or uuid",
    since="From",
    until="To",
    any="all",
    find="Filter",
    clear="Clear filters",
    time="Time",
    message="Message",
    addressed="Addressed",
    delivered="Delivered",
    filtered="Filtered",
    read="Read",
    at_least="{n}+",
    reads_hint="Readers; beyond 2,000 the send's own page has the exact number",
    app="app",
    account="service account",
    untitled="({type})",
    no_match="No send fits these filters.",
    none="This organisation has not sent anything yet.",
    looked_through="Looked through the sends back to {time}. Older ones have not been searched.",
    search_on="Search further back",
    newest="Back to the newest",
    fresh="New sends have arrived",
    uuid_refused="The uuid {uuid} was refused at {time}: {code} {message}",
    summary="Summary",
    timeline="Timeline",
    accepted_at="Accepted",
    visible_at="Delivered to {n}",
    visible_from="Will be delivered to {n} at this time",
    filtered_at="Filtered {n}",
    first_read="First read",
    last_read="Last read",
    recalled_at="Recalled",
    failed_at="The task failed as a whole; {n} did not get it",
    chart="Readers over time: by {time}, {read} of {delivered} had read it",
    no_reads="Nobody has read it yet.",
    bucket="{since}–{until}: {reads} more, {total} in all",
    span="Span",
    new_reads="New readers",
    total_reads="Readers in all",
    unplaced="{n} more have read it at times that are not in the chart.",
    preview="As its readers see it",
    request="The request",
    raw_request="Show the API call",
    checks="Checks when it was accepted",
    no_checks="No counted limit looked at this send.",
    rule="Rule",
    used="Used",
    cost="This send",
    limit="Limit",
    ends="Counts anew",
    this_send="this send only",
    outcome="Outcome",
    passed="passed",
    stopped="over the limit",
    left_out="left out",
    observed="over (observed only)",
    switched_off="switched off",
    modes={"enforce": "enforced", "observe": "observed", "off": "off"},
    to="To",
    everyone="Everyone",
    people="People",
    departments="Departments",
    roles="Roles",
    more="and so on, {n} in all",
    body="Message",
    flags={"allow_comment": "comments allowed", "show_homepage": "shown on the account's page", "featured": "featured comments only"},
    template="Template",
    operator="Operator",
    again_of="Sent again from",
    list="List",
    people_title="People by list",
    page_before="Previous",
    page_after="Next",
    as_table="As a table",
    options="Options",
    name="Name",
    userid="userid",
    reason="Reason",
    why="Why did somebody not get it?",
    why_person="userid or name",
    why_hint="Ask about anybody; every rule that had a say is shown.",
    why_ask="Why?",
    why_nobody="Nobody in the organisation has the userid or name “{text}”.",
    why_several="Several people fit. Choose one:",
    find_person="Find in this list",
    find_go="Find",
    nobody_here="Nobody is in this list.",
    not_found_here="Not found in what was looked through.",
    gone_on="The list is long; a part of it was searched. Search on",
    departed="left the organisation",
    export="Export CSV",
    observed_note="Observed only: if the rule “{rule}” were enforced, {n} would have been filtered.",
    recall="Recall",
    recall_sure="Recall this send? It disappears for everyone at once and cannot be brought back.",
    recall_late="Not recalled: the send failed, or is older than 24 hours.",
    again="Send again",
    again_sure="Send it once more with a new uuid? The organisation and the limits of today decide; who got the same content today is filtered.",
    again_done="Sent again. This is the new task.",
    again_refused="Not sent. It was refused:",
    recall_done="Recalled.",
    app_gone="The app that sent it is disabled.",
    sender_gone="The account or app that sent it is disabled.",
    audience_gone="The people it was for are gone.",
    article_gone="This article was deleted, or is not published yet.",
)
SENDS_TEXTS = {"zh": _ZH, "en": _EN}
