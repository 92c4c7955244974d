"""The transaction that promises a send: uuid, limits, duplicates, task, inbox entries and charges, or a refusal that spends the uuid.

All sends that wait are decided together, one after the other on exact counts, and written with one statement per table.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec
from pyroaring import BitMap

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.admission import rules
from hongyan.admission.limits import encode_checks
from hongyan.admission.mass import charge_mass, decide_mass
from hongyan.admission.meter import Counted, SendMeter
from hongyan.admission.state import Admitted, Denied, Send, SenderState, Usage, Verdict
from hongyan.admission.tasks import STATUS_FAILED, STATUS_SENT, STORED_BITMAP, STORED_ROWS, delivered_stored, pack_sets, packed
from hongyan.admission.wide import WideDay, WideDays
from hongyan.admission.work import charge_work, decide_work, rules_of
from hongyan.model import errors
from hongyan.model.clock import day_end, day_of, day_start
from hongyan.model.errors import Refusal
from hongyan.model.faults import reach
from hongyan.model.ids import CorpNo, Day, EpochMs, Ord, SenderId, Seq, next_seq, seq_ms, wire_task_id
from hongyan.store.interface import Tx

# Up to this many people a send gets an inbox row for each; above, one bitmap. Measured; no rule may depend on it.
ROWS_UP_TO = 200


class Accepted(msgspec.Struct, frozen=True):
    """The send is durable: `seq` names it in its corp."""

    seq: Seq
    at: EpochMs
    visible_at: EpochMs


class Stale(msgspec.Struct, frozen=True):
    """The organisation changed since the audience was resolved: resolve again. Nothing was spent."""

    org_version: int


AcceptOutcome = Accepted | Refusal | Stale


class _Corp:
    """One corp's part of a batch."""

    def __init__(self, tx: Tx, corp: CorpNo, now: EpochMs) -> None:
        row = tx.one("corp.accept_state", corp=corp)
        assert row is not None
        self.corp = corp
        self.last_seq, self.org_version, self.last_bitmap, self.headcount, self.zone = row
        # A corp's time never runs backwards, whatever the clock does.
        self.now = EpochMs(max(now, seq_ms(self.last_seq)))
        self.day = day_of(self.now, self.zone)
        self.day_ends_at = day_end(self.day, self.zone)
        self.day_starts_at = day_start(self.day, self.zone)
        self.has_bitmaps_today = seq_ms(self.last_bitmap) >= self.day_starts_at
        self.senders: dict[SenderId, SenderState] = {}
        self.wide_days: dict[SenderId, WideDay] = {}

    def take_seq(self) -> Seq:
        self.last_seq = next_seq(self.last_seq, self.now)
        return self.last_seq


class _Surface(NamedTuple):
    """How a surface decides and what it charges."""

    decide: Callable[[Send, SenderState, EpochMs], Verdict]
    charge: Callable[..., list[Ord]]


_SURFACES = {"mass": _Surface(decide_mass, charge_mass), "work": _Surface(decide_work, charge_work)}


class _Writes:
    """Rows that a batch will write."""

    def __init__(self) -> None:
        self.attempts: list[tuple[object, ...]] = []
        self.tasks: list[tuple[object, ...]] = []
        self.inbox: list[tuple[object, ...]] = []
        self.usage: dict[tuple[CorpNo, Day, SenderId, Ord], Usage] = {}
        self.charged: set[tuple[CorpNo, SenderId]] = set()
        self.rule_days: dict[tuple[CorpNo, SenderId, Day, str], list[int]] = {}
        self.deeds: list[tuple[Deed, EpochMs]] = []
        self.counted: list[Counted] = []

    def count_rule(self, corp: "_Corp", send: Send, rule: str, *, refused: int = 0, filtered: int = 0, observed: int = 0) -> None:
        """What a rule did, for the history of its sender; plain sends leave nothing here."""
        day = self.rule_days.setdefault((send.corp, send.sender, corp.day, rule), [0, 0, 0])
        for at, n in enumerate((refused, filtered, observed)):
            day[at] += n


