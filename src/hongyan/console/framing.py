"""An article's HTML in a frame of its own: no script runs there, and it belongs to no origin, so that nothing in it reaches the page around it."""

import hmac
import html
import math
import re
import unicodedata
from urllib.parse import quote, unquote

import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from hongyan.console.bodies import INLINE_IMAGES, plain_mime
from hongyan.console.files import media_response, no_media
from hongyan.console.guard import PAGE_HEADERS
from hongyan.console.pages import render, theme_of
from hongyan.console.texts import texts_of
from hongyan.engine.engine import Engine
from hongyan.messages.library import load_media_txn
from hongyan.messages.markdown import MEDIA_FOLDER, clean_article
from hongyan.model.clock import DAY_MS
from hongyan.model.ids import CorpNo

# Only a page with an article may hold a frame, and only one of ours.
FRAME_HEADERS = {"Content-Security-Policy": f"{PAGE_HEADERS['Content-Security-Policy']}; frame-src 'self'"}
PICTURES = "/inbox/pictures"
# The sanitiser wrote these; text holds no "<".
_PICTURE = re.compile(rf'<img src="\.\./{MEDIA_FOLDER}([^"]+)"')
_PARAGRAPH = r"<(?:p|ul|ol|h[1-6]|hr|blockquote|pre|table|figure)(?: [^>]*)?>"
_BLOCK = re.compile(rf"{_PARAGRAPH}|<(?:li|tr|br|section|figcaption)(?: [^>]*)?>")
_GAPS = re.compile(_PARAGRAPH)
_TAG = re.compile(r"<[^>]*>")
# Narrow letters in a line, in the narrowest place that an article has in a wide window, and on a phone.
_WIDE_ROW, _PHONE_ROW = 62, 34
_ROW, _GAP, _FIGURE, _TITLE = 25, 10, 300, 90  # pixels of a line, below a block, of a picture, of a title with its margins
_STEP, _STEPS = 40, 14  # classes of heights, in pixels


class Framed(msgspec.Struct, frozen=True):
    """The document for `srcdoc`, and the classes that say how high its frame is. What is longer scrolls in it."""

    document: str
    size: str


def framed_article(engine: Engine, request: Request, corp: CorpNo, title: str, content: str, *, headed: bool = False) -> Framed:
    """A whole document with the article as readers see it; `headed`: its title stands in it."""
    safe = clean_article(content)
    pictured = _PICTURE.sub(lambda found: f'<img src="{_picture_address(engine, corp, unquote(html.unescape(found.group(1))))}"', safe)
    values = {"title": title, "headed": headed, "html": Markup(pictured)}
    return Framed(render("framed_article.html", t=texts_of(request), theme=theme_of(request), **values), size_of(safe, headed=headed))


def size_of(safe: str, *, headed: bool = False) -> str:
    """Classes for about how high HTML will be. Nobody can measure it from outside, and inside no script runs."""
    blocks = [html.unescape(_TAG.sub("", block)).strip() for block in _BLOCK.split(safe)]
    pixels = _FIGURE * safe.count("<img ") + _GAP * len(_GAPS.findall(safe)) + (_TITLE if headed else 0)
    return f"{_class('step', blocks, _WIDE_ROW, pixels)} {_class('phone', blocks, _PHONE_ROW, pixels)}"


def _class(kind: str, blocks: list[str], row: int, pixels: int) -> str:
    pixels += sum(_ROW * math.ceil(_width(block) / row) for block in blocks)
    step = max(2, math.ceil(pixels / _STEP))
    return f"{kind}-{step}" if step <= _STEPS else "long"


def _width(text: str) -> int:
    """In narrow letters."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _picture_address(engine: Engine, corp: CorpNo, media_id: str) -> str:
    """Where the frame finds a picture today and tomorrow. It sends no cookie, so the address itself lets in."""
    day = engine.clock.now() // DAY_MS
    return html.escape(f"{PICTURES}/{corp}/{day}/{_ticket(engine, corp, day, media_id)}/{quote(media_id, safe='@$')}")


def _ticket(engine: Engine, corp: int, day: int, media_id: str) -> str:
    return engine.key.derive(f"picture:{corp}:{day}:{media_id}")[:16].hex()


async def serve_picture(engine: Engine, request: Request) -> Response:
    """A picture of an article, for whoever was shown the article; no other upload."""
    asked = request.path_params
    corp, day, media_id = asked["corp"], asked["day"], asked["media_id"]
    right = hmac.compare_digest(asked["ticket"].encode(), _ticket(engine, corp, day, media_id).encode())
    if not right or not 0 <= engine.clock.now() // DAY_MS - day <= 1:
        return no_media(404)
    media = await engine.store.read(load_media_txn, CorpNo(corp), media_id)
    if media is None or plain_mime(media.mime) not in INLINE_IMAGES:
        return no_media(404)
    response = await media_response(engine, request, CorpNo(corp), media)
    # The frame that shows it is of no origin.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
