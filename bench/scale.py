"""How much each measurement does: the short set, the long one, and one of seconds for the tests."""

from pathlib import Path

import msgspec


class Scale(msgspec.Struct, frozen=True):
    """`large_rounds` is how often the slowest anchors are asked: those of a million people.

    Without `peers` only what needs no installation stands beside.
    """

    rounds: int = 5
    large_rounds: int = 3
    people: int = 100_000
    clients: int = 64
    sends: int = 4_000
    nothings: int = 12_000
    batched: int = 10_000
    audiences: tuple[int, ...] = (1, 5, 1_000, 100_000)
    largest: int = 0  # people of the company that is sent to whole, beside `audiences`
    looks: int = 20  # single calls whose median is one round's figure
    topics: int = 1_000  # most subscriptions of one topic of the peer that takes long to set one up
    days: int = 30
    notices_a_day: int = 2_000
    broad_a_day: int = 20
    result: int = 5_000
    inboxes: int = 2_000
    pushes: int = 5
    sends_on_file: int = 1_000_000
    idle_s: float = 1  # after the first answer, before memory is looked at
    imported: int = 100_000
    purged: int = 20_000
    peers: bool = True


class Run(msgspec.Struct, frozen=True):
    """One run: its scale, a folder that goes with it, and one whose content later runs find again."""

    scale: Scale
    folder: Path
    kept: Path


SHORT = Scale()
FULL = Scale(largest=1_000_000, imported=1_000_000)
TINY = Scale(
    rounds=1,
    large_rounds=1,
    people=300,
    clients=4,
    sends=20,
    nothings=20,
    batched=20,
    audiences=(1, 250),
    looks=2,
    topics=1,
    days=2,
    notices_a_day=10,
    broad_a_day=2,
    result=50,
    inboxes=5,
    pushes=1,
    sends_on_file=100,
    idle_s=0,
    imported=200,
    purged=50,
    peers=False,
)
