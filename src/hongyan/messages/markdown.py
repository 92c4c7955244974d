"""Markdown of messages and HTML of articles, made safe to stand in a page."""

import html
import re
from functools import lru_cache
from itertools import islice
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt

from hongyan.messages.links import safe_link

RENDERED_MAX = 20_000  # characters; what is beyond is shown as plain text, because parsing grows faster than the text
LINES_MAX = 500  # the same: each row of a table or a list takes the parser as long as a paragraph
_LINE = re.compile(r"\r\n?|\n")
# The parser looks from every bracket to the end of its paragraph: 20,000 characters of them took it more than a second, and every mark of emphasis makes a piece of text of its own.
_SPECIAL = "[]!*_~`<&\\"
_SPECIAL_MAX = 3_000
_BRACKETS_TIMES_SPECIAL_MAX = 200_000
# The sanitiser takes time with the square of the depth: 100 kB of open <div> kept it busy for two seconds.
DEPTH_MAX = 256
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# Empty ones, and those that the next of their kind closes.
_NEVER_DEEP = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}) | {
    "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option"
}  # fmt: skip
MEDIA_FOLDER = "media/"  # relative to the page: one rendering serves every reader
_INLINE = {"a", "b", "br", "code", "del", "em", "i", "img", "s", "span", "strong", "sub", "sup", "u"}
_BLOCKS = {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"}
_TABLE = {"table", "tbody", "td", "th", "thead", "tr"}
_ARTICLE = {"article", "div", "figcaption", "figure", "section"}
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
_REL = "noopener noreferrer nofollow"
# The sanitiser writes attributes in double quotes and escapes "<" in text, so that this finds its images and nothing else.
_IMAGE = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # Which addresses may be opened is decided once, by `safe_link`, when the HTML is made safe.
    parser.validateLink = lambda url: True  # pyright: ignore[reportAttributeAccessIssue]
    return parser


_PARSER = _parser()


@lru_cache(maxsize=512)
def render_markdown(text: str) -> str:
    """Safe HTML. Pictures by media id point into `media/` beside the page; pictures elsewhere become links that name their host."""
    parsed = _first_lines(text[:RENDERED_MAX]) if _is_simple(text[:RENDERED_MAX]) else 0
    rendered = _clean(_PARSER.render(text[:parsed]), _INLINE | _BLOCKS | _TABLE, MEDIA_FOLDER)
    rest = text[parsed:]
    return f'{rendered}<p class="rest">{html.escape(rest)}</p>' if rest else rendered


@lru_cache(maxsize=128)
def clean_article(content: str) -> str:
    """Safe HTML of an article, whose page stands in a folder beside `media/`. What is nested more than `DEPTH_MAX` deep is shown as text."""
    if _is_deep(content):
        return f"<pre>{html.escape(content)}</pre>"
    return _clean(content, _INLINE | _BLOCKS | _TABLE | _ARTICLE, f"../{MEDIA_FOLDER}")


def _first_lines(text: str) -> int:
    """The length of the first `LINES_MAX` lines."""
    last = next(islice(_LINE.finditer(text), LINES_MAX - 1, None), None)
    return last.end() if last else len(text)


def _is_simple(text: str) -> bool:
    special = sum(map(text.count, _SPECIAL))
    return special <= _SPECIAL_MAX and text.count("[") * special <= _BRACKETS_TIMES_SPECIAL_MAX


def _is_deep(content: str) -> bool:
    """At least as deep as any parser sees it: an end counts only for a beginning of the same name."""
    still_open: dict[str, int] = {}
    depth = 0
    for match in _TAG.finditer(content):
        name = match[2].lower()
        if name in _NEVER_DEEP:
            continue
        if not match[1]:
            still_open[name] = still_open.get(name, 0) + 1
            depth += 1
            if depth > DEPTH_MAX:
                return True
        elif still_open.get(name):
            still_open[name] -= 1
            depth -= 1
    return False


def is_media_id(reference: str) -> bool:
    """True for what looks like an id that an upload answered."""
    return reference.startswith(("@", "$"))


def media_address(media_id: str, folder: str = MEDIA_FOLDER) -> str:
    """Where the page finds an upload, relative to itself."""
    return folder + quote(media_id, safe="@$")


def _clean(content: str, tags: set[str], folder: str) -> str:
    safe = nh3.clean(
        content,
        tags=tags,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter_attribute,
        clean_content_tags={"script", "style"},
        url_schemes={"http", "https", "dingtalk", "eapp"},
        link_rel=_REL,
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return _IMAGE.sub(lambda match: _picture(match.group(1), folder), safe)


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if name != "href":
        return value
    link = safe_link(value)
    return link.href if link else None


def _picture(attributes: str, folder: str) -> str:
    """A picture of ours, or a link in its place: a page must not make its reader's browser call elsewhere."""
    values = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
    source, alt = values.get("src", ""), html.escape(values.get("alt", ""))
    if is_media_id(source):
        return f'<img src="{html.escape(media_address(source, folder))}" alt="{alt}" loading="lazy">'
    link = safe_link(source)
    if link is None or link.app:
        return f'<span class="no-picture">{alt}</span>'
    label = f"{alt} · {html.escape(link.host)}" if alt else html.escape(link.host)
    return f'<a class="remote-picture" href="{html.escape(link.href)}" target="_blank" rel="{_REL}">{label}</a>'
