"""The official SDK of the older API (dingtalk.api) drives the server. It takes no port, so its calls are carried there."""

from typing import Any

import pytest
from driving import drive_python, facts_of, intercepted
from inboxes import recalled, received

from hongyan.access.records import app_by_key_txn
from hongyan.access.suites import TEST_TICKET
from office import Office
from scenario.suite_calls import AGENT, SUITE, SuiteCalls


@pytest.fixture(scope="module")
def told(office: Office, private: None) -> dict[str, Any]:
    suite = SuiteCalls(office.world)
    app = office.world.read(app_by_key_txn, SUITE)
    assert app is not None
    office.suite = app
    office.add_template("reminder", "${name}，请${名字}")
    signing = {"suite_key": SUITE, "suite_secret": suite.secret, "suite_ticket": TEST_TICKET, "suite_agent": AGENT, "template_id": "reminder"}
    return drive_python("official_client", "dingtalk-api", facts_of(office, **signing), around=intercepted(office, "--private"))


def test_a_mass_send_reaches_people_departments_and_roles_once(office: Office, told: dict[str, Any]) -> None:
    assert isinstance(told["mass"]["task_id"], str)
    assert office.world.people(told["mass"]["task_id"], "unread") == {"u1", "u2", "u5", "u8", "u11"}
    assert told["mass_recalled"]["errcode"] == 0
    assert recalled(office.world, "u1", told["mass"]["task_id"])


def test_a_notice_runs_its_course(office: Office, told: dict[str, Any]) -> None:
    assert isinstance(told["sent"]["task_id"], int)
    assert told["progress"]["progress"] == {"progress_in_percent": 100, "status": 2}
    assert told["result"]["send_result"]["unread_user_id_list"] == ["u1"]
    assert told["recalled"]["errcode"] == 0

    assert recalled(office.world, "u1", told["sent"]["task_id"])


def test_a_signed_suite_sends_by_template(office: Office, told: dict[str, Any]) -> None:
    assert told["template"]["errcode"] == 0

    assert received(office.world, "u3") == ["张三，请李四"]


def test_a_signed_suite_asks_where_it_is_installed(office: Office, told: dict[str, Any]) -> None:
    assert told["auth_info"]["auth_corp_info"]["corpid"] == office.world.corp_id
    assert [agent["agentid"] for agent in told["auth_info"]["auth_info"]["agent"]] == [AGENT]
    assert (told["agent"]["agentid"], told["agent"]["close"]) == (AGENT, 1)


def test_an_uploaded_file_is_sent(office: Office, told: dict[str, Any]) -> None:
    assert told["media"]["errcode"] == told["file"]["errcode"] == 0

    assert [entry["body"]["media_id"] for entry in office.world.inbox("u6")] == [told["media"]["media_id"]]


def test_the_accounts_are_listed(office: Office, told: dict[str, Any]) -> None:
    assert office.world.unionid in str(told["accounts"])


def test_the_organisation_is_read(told: dict[str, Any]) -> None:
    assert (told["user"]["result"]["name"], told["user"]["result"]["dept_id_list"]) == ("人1", [11])
    assert told["children"]["result"]["dept_id_list"] == [10, 20, 30]
    assert told["members"]["result"]["has_more"] is True
    assert [person["userid"] for person in told["members"]["result"]["list"]] == ["u2", "u5", "u8"]
    assert told["no_user"]["errcode"] == 60121


@pytest.mark.parametrize(("what", "code"), [("same_uuid", 800035), ("wrong_token", 88), ("forbidden", 88), ("wrong_secret", 40096)])
def test_errors_are_its_own_exception_with_our_code(told: dict[str, Any], what: str, code: int) -> None:
    assert told[what]["type"] == "TopException"
    assert told[what]["errcode"] == code
    assert told[what]["errmsg"]
