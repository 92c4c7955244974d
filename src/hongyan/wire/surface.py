"""Every interface of DingTalk's that this server speaks."""

from hongyan.engine.engine import Engine
from hongyan.wire import (
    articles,
    callbacks,
    cards,
    contact_classic,
    contact_department_edits,
    contact_departments,
    contact_role_edits,
    contact_roles,
    contact_search,
    contact_user_edits,
    contact_users,
    follow_records,
    mass,
    media,
    menus,
    oauth,
    preflight,
    serviceaccount,
    suites,
    work,
)
from hongyan.wire.endpoint import Endpoint, OpenEndpoint
from hongyan.wire.gateway import Gateway
from hongyan.wire.router import Router

CONTACT_READS = (*contact_users.ENDPOINTS, *contact_departments.ENDPOINTS, *contact_roles.ENDPOINTS, *contact_search.ENDPOINTS)
CONTACT_WRITES = (*contact_user_edits.ENDPOINTS, *contact_department_edits.ENDPOINTS, *contact_role_edits.ENDPOINTS)
CONTACTS: tuple[Endpoint, ...] = (*CONTACT_READS, *CONTACT_WRITES, *contact_classic.ENDPOINTS)
MATERIAL = (*menus.ENDPOINTS, *articles.ENDPOINTS, *cards.ENDPOINTS, *follow_records.ENDPOINTS)
ENDPOINTS: tuple[Endpoint, ...] = (
    *mass.ENDPOINTS,
    *serviceaccount.ENDPOINTS,
    *work.ENDPOINTS,
    *preflight.ENDPOINTS,
    *media.ENDPOINTS,
    *callbacks.ENDPOINTS,
    *MATERIAL,
    *CONTACTS,
)
OPEN_ENDPOINTS: tuple[OpenEndpoint, ...] = (*oauth.OPEN_ENDPOINTS, *suites.OPEN_ENDPOINTS, *callbacks.OPEN_ENDPOINTS)


def gateway(engine: Engine) -> Router:
    return Router(Gateway(engine, ENDPOINTS, OPEN_ENDPOINTS), ENDPOINTS)
