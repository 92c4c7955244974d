"""Ids and time."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.model.clock import DAY_MS, HOUR_MS, day_end, day_of, day_start, is_zone, iso
from hongyan.model.ids import EpochMs, Seq, mass_task_id, next_seq, parse_mass_task_id, seq_ms

SHANGHAI = "Asia/Shanghai"


@given(st.integers(0, (1 << 53) - 1))
def test_a_task_id_names_its_task(number: int) -> None:
    text = mass_task_id(Seq(number))

    assert parse_mass_task_id(text) == number
    assert text.isalnum() and text.isascii() and len(text) <= 128


def test_neighbours_look_nothing_alike_and_are_all_different() -> None:
    texts = [mass_task_id(Seq(7_782_167_347_200_000 + n)) for n in range(5000)]

    assert len(set(texts)) == 5000
    assert sum(a[4] == b[4] for a, b in itertools.pairwise(texts)) < 1000


@given(st.text(max_size=40))
def test_a_foreign_text_names_no_task(text: str) -> None:
    number = parse_mass_task_id(text)

    assert number is None or mass_task_id(number) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "106689",
        "msgP9aYVMkfTvWGmr+VabHsyQ==",
        "pushW1YOkyX5RDV5a2rjeI2SswiEiE",
        "push" + "z" * 11 + "iEiE",  # above 64 bits: another spelling of a number we print otherwise
        mass_task_id(Seq(5)) + " ",
        mass_task_id(Seq(5)).lower(),
        "push" + "é" * 11 + "iEiE",
        mass_task_id(Seq(1 << 53)),
    ],
)
def test_a_text_we_never_printed_names_no_task(text: str) -> None:
    assert parse_mass_task_id(text) is None


def test_sequence_numbers_only_grow() -> None:
    now = EpochMs(1_900_000_000_000)
    first = next_seq(Seq(0), now)

    assert seq_ms(first) == now and first < 1 << 53
    assert next_seq(first, now) == first + 1
    assert next_seq(first, EpochMs(now - DAY_MS)) == first + 1
    assert next_seq(first, EpochMs(now + 1)) == (now + 1) << 12


@pytest.mark.parametrize("zone", [SHANGHAI, "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])
@given(at=st.integers(946_684_800_000, 4_000_000_000_000))
def test_a_moment_lies_in_its_day(zone: str, at: int) -> None:
    day = day_of(EpochMs(at), zone)

    assert day_start(day, zone) <= at < day_end(day, zone)


def test_a_day_begins_at_midnight_of_its_zone() -> None:
    midnight = EpochMs(1_900_000_000_000 - 1_900_000_000_000 % DAY_MS - 8 * HOUR_MS)

    assert iso(midnight, SHANGHAI).endswith("T00:00:00+08:00")
    assert day_of(EpochMs(midnight - 1), SHANGHAI) + 1 == day_of(midnight, SHANGHAI)
    assert day_start(day_of(midnight, SHANGHAI), SHANGHAI) == midnight


def test_a_day_with_a_clock_change_has_another_length() -> None:
    day = day_of(EpochMs(1_774_749_600_000), "Europe/Berlin")  # 29 March 2026

    assert day_end(day, "Europe/Berlin") - day_start(day, "Europe/Berlin") == 23 * HOUR_MS


@pytest.mark.parametrize(
    ("name", "known"), [(SHANGHAI, True), ("UTC", True), ("Mars/Base", False), ("", False), ("../etc/passwd", False), ("a\0b", False)]
)
def test_which_zones_there_are(name: str, known: bool) -> None:
    assert is_zone(name) is known
