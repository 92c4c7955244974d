"""What may be uploaded as what: kinds, file names, sizes, and what the first bytes say. Pure.

The table is that of the upload page. A file is judged by its name's extension and by its first bytes, not by what the sender calls it:
official clients send everything as application/octet-stream. The two need not agree with each other, only both with the kind: phones
name a PNG `.jpg`, and nobody is helped by a refusal.
"""

import re
from collections.abc import Callable
from enum import StrEnum

import msgspec

HEAD_BYTES = 1024  # as many are enough for every format
NAME_MAX = 255  # characters of a file name that are kept
MEGABYTE = 1 << 20


class MediaProblem(StrEnum):
    """Why something cannot be uploaded, in the order in which it is looked for."""

    EMPTY = "empty"
    BAD_FORMAT = "bad_format"
    TOO_LARGE = "too_large"


class MediaKind(msgspec.Struct, frozen=True):
    """`limit` in bytes, inclusive; `mimes` are what the content may be."""

    name: str
    limit: int
    extensions: frozenset[str]
    mimes: frozenset[str]
    letter: str  # in the ids of this kind


_OLE, _ZIP, _PDF, _RAR = "application/x-ole-storage", "application/zip", "application/pdf", "application/vnd.rar"
_IMAGES = frozenset(("image/jpeg", "image/gif", "image/png", "image/bmp"))
_SOUNDS = frozenset(("audio/amr", "audio/mpeg", "audio/wav"))
KINDS: dict[str, MediaKind] = {
    kind.name: kind
    for kind in (
        MediaKind("image", 20 * MEGABYTE, frozenset(("jpg", "gif", "png", "bmp")), _IMAGES, "P"),
        MediaKind("voice", 2 * MEGABYTE, frozenset(("amr", "mp3", "wav")), _SOUNDS, "T"),
        MediaKind("video", 20 * MEGABYTE, frozenset(("mp4",)), frozenset(("video/mp4",)), "D"),
        MediaKind(
            "file",
            20 * MEGABYTE,
            frozenset(("doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar")),
            frozenset((_OLE, _ZIP, _PDF, _RAR)),
            "j",
        ),
    )
}
LARGEST = max(kind.limit for kind in KINDS.values())
# Not on the page, and what half of all cameras write. The strict profile refuses it.
_LAX_EXTENSIONS = {"jpeg": "jpg"}
_BITMAP_HEADERS = frozenset((12, 40, 52, 56, 64, 108, 124))  # sizes of the second header of a BMP
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide")

_FORMATS: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("image/png", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", lambda head: head.startswith(b"\xff\xd8\xff")),
    ("image/gif", lambda head: head.startswith((b"GIF87a", b"GIF89a"))),
    ("image/bmp", lambda head: head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS),
    ("audio/amr", lambda head: head.startswith((b"#!AMR\n", b"#!AMR-WB\n"))),
    ("audio/wav", lambda head: head.startswith(b"RIFF") and head[8:12] == b"WAVE"),
    ("audio/mpeg", lambda head: head.startswith(b"ID3") or _is_mpeg_frame(head)),
    ("video/mp4", lambda head: head[4:8] in _MP4_BOXES),
    (_OLE, lambda head: head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")),
    (_ZIP, lambda head: head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))),
    (_PDF, lambda head: head.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"%PDF-")),
    (_RAR, lambda head: head.startswith(b"Rar!\x1a\x07")),
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
_BY_EXTENSION: dict[tuple[str, str], str] = {
    (_OLE, "doc"): "application/msword",
    (_OLE, "xls"): "application/vnd.ms-excel",
    (_OLE, "ppt"): "application/vnd.ms-powerpoint",
    (_ZIP, "docx"): f"{_OFFICE}wordprocessingml.document",
    (_ZIP, "xlsx"): f"{_OFFICE}spreadsheetml.sheet",
    (_ZIP, "pptx"): f"{_OFFICE}presentationml.presentation",
}


def _is_mpeg_frame(head: bytes) -> bool:
    """Eleven set bits, then a version, a layer, a bit rate and a sample rate that exist."""
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    return head[1] & 0x18 != 0x08 and head[1] & 0x06 != 0 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C


def content_type(head: bytes) -> str:
    """What the first bytes are; empty when they are none of the formats that may be uploaded."""
    return next((mime for mime, begins in _FORMATS if begins(head)), "")


def mime_of(name: str, head: bytes) -> str:
    """The type to serve a checked upload under: what it contains, more closely where the name says more."""
    mime = content_type(head)
    return _BY_EXTENSION.get((mime, extension_of(name)), mime) or "application/octet-stream"


def extension_of(name: str) -> str:
    """What stands behind the last dot, in lower case; empty without one."""
    _, dot, extension = name.rpartition(".")
    return extension.strip().lower() if dot else ""


def check_media(kind: MediaKind, name: str, head: bytes, size: int, *, strict: bool) -> MediaProblem | None:
    """The first reason why this cannot be uploaded as `kind`; `head` has the first `HEAD_BYTES` bytes."""
    if size == 0:
        return MediaProblem.EMPTY
    extension = extension_of(name)
    if not strict:
        extension = _LAX_EXTENSIONS.get(extension, extension)
    if extension not in kind.extensions or content_type(head) not in kind.mimes:
        return MediaProblem.BAD_FORMAT
    return MediaProblem.TOO_LARGE if size > kind.limit else None


def plain_name(name: str) -> str:
    """A file name without the folders that some clients send along, and without what no file name has."""
    base = re.split(r"[/\\]", name)[-1]
    clean = "".join(char for char in base if char.isprintable()).strip()
    stem, dot, extension = clean.rpartition(".")
    room = NAME_MAX - len(dot) - len(extension)
    return clean if len(clean) <= NAME_MAX else (stem[: max(room, 0)] + dot + extension)[:NAME_MAX]
