"""A call as it is handed over, as it is kept, and as it is looked for."""

from collections.abc import Sequence
from enum import IntEnum
from time import perf_counter_ns
from typing import NamedTuple, Protocol

import msgspec

from hongyan.model.ids import EpochMs

NEWEST = 1 << 53  # a position after every call
UNTOLD = ""  # stands for the organisation of calls that cannot be tied to one


class Stage(IntEnum):
    """The checks of the gateway in their order; the last is what the interface itself looks at."""

    ADDRESS = 0
    PATH = 1
    METHOD = 2
    TOKEN = 3
    ALLOW_LIST = 4
    PERMISSION = 5
    RATES = 6
    BODY = 7
    INTERFACE = 8


class Caller(NamedTuple):
    """Whose call it was."""

    corp_id: str
    app_key: str
    app_name: str


class Part(msgspec.Struct, frozen=True):
    """One part of a multipart body; of a file only what it is."""

    name: str
    size: int
    filename: str | None = None
    text: str = ""


class Trail:
    """What the gateway leaves on its way through one call; `stage` is the check that it came to last."""

    __slots__ = ("at", "begun_ns", "by", "caller", "open", "parts", "replay_of", "stage")

    def __init__(self) -> None:
        self.begun_ns = perf_counter_ns()
        self.at: EpochMs | None = None
        self.stage = Stage.ADDRESS
        self.caller: Caller | None = None
        self.open = False  # an interface that needs no token
        self.parts: tuple[Part, ...] = ()
        self.replay_of = 0
        self.by = ""


class Asked(Protocol):
    """A request, as far as it is captured."""

    @property
    def method(self) -> str: ...
    @property
    def query(self) -> bytes: ...
    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]: ...
    @property
    def body(self) -> bytes: ...
    @property
    def address(self) -> str: ...
    @property
    def trail(self) -> Trail: ...


class Answered(Protocol):
    """A reply, as far as it is captured."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def errcode(self) -> str: ...


class Note(NamedTuple):
    """What is handed over while the caller waits: nothing is read, masked or copied yet. Bodies longer than `KEPT_BYTES` are cut."""

    n: int
    at: EpochMs
    us: int
    path: str
    asked: Asked
    answered: Answered
    body_bytes: int
    reply_bytes: int


class Summary(msgspec.Struct, frozen=True):
    """One call in a list. `errcode` is 0, a code, `88/` and a code, or a code of /v1.0; `us` are microseconds; `said` is the refusal's text."""

    n: int
    at: EpochMs
    corp_id: str
    app_key: str
    app_name: str
    method: str
    path: str
    status: int
    errcode: str
    refused: bool
    us: int
    address: str
    task: str
    said: str


class Content(msgspec.Struct, frozen=True):
    """The rest of a call, masked. `body_bytes` and `reply_bytes` are the lengths as they came; `body_cut` and `reply_cut` say that not all of it is here.

    `masked` names what was masked, such as `query access_token`. `stage` is the check that the call came to last.
    """

    query: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes
    body_bytes: int
    reply: bytes
    reply_bytes: int
    stage: Stage
    body_cut: bool = False
    reply_cut: bool = False
    open: bool = False
    parts: tuple[Part, ...] = ()
    credential: str = ""
    unionid: str = ""
    uuid: str = ""
    userids: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    replay_of: int = 0
    by: str = ""


class Capture(msgspec.Struct, frozen=True):
    """One call, whole."""

    summary: Summary
    content: Content


class Wanted(msgspec.Struct, frozen=True):
    """Which calls are looked for; what is empty is not looked at. `path` is any part of a path, `code` the last part of an errcode."""

    corp_id: str
    code: str = ""
    app: str = ""
    userid: str = ""
    path: str = ""
    task: str = ""
    refused: bool = False


class Limits(msgspec.Struct, frozen=True):
    """How much is kept: days, megabytes (0: nothing is captured at all), and accepted calls a second."""

    days: int = 7
    megabytes: int = 256
    per_second: int = 100

    @property
    def off(self) -> bool:
        return self.days <= 0 or self.megabytes <= 0
