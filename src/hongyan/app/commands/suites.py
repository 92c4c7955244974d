"""`hongyan suite …`: third-party apps, and where they are installed."""

from typing import Annotated, Any

import typer

from hongyan.access.records import SCOPE_BASE
from hongyan.app.commands import show
from hongyan.app.commands.callbacks import callback_group
from hongyan.app.commands.session import Session, command, segment

app = typer.Typer(name="suite", help="Third-party apps, which organisations install.", no_args_is_help=True)
app.add_typer(callback_group("suites", "a suite"))

SuiteKey = Annotated[str, typer.Argument(metavar="SUITE_KEY")]
AgentId = Annotated[int, typer.Argument(metavar="AGENT_ID", min=1)]


@command(app, "create")
async def create_suite(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    key: Annotated[str, typer.Option("--key", metavar="SUITE_KEY", help="Left out: one is made.")] = "",
    scope: Annotated[list[str] | None, typer.Option("--scope", help="May be repeated. Left out: what work notifications need.")] = None,
    allow_ip: Annotated[list[str] | None, typer.Option("--allow-ip", help="Address or network that may call; may be repeated.")] = None,
) -> None:
    """Create a suite and print its secret, which is shown only now."""
    body = {"name": name, "suite_key": key, "scopes": scope or [SCOPE_BASE], "allow_ips": allow_ip or []}
    answer = await session.control.call("POST", "/suites", body=body)
    if not session.raw(answer):
        show.members(answer)


@command(app, "list")
async def list_suites(session: Session) -> None:
    """The suites of this server, and the agents they are installed as."""
    answer = await session.control.get("/suites")
    if not session.raw(answer):
        rows = [(one["suite_key"], one["name"], one["suite_id"], _places(one["agents"]), _state(one)) for one in answer["suites"]]
        show.table(("suite_key", "name", "suite_id", "installed as", "state"), rows, empty="There is none; create one: hongyan suite create NAME")


def _places(agents: list[dict[str, Any]]) -> list[str]:
    return [f"{one['corp_id']}/{one['agent_id']}" for one in agents]


def _state(entry: dict[str, Any]) -> str:
    return "disabled" if entry["disabled_at"] else "enabled"


@command(app, "install")
async def install_suite(
    session: Session,
    suite_key: SuiteKey,
    agent_id: AgentId,
    name: Annotated[str, typer.Option(help="What the organisation calls it; left out: the suite's name.")] = "",
    to_user: Annotated[list[str] | None, typer.Option("--user", metavar="USERID", help="Who sees it; may be repeated.")] = None,
    to_dept: Annotated[list[int] | None, typer.Option("--dept", metavar="ID", min=1, help="Which departments see it; may be repeated.")] = None,
    admin: Annotated[list[str] | None, typer.Option("--admin", metavar="USERID", help="Who administers it; may be repeated.")] = None,
) -> None:
    """Install a suite in the organisation; everybody sees it unless --user or --dept says who."""
    chosen = {"visible_all": not (to_user or to_dept), "visible_userids": to_user or [], "visible_depts": to_dept or []}
    body = {"app_key": suite_key, "agent_id": agent_id, "name": name, "admins": admin or []} | chosen
    answer = await session.control.call("POST", await session.path("installations"), body=body)
    if not session.raw(answer):
        print(f"{suite_key} is installed in {await session.corp()} as agent {answer['agent_id']}.")


@command(app, "uninstall")
async def uninstall_suite(session: Session, agent_id: AgentId, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Take an agent out of the organisation; what it sent stays."""
    if not yes:
        typer.confirm(f"Uninstall agent {agent_id}?", abort=True, err=True)
    answer = await session.control.call("DELETE", await session.path("installations", str(agent_id)))
    if not session.raw(answer):
        print(f"Agent {agent_id} is uninstalled.")


@command(app, "disable")
async def disable_agent(session: Session, agent_id: AgentId) -> None:
    """Stop an agent in the organisation; a suite without another one there loses its tokens for it."""
    await _set_disabled(session, agent_id, disabled=True)


@command(app, "enable")
async def enable_agent(session: Session, agent_id: AgentId) -> None:
    """Let a disabled agent work again; its suite must fetch a new token."""
    await _set_disabled(session, agent_id, disabled=False)


async def _set_disabled(session: Session, agent_id: int, *, disabled: bool) -> None:
    answer = await session.control.call("PATCH", await session.path("installations", str(agent_id)), body={"disabled": disabled})
    if not session.raw(answer):
        print(f"Agent {agent_id} is {_state(answer)}.")


@command(app, "ticket")
async def show_ticket(
    session: Session, suite_key: SuiteKey, new: Annotated[bool, typer.Option("--new", help="Issue a new one; the one before ends at once.")] = False
) -> None:
    """Print the suite ticket that holds."""
    answer = await session.control.call("POST" if new else "GET", f"/suites/{segment(suite_key)}/ticket")
    if not session.raw(answer):
        show.members({"suite_key": answer["suite_key"], "ticket": answer["ticket"]})


@command(app, "secret")
async def renew_secret(session: Session, suite_key: SuiteKey) -> None:
    """Replace a suite's secret and print the new one; the old one stops working."""
    answer = await session.control.call("POST", f"/suites/{segment(suite_key)}/secret")
    if not session.raw(answer):
        show.members({"suite_key": suite_key, "secret": answer["secret"]})