class Acceptance:
    """Admits sends."""

    def __init__(self, *, rows_up_to: int = ROWS_UP_TO) -> None:
        self._rows_up_to = rows_up_to
        self._wide_days = WideDays()
        self.meter = SendMeter()

    def _stored_as_rows(self, send: Send) -> bool:
        return len(send.people) <= self._rows_up_to

    def accept_txn(self, tx: Tx, sends: Sequence[Send], now: EpochMs) -> list[AcceptOutcome]:
        """Decide the sends one after the other and write what follows; one outcome for each, in order.

        `Accepted` is durable once the transaction is; on a `Refusal` the uuid is spent and nothing else.
        """
        corps = {corp: _Corp(tx, corp, now) for corp in dict.fromkeys(send.corp for send in sends)}
        self._load(tx, sends, corps)
        used = {tuple(key) for key in tx.by_keys("attempt.existing", [(send.corp, send.sender, send.uuid) for send in sends if send.uuid])}
        writes = _Writes()
        outcomes = [self._decide(corps[send.corp], send, used, writes) for send in sends]
        _write(tx, corps, writes)
        tx.on_commit(lambda: self._keep_wide_days(corps.values()))
        tx.on_commit(lambda: self.meter.note(writes.counted, ((key[3], (n[0], n[1], n[2])) for key, n in writes.rule_days.items())))
        return outcomes

    def forget(self) -> None:
        """Drop what is known of today: the store's content was replaced."""
        self._wide_days.forget()

    def _keep_wide_days(self, corps: Iterable[_Corp]) -> None:
        for corp in corps:
            for sender, day in corp.wide_days.items():
                self._wide_days.keep(corp.corp, sender, day)

    def foresee_txn(self, tx: Tx, send: Send, now: EpochMs) -> Verdict | Stale:
        """What would become of the send at this moment; writes nothing and spends nothing."""
        corp = _Corp(tx, send.corp, now)
        if send.org_version != corp.org_version:
            return Stale(corp.org_version)
        self._load(tx, [send], {send.corp: corp})
        if send.uuid and tx.by_keys("attempt.existing", [(send.corp, send.sender, send.uuid)]):
            return Denied(Refusal(errors.UUID_USED), [])
        return _SURFACES[send.surface].decide(send, corp.senders[send.sender], corp.now)

    def _decide(self, corp: _Corp, send: Send, used: set[tuple[object, ...]], writes: _Writes) -> AcceptOutcome:
        if send.org_version != corp.org_version:
            return Stale(corp.org_version)
        key = (send.corp, send.sender, send.uuid)
        if send.uuid:
            if key in used:
                return Refusal(errors.UUID_USED)
            used.add(key)
        state = corp.senders[send.sender]
        verdict = _SURFACES[send.surface].decide(send, state, corp.now)
        if isinstance(verdict, Denied):
            if verdict.checks:
                writes.count_rule(corp, send, verdict.checks[-1].rule, refused=1)
            if not send.uuid:
                return verdict.refusal
            writes.attempts.append((*key, corp.now, verdict.refusal.row.key, None, encode_checks(verdict.checks)))
            return verdict.refusal
        return self._admit(corp, send, verdict, state, writes)

    def _admit(self, corp: _Corp, send: Send, admitted: Admitted, state: SenderState, writes: _Writes) -> Accepted:
        seq = corp.take_seq()
        as_rows = self._stored_as_rows(send)
        changed = _SURFACES[send.surface].charge(send, admitted, state, corp.now, as_rows=as_rows)
        if send.hash is not None and admitted.failed is None:
            changed += _remember_content(send.hash, admitted.delivered, state, as_rows=as_rows)
        for ord_ in changed:
            writes.usage[send.corp, corp.day, send.sender, ord_] = state.usage[ord_]
        if as_rows:
            writes.inbox += [(send.corp, ord_, send.sender, seq) for ord_ in admitted.delivered]
        else:
            corp.last_bitmap = seq
        writes.charged.add((send.corp, send.sender))
        if send.uuid:
            writes.attempts.append((send.corp, send.sender, send.uuid, corp.now, "ok", seq, ""))
        _note_rules(corp, send, admitted, writes)
        writes.counted.append(Counted(send.corp, send.surface, send.kind, len(admitted.delivered)))
        if send.deed is not None:
            writes.deeds.append((msgspec.structs.replace(send.deed, subject=wire_task_id(send.surface, seq)), corp.now))
        visible_at = EpochMs(corp.now + send.delay_ms)
        writes.tasks.append(_task_row(corp, send, admitted, seq, STORED_ROWS if as_rows else STORED_BITMAP, visible_at))
        return Accepted(seq, corp.now, visible_at)

    def _load(self, tx: Tx, sends: Sequence[Send], corps: dict[CorpNo, _Corp]) -> None:
        senders = dict.fromkeys((send.corp, send.sender) for send in sends)
        for corp, sender in senders:
            place = corps[corp]
            place.senders[sender] = SenderState(place.day_ends_at, place.headcount)
        for corp, sender, rule, start, n in tx.by_keys("window.of_senders", list(senders)):
            corps[corp].senders[sender].windows[rule] = (start, n)
        for corp, sender, n_tasks, times in tx.by_keys("sender_day.of_senders", [(corp, corps[corp].day, sender) for corp, sender in senders]):
            state = corps[corp].senders[sender]
            state.n_tasks, state.person_times = n_tasks, times
        self._load_usage(tx, sends, corps)
        self._load_tallies(tx, sends, corps)
        self._load_twins(tx, sends, corps)

    def _load_usage(self, tx: Tx, sends: Sequence[Send], corps: dict[CorpNo, _Corp]) -> None:
        keys: dict[tuple[CorpNo, Day, SenderId, int], None] = {}
        for send in sends:
            if send.hash is None or self._stored_as_rows(send):
                corp = corps[send.corp]
                usage = corp.senders[send.sender].usage
                for ord_ in send.people:
                    keys[send.corp, corp.day, send.sender, ord_] = None
                    usage[Ord(ord_)] = Usage()
        for corp, sender, ord_, n, hashes in tx.by_keys("usage.of_people", sorted(keys)):
            raw = bytes.fromhex(hashes)
            corps[corp].senders[sender].usage[ord_] = Usage(n, (raw[at : at + 8] for at in range(0, len(raw), 8)))

    def _load_tallies(self, tx: Tx, sends: Sequence[Send], corps: dict[CorpNo, _Corp]) -> None:
        """Where every delivery counts: today's tasks stored as bitmaps, and for a send stored so, who is near the limit by rows."""
        counting = [send for send in sends if send.counts_everyone]
        for corp, sender in dict.fromkeys((send.corp, send.sender) for send in counting):
            place = corps[corp]
            state = place.senders[sender]
            if place.has_bitmaps_today:
                wide_day = self._wide_days.load_txn(tx, corp, sender, place.day, place.day_starts_at)
                place.wide_days[sender] = wide_day
                state.tally = wide_day.tally.copy()
            wide = [send for send in counting if (send.corp, send.sender) == (corp, sender) and not self._stored_as_rows(send)]
            if wide:
                limit = min(send.rules[rules_of(send).person.id].limit for send in wide)
                least = max(1, limit - state.tally.most - len(wide))
                rows = tx.all("usage.at_least", corp=corp, day=place.day, sender=sender, least=least)
                for ord_, n, hashes in rows:
                    state.usage.setdefault(ord_, Usage(n, (hashes[at : at + 8] for at in range(0, len(hashes), 8))))

    def _load_twins(self, tx: Tx, sends: Sequence[Send], corps: dict[CorpNo, _Corp]) -> None:
        """Who has the contents of this batch from tasks that left no usage row: those stored as bitmaps, and for such a task all."""
        wanted: dict[tuple[CorpNo, SenderId, bytes], bool] = {}
        for send in sends:
            if send.hash is not None:
                key = (send.corp, send.sender, send.hash)
                wanted[key] = wanted.get(key, False) or not self._stored_as_rows(send)
        for (corp, sender, hash_), every in wanted.items():
            place = corps[corp]
            if every or place.has_bitmaps_today:
                query = "task.same_content" if every else "task.same_content_bitmaps"
                rows = tx.all(query, corp=corp, day=place.day, sender=sender, hash=hash_)
                place.senders[sender].twins[hash_] = BitMap.union(BitMap(), *(delivered_stored(addressed, sets) for addressed, sets in rows))


