"""Settings: command line over `HONGYAN_*` variables over a TOML file over defaults."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hongyan.admission.rules import Profile
from hongyan.capture.records import Limits

DEFAULT_PORT = 8686
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
    log_level: str = "warning"

    @property
    def public_address(self) -> str:
        """`public_url` or what stands for it; no slash at its end."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, f"[{self.host}]" if ":" in self.host else self.host)
        return self.public_url.rstrip("/") or f"{self.scheme}://{host}:{self.port}"

    @property
    def capture_limits(self) -> Limits:
        return Limits(self.requests_kept_days, self.requests_kept_mb, self.requests_per_second)

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
        raise BadSetting(f"setting: {error}") from None
    _check(settings)
    return settings


def _read_file(path: Path) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise BadSetting(f"{path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{path}: {error}") from None


def _check(settings: Settings) -> None:
    for name in ("requests_kept_days", "requests_kept_mb", "requests_per_second"):
        if getattr(settings, name) < 0:
            raise BadSetting(f"{name} must not be below 0, not {getattr(settings, name)}")
    if not 0 <= settings.port <= 65535:
        raise BadSetting(f"port must be 0 to 65535, not {settings.port}")
    if settings.public_url and not settings.public_url.startswith(("http://", "https://")):
        raise BadSetting(f"public_url must begin with http:// or https://, not {settings.public_url}")
    if settings.userid_policy not in ("any", "all"):
        raise BadSetting(f"userid_policy must be any or all, not {settings.userid_policy}")
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise BadSetting("tls_cert and tls_key belong together: one is missing")
