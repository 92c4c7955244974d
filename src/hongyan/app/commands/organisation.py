"""`hongyan org …`: people, departments and roles, as files and as lists."""

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from hongyan.app.commands import show
from hongyan.app.commands.session import Session, command, segment
from hongyan.app.failures import CommandFailed

app = typer.Typer(name="org", help="The organisation: people, departments, roles.", no_args_is_help=True)

_HEAD_BYTES = 65536

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines or CSV; - reads the standard input.", allow_dash=True)]
CsvOption = Annotated[bool, typer.Option("--csv", help="A table of people, as spreadsheets write it.")]


@command(app, "import", create=True)
async def import_file(
    session: Session,
    file: FileArgument,
    csv: CsvOption = False,
    remove_absent: Annotated[bool, typer.Option("--remove-absent", help="Who is not in the file leaves.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and change nothing.")] = False,
) -> None:
    """Bring in people, departments and roles; all of the file, or nothing when one row is bad."""
    content = _read(file)
    csv = csv or file.suffix.lower() == ".csv"
    corp = session.place.corp or ("" if csv else corp_of_file(content)) or await session.corp()
    query = {"format": "csv" if csv else "jsonl", "remove_absent": remove_absent, "dry_run": dry_run, "create": not csv or bool(session.place.corp)}
    last = await _import(session, corp, query, content)
    if session.raw(last):
        if "report" not in last:
            raise typer.Exit(1)
    elif "problems" in last:
        _show_problems(last, file)
        raise typer.Exit(1)
    elif "report" not in last:
        raise CommandFailed(last.get("error", {}).get("message", "the import ended without an answer"))
    else:
        _show_report(last["report"])


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}") from None


class _CorpRow(msgspec.Struct):
    """The line of an organisation file that names the organisation."""

    kind: str
    corp_id: str


def corp_of_file(content: bytes) -> str:
    """The organisation that the file itself names, which it does near its beginning; empty when it does not."""
    for line in content[:_HEAD_BYTES].splitlines():
        if b'"corp_id"' in line:
            try:
                row = msgspec.json.decode(line, type=_CorpRow)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
            if row.kind == "corp":
                return row.corp_id
    return ""


async def _import(session: Session, corp: str, query: dict[str, Any], content: bytes) -> dict[str, Any]:
    """The last line of the answer; the ones before move the bar."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    last: dict[str, Any] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        step = bar.add_task("sending", total=None)
        async for line in session.control.lines("POST", f"/corps/{segment(corp)}/import", query=query, content=content):
            last = line
            if "stage" in line:
                bar.update(step, description=line["stage"], completed=line["done"], total=line["total"])
    return last


def _show_problems(last: dict[str, Any], file: Path) -> None:
    show.table(("line", "reason"), [(one["line"], one["reason"]) for one in last["problems"]], empty="")
    more = f" and {last['more']} more" if last.get("more") else ""
    print(f"hongyan: {file}: {len(last['problems'])} bad rows{more}; nothing was imported", file=sys.stderr)


def _show_report(report: dict[str, Any]) -> None:
    print("Nothing was changed; this would have been done:" if report.get("dry_run") else "Done.", file=sys.stderr)
    show.members({name.replace("_", " "): value for name, value in report.items() if name != "dry_run" and value not in (0, False)})


@command(app, "export")
async def export(session: Session, csv: CsvOption = False) -> None:
    """Write the whole organisation to the standard output; `org import` takes it back."""
    async for chunk in session.control.chunks(await session.path("export"), query={"format": "csv" if csv else "jsonl"}):
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


@command(app, "list")
async def list_corps(session: Session) -> None:
    """The organisations of this server."""
    answer = await session.control.get("/corps")
    if not session.raw(answer):
        rows = [(one["corp_id"], one["name"], one["headcount"], one["zone"]) for one in answer["corps"]]
        show.table(("corp_id", "name", "people", "zone"), rows, empty="There is none yet; bring one in: hongyan org import FILE")


@command(app, "show")
async def show_corp(session: Session) -> None:
    """How many people, departments, accounts and so on there are."""
    answer = await session.control.get(await session.path())
    if not session.raw(answer):
        show.members({name.replace("_", " ") if name != "corp_id" else name: value for name, value in answer.items()})


@command(app, "people")
async def people(
    session: Session,
    search: Annotated[str, typer.Argument(metavar="[TEXT]", help="Part of a userid or name.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100,
) -> None:
    """Find people by userid or name."""
    answer = await session.control.get(await session.path("users"), search=search, limit=limit)
    if not session.raw(answer):
        rows = [(one["userid"], one["name"], one["title"], one["depts"], "yes" if one["active"] else "not yet") for one in answer["users"]]
        show.table(("userid", "name", "title", "departments", "active"), rows, empty="Nobody was found.")
