"""`/topapi/serviceaccount/menu/*`: what stands below an account's conversation.

Pages: service-number-menu-update, query-service-number-menu-1.
"""

from typing import Any

from hongyan.access.records import SCOPE_MENU
from hongyan.messages.menus import CLICK, VIEW, Menu, MenuButton, load_menu_txn, save_menu_txn
from hongyan.model.errors import Family, Refusal
from hongyan.wire.account_calls import UNIONID, account_of, answered, missing
from hongyan.wire.endpoint import Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.params import BadArgument, Params

# What a button asks for, what is stored for it, and the member that it needs.
_TYPES = {"click": (CLICK, "key"), "view": (VIEW, "url"), "media_id": (CLICK, "media_id"), "view_article": (VIEW, "media_id")}
_MEMBERS = ("key", "url", "media_id")


def _decode(menu: Params) -> Menu:
    """The menu as it is stored; raises `BadArgument` with the path of the member that is wrong."""
    enable_input, status = _read(menu, "enable_input"), menu.raw("status")
    number = menu.number("status") if status is not None else None
    if enable_input is None:
        raise BadArgument("menu.enable_input")
    if number not in (0, 1):
        raise BadArgument("menu.status")
    return Menu(_buttons(menu, "menu.button", "button", below=True), enable_input, number)


def _read(menu: Params, name: str) -> bool | None:
    try:
        return menu.flag(name)
    except BadArgument:
        raise BadArgument(f"menu.{name}") from None


def _buttons(holder: Params, path: str, name: str, *, below: bool) -> tuple[MenuButton, ...]:
    try:
        buttons = holder.objects(name)
    except BadArgument:
        raise BadArgument(path) from None
    return tuple(_button(button, f"{path}[{index}]", below=below) for index, button in enumerate(buttons))


def _button(button: Params, path: str, *, below: bool) -> MenuButton:
    name, wanted = button.text("name").strip(), button.text("type").strip()
    inner = _buttons(button, f"{path}.sub_button", "sub_button", below=False) if below else ()
    if not name or "\0" in name:
        raise BadArgument(f"{path}.name")
    if not wanted and inner:
        return MenuButton(name, sub_button=inner)
    if wanted not in _TYPES:
        raise BadArgument(f"{path}.type")
    kind, needed = _TYPES[wanted]
    members = {member: text for member in _MEMBERS if (text := button.text(member).strip())}
    held = next((member for member, text in members.items() if "\0" in text), None)
    if held:
        raise BadArgument(f"{path}.{held}")
    # The official sample gives a button that holds others a type too, and nothing that the type would need.
    if needed not in members and not inner:
        raise BadArgument(f"{path}.{needed}")
    return MenuButton(name, kind, **members, sub_button=inner)


async def _update(call: Call) -> dict[str, Any] | Refusal:
    """Replace the menu; without `menu` nothing changes."""
    refusal = missing(call.params, "unionid")
    if refusal:
        return refusal
    given = call.params.object("menu")
    menu = _decode(given) if given is not None else None
    account = await account_of(call)
    if isinstance(account, Refusal):
        return account
    if menu is not None:
        await call.engine.store.write(save_menu_txn, account.corp, account.sender, menu)
    return {}


async def _get(call: Call) -> dict[str, Any] | Refusal:
    """The menu as it is stored; an account without one has an empty menu that is off."""
    refusal = missing(call.params, "unionid")
    if refusal:
        return refusal
    account = await account_of(call)
    return account if isinstance(account, Refusal) else {"menu": await call.engine.store.read(load_menu_txn, account.corp, account.sender)}


_BUTTON = (Field("name", required=True), Field("type", choices=tuple(_TYPES)), *(Field(member) for member in _MEMBERS))
_MENU = Field(
    "menu",
    Kind.OBJECT,
    inner=(
        Field("enable_input", Kind.FLAG, required=True),
        Field("status", Kind.NUMBER, required=True, least=0, most=1),
        Field("button", Kind.OBJECTS, inner=(*_BUTTON, Field("sub_button", Kind.OBJECTS, inner=_BUTTON))),
    ),
)
_BASE = "/topapi/serviceaccount/menu"
ENDPOINTS = (
    Endpoint(
        f"{_BASE}/update",
        Family.TOP,
        SCOPE_MENU,
        answered(_update),
        "service-number-menu-update",
        purpose="change an account's menu",
        fields=(UNIONID, _MENU),
    ),
    Endpoint(
        f"{_BASE}/get",
        Family.TOP,
        SCOPE_MENU,
        answered(_get),
        "query-service-number-menu-1",
        reads=True,
        purpose="an account's menu",
        fields=(UNIONID,),
    ),
)
