"""The command line: `hongyan …`, or `python -m hongyan …`."""

import os
import sys
from typing import Annotated

import typer

from hongyan import __version__
from hongyan.app.commands import (
    apps,
    backup,
    inbox,
    intercept,
    limits,
    media,
    operators,
    organisation,
    requests,
    sandbox,
    serving,
    store,
    suites,
    tasks,
    templates,
    upkeep,
)
from hongyan.app.failures import CommandFailed

app = typer.Typer(
    name="hongyan",
    help="A server that speaks DingTalk's messaging API, and the commands to run it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (
    serving.app,
    organisation.app,
    apps.app,
    apps.account_app,
    suites.app,
    tasks.app,
    tasks.explain_app,
    templates.app,
    media.app,
    inbox.app,
    limits.app,
    requests.app,
    operators.app,
    sandbox.app,
    store.app,
    intercept.app,
    backup.app,
    backup.restore_app,
    upkeep.app,
):
    app.add_typer(group)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def root(version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")] = False) -> None:
    """A server that speaks DingTalk's messaging API, and the commands to run it."""


def main() -> None:
    """Run the command line. What goes wrong ends in one line on stderr and the exit code 1; 2 for a wrong call."""
    for stream in (sys.stdout, sys.stderr):
        # Whoever reads a pipe sees each line at once, and no terminal's encoding makes a name fail.
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue]
    try:
        app(prog_name="hongyan")
    except CommandFailed as failure:
        print(f"hongyan: {failure}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of the pipe went away: nobody is left to tell. The exit must not flush into it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
