"""Templates as an operator and a reviewer use them, and which of them may be sent."""

from pathlib import Path
from typing import Any

import pytest

from hongyan.control.lookups import find_app_txn, find_corp_txn
from hongyan.messages.template_book import Unsendable, sendable_txn
from hongyan.messages.templates import TemplateContent, check_template
from hongyan.sandbox.demo import seed_demo
from hongyan.sandbox.demo_suites import SUITE_KEY
from hongyan.sandbox.demo_templates import DEMO_TEMPLATES

OWN = "/corps/acme/apps/key/templates"
SUITE = "/apps/suite/templates"
CARD = {
    "kind": "action_card",
    "name": "到货",
    "title": "到货通知",
    "content": "${name} 到了",
    "buttons": [{"title": "查看", "url": "${name2}"}],
}
NOTE = {"kind": "markdown", "name": "note", "title": "t", "content": "您好，${名字}"}


@pytest.fixture
def shop(acme: Any) -> Any:
    """The company, with a third-party app installed."""
    acme.post("/corps/acme/apps", {"name": "Suite", "app_key": "suite", "kind": "third_party", "agent_id": 9}, 201)
    return acme


def make(caller: Any, template_id: str = "t1", content: Any = None, at: str = SUITE) -> str:
    """A draft; answers its path."""
    caller.post(at, {"content": content or CARD, "template_id": template_id}, 201)
    return f"{at}/{template_id}"


def approved(caller: Any, template_id: str = "t1", content: Any = None, at: str = SUITE) -> str:
    path = make(caller, template_id, content, at)
    caller.post(f"{path}/submit", {"auto_approve": True})
    return path


def sendable(caller: Any, template_id: str = "t1", app_key: str = "suite", corp_id: str = "acme") -> TemplateContent | Unsendable:
    async def ask() -> Any:
        store = caller.engine.store
        app, corp = await store.read(find_app_txn, app_key), await store.read(find_corp_txn, corp_id)
        return await store.read(sendable_txn, template_id, app.no, corp.no)

    return caller.run(ask())


def text(found: TemplateContent | Unsendable) -> str:
    assert not isinstance(found, Unsendable), found
    return found.content


def test_a_new_template_is_a_draft_with_an_id_of_its_own(shop: Any) -> None:
    made = shop.post(SUITE, {"content": CARD}, 201)

    assert len(made["template_id"]) == 32
    assert int(made["template_id"], 16)
    assert (made["kind"], made["name"], made["state"], made["sends"], made["newest_revision"]) == ("action_card", "到货", "draft", False, 1)
    detail = shop.get(f"{SUITE}/{made['template_id']}")
    assert detail["template"] == made
    assert [one["parameters"] for one in detail["revisions"]] == [["name", "name2"]]
    assert detail["revisions"][0]["content"] == CARD


def test_an_id_is_taken_for_good(shop: Any) -> None:
    path = make(shop, "e27a9eed42b34a14a2xxxx")
    again = {"content": CARD, "template_id": "e27a9eed42b34a14a2xxxx"}

    assert shop.code("POST", SUITE, 409, json=again) == "template_exists"
    shop.request("DELETE", path)
    assert shop.code("POST", OWN, 409, json=again) == "template_exists"
    assert shop.code("POST", SUITE, 422, json={"content": CARD, "template_id": "a/b"}) == "invalid"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (CARD | {"title": "${a}"}, "invalid_template"),
        (CARD | {"kind": "text"}, "invalid"),
        (CARD | {"buttons": [{"title": "t"}]}, "invalid"),
        (CARD | {"colour": "red"}, "invalid"),
        (CARD | {"name": "a\0b"}, "invalid"),
    ],
)
def test_a_bad_template_is_not_kept(shop: Any, content: Any, code: str) -> None:
    path = make(shop)

    assert shop.code("POST", SUITE, 422, json={"content": content}) == code
    assert shop.code("PUT", path, 422, json={"content": content}) == code
    assert len(shop.get(SUITE)["templates"]) == 1


