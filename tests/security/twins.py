"""Two organisations on one server that look alike, an app installed in both, and a story that calls every interface in the first of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from callback_receiver import AES_KEY, TOKEN, Receiver, receiving
from harness import Server, World, serving
from hongyan.access.edit import install_app_txn
from hongyan.access.records import AppKind, app_by_key_txn
from hongyan.admission.rules import RULES, Mode
from hongyan.directory.edit import DeptEntry, OrgChange, RoleEntry, UserEntry
from media_samples import PNG
from office import AGENT, SUITE_AGENT, Office

MARK = "甲方密语7f3a"  # in every text of the first organisation
WORK = "/topapi/message/corpconversation"


@dataclass
class Names:
    """What belongs to the first organisation alone. Those of `spare_*` are used up by the story; a replay takes the others for them."""

    unionid: str
    picture: str = ""
    mass_task: str = ""
    spare_mass_task: str = ""
    article: int = 0
    spare_article: int = 0
    card: str = ""
    spare_card: str = ""
    work_task: int = 0
    spare_work_task: int = 0
    oa_task: int = 0
    code: str = ""
    spare_code: str = ""
    person: str = ""  # the unionid of a person
    account: str = ""  # a second one
    url: str = ""
    dept: int = 0
    role: int = 0
    group: int = 0
    serial: int = 0
    mark: str = MARK  # what its texts hold

    def fresh(self) -> str:
        self.serial += 1
        return f"uuid{self.serial:06d}"

    def for_replay(self) -> "Names":
        return replace(
            self,
            spare_mass_task=self.mass_task,
            spare_article=self.article,
            spare_card=self.card,
            spare_work_task=self.work_task,
            spare_code=self.code,
            serial=self.serial + 5000,
            mark="乙方",
        )

    def strangers(self) -> "Names":
        """Names of the same looks that nobody has."""
        return replace(
            self,
            unionid=_other(self.unionid),
            account=_other(self.account),
            picture=_other(self.picture),
            mass_task=_other(self.mass_task),
            spare_mass_task=_other(self.spare_mass_task),
            article=self.article + 70_000,
            spare_article=self.spare_article + 70_000,
            card=_other(self.card),
            spare_card=_other(self.spare_card),
            work_task=self.work_task + 7_000_000,
            spare_work_task=self.spare_work_task + 7_000_000,
            oa_task=self.oa_task + 7_000_000,
            code=_other(self.code),
            spare_code=_other(self.spare_code),
            person=_other(self.person),
            dept=self.dept + 70_000,
            role=self.role + 70_000,
            group=self.group + 70_000,
        )

    def own(self) -> list[str]:
        """Texts that are names of the first organisation's things."""
        given = (self.unionid, self.account, self.picture, self.mass_task, self.card, self.person)
        return [text for text in given if text]


def _other(text: str) -> str:
    """Another text of the same alphabet and length."""
    return "".join(chr((ord(char) - 48 + 5) % 10 + 48) if char.isdigit() else char.swapcase() if char.isalpha() else char for char in text)


Body = Callable[[Names], dict[str, Any]]


class Step(NamedTuple):
    """One call of the story. `learn` takes names from the answer. `suite`: with the third-party app's token."""

    path: str
    body: Body
    learn: Callable[[Names, dict[str, Any]], None] | None = None
    suite: bool = False

    @property
    def v1(self) -> bool:
        return self.path.startswith("/v1.0/")


def _mass(n: Names) -> dict[str, Any]:
    return {"unionid": n.unionid, "uuid": n.fresh(), "is_to_all": False, "msg_type": "text", "text_content": n.mark, "userid_list": "u1"}


def _work(n: Names) -> dict[str, Any]:
    return {"agent_id": AGENT, "userid_list": "u1", "msg": {"msgtype": "text", "text": {"content": f"{n.mark} {n.fresh()}"}}}


def _oa(n: Names) -> dict[str, Any]:
    head, bar = {"bgcolor": "FFBBBBBB", "text": n.mark}, {"status_value": "待审批", "status_bg": "0xFFFF9D46"}
    oa = {"message_url": "https://a", "head": head, "status_bar": bar, "body": {"title": f"{n.mark} {n.fresh()}"}}
    return {"agent_id": AGENT, "userid_list": "u1", "msg": {"msgtype": "oa", "oa": oa}}


def _template(n: Names) -> dict[str, Any]:
    return {"agent_id": SUITE_AGENT, "template_id": "greeting", "userid_list": "u1", "data": {"name": f"{n.mark}{n.fresh()}", "名字": "x"}}


def _user(n: Names) -> dict[str, Any]:
    return {"userid": "made", "name": n.mark, "mobile": "13900000001", "dept_id_list": "10"}


