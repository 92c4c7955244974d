"""An interface of DingTalk's as a row of data."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

import msgspec

from hongyan.access.guesses import Proof
from hongyan.access.records import AppKind
from hongyan.access.tokens import Grant
from hongyan.engine.engine import Engine
from hongyan.model.errors import Family
from hongyan.model.ids import EpochMs
from hongyan.wire.fields import Field
from hongyan.wire.multipart import Form
from hongyan.wire.params import Params
from hongyan.wire.replies import Reply

INTERNAL_ONLY = frozenset((AppKind.INTERNAL,))


class Call(msgspec.Struct, frozen=True):
    """One call that passed the gateway. `lone_body` is the body where nothing else holds parameters and lax reading is allowed.

    `form` is what an upload brought; None when it is no multipart body.
    """

    engine: Engine
    grant: Grant
    now: EpochMs
    params: Params
    lone_body: bytes = b""
    form: Form | None = None


class OpenCall(msgspec.Struct, frozen=True):
    """A call that needs no access token: it asks for one. `header_token` is what a suite sends as its own."""

    engine: Engine
    method: str
    query: dict[str, str]
    body: bytes
    content_type: bytes
    path: dict[str, str]
    now: EpochMs
    header_token: str = ""
    address: str = ""

    def proving(self, key: str) -> AbstractContextManager[Proof]:
        """One try at the secret of `key`. Raises `TooManyGuesses`."""
        return self.engine.guesses.proving(self.address, key, self.now)


class Endpoint(msgspec.Struct, frozen=True):
    """`reads` allows GET; `kinds` are the app types that may call; `scope` the permission point they need; `page` where it is documented.

    `fields` describes the parameters; it is documentation, the handler reads and checks them. `upload`: the body is a file with a few
    fields beside it, and is taken in piece by piece.
    """

    path: str
    family: Family
    scope: str
    handler: Callable[[Call], Awaitable[Reply]]
    page: str
    kinds: frozenset[AppKind] = INTERNAL_ONLY
    reads: bool = False
    purpose: str = ""
    fields: tuple[Field, ...] = ()
    upload: bool = False


class OpenEndpoint(msgspec.Struct, frozen=True):
    """An interface without a token. A path may hold `{name}`. On /v1.0 only `method` is answered."""

    path: str
    family: Family
    handler: Callable[[OpenCall], Awaitable[Reply]]
    page: str
    purpose: str = ""
    method: str = "POST"
    fields: tuple[Field, ...] = ()
