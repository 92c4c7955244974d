"""Events survive the death of the server: what was not answered is sent after the restart, under the same id."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec

from callback_receiver import AES_KEY, TOKEN, receiving

SOURCES = Path(__file__).parents[2] / "src"


class _Server:
    """`hongyan serve` in a process of its own, to be killed."""

    def __init__(self, folder: Path) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")} | {"PYTHONPATH": str(SOURCES)}
        command = [sys.executable, "-m", "hongyan", "serve", "--port", "0", "--data", str(folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environ)
        self._folder = folder
        self._announced = self._wait_announced()

    def _wait_announced(self) -> str:
        limit = time.monotonic() + 20
        while time.monotonic() < limit:
            try:
                found = msgspec.json.decode((self._folder / "server.json").read_bytes())
                if found["pid"] == self.process.pid:
                    return str(found["base_url"])
            except (OSError, msgspec.DecodeError):
                pass
            time.sleep(0.02)
        raise AssertionError("the server did not start")

    def call(self, method: str, path: str, body: Any = None) -> Any:
        from hongyan.access.keys import load_key
        from hongyan.app.files import KEY_FILE

        token = load_key(self._folder / KEY_FILE).admin_token(1)
        answer = httpx.request(method, f"{self._announced}/hongyan/v1{path}", headers={"authorization": f"Bearer {token}"}, json=body, timeout=20)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(10) is not None


def test_what_was_not_answered_is_sent_after_a_kill_with_the_same_id(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with receiving() as receiver:
        server = _Server(folder)
        server.call("POST", "/corps", {"corp_id": "acme", "name": "Acme"})
        server.call("POST", "/suites", {"name": "Suite", "suite_key": "suitekey"})
        server.call("PUT", "/suites/suitekey/callback", {"url": receiver.url, "token": TOKEN, "aes_key": AES_KEY})
        receiver.wait(lambda r: len(r.of("suite_ticket")) == 1)
        receiver.answering = lambda event: time.sleep(1.0) or 500  # the answer is under way when the server dies
        for agent_id in (901, 902, 903):
            server.call("POST", "/corps/acme/installations", {"app_key": "suitekey", "agent_id": agent_id})
        receiver.wait(lambda r: bool(r.of("org_suite_auth")))
        server.kill()
        receiver.answering = lambda event: None
        server = _Server(folder)
        try:
            receiver.wait(lambda r: len(r.of("org_suite_change")) == 2, 15)
            log = server.call("GET", "/suites/suitekey/callback/events")["events"]
        finally:
            server.stop()

        tries = [msgspec.json.decode(event["bizData"][0]["biz_data"])["eventId"] for event in receiver.of("org_suite_auth")]
        assert len(tries) >= 2 and len(set(tries)) == 1
        assert [one["kind"] for one in log] == ["org_suite_change", "org_suite_change", "org_suite_auth", "suite_ticket"]
        assert not receiver.problems
