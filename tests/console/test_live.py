"""Reading, and what arrives without reloading."""

import asyncio

import httpx
import pytest
from console_world import FROM_PAGE, ORIGIN, Events, World

from hongyan.console.doors import COOKIE_PREFIX, inbox_key


async def stream_of(world: World, base: str, userid: str = "anna") -> httpx.AsyncClient:
    key = inbox_key(world.engine, world.corp.no, await world.ord_of(userid))
    cookie = f"{COOKIE_PREFIX}{key}={await world.token(userid)}"
    return httpx.AsyncClient(base_url=f"{base}/inbox/{key}/", headers={"cookie": cookie, "accept-language": "en"})


def test_a_message_a_read_and_a_recall_reach_an_open_page(in_world):
    async def story(world: World):
        async with world.served() as base, await stream_of(world, base) as anna, anna.stream("GET", "events?after=0") as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            events = Events(response)
            seq = await world.send("hello <there>")
            arrived = await events.next()
            assert (arrived["kind"], arrived["seq"], arrived["summary"]) == ("message", seq, "hello <there>")
            assert "hello &lt;there&gt;" in arrived["message"] and 'data-unread="1"' in arrived["conversation"]

            await anna.post(f"read?c={world.account.sender}&up_to={seq}", headers=FROM_PAGE)
            opened = await events.next()
            assert opened["kind"] == "opened" and 'data-unread="0"' in opened["conversation"] and "message" not in opened

            await world.recall(seq)
            recalled = await events.next()
            assert recalled["kind"] == "recalled" and "News recalled a message" in recalled["message"]
            assert "hello" not in recalled["message"] + recalled["conversation"]

    in_world(story)


def test_a_reconnect_goes_on_where_the_last_event_was(in_world):
    async def story(world: World):
        async with world.served() as base, await stream_of(world, base) as anna:
            async with anna.stream("GET", "events?after=0") as response:
                events = Events(response)
                await world.send("first")
                await events.next()
            missed = [await world.send("second"), await world.send("third")]

            # The header is newer than the address, which the browser repeats unchanged.
            async with anna.stream("GET", "events?after=0", headers={"last-event-id": events.position}) as response:
                events = Events(response)
                assert [(await events.next())["seq"], (await events.next())["seq"]] == missed

    in_world(story)


def test_nobody_hears_what_is_for_another(in_world):
    async def story(world: World):
        async with world.served() as base, await stream_of(world, base, "ben") as ben, ben.stream("GET", "events?after=0") as response:
            await world.send("for anna", to="anna")
            seq = await world.send("for ben", to="ben")

            assert (await Events(response).next())["seq"] == seq

    in_world(story)


def test_a_stream_ends_when_the_server_stops(in_world):
    async def story(world: World):
        async with world.served() as base, await stream_of(world, base) as anna, anna.stream("GET", "events") as response:
            world.stopping.set()

            async with asyncio.timeout(5):
                rest = [line async for line in response.aiter_lines()]
            assert any(line.startswith("retry:") for line in rest)

    in_world(story)


def test_opening_marks_what_was_shown_and_no_more(in_world):
    async def story(world: World):
        anna, first = await world.inbox("anna"), await world.send("one")
        await world.send("two")

        answer = await anna.post(f"read?c={world.account.sender}&up_to={first}", headers=FROM_PAGE)

        assert answer.status_code == 204
        assert await world.unread() == 1

    in_world(story)


def test_a_mark_never_runs_ahead_of_the_messages(in_world):
    async def story(world: World):
        anna = await world.inbox("anna")
        assert (await anna.post(f"read?c={world.account.sender}&up_to=9007199254740991", headers=FROM_PAGE)).status_code == 404
        await world.send("one")
        await anna.post(f"read?c={world.account.sender}&up_to=9007199254740991", headers=FROM_PAGE)

        await world.send("two")

        assert await world.unread() == 1

    in_world(story)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": ORIGIN}, 403),
        ({"origin": ORIGIN}, 204),
        ({"sec-fetch-site": "same-origin"}, 204),
    ],
)
def test_only_our_own_page_can_mark_as_read(in_world, headers, status):
    async def story(world: World):
        anna, seq = await world.inbox("anna"), await world.send("one")

        assert (await anna.post(f"read?c={world.account.sender}&up_to={seq}", headers=headers)).status_code == status
        assert await world.unread() == (0 if status == 204 else 1)

    in_world(story)


def test_looking_at_a_page_marks_nothing(in_world):
    async def story(world: World):
        anna = await world.inbox("anna")
        await world.send("one")

        for path in (f"?c={world.account.sender}", f"thread?c={world.account.sender}", "list"):
            await anna.get(path)

        assert await world.unread() == 1

    in_world(story)


@pytest.mark.parametrize("query", ["thread", "thread?c=x", "thread?c=999", "thread?c=9999999999999999", "older?c=-1&before=x", "thread?c=²"])
def test_a_conversation_that_is_none_is_not_found(in_world, query):
    async def story(world: World):
        assert (await (await world.inbox("anna")).get(query)).status_code == 404

    in_world(story)
