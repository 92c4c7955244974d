"""All sends that wait, prepared and decided together in one transaction: who is who is looked up once for all of them."""

from collections.abc import Awaitable, Sequence
from typing import Any, NamedTuple, Protocol

from hongyan.admission.accept import Acceptance, AcceptOutcome, Stale
from hongyan.admission.state import Send
from hongyan.directory.census import Census, Directory
from hongyan.model.errors import Refusal
from hongyan.model.ids import CorpNo, EpochMs, Ord
from hongyan.store.interface import Batch, Store, Tx


class Surface(Protocol):
    """How requests of one kind become sends."""

    def userids_of(self, request: Any) -> Sequence[str]: ...

    def resolve(self, request: Any, census: Census, ords: dict[str, Ord]) -> Send | Refusal: ...


class _Asked(NamedTuple):
    surface: Surface
    corp: CorpNo
    request: Any


class Intake:
    """Takes in what passed the checks that need neither people nor counts."""

    def __init__(self, store: Store, directory: Directory, acceptance: Acceptance) -> None:
        self._store = store
        self._directory = directory
        self.acceptance = acceptance
        self._batch = Batch("accept", self._take_txn)

    def take(self, surface: Surface, request: Any) -> Awaitable[AcceptOutcome]:
        """Durable when the answer is `Accepted`. `Stale`: the census in memory is missing or outdated; nothing was spent."""
        return self._store.write_batched(self._batch, _Asked(surface, request.corp.no, request))

    def _take_txn(self, tx: Tx, asked: Sequence[_Asked], now: EpochMs) -> list[AcceptOutcome]:
        prepared = self._prepare(tx, asked)
        sends = [one for one in prepared if isinstance(one, Send)]
        outcomes = self.acceptance.accept_txn(tx, sends, now)
        if len(sends) == len(prepared):
            return outcomes
        decided = iter(outcomes)
        return [next(decided) if isinstance(one, Send) else one for one in prepared]

    def _prepare(self, tx: Tx, asked: Sequence[_Asked]) -> list[Send | Refusal | Stale]:
        userids: dict[CorpNo, list[str]] = {}
        for surface, corp, request in asked:
            userids.setdefault(corp, []).extend(surface.userids_of(request))
        places = {
            corp: (census, self._directory.ords_txn(tx, corp, wanted))
            for corp, wanted in userids.items()
            if (census := self._directory.known_census(corp)) is not None
        }
        resolved = [surface.resolve(request, *places[corp]) if corp in places else None for surface, corp, request in asked]
        doubtful = {one.corp for one, outcome in zip(asked, resolved, strict=True) if not isinstance(outcome, Send)}
        versions = {corp: _org_version_txn(tx, corp) for corp in doubtful}
        # Nobody is refused for an organisation that was. An admitted send is held against its version when it is decided.
        return [
            outcome if isinstance(outcome, Send) or (outcome and places[corp][0].version == versions[corp]) else Stale(versions[corp])
            for (_, corp, _), outcome in zip(asked, resolved, strict=True)
        ]


def _org_version_txn(tx: Tx, corp: CorpNo) -> int:
    state = tx.one("corp.accept_state", corp=corp)
    assert state is not None
    return state[1]
