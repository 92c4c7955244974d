"""Every sentence the pages say, in both languages."""

import msgspec
from starlette.requests import Request

from hongyan.console.cookies import cookie_name

LANGUAGE_COOKIE = "hongyan_lang"


class Texts(msgspec.Struct, frozen=True):
    """One language. `{…}` fields are filled in by the page."""

    lang: str
    html_lang: str
    other_lang: str
    other_name: str
    product: str
    colon: str
    # header
    inbox: str
    theme_auto: str
    theme_light: str
    theme_dark: str
    live: str
    reconnecting: str
    link_ended: str
    skip: str
    # list and thread
    conversations: str
    messages: str
    unread: str
    back: str
    older: str
    newest: str
    choose: str
    choose_hint: str
    empty: str
    empty_hint: str
    empty_here: str
    recalled: str
    work_notice: str
    preview: str
    preview_hint: str
    new_message: str
    # the reader's side
    you: str
    own_summary: str
    menu: str
    write: str
    send: str
    send_hint: str
    not_sent: str
    too_fast: str
    pressed: str
    # message types
    image: str
    voice: str
    file: str
    link: str
    card: str
    news: str
    play: str
    pause: str
    seconds: str
    download: str
    no_picture: str
    remote_picture: str
    no_file: str
    not_playable: str
    cannot_open: str
    open_app: str
    details: str
    attachments: str
    by: str
    no_card: str
    # article
    close_article: str
    published: str
    no_article: str
    comments: str
    no_comments: str
    comment_label: str
    comment_send: str
    comment_chosen_hint: str
    comment_featured: str
    comment_waiting: str
    comment_blank: str
    comment_too_long: str
    comment_too_many: str
    older_comments: str
    account_page: str
    no_account: str
    open_conversation: str
    home_empty: str
    # doors
    need_link: str
    need_link_why: str
    need_link_cli: str
    need_link_api: str
    # a server in trouble
    no_store: str
    no_store_why: str
    broke: str
    broke_why: str
    try_again: str
    pick_inbox: str
    # landing
    tagline: str
    about: str
    console: str
    console_hint: str
    console_open: str
    api_docs: str
    api_coverage: str
    api_dingtalk: str
    api_management: str
    see_inbox: str
    see_inbox_hint: str
    see_inbox_cli: str
    arrival_open: str
    arrival_close: str
    # times
    today: str
    yesterday: str
    month_day: str
    year_month_day: str
    weekdays: tuple[str, ...]


