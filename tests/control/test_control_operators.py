"""Operators as the holder of the admin token manages them."""

from typing import Any

import pytest


def test_an_operator_is_made_changed_and_disabled(acme: Any) -> None:
    made = acme.post("/operators", {"name": "ann", "role": "administrator"}, 201)
    assert (made["role"], made["has_password"], made["disabled_at"]) == ("administrator", False, None)
    acme.post("/operators", {"name": "ben"}, 201)
    assert [one["name"] for one in acme.get("/operators")["operators"]] == ["ann", "ben"]
    assert acme.patch("/operators/ben", {"role": "sender"})["role"] == "sender"
    assert acme.patch("/operators/ben", {"disabled": True})["disabled_at"]
    assert acme.code("POST", "/operators/ben/link", 409) == "disabled"
    assert acme.patch("/operators/ben", {"disabled": False})["disabled_at"] is None


def test_the_last_administrator_stays(acme: Any) -> None:
    acme.post("/operators", {"name": "ann", "role": "administrator"}, 201)
    assert acme.code("PATCH", "/operators/ann", 409, json={"disabled": True}) == "last_administrator"
    assert acme.code("PATCH", "/operators/ann", 409, json={"role": "viewer"}) == "last_administrator"
    assert acme.get("/operators")["operators"][0]["role"] == "administrator"


def test_links_are_made_for_who_exists(acme: Any) -> None:
    acme.post("/operators", {"name": "ann"}, 201)
    first, second = (acme.post("/operators/ann/link", None, 201)["path"] for _ in range(2))
    assert first.startswith("/console/enter?token=") and first != second
    assert acme.code("POST", "/operators/nobody/link", 404) == "unknown_operator"


@pytest.mark.parametrize("body", [{"name": " "}, {"name": "x" * 65}, {"name": "a\nb"}, {"name": "x", "role": "king"}])
def test_a_bad_operator_is_refused(acme: Any, body: dict[str, Any]) -> None:
    assert acme.code("POST", "/operators", 422, json=body) == "invalid"


def test_a_name_is_one_persons_for_good(acme: Any) -> None:
    acme.post("/operators", {"name": "ann"}, 201)
    assert acme.code("POST", "/operators", 409, json={"name": "ann"}) == "name_taken"
