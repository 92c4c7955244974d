"""How each refusal about accounts, articles, cards and records is provoked; `test_errors.py` runs them."""

from collections.abc import Callable
from typing import Any

import httpx
from material import ACCOUNT, ARTICLE, DETAIL, RECORDS, add_picture, article_body

from harness import World

Provoke = Callable[[World], httpx.Response]


def _account(**changes: Any) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        add_picture(world)
        return world.post(f"{ACCOUNT}/add", {"name": "n", "avatar_media_id": "@pic", "preview_media_id": "@pic", "desc": "d", **changes})

    return provoke


def _too_many(world: World) -> httpx.Response:
    for number in range(39):
        world.add_account(f"号{number}")
    return _account()(world)


def _article(name: str, **body: Any) -> Provoke:
    return lambda world: world.post(f"{ARTICLE}/{name}", {"unionid": world.unionid, **body})


def _v1(path: str, **changes: Any) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        return world.v1(path, {"unionid": world.unionid, "page_number": 1, "page_size": 1, "task_id": "x", **changes})

    return provoke


MATERIAL_PROVOKED: dict[str, Provoke] = {
    "top.800001": _account(name="服务号"),
    "top.800004": _too_many,
    "top.1002": _article("add", article=article_body(title="")),
    "top.1100001": _article("get", article_id=1),
    "v1.invalid.userid": _v1(DETAIL, unionid="nobody"),
    "v1.publisher.not.exist": _v1(RECORDS, unionid="nobody"),
    "v1.invalid.taskid": _v1(DETAIL),
}
