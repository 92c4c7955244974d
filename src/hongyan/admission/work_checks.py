"""What a work notification is refused for before anything is counted, whoever sends it.

Page: asynchronous-sending-of-enterprise-session-messages.
"""

from hongyan.access.records import AppKind
from hongyan.admission.rules import WORK_INTERNAL, WORK_THIRD_PARTY, Effective, WorkRules
from hongyan.directory.audience import Selectors
from hongyan.directory.names import dept_names_txn, user_names_txn
from hongyan.messages.bodies import AnyBody, OaBody
from hongyan.messages.id_names import NameLookup, WantedNames
from hongyan.messages.library import check_library_txn
from hongyan.model import errors
from hongyan.model.errors import Refusal
from hongyan.model.ids import CorpNo, SenderId
from hongyan.store.interface import Tx

STATUS_BAR_PEOPLE = 5


def work_rules_of(kind: AppKind) -> WorkRules:
    return WORK_INTERNAL if kind is AppKind.INTERNAL else WORK_THIRD_PARTY


def oversized(to: Selectors, effective: dict[str, Effective], kind: AppKind) -> str:
    """The list that names more than one call may, as the interface calls it; empty when none does."""
    own = work_rules_of(kind)
    for name, ids, rule in (("userid_list", to.userids, own.userids), ("dept_id_list", to.depts, own.depts)):
        if effective[rule.id].enforced and len(ids) > effective[rule.id].limit:
            return name
    return ""


def receivers_refusal(to: Selectors, kind: AppKind) -> Refusal | None:
    """Nobody named, or everybody by an app that may not."""
    if to.empty:
        return Refusal(errors.BAD_PARAMETER)
    if to.everyone and kind is not AppKind.INTERNAL:
        return Refusal(errors.ALL_STAFF_FORBIDDEN)
    return None


def bar_refusal(body: AnyBody, to: Selectors) -> Refusal | None:
    """A message with a status bar goes to a handful of users by name."""
    if isinstance(body, OaBody) and body.status_value and (to.everyone or to.depts or len(to.userids) > STATUS_BAR_PEOPLE):
        return Refusal(errors.BAD_PARAMETER)
    return None


def notice_media_refusal_txn(tx: Tx, corp: CorpNo, body: AnyBody, strict: bool) -> Refusal | None:
    """What the body names is no upload of the organisation, or of the wrong kind."""
    problem = check_library_txn(tx, corp, SenderId(0), body, strict)
    return Refusal(errors.MEDIA_UNKNOWN) if problem else None


def names_txn(tx: Tx, corp: CorpNo, wanted: WantedNames) -> NameLookup:
    """What the people and departments that values name are called."""
    return NameLookup(user_names_txn(tx, corp, wanted.userids), dept_names_txn(tx, corp, wanted.depts))
