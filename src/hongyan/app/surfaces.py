"""What only the composition root may carry across: DingTalk's surfaces as a description beside our own, and as a page."""

from functools import cache
from typing import Any

import msgspec
from starlette.responses import Response

from hongyan.console.coverage import ShownCoverage, ShownDifference, ShownInterface
from hongyan.control.endpoints import PREFIX, Call, Endpoint
from hongyan.wire.coverage import PAGES, Covered, load_coverage
from hongyan.wire.description import dingtalk_document
from hongyan.wire.differences import Difference, load_differences
from hongyan.wire.surface import ENDPOINTS, OPEN_ENDPOINTS

DOCUMENT_PATH = "/dingtalk/openapi.json"


def description_endpoint() -> Endpoint:
    """A public row of our own interface; the document is built once, when it is first asked for."""

    async def serve(call: Call[Any, Any]) -> Response:
        return Response(_document(), media_type="application/json")

    return Endpoint("GET", DOCUMENT_PATH, "DingTalk's surfaces as this server speaks them", serve, public=True)


@cache
def _document() -> bytes:
    return msgspec.json.encode(dingtalk_document((*ENDPOINTS, *OPEN_ENDPOINTS)))


@cache
def shown_coverage() -> ShownCoverage:
    """What the page about coverage shows; read once, when it is first asked for."""
    interfaces = tuple(_interface(row) for row in load_coverage())
    return ShownCoverage(interfaces, tuple(_difference(row) for row in load_differences()), PREFIX + DOCUMENT_PATH)


def _interface(row: Covered) -> ShownInterface:
    purpose = {"zh": row.purpose_zh, "en": row.purpose}
    page_url = PAGES + row.page if row.page else ""
    return ShownInterface(row.path, row.surface, row.methods, row.kinds, row.scope, purpose, row.page, page_url, row.tests)


def _difference(row: Difference) -> ShownDifference:
    platform, ours = ({"zh": said.zh, "en": said.en} for said in (row.platform, row.ours))
    return ShownDifference(row.id, row.topic, row.evidence, platform, ours, row.setting)
