"""Backups: taken beside a working server and without one, checked, and made into a data folder again."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from cli_server import ROOT, hongyan, running

from harness import SEND, World, serving
from hongyan.app import backup
from hongyan.app.backup import restore_backup, take_backup, verify_backup
from hongyan.app.manifest import BadBackup, Counts, KeptFile, Manifest, fingerprint, write_manifest
from hongyan.messages.library import load_media_txn
from hongyan.model.clock import SystemClock
from hongyan.model.ids import EpochMs

CLOCK = SystemClock()
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with serving(tmp_path / "data") as server:
        yield World(server)


def _upload(world: World, content: bytes = PNG) -> str:
    files = {"media": ("a.png", content, "image/png")}
    answer = world.server.client.post("/media/upload", params={"access_token": world.token, "type": "image"}, files=files).json()
    assert answer["errcode"] == 0, answer
    return answer["media_id"]


def _folder(world: World) -> Path:
    return world.server.settings.folder


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _seen(server: Any, world: World, userid: str) -> dict[str, str]:
    """Task → text of somebody's inbox."""
    headers = {"authorization": f"Bearer {server.engine.key.admin_token(1)}"}
    found: dict[str, str] = {}
    before = None
    while True:
        query = {"limit": 100} | ({"before": before} if before else {})
        page = server.client.get(f"/hongyan/v1/corps/{world.corp_id}/inboxes/{userid}", headers=headers, params=query).json()
        found |= {entry["task_id"]: json.dumps(entry, ensure_ascii=False) for entry in page["entries"]}
        before = page.get("next")
        if not before:
            return found


def test_what_was_sent_before_is_in_it_and_works_again(world: World, tmp_path: Path) -> None:
    media_id = _upload(world)
    world.observe_all_but()
    world.server.run(world.engine.captures.flush())
    tasks = [world.send_ok(userid_list=f"u{n % 12 + 1}", text_content=f"text {n}") for n in range(30)]
    assert len(set(tasks)) == 30

    taken = take_backup(_folder(world), tmp_path / "b", CLOCK)
    later = world.send_ok(text_content="later")

    assert verify_backup(tmp_path / "b") == taken.manifest
    assert (taken.manifest.counts.sends, taken.manifest.counts.people, taken.manifest.counts.media) == (30, 12, 1)
    restore_backup(tmp_path / "b", tmp_path / "back", CLOCK)
    with serving(tmp_path / "back") as server:
        found = {task for n in range(1, 13) for task in _seen(server, world, f"u{n}")}
        assert found == set(tasks)
        assert later not in found
        # The token of before still opens the door, and the picture is there.
        again = server.client.post(SEND, params={"access_token": world.token}, json=world.a_send(text_content="again")).json()
        assert again["errcode"] == 0
        media = server.run(server.engine.store.read(load_media_txn, world.corp, media_id))
        assert media and server.engine.blobs.get(world.corp, media.blob) == PNG


def test_a_used_uuid_stays_used(world: World, tmp_path: Path) -> None:
    body = world.a_send(uuid="once")
    assert world.post(SEND, body).json()["errcode"] == 0
    take_backup(_folder(world), tmp_path / "b", CLOCK)
    restore_backup(tmp_path / "b", tmp_path / "back", CLOCK)

    with serving(tmp_path / "back") as server:
        answer = server.client.post(SEND, params={"access_token": world.token}, json=body).json()
        assert answer["errcode"] != 0
        # The clock stands where it stood.
        assert server.engine.clock.now() == world.clock.now()


def test_taken_under_load_it_holds_every_send_that_was_accepted_before_it_began(world: World, tmp_path: Path) -> None:
    world.observe_all_but()
    accepted: list[str] = []
    stop = threading.Event()
    failures: list[object] = []

    def send() -> None:
        while not stop.is_set():
            answer = world.send(userid_list="u1", text_content=uuid.uuid4().hex)
            if answer["errcode"]:
                failures.append(answer)
                return
            accepted.append(answer["task_id"])
            if len(accepted) % 10 == 0:
                _upload(world, PNG + os.urandom(8))

    senders = [threading.Thread(target=send) for _ in range(4)]
    for one in senders:
        one.start()
    rounds: list[tuple[set[str], Path]] = []
    try:
        for n in range(3):
            while len(accepted) < 40 * (n + 1) and not failures:
                stop.wait(0.01)
            before = set(accepted)
            take_backup(_folder(world), tmp_path / f"b{n}", CLOCK)
            rounds.append((before, tmp_path / f"b{n}"))
    finally:
        stop.set()
        for one in senders:
            one.join()

    assert not failures
    for n, (before, taken) in enumerate(rounds):
        verify_backup(taken)
        restore_backup(taken, tmp_path / f"back{n}", CLOCK)
        assert _blobs_in(tmp_path / f"back{n}") == _blobs_named(tmp_path / f"back{n}" / "hongyan.db")
        with serving(tmp_path / f"back{n}") as server:
            assert before <= set(_seen(server, world, "u1")) <= set(accepted)


