"""A limit is exact however many ask at once: the limit-th passes, the next does not."""

from collections import Counter
from typing import Any

import pytest

from concurrency.crowd import codes, crowd
from crash.consistency import contradictions
from harness import World
from hongyan.admission import rules
from hongyan.admission.rules import RULES, Mode, Rule
from office import AGENT, BASE, Office


def _sound(world: World, *, same_content_enforced: bool = True) -> None:
    path = world.server.settings.folder / "hongyan.db"
    assert contradictions(path, same_content_enforced=same_content_enforced) == []


def test_one_uuid_is_taken_once_by_two_hundred_callers(world: World) -> None:
    world.observe_all_but()
    answers = crowd(world, [world.a_send(uuid="once", userid_list="u1,u2", text_content=f"{n}") for n in range(200)], connections=200)

    assert codes(answers) == {"0": 1, "800035": 199}
    assert len(world.inbox("u1")) == len(world.inbox("u2")) == 1
    _sound(world)


def test_a_hundred_single_sends_a_day_and_not_one_more(world: World) -> None:
    world.observe_all_but(rules.SINGLE_PER_PERSON.id)
    answers = crowd(world, [world.a_send(text_content=f"{n}") for n in range(2000)])

    assert codes(answers) == {"0": 100, "800017": 1900}
    _sound(world)


ASYNC_SEND = f"{BASE}/asyncsend_v2"
KINDS = (rules.WORK_INTERNAL, rules.WORK_THIRD_PARTY)
_TEXTS = {"text_content": "{n}"}
# rule → limit, what each of the callers sends, the code of those beyond
AT_THE_EDGE: dict[str, tuple[int, dict[str, Any], str]] = {
    rules.ACCOUNT_QPS.id: (10, {}, "800055"),
    rules.ACCOUNT_QPM.id: (300, {}, "800056"),
    rules.BROAD_FREQUENCY.id: (10, {"dep_id_list": [10], "userid_list": None}, "800013"),
    rules.SINGLE_PER_PERSON.id: (100, {}, "800017"),
    rules.SENDS_PER_DAY.id: (100, {"userid_list": "u1,u2"}, "800014"),
    rules.PERSON_TIMES.id: (5, {"userid_list": "u1,u2,u3,u4,u5"}, "800057"),  # 5 × 12 people = 60 = 12 sends to five
    rules.APP_API_QPS.id: (20, {}, "88/90018"),
    rules.API_QPS.id: (30, {}, "88/90002"),
    rules.CORP_MONTH.id: (40, {}, "88/90020"),
}
ACCEPTED = {rules.PERSON_TIMES.id: 12}
# These look at one call or one person alone: many callers change nothing, the edge is a size.
PER_CALL: dict[str, tuple[int, list[dict[str, Any]], list[int]]] = {
    rules.USERIDS_PER_CALL.id: (3, [{"userid_list": "u1,u2,u3"}, {"userid_list": "u1,u2,u3,u4"}], [0, 800039]),
    rules.DEPTS_PER_CALL.id: (2, [{"dep_id_list": "10,20"}, {"dep_id_list": "10,11,20"}], [0, 800040]),
    rules.ROLES_PER_CALL.id: (1, [{"roleIds": "7"}, {"roleIds": "7,7"}], [0, 41]),
}
ELSEWHERE = {  # what is left out is a person, or the whole task, or the address
    rules.AUDIENCE_CAP.id: "test_the_cap_fails_what_is_larger",
    rules.SAME_CONTENT.id: "test_one_content_reaches_each_person_once",
    rules.IP_BUDGET.id: "test_an_address_over_its_budget_is_banned",
    rules.NOT_ACTIVATED.id: "tests/property",
    rules.BLOCKED.id: "tests/property",
    rules.NOT_ALLOWED.id: "tests/property",
}


def test_every_rule_has_its_edge_tested() -> None:
    notices = {name for name in RULES if name.startswith("work.")}
    assert {*AT_THE_EDGE, *PER_CALL, *ELSEWHERE} == set(RULES) - notices
    # A call's size is looked at in tests/scenario/test_work.py; the people of a call and its contents in tests/property.
    sizes = {rule.id for kind in KINDS for rule in (kind.audience, kind.userids, kind.depts)}
    assert notices - sizes == {rule.id for kind in KINDS for rule in (kind.receivers, kind.person, kind.same_content)} | {rules.ALL_STAFF.id}


