"""Templates as they are kept: revisions, review, and which one may be sent.

A template has revisions. The newest one is worked on: draft, submitted, then approved or rejected. The approved one sends, until a newer one
is approved; so editing a live template does not stop it. (manage-message-templates; that an edit keeps the old one live is ours)
"""

import secrets
from enum import Enum, StrEnum

import msgspec

from hongyan.messages.templates import TemplateContent, decode_template, encode_template
from hongyan.model.faults import reach
from hongyan.model.ids import AppNo, CorpNo, EpochMs
from hongyan.store.interface import Row, Tx

EVERY_CORP = CorpNo(0)  # whose templates a third-party app's are
REVISIONS_SHOWN = 100


class State(StrEnum):
    """Where a revision stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"


class Unsendable(Enum):
    """Why a template cannot be sent. Unknown: there is none, it was deleted, or it is another app's. Unavailable: not approved, or disabled."""

    UNKNOWN = "unknown"
    UNAVAILABLE = "unavailable"


class TemplateOwner(msgspec.Struct, frozen=True):
    """Whose templates; `corp` is `EVERY_CORP` for a third-party app."""

    app: AppNo
    corp: CorpNo


class Revision(msgspec.Struct, frozen=True):
    """One state of the text. `reason` says why it was rejected."""

    no: int
    state: State
    content: TemplateContent
    reason: str
    created_at: EpochMs
    submitted_at: EpochMs | None
    decided_at: EpochMs | None


class KeptTemplate(msgspec.Struct, frozen=True):
    """A template with its newest revision; `approved_revision` is the one that sends while `enabled`."""

    template_id: str
    owner: TemplateOwner
    name: str
    enabled: bool
    approved_revision: int | None
    created_at: EpochMs
    deleted_at: EpochMs | None
    newest: Revision

    @property
    def sends(self) -> bool:
        return self.enabled and self.approved_revision is not None and self.deleted_at is None


class NotPossible(msgspec.Struct, frozen=True):
    """Why a step cannot be taken from where the template stands."""

    reason: str


def make_template_id() -> str:
    """32 lower-case hexadecimal digits that nobody can guess."""
    return secrets.token_hex(16)


def _revision_of(row: Row) -> Revision:
    no, state, content, *rest = row
    return Revision(no, State(state), decode_template(content), *rest)


def _template_of(row: Row) -> KeptTemplate:
    template_id, corp, app, name, enabled, approved, created_at, deleted_at = row[:8]
    owner = TemplateOwner(app, corp)
    return KeptTemplate(template_id, owner, name, bool(enabled), approved, created_at, deleted_at, _revision_of(row[8:]))


def load_template_txn(tx: Tx, template_id: str) -> KeptTemplate | None:
    """Whoever owns it, deleted or not."""
    row = tx.one("template.by_id", template_id=template_id)
    return _template_of(row) if row else None


def find_template_txn(tx: Tx, owner: TemplateOwner, template_id: str) -> KeptTemplate | None:
    """The owner's template; None for a deleted one and for another's."""
    found = load_template_txn(tx, template_id)
    return found if found is not None and found.owner == owner and found.deleted_at is None else None


def page_templates_txn(tx: Tx, owner: TemplateOwner, after: str, limit: int) -> list[KeptTemplate]:
    """The owner's templates in the order of their ids, behind `after`."""
    return [_template_of(row) for row in tx.all("template.page", app=owner.app, corp=owner.corp, after=after, limit=limit)]


def revisions_txn(tx: Tx, template_id: str) -> list[Revision]:
    """The newest first, at most `REVISIONS_SHOWN`."""
    return [_revision_of(row) for row in tx.all("template_revision.newest", template_id=template_id, limit=REVISIONS_SHOWN)]


def load_revision_txn(tx: Tx, template_id: str, revision: int) -> Revision | None:
    row = tx.one("template_revision.by_no", template_id=template_id, revision=revision)
    return _revision_of(row) if row else None


