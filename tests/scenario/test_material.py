"""Articles and news cards over HTTP, from draft to what readers see."""

import json
from typing import Any

import pytest
from material import ARTICLE, NEWS, add_article, add_card, add_picture, article_body, call, done, other_account

from harness import World
from hongyan.admission.rules import APP_API_QPS, Mode
from hongyan.messages.articles import CONTENT_MAX, count_view_txn
from hongyan.messages.library import load_article_txn
from hongyan.model.ids import Ord


@pytest.fixture
def shop(world: World) -> World:
    add_picture(world)
    world.rule(APP_API_QPS.id, mode=Mode.OFF)
    return world


def _get(world: World, number: int) -> dict[str, Any]:
    reply = done(world, f"{ARTICLE}/get", article_id=number)
    return {name: value for name, value in reply.items() if name not in ("errcode", "errmsg", "request_id")}


def _read(world: World, number: int) -> tuple[str, str]:
    """What readers have."""
    article = world.read(load_article_txn, world.corp, number)
    assert article is not None
    return article.title, article.content


def test_an_article_goes_from_draft_to_published_and_changes_for_readers_when_published_again(shop: World) -> None:
    added = done(shop, f"{ARTICLE}/add", article=article_body(thumb_media_id="@pic", digest="摘要"))
    number = added["article_id"]
    assert added["success"] is True and isinstance(number, int)
    draft = {
        "article_id": number,
        "title": "标题",
        "thumb_media_id": "@pic",
        "publish_status": 0,
        "create_time": shop.clock.now(),
        "update_time": shop.clock.now(),
        "content": "<div>正文</div>",
        "digest": "摘要",
    }
    assert _get(shop, number) == draft

    shop.advance(1000)
    url = done(shop, f"{ARTICLE}/publish", article_id=str(number))["url"]
    assert url.startswith("http://127.0.0.1") and f"/inbox/open/{shop.corp_id}/{number}/" in url
    published = {**draft, "publish_status": 1, "publish_time": shop.clock.now(), "url": url}
    assert _get(shop, number) == published

    shop.advance(1000)
    done(shop, f"{ARTICLE}/update", article={"article_id": number, "title": "t2", "content": "<p>2</p>"})
    assert _get(shop, number) == {**published, "title": "t2", "content": "<p>2</p>", "update_time": shop.clock.now()}, "digest and picture stay"
    assert _read(shop, number) == ("标题", "<div>正文</div>")
    done(shop, f"{ARTICLE}/publish", article_id=number)
    assert _read(shop, number) == ("t2", "<p>2</p>")


def test_the_same_uuid_is_the_same_article_of_one_account(shop: World) -> None:
    body = article_body()
    first = done(shop, f"{ARTICLE}/add", article=body)["article_id"]

    assert done(shop, f"{ARTICLE}/add", article=json.dumps({**body, "title": "anders"}))["article_id"] == first
    assert _get(shop, first)["title"] == "标题"
    other = other_account(shop)
    assert done(shop, f"{ARTICLE}/add", unionid=other.unionid, article=body)["article_id"] != first


def test_a_deleted_article_is_deleted_for_good(shop: World) -> None:
    body = article_body()
    number = done(shop, f"{ARTICLE}/add", article=body)["article_id"]
    done(shop, f"{ARTICLE}/publish", article_id=number)
    done(shop, f"{ARTICLE}/delete", article_id=number)

    for name in ("get", "publish", "delete"):
        assert call(shop, f"{ARTICLE}/{name}", article_id=number) | {"request_id": ""} == {
            "errcode": 1100001,
            "errmsg": "此文章已被删除",
            "request_id": "",
        }
    assert call(shop, f"{ARTICLE}/update", article={"article_id": number, "title": "t", "content": "c"})["errcode"] == 1100001
    assert done(shop, f"{ARTICLE}/add", article=body)["article_id"] == number, "the uuid stays used"
    assert call(shop, f"{ARTICLE}/get", article_id=number)["errcode"] == 1100001
    assert shop.read(load_article_txn, shop.corp, number) is None


def test_articles_are_one_accounts_own(shop: World) -> None:
    number, other = add_article(shop), other_account(shop)

    assert call(shop, f"{ARTICLE}/get", unionid=other.unionid, article_id=number)["errcode"] == 1100001
    assert call(shop, f"{NEWS}/add", unionid=other.unionid, articles=[number])["errcode"] == 1100001


