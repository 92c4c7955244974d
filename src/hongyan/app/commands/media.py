"""`hongyan media …`: the files that messages show."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from hongyan.app.commands import show
from hongyan.app.commands.session import Session, command
from hongyan.app.failures import CommandFailed
from hongyan.messages.media_kinds import KINDS, extension_of

app = typer.Typer(name="media", help="Pictures, sounds, videos and files that messages show.", no_args_is_help=True)

PAGE = 1000
MediaId = Annotated[str, typer.Argument(metavar="MEDIA_ID")]
KindOption = Annotated[str, typer.Option("--type", metavar="TYPE", help=f"{', '.join(KINDS)}.")]


@command(app, "list")
async def list_media(
    session: Session,
    kind: KindOption = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 100,
) -> None:
    """The uploads of the organisation."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while len(found) < limit:
        page = await session.control.get(await session.path("media"), kind=kind, after=after, limit=min(PAGE, limit - len(found)))
        found += page["media"]
        after = page["next"]
        if after is None:
            break
    if not session.raw({"media": found, "next": after}):
        rows = [(one["media_id"], one["kind"], one["name"], one["size"], one["mime"], await session.when(one["created_at"])) for one in found]
        head = ("media_id", "type", "name", "bytes", "content", "uploaded")
        show.table(head, rows, empty="There is none; bring one in: hongyan media upload FILE")


@command(app, "upload")
async def upload_media(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    kind: KindOption = "",
    name: Annotated[str, typer.Option(help="What readers see; the file's own name when left out.")] = "",
) -> None:
    """Upload a file and print the media id that messages name. The type follows from the extension when left out."""
    try:
        content = await asyncio.to_thread(file.read_bytes)
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}") from None
    shown = name or file.name
    query = {"kind": kind or kind_of(shown), "name": shown}
    answer = await session.control.call("POST", await session.path("media"), query=query, content=content)
    if not session.raw(answer):
        print(answer["media_id"])


def kind_of(name: str) -> str:
    """The type that a file's extension belongs to."""
    extension = {"jpeg": "jpg"}.get(extension_of(name), extension_of(name))
    found = next((kind.name for kind in KINDS.values() if extension in kind.extensions), None)
    if found is None:
        every = ", ".join(sorted(one for kind in KINDS.values() for one in kind.extensions))
        raise CommandFailed(f"{name} has none of the extensions that can be uploaded: {every}")
    return found


@command(app, "delete")
async def delete_media(
    session: Session,
    media_id: MediaId,
    force: Annotated[bool, typer.Option("--force", help="Also when messages show it; they then say that the file is gone.")] = False,
) -> None:
    """Remove an upload."""
    answer = await session.control.call("DELETE", await session.path("media", media_id), query={"force": force or None})
    if not session.raw(answer):
        print(f"{media_id} is removed.")
