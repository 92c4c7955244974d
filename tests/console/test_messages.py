"""How each type of message stands in the page, and that none of them can do harm."""

import html
import re

import pytest
from console_world import World

from hongyan.messages.bodies import (
    ActionCardBody,
    Button,
    FileBody,
    ImageBody,
    LinkBody,
    MarkdownBody,
    NewsCardBody,
    OaBody,
    OaRow,
    SingleNewsCardBody,
    TextBody,
    VoiceBody,
)

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'{{ "e" ~ "vil7" }}'
BAD = "javascript:alert(1)"


def card(**changes) -> ActionCardBody:
    return ActionCardBody(**({"markdown": "**Text**", "title": "T", "single": Button("Open", "https://e.test/x")} | changes))


OA = OaBody(
    "https://e.test/m",
    "https://e.test/pc",
    "FF00FF7F",
    "Head",
    "Oa title",
    tuple(OaRow(f"key{i}", f"value{i}") for i in range(1, 8)),
    "15.6",
    "yuan",
    "Content",
    "@pic",
    "3",
    "Li Si",
    "waiting",
    "FFF65E5E",
)
DRAWN = {
    "text": (TextBody("one\n two https://e.test/a."), ["one\n two ", 'href="https://e.test/a"', ">https://e.test/a</a>."]),
    "image": (ImageBody("@pic"), ['src="media/@pic"']),
    "image of something else": (ImageBody("@file"), ["This picture cannot be shown"]),
    "voice": (VoiceBody("@wav", 12), ['<audio preload="none" src="media/@wav">', "12″"]),
    "voice no browser plays": (VoiceBody("@amr", 59), ["59″", 'href="media/@amr?download"']),
    "video": (FileBody("@mp4"), ['<video class="file-video" controls preload="none" src="media/@mp4"', 'href="media/@mp4?download"']),
    "file": (FileBody("@file"), ["plan.pdf", "2.0 KB", 'href="media/@file?download"', "PDF"]),
    "link": (LinkBody("Title", "https://e.test/l", "Summary", "@pic"), ["Title", "Summary", 'href="https://e.test/l"', "e.test", 'src="media/@pic"']),
    "link with a cover elsewhere": (LinkBody("Title", "https://e.test", "", "https://img.test/x.png"), ["Picture elsewhere · img.test"]),
    "markdown": (MarkdownBody("t", "# Big\n\n| a |\n|-|\n| ~~b~~ |"), ["<h1>Big</h1>", "<table>", "<s>b</s>"]),
    "card with one button": (card(), ["<strong>Text</strong>", "action-single", 'href="https://e.test/x"']),
    "card with buttons below each other": (
        card(single=None, orientation="0", buttons=(Button("A", "https://e.test/a"),)),
        ['class="action-buttons"', ">A</a>"],
    ),
    "card with buttons in a row": (card(single=None, orientation="1", buttons=(Button("A", "https://e.test/a"),)), ["side-by-side"]),
    "card with the page's own sample address": (
        card(single=Button("Open", "btn_action_url1")),
        ['aria-disabled="true"', "cannot be opened: btn_action_url1"],
    ),
    "card that leads through DingTalk": (
        card(single=Button("O", "dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fe.test%2Fq")),
        ['href="https://e.test/q"'],
    ),
    "oa": (
        OA,
        [
            'fill="#00FF7F"',
            "dark-letters",
            "Oa title",
            "key6",
            "15.6",
            "yuan",
            "Content",
            "3 attachments",
            "By Li Si",
            "waiting",
            'fill="#F65E5E"',
            "e.test/pc",
        ],
    ),
    "news": (NewsCardBody("@card"), ["news-first", "news-row", 'href="article/1"', 'href="article/2"']),
}


async def furnish(world: World) -> None:
    await world.add_media("@pic", "image/png")
    await world.add_media("@file", "application/pdf", b"x" * 2048, name="plan.pdf", kind="file")
    await world.add_media("@mp4", "video/mp4", name="a.mp4", kind="video")
    await world.add_media("@wav", "audio/wav", name="a.wav", kind="voice")
    await world.add_media("@amr", "audio/amr", name="a.amr", kind="voice")
    await world.add_card("@card", "one", "two")


