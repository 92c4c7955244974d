"""From a call as it was handed over to what is kept of it: parameters read, secrets masked, people and task named. Pure."""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from hongyan.capture.masking import Masker, storable, unescape
from hongyan.capture.records import UNTOLD, Asked, Caller, Capture, Content, Note, Part, Summary

KEPT_BYTES = 64 * 1024  # of a body, and of a reply
PEOPLE_MAX = 50
TEXT_MAX = 1000  # characters of one part or header
PAIRS_MAX = 2000
TOKEN_HEADER = "x-acs-dingtalk-access-token"
_HEADERS = frozenset(("content-type", "user-agent", "accept", TOKEN_HEADER))
_PEOPLE = frozenset(("userid", "userids", "useridlist", "useridlists", "userlist"))
_TOKENS = ("access_token", "session", "suite_access_token")
_KEYS = ("appkey", "appKey", "client_id", "suite_key", "suiteKey", "accessKey", "app_key")
_CORPS = ("auth_corpid", "authCorpId", "corpid")
_DECODE = msgspec.json.Decoder().decode
_BOUNDARY = re.compile(rb'boundary\s*=\s*"?([^";,\s]+)"?', re.IGNORECASE)
_DISPOSITION = re.compile(rb'\b(name|filename)\s*=\s*"([^"]*)"', re.IGNORECASE)


class Parameter(NamedTuple):
    """One decoded parameter; `place` is query, body or part."""

    place: str
    name: str
    value: Any


class Clues(NamedTuple):
    """What may say whose call it was, before it is masked."""

    token: str
    app_key: str
    corp_id: str


def form_parameters(place: str, raw: bytes) -> list[Parameter]:
    pairs = (piece.partition(b"=") for piece in raw.split(b"&")[:PAIRS_MAX] if piece)
    return [Parameter(place, _shown(unescape(name)), _shown(unescape(value))) for name, _, value in pairs]


