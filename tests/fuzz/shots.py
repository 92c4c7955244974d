"""One call as bytes, and how a described call becomes one: with names that exist, or mangled as no client should send it."""

import json
import random
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

Mangle = Callable[["Shot", random.Random], "Shot"]


class Shot(NamedTuple):
    """What goes over the wire."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    note: str = ""


def graft(value: Any, known: Callable[[str], Any], chance: Callable[[], bool], name: str = "") -> Any:
    """The value with names that exist in place of some of those that were made up."""
    if name and chance():
        found = known(name)
        if found is not None:
            return found
    match value:
        case dict():
            return {key: graft(inner, known, chance, key) for key, inner in value.items()}
        case list():
            return [graft(inner, known, chance) for inner in value]
        case _:
            return value


# --- what may be wrong with bytes


def _body(shot: Shot, body: bytes, note: str, content_type: str | None = None) -> Shot:
    headers = {name: value for name, value in shot.headers.items() if content_type is None or name.lower() != "content-type"}
    return shot._replace(body=body, note=note, headers=headers | ({"content-type": content_type} if content_type else {}))


def _truncated(shot: Shot, rng: random.Random) -> Shot:
    return _body(shot, shot.body[: rng.randrange(len(shot.body) + 1)], "truncated")


def _flipped(shot: Shot, rng: random.Random) -> Shot:
    at = rng.randrange(len(shot.body) + 1)
    return _body(shot, shot.body[:at] + bytes((rng.randrange(256),)) + shot.body[at + 1 :], "a byte changed")


def _not_utf8(shot: Shot, rng: random.Random) -> Shot:
    at = rng.randrange(len(shot.body) + 1)
    return _body(shot, shot.body[:at] + b"\xff\xfe\xc0" + shot.body[at:], "no UTF-8")


_NESTED = (b"msg_body", b"msg", b"data", b"text_content", b"articles", b"menu", b"userid_list", b"dept_id_list", b"extension", b"\\u0000", b"unionid")


def _deep(shot: Shot, rng: random.Random) -> Shot:
    depth = rng.choice((50, 900, 5000, 200_000))
    opening, closing = rng.choice(((b'{"a":', b"}"), (b"[", b"]")))
    inner = opening * depth + b"1" + closing * depth
    return _body(shot, _with_member(shot.body, b'"' + rng.choice(_NESTED) + b'":' + inner, rng), f"deep: {depth}", "application/json")


def _twice(shot: Shot, rng: random.Random) -> Shot:
    members = shot.body.strip()[1:-1]
    return _body(shot, b"{" + members + b"," + members + b"}", "every member twice")


def _long(shot: Shot, rng: random.Random) -> Shot:
    text = rng.choice((b"x", "长".encode(), "😀".encode(), b"%41", b"\\u4e00")) * rng.choice((300, 70_000, 1_500_000))
    name = rng.choice((b"unionid", b"uuid", b"text_content", b"userid_list", b"name", b"userid", b"title"))
    return _body(shot, _with_member(shot.body, b'"' + name + b'":"' + text + b'"', rng), "long", "application/json")


def _odd_text(shot: Shot, rng: random.Random) -> Shot:
    odd = rng.choice(
        (b"\\u0000", b"\\ud800", b"\\udc00\\ud800", b"\xe2\x80\xae", b"\\u200b", b"\xf0\x9f\xa6\x86", b"\\uffff", b"' or 1=1 --", b"${x}", b"\\r\\n")
    )
    name = rng.choice((b"unionid", b"uuid", b"text_content", b"userid_list", b"name", b"userid", b"title", b"mobile", b"content"))
    return _body(shot, _with_member(shot.body, b'"' + name + b'":"a' + odd + b'b"', rng), f"odd text: {odd!r}", "application/json")


def _odd_number(shot: Shot, rng: random.Random) -> Shot:
    odd = rng.choice(
        (b"1e400", b"-1", b"0", b"9223372036854775808", b"1" * 400, b"1.5", b"1e3", b"-0.0", b"NaN", b"true", b"null", b'"\xc2\xb2"', b'"1_0"')
    )
    name = rng.choice(
        (b"agent_id", b"task_id", b"dept_id", b"dept_id_list", b"pageSize", b"size", b"cursor", b"article_id", b"order", b"msg_task_id", b"parent_id")
    )
    return _body(shot, _with_member(shot.body, b'"' + name + b'":' + odd, rng), f"odd number: {odd[:30]!r}", "application/json")


def _with_member(body: bytes, member: bytes, rng: random.Random) -> bytes:
    body = body.strip()
    if not body.startswith(b"{") or not body.endswith(b"}"):
        return b"{" + member + b"}"
    members = [member, body[1:-1]] if rng.random() < 0.3 else [body[1:-1], member]
    return b"{" + b",".join(one for one in members if one.strip()) + b"}"


def _other_type(shot: Shot, rng: random.Random) -> Shot:
    kind = rng.choice(
        (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "multipart/form-data; boundary=" + "x" * 300,
            "application/json; charset=gbk",
            "application/octet-stream",
            ";",
        )
    )
    return _body(shot, shot.body, f"other type: {kind[:60]}", kind)


def _as_form(shot: Shot, rng: random.Random) -> Shot:
    fields = _members(shot.body)
    return _body(shot, urlencode(fields).encode(), "as a form", "application/x-www-form-urlencoded")


def _as_query(shot: Shot, rng: random.Random) -> Shot:
    query = urlencode(_members(shot.body))
    joined = f"{shot.url}{'&' if '?' in shot.url else '?'}{query}"
    if len(joined) > 30_000:
        return shot
    return _body(shot._replace(url=joined, method=rng.choice(("POST", "GET"))), b"", "in the query")


def _members(body: bytes) -> dict[str, str]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict):
        return {}
    texts = {key: inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False) for key, inner in value.items()}
    return {_sendable(key): _sendable(text) for key, text in texts.items()}


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _as_multipart(shot: Shot, rng: random.Random) -> Shot:
    boundary = "7cd1d6371ec"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{key[:50]}"\r\n\r\n{text}\r\n' for key, text in _members(shot.body).items()]
    parts += [f'--{boundary}\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\n\r\n\x89PNG\r\n'] * rng.randrange(3)
    closing = "" if rng.random() < 0.3 else f"--{boundary}--\r\n"
    return _body(shot, ("".join(parts) + closing).encode(), "as multipart", f"multipart/form-data; boundary={boundary}")


def _nested_form(shot: Shot, rng: random.Random) -> Shot:
    odd = rng.choice(("a[", "a]b[", "a[][][]", "[a]", "a[b][0]", "msg[" + "x][" * 40 + "]", "msg[text][content]", "roleIds[]", "roleIds[5]"))
    fields = _members(shot.body) | {odd: "1", odd + "[z]": "2"}
    return _body(shot, urlencode(fields).encode(), f"nested form: {odd[:20]}", "application/x-www-form-urlencoded")


def _marked(shot: Shot, rng: random.Random) -> Shot:
    return _body(shot, b"\xef\xbb\xbf" + shot.body, "with a byte order mark")


def _other_method(shot: Shot, rng: random.Random) -> Shot:
    return shot._replace(method=rng.choice(("GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")), note="another method")


def _other_path(shot: Shot, rng: random.Random) -> Shot:
    path, _, query = shot.url.partition("?")
    path = rng.choice((path + "/", path + "/../get", path.upper(), path + "%00", path + "%2F", path[:-1] or "/", path + "//x", path + ";a=b"))
    return shot._replace(url=f"{path}?{query}" if query else path, note="another path")


def _through_router(shot: Shot, rng: random.Random) -> Shot:
    """The older door: the same call by its method's name."""
    path, _, query = shot.url.partition("?")
    if not path.startswith("/topapi/"):
        return shot
    name = "dingtalk.oapi." + path.removeprefix("/topapi/").replace("/", ".")
    simplify = "&simplify=true" if rng.random() < 0.5 else ""
    url = f"/router/rest?method={name}{simplify}&{query.replace('access_token=', 'session=')}"
    return shot._replace(url=url, note="through the router")


MANGLES: tuple[Mangle, ...] = (
    _through_router,
    _through_router,
    _truncated,
    _flipped,
    _not_utf8,
    _deep,
    _twice,
    _long,
    _odd_text,
    _odd_text,
    _odd_number,
    _odd_number,
    _other_type,
    _as_form,
    _as_query,
    _as_multipart,
    _nested_form,
    _marked,
    _other_method,
    _other_path,
)
