"""Every page in both languages, both themes, at both widths: nothing serious by axe's rules, nothing wider than the window."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pytest
from chromium import AXE
from company import READER, Company
from tab import PHONE, WIDE, Tab, opened

from hongyan.access.operators import Role
from hongyan.sandbox.demo import DEMO_CORP

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Answers only to the scripts of pages: pieces, streams, files. Or leads on at once.
NO_PAGES = {
    "/go",
    "/o/{corp}/inboxes/{userid}",
    "/o/{corp}/overview",
    "/o/{corp}/compose/departments",
    "/o/{corp}/compose/people",
    "/o/{corp}/inboxes/{userid}/{how}/events",
    "/o/{corp}/inboxes/{userid}/{how}/list",
    "/o/{corp}/inboxes/{userid}/{how}/older",
    "/o/{corp}/inboxes/{userid}/{how}/thread",
    "/o/{corp}/organisation/export",
    "/o/{corp}/organisation/pick",
    "/o/{corp}/changes",
    "/o/{corp}/requests/events",
    "/o/{corp}/requests/new",
    "/o/{corp}/requests/{n:int}/body",
    "/o/{corp}/sends/article/{article:int}",
    "/o/{corp}/sends/rows",
    "/o/{corp}/sends/{task_id}/live",
    "/o/{corp}/sends/{task_id}/people.csv",
    "/o/{corp}/wall/events",
}
# A list's rows are alike: the first ones stand for the rest. The header and the menu are looked at once.
_REPEATED = [["tbody tr:nth-child(n+6)"], ["main ul > li:nth-child(n+6)"]]
_FRAME = [[".bar"], [".desk-rooms > .menu"]]
_RUN = """async ([exclude, only]) => (await axe.run({ exclude },
    { iframes: false, preload: false, resultTypes: ["violations"], ...only })).violations
  .filter((one) => ["serious", "critical"].includes(one.impact))
  .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`)"""
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
_OVERLAPS = """() => { const boxes = [...document.querySelectorAll('.bar > :not(.corp-choice), .corp-choice select')].map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0).sort((a, b) => a[1].left - b[1].left);
  return boxes.slice(1).filter(([, box], n) => box.left < boxes[n][1].right - 1).map(([one]) => one.outerHTML.slice(0, 100)); }"""
LANGUAGES = [pytest.param(one, marks=pytest.mark.xdist_group(f"browser-axe-{one}")) for one in ("zh", "en")]


@pytest.fixture(params=LANGUAGES)
def looking(browser: "Browser", company: Company, request: pytest.FixtureRequest) -> Iterator[Tab]:
    """A tab in one language; an administrator is signed in, and a reader's inbox known."""
    with opened(browser, language=request.param) as tab:
        tab.open_inbox(company.server, DEMO_CORP, READER)
        tab.sign_in(company.server, Role.ADMINISTRATOR, "axe")
        yield tab


def faults_of(tab: Tab, address: str, *, framed: bool = True) -> list[str]:
    """What is wrong with a page at both widths, by light with all rules and by dark with those of colours.

    Rules know no language, so each language takes one width by light and the other one by dark.
    """
    exclude = _REPEATED if framed else _REPEATED + _FRAME
    tab.set_size(WIDE)
    tab.page.emulate_media(color_scheme="light")
    tab.go(address)
    tab.page.evaluate(AXE.read_text("utf-8"))
    light_at = WIDE if tab.page.locator("html").get_attribute("lang") == "zh-CN" else PHONE
    found: list[str] = []
    for size in (WIDE, PHONE):
        tab.set_size(size)
        theme, rules = ("light", {}) if size == light_at else ("dark", _COLOURS)
        tab.page.emulate_media(color_scheme=theme)
        found += [f"{size[0]} {theme}: {one}" for one in tab.page.evaluate(_RUN, [exclude, rules])]
        if (wide := tab.overflow()) > 0:
            found.append(f"{size[0]}: {wide} pixels wider than the window")
        found += [f"{size[0]}: lies over its neighbour: {one}" for one in tab.page.evaluate(_OVERLAPS)]
    problems, tab.problems = tab.problems, []
    return [f"{address}: {one}" for one in found + problems]


def assert_no_faults(tab: Tab, addresses: Iterable[str]) -> None:
    faults = [fault for n, address in enumerate(addresses) for fault in faults_of(tab, address, framed=n == 0)]
    assert not faults, "\n".join(faults)


def test_pages_of_the_desk_are_accessible(looking: Tab, company: Company) -> None:
    assert_no_faults(looking, company.pages().values())


def test_pages_of_readers_are_accessible(looking: Tab, company: Company) -> None:
    inbox = looking.open_inbox(company.server, DEMO_CORP, READER).url
    conversations = looking.page.eval_on_selector_all("a[href*='?c=']", "all => all.map((one) => one.getAttribute('href'))")
    base = inbox.removeprefix(company.server.base_url).split("?")[0]
    addresses = ["/", base, *(base + one if one.startswith("?") else one for one in dict.fromkeys(conversations)), "/inbox?token=wrong", "/coverage"]

    nobody_wrote = looking.open_inbox(company.server, DEMO_CORP, "newhire001").url.removeprefix(company.server.base_url)

    assert len(conversations) >= 3
    assert_no_faults(looking, [*addresses, nobody_wrote])


def test_the_rules_find_what_is_wrong(browser: "Browser", company: Company) -> None:
    with opened(browser) as tab:
        page = tab.at(company.server).go("/console/sign-in")
        page.evaluate(AXE.read_text("utf-8"))
        page.evaluate("document.querySelector('label').before(document.createElement('input'))")

        assert any(one.startswith("label") for one in page.evaluate(_RUN, [[], {}]))


def test_pages_before_signing_in_are_accessible(browser: "Browser", company: Company) -> None:
    for language in ("zh", "en"):
        with opened(browser, language=language, size=PHONE) as tab:
            tab.at(company.server)
            assert_no_faults(tab, ("/console/sign-in", "/console/set-up?key=0"))


def test_every_page_of_the_desk_is_reached_by_clicking(company: Company) -> None:
    from hongyan.console.desk.routes import PAGES

    known = {page.path for page in PAGES if page.method == "GET"}
    reached = {kind.split("?")[0] for kind in company.pages()}

    assert {path for path in known - reached - NO_PAGES if not path.endswith("/media/{media_id:path}")} == set()
