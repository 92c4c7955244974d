"""Markdown, article HTML and addresses made safe."""

import time

import pytest

from hongyan.messages.links import safe_link, split_links
from hongyan.messages.markdown import LINES_MAX, RENDERED_MAX, clean_article, render_markdown


@pytest.mark.parametrize(
    ("url", "href", "host"),
    [
        ("https://e.test/a?b=1&c=2#d", "https://e.test/a?b=1&c=2#d", "e.test"),
        ("  http://E.test:8080/x ", "http://E.test:8080/x", "e.test"),
        ("//e.test/a", "https://e.test/a", "e.test"),
        ("https://e.test/a b", "https://e.test/a%20b", "e.test"),
        ("https://good.test@evil.test/", "https://good.test@evil.test/", "evil.test"),
        ("https://例子.测试/路径", "https://例子.测试/路径", "例子.测试"),
        ("dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fe.test%2F%3Fa%3D1&pc_slide=true", "https://e.test/?a=1", "e.test"),
        ("dingtalk://dingtalkclient/action/openapp?corpid=c&redirect_url=http%3A%2F%2Fe.test%2F", "http://e.test/", "e.test"),
        ("dingtalk://dingtalkclient/page/link?url=eapp%3A%2F%2Fpages%2Findex", "eapp://pages/index", ""),
        ("dingtalk://dingtalkclient/page/link?url=javascript%3Aalert(1)", "dingtalk://dingtalkclient/page/link?url=javascript%3Aalert(1)", ""),
        ("dingtalk://dingtalkclient/page/profile", "dingtalk://dingtalkclient/page/profile", ""),
        ("eapp://pages/index", "eapp://pages/index", ""),
    ],
)
def test_an_address_that_may_be_opened(url, href, host):
    link = safe_link(url)

    assert link is not None
    assert (link.href, link.host, link.app) == (href, host, not host)


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "btn_action_url1",
        "/path",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://e.test/1",
        "https:/e.test",
        "https://",
        "https:\\\\e.test",
        "http://[::1",
        "https://e.test/\tx",
        "https://e.test/" + "a" * 9000,
    ],
)
def test_an_address_that_may_not(url):
    assert safe_link(url) is None


def test_wrapped_addresses_are_unwrapped_so_far_and_no_further():
    url = "https://e.test"
    for _ in range(10):
        url = "dingtalk://dingtalkclient/page/link?url=" + url.replace("%", "%25").replace(":", "%3A").replace("/", "%2F").replace(
            "?", "%3F"
        ).replace("=", "%3D")

    link = safe_link(url)

    assert link is not None and link.app


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://e.test/a.", ["https://e.test/a"]),
        ("(https://e.test/a_(b))", ["https://e.test/a_(b)"]),
        ("看https://e.test/a，然后 http://x.test。", ["https://e.test/a", "http://x.test"]),
        ("javascript:alert(1) https:// http://", []),
        ("https://e.test/x<script>", ["https://e.test/x"]),
        ("no link", []),
        ("", []),
    ],
)
def test_addresses_in_text_are_found_and_nothing_is_lost(text, links):
    parts = list(split_links(text))

    assert [part.text for part in parts if part.link] == links
    assert "".join(part.text for part in parts) == text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** _b_ ~~c~~ `d`", "<p><strong>a</strong> <em>b</em> <s>c</s> <code>d</code></p>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("![p](@lADP)", '<p><img src="media/@lADP" alt="p" loading="lazy"></p>'),
        ("![p]($a/b)", '<p><img src="media/$a%2Fb" alt="p" loading="lazy"></p>'),
        ("![](relative.png)", '<p><span class="no-picture"></span></p>'),
        ("[x](javascript:alert(1))", '<p><a target="_blank" rel="noopener noreferrer nofollow">x</a></p>'),
        ("[x](https://e.test)", '<p><a href="https://e.test" target="_blank" rel="noopener noreferrer nofollow">x</a></p>'),
    ],
)
def test_markdown_becomes_safe_html(text, html):
    assert render_markdown(text).strip() == html


def test_a_picture_elsewhere_becomes_a_link_that_names_its_host():
    html = render_markdown('![<b>"map"](https://img.test/x.png?a=1&b=2)')

    assert "<img" not in html
    assert 'href="https://img.test/x.png?a=1&amp;b=2"' in html and "· img.test</a>" in html and "<b>" not in html


def test_a_very_long_text_keeps_its_end_as_plain_text():
    html = render_markdown("*a* and thirteen.\n\n" * LINES_MAX)

    assert html.count("<em>") == LINES_MAX // 2, "every other line is empty"
    assert '<p class="rest">*a*' in html


def test_a_very_long_line_keeps_its_end_as_plain_text():
    html = render_markdown("*a* and so on, b" * RENDERED_MAX)

    assert html.count("<em>") == RENDERED_MAX // len("*a* and so on, b")
    assert '<p class="rest">' in html


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_however_they_end(end):
    html = render_markdown(f"- a{end}" * (LINES_MAX + 1))

    assert html.count("<li>") == LINES_MAX
    assert '<p class="rest">- a' in html


@pytest.mark.parametrize("text", ["[" * 20_000, "![" * 10_000, "*a " * 7000, ">" * 20_000, "[a](" * 6000, "|" * 20_000, "*_" * 10_000])
def test_no_text_takes_long(text):
    began = time.process_time()
    render_markdown(text)

    assert time.process_time() - began < 5


def test_an_article_keeps_its_words_and_loses_what_runs():
    html = clean_article(
        '<div onclick=x style=y><h1>T</h1><script>s()</script><style>c</style><iframe src=//e></iframe><img src="@a" onerror=x>w</div>'
    )

    assert html == '<div><h1>T</h1><img src="../media/@a" alt="" loading="lazy">w</div>'


def test_an_attribute_of_a_picture_cannot_break_out():
    html = clean_article("""<img src="https://e.test/a" alt='"><script>alert(1)</script>'> &lt;img src="@x"&gt;""")

    assert "<script" not in html and html.count("<img") == 0
