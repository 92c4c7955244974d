"""How any send enters: checks of its own, then people and counts together with all others that wait, and again when the organisation changed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, NotRequired, Protocol, TypedDict, TypeVar

from hongyan.admission.accept import Accepted, Stale
from hongyan.admission.intake import Intake
from hongyan.admission.rulekeeper import RuleKeeper
from hongyan.admission.state import Send, Verdict
from hongyan.bus.interface import Bus
from hongyan.directory.census import Census, Directory, load_census_txn
from hongyan.directory.records import Corp, ords_of_txn
from hongyan.model import errors
from hongyan.model.errors import Refusal
from hongyan.model.faults import reach
from hongyan.model.ids import EpochMs, Ord
from hongyan.store.interface import Store, Tx

_TRIES = 3


class SendRequest(Protocol):
    """What every surface's request has."""

    @property
    def corp(self) -> Corp: ...


R = TypeVar("R", bound=SendRequest)


class Services(TypedDict):
    """What a process hands to each of its sendings."""

    store: Store
    directory: Directory
    intake: Intake
    rulekeeper: RuleKeeper
    bus: Bus
    delay_ms: NotRequired[Callable[[], int]]


class Sending(ABC, Generic[R]):
    """Takes one surface's sends in. One per process."""

    def __init__(
        self, *, store: Store, directory: Directory, intake: Intake, rulekeeper: RuleKeeper, bus: Bus, delay_ms: Callable[[], int] = lambda: 0
    ) -> None:
        self._store = store
        self._directory = directory
        self._intake = intake
        self._rulekeeper = rulekeeper
        self._bus = bus
        self._delay_ms = delay_ms

    @abstractmethod
    def check(self, request: R) -> Refusal | None:
        """The surface's own checks that need neither people nor counts. Pure."""

    async def check_stored(self, request: R) -> Refusal | None:
        """Those of them that look into the store; asked when `looks_into_store` says so."""
        return None

    def looks_into_store(self, request: R) -> bool:
        return False

    @abstractmethod
    def userids_of(self, request: R) -> Sequence[str]:
        """Every userid whose ordinal matters to the request."""

    @abstractmethod
    def resolve(self, request: R, census: Census, ords: dict[str, Ord]) -> Send | Refusal:
        """The send for the people of one census; `ords` holds the live people among `userids_of`. Pure."""

    async def send(self, request: R) -> Accepted | Refusal:
        """Take the send in, or refuse it. Durable, with every inbox entry, when it returns `Accepted`."""
        refusal = await self.checked(request)
        if refusal:
            return refusal
        corp = request.corp.no
        for _ in range(_TRIES):
            if self._directory.known_census(corp) is None:
                await self._directory.census(corp)
            outcome = await self._intake.take(self, request)
            if not isinstance(outcome, Stale):
                return self._announced(request, outcome)
            self._directory.forget_other_than(corp, outcome.org_version)
        # The organisation changes faster than its census can be read: read it where nothing can change it.
        return self._announced(request, await self._store.write(self._accept_now_txn, request))

    async def foresee(self, request: R, now: EpochMs) -> tuple[Send, Verdict] | Refusal:
        """What would become of the send; the same checks and decisions, and nothing written."""
        for _ in range(_TRIES):
            send = await self.prepare(request)
            if isinstance(send, Refusal):
                return send
            verdict = await self._store.read(self._intake.acceptance.foresee_txn, send, now)
            if not isinstance(verdict, Stale):
                return send, verdict
            self._directory.forget_other_than(request.corp.no, verdict.org_version)
        return Refusal(errors.SYSTEM_BUSY)

    async def prepare(self, request: R) -> Send | Refusal:
        """The send as it asks to be admitted, past every check that needs no counting; writes nothing."""
        refusal = await self.checked(request)
        if refusal:
            return refusal
        corp = request.corp.no
        census = self._directory.known_census(corp) or await self._directory.census(corp)
        userids = self.userids_of(request)
        ords = self._directory.ords(corp, userids) if userids else {}
        return self.resolve(request, census, ords)

    async def checked(self, request: R) -> Refusal | None:
        """What the request is refused for whomever it is for and whatever was sent before."""
        refusal = self.check(request)
        if refusal is None and self.looks_into_store(request):
            return await self.check_stored(request)
        return refusal

    def _announced(self, request: R, outcome: Accepted | Refusal) -> Accepted | Refusal:
        if isinstance(outcome, Accepted):
            reach("bus.publish")
            self._bus.publish(request.corp.no)
        return outcome

    def _accept_now_txn(self, tx: Tx, request: R, now: EpochMs) -> Accepted | Refusal:
        corp = request.corp.no
        send = self.resolve(request, load_census_txn(tx, corp), ords_of_txn(tx, corp, [*self.userids_of(request)]))
        if isinstance(send, Refusal):
            return send
        outcome = self._intake.acceptance.accept_txn(tx, [send], now)[0]
        assert not isinstance(outcome, Stale)
        return outcome
