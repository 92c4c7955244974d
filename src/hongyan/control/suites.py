"""Third-party apps: suites with their secrets and tickets."""

import secrets

import msgspec

from hongyan.access.app_checks import APP_KEY_MAX, app_problem
from hongyan.access.edit import Conflict
from hongyan.access.records import SCOPE_BASE, App, app_by_key_txn
from hongyan.access.sealing import Seal
from hongyan.access.suites import (
    TEST_TICKET,
    NewSuite,
    create_suite_txn,
    current_ticket_txn,
    is_suite_txn,
    issue_ticket_txn,
    list_suites_txn,
    renew_suite_secret_txn,
    suite_agents_txn,
)
from hongyan.control.apps import AppSecret
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.problems import conflict, invalid, unknown
from hongyan.directory.entries import id_problem, text_problem
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx


class AgentAnswer(msgspec.Struct, frozen=True):
    """Where a suite is installed."""

    corp_id: str
    agent_id: int


class SuiteAnswer(msgspec.Struct, frozen=True):
    """A suite without its secret, which nobody can read again."""

    suite_key: str
    suite_id: int
    name: str
    scopes: list[str]
    allow_ips: list[str]
    agents: list[AgentAnswer]
    created_at: EpochMs
    disabled_at: EpochMs | None


class SuiteList(msgspec.Struct, frozen=True):
    suites: list[SuiteAnswer]


class NewSuiteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A suite to create. `suite_key` empty: make one; `suite_id` 0: the next."""

    name: str
    suite_key: str = ""
    suite_id: int = 0
    scopes: tuple[str, ...] = (SCOPE_BASE,)
    allow_ips: tuple[str, ...] = ()


class SuiteMade(msgspec.Struct, frozen=True):
    """The secret is shown once. The ticket always holds; a newer one may be issued beside it."""

    suite_key: str
    suite_id: int
    secret: str
    ticket: str


class TicketAnswer(msgspec.Struct, frozen=True):
    """The ticket that holds; `issued_at` is 0 for the fixed one, which holds beside every other."""

    suite_key: str
    ticket: str
    issued_at: EpochMs


def _find_suite_txn(tx: Tx, suite_key: str) -> App:
    """The suite's app. Its secret stays sealed, so that it can be replaced when the key file was lost."""
    app = app_by_key_txn(tx, suite_key)
    if app is None or not is_suite_txn(tx, app.no):
        raise unknown("suite", suite_key)
    return app


def _list_txn(tx: Tx) -> SuiteList:
    agents = suite_agents_txn(tx)
    return SuiteList([_suite_answer(app, suite_id, agents.get(app.no, [])) for app, suite_id in list_suites_txn(tx)])


def _suite_answer(app: App, suite_id: int, agents: list[tuple[str, int]]) -> SuiteAnswer:
    places = [AgentAnswer(*one) for one in agents]
    return SuiteAnswer(app.app_key, suite_id, app.name, sorted(app.scopes), list(app.allow_ips), places, app.created_at, app.disabled_at)


async def list_suites(call: Call[None, None]) -> SuiteList:
    return await call.engine.store.read(_list_txn)


def _create_txn(tx: Tx, seal: Seal, new: NewSuite, now: EpochMs) -> SuiteMade:
    suite = create_suite_txn(tx, seal, new, now)
    if isinstance(suite, Conflict):
        raise conflict("suite_exists", f"Choose another: {suite.reason}.")
    return SuiteMade(suite.app.app_key, suite.suite_id, suite.secret, TEST_TICKET)


async def create_suite(call: Call[None, NewSuiteBody]) -> SuiteMade:
    body = call.body
    suite_key = body.suite_key or "suite" + secrets.token_hex(8)
    problem = text_problem("suite_key", suite_key, APP_KEY_MAX, required=True) or app_problem(body.name, body.scopes, body.allow_ips)
    if body.suite_id:
        problem = problem or id_problem("suite_id", body.suite_id)
    if problem or "/" in suite_key:
        raise invalid(f"Correct the suite: {problem or 'suite_key contains a slash'}.")
    new = NewSuite(suite_key, body.name, body.scopes, body.allow_ips, suite_id=body.suite_id)
    return await call.engine.store.write(_create_txn, Seal(call.engine.key), new)


def _secret_txn(tx: Tx, seal: Seal, suite_key: str, now: EpochMs) -> AppSecret:
    return AppSecret(suite_key, renew_suite_secret_txn(tx, seal, _find_suite_txn(tx, suite_key), now))


async def renew_secret(call: Call[None, None]) -> AppSecret:
    answer = await call.engine.store.write(_secret_txn, Seal(call.engine.key), call.path["suite_key"])
    call.engine.access.forget()
    return answer


def _ticket_txn(tx: Tx, suite_key: str) -> TicketAnswer:
    ticket = current_ticket_txn(tx, _find_suite_txn(tx, suite_key).no)
    return TicketAnswer(suite_key, ticket.ticket, ticket.issued_at)


async def read_ticket(call: Call[None, None]) -> TicketAnswer:
    return await call.engine.store.read(_ticket_txn, call.path["suite_key"])


def _issue_txn(tx: Tx, suite_key: str, now: EpochMs) -> TicketAnswer:
    ticket = issue_ticket_txn(tx, _find_suite_txn(tx, suite_key).no, now)
    return TicketAnswer(suite_key, ticket.ticket, ticket.issued_at)


async def issue_ticket(call: Call[None, None]) -> TicketAnswer:
    answer = await call.engine.store.write(_issue_txn, call.path["suite_key"])
    call.engine.dispatcher.wake()
    return answer


ENDPOINTS = (
    Endpoint("GET", "/suites", "List the suites and where they are installed", list_suites, SuiteList),
    Endpoint("POST", "/suites", "Create a suite; its secret is shown once", create_suite, SuiteMade, request=NewSuiteBody, status=201),
    Endpoint("POST", "/suites/{suite_key}/secret", "Replace a suite's secret; the new one is shown once", renew_secret, AppSecret),
    Endpoint("GET", "/suites/{suite_key}/ticket", "The suite ticket that holds", read_ticket, TicketAnswer),
    Endpoint("POST", "/suites/{suite_key}/ticket", "Issue a new suite ticket; the one before ends", issue_ticket, TicketAnswer),
)
