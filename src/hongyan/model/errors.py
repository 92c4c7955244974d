"""The error catalogue: one row for each refusal that some endpoint can give.

A row exists only for what can be returned. Texts are protocol data and stay verbatim.
Rules return a `Refusal`; only `wire` turns it into a reply.
"""

from enum import StrEnum

import msgspec


class Family(StrEnum):
    """How a refusal is dressed on the wire."""

    TOP = "top"  # /topapi: errcode, errmsg, request_id; gateway refusals wrapped in 88
    CLASSIC = "classic"  # /gettoken and its kind: errcode, errmsg
    V1 = "v1"  # /v1.0: HTTP status, code, message, requestid


class Retry(StrEnum):
    """When the same request may succeed."""

    NEVER = "never"
    LATER = "later"
    TOMORROW = "tomorrow"


class ErrorRow(msgspec.Struct, frozen=True):
    """One refusal as it appears on the wire.

    `errmsg` may hold `{name}` (the parameter) or other fields filled in by the place that refuses. `sub_code` is set for what the
    gateway wraps in 88. For v1 rows `code` and `status` count and `errcode` is 0.
    """

    key: str
    family: Family
    errcode: int
    errmsg: str
    retry: Retry
    advice: str  # what to do about it, for people
    source: str  # the page or observation it comes from
    sub_code: str = ""
    code: str = ""
    status: int = 200
    raw: bool = False  # the body is not an errcode body at all


class Refusal(msgspec.Struct, frozen=True):
    """A catalogue row together with the facts of this case."""

    row: ErrorRow
    fields: dict[str, str] = {}

    @property
    def message(self) -> str:
        return self.row.errmsg.format(**self.fields) if self.fields else self.row.errmsg


CATALOGUE: dict[str, ErrorRow] = {}


def _add(row: ErrorRow) -> ErrorRow:
    assert row.key not in CATALOGUE, row.key
    CATALOGUE[row.key] = row
    return row


def _top(errcode: int, errmsg: str, retry: Retry, advice: str, source: str, *, key: str = "", sub_code: str = "", raw: bool = False) -> ErrorRow:
    name = key or (f"top.{errcode}.{sub_code}" if sub_code else f"top.{errcode}")
    return _add(ErrorRow(name, Family.TOP, errcode, errmsg, retry, advice, source, sub_code=sub_code, raw=raw))


def _classic(errcode: int, errmsg: str, retry: Retry, advice: str, source: str, *, key: str = "") -> ErrorRow:
    return _add(ErrorRow(key or f"classic.{errcode}", Family.CLASSIC, errcode, errmsg, retry, advice, source))


def _v1(status: int, code: str, errmsg: str, retry: Retry, advice: str, source: str, *, key: str = "") -> ErrorRow:
    return _add(ErrorRow(key or f"v1.{code}", Family.V1, 0, errmsg, retry, advice, source, code=code, status=status))


N, L, T = Retry.NEVER, Retry.LATER, Retry.TOMORROW

