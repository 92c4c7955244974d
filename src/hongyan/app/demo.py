"""The demo: fills in the demo company, sends a first message over HTTP, and shows what to paste."""

import json
import os
import secrets
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import msgspec
from rich.console import Console
from rich.text import Text

from hongyan.access.audit import Deed
from hongyan.access.operators import Role, create_operator_txn, make_lasting_link_txn, operator_named_txn
from hongyan.access.records import account_by_unionid_txn
from hongyan.app.application import Application
from hongyan.app.client import GENERATION, PREFIX
from hongyan.app.demo_texts import DemoTexts, demo_texts
from hongyan.app.files import DEMO_FILE, DEMO_FOLDER
from hongyan.app.server import tls_files
from hongyan.app.settings import Settings
from hongyan.app.tls import context_for
from hongyan.directory.records import load_corp_txn
from hongyan.model.clock import DAY_MS, DEFAULT_ZONE, iso
from hongyan.model.ids import EpochMs
from hongyan.sandbox.demo import DEMO_CORP, USERIDS, demo_facts, seed_demo
from hongyan.sandbox.demo_month import fill_month

SEND_PATH = "/topapi/message/mass/send"
NOTICE_PATH = "/topapi/message/corpconversation/sendbytemplate"
READER, OTHER = USERIDS
OPERATOR = "demo"  # who the printed link signs in to the console
ANSWER_S = 30.0


class Outcome(msgspec.Struct, frozen=True):
    """What became of the first message."""

    answer: bytes
    reached: list[str]
    left_out: list[tuple[str, str]]  # who, why
    inbox_url: str
    console_url: str
    reader: str
    notice: bytes  # the answer to the template send
    noticed: list[str]


async def present_demo(application: Application, base_url: str) -> None:
    """Prints everything that a newcomer needs; the server goes on serving."""
    folder, texts = application.settings.folder, demo_texts()
    await seed_demo(application.engine, folder)
    await fill_month(application.engine)
    write_base_url(folder / DEMO_FILE, base_url)
    facts = await demo_facts(folder)
    outcome = await _first_message(application, base_url, facts, texts)
    _print(outcome, base_url, facts, texts, application.settings)


def write_base_url(path: Path, base_url: str) -> None:
    """Add the server's address to the demo's file, which stays private."""
    known = json.loads(path.read_bytes())
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(known | {"base_url": base_url}, file, ensure_ascii=False, indent=2)
    draft.replace(path)


def sample_send() -> dict[str, Any]:
    """The body of the mass-send page's sample, with a uuid of its own, because a uuid counts once."""
    body: dict[str, Any] = json.loads((resources.files("hongyan.app") / "demo_send.json").read_text("utf-8"))
    return body | {"uuid": secrets.token_hex(8)}


async def _first_message(application: Application, base_url: str, facts: dict[str, Any], texts: DemoTexts) -> Outcome:
    body = sample_send()
    admin = {"authorization": f"Bearer {application.engine.key.admin_token(GENERATION)}"}
    verify = context_for(str(tls_files(application.settings)[0])) if application.settings.tls_cert else False  # without TLS there is nothing to trust
    async with httpx.AsyncClient(base_url=base_url, timeout=ANSWER_S, trust_env=False, verify=verify) as http:
        sent = await http.post(SEND_PATH, params={"access_token": facts["access_token"]}, json=body)
        http.headers.update(admin)
        task_id = sent.json().get("task_id", "")
        reached = await _reached(http, task_id) if task_id else []
        left_out = await _left_out(http, task_id, body, texts) if task_id else []
        notice = await http.post(NOTICE_PATH, data=_notice(facts, texts, application.engine.clock.now()))
        noticed = await _reached(http, str(notice.json().get("task_id", 0))) if notice.json()["errcode"] == 0 else []
        reader = (await http.get(f"{PREFIX}/corps/{DEMO_CORP}/users/{READER}")).json()["name"]
        key = (await http.post(f"{PREFIX}/corps/{DEMO_CORP}/inboxes/{READER}/token")).json()
    return Outcome(
        sent.content,
        reached,
        left_out,
        base_url + key["path"] + await _conversation(application, facts),
        await _console_link(application, base_url),
        reader,
        notice.content,
        noticed,
    )


