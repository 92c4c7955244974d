"""Import and export of an organisation over HTTP, with progress."""

import logging
from collections.abc import AsyncIterator
from typing import Literal

import msgspec
from starlette.responses import Response, StreamingResponse

from hongyan.control.endpoints import Call, Endpoint, read_body
from hongyan.control.lookups import find_corp_txn
from hongyan.control.problems import ErrorAnswer, ErrorBody, invalid, unavailable
from hongyan.directory.entries import corp_problem
from hongyan.engine.engine import Engine
from hongyan.store.interface import StoreError, Tx
from hongyan.transfer.orgexport import Export, export_lines_txn, export_table_txn
from hongyan.transfer.orgimport import DryRun, ImportQuery, ImportRefused
from hongyan.transfer.run import Imported, not_imported, pieces_of, run_import

FILE_MAX = 256 << 20
_log = logging.getLogger(__name__)


class ExportQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`jsonl` has everything, `csv` the people alone."""

    format: Literal["jsonl", "csv"] = "jsonl"


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
        async for line in run_import(engine, corp_id, content, query):
            yield line
    except ImportRefused as refused:
        yield not_imported(refused.problems)
    except DryRun as done:
        yield Imported(done.report)
    except StoreError as error:
        yield unavailable(str(error)).answer
    except Exception:  # noqa: BLE001
        _log.exception("an import failed")
        yield ErrorAnswer(ErrorBody("internal", "The server failed; its log says why."))


def _export_txn(tx: Tx, corp_id: str, table: bool) -> Export:
    corp = find_corp_txn(tx, corp_id)
    return export_table_txn(tx, corp) if table else export_lines_txn(tx, corp)


async def export_file(call: Call[ExportQuery, None]) -> Response:
    corp_id, table = call.path["corp"], call.query.format == "csv"
    export = await call.engine.store.read(_export_txn, corp_id, table)
    headers = {"content-disposition": f'attachment; filename="{corp_id}.{call.query.format}"'}
    return StreamingResponse(
        pieces_of(call.engine, export), media_type="text/csv; charset=utf-8" if table else "application/x-ndjson", headers=headers
    )


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
