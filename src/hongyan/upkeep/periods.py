"""How long each kind of thing is kept."""

import msgspec

from hongyan.model.ids import EpochMs


class Periods(msgspec.Struct, frozen=True):
    """Days by kind; 0 keeps for ever.

    `sends`: messages with everything about them (inbox entries, receipts, result lists, explanations, what readers wrote, comments).
    `previews`: those of them that were previews. `attempts`: what became of each uuid; a uuid may be used again afterwards. `usage`: what
    people were charged on a day. `rules`: what each rule did on a day. `callbacks`: events that were delivered or given up. `audit`: what
    operators did. `media`: uploads that nothing refers to, by their age. `requests`: the log of calls.
    """

    sends: int = 90
    previews: int = 7
    attempts: int = 7
    usage: int = 2
    rules: int = 90
    callbacks: int = 3
    audit: int = 365
    media: int = 365
    requests: int = 7


KINDS = tuple(name for name in Periods.__struct_fields__ if name != "requests")  # what is purged from the store


class LastBackup(msgspec.Struct, frozen=True):
    """The last backup of this folder: where, when the store was copied, how large, how long it took."""

    path: str
    taken_at: EpochMs
    bytes: int
    ms: int
