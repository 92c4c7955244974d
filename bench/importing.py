"""An organisation's people from a table, over HTTP and with every check, beside parsing the same table and inserting it plainly."""

import csv
import io
import json
import time
from pathlib import Path

import apsw

from bench.figures import Anchor, Figure, beside
from bench.scale import Run
from bench.subject import CONTROL, Subject, subject

GROUP = "import"
SETTINGS = ("page_size = 4096", "journal_mode = wal", "synchronous = full", "wal_autocheckpoint = 0", "cache_size = -65536")
_STEPS = (
    "create table if not exists person(corp integer, userid text, name text, mobile text, title text, primary key (corp, userid)) without rowid",
    "insert into person values (?, ?, ?, ?, ?)",
)


def measure(run: Run) -> list[Figure]:
    scale = run.scale
    rounds = scale.rounds if scale.imported <= scale.people else scale.large_rounds
    table = _table(scale.imported)
    with subject(run.folder / "import", min(1_000, scale.people)) as served:
        took = [(_import(served, f"dingimport{n}", table, scale.imported), _insert(run.folder / "import.db", n, table)) for n in range(rounds)]
    anchor = Anchor("csv parsing + one plain insert for each", [plain for _, plain in took])
    return [beside(GROUP, f"import of {scale.imported:,} people", "s", [ours for ours, _ in took], anchor)]


def _table(people: int) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("userid", "name", "mobile", "title"))
    writer.writerows((f"u{n}", f"person {n}", f"139{n:08}", "engineer") for n in range(people))
    return text.getvalue().encode()


def _import(served: Subject, corp: str, table: bytes, people: int) -> float:
    milliseconds, answer = served.call("POST", f"{CONTROL}/corps/{corp}/import?format=csv", table)
    last = json.loads(answer.splitlines()[-1])
    assert last.get("report"), last
    _, found = served.call("GET", f"{CONTROL}/corps/{corp}/inboxes/u{people - 1}")
    assert b"entries" in found, found
    return milliseconds / 1000


def _insert(path: Path, corp: int, table: bytes) -> float:
    """Seconds until they were durable."""
    connection = apsw.Connection(str(path))
    for one in SETTINGS:
        connection.execute(f"pragma {one}")
    begin = time.perf_counter()
    reader = csv.reader(io.StringIO(table.decode(), newline=""))
    next(reader)
    connection.execute("begin immediate")
    connection.execute(_STEPS[0])
    connection.executemany(_STEPS[1], ((corp, *row) for row in reader))
    connection.execute("commit")
    seconds = time.perf_counter() - begin
    connection.close()
    return seconds
