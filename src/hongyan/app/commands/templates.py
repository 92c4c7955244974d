"""`hongyan template …`: messages with gaps, which third-party apps send by their id."""

import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from hongyan.app.commands import show
from hongyan.app.commands.session import Session, command, segment
from hongyan.app.failures import CommandFailed

app = typer.Typer(name="template", help="Message templates: written, reviewed, tried out.", no_args_is_help=True)

AppOption = Annotated[
    str, typer.Option("--app", envvar="HONGYAN_APP", metavar="APP_KEY", help="Whose template; the only third-party app's when left out.")
]
TemplateId = Annotated[str, typer.Argument(metavar="TEMPLATE", help="A template_id.")]
FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="JSON, or TOML by its name; - reads JSON from the standard input.", allow_dash=True)
]
_NOT_SHOWN = ("kind", "name")


async def _path(session: Session, app_key: str, *segments: str) -> str:
    """Where the app's templates stand: an internal app's below its organisation, others below the app."""
    chosen = await _choose(session, app_key)
    below = "/".join(["templates", *(segment(one) for one in segments)])
    if chosen["kind"] == "internal":
        return f"{await session.path('apps', chosen['app_key'])}/{below}"
    return f"/apps/{segment(chosen['app_key'])}/{below}"


async def _choose(session: Session, wanted: str) -> dict[str, Any]:
    apps: list[dict[str, Any]] = (await session.control.get(await session.path("apps")))["apps"]
    return choose_app(apps, wanted)


def choose_app(apps: list[dict[str, Any]], wanted: str) -> dict[str, Any]:
    """The one that is wanted; without a wish the only third-party one, or the only one. One that is installed nowhere is third-party."""
    if wanted:
        return next((one for one in apps if one["app_key"] == wanted), {"app_key": wanted, "kind": "third_party"})
    for candidates in ([one for one in apps if one["kind"] == "third_party"], apps):
        if len(candidates) == 1:
            return candidates[0]
    if not apps:
        raise CommandFailed("there is no app yet; create one: hongyan app create NAME")
    raise CommandFailed(f"say whose template with --app; there are {', '.join(one['app_key'] for one in apps)}")


def read_template(file: Path) -> dict[str, Any]:
    """The members of a template as the file has them, perhaps with `template_id`."""
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        found = tomllib.loads(content.decode()) if file.suffix.lower() == ".toml" else msgspec.json.decode(content)
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CommandFailed(f"{file}: {error}") from None
    if not isinstance(found, dict):
        raise CommandFailed(f"{file}: a template is an object with the member kind")
    return found


@command(app, "create")
async def create_template(
    session: Session,
    file: FileArgument,
    app_key: AppOption = "",
    template_id: Annotated[str, typer.Option("--id", metavar="ID", help="Left out: the file's, or one is made.")] = "",
    approve: Annotated[bool, typer.Option("--approve", help="Submit and approve it too.")] = False,
) -> None:
    """Create a template as a draft and print its id."""
    content = read_template(file)
    wanted = template_id or content.get("template_id", "")
    body = {"content": {name: value for name, value in content.items() if name != "template_id"}, "template_id": wanted}
    path = await _path(session, app_key)
    answer = await session.control.call("POST", path, body=body)
    if approve:
        answer = await session.control.call("POST", f"{path}/{answer['template_id']}/submit", body={"auto_approve": True})
    _say(session, answer)


@command(app, "edit")
async def edit_template(session: Session, template: TemplateId, file: FileArgument, app_key: AppOption = "") -> None:
    """Replace the draft. An approved template goes on sending until the new draft is approved."""
    content = {name: value for name, value in read_template(file).items() if name != "template_id"}
    _say(session, await session.control.call("PUT", await _path(session, app_key, template), body={"content": content}))


def _say(session: Session, answer: dict[str, Any]) -> None:
    if not session.raw(answer):
        show.members({"template_id": answer["template_id"], "name": answer["name"], "state": _state(answer), "sends": answer["sends"]})


def _state(summary: dict[str, Any]) -> str:
    """The newest revision's state, and what keeps or makes the template sending besides."""
    if summary["approved_revision"] is not None and not summary["enabled"]:
        return f"{summary['state']}, disabled"
    return str(summary["state"])


@command(app, "list")
async def list_templates(
    session: Session, app_key: AppOption = "", limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100
) -> None:
    """The templates of an app."""
    answer = await session.control.get(await _path(session, app_key), limit=limit)
    if not session.raw(answer):
        rows = [(one["template_id"], one["name"], one["kind"], _state(one), one["newest_revision"], one["sends"]) for one in answer["templates"]]
        empty = "There is none; create one: hongyan template create FILE"
        show.table(("template_id", "name", "kind", "state", "revision", "sends"), rows, empty=empty)


