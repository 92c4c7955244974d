"""What the pages of service accounts say, in both languages."""

import msgspec

from hongyan.console.desk.frame import Desk


class AccountTexts(msgspec.Struct, frozen=True):
    """One language. `{…}` fields are filled in by the page."""

    lead: str
    name: str
    state: str
    live: str
    ended: str
    ended_list: str
    receivers: str
    everyone: str
    listed: str
    blocked_n: str
    menu: str
    menu_none: str
    menu_shown: str
    menu_off: str
    new: str
    create: str
    unionid: str
    unionid_hint: str
    brief: str
    descr: str
    avatar: str
    avatar_hint: str
    preview: str
    preview_hint: str
    operators: str
    operators_hint: str
    allow: str
    allow_all: str
    allow_userids: str
    allow_depts: str
    allow_hint: str
    blocked: str
    blocked_hint: str
    ids_hint: str
    none_yet: str
    of_most: str
    settings: str
    edit: str
    lists: str
    people: str
    departments: str
    saved: str
    sends: str
    limits: str
    qr: str
    no_qr: str
    end: str
    end_lead: str
    end_name: str
    end_wrong: str
    ended_at: str
    final: str
    nothing_changed: str
    search_person: str
    search_department: str
    pick_hint: str
    no_picture: str
    depts_wrong: str
    menu_lead: str
    show_menu: str
    enable_input: str
    button: str
    sub_button: str
    sub_buttons: str
    button_name: str
    button_type: str
    button_value: str
    types: dict[str, str]
    values: dict[str, str]
    bad_button: str


ZH = AccountTexts(
    lead="服务号以自己的名义给组织里的人群发消息。一个组织最多 {most} 个。",
    name="名称",
    state="状态",
    live="正常",
    ended="已停用",
    ended_list="已停用的服务号",
    receivers="接收范围",
    everyone="所有人",
    listed="名单内",
    blocked_n="屏蔽 {n} 人",
    menu="菜单",
    menu_none="没有菜单",
    menu_shown="显示",
    menu_off="关闭",
    new="新建服务号",
    create="创建",
    unionid="unionid",
    unionid_hint="接口里用它指定服务号；留空自动生成。",
    brief="简介",
    descr="详细介绍",
    avatar="头像 media_id",
    avatar_hint="一张已上传的图片；可以在“素材与文章”里上传。",
    preview="预览图 media_id",
    preview_hint="主页顶部的图片，可留空。",
    operators="运营人员",
    operators_hint="负责这个服务号的人的 userid。",
    allow="谁会收到",
    allow_all="组织里的所有人",
    allow_userids="只发给这些人",
    allow_depts="只发给这些部门（ID）",
    allow_hint="选择“所有人”时，下面两个名单不起作用。名单外的人会被过滤，并在结果里注明原因。",
    blocked="屏蔽名单",
    blocked_hint="名单里的人始终收不到这个服务号的消息。",
    ids_hint="多个用逗号、空格或换行分开。",
    none_yet="还没有服务号",
    of_most="{n} / {most}",
    settings="资料",
    edit="编辑",
    lists="名单",
    people="{n} 人",
    departments="{n} 个部门",
    saved="已保存。",
    sends="发送记录",
    limits="限额",
    qr="二维码",
    no_qr="没有：组织里的人不用关注就能收到消息。",
    end="停用服务号",
    end_lead="停用不能恢复：以后不能再用它发消息，名称和 unionid 也不会还给别人使用。已发送的消息保留。",
    end_name="输入服务号的名称“{name}”确认",
    end_wrong="名称不一致，没有做任何改动。",
    ended_at="停用于",
    final="这个服务号已停用，不能再修改。",
    nothing_changed="没有做任何改动：",
    search_person="搜索人员",
    search_department="搜索部门",
    pick_hint="点选后填入上面",
    no_picture="没有这张图片：{media}",
    depts_wrong="部门列表只能填部门 ID。",
    menu_lead="菜单显示在会话下方：最多 {top} 个一级按钮，每个最多 {sub} 个子按钮。有子按钮的按钮只用来展开。名称留空的行会被去掉。",
    show_menu="显示菜单",
    enable_input="允许读者给服务号发消息",
    button="按钮 {n}",
    sub_button="子按钮 {n}",
    sub_buttons="子按钮",
    button_name="名称",
    button_type="点击后",
    button_value="内容",
    types={"": "展开子按钮", "click": "推送事件", "view": "打开网址", "media_id": "发送图文卡片或图片", "view_article": "打开文章"},
    values={"click": "事件 key", "view": "https://…", "media_id": "media_id", "view_article": "文章 ID"},
    bad_button="{name}：请选择点击后的动作并填写内容，网址以 http:// 或 https:// 开头。",
)

