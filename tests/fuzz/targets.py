"""The decoders under fire: what each is given, what it may raise, what must hold of its answer."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote_from_bytes

import msgspec

from fuzz.oracles import check_html
from hongyan.access.callback_crypto import BadCipher, CallbackKeys
from hongyan.access.keys import load_key
from hongyan.access.sealing import Seal
from hongyan.access.sessions import Session, open_session, session_text
from hongyan.capture.reading import capture_of
from hongyan.capture.records import Note, Trail
from hongyan.messages.blobs import FileBlobs
from hongyan.messages.bodies import BodyProblem, check_body, decode_body, encode_body
from hongyan.messages.markdown import clean_article, render_markdown
from hongyan.messages.media_kinds import KINDS, check_media, content_type, mime_of, plain_name
from hongyan.messages.template_fill import fill_template, template_values
from hongyan.messages.templates import decode_template, encode_template
from hongyan.model.ids import EpochMs, mass_task_id, parse_mass_task_id, parse_task_id
from hongyan.transfer.orgfile import parse_jsonl
from hongyan.transfer.orgtable import guarded, parse_csv, unguarded
from hongyan.wire import lax, router
from hongyan.wire.forms import BadBody, parse_body, parse_json
from hongyan.wire.http import HttpRequest
from hongyan.wire.lax import Unreadable
from hongyan.wire.mass import decode_lax
from hongyan.wire.mass_bodies import decode_mass_body
from hongyan.wire.multipart import TEXT_MAX, boundary_of, reading_form
from hongyan.wire.params import BadArgument, LazyParams, Params
from hongyan.wire.plain import decode_plain
from hongyan.wire.replies import Reply
from hongyan.wire.work_bodies import decode_msg


class Target(NamedTuple):
    """`run` raises for whatever must not be; `tokens` are what a random byte would never hit."""

    name: str
    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    tokens: tuple[bytes, ...]


_JSON_TOKENS = (
    *(b'"', b'\\"', b"\\\\", b"\\u0000", b"\\ud800", b"\\udc00", b"{", b"}", b"[", b"]", b":", b",", b"null", b"true", b"false"),
    *(b"1e400", b"NaN", b"-0", b"18446744073709551616", b"\xef\xbb\xbf", b"\0", b"\xff\xfe", b"'", "“”，".encode(), b" ", b"1", b"a"),
)
_FORM_TOKENS = (b"&", b"=", b"%", b"%00", b"%u4e00", b"%5B", b"%5D", b"[", b"]", b"[]", b"[0]", b"[a]", b"+", b";", b"a", b"0", b"{", b"\xff")
_HTML_TOKENS = (
    *(b"<", b">", b"</", b"/>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"&", b"&#x6a;", b"&colon;", b"&Tab;", b"&lt;", b"javascript:", b"data:"),
    *(
        b"<a href=",
        b"<img src=",
        b"<svg>",
        b"<math>",
        b"<style>",
        b"<script>",
        b"<template>",
        b"<iframe src=",
        b"<object data=",
        b"<form action=",
        b"<input>",
        b"<base href=",
        b"<meta>",
        b"<link>",
        b"<noscript>",
        b"<xmp>",
        b"<table>",
        b"<p>",
        b"<b>",
    ),
    *(
        b"onerror=",
        b"style=",
        b"srcset=",
        b'"',
        b"'",
        b"`",
        b"\\",
        b"\t",
        b"\n",
        b"//",
        b"http://x",
        b"https:",
        b"dingtalk://",
        b"eapp://",
        b"@a",
        b"$a",
    ),
)
_MARK_TOKENS = (
    *(
        b"[",
        b"]",
        b"(",
        b")",
        b"!",
        b"![",
        b"](",
        b"*",
        b"**",
        b"_",
        b"~~",
        b"`",
        b"```\n",
        b"> ",
        b"- ",
        b"1. ",
        b"# ",
        b"\n\n",
        b"    ",
        b"|",
        b"|-|\n",
    ),
    *(
        b"<",
        b">",
        b"\\",
        b"&lt;",
        b"&#0;",
        b"javascript:",
        b"[a]: ",
        b"http://x",
        b"//x",
        b"data:",
        b"@media",
        b"a",
        b" ",
        b"\r",
        b"\t",
        b"\xe2\x80\xae",
    ),
)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\0", "")


def _json_body(data: bytes) -> None:
    try:
        value = parse_json(data)
    except BadBody:
        return
    assert parse_json(msgspec.json.encode(value)) == value


def _form_body(data: bytes) -> None:
    kind, _, raw = data.partition(b"\n")
    for strict in (False, True):
        try:
            fields = parse_body(kind, raw, strict=strict)
        except BadBody:
            continue
        assert isinstance(fields, dict)
        msgspec.json.encode(fields)


def _brackets(data: bytes) -> None:
    """A form that a client of PHP sends: values come back wherever they were put."""
    try:
        fields = parse_body(b"application/x-www-form-urlencoded", b"x=1&" + data, strict=False)
    except BadBody:
        return
    assert fields.get("x") is not None
    msgspec.json.encode(fields)
    plain = b"&".join(b"k%d[a][%d]=%b" % (at, at % 3, quote_from_bytes(part).encode()) for at, part in enumerate(data.split(b"&")[:20]))
    try:
        nested = parse_body(b"application/x-www-form-urlencoded", plain, strict=False)
    except BadBody:
        return
    for at, part in enumerate(data.split(b"&")[:20]):
        inner = nested[f"k{at}"]["a"]
        assert (inner[0] if isinstance(inner, list) else inner[str(at % 3)]) == part.decode()


@cache
def _blobs() -> FileBlobs:
    return FileBlobs(Path(tempfile.mkdtemp(prefix="hongyan-fuzz-")))


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _multipart(data: bytes) -> None:
    head, _, body = data.partition(b"\n")
    boundary = boundary_of(b"multipart/form-data; boundary=" + head) or b"x"
    cut = body[:1][0] if body else 1
    whole, cutting = (read_multipart(boundary, pieces) for pieces in ([body], _pieces(body, 1 + cut % 17)))
    assert whole == cutting, "it matters where the network cuts"


def read_multipart(boundary: bytes, pieces: Iterable[bytes]) -> Any:
    """Fields and file of a body that arrives in these pieces; None when it is refused."""
    return _loop().run_until_complete(_form_of(boundary, pieces))


def _pieces(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, min(len(body), 4096), size)] + ([body[4096:]] if len(body) > 4096 else [])


async def _form_of(boundary: bytes, pieces: Iterable[bytes]) -> Any:
    async def arriving() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    try:
        async with reading_form(boundary, arriving(), _blobs()) as form:
            assert sum(map(len, form.fields.values())) <= TEXT_MAX
            return form.fields, form.file and (form.file.name, form.file.size, form.file.head)
    except BadBody:
        return None


def _lax_values(data: bytes) -> None:
    value: Any = _text(data)
    with contextlib.suppress(msgspec.DecodeError, RecursionError):
        value = msgspec.json.decode(value.encode())
    for read in (lax.as_text, lax.as_bool, lax.as_int, lax.as_ids, lax.as_int_ids, lax.as_object, lax.as_objects, lax.as_list):
        for given in (value, _text(data)):
            try:
                found = read(given)
            except Unreadable:
                continue
            if read is lax.as_ids:
                assert all(isinstance(one, str) for one in found)


def _mass_send(data: bytes) -> None:
    """The short cut for plain sends says what the long way says."""
    plain = decode_plain(data)
    params = LazyParams({}, b"application/json", data, strict=False)
    try:
        lax_way = decode_lax(params)
    except (BadBody, BadArgument):
        assert plain is None
        return
    if plain is not None:
        assert plain == lax_way
    if not isinstance(lax_way.body, BodyProblem) and check_body(lax_way.body) is None:
        assert decode_body(encode_body(lax_way.body)) == lax_way.body


def _bodies(data: bytes) -> None:
    try:
        values = parse_json(data)
    except BadBody:
        return
    params = Params(values, strict=False)
    for decode in (decode_mass_body, decode_msg):
        try:
            decode(params)
        except BadArgument:
            continue


def _template(data: bytes) -> None:
    stored, _, given = data.partition(b"\n")
    try:
        content = decode_template(stored)
        values = template_values(parse_json(given))
    except (msgspec.DecodeError, UnicodeDecodeError, BadBody, RecursionError):
        return
    assert decode_template(encode_template(content)) == content
    for missing in ("keep", "empty", "error"):
        fill_template(content, values, missing=missing)


def _markdown(data: bytes) -> None:
    render_markdown.cache_clear()
    check_html(render_markdown(_text(data)))


def _article(data: bytes) -> None:
    clean_article.cache_clear()
    check_html(clean_article(_text(data)))


def _media(data: bytes) -> None:
    name, _, head = data.partition(b"\n")
    text = name.decode("utf-8", "surrogateescape")
    shown = plain_name(text)
    assert len(shown) <= 255 and "/" not in shown and "\\" not in shown and shown.isprintable()
    kind = content_type(head)
    assert mime_of(shown, head)
    for one in KINDS.values():
        if check_media(one, shown, head, len(head), strict=False) is None:
            assert kind in one.mimes


@cache
def _seal() -> Seal:
    return Seal(load_key(Path(tempfile.mkdtemp(prefix="hongyan-fuzz-")) / "key"))


def _tokens(data: bytes) -> None:
    text = _text(data)
    for parse in (parse_task_id, parse_mass_task_id):
        seq = parse(text)
        if seq is not None and parse is parse_mass_task_id:
            assert mass_task_id(seq) == text
    number = int.from_bytes(data[:6], "big")
    assert parse_mass_task_id(mass_task_id(number)) == number  # type: ignore[arg-type]
    assert open_session(_seal(), text) is None
    session = Session(1, 2, 3, number, number)  # type: ignore[arg-type]
    whole = session_text(_seal(), session)
    assert open_session(_seal(), whole) == session
    at = number % len(whole)
    changed = whole[:at] + ("A" if whole[at] != "A" else "B") + whole[at + 1 :]
    # The last character may hold bits that Base64 does not use.
    assert open_session(_seal(), changed) is None or at == len(whole) - 1


_KEYS = CallbackKeys("token", "a" * 43, "dingowner")


def _callback(data: bytes) -> None:
    text = _text(data)
    with contextlib.suppress(BadCipher):
        _KEYS.decrypt(text)
    assert _KEYS.decrypt(_KEYS.encrypt(text)) == (text, "dingowner")
    assert _KEYS.signed_by(_KEYS.sign("1", "n", text), "1", "n", text)
    assert not _KEYS.signed_by(text, "1", "n", text)


def _organisation(data: bytes) -> None:
    file = parse_jsonl(data)
    assert all(problem.line >= 0 for problem in file.problems)
    parse_csv(data)
    text = _text(data)
    assert unguarded(guarded(text)) == text


def _older_door(data: bytes) -> None:
    query, _, body = data.partition(b"\n")
    request = HttpRequest("POST", query, [(b"content-type", b"application/x-www-form-urlencoded")], body, "127.0.0.1", Trail())
    try:
        given = router._given(request)
        newer = router._newer_request(lax.as_text(given.get("method")), given, request)
    except (BadBody, Unreadable):
        return
    kind = next(value for name, value in newer.headers if name == b"content-type")
    try:
        parse_body(kind, newer.body, strict=False)
    except BadBody:
        return


def _kept_call(data: bytes) -> None:
    """Whatever was sent can be written to the log of calls, and a token that stands where it belongs is nowhere in it."""
    query, _, body = data.partition(b"\n")
    query = b"access_token=" + _SECRET + (b"&" + query if query else b"")
    kind = (b"application/json", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x")[len(data) % 3]
    request = HttpRequest("POST", query, [(b"content-type", kind), (b"x-acs-dingtalk-access-token", _SECRET)], body, "127.0.0.1", Trail())
    note = Note(1, EpochMs(0), 5, "/topapi/x", request, Reply(200, body), len(body), len(body))
    kept = capture_of(note, None, lambda _: "id")
    assert msgspec.json.encode(kept)
    assert _SECRET.decode() not in repr(kept)


_SECRET = b"Zq7secretZq7secretZq7"
_SEND = b'{"unionid":"x","uuid":"1","msg_type":"text","text_content":"hi","userid_list":"u1,u2","dep_id_list":[1],"is_to_all":false}'
_MD = b'{"unionid":"x","msg_type":"markdown","msg_body":{"markdown":{"title":"t","text":"# a"}},"userid_list":["a"]}'
_OA = b'{"msg":{"msgtype":"oa","oa":{"message_url":"http://x","head":{"bgcolor":"FFBBBBBB","text":"h"},"body":{"title":"t","form":[{"key":"a","value":"b"}]}}}}'
_CARD = b'{"msg":{"msgtype":"action_card","action_card":{"title":"t","markdown":"m","btn_orientation":"1","btn_json_list":[{"title":"a","action_url":"http://x"}]}}}'
_PART = b'x\n--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\n\r\n\x89PNG\r\n--x--\r\n'
_ROW = b'{"kind":"user","userid":"u1","name":"n","depts":[1]}\n{"kind":"department","id":2,"name":"d","parent":1}\n{"kind":"role","id":1,"name":"r"}'
_FORM = b"application/x-www-form-urlencoded\na=b&c[]=1&c[]=2&msg[text][content]=x&%E4%BD%A0=%E5%A5%BD"
TARGETS: tuple[Target, ...] = (
    Target("json", _json_body, (_SEND, _OA, b"\xef\xbb\xbf{}"), _JSON_TOKENS),
    Target("form", _form_body, (_FORM, b"multipart/form-data; boundary" + b"=x\n" + _PART[2:], b"text/plain\n" + _SEND), _FORM_TOKENS + _JSON_TOKENS),
    Target("brackets", _brackets, (b"a[b][c]=d&a[]=1&a[0]=2&b[0]=x", b"msg[text][content]=x"), _FORM_TOKENS),
    Target(
        "multipart",
        _multipart,
        (_PART, _PART.replace(b"\r\n\r\nb", b"\r\nContent-Type: text/plain\r\n\r\nb")),
        (
            *(b"\r\n", b"--x", b"--x--", b'name="', b'filename="', b"filename*=UTF-8''", b"%00", b"\\", b'"', b";", b"Content-Disposition: "),
            *_FORM_TOKENS,
        ),
    ),
    Target("lax values", _lax_values, (b'["u1","u2"]', b"u1,u2", "“u1，u2”".encode(), b'"[\\"a\\"]"', b"[1,2]", b'{"a":"{}"}'), _JSON_TOKENS),
    Target("mass send", _mass_send, (_SEND, _MD), (*_JSON_TOKENS, b"userid_list", b"dep_id_list", b"msg_body", b"is_to_all", b"text")),
    Target("message bodies", _bodies, (_MD, _OA, _CARD), (*_JSON_TOKENS, b"msgtype", b"markdown", b"action_card", b"oa", b"link", b"btn_json_list")),
    Target(
        "template",
        _template,
        (
            b'{"kind":"markdown","name":"n","title":"t","content":"hi ${name} ${a}"}\n{"name":"x","a":"${name}"}',
            b'{"kind":"action_card","name":"n","title":"t","content":"${a}","buttons":[{"title":"${b}","url":"http://x/${a}"}]}\n{"a":1,"b":["x"]}',
        ),
        (*_JSON_TOKENS, b"${", b"}", b"${a}", b"<@u1>", b"<a>", b"$userId$", b"@", b"kind", b"markdown"),
    ),
    Target("markdown", _markdown, (b"# a\n\n[b](http://x) ![c](@m) **d**\n\n|a|b|\n|-|-|\n|1|2|", b"<b>&lt;"), _MARK_TOKENS),
    Target(
        "article",
        _article,
        (b'<p>a<a href="http://x">b</a><img src="@m" alt="c"><table><tr><td colspan=2>', b"<svg><p><style><a title='</style>'>"),
        _HTML_TOKENS,
    ),
    Target(
        "media",
        _media,
        (b"a.png\n\x89PNG\r\n\x1a\n", b"../a.mp3\nID3", b"a.docx\nPK\x03\x04"),
        (
            b".",
            b"/",
            b"\\",
            b"jpg",
            b"\xff\xd8\xff",
            b"GIF89a",
            b"BM",
            b"RIFF",
            b"WAVE",
            b"ftyp",
            b"%PDF-",
            b"Rar!\x1a\x07",
            "长".encode(),
            b"\xe2\x80\xae",
        ),
    ),
    Target("tokens", _tokens, (b"push0123456789abcdefiEiE", b"1234567890", b"AVVV-_"), (b"push", b"iEiE", b"0", b"-", b"_", b"=", "٣".encode())),
    Target("callback", _callback, (b"hello", b"AAAAAAAAAAAAAAAAAAAAAA==", b'{"a":1}'), (b"=", b"A" * 16, b"\n", "长".encode())),
    Target(
        "organisation",
        _organisation,
        (_ROW, b"userid,name,departments\nu1,n,1\n"),
        (*_JSON_TOKENS, b",", b"\r\n", b'""', b"kind", b"depts", b"=1+1", b"\x81\x30"),
    ),
    Target(
        "older door",
        _older_door,
        (
            b"method=dingtalk.corp.message.corpconversation.asyncsend&session=t&format=json\nmsgtype=text&msgcontent=%7B%22content%22%3A%22x%22%7D&userid_list=a",
            b"\n",
        ),
        (*_FORM_TOKENS, b"msgtype", b"msgcontent", b"%7B", b"%7D", b"%22", b"dingtalk.oapi."),
    ),
    Target(
        "kept call",
        _kept_call,
        (
            b"token=\xff\xfe\n" + _SEND,
            b"a[token]=%FF%FE\n" + _PART,
            b'\n{"msg":"{\\"token\\":\\"' + _SECRET + b'\\"}","userid_list":"' + _SECRET + b'"}',
        ),
        (*_FORM_TOKENS, *_JSON_TOKENS, _SECRET, b"token", b"aeskey", b"userid_list", b"unionid", b"%FF", "…".encode()),
    ),
)
BY_NAME = {target.name: target for target in TARGETS}
assert len(BY_NAME) == len(TARGETS)
