"""DingTalk's own surfaces as an OpenAPI 3.1 document, made from the rows that route their calls."""

import re
from collections.abc import Iterable
from typing import Any

from hongyan import __version__
from hongyan.model.errors import Family
from hongyan.wire.endpoint import Endpoint, OpenEndpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.schemas import Schema, object_schema, text_schema

AnyEndpoint = Endpoint | OpenEndpoint
_JSON, _FORM, _MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"
_NAME = re.compile(r"\{(\w+)\}")
_QUERY_TOKEN, _HEADER_TOKEN = "access_token", "token_header"
_ABOUT = """\
What this server takes and gives in place of DingTalk's open platform. The documented types are described; by default more is taken: numbers
and booleans as texts, objects as JSON text, camelCase and snake_case spellings, parameters in query, form or JSON, GET in place of POST below
/topapi. The classic surfaces answer every refusal with status 200 and an errcode other than 0."""


def dingtalk_document(endpoints: Iterable[AnyEndpoint]) -> dict[str, Any]:
    """Every interface with the place of its token, its bodies and its answers; each `$ref` points into the document.

    `x-permission`, `x-app-types` and `x-page` say who may call it and where DingTalk documents it.
    """
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        operations = {method.lower(): _operation(endpoint, method) for method in methods_of(endpoint)}
        paths[endpoint.path] = _path_parameters(endpoint.path) | operations
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hongyan, as DingTalk's clients see it", "version": __version__, "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": _ANSWERS, "securitySchemes": _TOKENS},
        "tags": [{"name": family.value, "description": about} for family, about in _FAMILIES.items()],
    }


def methods_of(endpoint: AnyEndpoint) -> tuple[str, ...]:
    """The documented methods."""
    if isinstance(endpoint, OpenEndpoint):
        return (endpoint.method,)
    return ("POST", "GET") if endpoint.reads else ("POST",)


_FAMILIES = {
    Family.TOP: "/topapi: access_token in the query or the form; errcode, errmsg and request_id.",
    Family.CLASSIC: "The older paths: errcode and errmsg.",
    Family.V1: "/v1.0: token in a header, JSON bodies, HTTP statuses.",
}
_TOKENS = {
    _QUERY_TOKEN: {"type": "apiKey", "in": "query", "name": "access_token"},
    _HEADER_TOKEN: {"type": "apiKey", "in": "header", "name": "x-acs-dingtalk-access-token"},
}


def _envelope(errcode: Schema, *, plain: bool) -> Schema:
    properties: dict[str, Any] = {"errcode": errcode, "errmsg": {"type": "string"}} | ({} if plain else {"request_id": _REQUEST_ID})
    return {"type": "object", "properties": properties, "required": list(properties)}


def _refused(*, plain: bool) -> Schema:
    schema = _envelope({"type": "integer", "not": {"const": 0}}, plain=plain)
    subs = {} if plain else {"sub_code": {"type": "string"}, "sub_msg": {"type": "string"}}
    return schema | {"properties": schema["properties"] | subs, "additionalProperties": False}


_REQUEST_ID: Schema = {"type": "string", "pattern": "^[0-9a-z]{12,13}$"}
_ZERO: Schema = {"type": "integer", "const": 0}
_BANNED: Schema = {"type": "object", "properties": {"status": {"const": 1111}, "punish": {"type": "string"}}, "required": ["status", "punish"]}
_V1_REFUSED: Schema = {
    "type": "object",
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "requestid": {"type": "string"},
        "accessdenieddetail": {"type": "object"},
    },
    "required": ["code", "message", "requestid"],
    "additionalProperties": False,
}
_ANSWERS: dict[str, Schema] = {
    "TopDone": _envelope(_ZERO, plain=False),
    "TopRefused": _refused(plain=False),
    "ClassicDone": _envelope(_ZERO, plain=True),
    "ClassicRefused": _refused(plain=True),
    "V1Done": {"type": "object"},
    "V1Refused": _V1_REFUSED,
    "Banned": _BANNED,
    "Foreseen": {"type": "object", "properties": {"would_succeed": {"type": "boolean"}}, "required": ["would_succeed"]},
}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _path_parameters(path: str) -> dict[str, Any]:
    found = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in _NAME.findall(path)]
    return {"parameters": found} if found else {}


def _operation(endpoint: AnyEndpoint, method: str) -> dict[str, Any]:
    in_query = [field for field in endpoint.fields if field.in_query or method == "GET"]
    in_body = [field for field in endpoint.fields if field not in in_query]
    operation: dict[str, Any] = {
        "operationId": _operation_id(endpoint.path, method),
        "summary": endpoint.purpose,
        "tags": [endpoint.family.value],
        "parameters": [_query_parameter(field) for field in in_query],
        "security": _security(endpoint),
        "responses": _responses(endpoint),
        **_origin(endpoint),
    }
    if method == "POST":
        operation["requestBody"] = {"required": any(field.required for field in in_body), "content": _bodies(endpoint, in_body)}
    return operation


def _operation_id(path: str, method: str) -> str:
    return "_".join([method.lower(), *re.findall(r"\w+", path)])


def _query_parameter(field: Field) -> dict[str, Any]:
    return {"name": field.name, "in": "query", "required": field.required, "schema": text_schema(field)}


def _security(endpoint: AnyEndpoint) -> list[dict[str, list[str]]]:
    if isinstance(endpoint, OpenEndpoint):
        # The one open interface that reads, asks for a suite's own token.
        return [{_HEADER_TOKEN: []}] if endpoint.family is Family.V1 and endpoint.method == "GET" else []
    return [{_HEADER_TOKEN if endpoint.family is Family.V1 else _QUERY_TOKEN: []}]


def _origin(endpoint: AnyEndpoint) -> dict[str, Any]:
    origin: dict[str, Any] = {"x-page": endpoint.page} if endpoint.page else {}
    if isinstance(endpoint, Endpoint):
        origin |= {"x-permission": endpoint.scope, "x-app-types": sorted(kind.value for kind in endpoint.kinds)}
    return origin


def _bodies(endpoint: AnyEndpoint, fields: list[Field]) -> dict[str, Any]:
    if any(field.kind is Kind.FILE for field in fields):
        return {_MULTIPART: {"schema": _form_schema(fields)}}
    json_body = {_JSON: {"schema": object_schema(fields, endpoint.family)}}
    return json_body if endpoint.family is Family.V1 else json_body | {_FORM: {"schema": _form_schema(fields)}}


def _form_schema(fields: list[Field]) -> Schema:
    schema: Schema = {"type": "object", "properties": {field.name: text_schema(field) for field in fields}}
    required = [field.name for field in fields if field.required]
    return schema | {"required": required} if required else schema


def _responses(endpoint: AnyEndpoint) -> dict[str, Any]:
    if endpoint.family is Family.V1:
        refused = {"description": "Refused, with the reason", "content": {_JSON: {"schema": _ref("V1Refused")}}}
        return {"200": {"description": "Done", "content": {_JSON: {"schema": _ref("V1Done")}}}, "default": refused}
    top = endpoint.family is Family.TOP
    ours = endpoint.path.startswith("/hongyan/")
    done = "Foreseen" if ours else "TopDone" if top else "ClassicDone"
    answers = [_ref(done), _ref("TopRefused" if top else "ClassicRefused"), _ref("Banned")]
    return {"200": {"description": "Done, or refused with an errcode other than 0", "content": {_JSON: {"schema": {"anyOf": answers}}}}}
