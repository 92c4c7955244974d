"""Organisation, apps, accounts, rules, tasks and inboxes as an operator uses them."""

import asyncio
from typing import Any

import pytest

from hongyan.control.inboxes import EventStream, _reader_txn, event_stream  # pyright: ignore[reportPrivateUsage]
from hongyan.directory.audience import Selectors
from hongyan.model.clock import DAY_MS
from hongyan.model.ids import Seq

INBOX = "/corps/acme/inboxes/ann"


def test_people_are_paged_and_searched(acme: Any) -> None:
    first = acme.get("/corps/acme/users?limit=2")

    assert [one["userid"] for one in first["users"]] == ["ann", "bob"]
    assert [one["userid"] for one in acme.get(f"/corps/acme/users?limit=2&after={first['next']}")["users"]] == ["cid"]
    assert [one["userid"] for one in acme.get("/corps/acme/users?search=AN")["users"]] == ["ann"]


def test_a_change_happens_whole_or_not_at_all(acme: Any) -> None:
    good = {"users": [{"userid": "dan", "name": "Dan", "depts": [2]}], "leave": ["bob"]}
    bad = good | {"departments": [{"dept": 5, "name": "D", "parent": 77}]}

    refused = acme.request("POST", "/corps/acme/changes", status=422, json=bad).json()["error"]
    assert refused["details"] == [{"subject": "department:5", "reason": "its parent 77 does not exist"}]
    assert acme.post("/corps/acme/changes", good)["headcount"] == 3
    assert acme.get("/corps/acme/users/bob")["left_at"] is not None


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        ({"users": [{"userid": "x", "name": "X"}, {"userid": "x", "name": "X"}]}, "user:x"),
        ({"users": [{"userid": "x", "name": " "}]}, "user:x"),
        ({"users": [{"userid": "ann", "name": "A"}], "leave": ["ann"]}, "user:ann"),
        ({"departments": [{"dept": -1, "name": "D"}]}, "department:-1"),
        ({"remove_departments": [3]}, "department:3"),
        ({"remove_departments": [1 << 64]}, f"department:{1 << 64}"),
        ({"remove_roles": [-1]}, "role:-1"),
        ({"remove_groups": [32589158477190044729]}, "role_group:32589158477190044729"),
    ],
)
def test_a_bad_change_names_its_entry(acme: Any, change: dict[str, Any], subject: str) -> None:
    refused = acme.post("/corps/acme/changes", change, 422)

    assert subject in [one["subject"] for one in refused["error"]["details"]]


def test_an_apps_secret_is_shown_once(acme: Any) -> None:
    made = acme.post("/corps/acme/apps", {"name": "Two", "allow_ips": ["10.0.0.0/8"]}, 201)

    renewed = acme.post(f"/apps/{made['app_key']}/secret")
    assert len(made["secret"]) == len(renewed["secret"]) == 64
    assert made["secret"] != renewed["secret"]
    assert "secret" not in str(acme.get("/corps/acme/apps"))
    assert acme.code("POST", "/corps/acme/apps", 409, json={"name": "x", "app_key": "key"}) == "app_exists"


def test_an_app_is_changed_disabled_and_enabled(acme: Any) -> None:
    changed = acme.patch("/apps/key", {"name": "New", "scopes": ["b", "a"], "disabled": True})

    assert (changed["name"], changed["scopes"], changed["disabled_at"] is None) == ("New", ["a", "b"], False)
    assert acme.patch("/apps/key", {"disabled": False})["disabled_at"] is None
    assert acme.code("PATCH", "/apps/key", 422, json={"allow_ips": ["10.0.0.300"]}) == "invalid"
    assert acme.code("PATCH", "/apps/none", 404, json={}) == "unknown_app"
    assert acme.code("POST", "/apps/none/secret", 404) == "unknown_app"


def test_an_app_that_is_not_internal_is_installed(acme: Any) -> None:
    body = {"name": "Suite", "app_key": "suite", "kind": "third_party"}

    assert acme.code("POST", "/corps/acme/apps", 422, json=body) == "invalid"
    acme.post("/corps/acme/apps", body | {"agent_id": 9}, 201)
    assert "suite" in [one["app_key"] for one in acme.get("/corps/acme/apps")["apps"]]
    assert acme.code("POST", "/corps/acme/apps", 409, json=body | {"agent_id": 9, "app_key": "other"}) == "agent_id_taken"
    assert "other" not in str(acme.get("/corps/acme/apps"))


def test_disabling_an_account_is_final(acme: Any) -> None:
    made = acme.post("/corps/acme/accounts", {"name": "Two", "operators": ["ann"]}, 201)
    path = f"/corps/acme/accounts/{made['unionid']}"

    assert acme.code("PATCH", path, 409, json={"name": "News"}) == "account_conflict"
    assert acme.patch(path, {"allow_all": False, "allow_depts": [2]})["allow_depts"] == [2]
    assert acme.patch(path, {"disabled": True})["disabled_at"] is not None
    assert acme.patch(path, {"disabled": True})["disabled_at"] is not None
    assert acme.code("PATCH", path, 409, json={"disabled": False}) == "account_disabled"
    assert [one["unionid"] for one in acme.get("/corps/acme/accounts")["accounts"]] == ["acc"]


