import json
import re
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cli_server import ROOT, Ended, Running, hongyan, running

from hongyan.app.demo import sample_send
from hongyan.app.demo_texts import demo_texts

SERVING = "Serving."
NEEDS_CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("demo"), "demo", until=SERVING) as found:
        yield found


def commands(output: str) -> list[str]:
    """The curl commands, as a user marks and copies them."""
    return re.findall(r"^curl .*?(?=^\s*$)", output, re.MULTILINE | re.DOTALL)


def paste(command: str) -> dict[str, object]:
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
    return json.loads(done.stdout)


def at(demo: Running) -> tuple[str, str]:
    return "--data", str(demo.folder)


def test_the_demo_sends_the_sample_and_says_whom_it_reached(demo: Running) -> None:
    answer = json.loads(next(line for line in demo.output.splitlines() if line.startswith("{")))

    assert answer["errcode"] == 0
    assert "Reached: 王小雁 (10203029011219896)" in demo.output
    assert "Left out: 陈静 (manager4220): it is a preview" in demo.output


@NEEDS_CURL
def test_every_printed_command_works_when_it_is_pasted(demo: Running) -> None:
    answers = [paste(command) for command in commands(demo.output)]

    assert [answer["errcode"] for answer in answers] == [0, 0, 0, 0]
    assert len(str(answers[2]["access_token"])) == 32


@NEEDS_CURL
def test_the_pasted_text_stands_in_both_inboxes(demo: Running) -> None:
    task_id = str(paste(commands(demo.output)[0].replace("curl-'", "again-'").replace("Hello", "Again"))["task_id"])

    for userid in ("10203029011219896", "manager4220"):
        assert task_id in hongyan("inbox", userid, *at(demo))
    assert "unread: delivered, not read" in hongyan("explain", task_id, "manager4220", *at(demo))


def test_the_printed_inbox_opens(demo: Running) -> None:
    url = next(line for line in demo.output.splitlines() if "/inbox?token=" in line)
    page = httpx.get(url, follow_redirects=True)

    assert page.status_code == 200
    assert "王小雁" in page.text


def test_scripts_find_everything_in_a_file_for_this_user_alone(demo: Running) -> None:
    path = demo.folder / "demo.json"
    facts = json.loads(path.read_text("utf-8"))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert facts["base_url"] in demo.output
    assert facts["app_secret"] in demo.output


def test_without_a_terminal_nothing_is_coloured_or_wrapped(demo: Running) -> None:
    assert "\x1b" not in demo.output
    assert max(len(line) for line in demo.output.splitlines()) > 200


def test_the_printed_console_opens(demo: Running) -> None:
    url = next(line for line in demo.output.splitlines() if "/console/enter?token=" in line)
    with httpx.Client(follow_redirects=True, trust_env=False) as browser:
        page = browser.get(url.strip())
        assert page.status_code == 200 and page.url.path == "/console/o/dingdemo/"
    assert httpx.get(url.strip(), trust_env=False).status_code == 401, "the link works once"


def test_a_link_to_an_inbox_can_be_had(demo: Running) -> None:
    url = hongyan("inbox", "manager4220", "--link", *at(demo)).strip()

    assert httpx.get(url).status_code == 303


def test_the_sandbox_clock_moves_on(demo: Running) -> None:
    before = json.loads(hongyan("sandbox", "clock", "show", "--json", *at(demo)))
    after = json.loads(hongyan("sandbox", "clock", "advance", "2h", "--json", *at(demo)))

    assert after["now"] - before["now"] >= 2 * 3_600_000


def test_a_stopped_server_takes_its_address_away_and_commands_work_on(tmp_path: Path) -> None:
    with running(tmp_path, "demo", until=SERVING) as demo:
        assert (tmp_path / "server.json").exists()
        demo.process.send_signal(signal.SIGTERM)
        demo.process.wait(10)

    assert not (tmp_path / "server.json").exists()
    assert "[action_card] title" in hongyan("task", "list", *at(demo))


def test_a_second_server_on_the_same_folder_is_told_so_in_one_line(demo: Running) -> None:
    with pytest.raises(Ended) as ended, running(demo.folder, "serve", until="listens"):
        pass
    printed, said, code = ended.value.args

    assert (printed, code) == ("", 1)
    assert re.fullmatch(r"hongyan: .* is in use by another Hongyan .*\n", said)


def test_a_server_starts_in_an_empty_folder_and_says_how_to_get_its_token(tmp_path: Path) -> None:
    with running(tmp_path / "new", "serve", until="Ctrl-C") as server:
        assert f"hongyan token --data {tmp_path / 'new'}" in server.output
        assert hongyan("org", "list", "--data", str(server.folder)) == "corp_id\tname\tpeople\tzone\n"


def test_a_port_in_use_is_told_in_one_line(demo: Running, tmp_path: Path) -> None:
    port = json.loads((demo.folder / "server.json").read_text())["base_url"].rsplit(":", 1)[1]
    with pytest.raises(Ended) as ended, running(tmp_path, "serve", until="listens", port=port):
        pass

    assert re.fullmatch(r"hongyan: cannot listen on .*; --port chooses another one\n", ended.value.args[1])


def test_the_demo_speaks_the_language_of_the_locale() -> None:
    assert demo_texts({"LANG": "zh_CN.UTF-8"}).title == "鸿雁"
    assert demo_texts({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}).title == "Hongyan"
    assert demo_texts({}).title == "Hongyan"


def test_no_two_samples_share_a_uuid() -> None:
    assert sample_send()["uuid"] != sample_send()["uuid"]
    assert (ROOT / "demo").stat().st_mode & stat.S_IXUSR
