"""The page of an article: who may open it, what is counted, and the comments below it; and an account's own page."""

import html
import re
import secrets

import httpx
import msgspec
import pytest
from console_world import FROM_PAGE, ORIGIN, World

from hongyan.access.edit import save_account_txn
from hongyan.admission.accept import Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.admission.tasks import Flags
from hongyan.delivery.comments import COMMENT_MAX, PER_PERSON, kept_comments_txn, mark_comment_txn
from hongyan.directory.audience import Selectors
from hongyan.messages.articles import Draft, NewArticle, add_article_txn, article_path, delete_article_txn, edit_article_txn, load_edited_txn
from hongyan.messages.articles import publish_article_txn as publish
from hongyan.messages.bodies import NewsCardBody, TextBody
from hongyan.messages.library import Card, put_card_txn
from hongyan.model.clock import DAY_MS
from hongyan.model.ids import EpochMs, Seq

EVIL = '"><script>alert(1)</script>'


async def an_article(world: World, content: str = "<p>text</p>", *, published: bool = True, scope: int = 0) -> int:
    new = NewArticle(Draft("Title", content), secrets.token_hex(4), view_scope=scope)
    number = await world.store.write(add_article_txn, world.corp.no, world.account.sender, new)
    assert isinstance(number, int)
    if published:
        await world.store.write(publish, world.corp.no, world.account.sender, number)
    return number


async def a_message(world: World, *articles: int, to: str = "anna", preview: bool = False, **flags) -> Seq:
    card = f"card{secrets.token_hex(4)}"
    await world.store.write(put_card_txn, world.corp.no, Card(card, world.account.sender, articles))
    selectors = Selectors(userids=(to,))
    sent = MassSend(world.corp, world.caller, world.account, secrets.token_hex(8), selectors, NewsCardBody(card), preview, Flags(**flags))
    outcome = await world.engine.mass_sending.send(sent)
    assert isinstance(outcome, Accepted), outcome
    return outcome.seq


async def views(world: World, number: int) -> tuple[int, int]:
    article = await world.store.read(load_edited_txn, world.corp.no, number)
    assert article is not None
    return article.user_views, article.total_views


async def comment(client: httpx.AsyncClient, article: int, seq: Seq, text: str, **headers: str) -> httpx.Response:
    return await client.post(f"article/{article}/comment", params={"m": seq}, data={"text": text}, headers=headers or FROM_PAGE)


def framed(page: str) -> str:
    """The document in the page's only frame, which may run nothing and belongs to no origin."""
    found = re.findall(r'<iframe [^>]*sandbox="allow-popups allow-popups-to-escape-sandbox"[^>]*srcdoc="([^"]*)"', page)
    assert len(found) == page.count("<iframe") == 1
    return html.unescape(found[0])


async def page_of(client: httpx.AsyncClient, article: int, seq: Seq, **query: str) -> str:
    answer = await client.get(f"article/{article}", params={"m": seq, **query})
    assert answer.status_code == 200
    return answer.text


def test_readers_have_the_published_text_until_it_is_published_again(in_world):
    async def story(world: World):
        anna, number = await world.inbox("anna"), await an_article(world, "<p>old</p>")
        await world.store.write(edit_article_txn, world.corp.no, world.account.sender, number, Draft("New", "<p>new</p>"))
        assert "old" in (page := (await anna.get(f"article/{number}")).text) and "new" not in page and "<h1>Title</h1>" in page

        await world.store.write(publish, world.corp.no, world.account.sender, number)
        assert "<p>new</p>" in framed(page := (await anna.get(f"article/{number}")).text) and "<h1>New</h1>" in page

    in_world(story)


def test_views_count_each_reader_once_and_every_opening(in_world):
    async def story(world: World):
        anna, ben, number = await world.inbox("anna"), await world.inbox("ben"), await an_article(world, scope=1)
        for client in (anna, anna, ben):
            await client.get(f"article/{number}")
        await world.client().get(article_path(world.corp.corp_id, number))
        await anna.head(f"article/{number}")

        assert await views(world, number) == (2, 4)

    in_world(story)


