"""How a third-party app's call is proved, and how its secret is kept."""

import pytest

from hongyan.access.keys import ServerKey
from hongyan.access.sealing import Seal, SealBroken
from hongyan.access.signature import MAX_SKEW_MS, Proof, decide_proof, meant_signature, sign
from hongyan.model import errors
from hongyan.model.errors import ErrorRow
from hongyan.model.ids import EpochMs

SECRET, NOW = "suiteSecret1", 1527130370219
SIGNED = "h9KqhezwQd3eLT8CGfmURX4Q1PyZo9KbPGaCuHG7v00="


@pytest.mark.parametrize(
    ("timestamp", "ticket", "signature"),
    [
        ("1527130370219", "TestSuiteTicket", SIGNED),
        ("1795288416299", "ticket/+= 1", "CXaNyaQ0IicfpyLQPGevGoQd6m3IM2tUat5nXQDfj7M="),
        ("1795288416390", "", "v2MeDiZL5H8por2RDEl0T8MUL2M4xOC1JH1EfRxHNnE="),
    ],
)
def test_the_documented_signatures(timestamp: str, ticket: str, signature: str) -> None:
    assert sign(SECRET, timestamp, ticket) == signature


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (SIGNED, SIGNED),
        (f"b'{SIGNED}'", SIGNED),
        (f'b"{SIGNED}"', SIGNED),
        ("a b=", "a+b="),
        ("b''", ""),
        ("b'", "b'"),
        ("", ""),
    ],
)
def test_what_a_client_meant(text: str, meant: str) -> None:
    assert meant_signature(text) == meant


def _decide(proof: Proof, *, now: int = NOW, holds: bool = True, strict: bool = False) -> ErrorRow | None:
    refusal = decide_proof(proof, SECRET, EpochMs(now), ticket_holds=holds, strict=strict)
    return refusal.row if refusal else None


GOOD = Proof(str(NOW), "TestSuiteTicket", SIGNED)


@pytest.mark.parametrize("skew", [0, MAX_SKEW_MS, -MAX_SKEW_MS])
def test_a_minute_of_skew_passes(skew: int) -> None:
    assert _decide(GOOD, now=NOW + skew) is None


@pytest.mark.parametrize("skew", [MAX_SKEW_MS + 1, -MAX_SKEW_MS - 1])
def test_more_does_not(skew: int) -> None:
    assert _decide(GOOD, now=NOW + skew) is errors.STALE_TIMESTAMP


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e3", "1527130370.219", "１５２７", "9" * 19, " 1"])
def test_what_is_no_number_of_milliseconds(timestamp: str) -> None:
    assert _decide(Proof(timestamp, "TestSuiteTicket", SIGNED)) is errors.BAD_TIMESTAMP


def test_the_checks_have_an_order() -> None:
    wrong = Proof("x", "t", "s")

    assert _decide(wrong, holds=False) is errors.BAD_TIMESTAMP
    assert _decide(Proof("1", "t", "s"), holds=False) is errors.STALE_TIMESTAMP
    assert _decide(Proof(str(NOW), "t", "s"), holds=False) is errors.SIGNED_TICKET
    assert _decide(Proof(str(NOW), "t", "s")) is errors.BAD_SIGNATURE
    assert _decide(Proof(str(NOW), "t", "\ud800签")) is errors.BAD_SIGNATURE


def test_the_secret_itself_proves_in_lenient_reading_alone() -> None:
    bare = Proof("", "TestSuiteTicket", "", SECRET)

    assert _decide(bare) is None
    assert _decide(bare, holds=False) is errors.SIGNED_TICKET
    assert _decide(Proof("", "TestSuiteTicket", "", "wrong")) is errors.BAD_SIGNATURE
    assert _decide(bare, strict=True) is errors.BAD_TIMESTAMP
    # A signature that is there must be right, whatever else is sent.
    assert _decide(Proof(str(NOW), "TestSuiteTicket", "s", SECRET)) is errors.BAD_SIGNATURE


def test_a_wrapped_signature_is_refused_by_strict_reading() -> None:
    assert _decide(Proof(str(NOW), "TestSuiteTicket", f"b'{SIGNED}'"), strict=True) is errors.BAD_SIGNATURE


def test_what_was_sealed_is_opened_by_its_owner_alone() -> None:
    seal = Seal(ServerKey(b"k" * 32))
    sealed = seal.seal("机密", "suite 1")

    assert seal.open(sealed, "suite 1") == "机密"
    assert sealed != seal.seal("机密", "suite 1")
    for broken, owner in (
        (sealed, "suite 2"),
        (sealed[:-1] + b"\0", "suite 1"),
        (b"\x02" + sealed[1:], "suite 1"),
        (b"", "suite 1"),
        (b"\x01", "suite 1"),
    ):
        with pytest.raises(SealBroken):
            seal.open(broken, owner)
    with pytest.raises(SealBroken):
        Seal(ServerKey(b"x" * 32)).open(sealed, "suite 1")
