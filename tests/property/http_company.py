"""A whole server in this process, called as clients call it, in step with the plain models."""

import json
import shutil
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from hongyan.admission.rulekeeper import RuleKeeper
from hongyan.admission.rules import APP_API_QPS, Mode, Profile, RuleSetting
from hongyan.app.application import Application
from hongyan.app.settings import Settings
from hongyan.messages.template_book import TemplateOwner, approve_template_txn, create_template_txn, load_template_txn, submit_template_txn
from hongyan.messages.templates import MarkdownTemplate
from hongyan.model.errors import CATALOGUE
from hongyan.model.faults import NoFaults
from hongyan.model.ids import CorpNo, EpochMs, Seq, parse_mass_task_id, wire_task_id
from hongyan.store.sqlite import open_sqlite
from property.company import START, HandClock
from property.histories import BurstOp, DelayOp, OpenOp, OrgOp, ReadOp, RecallOp, RuleOp, SendOp, TimeOp
from property.http_erasure import EraseOp, alias_of, forget
from property.http_histories import RestartOp, Surface, TemplateOp
from property.model import Human, Model, ModelTask, day_of
from property.work_histories import FlurryOp, NoticeOp
from property.work_model import CODES, NoticeTask
from simulation.company import AGENT, CORP, STORE_FILE, Cast, make_models

MASS, WORK, OURS = "/topapi/message/mass", "/topapi/message/corpconversation", "/hongyan/v1"
WAYS = (0, 3, 1000)  # how many people a send may have to be stored as rows
SECRETS = ("key", "suite", "key")
TEMPLATE = "greeting"
QUOTAS = {"mass.sends_per_day": "n_tasks", "mass.person_times": "person_times"}


class Ground(NamedTuple):
    """The folder that every history starts from."""

    folder: Path
    cast: Cast


async def make_ground(folder: Path, cast: Cast) -> Ground:
    """The simulated company, without the gateway's limit, and with a template."""
    store = open_sqlite(folder / STORE_FILE, clock=HandClock(), faults=NoFaults())
    await RuleKeeper(store, Profile.DINGTALK).change(RuleSetting(CorpNo(0), "all", 0, APP_API_QPS.id, Mode.OFF, None))
    template = MarkdownTemplate(name=TEMPLATE, title="通知", content="你好${name}")
    kept = await store.write(create_template_txn, TemplateOwner(cast.apps[1].no, CorpNo(0)), template, TEMPLATE)
    await store.write(submit_template_txn, kept)
    submitted = await store.read(load_template_txn, TEMPLATE)
    assert submitted
    await store.write(approve_template_txn, submitted)
    await store.close()
    return Ground(folder, cast)


class Answer(NamedTuple):
    status: int
    body: Any


class Disagreement(AssertionError):
    """The server and the model say different things."""


def agree(found: object, expected: object, what: str, *facts: object) -> None:
    if found != expected:
        raise Disagreement(f"{what}: {found!r}, the model says {expected!r}; {facts!r}")


def _words(body: dict[str, Any]) -> str:
    return body.get("text") or body.get("content") or body.get("markdown") or ""


