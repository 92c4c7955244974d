"""Operators of the console: who they are, what they may do, and how they get in."""

import secrets
from enum import StrEnum
from typing import NamedTuple

import msgspec

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.access.guesses import FREE_TRIES, Guesses, lock_end
from hongyan.access.keys import token_hash
from hongyan.access.passwords import Passwords
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Row, Store, Tx

SESSION_MS = 7 * 24 * 3_600_000
IDLE_MS = 12 * 3_600_000
SEEN_STEP_MS = 60_000  # how exactly the last visit is kept
LINK_MS = 10 * 60_000
NAME_MAX = 64


class Role(StrEnum):
    """What an operator may do; each may do what those before it may."""

    VIEWER = "viewer"  # see everything but secrets
    SENDER = "sender"  # send and recall
    APPROVER = "approver"  # approve and reject templates
    ADMINISTRATOR = "administrator"  # change the organisation, apps, limits and operators

    def covers(self, needed: "Role") -> bool:
        return _RANK[self] >= _RANK[needed]


_RANK = {role: rank for rank, role in enumerate(Role)}


class Operator(msgspec.Struct, frozen=True):
    """Somebody who works in the console."""

    no: int
    name: str
    password: str  # argon2id, or empty
    role: Role
    failures: int
    locked_until: EpochMs
    created_at: EpochMs
    disabled_at: EpochMs | None

    @property
    def live(self) -> bool:
        return self.disabled_at is None


class Session(NamedTuple):
    """An operator signed in; `token` is what the cookie holds."""

    token: str
    operator: int
    name: str
    role: Role


class Locked(NamedTuple):
    """Too many wrong passwords; the next try counts from this moment on."""

    until: EpochMs


def _operator_of(row: Row) -> Operator:
    return Operator(row[0], row[1], row[2], Role(row[3]), *row[4:])


def operator_named_txn(tx: Tx, name: str) -> Operator | None:
    row = tx.one("operator.by_name", name=name)
    return _operator_of(row) if row else None


def load_operator_txn(tx: Tx, operator: int) -> Operator | None:
    row = tx.one("operator.by_no", operator=operator)
    return _operator_of(row) if row else None


def page_operators_txn(tx: Tx, after: int = 0, limit: int = 200) -> list[Operator]:
    return [_operator_of(row) for row in tx.all("operator.page", after=after, limit=limit)]


def any_operator_txn(tx: Tx) -> bool:
    """False on a server that nobody has set up."""
    return tx.one("operator.any") is not None


def create_operator_txn(tx: Tx, name: str, role: Role, password_hash: str, deed: Deed, now: EpochMs) -> Operator | None:
    """None when the name is taken, by a disabled operator too: what stands in the log must stay one person's."""
    if not tx.run("operator.insert", name=name, password=password_hash, role=role.value, now=now):
        return None
    record_deed_txn(tx, deed, now)
    return operator_named_txn(tx, name)


def create_first_operator_txn(tx: Tx, name: str, password_hash: str, deed: Deed, now: EpochMs) -> Operator | None:
    """The first administrator; None when there already is an operator."""
    return None if any_operator_txn(tx) else create_operator_txn(tx, name, Role.ADMINISTRATOR, password_hash, deed, now)


def change_role_txn(tx: Tx, operator: int, role: Role, deed: Deed, now: EpochMs) -> bool:
    """False when nobody could manage operators afterwards."""
    if role is not Role.ADMINISTRATOR and not tx.one("operator.others", operator=operator):
        return False
    tx.run("operator.set_role", operator=operator, role=role.value)
    record_deed_txn(tx, deed, now)
    return True


def disable_operator_txn(tx: Tx, operator: int, deed: Deed, now: EpochMs) -> bool:
    """Out at once, everywhere; False when nobody could manage operators afterwards."""
    if not tx.one("operator.others", operator=operator):
        return False
    tx.run("operator.set_disabled", operator=operator, disabled_at=now)
    _end_ways_in(tx, operator, now)
    record_deed_txn(tx, deed, now)
    return True


def enable_operator_txn(tx: Tx, operator: int, deed: Deed, now: EpochMs) -> None:
    tx.run("operator.set_disabled", operator=operator, disabled_at=None)
    record_deed_txn(tx, deed, now)


def set_password_txn(tx: Tx, operator: int, password_hash: str, deed: Deed, now: EpochMs) -> None:
    """Ends every session of the operator: who knew the old password is out."""
    tx.run("operator.set_password", operator=operator, password=password_hash)
    _end_ways_in(tx, operator, now)
    record_deed_txn(tx, deed, now)


