"""Fields of a call as JSON schemas: the documented types, in the form that each surface and each place of a call has."""

from collections.abc import Iterable
from typing import Any

from hongyan.model.errors import Family
from hongyan.wire.fields import Field, Kind

Schema = dict[str, Any]
INT64 = 1 << 63


def object_schema(fields: Iterable[Field], family: Family) -> Schema:
    """A JSON body with these members. Members beside them are allowed and not looked at."""
    known = list(fields)
    schema: Schema = {"type": "object", "properties": {field.name: field_schema(field, family) for field in known}}
    required = [field.name for field in known if field.required]
    return schema | {"required": required} if required else schema


def field_schema(field: Field, family: Family) -> Schema:
    """One member of a JSON body. The classic surfaces know lists as lists and as texts with commas, the new one knows lists."""
    match field.kind:
        case Kind.TEXT:
            return _text(field)
        case Kind.NUMBER:
            return _number(field)
        case Kind.FLAG:
            return {"type": "boolean"}
        case Kind.IDS:
            return _list(field, {"type": "string", "enum": list(field.choices)} if field.choices else {"type": "string"}, family)
        case Kind.NUMBERS:
            return _list(field, {"type": "integer", "minimum": 1, "maximum": INT64 - 1}, family)
        case Kind.OBJECT:
            return object_schema(field.inner, family)
        case Kind.OBJECTS:
            items = {"type": "array", "items": object_schema(field.inner, family)}
            return items | {"maxItems": field.most} if field.most else items
        case Kind.FILE:
            return {"type": "string", "contentMediaType": "application/octet-stream"}


def text_schema(field: Field) -> Schema:
    """One value of a query or a form, where lists are texts with commas."""
    match field.kind:
        case Kind.IDS | Kind.NUMBERS:
            return {"type": "string"}
        case Kind.OBJECT | Kind.OBJECTS:
            return {"type": "string", "contentMediaType": "application/json"}
        case _:
            return field_schema(field, Family.TOP)


def _text(field: Field) -> Schema:
    schema: Schema = {"type": "string"}
    if field.choices:
        schema["enum"] = list(field.choices)
    else:
        schema |= {"minLength": 1} if field.required else {}
        schema |= {"maxLength": field.most} if field.most is not None else {}
    return schema


def _number(field: Field) -> Schema:
    least, most = (-INT64 if field.least is None else field.least), (INT64 - 1 if field.most is None else field.most)
    return {"type": "integer", "minimum": least, "maximum": most}


def _list(field: Field, items: Schema, family: Family) -> Schema:
    listed: Schema = {"type": "array", "items": items}
    if field.most is not None:
        listed["maxItems"] = field.most
    return listed if family is Family.V1 else {"anyOf": [{"type": "string"}, listed]}
