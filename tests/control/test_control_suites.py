"""Suites and installations as an operator uses them."""

from typing import Any

import pytest

AGENTS = "/corps/acme/installations"


@pytest.fixture
def suite(acme: Any) -> dict[str, Any]:
    return acme.post("/suites", {"name": "Suite", "suite_key": "s1"}, 201)


def test_a_suites_secret_is_shown_once(acme: Any, suite: dict[str, Any]) -> None:
    renewed = acme.post("/suites/s1/secret")

    assert len(suite["secret"]) == len(renewed["secret"]) == 64
    assert suite["secret"] != renewed["secret"]
    assert suite["ticket"] == "TestSuiteTicket"
    assert "secret" not in str(acme.get("/suites"))
    assert acme.code("POST", "/suites", 409, json={"name": "x", "suite_key": "s1"}) == "suite_exists"
    assert acme.code("POST", "/suites", 409, json={"name": "x", "suite_id": suite["suite_id"]}) == "suite_exists"
    assert acme.post("/suites", {"name": "Other"}, 201)["suite_key"].startswith("suite")


@pytest.mark.parametrize(
    "body", [{"name": " "}, {"name": "x", "suite_key": "a/b"}, {"name": "x", "suite_id": -1}, {"name": "x", "allow_ips": ["no"]}]
)
def test_a_bad_suite_is_refused(acme: Any, body: dict[str, Any]) -> None:
    assert acme.code("POST", "/suites", 422, json=body) == "invalid"


def test_a_ticket_is_read_without_a_change_and_issued_on_request(acme: Any, suite: dict[str, Any]) -> None:
    assert acme.get("/suites/s1/ticket") == {"suite_key": "s1", "ticket": "TestSuiteTicket", "issued_at": 0}
    issued = acme.post("/suites/s1/ticket")

    assert acme.get("/suites/s1/ticket") == issued
    assert acme.post("/suites/s1/ticket")["ticket"] != issued["ticket"]
    for method, path in (("GET", "/suites/key/ticket"), ("POST", "/suites/none/ticket"), ("POST", "/suites/none/secret")):
        assert acme.code(method, path, 404) == "unknown_suite"


def test_a_suite_is_installed_changed_and_taken_out(acme: Any, suite: dict[str, Any]) -> None:
    made = acme.post(AGENTS, {"app_key": "s1", "agent_id": 5, "visible_all": False, "visible_depts": [2], "admins": ["ann"]}, 201)

    assert (made["name"], made["kind"], made["visible_all"], made["visible_depts"]) == ("Suite", "third_party", False, [2])
    assert acme.get("/suites")["suites"][0]["agents"] == [{"corp_id": "acme", "agent_id": 5}]
    changed = acme.patch(f"{AGENTS}/5", {"name": "Ours", "disabled": True})
    assert (changed["name"], changed["visible_depts"], changed["disabled_at"] is None) == ("Ours", [2], False)
    assert acme.get(AGENTS)["installations"] == [changed]
    assert acme.patch(f"{AGENTS}/5", {"disabled": False})["disabled_at"] is None
    assert acme.request("DELETE", f"{AGENTS}/5").json() == {"done": True}
    assert acme.get(AGENTS) == {"installations": []}
    assert acme.get("/suites")["suites"][0]["agents"] == []
    assert "s1" not in [one["app_key"] for one in acme.get("/corps/acme/apps")["apps"]]


def test_an_agent_id_belongs_to_one_app_for_good(acme: Any, suite: dict[str, Any]) -> None:
    acme.post(AGENTS, {"app_key": "s1", "agent_id": 5}, 201)
    assert acme.code("POST", AGENTS, 409, json={"app_key": "s1", "agent_id": 5}) == "agent_id_taken"
    acme.request("DELETE", f"{AGENTS}/5")

    assert acme.code("POST", AGENTS, 409, json={"app_key": "key", "agent_id": 5}) == "agent_id_taken"
    again = acme.post(AGENTS, {"app_key": "s1", "agent_id": 5, "name": "Again"}, 201)
    assert (again["name"], again["visible_all"]) == ("Again", True)


def test_an_internal_app_is_installed_at_home_alone(acme: Any) -> None:
    acme.post("/corps", {"corp_id": "other", "name": "Other"}, 201)

    assert acme.post(AGENTS, {"app_key": "key", "agent_id": 6}, 201)["kind"] == "internal"
    assert acme.code("POST", "/corps/other/installations", 409, json={"app_key": "key", "agent_id": 6}) == "app_of_another_corp"


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "code"),
    [
        ("POST", AGENTS, 404, {"app_key": "none", "agent_id": 1}, "unknown_app"),
        ("POST", AGENTS, 422, {"app_key": "key", "agent_id": 0}, "invalid"),
        ("POST", AGENTS, 422, {"app_key": "key", "agent_id": 1, "visible_depts": [0]}, "invalid"),
        ("POST", AGENTS, 422, {"app_key": "key", "agent_id": 1, "admins": [" "]}, "invalid"),
        ("POST", "/corps/none/installations", 404, {"app_key": "key", "agent_id": 1}, "unknown_corp"),
        ("PATCH", f"{AGENTS}/9", 404, {}, "unknown_agent"),
        ("PATCH", f"{AGENTS}/x", 404, {}, "unknown_agent"),
        ("PATCH", f"{AGENTS}/9", 422, {"name": ""}, "invalid"),
        ("PATCH", f"{AGENTS}/9", 422, {"name": " "}, "invalid"),
        ("DELETE", f"{AGENTS}/{'9' * 40}", 404, {}, "unknown_agent"),
        ("DELETE", f"{AGENTS}/²", 404, {}, "unknown_agent"),
    ],
)
def test_what_cannot_be_is_refused(acme: Any, method: str, path: str, status: int, body: dict[str, Any], code: str) -> None:
    assert acme.code(method, path, status, json=body) == code
