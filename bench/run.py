"""Measures a mass send beside its anchors, interleaved in one run, and writes `bench/results/latest.json`.

    bench/run              about a minute and a half
    bench/run --rounds 7   more rounds

Ratios are what counts; the machine's absolute times drift. Every figure is minimum, median and maximum over the rounds.
"""

import argparse
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import apsw

from rows import RowPerRecipient

HERE = Path(__file__).parent
SEND = "/topapi/message/mass/send"
PEOPLE = 100_000
CLIENTS = 64
BROAD_SENDS = 20


class Subject:
    """The server under measurement, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, str(HERE / "serve.py"), str(folder), str(PEOPLE)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.facts: dict[str, Any] = json.loads(self._process.stdout.readline())
        self._serial = 0
        self.connection = http.client.HTTPConnection("127.0.0.1", self.facts["port"])

    def close(self) -> None:
        self._process.communicate("", timeout=30)

    def request(self, **changes: Any) -> tuple[str, str]:
        """A path and a body of about 1 kB, never the same twice."""
        self._serial += 1
        text = f"message {self._serial} " + "x" * 700
        body = {"unionid": self.facts["unionid"], "is_to_all": False, "msg_type": "text", "text_content": text, "uuid": f"bench-{self._serial}"}
        return f"{SEND}?access_token={self.facts['token']}", json.dumps(body | changes)

    def to_one(self) -> tuple[str, str]:
        return self.request(userid_list=f"u{self._serial * 7919 % PEOPLE}")

    def post(self, path: str, body: str) -> tuple[float, bytes]:
        begin = time.perf_counter()
        self.connection.request("POST", path, body, {"content-type": "application/json"})
        answer = self.connection.getresponse().read()
        return time.perf_counter() - begin, answer

    def load(self, requests: list[tuple[str, str]]) -> dict[str, float]:
        plan = json.dumps({"port": self.facts["port"], "clients": CLIENTS, "requests": requests})
        done = subprocess.run([sys.executable, str(HERE / "load.py")], input=plan, capture_output=True, text=True, check=True, timeout=120)
        measured = json.loads(done.stdout)
        assert measured["refused"] == 0, done.stderr
        return measured

    def size(self) -> int:
        """Bytes in use in the store, whether they lie in its file or still in its log."""
        reader = apsw.Connection(str(self.folder / "hongyan.db"), flags=apsw.SQLITE_OPEN_READONLY)
        pages = reader.pragma("page_count") - reader.pragma("freelist_count")
        size = pages * reader.pragma("page_size")
        reader.close()
        return size


def disk_floor(folder: Path) -> float:
    """Seconds that writing a page and syncing it takes."""
    took: list[float] = []
    descriptor = os.open(folder / "floor", os.O_WRONLY | os.O_CREAT)
    for _ in range(50):
        begin = time.perf_counter()
        os.write(descriptor, b"\0" * 4096)
        os.fdatasync(descriptor)
        took.append(time.perf_counter() - begin)
    os.close(descriptor)
    return statistics.median(took)


def spread(values: list[float]) -> dict[str, float]:
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def measure_broad(subject: Subject, plain: RowPerRecipient, rounds: int) -> dict[str, Any]:
    """Everyone in a company of 100,000: request to answer, and bytes for each recipient, beside a row for each."""
    ours, theirs, looks = [], [], []
    before, plain_before = subject.size(), plain.size()
    for _ in range(rounds):
        times = [subject.post(*subject.request(is_to_all=True)) for _ in range(BROAD_SENDS)]
        assert all(b'"errcode":0' in answer for _, answer in times), times[0][1]
        ours.append(statistics.median(seconds for seconds, _ in times))
        looks.append(first_look(subject))
        theirs.append(plain.send(f"{len(theirs)}" + "x" * 700, PEOPLE))
    sends = rounds * BROAD_SENDS
    bytes_ours = (subject.size() - before) / sends / PEOPLE
    bytes_theirs = (plain.size() - plain_before) / rounds / PEOPLE
    return {
        "send to 100,000, ms": spread([seconds * 1000 for seconds in ours]),
        "rows for each recipient, ms": spread([seconds * 1000 for seconds in theirs]),
        "time ratio, rows / ours": spread([plain_s / our_s for plain_s, our_s in zip(theirs, ours, strict=True)]),
        "bytes for each recipient": bytes_ours,
        "bytes for each recipient, rows": bytes_theirs,
        "bytes ratio, rows / ours": bytes_theirs / bytes_ours,
        "the first look at an inbox after it, ms": spread([seconds * 1000 for seconds in looks]),
    }


def first_look(subject: Subject) -> float:
    begin = time.perf_counter()
    path = f"/hongyan/v1/corps/{subject.facts['corp']}/inboxes/u77777?limit=20"
    subject.connection.request("GET", path, headers={"authorization": f"Bearer {subject.facts['admin']}"})
    answer = subject.connection.getresponse().read()
    assert b"message" in answer
    return time.perf_counter() - begin


def measure_narrow(subject: Subject, rounds: int) -> dict[str, Any]:
    """64 clients, each sending to one person at a time, durable, every check on; beside an endpoint that does nothing."""
    ours, floor, p50, p99, floor_p99 = [], [], [], [], []
    for _ in range(rounds):
        nothing = subject.load([("/nothing", subject.to_one()[1]) for _ in range(12_000)])
        sends = subject.load([subject.to_one() for _ in range(6_000)])
        ours.append(sends["per_second"])
        floor.append(nothing["per_second"])
        p50.append(sends["p50_ms"])
        p99.append(sends["p99_ms"])
        floor_p99.append(nothing["p99_ms"])
    return {
        "sends a second": spread(ours),
        "the endpoint that does nothing, requests a second": spread(floor),
        "ratio": spread([one / other for one, other in zip(ours, floor, strict=True)]),
        "p50, ms": spread(p50),
        "p99, ms": spread(p99),
        "p99 of nothing, ms": spread(floor_p99),
    }


def show(title: str, figures: dict[str, Any]) -> None:
    print(f"\n{title}")
    for name, value in figures.items():
        text = "  ".join(f"{part} {number:,.2f}" for part, number in value.items()) if isinstance(value, dict) else f"{value:,.3f}"
        print(f"  {name:<52} {text}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    folder = Path(tempfile.mkdtemp(prefix="hongyan-bench-", dir=HERE.parent))
    subject = Subject(folder / "data")
    try:
        results: dict[str, Any] = {"rounds": rounds, "disk floor before, ms": disk_floor(folder) * 1000}
        subject.load([subject.to_one() for _ in range(500)])  # warm
        results["narrow"] = measure_narrow(subject, rounds)
        results["broad"] = measure_broad(subject, RowPerRecipient(folder / "rows.db"), rounds)
        results["disk floor after, ms"] = disk_floor(folder) * 1000
    finally:
        subject.close()
        shutil.rmtree(folder)
    show("A send to everyone in a company of 100,000", results["broad"])
    show("64 clients sending to one person each", results["narrow"])
    print(f"\nwrite + fdatasync of one page: {results['disk floor before, ms']:.2f} ms before, {results['disk floor after, ms']:.2f} ms after")
    path = HERE / "results" / "latest.json"
    path.parent.mkdir(exist_ok=True)
    kept = json.loads(path.read_text()) if path.exists() else {}  # what `--notices` measured stays
    path.write_text(json.dumps(kept | results, indent=2) + "\n")


if __name__ == "__main__":
    main()
