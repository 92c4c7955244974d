"""What the form of a send says, in both languages."""

import msgspec


class ComposeTexts(msgspec.Struct, frozen=True):
    """One language. `labels` are those of the fields, by `type.field` or by field alone; `{n}` is a row's number."""

    lead: str
    sent: str
    sent_left_out: str
    see_task: str
    preview_sent: str
    refused: str
    nobody_sends: str
    who_sends: str
    from_: str
    sources: dict[str, str]
    source_hints: dict[str, str]
    app: str
    no_app: str
    template: str
    no_template: str
    parameter: str
    change: str
    receivers: str
    everyone: str
    departments: str
    unfold: str
    fold: str
    people_of: str
    only_first: str
    find: str
    find_hint: str
    find_button: str
    found_none: str
    found_people: str
    found_depts: str
    roles: str
    by_id: str
    users_ids: str
    depts_ids: str
    roles_ids: str
    chosen: str
    drop: str
    more_chosen: str
    unknown: str
    head_count: str
    content: str
    type: str
    types: dict[str, str]
    labels: dict[str, str]
    choices: dict[str, str]
    hints: dict[str, str]
    none_chosen: str
    other_id: str
    nothing_to_pick: str
    upload: str
    options: str
    comments: str
    comment_choices: dict[str, str]
    show_homepage: str
    preview: str
    preview_empty: str
    preview_to: str
    preview_button: str
    preview_hint: dict[str, str]
    send: str
    sure: str
    sending: str
    preflight: str
    update: str
    updating: str
    not_updated: str
    will_get: str
    nobody_gets: str
    left_out: str
    observed: str
    invalid: str
    and_more: str
    would_refuse: str
    would_fail: str
    still_missing: str
    missing_receivers: str
    missing_member: str
    missing_parameters: str
    looks: str
    rule: str
    used: str
    frees: str
    adds: str
    near: str
    over: str
    modes: dict[str, str]
    members: dict[str, str]
    not_loaded: str

    def people(self, name: str, count: int) -> str:
        """A sentence with a number of people in it."""
        text: str = getattr(self, name).format(count=f"{count:,}")
        return text.replace("1 people", "1 person").replace("1 more were", "1 more was") if count == 1 else text


