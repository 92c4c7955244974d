"""Attacks in everything that holds text: no script runs, no link leads to one, no other address is called."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from company import crawl
from hostile_texts import READER, SCRIPT, Hostile, Listener
from tab import CANARY, Tab

from harness import serving
from hongyan.access.operators import Role
from hongyan.admission.rules import Profile

if TYPE_CHECKING:
    from playwright.sync_api import Page

_OPEN_EVERYTHING = "for (const one of document.querySelectorAll('details')) one.open = true"
_BAD_PARTS = """() => [...document.querySelectorAll('*')].flatMap((one) => [...one.attributes]
  .filter((a) => a.name.startsWith('on') || a.name === 'style' || a.name === 'srcset'
    || (['href', 'src', 'action', 'formaction', 'xlink:href', 'poster'].includes(a.name) && /^\\s*(javascript|data|vbscript|file):/i.test(a.value))
    || (['src', 'poster'].includes(a.name) && new URL(a.value, location.href).origin !== location.origin))
  .map((a) => `${one.tagName} ${a.name}=${a.value.slice(0, 80)}`))
  .concat([...document.querySelectorAll('script:not([src]), main base, main meta, main object, main embed, main form[action^="http"]')]
  .map((one) => one.outerHTML.slice(0, 120)))"""


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, listener: Listener) -> Iterator[Hostile]:
    with serving(tmp_path_factory.mktemp("hostile") / "data", profile=Profile.OPEN) as server:
        world = Hostile(server, listener.picture)
        yield world
        world.close()


def look(tab: Tab) -> None:
    """Everything that a page hides is opened, and nothing bad stands or happens in it."""
    tab.page.evaluate(_OPEN_EVERYTHING)
    tab.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    bad = tab.page.evaluate(_BAD_PARTS)
    assert not bad, f"{tab.page.url}: {bad}"
    tab.check()


def test_the_canary_would_be_noticed(hostile: Hostile, second_raw: Tab) -> None:
    page = second_raw.at(hostile.server).go("/console/sign-in")
    page.evaluate(f"window.{CANARY} = 1")

    with pytest.raises(AssertionError, match="a script of an attack case ran"):
        second_raw.check()


def test_no_page_of_the_desk_runs_what_stands_in_it(hostile: Hostile, tab: Tab) -> None:
    addresses = crawl(hostile.server, hostile.corp_id)
    tab.sign_in(hostile.server, Role.ADMINISTRATOR, 'boss"><img src=x onerror=canary=1>')
    for address in addresses.values():
        tab.go(address)
        look(tab)


def test_every_send_and_every_refusal_is_drawn_safely(hostile: Hostile, tab: Tab) -> None:
    tab.sign_in(hostile.server, Role.VIEWER)
    for task in hostile.tasks:
        tab.go(f"/console/o/{hostile.corp_id}/sends/{task}")
        look(tab)
    requests = tab.go(f"/console/o/{hostile.corp_id}/requests")
    links = set(requests.eval_on_selector_all("a[href*='/requests/']", "all => all.map((one) => one.getAttribute('href'))"))
    for link in sorted(link for link in links if link.rsplit("/", 1)[-1].isdigit()):
        tab.go(link)
        look(tab)


def test_no_message_runs_anything_in_an_inbox(hostile: Hostile, tab: Tab, listener: Listener) -> None:
    page = tab.open_inbox(hostile.server, hostile.corp_id, READER)
    page.locator("li.row a").first.click()
    page.locator("#messages .message").first.wait_for()
    look(tab)

    assert page.locator("#messages .message").count() == len(hostile.tasks)

    hostile.send_ok(text_content=f"live {SCRIPT}")
    page.get_by_text("live ").last.wait_for()
    look(tab)

    assert listener.calls == []


def test_no_article_runs_anything(hostile: Hostile, tab: Tab) -> None:
    page = tab.open_inbox(hostile.server, hostile.corp_id, READER)
    page.locator("li.row a").first.click()
    page.locator(".message").first.wait_for()
    addresses: list[str] = page.eval_on_selector_all("a[href*='article/']", "all => all.map((one) => one.href)")

    assert len(addresses) == 2

    hrefs: list[str] = []
    for address in addresses:
        page.goto(address)
        look(tab)

        assert page.locator(".article .prose").count() == 0
        prose = page.frame_locator(".article iframe").locator(".prose")
        assert prose.inner_text().startswith("text")
        assert not [attack for frame in page.frames for attack in frame.evaluate(_BAD_PARTS)]
        assert page.frames[1].evaluate("self.origin") == "null"
        hrefs += prose.locator("a[href]").evaluate_all("all => all.map((one) => one.href)")

    assert hrefs
    assert not [href for href in hrefs if not href.startswith(("http", "dingtalk"))]


def test_what_cannot_be_opened_stays_where_it_is_when_clicked(hostile: Hostile, tab: Tab) -> None:
    page = tab.open_inbox(hostile.server, hostile.corp_id, READER)
    page.locator("li.row a").first.click()
    page.locator(".message").first.wait_for()
    dead = page.locator(".message .dead")

    assert dead.count() >= 10

    for place in range(dead.count()):
        dead.nth(place).dispatch_event("click")
    look(tab)

    assert len(tab.context.pages) == 1


def test_live_pages_of_the_desk_draw_what_arrives_safely(hostile: Hostile, tab: Tab) -> None:
    tab.sign_in(hostile.server, Role.VIEWER)
    for place in ("", "requests", "sends"):
        page: Page = tab.go(f"/console/o/{hostile.corp_id}/{place}")
        hostile.send_ok(text_content=f"{place} live {SCRIPT}")
        page.wait_for_timeout(700)
        look(tab)