@pytest.mark.parametrize(
    "changes",
    [
        {"title": None},
        {"title": " "},
        {"content": None},
        {"uuid": None},
        {"uuid": "x" * 129},
        {"title": "x" * 65},
        {"digest": "x" * 121},
        {"content": "x" * (CONTENT_MAX + 1)},
        {"view_scope_type": 2},
        {"view_scope_type": "x"},
        {"allow_forward": "perhaps"},
        {"thumb_media_id": "@no"},
        {"uuid": "a\0b"},
        {"title": "a\0b"},
    ],
)
def test_an_article_that_is_none_is_refused(shop: World, changes: dict[str, Any]) -> None:
    reply = call(shop, f"{ARTICLE}/add", article=json.dumps(article_body(**changes)))

    assert (reply["errcode"], reply["errmsg"]) == (1002, "参数错误")


def test_the_longest_article_passes(shop: World) -> None:
    body = article_body(title="标" * 64, digest="x" * 120, content="x" * CONTENT_MAX, view_scope_type="1", allow_forward="false", uuid="u" * 128)
    assert call(shop, f"{ARTICLE}/add", article=body)["errcode"] == 0


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        ("add", {"unionid": ""}, 40),
        ("add", {}, 40),
        ("add", {"article": "x"}, 41),
        ("add", {"article": {}, "unionid": "nobody"}, 800003),
        ("add", {"article": {}}, 1002),
        ("update", {"article": {"title": "t", "content": "c"}}, 1002),
        ("update", {"article": {"article_id": 1, "title": "t", "content": "c"}}, 1100001),
        ("publish", {}, 40),
        ("publish", {"article_id": "x", "unionid": "nobody"}, 41),
        ("publish", {"article_id": 1, "unionid": "nobody"}, 800003),
        ("publish", {"article_id": 1}, 1100001),
        ("get", {"article_id": -1}, 1100001),
        ("get", {"article_id": 2**63 - 1}, 1100001),
        ("list", {"page_start": 1}, 40),
        ("list", {"page_start": 1, "page_size": 21}, 41),
        ("list", {"page_start": 0, "page_size": 1}, 41),
        ("list", {"page_start": 1, "page_size": 1, "publishStatus": 2, "unionid": "nobody"}, 800003),
        ("list", {"page_start": 1, "page_size": 1, "publishStatus": 2}, 1002),
        ("list", {"page_start": 1, "page_size": 1, "status": 5}, 1002),
        ("list", {"pageStart": 1, "pageSize": 20, "publish_status": 1}, 0),
    ],
)
def test_checks_come_in_order(shop: World, path: str, body: dict[str, Any], errcode: int) -> None:
    assert call(shop, f"{ARTICLE}/{path}", **body)["errcode"] == errcode


def test_articles_are_listed_newest_first_by_status(shop: World) -> None:
    draft, live, gone = (add_article(shop, publish=publish) for publish in (False, True, True))
    done(shop, f"{ARTICLE}/delete", article_id=gone)

    def listed(**wanted: Any) -> list[int]:
        reply = done(shop, f"{ARTICLE}/list", page_start="1", page_size="20", **wanted)
        assert reply["total_count"] == reply["item_count"] == len(reply["items"])
        return [item["article_id"] for item in reply["items"]]

    assert listed() == [live, draft]
    assert (listed(publishStatus=0), listed(publishStatus=1)) == ([draft], [live])
    assert (listed(status=1), listed(status=-1)) == ([gone], [gone, live, draft])
    page = done(shop, f"{ARTICLE}/list", page_start=2, page_size=1)
    assert (page["total_count"], page["item_count"]) == (2, 1)
    assert page["items"][0]["content"] == f"article_backup_raw_content_{draft}"


def test_reads_may_be_asked_with_get(shop: World) -> None:
    number = add_article(shop)
    params = {"access_token": shop.token, "unionid": shop.unionid, "article_id": number, "page_start": 1, "page_size": 5}

    for path in (f"{ARTICLE}/get", f"{ARTICLE}/list", f"{NEWS}/list"):
        assert shop.server.client.get(path, params=params).json()["errcode"] == 0


# --- cards


