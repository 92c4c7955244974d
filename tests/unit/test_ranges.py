"""A number that would make the server useless is refused at the start, with a sentence that says what may be."""

import re
from pathlib import Path

import msgspec
import pytest

from hongyan.app.ranges import RANGES
from hongyan.app.settings import BadSetting, Settings, load_settings

DOCS = Path(__file__).parents[2] / "docs" / "operating.md"


def _refusal(name: str, value: object) -> str:
    with pytest.raises(BadSetting) as refused:
        load_settings({}, environ={f"HONGYAN_{name.upper()}": str(value)})
    return str(refused.value)


@pytest.mark.parametrize("name", RANGES)
def test_both_ends_of_a_range_are_taken(name: str) -> None:
    for end in RANGES[name]:
        given = str(int(end)) if end == int(end) else str(end)
        assert getattr(load_settings({}, environ={f"HONGYAN_{name.upper()}": given}), name) == end


@pytest.mark.parametrize("name", RANGES)
def test_what_lies_beyond_is_refused_by_name_value_and_range(name: str) -> None:
    least, most = RANGES[name]
    below = -1 if least >= 0 else least - 1
    for value in (below, int(most) + 1):
        said = _refusal(name, value)
        assert said.startswith(f"{name} must be {least:,} to {most:,}, not {value}")


@pytest.mark.parametrize("name", [name for name, allowed in RANGES.items() if allowed.least > 0])
def test_nothing_is_too_little_where_something_is_needed(name: str) -> None:
    assert f"{name} must be" in _refusal(name, 0)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "many"])
@pytest.mark.parametrize("name", ["idle_seconds", "connections"])
def test_what_is_no_number_is_refused(name: str, value: str) -> None:
    assert _refusal(name, value) == f"{name} must be {RANGES[name]}, not {value}"


def test_every_number_has_a_range_that_holds_its_default() -> None:
    numbers = {field.name: field.default for field in msgspec.structs.fields(Settings) if field.type in (int, float)}

    assert numbers.keys() == RANGES.keys()
    assert [name for name, default in numbers.items() if not RANGES[name].holds(default)] == []


def test_the_docs_have_the_same_ranges() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d.,]+ to [\d.,]+) \|$", DOCS.read_text("utf-8"), re.MULTILINE)

    assert rows == [(name, str(allowed)) for name, allowed in RANGES.items()]