def rule(caller: Any, name: str, query: str = "") -> Any:
    return next(one for one in caller.get(f"/corps/acme/rules{query}")["rules"] if one["rule"] == name)


def test_a_rule_is_changed_by_the_closest_setting_and_goes_back(acme: Any) -> None:
    name = "mass.sends_per_day"
    acme.put(f"/rules/{name}", {"limit": 7})
    acme.put(f"/corps/acme/rules/{name}", {"scope": "sender", "subject": "acc", "limit": 5, "mode": "observe"})

    assert rule(acme, name)["limit"] == 7
    assert (rule(acme, name, "?account=acc")["limit"], rule(acme, name, "?account=acc")["mode"]) == (5, "observe")
    acme.put(f"/corps/acme/rules/{name}", {"scope": "sender", "subject": "acc"})
    acme.put(f"/rules/{name}", {})
    assert rule(acme, name, "?account=acc")["limit"] == rule(acme, name)["profile_limit"] == 100


def test_a_bad_rule_change_is_refused(acme: Any) -> None:
    assert acme.code("PUT", "/rules/none", 404, json={}) == "unknown_rule"
    assert acme.code("PUT", "/corps/acme/rules/mass.sends_per_day", 422, json={"limit": -1}) == "invalid"
    assert acme.code("PUT", "/corps/acme/rules/mass.sends_per_day", 422, json={"scope": "app"}) == "invalid"
    assert acme.code("PUT", "/corps/acme/rules/mass.sends_per_day", 404, json={"scope": "app", "subject": "x"}) == "unknown_app"


def test_what_is_used_is_counted_in_the_present_window(acme: Any) -> None:
    acme.clock.freeze()
    acme.send(Selectors(everyone=True))

    used = {one["rule"]: (one["used"], one["allowed"]) for one in acme.get("/corps/acme/rules?account=acc")["rules"]}
    assert used["mass.account_qpm"] == (1, 300)
    assert used["mass.sends_per_day"] == (1, 100)
    # One is not activated and one is blocked; neither is charged.
    assert used["mass.person_times"] == (1, 150)
    assert used["mass.single_per_person"] == (None, None)
    acme.clock.set(acme.clock.now() + DAY_MS)
    assert rule(acme, "mass.sends_per_day", "?account=acc")["used"] == 0


def test_a_task_is_told_with_its_lists(acme: Any) -> None:
    task = acme.send(Selectors(everyone=True))

    detail = acme.get(f"/corps/acme/tasks/{task}")
    assert detail["body"] == {"type": "text", "text": "hello"}
    assert detail["to"] == {"everyone": True}
    assert (detail["counts"]["unread"], detail["counts"]["forbidden"], detail["progress_percent"]) == (1, 2, 100)
    assert "mass.sends_per_day" in [one["rule"] for one in detail["rules"]]
    people = acme.get(f"/corps/acme/tasks/{task}/people?list=forbidden")["people"]
    assert {one["userid"]: one["rule"] for one in people} == {"bob": "person.blocked", "cid": "person.not_activated"}
    assert acme.get(f"/corps/acme/tasks/{task}/explain/bob")["rule"] == "person.blocked"
    assert acme.get(f"/corps/acme/tasks/{task}/explain/nobody")["list"] == "not_addressed"


def test_lists_of_a_task_are_paged(acme: Any) -> None:
    acme.post("/corps/acme/changes", {"users": [{"userid": f"u{n}", "name": "U"} for n in range(5)]})
    task = acme.send(Selectors(everyone=True, depts=()))
    path = f"/corps/acme/tasks/{task}/people?list=unread&limit=4"

    first = acme.get(path)
    second = acme.get(f"{path}&after={first['next']}")
    assert (first["total"], len(first["people"]), len(second["people"]), second["next"]) == (6, 4, 2, None)
    assert len({one["userid"] for one in first["people"] + second["people"]}) == 6


def test_ids_that_name_nobody_are_a_list(acme: Any) -> None:
    task = acme.send(Selectors(userids=("ann",), depts=(77,), roles=(88,)))

    page = acme.get(f"/corps/acme/tasks/{task}/people?list=invalid&limit=1")
    assert (page["total"], page["people"], page["next"]) == (2, [{"dept_id": 77}], 1)
    assert acme.get(f"/corps/acme/tasks/{task}/people?list=invalid&after=1")["people"] == [{"role_id": 88}]


def test_tasks_are_paged_newest_first(acme: Any) -> None:
    tasks = [acme.send(Selectors(userids=("ann",)), uuid=f"u{n}") for n in range(3)]

    first = acme.get("/corps/acme/tasks?limit=2&account=acc")
    assert [one["task_id"] for one in first["tasks"]] == [tasks[2], tasks[1]]
    assert first["tasks"][0]["title"] == "hello"
    assert [one["task_id"] for one in acme.get(f"/corps/acme/tasks?limit=2&before={first['next']}")["tasks"]] == [tasks[0]]


