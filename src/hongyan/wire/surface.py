"""Every interface of DingTalk's that this server speaks."""

from hongyan.engine.engine import Engine
from hongyan.wire import mass, oauth, preflight, serviceaccount, suites, work
from hongyan.wire.endpoint import Endpoint, OpenEndpoint
from hongyan.wire.gateway import Gateway

ENDPOINTS: tuple[Endpoint, ...] = (*mass.ENDPOINTS, *serviceaccount.ENDPOINTS, *work.ENDPOINTS, *preflight.ENDPOINTS)
OPEN_ENDPOINTS: tuple[OpenEndpoint, ...] = (*oauth.OPEN_ENDPOINTS, *suites.OPEN_ENDPOINTS)


def gateway(engine: Engine) -> Gateway:
    return Gateway(engine, ENDPOINTS, OPEN_ENDPOINTS)
