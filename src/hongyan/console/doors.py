"""How a reader gets in: a token once, then a cookie for this one inbox."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hongyan.access.edit import READER_LIFE_MS
from hongyan.console.cookies import cookie_name, over_tls
from hongyan.directory.records import Corp, Person, load_corp_by_no_txn, load_person_by_ord_txn
from hongyan.engine.engine import Engine
from hongyan.model.ids import CorpNo, Ord
from hongyan.store.interface import Tx

COOKIE_PREFIX = "hongyan_inbox_"


class Reader(msgspec.Struct, frozen=True):
    """Somebody whose inbox is open in this browser."""

    key: str  # names the inbox in addresses and cookies
    token: str
    corp: Corp
    person: Person


def inbox_key(engine: Engine, corp: CorpNo, ord_: Ord) -> str:
    """The name of an inbox in addresses: the same each time, other on each server, and telling nothing.

    Cookies do not know ports: with plain numbers two servers on one machine would overwrite each other's.
    """
    return engine.key.derive(f"inbox:{corp}:{ord_}")[:8].hex()


def _cookie(request: Request, key: str) -> str:
    return cookie_name(request, COOKIE_PREFIX + key, path="/inbox")


async def access_token(engine: Engine, token: str) -> Reader | None:
    """The reader a token stands for; nobody once they left the organisation."""
    found = await engine.access.access_inbox(token, engine.clock.now()) if token else None
    if found is None:
        return None
    corp_no, ord_ = found
    corp, person = await engine.store.read(_load_txn, corp_no, ord_)
    if corp is None or person is None or person.left_at is not None:
        return None
    return Reader(inbox_key(engine, corp_no, ord_), token, corp, person)


async def access_reader(engine: Engine, request: Request) -> Reader | None:
    """The reader of the inbox that the address names, when this browser holds its cookie."""
    key: str = request.path_params["key"]
    reader = await access_token(engine, request.cookies.get(_cookie(request, key), ""))
    return reader if reader is not None and reader.key == key else None


async def known_readers(engine: Engine, request: Request, limit: int = 20) -> list[Reader]:
    """Every inbox that this browser holds a living cookie of."""
    tokens = [token for name, token in request.cookies.items() if name.startswith(_cookie(request, ""))]
    found = [await access_token(engine, token) for token in tokens[:limit]]
    return [reader for reader in found if reader is not None]


def let_in(response: Response, request: Request, reader: Reader) -> None:
    """Give the browser the cookie of this inbox; others it holds stay."""
    response.set_cookie(
        _cookie(request, reader.key),
        reader.token,
        max_age=READER_LIFE_MS // 1000,
        path="/inbox",
        httponly=True,
        samesite="lax",
        secure=over_tls(request),
    )


def _load_txn(tx: Tx, corp: CorpNo, ord_: Ord) -> tuple[Corp | None, Person | None]:
    return load_corp_by_no_txn(tx, corp), load_person_by_ord_txn(tx, corp, ord_)