async def _conversation(application: Application, facts: dict[str, Any]) -> str:
    """Opens the account's conversation, where what is pasted arrives, and not the newest one."""
    store = application.engine.store
    corp = await store.read(load_corp_txn, DEMO_CORP)
    account = await store.read(account_by_unionid_txn, corp.no, facts["account_unionid"]) if corp else None
    return f"&c={account.sender}" if account else ""


async def _console_link(application: Application, base_url: str) -> str:
    """Signs in the demo's administrator, who is made at the first start."""
    store, deed = application.engine.store, Deed("demo", "operator.link", OPERATOR)
    operator = await store.read(operator_named_txn, OPERATOR) or await store.write(
        create_operator_txn, OPERATOR, Role.ADMINISTRATOR, "", Deed("demo", "operator.create", OPERATOR)
    )
    assert operator is not None
    return f"{base_url}/console/enter?token={await store.write(make_lasting_link_txn, operator.no, deed, DAY_MS)}"


def _notice(facts: dict[str, Any], texts: DemoTexts, now: EpochMs) -> dict[str, str]:
    """Other values than the page's sample has, so that the sample still arrives; and other ones at every start."""
    data = {"名字": f"{texts.notice_name} {iso(now, DEFAULT_ZONE)[11:19]}"}
    return {
        "access_token": facts["isv_access_token"],
        "agent_id": "123",
        "template_id": "xxxx",
        "userid_list": READER,
        "data": json.dumps(data, ensure_ascii=False),
    }


def curl_notice(base_url: str, token: str) -> str:
    """The template page's sample, its backslashes and all."""
    fields = (
        f"access_token={token}",
        "agent_id=123",
        "data=%7B%5C%22%E5%90%8D%E5%AD%97%5C%22%3A%5C%22%E5%BC%A0%E4%B8%89%5C%22%7D",
        "dept_id_list=%5C%22123%2C456%5C%22",
        "template_id=xxxx",
        "userid_list=%5C%22123%2C456%5C%22",
    )
    lines = [
        f"curl -X POST '{base_url}{NOTICE_PATH}'",
        "  -H 'Content-Type:application/x-www-form-urlencoded;charset=utf-8'",
        *(f"  -d '{field}'" for field in fields),
    ]
    return " \\\n".join(lines)


async def _reached(http: httpx.AsyncClient, task_id: str) -> list[str]:
    people: list[dict[str, Any]] = []
    for name in ("read", "unread"):
        people += (await http.get(f"{PREFIX}/corps/{DEMO_CORP}/tasks/{task_id}/people", params={"list": name})).json()["people"]
    return [_who(one) for one in people]


def _who(person: dict[str, Any]) -> str:
    return f"{person['name']} ({person['userid']})" if person.get("name") else str(person["userid"])


async def _left_out(http: httpx.AsyncClient, task_id: str, body: dict[str, Any], texts: DemoTexts) -> list[tuple[str, str]]:
    """Who was named in the request and did not get it, with the reason."""
    found: list[tuple[str, str]] = []
    for userid in body["userid_list"].split(","):
        why = (await http.get(f"{PREFIX}/corps/{DEMO_CORP}/tasks/{task_id}/explain/{userid}")).json()
        if why["list"] not in ("read", "unread"):
            preview = body["is_preview"] and why["list"] == "not_addressed"
            found.append((_who(why), texts.preview_only if preview else why["reason"]))
    if body["is_preview"]:
        found.append((texts.departments.format(depts=", ".join(str(dept) for dept in body["dep_id_list"])), texts.preview_only))
    return found


