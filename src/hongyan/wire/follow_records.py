"""`/v1.0/exclusive/follow/message/queryMsgSendRecords` and `getMsgRecordDetail`: what an account sent.

Pages: service-account-query-msgsend-records, service-account-msg-record-detail. The names in the answers are the pages' own, slips included.
"""

from typing import Any

from hongyan.access.records import SCOPE_MASS, Account, account_by_unionid_txn
from hongyan.delivery.records import (
    FOREVER,
    RECALLED,
    SENT,
    TO_BE_PUBLISHED,
    RecordDetail,
    RecordFilter,
    SendRecord,
    load_record_txn,
    page_records_txn,
)
from hongyan.messages.articles import SCOPE_EVERYONE
from hongyan.messages.bodies import (
    ActionCardBody,
    AnyBody,
    FileBody,
    ImageBody,
    LinkBody,
    MarkdownBody,
    NewsCardBody,
    SingleNewsCardBody,
    TextBody,
    VoiceBody,
    title_of,
)
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.model.ids import CorpNo, EpochMs, mass_task_id, parse_mass_task_id, seq_ms
from hongyan.store.interface import Tx
from hongyan.wire.account_calls import ID_MAX, UNIONID, page_of, shown_article
from hongyan.wire.endpoint import Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.params import BadArgument, Params
from hongyan.wire.replies import Reply, ok_plain, refuse

PAGE_MAX = 100  # unpublished
SOURCES_WITH_API = (0, 2)  # 0 all, 1 made in the product's own pages, 2 made by a program: everything here is
# The sample calls a text message so; the rest follow it.
_LABELS: dict[type[AnyBody], str] = {TextBody: "文本消息", ImageBody: "图片消息", VoiceBody: "语音消息", FileBody: "文件消息"}


def _missing(params: Params, *names: str) -> Refusal | None:
    return next((Refusal(errors.V1_MISSING, {"name": name}) for name in names if params.raw(name) is None), None)


def _find_txn(tx: Tx, corp: CorpNo, unionid: str) -> tuple[Account | None, bool]:
    """The account, disabled or not, and whether the id is a person's."""
    return account_by_unionid_txn(tx, corp, unionid), tx.one("user.by_unionid", corp=corp, unionid=unionid) is not None


async def _account_of(call: Call, *, gone: Refusal) -> Account | Refusal:
    """The live account; `gone` is what a deleted or unknown one is refused with."""
    unionid = call.params.text("unionid").strip()
    if not 0 < len(unionid) <= ID_MAX or not unionid.isprintable() or " " in unionid:
        return Refusal(errors.V1_BAD_UNIONID)
    account, is_person = await call.engine.store.read(_find_txn, call.grant.corp.no, unionid)
    if account is not None and account.live:
        return account
    return Refusal(errors.V1_NOT_AN_ACCOUNT) if is_person else gone


def _one_of(params: Params, name: str, choices: range, default: int) -> int:
    number = params.number(name)
    if number is None:
        return default
    if number not in choices:
        raise BadArgument(name)
    return number


def _time(params: Params, name: str, default: int) -> EpochMs:
    number = params.number(name)
    return EpochMs(default if number is None else min(max(number, 0), FOREVER))


def _filter(params: Params) -> RecordFilter:
    """An empty list of types counts as none."""
    wanted = params.raw("msgTypeList")
    types = params.ids("msgTypeList") if wanted not in (None, "", []) else None
    status = _one_of(params, "status", range(TO_BE_PUBLISHED, RECALLED + 1), SENT)
    return RecordFilter(status, _time(params, "start_time", 0), _time(params, "end_time", FOREVER), types)


async def query_records(call: Call) -> Reply:
    """An account's sends by pages from 1, the newest first; without `status` those that were sent."""
    refusal = _missing(call.params, "unionid", "page_number", "page_size")
    if refusal:
        return refuse(refusal)
    offset, size = page_of(call.params, "page_number", "page_size", longest=PAGE_MAX, default=PAGE_MAX)
    wanted, source = _filter(call.params), _one_of(call.params, "msg_source", range(3), 2)
    account = await _account_of(call, gone=Refusal(errors.V1_NO_ACCOUNT))
    if isinstance(account, Refusal):
        return refuse(account)
    total, records = 0, list[SendRecord]()
    if source in SOURCES_WITH_API:
        total, records = await call.engine.store.read(page_records_txn, account.corp, account.sender, wanted, call.now, offset, size)
    items = [_shown(record) for record in records]
    return ok_plain({"errorcode": "0", "errmsg": "ok", "result": {"total_count": total, "item_count": len(items), "items": items}})