@pytest.mark.parametrize("shape", [lambda n: [{"article_id": n}], lambda n: [n], lambda n: f"[{n}]", lambda n: [str(n)], lambda n: {"articleId": n}])
def test_articles_of_a_card_may_be_written_in_many_ways(shop: World, shape: Any) -> None:
    number = add_article(shop)
    media_id = done(shop, f"{NEWS}/add", articles=shape(number))["media_id"]

    card = done(shop, f"{NEWS}/get", media_id=media_id)
    assert media_id.startswith("card") and card["media_id"] == media_id and card["update_time"] == shop.clock.now()
    article = card["articles"][0]
    assert (article["article_id"], article["user_view_count"], article["total_view_count"]) == (number, 0, 0)
    assert article["content"] == "<div>正文</div>" and article["url"]


def test_views_are_counted_by_person_and_in_total(shop: World) -> None:
    number = add_article(shop)
    media_id = add_card(shop, number)
    for reader in (Ord(1), Ord(1), Ord(2), None):
        shop.write(count_view_txn, shop.corp, number, reader)

    article = done(shop, f"{NEWS}/list")["items"][0]["articles"][0]
    assert (article["user_view_count"], article["total_view_count"]) == (2, 4)
    assert article["content"] == f"article_backup_raw_content_{number}"
    assert done(shop, f"{NEWS}/get", media_id=media_id)["articles"][0]["total_view_count"] == 4


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        ("add", {}, 40),
        ("add", {"articles": [], "unionid": "nobody"}, 41),
        ("add", {"articles": list(range(1, 10))}, 41),
        ("add", {"articles": [{"id": 1}]}, 41),
        ("add", {"articles": "[1"}, 41),
        ("add", {"articles": [1], "unionid": "nobody"}, 800003),
        ("add", {"articles": [1]}, 1100001),
        ("get", {"media_id": "card1"}, 40007),
        ("get", {}, 40),
        ("update", {"media_id": "card1"}, 40007),
        ("update", {"media_id": "card1", "articles": "x"}, 41),
        ("delete", {"media_id": "card1"}, 40007),
        ("delete", {"media_id": "x" * 257}, 41),
        ("list", {"page_size": 21}, 41),
        ("list", {"unionid": "nobody"}, 800003),
    ],
)
def test_what_no_card_can_be(shop: World, path: str, body: dict[str, Any], errcode: int) -> None:
    assert call(shop, f"{NEWS}/{path}", **body)["errcode"] == errcode


def test_a_card_is_changed_listed_and_deleted(shop: World) -> None:
    first, second = add_article(shop), add_article(shop)
    one, two = add_card(shop, first), add_card(shop, first, second)
    shop.advance(1000)
    done(shop, f"{NEWS}/update", media_id=one)
    done(shop, f"{NEWS}/update", media_id=one, articles=[{"article_id": second}])

    listed = done(shop, f"{NEWS}/list", page_start=1, page_size=5)
    assert [item["media_id"] for item in listed["items"]] == [one, two]
    assert [article["article_id"] for article in listed["items"][0]["articles"]] == [second]
    assert listed["items"][0]["update_time"] == shop.clock.now()
    done(shop, f"{NEWS}/delete", media_id=one)
    assert done(shop, f"{NEWS}/list")["total_count"] == 1
    for name in ("get", "update", "delete"):
        assert call(shop, f"{NEWS}/{name}", media_id=one)["errcode"] == 40007


def test_a_card_is_sent_when_all_its_articles_are_published(shop: World) -> None:
    draft = add_article(shop, publish=False)
    card = add_card(shop, add_article(shop), draft)
    assert shop.send(msg_type="news_card", media_id=card)["errcode"] == 800020

    done(shop, f"{ARTICLE}/publish", article_id=draft)
    assert shop.send(msg_type="news_card", media_id=card)["errcode"] == 0
    assert shop.send(msg_type="single_news_card", media_id=card)["errcode"] == 800020
    assert shop.send(msg_type="single_news_card", media_id=add_card(shop, draft))["errcode"] == 0
    done(shop, f"{ARTICLE}/delete", article_id=draft)
    assert shop.send(msg_type="news_card", media_id=card)["errcode"] == 800020
    assert [article["article_id"] for article in done(shop, f"{NEWS}/get", media_id=card)["articles"]] == [draft + 1]
