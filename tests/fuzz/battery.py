"""Throws calls made from the served descriptions at a server, and looks at every answer, the log and the tables."""

import json
import logging
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

import httpx
import jsonschema_rs
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from .footprint import Footprint, differences
from .shots import MANGLES, Shot, graft
from .worlds import FuzzWorld

VARIANTS = 3  # of each call: as it is, and mangled
DINGTALK, OURS = "/hongyan/v1/dingtalk/openapi.json", "/hongyan/v1/openapi.json"
_HEADER_TOKEN = "x-acs-dingtalk-access-token"
# The real platform is known to answer 500 for an organisation it does not know.
_HONEST_500 = {"unknownError"}
_LEFT_OUT = {
    "/hongyan/v1/sandbox/faults": "plants failures, which is what it is for",
    "/hongyan/v1/sandbox/reset": "empties the server",
    "/hongyan/v1/corps/{corp}/erasures": "goes on in the background, and takes away the people that other calls need",
    "/hongyan/v1/sandbox/snapshots/{name}/restore": "puts another state in place",
    "/hongyan/v1/sandbox/snapshots": "copies the file every time",
}


class Broken(AssertionError):
    """An answer, the log or a table that must not be so."""


class Operation(NamedTuple):
    """One described call. `kinds` are the app types that may make it; `token` the name of the security scheme, blank for none."""

    path: str
    method: str
    kinds: list[str]
    token: str
    answers: dict[str, Any]  # validators by status, and `default`
    make: Callable[[GenerationMode], st.SearchStrategy[Any]]

    @property
    def only_reads(self) -> bool:
        return "/preflight/" in self.path or (self.method == "get" and self.path.startswith("/topapi/"))


class Tally(Counter[str]):
    """What was thrown and what came back."""

    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in sorted(self.items()))


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(_cut(self.format(record), 3000))


class Battery:
    """Holds a world under fire. Seeded by what hypothesis draws, so that a failing call comes again."""

    def __init__(self, world: FuzzWorld) -> None:
        self.world = world
        self.tally = Tally()
        self.errors = _Errors()
        self.footprint = Footprint(world.server.settings.folder)
        self._admin = f"Bearer {world.engine.key.admin_token(1)}"

    @contextmanager
    def armed(self) -> Iterator["Battery"]:
        """Listens to the log meanwhile."""
        logging.getLogger().addHandler(self.errors)
        try:
            yield self
        finally:
            logging.getLogger().removeHandler(self.errors)
            self.footprint.close()

    def operations(self, document: str) -> list[Operation]:
        """Everything that the server says about itself at this address."""
        described = self.world.server.client.get(document).json()
        schema = schemathesis.openapi.from_dict(described)
        found = [
            Operation(path, method, row.get("x-app-types", []), _token_of(row, described), _validators(row, described), _maker(schema, path, method))
            for path, methods in described["paths"].items()
            if path not in _LEFT_OUT
            for method, row in methods.items()
            if method in ("get", "post", "put", "patch", "delete") and not _streams(row)
        ]
        assert found, document
        return found

    def fire_at(self, operation: Operation, shots: int, *, derandomize: bool = False) -> None:
        """`shots` calls of each mode, each in `VARIANTS` forms; raises `Broken` at the first that shows something wrong."""
        # Hypothesis moves the recursion limit, under the threads of the server too: one that is deep in a body then brings the process down.
        with patch.object(sys, "setrecursionlimit", lambda limit: None):
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                self._fire(operation, mode, shots, derandomize=derandomize)

    def _fire(self, operation: Operation, mode: GenerationMode, shots: int, *, derandomize: bool) -> None:
        @settings(
            max_examples=shots,
            deadline=None,
            database=None,
            derandomize=derandomize,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=operation.make(mode), seed=st.integers(0, 1 << 32))
        def one(case: Any, seed: int) -> None:
            drawn = (case.body, dict(case.query or {}), dict(case.path_parameters or {}))
            for variant in range(VARIANTS):
                rng = random.Random(seed + variant)
                case.body, case.query, case.path_parameters = self._with_names(drawn, rng, 0.85 if mode is GenerationMode.POSITIVE else 0.4)
                shot = self._aim(operation, case, rng, valid=mode is GenerationMode.POSITIVE)
                if shot is not None:
                    self.throw(operation, shot if variant == 0 else rng.choice(MANGLES)(shot, rng))

        try:
            one()
        except Unsatisfiable:  # nothing about this call can be wrong
            self.tally["cannot be wrong"] += 1

    def _with_names(self, drawn: tuple[Any, ...], rng: random.Random, share: float) -> tuple[Any, ...]:
        """Names that exist in place of that share of those that were made up."""
        return tuple(graft(part, lambda name: self.world.name_for(name, rng), lambda: rng.random() < share) for part in drawn)

    def _aim(self, operation: Operation, case: Any, rng: random.Random, *, valid: bool) -> Shot | None:
        """The call as bytes, with a token. None when no client could send it."""
        try:
            prepared = requests.Request(**self._arguments(operation, case, rng)).prepare()
        except (requests.RequestException, UnicodeError, ValueError, TypeError, KeyError):
            self.tally["not sendable"] += 1
            return None
        headers = {name: value if isinstance(value, str) else value.decode("latin-1") for name, value in prepared.headers.items()}
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
        path = prepared.url.removeprefix("http://x") if prepared.url else "/"
        headers.pop("Content-Length", None)
        return Shot(prepared.method or "POST", path, headers, body, "as described" if valid else "wrong by its description")

    def _arguments(self, operation: Operation, case: Any, rng: random.Random) -> dict[str, Any]:
        arguments = case.as_transport_kwargs(base_url="http://x")
        arguments.pop("cookies", None)
        headers, query = dict(arguments.pop("headers", None) or {}), dict(arguments.pop("params", None) or {})
        if rng.random() < 0.97:
            match operation.token:
                case "access_token":
                    query["access_token"] = self.world.token_for(operation.kinds, rng)
                case "token_header":
                    headers[_HEADER_TOKEN] = self.world.token_for(operation.kinds, rng) if operation.kinds else self.world.suite_token
                case "admin":
                    headers["authorization"] = self._admin
                case _:
                    pass
        return {**arguments, "headers": headers, "params": query}

    def throw(self, operation: Operation, shot: Shot) -> None:
        """One call; raises `Broken` when anything about it is wrong."""
        before, logged = self.footprint.now(), len(self.errors.lines)
        try:
            request = self.world.server.client.build_request(shot.method, shot.url, headers=shot.headers, content=shot.body)
        except (httpx.InvalidURL, UnicodeError, ValueError, TypeError):
            self.tally["not sendable"] += 1
            return
        try:
            answer = self.world.server.client.send(request)
        except httpx.LocalProtocolError:
            self.tally["not sendable"] += 1
            return
        except AssertionError as broken:  # the rules of `replies`
            raise Broken(f"{_shown(shot)}\n{broken}") from None
        problem = "\n".join(one for one in (self._problem(operation, shot, answer, before), *self.errors.lines[logged:]) if one)
        self.tally[shot.note.split(":")[0]] += 1
        if problem:
            raise Broken(f"{_shown(shot)}\n{answer.status_code} {_cut(answer.text, 800)}\n{problem}")

    def _problem(self, operation: Operation, shot: Shot, answer: httpx.Response, before: dict[str, str]) -> str:
        refused, failed = _outcome(answer)
        self.tally["refused" if refused else "accepted"] += 1
        if failed:
            return "the server says that it failed"
        if not refused:
            self._learn(answer)
        changed = differences(before, self.footprint.now()) if refused or operation.only_reads else []
        return f"a call that must leave nothing changed {changed}" if changed else self._undescribed(operation, shot, answer)

    def _undescribed(self, operation: Operation, shot: Shot, answer: httpx.Response) -> str:
        if shot.method.lower() != operation.method or shot.note in ("another path", "through the router"):
            return ""
        validator = operation.answers.get(str(answer.status_code)) or operation.answers.get("default")
        if validator is None or not answer.headers.get("content-type", "").startswith("application/json"):
            return ""
        error = next(iter(validator.iter_errors(answer.json())), None)
        return f"the answer is not as described: {error.message} at {list(error.instance_path)}" if error else ""

    def _learn(self, answer: httpx.Response) -> None:
        try:
            self.world.learn(answer.json())
        except ValueError:
            return


