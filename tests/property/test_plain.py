"""The short cut for plain requests gives what the lax way gives, or steps aside."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hongyan.wire.mass import decode_lax
from hongyan.wire.params import BadArgument, Params
from hongyan.wire.plain import decode_plain

_ids = st.lists(st.from_regex(r"[a-z0-9]{1,6}", fullmatch=True), max_size=3).map(",".join)
_texts = st.one_of(st.text(max_size=12), st.sampled_from(["", " ", '"a,b"', "a, b", "[1]", "null", "a，b", "a,,b"]), _ids)
_values: dict[str, st.SearchStrategy[Any]] = {
    "unionid": _texts,
    "uuid": _texts,
    "msg_type": st.sampled_from(["text", "markdown", "Text", ""]),
    "text_content": st.one_of(_texts, st.integers()),
    "userid_list": st.one_of(_texts, st.lists(_texts, max_size=2), st.none(), st.integers()),
    "dep_id_list": st.one_of(st.lists(st.integers(-1, 5), max_size=3), _texts, st.none()),
    "is_to_all": st.one_of(st.booleans(), st.sampled_from(["true", "false"]), st.none()),
    "is_preview": st.one_of(st.booleans(), st.none()),
    "media_id": _texts,
    "roleIds": st.just("7"),
    "extra": _texts,
}


@given(st.fixed_dictionaries({}, optional=_values))
def test_plain_and_lax_decoding_agree(body: dict[str, Any]) -> None:
    plain = decode_plain(json.dumps(body).encode())
    if plain is None:
        return
    try:
        lax = decode_lax(Params(body))
    except BadArgument as bad:
        raise AssertionError(f"the lax way refuses {bad.name}") from None

    assert plain == lax


def test_a_plain_request_takes_the_short_cut() -> None:
    body = {"unionid": "u", "uuid": "1", "msg_type": "text", "text_content": "hi", "userid_list": "a,b", "is_to_all": False}

    assert decode_plain(json.dumps(body).encode()) == decode_lax(Params(body))
