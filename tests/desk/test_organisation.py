"""The tree, people, departments, roles, files."""

import re
from urllib.parse import quote

import httpx
import pytest
from desk_world import Browser, DeskWorld

from harness import World
from hongyan.access.operators import Role
from hongyan.directory.edit import OrgChange, UserEntry

BASE = "/console/o/dingtest/organisation"
SCRIPT = "<script>alert(1)</script>"


def _upload(browser: Browser, name: str, content: bytes, **fields: str) -> httpx.Response:
    headers = {"sec-fetch-site": "same-origin", "accept-language": "en"}
    return browser.http.post(f"{BASE}/files", files={"file": (name, content)}, data=fields, headers=headers)


def _log(boss: Browser) -> str:
    return boss.get("/console/audit").text


def test_the_tree_opens_along_the_way_and_lists_members(desk: DeskWorld) -> None:
    viewer = desk.operator(Role.VIEWER)
    root = viewer.get(BASE).text
    assert "研发" in root and "市场" in root and "后端" not in re.sub(r"<table.*</table>", "", root, flags=re.DOTALL)
    below = viewer.get(f"{BASE}?dept=10").text
    assert 'aria-current="true"' in below and "后端" in below
    assert {"u3", "u6"} <= set(re.findall(r"<code>(u\d+)</code>", below)) and "<code>u1</code>" not in below
    assert "<code>u1</code>" in viewer.get(f"{BASE}?dept=10&all=1").text
    assert "Nobody in this department" in viewer.get(f"{BASE}?dept=30").text
    assert viewer.get(f"{BASE}?dept=999").status_code == 404


def test_members_and_search_are_paged(desk: DeskWorld) -> None:
    desk.change(OrgChange(users=tuple(UserEntry(f"p{n:03}", f"Person {n:03}", (30,), mobile=f"1390000{n:04}") for n in range(120))))
    viewer = desk.operator(Role.VIEWER)
    for first in (f"{BASE}?dept=30&all=0", f"{BASE}?q=person"):
        seen: list[str] = []
        link = first
        while link:
            page = viewer.get(link).text
            seen += re.findall(r"<code>(p\d+)</code>", page)
            following = re.search(r'href="([^"]*after=[^"]*)"', page)
            link = following[1].replace("&amp;", "&") if following else ""
        assert seen == [f"p{n:03}" for n in range(120)]
    assert re.findall(r"<code>(p\d+)</code>", viewer.get(f"{BASE}?q=13900000077").text) == ["p077"]
    assert "Nobody has" in viewer.get(f"{BASE}?q=%25").text, "a percent sign is a letter like others"
    assert viewer.get(f"{BASE}/pick?kind=people&q=p00").text.count("data-id") == 10
    assert 'data-id="11"' in viewer.get(f"{BASE}/pick?kind=departments&q=后").text


def test_a_person_is_added_changed_and_removed(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    fields = {
        "userid": "new/1",
        "name": "新人",
        "depts": "10, 20",
        "mobile": "13712345678",
        "active": "1",
        "manager": "u1",
        "hired_date": "2025-03-01",
    }
    assert boss.post(f"{BASE}/person", fields).status_code == 303
    page = boss.get(f"{BASE}/person?u=new%2F1").text
    assert "13712345678" in page and "研发" in page and "市场" in page and "2025-03-01" in page
    edit = boss.get(f"{BASE}/person/edit?u=new%2F1").text
    assert 'value="10, 20"' in edit and 'value="2025-03-01"' in edit
    changed = {**fields, "was": "new/1", "name": "旧人", "depts": "11"}
    del changed["active"]
    assert boss.post(f"{BASE}/person", changed).status_code == 303
    page = boss.get(f"{BASE}/person?u=new%2F1").text
    assert "旧人" in page and "not activated" in page and "后端" in page
    assert boss.post(f"{BASE}/person/remove", {"u": "new/1"}).status_code == 303
    assert ">left<" in boss.get(f"{BASE}/person?u=new%2F1").text
    log = _log(boss)
    assert all(action in log for action in ("person.add", "person.change", "person.remove")) and "13712345678" not in log


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"userid": "x", "name": "", "depts": "1"}, "is blank"),
        ({"userid": "x", "name": "x" * 81, "depts": "1"}, "longer than 80"),
        ({"userid": "", "name": "x", "depts": "1"}, "is blank"),
        ({"userid": "x", "name": "x", "depts": "999"}, "department 999 does not exist"),
        ({"userid": "x", "name": "x", "depts": "a"}, "Check what"),
        ({"userid": "x", "name": "x", "depts": "1", "hired_date": "soon"}, "Check what"),
        ({"userid": "x", "name": "x", "depts": "1", "extension": "{"}, "JSON"),
        ({"userid": "u1", "name": "x", "depts": "1"}, "taken"),
    ],
)
def test_a_wrong_person_is_refused_and_what_was_typed_stays(desk: DeskWorld, fields: dict[str, str], said: str) -> None:
    answer = desk.operator(Role.ADMINISTRATOR).post(f"{BASE}/person", fields)
    assert answer.status_code == 400
    assert said.lower() in answer.text.lower()
    assert f'name="depts" type="text" value="{fields["depts"]}"' in answer.text
    assert desk.operator(Role.VIEWER).get(f"{BASE}/person?u=x").status_code == 404