def test_problems_of_a_template_are_listed(shop: Any) -> None:
    refused = shop.post(SUITE, {"content": CARD | {"name": "", "buttons": []}}, 422)

    assert [one["member"] for one in refused["error"]["details"]] == ["name", "buttons"]


def test_a_template_sends_from_its_approval_on(shop: Any) -> None:
    path = make(shop)
    assert sendable(shop) is Unsendable.UNAVAILABLE

    assert shop.post(f"{path}/submit")["state"] == "submitted"
    assert sendable(shop) is Unsendable.UNAVAILABLE
    answer = shop.post(f"{path}/approve")
    assert (answer["state"], answer["sends"], answer["approved_revision"]) == ("approved", True, 1)
    assert text(sendable(shop)) == "${name} 到了"


def test_a_rejection_says_why_and_an_edit_begins_a_new_draft(shop: Any) -> None:
    path = make(shop)
    shop.post(f"{path}/submit")

    assert shop.code("POST", f"{path}/reject", 422, json={"reason": " "}) == "invalid"
    assert shop.post(f"{path}/reject", {"reason": "too loud"})["state"] == "rejected"
    assert sendable(shop) is Unsendable.UNAVAILABLE
    edited = shop.put(path, {"content": NOTE})
    assert (edited["state"], edited["newest_revision"], edited["name"], edited["kind"]) == ("draft", 2, "note", "markdown")
    assert [(one["revision"], one["state"], one["reason"]) for one in shop.get(path)["revisions"]] == [(2, "draft", ""), (1, "rejected", "too loud")]


def test_a_draft_is_replaced_in_its_place(shop: Any) -> None:
    path = make(shop)

    assert shop.put(path, {"content": NOTE})["newest_revision"] == 1
    assert shop.get(path)["revisions"][0]["content"] == NOTE


def test_an_edited_template_sends_its_approved_text_until_the_new_one_is_approved(shop: Any) -> None:
    path = approved(shop)
    shop.put(path, {"content": CARD | {"content": "new"}})
    assert text(sendable(shop)) == "${name} 到了"

    shop.post(f"{path}/submit")
    assert text(sendable(shop)) == "${name} 到了"
    shop.post(f"{path}/reject", {"reason": "no"})
    assert text(sendable(shop)) == "${name} 到了"
    shop.put(path, {"content": CARD | {"content": "newer"}})
    answer = shop.post(f"{path}/submit", {"auto_approve": True})
    assert (answer["approved_revision"], answer["newest_revision"]) == (3, 3)
    assert text(sendable(shop)) == "newer"


def test_disabled_does_not_send_and_an_approval_enables(shop: Any) -> None:
    path = approved(shop)

    assert shop.post(f"{path}/disable")["sends"] is False
    assert shop.post(f"{path}/disable")["enabled"] is False
    assert sendable(shop) is Unsendable.UNAVAILABLE
    assert shop.post(f"{path}/enable")["sends"] is True
    shop.post(f"{path}/disable")
    shop.put(path, {"content": NOTE})
    assert shop.post(f"{path}/submit", {"auto_approve": True})["sends"] is True


def test_a_deleted_template_does_not_exist(shop: Any) -> None:
    path = approved(shop)
    shop.request("DELETE", path)

    assert sendable(shop) is Unsendable.UNKNOWN
    assert shop.get(SUITE)["templates"] == []
    assert shop.code("GET", path, 404) == "unknown_template"
    assert shop.code("DELETE", path, 404) == "unknown_template"
    assert shop.code("POST", f"{path}/enable", 404) == "unknown_template"


STEPS: dict[str, tuple[list[tuple[str, Any]], tuple[str, str, Any]]] = {
    "approve a draft": ([], ("POST", "/approve", None)),
    "reject a draft": ([], ("POST", "/reject", {"reason": "r"})),
    "enable a draft": ([], ("POST", "/enable", None)),
    "disable a draft": ([], ("POST", "/disable", None)),
    "submit twice": ([("/submit", None)], ("POST", "/submit", None)),
    "edit in review": ([("/submit", None)], ("PUT", "", {"content": NOTE})),
    "approve twice": ([("/submit", None), ("/approve", None)], ("POST", "/approve", None)),
    "reject what was approved": ([("/submit", None), ("/approve", None)], ("POST", "/reject", {"reason": "r"})),
    "submit what was rejected": ([("/submit", None), ("/reject", {"reason": "r"})], ("POST", "/submit", None)),
}


