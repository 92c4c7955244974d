"""What the pages of apps, suites and installations say, in both languages."""

import msgspec

from hongyan.access.records import (
    FIELD_EMAIL,
    FIELD_MOBILE,
    SCOPE_ACCOUNT,
    SCOPE_BASE,
    SCOPE_DEPT,
    SCOPE_DEPT_MEMBER,
    SCOPE_DIRECTORY,
    SCOPE_MASS,
    SCOPE_MATERIAL,
    SCOPE_MEMBER,
    SCOPE_MENU,
    SCOPE_MOBILE,
    AppKind,
)
from hongyan.console.desk.frame import Desk


class AppTexts(msgspec.Struct, frozen=True):
    """One language. `{…}` fields are filled in by the page."""

    lead: str
    own: str
    installed: str
    suites: str
    suites_lead: str
    name: str
    key: str
    kind: str
    kinds: dict[AppKind, str]
    scopes: str
    n_scopes: str
    state: str
    live: str
    disabled: str
    agents: str
    created: str
    visible: str
    everyone: str
    some: str
    new_app: str
    new_app_lead: str
    key_hint: str
    agent_id: str
    agent_hint: str
    create: str
    new_suite: str
    suite_id: str
    suite_hint: str
    install: str
    install_lead: str
    which: str
    secret_once: str
    secret_hint: str
    copy: str
    copied: str
    scopes_said: dict[str, str]
    more_scopes: str
    allow_ips: str
    allow_ips_hint: str
    settings: str
    credentials: str
    renew: str
    renew_sure: str
    renew_hint: str
    revoke: str
    revoke_sure: str
    revoke_hint: str
    tokens: str
    n_tokens: str
    pinned: str
    disable: str
    disable_sure: str
    disable_hint: str
    enable: str
    saved: str
    revoked: str
    ticket: str
    issue_ticket: str
    ticket_hint: str
    ticket_now: str
    callback: str
    callback_none: str
    callback_edit: str
    visible_all: str
    visible_userids: str
    visible_depts: str
    admins: str
    admins_hint: str
    ids_hint: str
    description: str
    logo_url: str
    uninstall: str
    uninstall_sure: str
    uninstall_hint: str
    sends: str
    limits: str
    other_corp: str
    no_apps: str
    no_installed: str
    nothing_changed: str
    search_person: str
    search_department: str
    pick_hint: str
    # callbacks
    url: str
    url_hint: str
    token: str
    aes_key: str
    secret_keep: str
    secret_fresh: str
    kinds_wanted: str
    kinds_hint: str
    save_callback: str
    check_failed: str
    delete_callback: str
    delete_callback_sure: str
    style: str
    styles: dict[str, str]
    owner: str
    waiting: str
    events: str
    events_none: str
    event: str
    time: str
    tries: str
    status: str
    outcome: str
    answer: str
    took: str
    states: dict[str, str]
    any_state: str
    again: str
    event_text: str
    due: str
    kinds_said: dict[str, str]