def test_changes_are_the_administrators(desk: DeskWorld) -> None:
    posts = (
        "person",
        "person/remove",
        "person/inbox",
        "departments",
        "departments/10",
        "departments/30/remove",
        "roles",
        "roles/7",
        "roles/7/members",
        "files",
    )
    for role in (Role.VIEWER, Role.SENDER, Role.APPROVER):
        browser = desk.operator(role)
        for path in posts:
            assert browser.post(f"{BASE}/{path}", {"u": "u1", "userid": "x", "name": "x"}).status_code == 403, path
        for path in ("person/new", "person/edit?u=u1", "departments/new", "departments/10", "files", "export"):
            assert browser.get(f"{BASE}/{path}").status_code == 403, path
        assert browser.get(f"{BASE}/person?u=u1").status_code == 200
        assert browser.get(f"{BASE}/roles/7").status_code == 200


def test_another_organisations_people_are_out_of_reach(desk: DeskWorld) -> None:
    other = World(desk.server, corp_id="dingother")
    other.change(OrgChange(users=(UserEntry("secret9", "Secret Nine", (20,)),)))
    boss = desk.operator(Role.ADMINISTRATOR)
    assert boss.get(f"{BASE}/person?u=secret9").status_code == 404
    assert "Secret Nine" not in boss.get(f"{BASE}?q=secret").text + boss.get(f"{BASE}/pick?kind=people&q=secret").text
    assert boss.post(f"{BASE}/person/remove", {"u": "secret9"}).status_code == 404
    assert boss.get("/console/o/nowhere/organisation").status_code == 404


