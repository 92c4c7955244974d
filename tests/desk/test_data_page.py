"""The page about kept data: periods, passes, backups, and erasing a person."""

import re
from pathlib import Path

import pytest
from desk_world import DeskWorld

from hongyan.access.operators import Role
from hongyan.app.backup import take_backup
from hongyan.model.clock import DAY_MS, SystemClock


def _erase(userid: str, again: str | None = None, **more: str) -> dict[str, str]:
    return {"corp": "dingtest", "userid": userid, "again": userid if again is None else again, **more}


def test_it_shows_periods_and_what_the_last_pass_did(desk: DeskWorld) -> None:
    browser = desk.operator(Role.ADMINISTRATOR)
    desk.send_ok(userid_list="u1")
    desk.pass_time(91 * DAY_MS)
    browser = desk.operator(Role.ADMINISTRATOR, "again")
    answer = browser.post("/console/data/purge")
    page = browser.get(answer.headers["location"]).text

    assert answer.status_code == 303
    assert "90 days" in page
    assert "What was too old is gone." in page
    assert "No backup of this folder yet" in page
    assert "data.purge" in browser.get("/console/audit").text


def test_the_last_backup_is_named(desk: DeskWorld, tmp_path: Path) -> None:
    taken = take_backup(desk.server.settings.folder, tmp_path / "b<i>", SystemClock())
    page = desk.operator(Role.ADMINISTRATOR).get("/console/data").text

    assert str(taken.path).replace("<i>", "&lt;i&gt;") in page


def test_a_person_is_erased_by_who_types_the_userid_twice(desk: DeskWorld) -> None:
    browser = desk.operator(Role.ADMINISTRATOR)
    desk.observe_all_but()
    task = desk.send_ok(userid_list="u1,u2")
    assert browser.post("/console/data/erase", _erase("u1", "u2")).status_code == 400
    assert browser.post("/console/data/erase", _erase("nobody")).status_code == 404
    assert browser.post("/console/data/erase", {**_erase("u1"), "corp": "other"}).status_code == 404
    assert desk.people(task, "unread") == {"u1", "u2"}

    assert browser.post("/console/data/erase", _erase("u1")).headers["location"] == "/console/data?done=erasing"
    desk.server.run(desk.engine.keeper.eraser.go_on())
    page = browser.get("/console/data").text
    alias = re.findall(r"erased-\d+", page)[0]
    assert ">done<" in page
    assert desk.people(task, "unread") == {alias, "u2"}
    log = browser.get("/console/audit").text
    assert "person.erase" in log
    assert alias in log
    assert not re.search(r"\bu1\b", log)


def test_snapshots_that_may_hold_somebody_who_was_erased_are_named(desk: DeskWorld) -> None:
    browser = desk.operator(Role.ADMINISTRATOR)
    (desk.server.settings.folder / "snapshots" / "base-one").mkdir(parents=True)
    browser.post("/console/data/erase", _erase("u1"))
    desk.server.run(desk.engine.keeper.eraser.go_on())

    assert "may still hold them: base-one" in browser.get("/console/data").text


def test_the_file_is_written_anew_on_demand(desk: DeskWorld) -> None:
    browser = desk.operator(Role.ADMINISTRATOR)
    answer = browser.post("/console/data/compact")

    assert "written anew" in browser.get(answer.headers["location"]).text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SENDER, Role.APPROVER])
@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/purge"), ("POST", "/compact"), ("POST", "/erase")])
def test_it_is_for_administrators(desk: DeskWorld, role: Role, method: str, path: str) -> None:
    browser = desk.operator(role)
    answer = browser.get("/console/data") if method == "GET" else browser.post(f"/console/data{path}", _erase("u1"))

    assert answer.status_code == 403
    assert desk.admin("GET", "/users/u1").json()["userid"] == "u1"


def test_a_form_of_a_foreign_page_does_nothing(desk: DeskWorld) -> None:
    answer = desk.operator(Role.ADMINISTRATOR).post("/console/data/erase", _erase("u1"), site="cross-site")

    assert answer.status_code == 403
    assert desk.admin("GET", "/users/u1").json()["userid"] == "u1"


def test_script_in_a_field_is_text(desk: DeskWorld) -> None:
    answer = desk.operator(Role.ADMINISTRATOR).post("/console/data/erase", _erase("<script>alert(1)</script>"))

    assert "<script>alert(1)" not in answer.text