def _outcome(answer: httpx.Response) -> tuple[bool, bool]:
    """Whether the call was refused, and whether the server says that it failed."""
    try:
        body = json.loads(answer.content or b"{}")
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    errcode = body.get("errcode", 1111 if "punish" in body else 0)
    if "error_response" in body:
        return True, body["error_response"].get("code") in (-1, 15)
    if len(body) == 1 and next(iter(body)).endswith("_response"):
        body = next(iter(body.values()))
    failed = (answer.status_code >= 500 and body.get("code") not in _HONEST_500) or errcode in (-1, 500) or body.get("code") == "system.error"
    return answer.status_code >= 400 or errcode != 0 or body.get("would_succeed") is False, failed


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest // 2]} ... {text[-longest // 2 :]}"


def _shown(shot: Shot) -> str:
    body = shot.body if len(shot.body) < 1500 else shot.body[:750] + b" ... " + shot.body[-750:]
    kind = shot.headers.get("Content-Type") or shot.headers.get("content-type", "")
    return f"{shot.method} {shot.url[:1500]} ({shot.note})\n{kind}\n{body!r}"


def _token_of(row: dict[str, Any], described: dict[str, Any]) -> str:
    schemes = row.get("security", described.get("security", []))
    return next((name for scheme in schemes for name in scheme), "")


def _streams(row: dict[str, Any]) -> bool:
    return any("text/event-stream" in answer.get("content", {}) for answer in row["responses"].values())


def _validators(row: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    schemas = {status: answer.get("content", {}).get("application/json", {}).get("schema") for status, answer in row["responses"].items()}
    roots = {"components": described["components"]}
    return {status: jsonschema_rs.Draft202012Validator(roots | schema) for status, schema in schemas.items() if schema is not None}


def _maker(schema: Any, path: str, method: str) -> Callable[[GenerationMode], st.SearchStrategy[Any]]:
    return lambda mode: schema[path][method.upper()].as_strategy(generation_mode=mode)
