"""Programs in Java, PHP and Go reach the server at DingTalk's own address. They run in `./test --clients`.

DingTalk's SDKs for these languages come from registries of their own, so these programs use what the languages have and
post what those SDKs were seen to post.
"""

import json
import os
import shutil
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from driving import DRIVERS, facts_of, intercepted, run
from inboxes import received

from office import Office

HERE = DRIVERS / "languages"
INSTALLERS = {"apt": "apt install -y", "dnf": "dnf install -y", "apk": "apk add", "brew": "brew install"}


class Language(NamedTuple):
    """`packages` brings it, by the name of the system's installer; `check` fails where a part of it is missing."""

    name: str
    command: Sequence[str]
    packages: dict[str, str]
    check: Sequence[str]

    def missing(self) -> bool:
        return shutil.which(self.command[0]) is None or run(self.check, check=False).returncode != 0

    def advice(self) -> str:
        installer = next((name for name in INSTALLERS if shutil.which(name)), "brew")
        sudo = "" if installer == "brew" or os.getuid() == 0 else "sudo "
        return f"{self.name} is not installed. This brings it:  {sudo}{INSTALLERS[installer]} {self.packages[installer]}"


JAVA = Language(
    "Java",
    ("java", str(HERE / "Notice.java")),
    {"apt": "default-jdk-headless", "dnf": "java-21-openjdk-devel", "apk": "openjdk21-jdk", "brew": "openjdk"},
    ("javac", "-version"),
)
PHP = Language(
    "PHP with curl",
    ("php", str(HERE / "notice.php")),
    {"apt": "php-cli php-curl", "dnf": "php-cli", "apk": "php83-cli php83-curl", "brew": "php"},
    ("php", "-r", "exit(extension_loaded('curl') ? 0 : 1);"),
)
GO = Language(
    "Go",
    ("go", "run", str(HERE / "notice.go")),
    {"apt": "golang-go", "dnf": "golang", "apk": "go", "brew": "go"},
    ("go", "version"),
)


@pytest.mark.skipif(os.environ.get("HONGYAN_CLIENTS") != "all", reason="./test --clients runs programs in other languages too")
@pytest.mark.parametrize("language", [JAVA, PHP, GO], ids=["java", "php", "go"])
def test_a_notice_arrives_once(office: Office, language: Language) -> None:
    if language.missing():
        pytest.skip(language.advice())
    facts, text = facts_of(office), f"来自 {language.name}"
    arguments = [str(facts[name]) for name in ("app_key", "secret", "agent_id")]

    lines = run([*intercepted(office), *language.command, *arguments, text]).stdout.splitlines()
    told = {name: json.loads(reply) for name, reply in (line.split("\t", 1) for line in lines)}
    assert told["sent"]["errcode"] == 0
    assert told["result"]["send_result"]["unread_user_id_list"] == ["u1", "u2"]
    assert (told["wrong_token"]["errcode"], told["wrong_token"]["sub_code"]) == (88, "40014")

    assert received(office.world, "u1").count(text) == received(office.world, "u2").count(text) == 1
