"""Getting in, operators and the log, as a person sees and types them."""

import re

from desk_world import PASSWORD, DeskWorld
from tab import PHONE, Tab

from hongyan.access.operators import Role


def test_the_first_administrator_sets_the_server_up_by_keyboard_alone(desk: DeskWorld, tab: Tab) -> None:
    page = tab.at(desk.server).go(f"/console/set-up?key={desk.set_up_key}")
    keyboard = page.keyboard
    keyboard.type("boss")
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    page.wait_for_url(re.compile("/console/o/dingtest/"))

    assert page.get_by_role("link", name="Operators").is_visible()


def test_the_first_tab_skips_to_the_content(desk: DeskWorld, tab: Tab) -> None:
    page = tab.sign_in(desk.server, Role.ADMINISTRATOR).go("/console/operators")
    page.keyboard.press("Tab")

    assert "Skip to the content" in tab.focused()

    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"


def test_a_new_operator_is_added_and_comes_in_by_the_link(desk: DeskWorld, tab: Tab, second: Tab) -> None:
    page = tab.sign_in(desk.server, Role.ADMINISTRATOR, "boss").go("/console/operators")
    form = page.locator("form[action='/console/operators']")
    form.get_by_label("Name").fill("vera")
    form.get_by_role("combobox", name="Role").select_option("sender")
    page.get_by_role("button", name="Add operator").click()
    link = page.locator("code.secret").inner_text()
    other = second.at(desk.server).page
    other.goto(link)

    assert other.locator(".me-name").inner_text() == "vera"

    page = tab.go("/console/audit")

    assert page.get_by_role("cell", name="operator.create").first.is_visible()
    assert "token=" not in page.content()


def test_disabling_asks_first_and_signs_the_operator_out(desk: DeskWorld, tab: Tab, second: Tab) -> None:
    second.sign_in(desk.server, Role.VIEWER, "vera")
    page = tab.sign_in(desk.server, Role.ADMINISTRATOR, "boss").go("/console/operators")
    tab.agrees = True
    page.get_by_role("row", name="vera").get_by_role("button", name="Disable").click()
    page.get_by_role("row", name="vera").get_by_role("button", name="Enable").wait_for()
    second.go("/console/")

    assert "/console/sign-in" in second.page.url


def test_the_menu_of_a_phone_opens_by_keyboard(desk: DeskWorld, tab: Tab) -> None:
    tab.set_size(PHONE)
    page = tab.sign_in(desk.server, Role.ADMINISTRATOR).go("/console/operators")
    button = page.get_by_role("button", name="Menu")

    assert not page.get_by_role("link", name="Audit log").is_visible()

    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Audit log").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/audit")

    assert tab.overflow() <= 0


def test_signing_out_ends_the_session(desk: DeskWorld, tab: Tab) -> None:
    page = tab.sign_in(desk.server, Role.VIEWER).go("/console/password")
    page.locator("details.me summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").press("Enter")
    page.wait_for_url("**/console/sign-in")
    tab.go("/console/password")

    assert "/console/sign-in" in page.url


def test_a_viewer_sees_no_administration_and_is_refused_it(desk: DeskWorld, tab: Tab) -> None:
    page = tab.sign_in(desk.server, Role.VIEWER).go("/console/operators")

    assert page.get_by_text("Nothing was changed").is_visible()
    assert page.get_by_role("link", name="Operators").count() == 0


def test_language_and_theme_stay_chosen(desk: DeskWorld, tab: Tab) -> None:
    page = tab.sign_in(desk.server, Role.VIEWER).go("/console/password?lang=zh&theme=dark")
    tab.go("/console/password")

    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.locator("html").get_attribute("data-theme") == "dark"
