"""`hongyan intercept -- COMMAND`: DingTalk's fixed addresses lead to Hongyan while a command runs."""

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from hongyan.app.failures import CommandFailed

if TYPE_CHECKING:
    from hongyan.app.intercept.proxy import Server
    from hongyan.app.intercept.run import Result

app = typer.Typer()

_NOT_RUN = (125, 126, 127)

CommandArgument = Annotated[list[str], typer.Argument(metavar="COMMAND...", help="What to run, with its arguments.", show_default=False)]
DataOption = Annotated[str | None, typer.Option("--data", metavar="DIR", help="Folder of the running server.", show_default=False)]
UrlOption = Annotated[str, typer.Option("--url", envvar="HONGYAN_URL", metavar="URL", help="A server elsewhere.", show_default=False)]
PrivateOption = Annotated[
    bool,
    typer.Option(
        "--private",
        help="Linux: a network and a hosts file of its own, for programs that ignore proxies. Other hosts are then reachable only through the proxy.",
    ),
]
ForwardOption = Annotated[
    list[int] | None,
    typer.Option(
        "--forward",
        metavar="PORT",
        min=1,
        max=65535,
        help="With --private: a port of this machine's 127.0.0.1 to keep. May be repeated.",
        show_default=False,
    ),
]


@app.command("intercept", context_settings={"allow_interspersed_args": False})
def intercept_command(
    command: CommandArgument, data: DataOption = None, url: UrlOption = "", private: PrivateOption = False, forward: ForwardOption = None
) -> None:
    """Run a command whose calls to DingTalk reach Hongyan.

    oapi.dingtalk.com, api.dingtalk.com, their .io twins and eco.taobao.com are answered here; every other host passes through untouched, and
    nothing outside the command changes. The exit status is the command's.
    """
    from hongyan.app.intercept.run import Plan, intercept

    if private and not sys.platform.startswith("linux"):
        raise CommandFailed("--private is for Linux only")
    if forward and not private:
        raise CommandFailed("--forward belongs to --private: without it the command reaches every port as before")
    plan = Plan(command, _server(data, url), os.environ, private, tuple(forward or ()))
    try:
        result = asyncio.run(intercept(plan))
    except asyncio.CancelledError:
        raise typer.Exit(143) from None
    except OSError as error:
        raise CommandFailed(f"cannot intercept: {error}") from None
    if result.status not in _NOT_RUN:
        _report(result, private=private)
    raise typer.Exit(result.status)


def _report(result: "Result", *, private: bool) -> None:
    """What the command's user could not see: that nothing came, or that the certificate was not trusted."""
    if result.asked > result.served:
        print(
            f"hongyan: {result.asked - result.served} of {result.asked} connections to DingTalk's hosts ended before they began:"
            " the command does not trust the certificate",
            file=sys.stderr,
        )
    elif not result.served:
        more = "" if private else "; if it should have, it ignores proxies: try --private"
        print(f"hongyan: the command did not call DingTalk{more}", file=sys.stderr)


def _server(data: str | None, url: str) -> "Server":
    """The server that is meant, as the other commands find it."""
    from urllib.parse import urlsplit

    from hongyan.app.client import choose_settings, running_server
    from hongyan.app.intercept.proxy import Server
    from hongyan.app.tls import context_for

    certificate = ""
    if not url:
        folder = choose_settings(data).folder
        running = running_server(folder)
        if running is None:
            raise CommandFailed(f"no server runs in {folder}; start one (hongyan serve --data {folder}), or name one with --url")
        url, certificate = running.base_url, running.tls_cert
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise CommandFailed(f"--url must be http:// or https:// with a host and no path, not {url}")
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    return Server(url.rstrip("/"), parts.hostname, port, context_for(certificate) if secure else None)
