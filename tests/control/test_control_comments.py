"""Comments of readers: listed, chosen and hidden over our own interface."""

from typing import Any

from hongyan.admission.accept import Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.admission.tasks import Flags
from hongyan.control.lookups import find_account_txn, find_app_txn, find_corp_txn
from hongyan.delivery.comments import Written, write_comment_txn
from hongyan.directory.audience import Selectors
from hongyan.directory.records import load_person_txn
from hongyan.messages.bodies import NewsCardBody
from hongyan.model.ids import mass_task_id

LIST = "/corps/acme/articles/1/comments"


def _written(caller: Any, *texts: str) -> str:
    """Ann gets the card, and writes below its article; answers the message."""
    return caller.run(_write(caller, texts))


async def _write(caller: Any, texts: tuple[str, ...]) -> str:
    store = caller.engine.store
    corp, app = await store.read(find_corp_txn, "acme"), await store.read(find_app_txn, "key")
    account = await store.read(find_account_txn, corp.no, "acc")
    sent = MassSend(corp, app, account, "uuid", Selectors(("ann",)), NewsCardBody("@card"), flags=Flags(allow_comment=True, comment_type=1))
    outcome = await caller.engine.mass_sending.send(sent)
    assert isinstance(outcome, Accepted), outcome
    ann = await store.read(load_person_txn, corp.no, "ann")
    assert ann is not None
    for text in texts:
        assert await store.write(write_comment_txn, corp.no, ann.ord, 1, outcome.seq, text) is Written.DONE
    return mass_task_id(outcome.seq)


def test_comments_are_listed_newest_first_by_pages(acme: Any) -> None:
    task_id = _written(acme, "a", "b", "c")
    first = acme.get(LIST, params={"limit": 2})
    assert [one["text"] for one in first["comments"]] == ["c", "b"]
    rest = acme.get(LIST, params={"before": first["next"], "limit": 2})

    assert ([one["text"] for one in rest["comments"]], rest["next"]) == (["a"], None)
    one = rest["comments"][0]
    assert (one["article_id"], one["task_id"], one["userid"], one["name"]) == (1, task_id, "ann", "Ann")
    assert one["featured_at"] is one["hidden_at"] is None


def test_a_comment_is_chosen_hidden_and_both_taken_back(acme: Any) -> None:
    _written(acme, "a")
    number = acme.get(LIST)["comments"][0]["comment"]
    path = f"/corps/acme/comments/{number}"

    chosen = acme.patch(path, {"featured": True})
    assert chosen["featured_at"] and chosen["hidden_at"] is None
    assert acme.patch(path, {"hidden": True})["featured_at"] == chosen["featured_at"]
    assert acme.patch(path, {}) == acme.get(LIST)["comments"][0]
    back = acme.patch(path, {"featured": False, "hidden": False})
    assert back["featured_at"] is back["hidden_at"] is None


def test_what_is_not_there_is_named(acme: Any) -> None:
    acme.bring_in(b'{"kind":"corp","corp_id":"other","name":"Other"}', "other")
    _written(acme, "a")

    assert acme.code("GET", "/corps/acme/articles/99/comments", 404) == "unknown_article"
    assert acme.code("GET", "/corps/acme/articles/x/comments", 404) == "unknown_article"
    assert acme.code("PATCH", "/corps/acme/comments/99", 404, content=b"{}") == "unknown_comment"
    assert acme.code("PATCH", "/corps/other/comments/1", 404, content=b'{"hidden":true}') == "unknown_comment"
    assert acme.code("PATCH", "/corps/acme/comments/1", 422, content=b'{"hidden":1}') == "invalid"
