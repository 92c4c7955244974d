"""The OpenAPI 3.1 document, made from the same rows that route the calls."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from hongyan import __version__
from hongyan.control.endpoints import PREFIX, Endpoint
from hongyan.control.problems import ErrorAnswer

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_JSON = "application/json"


def openapi_document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Every endpoint with its parameters, bodies and answers; each `$ref` points into the document."""
    rows = list(endpoints)
    types = [ErrorAnswer, *(one for row in rows for one in (row.request, row.query, row.response) if one is not None)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    by_type = {_key(one): schema for one, schema in zip(types, schemas, strict=True)}
    paths: dict[str, Any] = {}
    for row in rows:
        path = PREFIX + _PARAMETER.sub(r"{\1}", row.path)
        paths.setdefault(path, {})[row.method.lower()] = _operation(row, by_type, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hongyan", "version": __version__, "description": "Organisations, apps, accounts, limits, tasks and inboxes of a server."},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"admin": {"type": "http", "scheme": "bearer"}}},
        "security": [{"admin": []}],
    }


def _key(one: Any) -> str:
    return repr(one)


def _operation(row: Endpoint, schemas: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(row),
        "summary": row.summary,
        "tags": [_tag(row.path)],
        "parameters": [*_path_parameters(row.path), *_query_parameters(row, schemas, components)],
        "responses": {str(row.status): _answer(row, schemas), "default": _error(schemas)},
    }
    if row.request is not None:
        operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": schemas[_key(row.request)]}}}
    elif row.body_types:
        operation["requestBody"] = {"required": True, "content": {one: {"schema": {"type": "string"}} for one in row.body_types}}
    if row.public:
        operation["security"] = []
    return operation


def _operation_id(row: Endpoint) -> str:
    return "_".join([row.method.lower(), *re.findall(r"[a-z_]+", _PARAMETER.sub(r"\1", row.path))])


def _tag(path: str) -> str:
    """The first fixed part behind the organisation."""
    fixed = [part for part in path.split("/") if part and not part.startswith("{")]
    return fixed[1] if fixed[0] == "corps" and len(fixed) > 1 else fixed[0]


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in _PARAMETER.findall(path)]


def _query_parameters(row: Endpoint, schemas: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    if row.query is None:
        return []
    described = components[schemas[_key(row.query)]["$ref"].rsplit("/", 1)[1]]
    required = described.get("required", [])
    return [{"name": name, "in": "query", "required": name in required, "schema": schema} for name, schema in described["properties"].items()]


def _answer(row: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    if row.streams:
        return {"description": "A stream", "content": {one: {"schema": {"type": "string"}} for one in row.streams}}
    schema = schemas[_key(row.response)] if row.response is not None else {}
    return {"description": "Done", "content": {_JSON: {"schema": schema}}}


def _error(schemas: dict[str, Any]) -> dict[str, Any]:
    return {"description": "Refused, with the reason", "content": {_JSON: {"schema": schemas[_key(ErrorAnswer)]}}}
