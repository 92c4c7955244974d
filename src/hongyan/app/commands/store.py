"""`hongyan store …`: the file itself."""

from typing import Annotated

import typer

from hongyan.app.failures import CommandFailed
from hongyan.app.files import STORE_FILE

app = typer.Typer(name="store", help="The file that holds everything.", no_args_is_help=True)


@app.callback()
def store() -> None:
    """The file that holds everything."""


@app.command("check")
def check(
    folder: Annotated[str | None, typer.Argument(metavar="[DIR]", help="Folder of the server.", show_default="hongyan-data")] = None,
) -> None:
    """Look at every page and name what is damaged. Changes nothing; a server may run meanwhile."""
    from hongyan.app.client import choose_settings
    from hongyan.store.interface import StoreError
    from hongyan.store.sqlite_check import check_store

    path = choose_settings(folder).folder / STORE_FILE
    try:
        problems = check_store(path)
    except StoreError as error:
        raise CommandFailed(str(error)) from None
    for problem in problems:
        print(problem)
    if problems:
        raise CommandFailed(f"{path} is damaged; stop the server and restore a backup")
    print(f"{path} is sound.")
