"""`hongyan sandbox …`: move the clock, plant faults, delay delivery, start anew, keep and restore states."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from hongyan.app.commands import show
from hongyan.app.commands.session import Session, command, segment
from hongyan.app.failures import CommandFailed

app = typer.Typer(name="sandbox", help="For tests: clock, faults, delay, snapshots. Needs a server started with --sandbox.", no_args_is_help=True)
clock_app = typer.Typer(name="clock", help="The sandbox's time.", no_args_is_help=True)
fault_app = typer.Typer(name="fault", help="Faults that are planted.", no_args_is_help=True)
snapshot_app = typer.Typer(name="snapshot", help="States that are kept.", no_args_is_help=True)
for group in (clock_app, fault_app, snapshot_app):
    app.add_typer(group)

_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
Name = Annotated[str, typer.Argument(metavar="NAME", help="a-z, 0-9, - and _.")]
Span = Annotated[str, typer.Argument(metavar="SPAN", help="Such as 90s, 15m, 2h, 1d or 250ms.")]


async def _call(session: Session, method: str, path: str, body: object = None, **query: str | None) -> Any:
    # The sandbox lives in a server's memory: a folder that is opened for one command has none.
    if not session.control.base_url:
        raise CommandFailed("no server runs; start one: hongyan demo, or hongyan serve --sandbox")
    if not (await session.control.get("/server"))["sandbox"]:
        raise CommandFailed("this server was started without --sandbox")
    return await session.control.call(method, "/sandbox/" + path, query=query, body=body)


def parse_span(text: str) -> int:
    """Milliseconds of a span such as 15m."""
    number = text.rstrip("smhd")
    unit = _UNITS_MS.get(text[len(number) :])
    if unit is None or not number.isascii() or not number.isdecimal():
        raise CommandFailed(f"{text} is no span of time; write for example 90s, 15m, 2h or 1d")
    return int(number) * unit


async def _show_clock(session: Session, answer: dict[str, Any]) -> None:
    if not session.raw(answer):
        print(show.when(answer["now"], await session.zone()) + (" (frozen)" if answer["frozen"] else ""))


@command(clock_app, "show")
async def show_clock(session: Session) -> None:
    """What time it is."""
    await _show_clock(session, await _call(session, "GET", "clock"))


@command(clock_app, "set")
async def set_clock(
    session: Session, to: Annotated[str, typer.Argument(metavar="TIME", help="Epoch milliseconds, or '2026-11-22 09:00' in the organisation's zone.")]
) -> None:
    """Go to a time. The clock never goes back, but through `reset` or a snapshot."""
    await _show_clock(session, await _call(session, "PUT", "clock", {"now": parse_moment(to, await session.zone())}))


def parse_moment(text: str, zone: str) -> int:
    """Epoch milliseconds of a number or of a date and time in a zone."""
    if text.isascii() and text.isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandFailed(f"{text} is no time; write for example 2026-11-22T09:00") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp() * 1000)


@command(clock_app, "advance")
async def advance_clock(session: Session, span: Span) -> None:
    """Go on by a span."""
    await _show_clock(session, await _call(session, "PUT", "clock", {"advance_ms": parse_span(span)}))


@command(clock_app, "freeze")
async def freeze_clock(session: Session) -> None:
    """Let time stand still."""
    await _show_clock(session, await _call(session, "PUT", "clock", {"freeze": True}))


@command(clock_app, "resume")
async def resume_clock(session: Session) -> None:
    """Let time go on from where it stands."""
    await _show_clock(session, await _call(session, "PUT", "clock", {"resume": True}))


def _show_faults(session: Session, answer: dict[str, Any]) -> None:
    if not session.raw(answer):
        rows = [(one["point"], "until cleared" if one["times"] is None else one["times"]) for one in answer["faults"]]
        show.table(("point", "times"), rows, empty="No fault is planted.")


@command(fault_app, "list")
async def list_faults(session: Session) -> None:
    """The faults that wait."""
    _show_faults(session, await _call(session, "GET", "faults"))


@command(fault_app, "plant")
async def plant_fault(
    session: Session,
    point: Annotated[str, typer.Argument(metavar="POINT", help="api:/path, store.begin, store.commit or store.committed.")],
    times: Annotated[int, typer.Option(min=0, help="How often it strikes; 0: until it is cleared.")] = 1,
) -> None:
    """Make a point fail."""
    _show_faults(session, await _call(session, "POST", "faults", {"point": point, "times": times or None}))


@command(fault_app, "clear")
async def clear_faults(session: Session, point: Annotated[str, typer.Argument(metavar="[POINT]", help="Left out: all.")] = "") -> None:
    """Take faults away."""
    _show_faults(session, await _call(session, "DELETE", "faults", point=point))


@command(app, "delay")
async def delay(session: Session, span: Annotated[str, typer.Argument(metavar="[SPAN]", help="Such as 30s; 0s: none.")] = "") -> None:
    """How long messages stay invisible after they were accepted; with a span, change it."""
    answer = await _call(session, "PUT", "delay_ms", {"delay_ms": parse_span(span)}) if span else await _call(session, "GET", "delay_ms")
    if not session.raw(answer):
        print(f"{answer['delay_ms']} ms")


@command(app, "reset")
async def reset(session: Session, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Forget everything but the snapshots, and fill in the demo company again."""
    if not yes:
        typer.confirm("Forget everything but the snapshots?", abort=True, err=True)
    answer = await _call(session, "POST", "reset")
    if not session.raw(answer):
        print("Everything is new.")


@command(snapshot_app, "list")
async def list_snapshots(session: Session) -> None:
    """The snapshots there are."""
    answer = await _call(session, "GET", "snapshots")
    if not session.raw(answer):
        show.table(("name",), [(one,) for one in answer["snapshots"]], empty="There is none.")


@command(snapshot_app, "take")
async def take_snapshot(session: Session, name: Name) -> None:
    """Keep the present state under a name."""
    answer = await _call(session, "POST", "snapshots", {"name": name})
    if not session.raw(answer):
        print(f"{name} is kept.")


@command(snapshot_app, "restore")
async def restore_snapshot(session: Session, name: Name) -> None:
    """Go back to a state that was kept."""
    answer = await _call(session, "POST", f"snapshots/{segment(name)}/restore")
    if not session.raw(answer):
        print(f"It is as it was at {name}.")