ZH = AppTexts(
    lead="能调用这个组织接口的程序：自建应用，以及安装的第三方应用。",
    own="自建应用",
    installed="已安装的应用",
    suites="服务器上的第三方应用",
    suites_lead="第三方应用属于整个服务器，可以安装到任何组织。",
    name="名称",
    key="AppKey",
    kind="类型",
    kinds={AppKind.INTERNAL: "企业内部应用", AppKind.THIRD_PARTY: "第三方应用", AppKind.PERSONAL: "个人应用"},
    scopes="权限",
    n_scopes="{n} 项",
    state="状态",
    live="正常",
    disabled="已停用",
    agents="AgentId",
    created="创建于",
    visible="可见范围",
    everyone="所有人",
    some="部分人员",
    new_app="新建内部应用",
    new_app_lead="AppSecret 只在创建后显示一次。",
    key_hint="留空自动生成。",
    agent_id="AgentId",
    agent_hint="发工作通知需要 AgentId；留空则不能发工作通知。",
    create="创建",
    new_suite="新建第三方应用",
    suite_id="SuiteId",
    suite_hint="留空自动分配。",
    install="安装应用",
    install_lead="把第三方应用（或没有 AgentId 的内部应用）安装到这个组织。",
    which="应用",
    secret_once="{key} 的密钥，只显示这一次：",
    secret_hint="请现在保存。服务器只留下它的摘要，之后谁也看不到。",
    copy="复制",
    copied="已复制",
    scopes_said={
        SCOPE_BASE: "调用基础接口，包括工作通知和上传素材",
        SCOPE_MASS: "用服务号群发消息、查询结果、撤回",
        SCOPE_ACCOUNT: "创建、查询、修改服务号",
        SCOPE_MENU: "设置服务号菜单",
        SCOPE_MATERIAL: "管理服务号的文章和图文卡片",
        SCOPE_MEMBER: "读取人员信息",
        SCOPE_DEPT_MEMBER: "读取部门里的人员",
        SCOPE_DEPT: "读取部门列表",
        SCOPE_MOBILE: "用手机号查找人员",
        SCOPE_DIRECTORY: "修改通讯录：人员、部门、角色",
        FIELD_MOBILE: "读到的人员信息包含手机号",
        FIELD_EMAIL: "读到的人员信息包含邮箱",
    },
    more_scopes="其他权限点",
    allow_ips="允许的调用地址",
    allow_ips_hint="IP 地址或网段（如 10.0.0.0/8），每行一个；留空表示不限制。",
    settings="设置",
    credentials="凭证",
    renew="更换密钥",
    renew_sure="更换 {name} 的密钥？旧密钥立即失效。",
    renew_hint="旧密钥立即失效；已发出的 access_token 用到过期为止。",
    revoke="吊销 access_token",
    revoke_sure="吊销 {name} 的全部 access_token？正在使用的程序需要重新获取。",
    revoke_hint="全部立即失效，不会恢复；程序用密钥重新获取即可。",
    tokens="有效的 access_token",
    n_tokens="{n} 个",
    pinned="（其中 {n} 个是演示用的固定 token，不会过期，也不会被吊销）",
    disable="停用应用",
    disable_sure="停用 {name}？它的全部 access_token 立即失效。",
    disable_hint="停用后不能调用任何接口，可以恢复。",
    enable="恢复应用",
    saved="已保存。",
    revoked="access_token 已吊销。",
    ticket="suite_ticket",
    issue_ticket="发放新的 suite_ticket",
    ticket_hint="上一个立即失效；有回调地址时会推送过去。",
    ticket_now="新的 suite_ticket：",
    callback="事件回调",
    callback_none="没有设置回调地址",
    callback_edit="回调设置和推送记录",
    visible_all="对所有人可见",
    visible_userids="可见人员",
    visible_depts="可见部门 ID",
    admins="管理员",
    admins_hint="第三方应用在授权信息里看到的管理员 userid。",
    ids_hint="多个用逗号分开。不在可见范围的人收不到工作通知。",
    description="说明",
    logo_url="图标地址",
    uninstall="卸载",
    uninstall_sure="从这个组织卸载 {name}？",
    uninstall_hint="已发送的消息保留；用同一个 AgentId 重新安装可以恢复历史。",
    sends="发送记录",
    limits="限额",
    other_corp="这个第三方应用没有安装在这个组织。",
    no_apps="还没有自建应用",
    no_installed="还没有安装应用",
    nothing_changed="没有做任何改动：",
    search_person="搜索人员",
    search_department="搜索部门",
    pick_hint="点选后填入上面",
    url="回调地址",
    url_hint="保存前会向这个地址推送一次验证，应答正确才保存。",
    token="签名 token",
    aes_key="加密密钥（aes_key，43 位）",
    secret_keep="留空保持不变。",
    secret_fresh="已随机生成，请抄到应用里，保存后不再显示。",
    kinds_wanted="推送哪些事件",
    kinds_hint="一个都不选表示全部推送。",
    save_callback="验证并保存",
    check_failed="没有保存，地址没有通过验证：{answer}",
    delete_callback="删除回调",
    delete_callback_sure="删除回调地址？等待推送的事件和推送记录会一起删除。",
    style="格式",
    styles={"sync": "第三方应用推送", "flat": "内部应用事件", "classic": "旧版注册接口"},
    owner="密文结尾的 key",
    waiting="等待推送",
    events="推送记录",
    events_none="还没有推送过事件",
    event="事件",
    time="时间",
    tries="尝试",
    status="HTTP",
    outcome="结果",
    answer="应答",
    took="耗时",
    states={"waiting": "等待推送", "delivered": "已送达", "failed": "已放弃", "fetched": "已被取走", "replaced": "已被替代"},
    any_state="全部状态",
    again="重新推送",
    event_text="应用解密后看到的内容",
    due="下次尝试",
    kinds_said={
        "suite_ticket": "suite_ticket",
        "org_suite_auth": "授权开通",
        "org_suite_change": "授权变更",
        "org_suite_relieve": "解除授权",
        "org_micro_app_stop": "应用停用",
        "org_micro_app_restore": "应用启用",
        "org_micro_app_remove": "应用移除",
        "org_micro_app_scope_update": "可见范围变更",
        "user_add_org": "人员加入",
        "user_modify_org": "人员信息变更",
        "user_leave_org": "人员离开",
        "user_active_org": "人员激活",
        "org_dept_create": "部门创建",
        "org_dept_modify": "部门修改",
        "org_dept_remove": "部门删除",
        "user_role_change": "人员角色变更",
        "org_role_add": "角色增加",
        "org_role_modify": "角色修改",
        "org_role_remove": "角色删除",
        "label_user_change": "人员角色变更",
        "label_conf_add": "角色增加",
        "label_conf_modify": "角色修改",
        "label_conf_del": "角色删除",
        "isw_user_event_received": "服务号菜单点击等事件",
        "isw_user_msg_received": "服务号收到的消息",
    },
)

