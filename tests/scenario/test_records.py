"""What an account sent, as its records tell it."""

from typing import Any

import pytest
from material import DETAIL, RECORDS, add_article, add_card, add_picture, done, other_account

from harness import World
from hongyan.admission.rules import ACCOUNT_QPS, APP_API_QPS, Mode
from hongyan.model.ids import parse_mass_task_id
from hongyan.store.interface import Tx


@pytest.fixture
def shop(world: World) -> World:
    add_picture(world)
    for rule in (APP_API_QPS, ACCOUNT_QPS):
        world.rule(rule.id, mode=Mode.OFF)
    return world


def _query(world: World, **changes: Any) -> dict[str, Any]:
    body = {"unionid": world.unionid, "page_number": 1, "page_size": 10, **changes}
    reply = world.v1(RECORDS, {name: value for name, value in body.items() if value is not None})
    assert reply.status_code == 200, reply.text
    assert (reply.json()["errorcode"], reply.json()["errmsg"]) == ("0", "ok")
    return reply.json()["result"]


def _ids(world: World, **changes: Any) -> list[str]:
    result = _query(world, **changes)
    assert result["item_count"] == len(result["items"])
    return [item["task_id"] for item in result["items"]]


def _detail(world: World, task_id: str) -> dict[str, Any]:
    reply = world.v1(DETAIL, {"unionid": world.unionid, "task_id": task_id}).json()
    assert (reply["errorcode"], reply["errmsg"]) == ("0", "ok"), reply
    return reply["result"]


def test_a_text_stands_in_the_records_as_the_sample_shows_it(shop: World) -> None:
    task_id = shop.send_ok(text_content="hi", userid_list="u1", dep_id_list="10", roleIds="7", operator_user_id="u9")

    assert _query(shop, status=2, msgTypeList=["text"], msg_source=2) == {
        "total_count": 1,
        "item_count": 1,
        "items": [
            {
                "task_id": task_id,
                "send_time": shop.clock.now(),
                "create_time": shop.clock.now(),
                "msg_type": "text",
                "title": "文本消息",
                "operator_user_id": "u9",
                "msg_source": 2,
            }
        ],
    }
    assert _detail(shop, task_id) == {
        "task_id": task_id,
        "msg_type": "text",
        "textContent": "hi",
        "is_to_all": False,
        "userid_list": ["u1"],
        "dep_id_list": ["10"],
        "roleIdList": ["7"],
        "send_time": shop.clock.now(),
        "create_time": shop.clock.now(),
        "title": "文本消息",
        "view_scope_type": "1",
        "allow_forward": True,
        "allow_comment": False,
        "operator_user_id": "u9",
    }


def test_each_status_has_its_own_records_and_previews_have_none(shop: World) -> None:
    sent, recalled = shop.send_ok(), shop.send_ok()
    shop.post("/topapi/message/mass/recall", {"unionid": shop.unionid, "task_id": recalled})
    preview = shop.send_ok(is_preview=True)
    assert shop.server.application.sandbox is not None
    shop.server.application.sandbox.delay_ms = 60_000
    sending = shop.send_ok()

    assert [_ids(shop, status=status) for status in (0, 1, 2, 3, 4, None)] == [[], [sending], [sent], [], [recalled], [sent]]
    assert _query(shop, status=1)["items"][0]["send_time"] == shop.clock.now() + 60_000
    shop.advance(60_000)
    assert _ids(shop) == [sending, sent]
    assert _detail(shop, preview)["textContent"] == "hello", "one who knows its id may ask for it"


def test_a_failed_send_is_a_record_of_its_own(shop: World) -> None:
    shop.rule("mass.audience_cap", limit=2)
    task_id = shop.send_ok(is_to_all=True, userid_list=None)

    assert (_ids(shop, status=3), _ids(shop)) == ([task_id], [])


