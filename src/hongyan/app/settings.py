"""Settings: command line over `HONGYAN_*` variables over a TOML file over defaults."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hongyan.access.guesses import GuessLimits
from hongyan.admission.rules import Profile
from hongyan.app.doors import DoorLimits
from hongyan.app.ranges import RANGES, out_of_range
from hongyan.capture.records import Limits
from hongyan.observe.events import AccessLog, LogFormat
from hongyan.upkeep.periods import Periods

DEFAULT_PORT = 8686
TOKEN_MIN = 16  # characters of a metrics token
_PREFIX = "HONGYAN_"


class BadSetting(Exception):
    """A setting that cannot be; the message names it and where it came from."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one server runs.

    `data` is the folder that holds everything. `userid_policy`: `any` refuses a send when one userid is unknown, `all` only when every
    one is. `internal_templates` lets an organisation's own apps send by template (in the profile `open` they always may). `private_callbacks` lets applications be called at addresses of
    private networks; switch it off where strangers may register one. `sandbox` opens the interface that moves the clock and plants faults: never where others can reach it.
    `public_url` is where readers reach the server, for addresses that leave it, such as a published article's; without one, host and port are.
    `tls_cert` and `tls_key` are PEM files, given both or not at all; with them the server speaks HTTPS.
    Calls of applications are kept for `requests_kept_days`, in at most `requests_kept_mb` megabytes (0: not at all); of accepted ones at most
    `requests_per_second`, so that a burst of sends is not slowed down.
    `…_kept_days` say how long the rest is kept (0: for ever): sends with all that belongs to them, previews, what became of each uuid, what people were
    charged, what the rules did, callbacks that ended, the audit log, uploads that nothing refers to.
    At most `connections` at once, and `connections_per_address`; raise the second behind a proxy of many. A request's line and headers have `head_seconds` and `head_kb` kilobytes.
    A body may take `body_seconds`, longer only while it comes with `body_rate` bytes per second, and `whole_body_seconds` in all. A connection without a request is closed after
    `idle_seconds`, one whose client does not take its answer after `unread_seconds`; of such answers at most `unread_mb` megabytes are kept.
    Wrong secrets are answered up to `wrong_secrets_per_key` times a minute for one key from one address, and up to `wrong_secrets_per_address`
    times from one address (0: any number); tries beyond are refused unseen.
    `log_format` is `text` or `json`; `access_log` says which requests get a line at the level info: `off`, `refused`, `all`. A transaction of more than
    `slow_transaction_ms` is warned of. `metrics_token` opens /metrics; without one, loopback and the admin token do. `metrics_by_corp` adds counts for each
    organisation. With less than `disk_free_mb` megabytes free the server says that it is not ready. When it is told to stop it says so for
    `stop_grace_seconds`, then takes nothing new and finishes what it accepted within `stop_seconds`. `otlp_endpoint` is where traces go (empty: nowhere).
    """

    data: str = "hongyan-data"
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    profile: Profile = Profile.DINGTALK
    sandbox: bool = False
    userid_policy: str = "any"
    internal_templates: bool = False
    private_callbacks: bool = True
    public_url: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    requests_kept_days: int = 7
    requests_kept_mb: int = 256
    requests_per_second: int = 100
    sends_kept_days: int = 90
    previews_kept_days: int = 7
    attempts_kept_days: int = 7
    usage_kept_days: int = 2
    rules_kept_days: int = 90
    callbacks_kept_days: int = 3
    audit_kept_days: int = 365
    media_kept_days: int = 365
    wrong_secrets_per_key: int = 20
    wrong_secrets_per_address: int = 100
    log_level: str = "warning"
    connections: int = 10_000
    connections_per_address: int = 4_096
    head_kb: int = 32
    head_seconds: float = 10
    body_seconds: float = 10
    body_rate: int = 1024
    whole_body_seconds: float = 900
    idle_seconds: float = 75
    unread_seconds: float = 20
    unread_mb: int = 64
    log_format: LogFormat = LogFormat.TEXT
    access_log: AccessLog = AccessLog.OFF
    slow_transaction_ms: int = 1000
    metrics_token: str = ""
    metrics_by_corp: bool = False
    disk_free_mb: int = 64
    stop_grace_seconds: float = 0
    stop_seconds: float = 10
    otlp_endpoint: str = ""

    @property
    def public_address(self) -> str:
        """`public_url` or what stands for it; no slash at its end."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, f"[{self.host}]" if ":" in self.host else self.host)
        return self.public_url.rstrip("/") or f"{self.scheme}://{host}:{self.port}"

    @property
    def periods(self) -> Periods:
        return Periods(**{name: getattr(self, f"{name}_kept_days") for name in Periods.__struct_fields__})

    @property
    def capture_limits(self) -> Limits:
        return Limits(self.requests_kept_days, self.requests_kept_mb, self.requests_per_second)

    @property
    def guess_limits(self) -> GuessLimits:
        return GuessLimits(self.wrong_secrets_per_key, self.wrong_secrets_per_address)

    @property
    def door_limits(self) -> DoorLimits:
        return DoorLimits(
            head_bytes=self.head_kb << 10,
            head_seconds=self.head_seconds,
            body_seconds=self.body_seconds,
            body_rate=self.body_rate,
            whole_body_seconds=self.whole_body_seconds,
            idle_seconds=self.idle_seconds,
            unread_seconds=self.unread_seconds,
            unread_bytes=self.unread_mb << 20,
            connections=self.connections,
            connections_per_address=self.connections_per_address,
        )

    @property
    def scheme(self) -> str:
        return "https" if self.tls_cert else "http"

    @property
    def folder(self) -> Path:
        return Path(self.data).expanduser().resolve()


