"""From the start of the process to its first answer, and what it holds in memory when idle; beside an empty application and Python alone.

Each server is killed, so that the next start finds what a kill leaves in the log.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import apsw

from bench.figures import Anchor, Figure, Goal, beside
from bench.machine import ROOT, resident_mib
from bench.scale import Run
from bench.subject import Subject

GROUP = "start"
SECOND, MEMORY = Goal("at most", 1, "ours"), Goal("at most", 80, "ours")
PEOPLE = 1_000
STEP_MS = 30 * 86_400_000
_PATH = "/gettoken?appkey=unknown&appsecret=unknown"  # an answer for which the store must be open


def measure(run: Run) -> list[Figure]:
    scale = run.scale
    full = filled(run)
    python, nothing = [sys.executable, "-c", "pass"], "an empty application on the same server"
    seen: dict[str, list[tuple[float, float]]] = {"python": [], nothing: [], "empty": [], "full": []}
    for number in range(scale.rounds):
        seen["python"].append((_run(python), 0.0))
        port = _free_port()
        seen[nothing].append(_started([sys.executable, "-m", "bench.empty_app", str(port)], port, scale.idle_s))
        for name, folder in (("empty", run.folder / f"empty-{number}"), ("full", full)):
            port = _free_port()
            seen[name].append(_started([sys.executable, "-m", "hongyan", "serve", "--data", str(folder), "--port", str(port)], port, scale.idle_s))
    names = {"empty": "an empty folder", "full": f"{scale.sends_on_file:,} sends on file"}
    figures = [_time(names[name], seen[name], Anchor(nothing, [took for took, _ in seen[nothing]])) for name in names]
    figures.append(_time(names["empty"], seen["empty"], Anchor("python -c pass", [took for took, _ in seen["python"]]), goal=None))
    memory = Anchor(nothing, [mib for _, mib in seen[nothing]])
    return figures + [beside(GROUP, f"idle memory, {names[name]}", "MiB", [mib for _, mib in seen[name]], memory, goal=MEMORY) for name in names]


def _time(name: str, took: list[tuple[float, float]], anchor: Anchor, goal: Goal | None = SECOND) -> Figure:
    return beside(GROUP, f"first answer, {name}", "s", [seconds for seconds, _ in took], anchor, goal=goal)


def _run(command: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - begin


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def _started(command: list[str], port: int, idle_s: float) -> tuple[float, float]:
    """Seconds to the first answer, and MiB in memory a moment later."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT, env=os.environ | {"HONGYAN_LOG_LEVEL": "error"})
    try:
        _answered(process, port)
        seconds = time.perf_counter() - begin
        time.sleep(idle_s)
        return seconds, resident_mib(process.pid)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)


def _answered(process: "subprocess.Popen[bytes]", port: int) -> None:
    while process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", _PATH)
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.002)
        finally:
            connection.close()
    raise RuntimeError(f"a server ended before it answered: {process.args}")


def filled(run: Run) -> Path:
    """A data folder with so many sends; made when it is not there, by copying the rows of one real send at a pace that spreads them over a month."""
    sends = run.scale.sends_on_file
    folder = run.kept / f"sends-{sends}"
    stamp = folder / "bench-complete"
    if stamp.exists():
        return folder
    print(f"writing a file of {sends:,} sends, once", flush=True)
    for old in folder.glob("*"):
        if old.is_file():
            old.unlink()
    served = Subject(folder, PEOPLE)
    served.send(served.to_one())
    served.close()
    _copy_rows(folder / "hongyan.db", sends)
    stamp.write_text(json.dumps({"sends": sends}))
    return folder


def _copy_rows(path: Path, sends: int) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("pragma synchronous = off")
    newest = connection.execute("select max(seq) from task").get
    changed = {"seq": "s.seq - n.value * :step", "uuid": "'bench' || n.value", "day": "s.day - n.value * 30 / :sends"}
    numbers = "with recursive n(value) as (select 1 union all select value + 1 from n where value < :sends)"
    with connection:
        for table in ("task", "inbox"):
            columns = [name for (name,) in connection.execute("select name from pragma_table_info(?)", (table,))]
            taken = ", ".join(changed.get(one, f"s.{one}") for one in columns)
            query = (
                f"{numbers} insert into {table}({', '.join(columns)}) select {taken} from (select * from {table} where seq = :newest limit 1) s, n"
            )
            connection.execute(query, {"step": STEP_MS // sends << 12, "sends": sends, "newest": newest})
    connection.close()
