"""A limit is exact however many ask at once: the limit-th passes, the next does not."""

from typing import Any

import pytest

from concurrency.crowd import codes, crowd
from concurrency.edges import CALLERS, EVERYWHERE, check_file, try_edge
from harness import World
from hongyan.admission import rules
from hongyan.admission.rules import RULES, Mode, Rule


def test_one_uuid_is_taken_once_by_two_hundred_callers(world: World) -> None:
    world.observe_all_but()
    answers = crowd(world, [world.a_send(uuid="once", userid_list="u1,u2", text_content=f"{n}") for n in range(200)], connections=200)

    assert codes(answers) == {"0": 1, "800035": 199}
    assert len(world.inbox("u1")) == len(world.inbox("u2")) == 1
    check_file(world)


KINDS = (rules.WORK_INTERNAL, rules.WORK_THIRD_PARTY)
# These look at one call or one person alone: many callers change nothing, the edge is a size.
PER_CALL: dict[str, tuple[int, list[dict[str, Any]], list[int]]] = {
    rules.USERIDS_PER_CALL.id: (3, [{"userid_list": "u1,u2,u3"}, {"userid_list": "u1,u2,u3,u4"}], [0, 800039]),
    rules.DEPTS_PER_CALL.id: (2, [{"dep_id_list": "10,20"}, {"dep_id_list": "10,11,20"}], [0, 800040]),
    rules.ROLES_PER_CALL.id: (1, [{"roleIds": "7"}, {"roleIds": "7,7"}], [0, 41]),
}
ELSEWHERE = {rules.NOT_ACTIVATED.id, rules.BLOCKED.id, rules.NOT_ALLOWED.id}  # they count nothing; tests/property looks at them


def test_every_rule_has_its_edge_tested() -> None:
    # A call's size is looked at in tests/scenario/test_work.py; the people of one call in tests/property.
    sizes = {rule.id for kind in KINDS for rule in (kind.audience, kind.userids, kind.depts)}
    assert {*EVERYWHERE, *PER_CALL, *ELSEWHERE, *sizes} == set(RULES)


@pytest.mark.parametrize("name", EVERYWHERE)
def test_exactly_as_many_pass_as_the_limit_says(world: World, name: str) -> None:
    assert try_edge(world, name) == CALLERS


@pytest.mark.parametrize("name", PER_CALL)
def test_the_size_of_a_call_has_its_edge_at_the_limit(world: World, name: str) -> None:
    limit, changes, expected = PER_CALL[name]
    world.observe_all_but(name)
    world.rule(name, limit=limit)
    answers = [world.send(text_content=f"{n}", **({"userid_list": None} | one)) for n, one in enumerate(changes)]

    assert [answer["errcode"] for answer in answers] == expected


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.OFF])
def test_a_rule_that_is_not_enforced_refuses_nobody_and_goes_on_counting(world: World, mode: Mode) -> None:
    rule: Rule = rules.SENDS_PER_DAY
    world.observe_all_but()
    world.rule(rule.id, mode=mode, limit=5)
    assert codes(crowd(world, [world.a_send(userid_list="u1,u2", text_content=f"{n}") for n in range(20)])) == {"0": 20}

    world.rule(rule.id, mode=Mode.ENFORCE, limit=21)
    assert codes(crowd(world, [world.a_send(userid_list="u1,u2", text_content=f"x{n}") for n in range(20)])) == {"0": 1, "800014": 19}
