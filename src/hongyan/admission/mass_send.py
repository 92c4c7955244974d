"""A mass send from decoded request to durable task: the endpoint's own checks in their order, then the transaction.

Order: interactive-service-window-group-message-sending-interface with the order of its checks as far as the page implies one.
"""

from collections.abc import Sequence
from typing import Unpack

import msgspec
from pyroaring import BitMap

from hongyan.access.records import Account, App
from hongyan.admission import rules
from hongyan.admission.rules import Effective, Profile
from hongyan.admission.sending import Sending, Services
from hongyan.admission.state import Send, SendKind
from hongyan.admission.tasks import Flags, encode_asked, encode_flags, encode_invalid
from hongyan.directory.audience import Audience, Selectors, resolve_audience
from hongyan.directory.census import Census
from hongyan.directory.records import Corp
from hongyan.messages.bodies import AnyBody, BodyProblem, check_body, encode_body, fingerprint, type_of
from hongyan.messages.library import check_library_txn, needs_library
from hongyan.model import errors
from hongyan.model.deeds import Deed
from hongyan.model.errors import Refusal
from hongyan.model.ids import Ord
from hongyan.store.interface import Tx

UUID_MAX = 128


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
    deed: Deed | None = None  # of the operator who sends by hand


class MassSending(Sending[MassSend]):
    """Takes mass sends in. `any_bad_userid_refuses`: one unknown userid spoils the list; else only when nobody is left."""

    def __init__(self, *, any_bad_userid_refuses: bool = True, **services: Unpack[Services]) -> None:
        super().__init__(**services)
        self._any_bad_userid_refuses = any_bad_userid_refuses

    def check(self, request: MassSend) -> Refusal | None:
        return _check_request(request, self._rulekeeper.book.of(request.corp.no, request.app.no, request.account.sender))

    def looks_into_store(self, request: MassSend) -> bool:
        return needs_library(request.body)

    async def check_stored(self, request: MassSend) -> Refusal | None:
        return await self._store.read(self._check_library_txn, request)

    def userids_of(self, request: MassSend) -> Sequence[str]:
        account, wanted = request.account, _addressed(request)
        asked = () if wanted.everyone else wanted.userids
        return asked if account.open_to_all else [*asked, *account.blocked, *account.allow_userids]

    def _check_library_txn(self, tx: Tx, request: MassSend) -> Refusal | None:
        assert not isinstance(request.body, BodyProblem)
        strict = self._rulekeeper.book.profile is Profile.STRICT
        problem = check_library_txn(tx, request.corp.no, request.account.sender, request.body, strict)
        return _bad_message(problem) if problem else None

    def resolve(self, request: MassSend, census: Census, ords: dict[str, Ord]) -> Send | Refusal:
        """Whom it is for, as of one census; `ords` holds the live people among all userids that matter."""
        wanted = _addressed(request)
        audience = resolve_audience(wanted, census, ords)
        unknown = audience.unknown_userids
        if unknown and (self._any_bad_userid_refuses or len(unknown) == len(wanted.userids)):
            return Refusal(errors.BAD_USERIDS)
        if not audience.people:
            return Refusal(errors.NO_RECEIVERS)
        book = self._rulekeeper.book
        effective = book.of(request.corp.no, request.app.no, request.account.sender)
        screened = screen(request.account, audience.people, census, ords)
        return _build(request, audience, screened, census.version, effective, book.version, self._delay_ms())


def screen(account: Account, people: BitMap, census: Census, ords: dict[str, Ord]) -> dict[str, BitMap]:
    """Who of them is left out whatever else they got: rule → people, the first rule that concerns somebody counts."""
    screened: dict[str, BitMap] = {}
    if census.inactive:
        not_activated = people & census.inactive
        if not_activated:
            screened[rules.NOT_ACTIVATED.id] = not_activated
            people = people - not_activated
    if account.open_to_all:
        return screened
    blocked = people & resolve_audience(Selectors(account.blocked), census, ords).people
    if blocked:
        screened[rules.BLOCKED.id] = blocked
    if not account.allow_all:
        outside = people - blocked - resolve_audience(Selectors(account.allow_userids, account.allow_depts), census, ords).people
        if outside:
            screened[rules.NOT_ALLOWED.id] = outside
    return screened


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


def _build(
    request: MassSend,
    audience: Audience,
    screened: dict[str, BitMap],
    org_version: int,
    effective: dict[str, Effective],
    version: int,
    delay_ms: int,
) -> Send:
    body = request.body
    assert not isinstance(body, BodyProblem)
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
        selectors=encode_asked(request.selectors),
        flags=encode_flags(request.flags),
        people=audience.people,
        screened=screened,
        invalid=encode_invalid(audience),
        org_version=org_version,
        rules=effective,
        rules_version=version,
        delay_ms=delay_ms,
        deed=request.deed,
    )
