"""Operators of the console, for whoever holds the admin token: the way in when nobody can sign in any more."""

import msgspec
from msgspec import UNSET, UnsetType

from hongyan.access.audit import Deed
from hongyan.access.operators import (
    NAME_MAX,
    Operator,
    Role,
    change_role_txn,
    create_operator_txn,
    disable_operator_txn,
    enable_operator_txn,
    make_link_txn,
    operator_named_txn,
    page_operators_txn,
)
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.problems import conflict, invalid, unknown
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx

ACTOR = "admin token"


class OperatorAnswer(msgspec.Struct, frozen=True):
    name: str
    role: Role
    has_password: bool
    created_at: EpochMs
    disabled_at: EpochMs | None


class OperatorList(msgspec.Struct, frozen=True):
    operators: list[OperatorAnswer]


class NewOperatorBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    role: Role = Role.VIEWER


class OperatorPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays."""

    role: Role | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class SignInLink(msgspec.Struct, frozen=True):
    """`path` opens the console once, within ten minutes, as this operator."""

    name: str
    path: str


def _shown(operator: Operator) -> OperatorAnswer:
    return OperatorAnswer(operator.name, operator.role, bool(operator.password), operator.created_at, operator.disabled_at)


def _find_txn(tx: Tx, name: str) -> Operator:
    operator = operator_named_txn(tx, name)
    if operator is None:
        raise unknown("operator", name)
    return operator


def _deed(action: str, name: str, **detail: str) -> Deed:
    return Deed(ACTOR, action, name, detail=detail)


async def list_operators(call: Call[None, None]) -> OperatorList:
    return OperatorList([_shown(one) for one in await call.engine.store.read(page_operators_txn)])


async def create_operator(call: Call[None, NewOperatorBody]) -> OperatorAnswer:
    name, role = call.body.name.strip(), call.body.role
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        raise invalid(f"name must have 1 to {NAME_MAX} printable characters.")
    made = await call.engine.store.write(create_operator_txn, name, role, "", _deed("operator.create", name, role=role.value))
    if made is None:
        raise conflict("name_taken", f"There is an operator {name} already.")
    return _shown(made)


def _patch_txn(tx: Tx, name: str, patch: OperatorPatch, now: EpochMs) -> Operator:
    operator = _find_txn(tx, name)
    done = True
    if patch.role is not UNSET and patch.role is not operator.role:
        done = change_role_txn(tx, operator.no, patch.role, _deed("operator.role", name, role=patch.role.value), now)
    if patch.disabled is True and operator.live:
        done = done and disable_operator_txn(tx, operator.no, _deed("operator.disable", name), now)
    if patch.disabled is False and not operator.live:
        enable_operator_txn(tx, operator.no, _deed("operator.enable", name), now)
    if not done:
        raise conflict("last_administrator", "There must be one administrator who is not disabled.")
    return _find_txn(tx, name)


async def change_operator(call: Call[None, OperatorPatch]) -> OperatorAnswer:
    return _shown(await call.engine.store.write(_patch_txn, call.path["name"], call.body))


def _link_txn(tx: Tx, name: str, now: EpochMs) -> str:
    operator = _find_txn(tx, name)
    if not operator.live:
        raise conflict("disabled", f"{name} is disabled.")
    return make_link_txn(tx, operator.no, _deed("operator.link", name), now)


async def make_link(call: Call[None, None]) -> SignInLink:
    name = call.path["name"]
    return SignInLink(name, f"/console/enter?token={await call.engine.store.write(_link_txn, name)}")


ENDPOINTS = (
    Endpoint("GET", "/operators", "The operators of the console", list_operators, OperatorList),
    Endpoint("POST", "/operators", "Create an operator, who gets in by a link", create_operator, OperatorAnswer, NewOperatorBody, status=201),
    Endpoint("PATCH", "/operators/{name}", "Change an operator's role, disable or enable them", change_operator, OperatorAnswer, OperatorPatch),
    Endpoint("POST", "/operators/{name}/link", "Make a link that signs an operator in once", make_link, SignInLink, status=201),
)
