"""What pages wait for: one style sheet each, and nothing that belongs to other pages."""

import re

import pytest
from desk_world import DeskWorld

from hongyan.access.operators import Role
from hongyan.console.assets import FORESEEN, asset
from hongyan.console.desk.frame import PREFIX
from hongyan.console.desk.routes import PAGES

PLAIN_PAGES = sorted({page.path for page in PAGES if page.method == "GET" and page.path.replace("{corp}", "").count("{") == 0} - {"/go"})


def test_a_page_of_the_desk_waits_for_one_style_sheet(desk: DeskWorld) -> None:
    browser = desk.operator(Role.ADMINISTRATOR)
    looked_at = 0
    for path in PLAIN_PAGES:
        if path.endswith(("/changes", "/events", "/export")):
            continue
        answer = browser.get(PREFIX + path.replace("{corp}", desk.corp_id), follow_redirects=True)
        if answer.status_code == 200 and "<html" in answer.text:
            head = re.sub(r"(?s)<template.*?</template>", "", answer.text)
            assert head.count('<link rel="stylesheet"') == 1, path
            assert "prefetch" not in head, path
            looked_at += 1

    assert looked_at > 15


def test_what_other_pages_need_is_named_where_a_script_fetches_it_later(desk: DeskWorld) -> None:
    text = desk.operator(Role.VIEWER).get(f"/console/o/{desk.corp_id}/").text
    kept = re.search(r'(?s)<template id="foreseen">(.*?)</template>', text)

    assert kept
    assert [address for address, _ in FORESEEN] == re.findall(r'href="([^"]+)"', kept[1].replace("&amp;", "&"))


@pytest.mark.parametrize("name", ["desk.css", "desk_sends.css", "desk_inboxes.css", "coverage.css"])
def test_a_style_sheet_holds_what_it_builds_on(desk: DeskWorld, name: str) -> None:
    fetched = {one: desk.browser().get(asset(one)).text for one in ("console.css", "desk.css", name)}

    assert fetched[name].startswith(fetched["console.css"])
    assert fetched[name].startswith(fetched["desk.css"]) or not name.startswith("desk_")


def test_the_frame_of_an_article_which_is_of_no_origin_gets_its_style_and_nothing_else(desk: DeskWorld) -> None:
    browser = desk.browser()
    policies = {name: browser.get(asset(name)).headers["cross-origin-resource-policy"] for name in ("console.css", "desk.css", "desk.js", "inbox.js")}

    assert policies == {"console.css": "cross-origin", "desk.css": "same-origin", "desk.js": "same-origin", "inbox.js": "same-origin"}
