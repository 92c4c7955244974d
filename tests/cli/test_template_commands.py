"""`hongyan template …` on a folder that no server has open."""

import json
from pathlib import Path

import pytest
from cli_server import ROOT, hongyan

from hongyan.app.commands.templates import choose_app, parse_values, read_template
from hongyan.app.failures import CommandFailed

COMPANY = ROOT / "src/hongyan/sandbox/demo_company.jsonl"
TOML = """
kind = "action_card"
template_id = "arrived"
name = "到货"
title = "到货通知"
content = '''
${name} 到了
'''

[[buttons]]
title = "查看"
url = "https://example.com/${id}"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("templates")
    hongyan("org", "import", str(COMPANY), "--data", str(folder))
    hongyan("app", "create", "Suite", "--key", "suite", "--kind", "third_party", "--agent-id", "9", "--data", str(folder))
    hongyan("app", "create", "Own", "--key", "own", "--data", str(folder))
    return folder


def template(folder: Path, *arguments: str, code: int = 0) -> str:
    return hongyan("template", *arguments, "--data", str(folder), code=code)


def members(printed: str) -> dict[str, str]:
    return dict(line.split("\t", 1) for line in printed.splitlines() if "\t" in line)


def test_a_template_from_its_file_to_its_end(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "arrived.toml"
    file.write_text(TOML, "utf-8")
    made = members(template(folder, "create", str(file)))
    template(folder, "submit", "arrived")
    rejected = members(template(folder, "reject", "arrived", "too short"))
    edited = members(template(folder, "edit", "arrived", str(file)))
    template(folder, "submit", "arrived")
    approved = members(template(folder, "approve", "arrived"))

    assert made == {"template_id": "arrived", "name": "到货", "state": "draft", "sends": "no"}
    assert (rejected["state"], edited["state"], approved["state"], approved["sends"]) == ("rejected", "draft", "approved", "yes")
    assert "1\trejected\t" in template(folder, "show", "arrived")
    assert "buttons\t查看: https://example.com/${id}" in template(folder, "show", "arrived")
    seen = template(folder, "preview", "arrived", "name=鹅=雁", "more=1")
    assert "markdown\t鹅=雁 到了" in seen
    assert "without a value\tid" in seen
    assert "not asked for\tmore" in seen
    assert members(template(folder, "disable", "arrived"))["state"] == "approved, disabled"
    assert "arrived\t到货\taction_card\tapproved, disabled\t2\tno" in template(folder, "list")
    assert members(template(folder, "enable", "arrived"))["sends"] == "yes"
    assert members(template(folder, "clone", "arrived", "--name", "二"))["name"] == "二"
    assert "arrived was deleted" in template(folder, "delete", "arrived", "--yes")
    assert "arrived" not in template(folder, "list")


def test_an_internal_app_s_template_is_created_and_approved_in_one_go(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "note.json"
    file.write_text(json.dumps({"kind": "markdown", "name": "n", "title": "t", "content": "$${a}"}), "utf-8")
    made = json.loads(template(folder, "create", str(file), "--app", "own", "--id", "note", "--approve", "--json"))

    assert (made["template_id"], made["sends"]) == ("note", True)
    assert "note\tn\tmarkdown\tapproved" in template(folder, "list", "--app", "own")
    assert "note" not in template(folder, "list")


def test_whose_template_is_meant() -> None:
    own, other, suite = ({"app_key": key, "kind": kind} for key, kind in (("own", "internal"), ("other", "internal"), ("suite", "third_party")))

    assert choose_app([own, suite], "") == suite
    assert choose_app([own], "") == own
    assert choose_app([own, suite], "own") == own
    assert choose_app([own], "elsewhere") == {"app_key": "elsewhere", "kind": "third_party"}
    for apps in ([], [own, other], [suite, suite | {"app_key": "s2"}]):
        with pytest.raises(CommandFailed):
            choose_app(apps, "")


def test_values_of_a_preview() -> None:
    assert parse_values(["a=1", "b=", "c=x=y"]) == {"a": "1", "b": "", "c": "x=y"}
    for bad in ("a", "=1"):
        with pytest.raises(CommandFailed):
            parse_values([bad])


@pytest.mark.parametrize(("name", "content"), [("a.json", b"{"), ("a.toml", b"a"), ("a.json", b"[]"), ("a.json", b'"\xff"'), ("a.toml", b"\xff")])
def test_a_file_that_is_no_template(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(CommandFailed, match=name):
        read_template(tmp_path / name)
    with pytest.raises(CommandFailed, match="No such file"):
        read_template(tmp_path / "none.json")
