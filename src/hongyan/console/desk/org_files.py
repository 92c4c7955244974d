"""An organisation as a file: taken in from an upload, whole or not at all, and given out."""

from typing import Literal

import msgspec
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.access.operators import Role
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.organisation_texts import organisation_texts
from hongyan.console.desk.problem_words import say_problem
from hongyan.console.guard import PAGE_HEADERS
from hongyan.transfer.orgexport import export_lines_txn, export_table_txn
from hongyan.transfer.orgfile import Problem
from hongyan.transfer.orgimport import DryRun, ImportQuery, ImportRefused, ImportReport
from hongyan.transfer.run import Imported, NotImported, not_imported, pieces_of, run_import

UPLOAD_MAX_MB = 64
_UPLOAD_MAX = (UPLOAD_MAX_MB << 20) + (64 << 10)  # and the form around it


class FilesTexts(msgspec.Struct, frozen=True):
    bring: str
    bring_lead: str
    file: str
    file_hint: str
    format: str
    formats: dict[str, str]
    dry_run: str
    remove_absent: str
    run: str
    give: str
    give_lead: str
    give_lines: str
    give_table: str
    refused: str
    more: str
    line: str
    reason: str
    whole_file: str
    imported: str
    would: str
    none_chosen: str
    counts: dict[str, str]


_TEXTS = {
    "zh": FilesTexts(
        bring="导入",
        bring_lead="要么全部导入，要么一行都不导入。文件里的人员、部门、角色按 ID 新增或更新，没有写到的保持不变。",
        file="文件",
        file_hint="最大 64 MB。CSV 只包含人员，第一行是列名：userid、name、depts、mobile、title、email、job_number、active、unionid；UTF-8 或 GBK 编码。",
        format="格式",
        formats={"auto": "按文件名判断", "jsonl": "组织文件（JSON Lines）", "csv": "人员表（CSV）"},
        dry_run="只检查，不导入",
        remove_absent="移除文件里没有的人员、部门和角色",
        run="上传",
        give="导出",
        give_lead="导出会记入操作日志。",
        give_lines="组织文件（JSON Lines，全部内容）",
        give_table="人员表（CSV）",
        refused="没有导入任何内容。文件里有这些问题：",
        more="还有 {n} 个问题没有列出。",
        line="行",
        reason="原因",
        whole_file="整个文件",
        imported="已导入。",
        would="检查通过，还没有导入。导入会产生这些改动：",
        none_chosen="请选择一个不超过 64 MB 的文件。",
        counts={
            "users_added": "新增人员",
            "users_changed": "更新人员",
            "users_left": "移出人员",
            "departments": "部门",
            "roles": "角色",
            "headcount": "总人数",
            "accounts": "服务号",
            "media": "素材",
            "articles": "文章",
            "cards": "图文卡片",
        },
    ),
    "en": FilesTexts(
        bring="Import",
        bring_lead="All of a file is taken in, or none of it. People, departments and roles are added or changed by their ids; what it leaves out stays.",
        file="File",
        file_hint="At most 64 MB. A CSV has people alone; its first line names the columns: userid, name, depts, mobile, title, email, job_number, "
        "active, unionid. UTF-8 or GBK.",
        format="Format",
        formats={"auto": "by the file's name", "jsonl": "organisation file (JSON Lines)", "csv": "table of people (CSV)"},
        dry_run="Check only, import nothing",
        remove_absent="Remove people, departments and roles that the file leaves out",
        run="Upload",
        give="Export",
        give_lead="The audit log keeps every export.",
        give_lines="Organisation file (JSON Lines, everything)",
        give_table="Table of people (CSV)",
        refused="Nothing was imported. The file has these problems:",
        more="{n} more problems are not listed.",
        line="Line",
        reason="Reason",
        whole_file="the whole file",
        imported="Imported.",
        would="The file is good; nothing was imported yet. It would change:",
        none_chosen="Choose a file of at most 64 MB.",
        counts={
            "users_added": "people added",
            "users_changed": "people changed",
            "users_left": "people removed",
            "departments": "departments",
            "roles": "roles",
            "headcount": "people in all",
            "accounts": "service accounts",
            "media": "media",
            "articles": "articles",
            "cards": "news cards",
        },
    ),
}


