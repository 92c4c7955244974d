"""Message blocks that both families spell alike: markdown, action card, OA."""

from hongyan.messages.bodies import (
    BUTTON_TITLE_MAX,
    BUTTON_URL_MAX,
    CARD_TITLE_MAX,
    ActionCardBody,
    BodyProblem,
    Button,
    MarkdownBody,
    OaBody,
    OaRow,
)
from hongyan.wire.fields import Field, Kind
from hongyan.wire.params import Params

_EMPTY = Params({})

_BUTTON = (Field("title", required=True, most=BUTTON_TITLE_MAX), Field("action_url", required=True, most=BUTTON_URL_MAX))
_ROW = (Field("key"), Field("value"))
_RICH = (Field("num"), Field("unit"))
_OA_BODY = (
    Field("title"),
    Field("form", Kind.OBJECTS, inner=_ROW),
    Field("rich", Kind.OBJECT, inner=_RICH),
    *(Field(name) for name in ("content", "image", "file_count", "author")),
)
MARKDOWN = (Field("title", required=True), Field("text", required=True))


def action_card_fields(buttons: str) -> tuple[Field, ...]:
    """Either single_title with single_url, or btn_orientation with the list that is called `buttons` on the page."""
    return (
        Field("title", most=CARD_TITLE_MAX),
        Field("markdown", required=True),
        Field("single_title", most=BUTTON_TITLE_MAX),
        Field("single_url", most=BUTTON_URL_MAX),
        Field("btn_orientation", choices=("0", "1")),
        Field(buttons, Kind.OBJECTS, inner=_BUTTON),
    )


def oa_fields(*, head_most: int | None) -> tuple[Field, ...]:
    """`head` and `body` must be there, with whatever they hold."""
    return (
        Field("message_url", required=True),
        Field("pc_message_url"),
        Field("head", Kind.OBJECT, required=True, inner=(Field("bgcolor", most=8), Field("text", most=head_most))),
        Field("body", Kind.OBJECT, required=True, inner=_OA_BODY),
    )


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
