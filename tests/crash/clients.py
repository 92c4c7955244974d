"""Clients that send, recall, read, upload and change the organisation until the server is gone, and remember what they were told."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import msgspec

from crash.company import AGENT, CORP, PEOPLE, SUITE_AGENT, SUITE_KEY, TEMPLATE, TIGHT_AGENT, UNIONID
from crash.process import GONE, Connection, Process, get_suite_token, get_token

MASS = "/topapi/message/mass/send"
WORK = "/topapi/message/corpconversation"
CONTROL = f"/hongyan/v1/corps/{CORP}"
CLIENTS = 24
FEW = [name for name, dept in PEOPLE.items() if dept == 20]  # whom the tight installation sends to


class Sent(msgspec.Struct):
    """One send as its client knows it; `errcode` None: no answer came. `tight`: a limit may leave people out. `everyone`: joiners may be in it."""

    words: str
    audience: frozenset[str]
    target: str
    body: dict[str, Any]
    uuid: str = ""
    tight: bool = False
    everyone: bool = False
    errcode: int | None = None
    task_id: str = ""
    recalled: bool | None = False  # None: asked, and not answered
    readers: set[str] = msgspec.field(default_factory=set)

    def fits(self, people: Collection[str]) -> bool:
        """Whether exactly these may have it."""
        if self.tight:
            return self.audience.issuperset(people)
        joined = {userid for userid in people if userid.startswith("new")} if self.everyone else set[str]()
        return self.audience == set(people) - joined


class Journal(msgspec.Struct):
    """What all clients of a folder know. Of uploads and joiners, those that were answered."""

    sent: list[Sent] = []
    media: list[str] = []
    joined: list[str] = []
    templates: list[str] = []
    snapshots: int = 0
    odd: list[str] = []  # answers that nobody should get

    def accepted(self) -> list[Sent]:
        return [one for one in self.sent if one.errcode == 0]


class Crowd:
    """Everybody who talks to one life of the server."""

    def __init__(self, process: Process, chance: random.Random, journal: Journal, *, sandbox: bool = False) -> None:
        self._process = process
        self._chance = chance
        self._journal = journal
        self._sandbox = sandbox
        self._stopped = False

    async def talk(self, ending: Callable[[], Awaitable[None]]) -> None:
        """Everybody talks while `ending` runs; it leaves the server dead."""
        try:
            await self._sign_in()
        except GONE:
            await ending()
            return
        doing = [self._send] * 12 + [self._notify] * 4 + [self._recall, self._read, self._read, self._upload, self._upload, self._join, self._join]
        doing.append(self._snapshot if self._sandbox else self._template)
        clients = [asyncio.ensure_future(self._client(one)) for one in doing]
        await ending()
        self._stopped = True
        await asyncio.gather(*clients)

    async def _sign_in(self) -> None:
        port = self._process.port
        self._token, self._suite_token = await get_token(port), await get_suite_token(port, SUITE_KEY)

    async def _client(self, act: Callable[[Connection], Awaitable[None]]) -> None:
        try:
            async with Connection(self._process.port) as connection:
                while not self._stopped:
                    await act(connection)
        except GONE:
            return

    def _words(self) -> str:
        return f"{self._chance.getrandbits(80):020x}"

    def _whom(self) -> tuple[frozenset[str], dict[str, Any]]:
        kind = self._chance.choice(("one", "one", "few", "few", "rows", "bitmap"))
        if kind in ("rows", "bitmap"):
            dept = 20 if kind == "rows" else 10
            return frozenset(name for name in PEOPLE if PEOPLE[name] == dept), {"dept": dept}
        people = self._chance.sample(sorted(PEOPLE), 1 if kind == "one" else self._chance.randint(2, 12))
        return frozenset(people), {"users": ",".join(people)}

    async def _send(self, connection: Connection) -> None:
        words, (audience, to) = self._words(), self._whom()
        body = {"unionid": UNIONID, "msg_type": "text", "text_content": words, "uuid": words, "is_to_all": False}
        body |= {"userid_list": to["users"]} if "users" in to else {"dep_id_list": [to["dept"]]}
        if everyone := self._chance.random() < 0.05:
            audience, body = frozenset(PEOPLE), {**body, "is_to_all": True}
        await self._settle(connection, Sent(words, audience, f"{MASS}?access_token={self._token}", body, uuid=words, everyone=everyone))

    async def _notify(self, connection: Connection) -> None:
        words, (audience, to) = self._words(), self._whom()
        whom = {"userid_list": to["users"]} if "users" in to else {"dept_id_list": str(to["dept"])}
        way = self._chance.choice(("template", "text", "tight"))
        if way == "tight":
            audience = frozenset(self._chance.sample(FEW, 4))
            whom = {"userid_list": ",".join(audience)}
        if way == "template":
            body = {"agent_id": SUITE_AGENT, "template_id": TEMPLATE, "data": json.dumps({"name": words}), **whom}
            sent = Sent(words, audience, f"{WORK}/sendbytemplate?access_token={self._suite_token}", body)
        else:
            message = {"msgtype": "text", "text": {"content": words}}
            body = {"agent_id": TIGHT_AGENT if way == "tight" else AGENT, "msg": message, **whom}
            sent = Sent(words, audience, f"{WORK}/asyncsend_v2?access_token={self._token}", body, tight=way == "tight")
        await self._settle(connection, sent)

    async def _settle(self, connection: Connection, sent: Sent) -> None:
        self._journal.sent.append(sent)
        answer = await connection.ask("POST", sent.target, sent.body)
        sent.errcode, sent.task_id = answer["errcode"], str(answer.get("task_id", ""))
        if sent.errcode != 0:
            self._journal.odd.append(f"{sent.target.split('?')[0]}: {answer}")

    def _some(self) -> Sent | None:
        accepted = [one for one in self._journal.sent[-400:] if one.errcode == 0 and one.task_id and one.recalled is False]
        return self._chance.choice(accepted) if accepted else None

    async def _recall(self, connection: Connection) -> None:
        one = self._some()
        await asyncio.sleep(0.01)
        if one is None or one.readers:
            return
        one.recalled = None
        if one.uuid:
            target, body = f"/topapi/message/mass/recall?access_token={self._token}", {"unionid": UNIONID, "task_id": one.task_id}
        else:
            token = self._suite_token if one.body["agent_id"] == SUITE_AGENT else self._token
            target, body = f"{WORK}/recall?access_token={token}", {"agent_id": one.body["agent_id"], "msg_task_id": int(one.task_id)}
        answer = await connection.ask("POST", target, body)
        one.recalled = self._fine(answer)

    async def _read(self, connection: Connection) -> None:
        one = self._some()
        await asyncio.sleep(0.005)
        if one is None or one.tight:
            return
        userid = self._chance.choice(sorted(one.audience))
        answer = await connection.ask("POST", f"{CONTROL}/inboxes/{userid}/read", {"task_id": one.task_id}, admin=self._process.admin)
        if answer["status"] == 200 and one.recalled is False:
            one.readers.add(userid)

    async def _upload(self, connection: Connection) -> None:
        content = b"%PDF-1.4\n" + self._chance.randbytes(self._chance.choice((200, 30_000)))
        if self._chance.random() < 0.2:
            content = b"%PDF-1.4\nthe same as before"
        head = '--B\r\ncontent-disposition: form-data; name="media"; filename="a.pdf"\r\n\r\n'
        raw = head.encode() + content + b"\r\n--B--\r\n"
        target = f"/media/upload?access_token={self._token}&type=file"
        answer = await connection.ask("POST", target, kind="multipart/form-data; boundary=B", raw=raw)
        if self._fine(answer):
            self._journal.media.append(answer["media_id"])

    async def _join(self, connection: Connection) -> None:
        userid = f"new{self._words()}"
        body = {"userid": userid, "name": "新人", "mobile": f"+86-1{self._chance.randrange(10**10):010d}", "dept_id_list": "1"}
        answer = await connection.ask("POST", f"/topapi/v2/user/create?access_token={self._token}", body)
        if self._fine(answer):
            self._journal.joined.append(userid)
        await asyncio.sleep(0.02)

    async def _template(self, connection: Connection) -> None:
        name, base = f"t{self._words()}", f"/hongyan/v1/apps/{SUITE_KEY}/templates"
        content = {"kind": "markdown", "name": name, "title": "通知", "content": "你好"}
        for target, body in ((base, {"template_id": name, "content": content}), (f"{base}/{name}/submit", {}), (f"{base}/{name}/approve", None)):
            answer = await connection.ask("POST", target, body, admin=self._process.admin)
            if answer["status"] >= 300:
                self._journal.odd.append(f"{target}: {answer}")
        self._journal.templates.append(name)
        await asyncio.sleep(0.05)

    async def _snapshot(self, connection: Connection) -> None:
        """Only kept, not restored: what was promised after it must stay."""
        await connection.ask("POST", "/hongyan/v1/sandbox/snapshots", {"name": "one"}, admin=self._process.admin)
        self._journal.snapshots += 1
        await asyncio.sleep(0.1)

    async def put_back(self) -> None:
        """Keep a state with an upload, add another upload, and go back; the server dies on the way."""
        await self._sign_in()
        try:
            async with Connection(self._process.port) as connection:
                await self._upload(connection)
                await self._snapshot(connection)
                promised = list(self._journal.media)
                await self._upload(connection)
                self._journal.media = promised
                await connection.ask("POST", "/hongyan/v1/sandbox/snapshots/one/restore", admin=self._process.admin)
        except GONE:
            return

    def _fine(self, answer: dict[str, Any]) -> bool:
        if answer.get("errcode") != 0:
            self._journal.odd.append(str(answer))
        return answer.get("errcode") == 0


async def retry(process: Process, lost: list[Sent], stored: set[str]) -> list[str]:
    """The advice for a mass send without an answer: the same uuid again. It enters now, or is known already. Answers what went wrong."""
    wrong: list[str] = []
    async with Connection(process.port) as connection:
        token = await get_token(process.port)
        for one in lost:
            answer = await connection.ask("POST", f"{MASS}?access_token={token}", one.body)
            wanted = 800035 if one.words in stored else 0
            if answer["errcode"] != wanted:
                wrong.append(f"the retry of {one.words} was answered {answer['errcode']} instead of {wanted}")
            one.errcode, one.task_id = 0, str(answer.get("task_id", ""))
    return wrong
