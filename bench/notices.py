"""Measures work notifications beside their anchors, interleaved in one run, and adds them to `bench/results/latest.json`.

    bench/run --notices              about a minute
    bench/run --notices --rounds 7   more rounds

Template sends beside an endpoint that does nothing; the result of a task of 5000 people; the inbox page of somebody with a month of
notices beside one read by index of the same rows. Every figure is minimum, median and maximum over the rounds.
"""

import argparse
import http.client
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import apsw

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "latest.json"
BASE = "/topapi/message/corpconversation"
PEOPLE, CLIENTS = 20_000, 64
SENDS, NOTHINGS = 4_000, 12_000
LARGE_TASK = 5_000
LOOKS = 30  # single calls whose median is one round's figure
PAGE = 50


class Office:
    """The server under measurement with an approved template, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, str(HERE / "serve.py"), str(folder), str(PEOPLE), "notices"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.facts: dict[str, Any] = json.loads(self._process.stdout.readline())
        self._serial = 0
        self._connection = http.client.HTTPConnection("127.0.0.1", self.facts["port"])

    def close(self) -> None:
        self._process.communicate("", timeout=30)

    def path(self, name: str) -> str:
        return f"{BASE}/{name}?access_token={self.facts['suite_token']}"

    def by_template(self, people: int) -> tuple[str, str]:
        """A path and a body of about 1 kB, never the same twice."""
        self._serial += 1
        first = self._serial * 7919
        userids = ",".join(f"u{(first + n) % PEOPLE}" for n in range(people))
        data = {"name": f"message {self._serial} " + "x" * 700}
        body = {"agent_id": self.facts["agent"], "template_id": self.facts["template"], "userid_list": userids, "data": data}
        return self.path("sendbytemplate"), json.dumps(body)

    def call(self, method: str, path: str, body: str | None = None) -> tuple[float, Any]:
        """Milliseconds from request to answer, and the answer."""
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.facts['admin']}"}
        begin = time.perf_counter()
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse().read()
        return (time.perf_counter() - begin) * 1000, json.loads(answer)

    def load(self, requests: list[tuple[str, str]]) -> dict[str, float]:
        plan = json.dumps({"port": self.facts["port"], "clients": CLIENTS, "requests": requests})
        done = subprocess.run([sys.executable, str(HERE / "load.py")], input=plan, capture_output=True, text=True, check=True, timeout=120)
        measured = json.loads(done.stdout)
        assert measured["refused"] == 0, done.stderr
        return measured


def spread(values: list[float]) -> dict[str, float]:
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def measure_sends(office: Office, rounds: int) -> dict[str, Any]:
    """64 clients, durable, every rule on; to one user and to five, and the endpoint that does nothing, in turn."""
    seen: dict[str, list[dict[str, float]]] = {"nothing": [], "one": [], "five": []}
    for _ in range(rounds):
        seen["nothing"].append(office.load([("/nothing", office.by_template(1)[1]) for _ in range(NOTHINGS)]))
        seen["one"].append(office.load([office.by_template(1) for _ in range(SENDS)]))
        seen["five"].append(office.load([office.by_template(5) for _ in range(SENDS)]))
    figures: dict[str, Any] = {"the endpoint that does nothing, requests a second": spread([one["per_second"] for one in seen["nothing"]])}
    for name in ("one", "five"):
        pairs = zip(seen[name], seen["nothing"], strict=True)
        figures |= {
            f"to {name}, sends a second": spread([one["per_second"] for one in seen[name]]),
            f"to {name}, ratio": spread([sends["per_second"] / nothing["per_second"] for sends, nothing in pairs]),
            f"to {name}, p50, ms": spread([one["p50_ms"] for one in seen[name]]),
            f"to {name}, p99, ms": spread([one["p99_ms"] for one in seen[name]]),
        }
    return figures


def send_to_many(office: Office) -> str:
    """A notice to 5000 users by name; returns the body that asks for its result."""
    _ms, answer = office.call("POST", *office.by_template(LARGE_TASK))
    assert answer["errcode"] == 0, answer
    return json.dumps({"agent_id": office.facts["agent"], "task_id": answer["task_id"]})


def result_of_many(office: Office, body: str) -> float:
    took: list[float] = []
    for _ in range(LOOKS):
        milliseconds, answer = office.call("POST", office.path("getsendresult"), body)
        assert len(answer["send_result"]["unread_user_id_list"]) == LARGE_TASK, answer
        took.append(milliseconds)
    return statistics.median(took)


class Reader:
    """The inbox of the one person who got 200 notices a day for 30 days, and the same rows read plainly."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._rows = apsw.Connection(str(office.folder / "hongyan.db"), flags=apsw.SQLITE_OPEN_READONLY)
        self._key = (1, office.facts["reader_ord"], office.facts["sender"])

    def close(self) -> None:
        self._rows.close()

    def page(self) -> float:
        """Milliseconds of the newest page over HTTP."""
        path = f"/hongyan/v1/corps/{self._office.facts['corp']}/inboxes/{self._office.facts['reader']}?limit={PAGE}"
        took: list[float] = []
        for _ in range(LOOKS):
            milliseconds, answer = self._office.call("GET", path)
            assert len(answer["entries"]) == PAGE, answer
            took.append(milliseconds)
        return statistics.median(took)

    def nothing(self) -> float:
        """Milliseconds of a request that does nothing, on the same connection."""
        return statistics.median(self._office.call("POST", "/nothing", "{}")[0] for _ in range(LOOKS))

    def indexed(self) -> float:
        """Milliseconds of one read of the page's rows and their tasks by their keys, in this process."""
        query = """select t.content from inbox i join task t on t.corp = i.corp and t.seq = i.seq
        where i.corp = ? and i.ord = ? and i.sender = ? order by i.seq desc limit ?"""
        took: list[float] = []
        for _ in range(LOOKS):
            begin = time.perf_counter()
            found = self._rows.execute(query, (*self._key, PAGE)).fetchall()
            took.append((time.perf_counter() - begin) * 1000)
            assert len(found) == PAGE
        return statistics.median(took)


