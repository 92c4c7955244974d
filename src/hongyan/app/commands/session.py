"""What every command that speaks the control API shares: where it goes, which organisation it means, how it answers."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec
from urllib.parse import quote

import msgspec
import typer

from hongyan.app.commands import show
from hongyan.app.failures import CommandFailed

if TYPE_CHECKING:
    from hongyan.app.client import Control

P = ParamSpec("P")
DEMO_CORP = "dingdemo"
_PANEL = "Where"

DataOption = Annotated[str | None, typer.Option("--data", metavar="DIR", help="Folder of the server.", show_default=False, rich_help_panel=_PANEL)]
UrlOption = Annotated[str, typer.Option("--url", envvar="HONGYAN_URL", metavar="URL", help="A server elsewhere.", rich_help_panel=_PANEL)]
TokenOption = Annotated[str, typer.Option("--token", envvar="HONGYAN_TOKEN", metavar="TOKEN", help="Its admin token.", rich_help_panel=_PANEL)]
CorpOption = Annotated[
    str, typer.Option("--corp", envvar="HONGYAN_CORP", metavar="ID", help="Organisation; the only one when left out.", rich_help_panel=_PANEL)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the raw answer.")]


class Place(msgspec.Struct, frozen=True):
    """The shared options of one call."""

    data: str | None
    url: str
    token: str
    corp: str
    json: bool


_SHARED = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
    for name, default, annotation in (
        ("data", None, DataOption),
        ("url", "", UrlOption),
        ("token", "", TokenOption),
        ("corp", "", CorpOption),
        ("json", False, JsonOption),
    )
]


class Session:
    """One command at work."""

    def __init__(self, control: "Control", place: Place) -> None:
        self.control = control
        self.place = place
        self._corp: dict[str, Any] = {}

    async def corp(self) -> str:
        """The organisation that is meant."""
        return str((await self._corp_detail())["corp_id"])

    async def path(self, *segments: str) -> str:
        """A path below the organisation that is meant; each segment is escaped."""
        return "/".join(["/corps", segment(await self.corp()), *(segment(one) for one in segments)])

    async def zone(self) -> str:
        """The time zone that the organisation's times are shown in."""
        return str((await self._corp_detail())["zone"])

    async def _corp_detail(self) -> dict[str, Any]:
        if not self._corp:
            corps: list[dict[str, Any]] = (await self.control.get("/corps"))["corps"]
            self._corp = choose_corp(corps, self.place.corp)
        return self._corp

    async def when(self, at: int | None) -> str:
        """A time of the API as text; empty for none."""
        return show.when(at, await self.zone()) if at else ""

    def raw(self, answer: object) -> bool:
        """With --json: print the answer, and be done."""
        if self.place.json:
            show.json_answer(answer)
        return self.place.json


def segment(text: str) -> str:
    """A text as one segment of a path."""
    return quote(text, safe="")


def choose_corp(corps: list[dict[str, Any]], wanted: str) -> dict[str, Any]:
    """The one that is wanted; without a wish the only one, or the demo company."""
    known = {str(one["corp_id"]): one for one in corps}
    if wanted:
        if wanted not in known:
            raise CommandFailed(f"there is no organisation {wanted}; there {_listed(known)}")
        return known[wanted]
    if len(corps) == 1:
        return corps[0]
    if DEMO_CORP in known:
        return known[DEMO_CORP]
    if not corps:
        raise CommandFailed("there is no organisation yet; bring one in: hongyan org import FILE")
    raise CommandFailed(f"say which organisation with --corp; there {_listed(known)}")


def _listed(known: dict[str, dict[str, Any]]) -> str:
    return "are none" if not known else "is " + next(iter(known)) if len(known) == 1 else "are " + ", ".join(known)


def command(
    group: typer.Typer, name: str, *, create: bool = False
) -> Callable[[Callable[Concatenate[Session, P], Awaitable[None]]], Callable[Concatenate[Session, P], Awaitable[None]]]:
    """Make `async def body(session, …)` a command with the shared options. `create`: an empty folder is no obstacle."""

    def register(body: Callable[Concatenate[Session, P], Awaitable[None]]) -> Callable[Concatenate[Session, P], Awaitable[None]]:
        group.command(name)(with_place(body, create=create))
        return body

    return register


def with_place(body: Callable[..., Awaitable[None]], *, create: bool = False, alone: bool = False) -> Callable[..., None]:
    """The plain function that typer wants: the body's own parameters, then the shared ones. `alone`: only when no subcommand follows."""

    def call(context: typer.Context, **given: Any) -> None:
        place = Place(**{name: given.pop(name) for name in Place.__struct_fields__})
        if not (alone and context.invoked_subcommand):
            asyncio.run(_run(body, place, given, create=create))

    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    own = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in list(inspect.signature(body, eval_str=True).parameters.values())[1:]]
    parameters = [context, *own, *_SHARED]
    call.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess]
    call.__annotations__ = {one.name: one.annotation for one in parameters}
    call.__doc__ = body.__doc__
    return call


async def _run(body: Callable[..., Awaitable[None]], place: Place, given: dict[str, Any], *, create: bool) -> None:
    async with open_control(place, create=create) as control:
        await body(Session(control, place), **given)


def open_control(place: Place, *, create: bool) -> "AbstractAsyncContextManager[Control]":
    # Imported here because the client is half of a second that --help and serve need not wait for.
    from hongyan.app.client import Target, connect

    return connect(Target(place.data, place.url, place.token), create=create)