def _end_ways_in(tx: Tx, operator: int, now: EpochMs) -> None:
    tx.run("operator_session.end_all", operator=operator)
    tx.run("operator_link.end_all", operator=operator, now=now)


# --- getting in


class Wicket(NamedTuple):
    """What signing in needs, and who stands before it."""

    store: Store
    passwords: Passwords
    guesses: Guesses
    address: str


async def sign_in(wicket: Wicket, name: str, password: str, now: EpochMs) -> Session | Locked | None:
    """A session, None for a wrong name or password, or until when nobody may try this name. Raises `TooManyGuesses`."""
    with wicket.guesses.proving(wicket.address, f"operator {name}", now) as proof:
        found = await _sign_in(wicket, name, password, now)
        proof.right = isinstance(found, Session)
    return found


async def _sign_in(wicket: Wicket, name: str, password: str, now: EpochMs) -> Session | Locked | None:
    store = wicket.store
    operator = await store.read(operator_named_txn, name)
    if operator is None or not operator.live:
        return await _turn_away(wicket, name, password, now)
    if operator.locked_until > now:
        return Locked(operator.locked_until)
    if not await wicket.passwords.matches(password, operator.password):
        await store.write(_failed_txn, operator.no, wicket.address)
        return None
    return await store.write(open_session_txn, operator.no, wicket.address)


async def _turn_away(wicket: Wicket, name: str, password: str, now: EpochMs) -> Locked | None:
    """The answers that an operator's name would get, and the same work."""
    until = wicket.guesses.name_locked_until(name)
    if until > now:
        return Locked(until)
    await wicket.passwords.matches(password, "")
    wicket.guesses.name_failed(name, now)
    return None


def _failed_txn(tx: Tx, operator: int, address: str, now: EpochMs) -> None:
    known = load_operator_txn(tx, operator)
    assert known is not None
    failures = known.failures + 1
    tx.run("operator.failed", operator=operator, failures=failures, locked_until=lock_end(failures, now))
    if failures == FREE_TRIES:
        record_deed_txn(tx, Deed(known.name, "operator.locked", known.name, address=address), now)


def open_session_txn(tx: Tx, operator: int, address: str, now: EpochMs) -> Session | None:
    """A new session; None when the operator is disabled."""
    known = load_operator_txn(tx, operator)
    if known is None or not known.live:
        return None
    token = secrets.token_urlsafe(32)
    tx.run("operator_session.purge", now=now, idle=now - IDLE_MS)
    tx.run("operator_session.insert", hash=token_hash(token), operator=operator, expires_at=now + SESSION_MS, now=now)
    tx.run("operator.failed", operator=operator, failures=0, locked_until=0)
    record_deed_txn(tx, Deed(known.name, "operator.signed_in", known.name, address=address), now)
    return Session(token, known.no, known.name, known.role)


def make_link_txn(tx: Tx, operator: int, deed: Deed, now: EpochMs) -> str:
    """What a link holds that lets the operator in once, within ten minutes."""
    return make_lasting_link_txn(tx, operator, deed, LINK_MS, now)


def make_lasting_link_txn(tx: Tx, operator: int, deed: Deed, life_ms: int, now: EpochMs) -> str:
    """The same with another life, for a demo that people come back to."""
    token = secrets.token_urlsafe(32)
    tx.run("operator_link.insert", hash=token_hash(token), operator=operator, expires_at=now + life_ms)
    record_deed_txn(tx, deed, now)
    return token


def take_link_txn(tx: Tx, token: str, address: str, now: EpochMs) -> Session | None:
    row = tx.one("operator_link.take", hash=token_hash(token), now=now)
    return open_session_txn(tx, row[0], address, now) if row else None


def load_session_txn(tx: Tx, token: str, now: EpochMs) -> tuple[Session, bool] | None:
    """The session of a cookie, and whether its last visit is worth noting again."""
    row = tx.one("operator_session.by_hash", hash=token_hash(token))
    if row is None:
        return None
    operator, seen_at, expires_at, name, role, disabled_at = row
    if disabled_at is not None or expires_at < now or seen_at < now - IDLE_MS:
        return None
    return Session(token, operator, name, Role(role)), seen_at < now - SEEN_STEP_MS


def saw_session_txn(tx: Tx, token: str, now: EpochMs) -> None:
    tx.run("operator_session.seen", hash=token_hash(token), now=now)


def end_session_txn(tx: Tx, token: str, now: EpochMs) -> None:
    tx.run("operator_session.end", hash=token_hash(token))
