"""`hongyan backup …` and `hongyan restore`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

from hongyan.app.commands import show
from hongyan.app.failures import CommandFailed
from hongyan.model.clock import SystemClock

Result = TypeVar("Result")


class _TakeByDefault(TyperGroup):
    """`hongyan backup TARGET` is `hongyan backup take TARGET`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["take", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(name="backup", help="Copies of everything a server holds: hongyan backup TARGET.", no_args_is_help=True, cls=_TakeByDefault)
restore_app = typer.Typer()

DataOption = Annotated[str | None, typer.Option("--data", metavar="DIR", help="Folder of the server.", show_default=False)]
KeepOption = Annotated[int | None, typer.Option("--keep", min=1, metavar="N", help="TARGET is a folder: add a dated backup, and keep the newest N.")]
NoRequestsOption = Annotated[bool, typer.Option("--without-requests", help="Leave out the log of calls.")]
BackupArgument = Annotated[Path, typer.Argument(metavar="BACKUP", help="A folder that `hongyan backup` made.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the raw answer.")]


@app.command("take")
def take(
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="What the backup will be called: a folder that is not there yet.")],
    data: DataOption = None,
    keep: KeepOption = None,
    without_requests: NoRequestsOption = False,
    json: JsonOption = False,
) -> None:
    """Back up a data folder while its server runs, or while none does."""
    from hongyan.app.backup import take_backup, take_dated_backup
    from hongyan.app.client import choose_settings

    folder, clock, requests = choose_settings(data).folder, SystemClock(), not without_requests
    if keep is None:
        taken = _tried(lambda: take_backup(folder, target, clock, requests=requests))
    else:
        taken = _tried(lambda: take_dated_backup(folder, target, clock, keep=keep, requests=requests))
    if json:
        show.json_answer({"path": str(taken.path), "removed": [str(path) for path in taken.removed], **_summary(taken.manifest)})
        return
    _show({"backup": str(taken.path), **_summary(taken.manifest), "removed": [path.name for path in taken.removed]})
    typer.echo(
        "The server's key is in it: whoever has this folder can read everything and act as this server. Keep it as safe as the data.", err=True
    )


@app.command("verify")
def verify(backup: BackupArgument, json: JsonOption = False) -> None:
    """Read a whole backup, and compare it with what was backed up."""
    from hongyan.app.backup import verify_backup

    manifest = _tried(lambda: verify_backup(backup))
    if json:
        show.json_answer(_summary(manifest))
    else:
        _show({"backup": str(backup), **_summary(manifest)})


@restore_app.command("restore")
def restore(
    backup: BackupArgument,
    data: Annotated[str, typer.Option("--data", metavar="DIR", help="An empty folder, or the name of a new one.")],
    json: JsonOption = False,
) -> None:
    """Make a new data folder out of a backup."""
    from hongyan.app.backup import restore_backup

    folder = Path(data).expanduser()
    manifest = _tried(lambda: restore_backup(backup, folder, SystemClock()))
    if json:
        show.json_answer(_summary(manifest))
        return
    _show({"restored into": str(folder), **_summary(manifest)})
    typer.echo(f"What was sent after the backup is not in it. Start the server: hongyan serve --data {folder}", err=True)


def _summary(manifest: Any) -> dict[str, Any]:
    counts = manifest.counts
    return {
        "taken_at": manifest.taken_at,
        "hongyan": manifest.hongyan,
        "schema": manifest.schema,
        "bytes": manifest.bytes,
        "files": len(manifest.files),
        "organisations": counts.organisations,
        "people": counts.people,
        "sends": counts.sends,
        "media": counts.media,
        "requests": manifest.requests,
    }


def _show(values: dict[str, Any]) -> None:
    shown = values | {"taken_at": show.when(values["taken_at"], "UTC") + " UTC", "hongyan": f"made by {values['hongyan']}"}
    show.members({name.replace("_", " "): value for name, value in shown.items()})


def _tried(work: Callable[[], Result]) -> Result:
    from hongyan.app.manifest import BadBackup
    from hongyan.store.interface import StoreError

    try:
        return work()
    except (BadBackup, StoreError) as error:
        raise CommandFailed(str(error)) from None
    except OSError as error:
        raise CommandFailed(f"{error.filename or 'backup'}: {error.strerror or error}") from None