def test_what_is_not_published_or_was_deleted_is_not_there_and_not_counted(in_world):
    async def story(world: World):
        anna, draft, gone = await world.inbox("anna"), await an_article(world, published=False), await an_article(world)
        await world.store.write(delete_article_txn, world.corp.no, world.account.sender, gone)

        for number in (draft, gone, 1 << 70):
            assert (await anna.get(f"article/{number}")).status_code == 404
        assert (await views(world, draft), await views(world, gone)) == ((0, 0), (0, 0))

    in_world(story)


@pytest.mark.parametrize(("scope", "status"), [(0, 401), (1, 200)])
def test_strangers_read_what_is_for_everyone(in_world, scope, status):
    async def story(world: World):
        number = await an_article(world, scope=scope)
        answer = await world.client().get(article_path(world.corp.corp_id, number))

        assert answer.status_code == status
        assert ("<iframe" in answer.text and "<p>text</p>" in framed(answer.text)) == (status == 200)
        assert await views(world, number) == (0, 1 if status == 200 else 0)
        assert "Acme" not in answer.text

    in_world(story)


def test_the_same_address_leads_a_reader_to_their_own_page(in_world):
    async def story(world: World):
        number = await an_article(world)
        client = world.client()
        inbox = (await client.get("/inbox", params={"token": await world.token("anna")})).headers["location"]
        answer = await client.get(article_path(world.corp.corp_id, number))
        assert (answer.status_code, answer.headers["location"]) == (303, f"{inbox}article/{number}")

        stranger = world.client()
        await stranger.get("/inbox", params={"token": await world.token("anna", world.other_corp.no)})
        assert (await stranger.get(article_path(world.corp.corp_id, number))).status_code == 401, "another organisation's reader is a stranger"

    in_world(story)


@pytest.mark.parametrize("path", ["/inbox/open/nosuch/1/article/", "/inbox/open/dinga/99/article/", f"/inbox/open/dinga/{1 << 70}/article/"])
def test_an_unknown_article_looks_like_one_of_the_organisation(in_world, path):
    async def story(world: World):
        number = await an_article(world)
        inside = await world.client().get(article_path(world.corp.corp_id, number))
        answer = await world.client().get(path)

        assert (answer.status_code, answer.text) == (inside.status_code, inside.text)

    in_world(story)


def test_strangers_see_the_pictures_of_what_they_may_read_and_no_others(in_world):
    async def story(world: World):
        await world.add_media("@pic/1", "image/png")
        await world.add_media("@other", "image/png")
        number = await an_article(world, '<p><img src="@pic/1">@other</p>', scope=1)
        inside = await an_article(world, '<img src="@other">')
        address, client = article_path(world.corp.corp_id, number), world.client()
        source = re.search(r'src="([^"]*@pic[^"]*)"', framed((await client.get(address)).text))
        assert source is not None
        picture = await client.get(source[1])

        # Whoever has the address has the picture: the frame that asks for it sends no cookie.
        assert (picture.status_code, picture.headers["cross-origin-resource-policy"]) == (200, "cross-origin")
        assert (await client.get(re.sub(r"@pic.*", "@other", source[1]))).status_code == 404
        assert (await client.get(re.sub(r"/[0-9a-f]{32}/", f"/{'0' * 32}/", source[1]))).status_code == 404
        assert (await client.get(article_path(world.corp.corp_id, inside) + "../media/@other")).status_code == 404

    in_world(story)


def test_the_address_of_a_picture_holds_two_days(in_world):
    async def story(world: World):
        await world.add_media("@pic", "image/png")
        await world.add_media("@file", "application/zip")
        anna, number = await world.inbox("anna"), await an_article(world, '<img src="@pic"><img src="@file">')
        picture, file = re.findall(r'src="([^"]+)"', framed((await anna.get(f"article/{number}")).text))
        stranger = world.client()
        world.clock.set(EpochMs(world.clock.now() + DAY_MS))

        assert [(await stranger.get(one)).status_code for one in (picture, file)] == [200, 404]

        world.clock.set(EpochMs(world.clock.now() + DAY_MS))

        assert (await stranger.get(picture)).status_code == 404

    in_world(story)


