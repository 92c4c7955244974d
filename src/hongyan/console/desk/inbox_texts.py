"""What the pages of inboxes and the wall say."""

import msgspec


class InboxTexts(msgspec.Struct, frozen=True):
    """One language. `{…}` fields are filled in by the page."""

    lead: str
    search: str
    search_hint: str
    find: str
    person: str
    userid: str
    departments: str
    title: str
    not_active: str
    open: str
    nobody: str
    nobody_like: str
    pick: str
    to_wall: str
    wall: str
    wall_lead: str
    wall_empty: str
    add: str
    add_person: str
    remove: str
    unread: str
    unknown: str
    too_many: str
    full: str
    looking: str
    looking_hint: str
    acting: str
    acting_hint: str
    act: str
    look: str
    other_person: str
    beside: str
    recorded: str
    no_messages: str


TEXTS: dict[str, InboxTexts] = {
    "zh": InboxTexts(
        lead="选择一个人，查看其收件箱在手机上的样子。查看不会把消息标为已读，发送方的已读人数不变。",
        search="姓名、userid 或手机号",
        search_hint="输入一部分即可",
        find="查找",
        person="姓名",
        userid="userid",
        departments="部门",
        title="职位",
        not_active="未激活",
        open="打开收件箱",
        nobody="这个组织还没有成员。可以用 hongyan org import 导入。",
        nobody_like="没有找到与“{search}”相符的人。",
        pick="选择",
        to_wall="并排查看所选的人",
        wall="并排查看",
        wall_lead="最多 {most} 个人的收件箱并排显示，新消息实时到达。这里不会把任何消息标为已读。",
        wall_empty="还没有选人。在上面填写 userid 或姓名，或者在收件箱列表里勾选。",
        add="添加",
        add_person="userid 或姓名",
        remove="移除{name}",
        unread="{count} 条未读",
        unknown="没有找到，或者不止一个人：{userids}。可以在收件箱列表里查找。",
        too_many="最多并排显示 {most} 个人，其余的没有显示。",
        full="已经有 {most} 个人，移除一个后才能再添加。",
        looking="只看，不标已读",
        looking_hint="您看到的和本人看到的一样，但打开会话不会标为已读。",
        acting="以{name}的身份",
        acting_hint="打开会话会标为已读，您写的话算作本人写的。只有沙箱里可以这样做。",
        act="以本人身份操作",
        look="改为只看",
        other_person="换一个人",
        beside="与其他人并排查看",
        recorded="每次打开都会记入操作日志。",
        no_messages="还没有消息",
    ),
    "en": InboxTexts(
        lead="Pick a person to see the inbox as it looks on their phone. Looking marks nothing as read: the senders' counts stay as they are.",
        search="Name, userid or mobile",
        search_hint="A part of it is enough",
        find="Search",
        person="Name",
        userid="userid",
        departments="Departments",
        title="Title",
        not_active="not activated",
        open="Open inbox",
        nobody="This organisation has no people yet. Bring them in with: hongyan org import.",
        nobody_like="Nobody matches “{search}”.",
        pick="Select",
        to_wall="Side by side: those selected",
        wall="Side by side",
        wall_lead="Inboxes of up to {most} people beside each other; new messages arrive by themselves. Nothing is marked as read here.",
        wall_empty="Nobody is here yet. Give a userid or a name above, or tick people in the list of inboxes.",
        add="Add",
        add_person="Userid or name",
        remove="Remove {name}",
        unread="{count} unread",
        unknown="Nobody is called {userids}, or several people are. Look in the list of inboxes.",
        too_many="At most {most} people fit side by side; the others are not shown.",
        full="There are {most} people already: remove one to add another.",
        looking="Looking only",
        looking_hint="You see what this person sees, and opening a conversation marks nothing as read.",
        acting="Acting as {name}",
        acting_hint="Opening a conversation marks it as read, and what you write counts as theirs. This is possible in a sandbox only.",
        act="Act as this person",
        look="Look only",
        other_person="Another person",
        beside="Beside others",
        recorded="Every opening is written into the audit log.",
        no_messages="No messages yet",
    ),
}
