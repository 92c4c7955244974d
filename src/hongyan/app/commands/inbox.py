"""`hongyan inbox`: somebody's messages, as they have them."""

import sys
from typing import Annotated, Any

import typer

from hongyan.app.commands import show
from hongyan.app.commands.session import Session, command
from hongyan.app.failures import CommandFailed

app = typer.Typer()

RETRY_S = 1.0


@command(app, "inbox")
async def inbox(
    session: Session,
    user: Annotated[str, typer.Argument(metavar="USER", help="A userid.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on, and print what arrives.")] = False,
    link: Annotated[bool, typer.Option("--link", help="Print an address that opens this inbox in a browser.")] = False,
    account: Annotated[str, typer.Option(metavar="UNIONID", help="Messages of this service account only.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
) -> None:
    """Somebody's messages, the newest last."""
    if link:
        return await _print_link(session, user)
    answer = await session.control.get(await session.path("inboxes", user), account=account, limit=limit)
    if not session.raw(answer):
        zone = await session.zone()
        for entry in reversed(answer["entries"]):
            print(entry_line(entry, zone))
        print(f"{answer['unread']} unread" if answer["entries"] else "Nothing has arrived yet.", file=sys.stderr)
    if follow:
        await _follow(session, user, account)
    return None


@command(app, "say")
async def say(
    session: Session,
    user: Annotated[str, typer.Argument(metavar="USER", help="Who writes: a userid.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What.")],
    account: Annotated[str, typer.Option(metavar="UNIONID", help="To which service account; the only one when left out.")] = "",
) -> None:
    """Write to a service account as somebody would, so that its application hears of it."""
    unionid = account or await _only_account(session)
    answer = await session.control.call("POST", await session.path("inboxes", user, "messages"), body={"account": unionid, "text": text})
    if not session.raw(answer):
        print(f"{user} wrote to {unionid}.")


async def _only_account(session: Session) -> str:
    accounts = (await session.control.get(await session.path("accounts")))["accounts"]
    if len(accounts) != 1:
        raise CommandFailed("say to which service account with --account; hongyan account list shows them")
    return str(accounts[0]["unionid"])


async def _print_link(session: Session, user: str) -> None:
    if not session.control.base_url:
        raise CommandFailed("no server runs, so there is no page to open; start one: hongyan serve")
    answer = await session.control.call("POST", await session.path("inboxes", user, "token"))
    if not session.raw(answer):
        print(session.control.base_url + answer["path"])


async def _follow(session: Session, user: str, account: str) -> None:
    """Prints until Ctrl-C; a lost connection is taken up where it was."""
    import asyncio

    import httpx
    import msgspec

    if not session.control.base_url:
        raise CommandFailed("no server runs, so nothing can arrive; start one: hongyan serve")
    zone, path, position = await session.zone(), await session.path("inboxes", user, "events"), ""
    while True:
        try:
            async for reached, data in session.control.events(path, position):
                position = reached
                event = msgspec.json.decode(data) if data else None
                if event is not None and account in ("", event["sender"]["id"]) and not session.raw(event):
                    print(event_line(event, zone))
        except httpx.HTTPError as error:
            print(f"The connection was lost ({error or type(error).__name__}); trying again.", file=sys.stderr)
        await asyncio.sleep(RETRY_S)


def event_line(event: dict[str, Any], zone: str) -> str:
    """A change as one line."""
    if event["kind"] == "message" and event["entry"]:
        return entry_line(event["entry"], zone)
    what = {"recalled": "recalled", "read": "was read", "opened": "read up to", "said": "was written to"}.get(event["kind"], event["kind"])
    if event["kind"] == "said":
        return f"{event['sender']['name']}: {what}"
    return (
        f"{event['sender']['name']}: {what} {event['task_id']}"
        if event["kind"] == "opened"
        else f"{event['sender']['name']}: {event['task_id']} {what}"
    )


def entry_line(entry: dict[str, Any], zone: str) -> str:
    """A message as one line: unread ones have a dot."""
    mark = " " if entry["read_at"] or entry["recalled_at"] else "•"
    preview = " (preview)" if entry["preview"] else ""
    return f"{mark} {show.when(entry['at'], zone)}  {entry['task_id']}  {entry['sender']['name']}{preview}: {_content(entry)}"


_TEXTS = ("title", "text", "content", "markdown", "head_text", "name", "media_id")


def _content(entry: dict[str, Any]) -> str:
    body = entry["body"]
    if body is None:
        return "(recalled)"
    text = next((str(body[name]) for name in _TEXTS if body.get(name)), "")
    text = " ".join(text.split())
    return text if entry["msg_type"] == "text" else f"[{entry['msg_type']}] {text}".rstrip()
