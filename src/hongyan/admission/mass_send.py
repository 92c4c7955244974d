"""A mass send from decoded request to durable task: the endpoint's own checks in their order, then the transaction.

Order: interactive-service-window-group-message-sending-interface with the order of its checks as far as the page implies one.
"""

from collections.abc import Callable

import msgspec
from pyroaring import BitMap

from hongyan.access.records import Account, App
from hongyan.admission import rules
from hongyan.admission.accept import Acceptance, Accepted, Stale
from hongyan.admission.rulekeeper import RuleKeeper
from hongyan.admission.rules import Effective, Profile
from hongyan.admission.state import Send, SendKind
from hongyan.admission.tasks import Asked, Flags, Invalid
from hongyan.bus.interface import Bus
from hongyan.directory.audience import Audience, Selectors, resolve_audience
from hongyan.directory.census import Census, Directory
from hongyan.directory.records import Corp
from hongyan.messages.bodies import AnyBody, BodyProblem, check_body, encode_body, fingerprint, type_of
from hongyan.messages.library import check_library_txn, needs_library
from hongyan.model import errors
from hongyan.model.errors import Refusal
from hongyan.model.ids import CorpNo
from hongyan.store.interface import Store

UUID_MAX = 128
_ENCODE = msgspec.json.Encoder().encode
_RETRIES = 5


class MassSend(msgspec.Struct, frozen=True):
    """What a caller asks for, decoded. `body` is a problem when the message could not be read."""

    corp: Corp
    app: App
    account: Account
    uuid: str
    selectors: Selectors
    body: AnyBody | BodyProblem
    preview: bool = False
    flags: Flags = Flags()


class Prepared(msgspec.Struct, frozen=True):
    """A send that passed every check that needs no counting."""

    send: Send
    audience: Audience


class MassSending:
    """Takes mass sends in. One per process."""

    def __init__(
        self,
        *,
        store: Store,
        directory: Directory,
        acceptance: Acceptance,
        rulekeeper: RuleKeeper,
        bus: Bus,
        delay_ms: Callable[[], int] = lambda: 0,
        any_bad_userid_refuses: bool = True,
    ) -> None:
        self._store = store
        self._directory = directory
        self._acceptance = acceptance
        self._rulekeeper = rulekeeper
        self._bus = bus
        self._delay_ms = delay_ms
        self._any_bad_userid_refuses = any_bad_userid_refuses

    async def send(self, request: MassSend) -> Accepted | Refusal:
        """Take the send in, or refuse it. Durable, with every inbox entry, when it returns `Accepted`."""
        for _ in range(_RETRIES):
            prepared = await self.prepare(request)
            if isinstance(prepared, Refusal):
                return prepared
            outcome = await self._acceptance.accept(prepared.send)
            if not isinstance(outcome, Stale):
                if isinstance(outcome, Accepted):
                    self._bus.publish(request.corp.no)
                return outcome
            self._directory.forget_other_than(request.corp.no, outcome.org_version)
        return Refusal(errors.SYSTEM_BUSY)

    async def prepare(self, request: MassSend) -> Prepared | Refusal:
        """Every check that needs no counting; writes nothing."""
        book = self._rulekeeper.book
        effective = book.of(request.corp.no, request.app.no, request.account.sender)
        refusal = _check_request(request, effective)
        if refusal:
            return refusal
        body = request.body
        if isinstance(body, BodyProblem):
            return _bad_message(body)
        if needs_library(body):
            strict = book.profile is Profile.STRICT
            problem = await self._store.read(check_library_txn, request.corp.no, request.account.sender, body, strict)
            if problem:
                return _bad_message(problem)
        census = await self._directory.census(request.corp.no)
        audience = await self._audience(request, census)
        if isinstance(audience, Refusal):
            return audience
        screened = await self._screen(request.account, audience.people, census)
        send = _build(request, body, audience, screened, census.version, effective, book.version, self._delay_ms())
        return Prepared(send, audience)

    async def _audience(self, request: MassSend, census: Census) -> Audience | Refusal:
        wanted = _addressed(request)
        ords = await self._directory.ords(request.corp.no, list(wanted.userids)) if wanted.userids and not wanted.everyone else {}
        audience = resolve_audience(wanted, census, ords)
        if audience.unknown_userids and (self._any_bad_userid_refuses or len(audience.unknown_userids) == len(wanted.userids)):
            return Refusal(errors.BAD_USERIDS)
        return audience if audience.people else Refusal(errors.NO_RECEIVERS)

    async def _screen(self, account: Account, people: BitMap, census: Census) -> dict[str, BitMap]:
        screened: dict[str, BitMap] = {}
        not_activated = people & census.inactive
        if not_activated:
            screened[rules.NOT_ACTIVATED.id] = not_activated
        if account.open_to_all:
            return screened
        people = people - not_activated
        blocked = people & await self._people(account.corp, account.blocked, (), census)
        if blocked:
            screened[rules.BLOCKED.id] = blocked
        if not account.allow_all:
            outside = people - blocked - await self._people(account.corp, account.allow_userids, account.allow_depts, census)
            if outside:
                screened[rules.NOT_ALLOWED.id] = outside
        return screened

    async def _people(self, corp: CorpNo, userids: tuple[str, ...], depts: tuple[int, ...], census: Census) -> BitMap:
        ords = await self._directory.ords(corp, list(userids))
        return resolve_audience(Selectors(userids, depts), census, ords).people


