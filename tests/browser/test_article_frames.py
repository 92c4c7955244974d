"""Articles stand in a frame that belongs to nobody: they look as they should, their links open, and nothing in them runs."""

import base64
import html
import re
from typing import TYPE_CHECKING

import pytest
from desk_world import DeskWorld
from tab import CANARY, Tab

from hongyan.access.operators import Role
from hongyan.messages.articles import Draft, NewArticle, add_article_txn, publish_article_txn
from hongyan.messages.library import Card, put_card_txn

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page

# Eight by eight, black.
PICTURE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAADElEQVR4nGNgoDcAAABIAAGNGcMwAAAAAElFTkSuQmCC")
_WIDTH = "async (picture) => { await picture.decode(); return picture.naturalWidth; }"


@pytest.fixture
def article(desk: DeskWorld) -> int:
    """A published article with a picture and a link, brought to u1 by a message that may be commented on."""
    sender = desk.operator(Role.SENDER)
    upload = sender.http.post("/console/o/dingtest/media", files={"file": ("a.png", PICTURE)}, headers={"sec-fetch-site": "same-origin"})
    media_id = upload.headers["location"].rpartition("/")[2]
    content = f'<h2>Times</h2><p><a href="{desk.server.base_url}/coverage">all</a></p><img src="{media_id}" alt="map">'
    number = desk.write(add_article_txn, desk.corp, desk.account.sender, NewArticle(Draft("Shuttle", content), "once"))
    assert isinstance(number, int)
    desk.write(publish_article_txn, desk.corp, desk.account.sender, number)
    desk.write(put_card_txn, desk.corp, Card("card1", desk.account.sender, (number,)))
    desk.send_ok(msg_type="news_card", media_id="card1", text_content=None, msg_body={"news_card": {"media_id": "card1"}}, allow_comment=True)
    return number


def frame_of(tab: Tab) -> "FrameLocator":
    frame = tab.page.frame_locator("iframe.article-frame").first
    frame.locator(".prose").wait_for()
    return frame


def follow(page: "Page") -> None:
    """To the article of the newest message, in this tab."""
    page.goto(page.locator("a[href*='article/']").first.evaluate("one => one.href"))


def test_a_readers_article_has_its_style_its_picture_and_links_that_open(desk: DeskWorld, article: int, second_raw: Tab) -> None:
    tab = second_raw
    page = tab.open_inbox(desk.server, desk.corp_id, "u1")
    page.locator("li.row a").first.click()
    follow(page)
    frame = frame_of(tab)

    assert frame.locator("img").evaluate(_WIDTH) == 8
    assert frame.locator("body").evaluate("one => getComputedStyle(one).margin") == "0px"
    assert page.frames[1].evaluate("self.origin") == "null"

    with tab.context.expect_page() as opened:
        frame.get_by_role("link", name="all").click()
    opened.value.wait_for_load_state()

    assert opened.value.url == f"{desk.server.base_url}/coverage"
    # What it opened is a page like any other: its script runs.
    assert opened.value.evaluate("window.opener") is None
    assert opened.value.locator("[data-choice]").count() > 0
    # The driver's own click is a script too, and the frame says that it runs none.
    assert not [problem for problem in tab.problems if "Blocked script execution in 'about:srcdoc'" not in problem]


def test_the_desk_shows_articles_in_the_same_frame(desk: DeskWorld, article: int, tab: Tab) -> None:
    tab.sign_in(desk.server, Role.SENDER)
    for path in (f"articles/{article}", f"articles/{article}/edit", f"article/{article}", f"sends/article/{article}"):
        tab.go(f"/console/o/{desk.corp_id}/{path}")

        assert frame_of(tab).locator("img").evaluate(_WIDTH) == 8, path
        assert tab.page.frames[1].evaluate("self.origin") == "null"

    tab.page.goto(tab.base + f"/console/o/{desk.corp_id}/articles/{article}/edit")
    tab.page.locator("[name=content]").fill("<p>written now</p>")
    frame_of(tab).get_by_text("written now").wait_for()


def test_a_script_that_got_past_the_sanitiser_would_not_run(desk: DeskWorld, article: int, second_raw: Tab) -> None:
    page = second_raw.open_inbox(desk.server, desk.corp_id, "u1")
    page.locator("li.row a").first.click()
    follow(page)
    frame_of(second_raw)
    attack = f"<script>parent.{CANARY}=1;window.{CANARY}=1</script><img src=x onerror='parent.{CANARY}=1;window.{CANARY}=1'>evil"
    page.locator("iframe.article-frame").evaluate("(frame, html) => { frame.srcdoc = html }", attack)
    page.frame_locator("iframe.article-frame").get_by_text("evil").wait_for()

    assert not [frame.url for frame in page.frames if frame.evaluate(f"window.{CANARY}")]


def test_choosing_a_theme_reaches_the_article(desk: DeskWorld, article: int, tab: Tab) -> None:
    page = tab.sign_in(desk.server, Role.VIEWER).go(f"/console/o/{desk.corp_id}/articles/{article}")
    page.locator("[data-theme-now=auto]").click()
    page.locator("[data-theme-now=light]").click()
    page.frame_locator("iframe.article-frame").locator("html[data-theme=dark]").wait_for()


def test_an_operator_comments_as_a_reader(desk: DeskWorld, article: int, tab: Tab) -> None:
    page = tab.sign_in(desk.server, Role.SENDER).go(f"/console/o/{desk.corp_id}/inboxes/u1/act/")
    page.locator("li.row a").first.click()
    follow(page)
    page.locator("#comment-text").fill("Will it stop at gate 3?")
    page.locator(".comment-form button").click()
    page.locator(".comment", has_text="gate 3").wait_for()

    assert re.search(rf"/inboxes/u1/act/article/{article}\?", html.unescape(page.url))
