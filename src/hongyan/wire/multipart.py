"""Multipart bodies as they arrive: text parts into memory, one file into the blob store, neither without bound."""

import contextlib
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from hongyan.messages.blobs import BlobStore
from hongyan.messages.uploads import Incoming
from hongyan.wire.disposition import Disposition, parse_disposition
from hongyan.wire.forms import MAX_FIELDS, BadBody, text_of

TEXT_MAX = 64 * 1024  # bytes of all text parts together
FILE_PART = "media"
_BLANK_MAX = 64  # bytes of line ends before the first boundary
# It writes a warning for every broken body, which anybody can send by the thousand.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
_BOUNDARY = re.compile(rb'boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;",]{1,200}))', re.IGNORECASE)


class Form(msgspec.Struct):
    """A multipart body. `file` is the first part called `media` that has a file name; None when there was none."""

    fields: dict[str, str] = {}
    file: Incoming | None = None


def boundary_of(content_type: bytes) -> bytes | None:
    """The boundary of a multipart body; None for every other content type."""
    if content_type.partition(b";")[0].strip().lower() != b"multipart/form-data":
        return None
    match = _BOUNDARY.search(content_type)
    return (match[1] or match[2]) if match else None


@contextlib.asynccontextmanager
async def reading_form(boundary: bytes, pieces: AsyncIterator[bytes], blobs: BlobStore) -> AsyncGenerator[Form]:
    """The form, whole; its file is thrown away at the end unless it was kept. Raises `BadBody`, and what `pieces` raises."""
    reader = _Reader(boundary, blobs)
    try:
        async for piece in pieces:
            reader.feed(piece)
            if reader.form.file is not None:
                await reader.form.file.settle()
        reader.close()
        yield reader.form
    finally:
        if reader.form.file is not None:
            await reader.form.file.drop()


class _Reader:
    """The parser's callbacks, which may not wait."""

    def __init__(self, boundary: bytes, blobs: BlobStore) -> None:
        self.form = Form()
        self._blobs = blobs
        self._header = bytearray()
        self._value = bytearray()
        self._disposition: Disposition | None = None
        self._text: bytearray | None = None
        self._into_file = False
        self._room = TEXT_MAX
        self._parts = 0
        self._complete = False
        self._opening = b"--" + boundary  # blank once it was seen
        self._begun = bytearray()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._content,
                "on_part_end": self._part_ends,
                "on_end": self._ends,
            },
        )

    def feed(self, piece: bytes) -> None:
        if self._opening:
            piece = self._first(piece)
        try:
            self._parser.write(piece)
        except FormParserError:
            raise BadBody from None

    def _first(self, piece: bytes) -> bytes:
        """What has come, once it is enough to see the first boundary: the parser takes or refuses what stands before one as the network cuts."""
        self._begun += piece
        begun = bytes(self._begun).lstrip(b"\r\n")
        if not begun.startswith(self._opening[: len(begun)]) or len(self._begun) > len(begun) + _BLANK_MAX:
            raise BadBody
        if len(begun) < len(self._opening):
            return b""
        self._opening = b""
        return begun

    def close(self) -> None:
        if not self._complete:
            raise BadBody

    def _part_begins(self) -> None:
        self._parts += 1
        self._disposition, self._text, self._into_file = None, None, False
        if self._parts > MAX_FIELDS:
            raise BadBody

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._disposition = parse_disposition(bytes(self._value).strip())
        self._header.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        part = self._disposition
        if part is None:
            return
        if part.filename is None:
            self._text = bytearray()
        elif part.name == FILE_PART and self.form.file is None:
            self.form.file = Incoming(self._blobs, part.filename)
            self._into_file = True

    def _content(self, data: bytes, start: int, end: int) -> None:
        if self._into_file and self.form.file is not None:
            self.form.file.add(data[start:end])
        elif self._text is not None:
            self._room -= end - start
            if self._room < 0:
                raise BadBody
            self._text += data[start:end]

    def _part_ends(self) -> None:
        if self._text is not None and self._disposition is not None:
            self.form.fields[self._disposition.name] = text_of(self._text)

    def _ends(self) -> None:
        self._complete = True