# --- the gateway in front of /topapi (call-frequency-limit, how-to-process-api-throttling, server-api-error-codes-1; live observations)
IP_BANNED = _top(0, "", L, "Slow down; this address is refused for five minutes.", "call-frequency-limit", key="top.ip_banned", raw=True)
UNKNOWN_PATH = _top(22, "Invalid method[submsg={sub_msg}]", N, "Check the path: no such interface.", "observed")
NEED_POST = _top(43002, "需要POST请求", N, "Use POST, or GET where an interface only reads.", "server-api-error-codes-1")
TOKEN_BLANK = _top(
    88, "access_token is blank", N, "Pass access_token in the query or as a form field; a header does not count.", "observed", sub_code="40000"
)
TOKEN_INVALID = _top(
    88, "不合法的access_token", N, "Fetch a new token with /gettoken; it is unknown, revoked or expired.", "observed", sub_code="40014"
)
IP_NOT_ALLOWED = _top(
    88,
    "访问ip不在白名单之中,request ip={ip} appKey({app_key})",
    N,
    "Add the address to the app's allow list.",
    "server-api-error-codes-1",
    sub_code="60020",
)
NO_PERMISSION = _top(
    88,
    "应用尚未开通所需的权限：[{scope}]，点击链接申请并开通即可：https://open-dev.dingtalk.com/appscope/apply?content={app_key}%23{scope}, {{requiredScopes=[{scope}]}}",
    N,
    "Grant the app this permission point; or use an app type that may call this interface.",
    "observed",
    sub_code="60011",
)
APP_API_QPS = _top(
    88,
    "您的服务器调用钉钉开放平台当前接口的所有请求都被暂时禁用了",
    L,
    "At most this many calls a second per app and interface.",
    "how-to-process-api-throttling",
    sub_code="90018",
)
API_QPS = _top(
    88,
    "当前所有钉钉应用调用该接口次数过多，超出了该接口承受的最大qps，请求被暂时限制了，建议错开整点时刻调用该接口, apiPath({api}), 从 {begin} 到 {begin} 请求总次数超过 {limit} 次, 限制将在 {end} 结束.",
    L,
    "All apps together call this interface too often.",
    "call-frequency-limit, observed",
    sub_code="90002",
)
CORP_MONTH = _top(
    88,
    "企业当月调用开放平台接口次数超过限制",
    L,
    "The organisation's calls of this month are used up.",
    "how-to-process-api-throttling",
    sub_code="90020",
)
NOT_JSON = _top(43009, "post参数需要json类型", N, "The body must be one JSON object, or a form.", "server-api-error-codes-1")
MISSING_ARGUMENT = _top(40, "Missing required arguments:{name}", N, "Pass this parameter.", "observed")
INVALID_ARGUMENT = _top(41, "Invalid arguments:{name}", N, "Check the parameter's type and length.", "observed")
SYSTEM_BUSY = _top(
    -1, "系统繁忙", L, "The server could not do it now; nothing was accepted. Try again with the same uuid.", "server-api-error-codes-1"
)

# --- mass send and its family (interactive-service-window-group-message-sending-interface, service-number-message-withdrawal)
_MASS = "interactive-service-window-group-message-sending-interface"
BAD_UNIONID = _top(800003, "unionid不合法", N, "Pass the unionid of a live service account of this organisation.", _MASS)
TOO_FREQUENT = _top(800013, "群发消息太过频繁，请稍后再试", L, "Wait for the window to end before the next broad send.", _MASS)
SENDS_USED_UP = _top(800014, "群发消息次数超过今日限制", T, "Today's mass sends of this account are used up.", _MASS)
SINGLE_USED_UP = _top(800017, "向该用户发送单聊次数超过今日限制", T, "This person got the day's number of single-directed messages.", _MASS)
NO_RECEIVERS = _top(800019, "接收人列表为空", N, "Name users, departments or roles that have people.", _MASS)
BAD_MESSAGE = _top(800020, "消息参数错误", N, "Check msg_type, media_id, text_content and msg_body.", _MASS)
BAD_USERIDS = _top(800022, "userId列表不合法", N, "One of the userids is not in the organisation.", _MASS)
BAD_TASK_ID = _top(
    800025, "task_id不合法", N, "The task is unknown, of another account, failed, or older than 24 hours.", "service-number-message-withdrawal"
)
UUID_USED = _top(800035, "uuid重复", N, "This uuid was used; a new send needs a new one. The first send stands.", _MASS)
UUID_BLANK = _top(800038, "uuid不能为空", N, "Pass a uuid of 1 to 128 characters.", _MASS)
TOO_MANY_USERS = _top(800039, "用户列表长度超过限制", N, "At most 1000 userids in one call.", _MASS)
TOO_MANY_DEPTS = _top(800040, "部门列表长度超过限制", N, "At most 1000 departments in one call.", _MASS)
ACCOUNT_QPS = _top(800055, "服务号发消息qps超过限制", L, "Wait a second and use a new uuid; this one is used up.", _MASS)
ACCOUNT_QPM = _top(800056, "服务号发消息qpm超过限制", L, "Wait for the next minute and use a new uuid; this one is used up.", _MASS)
PERSON_TIMES_USED_UP = _top(
    800057, "服务号今日发消息总人次超过限制：组织人数 * 50", T, "Today's person-times (50 for each member of the organisation) are used up.", _MASS
)