@command(app, "show")
async def show_template(session: Session, template: TemplateId, app_key: AppOption = "") -> None:
    """One template: where it stands, its newest text, its revisions."""
    answer = await session.control.get(await _path(session, app_key, template))
    if session.raw(answer):
        return
    summary, newest, zone = answer["template"], answer["revisions"][0], await session.zone()
    stands = {"template_id": summary["template_id"], "name": summary["name"], "kind": summary["kind"]}
    stands |= {"state": _state(summary), "sends": summary["sends"], "parameters": newest["parameters"]}
    show.members(stands | _readable({name: value for name, value in newest["content"].items() if name not in _NOT_SHOWN}))
    print()
    rows = [(one["revision"], one["state"], show.when(one["created_at"], zone), one["reason"]) for one in answer["revisions"]]
    show.table(("revision", "state", "created", "reason"), rows, empty="")


def _readable(members: dict[str, Any]) -> dict[str, Any]:
    """Buttons and rows, which are lists of objects, as one text each."""
    return {name: "; ".join(": ".join(one.values()) for one in value) if _objects(value) else value for name, value in members.items()}


def _objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


@command(app, "preview")
async def preview_template(
    session: Session,
    template: TemplateId,
    values: Annotated[list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="What to fill in.")] = None,
    app_key: AppOption = "",
    revision: Annotated[int | None, typer.Option(min=1, help="Left out: the newest.")] = None,
) -> None:
    """The message that a send would make of it; nothing is sent."""
    body = {"data": parse_values(values or []), "revision": revision, "corp": await session.corp()}
    answer = await session.control.call("POST", await _path(session, app_key, template, "preview"), body=body)
    if not session.raw(answer):
        show.members(_readable(answer["body"]) | {"without a value": answer["missing"], "not asked for": answer["extra"]})


@command(app, "test")
async def try_template(
    session: Session,
    template: TemplateId,
    user: Annotated[str, typer.Argument(metavar="USER", help="The tester's userid; nobody else gets it.")],
    values: Annotated[list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="What to fill in.")] = None,
    agent: Annotated[int, typer.Option("--agent", help="The installation that sends it.")] = 0,
    app_key: AppOption = "",
) -> None:
    """Send the newest revision to one tester as a work notification, in whatever state it is."""
    body = {"corp": await session.corp(), "agent_id": agent, "userid": user, "data": parse_values(values or [])}
    answer = await session.control.call("POST", await _path(session, app_key, template, "test"), body=body)
    if not session.raw(answer):
        show.members({"task_id": answer["task_id"], "without a value": answer["missing"], "not asked for": answer["extra"]})


def parse_values(given: list[str]) -> dict[str, str]:
    """NAME=VALUE pairs by name; the value may hold further = signs."""
    found = dict[str, str]()
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise CommandFailed(f"{one} is no NAME=VALUE")
        found[name] = value
    return found


@command(app, "submit")
async def submit_template(
    session: Session,
    template: TemplateId,
    app_key: AppOption = "",
    approve: Annotated[bool, typer.Option("--approve", help="Approve it too, without a review.")] = False,
) -> None:
    """Ask for a review of the draft."""
    await _step(session, app_key, template, "submit", {"auto_approve": approve})


@command(app, "approve")
async def approve_template(session: Session, template: TemplateId, app_key: AppOption = "") -> None:
    """Let what was submitted send from now on."""
    await _step(session, app_key, template, "approve")


@command(app, "reject")
async def reject_template(
    session: Session, template: TemplateId, reason: Annotated[str, typer.Argument(metavar="REASON")], app_key: AppOption = ""
) -> None:
    """Refuse what was submitted, and say why."""
    await _step(session, app_key, template, "reject", {"reason": reason})


@command(app, "enable")
async def enable_template(session: Session, template: TemplateId, app_key: AppOption = "") -> None:
    """Let a disabled template send again."""
    await _step(session, app_key, template, "enable")


@command(app, "disable")
async def disable_template(session: Session, template: TemplateId, app_key: AppOption = "") -> None:
    """Stop a template from sending."""
    await _step(session, app_key, template, "disable")


@command(app, "clone")
async def clone_template(
    session: Session, template: TemplateId, app_key: AppOption = "", name: Annotated[str, typer.Option(help="Left out: the old one, marked.")] = ""
) -> None:
    """Copy the newest revision into a new draft."""
    await _step(session, app_key, template, "clone", {"name": name})


@command(app, "delete")
async def delete_template(
    session: Session, template: TemplateId, app_key: AppOption = "", yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete a template; its id cannot be used again."""
    if not yes:
        typer.confirm(f"Delete {template} for good?", abort=True, err=True)
    answer = await session.control.call("DELETE", await _path(session, app_key, template))
    if not session.raw(answer):
        print(f"{template} was deleted.")


async def _step(session: Session, app_key: str, template: str, step: str, body: dict[str, Any] | None = None) -> None:
    _say(session, await session.control.call("POST", await _path(session, app_key, template, step), body=body or {}))
