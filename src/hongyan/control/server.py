"""The server itself, and its organisations."""

from functools import cache

import msgspec
from pyroaring import BitMap

from hongyan import __version__
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import find_corp_txn
from hongyan.control.problems import conflict, invalid
from hongyan.directory.edit import create_corp_txn
from hongyan.directory.entries import corp_problem
from hongyan.directory.records import Corp, list_corps_txn, load_corp_txn
from hongyan.model.clock import DEFAULT_ZONE
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx
from hongyan.store.queries import migrations


class ServerState(msgspec.Struct, frozen=True):
    """What this server is; `now` is its clock, `schema` the version of its store. `trouble` says why the store does not work just now; blank: it does."""

    version: str
    profile: str
    sandbox: bool
    now: EpochMs
    schema: int
    trouble: str


class CorpSummary(msgspec.Struct, frozen=True):
    corp_id: str
    name: str
    zone: str
    headcount: int


class CorpList(msgspec.Struct, frozen=True):
    corps: list[CorpSummary]


class NewCorp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation to create; `zone` is a name of the time zone database and decides when its day ends."""

    corp_id: str
    name: str
    zone: str = DEFAULT_ZONE


class CorpDetail(msgspec.Struct, frozen=True):
    """An organisation with how much there is of everything; of apps and accounts, disabled ones are left out."""

    corp_id: str
    name: str
    zone: str
    headcount: int
    org_version: int
    not_activated: int
    departments: int
    roles: int
    apps: int
    accounts: int
    media: int
    articles: int
    cards: int


@cache
def _schema() -> int:
    return migrations()[-1][0]


async def get_server(call: Call[None, None]) -> ServerState:
    engine = call.engine
    return ServerState(__version__, engine.rulekeeper.book.profile, call.settings.sandbox, engine.clock.now(), _schema(), engine.store.trouble())


def _summary(corp: Corp) -> CorpSummary:
    return CorpSummary(corp.corp_id, corp.name, corp.zone, corp.headcount)


async def list_corps(call: Call[None, None]) -> CorpList:
    return CorpList([_summary(corp) for corp in await call.engine.store.read(list_corps_txn)])


def _create_txn(tx: Tx, new: NewCorp, now: EpochMs) -> Corp:
    if load_corp_txn(tx, new.corp_id) is not None:
        raise conflict("corp_exists", f"The organisation {new.corp_id} exists already; choose another corp_id.")
    create_corp_txn(tx, new.corp_id, new.name, new.zone, now)
    return find_corp_txn(tx, new.corp_id)


async def create_corp(call: Call[None, NewCorp]) -> CorpSummary:
    problem = corp_problem(call.body.corp_id, call.body.name, call.body.zone)
    if problem:
        raise invalid(f"Correct the organisation: {problem}.")
    return _summary(await call.engine.store.write(_create_txn, call.body))


def _detail_txn(tx: Tx, corp_id: str) -> CorpDetail:
    corp = find_corp_txn(tx, corp_id)
    counts, people = tx.one("control.counts", corp=corp.no), tx.one("corp.people", corp=corp.no)
    assert counts is not None and people is not None
    not_activated = len(BitMap.deserialize(people[1]))
    return CorpDetail(corp.corp_id, corp.name, corp.zone, corp.headcount, corp.org_version, not_activated, *counts)


async def get_corp(call: Call[None, None]) -> CorpDetail:
    return await call.engine.store.read(_detail_txn, call.path["corp"])


ENDPOINTS = (
    Endpoint("GET", "/server", "What this server is", get_server, ServerState),
    Endpoint("GET", "/corps", "List the organisations", list_corps, CorpList),
    Endpoint("POST", "/corps", "Create an organisation", create_corp, CorpSummary, request=NewCorp, status=201),
    Endpoint("GET", "/corps/{corp}", "One organisation and how much it has", get_corp, CorpDetail),
)
