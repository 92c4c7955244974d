"""What the pages of templates say."""

import re
from typing import NamedTuple

import msgspec

from hongyan.messages.template_book import State
from hongyan.messages.templates import TemplateProblem


class TemplateTexts(msgspec.Struct, frozen=True):
    """One language. `{…}` fields are filled in by the page."""

    lead: str
    kinds: dict[str, str]
    kind_hints: dict[str, str]
    states: dict[State, str]
    app: str
    every_app: str
    state: str
    every_state: str
    kind: str
    version: str
    version_no: str
    sends_version: str
    sends_none: str
    sends_off: str
    shared: str
    shared_hint: str
    created: str
    template_id: str
    copy: str
    copied: str
    new: str
    new_lead: str
    edit: str
    no_apps: str
    none_yet: str
    # editor
    members: dict[str, str]
    member_hints: dict[str, str]
    row: str
    button: str
    caption: str
    horizontal: str
    limit: str
    fills: str
    parameters: str
    no_parameters: str
    parameters_hint: str
    value: str
    preview: str
    preview_hint: str
    preview_now: str
    problems: str
    no_problems: str
    edit_hint: str
    # review
    versions: str
    look_at: str
    shown_version: str
    newest: str
    sending: str
    submitted_at: str
    decided_at: str
    reason: str
    submit: str
    submit_sure: str
    approve: str
    approve_sure: str
    reject: str
    reject_reason: str
    enable: str
    disable: str
    disable_sure: str
    clone: str
    delete: str
    delete_sure: str
    waits_for_approver: str
    next_step: dict[State, str]
    steps: dict[str, str]
    done: dict[str, str]
    # trial
    trial: str
    trial_hint: str
    trial_to: str
    trial_by: str
    trial_send: str
    trial_sent: str
    trial_refused: str
    trial_missing: str
    no_installation: str
    no_person: str
    see_send: str
    see_inbox: str
    not_for_internal: str


class _Rule(NamedTuple):
    """What `messages.templates` says about a member, and the same in Chinese."""

    said: re.Pattern[str]
    chinese: str


_RULES = tuple(
    _Rule(re.compile(said), chinese)
    for said, chinese in (
        (r"is blank", "没有填写"),
        (r"is longer than (\d+) characters", r"超过 \1 个字符"),
        (r"is not filled, so it cannot hold (.+)", r"不能含有参数 \1，这里的内容原样发送"),
        (r"(\$\{.+\}) is no parameter in the strict profile.*", r"\1 在严格模式下不是参数：只能用字母、数字和下划线，且不以数字开头"),
        (r"must be a media id.*", "应该是以 @ 或 $ 开头的 media_id，或者网址"),
        (r"contains a blank.*", "含有空格或括号，请写成 %20、%28、%29、%3C、%3E"),
        (r"must be 1 to (\d+)", r"应该有 1 到 \1 个"),
        (r"must be 8 hexadecimal digits.*", "应该是 8 位十六进制数 AARRGGBB，不带 0x"),
        (r"are more than (\d+)", r"超过 \1 行"),
        (r"has a heading.*", "含有以 # 开头的标题行，模板不支持"),
        (r"has a picture.*", "含有图片 ![]()，模板不支持，请用“图片”一栏"),
    )
)
_PLACED = re.compile(r"(buttons|rows)\[(\d+)\]\.(\w+)")


def problem_said(x: TemplateTexts, lang: str, problem: TemplateProblem) -> str:
    """A problem with the name that the member has on the page."""
    placed = _PLACED.fullmatch(problem.member)
    if placed:
        group = x.button if placed[1] == "buttons" else x.row
        name = x.caption if placed[3] == "title" else x.members[placed[3]]
        member = f"{group.format(number=int(placed[2]) + 1)} {name}"
    else:
        member = x.members.get(problem.member, problem.member)
    if lang != "zh":
        return f"{member} {problem.reason}"
    rule = next((rule for rule in _RULES if rule.said.fullmatch(problem.reason)), None)
    return f"{member}：{rule.said.sub(rule.chinese, problem.reason) if rule else problem.reason}"


