"""Pictures, articles and cards for tests, made over HTTP as a program makes them."""

import hashlib
import secrets
from typing import Any

from harness import World
from hongyan.access.records import Account
from hongyan.messages.library import Media, put_media_txn
from hongyan.model.ids import EpochMs

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
ACCOUNT = "/topapi/serviceaccount"
ARTICLE = "/topapi/material/article"
NEWS = "/topapi/material/news"
RECORDS = "/v1.0/exclusive/follow/message/queryMsgSendRecords"
DETAIL = "/v1.0/exclusive/follow/message/getMsgRecordDetail"


def add_picture(world: World, media_id: str = "@pic", kind: str = "image") -> str:
    content = PNG + media_id.encode()
    blob = world.engine.blobs.put(world.corp, content)
    media = Media(media_id, kind, "a.png", "image/png", len(content), blob, EpochMs(0))
    world.write(put_media_txn, world.corp, media, hashlib.sha256(content).digest())
    return media_id


def new_account(world: World, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"name": "新号", "avatar_media_id": "@pic", "preview_media_id": "@pic", "brief": "b", "desc": "d", **changes}
    return world.post(f"{ACCOUNT}/add", {name: value for name, value in body.items() if value is not None}).json()


def call(world: World, path: str, **body: Any) -> dict[str, Any]:
    return world.post(path, {"unionid": world.unionid, **body}).json()


def done(world: World, path: str, **body: Any) -> dict[str, Any]:
    reply = call(world, path, **body)
    assert (reply["errcode"], reply["errmsg"]) == (0, "ok"), reply
    return reply


def article_body(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"title": "标题", "content": "<div>正文</div>", "uuid": secrets.token_hex(8), **changes}
    return {name: value for name, value in body.items() if value is not None}


def add_article(world: World, *, publish: bool = True, **changes: Any) -> int:
    number = done(world, f"{ARTICLE}/add", article=article_body(**changes))["article_id"]
    if publish:
        done(world, f"{ARTICLE}/publish", article_id=number)
    return number


def add_card(world: World, *articles: int) -> str:
    return done(world, f"{NEWS}/add", articles=[{"article_id": article} for article in articles])["media_id"]


def other_account(world: World) -> Account:
    return world.add_account("另一号")
