"""Import and export of an organisation over HTTP, with progress."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Literal

import msgspec
from starlette.responses import Response, StreamingResponse

from hongyan.control.endpoints import Call, Endpoint, read_body
from hongyan.control.lookups import find_corp_txn
from hongyan.control.organisation import forget_organisation
from hongyan.control.orgcheck import check_file
from hongyan.control.orgexport import Export, export_lines_txn, export_table_txn, media_line
from hongyan.control.orgfile import OrgFile, Problem, parse_lines, split_lines
from hongyan.control.orgimport import (
    DryRun,
    Ground,
    ImportQuery,
    ImportRefused,
    ImportReport,
    NumberMoved,
    Plan,
    drop_blobs,
    import_txn,
    store_blobs,
    survey_txn,
)
from hongyan.control.orgtable import parse_csv
from hongyan.control.problems import ErrorAnswer, ErrorBody, invalid, unavailable
from hongyan.control.server import corp_problem
from hongyan.engine.engine import Engine
from hongyan.store.interface import StoreError

FILE_MAX = 256 << 20
CHUNK_LINES = 20_000
PROBLEMS_LISTED = 100
_ATTEMPTS = 5
_log = logging.getLogger(__name__)


class ExportQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`jsonl` has everything, `csv` the people alone."""

    format: Literal["jsonl", "csv"] = "jsonl"


class Progress(msgspec.Struct, frozen=True):
    """A line of the answer before the last."""

    stage: str
    done: int
    total: int


class Imported(msgspec.Struct, frozen=True):
    """The last line when it worked."""

    report: ImportReport


class NotImported(msgspec.Struct, frozen=True):
    """The last line when the file has problems; `more` of them are not listed."""

    problems: list[Problem]
    more: int


async def import_file(call: Call[ImportQuery, None]) -> Response:
    """Refuses at once what needs no look into the file; everything else is said in the stream."""
    corp_id = call.path["corp"]
    problem = corp_problem(corp_id, corp_id, "UTC")
    if problem:
        raise invalid(f"Correct the path: {problem}.")
    if not call.query.create:
        await call.engine.store.read(find_corp_txn, corp_id)
    content = await read_body(call.request, FILE_MAX)
    lines = (msgspec.json.encode(line) + b"\n" async for line in _guarded(call.engine, corp_id, content, call.query))
    return StreamingResponse(lines, media_type="application/x-ndjson")


async def _guarded(engine: Engine, corp_id: str, content: bytes, query: ImportQuery) -> AsyncIterator[msgspec.Struct]:
    """The answer has begun, so that a failure can only be said in its last line."""
    try:
        async for line in _import(engine, corp_id, content, query):
            yield line
    except ImportRefused as refused:
        yield _not_imported(refused.problems)
    except DryRun as done:
        yield Imported(done.report)
    except StoreError as error:
        yield unavailable(str(error)).answer
    except Exception:  # noqa: BLE001
        _log.exception("an import failed")
        yield ErrorAnswer(ErrorBody("internal", "The server failed; its log says why."))


async def _import(engine: Engine, corp_id: str, content: bytes, query: ImportQuery) -> AsyncIterator[msgspec.Struct]:
    parsed = OrgFile()
    async for progress, parsed in _parse(content, query.format):  # noqa: B007 - the last one is the whole file
        yield progress
    file, total = parsed, parsed.n_rows
    yield Progress("checking", 0, total)
    ground = await engine.store.read(survey_txn, corp_id, file, query)
    await asyncio.to_thread(check_file, file, corp_id, ground.known)
    yield Progress("checking", total, total)
    if file.problems:
        yield _not_imported(file.problems)
        return
    yield Progress("writing", 0, total)
    report = await _write(engine, corp_id, file, query, ground)
    yield Progress("writing", total, total)
    yield Imported(report)


async def import_now(engine: Engine, corp_id: str, content: bytes) -> ImportReport:
    """Bring an organisation file in without telling the progress; raises `ImportRefused` with the problems."""
    async for line in _import(engine, corp_id, content, ImportQuery()):
        if isinstance(line, NotImported):
            raise ImportRefused(line.problems)
        if isinstance(line, Imported):
            return line.report
    raise StoreError("the import ended without a report")


async def _parse(content: bytes, format_: str) -> AsyncIterator[tuple[Progress, OrgFile]]:
    if format_ == "csv":
        yield Progress("reading", 0, len(content)), OrgFile()
        yield Progress("reading", len(content), len(content)), await asyncio.to_thread(parse_csv, content)
        return
    file = OrgFile()
    lines = await asyncio.to_thread(split_lines, content)
    for start in range(0, len(lines), CHUNK_LINES):
        piece = lines[start : start + CHUNK_LINES]
        await asyncio.to_thread(parse_lines, file, piece, start + 1)
        yield Progress("reading", start + len(piece), len(lines)), file


def _not_imported(problems: list[Problem]) -> NotImported:
    return NotImported(problems[:PROBLEMS_LISTED], max(0, len(problems) - PROBLEMS_LISTED))


async def _write(engine: Engine, corp_id: str, file: OrgFile, query: ImportQuery, ground: Ground) -> ImportReport:
    for _ in range(_ATTEMPTS):
        blobs = await asyncio.to_thread(store_blobs, engine.blobs, ground.corp, file, ground.changed_media)
        try:
            report, replaced = await engine.store.write(import_txn, Plan(corp_id, ground.corp, file, query, blobs))
        except Exception as error:
            # Nothing was committed, so nothing names them. (A cancelled wait is no such case: the commit goes on.)
            await asyncio.to_thread(drop_blobs, engine.blobs, ground.corp, [blob.blob for blob in blobs.values()])
            if not isinstance(error, NumberMoved):
                raise
            ground = await engine.store.read(survey_txn, corp_id, file, query)
            continue
        finally:
            forget_organisation(engine, ground.corp)
        await asyncio.to_thread(drop_blobs, engine.blobs, ground.corp, replaced)
        return report
    raise StoreError("organisations are being created all the time")


async def export_file(call: Call[ExportQuery, None]) -> Response:
    corp_id, table = call.path["corp"], call.query.format == "csv"
    body: Callable[..., Export] = export_table_txn if table else export_lines_txn
    export = await call.engine.store.read(body, corp_id)
    headers = {"content-disposition": f'attachment; filename="{corp_id}.{call.query.format}"'}
    return StreamingResponse(_pieces(call.engine, export), media_type="text/csv; charset=utf-8" if table else "application/x-ndjson", headers=headers)


async def _pieces(engine: Engine, export: Export) -> AsyncIterator[bytes]:
    for piece in export.pieces:
        yield piece
    for media in export.media:
        yield await asyncio.to_thread(media_line, engine.blobs, export.corp, media)


_FILE_TYPES: tuple[str, ...] = ("application/x-ndjson", "text/csv")
ENDPOINTS = (
    Endpoint(
        "POST",
        "/corps/{corp}/import",
        "Take in an organisation file, whole or not at all; answers a line for each step, and in the last one the report or the problems",
        import_file,
        query=ImportQuery,
        body_types=_FILE_TYPES,
        streams=("application/x-ndjson",),
    ),
    Endpoint("GET", "/corps/{corp}/export", "The organisation as a file", export_file, query=ExportQuery, streams=_FILE_TYPES),
)
