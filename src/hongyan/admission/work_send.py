"""A work notification from decoded request to durable task.

Pages: work-notification-templating-v2, asynchronous-sending-of-enterprise-session-messages.
"""

from collections.abc import Callable

import msgspec
from pyroaring import BitMap

from hongyan.access.records import App, AppKind, Installation
from hongyan.admission import rules
from hongyan.admission.accept import Acceptance, Accepted, Stale
from hongyan.admission.rulekeeper import RuleKeeper
from hongyan.admission.state import Send, SendKind, Verdict
from hongyan.admission.tasks import Asked, Flags, Invalid
from hongyan.bus.interface import Bus
from hongyan.directory.audience import Audience, Selectors, resolve_audience
from hongyan.directory.census import Census, Directory, load_census_txn
from hongyan.directory.records import Corp, ords_of_txn
from hongyan.messages.bodies import AnyBody, encode_body, fingerprint, type_of
from hongyan.model import errors
from hongyan.model.errors import Refusal
from hongyan.model.ids import EpochMs, Ord
from hongyan.store.interface import Store, Tx

_ENCODE = msgspec.json.Encoder().encode
_TRIES = 3


class WorkSend(msgspec.Struct, frozen=True):
    """What a caller asks for, decoded and checked: everything but who is left out."""

    corp: Corp
    app: App
    installation: Installation
    selectors: Selectors
    body: AnyBody
    template_id: str = ""


class WorkSending:
    """Takes work notifications in. One per process."""

    def __init__(
        self, *, store: Store, directory: Directory, acceptance: Acceptance, rulekeeper: RuleKeeper, bus: Bus, delay_ms: Callable[[], int] = lambda: 0
    ) -> None:
        self._store = store
        self._directory = directory
        self._acceptance = acceptance
        self._rulekeeper = rulekeeper
        self._bus = bus
        self._delay_ms = delay_ms

    async def send(self, request: WorkSend) -> Accepted | Refusal:
        """Take the notice in. Durable when it returns `Accepted`; people left out stand in the result with their rule."""
        for _ in range(_TRIES):
            send = await self.prepare(request)
            outcome = await self._acceptance.accept(send)
            if not isinstance(outcome, Stale):
                return self._announced(request, outcome)
            self._directory.forget_other_than(request.corp.no, outcome.org_version)
        return self._announced(request, await self._store.write(self._accept_now_txn, request))

    async def foresee(self, request: WorkSend, now: EpochMs) -> tuple[Send, Verdict] | Refusal:
        """What would become of the notice; the same decisions, and nothing written."""
        for _ in range(_TRIES):
            send = await self.prepare(request)
            verdict = await self._store.read(self._acceptance.foresee_txn, send, now)
            if not isinstance(verdict, Stale):
                return send, verdict
            self._directory.forget_other_than(request.corp.no, verdict.org_version)
        return Refusal(errors.SYSTEM_BUSY)

    async def prepare(self, request: WorkSend) -> Send:
        """The send as it asks to be admitted; writes nothing."""
        census = await self._directory.census(request.corp.no)
        userids = _userids_to_look_up(request)
        ords = await self._directory.ords(request.corp.no, userids) if userids else {}
        return self._resolve(request, census, ords)

    def _announced(self, request: WorkSend, outcome: Accepted | Refusal) -> Accepted | Refusal:
        if isinstance(outcome, Accepted):
            self._bus.publish(request.corp.no)
        return outcome

    def _accept_now_txn(self, tx: Tx, request: WorkSend, now: EpochMs) -> Accepted | Refusal:
        corp = request.corp.no
        send = self._resolve(request, load_census_txn(tx, corp), ords_of_txn(tx, corp, _userids_to_look_up(request)))
        outcome = self._acceptance.accept_txn(tx, [send], now)[0]
        assert not isinstance(outcome, Stale)
        return outcome

    def _resolve(self, request: WorkSend, census: Census, ords: dict[str, Ord]) -> Send:
        audience = within_range(request.installation, resolve_audience(request.selectors, census, ords), request.selectors, census, ords)
        book = self._rulekeeper.book
        canonical = encode_body(request.body)
        unknown = Invalid(audience.unknown_userids, audience.unknown_depts)
        inactive = audience.people & census.inactive
        return Send(
            corp=request.corp.no,
            sender=request.installation.sender,
            app=request.app.no,
            surface="work",
            kind=SendKind.NOTICE,
            uuid="",
            msg_type=type_of(request.body),
            content=canonical.decode(),
            hash=fingerprint(canonical),
            selectors=_ENCODE(Asked(request.selectors, Flags(template_id=request.template_id))).decode(),
            people=audience.people,
            screened={rules.NOT_ACTIVATED.id: inactive} if inactive else {},
            invalid=_ENCODE(unknown).decode() if unknown != Invalid() else None,
            org_version=census.version,
            rules=book.of(request.corp.no, request.app.no, request.installation.sender),
            rules_version=book.version,
            delay_ms=self._delay_ms(),
            order=tuple(ords[userid] for userid in request.selectors.userids if userid in ords),
            third_party=request.app.kind is not AppKind.INTERNAL,
            all_staff=request.selectors.everyone,
        )


def _userids_to_look_up(request: WorkSend) -> list[str]:
    installation = request.installation
    return [*request.selectors.userids] if installation.visible_all else [*request.selectors.userids, *installation.visible_userids]


def within_range(installation: Installation, audience: Audience, selectors: Selectors, census: Census, ords: dict[str, Ord]) -> Audience:
    """People and departments outside the installation's visible range are treated as unknown."""
    if installation.visible_all:
        return audience
    visible: BitMap = resolve_audience(Selectors(installation.visible_userids, installation.visible_depts), census, ords).people
    if selectors.everyone:
        return Audience(audience.people & visible)
    hidden_userids = tuple(userid for userid in selectors.userids if userid in ords and ords[userid] not in visible)
    hidden_depts = tuple(dept for dept in selectors.depts if dept in census.spans and not census.within(dept, installation.visible_depts))
    people = BitMap([ords[userid] for userid in selectors.userids if userid in ords])
    seen = resolve_audience(Selectors(depts=tuple(dept for dept in selectors.depts if dept not in hidden_depts)), census, ords).people
    return Audience((people | seen) & visible, (*audience.unknown_userids, *hidden_userids), (*audience.unknown_depts, *hidden_depts))
