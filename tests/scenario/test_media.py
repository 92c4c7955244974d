"""Uploads over HTTP: what is taken, what it can be used for, who may see it."""

import asyncio
import hashlib
import os
import socket
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from media_errors import upload

from harness import SEND, Server, World, serving
from hongyan.access.records import AppKind
from hongyan.admission.rules import Profile
from hongyan.messages.library import delete_media_txn, load_media_txn
from hongyan.sandbox.faults import Fault
from hongyan.wire.uploading import UPLOADS_AT_ONCE
from media_samples import EXE, MP4, PDF, PNG, SAMPLES, WAV
from office import AGENT, BASE, Office

MEGABYTE = 1 << 20


def take(world: World, *args: Any, **how: Any) -> str:
    """Upload, and expect that it works."""
    reply = upload(world, *args, **how).json()
    assert reply["errcode"] == 0, reply
    return reply["media_id"]


def blobs(server: Server) -> list[Path]:
    return sorted(path for path in server.engine.blobs.folder.rglob("*") if path.is_file())


def test_an_upload_answers_what_the_page_shows(world: World) -> None:
    reply = upload(world).json()

    assert list(reply) == ["errcode", "errmsg", "media_id", "created_at", "type"]
    assert (reply["errcode"], reply["errmsg"], reply["type"]) == (0, "ok", "image")
    assert reply["created_at"] == world.clock.now() and reply["media_id"].startswith("@lA")
    assert take(world) != reply["media_id"]


@pytest.mark.parametrize(("kind", "extension"), SAMPLES)
def test_every_documented_format_is_taken(world: World, kind: str, extension: str) -> None:
    media_id = take(world, f"A.{extension.upper()}", SAMPLES[kind, extension], kind=kind)

    media = world.read(load_media_txn, world.corp, media_id)
    assert media is not None and (media.kind, media.size) == (kind, len(SAMPLES[kind, extension]))
    assert world.engine.blobs.get(world.corp, media.blob) == SAMPLES[kind, extension]


@pytest.mark.parametrize(
    ("kind", "name", "content", "errcode"),
    [
        ("image", "a.png", b"", 44001),
        ("image", "a.exe", b"", 44001),
        ("image", "a.svg", b"<svg/>", 40005),
        ("image", "a.png", b"<svg/>", 40005),
        ("image", "a.pdf", PDF, 40005),
        ("image", "a", PNG, 40005),
        ("voice", "a.wav", PNG, 40005),
        ("video", "a.mp4", WAV, 40005),
        ("file", "a.exe", EXE, 40005),
        ("file", "a.pdf", EXE, 40005),
        ("file", "a.pdf.exe", PDF, 40005),
        ("file", "a.png", PNG, 40005),
        ("Image", "a.png", PNG, 40004),
        ("", "a.png", PNG, 40004),
    ],
)
def test_what_is_no_file_of_its_kind_is_refused_and_leaves_nothing(world: World, kind: str, name: str, content: bytes, errcode: int) -> None:
    assert upload(world, name, content, kind=kind).json()["errcode"] == errcode
    assert not blobs(world.server)


def test_the_content_decides_what_readers_are_told_not_the_name(world: World) -> None:
    media = world.read(load_media_txn, world.corp, take(world, "photo.jpg", PNG))
    assert media is not None and (media.mime, media.name) == ("image/png", "photo.jpg")
    sheet = world.read(load_media_txn, world.corp, take(world, "a.xlsx", SAMPLES["file", "xlsx"], kind="file"))
    assert sheet is not None and sheet.mime.endswith("spreadsheetml.sheet")


def test_jpeg_is_another_spelling_of_jpg_but_not_in_strict(world: World, tmp_path: Path) -> None:
    assert upload(world, "a.jpeg", SAMPLES["image", "jpg"]).json()["errcode"] == 0
    with serving(tmp_path / "strict", profile=Profile.STRICT) as server:
        assert upload(World(server), "a.jpeg", SAMPLES["image", "jpg"]).json()["errcode"] == 40005


