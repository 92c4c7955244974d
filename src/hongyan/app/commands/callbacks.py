"""`hongyan app callback …` and `hongyan suite callback …`: where applications hear of events."""

import secrets
from typing import Annotated, Any

import typer

from hongyan.app.commands import show
from hongyan.app.commands.session import Session, command, segment

Key = Annotated[str, typer.Argument(metavar="KEY", help="The app key, or the suite key.")]
Number = Annotated[int, typer.Argument(metavar="N", min=1, help="Number of an event, from the log.")]
_TOKEN_BYTES = 12


class _Callbacks:
    """The commands for the callbacks below a path of the interface, `apps` or `suites`."""

    def __init__(self, root: str) -> None:
        self._root = root

    def _path(self, key: str, *more: str) -> str:
        return "/".join([f"/{self._root}", segment(key), "callback", *more])

    async def set_callback(
        self,
        session: Session,
        key: Key,
        address: Annotated[str, typer.Argument(metavar="URL", help="The address that takes the events. It is asked before it is saved.")],
        secret: Annotated[str, typer.Option("--sign-token", help="Signs the pushes. Left out: the one it has.")] = "",
        aes_key: Annotated[str, typer.Option("--aes-key", help="Encrypts the pushes: 43 letters and digits. Left out: the one it has.")] = "",
        kind: Annotated[list[str] | None, typer.Option("--event", metavar="KIND", help="May be repeated. Left out: every event.")] = None,
    ) -> None:
        """Send events to an address. It must answer the check, or nothing is saved."""
        body = {"url": address, "token": secret, "aes_key": aes_key, "kinds": kind or []}
        answer = await session.control.call("PUT", self._path(key), body=body)
        if not session.raw(answer):
            print(f"Events for {key} go to {answer['url']}, under the owner key {answer['owner']}.")

    async def show_callback(self, session: Session, key: Key) -> None:
        """Where the events go."""
        answer = await session.control.get(self._path(key))
        if not session.raw(answer):
            show.members({name: answer[name] for name in ("url", "style", "owner", "waiting")} | {"events": answer["kinds"] or "all"})

    async def delete_callback(self, session: Session, key: Key, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
        """Stop sending events; what waits is dropped, the log goes with it."""
        if not yes:
            typer.confirm(f"Stop the events for {key}?", abort=True, err=True)
        answer = await session.control.call("DELETE", self._path(key))
        if not session.raw(answer):
            print(f"{key} gets no events any more.")

    async def show_log(
        self,
        session: Session,
        key: Key,
        state: Annotated[str, typer.Option(help="Only these: waiting, delivered, failed, fetched, replaced.")] = "",
        limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    ) -> None:
        """The newest events, and how their last try went."""
        answer = await session.control.get(self._path(key, "events"), state=state, limit=limit)
        if not session.raw(answer):
            rows = [await _row(session, one) for one in answer["events"]]
            show.table(("n", "at", "event", "state", "tries", "ms", "last answer"), rows, empty="There are no events yet.")

    async def show_event(self, session: Session, key: Key, number: Number) -> None:
        """One event as the application reads it, and every try."""
        answer = await session.control.get(self._path(key, "events", str(number)))
        if not session.raw(answer):
            print(answer["text"])
            tries = [
                (one["attempt"], await session.when(one["at"]), one["status"], one["ms"], one["outcome"], one["answer"]) for one in answer["tries"]
            ]
            show.table(("try", "at", "HTTP", "ms", "outcome", "answer"), tries, empty="It was not tried yet.")

    async def send_again(self, session: Session, key: Key, number: Number) -> None:
        """Send an event once more, whatever became of it."""
        answer = await session.control.call("POST", self._path(key, "events", str(number), "again"))
        if not session.raw(answer):
            print(f"Event {number} is on its way again.")

    async def make_keys(self, session: Session) -> None:
        """Make a token and an AES key to configure an application with. Nothing is saved."""
        from hongyan.access.callback_crypto import make_aes_key

        answer = {"token": secrets.token_hex(_TOKEN_BYTES), "aes_key": make_aes_key()}
        if not session.raw(answer):
            show.members(answer)


def callback_group(root: str, whose: str) -> typer.Typer:
    """The group of commands, for `apps` or for `suites`."""
    group = typer.Typer(name="callback", help=f"Where events for {whose} go, and how they went.", no_args_is_help=True)
    commands = _Callbacks(root)
    command(group, "set")(commands.set_callback)
    command(group, "show")(commands.show_callback)
    command(group, "delete")(commands.delete_callback)
    command(group, "log")(commands.show_log)
    command(group, "event")(commands.show_event)
    command(group, "again")(commands.send_again)
    command(group, "keys")(commands.make_keys)
    return group


async def _row(session: Session, one: dict[str, Any]) -> tuple[object, ...]:
    last: dict[str, Any] = one["tries"][0] if one["tries"] else {}
    return (one["n"], await session.when(one["created_at"]), one["kind"], one["state"], one["attempts"], last.get("ms"), last.get("answer"))
