"""How each refusal of the work-notification interfaces is provoked; `test_errors.py` runs them."""

from collections.abc import Callable
from typing import Any

import httpx

from harness import World, serving
from hongyan.admission.rules import ALL_STAFF, Profile
from hongyan.sandbox.faults import Fault
from office import AGENT, BASE, SUITE_AGENT, Office

Provoke = Callable[[World], httpx.Response]


def _async(**changes: Any) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        office = Office(world)
        return _post_async(office, **changes)

    return provoke


def _post_async(office: Office, *, token: str | None = None, **changes: Any) -> httpx.Response:
    body = {"agent_id": AGENT, "userid_list": "u1", "msg": {"msgtype": "text", "text": {"content": "x"}}, **changes}
    return office.world.post(f"{BASE}/asyncsend_v2", {name: value for name, value in body.items() if value is not None}, token=token)


def _msg(kind: str, **block: Any) -> Provoke:
    return _async(msg={"msgtype": kind, kind: block})


def _template(**changes: Any) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        office = Office(world)
        office.add_template("draft", "x", submit=False)
        body = {"agent_id": SUITE_AGENT, "template_id": "greeting", "userid_list": "u1", **changes}
        return world.post(f"{BASE}/sendbytemplate", {name: value for name, value in body.items() if value is not None}, token=office.suite_token)

    return provoke


def _ask(name: str, **body: Any) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        Office(world)
        return world.post(f"{BASE}/{name}", {"agent_id": AGENT, **body})

    return provoke


def _to_all_by_suite(world: World) -> httpx.Response:
    office = Office(world)
    return _post_async(office, token=office.suite_token, agent_id=SUITE_AGENT, userid_list=None, to_all_user=True)


def _all_staff_used_up(world: World) -> httpx.Response:
    office = Office(world)
    world.rule(ALL_STAFF.id, limit=1)
    return [_post_async(office, userid_list=None, to_all_user=True) for _ in range(2)][-1]


def _system(world: World) -> httpx.Response:
    office = Office(world)
    world.faults.plant(Fault("store.commit"))
    return _post_async(office)


def _strict(**changes: Any) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        folder = world.server.settings.folder.parent / "strict"
        with serving(folder, profile=Profile.STRICT) as server:
            return _post_async(Office(World(server)), **changes)

    return provoke


def _unfinished(world: World) -> httpx.Response:
    office = Office(world)
    assert world.server.application.sandbox is not None
    world.server.application.sandbox.delay_ms = 60_000
    oa = {"message_url": "https://a", "head": {"bgcolor": "FFBBBBBB", "text": "h"}, "body": {"title": "x"}}
    task_id = office.send(msg={"msgtype": "oa", "oa": oa})["task_id"]
    return world.post(f"{BASE}/status_bar/update", {"agent_id": AGENT, "task_id": task_id, "status_value": "x"})


WORK_PROVOKED: dict[str, Provoke] = {
    "top.400002.agent": _template(agent_id=AGENT),
    "top.400002.receivers": _template(userid_list='""'),
    "top.400002.recall": _ask("recall", msg_task_id=1),
    "top.885001": _template(template_id="nosuch"),
    "top.885006": _template(template_id="draft"),
    "top.500": _system,
    "top.41020": _async(agent_id=SUITE_AGENT),
    "top.40056": _async(agent_id=1),
    "top.40035": _async(userid_list=None),
    "top.41028": _to_all_by_suite,
    "top.41045": _all_staff_used_up,
    "top.40008": _msg("telegram"),
    "top.34014": _async(msg={"msgtype": "text"}),
    "top.34008": _msg("image", media_id=""),
    "top.34009": _msg("link", title="t", text="x", messageUrl=""),
    "top.34010": _msg("file", media_id=" "),
    "top.34011": _msg("voice", media_id="", duration="3"),
    "top.40007": _msg("image", media_id="@nosuch"),
    "top.34016": _msg("text", content="x" * 5001),
    "top.45002": _strict(msg={"msgtype": "text", "text": {"content": "x" * 2048}}),
    "top.41029": _strict(userid_list=",".join(f"u{n}" for n in range(101))),
    "top.41052": _unfinished,
}