def test_records_are_filtered_by_time_type_and_source(shop: World) -> None:
    at, first = shop.clock.now(), shop.send_ok()
    shop.advance(10_000)
    second = shop.send_ok(msg_type="markdown", msg_body={"markdown": {"title": "T", "text": "x"}})

    assert _ids(shop, start_time=at + 10_000) == [second]
    assert _ids(shop, end_time=str(at)) == [first], "both ends count"
    assert _ids(shop, end_time=at - 1) == _ids(shop, start_time=at + 10_001) == []
    assert _ids(shop, msgTypeList=["markdown", "image"]) == [second]
    assert _ids(shop, msgTypeList=[]) == [second, first]
    assert (_ids(shop, msg_source=0), _ids(shop, msg_source=1)) == ([second, first], [])
    assert _query(shop)["items"][0]["title"] == "T"


def test_pages_run_from_the_newest_to_the_oldest(shop: World) -> None:
    sent = []
    for _ in range(7):
        sent.append(shop.send_ok())
        shop.advance(1000)

    pages = [_ids(shop, page_number=number, page_size=3) for number in (1, 2, 3, 4)]
    assert [task for page in pages for task in page] == sent[::-1] and [len(page) for page in pages] == [3, 3, 1, 0]
    assert _query(shop, page_number=4, page_size=3)["total_count"] == 7


def test_nobody_elses_records_are_shown(shop: World) -> None:
    task_id, other = shop.send_ok(), other_account(shop)

    assert _ids(shop, unionid=other.unionid) == []
    reply = shop.v1(DETAIL, {"unionid": other.unionid, "task_id": task_id})
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid.taskid")


def test_a_card_has_its_articles_and_their_scope(shop: World) -> None:
    article = add_article(shop, view_scope_type=1, allow_forward=False, title="头条")
    task_id = shop.send_ok(msg_type="single_news_card", media_id=add_card(shop, article), allow_comment=True)

    assert _query(shop)["items"][0]["title"] == "头条"
    detail = _detail(shop, task_id)
    assert (detail["view_scope_type"], detail["allow_forward"], detail["allow_comment"]) == ("1", False, True)
    assert detail["articles"] == [
        {
            "article_id": article,
            "title": "头条",
            "thumb_media_id": "",
            "publish_status": 1,
            "create_time": shop.clock.now(),
            "update_time": shop.clock.now(),
            "publish_time": shop.clock.now(),
            "content": "<div>正文</div>",
            "digest": "",
            "url": detail["articles"][0]["url"],
        }
    ]
    done(shop, "/topapi/material/article/delete", article_id=article)
    assert _detail(shop, task_id)["articles"] == [] and _query(shop)["items"][0]["title"] == ""


CARD = {"title": "t", "markdown": "m"}
BUTTONS = {"btn_orientation": "1", "button_list": [{"title": "b", "action_url": "https://a"}]}


