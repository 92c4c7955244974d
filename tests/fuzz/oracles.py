"""What must be true of a decoder's answer, whatever it was given."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

_TAGS = frozenset(
    [
        "a",
        "b",
        "br",
        "code",
        "del",
        "em",
        "i",
        "img",
        "s",
        "span",
        "strong",
        "sub",
        "sup",
        "u",
        "blockquote",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "ul",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "article",
        "div",
        "figcaption",
        "figure",
        "section",
    ]
)
_ATTRIBUTES = {
    "a": {"href", "target", "rel", "class"},
    "img": {"src", "alt", "loading"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "span": {"class"},
    "p": {"class"},
}
_EVERYWHERE = frozenset(("title", "lang"))
_SCHEMES = frozenset(("http", "https", "dingtalk", "eapp"))
_OUR_CLASSES = frozenset(("rest", "no-picture", "remote-picture"))


class _Reader(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, f"the tag {tag}"
        for name, value in attrs:
            assert name in _EVERYWHERE or name in _ATTRIBUTES.get(tag, ()), f"the attribute {name} of {tag}"
            check = getattr(self, f"_{name}", None)
            if check:
                check(value or "")

    def _href(self, value: str) -> None:
        assert urlsplit(value).scheme in _SCHEMES, f"the address {value!r}"
        assert not any(char < " " or char == "\\" for char in value), f"the address {value!r}"

    def _src(self, value: str) -> None:
        assert value.startswith(("media/", "../media/")), f"the picture {value!r}"

    def _class(self, value: str) -> None:
        assert value in _OUR_CLASSES, f"the class {value!r}"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration")

    def handle_pi(self, data: str) -> None:
        raise AssertionError("a processing instruction")


def check_html(html: str) -> None:
    """Only tags, attributes and addresses that a page of ours may show, as another parser than the sanitiser's reads it."""
    reader = _Reader(convert_charrefs=True)
    reader.feed(html)
    reader.close()