@pytest.mark.parametrize(("kind", "name", "head", "limit"), [("voice", "a.wav", WAV, 2 * MEGABYTE), ("file", "a.pdf", PDF, 20 * MEGABYTE)])
def test_sizes_are_exact(world: World, kind: str, name: str, head: bytes, limit: int) -> None:
    assert upload(world, name, head.ljust(limit, b"x"), kind=kind).json()["errcode"] == 0
    assert upload(world, name, head.ljust(limit + 1, b"x"), kind=kind).json()["errcode"] == 40006
    # The kind of file is looked at before its size.
    assert upload(world, name, EXE.ljust(limit + 1, b"x"), kind=kind).json()["errcode"] == 40005
    assert len(blobs(world.server)) == 1


def test_the_token_may_stand_in_the_body_behind_the_file(world: World) -> None:
    order = {"media": ("a.png", PNG), "type": (None, b"image"), "access_token": (None, world.token.encode())}
    assert world.server.client.post("/media/upload", files=order).json()["errcode"] == 0
    assert upload(world, access_token="", kind="image").json() == {"errcode": 40035, "errmsg": "缺少参数 access_token"}
    assert upload(world, access_token="nosuch").json() == {"errcode": 40014, "errmsg": "不合法的access_token"}
    wrong = {**order, "access_token": (None, b"nosuch")}
    assert world.server.client.post("/media/upload", files=wrong).json()["errcode"] == 40014
    assert world.server.client.post("/media/upload", data={"access_token": world.token, "type": "image"}).json()["errcode"] == 43008
    assert world.server.client.get("/media/upload", params={"access_token": world.token}).json()["errcode"] == 43002


def test_third_party_apps_may_upload_and_apps_without_the_permission_may_not(world: World) -> None:
    world.add_app("suite", kind=AppKind.THIRD_PARTY)
    assert upload(world, access_token=world.corp_token("suite")).json()["errcode"] == 0
    world.add_app("poor", scopes=())
    assert upload(world, access_token=world.get_token("poor", "s")).json()["errcode"] == 60011


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"nothing",
        b"--b\r\n",
        b'--b\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\n\r\n' + PNG,
        b"--b\r\n\r\n\r\n--x--\r\n",
    ],
)
def test_a_broken_body_is_refused_whole(world: World, broken: bytes) -> None:
    reply = world.server.client.post("/media/upload", params={"access_token": world.token, "type": "image"}, content=broken, headers=BOUNDARY)
    assert reply.json()["errcode"] == 43008
    assert not blobs(world.server)


BOUNDARY = {"content-type": "multipart/form-data; boundary=b"}


async def _body(megabytes: int) -> AsyncIterator[bytes]:
    """A PDF of this size, in pieces, with its type behind it."""
    yield b'--b\r\nContent-Disposition: form-data; name="media"; filename="a.pdf"\r\n\r\n' + PDF
    for _ in range(megabytes * 16):
        yield b"x" * (MEGABYTE // 16)
    yield b'\r\n--b\r\nContent-Disposition: form-data; name="type"\r\n\r\nfile\r\n--b--\r\n'


def _upload_at_once(world: World, count: int, megabytes: int) -> tuple[list[int], int]:
    """The errcodes, and what the process held at most, in bytes."""

    async def all_() -> list[int]:
        async with httpx.AsyncClient(base_url=world.server.base_url, timeout=60) as client:
            calls = [
                client.post("/media/upload", params={"access_token": world.token}, content=_body(megabytes), headers=BOUNDARY) for _ in range(count)
            ]
            return [reply.json()["errcode"] for reply in await asyncio.gather(*calls)]

    tracemalloc.start()
    try:
        return asyncio.run(all_()), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_body_far_over_the_limit_is_refused_without_being_kept(world: World) -> None:
    errcodes, peak = _upload_at_once(world, 1, 50)

    assert errcodes == [40006]
    assert peak < 8 * MEGABYTE
    assert not blobs(world.server)


def test_memory_stays_bounded_under_many_uploads_at_once(world: World) -> None:
    world.observe_all_but()
    errcodes, peak = _upload_at_once(world, 12, 8)

    assert set(errcodes) == {0}
    # 12 uploads held whole would be 96 MB.
    assert peak < 32 * MEGABYTE
    assert len(blobs(world.server)) == 1


def _half(world: World, length: int, *, token: str = "") -> bytes:
    """What a sender hears that announces `length` bytes and stops after the first hundred."""
    target = f"/media/upload?access_token={token or world.token}&type=image"
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {length}\r\n\r\n"
    host, port = world.server.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode() + b'--b\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\n\r\n' + PNG)
        received = b""
        while piece := connection.recv(65536):
            received += piece
            if received.endswith(b"}"):
                break
    return received