def test_an_attempt_says_what_became_of_it(acme: Any) -> None:
    acme.put("/rules/mass.single_per_person", {"limit": 1})
    task = acme.send(Selectors(userids=("ann",)), uuid="a/b c")
    with pytest.raises(AttributeError):
        acme.send(Selectors(userids=("ann",)), uuid="second")

    accepted = acme.get("/corps/acme/accounts/acc/attempts/a%2Fb%20c")
    refused = acme.get("/corps/acme/accounts/acc/attempts/second")
    assert (accepted["accepted"], accepted["task_id"], accepted["errcode"]) == (True, task, 0)
    assert (refused["accepted"], refused["task_id"], refused["errcode"]) == (False, None, 800017)
    assert [one["passed"] for one in refused["rules"] if one["rule"] == "mass.single_per_person"] == [False]


def test_a_recall_takes_the_body_away_and_has_its_window(acme: Any) -> None:
    task = acme.send(Selectors(userids=("ann",)))

    acme.post(f"/corps/acme/tasks/{task}/recall")
    acme.post(f"/corps/acme/tasks/{task}/recall")
    entry = acme.get(INBOX)["entries"][0]
    assert (entry["body"], entry["recalled_at"] is None) == (None, False)
    late = acme.send(Selectors(userids=("ann",)), uuid="late")
    acme.clock.set(acme.clock.now() + DAY_MS + 60_000)
    assert acme.code("POST", f"/corps/acme/tasks/{late}/recall", 409) == "not_recallable"


def test_reading_one_message_then_all(acme: Any) -> None:
    tasks = [acme.send(Selectors(userids=("ann",)), text=str(n), uuid=f"u{n}") for n in range(3)]

    page = acme.get(f"{INBOX}?limit=2")
    assert ([one["body"]["text"] for one in page["entries"]], page["unread"]) == (["2", "1"], 3)
    assert len(acme.get(f"{INBOX}?before={page['next']}")["entries"]) == 1
    assert acme.post(INBOX + "/read", {"task_id": tasks[2]}) == {"unread": 2}
    assert acme.get(INBOX + "/conversations")["conversations"][0]["unread"] == 2
    assert acme.post(INBOX + "/read", {"account": "acc"}) == {"unread": 0}
    assert acme.post(INBOX + "/read") == {"unread": 0}
    assert acme.get(f"/corps/acme/tasks/{tasks[0]}")["counts"]["read"] == 1
    assert acme.code("POST", "/corps/acme/inboxes/bob/read", 409, json={"task_id": tasks[0]}) == "not_readable"


def test_a_readers_token_opens_exactly_that_inbox(acme: Any) -> None:
    made = acme.post(INBOX + "/token", status=201)

    assert made["path"] == f"/inbox?token={made['token']}"
    corp, ord_ = acme.run(acme.engine.access.access_inbox(made["token"], acme.clock.now()))
    reader = acme.run(acme.engine.store.read(_reader_txn, "acme", "ann"))
    assert (reader.corp, reader.ord) == (corp, ord_)


def test_events_come_in_order_and_resume_after_a_position(acme: Any) -> None:
    first = acme.send(Selectors(userids=("ann",)))
    acme.post(f"/corps/acme/tasks/{first}/recall")
    acme.send(Selectors(userids=("bob",)), uuid="other")
    reader = acme.run(acme.engine.store.read(_reader_txn, "acme", "ann"))

    async def take(after: int, count: int) -> list[str]:
        stream = event_stream(acme.engine, reader, Seq(after), 0.05)
        found = [(await anext(stream)).decode() for _ in range(count)]
        await stream.aclose()  # type: ignore[attr-defined]
        return found

    opening, message, recalled, beat = acme.run(take(0, 4))
    assert opening == "id: 0\n: following\n\n"
    assert "event: message\n" in message
    assert first in message
    assert "event: recalled\n" in recalled
    assert ": beat" in beat
    position = int(message.split("\n")[0].removeprefix("id: "))
    assert "event: recalled\n" in acme.run(take(position, 2))[1]


def test_a_stream_ends_when_the_server_stops(acme: Any) -> None:
    reader = acme.run(acme.engine.store.read(_reader_txn, "acme", "ann"))
    sent: list[Any] = []

    async def run() -> None:
        stopping = asyncio.Event()

        async def send(message: Any) -> None:
            sent.append(message)
            if message.get("body"):
                stopping.set()

        response = EventStream(event_stream(acme.engine, reader, Seq(0)), stopping)
        async with asyncio.timeout(5):
            await response({"type": "http", "asgi": {"spec_version": "2.3"}}, asyncio.Event().wait, send)

    acme.run(run())
    assert sent[0]["status"] == 200
    assert sent[-1]["more_body"] is False


def test_a_bad_position_is_refused(acme: Any) -> None:
    assert acme.code("GET", INBOX + "/events", 422, headers={"last-event-id": "x"}) == "invalid"
