"""The fields of each message type, and the body that they make."""

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from hongyan.messages.bodies import (
    BUTTON_TITLE_MAX,
    BUTTON_URL_MAX,
    CARD_TITLE_MAX,
    LINK_TITLE_MAX,
    MEDIA_ID_MAX,
    OA_HEAD_MAX,
    TEXT_MAX,
    VOICE_SECONDS_MAX,
    ActionCardBody,
    AnyBody,
    Button,
    FileBody,
    ImageBody,
    LinkBody,
    MarkdownBody,
    NewsCardBody,
    OaBody,
    OaRow,
    SingleNewsCardBody,
    TextBody,
    VoiceBody,
)
from hongyan.messages.notice_checks import TEXT_MAX as NOTICE_TEXT_MAX

BUTTONS = 5  # rows of the editor; no page limits their number
OA_ROWS = 6  # the first six are shown
MULTI, SINGLE = "multi", "single"
ADDRESS_MAX = 2048  # what the editor takes; no page says

MASS_TYPES = ("text", "markdown", "action_card", "link", "image", "voice", "file", "oa", "news_card", "single_news_card")
WORK_TYPES = ("text", "markdown", "action_card", "link", "image", "voice", "file", "oa")

Kind = Literal["line", "long", "number", "choice", "image", "voice", "file", "picture", "card", "single_card"]


class Field(msgspec.Struct, frozen=True):
    """One control. `most`: characters it may have, 0 where nothing limits them; `choices` are keys of the texts; `number` tells rows apart."""

    name: str
    kind: Kind = "line"
    most: int = 0
    needed: bool = False
    choices: tuple[str, ...] = ()
    number: int = 0

    @property
    def key(self) -> str:
        """Its label's name, without the row's number."""
        return self.name.rstrip("123456789")


class Editor(msgspec.Struct, frozen=True):
    """The controls of one type; `rows` come in groups, such as a button's title and address."""

    type: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Field, ...], ...] = ()


def editors_for(source: str) -> tuple[Editor, ...]:
    """Those that a mass send or a work notice offers, with its limits."""
    longest = TEXT_MAX if source == "mass" else NOTICE_TEXT_MAX
    return tuple(_editor(name, longest) for name in (MASS_TYPES if source == "mass" else WORK_TYPES))


def _editor(name: str, longest: int) -> Editor:
    match name:
        case "text":
            return Editor(name, (Field("text", "long", longest, True),))
        case "markdown":
            return Editor(name, (Field("title", needed=True), Field("text", "long", NOTICE_TEXT_MAX if longest != TEXT_MAX else 0, True)))
        case "action_card":
            head = (Field("title", most=CARD_TITLE_MAX), Field("markdown", "long", NOTICE_TEXT_MAX if longest != TEXT_MAX else 0, True))
            style = Field("buttons", "choice", choices=(SINGLE, MULTI))
            return Editor(name, (*head, style, Field("orientation", "choice", choices=("0", "1"))), _button_rows())
        case "link":
            first = (Field("title", most=LINK_TITLE_MAX, needed=True), Field("url", most=ADDRESS_MAX, needed=True), Field("summary"))
            return Editor(name, (*first, Field("cover", "picture"), Field("open_type", "choice", choices=("0", "1", "2"))))
        case "image":
            return Editor(name, (Field("media_id", "image", MEDIA_ID_MAX, True),))
        case "voice":
            return Editor(name, (Field("media_id", "voice", MEDIA_ID_MAX, True), Field("duration", "number", VOICE_SECONDS_MAX - 1, True)))
        case "file":
            return Editor(name, (Field("media_id", "file", MEDIA_ID_MAX, True),))
        case "oa":
            return _oa_editor()
        case "news_card":
            return Editor(name, (Field("media_id", "card", MEDIA_ID_MAX, True),))
        case _:
            return Editor(name, (Field("media_id", "single_card", MEDIA_ID_MAX, True),))


def _button_rows() -> tuple[tuple[Field, ...], ...]:
    return tuple(
        (Field(f"button{n}", most=BUTTON_TITLE_MAX, number=n), Field(f"address{n}", most=BUTTON_URL_MAX, number=n)) for n in range(1, BUTTONS + 1)
    )


def _oa_editor() -> Editor:
    head = (Field("url", most=ADDRESS_MAX, needed=True), Field("pc_url", most=ADDRESS_MAX), Field("head_text", most=OA_HEAD_MAX))
    middle = (Field("head_color", most=8), Field("title"), Field("content", "long"), Field("rich_num"), Field("rich_unit"))
    end = (Field("image", "picture"), Field("file_count"), Field("author"), Field("status_value"), Field("status_color", most=10))
    rows = tuple((Field(f"key{n}", number=n), Field(f"value{n}", number=n)) for n in range(1, OA_ROWS + 1))
    return Editor("oa", (*head, *middle, *end), rows)


# --- what they make

Given = Callable[[str], str]


def build_body(name: str, values: Mapping[str, str]) -> AnyBody:
    """The body that the fields `type.field` hold, complete or not: whether it may be sent is asked elsewhere."""

    def given(field: str) -> str:
        return values.get(f"{name}.{field}", "")

    match name:
        case "markdown":
            return MarkdownBody(given("title").strip(), given("text"))
        case "action_card":
            return _action_card(given)
        case "link":
            open_type = given("open_type")
            number = int(open_type) if open_type in ("0", "1", "2") else 0
            return LinkBody(given("title").strip(), given("url").strip(), given("summary"), media_of(given, "cover"), number)
        case "image":
            return ImageBody(media_of(given, "media_id"))
        case "voice":
            seconds = given("duration").strip()
            return VoiceBody(media_of(given, "media_id"), int(seconds) if seconds.isdecimal() and len(seconds) < 6 else 0)
        case "file":
            return FileBody(media_of(given, "media_id"))
        case "oa":
            return _oa(given)
        case "news_card":
            return NewsCardBody(media_of(given, "media_id"))
        case "single_news_card":
            return SingleNewsCardBody(media_of(given, "media_id"))
        case _:
            return TextBody(given("text"))


def media_of(given: Given, field: str) -> str:
    """An id written beside the list wins over the list."""
    return given(f"{field}_other").strip() or given(field).strip()


def _action_card(given: Given) -> ActionCardBody:
    title, markdown = given("title").strip(), given("markdown")
    rows = tuple(Button(given(f"button{n}").strip(), given(f"address{n}").strip()) for n in range(1, BUTTONS + 1))
    if given("buttons") != MULTI:
        return ActionCardBody(markdown, title, rows[0])
    return ActionCardBody(markdown, title, None, given("orientation") or "0", tuple(row for row in rows if row.title or row.url))


def _oa(given: Given) -> OaBody:
    rows = tuple(OaRow(given(f"key{n}").strip(), given(f"value{n}").strip()) for n in range(1, OA_ROWS + 1))
    names = ("pc_url", "head_color", "head_text", "title", "rich_num", "rich_unit", "content", "file_count", "author", "status_value", "status_color")
    rest = {one: given(one).strip() for one in names}
    return OaBody(url=given("url").strip(), form=tuple(row for row in rows if row.key or row.value), image=media_of(given, "image"), **rest)
