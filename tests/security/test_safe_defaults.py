"""What a server does that nobody configured, and what it says when it is configured dangerously."""

import json
import logging
import re
import stat
from pathlib import Path

import httpx
import pytest

from cli.cli_server import running
from harness import serving
from hongyan.access.operators import any_operator_txn
from hongyan.app.server import warn_of
from hongyan.app.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]


def test_only_this_machine_reaches_a_server_that_was_told_nothing() -> None:
    settings = load_settings({}, environ={})

    assert (settings.host, settings.sandbox) == ("127.0.0.1", False)


def test_there_is_no_operator_no_password_and_no_app_at_first(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        assert not server.run(server.engine.store.read(any_operator_txn))
        headers = {"authorization": f"Bearer {server.engine.key.admin_token(1)}"}
        assert server.client.get("/hongyan/v1/corps", headers=headers).json() == {"corps": []}
        for name in ("admin", "root", "demo", "hongyan"):
            answer = server.client.post("/console/sign-in", data={"name": name, "password": name * 3}, headers={"sec-fetch-site": "same-origin"})
            assert answer.status_code == 401


def test_keys_differ_from_server_to_server(tmp_path: Path) -> None:
    tokens: set[str] = set()
    for name in "ab":
        with serving(tmp_path / name) as server:
            tokens.add(server.engine.key.admin_token(1))
            assert (tmp_path / name / "server.key").stat().st_size == 32
    assert len(tokens) == 2


def test_a_server_makes_files_for_nobody_else_and_keeps_demo_and_sandbox_out(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)  # made by somebody who did not think of it
    with running(folder, "serve", until="Ctrl-C") as found:
        server = json.loads((folder / "server.json").read_bytes())
        token = _admin_token(folder)
        headers = {"authorization": f"Bearer {token}"}
        assert server["base_url"].startswith("http://127.0.0.1:")
        with httpx.Client(base_url=server["base_url"], headers=headers) as http:
            assert http.get("/hongyan/v1/sandbox/clock").status_code == 404
            assert http.get("/hongyan/v1/server").json()["sandbox"] is False
            assert http.get("/gettoken", params={"appkey": "k", "appsecret": "s"}).json()["errcode"] == 40096
            made = http.post("/hongyan/v1/corps", json={"corp_id": "acme", "name": "Acme"})
            assert made.status_code == 201, made.text
        assert not (folder / "demo.json").exists()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    assert len(modes) >= 4
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}, found.output


def test_a_folder_that_the_server_makes_is_closed_to_others(tmp_path: Path) -> None:
    with serving(tmp_path / "data"):
        assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "data" / "server.key").stat().st_mode) == 0o600


def _admin_token(folder: Path) -> str:
    from hongyan.app.client import admin_token

    return admin_token(folder)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(host="0.0.0.0"), ["without TLS"]),
        (Settings(host="::", sandbox=True), ["without TLS", "sandbox interface is open"]),
        (Settings(host="0.0.0.0", tls_cert="c", tls_key="k"), []),
        (Settings(), []),
        (Settings(host="::1", sandbox=True), []),
    ],
)
def test_listening_for_others_without_tls_is_said_at_the_start(settings: Settings, said: list[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        warn_of(settings)

    assert len(caplog.records) == len(said)
    assert all(part in record.getMessage() for part, record in zip(said, caplog.records, strict=True))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_is_pinned_with_its_hash(name: str) -> None:
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]

    assert lines
    for line in lines:
        assert re.match(r"[A-Za-z0-9_.\[\]-]+==[^ ;]+", line) and "--hash=sha256:" in line, line


def test_installing_checks_the_hashes() -> None:
    text = "\n".join(path.read_text("utf-8") for path in (ROOT / "scripts").iterdir() if path.is_file())

    assert "--require-hashes" in text


def test_no_code_runs_text_or_loads_objects() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text("utf-8")
        assert not re.search(
            r"(?<![\w.])(eval|exec|__import__)\(|\bpickle\b|\bmarshal\.loads|shell=True|os\.system|yaml\.load|\bmd5\b|\.ECB\b", text
        ), path
