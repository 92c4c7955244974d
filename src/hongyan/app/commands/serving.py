"""`hongyan serve`, `hongyan demo` and `hongyan token`."""

import gc
import math
import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hongyan.admission.rules import Profile
from hongyan.app.failures import CommandFailed
from hongyan.app.files import DEMO_FOLDER
from hongyan.app.settings import BadSetting, Settings, load_settings
from hongyan.observe.events import AccessLog, LogFormat

if TYPE_CHECKING:
    from hongyan.app.application import Application
    from hongyan.app.server import OnListening

app = typer.Typer()

_LEVELS = ("debug", "info", "warning", "error", "critical")

DataOption = Annotated[str | None, typer.Option("--data", metavar="DIR", help="Folder that holds everything.", show_default="hongyan-data")]
DemoDataOption = Annotated[str | None, typer.Option("--data", metavar="DIR", help="Folder that holds everything.", show_default=DEMO_FOLDER)]
HostOption = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Address to listen on.", show_default="127.0.0.1")]
PortOption = Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.", show_default="8686")]
ProfileOption = Annotated[Profile | None, typer.Option(help="Which limits hold at first.", show_default="dingtalk")]
SandboxOption = Annotated[bool | None, typer.Option("--sandbox", help="Open the interface for tests: never where strangers reach it.")]
CertOption = Annotated[str | None, typer.Option("--tls-cert", metavar="FILE", help="Speak HTTPS with this certificate (PEM).", show_default=False)]
KeyOption = Annotated[str | None, typer.Option("--tls-key", metavar="FILE", help="The certificate's key (PEM, no passphrase).", show_default=False)]
LogOption = Annotated[LogFormat | None, typer.Option("--log-format", help="How lines on stderr look.", show_default="text")]
AccessOption = Annotated[AccessLog | None, typer.Option("--access-log", help="Which requests get a line.", show_default="off")]
ConfigOption = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings as TOML.")]


@app.command()
def serve(
    data: DataOption = None,
    host: HostOption = None,
    port: PortOption = None,
    profile: ProfileOption = None,
    sandbox: SandboxOption = None,
    tls_cert: CertOption = None,
    tls_key: KeyOption = None,
    log_format: LogOption = None,
    access_log: AccessOption = None,
    config: ConfigOption = None,
) -> None:
    """Run a server. An empty folder is all it needs.

    SIGHUP reads the certificate again. Settings: command line, then HONGYAN_* variables, then the TOML file, then defaults.
    """
    given = {
        "data": data,
        "host": host,
        "port": port,
        "profile": profile,
        "sandbox": sandbox or None,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        **_logs(log_format, access_log),
    }
    _serve(_settings(given, config), _announce)


@app.command()
def demo(
    data: DemoDataOption = None,
    host: HostOption = None,
    port: PortOption = None,
    profile: ProfileOption = None,
    tls_cert: CertOption = None,
    tls_key: KeyOption = None,
    log_format: LogOption = None,
    access_log: AccessOption = None,
    config: ConfigOption = None,
) -> None:
    """Run a server with a demo company, send a first message, and show what to paste."""
    given = {
        "data": data,
        "host": host,
        "port": port,
        "profile": profile,
        "sandbox": True,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        **_logs(log_format, access_log),
    }
    settings = _settings(given, config)
    if settings.data == Settings().data and data is None:
        settings = _settings({**_given(settings), "data": DEMO_FOLDER}, None)

    async def present(application: "Application", base_url: str) -> None:
        from hongyan.app.demo import present_demo

        meter = application.engine.store.meter
        usual, meter.slow_s = meter.slow_s, math.inf  # filling an organisation takes as long as it takes
        await present_demo(application, base_url)
        meter.slow_s = usual

    _serve(settings, present)


def _logs(log_format: LogFormat | None, access_log: AccessLog | None) -> dict[str, Any]:
    return {"log_format": log_format, "access_log": access_log}


def _given(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in Settings.__struct_fields__}


def _settings(given: dict[str, Any], file: Path | None) -> Settings:
    try:
        settings = load_settings(given, file=file)
    except BadSetting as error:
        raise CommandFailed(str(error)) from None
    if settings.otlp_endpoint and not _has_telemetry():
        raise CommandFailed("otlp_endpoint needs OpenTelemetry: pip install 'hongyan[otel]'")
    if settings.log_level not in _LEVELS:
        raise CommandFailed(f"log_level must be one of {', '.join(_LEVELS)}, not {settings.log_level}")
    return settings


def _has_telemetry() -> bool:
    return find_spec("opentelemetry") is not None and find_spec("opentelemetry.exporter.otlp.proto.http") is not None


def _serve(settings: Settings, on_listening: "OnListening") -> None:
    gc.disable()  # while modules are loaded, all of which stay: a tenth of the start; `tune_interpreter` lets it run again
    from hongyan.access.keys import KeyFileError
    from hongyan.app.logs import logging_to
    from hongyan.app.server import CannotListen, serve
    from hongyan.app.tls import BadCertificate
    from hongyan.model.faults import BadFaults, arm_from
    from hongyan.store.interface import StoreError

    try:
        arm_from(os.environ)
        with logging_to(sys.stderr, settings.log_level, settings.log_format, settings.access_log):
            end = serve(settings, on_listening)
    except CannotListen as error:
        raise CommandFailed(f"{error}; --port chooses another one") from None
    except (StoreError, KeyFileError, BadCertificate, BadFaults) as error:
        raise CommandFailed(str(error)) from None
    except OSError as error:
        raise CommandFailed(f"{settings.folder}: {error.strerror or error}") from None
    if end.cut_off:
        raise CommandFailed(f"stopped before {end.cut_off} requests were answered; stop_seconds gives them longer")
    if end.signal == signal.SIGINT:
        print("Stopped.", file=sys.stderr)


async def _announce(application: "Application", base_url: str) -> None:
    settings = application.settings
    where = "" if settings.data == Settings().data else f" --data {settings.folder}"
    print(f"Hongyan listens on {base_url}  (profile {application.engine.rulekeeper.book.profile.value}, data {settings.folder})")
    print(f"The admin token for {base_url}/hongyan/v1:  hongyan token{where}")
    print(await _console_line(application, base_url, where))
    print("Ctrl-C stops it.")
    sys.stdout.flush()


async def _console_line(application: "Application", base_url: str, where: str) -> str:
    """How to get into the console: the first administrator by a link, everybody else by name."""
    from hongyan.access.operators import any_operator_txn
    from hongyan.console.desk.sign_in import set_up_key

    engine = application.engine
    if await engine.store.read(any_operator_txn):
        return f"The console:  {base_url}/console/  (hongyan operator link NAME{where} signs in who forgot the password)"
    return f"Nobody may use the console yet. Make the first administrator:  {base_url}/console/set-up?key={set_up_key(engine)}"


@app.command()
def token(data: Annotated[str | None, typer.Option("--data", metavar="DIR", help="Folder of the server.", show_default=False)] = None) -> None:
    """Print the admin token: whoever has it may do everything on this server."""
    from hongyan.app.client import admin_token, choose_settings

    print(admin_token(choose_settings(data).folder))
