"""Third-party apps: a suite with its secret and tickets, and where it is installed. The suite's key is its app's key."""

import secrets

import msgspec

from hongyan.access.edit import Conflict, NewApp, create_app_txn, save_app_txn
from hongyan.access.keys import make_secret, secret_hash, token_hash
from hongyan.access.outbox import tell_ticket_txn
from hongyan.access.records import App, AppKind, Installation, app_by_key_txn, app_by_no_txn, app_of, installations_txn
from hongyan.access.sealing import Seal
from hongyan.directory.records import Corp, load_corp_txn
from hongyan.model.clock import DAY_MS, HOUR_MS
from hongyan.model.ids import AppNo, CorpNo, EpochMs
from hongyan.store.interface import Tx

TEST_TICKET = "TestSuiteTicket"  # holds for every suite, always; the secret is what proves
SUITE_CORP = CorpNo(0)  # a suite's own token belongs to no organisation
FIRST_SUITE_ID = 1_000_000
TICKET_LIFE_MS = 5 * HOUR_MS  # a suite that is told of its tickets gets a new one so often (event-suite-ticket)


class Suite(msgspec.Struct, frozen=True):
    """A third-party app with what signs its calls."""

    app: App
    suite_id: int
    secret: str

    @property
    def live(self) -> bool:
        return self.app.disabled_at is None


class NewSuite(msgspec.Struct, frozen=True):
    """A suite to create; `secret` empty: make one, `suite_id` 0: the next."""

    suite_key: str
    name: str
    scopes: tuple[str, ...] = ()
    allow_ips: tuple[str, ...] = ()
    secret: str = ""
    suite_id: int = 0


class Ticket(msgspec.Struct, frozen=True):
    """A suite ticket; `issued_at` is 0 for the fixed one."""

    ticket: str
    issued_at: EpochMs


class Standing(msgspec.Struct, frozen=True):
    """What is known of a suite that calls, and of its place in the organisation that it asks about."""

    suite: Suite
    ticket_holds: bool = False
    corp: Corp | None = None
    installations: tuple[Installation, ...] = ()

    @property
    def authorised(self) -> bool:
        return bool(self.installations)

    @property
    def live(self) -> bool:
        """True when the suite may act in the organisation: some installation is not disabled."""
        return any(one.live for one in self.installations)


class SuiteToken(msgspec.Struct, frozen=True):
    """What a suite's own token stands for."""

    app: AppNo
    expires_at: EpochMs


def _owner(app: AppNo) -> str:
    return f"suite {app}"


def create_suite_txn(tx: Tx, seal: Seal, new: NewSuite, now: EpochMs) -> Suite | Conflict:
    """The new suite with its secret."""
    if new.suite_id and tx.one("suite.by_id", suite_id=new.suite_id):
        return Conflict(f"the suite id {new.suite_id} is taken")
    made = create_app_txn(tx, None, NewApp(new.suite_key, new.name, AppKind.THIRD_PARTY, new.scopes, new.allow_ips, new.secret), now)
    if isinstance(made, Conflict):
        return made
    app, secret = made
    tx.run("suite.insert", app=app, suite_id=new.suite_id or FIRST_SUITE_ID + app, secret_sealed=seal.seal(secret, _owner(app)), now=now)
    suite = load_suite_txn(tx, seal, new.suite_key)
    assert suite is not None
    return suite


def load_suite_txn(tx: Tx, seal: Seal, suite_key: str) -> Suite | None:
    """The suite, disabled or not. Raises `SealBroken`."""
    app = app_by_key_txn(tx, suite_key)
    return _suite_txn(tx, seal, app) if app else None


def load_suite_by_no_txn(tx: Tx, seal: Seal, no: AppNo) -> Suite | None:
    """The same by the app's number."""
    app = app_by_no_txn(tx, no)
    return _suite_txn(tx, seal, app) if app else None


def _suite_txn(tx: Tx, seal: Seal, app: App) -> Suite | None:
    row = tx.one("suite.by_app", app=app.no)
    return Suite(app, row[0], seal.open(row[1], _owner(app.no))) if row else None


