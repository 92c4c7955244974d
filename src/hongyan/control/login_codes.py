"""A code that stands for a reader: an application that gets it asks v2/user/getuserinfo who that is."""

import secrets

import msgspec

from hongyan.access.keys import token_hash
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import find_corp_txn, find_person_txn
from hongyan.control.problems import unknown
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx

CODE_LIFE_MS = 5 * 60_000


class LoginCode(msgspec.Struct, frozen=True):
    """A code that works once, in this organisation."""

    code: str
    expires_at: EpochMs


def _mint_txn(tx: Tx, corp_id: str, userid: str, code: str, now: EpochMs) -> LoginCode:
    corp = find_corp_txn(tx, corp_id).no
    person = find_person_txn(tx, corp, userid)
    if person.left_at is not None:
        raise unknown("user", userid)
    expires_at = EpochMs(now + CODE_LIFE_MS)
    tx.run("login_code.purge", now=now)
    tx.run("login_code.insert", hash=token_hash(code), corp=corp, ord=person.ord, expires_at=expires_at)
    return LoginCode(code, expires_at)


async def mint_code(call: Call[None, None]) -> LoginCode:
    return await call.engine.store.write(_mint_txn, call.path["corp"], call.path["userid"], secrets.token_hex(16))


ENDPOINTS = (
    Endpoint(
        "POST", "/corps/{corp}/inboxes/{userid}/code", "Mint a code that tells an application who this reader is", mint_code, LoginCode, status=201
    ),
)