def _bad_message(problem: BodyProblem) -> Refusal:
    return Refusal(errors.BAD_MESSAGE, {"member": problem.member, "reason": problem.reason})


def _check_request(request: MassSend, effective: dict[str, Effective]) -> Refusal | None:
    to = request.selectors
    if not request.uuid.strip():
        return Refusal(errors.UUID_BLANK)
    if len(request.uuid) > UUID_MAX:
        return Refusal(errors.INVALID_ARGUMENT, {"name": "uuid"})
    if to.userids and _too_many(effective[rules.USERIDS_PER_CALL.id], to.userids):
        return Refusal(errors.TOO_MANY_USERS)
    if to.depts and _too_many(effective[rules.DEPTS_PER_CALL.id], to.depts):
        return Refusal(errors.TOO_MANY_DEPTS)
    if to.roles and _too_many(effective[rules.ROLES_PER_CALL.id], to.roles):
        return Refusal(errors.INVALID_ARGUMENT, {"name": "roleIds"})
    if to.empty or (request.preview and not to.userids):
        return Refusal(errors.NO_RECEIVERS)
    problem = request.body if isinstance(request.body, BodyProblem) else check_body(request.body)
    return _bad_message(problem) if problem else None


def _too_many(effective: Effective, ids: tuple[object, ...]) -> bool:
    return len(ids) > effective.limit and effective.enforced


def _addressed(request: MassSend) -> Selectors:
    """Whom the send resolves: a preview goes to the first userid alone, whatever else is named."""
    if request.preview:
        return Selectors(userids=request.selectors.userids[:1])
    return request.selectors


def kind_of(selectors: Selectors, *, preview: bool) -> SendKind:
    """Single-directed is a send whose only selector is exactly one userid."""
    if preview:
        return SendKind.PREVIEW
    if selectors.broad:
        return SendKind.BROAD
    userids = selectors.userids
    return SendKind.SINGLE if len(userids) == 1 or len(set(userids)) == 1 else SendKind.MASS


def _invalid(audience: Audience) -> str | None:
    if not (audience.unknown_userids or audience.unknown_depts or audience.unknown_roles):
        return None
    return _ENCODE(Invalid(audience.unknown_userids, audience.unknown_depts, audience.unknown_roles)).decode()


def _build(
    request: MassSend,
    body: AnyBody,
    audience: Audience,
    screened: dict[str, BitMap],
    org_version: int,
    effective: dict[str, Effective],
    version: int,
    delay_ms: int,
) -> Send:
    canonical = encode_body(body)
    kind = kind_of(request.selectors, preview=request.preview)
    return Send(
        corp=request.corp.no,
        sender=request.account.sender,
        app=request.app.no,
        surface="mass",
        kind=kind,
        uuid=request.uuid,
        msg_type=type_of(body),
        content=canonical.decode(),
        # Single-directed sends and previews neither check nor record the content.
        hash=fingerprint(canonical) if kind in (SendKind.MASS, SendKind.BROAD) else None,
        selectors=_ENCODE(Asked(request.selectors, request.flags)).decode(),
        people=audience.people,
        screened=screened,
        invalid=_invalid(audience),
        org_version=org_version,
        rules=effective,
        rules_version=version,
        delay_ms=delay_ms,
    )
