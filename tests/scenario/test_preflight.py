"""Preflight answers what a send would do, with the send's own request, and spends nothing."""

from typing import Any

from harness import World
from hongyan.admission import rules
from office import SUITE_AGENT, Office

MASS, TEMPLATE = "/hongyan/v1/preflight/mass-send", "/hongyan/v1/preflight/template-send"


def _ask(world: World, **changes: Any) -> dict[str, Any]:
    return world.post(MASS, world.a_send(**changes)).json()


def test_it_names_who_would_get_it_and_who_not(world: World) -> None:
    world.send_ok(userid_list="u3,u6", text_content="同文")
    answer = _ask(world, userid_list="u1", dep_id_list="10,99", text_content="同文")

    assert (answer["would_succeed"], answer["addressed"]) == (True, 8)
    assert set(answer["delivered"]["userids"]) == {"u1", "u4", "u7", "u9", "u10", "u12"}
    assert [(one["rule"], sorted(one["userids"])) for one in answer["filtered"]] == [(rules.SAME_CONTENT.id, ["u3", "u6"])]
    assert answer["invalid"] == {"depts": [99]}


def test_what_it_says_is_what_the_send_does_and_it_spends_nothing(world: World) -> None:
    world.observe_all_but(rules.SINGLE_PER_PERSON.id)
    world.rule(rules.SINGLE_PER_PERSON.id, limit=1)
    body = world.a_send(uuid="mine")
    for _ in range(3):
        assert world.post(MASS, body).json()["would_succeed"]
    assert world.post("/topapi/message/mass/send", body).json()["errcode"] == 0

    again = world.post(MASS, body).json()
    assert (again["would_succeed"], again["errcode"]) == (False, 800035)
    other = _ask(world)
    assert (other["errcode"], other["rules"][-1]["used"], other["rules"][-1]["limit"]) == (800017, 1, 1)
    assert len(world.inbox("u1")) == 1


def test_a_bad_request_is_told_with_the_member(world: World) -> None:
    answer = _ask(world, text_content="")

    assert (answer["errcode"], answer["member"]) == (800020, "text_content")


def test_a_template_send_is_foreseen_too(world: World) -> None:
    office = Office(world)
    office.by_template(userid_list="u1")
    body = {"agent_id": SUITE_AGENT, "template_id": "greeting", "userid_list": "u1,u2,ghost", "data": {"name": "张三"}}
    answer = world.post(TEMPLATE, body, token=office.suite_token).json()

    assert answer["delivered"]["userids"] == ["u2"]
    assert [(one["code"], one["userids"]) for one in answer["filtered"]] == [("143206", ["u1"])]
    assert answer["invalid"] == {"userids": ["ghost"]}
    assert world.post(TEMPLATE, body | {"template_id": "nosuch"}, token=office.suite_token).json()["errcode"] == 885001
