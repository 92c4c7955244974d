"""Uploads over our own interface."""

from pathlib import Path
from typing import Any

import pytest

from media_samples import EXE, MP4, PDF, PNG, SAMPLES, WAV


def add(caller: Any, name: str = "a.png", content: bytes = PNG, kind: str = "image", corp: str = "acme", status: int = 201) -> Any:
    return caller.request("POST", f"/corps/{corp}/media", status=status, params={"kind": kind, "name": name}, content=content).json()


def test_an_upload_can_be_looked_at_and_taken_back(acme: Any) -> None:
    made = add(acme, "图 1.png")

    assert made == {
        "media_id": made["media_id"],
        "kind": "image",
        "name": "图 1.png",
        "mime": "image/png",
        "size": len(PNG),
        "created_at": made["created_at"],
    }
    assert acme.get(f"/corps/acme/media/{made['media_id']}") == {"media": made, "uses": {"messages": 0, "articles": 0, "accounts": 0}}
    content = acme.request("GET", f"/corps/acme/media/{made['media_id']}/content")
    assert content.content == PNG
    assert content.headers["content-type"] == "application/octet-stream"
    assert content.headers["content-disposition"].startswith("attachment")


def test_the_list_is_paged_newest_first(acme: Any) -> None:
    acme.clock.freeze()
    made = [add(acme, f"{number}.png")["media_id"] for number in range(3)]
    made += [add(acme, f"{number}.wav", WAV, "voice")["media_id"] for number in range(2)]

    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = acme.get("/corps/acme/media", params={"limit": 2, **({"after": after} if after else {})})
        seen += [one["media_id"] for one in page["media"]]
        after = page["next"]
    # One moment for all of them but the one that came with the company, so the ids decide.
    assert seen == [*sorted(made, reverse=True), "@pic"]
    assert {one["kind"] for one in acme.get("/corps/acme/media", params={"kind": "voice"})["media"]} == {"voice"}


@pytest.mark.parametrize(
    ("name", "content", "kind", "status", "code"),
    [
        ("a.png", b"", "image", 422, "empty"),
        ("a.pdf", EXE, "file", 422, "bad_format"),
        ("a.exe", EXE, "file", 422, "bad_format"),
        ("a.wav", WAV.ljust((2 << 20) + 1, b"x"), "voice", 413, "too_large"),
        ("a.pdf", PDF.ljust(25 << 20, b"x"), "file", 413, "too_large"),
        ("a.png", PNG, "picture", 422, "invalid"),
        ("", PNG, "image", 422, "invalid"),
    ],
)
def test_what_cannot_be_taken_is_said_and_leaves_nothing(acme: Any, name: str, content: bytes, kind: str, status: int, code: str) -> None:
    before = _files(acme)
    assert add(acme, name, content, kind, status=status)["error"]["code"] == code
    assert _files(acme) == before


def _files(caller: Any) -> list[Path]:
    return sorted(path for path in caller.engine.blobs.folder.rglob("*") if path.is_file())


def test_every_documented_format_is_taken(acme: Any) -> None:
    for (kind, extension), content in SAMPLES.items():
        assert add(acme, f"a.{extension}", content, kind)["kind"] == kind


def test_nothing_of_another_organisation_is_seen(acme: Any) -> None:
    acme.post("/corps", {"corp_id": "other", "name": "Other"}, 201)
    media_id = add(acme)["media_id"]

    assert acme.get("/corps/other/media")["media"] == []
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        assert acme.code(method, f"/corps/other/media/{media_id}{path}", 404) == "unknown_media"
    assert acme.code("GET", "/corps/none/media", 404) == "unknown_corp"
    assert add(acme, corp="none", status=404)["error"]["code"] == "unknown_corp"


def test_what_something_shows_goes_only_by_force(acme: Any) -> None:
    media_id = add(acme)["media_id"]
    acme.patch("/corps/acme/accounts/acc", {"avatar_media_id": media_id})
    acme.bring_in(
        b'{"kind":"article","article_id":2,"account":"acc","title":"T","content":"C","thumb_media_id":"%s","published":true}' % media_id.encode()
    )

    assert acme.get(f"/corps/acme/media/{media_id}")["uses"] == {"messages": 0, "articles": 1, "accounts": 1}
    refused = acme.request("DELETE", f"/corps/acme/media/{media_id}", status=409).json()["error"]
    assert refused["code"] == "media_in_use" and "1 articles and 1 accounts" in refused["message"]
    acme.request("DELETE", f"/corps/acme/media/{media_id}", params={"force": "true"})
    assert acme.code("GET", f"/corps/acme/media/{media_id}", 404) == "unknown_media"
    assert acme.code("DELETE", f"/corps/acme/media/{media_id}", 404) == "unknown_media"


def test_an_import_does_not_take_away_a_file_that_an_upload_shares(acme: Any) -> None:
    """`@pic` holds "hello"; the same bytes come in once more as another row of the file, then `@pic` gets new ones."""
    acme.bring_in(b'{"kind":"media","media_id":"@twin","type":"image","name":"b.png","data":"aGVsbG8="}')
    assert len(_files(acme)) == 1
    acme.bring_in(b'{"kind":"media","media_id":"@pic","type":"image","name":"a.png","data":"bmV3"}')

    assert acme.request("GET", "/corps/acme/media/@twin/content").content == b"hello"
    assert acme.request("GET", "/corps/acme/media/@pic/content").content == b"new"
    acme.bring_in(b'{"kind":"media","media_id":"@twin","type":"image","name":"b.png","data":"bmV3"}')
    assert len(_files(acme)) == 1


def test_uploads_travel_in_an_export(acme: Any, caller: Any) -> None:
    media_id = add(acme, "a.mp4", MP4, "video")["media_id"]
    exported = acme.export()
    acme.request("DELETE", f"/corps/acme/media/{media_id}")
    acme.bring_in(exported)

    assert acme.request("GET", f"/corps/acme/media/{media_id}/content").content == MP4