def _title(body: AnyBody, first_title: str) -> str:
    if isinstance(body, NewsCardBody | SingleNewsCardBody):
        return first_title
    return _LABELS.get(type(body)) or title_of(body)


def _shown(record: SendRecord) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "task_id": mass_task_id(record.seq),
        "send_time": record.sent_at,
        "create_time": seq_ms(record.seq),
        "msg_type": record.msg_type,
        "title": _title(record.body, record.first_title),
        "msg_source": 2,
    }
    return shown | ({"operator_user_id": record.operator} if record.operator else {})


async def get_record(call: Call) -> Reply:
    """One send of an account, with the words it was asked for."""
    refusal = _missing(call.params, "unionid", "task_id")
    if refusal:
        return refuse(refusal)
    account = await _account_of(call, gone=Refusal(errors.V1_NOT_AN_ACCOUNT))
    if isinstance(account, Refusal):
        return refuse(account)
    seq = parse_mass_task_id(call.params.text("task_id").strip())
    record = await call.engine.store.read(load_record_txn, account.corp, account.sender, seq) if seq is not None else None
    if record is None:
        return refuse(Refusal(errors.V1_BAD_TASK))
    return ok_plain({"errorcode": "0", "errmsg": "ok", "result": _detail(call, record)})


def _detail(call: Call, record: RecordDetail) -> dict[str, Any]:
    task, articles = record.task, record.articles
    to, flags = task.to, task.flags
    shown: dict[str, Any] = {
        "task_id": mass_task_id(task.seq),
        "msg_type": task.msg_type,
        "title": _title(record.body, articles[0].title if articles else ""),
        "send_time": task.visible_at,
        "create_time": seq_ms(task.seq),
        "is_to_all": to.everyone,
        "allow_forward": all(article.allow_forward for article in articles),
        "allow_comment": flags.allow_comment,
        # As in the sample, what is no article may be seen by everyone.
        "view_scope_type": "1" if all(article.view_scope == SCOPE_EVERYONE for article in articles) else "0",
        "userid_list": list(to.userids),
        "dep_id_list": [str(dept) for dept in to.depts],
        "roleIdList": [str(role) for role in to.roles],
    }
    if flags.operator:
        shown["operator_user_id"] = flags.operator
    return shown | _content(call, record)


def _content(call: Call, record: RecordDetail) -> dict[str, Any]:
    """The member that the record's own type has."""
    match record.body:
        case TextBody(text):
            return {"textContent": text}
        case ImageBody(media_id) | VoiceBody(media_id) | FileBody(media_id):
            return {"mediaId": media_id}
        case MarkdownBody(title, text):
            return {"markdown": {"title": title, "text": text}}
        case LinkBody(title, url, summary, cover, open_type):
            return {"link": {"title": title, "summary": summary, "link_url": url, "cover_image_media_id": cover, "open_type": open_type}}
        case ActionCardBody():
            return {"action_card": _action_card(record.body)}
        case NewsCardBody() | SingleNewsCardBody():
            return {"articles": [shown_article(call, article, listed=False) for article in record.articles]}
        case _:
            return {}


def _action_card(card: ActionCardBody) -> dict[str, Any]:
    single = {"single_title": card.single.title, "single_url": card.single.url} if card.single else {}
    buttons = [{"title": button.title, "action_url": button.url} for button in card.buttons]
    several = {"bnt_orientation": card.orientation, "button_list": buttons} if buttons else {}
    return {"title": card.title, "markdown": card.markdown, **single, **several}


_BASE = "/v1.0/exclusive/follow/message"
_QUERY = (
    UNIONID,
    Field("page_number", Kind.NUMBER, required=True, least=1),
    Field("page_size", Kind.NUMBER, required=True, least=1, most=PAGE_MAX),
    Field("start_time", Kind.NUMBER),
    Field("end_time", Kind.NUMBER),
    Field("status", Kind.NUMBER, least=TO_BE_PUBLISHED, most=RECALLED),
    Field("msgTypeList", Kind.IDS),
    Field("msg_source", Kind.NUMBER, least=0, most=2),
)
ENDPOINTS = (
    Endpoint(
        f"{_BASE}/queryMsgSendRecords",
        Family.V1,
        SCOPE_MASS,
        query_records,
        "service-account-query-msgsend-records",
        purpose="list what an account sent",
        fields=_QUERY,
    ),
    Endpoint(
        f"{_BASE}/getMsgRecordDetail",
        Family.V1,
        SCOPE_MASS,
        get_record,
        "service-account-msg-record-detail",
        purpose="one send of an account",
        fields=(UNIONID, Field("task_id", required=True, most=ID_MAX)),
    ),
)
