"""What each part of a mass send's way costs: processor time of the server for one request, in turn over several rounds.

    bench/run --cost                          about a minute
    bench/run --cost --rounds 7 --beside SRC  beside another source tree of the same program, to compare two versions

Processor time, and not time on the clock: it does not move when something else runs beside. Each kind of request goes one step further
than the one above it, so that the difference between two rows is the cost of a step. `others` is what the server's other threads use:
the commit, the log of calls.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEND = "/topapi/message/mass/send"
PEOPLE, CLIENTS, REQUESTS = 20_000, 64, 4_000

Request = tuple[str, str]


class Server:
    """The server under measurement, in a process of its own, of the source tree that is named."""

    def __init__(self, folder: Path, source: Path | None, people: int = PEOPLE) -> None:
        self._people = people
        command = [sys.executable, "-m", "bench.serve", str(folder), str(people)]
        environment = os.environ | ({"PYTHONPATH": str(source)} if source else {})
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=HERE.parent)
        assert self._process.stdout is not None
        self.facts: dict[str, Any] = json.loads(self._process.stdout.readline())
        self._serial = 0

    def close(self) -> None:
        self._process.communicate("", timeout=30)

    def cpu_seconds(self) -> tuple[float, float]:
        """Used so far: by the event loop, and by all other threads."""
        loop, others = 0.0, 0.0
        for task in Path(f"/proc/{self._process.pid}/task").iterdir():
            seconds = int((task / "schedstat").read_text().split()[0]) / 1e9
            if int(task.name) == self._process.pid:
                loop = seconds
            else:
                others += seconds
        return loop, others

    def request(self, *, token: str = "", path: str = SEND, **changes: Any) -> Request:
        """A path and a body of about 1 kB, never the same twice."""
        self._serial += 1
        body = {
            "unionid": self.facts["unionid"],
            "is_to_all": False,
            "msg_type": "text",
            "text_content": f"message {self._serial} " + "x" * 700,
            "uuid": f"cost-{self._serial}",
            "userid_list": f"u{self._serial * 7919 % self._people}",
        }
        return f"{path}?access_token={token or self.facts['token']}", json.dumps(body | changes)

    def cost(self, kind: Callable[["Server"], Request], requests: int) -> tuple[float, float]:
        """Microseconds of processor time for one request: the event loop's, and the other threads'."""
        plan = json.dumps({"port": self.facts["port"], "clients": CLIENTS, "requests": [kind(self) for _ in range(requests)]})
        before = self.cpu_seconds()
        load = [sys.executable, "-m", "bench.load"]
        subprocess.run(load, input=plan, capture_output=True, text=True, check=True, timeout=300, cwd=HERE.parent)
        after = self.cpu_seconds()
        return (after[0] - before[0]) / requests * 1e6, (after[1] - before[1]) / requests * 1e6


# In the order in which the way goes on.
KINDS: dict[str, Callable[[Server], Request]] = {
    "nothing: the endpoint that answers at once": lambda server: server.request(path="/nothing"),
    "an unknown path": lambda server: server.request(path="/topapi/nothing"),
    "a wrong token": lambda server: server.request(token="wrong"),
    "an unknown account: decoded": lambda server: server.request(unionid=""),
    "nobody addressed: all but the transaction": lambda server: server.request(userid_list="", dep_id_list=[999_999]),
    "a uuid used before: a transaction that writes nothing": lambda server: server.request(uuid="cost-warm"),
    "a durable send to one person": lambda server: server.request(),
}


def spread(values: list[float]) -> dict[str, float]:
    return {"min": round(min(values), 1), "median": round(statistics.median(values), 1), "max": round(max(values), 1)}


Taken = dict[str, list[tuple[float, float]]]  # by kind: what the event loop and the other threads took in each round


def rounds_of(servers: dict[str, Server], rounds: int, requests: int = REQUESTS, kinds: tuple[str, ...] = tuple(KINDS)) -> dict[str, Taken]:
    """By server and kind, in turn. The servers are closed afterwards."""
    seen: dict[str, Taken] = {name: {kind: [] for kind in kinds} for name in servers}
    try:
        for server in servers.values():
            server.cost(lambda server: server.request(), requests)
            server.cost(lambda server: server.request(uuid="cost-warm"), 1)
        for _ in range(rounds):
            for kind in kinds:
                for name, server in servers.items():
                    seen[name][kind].append(server.cost(KINDS[kind], requests))
    finally:
        for server in servers.values():
            server.close()
    return seen


def _figures(took: list[tuple[float, float]]) -> dict[str, Any]:
    return {
        "loop, µs": spread([loop for loop, _ in took]),
        "others, µs": spread([others for _, others in took]),
        "together, µs": spread([loop + others for loop, others in took]),
    }


def show(name: str, kinds: dict[str, Any]) -> None:
    floor = next(iter(kinds.values()))["together, µs"]["median"]
    print(f"\n{name or 'processor time of a request'}: µs, median of the rounds\n  {'':<56}{'loop':>8}{'others':>8}{'all':>8}   × nothing")
    for kind, figures in kinds.items():
        loop, others, both = (figures[part]["median"] for part in ("loop, µs", "others, µs", "together, µs"))
        print(f"  {kind:<56}{loop:8.1f}{others:8.1f}{both:8.1f}   {both / floor:.2f}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--beside", type=Path, help="the src folder of another version")
    asked = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hongyan-bench-", dir=HERE.parent))
    servers: dict[str, Server] = {}
    try:
        if asked.beside:
            servers[str(asked.beside)] = Server(folder / "beside", asked.beside)
        servers[""] = Server(folder / "data", None)
        seen = rounds_of(servers, asked.rounds)
    finally:
        shutil.rmtree(folder)
    measured = {name: {kind: _figures(took) for kind, took in kinds.items()} for name, kinds in seen.items()}
    for name, kinds in measured.items():
        show("the other version" if name else "", kinds)


if __name__ == "__main__":
    main()
