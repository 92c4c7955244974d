"""The parameters of one call, read by name and kind."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from hongyan.wire import lax
from hongyan.wire.forms import BadBody, BadQuery, parse_body
from hongyan.wire.lax import Unreadable

T = TypeVar("T")


class BadArgument(Exception):
    """A parameter is of the wrong type: 41 on the classic surface."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


# The documented names that are looked for, where clients have other spellings of them.
_DOCUMENTED = (
    *("is_to_all", "dep_id_list", "is_preview", "text_content", "msg_body", "media_id", "msg_type", "userid_list", "allow_comment", "comment_type"),
    *("show_homepage", "operator_user_id", "task_id", "access_token", "pageStart", "pageSize", "roleIds", "button_list", "action_card", "news_card"),
    *("single_news_card", "single_title", "single_url", "btn_orientation", "action_url", "message_url", "pc_message_url", "link_url", "pic_url"),
    *("agent_id", "template_id", "dept_id_list", "to_all_user", "enable_id_trans", "msg_task_id"),
    *("page_start", "page_size", "page_number", "publishStatus", "article_id", "thumb_media_id", "allow_forward", "view_scope_type"),
    *("avatar_media_id", "preview_media_id", "enable_input", "sub_button", "start_time", "end_time", "msgTypeList", "msg_source"),
    *("open_type", "cover_image_media_id", "status_bar", "status_value", "status_bg", "file_count"),
    *("dept_id", "parent_id", "dept_id_list", "role_id", "roleId", "group_id", "groupId", "userIds", "roleName", "only_active", "order_field"),
    *("hide_mobile", "job_number", "org_email", "work_place", "hired_date", "manager_userid", "login_email", "senior_mode", "dept_order_list"),
    *("dept_title_list", "hide_dept", "dept_permits", "user_permits", "outer_dept", "outer_permit_users", "outer_permit_depts", "state_code"),
    *("create_dept_group", "auto_add_user", "auto_approve_apply", "source_identifier", "dept_manager_userid_list", "org_dept_owner"),
)


def _spellings(name: str) -> tuple[str, ...]:
    """The camelCase and snake_case forms of a name, and the known renamings."""
    camel = "".join(part.capitalize() if index else part for index, part in enumerate(name.split("_")))
    snake = "".join(f"_{char.lower()}" if char.isupper() else char for char in name)
    renamed = {"roleIds": ("role_id_list",), "button_list": ("btn_json_list",)}.get(name, ())
    return (camel, snake, *renamed)


_TWINS = {twin: name for name in _DOCUMENTED for twin in _spellings(name) if twin != name}


class Params:
    """Named values as they came. A documented name wins over its other spellings; unknown names are not looked at."""

    def __init__(self, values: dict[str, Any], *, strict: bool = False) -> None:
        self._strict = strict
        self._values = values
        if not strict and not _TWINS.keys().isdisjoint(values):
            respelled = {name: values[twin] for twin in values if (name := _TWINS.get(twin)) and values.get(name) in (None, "")}
            self._values = values | respelled

    def values(self) -> dict[str, Any]:
        """Everything that was sent, by the names it came under."""
        return self._values

    def raw(self, name: str) -> Any:
        return self._values.get(name)

    def has(self, name: str) -> bool:
        """True when the parameter was sent and is not empty."""
        return self.raw(name) not in (None, "")

    def text(self, name: str) -> str:
        value = self._values.get(name, "")
        return value if isinstance(value, str) else lax.as_text(value)

    def lacks(self, names: frozenset[str]) -> bool:
        """True when none of the names was sent."""
        return names.isdisjoint(self._values)

    def flag(self, name: str) -> bool | None:
        value = self._values.get(name)
        if value is None or value is True or value is False:
            return value
        return self._read(name, partial(lax.as_bool, strict=self._strict))

    def number(self, name: str) -> int | None:
        if self._values.get(name) is None:
            return None
        return self._read(name, partial(lax.as_int, strict=self._strict))

    def ids(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name)
        return () if value is None else self._read(name, lax.as_ids)

    def int_ids(self, name: str) -> tuple[int, ...]:
        value = self._values.get(name)
        return () if value is None else self._read(name, lax.as_int_ids)

    def object(self, name: str) -> "Params | None":
        if self._values.get(name) is None:
            return None
        found = self._read(name, lax.as_object)
        return None if found is None else Params(found)

    def objects(self, name: str) -> "tuple[Params, ...]":
        return tuple(Params(one) for one in self._read(name, lax.as_objects))

    def _read(self, name: str, reader: Callable[[Any], T]) -> T:
        try:
            return reader(self.raw(name))
        except Unreadable:
            raise BadArgument(name) from None


class LazyParams(Params):
    """Parameters of a query and a body that are read when the first is asked for; that may raise `BadBody`. The body wins over the query."""

    def __init__(self, query: dict[str, str], content_type: bytes, body: bytes, *, strict: bool) -> None:
        self._source = (query, content_type, body)
        self._strict = strict

    def __getattr__(self, name: str) -> Any:
        if name != "_values":
            raise AttributeError(name)
        query, content_type, body = self._source
        if isinstance(query, BadQuery):
            raise BadBody
        Params.__init__(self, {**query, **parse_body(content_type, body, strict=self._strict)}, strict=self._strict)
        return self._values