def _page(name: str) -> Body:
    return lambda n: {"queryWord": name, "offset": 0, "size": 10}


def _set(*names: str, of: str = "") -> Callable[[Names, dict[str, Any]], None]:
    def learn(known: Names, reply: dict[str, Any]) -> None:
        value: Any = reply
        for part in of.split("."):
            value = value[part]
        for name in names:
            setattr(known, name, value)

    return learn


_MASS, _ACCOUNT = "/topapi/message/mass", "/topapi/serviceaccount"
_ARTICLE, _NEWS = "/topapi/material/article", "/topapi/material/news"
_FOLLOW = "/v1.0/exclusive/follow/message"
_USER, _DEPT, _ROLE = "/topapi/v2/user", "/topapi/v2/department", "/topapi/role"
_HOOK = "/call_back"


def _article(n: Names) -> dict[str, Any]:
    return {"unionid": n.unionid, "article": {"title": n.mark, "content": f"<p>{n.mark}</p>", "uuid": n.fresh()}}


def _of_dept(n: Names, **more: Any) -> dict[str, Any]:
    return {"dept_id": 10, **more}


STORY: tuple[Step, ...] = (
    Step("/media/upload", lambda n: {"type": "image"}, _set("picture", of="media_id")),
    Step(f"{_MASS}/send", _mass, _set("mass_task", of="task_id")),
    Step(f"{_MASS}/send", _mass, _set("spare_mass_task", of="task_id")),
    Step(f"{_MASS}/recall", lambda n: {"unionid": n.unionid, "task_id": n.spare_mass_task}),
    Step(f"{_FOLLOW}/send", _mass),
    Step(f"{_FOLLOW}/queryMsgSendRecords", lambda n: {"unionid": n.unionid, "page_number": 1, "page_size": 10}),
    Step(f"{_FOLLOW}/getMsgRecordDetail", lambda n: {"unionid": n.unionid, "task_id": n.mass_task}),
    Step("/hongyan/v1/preflight/mass-send", _mass),
    Step("/hongyan/v1/preflight/template-send", _template, suite=True),
    Step(
        f"{_ACCOUNT}/add",
        lambda n: {"name": f"{n.mark}{n.fresh()}", "brief": n.mark, "desc": n.mark, "avatar_media_id": n.picture, "preview_media_id": n.picture},
        _set("account", of="unionid"),
    ),
    Step(f"{_ACCOUNT}/update", lambda n: {"unionid": n.account, "brief": n.mark, "avatar_media_id": n.picture}),
    Step(f"{_ACCOUNT}/list", lambda n: {"pageStart": 1, "pageSize": 20}),
    Step(f"{_ACCOUNT}/get", lambda n: {"unionid": n.unionid}),
    Step(
        f"{_ACCOUNT}/menu/update",
        lambda n: {
            "unionid": n.unionid,
            "menu": {"enable_input": "true", "status": "1", "button": [{"name": "菜单", "type": "view", "url": "https://a.cn"}]},
        },
    ),
    Step(f"{_ACCOUNT}/menu/get", lambda n: {"unionid": n.unionid}),
    Step(f"{_ARTICLE}/add", _article, _set("article", of="article_id")),
    Step(f"{_ARTICLE}/add", _article, _set("spare_article", of="article_id")),
    Step(
        f"{_ARTICLE}/update",
        lambda n: {"unionid": n.unionid, "article": {"article_id": n.article, "title": n.mark, "content": n.mark, "thumb_media_id": n.picture}},
    ),
    Step(f"{_ARTICLE}/publish", lambda n: {"unionid": n.unionid, "article_id": n.article}),
    Step(f"{_ARTICLE}/get", lambda n: {"unionid": n.unionid, "article_id": n.article}),
    Step(f"{_ARTICLE}/list", lambda n: {"unionid": n.unionid, "page_start": 1, "page_size": 10}),
    Step(f"{_ARTICLE}/delete", lambda n: {"unionid": n.unionid, "article_id": n.spare_article}),
    Step(f"{_NEWS}/add", lambda n: {"unionid": n.unionid, "articles": [{"article_id": n.article}]}, _set("card", of="media_id")),
    Step(f"{_NEWS}/add", lambda n: {"unionid": n.unionid, "articles": [{"article_id": n.article}]}, _set("spare_card", of="media_id")),
    Step(f"{_NEWS}/update", lambda n: {"unionid": n.unionid, "media_id": n.card, "articles": [{"article_id": n.article}]}),
    Step(f"{_NEWS}/get", lambda n: {"unionid": n.unionid, "media_id": n.card}),
    Step(f"{_NEWS}/list", lambda n: {"unionid": n.unionid, "page_start": 1, "page_size": 10}),
    Step(f"{_NEWS}/delete", lambda n: {"unionid": n.unionid, "media_id": n.spare_card}),
    Step(f"{WORK}/sendbytemplate", _template, suite=True),
    Step(f"{WORK}/asyncsend_v2", _work, _set("work_task", of="task_id")),
    Step(f"{WORK}/asyncsend_v2", _work, _set("spare_work_task", of="task_id")),
    Step(f"{WORK}/asyncsend_v2", _oa, _set("oa_task", of="task_id")),
    Step(f"{WORK}/getsendprogress", lambda n: {"agent_id": AGENT, "task_id": n.work_task}),
    Step(f"{WORK}/getsendresult", lambda n: {"agent_id": AGENT, "task_id": n.work_task}),
    Step(f"{WORK}/status_bar/update", lambda n: {"agent_id": AGENT, "task_id": n.oa_task, "status_value": n.mark, "status_bg": "0xFF78C06E"}),
    Step(f"{WORK}/recall", lambda n: {"agent_id": AGENT, "msg_task_id": n.spare_work_task}),
    Step(f"{_HOOK}/register_call_back", lambda n: {"call_back_tag": ["user_add_org"], "token": TOKEN, "aes_key": AES_KEY, "url": n.url}),
    Step(f"{_HOOK}/get_call_back", lambda n: {}),
    Step(f"{_HOOK}/get_call_back_failed_result", lambda n: {}),
    Step(f"{_HOOK}/update_call_back", lambda n: {"call_back_tag": ["user_leave_org"], "token": TOKEN, "aes_key": AES_KEY, "url": n.url}),
    Step(f"{_HOOK}/delete_call_back", lambda n: {}),
    Step(f"{_USER}/get", lambda n: {"userid": "u1"}, _set("person", of="result.unionid")),
    Step(f"{_USER}/list", lambda n: _of_dept(n, cursor=0, size=10)),
    Step("/topapi/user/listsimple", lambda n: _of_dept(n, cursor=0, size=10)),
    Step("/topapi/user/listid", _of_dept),
    Step("/topapi/user/count", lambda n: {"only_active": False}),
    Step(f"{_USER}/getbymobile", lambda n: {"mobile": "13900000009"}),
    Step("/topapi/user/getbyunionid", lambda n: {"unionid": n.person}),
    Step("/topapi/user/listadmin", lambda n: {}),
    Step(f"{_USER}/getuserinfo", lambda n: {"code": n.spare_code}),
    Step(f"{_DEPT}/get", _of_dept),
    Step(f"{_DEPT}/listsub", lambda n: {"dept_id": 1}),
    Step(f"{_DEPT}/listsubid", lambda n: {"dept_id": 1}),
    Step(f"{_DEPT}/listparentbydept", _of_dept),
    Step(f"{_DEPT}/listparentbyuser", lambda n: {"userid": "u1"}),
    Step(f"{_ROLE}/list", lambda n: {"size": 20, "offset": 0}),
    Step(f"{_ROLE}/simplelist", lambda n: {"role_id": 7, "size": 20, "offset": 0}),
    Step(f"{_ROLE}/getrole", lambda n: {"roleId": 7}),
    Step("/role/add_role_group", lambda n: {"name": f"{n.mark}{n.fresh()}"}, _set("group", of="groupId")),
    Step(f"{_ROLE}/getrolegroup", lambda n: {"group_id": n.group}),
    Step("/role/add_role", lambda n: {"roleName": f"{n.mark}{n.fresh()}", "groupId": n.group}, _set("role", of="roleId")),
    Step("/role/update_role", lambda n: {"roleId": n.role, "roleName": f"{n.mark}{n.fresh()}"}),
    Step("/auth/scopes", lambda n: {}),
    Step("/v1.0/contact/users/search", _page(MARK)),
    Step("/v1.0/contact/departments/search", _page(MARK)),
    Step(f"{_USER}/create", _user),
    Step(f"{_USER}/update", lambda n: {"userid": "made", "title": n.mark}),
    Step(f"{_ROLE}/addrolesforemps", lambda n: {"roleIds": str(n.role), "userIds": "made,u1"}),
    Step(f"{_ROLE}/scope/update", lambda n: {"userid": "made", "role_id": n.role, "dept_ids": "10"}),
    Step(f"{_ROLE}/removerolesforemps", lambda n: {"roleIds": str(n.role), "userIds": "made"}),
    Step(f"{_USER}/delete", lambda n: {"userid": "made"}),
    Step(f"{_DEPT}/create", lambda n: {"name": n.mark, "parent_id": 1}, _set("dept", of="result.dept_id")),
    Step(f"{_DEPT}/update", lambda n: {"dept_id": n.dept, "name": f"{n.mark}{n.fresh()}"}),
    Step("/department/list", lambda n: {"id": 1, "fetch_child": True}),
    Step("/department/get", lambda n: {"id": 10}),
    Step("/department/list_ids", lambda n: {"id": 1}),
    Step("/department/list_parent_depts_by_dept", lambda n: {"id": 10}),
    Step("/department/list_parent_depts", lambda n: {"userId": "u1"}),
    Step("/user/get", lambda n: {"userid": "u1"}),
    Step("/user/simplelist", lambda n: {"department_id": 10}),
    Step("/user/list", lambda n: {"department_id": 10}),
    Step("/user/listbypage", lambda n: {"department_id": 10, "offset": 0, "size": 10}),
    Step("/user/getDeptMember", lambda n: {"deptId": 10}),
    Step("/user/getUseridByUnionid", lambda n: {"unionid": n.person}),
    Step("/user/get_by_mobile", lambda n: {"mobile": "13900000009"}),
    Step("/user/get_admin", lambda n: {}),
    Step("/user/get_org_user_count", lambda n: {"onlyActive": 0}),
    Step("/user/getuserinfo", lambda n: {"code": n.spare_code}),
    Step(f"{_DEPT}/delete", lambda n: {"dept_id": n.dept}),
    Step(f"{_ROLE}/deleterole", lambda n: {"role_id": n.role}),
)


