"""Walks a whole store file and says everything in it that contradicts something else in it.

Knows the schema and nothing of how a send is decided: what is derived (usage, day counters, windows, organisation sets) is derived
again from the tasks and the people, and compared.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import msgspec
from pyroaring import BitMap

from crash.removed import Removed
from hongyan.admission.rules import RULES, WINDOW_MS
from hongyan.admission.tasks import delivered_of, unpack_sets
from hongyan.model.clock import DAY_MS, day_end, day_of
from hongyan.model.ids import SEQ_COUNTER_BITS, Day

NO_CONTENT_KINDS = ("single", "preview")
# Whom this rule leaves out is charged for all the same.
MASS_TWINS = "mass.same_content"
ALL_STAFF, RECEIVERS = "work.internal.all_staff", "receivers_per_minute"


class _Task(NamedTuple):
    corp: int
    seq: int
    day: int
    sender: int
    surface: str
    status: int
    kind: str
    storage: int
    hash: bytes | None
    uuid: str
    counts: tuple[int, int, int]
    addressed: BitMap
    filtered: dict[str, BitMap]
    observed: dict[str, BitMap]
    failed: BitMap
    visible_at: int
    recalled_at: int | None
    everyone: bool  # asked for everybody
    at: int  # when it was accepted, by its attempt where it has one

    @property
    def delivered(self) -> BitMap:
        return delivered_of(self.addressed, self.filtered, self.failed)

    @property
    def person_times(self) -> int:
        """People it is charged for: a mass send's duplicates too, of a work notice the delivered ones."""
        if self.surface == "work":
            return len(self.delivered)
        return len(self.addressed) - sum(len(people) for rule, people in self.filtered.items() if rule != MASS_TWINS)

    @property
    def counts_people(self) -> bool:
        """Its deliveries add to each person's count."""
        return self.surface == "work" or self.kind in NO_CONTENT_KINDS


_TASKS = """select t.corp, t.seq, t.day, t.sender, t.surface, t.status, t.kind, t.storage, t.hash, t.uuid, t.n_addressed, t.n_filtered, t.n_failed,
t.addressed, t.sets, t.visible_at, t.recalled_at, coalesce(t.selectors -> '$.to.everyone', 0) = 'true', a.at from task t left join attempt a on a.corp = t.corp and a.sender = t.sender
and a.uuid = t.uuid and a.seq = t.seq order by t.corp, t.seq"""


def contradictions(path: Path, *, same_content_enforced: bool = True) -> list[str]:
    """Every contradiction in the file, as sentences; none is the promise.

    `same_content_enforced` False: the rule was not enforced all the time, so a person may have one content twice.
    What the store says that it removed may be gone; what is left is judged as ever.
    """
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(5000)
    with connection:
        walk = _Walk(connection, same_content_enforced=same_content_enforced)
        found = list(walk.all())
    connection.close()
    return found


