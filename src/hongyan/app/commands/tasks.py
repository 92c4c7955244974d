"""`hongyan task …` and `hongyan explain`: what was sent, whom it reached, and why not."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from hongyan.app.commands import show
from hongyan.app.commands.session import Session, command

app = typer.Typer(name="task", help="What was sent, and whom it reached.", no_args_is_help=True)
explain_app = typer.Typer()

TaskId = Annotated[str, typer.Argument(metavar="TASK", help="The task_id that the send answered.")]


class ListName(StrEnum):
    """The lists of a result; everybody addressed is in exactly one."""

    UNREAD = "unread"
    READ = "read"
    FORBIDDEN = "forbidden"
    FAILED = "failed"
    INVALID = "invalid"


@command(app, "list")
async def list_tasks(
    session: Session,
    account: Annotated[str, typer.Option(metavar="UNIONID", help="Of this service account only.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 50,
) -> None:
    """Sends, the newest first."""
    answer = await session.control.get(await session.path("tasks"), account=account, limit=limit)
    if session.raw(answer):
        return
    zone = await session.zone()
    rows = [
        (show.when(one["at"], zone), one["task_id"], one["sender"]["name"], _kind(one), one["addressed"], one["forbidden"], _title(one))
        for one in answer["tasks"]
    ]
    show.table(("at", "task_id", "account", "kind", "addressed", "forbidden", "message"), rows, empty="Nothing was sent yet.")


def _kind(task: dict[str, Any]) -> str:
    return "recalled" if task["recalled_at"] else "failed" if task["status"] == "failed" else str(task["kind"])


def _title(task: dict[str, Any]) -> str:
    return f"[{task['msg_type']}] {task['title']}".strip()


@command(app, "show")
async def show_task(session: Session, task: TaskId) -> None:
    """One send: whom it asked for, its result, and the rules that were looked at."""
    answer = await session.control.get(await session.path("tasks", task))
    if session.raw(answer):
        return
    zone, counts = await session.zone(), answer["counts"]
    show.members(
        {
            "task_id": answer["task_id"],
            "at": show.when(answer["at"], zone),
            "account": f"{answer['sender']['name']} ({answer['sender']['id']})",
            "uuid": answer["uuid"],
            "kind": answer["kind"],
            "message": answer["msg_type"],
            "to": _asked(answer["to"]),
            "status": f"{answer['status']}, {answer['progress_percent']} %",
            "recalled": show.when(answer["recalled_at"], zone) if answer["recalled_at"] else "",
            **{name.value: counts[name.value] for name in ListName},
            "forbidden by": counts["forbidden_by_rule"],
            "observed by": counts["observed_by_rule"],
        }
    )
    print()
    _show_rules(answer["rules"], zone)


def _asked(to: dict[str, Any]) -> str:
    everyone = ["everyone"] if to.get("everyone") else []
    named = [f"{name} {', '.join(str(one) for one in to[name])}" for name in ("userids", "depts", "roles") if to.get(name)]
    return "; ".join(everyone + named)


def _show_rules(rules: list[dict[str, Any]], zone: str) -> None:
    rows = [
        (
            one["rule"],
            one["used"],
            f"+{one['cost']}",
            one["limit"],
            one["mode"],
            "ok" if one["passed"] else "over",
            show.when(one["ends_at"], zone) if one["ends_at"] else "",
        )
        for one in rules
    ]
    show.table(("rule", "used", "cost", "limit", "mode", "result", "frees up at"), rows, empty="No rule was looked at.")


@command(app, "people")
async def people(
    session: Session,
    task: TaskId,
    list_name: Annotated[ListName, typer.Option("--list", help="Which list.")] = ListName.UNREAD,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 1000,
) -> None:
    """The people in one list of a send's result."""
    path = await session.path("tasks", task, "people")
    found: list[dict[str, Any]] = []
    after: int | None = None
    while True:
        page = await session.control.get(path, list=list_name.value, after=after, limit=min(1000, limit - len(found)))
        found += page["people"]
        after = page["next"]
        if after is None or len(found) >= limit:
            break
    if session.raw({"total": page["total"], "people": found}):
        return
    rows = [(_id(one), one.get("name", ""), one.get("rule", "")) for one in found]
    show.table(("id", "name", "rule"), rows, empty=f"Nobody is in the list {list_name.value}.")


def _id(person: dict[str, Any]) -> str:
    for name, kind in (("dept_id", "department"), ("role_id", "role")):
        if person.get(name) is not None:
            return f"{kind} {person[name]}"
    return str(person.get("userid", ""))


@command(app, "recall")
async def recall(session: Session, task: TaskId) -> None:
    """Withdraw a send from every inbox; possible within 24 hours."""
    answer = await session.control.call("POST", await session.path("tasks", task, "recall"))
    if not session.raw(answer):
        print(f"{task} was recalled.")


@command(explain_app, "explain")
async def explain(session: Session, task: TaskId, user: Annotated[str, typer.Argument(metavar="USER", help="A userid.")]) -> None:
    """Why did somebody get a message, or not? Names the rule, what was used, and when it frees up."""
    answer = await session.control.get(await session.path("tasks", task, "explain", user))
    if session.raw(answer):
        return
    name = f"{answer['name']} ({answer['userid']})" if answer["name"] else answer["userid"]
    print(f"{name} — {answer['list'].replace('_', ' ')}: {answer['reason']}.")
    if answer["rule"]:
        print(f"The rule: {answer['rule']}.")
    print()
    _show_rules(answer["rules"], await session.zone())
