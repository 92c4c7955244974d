"""`hongyan operator …`: who may sign in to the console."""

from typing import Annotated, Any

import typer

from hongyan.access.operators import Role
from hongyan.app.commands import show
from hongyan.app.commands.session import Session, command, segment
from hongyan.app.failures import CommandFailed

app = typer.Typer(name="operator", help="People who sign in to the console.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME")]
RoleOption = Annotated[Role, typer.Option(help="Each may do what those before it may.")]


@command(app, "create")
async def create_operator(session: Session, name: Name, role: RoleOption = Role.VIEWER) -> None:
    """Add somebody, and print a link that signs them in once."""
    made = await session.control.call("POST", "/operators", body={"name": name, "role": role.value})
    if not session.raw(made):
        await _print_link(session, name)


@command(app, "list")
async def list_operators(session: Session) -> None:
    """Who may sign in."""
    answer = await session.control.get("/operators")
    if not session.raw(answer):
        rows = [(one["name"], one["role"], _state(one)) for one in answer["operators"]]
        show.table(("name", "role", "state"), rows, empty="There is nobody; create one: hongyan operator create NAME --role administrator")


def _state(entry: dict[str, Any]) -> str:
    if entry["disabled_at"]:
        return "disabled"
    return "active" if entry["has_password"] else "no password yet"


@command(app, "link")
async def make_link(session: Session, name: Name) -> None:
    """Print a link that signs somebody in once, within ten minutes; for who forgot the password, too."""
    await _print_link(session, name)


async def _print_link(session: Session, name: str) -> None:
    if not session.control.base_url:
        raise CommandFailed("no server runs, so there is no console to open; start one: hongyan serve")
    answer = await session.control.call("POST", f"/operators/{segment(name)}/link")
    if not session.raw(answer):
        print(session.control.base_url + answer["path"])


@command(app, "role")
async def change_role(session: Session, name: Name, role: Annotated[Role, typer.Argument()]) -> None:
    """Change what somebody may do."""
    await _change(session, name, {"role": role.value})


@command(app, "disable")
async def disable_operator(session: Session, name: Name) -> None:
    """Sign somebody out everywhere, for good."""
    await _change(session, name, {"disabled": True})


@command(app, "enable")
async def enable_operator(session: Session, name: Name) -> None:
    """Let somebody in again."""
    await _change(session, name, {"disabled": False})


async def _change(session: Session, name: str, changes: dict[str, Any]) -> None:
    answer = await session.control.call("PATCH", f"/operators/{segment(name)}", body=changes)
    if not session.raw(answer):
        print(f"{answer['name']}: {answer['role']}, {_state(answer)}")