@pytest.mark.parametrize(
    ("msg_type", "msg", "member", "content", "title"),
    [
        ("image", {"media_id": "@pic"}, "mediaId", "@pic", "图片消息"),
        ("voice", {"msg_body": {"voice": {"media_id": "@pic", "duration": 3}}}, "mediaId", "@pic", "语音消息"),
        ("file", {"msg_body": {"file": {"media_id": "@pic"}}}, "mediaId", "@pic", "文件消息"),
        ("markdown", {"msg_body": {"markdown": {"title": "t", "text": "x"}}}, "markdown", {"title": "t", "text": "x"}, "t"),
        (
            "link",
            {"msg_body": {"link": {"title": "t", "link_url": "https://a", "open_type": 1}}},
            "link",
            {"title": "t", "summary": "", "link_url": "https://a", "cover_image_media_id": "", "open_type": 1},
            "t",
        ),
        (
            "action_card",
            {"msg_body": {"action_card": CARD | BUTTONS}},
            "action_card",
            {**CARD, "bnt_orientation": "1", "button_list": BUTTONS["button_list"]},
            "t",
        ),
        (
            "action_card",
            {"msg_body": {"action_card": {**CARD, "single_title": "s", "single_url": "https://a"}}},
            "action_card",
            {**CARD, "single_title": "s", "single_url": "https://a"},
            "t",
        ),
    ],
)
def test_each_type_shows_its_own_content(shop: World, msg_type: str, msg: dict[str, Any], member: str, content: Any, title: str) -> None:
    detail = _detail(shop, shop.send_ok(msg_type=msg_type, text_content=None, **msg))

    assert (detail[member], detail["title"]) == (content, title)
    assert not {"textContent", "mediaId", "markdown", "link", "action_card", "articles"} & (detail.keys() - {member})


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (RECORDS, {"page_number": None}, "Missingpage_number"),
        (RECORDS, {"unionid": None}, "Missingunionid"),
        (RECORDS, {"page_number": 0}, "illegalParameter"),
        (RECORDS, {"page_size": 101}, "illegalParameter"),
        (RECORDS, {"status": 5}, "illegalParameter"),
        (RECORDS, {"msg_source": 3}, "illegalParameter"),
        (RECORDS, {"start_time": "soon"}, "illegalParameter"),
        (RECORDS, {"unionid": " "}, "invalid.unionid"),
        (RECORDS, {"unionid": "a b"}, "invalid.unionid"),
        (RECORDS, {"unionid": "nobody"}, "publisher.not.exist"),
        (DETAIL, {"task_id": None}, "Missingtask_id"),
        (DETAIL, {"unionid": ""}, "invalid.unionid"),
        (DETAIL, {"unionid": "nobody"}, "invalid.userid"),
        (DETAIL, {"task_id": "nope"}, "invalid.taskid"),
        (DETAIL, {"task_id": "push0000000000000001iEiE"}, "invalid.taskid"),
    ],
)
def test_the_errors_are_the_pages_own(shop: World, path: str, body: dict[str, Any], code: str) -> None:
    whole = {"unionid": shop.unionid, "page_number": 1, "page_size": 1, "task_id": "x", **body}
    reply = shop.v1(path, {name: value for name, value in whole.items() if value is not None})

    assert (reply.status_code, reply.json()["code"]) == (400, code)


def test_a_persons_unionid_is_no_account_and_a_deleted_account_does_not_exist(shop: World) -> None:
    person = shop.admin("GET", "/users/u1").json()["unionid"]
    assert shop.v1(RECORDS, {"unionid": person, "page_number": 1, "page_size": 1}).json()["code"] == "invalid.userid"

    done(shop, "/topapi/serviceaccount/update", status="disabled")
    assert shop.v1(RECORDS, {"unionid": shop.unionid, "page_number": 1, "page_size": 1}).json()["code"] == "publisher.not.exist"
    assert shop.v1(DETAIL, {"unionid": shop.unionid, "task_id": "x"}).json()["code"] == "invalid.userid"


def test_ten_thousand_records_are_paged_without_reading_them(shop: World) -> None:
    """The plan is checked with the statements; here only that the far end of a long list is right."""
    seq = parse_mass_task_id(shop.send_ok())
    assert seq is not None

    def copy_txn(tx: Tx, now: int) -> None:
        connection = tx._connection  # type: ignore[attr-defined]
        names = [row[1] for row in connection.execute("pragma table_info(task)") if row[1] not in ("seq", "visible_at", "uuid")]
        columns = ", ".join(names)
        connection.execute(
            f"with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000) "
            f"insert into task(seq, visible_at, uuid, {columns}) select seq - i * 4096, visible_at - i, uuid || i, {columns} from task, n"
        )

    shop.write(copy_txn)
    last = _query(shop, page_number=101, page_size=100)
    assert (last["total_count"], last["item_count"], last["items"][0]["send_time"]) == (10_001, 1, shop.clock.now() - 10_000)