async def show_files(desk: Desk) -> Response:
    return _page(desk)


def _page(desk: Desk, *, status: int = 200, problem: str = "", outcome: NotImported | ImportReport | None = None) -> Response:
    y = _TEXTS[desk.t.lang]
    report = outcome if isinstance(outcome, ImportReport) else None
    rejected = outcome if isinstance(outcome, NotImported) else None
    counts = [(said, getattr(report, name)) for name, said in y.counts.items() if getattr(report, name)] if report else []
    problems = [Problem(one.line, say_problem(desk, one.reason)) for one in rejected.problems] if rejected else []
    shown = {"problem": problem, "report": report, "counts": counts, "rejected": rejected, "problems": problems}
    return desk.page("desk/organisation_files.html", status=status, x=organisation_texts(desk), y=y, tab="files", **shown)


async def import_file(desk: Desk) -> Response:
    """Take an upload in; the answer names every line that is wrong, up to a hundred of them."""
    read = await _read_upload(desk.request)
    if read is None:
        return _page(desk, status=413, problem=_TEXTS[desk.t.lang].none_chosen)
    name, content, form = read
    deed = desk.deed("organisation.import", desk.corp.corp_id, file=name[:80], **({"remove_absent": True} if "remove_absent" in form else {}))
    outcome = await _run(desk, content, _query(name, form), deed)
    return _page(desk, status=422 if isinstance(outcome, NotImported) else 200, outcome=outcome)


def _query(name: str, form: dict[str, str]) -> ImportQuery:
    table = form.get("format") == "csv" or (form.get("format") != "jsonl" and name.lower().endswith(".csv"))
    kind: Literal["jsonl", "csv"] = "csv" if table else "jsonl"
    return ImportQuery(kind, remove_absent="remove_absent" in form, create=False, dry_run="dry_run" in form)


async def _run(desk: Desk, content: bytes, query: ImportQuery, deed: Deed) -> NotImported | ImportReport:
    try:
        async for line in run_import(desk.engine, desk.corp.corp_id, content, query, deed):
            if isinstance(line, NotImported):
                return line
            if isinstance(line, Imported):
                return line.report
    except ImportRefused as refused:
        return not_imported(refused.problems)
    except DryRun as done:
        return done.report
    raise AssertionError("an import ends with a report or with problems")


async def _read_upload(request: Request) -> tuple[str, bytes, dict[str, str]] | None:
    """The file's name, its bytes, and the other fields; None without a file, or when it is too large."""
    announced = request.headers.get("content-length", "")
    if not announced.isdecimal():
        raise HTTPException(411)
    if int(announced) > _UPLOAD_MAX:
        return None
    async with request.form(max_files=1, max_fields=10) as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        file = form.get("file")
        return (file.filename or "", await file.read(), fields) if isinstance(file, UploadFile) and file.size else None


async def export_file(desk: Desk) -> Response:
    table = desk.request.query_params.get("format") == "csv"
    ending = "csv" if table else "jsonl"
    await desk.engine.store.write(record_deed_txn, desk.deed("organisation.export", desk.corp.corp_id, format=ending))
    # Read apart from the log's entry: nobody's send may wait while a large organisation is written out.
    export = await desk.engine.store.read(export_table_txn if table else export_lines_txn, desk.corp)
    headers = PAGE_HEADERS | {"content-disposition": f'attachment; filename="{desk.corp.corp_id}.{ending}"'}
    kind = "text/csv; charset=utf-8" if table else "application/x-ndjson"
    return StreamingResponse(pieces_of(desk.engine, export), media_type=kind, headers=headers)


_FILES = OF_CORP + "/organisation/files"
PAGES = (
    Page(_FILES, "organisation", show_files, Role.ADMINISTRATOR),
    Page(_FILES, "organisation", import_file, Role.ADMINISTRATOR, "POST"),
    Page(OF_CORP + "/organisation/export", "organisation", export_file, Role.ADMINISTRATOR),
)
