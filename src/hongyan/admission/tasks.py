"""A task as it is stored: who was addressed, who was left out and by which rule."""

import msgspec
from pyroaring import BitMap

from hongyan.admission.limits import Check, decode_checks
from hongyan.directory.audience import Audience, Selectors
from hongyan.model.ids import AppNo, CorpNo, Day, EpochMs, SenderId, Seq
from hongyan.store.interface import Row, Tx

STATUS_SENT = 2
STATUS_FAILED = 3
STORED_ROWS = 0
STORED_BITMAP = 1


class TaskSets(msgspec.Struct, frozen=True, array_like=True):
    """The people of a task who are not plainly delivered, as serialised bitmaps."""

    filtered: dict[str, bytes] = {}
    observed: dict[str, bytes] = {}
    failed: bytes = b""


class Invalid(msgspec.Struct, frozen=True, omit_defaults=True):
    """Ids of a send that name nobody."""

    userids: tuple[str, ...] = ()
    depts: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()


class Flags(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a send says beside audience and body."""

    allow_comment: bool = False
    comment_type: int = 0  # 1: featured only
    show_homepage: bool = False
    operator: str = ""
    template_id: str = ""


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whom the caller asked for."""

    to: Selectors = Selectors()


_ENCODE = msgspec.json.Encoder().encode


def encode_invalid(audience: Audience) -> str | None:
    """Those of an audience's ids that name nobody, as they are stored; None: each names somebody."""
    if not (audience.unknown_userids or audience.unknown_depts or audience.unknown_roles):
        return None
    return _ENCODE(Invalid(audience.unknown_userids, audience.unknown_depts, audience.unknown_roles)).decode()


def encode_asked(selectors: Selectors) -> str:
    return _ENCODE(Asked(selectors)).decode()


def encode_flags(flags: Flags) -> str:
    return _ENCODE(flags).decode()


class Task(msgspec.Struct, frozen=True):
    """One accepted send."""

    corp: CorpNo
    seq: Seq
    day: Day
    sender: SenderId
    app: AppNo
    surface: str
    status: int
    kind: str
    storage: int
    hash: bytes | None
    uuid: str
    msg_type: str
    content: str
    to: Selectors
    flags: Flags
    n_addressed: int
    n_filtered: int
    n_failed: int
    addressed: BitMap
    filtered: dict[str, BitMap]
    observed: dict[str, BitMap]
    failed: BitMap
    invalid: Invalid
    checks: tuple[Check, ...]
    rules_version: int
    visible_at: EpochMs
    recalled_at: EpochMs | None
    reads_at_recall: BitMap | None  # who had read it when it was recalled
    bar_value: str | None = None  # the status bar of an OA message, as it stands now
    bar_color: str | None = None

    @property
    def delivered(self) -> BitMap:
        return delivered_of(self.addressed, self.filtered, self.failed)


_SETS = msgspec.msgpack.Decoder(TaskSets)
_ASKED = msgspec.json.Decoder(Asked)
decode_flags = msgspec.json.Decoder(Flags).decode
_INVALID = msgspec.json.Decoder(Invalid)
_PACK = msgspec.msgpack.Encoder().encode
NOBODY = BitMap()


def packed(people: BitMap) -> bytes:
    people.run_optimize()
    return people.serialize()


def pack_sets(filtered: dict[str, BitMap], observed: dict[str, BitMap], failed: BitMap | None) -> bytes | None:
    """The stored form; None when there is nothing to say."""
    if not filtered and not observed and failed is None:
        return None
    return _PACK(TaskSets(_packed_all(filtered), _packed_all(observed), packed(failed) if failed is not None else b""))


def _packed_all(sets: dict[str, BitMap]) -> dict[str, bytes]:
    return {rule: packed(people) for rule, people in sets.items() if people}


def unpack_sets(stored: bytes | None) -> tuple[dict[str, BitMap], dict[str, BitMap], BitMap]:
    if stored is None:
        return {}, {}, NOBODY
    sets = _SETS.decode(stored)
    filtered = {rule: BitMap.deserialize(people) for rule, people in sets.filtered.items()}
    observed = {rule: BitMap.deserialize(people) for rule, people in sets.observed.items()}
    return filtered, observed, BitMap.deserialize(sets.failed) if sets.failed else NOBODY


def delivered_of(addressed: BitMap, filtered: dict[str, BitMap], failed: BitMap) -> BitMap:
    """Who has it: addressed, and neither filtered nor failed."""
    if not filtered and not failed:
        return addressed
    return addressed - BitMap.union(failed, *filtered.values())


def delivered_stored(addressed: bytes, sets: bytes | None) -> BitMap:
    """The same from the stored columns."""
    people = BitMap.deserialize(addressed)
    if sets is None:
        return people
    filtered, _observed, failed = unpack_sets(sets)
    return delivered_of(people, filtered, failed)


def task_of(row: Row) -> Task:
    """A row of `task.by_seq`."""
    asked, (addressed, sets, invalid, decision, rules_version, visible_at, recalled_at, reads) = row[13], row[17:25]
    filtered, observed, failed = unpack_sets(sets)
    return Task(
        *row[:13],
        to=_ASKED.decode(asked).to,
        flags=decode_flags(row[27]),
        n_addressed=row[14],
        n_filtered=row[15],
        n_failed=row[16],
        addressed=BitMap.deserialize(addressed),
        filtered=filtered,
        observed=observed,
        failed=failed,
        invalid=_INVALID.decode(invalid) if invalid else Invalid(),
        checks=decode_checks(decision),
        rules_version=rules_version,
        visible_at=visible_at,
        recalled_at=recalled_at,
        reads_at_recall=BitMap.deserialize(reads) if reads is not None else None,
        bar_value=row[25],
        bar_color=row[26],
    )


def load_task_txn(tx: Tx, corp: CorpNo, seq: Seq) -> Task | None:
    row = tx.one("task.by_seq", corp=corp, seq=seq)
    return task_of(row) if row else None
