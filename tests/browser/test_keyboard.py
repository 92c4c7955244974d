"""Every page by keyboard alone: whatever can be used is reached with Tab, and shows that it has the focus."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from company import DESK, READER, Company
from tab import Tab, opened

from hongyan.access.operators import Role
from hongyan.sandbox.demo import DEMO_CORP

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_MOST = 150  # presses on one page; its first so many things are looked at
_PREPARE = """() => {
  for (const one of document.querySelectorAll('details')) one.open = true;
  window.reached = new Set(); window.unseen = [];
  document.addEventListener('focusin', (event) => {
    window.reached.add(event.target);
    const style = getComputedStyle(event.target), ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    const within = event.target.closest('label, .field, .types label, form');
    const near = within && within.matches(':focus-within') && getComputedStyle(within).outlineStyle !== 'none';
    const next = event.target.nextElementSibling && getComputedStyle(event.target.nextElementSibling).outlineStyle !== 'none';
    if (!ring && !near && !next && style.boxShadow === 'none') window.unseen.push(event.target.outerHTML.slice(0, 140));
  });
  const usable = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
  window.wanted = [...document.querySelectorAll(usable)].filter((one) => !one.disabled && one.tabIndex >= 0
    && one.checkVisibility({ visibilityProperty: true }) && !one.closest('[inert]') && !one.closest('audio, video'));
  return window.wanted.length;
}"""
_MISSED = """() => {
  const groups = new Set([...window.reached].filter((one) => one.type === 'radio').map((one) => one.name));
  const last = Math.max(...window.wanted.map((one, n) => (window.reached.has(one) ? n : -1)));
  return window.wanted.slice(0, last + 1).filter((one) => !window.reached.has(one) && !(one.type === 'radio' && groups.has(one.name)))
    .map((one) => one.outerHTML.slice(0, 140));
}"""


@pytest.fixture
def walking(browser: "Browser", company: Company) -> Iterator[Tab]:
    with opened(browser) as tab:
        tab.open_inbox(company.server, DEMO_CORP, READER)
        yield tab.sign_in(company.server, Role.ADMINISTRATOR, "keys")


def missed(tab: Tab, address: str) -> list[str]:
    """What Tab does not reach, or reaches without showing it."""
    page = tab.go(address)
    wanted = page.evaluate(_PREPARE)
    for _ in range(min(wanted + 2, _MOST)):
        page.keyboard.press("Tab")
    found = [f"{address}: not reached: {one}" for one in page.evaluate(_MISSED)]
    if wanted and not page.evaluate("window.reached.size"):
        found.append(f"{address}: nothing is reached")
    return found + [f"{address}: no visible focus: {one}" for one in page.evaluate("window.unseen")]


def test_every_page_of_the_desk_is_walked_with_tab(walking: Tab, company: Company) -> None:
    faults = [fault for address in company.pages().values() for fault in missed(walking, address)]

    assert not faults, "\n".join(faults)


def test_the_inbox_of_a_reader_is_walked_with_tab(walking: Tab, company: Company) -> None:
    page = walking.open_inbox(company.server, DEMO_CORP, READER)
    base = page.url.removeprefix(company.server.base_url).split("?")[0]
    conversation = page.locator("li.row a").first.get_attribute("href")
    faults = [fault for address in (base, f"{base}{conversation}") for fault in missed(walking, address)]

    assert not faults, "\n".join(faults)


def test_a_send_is_opened_and_its_reasons_read_by_keyboard(walking: Tab) -> None:
    page = walking.go(f"{DESK}/sends")
    page.locator("a[href*='list=filtered']").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**list=filtered**")
    page.locator("#people a[href*='why=']").first.focus()
    page.keyboard.press("Enter")
    page.locator(".why-answer").wait_for()

    assert page.locator(".why-answer .sentence").inner_text()
