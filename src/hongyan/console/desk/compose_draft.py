"""What an operator has put into the form of a send, whatever state it is in."""

import re
import secrets
from collections.abc import Mapping

import msgspec

from hongyan.directory.audience import Selectors
from hongyan.model.ids import SenderId

MASS, WORK, TEMPLATE = "mass", "work", "template"
SOURCES = (MASS, WORK, TEMPLATE)
IDS_MAX = 5000  # ids taken of each list; the limits of a send are lower or as high
_FROM = re.compile(r"(mass|work|template):([0-9]{1,15})")
_SEPARATORS = re.compile(r"[\s,，、;；]+")
_NUMBER = re.compile(r"-?[0-9]{1,15}")
_LISTS = ("users", "depts", "roles")


class Draft(msgspec.Struct, frozen=True):
    """`values` are all fields of the form, by name; `opened` the departments that are unfolded without a script."""

    source: str = MASS
    sender: SenderId = SenderId(0)
    app: str = ""
    type: str = "text"
    template_id: str = ""
    to: Selectors = Selectors()
    bad_ids: tuple[str, ...] = ()
    find: str = ""
    opened: tuple[int, ...] = ()
    preview_to: str = ""
    uuid: str = ""
    values: Mapping[str, str] = {}

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def parameters(self) -> dict[str, str]:
        """What fills a template: the fields that were written in."""
        return {name.removeprefix("param."): value for name, value in self.values.items() if name.startswith("param.") and value}

    @property
    def lists(self) -> dict[str, str]:
        """The ids as the form's text fields hold them."""
        to = self.to
        return {"users": "\n".join(to.userids), "depts": "\n".join(map(str, to.depts)), "roles": "\n".join(map(str, to.roles))}


def fresh_uuid() -> str:
    return secrets.token_hex(16)


def read_draft(form: Mapping[str, str]) -> Draft:
    """Everything that can be made of the fields; what cannot is left as it is not there, and ids that are none stand in `bad_ids`."""
    match = _FROM.fullmatch(form.get("from", ""))
    source, sender = (match[1], SenderId(int(match[2]))) if match else (MASS, SenderId(0))
    lists = {name: _merged(form, name) for name in _LISTS}
    bad = tuple(one for name in ("depts", "roles") for one in lists[name] if not _NUMBER.fullmatch(one))
    depts, roles = (tuple(int(one) for one in lists[name] if _NUMBER.fullmatch(one)) for name in ("depts", "roles"))
    if source != MASS:
        roles = ()  # notices know no roles
    return Draft(
        source=source,
        sender=sender,
        app=form.get("app", ""),
        type=form.get("type", "text"),
        template_id=form.get("template_id", ""),
        to=Selectors(tuple(lists["users"]), depts, roles, form.get("everyone") == "on"),
        bad_ids=bad,
        find=form.get("find", "").strip()[:64],
        opened=tuple(int(one) for one in _split(form.get("opened", "")) if _NUMBER.fullmatch(one)),
        preview_to=form.get("preview_to", "").strip(),
        uuid=form.get("uuid", "")[:128],
        values={name: value.replace("\r\n", "\n").replace("\0", "") for name, value in form.items()},
    )


def _split(text: str) -> list[str]:
    return [one for one in _SEPARATORS.split(text) if one]


def _merged(form: Mapping[str, str], name: str) -> list[str]:
    """The text field's ids with those of ticked boxes, `add.users.u1`, without those of boxes that were ticked; each once, in order."""
    add, was = f"add.{name}.", f"was.{name}."
    ticked = {field.removeprefix(add): None for field in form if field.startswith(add)}
    cleared = {field.removeprefix(was) for field in form if field.startswith(was)} - set(ticked)
    return [one for one in dict.fromkeys((*_split(form.get(name, "")), *ticked)) if one not in cleared][:IDS_MAX]
