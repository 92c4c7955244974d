"""Bodies that cost more than they should, or mean nothing: the documented refusal, and nothing accepted."""

import gzip
import json
from pathlib import Path

import pytest

from harness import SEND, World, serving
from hostile.wires import dial, read_answer, request

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
DEEP = 100_000
_BOUNDARY = "multipart/form-data; boundary=x"
_PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'


def _with(member: bytes) -> bytes:
    return b'{"unionid":"@","msg_type":"text","text_content":"x","userid_list":"u1","uuid":"u",' + member + b"}"


BODIES = {
    "lists in lists": (JSON, b"[" * DEEP + b"]" * DEEP),
    "objects in objects": (JSON, b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "lists in a member": (JSON, _with(b'"msg_body":' + b"[" * DEEP + b"]" * DEEP)),
    "NaN": (JSON, _with(b'"a":NaN')),
    "a number beyond every float": (JSON, _with(b'"a":1e400')),
    "half a surrogate pair": (JSON, _with(b'"a":"\\ud800"')),
    "NUL as an escape": (JSON, _with(b'"a":"\\u0000"')),
    "NUL as it is": (JSON, _with(b'"a":"\0"')),
    "no UTF-8": (JSON, _with(b'"a":"\xff\xfe"')),
    "overlong UTF-8": (JSON, _with(b'"a":"\xc0\xaf"')),
    "UTF-16": (JSON, _with(b'"a":1').decode().encode("utf-16")),
    "UTF-32": (JSON, _with(b'"a":1').decode().encode("utf-32")),
    "a comma too many": (JSON, _with(b'"a":1,')),
    "two objects": (JSON, _with(b'"a":1') * 2),
    "gzip": (JSON, gzip.compress(b'{"a":"' + b"x" * 10_000_000 + b'"}')),
    "200,000 fields": (FORM, b"&".join(b"k%d=1" % at for at in range(200_000))),
    "NUL in a field": (FORM, b"unionid=@&msg_type=text&text_content=x%00&userid_list=u1&uuid=u"),
    "a field that is no UTF-8": (FORM, b"unionid=@&text_content=%ff"),
    "10,000 parts": (_BOUNDARY, _PART * 10_000 + b"--x--\r\n"),
    "too much": (JSON, _with(b'"a":"' + b"x" * (5 << 20) + b'"')),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_means_nothing_is_refused_as_documented(name: str, impatient: World, caplog: pytest.LogCaptureFixture) -> None:
    kind, body = BODIES[name]
    encoding = {"content-encoding": "gzip"} if name == "gzip" else {}

    reply = impatient.post(SEND, content=body.replace(b"@", impatient.unionid.encode()), headers={"content-type": kind, **encoding}).json()

    assert (reply["errcode"], reply["errmsg"]) == (43009, "post参数需要json类型")
    assert impatient.inbox("u1") == []
    assert not caplog.records


def test_the_last_of_a_repeated_member_counts(world: World) -> None:
    body = json.dumps(world.a_send()).encode()[:-1] + b',"userid_list":"u2"}'

    assert world.post(SEND, content=body, headers={"content-type": JSON}).json()["errcode"] == 0
    assert (len(world.inbox("u1")), len(world.inbox("u2"))) == (0, 1)


UPLOADS = {
    "no end": _PART * 3,
    "another boundary": _PART.replace(b"--x", b"--y") + b"--y--\r\n",
    "10,000 parts": _PART * 10_000 + b"--x--\r\n",
    "a header of a megabyte": b'--x\r\nContent-Disposition: form-data; name="' + b"a" * (1 << 20) + b'"\r\n\r\nb\r\n--x--\r\n',
    "1,000 headers": b"--x\r\n" + b"A: b\r\n" * 1_000 + b'Content-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
    "a text of a megabyte": _PART.replace(b"b\r\n", b"b" * (1 << 20) + b"\r\n") + b"--x--\r\n",
    "nothing": b"",
    "gzip": gzip.compress(_PART + b"--x--\r\n"),
}


@pytest.mark.parametrize("name", UPLOADS)
def test_an_upload_that_is_none_is_refused_as_documented(name: str, impatient: World, caplog: pytest.LogCaptureFixture) -> None:
    path = f"/media/upload?access_token={impatient.token}&type=file"

    reply = impatient.server.client.post(path, content=UPLOADS[name], headers={"content-type": _BOUNDARY}).json()

    assert reply["errcode"] in (43008, 41005), reply
    assert not caplog.records


def test_an_announced_body_beyond_every_limit_is_refused_before_it_comes(tmp_path: Path) -> None:
    """Ten gigabytes: the answer comes at once, and the connection is closed instead of read to its end."""
    with serving(tmp_path / "data") as server:
        world = World(server)
        for path, errcode in ((SEND, 43009), ("/media/upload", 40006)):
            with dial(server.base_url) as wire:
                head = request("POST", f"{path}?access_token={world.token}", b"", f"Content-Length: {10 << 30}", length=False)
                wire.sendall(head + b"x" * (5 << 20 if path == SEND else 10))
                answer = read_answer(wire)

                assert answer.json["errcode"] == errcode
                assert b"connection: close" in answer.head