@pytest.mark.parametrize(("before", "last"), STEPS.values(), ids=list(STEPS))
def test_a_step_that_cannot_be_taken_changes_nothing(shop: Any, before: list[tuple[str, Any]], last: tuple[str, str, Any]) -> None:
    path = make(shop)
    for step, body in before:
        shop.post(path + step, body)
    stands = shop.get(path)

    method, step, body = last
    assert shop.code(method, path + step, 409, json=body) == "wrong_state"
    assert shop.get(path) == stands


def test_a_copy_is_a_draft_of_the_newest_revision(shop: Any) -> None:
    path = approved(shop)
    shop.put(path, {"content": NOTE})

    copy = shop.post(f"{path}/clone", status=201)
    named = shop.post(f"{path}/clone", {"name": "二", "template_id": "t2"}, 201)
    assert (copy["name"], copy["state"], copy["kind"], copy["approved_revision"]) == ("note (copy)", "draft", "markdown", None)
    assert (named["name"], named["template_id"]) == ("二", "t2")
    assert shop.get(f"{SUITE}/t2")["revisions"][0]["content"] == NOTE | {"name": "二"}
    assert shop.code("POST", f"{path}/clone", 409, json={"template_id": "t2"}) == "template_exists"
    assert shop.code("POST", f"{path}/clone", 422, json={"name": "n" * 65}) == "invalid"


def test_a_copy_of_a_long_name_fits(shop: Any) -> None:
    path = make(shop, content=NOTE | {"name": "n" * 64})

    assert shop.post(f"{path}/clone", status=201)["name"] == "n" * 57 + " (copy)"


def test_templates_are_paged(shop: Any) -> None:
    for name in ("t3", "t1", "t2"):
        make(shop, name)

    first = shop.get(f"{SUITE}?limit=2")
    assert ([one["template_id"] for one in first["templates"]], first["next"]) == (["t1", "t2"], "t2")
    second = shop.get(f"{SUITE}?limit=2&after=t2")
    assert ([one["template_id"] for one in second["templates"]], second["next"]) == (["t3"], None)


# --- whose they are


def test_templates_stand_where_their_app_does(shop: Any) -> None:
    assert shop.code("GET", "/apps/key/templates", 409) == "internal_app"
    assert shop.code("GET", "/corps/acme/apps/suite/templates", 409) == "third_party_app"
    assert shop.code("GET", "/apps/none/templates", 404) == "unknown_app"
    assert shop.code("GET", "/corps/none/apps/key/templates", 404) == "unknown_corp"
    shop.post("/corps", {"corp_id": "other", "name": "Other"}, 201)
    assert shop.code("GET", "/corps/other/apps/key/templates", 404) == "unknown_app"


def test_nobody_sees_or_sends_another_apps_template(shop: Any) -> None:
    approved(shop)
    approved(shop, "own", NOTE, OWN)
    shop.post("/corps", {"corp_id": "other", "name": "Other"}, 201)
    shop.post("/corps/other/apps", {"name": "Two", "app_key": "two", "kind": "third_party", "agent_id": 9}, 201)

    assert shop.code("GET", f"{OWN}/t1", 404) == "unknown_template"
    assert shop.code("DELETE", "/apps/two/templates/t1", 404) == "unknown_template"
    assert sendable(shop, "t1", "two") is Unsendable.UNKNOWN
    assert sendable(shop, "own", "suite") is Unsendable.UNKNOWN
    assert sendable(shop, "own", "key", "other") is Unsendable.UNKNOWN
    assert sendable(shop, "none") is Unsendable.UNKNOWN
    assert text(sendable(shop, "own", "key")) == "您好，${名字}"
    assert text(sendable(shop, "t1", "suite", "other")) == "${name} 到了"


# --- trying it out