def _shown(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def kind_of(content_type: str, body: bytes) -> str:
    """json, multipart or form, told as the gateway tells them."""
    kind = content_type.partition(";")[0].strip().lower()
    if body[:1] == b"{" or body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" or kind in ("application/json", "text/json"):
        return "json"
    return "multipart" if kind == "multipart/form-data" else "form"


def parameters_of(query: bytes, content_type: str, body: bytes, parts: Iterable[Part]) -> list[Parameter]:
    """Everything that was sent, by name; a body that cannot be read gives nothing."""
    found = form_parameters("query", query)
    if body and kind_of(content_type, body) == "json":
        tree = _json(body.removeprefix(b"\xef\xbb\xbf"))
        found += [Parameter("body", name, value) for name, value in tree.items()] if isinstance(tree, dict) else []
    elif body:
        found += form_parameters("body", body)
    return found + [Parameter("part", part.name, part.text) for part in parts if part.filename is None]


def _json(raw: bytes) -> Any:
    try:
        return _DECODE(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def clues_of(note: Note) -> Clues:
    """The key and the token that a call came with."""
    return _clues(note, parameters_of(note.asked.query, _type_of(note.asked), note.asked.body, note.asked.trail.parts))


def _clues(note: Note, parameters: list[Parameter]) -> Clues:
    header = next((value.decode("latin-1") for name, value in note.asked.headers if name == TOKEN_HEADER.encode()), "")
    given: dict[str, Any] = {parameter.name: parameter.value for parameter in parameters}
    in_path = re.search(r"/oauth2/([^/]+)/token$", note.path)
    token = header or _given(given, _TOKENS)
    return Clues(token.strip(), _given(given, _KEYS), in_path[1] if in_path else _given(given, _CORPS))


def _given(given: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((value for name in names if isinstance(value := given.get(name), str) and value), "")


def _type_of(asked: Asked) -> str:
    return next((value.decode("latin-1") for name, value in asked.headers if name == b"content-type"), "")


def capture_of(note: Note, caller: Caller | None, credential: Callable[[str], str]) -> Capture:
    """What is kept of a call. `credential` gives a token's name, from which it cannot be found again."""
    asked, content_type = note.asked, _type_of(note.asked)
    # The one-time code of a sign-in is a secret there alone; elsewhere it is a department's or an error's.
    masker = Masker(("code",) if note.path.endswith("getuserinfo") else ())
    parts = asked.trail.parts or _split(content_type, asked.body)
    named = parameters_of(asked.query, content_type, b"" if parts else asked.body, parts)
    token = _clues(note, named).token
    # Everything is masked by name before anything is swept: a secret found in one place is taken out of all.
    content = _swept(masker, _content(note, masker, named, parts))
    content = msgspec.structs.replace(
        content, credential=credential(token) if token else "", masked=tuple(_swept_text(masker, place) for place in masker.places)
    )
    return Capture(_summary(note, caller, masker, named), content)


def _content(note: Note, masker: Masker, named: list[Parameter], parts: tuple[Part, ...]) -> Content:
    asked, trail, names = note.asked, note.asked.trail, _names(named)
    raw = b"" if parts else asked.body
    body = _body(masker, _type_of(asked), raw)
    return Content(
        query=masker.form("query", asked.query),
        headers=_headers(masker, asked),
        body=body,
        body_bytes=note.body_bytes,
        reply=masker.json("reply", note.answered.body),
        reply_bytes=note.reply_bytes,
        stage=trail.stage,
        body_cut=bool(raw) and (not body or note.body_bytes > len(raw)),
        reply_cut=note.reply_bytes > len(note.answered.body),
        open=trail.open,
        parts=tuple(_part(masker, part) for part in parts),
        unionid=names.get("unionid", "")[:128],
        uuid=names.get("uuid", "")[:128],
        userids=_people(named),
        replay_of=trail.replay_of,
        by=trail.by,
    )


def _swept(masker: Masker, content: Content) -> Content:
    return msgspec.structs.replace(
        content,
        query=masker.sweep(content.query),
        headers=tuple((name, _swept_text(masker, value)) for name, value in content.headers),
        body=masker.sweep(content.body),
        reply=masker.sweep(content.reply),
        parts=tuple(_swept_part(masker, part) for part in content.parts),
        unionid=_swept_text(masker, content.unionid),
        uuid=_swept_text(masker, content.uuid),
        userids=tuple(_swept_text(masker, one) for one in content.userids if one not in masker.values),
    )


def _swept_part(masker: Masker, part: Part) -> Part:
    filename = None if part.filename is None else _swept_text(masker, part.filename)
    return msgspec.structs.replace(part, name=_swept_text(masker, part.name), filename=filename, text=_swept_text(masker, part.text))


def _swept_text(masker: Masker, text: str) -> str:
    return masker.sweep(storable(text).encode()).decode("utf-8", "replace")


def _summary(note: Note, caller: Caller | None, masker: Masker, named: list[Parameter]) -> Summary:
    answer, errcode, status = _json(note.answered.body), note.answered.errcode, note.answered.status
    return Summary(
        n=note.n,
        at=note.at,
        corp_id=caller.corp_id if caller else UNTOLD,
        app_key=caller.app_key if caller else "",
        app_name=caller.app_name if caller else "",
        method=note.asked.method[:16],
        path=_swept_text(masker, note.path)[:TEXT_MAX],
        status=status,
        errcode=errcode,
        refused=errcode != "0" or status >= 400,
        us=note.us,
        address=note.asked.address,
        task=_swept_text(masker, _first(answer, "task_id") or _names(named).get("task_id", ""))[:128],
        said=_swept_text(masker, _said(answer, errcode)),
    )


def _plain(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _headers(masker: Masker, asked: Asked) -> tuple[tuple[str, str], ...]:
    """The ones that matter, each once or as often as it came."""
    named = ((name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in asked.headers)
    return tuple(
        (name, masker.take("header", name, value) if name == TOKEN_HEADER else value[:TEXT_MAX]) for name, value in named if name in _HEADERS
    )


def _body(masker: Masker, content_type: str, body: bytes) -> bytes:
    if not body:
        return b""
    if b"\0" in body:
        # UTF-16 and the like: a secret could stand there unseen.
        return b""
    match kind_of(content_type, body):
        case "json":
            return masker.json("body", body)
        case _:
            return masker.form("body", body)


def _part(masker: Masker, part: Part) -> Part:
    text = masker.form("part", f"{part.name}=".encode("utf-8", "replace") + part.text.replace("&", "%26").encode("utf-8", "replace")).partition(b"=")[
        2
    ]
    return msgspec.structs.replace(part, text=unescape(text)[:TEXT_MAX]) if part.filename is None else part


def _split(content_type: str, body: bytes) -> tuple[Part, ...]:
    """The parts of a multipart body that was taken whole."""
    if kind_of(content_type, body) != "multipart":
        return ()
    match = _BOUNDARY.search(content_type.encode("latin-1"))
    if match is None:
        return (Part("", len(body)),)
    found: list[Part] = []
    for piece in body.split(b"--" + match[1])[1:PAIRS_MAX]:
        head, blank, content = piece.partition(b"\r\n\r\n")
        fields = {name.lower(): _plain(value) for name, value in _DISPOSITION.findall(head)}
        if blank and b"name" in fields:
            content, filename = content.removesuffix(b"\r\n"), fields.get(b"filename")
            found.append(Part(fields[b"name"], len(content), filename, "" if filename is not None else _plain(content)))
    return tuple(found) or (Part("", len(body)),)


def _names(parameters: list[Parameter]) -> dict[str, str]:
    """What names the send: unionid, uuid, task_id, in whichever spelling."""
    found: dict[str, str] = {}
    for parameter in parameters:
        name = {"taskid": "task_id", "msgtaskid": "task_id"}.get(_flat(parameter.name), parameter.name)
        if name in ("unionid", "uuid", "task_id") and isinstance(parameter.value, str | int):
            found[name] = str(parameter.value)
    return found


def _flat(name: str) -> str:
    return name.lower().replace("_", "")


def _first(answer: Any, name: str) -> str:
    value = answer.get(name) if isinstance(answer, dict) else None
    return str(value) if isinstance(value, str | int) else ""


def _said(answer: Any, errcode: str) -> str:
    """The text of a refusal."""
    if not isinstance(answer, dict) or errcode == "0":
        return ""
    error = answer.get("error_response")
    answer = error if isinstance(error, dict) else answer
    return next((str(answer[name]) for name in ("sub_msg", "errmsg", "message", "msg") if answer.get(name)), "")[:TEXT_MAX]


def _people(parameters: list[Parameter]) -> tuple[str, ...]:
    """The first userids that the call names."""
    found: dict[str, None] = {}
    for parameter in parameters:
        _collect(parameter.name, parameter.value, found, 0)
    return tuple(list(found)[:PEOPLE_MAX])


def _collect(name: str, value: Any, found: dict[str, None], depth: int) -> None:
    if len(found) >= PEOPLE_MAX or depth > 4:
        return
    flat = _flat(name)
    if isinstance(value, dict):
        for key, inner in value.items():
            _collect(str(key), inner, found, depth + 1)
    elif isinstance(value, list):
        for inner in value[:PEOPLE_MAX]:
            _collect(name, inner, found, depth + 1)
    elif isinstance(value, str) and (flat in _PEOPLE or flat.endswith("userid")):
        inner = _json(value.encode("utf-8", "replace")) if value[:1] == "[" else None
        ids = inner if isinstance(inner, list) else re.split(r"[,|]", value)
        found.update(dict.fromkeys(one.strip()[:64] for one in ids[:PEOPLE_MAX] if isinstance(one, str) and one.strip()))
