"""The threat model and the table of requirements name tests that exist, and leave no requirement out."""

import re
import ssl
from pathlib import Path

import pytest

from hongyan.access.guesses import EVERYWHERE, FREE_TRIES, GuessLimits
from hongyan.access.operators import IDLE_MS, LINK_MS, SESSION_MS
from hongyan.access.passwords import LENGTH_MAX, LENGTH_MIN
from hongyan.app.tls import server_context
from hongyan.model import errors
from hongyan.model.clock import DAY_MS, HOUR_MS, MINUTE_MS

ROOT = Path(__file__).parents[2]
SECURITY, ASVS = ROOT / "docs" / "security.md", ROOT / "docs" / "asvs.md"
_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
_ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)
# The numbers of OWASP ASVS 5.0.0, by section.
LEVEL_1 = (
    "1.2: 1 2 3 4 5; 1.3: 1 2; 1.5: 1; 2.1: 1; 2.2: 1 2; 2.3: 1; 3.2: 1 2; 3.3: 1; 3.4: 1 2; 3.5: 1 2 3; 4.1: 1; 4.4: 1; 5.2: 1 2; 5.3: 1 2; "
    "6.1: 1; 6.2: 1 2 3 4 5 6 7 8; 6.3: 1 2; 6.4: 1 2; 7.2: 1 2 3 4; 7.4: 1 2; 8.1: 1; 8.2: 1 2; 8.3: 1; 9.1: 1 2 3; 9.2: 1; 10.4: 1 2 3 4 5; "
    "11.3: 1 2; 11.4: 1; 12.1: 1; 12.2: 1 2; 13.4: 1; 14.2: 1; 14.3: 1; 15.1: 1; 15.2: 1; 15.3: 1"
)
LEVEL_2 = (
    "1.1: 1 2; 1.2: 6 7 8 9; 1.3: 3 4 5 6 7 8 9 10 11; 1.4: 1 2 3; 1.5: 2; 2.1: 2 3; 2.2: 3; 2.3: 2 3 4; 2.4: 1; 3.3: 2 3 4; 3.4: 3 4 5 6; 3.5: 4 5; "
    "3.7: 1 2; 4.1: 2 3; 4.2: 1; 4.3: 1 2; 4.4: 2 3 4; 5.1: 1; 5.2: 3; 5.4: 1 2 3; 6.1: 2 3; 6.2: 9 10 11 12; 6.3: 3 4; 6.4: 3 4; 6.5: 1 2 3 4 5; "
    "6.6: 1 2 3; 6.8: 1 2 3 4; 7.1: 1 2 3; 7.3: 1 2; 7.4: 3 4 5; 7.5: 1 2; 7.6: 1 2; 8.1: 2; 8.2: 3; 8.4: 1; 9.2: 2 3 4; 10.1: 1 2; 10.2: 1 2; "
    "10.3: 1 2 3 4; 10.4: 6 7 8 9 10 11; 10.5: 1 2 3 4 5; 10.6: 1 2; 10.7: 1 2 3; 11.1: 1 2; 11.2: 1 2 3; 11.3: 3; 11.4: 2 3 4; 11.5: 1; 11.6: 1; "
    "12.1: 2 3; 12.3: 1 2 3 4; 13.1: 1; 13.2: 1 2 3 4 5; 13.3: 1 2; 13.4: 2 3 4 5; 14.1: 1 2; 14.2: 2 3 4; 14.3: 2 3; 15.1: 2 3; 15.2: 2 3; "
    "15.3: 2 3 4 5 6 7; 16.1: 1; 16.2: 1 2 3 4 5; 16.3: 1 2 3 4; 16.4: 1 2 3; 16.5: 1 2 3; 17.1: 1; 17.2: 1 2 3 4; 17.3: 1 2"
)


def _numbers(text: str) -> list[str]:
    sections = (section.split(":") for section in text.split(";"))
    return [f"{name.strip()}.{number}" for name, numbers in sections for number in numbers.split()]


def _missing(document: Path) -> list[str]:
    """The tests that a document names and that are not there."""
    return [f"{file}::{name}" for file, name in _TEST.findall(document.read_text("utf-8")) if not _is_there(ROOT / "tests" / file, name)]


def _is_there(path: Path, name: str) -> bool:
    return path.is_file() and f"def {name}(" in path.read_text("utf-8")


def test_the_threat_model_names_only_tests_that_exist() -> None:
    assert len(_TEST.findall(SECURITY.read_text("utf-8"))) >= 30
    assert _missing(SECURITY) == []


def test_the_table_of_requirements_names_only_tests_that_exist() -> None:
    assert _missing(ASVS) == []


@pytest.mark.parametrize(("level", "numbers", "count"), [("1", LEVEL_1, 70), ("2", LEVEL_2, 183)])
def test_no_requirement_is_left_out_or_made_up(level: str, numbers: str, count: int) -> None:
    listed = [row[0] for row in _ROW.findall(ASVS.read_text("utf-8")) if row[1] == level]

    assert sorted(listed) == sorted(_numbers(numbers)) and len(listed) == count


def test_every_requirement_has_a_state_and_what_is_met_a_test() -> None:
    rows = _ROW.findall(ASVS.read_text("utf-8"))
    for number, _, _, state, tests in rows:
        assert state.startswith(("met", "not met: ", "not met by itself: ", "not applicable: ")), number
        assert not state.startswith("met") or _TEST.search(tests), number
        assert _TEST.sub("", tests).strip() == "", f"{number} names something that is no test"


def test_the_counts_above_the_table_are_those_of_the_table() -> None:
    text = ASVS.read_text("utf-8")
    for level in "12":
        states = [row[3] for row in _ROW.findall(text) if row[1] == level]
        met, blank = sum(state.startswith("met") for state in states), sum(state.startswith("not applicable") for state in states)
        assert f"Level {level}: {len(states)} requirements, {met} met, {blank} not applicable, {len(states) - met - blank} not met." in text


def test_the_figures_of_the_text_are_those_of_the_code() -> None:
    text = SECURITY.read_text("utf-8")
    limits = GuessLimits()
    for said in (
        f"| one key from one address | {limits.per_key} (",
        f"whatever the key | {limits.per_address} (",
        f"from all addresses | {limits.per_key * EVERYWHERE} (",
        f"an operator's name | {FREE_TRIES} in a row",
        f"after {IDLE_MS // HOUR_MS} idle hours and after {SESSION_MS // DAY_MS} days",
        f"Passwords have {LENGTH_MIN} to {LENGTH_MAX} characters",
        f"`{errors.CLASSIC_GUESSES.errcode}`",
        errors.CLASSIC_GUESSES.errmsg,
        errors.V1_API_QPS.code,
    ):
        assert said in text, said
    assert LINK_MS == 10 * MINUTE_MS and "within ten minutes" in text


def test_how_fast_weaknesses_are_mended_is_written_down() -> None:
    assert re.search(r"mended within \d+ days", SECURITY.read_text("utf-8"))
    assert re.search(r"replaced within \d+ days", SECURITY.read_text("utf-8"))


def test_only_tls_1_2_and_later_is_spoken(tmp_path: Path) -> None:
    from hongyan.app.intercept.authority import issue
    from hongyan.model.ids import EpochMs

    issued = issue(("hongyan.test",), EpochMs(1_790_000_000_000))
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    certificate.write_bytes(issued.chain)
    key.touch(0o600)
    key.write_bytes(issued.key)
    context = server_context(certificate, key)

    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert all(cipher["strength_bits"] >= 128 for cipher in context.get_ciphers())
