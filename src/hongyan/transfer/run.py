"""Runs an import step by step, and gives an export piece by piece."""

import asyncio
from collections.abc import AsyncIterator

import msgspec

from hongyan.access.audit import Deed
from hongyan.engine.engine import Engine
from hongyan.model.ids import CorpNo
from hongyan.store.interface import StoreError
from hongyan.transfer.orgcheck import check_file
from hongyan.transfer.orgexport import Export, media_line
from hongyan.transfer.orgfile import OrgFile, Problem, parse_lines, split_lines
from hongyan.transfer.orgimport import (
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
from hongyan.transfer.orgtable import parse_csv

CHUNK_LINES = 20_000
PROBLEMS_LISTED = 100
_ATTEMPTS = 5


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


def forget_organisation(engine: Engine, corp: CorpNo) -> None:
    """Let the process see a changed organisation."""
    engine.directory.forget(corp)
    engine.access.forget()


async def run_import(engine: Engine, corp_id: str, content: bytes, query: ImportQuery, deed: Deed | None = None) -> AsyncIterator[msgspec.Struct]:
    """Brings a file in: `Progress` as it goes, at the end `Imported` or `NotImported`. `deed` is recorded with it.

    Raises `ImportRefused`, `DryRun` (a dry run that worked) and `StoreError`.
    """
    parsed = OrgFile()
    async for progress, parsed in _parse(content, query.format):  # noqa: B007 - the last one is the whole file
        yield progress
    file, total = parsed, parsed.n_rows
    yield Progress("checking", 0, total)
    ground = await engine.store.read(survey_txn, corp_id, file, query)
    await asyncio.to_thread(check_file, file, corp_id, ground.known)
    yield Progress("checking", total, total)
    if file.problems:
        yield not_imported(file.problems)
        return
    yield Progress("writing", 0, total)
    report = await _write(engine, Plan(corp_id, ground.corp, file, query, {}, deed), ground)
    yield Progress("writing", total, total)
    yield Imported(report)


async def import_now(engine: Engine, corp_id: str, content: bytes) -> ImportReport:
    """Bring an organisation file in without telling the progress; raises `ImportRefused` with the problems."""
    async for line in run_import(engine, corp_id, content, ImportQuery()):
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


def not_imported(problems: list[Problem]) -> NotImported:
    """The first of the problems, and how many more there are."""
    return NotImported(problems[:PROBLEMS_LISTED], max(0, len(problems) - PROBLEMS_LISTED))


async def _write(engine: Engine, plan: Plan, ground: Ground) -> ImportReport:
    for _ in range(_ATTEMPTS):
        blobs = await asyncio.to_thread(store_blobs, engine.blobs, ground.corp, plan.file, ground.changed_media)
        try:
            report, replaced = await engine.store.write(import_txn, msgspec.structs.replace(plan, corp=ground.corp, blobs=blobs))
        except Exception as error:
            # Nothing was committed, so nothing names them. (A cancelled wait is no such case: the commit goes on.)
            await asyncio.to_thread(drop_blobs, engine.blobs, ground.corp, [blob.blob for blob in blobs.values()])
            if not isinstance(error, NumberMoved):
                raise
            ground = await engine.store.read(survey_txn, plan.corp_id, plan.file, plan.query)
            continue
        finally:
            forget_organisation(engine, ground.corp)
        await asyncio.to_thread(drop_blobs, engine.blobs, ground.corp, replaced)
        return report
    raise StoreError("organisations are being created all the time")


async def pieces_of(engine: Engine, export: Export) -> AsyncIterator[bytes]:
    """The whole file, piece by piece."""
    for piece in export.pieces:
        yield piece
    for media in export.media:
        yield await asyncio.to_thread(media_line, engine.blobs, export.corp, media)