EN = AccountTexts(
    lead="A service account sends to the people of the organisation under its own name. An organisation has at most {most}.",
    name="Name",
    state="State",
    live="live",
    ended="ended",
    ended_list="Ended service accounts",
    receivers="Receivers",
    everyone="everyone",
    listed="listed ones",
    blocked_n="{n} blocked",
    menu="Menu",
    menu_none="no menu",
    menu_shown="shown",
    menu_off="off",
    new="New service account",
    create="Create",
    unionid="unionid",
    unionid_hint="Interfaces name the account by it. Blank: make one.",
    brief="Brief",
    descr="Description",
    avatar="media_id of the avatar",
    avatar_hint="An uploaded picture; upload one under Media and articles.",
    preview="media_id of the preview picture",
    preview_hint="The picture at the top of its page; may be blank.",
    operators="Editors",
    operators_hint="userids of the people who look after this account.",
    allow="Who gets its messages",
    allow_all="everyone in the organisation",
    allow_userids="only these people",
    allow_depts="only these departments (ids)",
    allow_hint="While everyone is chosen the two lists below do nothing. Who is outside is filtered, and the result says why.",
    blocked="Blocked people",
    blocked_hint="They never get this account's messages.",
    ids_hint="Separate them with commas, blanks or new lines.",
    none_yet="No service accounts yet",
    of_most="{n} of {most}",
    settings="Profile",
    edit="Edit",
    lists="Lists",
    people="{n} people",
    departments="{n} departments",
    saved="Saved.",
    sends="Sends",
    limits="Limits",
    qr="QR code",
    no_qr="None: the people of the organisation get its messages without following it.",
    end="End service account",
    end_lead="This is final: it can send no more, and nobody else gets its unionid. What it sent stays.",
    end_name="Type the account's name, {name}, to confirm",
    end_wrong="The name differs. Nothing was changed.",
    ended_at="Ended",
    final="This service account has ended and cannot change any more.",
    nothing_changed="Nothing was changed:",
    search_person="Search people",
    search_department="Search departments",
    pick_hint="A click puts it in above",
    no_picture="There is no picture {media}",
    depts_wrong="The list of departments takes department ids.",
    menu_lead="The menu stands below the conversation: at most {top} buttons, each with at most {sub} below it. A button with others below only opens them. "
    "Rows without a name are left out.",
    show_menu="Show the menu",
    enable_input="Readers may write to the account",
    button="Button {n}",
    sub_button="Button {n} below",
    sub_buttons="Buttons below",
    button_name="Name",
    button_type="A click",
    button_value="Content",
    types={
        "": "opens the buttons below",
        "click": "pushes an event",
        "view": "opens an address",
        "media_id": "sends a news card or picture",
        "view_article": "opens an article",
    },
    values={"click": "key of the event", "view": "https://…", "media_id": "media_id", "view_article": "article id"},
    bad_button="{name}: choose what a click does and fill in the content; an address begins with http:// or https://.",
)


def account_texts(desk: Desk) -> AccountTexts:
    return ZH if desk.t.lang == "zh" else EN