async def thread(world: World, userid: str = "anna") -> str:
    answer = await (await world.inbox(userid)).get(f"thread?c={world.account.sender}")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("name", DRAWN)
def test_each_type_is_drawn_with_all_it_carries(in_world, name):
    async def story(world: World):
        await furnish(world)
        body, expected = DRAWN[name]
        await world.send(body)

        page = await thread(world)

        for piece in expected:
            assert piece in page, piece

    in_world(story)


def test_an_oa_form_shows_six_rows(in_world):
    async def story(world: World):
        await furnish(world)
        await world.send(OA)

        assert "value7" not in await thread(world)

    in_world(story)


def test_a_preview_is_marked(in_world):
    async def story(world: World):
        await world.send("plain")
        assert "chip" not in await thread(world)

        await world.send("first look", preview=True)

        assert '<span class="chip"' in await thread(world)

    in_world(story)


def test_a_recalled_message_leaves_a_trace_and_nothing_of_its_text(in_world):
    async def story(world: World):
        await world.recall(await world.send("secret words"))
        anna = await world.inbox("anna")

        for page in (await thread(world), (await anna.get("list")).text):
            assert "News recalled a message" in page and "secret words" not in page
        assert "News撤回了一条消息" in (await anna.get("list?lang=zh")).text

    in_world(story)


def test_a_lost_file_is_said_calmly(in_world):
    async def story(world: World):
        await world.send(OaBody("https://e.test", image="@gone", title="T"))

        assert "This picture cannot be shown" in await thread(world)

    in_world(story)


ATTACKS = {
    "text": TextBody(EVIL),
    "link": LinkBody(EVIL[:64], BAD, EVIL, BAD),
    "link cover": LinkBody("t", 'https://e.test/"onclick=alert(1)', EVIL, 'https://e.test/"><script>'),
    "markdown": MarkdownBody(
        EVIL, EVIL + '\n\n[a](javascript:alert(1)) ![b](data:text/html,x) <iframe src=//e.test></iframe> [c](<https://e.test/"onclick=x>)'
    ),
    "action card": ActionCardBody(EVIL, "t", Button("<script>x", BAD)),
    "action card buttons": ActionCardBody(EVIL, "t", None, "1", (Button("<script>x", "data:text/html,x"), Button("b", "vbscript:x"))),
    "oa": OaBody(BAD, "data:x", "FF00FF00", "<script>x", EVIL, (OaRow(EVIL, EVIL),), EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, '"><script>'),
}


def assert_harmless(page: str) -> None:
    """Every tag is one of ours, and no attribute runs anything."""
    tags = re.findall(r"<([a-zA-Z][a-zA-Z0-9]*)((?:[^\"'>]|\"[^\"]*\"|'[^']*')*)>", page)
    for tag, attributes in tags:
        assert tag.lower() not in {"iframe", "style", "object", "embed", "base", "meta"}, tag
        # Ours begin with their class: the line to write in, the menu, and what stands below an article.
        assert tag.lower() != "form" or re.match(r' class="(write|press|comment-form)" ', attributes), attributes
        names = {name.lower() for name in re.findall(r"([a-zA-Z-]+)\s*=\s*[\"']", attributes)}
        assert not any(name.startswith("on") or name == "style" for name in names), attributes
        assert not re.search(r"(?:href|src)\s*=\s*[\"']?\s*(?:javascript|data|vbscript):", attributes, re.IGNORECASE), attributes
    assert "<script>" not in page and "onerror=alert(1)>" not in page.replace("&gt;", "") and "evil7" not in page


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_message_is_harmless(in_world, name):
    async def story(world: World):
        await world.send(ATTACKS[name])

        assert_harmless(await thread(world))
        assert_harmless((await (await world.inbox("anna")).get("list")).text)

    in_world(story)


def test_hostile_names_are_harmless(in_world):
    async def story(world: World):
        account = await world.add_account("<script>alert(1)</script>")
        await world.send("x", account=account)
        await world.recall(await world.send("y"))
        await world.add_media("@file", "application/pdf", name='"><script>.p"f')
        await world.send(FileBody("@file"), account=account)

        page = (await (await world.inbox("anna")).get(f"?c={account.sender}")).text

        assert "<script>alert" not in page and "Acme &lt;b&gt;" in page and "&lt;script&gt;alert(1)" in page

    in_world(story)