def sendable_txn(tx: Tx, template_id: str, app: AppNo, corp: CorpNo) -> TemplateContent | Unsendable:
    """What an app may send by this id in an organisation: the approved revision."""
    row = tx.one("template.sendable", template_id=template_id)
    if row is None:
        return Unsendable.UNKNOWN
    owner_corp, owner_app, enabled, deleted_at, content = row
    if deleted_at is not None or owner_app != app or owner_corp not in (EVERY_CORP, corp):
        return Unsendable.UNKNOWN
    return decode_template(content) if enabled and content is not None else Unsendable.UNAVAILABLE


def create_template_txn(tx: Tx, owner: TemplateOwner, content: TemplateContent, template_id: str, now: EpochMs) -> KeptTemplate | NotPossible:
    """A draft. An id is taken for good, by a deleted template too: what was sent by it must not come to mean something else."""
    if not tx.run("template.insert", template_id=template_id, corp=owner.corp, app=owner.app, name=content.name, now=now):
        return NotPossible(f"the template id {template_id} is taken")
    tx.run("template_revision.put", template_id=template_id, revision=1, content=encode_template(content), now=now)
    return _again(tx, template_id)


def edit_template_txn(tx: Tx, template: KeptTemplate, content: TemplateContent, now: EpochMs) -> KeptTemplate | NotPossible:
    """Replace the draft; after a decision begin a new one."""
    if template.newest.state is State.SUBMITTED:
        return NotPossible("it is in review; approve or reject it first")
    revision = template.newest.no if template.newest.state is State.DRAFT else template.newest.no + 1
    tx.run("template_revision.put", template_id=template.template_id, revision=revision, content=encode_template(content), now=now)
    tx.run("template.named", template_id=template.template_id, name=content.name, revision=revision)
    return _again(tx, template.template_id)


def submit_template_txn(tx: Tx, template: KeptTemplate, now: EpochMs, *, auto_approve: bool = False) -> KeptTemplate | NotPossible:
    """Ask for a review. `auto_approve`: there is no reviewer, so the answer is yes at once."""
    if template.newest.state is not State.DRAFT:
        return NotPossible(f"only a draft can be submitted, and the newest revision is {template.newest.state}")
    tx.run("template_revision.submit", template_id=template.template_id, revision=template.newest.no, now=now)
    submitted = _again(tx, template.template_id)
    return approve_template_txn(tx, submitted, now) if auto_approve else submitted


def approve_template_txn(tx: Tx, template: KeptTemplate, now: EpochMs) -> KeptTemplate | NotPossible:
    """Let the submitted revision send from now on; this enables a disabled template. (page: approval enables)"""
    return _decide(tx, template, State.APPROVED, "", now)


def reject_template_txn(tx: Tx, template: KeptTemplate, reason: str, now: EpochMs) -> KeptTemplate | NotPossible:
    """Refuse the submitted revision; one that was approved before goes on sending."""
    return _decide(tx, template, State.REJECTED, reason, now)


def _decide(tx: Tx, template: KeptTemplate, state: State, reason: str, now: EpochMs) -> KeptTemplate | NotPossible:
    key = {"template_id": template.template_id, "revision": template.newest.no}
    if template.newest.state is not State.SUBMITTED:
        return NotPossible(f"it is not in review, its newest revision is {template.newest.state}; submit a draft first")
    tx.run("template_revision.decide", **key, state=str(state), reason=reason, now=now)
    reach("template.decided")
    if state is State.APPROVED:
        tx.run("template.approve", **key)
    return _again(tx, template.template_id)


def switch_template_txn(tx: Tx, template: KeptTemplate, enabled: bool, now: EpochMs) -> KeptTemplate | NotPossible:
    """Enable or disable; doing it twice is no mistake."""
    if template.approved_revision is None:
        return NotPossible("no revision was approved yet, so there is nothing to switch")
    tx.run("template.switch", template_id=template.template_id, enabled=int(enabled))
    return _again(tx, template.template_id)


def delete_template_txn(tx: Tx, template: KeptTemplate, now: EpochMs) -> KeptTemplate:
    """From now on it does not exist; what was sent by it stays as it is."""
    tx.run("template.delete", template_id=template.template_id, now=now)
    return _again(tx, template.template_id)


def _again(tx: Tx, template_id: str) -> KeptTemplate:
    found = load_template_txn(tx, template_id)
    assert found is not None
    return found
