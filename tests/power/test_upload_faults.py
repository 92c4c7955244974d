"""A disk that does not take an upload: the documented refusal, nothing of it anywhere, and the next one works as soon as the disk does."""

import errno
import io
import logging
import os
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest
from desk_world import DeskWorld

from harness import World
from hongyan.access.operators import Role
from hongyan.messages import blobs
from hongyan.sandbox.faults import Fault
from media_samples import PNG

STEPS = ("open", "first write", "later write", "sync", "rename", "sync of the folder")
LARGE = PNG + os.urandom(3 << 20)  # several pieces
FAILURES = {errno.ENOSPC: "the disk is full; free some space", errno.EIO: "the disk fails"}


class SickDisk:
    """Takes the place of what blobs call on the system: one step fails as long as it is ill; a write after half of its bytes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.step, self.code, self.failed = "", 0, 0
        self._fsync, self._rename = os.fsync, Path.rename
        monkeypatch.setattr(blobs, "open", self._open, raising=False)
        monkeypatch.setattr(os, "fsync", self._sync)
        monkeypatch.setattr(Path, "rename", lambda path, target: self._renamed(path, target))

    def fall_ill(self, step: str, code: int) -> None:
        self.step, self.code, self.failed = step, code, 0

    def heal(self) -> None:
        self.step = ""

    def reach(self, step: str) -> None:
        if step == self.step:
            self.failed += 1
            raise OSError(self.code, os.strerror(self.code))

    def _open(self, path: Path, mode: str, buffering: int) -> io.FileIO:
        self.reach("open")
        return _SickFile(self, path, mode)

    def _sync(self, descriptor: int) -> None:
        self.reach("sync of the folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync")
        self._fsync(descriptor)

    def _renamed(self, path: Path, target: Path) -> Path:
        if blobs._DRAFTS in path.parts:
            self.reach("rename")
        return self._rename(path, target)


class _SickFile(io.FileIO):
    def __init__(self, disk: SickDisk, path: Path, mode: str) -> None:
        super().__init__(path, mode)
        self._disk, self._writes = disk, 0

    def write(self, data: Any) -> int:
        self._writes += 1
        try:
            self._disk.reach("first write" if self._writes == 1 else "later write")
        except OSError:
            super().write(data[: len(data) // 2])
            raise
        return super().write(data)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> SickDisk:
    return SickDisk(monkeypatch)


def _files(world: World) -> list[Path]:
    return sorted(path for path in (world.server.settings.folder / "blobs").rglob("*") if path.is_file())


def _listed(world: World) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = world.admin("GET", "/media").json()["media"]
    return listed


def _upload(world: World, content: bytes) -> dict[str, Any]:
    files = {"media": ("a.png", content, "image/png")}
    answer: dict[str, Any] = world.server.client.post("/media/upload", params={"access_token": world.token, "type": "image"}, files=files).json()
    return answer


def _content(world: World, media_id: str) -> bytes:
    return world.admin("GET", f"/media/{media_id}/content").content


@pytest.mark.parametrize("code", FAILURES, ids=errno.errorcode.get)
@pytest.mark.parametrize("step", STEPS)
def test_an_upload_that_the_disk_does_not_take_leaves_nothing(
    world: World, disk: SickDisk, step: str, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    kept = _upload(world, PNG + b"before")["media_id"]
    files, listed = _files(world), _listed(world)
    disk.fall_ill(step, code)

    for _ in range(2):
        assert _upload(world, LARGE) == {"errcode": -1, "errmsg": "系统繁忙"}
        assert _files(world) == files and _listed(world) == listed
    assert disk.failed == 2
    said = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(said) == 2 and all(FAILURES[code] in one.getMessage() and one.exc_info is None for one in said)
    disk.heal()
    answer = _upload(world, LARGE)
    assert answer["errcode"] == 0
    assert _content(world, answer["media_id"]) == LARGE
    assert _content(world, kept) == PNG + b"before"
    assert len(_files(world)) == len(files) + 1


@pytest.mark.parametrize("step", STEPS)
def test_our_own_interface_says_what_is_wrong(world: World, disk: SickDisk, step: str) -> None:
    disk.fall_ill(step, errno.ENOSPC)

    refused = world.admin("POST", "/media?kind=image&name=a.png", content=LARGE)
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "unavailable" and "free some space" in refused.json()["error"]["message"]
    assert _files(world) == [] and _listed(world) == []
    disk.heal()
    assert world.admin("POST", "/media?kind=image&name=a.png", content=LARGE).status_code == 201


@pytest.mark.parametrize("step", STEPS)
def test_the_console_says_it_on_the_page(desk: DeskWorld, disk: SickDisk, step: str) -> None:
    sender = desk.operator(Role.SENDER)
    disk.fall_ill(step, errno.EIO)

    refused = _by_hand(sender.http)
    assert refused.status_code == 503 and "nothing was kept" in refused.text
    assert _files(desk) == [] and _listed(desk) == []
    disk.heal()
    assert _by_hand(sender.http).status_code == 303


def _by_hand(http: httpx.Client) -> httpx.Response:
    files = {"file": ("a.png", LARGE, "image/png")}
    return http.post("/console/o/dingtest/media", files=files, headers={"sec-fetch-site": "same-origin", "accept-language": "en"})


@pytest.mark.parametrize("point", ["store.begin", "store.commit"])
def test_a_row_that_is_not_kept_takes_its_file_with_it(world: World, point: str) -> None:
    world.faults.plant(Fault(point))
    answer = _upload(world, LARGE)

    assert answer["errcode"] == -1
    assert _files(world) == [] and _listed(world) == []
    assert _upload(world, LARGE)["errcode"] == 0
    assert len(_files(world)) == 1
