"""The parameters of one call, read by name and kind."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from hongyan.wire import lax
from hongyan.wire.lax import Unreadable

T = TypeVar("T")


class BadArgument(Exception):
    """A parameter is of the wrong type: 41 on the classic surface."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@lru_cache(maxsize=512)
def _twins(name: str) -> tuple[str, ...]:
    """Other spellings of a documented name: its camelCase or snake_case form, and the known renamings."""
    camel = "".join(part.capitalize() if index else part for index, part in enumerate(name.split("_")))
    snake = "".join(f"_{char.lower()}" if char.isupper() else char for char in name)
    renamed = {"roleIds": ("role_id_list",), "button_list": ("btn_json_list",)}.get(name, ())
    return tuple(dict.fromkeys(twin for twin in (camel, snake, *renamed) if twin != name))


class Params:
    """Named values as they came. A documented name wins over its twins; unknown names are not looked at."""

    def __init__(self, values: dict[str, Any], *, strict: bool = False) -> None:
        self._values = values
        self._strict = strict

    def raw(self, name: str) -> Any:
        value = self._values.get(name)
        if value is not None or self._strict or name in self._values:
            return value
        return next((self._values[twin] for twin in _twins(name) if twin in self._values), None)

    def has(self, name: str) -> bool:
        """True when the parameter was sent and is not empty."""
        return self.raw(name) not in (None, "")

    def text(self, name: str) -> str:
        value = self.raw(name)
        return value if isinstance(value, str) else lax.as_text(value)

    def flag(self, name: str) -> bool | None:
        return self._read(name, lambda value: lax.as_bool(value, strict=self._strict))

    def number(self, name: str) -> int | None:
        return self._read(name, lambda value: lax.as_int(value, strict=self._strict))

    def ids(self, name: str) -> tuple[str, ...]:
        return self._read(name, lax.as_ids)

    def int_ids(self, name: str) -> tuple[int, ...]:
        return self._read(name, lax.as_int_ids)

    def object(self, name: str) -> "Params | None":
        found = self._read(name, lax.as_object)
        return None if found is None else Params(found)

    def objects(self, name: str) -> "tuple[Params, ...]":
        return tuple(Params(one) for one in self._read(name, lax.as_objects))

    def _read(self, name: str, reader: Callable[[Any], T]) -> T:
        try:
            return reader(self.raw(name))
        except Unreadable:
            raise BadArgument(name) from None
