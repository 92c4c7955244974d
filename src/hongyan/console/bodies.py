"""Message bodies as a page draws them: addresses checked, media looked up, markdown made safe."""

import msgspec
from markupsafe import Markup

from hongyan.messages.bodies import (
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
from hongyan.messages.library import Article, Media, card_articles_txn, load_card_txn, load_media_txn
from hongyan.messages.links import SafeLink, TextPart, safe_link, split_links
from hongyan.messages.markdown import media_address, render_markdown
from hongyan.model.ids import CorpNo, Seq
from hongyan.store.interface import Tx

# Only what browsers draw or play without running anything in it; svg is not among them.
INLINE_IMAGES = {"image/png", "image/jpeg", "image/gif", "image/bmp", "image/webp"}
PLAYABLE = {"audio/mpeg", "audio/mp3", "audio/wav", "audio/x-wav", "audio/wave", "audio/ogg", "audio/aac", "audio/mp4", "audio/webm", "audio/flac"}
VIDEOS = {"video/mp4"}
FORM_ROWS = 6  # message-types-and-data-format: the first six are shown
VOICE_LENGTHS = 8  # steps of a voice bubble's width


class Picture(msgspec.Struct, frozen=True):
    """A picture of ours (`src`), one elsewhere that is only linked (`remote`), or one that cannot be shown."""

    src: str = ""
    remote: SafeLink | None = None


class Target(msgspec.Struct, frozen=True):
    """What a button or card opens; `link` None: it is shown and cannot be opened."""

    title: str
    address: str
    link: SafeLink | None


class TextView(msgspec.Struct, frozen=True, tag="text"):
    parts: tuple[TextPart, ...]


class ImageView(msgspec.Struct, frozen=True, tag="image"):
    picture: Picture


class VoiceView(msgspec.Struct, frozen=True, tag="voice"):
    address: str  # empty: gone
    playable: bool
    seconds: int
    length: int  # 1 to VOICE_LENGTHS


class FileView(msgspec.Struct, frozen=True, tag="file"):
    address: str  # empty: gone
    name: str
    size: str
    extension: str
    video: bool = False  # can be watched where it stands


class LinkView(msgspec.Struct, frozen=True, tag="link"):
    target: Target
    summary: str
    picture: Picture | None


class MarkdownView(msgspec.Struct, frozen=True, tag="markdown"):
    html: Markup


class ActionCardView(msgspec.Struct, frozen=True, tag="action_card"):
    title: str
    html: Markup
    single: Target | None
    buttons: tuple[Target, ...]
    horizontal: bool


class OaView(msgspec.Struct, frozen=True, tag="oa"):
    target: Target
    head_text: str
    head_color: str  # RRGGBB, or empty
    dark_head: bool  # the head wants light letters
    title: str
    form: tuple[OaRow, ...]
    rich_num: str
    rich_unit: str
    content: str
    picture: Picture | None
    file_count: str
    author: str
    status: str
    status_color: str  # RRGGBB, or empty


class ArticleRow(msgspec.Struct, frozen=True):
    address: str
    title: str
    digest: str
    picture: Picture | None


class NewsView(msgspec.Struct, frozen=True, tag="news"):
    articles: tuple[ArticleRow, ...]


BodyView = TextView | ImageView | VoiceView | FileView | LinkView | MarkdownView | ActionCardView | OaView | NewsView


def view_body_txn(tx: Tx, corp: CorpNo, body: AnyBody) -> BodyView:
    """Everything the page needs to draw the body."""
    match body:
        case TextBody(text):
            return TextView(tuple(split_links(text)))
        case ImageBody(media_id):
            return ImageView(find_picture_txn(tx, corp, media_id) or Picture())
        case VoiceBody(media_id, duration):
            return _view_voice(load_media_txn(tx, corp, media_id), duration)
        case FileBody(media_id):
            return _view_file(load_media_txn(tx, corp, media_id))
        case LinkBody(title, url, summary, cover):
            return LinkView(target_of(title, url), summary, find_picture_txn(tx, corp, cover))
        case MarkdownBody(_, text):
            return MarkdownView(Markup(render_markdown(text)))
        case ActionCardBody():
            return _view_action_card(body)
        case OaBody():
            return _view_oa(body, find_picture_txn(tx, corp, body.image))
        case NewsCardBody(media_id) | SingleNewsCardBody(media_id):
            card = load_card_txn(tx, corp, media_id)
            articles = card_articles_txn(tx, corp, card) if card else []
            return NewsView(tuple(_article_row(tx, corp, article) for article in articles if article.published_at is not None))


def linked_to_message(view: NewsView, seq: Seq | None, above: str = "") -> NewsView:
    """The card with the message named in its links, so that its articles may be commented; `above` leads to where links are relative to."""
    query = "" if seq is None else f"?m={seq}"
    return NewsView(
        tuple(msgspec.structs.replace(row, address=f"{above}{row.address}{query}", picture=_above(row.picture, above)) for row in view.articles)
    )


def _above(picture: Picture | None, above: str) -> Picture | None:
    return Picture(above + picture.src) if picture is not None and picture.src else picture


def find_picture_txn(tx: Tx, corp: CorpNo, reference: str) -> Picture | None:
    """What stands where a message names a picture; None where it names none."""
    if not reference:
        return None
    media = load_media_txn(tx, corp, reference)
    if media is not None:
        return Picture(media_address(media.media_id)) if plain_mime(media.mime) in INLINE_IMAGES else Picture()
    link = safe_link(reference)
    return Picture(remote=link if link is not None and not link.app else None)


def plain_mime(mime: str) -> str:
    """The type without parameters, in lower case."""
    return mime.partition(";")[0].strip().lower()


def target_of(title: str, url: str) -> Target:
    return Target(title, url, safe_link(url))


def _view_voice(media: Media | None, seconds: int) -> VoiceView:
    length = 1 + min(seconds, 59) * (VOICE_LENGTHS - 1) // 59
    if media is None:
        return VoiceView("", False, seconds, length)
    return VoiceView(media_address(media.media_id), plain_mime(media.mime) in PLAYABLE, seconds, length)


def _view_file(media: Media | None) -> FileView:
    if media is None:
        return FileView("", "", "", "")
    stem, dot, extension = media.name.rpartition(".")
    kind = extension[:4].upper() if stem and dot else ""
    return FileView(media_address(media.media_id), media.name, size_label(media.size), kind, plain_mime(media.mime) in VIDEOS)


def size_label(size: int) -> str:
    """Bytes as people write them: 512 B, 1.5 KB, 20 MB."""
    value, unit = float(size), "B"
    for larger in ("KB", "MB", "GB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"


def _view_action_card(body: ActionCardBody) -> ActionCardView:
    single = _button_target(body.single) if body.single else None
    buttons = () if single else tuple(_button_target(button) for button in body.buttons)
    return ActionCardView(body.title, Markup(render_markdown(body.markdown)), single, buttons, body.orientation == "1")


def _button_target(button: Button) -> Target:
    return target_of(button.title, button.url)


def _view_oa(body: OaBody, picture: Picture | None) -> OaView:
    # On a computer DingTalk opens the address meant for it.
    color = _rgb(body.head_color)
    return OaView(
        target=target_of(body.title or body.head_text, body.pc_url or body.url),
        head_text=body.head_text,
        head_color=color,
        dark_head=_is_dark(color),
        title=body.title,
        form=body.form[:FORM_ROWS],
        rich_num=body.rich_num,
        rich_unit=body.rich_unit,
        content=body.content,
        picture=picture,
        file_count=body.file_count,
        author=body.author,
        status=body.status_value,
        status_color=_rgb(body.status_color),
    )


def _rgb(argb: str) -> str:
    """RRGGBB of AARRGGBB or 0xAARRGGBB. The transparency is left out: a see-through head could not be read."""
    digits = argb.removeprefix("0x")[-6:]
    return digits if len(digits) == 6 and all(char in "0123456789abcdefABCDEF" for char in digits) else ""


def _is_dark(rgb: str) -> bool:
    """Light letters on it are easier to read than dark ones (relative luminance below the point of equal contrast)."""
    if not rgb:
        return True
    red, green, blue = (_linear(int(rgb[at : at + 2], 16) / 255) for at in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _article_row(tx: Tx, corp: CorpNo, article: Article) -> ArticleRow:
    return ArticleRow(f"article/{article.article_id}", article.title, article.digest, find_picture_txn(tx, corp, article.thumb_media_id))