TEXTS: dict[str, TemplateTexts] = {
    "zh": TemplateTexts(
        lead="写好模板，提交审批，通过后应用用模板 ID 发送，只需传参数。修改已启用的模板不影响正在发送的版本，直到新版本通过。",
        kinds={"markdown": "Markdown", "action_card": "ActionCard", "form": "表单（OA）"},
        kind_hints={"markdown": "一段文字，可以加粗、列表、引用、链接", "action_card": "一段文字，加上按钮", "form": "标题、内容和最多六行的表单"},
        states={State.DRAFT: "草稿", State.SUBMITTED: "审批中", State.APPROVED: "已通过", State.REJECTED: "已驳回"},
        app="应用",
        every_app="全部应用",
        state="最新版本的状态",
        every_state="全部状态",
        kind="类型",
        version="版本",
        version_no="第 {number} 版",
        sends_version="正在使用第 {number} 版",
        sends_none="还不能发送",
        sends_off="已停用",
        shared="各组织共用",
        shared_hint="这是第三方应用的模板，安装了该应用的每个组织都用它。",
        created="创建时间",
        template_id="模板 ID",
        copy="复制",
        copied="已复制",
        new="新建模板",
        new_lead="选择应用和类型",
        edit="编辑",
        no_apps="这个组织还没有可以有模板的应用。",
        none_yet="还没有模板。",
        members={
            "name": "模板名称",
            "title": "消息标题",
            "content": "正文",
            "image": "图片",
            "scenario": "使用场景",
            "head_text": "顶部文字",
            "head_color": "顶部颜色",
            "mobile_link": "手机端链接",
            "pc_link": "电脑端链接",
            "key": "名称",
            "value": "内容",
            "url": "链接",
            "buttons": "按钮",
            "rows": "表单行",
        },
        member_hints={
            "name": "只在控制台里看到",
            "title": "显示在会话列表和通知里，原样发送",
            "image": "显示在最上面：media_id 或网址，可以不填",
            "scenario": "告诉审批者这个模板做什么用",
            "head_color": "AARRGGBB，例如 FF1677FF",
            "pc_link": "不填时电脑端也打开手机端链接",
        },
        row="第 {number} 行",
        button="按钮 {number}",
        caption="按钮文字",
        horizontal="按钮横向排列",
        limit="最多 {count} 个字符",
        fills="可以写参数，例如 ${name}",
        parameters="参数",
        no_parameters="这个模板没有参数。",
        parameters_hint="填入的值只用于预览和试发，不会保存。",
        value="{name} 的值",
        preview="预览",
        preview_hint="收到的人看到的样子。没有填值的参数原样显示。",
        preview_now="刷新预览",
        problems="还不能保存",
        no_problems="没有发现问题",
        edit_hint="保存为草稿，正在使用的版本不变。",
        versions="版本",
        look_at="查看",
        shown_version="正在查看第 {number} 版",
        newest="最新",
        sending="使用中",
        submitted_at="提交时间",
        decided_at="审批时间",
        reason="驳回原因",
        submit="提交审批",
        submit_sure="提交后不能再改，直到审批完成。提交第 {number} 版？",
        approve="通过",
        approve_sure="通过后马上用第 {number} 版发送。确定通过？",
        reject="驳回",
        reject_reason="驳回原因（最多 {count} 个字符）",
        enable="启用",
        disable="停用",
        disable_sure="停用后用这个模板的发送会被拒绝。确定停用？",
        clone="复制一份",
        delete="删除",
        delete_sure="删除模板“{name}”？用它的发送会被拒绝，ID 不会再被使用。已经发出的消息不变。",
        waits_for_approver="等待审批者处理。",
        next_step={
            State.DRAFT: "下一步：提交审批。",
            State.SUBMITTED: "下一步：审批者通过或驳回。",
            State.APPROVED: "可以继续编辑，会生成新的草稿。",
            State.REJECTED: "按原因修改后重新提交。",
        },
        steps={
            "edit": "正在审批中，通过或驳回后才能修改。",
            "submit": "只有草稿可以提交。",
            "approve": "它不在审批中。",
            "reject": "它不在审批中。",
            "enable": "还没有通过的版本，不能启用。",
            "disable": "还没有通过的版本，不能停用。",
            "reason": "请填写驳回原因，最多 {count} 个字符。",
        },
        done={
            "save": "已保存。",
            "submit": "已提交审批。",
            "approve": "已通过，新版本开始使用。",
            "reject": "已驳回。",
            "enable": "已启用。",
            "disable": "已停用。",
            "clone": "这是复制出来的草稿。",
        },
        trial="试发",
        trial_hint="把最新版本（不论状态）作为工作通知发给一个人，会计入该应用的限额。",
        trial_to="发给（userid）",
        trial_by="用哪个应用实例发",
        trial_send="试发给这个人",
        trial_sent="已发出。",
        trial_refused="没有发出：{code} {message}",
        trial_missing="没有填值的参数：{names}",
        no_installation="这个应用没有可用的安装，不能试发。",
        no_person="没有这个人：{userid}",
        see_send="查看这次发送",
        see_inbox="打开他的收件箱",
        not_for_internal="按当前设置，只有第三方应用可以按模板发送；企业内部应用要用模板，请用 --internal-templates 启动服务器。",
    ),
    "en": TemplateTexts(
        lead="Write a template and submit it; once approved, apps send it by its id and give only the parameters. "
        "Changing a live template leaves the version in use alone until the new one is approved.",
        kinds={"markdown": "Markdown", "action_card": "ActionCard", "form": "Form (OA)"},
        kind_hints={
            "markdown": "A text with bold letters, lists, quotes, links",
            "action_card": "A text with buttons below",
            "form": "A title, a text and up to six rows",
        },
        states={State.DRAFT: "draft", State.SUBMITTED: "in review", State.APPROVED: "approved", State.REJECTED: "rejected"},
        app="App",
        every_app="All apps",
        state="State of the newest version",
        every_state="All states",
        kind="Kind",
        version="Version",
        version_no="version {number}",
        sends_version="version {number} is in use",
        sends_none="cannot be sent yet",
        sends_off="switched off",
        shared="all organisations",
        shared_hint="This is a third-party app's template: every organisation that installed the app uses it.",
        created="Created",
        template_id="Template id",
        copy="Copy",
        copied="Copied",
        new="New template",
        new_lead="Choose the app and the kind",
        edit="Edit",
        no_apps="This organisation has no app that could have templates.",
        none_yet="No templates yet.",
        members={
            "name": "Name",
            "title": "Message title",
            "content": "Text",
            "image": "Picture",
            "scenario": "Purpose",
            "head_text": "Head text",
            "head_color": "Head colour",
            "mobile_link": "Link on phones",
            "pc_link": "Link on computers",
            "key": "label",
            "value": "content",
            "url": "link",
            "buttons": "Buttons",
            "rows": "Rows",
        },
        member_hints={
            "name": "Seen in the console only",
            "title": "Seen in lists and notifications, sent as it is",
            "image": "Stands on top: a media_id or a web address; may be left out",
            "scenario": "Tells the approver what it is for",
            "head_color": "AARRGGBB, as in FF1677FF",
            "pc_link": "Without one, computers open the link of phones",
        },
        row="Row {number}:",
        button="Button {number}:",
        caption="caption",
        horizontal="Buttons side by side",
        limit="at most {count} characters",
        fills="may hold parameters, as in ${name}",
        parameters="Parameters",
        no_parameters="This template has no parameters.",
        parameters_hint="The values serve the preview and the test send; they are not kept.",
        value="Value of {name}",
        preview="Preview",
        preview_hint="As its receivers see it. Parameters without a value are shown as they stand.",
        preview_now="Refresh the preview",
        problems="Cannot be saved yet",
        no_problems="No problems found",
        edit_hint="It is kept as a draft; the version in use stays as it is.",
        versions="Versions",
        look_at="Show",
        shown_version="Showing version {number}",
        newest="newest",
        sending="In use",
        submitted_at="Submitted",
        decided_at="Decided",
        reason="Reason of the rejection",
        submit="Submit for review",
        submit_sure="It cannot be changed until it is decided. Submit version {number}?",
        approve="Approve",
        approve_sure="Version {number} is sent from now on. Approve it?",
        reject="Reject",
        reject_reason="Why it is rejected (at most {count} characters)",
        enable="Switch on",
        disable="Switch off",
        disable_sure="Sends by this template are refused while it is off. Switch it off?",
        clone="Copy",
        delete="Delete",
        delete_sure="Delete the template “{name}”? Sends by it are refused, and its id is not used again. What was sent stays as it is.",
        waits_for_approver="It waits for an approver.",
        next_step={
            State.DRAFT: "Next: submit it for review.",
            State.SUBMITTED: "Next: an approver approves or rejects it.",
            State.APPROVED: "It can be edited further, which makes a new draft.",
            State.REJECTED: "Mend what the reason says and submit it again.",
        },
        steps={
            "edit": "It is in review: it can be changed when it was approved or rejected.",
            "submit": "Only a draft can be submitted.",
            "approve": "It is not in review.",
            "reject": "It is not in review.",
            "enable": "No version was approved yet, so there is nothing to switch on.",
            "disable": "No version was approved yet, so there is nothing to switch off.",
            "reason": "Say why, in at most {count} characters.",
        },
        done={
            "save": "Saved.",
            "submit": "Submitted for review.",
            "approve": "Approved: the new version is in use.",
            "reject": "Rejected.",
            "enable": "Switched on.",
            "disable": "Switched off.",
            "clone": "This is the copy, a draft.",
        },
        trial="Test send",
        trial_hint="Sends the newest version, whatever its state, to one person as a work notice; the app's limits count it.",
        trial_to="To (userid)",
        trial_by="By the installation",
        trial_send="Send to this person",
        trial_sent="Sent.",
        trial_refused="Not sent: {code} {message}",
        trial_missing="Parameters without a value: {names}",
        no_installation="This app has no live installation here, so it cannot be tried out.",
        no_person="There is nobody called {userid}.",
        see_send="See this send",
        see_inbox="Open their inbox",
        not_for_internal="As this server is set up, only third-party apps may send by template; to let internal apps, start it with --internal-templates.",
    ),
}
