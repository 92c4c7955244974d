"""Uploads, articles and news cards in the console."""

import re
from typing import Any

import httpx
import pytest
from desk_world import Browser, DeskWorld

from hongyan.access.audit import page_audit_txn
from hongyan.access.operators import Role
from hongyan.delivery.inbox import END
from hongyan.directory.edit import create_corp_txn
from hongyan.messages.articles import Draft, NewArticle, add_article_txn, load_edited_txn
from hongyan.messages.library import load_article_txn
from media_samples import EXE, PDF, PNG, WAV

CANARY = "<script>canary()</script>"
ROOT = "/console/o/dingtest"


def _upload(browser: Browser, name: str, content: bytes, kind: str = "") -> httpx.Response:
    return browser.http.post(
        f"{ROOT}/media", files={"file": (name, content)}, data={"kind": kind}, headers={"sec-fetch-site": "same-origin", "accept-language": "en"}
    )


def _media_id(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def _article(desk: DeskWorld, browser: Browser, **changes: str) -> int:
    fields = {"title": "班车调整", "content": "<p>七点</p>", "digest": "", "view_scope": "0", "once": "1"} | changes
    answer = browser.post(f"{ROOT}/articles/new?account={desk.unionid}", fields)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("/")[2])


def _deeds(desk: DeskWorld) -> list[str]:
    return [
        entry.deed.action
        for entry in desk.read(page_audit_txn, END, 100)
        if entry.deed.action.partition(".")[0] in ("media", "article", "card", "comment")
    ]


# --- uploads


def test_an_upload_is_checked_shown_and_deleted(desk: DeskWorld) -> None:
    sender, viewer = desk.operator(Role.SENDER), desk.operator(Role.VIEWER)
    assert _upload(viewer, "a.png", PNG).status_code == 403
    media_id = _media_id(_upload(sender, f"<b>{CANARY}.png", PNG))
    page = viewer.get(f"{ROOT}/uploads/{media_id}").text
    assert "Nothing refers to it" in page and CANARY not in page and "media/delete" not in page
    shown = viewer.get(f"{ROOT}/media/{media_id}")
    assert shown.content == PNG and "sandbox" in shown.headers["content-security-policy"]
    assert media_id in viewer.get(f"{ROOT}/media").text and media_id not in viewer.get(f"{ROOT}/media?kind=voice").text
    assert viewer.post(f"{ROOT}/media/delete", {"media_id": media_id}).status_code == 403
    assert sender.post(f"{ROOT}/media/delete", {"media_id": media_id}).status_code == 303
    assert viewer.get(f"{ROOT}/uploads/{media_id}").status_code == 404
    assert desk.browser().get(f"{ROOT}/media/{media_id}").status_code == 303
    assert _deeds(desk) == ["media.delete", "media.upload"]


@pytest.mark.parametrize(
    ("name", "content", "kind", "said"),
    [
        ("a.png", b"", "", "not empty"),
        ("a.exe", EXE, "", "can be uploaded"),
        ("a.png", EXE, "image", "As Picture only"),
        ("a.pdf", PDF, "image", "As Picture only"),
        ("a.wav", WAV + b"\0" * (2 << 20), "voice", "at most 2 MB"),
        ("a.png", PNG + b"\0" * (20 << 20), "", "at most 20 MB"),
    ],
)
def test_what_cannot_be_uploaded_is_said(desk: DeskWorld, name: str, content: bytes, kind: str, said: str) -> None:
    sender = desk.operator(Role.SENDER)
    answer = _upload(sender, name, content, kind)
    assert answer.status_code in (400, 413) and said in answer.text
    assert _deeds(desk) == []
    assert "upload-card" not in sender.get(f"{ROOT}/media").text


def test_what_is_in_use_is_deleted_only_knowingly(desk: DeskWorld) -> None:
    sender = desk.operator(Role.SENDER)
    media_id = _media_id(_upload(sender, "cover.png", PNG))
    number = _article(desk, sender, thumb_media_id=media_id)
    task_id = desk.send_ok(msg_type="image", text_content=None, media_id=media_id)
    page = sender.get(f"{ROOT}/uploads/{media_id}").text
    assert "messages: 1, articles: 1, accounts: 0" in page and f"/articles/{number}" in page and f"/sends/{task_id}" in page
    refused = sender.post(f"{ROOT}/media/delete", {"media_id": media_id})
    assert refused.status_code == 409 and "2 things still refer" in refused.text
    assert sender.post(f"{ROOT}/media/delete", {"media_id": media_id, "force": "1"}).status_code == 303