def load_settings(arguments: Mapping[str, Any], *, environ: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Merge the sources; None among the arguments means "not given". Raises `BadSetting`."""
    environ = os.environ if environ is None else environ
    chosen = file or (Path(environ[_PREFIX + "CONFIG"]) if environ.get(_PREFIX + "CONFIG") else None)
    values: dict[str, Any] = {}
    if chosen is not None:
        values |= _read_file(chosen)
    names = {field.name for field in msgspec.structs.fields(Settings)}
    values |= {name: environ[_PREFIX + name.upper()] for name in names if environ.get(_PREFIX + name.upper())}
    values |= {name: value for name, value in arguments.items() if value is not None}
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSetting(_explained(str(error), values)) from None
    _check(settings)
    return settings


def _explained(error: str, values: Mapping[str, Any]) -> str:
    """The decoder names the setting at the end of what it says; a number's range and the value belong to it."""
    what, _, name = error.partition(" - at `$.")
    name = name.rstrip("`")
    if name in RANGES:
        return f"{name} must be {RANGES[name]}, not {values.get(name)}"
    return f"setting {name}: {what}" if name else f"setting: {error}"


def _read_file(path: Path) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise BadSetting(f"{path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{path}: {error}") from None


def _check(settings: Settings) -> None:
    if problem := out_of_range(settings):
        raise BadSetting(problem)
    if settings.otlp_endpoint and not settings.otlp_endpoint.startswith(("http://", "https://")):
        raise BadSetting(f"otlp_endpoint must begin with http:// or https://, not {settings.otlp_endpoint}")
    if settings.metrics_token and len(settings.metrics_token) < TOKEN_MIN:
        raise BadSetting(f"metrics_token must have at least {TOKEN_MIN} characters: a short one can be guessed")
    if settings.public_url and not settings.public_url.startswith(("http://", "https://")):
        raise BadSetting(f"public_url must begin with http:// or https://, not {settings.public_url}")
    if settings.userid_policy not in ("any", "all"):
        raise BadSetting(f"userid_policy must be any or all, not {settings.userid_policy}")
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise BadSetting("tls_cert and tls_key belong together: one is missing")