# --- accounts and their material (added-service-number, service-number-update-1, new-article-1, get-article)
NAME_TAKEN = _top(800001, "请勿创建重复名称的服务号", N, "Another live service account of the organisation has this name.", "added-service-number")
TOO_MANY_ACCOUNTS = _top(800004, "可创建服务号数量达到上限", N, "An organisation has at most 40 live service accounts.", "added-service-number")
BAD_ARTICLE = _top(1002, "参数错误", N, "Check the article: title, content and uuid are needed; texts may be too long, ids unknown.", "new-article-1")
ARTICLE_GONE = _top(1100001, "此文章已被删除", N, "The article is deleted, or no article of this account.", "get-article")

# --- work notifications (work-notification-templating-v2, asynchronous-sending-of-enterprise-session-messages, gets-the-result-of-…)
_TEMPLATE, _WORK = "work-notification-templating-v2", "asynchronous-sending-of-enterprise-session-messages"
BAD_AGENT_TEMPLATE = _top(
    400002,
    "agentId不合法",
    N,
    "agent_id must be an installation of the token's own app in the token's organisation.",
    _TEMPLATE,
    key="top.400002.agent",
)
NO_NOTICE_RECEIVERS = _top(400002, "参数错误", N, "userid_list and dept_id_list must not both be empty.", _TEMPLATE, key="top.400002.receivers")
TEMPLATE_UNKNOWN = _top(885001, "消息模板不存在", N, "Check template_id: it is unknown, deleted, or another app's.", _TEMPLATE)
TEMPLATE_UNAVAILABLE = _top(885006, "消息模板不可用", N, "The template must be approved and enabled before it sends.", _TEMPLATE)
WORK_SYSTEM = _top(500, "系统异常", L, "The server could not do it now; nothing was accepted.", _TEMPLATE)
AGENT_OF_ANOTHER_APP = _top(
    41020, "accessToken中包含的appKey与agentId不一致， 无法使用当前agentId", N, "Use the agent_id of the token's own app.", "observed"
)
BAD_AGENT = _top(40056, "不合法的agentid", N, "Check agent_id.", _WORK)
BAD_PARAMETER = _top(40035, "不合法的参数", N, "Check agent_id, task_id and the receivers; queries reach back seven days.", _WORK)
ALL_STAFF_FORBIDDEN = _top(41028, "禁止给全员发送消息", N, "A third-party app may not send to everyone.", _WORK)
ALL_STAFF_USED_UP = _top(41045, "单应用全员消息/每天总量超限", T, "Today's all-staff sends of this app are used up.", _WORK)
BAD_MSGTYPE = _top(40008, "不合法的消息类型", N, "msgtype must be text, image, voice, file, link, oa, markdown or action_card.", _WORK)
MSG_INCOMPLETE = _top(34014, "会话消息的json结构无效或不完整", N, "The block that msgtype names, or a required member of it, is missing.", _WORK)
IMAGE_EMPTY = _top(34008, "图片不能为空", N, "image.media_id is empty.", _WORK)
LINK_EMPTY = _top(34009, "链接内容不能为空", N, "link.messageUrl is empty.", _WORK)
FILE_EMPTY = _top(34010, "文件不能为空", N, "file.media_id is empty.", _WORK)
VOICE_EMPTY = _top(34011, "音频文件不能为空", N, "voice.media_id is empty.", _WORK)
MEDIA_UNKNOWN = _top(40007, "不合法的媒体文件id", N, "Upload the file first; the id is unknown in this organisation.", _WORK)
MSG_TOO_LONG = _top(34016, "会话消息的内容超长", N, "Shorten the text, title, button or address.", _WORK)
MSG_TOO_MANY_BYTES = _top(45002, "消息内容超过限制", N, "msg may have 2048 bytes of UTF-8 (profile strict).", _WORK)
TOO_MANY_RECEIVERS = _top(41029, "超过消息接收者人数上限，企业接入为5000，ISV接入为1000", N, "Name fewer people (profile strict).", _WORK)
BAD_RECALL = _top(
    400002,
    "agentId不合法或taskId不合法",
    N,
    "The agent or task is unknown, of another app, or older than 24 hours.",
    "notification-of-work-withdrawal",
    key="top.400002.recall",
)
RESULT_TOO_LARGE = _top(
    41052,
    "本次发送人数过多,不再返回发送结果",
    L,
    "The send is not finished, or has more receivers than are told.",
    "update-work-notification-status-bar",
)