def test_a_sender_who_stops_half_way_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hongyan.wire.http.PIECE_SECONDS", 0.2)

    assert b'"errcode":43008' in _half(world, 1000)
    assert not blobs(world.server)


def test_a_length_beyond_all_reason_is_refused_before_it_comes(world: World) -> None:
    answer = _half(world, 10_000 * MEGABYTE)
    assert b'"errcode":40006' in answer and b"connection: close" in answer.lower()
    answer = _half(world, 10 * MEGABYTE, token="nosuch")
    assert b'"errcode":40014' in answer and b"connection: close" not in answer.lower()


def test_there_are_only_so_many_uploads_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hongyan.wire.uploading.ROOM_SECONDS", 0.1)
    room = world.server.application._gateway._gateway._uploads
    world.server.run(_take(room, UPLOADS_AT_ONCE))
    assert upload(world).json()["errcode"] == -1
    room.release()
    assert upload(world).json()["errcode"] == 0


async def _take(room: asyncio.Semaphore, count: int) -> None:
    for _ in range(count):
        await room.acquire()


def test_the_same_content_is_stored_once_in_an_organisation(world: World) -> None:
    other = World(world.server, corp_id="dingother")
    first, second, third = take(world), take(world, "b.png"), take(world, "c.png", PNG + b"else")
    take(other)

    files = blobs(world.server)
    assert len(files) == 3 and {int(path.parent.name) for path in files} == {world.corp, other.corp}
    _delete(world, first)
    media = world.read(load_media_txn, world.corp, second)
    assert media is not None and world.engine.blobs.get(world.corp, media.blob) == PNG
    _delete(world, second)
    _delete(world, third)
    assert len(blobs(world.server)) == 1


def _delete(world: World, media_id: str) -> None:
    assert world.admin("DELETE", f"/media/{media_id}", params={"force": "true"}).status_code == 200


def test_a_lost_file_comes_back_with_the_next_upload_of_the_same(world: World) -> None:
    first = take(world)
    blobs(world.server)[0].unlink()
    take(world)

    media = world.read(load_media_txn, world.corp, first)
    assert media is not None and world.engine.blobs.get(world.corp, media.blob) == PNG


def test_uploads_and_removals_at_once_leave_every_row_its_file_and_no_other_file(world: World) -> None:
    world.observe_all_but()
    headers = {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}

    async def one(client: httpx.AsyncClient, number: int) -> None:
        files = {"media": ("a.png", PNG + bytes([number % 3])), "type": (None, b"image")}
        reply = (await client.post("/media/upload", params={"access_token": world.token}, files=files)).json()
        if number % 2:
            await client.delete(f"/hongyan/v1/corps/dingtest/media/{reply['media_id']}", headers=headers)

    async def all_() -> None:
        async with httpx.AsyncClient(base_url=world.server.base_url, timeout=60) as client:
            await asyncio.gather(*(one(client, number) for number in range(60)))

    asyncio.run(all_())
    listed = world.admin("GET", "/media").json()["media"]
    rows = [world.read(load_media_txn, world.corp, one["media_id"]) for one in listed]
    assert len(rows) == 30
    assert {row.blob for row in rows if row} == {path.name for path in blobs(world.server)}