def _note_rules(corp: _Corp, send: Send, admitted: Admitted, writes: _Writes) -> None:
    """Whom the rules left out, and would have; nothing for a send that reached everybody."""
    for rule, people in admitted.filtered.items():
        writes.count_rule(corp, send, rule, filtered=len(people))
    for rule, people in admitted.observed.items():
        writes.count_rule(corp, send, rule, observed=len(people))
    if admitted.failed is not None:
        writes.count_rule(corp, send, rules.AUDIENCE_CAP.id, refused=1)


def _remember_content(hash_: bytes, delivered: BitMap, state: SenderState, *, as_rows: bool) -> list[Ord]:
    """Who has this content now; returns the people whose usage rows changed."""
    if not as_rows:
        state.twins[hash_] = state.twins.get(hash_, BitMap()) | delivered
        return []
    changed = [Ord(ord_) for ord_ in delivered]
    for ord_ in changed:
        state.usage[ord_].hashes[hash_] = None
    return changed


def _task_row(corp: _Corp, send: Send, admitted: Admitted, seq: Seq, storage: int, visible_at: EpochMs) -> tuple[object, ...]:
    failed = admitted.failed
    status = STATUS_SENT if failed is None else STATUS_FAILED
    n_filtered = sum(len(people) for people in admitted.filtered.values())
    n_failed = len(failed) if failed is not None else 0
    head = (send.corp, seq, corp.day, send.sender, send.app, send.surface, status, send.kind.value, storage, send.hash, send.uuid)
    body = (send.msg_type, send.content, send.selectors, len(send.people), n_filtered, n_failed, packed(send.people))
    sets = pack_sets(admitted.filtered, admitted.observed, failed)
    return (*head, *body, sets, send.invalid, encode_checks(admitted.checks), send.rules_version, visible_at, send.flags)


