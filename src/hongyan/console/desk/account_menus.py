"""The menu of a service account, row by row."""

import msgspec
from starlette.responses import Response

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.access.operators import Role
from hongyan.access.records import Account, account_by_unionid_txn
from hongyan.console.desk.account_texts import AccountTexts, account_texts
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.directory.entries import NAME_MAX
from hongyan.messages.menus import CLICK, VIEW, Menu, MenuButton, load_menu_txn, save_menu_txn
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx

TOP, SUB = 3, 5  # rows offered; a menu that an app made longer keeps its length
VALUE_MAX = 1000
TYPES = ("", "click", "view", "media_id", "view_article")


class Row(msgspec.Struct, frozen=True):
    """One button as fields; `at` is the beginning of their names."""

    at: str
    name: str = ""
    type: str = ""
    value: str = ""
    below: tuple["Row", ...] = ()


def _row(at: str, button: MenuButton | None, below: int) -> Row:
    rows = tuple(_row(f"{at}.{n}", button.sub_button[n] if button and n < len(button.sub_button) else None, 0) for n in range(below))
    if button is None:
        return Row(at, below=rows)
    kind = {CLICK: "media_id" if button.media_id else "click", VIEW: "view_article" if button.media_id else "view"}.get(button.type, "")
    return Row(at, button.name, kind, button.key or button.url or button.media_id, rows)


def rows_of(menu: Menu) -> tuple[Row, ...]:
    """The fields of a menu, with empty rows for what may be added."""
    buttons = menu.button
    return tuple(
        _row(f"b{n}", buttons[n] if n < len(buttons) else None, max(SUB, len(buttons[n].sub_button) if n < len(buttons) else 0))
        for n in range(max(TOP, len(buttons)))
    )


def read_menu(x: AccountTexts, form: dict[str, str], shape: tuple[Row, ...]) -> Menu | str:
    """The menu that a form asks for, or what is wrong with it."""
    buttons: list[MenuButton] = []
    for row in shape:
        below: list[MenuButton] = []
        for one in row.below:
            button = _button(x, form, one.at, ())
            if isinstance(button, str):
                return button
            below += [button] if button else []
        button = _button(x, form, row.at, tuple(below))
        if isinstance(button, str):
            return button
        buttons += [button] if button else []
    return Menu(tuple(buttons), "enable_input" in form, 0 if "shown" in form else 1)


def _button(x: AccountTexts, form: dict[str, str], at: str, below: tuple[MenuButton, ...]) -> MenuButton | str | None:
    """None for a row without a name; a text says what is wrong."""
    name, kind, value = (form.get(f"{at}.{part}", "").strip() for part in ("name", "type", "value"))
    wrong = x.bad_button.format(name=name or value or x.sub_buttons)
    if not name:
        return wrong if below else None
    if below:
        return MenuButton(name, sub_button=below)
    url = value.startswith(("http://", "https://"))
    if len(name) > NAME_MAX or len(value) > VALUE_MAX or "\0" in name + value or not value or kind not in TYPES[1:] or (kind == "view" and not url):
        return wrong
    made = {"click": MenuButton(name, CLICK, key=value), "view": MenuButton(name, VIEW, url=value)}
    return made.get(kind) or MenuButton(name, CLICK if kind == "media_id" else VIEW, media_id=value)


def _menu_txn(tx: Tx, corp: CorpNo, unionid: str) -> tuple[Account, Menu] | None:
    account = account_by_unionid_txn(tx, corp, unionid)
    return (account, load_menu_txn(tx, corp, account.sender)) if account and account.live else None


async def show_menu(desk: Desk) -> Response:
    found = await desk.engine.store.read(_menu_txn, desk.corp.no, desk.request.path_params["unionid"])
    if found is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    account, menu = found
    return _form(desk, account, rows_of(menu), menu)


def _form(desk: Desk, account: Account, rows: tuple[Row, ...], menu: Menu, problem: str = "") -> Response:
    x = account_texts(desk)
    done = x.saved if desk.request.query_params.get("done") == "saved" else ""
    shown = {"account": account, "rows": rows, "menu": menu, "types": TYPES, "problem": problem, "done": done, "top": TOP, "sub": SUB}
    return desk.page("desk/account_menu.html", 400 if problem else 200, x=x, **shown)


def _filled(rows: tuple[Row, ...], form: dict[str, str]) -> tuple[Row, ...]:
    """The rows with what was typed into them."""
    typed = [(row, *(form.get(f"{row.at}.{part}", "") for part in ("name", "type", "value"))) for row in rows]
    return tuple(Row(row.at, name, kind, value, _filled(row.below, form)) for row, name, kind, value in typed)


async def save_menu(desk: Desk) -> Response:
    form, unionid = await desk.form(), desk.request.path_params["unionid"]
    found = await desk.engine.store.read(_menu_txn, desk.corp.no, unionid)
    if found is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    account, before = found
    menu = read_menu(account_texts(desk), form, rows_of(before))
    if isinstance(menu, str):
        switches = Menu((), "enable_input" in form, 0 if "shown" in form else 1)
        return _form(desk, account, _filled(rows_of(before), form), switches, menu)
    deed = desk.deed("account.menu", unionid, buttons=len(menu.button), shown=menu.status == 0, enable_input=menu.enable_input)
    await desk.engine.store.write(_save_txn, account, menu, deed)
    return desk.to(f"accounts/{unionid}/menu?done=saved")


def _save_txn(tx: Tx, account: Account, menu: Menu, deed: Deed, now: EpochMs) -> None:
    save_menu_txn(tx, account.corp, account.sender, menu, now)
    record_deed_txn(tx, deed, now)


_MENU = OF_CORP + "/accounts/{unionid}/menu"
PAGES = (
    Page(_MENU, "accounts", show_menu),
    Page(_MENU, "accounts", save_menu, Role.ADMINISTRATOR, "POST"),
)
