"""The newest message of a conversation stands whole above the line to write in, however long the conversation is and whatever loads late."""

import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from desk_world import DeskWorld
from tab import PHONE, WIDE, Tab

from hongyan.access.operators import Role
from hongyan.messages.menus import Menu, MenuButton, save_menu_txn

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

SHORT, LONG = 1, 30
_GAP_BELOW = """() => document.getElementById('scroll').getBoundingClientRect().bottom
  - [...document.querySelectorAll('#messages .message')].pop().getBoundingClientRect().bottom"""
_SCROLLED = "() => document.getElementById('scroll').scrollTop"
# The page's policy lets no words become script, so the driver's own way to wait is closed.
_UNTIL = """(tries) => new Promise((done, fail) => { const look = () => (%s) ? done() : tries-- ? requestAnimationFrame(look) : fail('never'); look(); })"""
_FRAMES = 300


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def chat(desk: DeskWorld, tab: Tab, request: pytest.FixtureRequest) -> Tab:
    """A tab, and an account with a menu and a line to write in."""
    desk.observe_all_but()
    menu = Menu((MenuButton("Orders", "click", "ORDERS"), MenuButton("Help", "click", "HELP")), enable_input=True, status=0)
    desk.write(save_menu_txn, desk.corp, desk.account.sender, menu)
    tab.set_size(request.param)
    return tab


def square(side: int) -> bytes:
    """A black PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes((side + 1) * side))) + chunk(b"IEND", b"")


def show(desk: DeskWorld, tab: Tab) -> "Page":
    page = tab.open_inbox(desk.server, desk.corp_id, "u1")
    page.goto(f"{page.url.split('?')[0]}?c={desk.account.sender}", wait_until="domcontentloaded")
    page.locator("#messages .message").first.wait_for()
    return page


def until(page: "Page", condition: str) -> None:
    page.evaluate(_UNTIL % condition, _FRAMES)


def gap_settles(page: "Page") -> None:
    """The last bubble comes to stand above the end of what is scrolled."""
    until(page, f"({_GAP_BELOW})() >= 8")


@pytest.mark.parametrize("count", [SHORT, LONG], ids=["short", "long"])
def test_the_newest_message_stands_whole_above_the_menu(desk: DeskWorld, chat: Tab, count: int) -> None:
    for n in range(count):
        desk.send_ok(text_content=f"message {n}")
    page = show(desk, chat)

    gap_settles(page)
    assert page.locator(".composer .menu").is_visible()


def test_pictures_that_come_late_do_not_push_it_below_the_edge(desk: DeskWorld, chat: Tab) -> None:
    files, headers = {"file": ("a.png", square(300))}, {"sec-fetch-site": "same-origin"}
    upload = desk.operator(Role.SENDER).http.post("/console/o/dingtest/media", files=files, headers=headers)
    media_id = upload.headers["location"].rpartition("/")[2]
    for n in range(LONG):
        desk.send_ok(text_content=f"message {n}")
    for _ in range(3):
        desk.send_ok(msg_type="image", text_content=None, msg_body={"image": {"media_id": media_id}})
    desk.send_ok(text_content="the last one")
    kept: list[Route] = []
    chat.page.route("**/media/**", lambda route: kept.append(route))
    page = show(desk, chat)
    gap_settles(page)
    for route in kept:
        route.continue_()
    until(page, "[...document.querySelectorAll('#messages .photo img')].every((one) => one.naturalWidth === 300)")

    assert kept
    gap_settles(page)


def test_it_moves_up_with_what_is_written_below_it(desk: DeskWorld, chat: Tab) -> None:
    for n in range(LONG):
        desk.send_ok(text_content=f"message {n}")
    page = show(desk, chat)
    gap_settles(page)
    low = page.locator("#text").bounding_box()
    page.locator("#text").fill("one\ntwo\nthree\nfour\nfive")
    high = page.locator("#text").bounding_box()

    assert low and high and high["height"] > low["height"] + 60
    gap_settles(page)


def test_who_reads_older_messages_stays_there(desk: DeskWorld, chat: Tab) -> None:
    for n in range(LONG):
        desk.send_ok(text_content=f"message {n}")
    page = show(desk, chat)
    gap_settles(page)
    page.locator("#scroll").hover()
    page.mouse.wheel(0, -900)
    until(page, f"({_GAP_BELOW})() < -300")
    stood = page.evaluate(_SCROLLED)
    desk.send_ok(text_content="a new one")
    page.locator("#jump").wait_for()

    assert page.evaluate(_SCROLLED) == pytest.approx(stood, abs=2)
