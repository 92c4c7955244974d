"""What the third migration makes of articles that are there already."""

import apsw

from hongyan.store.queries import migrations

INSERT = "insert into article(corp, article, sender, title, content, published_at, created_at, updated_at) values (1, ?, 2, ?, ?, ?, 5, 6)"


def test_published_articles_keep_their_readers_and_drafts_stay_drafts() -> None:
    connection = apsw.Connection(":memory:")
    scripts = dict(migrations())
    for version in (1, 2):
        connection.execute(scripts[version])
    connection.execute(INSERT, (1, "live", "a", 7))
    connection.execute(INSERT, (2, "draft", "b", None))
    connection.execute(scripts[3])

    assert list(connection.execute("select article, title, content from published")) == [(1, "live", "a")]
    assert list(connection.execute("select view_scope, allow_forward, uuid from article")) == [(0, 1, None)] * 2
