"""The server under measurement, in a process of its own, and what asks it."""

import contextlib
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw

from bench.machine import ROOT

SEND = "/topapi/message/mass/send"
WORK = "/topapi/message/corpconversation"
CONTROL = "/hongyan/v1"
IDLE_S = 30  # the server closes a connection that was silent for a little longer
Request = tuple[str, str]


class Subject:
    """`options` are those of `bench/serve.py`: office, open."""

    def __init__(self, folder: Path, people: int, *options: str) -> None:
        self.folder, self.people = folder, people
        command = [sys.executable, "-m", "bench.serve", str(folder), str(people), *options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the server under measurement did not start; its reason stands above")
        self.facts: dict[str, Any] = json.loads(line)
        self._serial = time.time_ns() // 1000  # a kept folder knows the serials of earlier runs
        self._connection = http.client.HTTPConnection("127.0.0.1", self.facts["port"], timeout=600)
        self._used_at = time.perf_counter()

    def close(self) -> None:
        self._connection.close()
        self._process.communicate("", timeout=60)

    # --- requests, never the same twice, of about 1 kB

    def mass(self, **changes: Any) -> Request:
        self._serial += 1
        text = f"message {self._serial} " + "x" * 700
        body = {"unionid": self.facts["unionid"], "is_to_all": False, "msg_type": "text", "text_content": text, "uuid": f"bench-{self._serial}"}
        return f"{SEND}?access_token={self.facts['token']}", json.dumps(body | changes)

    def to_one(self) -> Request:
        return self.mass(userid_list=f"u{self._serial * 7919 % self.people}")

    def to(self, people: int) -> Request:
        """Everyone when there are no more, else by name."""
        if people >= self.people:
            return self.mass(is_to_all=True)
        first = self._serial * 7919
        return self.mass(userid_list=",".join(f"u{(first + n) % self.people}" for n in range(people)))

    def work(self, name: str) -> str:
        return f"{WORK}/{name}?access_token={self.facts['suite_token']}"

    def by_template(self, people: int) -> Request:
        self._serial += 1
        first = self._serial * 7919
        userids = ",".join(f"u{(first + n) % self.people}" for n in range(people))
        data = {"name": f"message {self._serial} " + "x" * 700}
        body = {"agent_id": self.facts["agent"], "template_id": self.facts["template"], "userid_list": userids, "data": data}
        return self.work("sendbytemplate"), json.dumps(body)

    # --- asking

    def call(self, method: str, path: str, body: str | bytes | None = None) -> tuple[float, bytes]:
        """Milliseconds from request to answer, and the answer."""
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.facts['admin']}"}
        if time.perf_counter() - self._used_at > IDLE_S:
            self._connection.close()
            self._connection.connect()
        begin = time.perf_counter()
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse().read()
        self._used_at = time.perf_counter()
        return (self._used_at - begin) * 1000, answer

    def send(self, request: Request) -> tuple[float, dict[str, Any]]:
        """Milliseconds until it was durable, and the answer of an accepted send."""
        milliseconds, answer = self.call("POST", *request)
        said = json.loads(answer)
        assert said["errcode"] == 0, said
        return milliseconds, said

    def load(self, requests: list[Request], clients: int) -> dict[str, float]:
        plan = json.dumps({"port": self.facts["port"], "clients": clients, "requests": requests})
        done = subprocess.run([sys.executable, "-m", "bench.load"], input=plan, capture_output=True, text=True, check=True, timeout=300, cwd=ROOT)
        measured: dict[str, float] = json.loads(done.stdout)
        assert measured["refused"] == 0, done.stderr
        return measured

    # --- the file

    def size(self) -> int:
        """Bytes in use in the store, whether they lie in its file or still in its log."""
        reader = apsw.Connection(str(self.folder / "hongyan.db"), flags=apsw.SQLITE_OPEN_READONLY)
        pages: int = reader.pragma("page_count") - reader.pragma("freelist_count")
        size: int = pages * reader.pragma("page_size")
        reader.close()
        return size

    def written(self) -> int:
        """Bytes that the server's process wrote so far."""
        fields = dict(line.split(": ") for line in Path(f"/proc/{self._process.pid}/io").read_text().splitlines())
        return int(fields["wchar"])


@contextlib.contextmanager
def subject(folder: Path, people: int, *options: str) -> Iterator[Subject]:
    """A server that has answered some sends already."""
    served = Subject(folder, people, *options)
    try:
        for _ in range(50):
            served.send(served.to_one())
        yield served
    finally:
        served.close()
