"""Writing an article: its fields, what is wrong with them, and how it will look."""

import uuid
from typing import Any

import msgspec
from starlette.responses import HTMLResponse, Response

from hongyan.access.operators import Role
from hongyan.access.records import Account, account_by_unionid_txn
from hongyan.console.desk.articles import find_article, framed, missing
from hongyan.console.desk.frame import OF_CORP, Desk, Page, read_form
from hongyan.console.desk.material_texts import TEXTS
from hongyan.console.desk.recorded import recorded_txn
from hongyan.console.framing import FRAME_HEADERS
from hongyan.console.guard import PAGE_HEADERS
from hongyan.messages.articles import (
    CONTENT_MAX,
    DIGEST_MAX,
    SCOPE_EVERYONE,
    SCOPE_ORGANISATION,
    TITLE_MAX,
    Draft,
    EditedArticle,
    NewArticle,
    add_article_txn,
    draft_problem,
    edit_article_txn,
    set_rights_txn,
)
from hongyan.model.errors import Refusal
from hongyan.model.ids import CorpNo, EpochMs, SenderId
from hongyan.store.interface import Tx

FORM_BYTES = 4 * CONTENT_MAX + (64 << 10)  # a character takes 4 bytes at most
_LIMITS = {"title": TITLE_MAX, "digest": DIGEST_MAX, "content": CONTENT_MAX}


class ArticleForm(msgspec.Struct, frozen=True):
    """What stands in the editor; `once` makes sending the form twice one article."""

    draft: Draft
    view_scope: int = SCOPE_ORGANISATION
    allow_forward: bool = True
    once: str = ""


def _form_of(fields: dict[str, str]) -> ArticleForm:
    text = {name: fields.get(name, "").replace("\r\n", "\n").strip() for name in ("title", "content", "digest", "thumb_media_id")}
    scope = SCOPE_EVERYONE if fields.get("view_scope") == str(SCOPE_EVERYONE) else SCOPE_ORGANISATION
    draft = Draft(text["title"], text["content"], text["digest"], text["thumb_media_id"])
    return ArticleForm(draft, scope, fields.get("allow_forward") == "1", fields.get("once", "")[:64])


def _form_of_article(article: EditedArticle) -> ArticleForm:
    return ArticleForm(Draft(article.title, article.content, article.digest, article.thumb_media_id), article.view_scope, article.allow_forward)


def _editor(desk: Desk, form: ArticleForm, account: Account | None, number: int | None, *, status: int = 200, problem: str = "") -> Response:
    values: dict[str, Any] = {"form": form, "account": account, "number": number, "limits": _LIMITS}
    preview = framed(desk, form.draft.title, form.draft.content)
    response = desk.page("desk/article_editor.html", status, x=TEXTS[desk.t.lang], problem=problem, preview=preview, **values)
    response.headers.update(FRAME_HEADERS)
    return response


def _problem(desk: Desk, form: ArticleForm) -> str:
    member = draft_problem(form.draft)
    return TEXTS[desk.t.lang].article_problems[member] if member else ""


async def _account(desk: Desk) -> Account | None:
    """The live account that a new article is to belong to."""
    account = await desk.engine.store.read(account_by_unionid_txn, desk.corp.no, desk.request.query_params.get("account", ""))
    return account if account is not None and account.live else None


async def new_article(desk: Desk) -> Response:
    account = await _account(desk)
    return _editor(desk, ArticleForm(Draft("", ""), once=uuid.uuid4().hex), account, None) if account else missing(desk)


async def create_article(desk: Desk) -> Response:
    """Add a draft, or show again what is wrong."""
    account, form = await _account(desk), _form_of(await read_form(desk.request, FORM_BYTES))
    if account is None:
        return missing(desk)
    problem = _problem(desk, form)
    if problem:
        return _editor(desk, form, account, None, status=400, problem=problem)
    new = NewArticle(form.draft, f"desk-{form.once}", form.view_scope, form.allow_forward)

    def change_txn(tx: Tx, now: EpochMs) -> int | Refusal:
        return add_article_txn(tx, desk.corp.no, account.sender, new, now)

    deed = desk.deed("article.create", form.draft.title, account=account.name)
    made = await desk.engine.store.write(recorded_txn, change_txn, deed)
    if isinstance(made, Refusal):
        return _editor(desk, form, account, None, status=400, problem=TEXTS[desk.t.lang].article_problems["thumb_media_id"])
    return desk.to(f"articles/{made}")


async def edit_article(desk: Desk) -> Response:
    detail = await find_article(desk)
    if detail is None or detail.article.deleted_at is not None:
        return missing(desk)
    return _editor(desk, _form_of_article(detail.article), detail.account, detail.article.article_id)


async def save_article(desk: Desk) -> Response:
    """Keep the draft; readers keep what they have."""
    detail, form = await find_article(desk), _form_of(await read_form(desk.request, FORM_BYTES))
    if detail is None or detail.article.deleted_at is not None:
        return missing(desk)
    number, sender = detail.article.article_id, detail.article.sender
    problem = _problem(desk, form)
    if not problem:
        deed = desk.deed("article.edit", str(number), title=form.draft.title, view_scope=form.view_scope, allow_forward=form.allow_forward)
        refusal = await desk.engine.store.write(recorded_txn, lambda tx, now: _save_txn(tx, desk.corp.no, sender, number, form, now), deed)
        problem = TEXTS[desk.t.lang].article_problems["thumb_media_id"] if refusal else ""
    if problem:
        return _editor(desk, form, detail.account, number, status=400, problem=problem)
    return desk.to(f"articles/{number}")


def _save_txn(tx: Tx, corp: CorpNo, sender: SenderId, number: int, form: ArticleForm, now: EpochMs) -> Refusal | None:
    refusal = edit_article_txn(tx, corp, sender, number, form.draft, now)
    return refusal or set_rights_txn(tx, corp, sender, number, form.view_scope, form.allow_forward, now)


async def preview_article(desk: Desk) -> Response:
    """The document for the frame, from what stands in the editor; nothing is kept."""
    form = _form_of(await read_form(desk.request, FORM_BYTES))
    return HTMLResponse(framed(desk, form.draft.title, form.draft.content[:CONTENT_MAX]).document, headers=PAGE_HEADERS)


PAGES = (
    Page(OF_CORP + "/articles/new", "media", new_article, Role.SENDER),
    Page(OF_CORP + "/articles/new", "media", create_article, Role.SENDER, "POST"),
    Page(OF_CORP + "/articles/preview", "media", preview_article, Role.SENDER, "POST"),
    Page(OF_CORP + "/articles/{number:int}/edit", "media", edit_article, Role.SENDER),
    Page(OF_CORP + "/articles/{number:int}/edit", "media", save_article, Role.SENDER, "POST"),
)
