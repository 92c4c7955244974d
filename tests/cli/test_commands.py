"""Commands on a folder that no server has open."""

import json
import os
from pathlib import Path

import pytest
import typer
from cli_server import ROOT, hongyan
from typer.testing import CliRunner

from hongyan.app.cli import app, main
from hongyan.app.client import choose_settings, running_server
from hongyan.app.commands.organisation import corp_of_file
from hongyan.app.commands.sandbox import parse_moment, parse_span
from hongyan.app.commands.session import choose_corp
from hongyan.app.failures import CommandFailed

COMPANY = ROOT / "src/hongyan/sandbox/demo_company.jsonl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    hongyan("org", "import", str(COMPANY), "--data", str(tmp_path))
    return tmp_path


def failure(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What `hongyan ARGUMENTS` says on stderr when it exits with 1."""
    monkeypatch.setattr("sys.argv", ["hongyan", *arguments])
    # The test's own streams are no files that could be reconfigured.
    monkeypatch.setattr("hongyan.app.cli.sys.stdout", typer.get_text_stream("stdout"))
    monkeypatch.setattr("hongyan.app.cli.sys.stderr", typer.get_text_stream("stderr"))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    return capsys.readouterr().err


def test_a_file_names_its_organisation_itself(folder: Path) -> None:
    assert "dingdemo\t鸿雁演示公司\t60" in hongyan("org", "list", "--data", str(folder))


def test_an_export_is_taken_back_unchanged(folder: Path, tmp_path: Path) -> None:
    first = hongyan("org", "export", "--data", str(folder))
    file = tmp_path / "export.jsonl"
    file.write_text(first, "utf-8")
    hongyan("org", "import", str(file), "--data", str(folder))

    assert hongyan("org", "export", "--data", str(folder)) == first


def test_bad_rows_are_listed_and_nothing_is_imported(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text('{"kind":"user","userid":"","name":"x","depts":[1]}\n{bad\n', "utf-8")
    shown = hongyan("org", "import", str(file), "--data", str(folder), code=1)

    assert "1\tuserid is blank" in shown
    assert shown.splitlines()[2].startswith("2\t")


def test_a_dry_run_changes_nothing(tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text('{"kind":"user","userid":"one","name":"One","depts":[1]}\n', "utf-8")
    hongyan("org", "import", str(file), "--dry-run", "--data", str(folder))

    assert "one" not in hongyan("org", "people", "one", "--data", str(folder)).split("\t")


def test_an_app_and_an_account_are_created_and_switched_off(folder: Path) -> None:
    made = dict(line.split("\t") for line in hongyan("app", "create", "Sender", "--data", str(folder)).splitlines())
    hongyan("app", "disable", made["app_key"], "--data", str(folder))
    unionid = hongyan("account", "create", "News", "--data", str(folder)).split()[1]
    hongyan("account", "disable", unionid, "--yes", "--data", str(folder))

    assert f"{made['app_key']}\tSender\tinternal" in hongyan("app", "list", "--data", str(folder))
    assert "\tdisabled" in hongyan("app", "list", "--data", str(folder))
    assert unionid not in hongyan("account", "list", "--data", str(folder))


def test_a_suite_is_created_installed_and_taken_out(folder: Path) -> None:
    data = ("--data", str(folder))
    made = dict(line.split("\t") for line in hongyan("suite", "create", "Notices", "--key", "s1", *data).splitlines())
    hongyan("suite", "install", "s1", "5", "--dept", "1958658", *data)

    assert f"s1\tNotices\t{made['suite_id']}\tdingdemo/5\tenabled" in hongyan("suite", "list", *data)
    assert "disabled" in hongyan("suite", "disable", "5", *data)
    assert "enabled" in hongyan("suite", "enable", "5", *data)
    assert "TestSuiteTicket" in hongyan("suite", "ticket", "s1", *data)
    issued = hongyan("suite", "ticket", "s1", "--new", *data)
    assert "TestSuiteTicket" not in issued
    assert hongyan("suite", "ticket", "s1", *data) == issued
    assert made["secret"] not in hongyan("suite", "secret", "s1", *data)
    hongyan("suite", "uninstall", "5", "--yes", *data)
    assert "dingdemo/5" not in hongyan("suite", "list", *data)


def test_a_rule_is_changed_and_taken_back(folder: Path) -> None:
    changed = hongyan("rules", "set", "mass.account_qps", "--limit", "3", "--data", str(folder))
    back = hongyan("rules", "reset", "mass.account_qps", "--data", str(folder))

    assert "limit 3 (profile 10)" in changed
    assert "limit 10" in back


def test_rules_alone_lists_them(folder: Path) -> None:
    answer = json.loads(hongyan("rules", "--json", "--data", str(folder)))

    assert "mass.same_content" in {rule["rule"] for rule in answer["rules"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("task", "show", "nope"), "There is no task nope"),
        (("explain", "nope", "x"), "There is no task nope"),
        (("task", "list", "--corp", "other"), "there is no organisation other; there is dingdemo"),
        (("sandbox", "clock", "show"), "no server runs"),
        (("inbox", "manager4220", "--link"), "no server runs"),
        (("rules", "set", "mass.account_qps"), "--mode or --limit"),
        (("org", "import", "/no/such/file"), "No such file"),
        (("org", "list", "--url", "nowhere"), "--url must begin with"),
        (("org", "list", "--url", "http://127.0.0.1:1", "--token", "hyadm_x"), "does not answer"),
        (("org", "list", "--url", "http://127.0.0.1:1"), "as --token or HONGYAN_TOKEN"),
        (("org", "list", "--url", "http://127.0.0.1:1", "--token", " \n"), "as --token or HONGYAN_TOKEN"),
        (("org", "list", "--url", "http://127.0.0.1:1", "--token", "令牌"), "--token holds characters"),
        (("org", "list", "--url", "http://127.0.0.1:1", "--token", "hyadm_x\nhost: other"), "--token holds characters"),
    ],
)
def test_a_failure_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    lines = failure(capsys, monkeypatch, *arguments, "--data", str(folder)).splitlines()

    assert len(lines) == 1
    assert lines[0].startswith("hongyan: ")
    assert said in lines[0]


def test_a_folder_without_data_is_not_filled_by_looking(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    said = failure(capsys, monkeypatch, "task", "list", "--data", str(tmp_path / "nothing"))

    assert "holds no Hongyan data" in said
    assert not (tmp_path / "nothing").exists()


def test_a_wrong_call_exits_with_2() -> None:
    assert CliRunner().invoke(app, ["task", "show"]).exit_code == 2
    assert CliRunner().invoke(app, ["serve", "--port", "99999"]).exit_code == 2


def test_every_command_has_a_help_text() -> None:
    for group in ((), ("org",), ("app",), ("account",), ("suite",), ("task",), ("rules",), ("sandbox",), ("sandbox", "clock")):
        shown = hongyan(*group, "--help")

        assert "Usage: hongyan" in shown


def test_a_server_file_left_by_a_crash_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text('{"base_url": "http://127.0.0.1:1", "pid": 4194304}', "utf-8")
    assert running_server(tmp_path) is None

    (tmp_path / "server.json").write_text('{"base_url": ', "utf-8")
    assert running_server(tmp_path) is None

    (tmp_path / "server.json").write_text(json.dumps({"base_url": "http://127.0.0.1:1", "pid": os.getpid()}), "utf-8")
    assert running_server(tmp_path) is not None


def test_the_demo_s_folder_is_found_when_only_that_one_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HONGYAN_DATA", raising=False)
    assert choose_settings(None).folder.name == "hongyan-data"

    (tmp_path / "hongyan-demo").mkdir()
    (tmp_path / "hongyan-demo/hongyan.db").touch()
    assert choose_settings(None).folder.name == "hongyan-demo"
    assert choose_settings("elsewhere").folder.name == "elsewhere"


def test_the_organisation_that_is_meant() -> None:
    one, demo, other = ({"corp_id": name} for name in ("one", "dingdemo", "other"))

    assert choose_corp([one], "") == one
    assert choose_corp([one, demo], "") == demo
    assert choose_corp([one, demo], "one") == one
    for corps in ([], [one, other]):
        with pytest.raises(CommandFailed):
            choose_corp(corps, "")


def test_the_organisation_of_a_file() -> None:
    assert corp_of_file(b'{"kind":"corp","corp_id":"a","name":"A","zone":"Asia/Shanghai"}\n') == "a"
    assert corp_of_file(b'{"kind":"user","userid":"corp_id","name":"x","depts":[1]}\n') == ""
    assert corp_of_file(b'\xff"corp_id"\n{"corp_id":1}\n') == ""


@pytest.mark.parametrize(("text", "ms"), [("250ms", 250), ("90s", 90_000), ("15m", 900_000), ("2h", 7_200_000), ("1d", 86_400_000)])
def test_spans_of_time(text: str, ms: int) -> None:
    assert parse_span(text) == ms


@pytest.mark.parametrize("text", ["", "5", "x", "-1s", "1.5h", "3x", "1hh"])
def test_what_is_no_span_of_time(text: str) -> None:
    with pytest.raises(CommandFailed):
        parse_span(text)


def test_moments_are_in_the_organisation_s_zone() -> None:
    assert parse_moment("2026-11-22 00:00", "Asia/Shanghai") == 1_795_276_800_000
    assert parse_moment("1795276800000", "Asia/Shanghai") == 1_795_276_800_000
    with pytest.raises(CommandFailed):
        parse_moment("tomorrow", "Asia/Shanghai")
