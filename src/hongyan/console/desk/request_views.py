"""One captured call as its page shows it. Pure."""

import shlex
from urllib.parse import quote

import msgspec

from hongyan.capture.masking import MARK
from hongyan.capture.reading import Parameter, parameters_of
from hongyan.capture.records import Capture, Stage
from hongyan.capture.replaying import again_of

HEX_BYTES = 1024
VALUE_MAX = 20_000  # characters of one value on the page
_TOKEN = "\0TOKEN\0"  # no captured content holds U+0000
_OPEN_STAGES = (Stage.ADDRESS, Stage.PATH, Stage.METHOD, Stage.INTERFACE)


class StageView(msgspec.Struct, frozen=True):
    """`state` is passed, refused or waiting."""

    stage: Stage
    state: str
    fact: str


class Given(msgspec.Struct, frozen=True):
    place: str
    name: str
    value: str
    structured: bool


def took(us: int) -> str:
    """Milliseconds with as many digits as tell something."""
    ms = us / 1000
    return f"{ms:.2f}" if ms < 10 else f"{ms:.1f}" if ms < 100 else f"{ms:,.0f}"


def stages_of(capture: Capture) -> list[StageView]:
    """The checks in their order, up to the one that refused and beyond."""
    one, content = capture.summary, capture.content
    facts = {
        Stage.ADDRESS: one.address,
        Stage.PATH: one.path,
        Stage.METHOD: one.method,
        Stage.TOKEN: content.credential,
        Stage.PERMISSION: one.app_name,
    }
    return [
        StageView(stage, _state(stage, content.stage, refused=one.refused), facts.get(stage, ""))
        for stage in (_OPEN_STAGES if content.open else tuple(Stage))
    ]


def _state(stage: Stage, last: Stage, *, refused: bool) -> str:
    if stage < last or (stage == last and not refused):
        return "passed"
    return "refused" if stage == last else "waiting"


def given_of(capture: Capture) -> list[Given]:
    content = capture.content
    found = parameters_of(content.query, dict(content.headers).get("content-type", ""), content.body, content.parts)
    return [_given(one) for one in found]


def _given(one: Parameter) -> Given:
    structured = isinstance(one.value, dict | list)
    text = one.value if isinstance(one.value, str) else pretty(msgspec.json.encode(one.value))
    return Given(one.place, one.name, text[:VALUE_MAX], structured or "\n" in text)


def pretty(raw: bytes) -> str:
    """JSON with line breaks; anything else as text."""
    try:
        return msgspec.json.format(raw, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw.decode("utf-8", "backslashreplace")


def hex_of(raw: bytes) -> str:
    """Offset, bytes, and what can be printed of them; the first `HEX_BYTES`."""
    lines: list[str] = []
    for at in range(0, min(len(raw), HEX_BYTES), 16):
        piece = raw[at : min(at + 16, HEX_BYTES)]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        lines.append(f"{at:04x}  {piece.hex(' '):<47}  {shown}")
    return "\n".join(lines)


def curl_of(capture: Capture, base: str) -> str:
    """A command for a POSIX shell that makes the call again, with $TOKEN where the token was. Safe to paste: whatever came from outside is quoted."""
    again = again_of(capture, _TOKEN)
    content, path = capture.content, quote(capture.summary.path, safe="/%:@")
    url = f"{base}{path}" + (f"?{_text(again.query)}" if again.query else "")
    lines = ["curl" + ("" if again.method == "GET" and not again.body else f" -X {shlex.quote(again.method)}") + f" {_shell(url)}"]
    for name, value in again.headers:
        if name not in (b"user-agent", b"accept") and not (name == b"content-type" and content.parts):
            lines.append(f"-H {_shell(f'{_text(name)}: {_text(value)}')}")
    lines += [f"-F {_shell(f'{part.name}=@{part.filename}' if part.filename is not None else f'{part.name}={part.text}')}" for part in content.parts]
    if again.body:
        lines.append(f"--data-binary {_shell(_text(again.body))}" if _is_text(again.body) else f"--data-binary @request-{capture.summary.n}.bin")
    return " \\\n  ".join(lines)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _shell(text: str) -> str:
    """Quoted for a shell; the token stays a variable."""
    return '"$TOKEN"'.join(shlex.quote(piece) if piece else "" for piece in text.split(_TOKEN)) or "''"


def is_masked(text: str) -> bool:
    return text.endswith(MARK)