def test_a_preview_fills_and_says_what_is_missing_and_extra(shop: Any) -> None:
    path = approved(shop)
    seen = shop.post(f"{path}/preview", {"data": {"name": ["鹅"], "more": 1}})

    assert seen["body"]["markdown"] == '["鹅"] 到了'
    assert seen["body"]["single"] == {"title": "查看", "url": "${name2}"}
    assert (seen["revision"], seen["missing"], seen["extra"]) == (1, ["name2"], ["more"])


def test_a_preview_of_a_chosen_revision(shop: Any) -> None:
    path = approved(shop)
    shop.put(path, {"content": NOTE})

    assert shop.post(f"{path}/preview", {"data": {"名字": "张三"}})["body"]["text"] == "您好，张三"
    assert shop.post(f"{path}/preview", {"revision": 1})["body"]["type"] == "action_card"
    assert shop.code("POST", f"{path}/preview", 404, json={"revision": 3}) == "unknown_revision"
    assert shop.post(f"{path}/preview", {"missing": "empty"})["body"]["text"] == "您好，"
    assert shop.code("POST", f"{path}/preview", 422, json={"missing": "error"}) == "invalid"


def test_ids_in_values_become_names_of_the_organisation(shop: Any) -> None:
    value = {"名字": "$userName=ann$ $userName=nobody$ $departmentName=2$"}
    own, suite = make(shop, "own", NOTE, OWN), make(shop, "t1", NOTE)

    def seen(path: str, **more: str) -> str:
        return shop.post(f"{path}/preview", {"data": value, **more})["body"]["text"]

    assert seen(own) == seen(suite, corp="acme") == "您好，Ann $userName=nobody$ Sales"
    assert seen(suite) == "您好，" + value["名字"]
    shop.post("/corps", {"corp_id": "other", "name": "Other"}, 201)
    assert "Ann" not in seen(suite, corp="other")
    assert shop.code("POST", f"{own}/preview", 422, json={"corp": "other"}) == "invalid"
    assert shop.code("POST", f"{suite}/preview", 404, json={"corp": "none"}) == "unknown_corp"


# --- the demo's


def test_the_demo_has_the_templates_of_the_samples_and_keeps_what_was_changed(caller: Any, tmp_path: Path) -> None:
    place = f"/apps/{SUITE_KEY}/templates"
    caller.run(seed_demo(caller.engine, tmp_path))
    first = {one["template_id"]: one for one in caller.get(place)["templates"]}
    assert len(first) == len(DEMO_TEMPLATES)
    assert [one["sends"] for one in first.values()].count(False) == 1
    assert caller.get(f"{place}/xxxx")["revisions"][0]["parameters"] == ["名字"]
    assert caller.get(f"{place}/e27a9eed42b34a14a2xxxx")["revisions"][0]["parameters"] == ["name", "name2"]

    caller.request("DELETE", f"{place}/xxxx")
    caller.post(f"{place}/e27a9eed42b34a14a2xxxx/disable")
    caller.run(seed_demo(caller.engine, tmp_path))
    again = {one["template_id"]: one for one in caller.get(place)["templates"]}
    assert set(first) - set(again) == {"xxxx"}
    assert again["e27a9eed42b34a14a2xxxx"]["enabled"] is False


@pytest.mark.parametrize(("template_id", "content", "approved_one"), DEMO_TEMPLATES, ids=[one[0] for one in DEMO_TEMPLATES])
def test_the_demos_templates_keep_the_rules(template_id: str, content: TemplateContent, approved_one: bool) -> None:
    assert check_template(content) == []


def test_a_draft_goes_to_its_tester_alone(shop: Any) -> None:
    path = make(shop, content=NOTE)
    body = {"corp": "acme", "agent_id": 9, "userid": "ann", "data": {"名字": "张三"}}
    sent = shop.post(f"{path}/test", body)

    found = shop.get(f"/corps/acme/tasks/{sent['task_id']}/people?list=unread")["people"]
    assert [one["userid"] for one in found] == ["ann"]
    assert shop.get("/corps/acme/inboxes/ann")["entries"][0]["body"]["text"] == "您好，张三"
    shop.post(f"{path}/test", body | {"agent_id": 8}, 404)
    shop.post(f"{path}/test", body | {"userid": "nobody"}, 404)
