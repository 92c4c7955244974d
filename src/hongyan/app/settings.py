"""Settings: command line over `HONGYAN_*` variables over a TOML file over defaults."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hongyan.admission.rules import Profile

DEFAULT_PORT = 8686
_PREFIX = "HONGYAN_"


class BadSetting(Exception):
    """A setting that cannot be; the message names it and where it came from."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one server runs.

    `data` is the folder that holds everything. `userid_policy`: `any` refuses a send when one userid is unknown, `all` only when every
    one is. `internal_templates` lets an organisation's own apps send by template (in the profile `open` they always may). `sandbox` opens the interface that moves the clock and plants faults: never where others can reach it.
    """

    data: str = "hongyan-data"
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    profile: Profile = Profile.DINGTALK
    sandbox: bool = False
    userid_policy: str = "any"
    internal_templates: bool = False
    log_level: str = "warning"

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
    if not 0 <= settings.port <= 65535:
        raise BadSetting(f"port must be 0 to 65535, not {settings.port}")
    if settings.userid_policy not in ("any", "all"):
        raise BadSetting(f"userid_policy must be any or all, not {settings.userid_policy}")