def curl_text(base_url: str, token: str, unionid: str, greeting: str) -> str:
    """A send that can be pasted again and again: uuid and text carry the time, because neither counts twice."""
    body = json.dumps(
        {"unionid": unionid, "uuid": "UUID", "msg_type": "text", "text_content": f"{greeting} TIME", "userid_list": f"{READER},{OTHER}"},
        ensure_ascii=False,
    )
    return _curl(base_url, token, body.replace("UUID", "curl-'$(date +%s)'").replace("TIME", "'$(date +%T)'"))


def curl_sample(base_url: str, token: str) -> str:
    """The sample with only what its message type needs."""
    sample = sample_send()
    names = ("is_to_all", "dep_id_list", "unionid", "is_preview", "msg_type", "userid_list")
    body = {name: sample[name] for name in names} | {"uuid": "UUID", "msg_body": {"action_card": sample["msg_body"]["action_card"]}}
    return _curl(base_url, token, json.dumps(body, ensure_ascii=False).replace("UUID", "sample-'$(date +%s)'"))


def _curl(base_url: str, token: str, body: str) -> str:
    return f"curl '{base_url}{SEND_PATH}?access_token={token}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"


def curl_gettoken(base_url: str, app_key: str, app_secret: str) -> str:
    return f"curl '{base_url}/gettoken?appkey={app_key}&appsecret={app_secret}'"


def _print(outcome: Outcome, base_url: str, facts: dict[str, Any], texts: DemoTexts, settings: Settings) -> None:
    # Whatever may be pasted stands alone on its lines: no frames, no indentation, no wrapping of our own.
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    console.print(Text.assemble((texts.title, "bold green"), "  ", texts.listening.format(url=base_url, folder=settings.folder)))
    _head(console, texts.sent)
    console.print(outcome.answer.decode(), style="cyan")
    for who in outcome.reached:
        console.print(Text.assemble(("✓ ", "green"), texts.reached, texts.colon, who))
    if not outcome.reached:
        console.print(texts.nobody)
    for who, why in outcome.left_out:
        console.print(Text.assemble(("– ", "yellow"), texts.left_out, texts.colon, who, texts.colon, why))
    console.print(Text.assemble(("✓ ", "green"), texts.noticed, texts.colon, ", ".join(outcome.noticed) or texts.nobody))
    console.print(outcome.notice.decode(), style="cyan")
    _head(console, texts.paste_send)
    console.print(curl_text(base_url, facts["access_token"], facts["account_unionid"], texts.greeting))
    _head(console, texts.paste_sample)
    console.print(curl_sample(base_url, facts["access_token"]))
    _head(console, texts.paste_token)
    console.print(curl_gettoken(base_url, facts["app_key"], facts["app_secret"]))
    _head(console, texts.paste_notice)
    console.print(curl_notice(base_url, facts["isv_access_token"]))
    _head(console, texts.open_inbox.format(name=outcome.reader))
    console.print(outcome.inbox_url, style="underline")
    console.print(texts.arrives_live)
    data = "" if settings.data == DEMO_FOLDER else f" --data {settings.folder}"
    _head(console, texts.open_console)
    console.print(outcome.console_url, style="underline")
    console.print(texts.link_once.format(command=command_name(), name=OPERATOR, data=data), style="dim")
    console.print()
    console.print(texts.more.format(command=command_name(), userid=READER, data=data), style="dim")
    console.print(texts.stop, style="bold")
    console.file.flush()


def _head(console: Console, text: str) -> None:
    console.print()
    console.print(text, style="bold")


def command_name() -> str:
    """How the command line is called here: the checkout's script, or the installed command."""
    script = Path(__file__).parents[3] / "hongyan"
    if not script.is_file():
        return "hongyan"
    near = os.path.relpath(script)
    return f"./{near}" if os.sep not in near else str(script)
