"""`hongyan app …` and `hongyan account …`: who may send, and in whose name."""

from typing import Annotated, Any

import typer

from hongyan.access.records import SCOPE_ACCOUNT, SCOPE_BASE, SCOPE_MASS, AppKind
from hongyan.app.commands import show
from hongyan.app.commands.callbacks import callback_group
from hongyan.app.commands.session import Session, command, segment

app = typer.Typer(name="app", help="Programs with an app key and a secret.", no_args_is_help=True)
app.add_typer(callback_group("apps", "an app"))
account_app = typer.Typer(name="account", help="Service accounts, in whose name is sent.", no_args_is_help=True)

DEFAULT_SCOPES = (SCOPE_BASE, SCOPE_MASS, SCOPE_ACCOUNT)
AppKey = Annotated[str, typer.Argument(metavar="APP_KEY")]
Unionid = Annotated[str, typer.Argument(metavar="UNIONID")]


@command(app, "create")
async def create_app(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    key: Annotated[str, typer.Option("--key", metavar="APP_KEY", help="Left out: one is made.")] = "",
    kind: Annotated[AppKind, typer.Option(help="Only internal apps may use mass send.")] = AppKind.INTERNAL,
    scope: Annotated[list[str] | None, typer.Option("--scope", help="May be repeated. Left out: all that mass send needs.")] = None,
    allow_ip: Annotated[list[str] | None, typer.Option("--allow-ip", help="Address or network that may call; may be repeated.")] = None,
    agent_id: Annotated[int | None, typer.Option(min=1, help="Install the app in the organisation under this id.")] = None,
) -> None:
    """Create an app and print its secret, which is shown only now."""
    body = {"name": name, "app_key": key, "kind": kind.value, "scopes": scope or DEFAULT_SCOPES, "allow_ips": allow_ip or [], "agent_id": agent_id}
    answer = await session.control.call("POST", await session.path("apps"), body=body)
    if not session.raw(answer):
        show.members(answer)


@command(app, "list")
async def list_apps(session: Session) -> None:
    """The apps of the organisation."""
    answer = await session.control.get(await session.path("apps"))
    if not session.raw(answer):
        rows = [(one["app_key"], one["name"], one["kind"], one["scopes"], one["allow_ips"], _state(one)) for one in answer["apps"]]
        show.table(
            ("app_key", "name", "kind", "scopes", "allowed addresses", "state"), rows, empty="There is none; create one: hongyan app create NAME"
        )


def _state(entry: dict[str, Any]) -> str:
    return "disabled" if entry["disabled_at"] else "enabled"


@command(app, "secret")
async def renew_secret(session: Session, app_key: AppKey) -> None:
    """Replace an app's secret and print the new one; the old one stops working."""
    answer = await session.control.call("POST", f"/apps/{segment(app_key)}/secret")
    if not session.raw(answer):
        show.members(answer)


@command(app, "disable")
async def disable_app(session: Session, app_key: AppKey) -> None:
    """Take an app's access away, its tokens at once."""
    await _set_disabled(session, app_key, disabled=True)


@command(app, "enable")
async def enable_app(session: Session, app_key: AppKey) -> None:
    """Give a disabled app its access back; it must fetch a new token."""
    await _set_disabled(session, app_key, disabled=False)


async def _set_disabled(session: Session, app_key: str, *, disabled: bool) -> None:
    answer = await session.control.call("PATCH", f"/apps/{segment(app_key)}", body={"disabled": disabled})
    if not session.raw(answer):
        print(f"{app_key} is {_state(answer)}.")


@command(account_app, "create")
async def create_account(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    unionid: Annotated[str, typer.Option(help="Left out: one is made.")] = "",
    brief: Annotated[str, typer.Option(help="One line below the name.")] = "",
    descr: Annotated[str, typer.Option("--description", help="What the account is for.")] = "",
) -> None:
    """Create a service account and print its unionid, which sends name."""
    body = {"name": name, "unionid": unionid, "brief": brief, "descr": descr}
    answer = await session.control.call("POST", await session.path("accounts"), body=body)
    if not session.raw(answer):
        show.members({"unionid": answer["unionid"], "name": answer["name"]})


@command(account_app, "list")
async def list_accounts(session: Session) -> None:
    """The live service accounts."""
    answer = await session.control.get(await session.path("accounts"))
    if not session.raw(answer):
        rows = [(one["unionid"], one["name"], one["brief"]) for one in answer["accounts"]]
        show.table(("unionid", "name", "brief"), rows, empty="There is none; create one: hongyan account create NAME")


@command(account_app, "disable")
async def disable_account(session: Session, unionid: Unionid, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Disable a service account. This is final: it cannot be enabled again."""
    if not yes:
        typer.confirm(f"Disable {unionid} for good?", abort=True, err=True)
    answer = await session.control.call("PATCH", await session.path("accounts", unionid), body={"disabled": True})
    if not session.raw(answer):
        print(f"{unionid} is {_state(answer)}.")