class HttpPlay:
    """A history on a server. `steps` counts; after each something is compared, and in the end everything."""

    def __init__(self, folder: Path, ground: Ground, rows_up_to: int) -> None:
        shutil.copytree(ground.folder, folder)
        self.folder, self.cast, self.rows_up_to = folder, ground.cast, rows_up_to
        self.mass, self.work = make_models()
        self.now = EpochMs(START + 3_600_000)
        self.fresh = self.steps = self._looks = 0
        self.seen: set[str] = set()
        self.erased: set[int] = set()
        self._stack = AsyncExitStack()

    # --- the server

    async def start(self) -> None:
        kept = {f"{name}_kept_days": 0 for name in ("sends", "previews", "attempts", "usage", "rules", "callbacks", "audit", "media")}
        settings = Settings(data=str(self.folder), port=0, sandbox=True, requests_kept_mb=0, **kept)
        self.application = Application(settings, rows_up_to=self.rows_up_to)
        self.engine = self.application.engine
        await self._stack.enter_async_context(self.application.running())
        assert self.application.sandbox
        clock = self.application.sandbox.clock
        if not self.steps:
            clock.place(frozen_at=self.now)
        agree(clock.now(), self.now, "the clock after a start")
        self.application.sandbox.delay_ms = self.mass.delay_ms
        self.tokens = [await self._token(app) for app in ("key", "suite")]
        self._admin = {"authorization": f"Bearer {self.engine.key.admin_token(1)}"}
        await self._learn_position()

    async def stop(self) -> None:
        await self._stack.aclose()

    async def _token(self, app: str) -> str:
        if app == "key":
            answer = await self.call("GET", "/gettoken", {"appkey": "key", "appsecret": "s"})
            return answer.body["access_token"]
        body = {"client_id": app, "client_secret": "s", "grant_type": "client_credentials"}
        return (await self.call("POST", f"/v1.0/oauth2/{CORP}/token", body=body)).body["access_token"]

    async def call(
        self, method: str, path: str, query: dict[str, Any] | None = None, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request through the application, as the HTTP server would hand it over."""
        raw = json.dumps(body, ensure_ascii=False).encode() if body is not None else b""
        sent = {"host": "x", "content-type": "application/json", "content-length": str(len(raw)), **(headers or {})}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": path,
            "raw_path": path.encode(), "query_string": urlencode(query or {}).encode(), "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 1),
        }  # fmt: skip
        status, content = 0, b""

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status, content
            status = message.get("status", status)
            content += message.get("body", b"")

        await self.application(scope, receive, send)
        return Answer(status, json.loads(content) if content else None)

    async def top(self, path: str, body: dict[str, Any], *, suite: bool = False) -> dict[str, Any]:
        answer = await self.call("POST", path, {"access_token": self.tokens[suite]}, body)
        agree(answer.status, 200, "the classic surface answers 200", path, answer.body)
        agree(answer.body["errcode"] in (40014, 88), False, "a token holds", path, answer.body)
        return answer.body

    async def ours(self, method: str, path: str, query: dict[str, Any] | None = None, body: Any = None, *, corp: bool = True) -> Answer:
        return await self.call(method, f"{OURS}/corps/{CORP}{path}" if corp else OURS + path, query, body, self._admin)

    # --- steps

    async def step(self, surface: Surface, op: object) -> None:
        self.steps += len(op.sends) if isinstance(op, BurstOp) else len(op.notices) if isinstance(op, FlurryOp) else 1
        match op:
            case SendOp():
                await self._send(op)
            case BurstOp():
                for one in op.sends:
                    await self._send(one)
            case NoticeOp():
                await self._notice(op, template=False)
            case TemplateOp():
                await self._notice(op.notice, template=True)
            case FlurryOp():
                for notice in op.notices:
                    await self._notice(notice, template=False)
            case ReadOp():
                await self._read(surface, op)
            case OpenOp():
                await self._open(surface, op)
            case RecallOp():
                await self._recall(surface, op)
            case TimeOp():
                await self._move_clock(op)
            case RuleOp():
                await self._rule(op)
            case DelayOp():
                self.mass.delay_ms = self.work.delay_ms = op.ms
                agree((await self.ours("PUT", "/sandbox/delay_ms", body={"delay_ms": op.ms}, corp=False)).status, 200, "a delay")
            case OrgOp():
                await self._organisation(op)
            case EraseOp():
                await self._erase(op.who)
            case RestartOp():
                await self.stop()
                await self.start()
        await self._learn_position()
        await self._look()

    async def _learn_position(self) -> None:
        """Changes of inboxes take positions too; where the history stands is the engine's to say, but it never goes back."""
        row = self.engine.store.read_quick(lambda tx: tx.one("corp.accept_state", corp=self.cast.corp.no))
        assert row
        if row[0] < max(self.mass.last_seq, self.work.last_seq):
            raise Disagreement("the history went back")
        self.mass.last_seq = self.work.last_seq = row[0]

    def _refused(self, key: str) -> tuple[int, str]:
        self.seen.add(key)
        row = CATALOGUE[key]
        return row.errcode, row.sub_code

    async def _send(self, op: SendOp) -> None:
        self.fresh += not op.uuid
        uuid = op.uuid or f"fresh-{self.fresh}"
        self.mass.last_seq = max(self.mass.last_seq, self.work.last_seq)
        expected = self.mass.send(op, uuid, self.now)
        body: dict[str, Any] = {
            "unionid": f"account{op.account}",
            "uuid": uuid,
            "msg_type": "text",
            "text_content": op.content,
            "is_to_all": op.everyone,
            "is_preview": op.preview,
            "userid_list": ",".join(op.userids),
            "dep_id_list": list(op.depts),
            "roleIds": ",".join(map(str, op.roles)),
        }
        reply = await self.top(f"{MASS}/send", {name: value for name, value in body.items() if value not in ("", [], False) or name == "is_to_all"})
        if isinstance(expected, str):
            agree((reply["errcode"], reply.get("sub_code", "")), self._refused(expected), "a send", op, uuid)
            return
        self.seen.add("ok")
        self.work.last_seq = self.mass.last_seq
        agree(reply["errcode"], 0, "a send", op, uuid, reply)
        agree(parse_mass_task_id(reply["task_id"]), expected.seq, "a task's place", op)

    async def _notice(self, op: NoticeOp, *, template: bool) -> None:
        if template:
            op = msgspec.structs.replace(op, installation=1, everyone=False, userids=op.userids or ("u1",))
        shown = msgspec.structs.replace(op, content=f"你好{op.content}") if template else op
        self.work.last_seq = max(self.mass.last_seq, self.work.last_seq)
        expected = self.work.notice(shown, self.now)
        body: dict[str, Any] = {
            "agent_id": AGENT + op.installation,
            "userid_list": ",".join(op.userids),
            "dept_id_list": ",".join(map(str, op.depts)),
        }
        body = {name: value for name, value in body.items() if value != ""}
        if template:
            reply = await self.top(f"{WORK}/sendbytemplate", {**body, "template_id": TEMPLATE, "data": {"name": op.content}}, suite=True)
        else:
            body |= {"msg": {"msgtype": "text", "text": {"content": op.content}}} | ({"to_all_user": True} if op.everyone else {})
            reply = await self.top(f"{WORK}/asyncsend_v2", body, suite=op.installation == 1)
        if isinstance(expected, str):
            agree((reply["errcode"], reply.get("sub_code", "")), self._refused(expected), "a notice", op)
            return
        self.seen |= {"notice", "template" if template else "notice", *expected.filtered}
        self.mass.last_seq = self.work.last_seq
        agree(reply.get("task_id"), expected.seq, "a notice's place", op, reply)

    def _model(self, surface: Surface) -> Model:
        return self.mass if surface == "mass" else self.work

    def _task_of(self, surface: Surface, at: int) -> ModelTask | None:
        tasks = self._model(surface).tasks
        return tasks[-1 - at % len(tasks)] if tasks else None

    def _id(self, task: ModelTask) -> str:
        return wire_task_id("work" if isinstance(task, NoticeTask) else "mass", Seq(task.seq))

    def _person(self, at: int) -> Human | None:
        live = [human for human in self.mass.humans if human.live]
        return live[at % len(live)] if live else None

    async def _read(self, surface: Surface, op: ReadOp) -> None:
        task, who = self._task_of(surface, op.task), self._person(op.person)
        if task and who:
            expected = self._model(surface).read_one(who.ord, task, self.now)
            answer = await self.ours("POST", f"/inboxes/{who.userid}/read", body={"task_id": self._id(task)})
            agree(answer.status, 200 if expected else 409, "a read", op, answer.body)
            self.seen.add("read" if expected else "not_readable")

    async def _open(self, surface: Surface, op: OpenOp) -> None:
        """A service account's conversation, or all at once."""
        who = self._person(op.person)
        if who is None:
            return
        if surface == "mass":
            self.mass.open(who.ord, op.account, self.now)
            body = {"account": f"account{op.account}"}
        else:
            for model in (self.mass, self.work):
                for account in range(3):
                    model.open(who.ord, account, self.now)
            body = {}
        agree((await self.ours("POST", f"/inboxes/{who.userid}/read", body=body)).status, 200, "a conversation is opened", op)

    async def _recall(self, surface: Surface, op: RecallOp) -> None:
        task = self._task_of(surface, op.task)
        if task is None:
            return
        expected = self._model(surface).recall(op.account, task, self.now)
        if surface == "mass":
            reply = await self.top(f"{MASS}/recall", {"unionid": f"account{op.account}", "task_id": self._id(task)})
        else:
            reply = await self.top(f"{WORK}/recall", {"agent_id": AGENT + op.account, "msg_task_id": task.seq}, suite=op.account == 1)
        agree(reply["errcode"] == 0, expected, "a recall", op, reply)
        self.seen.add("recalled" if expected else "not_recalled")

    async def _move_clock(self, op: TimeOp) -> None:
        """A sandbox's clock does not go back."""
        by = op.ms
        if op.to_midnight:
            by = 86_400_000 - (self.now + 8 * 3_600_000) % 86_400_000 - op.ms
        answer = await self.ours("PUT", "/sandbox/clock", body={"now": max(0, self.now + by)}, corp=False)
        agree(answer.status, 200 if by >= 0 else 409, "the clock", op, answer.body)
        if by >= 0:
            self.now = EpochMs(self.now + by)
        if by > 60_000:  # a token lasts two hours
            self.tokens = [await self._token(app) for app in ("key", "suite")]

    async def _rule(self, op: RuleOp) -> None:
        """Work notices are ruled by organisation here; a change names everything, so that no number of the profile comes back."""
        if op.rule.startswith("work."):
            op = msgspec.structs.replace(op, account=None)
        models = [self.work] if op.rule.startswith("work.") else [self.mass] if op.account is not None else [self.mass, self.work]
        for model in models:
            model.set_rule(op)
        place = {"scope": "all"} if op.account is None else {"scope": "sender", "subject": f"account{op.account}"}
        number = models[0].number_of(op)
        body = {**place, "mode": op.mode.value, **({} if number is None else {"limit": number})}
        agree((await self.ours("PUT", f"/rules/{op.rule}", body=body)).status, 200, "a rule", op)

    # --- the organisation

    async def _organisation(self, op: OrgOp) -> None:
        model, here = self.mass, self.mass.live(op.who)
        gone = next((human for human in reversed(model.humans) if human.userid == op.who and not human.live), None)
        entry: dict[str, Any] = {"userid": op.who, "name": op.who, "depts": [op.dept]}
        match op.kind:
            case "leave" if here:
                change: dict[str, Any] = {"leave": [op.who]}
                here.live = False
                for members in model.roles.values():
                    members.discard(here.ord)
            case "move" if here:
                change = {"users": [{**entry, "active": here.active}]}
                here.dept = op.dept
            case "sleep" if here:
                change = {"users": [{**entry, "depts": [here.dept], "active": not here.active}]}
                here.active = not here.active
            case "join" if not here:
                change = {"users": [entry]}
                model.humans.append(Human(max(human.ord for human in model.humans) + 1, op.who, op.dept, active=True))
            case "rejoin" | "same_unionid" if gone and not here:
                change = {"users": [{**entry, "rejoin": True}]}
                gone.live, gone.dept, gone.active = True, op.dept, True
            case "role":
                change = {"roles": [{"role": 7, "name": "主管", "userids": [op.who] if here else []}]}
                model.roles[7] = {here.ord} if here else set()
            case _:
                change = {"departments": [{"dept": 40 + op.dept % 3, "name": "新", "parent": op.dept}]}
                model.parents[40 + op.dept % 3] = op.dept
        answer = await self.ours("POST", "/changes", body=change)
        agree(answer.status, 200, "a change of the organisation", op, answer.body)
        self.seen.add(op.kind)

    async def _erase(self, who: str) -> None:
        """Whoever has or had the userid, the one who is there first."""
        people = sorted((human for human in self.mass.humans if human.userid == who), key=lambda human: not human.live)
        answer = await self.ours("POST", "/erasures", body={"userid": who, "everybody": True})
        agree(answer.status, 202 if people else 404, "an erasure", who, answer.body)
        self.seen.add("erased" if people else "nobody_to_erase")
        if not people:
            return
        told = [one["alias"] for one in answer.body["erasures"]]
        agree(sorted(told), sorted(map(alias_of, people)), "aliases", who)
        await self.engine.keeper.eraser.go_on()
        self.erased |= {human.ord for human in people}
        forget(self.mass, self.work, who, sorted(people, key=lambda human: told.index(alias_of(human))))
        agree((await self.ours("GET", f"/users/{who}")).status, 404, "nobody is there by that userid", who)

    # --- looking

    async def _look(self) -> None:
        """A little after each step: another person, another task, another count each time."""
        people, tasks = self.mass.humans, [*self.mass.tasks, *self.work.tasks]
        self._looks += 1
        if self._looks % 2 or not tasks:
            await self._look_at_inbox(people[(self._looks * 7) % len(people)])
        else:
            newest = self._looks % 4 and max(tasks, key=lambda task: task.seq)
            await self._look_at_task(newest or tasks[(self._looks * 5) % len(tasks)], self._looks // 2)
        if self._looks % 5 == 0:
            await self._look_at_quotas(self._looks % 15 // 5)

    async def check(self) -> None:
        """Everything."""
        for human in self._latest():
            await self._look_at_inbox(human)
        for n, task in enumerate([*self.mass.tasks, *self.work.tasks]):
            await self._look_at_task(task, n)
        for account in range(3):
            await self._look_at_quotas(account)
        for (account, uuid), outcome in self.mass.attempts.items():
            if uuid.strip():
                answer = await self.ours("GET", f"/accounts/account{account}/attempts/{uuid}")
                agree((answer.status, answer.body.get("outcome")), (200, outcome), "what became of a uuid", account, uuid)

    def _latest(self) -> Iterator[Human]:
        """Who a userid means: the one there is now, or the last who had it."""
        for userid in {human.userid: None for human in self.mass.humans}:
            mine = [human for human in self.mass.humans if human.userid == userid]
            yield next((human for human in mine if human.live), mine[-1])

    async def _look_at_inbox(self, asked: Human) -> None:
        human = next(one for one in self._latest() if one.userid == asked.userid)
        if human.ord in self.erased:
            return  # what is left of an inbox that nobody has is not promised
        page = (await self.ours("GET", f"/inboxes/{human.userid}", {"limit": 200})).body
        seen = [*self.mass.visible(human.ord, None, self.now), *self.work.visible(human.ord, None, self.now)]
        expected = sorted(seen, key=lambda task: -task.seq)
        agree([one["task_id"] for one in page["entries"]], [self._id(task) for task in expected], "an inbox", human.userid)
        for found, task in zip(page["entries"], expected, strict=True):
            agree(found["recalled_at"], task.recalled_at, "recalled", task.seq)
            agree(found["body"] is None, task.recalled_at is not None, "a body", task.seq)
            if task.recalled_at is None:
                agree(found["read_at"] is not None, human.ord in task.read, "read", human.userid, task.seq)
                agree(_words(found["body"]), task.content, "the message", found["body"])
        unread = sum(model.unread(human.ord, account, self.now) for model in (self.mass, self.work) for account in range(3))
        agree(page["unread"], unread, "unread", human.userid)

    async def _look_at_task(self, task: ModelTask, at: int) -> None:
        detail = (await self.ours("GET", f"/tasks/{self._id(task)}")).body
        if len(task.addressed) == 1 and task.addressed <= self.erased:
            agree(_words(detail["body"]), "", "the words of a send to somebody who is forgotten", task.seq)
        counts = detail["counts"]
        found = (counts["read"], counts["unread"], counts["failed"], counts["forbidden_by_rule"])
        read, delivered = task.read & task.delivered, task.delivered
        failed = len(task.addressed) if task.failed else 0
        agree(found, (len(read), len(delivered - read), failed, {rule: len(some) for rule, some in task.filtered.items()}), "lists", task.seq)
        agree(counts["invalid"], sum(map(len, task.unknown)), "ids that name nobody", task.seq)
        percent = 100 if self.now >= task.visible_at else 0
        agree((detail["progress_percent"], detail["recalled_at"]), (percent, task.recalled_at), "progress", task.seq)
        if isinstance(task, NoticeTask):
            await self._look_at_notice(task, percent)
        else:
            await self._look_at_people(task, ("read", "unread", "forbidden", "failed")[at % 4])
        await self._look_at_reason(task, at)

    async def _look_at_people(self, task: ModelTask, which: str) -> None:
        page = (await self.ours("GET", f"/tasks/{self._id(task)}/people", {"list": which, "limit": 1000})).body
        names = {human.ord: human.userid for human in self.mass.humans}
        expected = sorted(names[ord_] for ord_ in task.addressed if task.list_of(ord_) == which)
        agree(sorted(one["userid"] for one in page["people"]), expected, f"the list {which}", task.seq)

    async def _look_at_notice(self, task: NoticeTask, percent: int) -> None:
        if self.now - task.at > 7 * 86_400_000:
            return
        ask = {"agent_id": AGENT + task.account, "task_id": task.seq}
        suite = task.account == 1
        progress = (await self.top(f"{WORK}/getsendprogress", ask, suite=suite))["progress"]
        agree(progress, {"progress_in_percent": percent, "status": 2 if percent == 100 else 0}, "progress of a notice", task.seq)
        result = (await self.top(f"{WORK}/getsendresult", ask, suite=suite))["send_result"]
        names = {human.ord: human.userid for human in self.mass.humans}
        read, delivered = task.read & task.delivered, task.delivered
        for name, people in (("read", read), ("unread", delivered - read), ("failed", set[int]()), ("forbidden", task.addressed - delivered)):
            agree(sorted(result[f"{name}_user_id_list"]), sorted(names[ord_] for ord_ in people), f"result of a notice, {name}", task.seq)
        codes = sorted((CODES[rule], names[ord_]) for rule, people in task.filtered.items() for ord_ in people)
        agree(sorted((one["code"], one["userid"]) for one in result["forbidden_list"]), codes, "codes of a notice", task.seq)
        agree(sorted(result["invalid_user_id_list"]), sorted(task.unknown[0]), "unknown people of a notice", task.seq)
        agree(sorted(result["invalid_dept_id_list"]), sorted(task.unknown[1]), "unknown departments of a notice", task.seq)

    async def _look_at_reason(self, task: ModelTask, at: int) -> None:
        latest = list(self._latest())
        human = latest[at % len(latest)]
        told = (await self.ours("GET", f"/tasks/{self._id(task)}/explain/{human.userid}")).body
        unknown = human.ord not in task.addressed and human.userid in task.unknown[0]
        rule = next((rule for rule, people in task.filtered.items() if human.ord in people), None)
        agree((told["list"], told["rule"]), ("invalid" if unknown else task.list_of(human.ord), rule), "an explanation", task.seq, human.userid)

    async def _look_at_quotas(self, account: int) -> None:
        rules = (await self.ours("GET", "/rules", {"account": f"account{account}"})).body["rules"]
        found = {rule["rule"]: (rule["used"], rule["limit"], rule["mode"]) for rule in rules if rule["rule"] in QUOTAS}
        day = day_of(max(self.now, self.mass.last_seq >> 12))
        for rule, name in QUOTAS.items():
            expected = (getattr(self.mass, name)[account, day], self.mass.limit(account, rule), self.mass.mode(account, rule).value)
            agree(found[rule], expected, "a quota", rule, account)
