"""`/media/upload`: files that messages show. Page: upload-media-files."""

from hongyan.access.records import SCOPE_BASE, AppKind
from hongyan.messages.media_kinds import KINDS, LARGEST, MediaProblem, check_media
from hongyan.messages.uploads import keep_upload
from hongyan.model import errors
from hongyan.model.errors import ErrorRow, Family, Refusal
from hongyan.wire.endpoint import Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.replies import Reply, ok_plain, refuse

_ROWS: dict[MediaProblem, ErrorRow] = {
    MediaProblem.EMPTY: errors.MEDIA_EMPTY,
    MediaProblem.BAD_FORMAT: errors.BAD_FILE_TYPE,
    MediaProblem.TOO_LARGE: errors.BAD_FILE_SIZE,
}


async def upload_media(call: Call) -> Reply:
    """Take a file in; errcode 0 means that it lies on the disk and can be sent."""
    form = call.form
    if form is None:
        return refuse(Refusal(errors.NOT_MULTIPART))
    kind = KINDS.get(call.params.text("type").strip())
    if kind is None:
        return refuse(Refusal(errors.BAD_MEDIA_KIND))
    file = form.file
    if file is None:
        return refuse(Refusal(errors.MEDIA_MISSING))
    problem = check_media(kind, file.name, file.head, file.size, strict=call.engine.strict)
    if problem:
        return refuse(Refusal(_ROWS[problem]))
    media = await keep_upload(call.engine.store, call.engine.blobs, call.grant.corp.no, kind, file)
    # The page's sample has no request_id, as nothing has on the classic surface.
    return ok_plain({"errcode": 0, "errmsg": "ok", "media_id": media.media_id, "created_at": media.created_at, "type": kind.name})


ENDPOINTS = (
    Endpoint(
        "/media/upload",
        Family.CLASSIC,
        SCOPE_BASE,
        upload_media,
        "upload-media-files",
        kinds=frozenset((AppKind.INTERNAL, AppKind.THIRD_PARTY)),
        purpose="upload a picture, a sound, a video or a file",
        fields=(Field("type", required=True, choices=tuple(KINDS)), Field("media", Kind.FILE, required=True, least=1, most=LARGEST)),
        upload=True,
    ),
)
