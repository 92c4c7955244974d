"""The reader's side of an account's conversation: the menu, the line to write in, and what becomes of it."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import httpx
import pytest
from console_world import FROM_PAGE, Events, World

from hongyan.access.edit import install_app_txn
from hongyan.access.records import Installation
from hongyan.console.composer import IN_A_ROW
from hongyan.delivery.said import page_said_txn
from hongyan.messages.menus import Menu, MenuButton, save_menu_txn
from hongyan.model.ids import Seq

Story = Callable[[World], Awaitable[None]]
SCRIPT = {**FROM_PAGE, "x-requested-with": "fetch"}


async def _menu(world: World, *buttons: MenuButton, enable_input: bool = True, status: int = 0) -> None:
    await world.store.write(save_menu_txn, world.corp.no, world.account.sender, Menu(buttons, enable_input, status))


async def _said(world: World, userid: str = "anna") -> list[str]:
    ord_ = await world.ord_of(userid)
    found = await world.store.read(page_said_txn, world.corp.no, ord_, world.account.sender, Seq(1 << 53), 100)
    return [one.content for one in reversed(found)]


def _place(world: World) -> str:
    return f"?c={world.account.sender}"


async def _thread(world: World, inbox: httpx.AsyncClient) -> str:
    return (await inbox.get(f"thread{_place(world)}")).text


def test_a_message_stands_in_the_conversation_and_in_the_list(in_world: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        await world.send("hello")
        inbox = await world.inbox("anna")
        answer = await inbox.post(f"say{_place(world)}", data={"text": " <b>hi</b>\r\nthere "}, headers=SCRIPT)
        assert answer.status_code == 200
        arrival = answer.json()
        assert arrival["kind"] == "said" and "mine" in arrival["message"] and "You: " in arrival["conversation"]
        html = await _thread(world, inbox)
        assert "&lt;b&gt;hi&lt;/b&gt;\nthere" in html and "<b>hi" not in html
        assert html.index("hello") < html.index("&lt;b&gt;hi")
        assert "You: &lt;b&gt;hi&lt;/b&gt; there" in (await inbox.get("list")).text
        assert "&lt;b&gt;" not in await _thread(world, await world.inbox("ben"))
        await world.send("later")
        assert "You:" not in (await inbox.get("list")).text

    in_world(story)


def test_without_the_script_the_form_goes_back_to_the_conversation(in_world: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        inbox = await world.inbox("anna")
        answer = await inbox.post(f"say{_place(world)}", data={"text": "hi"}, headers=FROM_PAGE)
        assert (answer.status_code, answer.headers["location"]) == (303, f"./{_place(world)}")
        assert await _said(world) == ["hi"]

    in_world(story)


@pytest.mark.parametrize(("text", "status"), [("", 400), (" \n ", 400), ("x" * 5001, 400), ("鸿" * 5000, 200), ("a\0b", 400), ("x" * 100_000, 400)])
def test_what_is_too_long_or_empty_is_refused(in_world: Callable[[Story], None], text: str, status: int) -> None:
    async def story(world: World) -> None:
        inbox = await world.inbox("anna")
        answer = await inbox.post(f"say{_place(world)}", data={"text": text}, headers=SCRIPT)
        assert answer.status_code == status
        assert len(await _said(world)) == (status == 200)

    in_world(story)


def test_only_a_page_of_ours_and_only_the_reader_may_write(in_world: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        inbox = await world.inbox("anna")
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.test"}):
            for path in ("say", "press"):
                assert (await inbox.post(f"{path}{_place(world)}", data={"text": "x"}, headers=headers)).status_code == 403
        inbox.cookies.clear()
        assert (await inbox.post(f"say{_place(world)}", data={"text": "x"}, headers=SCRIPT)).status_code == 401
        assert await _said(world) == []

    in_world(story)


def test_there_is_nothing_to_write_to_below_a_work_notice_or_a_closed_account(in_world: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        installed = await world.store.write(install_app_txn, world.corp.no, world.caller.no, 4711, "App")
        assert isinstance(installed, Installation)
        inbox = await world.inbox("anna")
        for sender in (installed.sender, 999):
            assert (await inbox.post(f"say?c={sender}", data={"text": "x"}, headers=SCRIPT)).status_code == 404
        assert 'id="composer"' not in (await inbox.get(f"thread?c={installed.sender}")).text
        assert 'id="write"' in await _thread(world, inbox)
        await _menu(world, enable_input=False)
        assert 'id="composer"' not in await _thread(world, inbox)
        assert (await inbox.post(f"say{_place(world)}", data={"text": "x"}, headers=SCRIPT)).status_code == 404

    in_world(story)


def test_a_reader_in_a_hurry_is_slowed_down_and_others_are_not(in_world: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        inbox = await world.inbox("anna")
        codes = [(await inbox.post(f"say{_place(world)}", data={"text": f"{n}"}, headers=SCRIPT)).status_code for n in range(IN_A_ROW + 2)]
        assert codes == [200] * IN_A_ROW + [429] * 2
        other = await world.inbox("ben")
        assert (await other.post(f"say{_place(world)}", data={"text": "x"}, headers=SCRIPT)).status_code == 200

    in_world(story)


def test_the_menu_is_drawn_with_its_lists_and_targets(in_world: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        await world.add_card("@card", "content")
        await world.add_media("@pic", "image/png")
        inner = (MenuButton("Site", "view", url="https://example.com/a"), MenuButton("Bad", "view", url="javascript:alert(1)"))
        buttons = (
            MenuButton("Today <b>", "click", "TODAY"),
            MenuButton("More", sub_button=(*inner, MenuButton("Card", "click", media_id="@card"), MenuButton("Pic", "click", media_id="@pic"))),
            MenuButton("Article", "view", media_id="1"),
        )
        await _menu(world, *buttons)
        inbox = await world.inbox("anna")
        html = await _thread(world, inbox)
        assert "Today &lt;b&gt;" in html and "javascript:" not in re.sub(r'(value|data-key)="[^"]*"', "", html)
        assert 'href="https://example.com/a"' in html and html.count('href="article/1"') == 2 and 'href="media/' in html
        assert "<summary" in html and 'id="write"' in html
        await _menu(world, *buttons, enable_input=False)
        html = await _thread(world, inbox)
        assert "<summary" in html and 'id="write"' not in html
        await _menu(world, *buttons, status=1)
        assert "<summary" not in await _thread(world, inbox)

    in_world(story)


def test_a_button_that_is_another_by_now_is_not_pressed(in_world: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        await _menu(world, MenuButton("Today", "click", "TODAY"))
        inbox = await world.inbox("anna")

        async def press(place: str, key: str) -> int:
            return (await inbox.post(f"press{_place(world)}", data={"place": place, "key": key}, headers=SCRIPT)).status_code

        assert await press("0", "TODAY") == 204
        assert [await press("0", "TOMORROW"), await press("1", "TODAY"), await press("", "")] == [409, 409, 409]

    in_world(story)


def test_a_message_appears_in_the_readers_other_pages_and_in_nobody_elses(in_world: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        await world.send("hello", to="anna")
        inbox = await world.inbox("anna")
        async with world.served() as base:
            key = str(inbox.base_url).rsplit("/", 2)[1]
            other = await world.inbox("ben")
            other_key = str(other.base_url).rsplit("/", 2)[1]
            async with (
                httpx.AsyncClient(base_url=base, cookies=inbox.cookies, headers={"accept-language": "zh"}) as second,
                httpx.AsyncClient(base_url=base, cookies=other.cookies) as ben,
                second.stream("GET", f"/inbox/{key}/events") as mine,
                ben.stream("GET", f"/inbox/{other_key}/events") as bens,
            ):
                events, others = Events(mine), Events(bens)
                await asyncio.sleep(0.1)
                await inbox.post(f"say{_place(world)}", data={"text": "from the first page"}, headers=SCRIPT)
                arrival = await events.next()
                assert arrival["kind"] == "said" and "from the first page" in arrival["message"] and "我：" in arrival["conversation"]
                await world.send("for ben", to="ben")
                assert "for ben" in (await others.next())["message"]

    in_world(story)


def test_pages_hold_messages_of_both_sides_in_their_order(in_world: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        inbox = await world.inbox("anna")
        for n in range(20):
            await world.send(f"theirs {n:02}")
            world.clock.place(offset_ms=world.clock.offset_ms, frozen_at=world.clock.now() + 20_000)
            await world.engine.store.write(_say_txn, world, await world.ord_of("anna"), f"mine {n:02}")
        html = await _thread(world, inbox)
        found = re.findall(r"(theirs|mine) (\d\d)", html)
        assert found == [(side, f"{n:02}") for n in range(5, 20) for side in ("theirs", "mine")]
        older = re.search(r'data-older="(\d+)"', html)
        assert older
        rest = (await inbox.get(f"older{_place(world)}&before={older[1]}")).text
        assert re.findall(r"(theirs|mine) (\d\d)", rest) == [(side, f"{n:02}") for n in range(5) for side in ("theirs", "mine")]
        assert "data-older" not in rest

    in_world(story)


def _say_txn(tx, world: World, ord_: int, text: str, now: int):  # type: ignore[no-untyped-def]
    from hongyan.access.sealing import Seal
    from hongyan.delivery.said import Writer, say_txn
    from hongyan.directory.records import load_person_by_ord_txn

    person = load_person_by_ord_txn(tx, world.corp.no, ord_)  # type: ignore[arg-type]
    assert person is not None
    return say_txn(tx, Writer(world.corp.no, person, world.account, Seal(world.engine.key), "http://x"), text, now)  # type: ignore[arg-type]


def test_a_conversation_that_the_reader_began_stands_in_the_list(in_world: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        inbox = await world.inbox("anna")
        await inbox.post(f"say{_place(world)}", data={"text": "anybody?"}, headers=SCRIPT)
        assert "You: anybody?" in (await inbox.get("list")).text
        assert "anybody?" not in (await (await world.inbox("ben")).get("list")).text

    in_world(story)