# --- tokens (obtain-orgapp-token, api-getaccesstoken) and the classic surface
CLASSIC_UNKNOWN = _classic(404, "请求的URI地址不存在", N, "Check the path: no such interface.", "observed")
NEED_GET = _classic(43001, "需要GET请求", N, "Use GET.", "server-api-error-codes-1")
CLASSIC_TOKEN_MISSING = _classic(40035, "缺少参数 access_token", N, "Pass access_token in the query.", "observed", key="classic.40035.access_token")
CLASSIC_MISSING = _classic(40035, "缺少参数 {name}", N, "Pass this parameter.", "observed", key="classic.40035.name")
CLASSIC_INVALID = _classic(40035, "不合法的参数 {name}", N, "Check the parameter's type and length.", "observed", key="classic.40035.invalid")
CLASSIC_BUSY = _classic(-1, "系统繁忙", L, "The server could not do it now; nothing was changed. Try again.", "server-api-error-codes-1")
KEY_MISSING = _classic(40035, "缺少参数 corpid or appkey", N, "Pass appkey and appsecret in the query.", "observed")
BAD_APP_SECRET = _classic(40096, "不合法的appKey或appSecret", N, "Check appkey and appsecret; a disabled app is refused too.", "observed")
BAD_CORP_SECRET = _classic(40089, "不合法的corpId或corpSecret", N, "Check corpid and corpsecret.", "observed, server-api-error-codes-1")
# The code for "this server's calls of this interface" on the pages; that wrong secrets lead to it is ours.
CLASSIC_GUESSES = _classic(
    90002,
    "您的服务器调用钉钉开放平台当前接口的所有请求都被暂时禁用了",
    L,
    "Too many wrong secrets came from this address, or for this key. Correct the secret and try again in a minute.",
    "server-api-error-codes-1",
)

# --- media (upload-media-files), in the order in which they are looked for
_UPLOAD = "upload-media-files"
NOT_MULTIPART = _classic(43008, "参数需要multipart类型", N, "Send multipart/form-data with a file part called media, whole.", _UPLOAD)
BAD_MEDIA_KIND = _classic(40004, "不合法的媒体文件类型", N, "type must be image, voice, video or file, as a part or in the query.", _UPLOAD)
MEDIA_MISSING = _classic(41005, "缺少多媒体文件数据", N, "Send the file as a part called media that has a file name.", _UPLOAD)
MEDIA_EMPTY = _classic(44001, "多媒体文件为空", N, "The file has no bytes.", "server-api-error-codes-1")
BAD_FILE_TYPE = _classic(40005, "不合法的文件类型", N, "The file's extension or its first bytes are none that this type allows.", _UPLOAD)
BAD_FILE_SIZE = _classic(40006, "不合法的文件大小", N, "At most 20 MB, a voice 2 MB.", _UPLOAD)