def is_suite_txn(tx: Tx, app: AppNo) -> bool:
    return tx.one("suite.by_app", app=app) is not None


def list_suites_txn(tx: Tx) -> list[tuple[App, int]]:
    """Each suite's app and suite id, in order of creation."""
    return [(app_of(row[:10]), row[10]) for row in tx.all("suite.all")]


def suite_agents_txn(tx: Tx) -> dict[AppNo, list[tuple[str, int]]]:
    """Where each suite is installed: (corp id, agent id)."""
    found: dict[AppNo, list[tuple[str, int]]] = {}
    for app, corp_id, agent_id in tx.all("suite.agents"):
        found.setdefault(app, []).append((corp_id, agent_id))
    return found


def renew_suite_secret_txn(tx: Tx, seal: Seal, app: App, now: EpochMs) -> str:
    """Replace the secret; tokens given out stay valid to their end."""
    secret = make_secret()
    save_app_txn(tx, msgspec.structs.replace(app, secret_hash=secret_hash(secret)), now)
    tx.run("suite.seal", app=app.no, secret_sealed=seal.seal(secret, _owner(app.no)))
    return secret


# --- tickets


def issue_ticket_txn(tx: Tx, app: AppNo, now: EpochMs) -> Ticket:
    """A new ticket; the one before ends at once (event-suite-ticket)."""
    ticket = secrets.token_urlsafe(48)
    tx.run("ticket.end", app=app, now=now)
    tx.run("ticket.purge", app=app, before=now - DAY_MS)
    tx.run("ticket.insert", app=app, ticket=ticket, now=now)
    row = tx.one("suite.by_app", app=app)
    assert row is not None
    tell_ticket_txn(tx, app, row[0], ticket, now)
    return Ticket(ticket, now)


def tickets_overdue_txn(tx: Tx, before: EpochMs) -> bool:
    """True when a suite that is told of its tickets has none that was issued after a moment."""
    return bool(tx.all("ticket.overdue", before=before))


def issue_overdue_tickets_txn(tx: Tx, now: EpochMs) -> None:
    """A new ticket for each suite that is told of them and whose last one is old."""
    for app, _ in tx.all("ticket.overdue", before=now - TICKET_LIFE_MS):
        issue_ticket_txn(tx, AppNo(app), now)


def current_ticket_txn(tx: Tx, app: AppNo) -> Ticket:
    """The ticket that was issued last; the fixed one when there was none."""
    row = tx.one("ticket.current", app=app)
    return Ticket(*row) if row else Ticket(TEST_TICKET, EpochMs(0))


def ticket_holds_txn(tx: Tx, app: AppNo, ticket: str) -> bool:
    return ticket == TEST_TICKET or tx.one("ticket.holds", app=app, ticket=ticket) is not None


# --- who calls


def load_standing_txn(tx: Tx, seal: Seal, suite_key: str, ticket: str, corp_id: str) -> Standing | None:
    """What decides over a call of a suite, in one snapshot; None when there is no such suite."""
    suite = load_suite_txn(tx, seal, suite_key)
    return _standing_txn(tx, suite, ticket, corp_id) if suite else None


def load_standing_by_no_txn(tx: Tx, seal: Seal, app: AppNo, ticket: str, corp_id: str) -> Standing | None:
    """The same for the suite whose own token was sent."""
    suite = load_suite_by_no_txn(tx, seal, app)
    return _standing_txn(tx, suite, ticket, corp_id) if suite else None


def _standing_txn(tx: Tx, suite: Suite, ticket: str, corp_id: str) -> Standing:
    corp = load_corp_txn(tx, corp_id)
    installed = tuple(one for one in installations_txn(tx, corp.no) if one.app == suite.app.no) if corp else ()
    return Standing(suite, ticket_holds_txn(tx, suite.app.no, ticket), corp, installed)


def load_suite_token_txn(tx: Tx, token: str) -> SuiteToken | None:
    """A suite's own token, ended or not; None when it is none or was revoked."""
    row = tx.one("token.by_hash", hash=token_hash(token))
    return SuiteToken(row[0], row[2]) if row and row[1] == SUITE_CORP else None
