"""Message blocks that both families spell alike: markdown, action card, OA."""

from hongyan.messages.bodies import ActionCardBody, BodyProblem, Button, MarkdownBody, OaBody, OaRow
from hongyan.wire.params import Params

_EMPTY = Params({})


def read_markdown(block: Params) -> MarkdownBody:
    return MarkdownBody(block.text("title"), block.text("text"))


def read_action_card(block: Params) -> ActionCardBody:
    """A complete single pair voids whatever buttons stand beside it."""
    title, markdown = block.text("title"), block.text("markdown")
    single = Button(block.text("single_title"), block.text("single_url"))
    if single.title and single.url:
        return ActionCardBody(markdown, title, single)
    buttons = tuple(Button(one.text("title"), one.text("action_url")) for one in block.objects("button_list"))
    return ActionCardBody(markdown, title, None, block.text("btn_orientation"), buttons)


def read_oa(block: Params) -> OaBody | BodyProblem:
    """An OA card; head and body must be there."""
    head, body = block.object("head"), block.object("body")
    if head is None or body is None:
        return BodyProblem("oa.head" if head is None else "oa.body", "is missing")
    rich, status = body.object("rich") or _EMPTY, block.object("status_bar") or _EMPTY
    return OaBody(
        url=block.text("message_url"),
        pc_url=block.text("pc_message_url"),
        head_color=head.text("bgcolor"),
        head_text=head.text("text"),
        title=body.text("title"),
        form=tuple(OaRow(row.text("key"), row.text("value")) for row in body.objects("form")),
        rich_num=rich.text("num"),
        rich_unit=rich.text("unit"),
        content=body.text("content"),
        image=body.text("image"),
        file_count=body.text("file_count"),
        author=body.text("author"),
        status_value=status.text("status_value"),
        status_color=status.text("status_bg"),
    )