# --- third-party apps (the-signature-calculation-method-…, obtains-the-suite-acess-token-of-third-party-enterprise-applications)
_SIGNED = "the-signature-calculation-method-of-the-third-party-access-interface"
_SUITE = "obtains-the-suite-acess-token-of-third-party-enterprise-applications"
_AGENT = "obtains-application-information-of-an-enterprise"
CLASSIC_NEED_POST = _classic(43002, "需要POST请求", N, "Use POST.", "server-api-error-codes-1")
CLASSIC_NOT_JSON = _classic(40035, "缺少参数 json", N, "The body must be one JSON object, or a form.", "observed", key="classic.40035.json")
BAD_ACCESS_KEY = _classic(
    853003, "accessKey参数不合法，必须是钉钉开放平台存在的appId", N, "accessKey must be the key of a suite that is enabled.", _SIGNED
)
BAD_TIMESTAMP = _classic(853001, "timestamp参数格式不正确，必须是当前时间的毫秒数", N, "timestamp must be milliseconds since 1970.", _SIGNED)
STALE_TIMESTAMP = _classic(
    853002,
    "timestamp参数不合法，该参数值与钉钉服务器当前时间相差超过1分钟",
    N,
    "timestamp must be within a minute of this server's clock, which a sandbox may have moved.",
    _SIGNED,
)
SIGNED_TICKET = _classic(
    853005, "签名中套件ticket参数无效", N, "Use the newest suite ticket, or TestSuiteTicket; an older one has ended.", "observed"
)
BAD_SIGNATURE = _classic(
    853004,
    "signature参数不正确，与钉钉服务端计算出来的签名不一致，注意该参数传递时必须urlEncode",
    N,
    "Sign timestamp, a line feed and the ticket with the suite's secret, and escape the result in the query.",
    _SIGNED,
)
AUTH_CORP_MISSING = _classic(41027, "需要授权企业的corpid参数", N, "Pass auth_corpid.", "obtain-isvapp-token")
NOT_AUTHORISED = _classic(41030, "企业未对该套件授权", N, "Install the suite in the organisation, or enable it there.", "obtain-isvapp-token")
SUITE_KEY_MISSING = _classic(41021, "缺少suitekey", N, "Pass suite_key.", _SUITE)
SUITE_SECRET_MISSING = _classic(41024, "缺少suitesecret", N, "Pass suite_secret.", _SUITE)
SUITE_TICKET_MISSING = _classic(41023, "缺少suiteticket", N, "Pass suite_ticket.", _SUITE)
# Not documented which of the two stands for an unknown key; the catalogue tells the key from the secret.
BAD_SUITE = _classic(40083, "不合法的suiteid", N, "Check suite_key: no such suite, or not the one that calls.", _SUITE)
BAD_SUITE_SECRET = _classic(40088, "不合法的套件key或secret", N, "Check suite_secret.", _SUITE)
BAD_SUITE_TICKET = _classic(40085, "不存在的suiteticket", N, "Use the newest suite ticket, or TestSuiteTicket.", _SUITE)
SUITE_GONE = _classic(40090, "套件已经不存在", N, "The suite is disabled.", _SUITE)
SUITE_TOKEN_MISSING = _classic(41022, "缺少suitetoken", N, "Pass suite_access_token in the query.", _AGENT)
BAD_SUITE_TOKEN = _classic(
    40082, "不合法的suitetoken", N, "Fetch a suite token with /service/get_suite_token; this one is unknown or revoked.", _AGENT
)
SUITE_TOKEN_ENDED = _classic(42009, "suitetoken失效", N, "Fetch a new suite token; this one is older than two hours.", _AGENT)
SUITE_TOKEN_OF_ANOTHER = _classic(48003, "suitetoken无效", N, "accessKey or suite_key names another suite than the token's.", _AGENT)
AUTH_GONE = _classic(48004, "授权关系无效", N, "The organisation has not installed the suite.", _AGENT)
CLASSIC_BAD_AGENT = _classic(40056, "不合法的agentid", N, "agentid must be an installation of the suite in the organisation.", _AGENT)

# --- callbacks (registers-event-callback-interfaces, list-of-events-where-historical-push-notifications-failed) and answers to readers
_CALLBACK = "registers-event-callback-interfaces"
CALLBACK_EXISTS = _classic(71006, "回调地址已经存在", N, "Change it with update_call_back.", _CALLBACK)
NO_CALLBACK = _classic(71007, "回调地址已不存在", N, "Register one with register_call_back.", _CALLBACK)
BAD_CALLBACK_TAG = _classic(71008, "回调call_back_tag必须在指定的call_back_tag列表中", N, "Name events that there are.", _CALLBACK)
CALLBACK_NOT_SUCCESS = _classic(71009, "返回文本非success", N, "The address must answer check_url with success, encrypted.", _CALLBACK)
CALLBACK_PARAMETERS = _classic(
    71010,
    "POST的JSON数据不包含所需要的参数字段或包含的参数格式非法",
    N,
    "Pass call_back_tag, token (at most 64 characters), aes_key (43 letters and digits) and url.",
    _CALLBACK,
)
BAD_CALLBACK_URL = _classic(71011, "传入的url参数不是合法的url格式", N, "url must begin with http:// or https://.", _CALLBACK)
CALLBACK_UNREACHABLE = _classic(
    71012, "url地址访问异常,错误原因为:{reason}", L, "The address must answer within 1.2 seconds with HTTP 200.", _CALLBACK
)
CALLBACK_FORBIDDEN = _classic(71013, "此域名或IP不能注册或者接收回调事件", N, "This server does not call private networks.", _CALLBACK)
BAD_SESSION = _classic(
    300001, "token is not exist", N, "Use the sessionWebhook of the event, before sessionWebhookExpiredTime.", "observed on robots"
)

