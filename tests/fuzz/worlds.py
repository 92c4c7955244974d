"""A server to throw calls at: an organisation with apps, accounts and material, whose names stand ready to be used in calls."""

import random
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness import World, serving
from hongyan.access.records import SCOPE_MASS
from hongyan.admission.rules import APP_API_QPS, RULES, Mode, Profile
from office import AGENT, SUITE_AGENT, Office
from scenario.material import add_article, add_card, add_picture
from scenario.suite_calls import SuiteCalls

LEARNED = 40  # newest names kept of a kind
_SPREAD = {  # what one kind of name is called in other places
    "dept_id": ("parent_id", "dept_ids", "dept", "parent", "id"),
    "userid": ("manager_userid", "operator_user_id", "userIds", "userids"),
    "role_id": ("roleId", "role", "roleIds"),
    "roleId": ("role_id", "roleIds"),
    "groupId": ("group_id",),
    "group_id": ("groupId",),
    "task_id": ("msg_task_id",),
    "media_id": ("avatar_media_id", "preview_media_id", "thumb_media_id", "cover_image_media_id"),
}


class FuzzWorld:
    """One organisation and what is known of it. `known` holds names that exist, by the parameter that takes them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.server = world.server
        self.engine = world.engine
        for rule in RULES:
            world.rule(rule, mode=Mode.OBSERVE)
        world.rule(APP_API_QPS.id, mode=Mode.OFF)
        self.office = Office(world)
        self.suite = SuiteCalls(world)
        self.spare = world.add_account("备用号")
        self.picture = add_picture(world)
        self.known: dict[str, deque[Any]] = {name: deque(values, LEARNED) for name, values in self._names().items()}
        self.learn_material()
        self.tokens = {"internal": world.token, "third_party": self.office.suite_token}
        self.suite_token = self._suite_token()

    def learn_material(self) -> None:
        article = add_article(self.world)
        self.learn({"article_id": article})
        self.known["articles"] = deque([[article], [{"article_id": article}]], LEARNED)
        self.learn({"media_id": add_card(self.world, article)})
        self.learn({"task_id": self.world.send_ok(text_content="fuzz")})
        self.learn({"task_id": self.office.send("fuzz")["task_id"]})

    def _names(self) -> dict[str, list[Any]]:
        world, suite = self.world, self.suite
        people = [f"u{n}" for n in range(1, 13)]
        return {
            "unionid": [world.unionid, self.spare.unionid],
            "userid": people,
            "userid_list": ["u1", "u1,u2", ["u3", "u4"], '["u5"]', ["u1"] * 30],
            **{name: [[10], "10,11", 20, [1]] for name in ("dep_id_list", "dept_id_list", "deptIdList")},
            "dept_id": [1, 10, 11, 20, 30],
            "role_id": [7],
            "agent_id": [AGENT, SUITE_AGENT],
            "agentid": [AGENT, SUITE_AGENT, 777],
            "template_id": ["greeting"],
            "media_id": [self.picture],
            **{name: [world.app_key] for name in ("appkey", "appKey", "app_key")},
            **{name: [world.secret] for name in ("appsecret", "appSecret")},
            "client_id": [world.app_key, "suite"],
            "client_secret": [world.secret, "s"],
            **{name: [world.corp_id] for name in ("corpid", "corpId", "corp", "auth_corpid", "authCorpId")},
            "corpsecret": [world.secret],
            **{name: ["suitetest"] for name in ("suite_key", "suiteKey", "accessKey")},
            **{name: [suite.secret] for name in ("suite_secret", "suiteSecret")},
            **{name: ["TestSuiteTicket"] for name in ("suite_ticket", "suiteTicket")},
            "signature": [suite.proof()["signature"]],
            "timestamp": [suite.proof()["timestamp"]],
            "scopes": [[SCOPE_MASS]],
        }

    def _suite_token(self) -> str:
        body = {"suite_key": "suitetest", "suite_secret": self.suite.secret, "suite_ticket": "TestSuiteTicket"}
        token = self.server.client.post("/service/get_suite_token", json=body).json()["suite_access_token"]
        self.known["suite_access_token"] = deque([token], LEARNED)
        return token

    def learn(self, value: Any, name: str = "") -> None:
        """Names that an answer gives are tried in later calls."""
        match value:
            case dict():
                for key, inner in value.items():
                    self.learn(inner, key)
            case list():
                for inner in value[:20]:
                    self.learn(inner, name)
            case str() | int() if name.endswith(("id", "Id", "key", "uuid", "cursor")):
                for one in (name, *_SPREAD.get(name, ())):
                    self.known.setdefault(one, deque(maxlen=LEARNED)).append(value)
            case _:
                return

    def name_for(self, parameter: str, rng: random.Random) -> Any:
        """Something that exists and that the parameter may take; None when nothing is known of it."""
        values = self.known.get(parameter)
        return rng.choice(list(values)) if values else None

    def token_for(self, kinds: list[str], rng: random.Random) -> str:
        usual = kinds or ["internal"]
        return self.tokens[rng.choice(usual if rng.random() < 0.95 else list(self.tokens))]


@contextmanager
def fuzz_world(folder: Path, profile: Profile = Profile.DINGTALK) -> Iterator[FuzzWorld]:
    """Serves a fresh one until the block ends."""
    with serving(folder, profile=profile) as server:
        yield FuzzWorld(World(server))