def test_uploads_come_in_pages(desk: DeskWorld) -> None:
    sender = desk.operator(Role.SENDER)
    for number in range(50):
        desk.advance(1)
        _media_id(_upload(sender, f"{number}.png", PNG))
    first = sender.get(f"{ROOT}/media").text
    assert first.count("upload-card") == 48 and "49.png" in first
    following = re.search(r'after=([^"]+)"', first)
    assert following
    second = sender.get(f"{ROOT}/media?after={following[1]}").text
    assert second.count("upload-card") == 2 and "0.png" in second


# --- articles


def test_an_article_is_written_published_changed_and_deleted(desk: DeskWorld) -> None:
    sender, viewer = desk.operator(Role.SENDER), desk.operator(Role.VIEWER)
    number = _article(desk, sender)
    page = f"{ROOT}/articles/{number}"
    assert "七点" in viewer.get(page).text and f"{page}/publish" not in viewer.get(page).text
    assert viewer.post(f"{page}/publish").status_code == 403 and viewer.get(f"{page}/edit").status_code == 403
    assert sender.post(f"{page}/publish").status_code == 303
    edited = {"title": "班车再调整", "content": "<p>八点</p>", "digest": "d", "view_scope": "1", "allow_forward": "1"}
    assert sender.post(f"{page}/edit", edited).status_code == 303
    both = viewer.get(page).text
    assert "Changes not published" in both and "七点" in both and "八点" in both
    public: Any = desk.read(load_article_txn, desk.corp, number)
    assert public.title == "班车调整", "readers keep what they have"
    kept: Any = desk.read(load_edited_txn, desk.corp, number)
    assert (kept.view_scope, kept.allow_forward) == (1, True)
    assert "七点" in viewer.get(f"{ROOT}/article/{number}").text, "as a card leads to it"
    assert sender.post(f"{page}/publish").status_code == 303
    assert "班车再调整" in viewer.get(f"{ROOT}/articles?which=published").text
    assert sender.post(f"{page}/delete").status_code == 303
    assert "班车再调整" in viewer.get(f"{ROOT}/articles?which=deleted").text and "班车" not in viewer.get(f"{ROOT}/articles").text
    assert sender.post(f"{page}/publish").status_code == 409
    assert _deeds(desk) == ["article.delete", "article.publish", "article.edit", "article.publish", "article.create"]


def test_what_is_wrong_with_an_article_is_said_and_nothing_is_lost(desk: DeskWorld) -> None:
    sender = desk.operator(Role.SENDER)
    address = f"{ROOT}/articles/new?account={desk.unionid}"
    good = {"title": "t", "content": "<p>kept</p>", "once": "2"}
    for changes, said in (
        ({"title": " "}, "Give a title"),
        ({"title": "x" * 65}, "Give a title"),
        ({"content": " "}, "Give a text"),
        ({"digest": "x" * 121}, "at most 120"),
        ({"thumb_media_id": "@none"}, "no such upload"),
    ):
        answer = sender.post(address, good | changes)
        assert answer.status_code == 400 and said in answer.text
    assert "&lt;p&gt;kept" in answer.text
    assert sender.post(f"{ROOT}/articles/new?account=nobody", good).status_code == 404
    assert _article(desk, sender, once="3") == _article(desk, sender, once="3"), "a form sent twice is one article"


def test_script_in_an_article_runs_nowhere(desk: DeskWorld) -> None:
    sender = desk.operator(Role.SENDER)
    bad = f'{CANARY}<img src=x onerror=canary()><a href="javascript:canary()">a</a><iframe srcdoc="{CANARY}"></iframe><p style="color:red">p</p>'
    preview = sender.post(f"{ROOT}/articles/preview", {"title": CANARY, "content": bad})
    assert "canary()" not in preview.text.replace("&lt;script&gt;canary()&lt;/script&gt;", "") and " style=" not in preview.text
    number = _article(desk, sender, title=f'"><b>{CANARY}', digest=CANARY, content=bad)
    for path in (f"articles/{number}", f"articles/{number}/edit", "articles", f"article/{number}"):
        answer = sender.get(f"{ROOT}/{path}")
        assert CANARY not in answer.text and "<iframe srcdoc" not in answer.text and "onerror=canary()>" not in answer.text, path
    detail = sender.get(f"{ROOT}/articles/{number}")
    assert 'sandbox="allow-popups' in detail.text and "allow-scripts" not in detail.text and "allow-same-origin" not in detail.text
    assert "frame-src 'self'" in detail.headers["content-security-policy"]
    assert "frame-src" not in sender.get(f"{ROOT}/articles").headers["content-security-policy"]