# --- comments


def test_a_message_that_allows_comments_opens_them_and_others_do_not(in_world):
    async def story(world: World):
        anna, number = await world.inbox("anna"), await an_article(world)
        closed, opened = await a_message(world, number), await a_message(world, number, allow_comment=True)
        thread = (await anna.get(f"thread?c={world.account.sender}")).text
        assert f'href="article/{number}"' in thread and f'href="article/{number}?m={opened}"' in thread

        assert "<form" in await page_of(anna, number, opened)
        for seq in (closed, Seq(0), Seq(opened + 1)):
            assert "comment-form" not in await page_of(anna, number, seq)
        assert (await comment(anna, number, closed, "hi")).status_code == 404

    in_world(story)


def test_a_comment_is_shown_at_once_to_whoever_has_the_message_and_escaped(in_world):
    async def story(world: World):
        anna, ben, number = await world.inbox("anna"), await world.inbox("ben"), await an_article(world)
        seq, other = await a_message(world, number, allow_comment=True), await a_message(world, number, to="ben", allow_comment=True)
        answer = await comment(anna, number, seq, f"one\r\ntwo {EVIL}")
        assert answer.status_code == 303 and answer.headers["location"].endswith(f"/article/{number}?m={seq}&said=1#comments")

        page = await page_of(anna, number, seq, said="1")
        assert "one\ntwo &#34;&gt;&lt;script&gt;" in page and "<script>alert" not in page and "Anna" in page
        assert "two &#34;" not in await page_of(ben, number, other), "each message has comments of its own"
        assert (await comment(ben, number, seq, "not mine")).status_code == 404
        assert await views(world, number) == (1, 1), "going back after writing is no opening"

    in_world(story)


def test_where_comments_are_chosen_others_see_the_chosen_ones(in_world):
    async def story(world: World):
        anna, ben, number = await world.inbox("anna"), await world.inbox("ben"), await an_article(world)
        card = {"allow_comment": True, "comment_type": 1, "show_homepage": True}
        seq = await a_message(world, number, **card)
        await comment(anna, number, seq, "first")
        assert "first" in (own := await page_of(anna, number, seq)) and "Only you see this" in own
        assert "first" not in await page_of(ben, number, seq)

        kept = (await world.store.read(kept_comments_txn, world.corp.no, number, 1 << 53, 10))[0]
        await world.store.write(mark_comment_txn, world.corp.no, kept.comment, True, None)
        for client in (anna, ben):
            page = await page_of(client, number, seq)
            assert page.count("first") == 1 and "Featured" in page and "Only you see this" not in page
        await world.store.write(mark_comment_txn, world.corp.no, kept.comment, None, True)
        for client in (anna, ben):
            assert "first" not in await page_of(client, number, seq)

    in_world(story)


def test_a_recalled_message_takes_its_comments_along(in_world):
    async def story(world: World):
        anna, number = await world.inbox("anna"), await an_article(world)
        seq = await a_message(world, number, allow_comment=True)
        await comment(anna, number, seq, "first")
        await world.recall(seq)

        assert "first" not in await page_of(anna, number, seq)
        assert (await comment(anna, number, seq, "second")).status_code == 404

    in_world(story)


@pytest.mark.parametrize(
    ("text", "said"), [("  \r\n ", "The comment is empty"), ("x" * (COMMENT_MAX + 1), f"at most {COMMENT_MAX}"), ("字" * COMMENT_MAX, "")]
)
def test_a_comment_has_a_length(in_world, text, said):
    async def story(world: World):
        anna, number = await world.inbox("anna"), await an_article(world)
        seq = await a_message(world, number, allow_comment=True)
        answer = await comment(anna, number, seq, text)
        page = (await anna.get(ORIGIN + answer.headers["location"])).text

        assert (said in page) if said else (text in page and 'role="alert"' not in page)
        kept = await world.store.read(kept_comments_txn, world.corp.no, number, 1 << 53, 10)
        assert len(kept) == (0 if said else 1)

    in_world(story)