def measure_reads(office: Office, rounds: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The result of a large task, and an inbox page, each round one after the other."""
    body, reader = send_to_many(office), Reader(office)
    results, pages, plain, nothing = [], [], [], []
    for _ in range(rounds):
        results.append(result_of_many(office, body))
        pages.append(reader.page())
        nothing.append(reader.nothing())
        plain.append(reader.indexed())
    reader.close()
    inbox = {
        f"a page of {PAGE} over HTTP, ms": spread(pages),
        "a request that does nothing, ms": spread(nothing),
        "one read of the same rows by index, ms": spread(plain),
        "ratio, (page - nothing) / indexed read": spread([(page - idle) / read for page, idle, read in zip(pages, nothing, plain, strict=True)]),
        "notices in the inbox": office.facts["notices"],
    }
    return {f"getsendresult of {LARGE_TASK} people, ms": spread(results)}, inbox


def show(title: str, figures: dict[str, Any]) -> None:
    print(f"\n{title}")
    for name, value in figures.items():
        text = "  ".join(f"{part} {number:,.2f}" for part, number in value.items()) if isinstance(value, dict) else f"{value:,}"
        print(f"  {name:<52} {text}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    folder = Path(tempfile.mkdtemp(prefix="hongyan-bench-", dir=HERE.parent))
    office = Office(folder / "data")
    try:
        office.load([office.by_template(1) for _ in range(500)])  # warm
        sends = measure_sends(office, rounds)
        result, inbox = measure_reads(office, rounds)
    finally:
        office.close()
        shutil.rmtree(folder)
    show("64 clients sending a template", sends)
    show("The result of a large task", result)
    show("The inbox of a person with a month of notices", inbox)
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept["notices"] = {"rounds": rounds, "template send": sends, "result": result, "inbox": inbox}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    main()
