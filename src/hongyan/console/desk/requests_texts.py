"""What the pages of captured calls say."""

import msgspec

from hongyan.capture.records import Stage


class RequestTexts(msgspec.Struct, frozen=True):
    lead: str
    kept: str
    off: str
    left_out: str
    dropped: str
    when: str
    result: str
    call: str
    app: str
    took: str
    any_app: str
    errcode: str
    person: str
    path: str
    task: str
    only_refused: str
    since: str
    filter: str
    clear: str
    unassigned: str
    unassigned_lead: str
    of_corp: str
    live: str
    paused: str
    arrived: str
    none_match: str
    first: str
    title: str
    request: str
    answer: str
    checks: str
    advice: str
    source: str
    address: str
    credential: str
    no_credential: str
    length: str
    body_cut: str
    body_gone: str
    parameters: str
    no_parameters: str
    name: str
    place: str
    value: str
    headers: str
    raw: str
    hex: str
    bytes: str
    download: str
    file: str
    masked: str
    nothing_masked: str
    copy: str
    copied: str
    token_hint: str
    replay: str
    replay_lead: str
    replay_sure: str
    new_uuid: str
    replay_of: str
    replay_failed: str
    replay_problems: dict[str, str]
    see_task: str
    same_person: str
    stages: dict[Stage, str]
    states: dict[str, str]
    decision: str
    decision_refused: str
    rule: str
    scope: str
    used: str
    limit: str
    frees: str
    rule_states: dict[str, str]
    retries: dict[str, str]
    places: dict[str, str]
    ok: str
    scopes: dict[str, str]
    windows: dict[str, str]


ZH = RequestTexts(
    lead="应用对开放接口的每一次调用，最新的在前。密钥和凭证在保存前已经打码。",
    kept="保留 {days} 天，最多 {mb} MB。",
    off="调用记录没有开启（requests_kept_days 或 requests_kept_mb 为 0）。",
    left_out="服务器启动以来，有 {count} 次成功的调用没有记录：每秒最多记录 {limit} 次成功的调用。",
    dropped="另有 {count} 次调用因写入不及而没有记录。",
    when="时间",
    result="结果",
    call="调用",
    app="应用",
    took="耗时",
    any_app="所有应用",
    errcode="错误码",
    person="人员 userid",
    path="路径包含",
    task="任务 task_id",
    since="从哪天起",
    only_refused="只看出错的",
    filter="筛选",
    clear="清除筛选",
    unassigned="未归属",
    unassigned_lead="无法确定属于哪个组织的调用，例如凭证不对、应用不存在。只有管理员能看到。",
    of_corp="本组织",
    live="实时更新",
    paused="已暂停更新",
    arrived="新增 {count} 次调用",
    none_match="没有符合条件的调用。",
    first="最新",
    title="调用 #{n}",
    request="请求",
    answer="响应",
    checks="检查过程",
    advice="处理建议",
    source="依据文档",
    address="来源地址",
    credential="凭证编号",
    no_credential="没有带凭证",
    length="{count} 字节",
    body_cut="只保留了前 {kept} 字节，共 {count} 字节。",
    body_gone="请求体没有保留（{count} 字节）：编码无法识别，密钥可能藏在其中。",
    parameters="参数",
    no_parameters="没有参数，或请求体无法解析。",
    name="名称",
    place="位置",
    value="值",
    headers="请求头",
    raw="原始内容",
    hex="十六进制（前 {count} 字节）",
    bytes="原始字节",
    download="下载请求体",
    file="文件 {name}，{count} 字节，内容不保留",
    masked="已打码：{places}",
    nothing_masked="没有需要打码的内容",
    copy="复制为 curl",
    copied="已复制",
    token_hint="运行前请先设置 TOKEN：export TOKEN=…（用 /gettoken 获取）。其他打码的内容也要补全。",
    replay="重放",
    replay_lead="用同一个应用的新凭证再发一次同样的请求。如果这是一次发送，消息可能会再次发出。",
    replay_sure="再发一次这个请求？如果这是一次发送，消息可能会再次发出。",
    new_uuid="换一个新的 uuid（否则会因 uuid 重复被拒绝）",
    replay_of="{name} 对调用 #{n} 的重放",
    replay_failed="没有重放：这个应用已停用，或已不属于这个组织。",
    replay_problems={
        "file": "不能重放：上传的文件没有保留。",
        "cut": "不能重放：请求体没有完整保留。",
        "secrets": "不能重放：请求里的密钥没有保留。",
        "token": "不能重放：不知道这个凭证属于哪个应用。",
    },
    see_task="查看这次发送",
    same_person="与 {userid} 有关的调用",
    stages={
        Stage.ADDRESS: "来源地址的调用频率",
        Stage.PATH: "接口路径",
        Stage.METHOD: "请求方法",
        Stage.TOKEN: "凭证",
        Stage.ALLOW_LIST: "服务器出口 IP 白名单",
        Stage.PERMISSION: "应用类型与接口权限",
        Stage.RATES: "应用与接口的调用频率",
        Stage.BODY: "请求内容的格式",
        Stage.INTERFACE: "接口自己的检查",
    },
    states={"passed": "通过", "refused": "在这里被拒绝", "waiting": "没有到这一步"},
    decision="这次发送时看过的限额",
    decision_refused="这个 uuid 第一次发送时看过的限额",
    rule="规则",
    scope="范围",
    used="已用 + 本次",
    limit="上限",
    frees="何时恢复",
    rule_states={"passed": "通过", "over": "超出", "observed": "超出，仅观察"},
    retries={"never": "改正后再试", "later": "稍后再试", "tomorrow": "明天再试"},
    places={"query": "地址", "body": "请求体", "part": "表单项", "header": "请求头", "reply": "响应"},
    ok="成功",
    scopes={
        "call": "本次调用",
        "task": "本次发送",
        "person": "个人",
        "account": "服务号",
        "account and person": "服务号对个人",
        "account, times headcount": "服务号，按组织人数",
        "app and person": "应用对个人",
        "app in an organisation": "应用在组织内",
        "app and interface": "应用与接口",
        "interface": "接口",
        "address": "来源地址",
        "organisation": "组织",
    },
    windows={"call": "每次", "second": "每秒", "minute": "每分钟", "20 seconds": "每 20 秒", "day": "每天", "month": "每月"},
)

