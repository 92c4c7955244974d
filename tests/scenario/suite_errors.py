"""What provokes each refusal that a third-party app can get."""

from collections.abc import Callable

import httpx
from suite_calls import SUITE, SuiteCalls

from harness import World
from hongyan.access.tokens import TOKEN_LIFE_MS

Provoke = Callable[[World], httpx.Response]


def _suite(call: Callable[[SuiteCalls], httpx.Response]) -> Provoke:
    return lambda world: call(SuiteCalls(world))


def _uninstalled(call: Callable[[SuiteCalls], httpx.Response]) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        suite = SuiteCalls(world)
        suite.uninstall()
        return call(suite)

    return provoke


def _ended_suite_token(suite: SuiteCalls) -> httpx.Response:
    token = suite.suite_token()
    suite.world.advance(TOKEN_LIFE_MS)
    return suite.agent_reply(token)


def _disabled_suite(suite: SuiteCalls) -> httpx.Response:
    suite.control("PATCH", f"/apps/{SUITE}", json={"disabled": True})
    return suite.suite_token_reply()


SUITE_PROVOKED: dict[str, Provoke] = {
    "classic.43002": lambda world: world.server.client.put("/service/get_corp_token"),
    "classic.40035.json": lambda world: world.server.client.post("/service/get_corp_token", content=b'{"auth_corpid":'),
    "classic.853003": _suite(lambda suite: suite.corp_token_reply(accessKey="nosuchkey")),
    "classic.853001": _suite(lambda suite: suite.corp_token_reply(timestamp="today")),
    "classic.853002": _suite(lambda suite: suite.corp_token_reply(timestamp=str(suite.world.clock.now() + 60_001))),
    "classic.853005": _suite(lambda suite: suite.corp_token_reply(ticket="nosuchticket")),
    "classic.853004": _suite(lambda suite: suite.corp_token_reply(signature="wrong")),
    "classic.41027": _suite(lambda suite: suite.corp_token_reply(body={})),
    "classic.41030": _uninstalled(SuiteCalls.corp_token_reply),
    "classic.41021": _suite(lambda suite: suite.suite_token_reply(suite_key="")),
    "classic.41024": _suite(lambda suite: suite.suite_token_reply(suite_secret="")),
    "classic.41023": _suite(lambda suite: suite.suite_token_reply(suite_ticket="")),
    "classic.40083": _suite(lambda suite: suite.suite_token_reply(suite_key="nosuchkey")),
    "classic.40088": _suite(lambda suite: suite.suite_token_reply(suite_secret="wrong")),
    "classic.40085": _suite(lambda suite: suite.suite_token_reply(suite_ticket="wrong")),
    "classic.40090": _suite(_disabled_suite),
    "classic.41022": _suite(lambda suite: suite.agent_reply("")),
    "classic.40082": _suite(lambda suite: suite.agent_reply("nosuchtoken")),
    "classic.42009": _suite(_ended_suite_token),
    "classic.48003": _suite(lambda suite: suite.agent_reply(suite_key="another")),
    "classic.48004": _uninstalled(SuiteCalls.agent_reply),
    "classic.40056": _suite(lambda suite: suite.agent_reply(agentid=1)),
    "v1.invalidSuiteKey": _suite(lambda suite: suite.v1_token_reply(suiteSecret="wrong")),
    "v1.invalidSuiteTicket": _suite(lambda suite: suite.v1_token_reply(suiteTicket="wrong")),
    "v1.invalidAuthInfo": _uninstalled(SuiteCalls.v1_auth_info),
}
