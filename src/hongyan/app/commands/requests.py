"""`hongyan requests`: what applications called, and what they were answered."""

import asyncio
import sys
from typing import Annotated, Any

import typer

from hongyan.app.commands import show
from hongyan.app.commands.session import Session, command

app = typer.Typer()

POLL_S = 1.0
FOLLOW_MOST = 1000


@command(app, "requests")
async def requests(
    session: Session,
    number: Annotated[int | None, typer.Argument(metavar="[N]", help="Show this call whole.")] = None,
    errcode: Annotated[str, typer.Option(metavar="CODE", help="Answered with this code only, such as 40014.")] = "",
    of_app: Annotated[str, typer.Option("--app", metavar="KEY", help="Of this app only.")] = "",
    user: Annotated[str, typer.Option(metavar="USER", help="Naming this userid only.")] = "",
    path: Annotated[str, typer.Option(metavar="TEXT", help="With this in the path only.")] = "",
    refused: Annotated[bool, typer.Option("--errors", help="Refused ones only.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on, and print what arrives.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
) -> None:
    """Calls of applications, the newest last."""
    if number is not None:
        return await _show_one(session, number)
    wanted = {"errcode": errcode, "app": of_app, "user": user, "path": path, "refused": "true" if refused else "false"}
    answer = await _ask(session, **wanted, limit=limit)
    if not session.raw(answer):
        await _print(session, answer["requests"])
        if not answer["requests"] and not follow:
            print("There is no such call.", file=sys.stderr)
    if follow:
        await _follow(session, wanted, max((one["n"] for one in answer["requests"]), default=0))
    return None


async def _ask(session: Session, **query: str | int) -> Any:
    # Not by `get`: `path` is one of the filters.
    return await session.control.call("GET", await session.path("requests"), query=query)


async def _print(session: Session, calls: list[dict[str, Any]]) -> None:
    zone = await session.zone()
    for one in reversed(calls):
        result = "ok" if one["errcode"] == "0" and one["status"] < 400 else f"{one['errcode']} {one['said']}"
        print(f"{show.when(one['at'], zone)}  #{one['n']}  {one['method']} {one['path']}  {one['app_key'] or '-'}  {one['ms']:.1f} ms  {result}")


async def _follow(session: Session, wanted: dict[str, str], after: int) -> None:
    while True:
        await asyncio.sleep(POLL_S)
        found = (await _ask(session, **wanted, after=after, limit=FOLLOW_MOST))["requests"]
        if found:
            after = found[0]["n"]
            await _print(session, found)


async def _show_one(session: Session, number: int) -> None:
    answer = await session.control.get(await session.path("requests", str(number)))
    if session.raw(answer):
        return
    own = ("n", "method", "path", "app_key", "status", "errcode", "said", "advice", "stage", "ms", "address", "credential", "task_id", "query")
    show.members({"at": show.when(answer["at"], await session.zone())} | {name: answer[name] for name in own if answer[name] not in ("", None)})
    for name in ("body", "reply"):
        if answer[name]:
            print(f"\n{name}:\n{answer[name]}")