def test_nobody_fills_the_page_alone(in_world):
    async def story(world: World):
        anna, number = await world.inbox("anna"), await an_article(world)
        seq = await a_message(world, number, allow_comment=True)
        answers = [await comment(anna, number, seq, f"c{n}") for n in range(PER_PERSON + 1)]

        assert "problem" not in answers[-2].headers["location"] and "problem=many" in answers[-1].headers["location"]

    in_world(story)


def test_older_comments_are_a_page_further(in_world, monkeypatch):
    monkeypatch.setattr("hongyan.console.articles.COMMENTS_PER_PAGE", 3)

    async def story(world: World):
        anna, number = await world.inbox("anna"), await an_article(world)
        seq = await a_message(world, number, allow_comment=True)
        for n in range(5):
            await comment(anna, number, seq, f"word{n}")
        page = await page_of(anna, number, seq)
        assert re.findall(r"word\d", page) == ["word4", "word3", "word2"]
        older = re.search(r'href="\?m=\d+&amp;before=(\d+)#comments"', page)
        assert older is not None

        assert re.findall(r"word\d", await page_of(anna, number, seq, before=older[1])) == ["word1", "word0"]

    in_world(story)


def test_only_our_own_page_may_write_and_only_with_its_cookie(in_world):
    async def story(world: World):
        anna, number = await world.inbox("anna"), await an_article(world)
        seq = await a_message(world, number, allow_comment=True)
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}, {"X": "none"}):
            assert (await comment(anna, number, seq, "x", **headers)).status_code == 403
        key = re.search(r"/inbox/(\w+)/", str(anna.base_url))
        assert key is not None
        stranger = world.client(f"{ORIGIN}/inbox/{key[1]}/")
        assert (await comment(stranger, number, seq, "x")).status_code == 401

        answer = await anna.get(f"article/{number}", params={"m": seq})
        assert answer.headers["referrer-policy"] == "same-origin", "so that browsers name the origin over plain http"
        assert (await comment(anna, number, seq, "x", Origin=ORIGIN)).status_code == 303

    in_world(story)


# --- an account's own page


def test_an_account_page_has_what_it_put_there(in_world):
    async def story(world: World):
        await world.store.write(save_account_txn, _described(world))
        ben, shown, quiet = await world.inbox("ben"), await an_article(world), await an_article(world)
        seq = await a_message(world, shown, allow_comment=True, show_homepage=True)
        await a_message(world, quiet)
        await a_message(world, quiet, preview=True, show_homepage=True)
        page = (await ben.get(f"account/{world.account.sender}")).text
        assert "News" in page and "brief &lt;b&gt;" in page and "about us" in page
        assert f'href="../article/{shown}?m={seq}"' in page and f"article/{quiet}" not in page

        await world.recall(seq)
        assert "Nothing on this page yet" in (await ben.get(f"account/{world.account.sender}")).text

    in_world(story)


def _described(world: World):
    return msgspec.structs.replace(world.account, brief="brief <b>", descr="about us")


def test_the_conversation_leads_to_the_page_and_apps_have_none(in_world):
    async def story(world: World):
        anna = await world.inbox("anna")
        await world.send(TextBody("hi"))
        assert f'href="account/{world.account.sender}"' in (await anna.get(f"thread?c={world.account.sender}")).text

        for sender in (world.account.sender + 99, 1 << 70):
            assert (await anna.get(f"account/{sender}")).status_code == 404
        assert (await world.client().get(f"/inbox/0000000000000000/account/{world.account.sender}")).status_code == 401

    in_world(story)