# --- the organisation (user-information-creation, query-user-details, address-book-…-department, obtains-a-list-of-enterprise-roles)
_USER, _USERS = "query-user-details", "queries-the-complete-information-of-a-department-user"
_DEPT, _ROLE = "query-department-details0-v2", "queries-role-details"
_GLOBAL = "server-api-error-codes-1"
NO_SUCH_USER = _top(60121, "找不到该用户", N, "Nobody in the organisation has this userid, mobile or unionid.", f"observed, {_USER}")
BAD_USERID = _top(33012, "无效的USERID", N, "Nobody in the organisation has this userid.", "delete-a-user")
ROLE_USERID = _top(40003, "不合法的UserID", N, "Nobody in the organisation has this userid, or not this role.", _GLOBAL)
NO_SUCH_DEPT = _top(60003, "部门不存在", N, "Check dept_id.", _DEPT)
DIRECTORY_PARAMETER = _top(40035, "参数非法", N, "cursor counts from 0, size is 1 to 100.", _USERS, key="top.40035.directory")
BAD_UNIONID_TEXT = _top(40035, "不合法的参数 unionid", N, "This is no unionid.", "observed", key="top.40035.unionid")
DIRECTORY_INVALID = _top(400002, "无效的参数", N, "Ids are whole numbers above zero.", _DEPT, key="top.400002.directory")
BAD_OFFSET = _top(40068, "不合法的偏移量", N, "cursor or offset counts from 0.", _GLOBAL)
BAD_PAGE_SIZE = _top(40069, "不合法的分页大小", N, "size is 1 to 100; for the list of roles 1 to 200.", _GLOBAL)
USER_OUT_OF_RANGE = _top(50002, "企业员工不在授权范围", N, "The installation's visible range does not hold this person.", _GLOBAL)
DEPT_OUT_OF_RANGE = _top(50004, "企业部门不在授权范围", N, "The installation's visible range does not hold this department.", _GLOBAL)
BAD_PHONE = _top(40104, "电话号码无效", N, "mobile is digits, with a plus sign and country code or without.", "query-users-by-phone-number")
BAD_LOGIN_CODE = _top(40078, "不存在的临时授权码", N, "A code works once, for five minutes, in the organisation it was made for.", _GLOBAL)
USERID_TAKEN = _top(60102, "UserID在公司中已存在", N, "Choose another userid, or update this person.", _GLOBAL)
BAD_MOBILE = _top(60103, "手机号码不合法", N, "mobile is digits, with a plus sign and country code or without.", _GLOBAL)
MOBILE_TAKEN = _top(60104, "手机号码在公司中已存在", N, "Somebody in the organisation has this mobile.", _GLOBAL)
BAD_EMAIL = _top(60105, "邮箱不合法", N, "Check email.", _GLOBAL)
EMAIL_TAKEN = _top(60106, "邮箱已存在", N, "Somebody in the organisation has this email.", _GLOBAL)
BAD_USER_NAME = _top(60112, "用户name不合法", N, "name must not be blank.", _GLOBAL)
BAD_DEPT_LIST = _top(40066, "不合法的部门列表", N, "dept_id_list names 1 to 100 departments, each once.", _GLOBAL)
BAD_MANAGER = _top(60128, "无效的主管id", N, "manager_userid must be somebody else in the organisation.", _GLOBAL)
BAD_DEPT_NAME = _top(60001, "不合法的部门名称", N, "name has 1 to 64 characters.", _GLOBAL)
DEPT_NAME_CHARS = _top(60009, "部门名称含有非法字符", N, "name must not contain - or a comma.", _GLOBAL)
DEPT_NAME_TAKEN = _top(60021, "父部门下该部门名称已存在", N, "Two departments below the same one cannot have the same name.", _GLOBAL)
NO_SUCH_PARENT = _top(60004, "父亲部门不存在", N, "Check parent_id.", _GLOBAL)
DEPT_HAS_MEMBERS = _top(60005, "不允许删除有成员的部门", N, "Move its members first.", _GLOBAL)
DEPT_HAS_CHILDREN = _top(60006, "不允许删除有子部门的部门", N, "Delete the departments below it first.", _GLOBAL)
ROOT_STAYS = _top(60007, "不允许删除根部门", N, "The root cannot be deleted.", _GLOBAL)
DEPT_CIRCLE = _top(60010, "部门存在循环关系", N, "A department cannot lie below itself.", _GLOBAL)
ROOT_FIXED = _top(60018, "不允许更新根部门", N, "The root cannot be changed.", _GLOBAL)
BAD_DEPT_USERS = _top(40031, "不合法的UserID列表", N, "A manager or owner of the department is not in the organisation.", _GLOBAL)
# The codes are those of the pages of roles; their texts are not known, these are ours.
NO_SUCH_ROLE = _top(33011, "角色不存在", N, "Check the role's id.", _ROLE)
SYSTEM_ROLE = _top(23004, "不允许编辑系统标签", N, "The roles of the default group that the system knows cannot be deleted.", "delete-role")
CLASSIC_NO_SUCH_ROLE = _classic(33011, "角色不存在", N, "Check roleId.", _ROLE)
ROLE_EMPTY = _classic(34018, "角色信息不能为空", N, "The name must not be blank.", _GLOBAL)
NO_SUCH_GROUP = _classic(34020, "角色组不存在", N, "Check groupId.", "add-role")
ROLE_NAME_TAKEN = _classic(34021, "角色名称已存在", N, "The group has a role of this name; or there is a group of this name.", "add-role")
# What the interfaces before /topapi answer for the same things.
CLASSIC_NO_SUCH_USER = _classic(60121, "找不到该用户", N, "Nobody in the organisation has this userid, mobile or unionid.", "observed")
CLASSIC_NO_SUCH_DEPT = _classic(60003, "部门不存在", N, "Check the department's id.", "observed")
CLASSIC_USER_OUT_OF_RANGE = _classic(50002, "企业员工不在授权范围", N, "The installation's visible range does not hold this person.", _GLOBAL)
CLASSIC_DEPT_OUT_OF_RANGE = _classic(50004, "企业部门不在授权范围", N, "The installation's visible range does not hold this department.", _GLOBAL)
CLASSIC_BAD_LOGIN_CODE = _classic(40078, "不存在的临时授权码", N, "A code works once, for five minutes.", _GLOBAL)

