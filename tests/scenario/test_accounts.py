"""Service accounts and their menus over HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest
from material import ACCOUNT, add_picture, call, done, new_account

from harness import SEND, World, serving
from hongyan.admission.rules import APP_API_QPS, Mode, Profile

MENU = f"{ACCOUNT}/menu"


@pytest.fixture
def shop(world: World) -> World:
    add_picture(world)
    world.rule(APP_API_QPS.id, mode=Mode.OFF)
    return world


def test_an_account_is_made_changed_listed_and_sends(shop: World) -> None:
    made = new_account(shop)
    assert made["errcode"] == 0 and made["unionid"].endswith("iE")
    unionid = made["unionid"]
    assert done(shop, f"{ACCOUNT}/update", unionid=unionid, brief="b2", status="normal").keys() == {"errcode", "errmsg", "request_id"}

    found = done(shop, f"{ACCOUNT}/get", unionid=unionid)["service_account"]
    assert found == {
        "unionid": unionid,
        "name": "新号",
        "brief": "b2",
        "desc": "d",
        "status": "normal",
        "avatar_media_id": "@pic",
        "preview_media_id": "@pic",
        "operator_user_id_list": [],
        "black_user_id_list": [],
        "allow_send_to_all": True,
        "allow_send_user_id_list": [],
        "allow_send_dept_id_list": [],
    }
    listed = shop.post(f"{ACCOUNT}/list", {"pageStart": "1", "pageSize": "5"}).json()
    assert (listed["total_count"], listed["item_count"], listed["items"][1]["unionid"]) == (2, 2, unionid)
    assert shop.send(unionid=unionid)["errcode"] == 0


def test_a_disabled_account_is_gone_for_good_and_its_name_is_free(shop: World) -> None:
    unionid = new_account(shop)["unionid"]
    assert shop.send(unionid=unionid)["errcode"] == 0
    done(shop, f"{ACCOUNT}/update", unionid=unionid, status="disabled")

    assert shop.send(unionid=unionid)["errcode"] == 800003
    assert call(shop, f"{ACCOUNT}/update", unionid=unionid, status="normal")["errcode"] == 800003
    assert done(shop, f"{ACCOUNT}/get", unionid=unionid)["service_account"]["status"] == "disabled"
    assert done(shop, f"{ACCOUNT}/list")["total_count"] == 1
    assert new_account(shop)["errcode"] == 0


@pytest.mark.parametrize(
    ("changes", "errcode", "message"),
    [
        ({"name": None}, 40, "Missing required arguments:name"),
        ({"desc": " "}, 40, "Missing required arguments:desc"),
        ({"name": "x" * 31}, 41, "Invalid arguments:name"),
        ({"brief": "x" * 61}, 41, "Invalid arguments:brief"),
        ({"desc": "x" * 201}, 41, "Invalid arguments:desc"),
        ({"avatar_media_id": "@no", "name": "服务号"}, 40007, "不合法的媒体文件id"),
        ({"name": "服务号"}, 800001, "请勿创建重复名称的服务号"),
        ({"name": "x" * 30, "brief": "x" * 60, "desc": "x" * 200}, 0, "ok"),
    ],
)
def test_what_an_account_may_be(shop: World, changes: dict[str, Any], errcode: int, message: str) -> None:
    reply = new_account(shop, **changes)

    assert (reply["errcode"], reply["errmsg"]) == (errcode, message)


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"unionid": ""}, 40),
        ({"status": "paused", "unionid": "nobody"}, 41),
        ({"unionid": "x" * 129}, 41),
        ({"unionid": "nobody", "avatar_media_id": "@no"}, 800003),
        ({"preview_media_id": "@no", "name": "服务号"}, 40007),
        ({"name": "服务号"}, 800001),
        ({"name": "新号"}, 0),
        ({"brief": ""}, 0),
    ],
)
def test_what_may_be_changed(shop: World, changes: dict[str, Any], errcode: int) -> None:
    unionid = new_account(shop)["unionid"]

    assert call(shop, f"{ACCOUNT}/update", **{"unionid": unionid, **changes})["errcode"] == errcode


def test_there_are_forty_live_accounts(shop: World) -> None:
    unionids = [new_account(shop, name=f"号{n}")["unionid"] for n in range(39)]

    assert new_account(shop, name="四十一")["errcode"] == 800004
    assert new_account(shop, name="号1")["errcode"] == 800001, "the name is looked at first"
    assert done(shop, f"{ACCOUNT}/list", pageStart=3, pageSize=18)["item_count"] == 4
    done(shop, f"{ACCOUNT}/update", unionid=unionids[0], status="disabled")
    assert new_account(shop, name="四十一")["errcode"] == 0


@pytest.mark.parametrize(
    ("page", "size", "errcode"), [(0, 5, 41), (1, 0, 41), (1, 51, 41), (1, 50, 0), (None, None, 0), (10**18, 50, 0), ("x", 1, 41)]
)
def test_pages_of_accounts(shop: World, page: Any, size: Any, errcode: int) -> None:
    assert call(shop, f"{ACCOUNT}/list", pageStart=page, pageSize=size)["errcode"] == errcode


def test_strict_wants_a_picture(tmp_path: Path) -> None:
    with serving(tmp_path / "strict", profile=Profile.STRICT) as server:
        world = World(server)
        add_picture(world)
        add_picture(world, "@file", "file")
        assert new_account(world, avatar_media_id="@file")["errcode"] == 40007
        assert new_account(world)["errcode"] == 0


# --- menus

FULL = {
    "button": [
        {"name": "父", "sub_button": [{"name": "点", "type": "click", "key": "K"}, {"name": "看", "type": "view", "url": "https://a"}]},
        {"name": "卡", "type": "media_id", "media_id": "card1"},
        {"name": "文", "type": "view_article", "media_id": "10001"},
    ],
    "enable_input": False,
    "status": 0,
}


@pytest.mark.parametrize("encode", [lambda menu: menu, json.dumps])
def test_a_menu_comes_back_in_its_stored_form(shop: World, encode: Any) -> None:
    done(shop, f"{MENU}/update", menu=encode(FULL))

    menu = done(shop, f"{MENU}/get")["menu"]
    assert menu == {
        "button": [
            FULL["button"][0],  # type: ignore[index]
            {"name": "卡", "type": "click", "media_id": "card1"},
            {"name": "文", "type": "view", "media_id": "10001"},
        ],
        "enable_input": False,
        "status": 0,
    }
    done(shop, f"{MENU}/update")
    assert done(shop, f"{MENU}/get")["menu"] == menu, "without a menu nothing changes"


def test_the_official_sample_with_a_type_beside_sub_buttons_passes(shop: World) -> None:
    button = {"name": "n", "type": "click", "sub_button": {"name": "s", "type": "click", "key": "K"}}
    done(shop, f"{MENU}/update", menu={"button": button, "enable_input": "true", "status": "1"})

    menu = shop.server.client.get(f"{MENU}/get", params={"access_token": shop.token, "unionid": shop.unionid}).json()["menu"]
    expected = {"name": "n", "type": "click", "sub_button": [{"name": "s", "type": "click", "key": "K"}]}
    assert menu == {"button": [expected], "enable_input": True, "status": 1}


def test_an_account_without_a_menu_has_an_empty_one_that_is_off(shop: World) -> None:
    assert done(shop, f"{MENU}/get")["menu"] == {"button": [], "enable_input": True, "status": 1}


@pytest.mark.parametrize(
    ("menu", "path"),
    [
        ([1], "menu"),
        ("{", "menu"),
        ({"status": 0}, "menu.enable_input"),
        ({"enable_input": "maybe", "status": 0}, "menu.enable_input"),
        ({"enable_input": True}, "menu.status"),
        ({"enable_input": True, "status": 2}, "menu.status"),
        ({"enable_input": True, "status": 0, "button": [{"type": "click", "key": "k"}]}, "menu.button[0].name"),
        ({"enable_input": True, "status": 0, "button": [{"name": "n"}]}, "menu.button[0].type"),
        ({"enable_input": True, "status": 0, "button": [{"name": "n", "type": "scan"}]}, "menu.button[0].type"),
        ({"enable_input": True, "status": 0, "button": [{"name": "n", "type": "view", "key": "k"}]}, "menu.button[0].url"),
        (
            {"enable_input": True, "status": 0, "button": [{"name": "n", "sub_button": [{"name": "a", "type": "click", "key": "k"}, {"name": "s"}]}]},
            "menu.button[0].sub_button[1].type",
        ),
        ({"enable_input": True, "status": 0, "button": [3]}, "menu.button"),
    ],
)
def test_a_menu_that_is_none_is_refused_with_the_place(shop: World, menu: Any, path: str) -> None:
    reply = call(shop, f"{MENU}/update", menu=menu)

    assert (reply["errcode"], reply["errmsg"]) == (41, f"Invalid arguments:{path}")


def test_menus_need_a_live_account_and_their_own_permission(shop: World) -> None:
    assert call(shop, f"{MENU}/get", unionid="nobody")["errcode"] == 800003
    shop.add_app("sender", scopes=("qyapi_service_account_message",))
    token = shop.get_token("sender", "s")

    assert shop.post(SEND, shop.a_send(), token=token).json()["errcode"] == 0
    assert shop.post(f"{MENU}/get", {"unionid": shop.unionid}, token=token).json()["sub_code"] == "60011"