class _Walk:
    def __init__(self, connection: apsw.Connection, *, same_content_enforced: bool) -> None:
        self._sql = connection.execute
        self._same_content_enforced = same_content_enforced
        self._removed = Removed(connection)
        self._zones: dict[int, str] = dict(self._sql("select corp, zone from corp").fetchall())
        self._tasks = [self._task(row) for row in self._sql(_TASKS)]

    def _task(self, row: tuple[Any, ...]) -> _Task:
        filtered, observed, failed = unpack_sets(row[14])
        addressed = BitMap.deserialize(row[13])
        at = row[18] if row[18] is not None else row[1] >> 12
        return _Task(*row[:10], (row[10], row[11], row[12]), addressed, filtered, observed, failed, row[15], row[16], bool(row[17]), at)

    def all(self) -> Iterator[str]:
        for (line,) in self._sql("pragma integrity_check"):
            if line != "ok":
                yield f"sqlite: {line}"
        for task in self._tasks:
            yield from (f"task {task.seq} of corp {task.corp}: {problem}" for problem in self._of_task(task))
        for part in (self._inboxes, self._attempts, self._usage, self._days, self._windows, self._corps, self._organisations, self._twice):
            yield from part()

    def _of_task(self, task: _Task) -> Iterator[str]:
        sets = [*task.filtered.values(), task.failed]
        left_out = BitMap.union(BitMap(), *sets)
        if len(left_out) != sum(map(len, sets)):
            yield "somebody is in two lists"
        if not left_out <= task.addressed or any(not people <= task.addressed for people in task.observed.values()):
            yield "a list names somebody who was not addressed"
        if task.counts != (len(task.addressed), sum(map(len, task.filtered.values())), len(task.failed)):
            yield f"the counts {task.counts} are not those of the sets"
        if (task.status == 3) != bool(task.failed) or (task.failed and task.failed != task.addressed):
            yield "failed, and not everybody"
        if (task.surface == "work") != (task.kind == "notice"):
            yield f"a {task.kind} on the surface {task.surface}"
        if (task.hash is None) != (task.kind in NO_CONTENT_KINDS):
            yield f"a {task.kind} send with hash {task.hash!r}"
        if task.day != day_of(task.at, self._zones[task.corp]):  # type: ignore[arg-type]
            yield "of another day than its moment"
        if not task.at <= task.visible_at <= task.at + DAY_MS:
            yield "visible before it was accepted, or more than a day later"

    def _inboxes(self) -> Iterator[str]:
        rows: dict[tuple[int, int, int], BitMap] = defaultdict(BitMap)
        receipts: dict[tuple[int, int, int], BitMap] = defaultdict(BitMap)
        late: set[tuple[int, int]] = set()
        recalled = {(task.corp, task.seq): task.recalled_at for task in self._tasks}
        for corp, ord_, sender, seq, kind, read_at in self._sql("select corp, ord, sender, seq, kind, read_at from inbox"):
            (receipts if kind else rows)[corp, sender, seq].add(ord_)
            end = recalled.get((corp, seq))
            if read_at is not None and end is not None and read_at > end:
                late.add((corp, seq))
        for corp, seq in late:
            yield f"task {seq} of corp {corp}: read after it was recalled"
        for task in self._tasks:
            key = (task.corp, task.sender, task.seq)
            expected = task.delivered if task.storage == 0 else BitMap()
            missing, strange = expected - (found := rows.pop(key, BitMap())), found - expected
            if strange or not missing <= self._removed.forgotten[task.corp]:
                yield f"task {task.seq}: its inbox rows are not its delivered people"
            if not receipts.pop(key, BitMap()) <= (task.delivered if task.storage == 1 else BitMap()):
                yield f"task {task.seq}: a receipt of somebody who does not have it"
        for corp, sender, seq in {**rows, **{key: None for key in receipts if not self._removed.sends(at=key[2] >> SEQ_COUNTER_BITS)}}:
            yield f"inbox rows of corp {corp}, sender {sender}, seq {seq} belong to no task"

    def _attempts(self) -> Iterator[str]:
        accepted = {
            (corp, sender, uuid): seq
            for corp, sender, uuid, outcome, seq in self._sql("select corp, sender, uuid, outcome, seq from attempt")
            if outcome == "ok" or seq is not None
        }
        for task in self._tasks:
            if not task.uuid and task.surface == "work":
                continue  # a work notice has no uuid, and no attempt
            key = (task.corp, task.sender, task.uuid)
            seq = accepted.get(key)
            if seq == task.seq:
                del accepted[key]
            elif not self._removed.any_of("attempts", at=task.at) or (seq is not None and seq < task.seq):
                yield f"task {task.seq}: its uuid {task.uuid} names {seq}"
        for key, seq in accepted.items():
            if not self._removed.sends(at=seq >> SEQ_COUNTER_BITS):
                yield f"the accepted uuid {key} names the task {seq}, which is not there"

    def _usage(self) -> Iterator[str]:
        counts: Counter[tuple[int, int, int, int]] = Counter()
        contents: dict[tuple[int, int, int, int], set[bytes]] = defaultdict(set)
        for task in self._tasks:
            if task.kind not in NO_CONTENT_KINDS and task.storage == 1:
                continue  # its part is derived from its sets
            for ord_ in task.delivered:
                key = (task.corp, task.day, task.sender, ord_)
                counts[key] += task.counts_people
                if task.hash is not None:
                    contents[key].add(task.hash)
        expected = {key: (counts[key], frozenset(contents[key])) for key in {*counts, *contents}}
        for corp, day, sender, ord_, n, hashes in self._sql("select corp, day, sender, ord, n, cast(hashes as blob) from usage"):
            pieces = [hashes[at : at + 8] for at in range(0, len(hashes), 8)]
            wanted = expected.pop((corp, day, sender, ord_), (0, frozenset()))
            same = (n, frozenset(pieces)) == wanted or (self._sends_gone(corp, day) and n >= wanted[0] and wanted[1] <= frozenset(pieces))
            if not same or len(set(pieces)) != len(pieces):
                yield f"usage of corp {corp}, day {day}, sender {sender}, person {ord_}: {n}, {len(pieces)} contents; the tasks say {wanted}"
        if lost := sorted(key for key in expected if not self._usage_gone(key[0], key[1])):
            yield f"no usage of {lost[:5]}"

    def _usage_gone(self, corp: int, day: int) -> bool:
        return self._removed.any_of_day("usage", day=day, zone=self._zones[corp])

    def _sends_gone(self, corp: int, day: int) -> bool:
        return self._removed.any_of_day("sends", "previews", day=day, zone=self._zones[corp])

    def _days(self) -> Iterator[str]:
        tasks: Counter[tuple[int, int, int]] = Counter()
        times: Counter[tuple[int, int, int]] = Counter()
        for task in self._tasks:
            key = (task.corp, task.day, task.sender)
            tasks[key] += task.kind not in NO_CONTENT_KINDS and task.status == 2
            times[key] += task.person_times if task.status == 2 else 0
        for corp, day, sender, n_tasks, person_times in self._sql("select corp, day, sender, n_tasks, person_times from sender_day"):
            key = (corp, day, sender)
            wanted = (tasks.pop(key, 0), times.pop(key, 0))
            if (n_tasks, person_times) != wanted and not (self._sends_gone(corp, day) and n_tasks >= wanted[0] and person_times >= wanted[1]):
                yield f"day {key}: {n_tasks} sends, {person_times} person-times; the tasks say {wanted}"
        if lost := sorted(key for key in tasks if not self._usage_gone(key[0], key[1])):
            yield f"no day counter of {lost[:5]}"

    def _windows(self) -> Iterator[str]:
        for corp, sender, rule, start, n in self._sql("select corp, sender, rule, start, n from window"):
            mine = [task for task in self._tasks if (task.corp, task.sender) == (corp, sender)]
            if rule == "mass.broad_frequency":
                mine = [task for task in mine if task.kind == "broad"]
            if rule == ALL_STAFF:
                yield from self._all_staff_window(mine, sender, start, n)
                continue
            end = start + WINDOW_MS[RULES[rule].window]
            inside = sum(self._in_window(task, rule) for task in mine if start <= task.at < end)
            short = inside < n and self._removed.sends(at=start)
            if (inside != n and not short) or any(task.at >= end for task in mine):
                yield f"window {rule} of sender {sender} from {start}: {n}; the tasks say {inside}"

    def _in_window(self, task: _Task, rule: str) -> int:
        """What a task adds to a window: one, or its receivers."""
        return len(task.delivered) if rule.endswith(RECEIVERS) else 1

    def _all_staff_window(self, mine: list[_Task], sender: int, ends_at: int, n: int) -> Iterator[str]:
        """The day's number is kept under the day's end."""
        day = max((task.day for task in mine if task.everyone), default=None)
        inside = sum(task.everyone and task.day == day for task in mine)
        if inside < n and self._removed.sends(at=ends_at - DAY_MS):
            return
        if inside != n or (day is not None and ends_at != day_end(Day(day), self._zones[mine[0].corp])):
            yield f"all-staff sends of sender {sender} until {ends_at}: {n}; the tasks say {inside}"

    def _corps(self) -> Iterator[str]:
        for corp, last_seq, last_bitmap in self._sql("select corp, last_seq, last_bitmap from corp").fetchall():
            tasks = [task for task in self._tasks if task.corp == corp]
            events = [row[0] for row in self._sql("select seq from event where corp = ?", (corp,))]
            seqs = [task.seq for task in tasks] + events
            if len(set(seqs)) != len(seqs):
                yield f"corp {corp}: a sequence number was given out twice"
            if self._is_not_newest(last_seq, seqs):
                yield f"corp {corp}: last_seq {last_seq}, the newest is {max(seqs, default=0)}"
            if self._is_not_newest(last_bitmap, [task.seq for task in tasks if task.storage == 1]):
                yield f"corp {corp}: last_bitmap {last_bitmap} is not its newest bitmap task"

    def _is_not_newest(self, last: int, seqs: list[int]) -> bool:
        newest = max(seqs, default=0)
        return newest != last and not (newest < last and self._removed.sends(at=last >> SEQ_COUNTER_BITS))

    def _organisations(self) -> Iterator[str]:
        people = "select ord, depts, active, left_at from user where corp = ?"
        for corp, next_ord, headcount in self._sql("select corp, next_ord, headcount from corp").fetchall():
            rows = self._sql(people, (corp,)).fetchall()
            live = BitMap(row[0] for row in rows if row[3] is None)
            inactive = BitMap(row[0] for row in rows if row[3] is None and not row[2])
            stored = self._sql("select live, inactive from corp_people where corp = ?", (corp,)).fetchone()
            assert stored is not None
            if (BitMap.deserialize(stored[0]), BitMap.deserialize(stored[1]), headcount) != (live, inactive, len(live)):
                yield f"corp {corp}: its sets of people are not its users"
            if any(row[0] >= next_ord for row in rows):
                yield f"corp {corp}: next_ord {next_ord} was given out already"
            members: dict[int, BitMap] = defaultdict(BitMap)
            for ord_, depts, _active, left_at in rows:
                for dept in msgspec.json.decode(depts) if left_at is None else ():
                    members[dept].add(ord_)
            for dept, blob in self._sql("select dept, members from department where corp = ?", (corp,)):
                if BitMap.deserialize(blob) != members.pop(dept, BitMap()):
                    yield f"corp {corp}, department {dept}: its members are not those who name it"
            if members:
                yield f"corp {corp}: people in departments that are not there: {sorted(members)}"
            for role, blob in self._sql("select role, members from role where corp = ?", (corp,)):
                if not BitMap.deserialize(blob) <= live:
                    yield f"corp {corp}, role {role}: somebody who left is in it"

    def _twice(self) -> Iterator[str]:
        """Nobody has one content twice in a day from one account."""
        if not self._same_content_enforced:
            return
        have: dict[tuple[int, int, int, bytes], BitMap] = defaultdict(BitMap)
        for task in self._tasks:
            if task.hash is not None:
                key = (task.corp, task.day, task.sender, task.hash)
                if again := have[key] & task.delivered:
                    yield f"task {task.seq}: {len(again)} people have its content twice"
                have[key] |= task.delivered