_TYPES_ZH = {
    "text": "文本",
    "markdown": "Markdown",
    "action_card": "卡片",
    "link": "链接",
    "image": "图片",
    "voice": "语音",
    "file": "文件",
    "oa": "OA",
    "news_card": "图文",
    "single_news_card": "单图文",
}
_LABELS_ZH = {
    "text": "正文",
    "title": "标题",
    "markdown": "正文（Markdown）",
    "markdown.text": "正文（Markdown）",
    "buttons": "按钮",
    "orientation": "按钮排列",
    "button": "按钮 {n} 文字",
    "address": "按钮 {n} 地址",
    "url": "点击后打开的地址",
    "pc_url": "电脑端打开的地址",
    "summary": "摘要",
    "cover": "封面图",
    "open_type": "打开方式",
    "media_id": "文件",
    "image.media_id": "图片",
    "voice.media_id": "语音",
    "news_card.media_id": "图文卡片",
    "single_news_card.media_id": "图文卡片",
    "duration": "时长（秒）",
    "head_text": "头部文字",
    "head_color": "头部颜色",
    "content": "正文",
    "rich_num": "大号数字",
    "rich_unit": "数字单位",
    "image": "图片",
    "file_count": "附件数",
    "author": "作者",
    "status_value": "状态栏文字",
    "status_color": "状态栏颜色",
    "key": "第 {n} 行名称",
    "value": "第 {n} 行内容",
}
_MEMBERS_ZH = {
    "text_content": "正文",
    "text": "正文",
    "markdown": "正文",
    "title": "标题",
    "media_id": "文件、图片或卡片",
    "message_url": "点击后打开的地址",
    "single_title": "按钮文字",
    "single_url": "按钮地址",
    "action_url": "按钮地址",
    "action_card": "至少一个按钮",
    "duration": "时长（1 到 59 秒）",
    "head.text": "头部文字",
    "head.bgcolor": "头部颜色",
    "btn_orientation": "按钮排列",
    "open_type": "打开方式",
}
_ZH = ComposeTexts(
    lead="手工发送，走与接口相同的检查和限额。右侧会随着输入预先算出谁能收到。",
    sent="已发送给 {count} 人。",
    sent_left_out="另有 {count} 人被规则过滤。",
    see_task="查看这次发送",
    preview_sent="预览已发给 {name}。",
    refused="没有发送",
    nobody_sends="这个组织还没有可以发消息的服务号或应用。",
    who_sends="由谁发送",
    from_="发送方",
    sources={"mass": "服务号群发", "work": "工作通知", "template": "模板消息"},
    source_hints={
        "mass": "以服务号的名义群发，受该服务号的频率和配额限制。",
        "work": "以内部应用的名义发工作通知。",
        "template": "用已审批的消息模板发工作通知。",
    },
    app="计入应用",
    no_app="没有拥有群发权限的内部应用，无法群发。请先在“应用”里创建或授权。",
    template="消息模板",
    no_template="这个应用还没有已审批并启用的模板。",
    parameter="参数 {name}",
    change="更新表单",
    receivers="发给谁",
    everyone="全体成员",
    departments="部门（含下级部门）",
    unfold="展开 {name}",
    fold="收起 {name}",
    people_of="{count} 人",
    only_first="只列出前 {count} 个，其余请搜索。",
    find="搜索人或部门",
    find_hint="姓名、userid 或部门名称",
    find_button="搜索",
    found_none="没有找到“{word}”。",
    found_people="人",
    found_depts="部门",
    roles="角色",
    by_id="按编号填写",
    users_ids="userid，每行一个",
    depts_ids="部门编号，每行一个",
    roles_ids="角色编号，每行一个",
    chosen="已选择",
    drop="移除 {name}",
    more_chosen="另有 {count} 人",
    unknown="不存在",
    head_count="去重后 {count} 人",
    content="内容",
    type="消息类型",
    types=_TYPES_ZH,
    labels=_LABELS_ZH,
    choices={
        "buttons.single": "一个按钮（整张卡片可点）",
        "buttons.multi": "多个按钮",
        "orientation.0": "竖排",
        "orientation.1": "横排",
        "open_type.0": "浏览器",
        "open_type.1": "工作台",
        "open_type.2": "侧边栏",
    },
    hints={"head_color": "8 位十六进制 AARRGGBB，如 FFBBBBBB", "status_color": "如 0xFF78C06E"},
    none_chosen="（未选择）",
    other_id="或填写素材编号",
    nothing_to_pick="还没有可选的内容。",
    upload="去素材与文章",
    options="选项",
    comments="评论",
    comment_choices={"": "不开放", "all": "全部公开", "featured": "精选后公开"},
    show_homepage="显示在服务号主页",
    preview="预览",
    preview_empty="填写内容后在这里预览。",
    preview_to="预览对象的 userid",
    preview_button="发送预览",
    preview_hint={
        "mass": "只发给这一个人，计入他当天的单聊条数。",
        "work": "只发给这一个人，与正式通知一样计数。",
        "template": "只发给这一个人，与正式通知一样计数。",
    },
    send="发送",
    sure="确定发送给 {count} 人？发送后 24 小时内可以撤回。",
    sending="正在发送…",
    preflight="发送前检查",
    update="更新预览和检查",
    updating="正在检查…",
    not_updated="没有更新成功，请检查网络后重试。",
    will_get="{count} 人会收到",
    nobody_gets="没有人会收到",
    left_out="收不到的人",
    observed="仅观察：若强制执行，以下的人会收不到",
    invalid="{count} 个编号在组织里不存在",
    and_more="等 {count} 人",
    would_refuse="现在发送会被拒绝",
    would_fail="任务会整体失败，没有人会收到。",
    still_missing="还需要填写",
    missing_receivers="接收人",
    missing_member="{member}",
    missing_parameters="以下参数没有值，将原样显示：{names}",
    looks="相关限额",
    rule="规则",
    used="已用 + 本次 / 上限",
    frees="恢复时间",
    adds="本次",
    near="接近上限",
    over="超出",
    modes={"enforce": "强制", "observe": "仅观察", "off": "关闭"},
    members=_MEMBERS_ZH,
    not_loaded="没有加载成功",
)