def test_articles_come_in_pages_and_quickly(desk: DeskWorld) -> None:
    def add_txn(tx: Any, now: Any) -> None:
        for number in range(1200):
            add_article_txn(tx, desk.corp, desk.account.sender, NewArticle(Draft(f"No. {number}", "c"), f"u{number}"), now)

    desk.write(add_txn)
    viewer = desk.operator(Role.VIEWER)
    first = viewer.get(f"{ROOT}/articles").text
    assert "No. 1199" in first and "No. 1149<" not in first
    before = re.search(r'before=(\d+)"', first)
    assert before
    second = viewer.get(f"{ROOT}/articles?before={before[1]}").text
    assert "No. 1149<" in second and "No. 1150<" not in second


def test_comments_are_featured_and_hidden(desk: DeskWorld) -> None:
    sender, viewer = desk.operator(Role.SENDER), desk.operator(Role.VIEWER)
    number, other = _article(desk, sender), _article(desk, sender, once="9")

    def comment_txn(tx: Any, now: Any) -> int:
        return tx.one("comment.insert", corp=desk.corp, article=number, task=1, ord=0, text=f"nice {CANARY}", now=now)[0]

    comment = desk.write(comment_txn)
    address = f"{ROOT}/articles/{number}/comments/{comment}"
    page = viewer.get(f"{ROOT}/articles/{number}").text
    assert "nice" in page and CANARY not in page and 'value="hide"' not in page
    assert viewer.post(address, {"do": "hide"}).status_code == 403
    assert sender.post(address, {"do": "feature"}).status_code == 303 and 'value="unfeature"' in sender.get(f"{ROOT}/articles/{number}").text
    assert sender.post(address, {"do": "hide"}).status_code == 303 and 'value="show"' in sender.get(f"{ROOT}/articles/{number}").text
    assert sender.post(address, {"do": "shout"}).status_code == 404
    assert sender.post(f"{ROOT}/articles/{other}/comments/{comment}", {"do": "hide"}).status_code == 404
    assert _deeds(desk)[:2] == ["comment.mark", "comment.mark"]


# --- cards


def test_a_card_is_composed_changed_and_deleted(desk: DeskWorld) -> None:
    sender, viewer = desk.operator(Role.SENDER), desk.operator(Role.VIEWER)
    one, two = _article(desk, sender, title=f"One {CANARY}", once="1"), _article(desk, sender, title="Two", once="2")
    address = f"{ROOT}/cards/edit?account={desk.unionid}"
    assert viewer.get(address).status_code == 403
    assert sender.post(address, {"article_0": ""}).status_code == 400
    assert sender.post(address, {"article_0": "99999"}).status_code == 409
    assert sender.post(address, {"article_0": str(two), "article_1": str(one), "article_2": str(two)}).status_code == 303
    page = viewer.get(f"{ROOT}/cards").text
    assert "cannot be sent yet" in page and "cards/delete" not in page
    for number in (one, two):
        sender.post(f"{ROOT}/articles/{number}/publish")
    page = sender.get(f"{ROOT}/cards").text
    assert page.index("Two") < page.index("One") and CANARY not in page and "cannot be sent" not in page
    card = re.search(r'name="card" value="(\w+)"', page)
    assert card
    editor = sender.get(f"{ROOT}/cards/edit?card={card[1]}").text
    assert f'value="{two}" selected' in editor and CANARY not in editor
    assert sender.post(f"{ROOT}/cards/edit?card={card[1]}", {"article_0": str(one)}).status_code == 303
    assert "Two" not in sender.get(f"{ROOT}/cards").text
    assert viewer.post(f"{ROOT}/cards/delete", {"card": card[1]}).status_code == 403
    assert sender.post(f"{ROOT}/cards/delete", {"card": card[1]}).status_code == 303
    assert card[1] not in sender.get(f"{ROOT}/cards").text
    assert _deeds(desk)[:2] == ["card.delete", "card.change"]


def test_another_organisation_sees_nothing_of_it(desk: DeskWorld) -> None:
    sender = desk.operator(Role.SENDER)
    media_id, number = _media_id(_upload(sender, "a.png", PNG)), _article(desk, sender)
    sender.post(f"{ROOT}/articles/{number}/publish")
    desk.write(create_corp_txn, "dingother", "另一家", "Asia/Shanghai")
    other = "/console/o/dingother"
    for path in (f"media/{media_id}", f"uploads/{media_id}", f"articles/{number}", f"articles/{number}/edit", f"article/{number}"):
        assert sender.get(f"{other}/{path}").status_code == 404, path
    assert sender.post(f"{other}/media/delete", {"media_id": media_id}).status_code == 404
    assert sender.post(f"{other}/articles/{number}/delete").status_code == 404
    assert sender.get(f"{other}/articles?account={desk.unionid}").status_code == 200
    assert "班车" not in sender.get(f"{other}/articles?account={desk.unionid}").text
    assert "no service account" in sender.get(f"{other}/articles").text
