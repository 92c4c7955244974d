"""Every rule at its limit, with the clock standing still: who asks, how many, and how many may pass."""

from collections import Counter
from typing import Any, NamedTuple

from concurrency.crowd import codes, crowd
from crash.consistency import contradictions
from harness import World
from hongyan.admission import rules
from hongyan.admission.rules import WORK_INTERNAL, WORK_THIRD_PARTY, Mode, WorkRules
from office import AGENT, BASE, SUITE_AGENT, Office

CALLERS = 2000  # requests at a limit, all on their way at once
SOCKETS = 2000
ASYNC_SEND, BY_TEMPLATE = f"{BASE}/asyncsend_v2", f"{BASE}/sendbytemplate"


class Edge(NamedTuple):
    """`asks` is what each caller changes in a send to u1; `passes` are answered with 0, the others with `beyond`."""

    limit: int
    asks: dict[str, Any]
    beyond: str
    passes: int


def _edge(limit: int, asks: dict[str, Any], beyond: str, passes: int | None = None) -> Edge:
    return Edge(limit, asks, beyond, limit if passes is None else passes)


# Mass sends and the gateway: a call is refused.
CALLS: dict[str, Edge] = {
    rules.ACCOUNT_QPS.id: _edge(10, {}, "800055"),
    rules.ACCOUNT_QPM.id: _edge(300, {}, "800056"),
    rules.BROAD_FREQUENCY.id: _edge(10, {"dep_id_list": [10], "userid_list": None}, "800013"),
    rules.SINGLE_PER_PERSON.id: _edge(100, {}, "800017"),
    rules.SENDS_PER_DAY.id: _edge(100, {"userid_list": "u1,u2"}, "800014"),
    rules.PERSON_TIMES.id: _edge(5, {"userid_list": "u1,u2,u3,u4,u5"}, "800057", 12),  # 5 × 12 people = 60 = 12 sends to five
    rules.APP_API_QPS.id: _edge(20, {}, "88/90018"),
    rules.API_QPS.id: _edge(30, {}, "88/90002"),
    rules.CORP_MONTH.id: _edge(40, {}, "88/90020"),
}


def _notices(kind: WorkRules) -> dict[str, int]:
    return {kind.receivers.id: 30, kind.person.id: 30, kind.same_content.id: 1}


# Work notices: the call is accepted and people are left out. How many calls reach u1.
NOTICES: dict[str, int] = _notices(WORK_INTERNAL) | _notices(WORK_THIRD_PARTY)
EVERYWHERE = (*CALLS, *NOTICES, rules.ALL_STAFF.id, rules.SAME_CONTENT.id, rules.AUDIENCE_CAP.id, rules.IP_BUDGET.id)


def check_file(world: World, *, same_content_enforced: bool = False) -> None:
    path = world.server.settings.folder / "hongyan.db"
    found = contradictions(path, same_content_enforced=same_content_enforced)
    assert found == [], found


def try_edge(world: World, name: str, callers: int = CALLERS) -> int:
    """Ask as often as `callers` says and check that exactly the limit passed; answers how many requests were made."""
    world.observe_all_but(name)
    if name in CALLS:
        _try_calls(world, name, callers)
    elif name in NOTICES:
        _try_notices(world, name, callers)
    else:
        _OTHERS[name](world, callers)
    check_file(world, same_content_enforced=name == rules.SAME_CONTENT.id)
    return callers


def _crowd(world: World, bodies: list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
    return crowd(world, bodies, connections=SOCKETS, **options)


def _try_calls(world: World, name: str, callers: int) -> None:
    edge = CALLS[name]
    world.rule(name, mode=Mode.ENFORCE, limit=edge.limit)
    answers = _crowd(world, [world.a_send(text_content=f"{n}", **edge.asks) for n in range(callers)])

    assert codes(answers) == {"0": edge.passes, edge.beyond: callers - edge.passes}, name


def _try_notices(world: World, name: str, callers: int) -> None:
    office, passes = Office(world), NOTICES[name]
    world.rule(name, limit=passes)
    same = name.endswith("same_content")
    if name.startswith("work.internal"):
        answers = _crowd(world, [notice(n, same=same) for n in range(callers)], path=ASYNC_SEND)
    else:
        bodies = [_template_notice(n, same=same) for n in range(callers)]
        answers = _crowd(world, bodies, path=BY_TEMPLATE, token=office.suite_token)

    assert codes(answers) == {"0": callers}, "a notice is never refused; people are left out"
    reached = world.admin("GET", "/inboxes/u1", params={"limit": 1000}).json()["entries"]
    assert len(reached) == passes, name


def notice(n: int, *, same: bool = False, **changes: Any) -> dict[str, Any]:
    msg = {"msgtype": "text", "text": {"content": "x" if same else f"{n}"}}
    body = {"agent_id": AGENT, "userid_list": "u1", "msg": msg, **changes}
    return {name: value for name, value in body.items() if value is not None}


def _template_notice(n: int, *, same: bool) -> dict[str, Any]:
    return {"agent_id": SUITE_AGENT, "template_id": "greeting", "userid_list": "u1", "data": {"name": "x" if same else f"{n}", "名字": "y"}}


def _try_all_staff(world: World, callers: int) -> None:
    Office(world)
    answers = _crowd(world, [notice(n, to_all_user=True, userid_list=None) for n in range(callers)], path=ASYNC_SEND)

    assert codes(answers) == {"0": 3, "41045": callers - 3}


def _try_same_content(world: World, callers: int) -> None:
    audiences: list[dict[str, Any]] = [
        {"userid_list": "u1,u2,u3"},
        {"userid_list": None, "dep_id_list": [10]},
        {"userid_list": None, "roleIds": "7"},
        {"userid_list": None, "is_to_all": True},
    ]
    answers = _crowd(world, [world.a_send(text_content="same", **audiences[n % 4]) for n in range(callers)])

    assert codes(answers) == {"0": callers}
    assert {userid: len(world.inbox(userid)) for userid in ("u1", "u2", "u7", "u12")} == {"u1": 1, "u2": 1, "u7": 1, "u12": 1}


def _try_cap(world: World, callers: int) -> None:
    world.rule(rules.AUDIENCE_CAP.id, limit=11)
    answers = _crowd(world, [world.a_send(is_to_all=True, userid_list=None, text_content=f"{n}") for n in range(callers)])
    assert codes(answers) == {"0": callers}
    assert world.inbox("u1") == []
    assert world.people(answers[0]["task_id"], "failed") == {f"u{n}" for n in range(1, 13)}

    world.rule(rules.AUDIENCE_CAP.id, limit=12)
    assert world.people(world.send_ok(is_to_all=True, userid_list=None), "unread") == {f"u{n}" for n in range(1, 13)}


def _try_address(world: World, callers: int) -> None:
    world.rule(rules.IP_BUDGET.id, mode=Mode.ENFORCE, limit=50)
    answers = _crowd(world, [world.a_send(text_content=f"{n}") for n in range(callers)])

    assert Counter(answer.get("status", answer.get("errcode")) for answer in answers) == {0: 50, 1111: callers - 50}


_OTHERS = {
    rules.ALL_STAFF.id: _try_all_staff,
    rules.SAME_CONTENT.id: _try_same_content,
    rules.AUDIENCE_CAP.id: _try_cap,
    rules.IP_BUDGET.id: _try_address,
}