EN = RequestTexts(
    lead="Every call that applications made, newest first. Secrets and tokens are masked before anything is kept.",
    kept="Kept for {days} days, at most {mb} MB.",
    off="Calls are not kept here (requests_kept_days or requests_kept_mb is 0).",
    left_out="Since the server started, {count} accepted calls were left out: at most {limit} accepted ones a second are kept.",
    dropped="Another {count} calls were left out because writing did not keep up.",
    when="Time",
    result="Result",
    call="Call",
    app="App",
    took="Took",
    any_app="All apps",
    errcode="Error code",
    person="Person's userid",
    path="Path contains",
    task="task_id",
    since="Since",
    only_refused="Only errors",
    filter="Filter",
    clear="Clear filters",
    unassigned="Unassigned",
    unassigned_lead="Calls that no organisation can be told for, such as those with an unknown token or app. Only administrators see them.",
    of_corp="This organisation",
    live="Live",
    paused="Paused",
    arrived="{count} new calls",
    none_match="No call matches.",
    first="Newest",
    title="Call #{n}",
    request="Request",
    answer="Response",
    checks="Checks, in their order",
    advice="What to do",
    source="Documented at",
    address="Address",
    credential="Credential",
    no_credential="none was sent",
    length="{count} bytes",
    body_cut="Only the first {kept} of {count} bytes were kept.",
    body_gone="The body was not kept ({count} bytes): its encoding is not known, so a secret could hide in it.",
    parameters="Parameters",
    no_parameters="None, or the body cannot be read.",
    name="Name",
    place="In",
    value="Value",
    headers="Headers",
    raw="As it came",
    hex="Hexadecimal (first {count} bytes)",
    bytes="Raw bytes",
    download="Download the body",
    file="file {name}, {count} bytes; its content is not kept",
    masked="Masked: {places}",
    nothing_masked="Nothing had to be masked",
    copy="Copy as curl",
    copied="Copied",
    token_hint="Set TOKEN before you run it: export TOKEN=… (from /gettoken). Fill in whatever else is masked, too.",
    replay="Replay",
    replay_lead="Sends the same request again, with a fresh token of the same app. If it is a send, people may get the message again.",
    replay_sure="Send this request again? If it is a send, people may get the message again.",
    new_uuid="With a new uuid (else it is refused as a repetition)",
    replay_of="Replay of call #{n} by {name}",
    replay_failed="Not replayed: the app is disabled, or does not belong to this organisation any more.",
    replay_problems={
        "file": "Cannot be replayed: an uploaded file is not kept.",
        "cut": "Cannot be replayed: the body was not kept whole.",
        "secrets": "Cannot be replayed: the secrets in it are not kept.",
        "token": "Cannot be replayed: nobody knows whose token it was.",
    },
    see_task="See this send",
    same_person="Calls about {userid}",
    stages={
        Stage.ADDRESS: "Rate of the address",
        Stage.PATH: "Path",
        Stage.METHOD: "Method",
        Stage.TOKEN: "Token",
        Stage.ALLOW_LIST: "App's list of addresses",
        Stage.PERMISSION: "App type and permission",
        Stage.RATES: "Rates of app and interface",
        Stage.BODY: "Form of the content",
        Stage.INTERFACE: "The interface's own checks",
    },
    states={"passed": "passed", "refused": "refused here", "waiting": "not reached"},
    decision="Limits that were looked at for this send",
    decision_refused="Limits that were looked at for the first send with this uuid",
    rule="Rule",
    scope="Counted for",
    used="Used + this call",
    limit="Limit",
    frees="Frees up",
    rule_states={"passed": "passed", "over": "over", "observed": "over, only observed"},
    retries={"never": "Correct it first", "later": "Try again later", "tomorrow": "Try again tomorrow"},
    places={"query": "query", "body": "body", "part": "part", "header": "header", "reply": "reply"},
    ok="ok",
    scopes={},
    windows={"call": "each call", "second": "a second", "minute": "a minute", "day": "a day", "month": "a month"},
)

TEXTS = {"zh": ZH, "en": EN}