def test_departments_come_change_and_go(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    answer = boss.post(f"{BASE}/departments", {"name": "新部门", "parent": "10", "position": "5", "managers": "u1"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{BASE}?dept=31")
    assert "u1" in boss.get(f"{BASE}/departments/31").text
    assert boss.post(f"{BASE}/departments", {"name": "x", "parent": "1", "dept": "31"}).status_code == 400
    assert "nobody" in boss.post(f"{BASE}/departments/31", {"name": "x", "parent": "10", "managers": "nobody"}).text
    assert "lies below itself" in boss.post(f"{BASE}/departments/10", {"name": "研发", "parent": "11"}).text
    assert boss.post(f"{BASE}/departments/31", {"name": "改名", "parent": "20"}).status_code == 303
    assert "改名" in boss.get(f"{BASE}?dept=20").text
    assert boss.post(f"{BASE}/departments/10/remove").status_code == 409, "it has departments below"
    assert boss.post(f"{BASE}/departments/11/remove").status_code == 409, "it has people"
    assert boss.post(f"{BASE}/departments/1/remove").status_code == 404, "the root stays"
    assert boss.post(f"{BASE}/departments/31/remove").status_code == 303
    assert boss.get(f"{BASE}/departments/31").status_code == 404
    assert boss.get(f"{BASE}/departments/99999999999999999999999").status_code == 404
    log = _log(boss)
    assert all(action in log for action in ("department.add", "department.change", "department.remove"))


def test_roles_and_their_members(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    location = boss.post(f"{BASE}/roles", {"name": "值班", "group": "职务"}).headers["location"]
    assert boss.post(f"{location}/members", {"join": "u3，u4\nu5"}).status_code == 303
    assert set(re.findall(r"<code>(u\d+)</code>", boss.get(location).text)) == {"u3", "u4", "u5"}
    assert boss.post(f"{location}/members", {"part": "u4"}).status_code == 303
    assert "<code>u4</code>" not in boss.get(location).text
    assert "nobody has this userid" in boss.post(f"{location}/members", {"join": "stranger"}).text.lower()
    assert boss.post(location, {"name": "夜班", "group": "职务"}).status_code == 303
    assert "夜班" in boss.get(f"{BASE}/roles").text
    assert boss.post(f"{location}/remove").status_code == 303
    assert boss.get(location).status_code == 404


def test_an_operator_opens_an_inbox_as_its_reader_and_the_log_says_so(desk: DeskWorld) -> None:
    desk.send_ok(text_content="for the reader")
    boss = desk.operator(Role.ADMINISTRATOR)
    entered = boss.post(f"{BASE}/person/inbox", {"u": "u1"})
    assert entered.status_code == 303
    token = entered.headers["location"].removeprefix("/inbox?token=")
    inbox = boss.http.get(entered.headers["location"], follow_redirects=True)
    assert inbox.status_code == 200 and "for the reader" in inbox.text
    log = _log(boss)
    assert "inbox.open_as" in log and token not in log


def test_a_file_is_imported_whole_or_not_at_all(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    bad = b"userid,name,depts\nn1,One,10\nn2,,10\nn3,Three,999\n"
    answer = _upload(boss, "people.csv", bad)
    assert answer.status_code == 422
    assert '<td class="number">3</td>' in answer.text and "is blank" in answer.text.lower()
    assert '<td class="number">4</td>' in answer.text and "999" in answer.text
    assert boss.get(f"{BASE}/person?u=n1").status_code == 404
    good = bad.replace(b"n2,,10", b"n2,Two,10").replace(b"999", b"20")
    checked = _upload(boss, "people.csv", good, dry_run="1")
    assert checked.status_code == 200 and "nothing was imported" in checked.text
    assert boss.get(f"{BASE}/person?u=n1").status_code == 404
    assert "organisation.import" not in _log(boss)
    assert "Imported." in _upload(boss, "people.csv", good).text
    assert "Two" in boss.get(f"{BASE}/person?u=n2").text
    log = _log(boss)
    assert "organisation.import" in log and "users_added" in log
    lines = b'{"kind":"department","dept":77,"name":"Seventy"}\n{"kind":"user","userid":"n9","name":"Nine","depts":[77]}\n'
    assert "Imported." in _upload(boss, "x.jsonl", lines).text
    assert "Nine" in boss.get(f"{BASE}?dept=77").text
    assert _upload(boss, "empty.csv", b"").status_code == 413


def test_a_file_of_another_organisation_changes_nothing(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    answer = _upload(boss, "x.jsonl", b'{"kind":"corp","corp_id":"dingelse","name":"Else"}\n')
    assert answer.status_code == 422 and "dingelse" in answer.text
    assert boss.get("/console/o/dingelse/organisation").status_code == 404


def test_an_export_comes_back_and_is_logged(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    lines = boss.get(f"{BASE}/export?format=jsonl")
    assert lines.headers["content-disposition"] == 'attachment; filename="dingtest.jsonl"'
    assert b'"userid":"u1"' in lines.content
    assert "Imported." in _upload(boss, "dingtest.jsonl", lines.content).text
    table = boss.get(f"{BASE}/export?format=csv").content.decode("utf-8-sig")
    assert table.startswith("userid,name,depts") and "u12" in table
    assert _log(boss).count("organisation.export") == 2


def test_script_in_every_field_is_text(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    texts = ("name", "mobile", "title", "email", "avatar", "job_number", "telephone", "org_email", "work_place", "remark")
    assert boss.post(f"{BASE}/person", {"userid": SCRIPT[:60], "depts": "10", **dict.fromkeys(texts, SCRIPT)}).status_code == 303
    location = boss.post(f"{BASE}/departments", {"name": SCRIPT, "parent": "1", "brief": SCRIPT}).headers["location"]
    role = boss.post(f"{BASE}/roles", {"name": SCRIPT, "group": SCRIPT}).headers["location"]
    boss.post(f"{role}/members", {"join": SCRIPT[:60]})
    person = quote(SCRIPT[:60], safe="")
    pages = (BASE, f"{BASE}?q=script", f"{BASE}?q={quote(SCRIPT)}", location, location.replace("?dept=", "/departments/"), role, f"{BASE}/roles")
    for path in (*pages, f"{BASE}/person?u={person}", f"{BASE}/person/edit?u={person}", f"{BASE}/pick?kind=people&q=script", "/console/audit"):
        page = boss.get(path).text
        assert "<script>alert" not in page, path
    assert "alert(1)" in boss.get(f"{BASE}/person?u={person}").text


def test_reasons_are_told_in_chinese_too(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    fields = {"userid": "x", "name": "x", "depts": "999"}
    answer = boss.http.post(f"{BASE}/person", data=fields, headers={"sec-fetch-site": "same-origin", "accept-language": "zh"})
    assert "部门 999 不存在" in answer.text
