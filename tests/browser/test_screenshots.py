"""Pictures of the pages for the documents, taken from the demo company. scripts/screenshots keeps them; otherwise they only must come out."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from company import DESK, READER, Company
from tab import PHONE, Tab, opened

from hongyan.access.operators import Role
from hongyan.sandbox.demo import DEMO_CORP

if TYPE_CHECKING:
    from playwright.sync_api import Browser

KEEP = "HONGYAN_SCREENSHOTS"
_SIZE = (1280, 820)


class Shot(NamedTuple):
    """`click`: links to follow after the address, one after the other; `fill`: what to write where; `both`: in English too."""

    name: str
    address: str
    click: tuple[str, ...] = ()
    fill: tuple[tuple[str, str], ...] = ()
    both: bool = False


SHOTS = (
    Shot("overview", f"{DESK}/", both=True),
    Shot("sends", f"{DESK}/sends", both=True),
    Shot("send", f"{DESK}/sends", ("tbody tr:nth-child(n+3) a.clip-link",)),
    Shot("why", f"{DESK}/sends?q=%E6%96%AD%E7%94%B5", ("a[href*='list=filtered']", "#people a[href*='why=']"), both=True),
    Shot("requests", f"{DESK}/requests", both=True),
    Shot("request", f"{DESK}/requests?unassigned=1", ("tbody a[href*='/requests/']",)),
    Shot(
        "compose",
        f"{DESK}/compose",
        fill=(("#users", f"{READER}\nmanager4220\nnewhire001"), (".editor:not([hidden]) textarea", "明天 9:30 发布评审，请提前看文档。")),
        both=True,
    ),
    Shot("limits", f"{DESK}/limits"),
    Shot("limit", f"{DESK}/limits", ("tbody a",)),
    Shot("rules", f"{DESK}/limits/rules"),
    Shot("organisation", f"{DESK}/organisation"),
    Shot("person", f"{DESK}/organisation/person?u={READER}"),
    Shot("roles", f"{DESK}/organisation/roles"),
    Shot("files", f"{DESK}/organisation/files"),
    Shot("apps", f"{DESK}/apps"),
    Shot("app", f"{DESK}/apps", ("tbody a",)),
    Shot("accounts", f"{DESK}/accounts"),
    Shot("account", f"{DESK}/accounts", ("tbody a",)),
    Shot("templates", f"{DESK}/templates"),
    Shot("template", f"{DESK}/templates", ("tbody a",)),
    Shot("media", f"{DESK}/media"),
    Shot("articles", f"{DESK}/articles"),
    Shot("article", f"{DESK}/articles", ("tbody a",)),
    Shot("cards", f"{DESK}/cards"),
    Shot("inboxes", f"{DESK}/inboxes"),
    Shot("wall", f"{DESK}/wall?u={READER}&u=manager4220"),
    Shot("operators", "/console/operators"),
    Shot("data", "/console/data"),
    Shot("audit", "/console/audit"),
)
DARK = (SHOTS[0], SHOTS[1])
ON_PHONE = (SHOTS[1],)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    kept = os.environ.get(KEEP)
    found = Path(kept) if kept else tmp_path
    found.mkdir(parents=True, exist_ok=True)
    return found


def take(tab: Tab, shot: Shot, path: Path) -> None:
    page = tab.go(shot.address)
    for link in shot.click:
        page.locator(link).first.click()
        page.wait_for_load_state()
    for place, text in shot.fill:
        page.locator(place).first.evaluate("one => one.closest('details')?.setAttribute('open', '')")
        page.locator(place).first.fill(text)
        page.wait_for_timeout(600)
    page.evaluate("scrollTo(0, document.querySelector('.why-answer') ? scrollY : 0)")
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement?.blur()")
    page.wait_for_timeout(250)
    page.screenshot(path=path)
    assert path.stat().st_size > 8000, f"{path.name} shows nothing"
    assert tab.page.locator(".problem").count() == 0, f"{shot.address} says a problem"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_of_the_desk_can_be_pictured(browser: "Browser", company: Company, folder: Path, language: str) -> None:
    with opened(browser, language=language, size=_SIZE) as tab:
        tab.sign_in(company.server, Role.ADMINISTRATOR, "管理员")
        for shot in SHOTS:
            if language == "zh" or shot.both:
                take(tab, shot, folder / f"{shot.name}-{language}.png")
        tab.check()


def test_dark_pages_and_phones_can_be_pictured(browser: "Browser", company: Company, folder: Path) -> None:
    with opened(browser, language="zh", size=_SIZE, dark=True) as tab:
        tab.sign_in(company.server, Role.ADMINISTRATOR, "管理员")
        for shot in DARK:
            take(tab, shot, folder / f"{shot.name}-zh-dark.png")
        tab.check()
    with opened(browser, language="zh", size=PHONE) as tab:
        tab.sign_in(company.server, Role.ADMINISTRATOR, "管理员")
        for shot in ON_PHONE:
            take(tab, shot, folder / f"{shot.name}-zh-phone.png")
        tab.check()


@pytest.mark.parametrize(("language", "size", "dark"), [("zh", _SIZE, False), ("en", _SIZE, False), ("zh", PHONE, True)])
def test_the_inbox_can_be_pictured(browser: "Browser", company: Company, folder: Path, language: str, size: tuple[int, int], dark: bool) -> None:
    kind = f"{language}-phone-dark" if size == PHONE else language
    with opened(browser, language=language, size=size, dark=dark) as tab:
        page = tab.open_inbox(company.server, DEMO_CORP, READER)
        page.get_by_role("link", name="鸿雁服务号").first.click()
        page.locator("#messages .message").first.wait_for()
        page.wait_for_timeout(300)
        page.screenshot(path=folder / f"inbox-{kind}.png")
        tab.check()