@dataclass
class Twins:
    """The first organisation told its story; the second one looks like it and is asked about it."""

    server: Server
    first: World
    second: World
    office: Office
    receiver: Receiver
    second_suite_token: str
    names: Names
    suite_token: str = ""
    answers: list[tuple[Step, dict[str, Any]]] = field(default_factory=list[tuple[Step, dict[str, Any]]])

    def call(self, step: Step, names: Names, token: str) -> dict[str, Any]:
        self.first.advance(1000)
        body = step.body(names)
        if step.path == "/media/upload":
            files = {"media": ("a.png", PNG + MARK.encode())}
            return self.server.client.post(step.path, params={"access_token": token}, data=body, files=files).json()
        if step.v1:
            return self.first.v1(step.path, body, token=token).json()
        return self.first.post(step.path, body, token=token).json()

    def tell(self) -> None:
        """Call every interface once with the first organisation's own tokens."""
        for step in STORY:
            if "spare_code" in step.body.__code__.co_names:
                self.names.spare_code = self.new_code()
            reply = self.call(step, self.names, self.suite_token if step.suite else self.first.token)
            assert not refused(reply), (step.path, reply)
            if step.learn:
                step.learn(self.names, reply)
            self.answers.append((step, reply))

    def new_code(self) -> str:
        return self.first.admin("POST", "/inboxes/u1/code").json()["code"]