ZH = Texts(
    lang="zh",
    html_lang="zh-CN",
    other_lang="en",
    other_name="English",
    product="鸿雁",
    colon="：",
    inbox="收件箱",
    theme_auto="跟随系统",
    theme_light="浅色",
    theme_dark="深色",
    live="实时",
    reconnecting="正在重连…",
    link_ended="链接已失效",
    skip="跳到消息",
    conversations="会话",
    messages="消息",
    unread="{count} 条未读",
    back="返回会话列表",
    older="更早的消息",
    newest="有新消息",
    choose="选择一个会话",
    choose_hint="消息会显示在这里，新消息到达时无需刷新。",
    empty="还没有消息",
    empty_hint="给 {userid} 发一条试试，它会立刻出现在这里：",
    empty_here="这个会话里没有消息",
    recalled="{name}撤回了一条消息",
    work_notice="工作通知：{name}",
    preview="预览",
    preview_hint="这是一条预览消息，只发给了预览对象",
    new_message="{name}的新消息：{summary}",
    you="我",
    own_summary="我：{text}",
    menu="菜单",
    write="给它写点什么",
    send="发送",
    send_hint="回车发送，Shift+回车换行",
    not_sent="没有发出去，请再试一次",
    too_fast="写得太快了，请稍等几秒",
    pressed="已告知应用：{name}",
    image="图片",
    voice="语音",
    file="文件",
    link="链接",
    card="卡片",
    news="图文",
    play="播放语音",
    pause="暂停",
    seconds="{count} 秒",
    download="下载",
    no_picture="图片无法显示",
    remote_picture="外部图片",
    no_file="文件已不存在",
    not_playable="浏览器不能播放这种语音，可以下载",
    cannot_open="这个地址不能打开：{address}",
    open_app="需要在钉钉客户端里打开",
    details="查看详情",
    attachments="{count} 个附件",
    by="作者：{name}",
    no_card="图文内容已不存在",
    close_article="返回收件箱",
    published="发布于 {time}",
    no_article="没有这篇文章，或者它还没有发布",
    comments="评论",
    no_comments="还没有评论",
    comment_label="写下您的评论",
    comment_send="发表",
    comment_chosen_hint="被选为精选后，其他人才能看到",
    comment_featured="精选",
    comment_waiting="仅自己可见",
    comment_blank="评论是空的",
    comment_too_long="评论最多 {count} 字",
    comment_too_many="您在这篇文章下的评论已经很多了",
    older_comments="更早的评论",
    account_page="{name}的主页",
    no_account="没有这个服务号，或者它已停用",
    open_conversation="打开会话",
    home_empty="主页上还没有内容",
    need_link="需要一个收件箱链接",
    need_link_why="每个收件箱只能用为它生成的链接打开。您的链接不完整、已过期，或者不属于这台服务器。",
    need_link_cli="在服务器上运行这条命令，会得到一个链接：",
    need_link_api="也可以用管理令牌调用接口，再打开返回的链接：",
    no_store="服务器暂时无法保存数据",
    no_store_why="您刚才的操作没有生效。原因见服务器日志；问题解决后服务器会自动恢复，届时请再试一次。",
    broke="服务器出错了",
    broke_why="原因已写入服务器日志。您刚才的操作可能已经生效，再试之前请先看一下结果。",
    try_again="重新打开这个页面",
    pick_inbox="打开哪个收件箱？",
    tagline="会说钉钉消息接口的服务器",
    about="把您的程序里钉钉的接口地址换成这台服务器，消息就会送进这里的收件箱：可以看，可以查回执，可以撤回。",
    console="控制台",
    console_hint="每一次发送、每一次调用，以及某人为什么没收到；还可以在这里发消息、管理组织和应用。",
    console_open="登录控制台",
    api_docs="接口文档",
    api_coverage="接口覆盖情况：支持哪些接口，和平台有哪些不同",
    api_dingtalk="钉钉接口的 OpenAPI 描述，按这台服务器支持的范围",
    api_management="管理接口的 OpenAPI 描述",
    see_inbox="收件箱",
    see_inbox_hint="在这个浏览器里打开过的收件箱",
    see_inbox_cli="要打开另一个人的收件箱，请在服务器上运行这条命令，再打开它给出的链接：",
    arrival_open="查看",
    arrival_close="关闭",
    today="今天",
    yesterday="昨天",
    month_day="{month}月{day}日",
    year_month_day="{year}年{month}月{day}日",
    weekdays=("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
)

EN = Texts(
    lang="en",
    html_lang="en",
    other_lang="zh",
    other_name="中文",
    product="Hongyan",
    colon=": ",
    inbox="Inbox",
    theme_auto="System theme",
    theme_light="Light theme",
    theme_dark="Dark theme",
    live="Live",
    reconnecting="Reconnecting…",
    link_ended="Link ended",
    skip="Skip to messages",
    conversations="Conversations",
    messages="Messages",
    unread="{count} unread",
    back="Back to conversations",
    older="Older messages",
    newest="New messages",
    choose="Choose a conversation",
    choose_hint="Its messages appear here. New ones arrive without reloading.",
    empty="No messages yet",
    empty_hint="Send one to {userid} and it appears here at once:",
    empty_here="No messages in this conversation",
    recalled="{name} recalled a message",
    work_notice="Work notice: {name}",
    preview="Preview",
    preview_hint="A preview: it went to the previewing person only",
    new_message="New message from {name}: {summary}",
    you="You",
    own_summary="You: {text}",
    menu="Menu",
    write="Write a message",
    send="Send",
    send_hint="Enter sends, Shift+Enter breaks the line",
    not_sent="Not sent; try again",
    too_fast="Too fast; wait a few seconds",
    pressed="The application was told: {name}",
    image="Picture",
    voice="Voice",
    file="File",
    link="Link",
    card="Card",
    news="Article",
    play="Play voice message",
    pause="Pause",
    seconds="{count} seconds",
    download="Download",
    no_picture="This picture cannot be shown",
    remote_picture="Picture elsewhere",
    no_file="This file is gone",
    not_playable="Browsers cannot play this format; download it instead",
    cannot_open="This address cannot be opened: {address}",
    open_app="Opens in the DingTalk client",
    details="View details",
    attachments="{count} attachments",
    by="By {name}",
    no_card="These articles are gone",
    close_article="Back to the inbox",
    published="Published {time}",
    no_article="There is no such article, or it is not published yet",
    comments="Comments",
    no_comments="No comments yet",
    comment_label="Write a comment",
    comment_send="Post",
    comment_chosen_hint="Others see it once it is featured",
    comment_featured="Featured",
    comment_waiting="Only you see this",
    comment_blank="The comment is empty",
    comment_too_long="A comment has at most {count} characters",
    comment_too_many="You have written many comments here already",
    older_comments="Older comments",
    account_page="Page of {name}",
    no_account="There is no such account, or it has ended",
    open_conversation="Open the conversation",
    home_empty="Nothing on this page yet",
    need_link="You need a link to an inbox",
    need_link_why="An inbox opens only with a link made for it. Yours is incomplete, has expired, or belongs to another server.",
    need_link_cli="Run this on the server; it prints a link:",
    need_link_api="Or call the interface with the admin token, and open the link it returns:",
    no_store="The server cannot store anything just now",
    no_store_why="What you did has not taken effect. The log says why. The server works again by itself once the cause is gone; please try again then.",
    broke="The server failed",
    broke_why="Its log says why. What you did may have taken effect all the same: look before you try again.",
    try_again="Open this page again",
    pick_inbox="Which inbox?",
    tagline="A server that speaks DingTalk's messaging API",
    about="Point your program at this server instead of DingTalk's. What it sends lands in inboxes here: read it, query receipts, recall it.",
    console="Console",
    console_hint="Every send, every call, and why somebody did not get a message. Write messages there, and look after organisations and apps.",
    console_open="Sign in to the console",
    api_docs="Interfaces",
    api_coverage="Coverage: which interfaces are here, and what differs from the platform",
    api_dingtalk="DingTalk's interfaces as this server speaks them, as OpenAPI",
    api_management="The management interface, as OpenAPI",
    see_inbox="Inboxes",
    see_inbox_hint="Inboxes that were opened in this browser",
    see_inbox_cli="For somebody else's, run this on the server and open the link it prints:",
    arrival_open="Show",
    arrival_close="Close",
    today="Today",
    yesterday="Yesterday",
    month_day="{month_name} {day}",
    year_month_day="{month_name} {day}, {year}",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)

LANGUAGES = {"zh": ZH, "en": EN}


def texts_of(request: Request) -> Texts:
    """The reader's choice: of this address, of their cookie, of their browser; else Chinese."""
    for choice in (request.query_params.get("lang"), request.cookies.get(cookie_name(request, LANGUAGE_COOKIE))):
        if choice in LANGUAGES:
            return LANGUAGES[choice]
    return LANGUAGES[preferred_language(request.headers.get("accept-language", ""))]


def preferred_language(accepted: str) -> str:
    """The first of our languages in an Accept-Language list, by weight."""
    weighted: list[tuple[float, str]] = []
    for entry in accepted[:1000].split(","):
        tag, _, weight = entry.partition(";q=")
        name = tag.strip().lower().split("-")[0]
        if name in LANGUAGES:
            weighted.append((_weight(weight), name))
    return max(weighted, key=lambda one: one[0])[1] if weighted else "zh"


def _weight(text: str) -> float:
    digits = text.strip()
    return float(digits) if digits.replace(".", "", 1).isdecimal() and digits.isascii() else 1.0
