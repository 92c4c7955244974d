"""What a call may hold, said once: for the interface's description, and for whoever reads the table of endpoints."""

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What a value is, whichever way it was written (see `lax`)."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    IDS = "ids"  # texts, as a list or separated by commas
    NUMBERS = "numbers"  # whole numbers, as a list or separated by commas
    OBJECT = "object"  # or its JSON text
    OBJECTS = "objects"  # a list of objects, or its JSON text
    FILE = "file"  # a part of a multipart body


class Field(msgspec.Struct, frozen=True):
    """One parameter by its wire name. `most` is the longest text, the longest list or the largest number; None where none is known.

    `in_query`: the documented place is the query, whatever else the call carries in its body.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    most: int | None = None
    least: int | None = None
    choices: tuple[str, ...] = ()
    inner: tuple["Field", ...] = ()  # of an object, or of each object in a list
    in_query: bool = False
