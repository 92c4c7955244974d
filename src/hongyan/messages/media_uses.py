"""What refers to an upload."""

import msgspec

from hongyan.model.ids import CorpNo, SenderId, Seq
from hongyan.store.interface import Tx

USES_COUNTED = 10_000
USERS_NAMED = 20  # of each kind


class MediaUses(msgspec.Struct, frozen=True):
    """What refers to an upload: messages (at most 10000 are counted; pictures inside markdown are not), articles, accounts."""

    messages: int
    articles: int
    accounts: int

    @property
    def total(self) -> int:
        return self.messages + self.articles + self.accounts


class MediaUsers(msgspec.Struct, frozen=True):
    """Some of those that refer to it: messages by seq and surface, newest first; articles by number and title; accounts by unionid and name."""

    messages: tuple[tuple[Seq, str], ...]
    articles: tuple[tuple[int, str], ...]
    accounts: tuple[tuple[SenderId, str, str], ...]


def media_uses_txn(tx: Tx, corp: CorpNo, media_id: str) -> MediaUses:
    messages = tx.one("media.message_uses", corp=corp, media_id=media_id, most=USES_COUNTED)
    others = tx.one("media.other_uses", corp=corp, media_id=media_id)
    assert messages is not None and others is not None
    return MediaUses(messages[0], *others)


def media_users_txn(tx: Tx, corp: CorpNo, media_id: str) -> MediaUsers:
    """At most `USERS_NAMED` of each kind."""
    key = {"corp": corp, "media_id": media_id, "limit": USERS_NAMED}
    messages, articles, accounts = (tuple(tx.all(f"media.used_by_{one}", **key)) for one in ("messages", "articles", "accounts"))
    return MediaUsers(messages, articles, accounts)