def refused(reply: dict[str, Any]) -> bool:
    return reply.get("errcode", 0) != 0 or {"code", "requestid"} <= set(reply) or reply.get("would_succeed") is False


def _dress(world: World, mark: str) -> None:
    people = tuple(UserEntry(f"u{i}", f"{mark}人{i}", (10,)) for i in range(1, 7))
    someone = UserEntry("mobile", f"{mark}手机", (10,), mobile="13900000009") if mark == MARK else UserEntry("mobile", "手机", (10,))
    departments = (DeptEntry(10, f"{mark}研发"), DeptEntry(40, f"{mark}密部"))
    world.change(OrgChange(departments, (*people, someone), (RoleEntry(7, f"{mark}主管", f"{mark}组", ("u1", "u2")),)))


@contextmanager
def twins(folder: Path) -> Iterator[Twins]:
    """Serves both until the block ends; the story is told."""
    with serving(folder) as server, receiving() as receiver:
        first = World(server)
        for rule in RULES:
            first.rule(rule, mode=Mode.OFF)
        office = Office(first)
        second = World(server, corp_id="dingtwin")
        own = second.read(app_by_key_txn, second.app_key)
        assert own is not None
        second.write(install_app_txn, second.corp, own.no, AGENT, "自建应用")
        second.write(install_app_txn, second.corp, office.suite.no, SUITE_AGENT, "套件应用")
        _dress(first, MARK)
        _dress(second, "")
        first.add_app("powerless", scopes=("none",))
        second.add_app("foreign", kind=AppKind.THIRD_PARTY)
        made = Twins(server, first, second, office, receiver, second.corp_token("suite"), Names(first.unionid, url=receiver.url))
        made.suite_token = office.suite_token
        made.names.code = made.new_code()
        made.tell()
        yield made
