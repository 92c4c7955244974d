"""A work notification from decoded request to durable task.

Pages: work-notification-templating-v2, asynchronous-sending-of-enterprise-session-messages.
"""

from collections.abc import Sequence

import msgspec
from pyroaring import BitMap

from hongyan.access.records import App, AppKind, Installation
from hongyan.admission import rules
from hongyan.admission.sending import Sending
from hongyan.admission.state import Send, SendKind
from hongyan.admission.tasks import Flags, encode_asked, encode_flags, encode_invalid
from hongyan.directory.audience import Audience, Selectors, resolve_audience
from hongyan.directory.census import Census
from hongyan.directory.records import Corp
from hongyan.messages.bodies import AnyBody, encode_body, fingerprint, type_of
from hongyan.model.deeds import Deed
from hongyan.model.errors import Refusal
from hongyan.model.ids import Ord


class WorkSend(msgspec.Struct, frozen=True):
    """What a caller asks for, decoded and checked: everything but who is left out."""

    corp: Corp
    app: App
    installation: Installation
    selectors: Selectors
    body: AnyBody
    template_id: str = ""
    deed: Deed | None = None  # of the operator who sends by hand


class WorkSending(Sending[WorkSend]):
    """Takes work notifications in; people left out stand in the result with their rule."""

    def check(self, request: WorkSend) -> Refusal | None:
        return None  # all that can be refused beforehand depends on the interface, and was

    def userids_of(self, request: WorkSend) -> Sequence[str]:
        installation = request.installation
        return request.selectors.userids if installation.visible_all else [*request.selectors.userids, *installation.visible_userids]

    def resolve(self, request: WorkSend, census: Census, ords: dict[str, Ord]) -> Send:
        audience = within_range(request.installation, resolve_audience(request.selectors, census, ords), request.selectors, census, ords)
        book = self._rulekeeper.book
        canonical = encode_body(request.body)
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
            selectors=encode_asked(request.selectors),
            flags=encode_flags(Flags(template_id=request.template_id)),
            people=audience.people,
            screened={rules.NOT_ACTIVATED.id: inactive} if inactive else {},
            invalid=encode_invalid(audience),
            org_version=census.version,
            rules=book.of(request.corp.no, request.app.no, request.installation.sender),
            rules_version=book.version,
            delay_ms=self._delay_ms(),
            order=tuple(ords[userid] for userid in request.selectors.userids if userid in ords),
            third_party=request.app.kind is not AppKind.INTERNAL,
            all_staff=request.selectors.everyone,
            deed=request.deed,
        )


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
