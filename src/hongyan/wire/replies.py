"""Replies as every client can read them: raw UTF-8, integer errcode, only the allowed members."""

import random
import re
import secrets
from typing import Any, NamedTuple

import msgspec

from hongyan.model.errors import Family, Refusal

_JSON = msgspec.json.Encoder().encode
_LETTERED_ESCAPE = re.compile(rb"((?<!\\)(?:\\\\)*)\\u00[01][a-f]")
JSON_TOP = b"application/json;charset=UTF-8"


class Reply(NamedTuple):
    """An HTTP answer."""

    status: int
    body: bytes
    errcode: str = "0"  # errcode, sub_code or code, for logs and captures
    content_type: bytes = JSON_TOP


def request_id() -> str:
    """12 characters of 0-9a-z; an address for people, no secret."""
    return f"{random.getrandbits(48):012x}"


def v1_request_id() -> str:
    """An upper-case UUID."""
    digits = secrets.token_hex(16).upper()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def encode_reply(payload: Any) -> bytes:
    """JSON as every client reads it."""
    body = _JSON(payload)
    # The Java SDK reads an escape with letters in it as another character. Only control characters need one, and no text needs those.
    return _LETTERED_ESCAPE.sub(rb"\1", body) if b"\\u00" in body else body


def ok_top(payload: dict[str, Any]) -> Reply:
    return Reply(200, encode_reply({"errcode": 0, "errmsg": "ok", **payload, "request_id": request_id()}))


def ok_plain(payload: dict[str, Any]) -> Reply:
    """The classic surface has no request id; v1 bodies are what the endpoint says."""
    return Reply(200, encode_reply(payload))


def refuse(refusal: Refusal) -> Reply:
    """A refusal in the dress of its family."""
    match refusal.row.family:
        case Family.TOP:
            return _refuse_top(refusal)
        case Family.CLASSIC:
            return Reply(200, encode_reply({"errcode": refusal.row.errcode, "errmsg": refusal.message}), str(refusal.row.errcode))
        case Family.V1:
            return _refuse_v1(refusal)


def refuse_classic(refusal: Refusal) -> Reply:
    """A refusal of the gateway as the classic surface says it: what /topapi wraps in 88, plain."""
    row = refusal.row
    errcode = int(row.sub_code) if row.sub_code else row.errcode
    return Reply(200, encode_reply({"errcode": errcode, "errmsg": refusal.message}), str(errcode))


def _refuse_top(refusal: Refusal) -> Reply:
    row = refusal.row
    if row.raw:
        # A banned address gets no errcode body (call-frequency-limit).
        return Reply(200, encode_reply({"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": secrets.token_hex(16)}), "1111")
    body: dict[str, Any] = {"errcode": row.errcode}
    if row.sub_code:
        body |= {"sub_code": row.sub_code, "sub_msg": refusal.message, "errmsg": f"ding talk error[subcode={row.sub_code},submsg={refusal.message}]"}
    else:
        if "sub_msg" in refusal.fields:
            body["sub_msg"] = refusal.fields["sub_msg"]
        body["errmsg"] = refusal.message
    return Reply(200, encode_reply(body | {"request_id": request_id()}), f"{row.errcode}/{row.sub_code}" if row.sub_code else str(row.errcode))


def _refuse_v1(refusal: Refusal) -> Reply:
    row = refusal.row
    code = row.code.format(**refusal.fields) if "{" in row.code else row.code
    body: dict[str, Any] = {"code": code, "requestid": v1_request_id(), "message": refusal.message}
    if "scope" in refusal.fields:
        body["accessdenieddetail"] = {"requiredScopes": [refusal.fields["scope"]]}
    return Reply(row.status, encode_reply(body), code)