def test_a_hostile_article_is_harmless(in_world):
    async def story(world: World):
        content = f"<h2 onclick=x style='color:red'>Head</h2>{EVIL}<iframe src='https://e.test'></iframe><style>*{{}}</style><a href='{BAD}'>a</a>"
        await world.add_card(
            "@card", content + "<svg onload=alert(1)></svg><img src='https://track.test/x.png' alt='map'><img src='@pic'>", title=EVIL
        )
        await world.send(SingleNewsCardBody("@card"))

        page = (await (await world.inbox("anna")).get("article/1")).text

        main = page[page.index("<main") :]
        frame = re.search(
            r'<iframe class="[a-z0-9 -]+" sandbox="allow-popups allow-popups-to-escape-sandbox" title="[^"]*" srcdoc="([^"]*)"></iframe>', main
        )
        assert frame is not None
        framed = html.unescape(frame[1])
        body = framed[framed.index("<body") :]
        assert_harmless(main.replace(frame[0], ""))
        assert_harmless(body)
        assert "<h2>Head</h2>" in body and "map · track.test</a>" in body and 'src="/inbox/pictures/' in body and 'src="https' not in body
        assert_harmless(await thread(world))

    in_world(story)


def test_a_draft_and_an_article_of_another_organisation_stay_closed(in_world):
    async def story(world: World):
        await world.add_card("@card", "text", published=False)
        anna, other = await world.inbox("anna"), await world.inbox("anna", world.other_corp.no)
        assert (await anna.get("article/1")).status_code == 404
        assert (await anna.get("article/99999999999999999999999")).status_code == 404

        await world.add_card("@card", "text")

        assert (await anna.get("article/1")).status_code == 200
        assert (await other.get("article/1")).status_code == 404

    in_world(story)


@pytest.mark.parametrize(
    ("mime", "shown_as", "disposition"),
    [
        ("image/png", "image/png", "inline"),
        ("image/PNG; x=y", "image/png", "inline"),
        ("audio/mpeg", "audio/mpeg", "inline"),
        ("video/mp4", "video/mp4", "inline"),
        ("audio/amr", "application/octet-stream", "attachment"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
        ("text/html", "application/octet-stream", "attachment"),
    ],
)
def test_only_pictures_and_sound_are_shown_everything_else_is_saved(in_world, mime, shown_as, disposition):
    async def story(world: World):
        await world.add_media("@x", mime, name='名"\r\nX: y.html')

        answer = await (await world.inbox("anna")).get("media/@x")

        assert answer.headers["content-type"].split(";")[0] == shown_as
        assert answer.headers["content-disposition"].startswith(disposition + "; filename*=UTF-8''") and "x" not in answer.headers
        assert "sandbox" in answer.headers["content-security-policy"] and answer.headers["x-content-type-options"] == "nosniff"

    in_world(story)


def test_media_belongs_to_its_organisation(in_world):
    async def story(world: World):
        await world.add_media("@x", "image/png")

        assert (await (await world.inbox("anna", world.other_corp.no)).get("media/@x")).status_code == 404
        assert (await (await world.inbox("anna")).get("media/@y")).status_code == 404

    in_world(story)


def test_older_messages_come_in_pages_and_days_are_marked(in_world):
    async def story(world: World):
        for number in range(35):
            await world.send(f"number {number:03}")
        anna = await world.inbox("anna")
        page = await thread(world)
        assert "number 005" in page and "number 004" not in page and "Today" in page
        older = re.search(r'data-older="(\d+)"', page)
        assert older is not None

        before = (await anna.get(f"older?c={world.account.sender}&before={older.group(1)}")).text

        assert "number 004" in before and "number 000" in before and "number 005" not in before and "data-older" not in before

    in_world(story)


def test_an_empty_inbox_says_what_to_do(in_world):
    async def story(world: World):
        page = (await (await world.inbox("anna")).get("")).text

        assert "No messages yet" in page and "userid_list=anna" in page

    in_world(story)