def _write(tx: Tx, corps: dict[CorpNo, _Corp], writes: _Writes) -> None:
    tx.run_rows("attempt.insert", writes.attempts)
    reach("accept.attempts")
    if writes.rule_days:
        tx.run_rows("rule_day.add", [(*key, *counts) for key, counts in sorted(writes.rule_days.items())])
    for deed, at in writes.deeds:
        record_deed_txn(tx, deed, at)
    if not writes.tasks:
        return
    tx.run_rows("task.insert", writes.tasks)
    reach("accept.tasks")
    tx.run_rows("inbox.insert", sorted(writes.inbox))
    reach("accept.inbox")
    tx.run_rows("usage.put", [(*key, usage.n, usage.packed()) for key, usage in sorted(writes.usage.items(), key=_by_key)])
    reach("accept.usage")
    windows: list[tuple[object, ...]] = []
    days: list[tuple[object, ...]] = []
    for corp, sender in sorted(writes.charged):
        state = corps[corp].senders[sender]
        windows += [(corp, sender, rule, start, n) for rule, (start, n) in sorted(state.windows.items())]
        days.append((corp, corps[corp].day, sender, state.n_tasks, state.person_times))
    tx.run_rows("window.put", windows)
    tx.run_rows("sender_day.put", days)
    reach("accept.counters")
    for place in corps.values():
        tx.run("corp.moved", corp=place.corp, last_seq=place.last_seq, last_bitmap=place.last_bitmap)


def _by_key(item: tuple[tuple[CorpNo, Day, SenderId, Ord], Usage]) -> tuple[CorpNo, Day, SenderId, Ord]:
    return item[0]