def test_a_failing_store_leaves_no_file(world: World) -> None:
    world.faults.plant(Fault("store.commit"))
    assert upload(world).json() == {"errcode": -1, "errmsg": "系统繁忙"}
    assert not blobs(world.server)
    assert upload(world).json()["errcode"] == 0


def test_what_a_crash_left_behind_is_swept_at_the_next_start_and_nothing_else(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        world = World(server)
        media_id = take(world)
        folder = server.engine.blobs.folder
        corp, blob = world.corp, world.engine.blobs.put(world.corp, b"named by nobody")
        (folder / ".drafts").mkdir(exist_ok=True)
        (folder / ".drafts" / "x").write_bytes(b"half")
        (folder / str(corp) / "README").write_text("an operator's note")
        (folder / "99").mkdir()
        (folder / "99" / ("0" * 32)).write_bytes(b"of no organisation")
    with serving(tmp_path) as server:
        media = server.run(server.engine.store.read(load_media_txn, corp, media_id))
        assert media is not None and media.blob != blob
        assert {path.name for path in blobs(server)} == {media.blob, "README"}


# --- what an upload is for


@pytest.mark.parametrize(
    ("kind", "name", "content"), [("image", "a.png", PNG), ("voice", "a.wav", WAV), ("file", "a.pdf", PDF), ("video", "a.mp4", MP4)]
)
def test_an_upload_can_be_sent_both_ways_and_read(world: World, kind: str, name: str, content: bytes) -> None:
    media_id = take(world, name, content, kind=kind)
    msg_type = "file" if kind == "video" else kind
    block = {"media_id": media_id} | ({"duration": "10"} if kind == "voice" else {})
    world.send_ok(msg_type=msg_type, media_id=media_id if kind == "image" else None, msg_body={msg_type: block}, text_content=None)
    office = Office(world)
    assert office.send(msg={"msgtype": msg_type, msg_type: block})["errcode"] == 0

    assert [entry["body"]["media_id"] for entry in world.inbox("u1")] == [media_id, media_id]
    with httpx.Client(base_url=world.server.base_url, timeout=10) as reader:
        page = _enter(world, reader)
        answer = reader.get(f"{page}media/{media_id}")
        part = reader.get(f"{page}media/{media_id}", headers={"range": "bytes=2-5"})
    assert answer.content == content
    assert answer.headers["x-content-type-options"] == "nosniff" and "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"].split(";")[0] == ("attachment" if kind == "file" else "inline")
    assert (part.status_code, part.content) == (206, content[2:6])


def _enter(world: World, reader: httpx.Client) -> str:
    """Let a browser into the inbox of u1; answers the page's path."""
    token = world.admin("POST", "/inboxes/u1/token", json={}).json()["token"]
    return reader.get("/inbox", params={"token": token}).headers["location"].split("?")[0]


def test_only_uploads_of_the_organisation_that_are_still_there_can_be_sent(world: World) -> None:
    foreign = take(World(world.server, corp_id="dingother"))
    deleted = take(world)
    media = world.read(load_media_txn, world.corp, deleted)
    world.write(delete_media_txn, world.corp, media)

    office = Office(world)
    for media_id in (foreign, deleted, "@nosuch"):
        assert world.send(msg_type="image", media_id=media_id, text_content=None)["errcode"] == 800020
        for kind in ("image", "file", "voice"):
            assert office.send(msg={"msgtype": kind, kind: {"media_id": media_id, "duration": 3}})["errcode"] == 40007


# --- byte for byte