def _blobs_in(folder: Path) -> set[str]:
    return {path.name for path in (folder / "blobs").rglob("*") if path.is_file()}


def _blobs_named(store: Path) -> set[str]:
    connection = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return {row[0] for row in connection.execute("select blob from media")}
    finally:
        connection.close()


def test_media_deleted_while_the_store_is_copied_makes_it_copy_again(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = _upload(world)
    copy, rounds = backup.copy_compact, []

    def copy_while_media_come_and_go(source: Path, target: Path) -> None:
        short_lived = _upload(world, PNG + b"short") if not rounds else ""
        copy(source, target)
        if short_lived:
            assert world.admin("DELETE", f"/media/{short_lived}").status_code == 200
        rounds.append(source)

    monkeypatch.setattr(backup, "copy_compact", copy_while_media_come_and_go)
    taken = take_backup(_folder(world), tmp_path / "b", CLOCK, requests=False)

    assert len(rounds) == 2
    assert taken.manifest.counts.media == 1
    assert kept
    assert _blobs_in(tmp_path / "b") == _blobs_named(tmp_path / "b" / "hongyan.db")


def test_media_that_are_lost_are_not_passed_over_in_silence(world: World, tmp_path: Path) -> None:
    _upload(world)
    next(path for path in (_folder(world) / "blobs" / str(world.corp)).iterdir()).unlink()

    with pytest.raises(BadBackup, match="media"):
        take_backup(_folder(world), tmp_path / "b", CLOCK)
    assert _names(tmp_path) == ["data"]


# --- the command line, and folders of servers that do not run


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose server was killed: what it wrote last lies in the log beside the file."""
    folder = tmp_path_factory.mktemp("still") / "data"
    with running(folder, "demo", until="Serving") as server:
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    assert (folder / "hongyan.db-wal").stat().st_size
    return folder


def test_without_a_server_the_folder_stays_as_it_is(still: Path, tmp_path: Path) -> None:
    names = ("hongyan.db", "hongyan.db-wal", "server.key")
    before = [fingerprint(still / name) for name in names]

    answer = json.loads(hongyan("backup", str(tmp_path / "b"), "--data", str(still), "--json"))

    assert answer["organisations"] == 2
    assert answer["sends"] > 0
    assert answer["requests"]
    assert before == [fingerprint(still / name) for name in names]
    assert {"hongyan.db", "requests.db", "server.key", "demo.json", "manifest.json", "blobs"} == set(_names(tmp_path / "b"))
    assert json.loads(hongyan("backup", "verify", str(tmp_path / "b"), "--json"))["sends"] == answer["sends"]


def test_only_the_owner_can_read_it(still: Path, tmp_path: Path) -> None:
    take_backup(still, tmp_path / "b", CLOCK)

    assert (tmp_path / "b").stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "b").rglob("*") if path.is_file())


def test_the_log_of_calls_can_be_left_out(still: Path, tmp_path: Path) -> None:
    answer = json.loads(hongyan("backup", str(tmp_path / "b"), "--data", str(still), "--without-requests", "--json"))

    assert not answer["requests"]
    assert not (tmp_path / "b" / "requests.db").exists()


def test_nothing_is_replaced(still: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    hongyan("backup", str(tmp_path / "b"), "--data", str(still), code=1)
    hongyan("backup", str(tmp_path / "c"), "--data", str(tmp_path / "nothing"), code=1)

    assert _names(tmp_path / "b") == []
    assert not (tmp_path / "c").exists()


def test_the_newest_of_a_folder_of_backups_stay(still: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("not a backup")
    (tmp_path / "hongyan-mine").mkdir()
    made = [json.loads(hongyan("backup", "--keep", "2", str(tmp_path), "--data", str(still), "--json")) for _ in range(4)]

    assert sorted(_names(tmp_path)) == sorted(["note.txt", "hongyan-mine", *(Path(one["path"]).name for one in made[-2:])])
    assert [len(one["removed"]) for one in made] == [0, 0, 1, 1]
    verify_backup(Path(made[-1]["path"]))


def test_a_restored_folder_serves(still: Path, tmp_path: Path) -> None:
    take_backup(still, tmp_path / "b", CLOCK)
    (tmp_path / "back").mkdir()
    hongyan("restore", str(tmp_path / "b"), "--data", str(tmp_path / "back"))

    tasks = json.loads(hongyan("task", "list", "--data", str(tmp_path / "back"), "--corp", "dingdemo", "--json"))
    assert tasks["tasks"]


def test_a_folder_that_holds_something_is_not_restored_into(still: Path, tmp_path: Path) -> None:
    take_backup(still, tmp_path / "b", CLOCK)
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "letter").write_text("mine")
    hongyan("restore", str(tmp_path / "b"), "--data", str(tmp_path / "back"), code=1)

    assert _names(tmp_path / "back") == ["letter"]


# --- damage


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _spoil_store(folder: Path) -> None:
    _flip(folder / "hongyan.db")


def _spoil_media(folder: Path) -> None:
    _flip(next(path for path in (folder / "blobs").rglob("*") if path.is_file()))


def _lose_key(folder: Path) -> None:
    (folder / "server.key").unlink()


def _add_file(folder: Path) -> None:
    (folder / "blobs" / "new").write_text("")


def _lose_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def _cut_manifest(folder: Path) -> None:
    text = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").write_bytes(text[: len(text) // 2])


def _lead_out(folder: Path) -> None:
    text = (folder / "manifest.json").read_text().replace('"server.key"', '"../server.key"')
    (folder / "manifest.json").write_text(text)
    shutil.copy(folder / "server.key", folder.parent / "server.key")


@pytest.mark.parametrize("spoil", [_spoil_store, _spoil_media, _lose_key, _add_file, _lose_manifest, _cut_manifest, _lead_out])
def test_a_backup_that_is_not_as_it_was_made_is_refused(still: Path, tmp_path: Path, spoil: Any) -> None:
    take_backup(still, tmp_path / "b", CLOCK)
    spoil(tmp_path / "b")

    with pytest.raises(BadBackup):
        verify_backup(tmp_path / "b")
    with pytest.raises(BadBackup):
        restore_backup(tmp_path / "b", tmp_path / "back", CLOCK)
    assert not (tmp_path / "back").exists()
    assert not list(tmp_path.glob(".*"))


def test_a_backup_of_a_newer_schema_is_refused(still: Path, tmp_path: Path) -> None:
    taken = take_backup(still, tmp_path / "b", CLOCK)
    newer = taken.manifest.schema + 1
    path = tmp_path / "b" / "manifest.json"
    path.write_text(path.read_text().replace(f'"schema": {taken.manifest.schema}', f'"schema": {newer}'))

    with pytest.raises(BadBackup, match=f"schema {newer}.*newer"):
        restore_backup(tmp_path / "b", tmp_path / "back", CLOCK)


def test_a_backup_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    old = tmp_path / "b"
    old.mkdir()
    source = apsw.Connection(str(ROOT / "tests" / "files" / "schema1.db"), flags=apsw.SQLITE_OPEN_READONLY)
    source.execute("vacuum into ?", (str(old / "hongyan.db"),))
    source.close()
    files = (KeptFile("hongyan.db", *fingerprint(old / "hongyan.db")),)
    write_manifest(old, Manifest(1, "0.0.1", 1, EpochMs(1), requests=False, counts=Counts(0, 0, 0, 0), files=files))

    restore_backup(old, tmp_path / "back", CLOCK)

    assert _names(tmp_path / "back") == ["hongyan.db"]
    with serving(tmp_path / "back"):
        pass


# --- kills

_KILLED = """
import os, signal, sys
from pathlib import Path
from hongyan.app import backup, drafts
from hongyan.model.clock import SystemClock

point, source, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

if point == "copied":
    backup._named_media = die
elif point == "listed":
    backup.write_manifest = die
elif point == "synced":
    drafts.FolderDraft.keep = lambda self: (drafts.sync_tree(self.path), die())
elif point == "named":
    real = drafts.sync_folder
    drafts.sync_folder = lambda folder: die() if folder == target.parent else real(folder)
if sys.argv[4] == "take":
    backup.take_backup(source, target, SystemClock())
else:
    if point == "copied":
        backup._check_pages = die
    elif point == "listed":
        backup._migrate = die
    backup.restore_backup(source, target, SystemClock())
"""


def _run_killed(point: str, source: Path, target: Path, what: str) -> None:
    environ = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    ended = subprocess.run([sys.executable, "-c", _KILLED, point, str(source), str(target), what], env=environ, check=False)
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.parametrize("point", ["copied", "listed", "synced", "named"])
def test_killed_at_any_moment_there_is_a_whole_backup_or_none(still: Path, tmp_path: Path, point: str) -> None:
    _run_killed(point, still, tmp_path / "b", "take")

    if (tmp_path / "b").exists():
        assert point == "named"
        verify_backup(tmp_path / "b")
    take_backup(still, tmp_path / "again", CLOCK)
    verify_backup(tmp_path / "again")
    # What the dead one left is gone with the next backup there.
    assert not [name for name in _names(tmp_path) if name.startswith(".")]


@pytest.mark.parametrize("point", ["copied", "listed", "synced", "named"])
def test_killed_while_restoring_there_is_a_whole_folder_or_none(still: Path, tmp_path: Path, point: str) -> None:
    take_backup(still, tmp_path / "b", CLOCK)
    _run_killed(point, tmp_path / "b", tmp_path / "back", "restore")

    if not (tmp_path / "back").exists():
        restore_backup(tmp_path / "b", tmp_path / "back", CLOCK)
    assert set(_names(tmp_path / "back")) == {"hongyan.db", "requests.db", "server.key", "demo.json", "blobs"}
    assert not [name for name in _names(tmp_path) if name.startswith(".")] or point == "named"
