"""Import and export of whole organisations."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from generated_companies import companies
from hypothesis import HealthCheck, given, settings

from hongyan.model.clock import DAY_MS
from hongyan.sandbox.faults import Fault


def test_a_file_is_taken_in_whole_and_reported(caller: Any, company: bytes) -> None:
    report = caller.bring_in(company)["report"]

    assert report["created"] is True
    assert (report["users_added"], report["headcount"], report["roles"], report["accounts"], report["media"]) == (3, 3, 1, 1, 1)
    detail = caller.get("/corps/acme")
    assert (detail["name"], detail["departments"], detail["not_activated"], detail["cards"]) == ("Acme", 3, 1, 1)


def test_progress_comes_before_the_report(caller: Any, company: bytes) -> None:
    text = caller.request("POST", "/corps/acme/import", content=company).text

    stages = [json.loads(line).get("stage") for line in text.splitlines()]
    assert list(dict.fromkeys(stages)) == ["reading", "checking", "writing", None]


def test_an_import_twice_changes_nothing(acme: Any, company: bytes) -> None:
    before = acme.export()
    users = acme.get("/corps/acme/users")
    acme.clock.freeze()
    acme.clock.set(acme.clock.now() + DAY_MS)

    report = acme.bring_in(company)["report"]

    assert (report["users_added"], report["users_left"], report["media"]) == (0, 0, 0)
    assert acme.export() == before
    assert acme.get("/corps/acme/users") == users


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=companies())
def test_what_is_exported_is_what_was_imported(caller: Any, lines: list[dict[str, Any]]) -> None:
    caller.run(caller.engine.store.restore(None))
    caller.run(caller.engine.forget())
    last = caller.bring_in(b"\n".join(msgspec.json.encode(line) for line in lines))
    assert "report" in last, last
    first = caller.export()

    caller.run(caller.engine.store.restore(None))
    caller.run(caller.engine.forget())
    caller.bring_in(first)

    assert caller.export() == first
    kept = [json.loads(line) for line in first.splitlines()]
    for line in lines:
        assert any(_sorted(line).items() <= _filled(one).items() for one in kept if one["kind"] == line["kind"]), line


def _filled(line: dict[str, Any]) -> dict[str, Any]:
    """An exported line with the members that it leaves out because they have their default."""
    defaults = {
        "user": {"depts": [1], "mobile": "", "title": "", "email": "", "avatar": "", "job_number": "", "active": True},
        "department": {"parent": 1, "position": 0},
        "role": {"group": "", "userids": []},
        "account": {"brief": "", "descr": "", "operators": [], "blocked": [], "allow_all": True, "allow_userids": [], "allow_depts": []},
        "article": {"digest": "", "thumb_media_id": "", "published": False},
        "corp": {"zone": "Asia/Shanghai"},
    }
    return _sorted(defaults.get(line["kind"], {}) | line)


def _sorted(line: dict[str, Any]) -> dict[str, Any]:
    """The members of a role are a set."""
    return line | {"userids": sorted(line["userids"])} if "userids" in line else line


def test_nothing_is_imported_when_one_line_is_bad(caller: Any, company: bytes) -> None:
    last = caller.bring_in(company + b'\n{"kind":"user","userid":"x","name":"X","depts":[99]}')

    assert last == {"problems": [{"line": 12, "reason": "department 99 does not exist"}], "more": 0}
    assert caller.code("GET", "/corps/acme", 404) == "unknown_corp"
    assert not list(_files(caller.engine.blobs.path(1, "x").parent))


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def test_at_most_a_hundred_problems_are_listed(caller: Any) -> None:
    last = caller.bring_in(b"{\n" * 150)

    assert (len(last["problems"]), last["more"]) == (100, 50)


def test_a_dry_run_reports_and_changes_nothing(caller: Any, company: bytes) -> None:
    report = caller.bring_in(company, dry_run="true")["report"]

    assert (report["dry_run"], report["users_added"]) == (True, 3)
    assert caller.get("/corps") == {"corps": []}
    assert not _files(caller.engine.blobs.path(1, "x").parent)


def test_create_false_refuses_an_unknown_organisation(caller: Any, company: bytes) -> None:
    assert caller.code("POST", "/corps/acme/import?create=false", 404, content=company) == "unknown_corp"


def test_a_failing_commit_is_said_in_the_last_line_and_leaves_no_blob(caller: Any, company: bytes) -> None:
    caller.faults.plant(Fault("store.commit"))

    assert caller.bring_in(company)["error"]["code"] == "internal"
    assert not _files(caller.engine.blobs.path(1, "x").parent)


def test_remove_absent_lets_everyone_go_whom_the_file_does_not_name(acme: Any) -> None:
    report = acme.bring_in(b'{"kind":"user","userid":"ann","name":"Ann"}', remove_absent="true")["report"]

    assert (report["users_left"], report["headcount"]) == (2, 1)
    assert [one["dept"] for one in acme.get("/corps/acme/departments")["departments"]] == [1]
    assert acme.get("/corps/acme/roles") == {"roles": []}


def test_a_table_with_remove_absent_leaves_departments_and_roles(acme: Any) -> None:
    report = acme.bring_in(b"userid,name,mobile\nann,Anna,123\n", format="csv", remove_absent="true")["report"]

    assert (report["users_changed"], report["users_left"]) == (1, 2)
    assert len(acme.get("/corps/acme/departments")["departments"]) == 3
    ann = acme.get("/corps/acme/users/ann")
    assert (ann["name"], ann["mobile"], ann["depts"]) == ("Anna", "123", [3])


def test_a_table_comes_back_as_it_went_out(acme: Any) -> None:
    acme.bring_in("userid,name,mobile\nann,=Ann,+86 1\n".encode("gbk"), format="csv")
    table = acme.export(format_="csv")

    acme.bring_in(table, format="csv")

    assert b"'=Ann" in table
    assert acme.export(format_="csv") == table
    assert acme.get("/corps/acme/users/ann")["mobile"] == "+86 1"


def test_replaced_media_leave_no_file_behind(acme: Any) -> None:
    acme.bring_in(b'{"kind":"media","media_id":"@pic","type":"image","name":"a.png","data":"bmV3"}')

    assert [one.read_bytes() for one in _files(acme.engine.blobs.path(1, "x").parent)] == [b"new"]


def test_an_account_past_the_limit_is_named_with_its_line(caller: Any) -> None:
    lines = [f'{{"kind":"account","unionid":"a{n}","name":"n{n}"}}' for n in range(41)]

    last = caller.bring_in("\n".join(lines).encode())

    assert last["problems"] == [{"line": 41, "reason": "an organisation has at most 40 service accounts"}]


@pytest.mark.parametrize("corp", ["a b", "é"])
def test_an_organisation_cannot_have_such_an_id(caller: Any, corp: str) -> None:
    assert caller.code("POST", f"/corps/{corp}/import", 422, content=b"") == "invalid"


def test_accounts_may_swap_names(acme: Any) -> None:
    acme.bring_in(b'{"kind":"account","unionid":"two","name":"Two"}')

    last = acme.bring_in(b'{"kind":"account","unionid":"acc","name":"Two"}\n{"kind":"account","unionid":"two","name":"News"}')

    assert "report" in last
    assert [one["name"] for one in acme.get("/corps/acme/accounts")["accounts"]] == ["Two", "News"]
