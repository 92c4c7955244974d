"""`hongyan app callback …`, `hongyan suite callback …` and `hongyan say` against a running server."""

import json
from pathlib import Path

import pytest
from cli_server import hongyan, running

from callback_receiver import AES_KEY, TOKEN, receiving


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    found = tmp_path_factory.mktemp("callbacks") / "demo"
    with running(found, "demo", until="Serving"):
        yield found


def test_an_app_is_told_of_what_a_reader_writes_and_the_log_shows_it(folder: Path) -> None:
    facts = json.loads((folder / "demo.json").read_text("utf-8"))
    key, where, user = facts["app_key"], ("--data", str(folder)), facts["userids"][0]
    with receiving() as receiver:
        said = hongyan("app", "callback", "set", key, receiver.url, "--sign-token", TOKEN, "--aes-key", AES_KEY, *where)
        assert receiver.url in said and key in said
        hongyan("say", user, "hello", "--account", facts["account_unionid"], *where)
        receiver.wait(lambda r: bool(r.of("isw_user_msg_received")))
        log = json.loads(hongyan("app", "callback", "log", key, "--json", *where))["events"]
        assert [(one["kind"], one["n"]) for one in log] == [("isw_user_msg_received", log[0]["n"])]
        assert '"content":"hello"' in hongyan("app", "callback", "event", key, str(log[0]["n"]), *where)
        hongyan("app", "callback", "again", key, str(log[0]["n"]), *where)
        receiver.wait(lambda r: len(r.of("isw_user_msg_received")) == 2)
        assert receiver.of("isw_user_msg_received")[0] == receiver.of("isw_user_msg_received")[1]
    assert "isw_user_msg_received" in hongyan("app", "callback", "log", key, *where)
    assert receiver.url in hongyan("app", "callback", "show", key, *where)
    assert "no events" in hongyan("app", "callback", "delete", key, "--yes", *where)


def test_a_suite_is_told_of_its_tickets(folder: Path) -> None:
    facts = json.loads((folder / "demo.json").read_text("utf-8"))
    where = ("--data", str(folder))
    with receiving() as receiver:
        hongyan("suite", "callback", "set", facts["suite_key"], receiver.url, "--sign-token", TOKEN, "--aes-key", AES_KEY, *where)
        receiver.wait(lambda r: bool(r.of("suite_ticket")))


def test_keys_are_made_for_an_application_to_come(folder: Path) -> None:
    made = json.loads(hongyan("app", "callback", "keys", "--json", "--data", str(folder)))

    assert len(made["aes_key"]) == 43 and len(made["token"]) == 24