EN = AppTexts(
    lead="Programs that may call this organisation's interfaces: its own apps, and third-party apps installed here.",
    own="Own apps",
    installed="Installed",
    suites="Third-party apps on this server",
    suites_lead="A third-party app belongs to the whole server and can be installed in any organisation.",
    name="Name",
    key="App key",
    kind="Kind",
    kinds={AppKind.INTERNAL: "internal app", AppKind.THIRD_PARTY: "third-party app", AppKind.PERSONAL: "personal app"},
    scopes="Permissions",
    n_scopes="{n}",
    state="State",
    live="live",
    disabled="disabled",
    agents="AgentId",
    created="Created",
    visible="Visible to",
    everyone="everyone",
    some="some people",
    new_app="New internal app",
    new_app_lead="The secret is shown once, after it was created.",
    key_hint="Blank: make one.",
    agent_id="AgentId",
    agent_hint="Work notices need an AgentId; leave it blank for an app that sends none.",
    create="Create",
    new_suite="New third-party app",
    suite_id="SuiteId",
    suite_hint="Blank: the next free one.",
    install="Install an app",
    install_lead="Install a third-party app, or an internal app that has no AgentId, in this organisation.",
    which="App",
    secret_once="The secret of {key}, shown only now:",
    secret_hint="Keep it now. The server stores a digest; nobody can read it again.",
    copy="Copy",
    copied="Copied",
    scopes_said={
        SCOPE_BASE: "call the basic interfaces: work notices, uploads",
        SCOPE_MASS: "send as a service account, read results, recall",
        SCOPE_ACCOUNT: "create, read and change service accounts",
        SCOPE_MENU: "set the menus of service accounts",
        SCOPE_MATERIAL: "manage articles and news cards of service accounts",
        SCOPE_MEMBER: "read people",
        SCOPE_DEPT_MEMBER: "read who is in a department",
        SCOPE_DEPT: "read the list of departments",
        SCOPE_MOBILE: "find people by their mobile number",
        SCOPE_DIRECTORY: "change people, departments and roles",
        FIELD_MOBILE: "people that are read come with their mobile number",
        FIELD_EMAIL: "people that are read come with their email",
    },
    more_scopes="Other permission points",
    allow_ips="Addresses that may call",
    allow_ips_hint="IP addresses or networks (10.0.0.0/8), one a line; blank: any.",
    settings="Settings",
    credentials="Credentials",
    renew="Renew secret",
    renew_sure="Renew the secret of {name}? The old one ends at once.",
    renew_hint="The old secret ends at once; access tokens given out stay valid to their end.",
    revoke="Revoke access tokens",
    revoke_sure="Revoke all access tokens of {name}? Running programs have to fetch a new one.",
    revoke_hint="All end at once and do not come back; programs fetch a new one with the secret.",
    tokens="Valid access tokens",
    n_tokens="{n}",
    pinned="({n} fixed for the demo, which never end and are not revoked)",
    disable="Disable app",
    disable_sure="Disable {name}? All its access tokens end at once.",
    disable_hint="A disabled app can call nothing. It can be enabled again.",
    enable="Enable app",
    saved="Saved.",
    revoked="The access tokens are revoked.",
    ticket="suite_ticket",
    issue_ticket="Issue a new suite_ticket",
    ticket_hint="The one before ends at once; it is pushed to the callback, if there is one.",
    ticket_now="The new suite_ticket:",
    callback="Event callback",
    callback_none="No callback address is set",
    callback_edit="Callback and its log",
    visible_all="Visible to everyone",
    visible_userids="Visible to people",
    visible_depts="Visible to departments (ids)",
    admins="Administrators",
    admins_hint="userids that a third-party app sees as administrators in its authorisation.",
    ids_hint="Separate several with commas. Who is outside gets no work notices.",
    description="Description",
    logo_url="Address of the logo",
    uninstall="Uninstall",
    uninstall_sure="Uninstall {name} from this organisation?",
    uninstall_hint="What it sent stays. Installed again under the same AgentId it has its history back.",
    sends="Sends",
    limits="Limits",
    other_corp="This third-party app is not installed in this organisation.",
    no_apps="No apps yet",
    no_installed="Nothing is installed yet",
    nothing_changed="Nothing was changed:",
    search_person="Search people",
    search_department="Search departments",
    pick_hint="A click puts it in above",
    url="Callback address",
    url_hint="The address is asked before it is saved, and saved only when it answers as it must.",
    token="Token for signatures",
    aes_key="Encryption key (aes_key, 43 characters)",
    secret_keep="Blank: as it is.",
    secret_fresh="Made at random. Copy it into the app; it is not shown again after it was saved.",
    kinds_wanted="Events to push",
    kinds_hint="None chosen: all of them.",
    save_callback="Check and save",
    check_failed="Nothing was saved. The address did not pass the check: {answer}",
    delete_callback="Delete callback",
    delete_callback_sure="Delete the callback? Events that wait and the log go with it.",
    style="Form",
    styles={"sync": "pushes to a third-party app", "flat": "events of an internal app", "classic": "registered over the old interface"},
    owner="Key at the end of each plaintext",
    waiting="Waiting",
    events="Log of events",
    events_none="No events yet",
    event="Event",
    time="Time",
    tries="Tries",
    status="HTTP",
    outcome="Outcome",
    answer="Answer",
    took="Took",
    states={"waiting": "waiting", "delivered": "delivered", "failed": "given up", "fetched": "fetched by the app", "replaced": "replaced"},
    any_state="Any state",
    again="Send again",
    event_text="What the app reads when it decrypts it",
    due="Next try",
    kinds_said={
        "suite_ticket": "suite_ticket",
        "org_suite_auth": "authorised",
        "org_suite_change": "authorisation changed",
        "org_suite_relieve": "authorisation withdrawn",
        "org_micro_app_stop": "app stopped",
        "org_micro_app_restore": "app restored",
        "org_micro_app_remove": "app removed",
        "org_micro_app_scope_update": "visible range changed",
        "user_add_org": "people joined",
        "user_modify_org": "people changed",
        "user_leave_org": "people left",
        "user_active_org": "people activated",
        "org_dept_create": "departments created",
        "org_dept_modify": "departments changed",
        "org_dept_remove": "departments removed",
        "user_role_change": "people's roles changed",
        "org_role_add": "roles added",
        "org_role_modify": "roles changed",
        "org_role_remove": "roles removed",
        "label_user_change": "people's roles changed",
        "label_conf_add": "roles added",
        "label_conf_modify": "roles changed",
        "label_conf_del": "roles removed",
        "isw_user_event_received": "menu clicks and the like in a service account",
        "isw_user_msg_received": "messages written to a service account",
    },
)


def app_texts(desk: Desk) -> AppTexts:
    return ZH if desk.t.lang == "zh" else EN
