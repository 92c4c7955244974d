"""`hongyan rules`: the limits in force, how much of them is used, and changes to them."""

from typing import Annotated, Any

import typer

from hongyan.admission.rules import Mode
from hongyan.app.commands import show
from hongyan.app.commands.session import Session, command, segment, with_place
from hongyan.app.failures import CommandFailed

app = typer.Typer(name="rules", invoke_without_command=True)

AccountOption = Annotated[str, typer.Option("--account", metavar="UNIONID", help="For this service account.")]
AppOption = Annotated[str, typer.Option("--app", metavar="APP_KEY", help="For this app.")]
ServerOption = Annotated[bool, typer.Option("--server", help="For the whole server, all organisations.")]
RuleName = Annotated[str, typer.Argument(metavar="RULE", help="Such as mass.account_qps; `hongyan rules` lists them.")]


async def rules(session: Session, account: AccountOption = "", app_key: AppOption = "") -> None:
    """The limits: what holds, and, with --account, how much is used."""
    answer = await session.control.get(await session.path("rules"), account=account, app=app_key)
    if session.raw(answer):
        return
    rows = [(one["rule"], one["window"], _limit(one), _used(one), one["mode"], one["outcome"], one["scope"]) for one in answer["rules"]]
    show.table(("rule", "window", "limit", "used", "mode", "outcome", "counted by"), rows, empty="")


app.callback()(with_place(rules, alone=True))


def _limit(rule: dict[str, Any]) -> str:
    changed = "" if rule["limit"] == rule["profile_limit"] else f" (profile {rule['profile_limit']})"
    return f"{rule['limit']}{changed}"


def _used(rule: dict[str, Any]) -> str:
    return "" if rule["used"] is None else f"{rule['used']} of {rule['allowed']}"


@command(app, "set")
async def set_rule(
    session: Session,
    rule: RuleName,
    mode: Annotated[Mode | None, typer.Option(help="enforce; observe: count and explain only; off.")] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="The new number.")] = None,
    account: AccountOption = "",
    app_key: AppOption = "",
    server: ServerOption = False,
) -> None:
    """Change a rule for the organisation, one account, one app, or the server. It holds from the next send on."""
    if mode is None and limit is None:
        raise CommandFailed("say what to change: --mode or --limit (or `hongyan rules reset` to take changes back)")
    await _change(session, rule, {"mode": mode, "limit": limit}, account, app_key, server=server)


@command(app, "reset")
async def reset_rule(session: Session, rule: RuleName, account: AccountOption = "", app_key: AppOption = "", server: ServerOption = False) -> None:
    """Take a change back: what the profile says holds again."""
    await _change(session, rule, {}, account, app_key, server=server)


async def _change(session: Session, rule: str, change: dict[str, Any], account: str, app_key: str, *, server: bool) -> None:
    if bool(account) + bool(app_key) + server > 1:
        raise CommandFailed("give only one of --account, --app and --server")
    if server:
        answer = await session.control.call("PUT", f"/rules/{segment(rule)}", body=change)
    else:
        scope = {"scope": "sender", "subject": account} if account else {"scope": "app", "subject": app_key} if app_key else {"scope": "all"}
        answer = await session.control.call("PUT", await session.path("rules", rule), body=change | scope)
    if not session.raw(answer):
        print(f"{answer['rule']}: {answer['mode']}, limit {_limit(answer)}")
