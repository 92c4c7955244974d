"""Uploads where a page of the desk shows them."""

from starlette.responses import Response

from hongyan.console.desk.frame import Desk
from hongyan.console.files import media_response
from hongyan.messages.library import load_media_txn


async def show_media(desk: Desk) -> Response:
    """The file that a body drawn on a page refers to as `media/…`; give each folder with such pages a row for it."""
    media = await desk.engine.store.read(load_media_txn, desk.corp.no, desk.request.path_params["media_id"])
    return await media_response(desk.engine, desk.request, desk.corp.no, media)
