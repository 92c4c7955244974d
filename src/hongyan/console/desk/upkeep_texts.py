"""What the page about kept data says, in both languages."""

import msgspec


class UpkeepTexts(msgspec.Struct, frozen=True):
    lead: str
    kept: str
    kind: str
    period: str
    last_pass: str
    removed: str
    in_all: str
    kinds: dict[str, str]
    days: str
    for_ever: str
    goes_on: str
    never: str
    purge_now: str
    purged: str
    settings_hint: str
    backup: str
    no_backup: str
    last_backup: str
    backup_where: str
    store: str
    compact: str
    compact_hint: str
    compact_sure: str
    compacted: str
    erase: str
    erase_lead: str
    organisation: str
    userid: str
    again: str
    everybody: str
    erase_button: str
    not_same: str
    unknown: str
    several: str
    already: str
    erasing: str
    erasures: str
    alias: str
    state: str
    asked: str
    finished: str
    states: dict[str, str]
    counted: dict[str, str]
    mentions: str
    snapshots: str


ZH = UpkeepTexts(
    lead="每一类数据保留多久，上一次清理了多少，最近一次备份，以及彻底删除一个人。",
    kept="保留期限",
    kind="数据",
    period="保留",
    last_pass="上次清理",
    removed="清理",
    in_all="累计",
    kinds={
        "sends": "消息及其结果名单、回执、评论",
        "previews": "预览消息",
        "attempts": "uuid 的使用记录",
        "usage": "每人每天的用量",
        "rules": "限额规则的每日统计",
        "callbacks": "已结束的回调",
        "audit": "操作日志",
        "media": "没有被引用的素材",
        "requests": "调用记录",
    },
    days="{n} 天",
    for_ever="一直保留",
    goes_on="进行中",
    never="还没有",
    purge_now="立即清理",
    purged="清理完成。",
    settings_hint="期限在服务器的设置里修改（…_kept_days）。每小时自动清理一次，分小批进行，不影响发送。",
    backup="备份",
    no_backup="这个数据目录还没有备份。在服务器上运行 hongyan backup 目标目录，不需要停机。",
    last_backup="最近一次备份",
    backup_where="位置",
    store="数据文件",
    compact="整理数据文件",
    compact_hint="重写数据文件，让已删除的内容不留痕迹。期间发送会等待，每 GB 大约几秒。",
    compact_sure="现在整理数据文件？期间发送会等待。",
    compacted="数据文件已整理。",
    erase="彻底删除一个人",
    erase_lead="这个人会离开组织，姓名、手机号、userid、评论、写给服务号的消息、收件箱都会被删除，不能撤销。已发送消息的人数和名单保持完整，用一个代号代替。备份里的内容不会变，请同时处理旧备份。",
    organisation="组织",
    userid="userid",
    again="再输一次 userid",
    everybody="先后用过这个 userid 的所有人",
    erase_button="彻底删除",
    not_same="两次输入的 userid 不一样，没有删除任何人。",
    unknown="没有这个人。",
    several="先后有 {n} 个人用过这个 userid。如果都要删除，请勾选“先后用过这个 userid 的所有人”。",
    already="这个人已经删除过了。",
    erasing="已开始删除，进度见下面的删除记录。",
    erasures="删除记录",
    alias="代号",
    state="状态",
    asked="开始",
    finished="完成",
    states={"running": "进行中", "waiting": "等待应用收到离职通知", "compacting": "等待整理数据文件", "done": "已完成"},
    counted={
        "keys": "登录凭证",
        "comments": "评论",
        "messages_written": "写的消息",
        "views": "文章浏览",
        "inbox_entries": "收件箱条目",
        "lists": "名单",
        "sends": "消息",
        "audit_entries": "日志",
        "calls": "调用记录",
        "callbacks": "回调",
        "media": "素材",
    },
    mentions="正文里提到此人的消息",
    snapshots="可能仍包含此人的沙箱快照",
)

EN = UpkeepTexts(
    lead="How long each kind of data is kept, what was removed last, the last backup, and erasing a person.",
    kept="Retention",
    kind="Data",
    period="Kept",
    last_pass="Last pass",
    removed="Removed",
    in_all="In all",
    kinds={
        "sends": "Messages with result lists, receipts, comments",
        "previews": "Previews",
        "attempts": "What became of each uuid",
        "usage": "What people were charged on a day",
        "rules": "What the limits did on a day",
        "callbacks": "Callbacks that ended",
        "audit": "Audit log",
        "media": "Uploads that nothing shows",
        "requests": "Request log",
    },
    days="{n} days",
    for_ever="for ever",
    goes_on="goes on",
    never="not yet",
    purge_now="Remove now",
    purged="What was too old is gone.",
    settings_hint="Periods are settings of the server (…_kept_days). It removes what is too old every hour, a little at a time, so that sends hardly notice.",
    backup="Backup",
    no_backup="No backup of this folder yet. Run hongyan backup TARGET on the server; it need not stop.",
    last_backup="Last backup",
    backup_where="Where",
    store="Store file",
    compact="Write the file anew",
    compact_hint="Writes the store's file anew, so that nothing of what was removed is left in it. Sends wait meanwhile, some seconds for a gigabyte.",
    compact_sure="Write the file anew? Sends wait meanwhile.",
    compacted="The file is written anew.",
    erase="Erase a person",
    erase_lead=(
        "They leave the organisation, and their name, mobile number, userid, comments, messages to accounts and inbox are removed for good. "
        "Counts and lists of what was sent stay whole, under an alias. Backups stay as they are: see to the old ones too."
    ),
    organisation="Organisation",
    userid="userid",
    again="userid again",
    everybody="Everybody who had this userid, one after the other",
    erase_button="Erase",
    not_same="The two userids differ. Nobody was erased.",
    unknown="There is no such person.",
    several="{n} people had this userid, one after the other. To erase all of them, tick the box.",
    already="This person was erased before.",
    erasing="Erasing has begun; the list below says how far it is.",
    erasures="Erasures",
    alias="Alias",
    state="State",
    asked="Asked",
    finished="Finished",
    states={"running": "running", "waiting": "until applications heard of it", "compacting": "until the file is written anew", "done": "done"},
    counted={
        "keys": "keys",
        "comments": "comments",
        "messages_written": "messages written",
        "views": "views",
        "inbox_entries": "inbox entries",
        "lists": "lists",
        "sends": "sends",
        "audit_entries": "audit entries",
        "calls": "calls",
        "callbacks": "callbacks",
        "media": "media",
    },
    mentions="Sends whose text names them",
    snapshots="Snapshots of the sandbox that may still hold them",
)

TEXTS = {"zh": ZH, "en": EN}
