"""The demo's month: every message type, every day of the week, and nothing that the company could not have sent."""

import pytest

from hongyan.messages.bodies import AnyBody, check_body, type_of
from hongyan.sandbox.demo_plan import DAYS, plan_month


@pytest.mark.parametrize("weekday", range(7))
def test_the_month_has_every_message_type_and_no_bad_one(weekday: int) -> None:
    plan = plan_month(weekday)

    assert {type_of(one.body) for one in plan} == {type_of_class(one) for one in AnyBody.__args__}  # type: ignore[attr-defined]
    assert [problem for one in plan if (problem := check_body(one.body))] == []
    assert all(0 <= one.days_ago < DAYS for one in plan)
    assert {one.days_ago for one in plan} == set(range(DAYS))


def test_the_month_is_the_same_each_time() -> None:
    assert plan_month(3) == plan_month(3)


def type_of_class(body: type) -> str:
    return str(body.__struct_config__.tag)  # type: ignore[attr-defined]
