"""A call that comes whole takes a shorter way than one that comes in pieces: nobody may tell which it took."""

import json
import re
import time

import pytest

from harness import SEND, World
from hostile.wires import answers_in, dial, exchange, read_all, read_answer, request, until

_CHANGING = re.compile(rb"(?im)^date: .*$|push[\w-]+|[0-9a-f]{12,}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-")


@pytest.fixture
def direct(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the calls that take the short way."""
    way = world.server.doors.direct
    assert way
    taken: list[str] = []
    serve = way.serve

    def noting(path: str, asked):  # type: ignore[no-untyped-def]
        taken.append(path)
        return serve(path, asked)

    monkeypatch.setattr(way, "serve", noting)
    return taken


def _send(world: World, *headers: str, **changes: object) -> bytes:
    body = json.dumps(world.a_send(**changes)).encode()
    return request("POST", f"{SEND}?access_token={world.token}", body, "Content-Type: application/json", *headers)


CALLS = {
    "a send": lambda world: _send(world),
    "a refused send": lambda world: _send(world, userid_list="nobody"),
    "a token that is none": lambda world: request("POST", f"{SEND}?access_token=x", b"{}"),
    "a body that is no JSON": lambda world: request("POST", f"{SEND}?access_token={world.token}", b"{", "Content-Type: application/json"),
    "no body at all": lambda world: request("POST", f"{SEND}?access_token={world.token}"),
    "the new surface": lambda world: request("POST", "/v1.0/exclusive/follow/message/send", b"{}", f"x-acs-dingtalk-access-token: {world.token}"),
    "a token that is asked for": lambda world: request("POST", "/service/get_corp_token", b"{}", "Content-Type: application/json"),
}


@pytest.mark.parametrize("name", CALLS)
def test_both_ways_answer_alike(world: World, direct: list[str], name: str) -> None:
    with dial(world.server.base_url) as wire:
        wire.sendall(CALLS[name](world))
        short = read_answer(wire)
        taken = len(direct)
        wire.sendall(CALLS[name](world).replace(b"Content-Length", b"Expect: 100-continue\r\nContent-Length"))
        ordinary = answers_in(_until_answered(wire))[-1]

    assert (taken, len(direct)) == (1, 1), "the second went the other way"
    assert [_CHANGING.sub(b"", part) for part in short[1:]] == [_CHANGING.sub(b"", part) for part in ordinary[1:]]
    assert short.status == ordinary.status


def _until_answered(wire) -> bytes:  # type: ignore[no-untyped-def]
    raw = b""
    while not (answers := answers_in(raw)) or answers[-1].status == 100 or len(answers[-1].body) < 3:
        raw += wire.recv(1 << 16)
    return raw


def test_a_body_in_two_pieces_takes_the_short_way_too(world: World, direct: list[str]) -> None:
    raw = _send(world)
    with dial(world.server.base_url) as wire:
        wire.sendall(raw[:-40])
        time.sleep(0.02)
        wire.sendall(raw[-40:])
        assert read_answer(wire).json["errcode"] == 0
    assert direct == [SEND]


def test_a_body_that_takes_its_time_goes_the_ordinary_way(impatient: World) -> None:
    raw = _send(impatient)
    with dial(impatient.server.base_url) as wire:
        wire.sendall(raw[:-40])
        time.sleep(0.25)  # a sweep goes by
        wire.sendall(raw[-40:])
        assert read_answer(wire).json["errcode"] == 0


def test_a_body_that_never_ends_is_told_so(impatient: World) -> None:
    (answer,) = exchange(impatient.server.base_url, _send(impatient)[:-40])

    assert (answer.status, answer.code) == (200, 43009), "as on the ordinary way"


def test_a_long_body_goes_the_ordinary_way(world: World, direct: list[str]) -> None:
    with dial(world.server.base_url) as wire:
        wire.sendall(_send(world, text_content="x" * 200_000))
        assert read_answer(wire).json["errcode"] == 800020
    assert direct == []


def test_calls_ahead_of_their_answers_are_answered_in_order(world: World) -> None:
    def some(*headers: str) -> list[bytes]:
        wrong = request("POST", f"{SEND}?access_token=x", b"{}")
        return [_send(world), wrong, request("GET", "/x"), _send(world, *headers, userid_list="nobody")]

    world.observe_all_but()
    raw = b"".join([*some(), *some(), *some("Connection: close")])
    with dial(world.server.base_url) as wire:
        wire.sendall(raw[:-1])
        time.sleep(0.02)
        wire.sendall(raw[-1:])
        answers = [answer.code for answer in answers_in(read_all(wire))]

    assert answers == [0, 88, 404, 800022] * 3


def test_a_caller_that_goes_away_leaves_nothing_behind(world: World) -> None:
    with dial(world.server.base_url) as wire:
        wire.sendall(_send(world))
    until(lambda: world.inbox("u1"))  # it is accepted all the same
    until(lambda: not world.server.tasks)


def test_an_old_client_is_hung_up_on_whatever_it_asks_for(world: World, direct: list[str]) -> None:
    (answer,) = exchange(world.server.base_url, _send(world, "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0", 1))

    assert answer.json["errcode"] == 0
    assert direct == [], "its connection ends with the answer, as on the ordinary way"


def test_the_last_call_of_a_connection_is_told_that_it_is(world: World) -> None:
    (answer,) = exchange(world.server.base_url, _send(world, "Connection: close"))

    assert answer.json["errcode"] == 0
    assert b"connection: close" in answer.head.lower()
