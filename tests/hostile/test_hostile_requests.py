"""Bytes that another server might read otherwise: each has its outcome, and no request ever hides in another."""

import json
from typing import NamedTuple

import pytest

from harness import SEND, World
from hostile.wires import answers_in, dial, exchange, read_all, request


class Case(NamedTuple):
    """`raw` holds `{send}`: a send that would be accepted if it were read as a request. `outcome`: status and reason of each answer."""

    name: str
    raw: bytes
    outcome: list[tuple[int, object]]


BAD = [(400, "malformed")]
UNKNOWN = [(200, 404)]
POST_X = b"POST /x HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
_TOP = b"POST /topapi/message/mass/send HTTP/1.1\r\nHost: x\r\n"
SMUGGLING = [
    Case("length and chunked", POST_X + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n0\r\n\r\n{send}", BAD),
    Case("chunked and length", POST_X + CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n{send}", BAD),
    Case("two lengths", POST_X + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n{send}", BAD),
    Case("the same length twice", POST_X + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n{send}", BAD),
    Case("a list of lengths", POST_X + b"Content-Length: 0, 0\r\n\r\n{send}", BAD),
    Case("a length with a sign", POST_X + b"Content-Length: +0\r\n\r\n{send}", BAD),
    Case("a negative length", POST_X + b"Content-Length: -1\r\n\r\n{send}", BAD),
    Case("a length in hexadecimal", POST_X + b"Content-Length: 0x0\r\n\r\n{send}", BAD),
    Case("a length beyond 64 bits", POST_X + b"Content-Length: 18446744073709551617\r\n\r\n{send}", BAD),
    Case("an empty length", POST_X + b"Content-Length: \r\n\r\n{send}", BAD),
    Case("a space before the colon", POST_X + b"Content-Length : 0\r\n\r\n{send}", BAD),
    Case("another coding", POST_X + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n{send}", [(501, "transfer_coding")]),
    Case("identity", POST_X + b"Transfer-Encoding: identity\r\n\r\n{send}", [(501, "transfer_coding")]),
    Case("a coding that looks like chunked", POST_X + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{send}", [(501, "transfer_coding")]),
    Case("chunked, folded", POST_X + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n{send}", BAD),
    Case("chunked, a tab before it", POST_X + b"Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n", UNKNOWN),
    Case("chunked twice", POST_X + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n{send}", BAD),
    Case("chunked in HTTP/1.0", POST_X.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n0\r\n\r\n{send}", BAD),
    Case("a chunk size with 0x", _TOP + CHUNKED + b"\r\n0x4\r\nabcd\r\n0\r\n\r\n{send}", [(200, 43009)]),
    Case("a chunk size with a sign", _TOP + CHUNKED + b"\r\n+4\r\nabcd\r\n0\r\n\r\n{send}", [(200, 43009)]),
    Case("a chunk size beyond 64 bits", _TOP + CHUNKED + b"\r\nffffffffffffffff1\r\nabcd\r\n0\r\n\r\n{send}", [(200, 43009)]),
    Case("a negative chunk size", POST_X + CHUNKED + b"\r\n-1\r\nabcd\r\n0\r\n\r\n{send}", BAD),
    Case("a chunk longer than its size", _TOP + CHUNKED + b"\r\n2\r\nabcd\r\n0\r\n\r\n{send}", [(200, 43009)]),
    Case("chunks ended by LF", _TOP + CHUNKED + b"\r\n4\nabcd\n0\n\n{send}", [(200, 43009)]),
    Case("LF in a chunk extension", _TOP + CHUNKED + b"\r\n4;\n\r\nabcd\r\n0\r\n\r\n{send}", [(200, 43009)]),
    Case("lines ended by LF", b"GET /x HTTP/1.1\nHost: x\n\n{send}", BAD),
    Case("one line ended by LF", b"GET /x HTTP/1.1\r\nHost: x\nA: b\r\n\r\n{send}", BAD),
    Case("lines ended by CR", b"GET /x HTTP/1.1\rHost: x\r\r{send}", BAD),
    Case("CR in a value", b"GET /x HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n{send}", BAD),
    Case("a folded header", b"GET /x HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n{send}", BAD),
    Case("a folded first line", b"GET /x HTTP/1.1\r\n Host: x\r\n\r\n{send}", BAD),
    Case("NUL in a value", b"GET /x HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n{send}", BAD),
    Case("NUL in a name", b"GET /x HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n{send}", BAD),
    Case("a header without a name", b"GET /x HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n{send}", BAD),
    Case("a header without a colon", b"GET /x HTTP/1.1\r\nHost: x\r\nabc\r\n\r\n{send}", BAD),
    Case("two hosts", b"GET /x HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n{send}", [(400, "host")]),
    Case("no host", b"GET /x HTTP/1.1\r\n\r\n{send}", [(400, "host")]),
    Case("more behind a request that is to be the last", b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n{send}", UNKNOWN),
    Case("more behind HTTP/1.0", b"GET /x HTTP/1.0\r\n\r\n{send}", UNKNOWN),
    Case("an upgrade to HTTP/2", b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n{send}", UNKNOWN),
    Case("an upgrade to websocket", b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n{send}", UNKNOWN),
    Case("HTTP/2 without asking", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{send}", BAD),
    Case("HTTP/2.0 in a request line", b"GET /x HTTP/2.0\r\nHost: x\r\n\r\n{send}", [(505, "version")]),
    Case("HTTP/0.9", b"GET /x HTTP/0.9\r\nHost: x\r\n\r\n{send}", [(505, "version")]),
    Case("HTTP/1.9", b"GET /x HTTP/1.9\r\nHost: x\r\n\r\n{send}", BAD),
    Case("another protocol", b"DESCRIBE /x RTSP/1.0\r\nHost: x\r\n\r\n{send}", [(405, "method")]),
    Case("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03{send}", BAD),
    Case("CONNECT", b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n{send}", [(405, "method")]),
    Case("TRACE", b"TRACE /x HTTP/1.1\r\nHost: x\r\nCookie: secret\r\n\r\n{send}", [(405, "method")]),
    Case("a body of GET", b"GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: @\r\n\r\n{send}", UNKNOWN),
    Case("a body of HEAD", b"HEAD /console/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: @\r\n\r\n{send}", None),  # type: ignore[arg-type]
]
UNKNOWN_V1 = [(404, "unknownUrl")]
PATHS = [
    Case("the whole address", b"GET http://x/y HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    Case("an address without a path", b"GET http://x HTTP/1.1\r\nHost: x\r\n\r\n", BAD),
    Case("another scheme", b"GET file:///etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", BAD),
    Case("a path without a slash", b"GET x HTTP/1.1\r\nHost: x\r\n\r\n", BAD),
    Case("an empty target", b"GET  HTTP/1.1\r\nHost: x\r\n\r\n", BAD),
    Case("a space in the path", b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", BAD),
    Case("bytes above 127", b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", BAD),
    Case("NUL as it is", b"GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n", BAD),
    Case("NUL, escaped", b"GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    Case("NUL in a page's path", b"GET /console/static/a%00b HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    Case("NUL in a path of ours", b"GET /hongyan/v1/a%00b HTTP/1.1\r\nHost: x\r\n\r\n", [(401, "unauthorized")]),
    Case("two slashes", b"GET //x HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    Case("two slashes within", b"GET /topapi//message/mass/send HTTP/1.1\r\nHost: x\r\n\r\n", [(200, 22)]),
    Case("a dot", b"GET /./x HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    Case("dots upwards", b"GET /topapi/../hongyan/v1/corps HTTP/1.1\r\nHost: x\r\n\r\n", [(200, 22)]),
    Case("dots upwards, escaped", b"GET /topapi/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", [(200, 22)]),
    Case("dots upwards out of the static files", b"GET /static/..%2f..%2f..%2fetc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    Case("backslashes", b"GET /static/..\\..\\etc\\passwd HTTP/1.1\r\nHost: x\r\n\r\n", [(404, "")]),
    Case("an overlong slash", b"GET /static/..%c0%af..%c0%afetc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    Case("half a character", b"GET /%e4%bd HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    Case("a broken escape", b"GET /%zz%4 HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    Case("a semicolon", b"GET /gettoken;a=b HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    Case("capitals", b"GET /GETTOKEN HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    Case("a broken query", b"GET /gettoken?appkey=%ff%fe&appsecret=%00 HTTP/1.1\r\nHost: x\r\n\r\n", [(200, 40035)]),
    Case("a fragment", b"GET /x#/gettoken HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    Case("all of it", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", None),  # type: ignore[arg-type]
    Case("a path of 20 kB", b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", UNKNOWN),
    Case("a path of 64 kB", b"GET /" + b"a" * 65_536 + b" HTTP/1.1\r\nHost: x\r\n\r\n", [(431, "head_too_large")]),
    Case("a header of 2 MB", b"GET /x HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 2_000_000 + b"\r\n\r\n", [(431, "head_too_large")]),
    Case("300 headers", b"GET /x HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 300 + b"\r\n", [(431, "head_too_large")]),
    Case("trailers without end", POST_X + CHUNKED + b"\r\n0\r\n" + b"A: b\r\n" * 40_000, BAD),
    Case("a chunk extension without end", POST_X + CHUNKED + b"\r\n1;" + b"a" * 500_000, BAD),
    Case("empty lines without end", b"\r\n" * 40_000, [(431, "head_too_large")]),
]


def hidden(world: World) -> bytes:
    """A send that works, if anybody takes it for a request."""
    body = json.dumps(world.a_send(uuid="smuggled")).encode()
    return request("POST", f"{SEND}?access_token={world.token}", body, "Content-Type: application/json")


@pytest.mark.parametrize("case", [*SMUGGLING, *PATHS], ids=lambda case: case.name)
def test_odd_bytes_have_one_outcome_and_hide_no_request(case: Case, impatient: World) -> None:
    send = hidden(impatient)
    answers = exchange(impatient.server.base_url, case.raw.replace(b"{send}", send).replace(b"@", b"%d" % len(send)))

    if case.outcome is not None:
        assert [(one.status, one.code) for one in answers] == case.outcome
    assert len(answers) <= 1 and all(one.status < 500 or one.status in (501, 505) for one in answers)
    assert impatient.inbox("u1") == []


def test_what_hides_in_these_tests_is_accepted_as_a_request_of_its_own(impatient: World) -> None:
    send = hidden(impatient).replace(b"smuggled", b"honestly").replace(b"u1", b"u2")

    assert [one.json["errcode"] for one in exchange(impatient.server.base_url, send)] == [0]
    assert len(impatient.inbox("u2")) == 1


def test_what_follows_a_request_is_answered_behind_it_even_when_it_is_none(impatient: World) -> None:
    """The answer to a good request is never overtaken by the refusal of what comes next."""
    good = request("GET", "/x")

    answers = exchange(impatient.server.base_url, good + good + b"\0\0\0\r\n\r\n")

    assert [(one.status, one.code) for one in answers] == [(200, 404), (200, 404), (400, "malformed")]


def test_requests_ahead_of_their_answers_are_bounded(impatient: World) -> None:
    answers = exchange(impatient.server.base_url, request("GET", "/x") * 5000)

    assert 1 < len(answers) < 50 and answers[-1].code == "pipeline"
    assert {one.status for one in answers[:-1]} == {200}


def test_trailers_are_no_headers(impatient: World) -> None:
    """A token that comes behind the body is none."""
    raw = b"POST /v1.0/oauth2/userAccessToken HTTP/1.1\r\nHost: x\r\n" + CHUNKED
    v1 = raw.replace(b"/v1.0/oauth2/userAccessToken", b"/v1.0/contact/users/search")
    trailer = b"x-acs-dingtalk-access-token: " + impatient.token.encode()

    answers = exchange(impatient.server.base_url, v1 + b"\r\n2\r\n{}\r\n0\r\n" + trailer + b"\r\n\r\n")

    assert [one.code for one in answers] == ["AuthenticationFailed.MissingParameter"]


def test_a_client_that_ends_its_side_in_the_middle_is_let_go(impatient: World) -> None:
    for raw in (b"", b"GET /x HT", POST_X + b"Content-Length: 9\r\n\r\nabc", POST_X + CHUNKED + b"\r\n5\r\nabc"):
        with dial(impatient.server.base_url) as wire:
            wire.sendall(raw)
            wire.shutdown(1)

            assert [one for one in answers_in(read_all(wire)) if one.status >= 500] == []
