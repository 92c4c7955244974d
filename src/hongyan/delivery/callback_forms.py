"""What an application reads when a callback is decrypted. Pure.

Pages: http-callback-overview for flat events, configure-synchttp-push and development-data-format-help for suites.
"""

from typing import Any

import msgspec

from hongyan.access.callbacks import Callback, Style
from hongyan.access.outbox import Event, Record
from hongyan.model.ids import CorpId, EpochMs

HIGH, MEDIUM = "SYNC_HTTP_PUSH_HIGH", "SYNC_HTTP_PUSH_MEDIUM"
_HIGH_TYPES = (2, 4, 7)  # tickets, authorisations, an app's state; the directory is medium
_ENCODE = msgspec.json.Encoder().encode
_RECORDS = msgspec.json.Decoder(tuple[Record, ...])
_FIELDS = msgspec.json.Decoder(dict[str, Any])
# How the events of then are spelled beside the names of today.
_CLASSIC = {"userId": "UserId", "deptId": "DeptId", "timeStamp": "TimeStamp", "userIdList": "UserIdList", "labelIdList": "LabelIdList"}


def event_text(callback: Callback, event: Event, corp_id: CorpId | None) -> str:
    """The plaintext of one push. `corp_id` None: the event concerns no organisation."""
    return _push(callback, event, corp_id or "") if callback.style is Style.SYNC else _flat(callback, event, corp_id or "")


def _flat(callback: Callback, event: Event, corp_id: str) -> str:
    fields = _FIELDS.decode(event.data)
    if callback.style is Style.CLASSIC:
        fields |= {old: fields[new] for new, old in _CLASSIC.items() if new in fields}
    head = {"EventType": event.kind, "EventTime": event.created_at, "CorpId": corp_id, "BizId": event.biz_id, "eventId": event.event_id}
    return _ENCODE(head | fields).decode()


def _push(callback: Callback, event: Event, corp_id: str) -> str:
    records = _RECORDS.decode(event.data)
    urgent = all(record.biz_type in _HIGH_TYPES for record in records)
    rows = [_row(callback, event, corp_id, record, index if len(records) > 1 else None) for index, record in enumerate(records)]
    return _ENCODE({"EventType": HIGH if urgent else MEDIUM, "bizData": rows}).decode()


def _row(callback: Callback, event: Event, corp_id: str, record: Record, index: int | None) -> dict[str, Any]:
    event_id = event.event_id if index is None else f"{event.event_id}-{index}"
    return {
        "gmt_create": event.created_at,
        "biz_type": record.biz_type,
        "open_cursor": 0,
        "subscribe_id": f"{callback.suite_id}_0",
        "id": event.n * 100 + (index or 0),
        "gmt_modified": event.created_at,
        "biz_id": record.biz_id,
        # A text inside the JSON, not an object.
        "biz_data": _ENCODE({"syncAction": event.kind, "eventId": event_id, **record.data}).decode(),
        "corp_id": corp_id,
        "status": 0,
    }


class UrlCheck(msgspec.Struct, frozen=True):
    """The event that asks an address whether it can be one, and what it must answer."""

    text: str
    expected: str


def url_check(style: Style, owner: str, corp_id: str, random: str, *, first: bool, now: EpochMs) -> UrlCheck:
    """A suite answers the random text, an app `success` (check_create_suite_url, check_update_suite_url, check_url)."""
    if style is Style.SYNC:
        kind = "check_create_suite_url" if first else "check_update_suite_url"
        return UrlCheck(_ENCODE({"EventType": kind, "Random": random, "TestSuiteKey": owner}).decode(), random)
    return UrlCheck(_ENCODE({"EventType": "check_url", "CorpId": corp_id, "EventTime": now}).decode(), "success")