# --- the new surface
V1_NOT_FOUND = _v1(
    404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.", N, "Check path and method.", "observed"
)
V1_MISSING = _v1(400, "Missing{name}", "{name} is mandatory for this action.", N, "Pass this member of the JSON body.", "observed", key="v1.Missing")
V1_HEADER_MISSING = _v1(
    400,
    "AuthenticationFailed.MissingParameter",
    "缺少参数：x-acs-dingtalk-access-token",
    N,
    "Pass the token in this header; query and Bearer do not count.",
    "observed",
)
V1_TOKEN_INVALID = _v1(400, "InvalidAuthentication", "不合法的access_token", N, "Fetch a new token.", "observed, server-api-error-codes-1")
V1_NO_PERMISSION = _v1(
    403,
    "Forbidden.AccessDenied.AccessTokenPermissionDenied",
    "应用尚未开通所需的权限：[{scope}]",
    N,
    "Grant the app this permission point.",
    "server-api-error-codes-1",
)
V1_IP_NOT_ALLOWED = _v1(
    403, "Forbidden.AccessDenied.IpNotInWhiteList", "访问ip不在白名单之中", N, "Add the address to the app's allow list.", "server-api-error-codes-1"
)
V1_APP_API_QPS = _v1(
    403,
    "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
    "您的企业应用调用钉钉开放平台当前接口的所有请求都被暂时禁用了",
    L,
    "At most this many calls a second per app and interface.",
    "server-api-error-codes-1",
)
V1_API_QPS = _v1(
    403,
    "Forbidden.AccessDenied.QpsLimitForApi",
    "您的服务器调用钉钉开放平台当前接口的所有请求都被暂时禁用了",
    L,
    "All apps together call too often.",
    "server-api-error-codes-1",
)
V1_CORP_MONTH = _v1(
    403,
    "Forbidden.AccessDenied.ApiCountLimitForOrg",
    "企业当月调用开放平台接口次数超过限制",
    L,
    "The organisation's calls of this month are used up.",
    "how-to-process-api-throttling",
)
V1_BAD_CLIENT = _v1(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret", N, "Check appKey and appSecret.", "observed")
_CORP_TOKEN = "obtain-the-access-token-of-the-third-party-application-authorization-enterprise"
V1_BAD_SUITE = _v1(400, "invalidSuiteKey", "suitekey不合法", N, "Check suiteKey and suiteSecret; a disabled suite is refused too.", "observed")
V1_BAD_TICKET = _v1(400, "invalidSuiteTicket", "suiteTicket无效", N, "Use the newest suite ticket, or TestSuiteTicket.", _CORP_TOKEN)
V1_NOT_AUTHORISED = _v1(400, "invalidAuthInfo", "授权关系不存在", N, "Install the suite in the organisation, or enable it there.", _CORP_TOKEN)
V1_CORP_BAD_CLIENT = _v1(
    400, "invalid.client", "无效的client_id或client_secret", N, "Check client_id and client_secret.", "obtain-the-access_token-of-the-app"
)
V1_GRANT_TYPE = _v1(
    400, "unsupported.grant.type", "不支持的grant_type", N, "grant_type must be client_credentials.", "obtain-the-access_token-of-the-app"
)
V1_UNAUTHORIZED = _v1(
    401, "unauthorized.client", "应用未获得该企业授权", N, "The app is not installed in this organisation.", "obtain-the-access_token-of-the-app"
)
V1_UNKNOWN = _v1(500, "unknownError", "未知错误", L, "The corpId is unknown, or the server failed.", "observed")

# --- the new surface's mass send (api-sendmessage)
_MASS_V1 = "api-sendmessage"
V1_BAD_UNIONID = _v1(400, "invalid.unionid", "unionid非法", N, "Pass the unionid of a live service account.", _MASS_V1)
V1_BAD_USERIDS = _v1(400, "invalid.userid.list", "userId列表非法", N, "A userid is unknown, or there are more than 1000.", _MASS_V1)
V1_NO_RECEIVERS = _v1(400, "receivers.list.empty", "接收人列表为空", N, "Name users, departments or roles that have people.", _MASS_V1)
V1_NO_CONTENT = _v1(400, "message.not.empty", "指定消息内容不能为空", N, "The body of this msg_type is missing or not valid.", _MASS_V1)
V1_BAD_MEDIA = _v1(400, "invalid.media.id", "media_id非法", N, "The media or card id is missing, unknown or of the wrong kind.", _MASS_V1)
V1_LINK_PARAMS = _v1(400, "link.params.missing", "链接消息参数缺失", N, "link needs title and link_url.", _MASS_V1)
V1_UUID_USED = _v1(400, "uuid.repeat", "uuid重复", N, "This uuid was used; a new send needs a new one.", _MASS_V1)
V1_SYSTEM = _v1(500, "system.error", "系统异常", L, "The server could not do it now; nothing was accepted.", _MASS_V1)
V1_QPS = _v1(400, "qps.exceed.limit", "请求过于频繁", L, "Slow down, and use a new uuid.", _MASS_V1)
V1_OVER_QUOTA = _v1(400, "illegalRequest.overQuota", "request over quota.", T, "Today's quota is used up.", _MASS_V1)
V1_ILLEGAL = _v1(400, "illegalParameter", "Illegal parameter", N, "Check types and list lengths.", _MASS_V1)

# --- send records (service-account-query-msgsend-records, service-account-msg-record-detail)
_RECORDS = "service-account-query-msgsend-records"
V1_NOT_AN_ACCOUNT = _v1(400, "invalid.userid", "推送号非法", N, "The id is no live service account of this organisation.", _RECORDS)
V1_NO_ACCOUNT = _v1(400, "publisher.not.exist", "推送号不存在", N, "No such service account, or it was deleted.", _RECORDS)
V1_BAD_TASK = _v1(400, "invalid.taskid", "taskId非法", N, "The task is unknown, or another account's.", "service-account-msg-record-detail")
