"""`hongyan upkeep …`, and `hongyan org erase`."""

from typing import Annotated, Any

import typer

from hongyan.app.commands import organisation, show
from hongyan.app.commands.session import Session, command
from hongyan.app.failures import CommandFailed

app = typer.Typer(name="upkeep", help="What is kept how long, and what was removed.", no_args_is_help=True)


@command(app, "show")
async def show_upkeep(session: Session) -> None:
    """How long each kind is kept, what the last pass removed, and when the last backup was made."""
    answer = await session.control.get("/server/upkeep")
    if session.raw(answer):
        return
    passes = {one["kind"]: one for one in answer["passes"]}
    rows = [(kind, _days(days), *await _pass(session, passes.get(kind))) for kind, days in answer["kept_days"].items()]
    show.table(("kind", "kept", "last pass", "removed", "in all"), rows, empty="")
    last = answer["last_backup"]
    show.members({"last backup": f"{show.when(last['taken_at'], 'UTC')} UTC, {last['path']}" if last else "none of this folder"})


def _days(days: int) -> str:
    return f"{days} days" if days else "for ever"


async def _pass(session: Session, one: dict[str, Any] | None) -> tuple[str, object, object]:
    if one is None:
        return ("", "", "")
    when = show.when(one["finished_at"], "UTC") + " UTC" if one["finished_at"] else "goes on"
    return (when, one["removed"], one["total"])


@command(app, "purge")
async def purge(session: Session) -> None:
    """Remove now what is older than its period; a running server does so every hour."""
    answer = await session.control.call("POST", "/server/purge")
    if not session.raw(answer):
        show.table(("kind", "removed", "in all"), [(one["kind"], one["removed"], one["total"]) for one in answer["passes"]], empty="")


@command(app, "compact")
async def compact(session: Session) -> None:
    """Write the store's file anew, without what was removed; sends wait meanwhile, some seconds for a gigabyte."""
    answer = await session.control.call("POST", "/server/compact")
    if not session.raw(answer):
        show.members({"store bytes": answer["store_bytes"], "erasures ended": answer["ended"]})


@command(organisation.app, "erase")
async def erase(
    session: Session,
    userid: Annotated[str, typer.Argument(metavar="USER", help="Their userid.")],
    everybody: Annotated[bool, typer.Option("--everybody", help="Also when several people had the userid.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a person for good: they leave, and nothing that names them stays."""
    if not yes and typer.prompt(f"This cannot be taken back. Type {userid} again to erase them", err=True) != userid:
        raise CommandFailed("nobody was erased")
    answer = await session.control.call("POST", await session.path("erasures"), body={"userid": userid, "everybody": everybody})
    if not session.raw(answer):
        for one in answer["erasures"]:
            print(f"{one['alias']} stands for them from now on. See how far it is: hongyan org erasures")
        if not answer["erasures"]:
            raise CommandFailed(f"{userid} was erased before")
        if not session.control.base_url:
            print("No server runs: the rest is done when one is started.")


@command(organisation.app, "erasures")
async def erasures(session: Session, limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100) -> None:
    """People who were forgotten, or are being, newest first."""
    answer = await session.control.get(await session.path("erasures"), limit=limit)
    if not session.raw(answer):
        rows = [
            (
                *(one["alias"], one["state"], await session.when(one["asked_at"]), await session.when(one["finished_at"])),
                *(one["removed"], one["mentions"], one["snapshots"]),
            )
            for one in answer["erasures"]
        ]
        show.table(("alias", "state", "asked", "finished", "removed", "sends that name them", "snapshots"), rows, empty="Nobody was erased.")
