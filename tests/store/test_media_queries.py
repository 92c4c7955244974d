"""Which indexes the statements of uploads rely on."""

import re
from typing import Any

import apsw
import pytest

from hongyan.store.queries import expand_rows, load_queries

QUERIES = load_queries("sqlite")


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("media.same_content", "media_sha"),
        ("media.blob_uses", "media_blob"),
        ("media.named_blobs", "media_blob"),
        ("media.page", "media_newest"),
        ("media.message_uses", "task_media"),
    ],
)
def test_uploads_are_found_by_an_index(connection: apsw.Connection, name: str, index: str) -> None:
    text = QUERIES[name]
    bindings: Any = dict.fromkeys(re.findall(r":([a-z_0-9]+)", text), 1)
    if "/*rows*/" in text:
        text = expand_rows(text, 3)
        bindings = [1] * text.count("?")
    plan = [row[3] for row in connection.execute(f"explain query plan {text}", bindings)]

    assert any(index in line for line in plan), plan
    assert not any("TEMP B-TREE" in line for line in plan)