_TYPES_EN = {
    "text": "Text",
    "markdown": "Markdown",
    "action_card": "Action card",
    "link": "Link",
    "image": "Image",
    "voice": "Voice",
    "file": "File",
    "oa": "OA",
    "news_card": "News card",
    "single_news_card": "Single article",
}
_LABELS_EN = {
    "text": "Text",
    "title": "Title",
    "markdown": "Text (Markdown)",
    "markdown.text": "Text (Markdown)",
    "buttons": "Buttons",
    "orientation": "Buttons stand",
    "button": "Button {n}",
    "address": "Address of button {n}",
    "url": "Address it opens",
    "pc_url": "Address it opens on a computer",
    "summary": "Summary",
    "cover": "Cover picture",
    "open_type": "Opens in",
    "media_id": "File",
    "image.media_id": "Picture",
    "voice.media_id": "Voice",
    "news_card.media_id": "Card",
    "single_news_card.media_id": "Card",
    "duration": "Length in seconds",
    "head_text": "Text of the head",
    "head_color": "Colour of the head",
    "content": "Text",
    "rich_num": "Large number",
    "rich_unit": "Unit of the number",
    "image": "Picture",
    "file_count": "Number of attachments",
    "author": "Author",
    "status_value": "Text of the status bar",
    "status_color": "Colour of the status bar",
    "key": "Row {n}, name",
    "value": "Row {n}, value",
}
_MEMBERS_EN = {
    "text_content": "the text",
    "text": "the text",
    "markdown": "the text",
    "title": "a title",
    "media_id": "a file, picture or card",
    "message_url": "the address it opens",
    "single_title": "the button's text",
    "single_url": "the button's address",
    "action_url": "the button's address",
    "action_card": "at least one button",
    "duration": "a length of 1 to 59 seconds",
    "head.text": "the head's text",
    "head.bgcolor": "the head's colour",
    "btn_orientation": "how buttons stand",
    "open_type": "where it opens",
}
_EN = ComposeTexts(
    lead="Send by hand, under the same checks and limits as the interfaces. What would happen is worked out beside the form as you write.",
    sent="Sent to {count} people.",
    sent_left_out="{count} more were left out by rules.",
    see_task="See this send",
    preview_sent="The preview was sent to {name}.",
    refused="Not sent",
    nobody_sends="This organisation has no service account or app that may send.",
    who_sends="Who sends",
    from_="From",
    sources={"mass": "Mass send by a service account", "work": "Work notice", "template": "Template notice"},
    source_hints={
        "mass": "Sent in the name of the service account, under its rates and quotas.",
        "work": "A work notice in the name of an internal app.",
        "template": "A work notice made of an approved template.",
    },
    app="Counted for the app",
    no_app="No internal app has the permission for mass sends. Create one, or grant it, under Apps.",
    template="Template",
    no_template="This app has no template that is approved and enabled.",
    parameter="Parameter {name}",
    change="Update the form",
    receivers="To",
    everyone="Everyone",
    departments="Departments, with all below them",
    unfold="Unfold {name}",
    fold="Fold {name}",
    people_of="{count} people",
    only_first="Only the first {count} are listed. Search for the others.",
    find="Search people and departments",
    find_hint="Name, userid or department",
    find_button="Search",
    found_none="Nothing found for “{word}”.",
    found_people="People",
    found_depts="Departments",
    roles="Roles",
    by_id="Write ids",
    users_ids="Userids, one a line",
    depts_ids="Department ids, one a line",
    roles_ids="Role ids, one a line",
    chosen="Chosen",
    drop="Remove {name}",
    more_chosen="{count} more people",
    unknown="unknown",
    head_count="{count} people, each once",
    content="Message",
    type="Type",
    types=_TYPES_EN,
    labels=_LABELS_EN,
    choices={
        "buttons.single": "One (the whole card leads there)",
        "buttons.multi": "Several",
        "orientation.0": "below each other",
        "orientation.1": "side by side",
        "open_type.0": "the browser",
        "open_type.1": "the workbench",
        "open_type.2": "the side panel",
    },
    hints={"head_color": "8 hexadecimal digits, AARRGGBB, such as FFBBBBBB", "status_color": "such as 0xFF78C06E"},
    none_chosen="(none)",
    other_id="or a media id",
    nothing_to_pick="There is nothing to pick yet.",
    upload="Go to media and articles",
    options="Options",
    comments="Comments",
    comment_choices={"": "closed", "all": "shown at once", "featured": "shown when featured"},
    show_homepage="Show on the account's page",
    preview="Preview",
    preview_empty="The message shows here as you write it.",
    preview_to="Userid for the preview",
    preview_button="Send preview",
    preview_hint={
        "mass": "Goes to this person alone, and counts among the day's single messages.",
        "work": "Goes to this person alone, and counts like any notice.",
        "template": "Goes to this person alone, and counts like any notice.",
    },
    send="Send",
    sure="Send it? Receivers: {count}. It can be recalled within 24 hours.",
    sending="Sending…",
    preflight="Before you send",
    update="Update preview and checks",
    updating="Checking…",
    not_updated="This could not be updated. Check the connection and try again.",
    will_get="{count} people will get it",
    nobody_gets="Nobody will get it",
    left_out="Who will not get it",
    observed="Only observed: under enforcement these would not get it",
    invalid="{count} ids name nobody in the organisation",
    and_more="and others, {count} in all",
    would_refuse="Sent now, it would be refused",
    would_fail="The task would fail as a whole: nobody would get it.",
    still_missing="Still missing",
    missing_receivers="receivers",
    missing_member="{member}",
    missing_parameters="These parameters have no value and will stand as they are: {names}",
    looks="Limits it touches",
    rule="Rule",
    used="Used + this send / limit",
    frees="Frees up",
    adds="this send",
    near="near its limit",
    over="over",
    modes={"enforce": "enforced", "observe": "observed", "off": "off"},
    members=_MEMBERS_EN,
    not_loaded="Could not be loaded",
)
COMPOSE_TEXTS = {"zh": _ZH, "en": _EN}