@pytest.mark.parametrize("name", AT_THE_EDGE)
def test_exactly_as_many_pass_as_the_limit_says(world: World, name: str) -> None:
    limit, changes, beyond = AT_THE_EDGE[name]
    world.observe_all_but(name)
    world.rule(name, mode=Mode.ENFORCE, limit=limit)
    passes = ACCEPTED.get(name, limit)
    answers = crowd(world, [world.a_send(text_content=f"{n}", **changes) for n in range(passes * 3 + 50)])

    assert codes(answers) == {"0": passes, beyond: passes * 2 + 50}
    _sound(world, same_content_enforced=False)


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


def test_the_cap_fails_what_is_larger(world: World) -> None:
    world.observe_all_but(rules.AUDIENCE_CAP.id)
    world.rule(rules.AUDIENCE_CAP.id, limit=11)
    answers = crowd(world, [world.a_send(is_to_all=True, userid_list=None, text_content=f"{n}") for n in range(40)])
    assert codes(answers) == {"0": 40}
    assert world.inbox("u1") == []
    assert world.people(answers[0]["task_id"], "failed") == {f"u{n}" for n in range(1, 13)}

    world.rule(rules.AUDIENCE_CAP.id, limit=12)
    assert world.people(world.send_ok(is_to_all=True, userid_list=None), "unread") == {f"u{n}" for n in range(1, 13)}
    _sound(world)


def test_one_content_reaches_each_person_once(world: World) -> None:
    world.observe_all_but(rules.SAME_CONTENT.id)
    audiences: list[dict[str, Any]] = [
        {"userid_list": "u1,u2,u3"},
        {"userid_list": None, "dep_id_list": [10]},
        {"userid_list": None, "roleIds": "7"},
        {"userid_list": None, "is_to_all": True},
    ]
    answers = crowd(world, [world.a_send(text_content="same", **audiences[n % 4]) for n in range(400)])

    assert codes(answers) == {"0": 400}
    assert {userid: len(world.inbox(userid)) for userid in ("u1", "u2", "u7", "u12")} == {"u1": 1, "u2": 1, "u7": 1, "u12": 1}
    _sound(world)


def test_an_address_over_its_budget_is_banned(world: World) -> None:
    world.observe_all_but(rules.IP_BUDGET.id)
    world.rule(rules.IP_BUDGET.id, mode=Mode.ENFORCE, limit=50)
    answers = crowd(world, [world.a_send(text_content=f"{n}") for n in range(200)])

    assert Counter(answer.get("status", answer.get("errcode")) for answer in answers) == {0: 50, 1111: 150}


# rule of an internal app's notices → limit, what each of 120 callers sends, how many of them get through to u1
NOTICES: dict[str, tuple[int, dict[str, Any], int]] = {
    rules.WORK_INTERNAL.receivers.id: (30, {"userid_list": "u1"}, 30),
    rules.WORK_INTERNAL.person.id: (30, {"userid_list": "u1"}, 30),
    rules.WORK_INTERNAL.same_content.id: (1, {"userid_list": "u1", "same": True}, 1),
}


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_limit_lets_exactly_as_many_through(world: World, name: str) -> None:
    limit, asked, passes = NOTICES[name]
    office = Office(world)
    world.observe_all_but(name)
    world.rule(name, limit=limit)
    answers = crowd(world, [_notice(n, same=asked.get("same", False)) for n in range(120)], path=ASYNC_SEND)

    assert codes(answers) == {"0": 120}, "a notice is never refused; people are left out"
    delivered = [answer for answer in answers if office.result(answer["task_id"])["unread_user_id_list"] == ["u1"]]
    assert len(delivered) == passes
    _sound(world, same_content_enforced=False)


def test_everybody_is_written_to_three_times_a_day_and_not_once_more(world: World) -> None:
    Office(world)
    world.observe_all_but(rules.ALL_STAFF.id)
    answers = crowd(world, [_notice(n, to_all_user=True, userid_list=None) for n in range(60)], path=ASYNC_SEND)

    assert codes(answers) == {"0": 3, "41045": 57}


def _notice(n: int, *, same: bool = False, **changes: Any) -> dict[str, Any]:
    msg = {"msgtype": "text", "text": {"content": "x" if same else f"{n}"}}
    body = {"agent_id": AGENT, "userid_list": "u1", "msg": msg, **changes}
    return {name: value for name, value in body.items() if value is not None}
