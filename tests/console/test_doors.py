"""Who gets in, and who does not."""

import pytest
from console_world import ORIGIN, World

from hongyan.access.edit import READER_LIFE_MS
from hongyan.console.texts import preferred_language
from hongyan.directory.edit import OrgChange, apply_org_txn
from hongyan.model.ids import EpochMs


def test_a_token_becomes_a_cookie_of_this_inbox_and_leaves_the_address(in_world):
    async def story(world: World):
        client = world.client()

        answer = await client.get("/inbox", params={"token": await world.token("anna"), "lang": "en"})

        assert answer.status_code == 303
        where = answer.headers["location"]
        assert where.startswith("/inbox/") and where.endswith("/?lang=en") and "token" not in where
        cookie = next(one for one in answer.headers.get_list("set-cookie") if "hongyan_inbox_" in one)
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/inbox" in cookie and "Secure" not in cookie
        assert (await client.get(where)).status_code == 200

    in_world(story)


def test_the_cookie_is_secure_when_the_page_is(in_world):
    async def story(world: World):
        answer = await world.client("https://here.test").get("/inbox", params={"token": await world.token("anna")})

        assert "Secure" in answer.headers["set-cookie"]

    in_world(story)


def test_two_inboxes_live_side_by_side_in_one_browser(in_world):
    async def story(world: World):
        client = world.client()
        anna = (await client.get("/inbox", params={"token": await world.token("anna")})).headers["location"]
        ben = (await client.get("/inbox", params={"token": await world.token("ben")})).headers["location"]

        assert "Anna" in (await client.get(anna)).text and "Ben" not in (await client.get(anna)).text
        assert "Ben" in (await client.get(ben)).text
        choice = (await client.get("/inbox")).text
        assert anna in choice and ben in choice

    in_world(story)


@pytest.mark.parametrize("token", ["", "wrong", "\u96c1", "x" * 5000])
def test_no_or_a_bad_token_gets_a_page_that_says_how_to_get_a_link(in_world, token):
    async def story(world: World):
        answer = await world.client().get("/inbox", params={"token": token})

        assert answer.status_code == 401
        assert "hongyan inbox USER --link" in answer.text and "set-cookie" not in answer.headers

    in_world(story)


def test_every_address_of_an_inbox_is_closed_without_its_cookie(in_world):
    async def story(world: World):
        await world.add_media("@pic", "image/png")
        await world.add_card("@card", "text")
        anna, stranger = await world.inbox("anna"), world.client()
        for path in ("", "list", "thread?c=1", "older?c=1", "events", "article/1", "media/@pic"):
            assert (await stranger.get(f"{anna.base_url}{path}")).status_code == 401, path
        assert (await stranger.post(f"{anna.base_url}read?c=1&up_to=1", headers={"Sec-Fetch-Site": "same-origin"})).status_code == 401

    in_world(story)


def test_another_persons_cookie_does_not_open_an_inbox(in_world):
    async def story(world: World):
        anna, ben = await world.inbox("anna"), await world.inbox("ben")
        key = str(anna.base_url).rstrip("/").rsplit("/", 1)[1]
        ben.cookies.set(f"hongyan_inbox_{key}", next(iter(ben.cookies.values())))

        assert (await ben.get(str(anna.base_url))).status_code == 401

    in_world(story)


def test_a_token_ends_with_its_time_and_with_its_person(in_world):
    async def story(world: World):
        anna, ben = await world.inbox("anna"), await world.inbox("ben")
        await world.store.write(apply_org_txn, world.corp.no, world.corp.corp_id, OrgChange(leave=("ben",)))
        assert (await ben.get("")).status_code == 401
        assert (await anna.get("")).status_code == 200

        world.clock.set(EpochMs(world.clock.now() + READER_LIFE_MS + 1))

        assert (await anna.get("")).status_code == 401

    in_world(story)


def test_every_page_carries_its_protection(in_world):
    async def story(world: World):
        anna = await world.inbox("anna")
        for page in (await world.client().get("/"), await world.client().get("/inbox"), await anna.get(""), await anna.get("list")):
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
            assert page.headers["x-content-type-options"] == "nosniff"
            assert page.headers["referrer-policy"] == "no-referrer"
            assert page.headers["cache-control"] == "no-store"
            assert "style=" not in page.text and "<script>" not in page.text

    in_world(story)


def test_the_landing_page_speaks_both_languages_and_keeps_the_choice(in_world):
    async def story(world: World):
        client = world.client()

        assert "A server that speaks" in (await client.get("/", headers={"accept-language": "en-GB,en"})).text
        assert "鸿雁" in (await client.get("/")).text
        assert "/hongyan/v1/openapi.json" in (await client.get("/?lang=en&theme=dark")).text
        again = (await client.get("/")).text
        assert 'lang="en"' in again and 'data-theme="dark"' in again

    in_world(story)


@pytest.mark.parametrize(
    ("accepted", "wanted"),
    [
        ("", "zh"),
        ("fr", "zh"),
        ("en", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.3, zh;q=0.2", "en"),
        ("fr,en;q=0.1", "en"),
        ("en;q=²,zh;q=0.5", "en"),
    ],
)
def test_the_browsers_first_language_of_ours_is_taken(accepted, wanted):
    assert preferred_language(accepted) == wanted


def test_static_files_are_kept_for_long_under_their_version_only(in_world):
    async def story(world: World):
        client = world.client()
        page = (await client.get("/")).text
        address = next(part for part in page.split('"') if part.startswith("/static/console.css"))

        assert "immutable" in (await client.get(address)).headers["cache-control"]
        assert (await client.get("/static/console.css?v=old")).headers["cache-control"] == "no-cache"
        assert (await client.get("/static/..%2Fpages.py")).status_code == 404

    in_world(story)


def test_an_inbox_address_without_its_slash_leads_to_it(in_world):
    async def story(world: World):
        anna = await world.inbox("anna")
        bare = str(anna.base_url).rstrip("/").removeprefix(ORIGIN)

        assert (await world.client().get(bare)).headers["location"] == bare + "/"

    in_world(story)
