"""All pages of the desk."""

import asyncio

from starlette.routing import BaseRoute

from hongyan.console.desk import (
    account_menus,
    accounts,
    app_callbacks,
    app_deeds,
    apps,
    article_editor,
    articles,
    cards,
    changes,
    compose,
    departments,
    home,
    inboxes,
    installations,
    limits,
    media,
    operators,
    org_files,
    organisation,
    people,
    requests,
    roles,
    send_deeds,
    send_detail,
    send_people,
    sends,
    template_editor,
    template_trial,
    templates,
    upkeep,
    wall,
)
from hongyan.console.desk.frame import Page, page_routes
from hongyan.console.desk.sign_in import sign_in_routes
from hongyan.engine.engine import Engine

PAGES: tuple[Page, ...] = (
    *organisation.PAGES,
    *people.PAGES,
    *departments.PAGES,
    *roles.PAGES,
    *org_files.PAGES,
    *apps.PAGES,
    *app_deeds.PAGES,
    *app_callbacks.PAGES,
    *installations.PAGES,
    *accounts.PAGES,
    *account_menus.PAGES,
    *home.PAGES,
    *changes.PAGES,
    *operators.PAGES,
    *requests.PAGES,
    *compose.PAGES,
    *limits.PAGES,
    *sends.PAGES,
    *send_people.PAGES,
    *send_detail.PAGES,
    *send_deeds.PAGES,
    *inboxes.PAGES,
    *wall.PAGES,
    *article_editor.PAGES,
    *articles.PAGES,
    *cards.PAGES,
    *media.PAGES,
    *templates.PAGES,
    *template_trial.PAGES,
    *template_editor.PAGES,
    *upkeep.PAGES,
)


def desk_routes(engine: Engine, stopping: asyncio.Event) -> list[BaseRoute]:
    return [*sign_in_routes(engine), *page_routes(engine, PAGES, stopping)]
