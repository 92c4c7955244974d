"""Multipart bodies: the same whichever way they are cut, and nothing but `BadBody` for what is none."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hongyan.messages.blobs import FileBlobs
from hongyan.messages.media_kinds import KINDS, NAME_MAX, MediaProblem, check_media, content_type, extension_of, plain_name
from hongyan.wire.disposition import parse_disposition
from hongyan.wire.forms import BadBody
from hongyan.wire.multipart import TEXT_MAX, boundary_of, reading_form
from media_samples import EXE, PNG, SAMPLES

BODY = (
    b'\r\n--b\r\nContent-Disposition:form-data;name="type"\r\n\r\nimage\r\n'
    b'--b\r\nContent-Disposition: form-data; name="media"; filename="\xe5\x9b\xbe.png"\r\nContent-Type: image/png\r\n\r\n'
    + PNG
    + b"\r\n--b-not a boundary\r\n"
    + b'\r\n--b\r\nContent-Disposition: form-data; name="media"; filename="second.png"\r\n\r\nx\r\n'
    b'--b\r\nContent-Disposition: attachment; name="other"\r\n\r\ny\r\n--b--\r\n'
)
FILE = PNG + b"\r\n--b-not a boundary\r\n"


def read(folder: Path, pieces: list[bytes]) -> tuple[dict[str, str], str, int, bytes]:
    """Text fields, then the file's name, size and beginning."""

    async def arriving() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def run() -> tuple[dict[str, str], str, int, bytes]:
        async with reading_form(b"b", arriving(), FileBlobs(folder)) as form:
            assert form.file is not None
            return form.fields, form.file.name, form.file.size, form.file.head

    return asyncio.run(run())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, len(BODY)), max_size=6))
def test_it_does_not_matter_where_a_body_is_cut(tmp_path: Path, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(BODY)]
    pieces = [BODY[start:end] for start, end in itertools.pairwise(places)]

    assert read(tmp_path, pieces) == ({"type": "image"}, "图.png", len(FILE), FILE)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(BODY) - 1), instead=st.binary(max_size=3), length=st.integers(0, 40))
def test_a_damaged_body_is_a_form_or_a_bad_body(tmp_path: Path, at: int, instead: bytes, length: int) -> None:
    with contextlib.suppress(BadBody, AssertionError):
        read(tmp_path, [BODY[:at] + instead + BODY[at + length :]])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_text_parts_have_a_bound(tmp_path: Path) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * (TEXT_MAX + 1) + b"\r\n"
    with pytest.raises(BadBody):
        read(tmp_path, [part + BODY])


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        (b"multipart/form-data; boundary=abc", b"abc"),
        (b'Multipart/Form-Data;charset=UTF-8;boundary="a b"', b"a b"),
        (b"multipart/form-data; Boundary=abc; charset=utf-8", b"abc"),
        (b"multipart/form-data", None),
        (b"multipart/mixed; boundary=abc", None),
        (b"application/json", None),
        (b"", None),
    ],
)
def test_boundaries(header: bytes, boundary: bytes | None) -> None:
    assert boundary_of(header) == boundary


@given(st.binary(max_size=60))
def test_any_header_is_read_or_none(header: bytes) -> None:
    for prefix in (b"", b"form-data;name=a;", b'form-data; filename*="'):
        found = parse_disposition(prefix + header)
        assert found is None or isinstance(found.name, str)


# --- what files are


@pytest.mark.parametrize(("kind", "extension"), SAMPLES)
def test_a_sample_fits_its_kind_and_no_other(kind: str, extension: str) -> None:
    for other in KINDS.values():
        problem = check_media(other, f"a.{extension}", SAMPLES[kind, extension], 10, strict=True)
        assert (problem is None) == (other.name == kind)


@given(st.binary(max_size=64))
def test_a_program_is_never_a_medium(rest: bytes) -> None:
    for head in (EXE[:2] + rest, b"\x7fELF" + rest, b"<!DOCTYPE html>" + rest, b"<svg" + rest):
        # An MP4 says what it is in its second word.
        assert content_type(head) in ("", "video/mp4")


def test_the_order_of_problems() -> None:
    kind = KINDS["voice"]
    assert check_media(kind, "a.exe", b"", 0, strict=False) is MediaProblem.EMPTY
    assert check_media(kind, "a.exe", EXE, kind.limit + 1, strict=False) is MediaProblem.BAD_FORMAT
    assert check_media(kind, "a.mp3", b"ID3", kind.limit + 1, strict=False) is MediaProblem.TOO_LARGE
    assert check_media(kind, "a.mp3", b"ID3", kind.limit, strict=False) is None


@given(st.text(max_size=600))
def test_a_kept_name_is_short_has_no_folder_and_keeps_its_extension(name: str) -> None:
    kept = plain_name(name + ".Png")

    assert len(kept) <= NAME_MAX and not {"/", "\\", "\n", "\0"} & set(kept)
    assert extension_of(kept) == "png"