def test_the_java_sdk_uploads(world: World) -> None:
    """No blanks in Content-Disposition, a CRLF before the first boundary, octet-stream as the type of the part."""
    body = (
        b'\r\n--TB\r\nContent-Disposition:form-data;name="type"\r\nContent-Type:text/plain\r\n\r\nimage'
        b'\r\n--TB\r\nContent-Disposition:form-data;name="media";filename="\xe5\x9b\xbe.png"\r\nContent-Type:application/octet-stream\r\n\r\n'
        + PNG
        + b"\r\n--TB--\r\n"
    )
    reply = world.post("/media/upload", content=body, headers={"content-type": "multipart/form-data;charset=UTF-8;boundary=TB"}).json()
    media = world.read(load_media_txn, world.corp, reply["media_id"])
    assert media is not None and (media.name, hashlib.sha256(world.engine.blobs.get(1, media.blob)).digest()) == (
        "图.png",
        hashlib.sha256(PNG).digest(),
    )


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('form-data; name="media"; filename="图 1.png"'.encode(), "图 1.png"),
        (b'form-data; name="media"; filename="x.png"; filename*=UTF-8\'\'%E5%9B%BE.png', "图.png"),
        (b"form-data; name=media; filename*=utf-8''%E5%9B%BE%201.png", "图 1.png"),
        (b'FORM-DATA; Name="media"; FileName="C:\\\\pics\\\\a.png"', "a.png"),
        ('form-data; name="media"; filename="测试.png"'.encode("gb18030"), "测试.png"),
        (b'form-data; name="media"; filename="a\\"b;c.png"', 'a"b;c.png'),
        (b"form-data; filename=a.png; name=media", "a.png"),
        (b'form-data; name="media"; filename="../../etc/a.png"', "a.png"),
    ],
)
def test_file_names_in_every_spelling(world: World, disposition: bytes, name: str) -> None:
    body = b"--b\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + PNG + b"\r\n--b--"
    params = {"access_token": world.token, "type": "image"}
    headers = {"content-type": 'multipart/form-data; boundary="b"'}
    reply = world.server.client.post("/media/upload", params=params, content=body, headers=headers).json()
    assert reply["errcode"] == 0, reply
    media = world.read(load_media_txn, world.corp, reply["media_id"])
    assert media is not None and media.name == name


def test_other_bodies_keep_their_limit(world: World) -> None:
    raw = b'{"text_content":"' + os.urandom(1).hex().encode() * (5 * MEGABYTE) + b'"}'
    assert world.post(SEND, content=raw, headers={"content-type": "application/json"}).json()["errcode"] == 43009
    assert world.server.client.post("/gettoken", content=raw).json()["errcode"] == 40035
    v1 = world.v1("/v1.0/exclusive/follow/message/send", content=raw)
    assert (v1.status_code, v1.json()["code"]) == (400, "Missingbody")
    assert world.post(f"{BASE}/asyncsend_v2", {"agent_id": AGENT}).json()["errcode"] == 40


def test_what_messages_show_is_counted_and_goes_only_by_force(world: World) -> None:
    media_id = take(world)
    office = Office(world)
    world.send_ok(msg_type="image", media_id=media_id, text_content=None)
    world.send_ok(msg_type="link", msg_body={"link": {"title": "t", "message_url": "https://a", "pic_url": media_id}}, text_content=None)
    office.send(msg={"msgtype": "file", "file": {"media_id": media_id}})
    office.send(msg={"msgtype": "text", "text": {"content": media_id}})

    assert world.admin("GET", f"/media/{media_id}").json()["uses"] == {"messages": 3, "articles": 0, "accounts": 0}
    refused = world.admin("DELETE", f"/media/{media_id}")
    assert refused.status_code == 409 and "3 messages" in refused.json()["error"]["message"]
    _delete(world, media_id)
    assert office.send(msg={"msgtype": "file", "file": {"media_id": media_id}})["errcode"] == 40007
    with httpx.Client(base_url=world.server.base_url, timeout=10) as reader:
        assert reader.get(f"{_enter(world, reader)}media/{media_id}").status_code == 404
