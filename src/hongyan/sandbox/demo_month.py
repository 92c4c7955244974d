"""A month of the demo company's life, written once into a company that nobody sent from yet: sends, reads, recalls, words of readers."""

from datetime import date
from random import Random
from typing import NamedTuple

import msgspec

from hongyan.access.records import Account, App, Installation, account_by_unionid_txn, app_by_key_txn, app_by_no_txn, installation_by_agent_txn
from hongyan.access.sealing import Seal
from hongyan.admission.accept import Acceptance, Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.admission.state import Send
from hongyan.admission.work_send import WorkSend
from hongyan.delivery.comments import write_comment_txn
from hongyan.delivery.inbox import END, open_conversation_txn
from hongyan.delivery.recall import recall_txn
from hongyan.delivery.receipts import recent_tasks_txn
from hongyan.delivery.said import Writer, say_txn
from hongyan.directory.records import Corp, load_corp_txn, load_person_txn
from hongyan.engine.engine import Engine
from hongyan.messages.bodies import SingleNewsCardBody
from hongyan.model.clock import DAY_MS, HOUR_MS, MINUTE_MS, day_of, day_start
from hongyan.model.ids import Day, EpochMs, Ord, SenderId, Seq, seq_ms
from hongyan.sandbox.demo import AGENT_ID, APP_KEY, DEMO_CORP, UNIONID
from hongyan.sandbox.demo_plan import APP, DAYS, NEWS, OFFICE, SUITE, Planned, plan_month
from hongyan.sandbox.demo_suites import ISV_AGENT_ID
from hongyan.store.interface import Tx

OFFICE_UNIONID = "jYdrJoCmTo0iE"
_SEED = 20260301
_LOOKS = (1, 1, 1, 2, 2, 2, 3, 3, 7, 19, 0)  # every so many days somebody opens the inbox; 0 for never
_READER_LOOKS = 3  # the reader whose inbox the demo opens finds something new in it
_SAID = (  # days ago, time, who, to whom, what
    (27, "10:31", "zhangwei", NEWS, "新版本很好用，辛苦了！"),
    (19, "14:06", "user029", OFFICE, "测试环境也会断电吗？"),
    (16, "11:05", "wangfang", NEWS, "和放假时间冲突了吧？"),
    (6, "12:40", "user044", OFFICE, "建议增加清淡的菜。"),
    (1, "10:20", "10203029011219896", NEWS, "已填写。"),
)
_COMMENTS = ((28, "boss001", "做得好，期待更多。"), (28, "user013", "终于知道消息去哪儿了。"), (27, "lina", "已读和未读很清楚。"))
_COMMENTED_ARTICLE = 10012


class _Place(NamedTuple):
    """Who speaks for the company."""

    corp: Corp
    accounts: dict[str, Account]
    installations: dict[str, tuple[App, Installation]]
    app: App


class _Sent(NamedTuple):
    at: EpochMs
    planned: Planned
    send: Send


class _Look(NamedTuple):
    at: EpochMs
    ord_: Ord


class _Recall(NamedTuple):
    at: EpochMs
    of: _Sent


class _Word(NamedTuple):
    at: EpochMs
    userid: str
    to: str  # "" for a comment
    text: str


_Event = _Sent | _Look | _Recall | _Word


async def fill_month(engine: Engine) -> int:
    """How many sends were written; 0, and nothing happens, where the company has sent something already."""
    place = await engine.store.read(_fresh_place_txn, engine.clock.now())
    if place is None:
        return 0
    now = engine.clock.now()
    today = day_of(now, place.corp.zone)
    sent = [one for planned in plan_month(date.fromordinal(today).weekday()) if (one := await _prepared(engine, place, planned, today, now))]
    census = await engine.directory.census(place.corp.no)
    events: list[_Event] = [*sent, *_recalls(sent), *_looks(sorted(census.live - census.inactive), today, now, place.corp.zone)]
    events += [_Word(_moment(today, days, time, place.corp.zone), who, to, text) for days, time, who, to, text in _SAID]
    events += [_Word(_moment(today, days, "12:30", place.corp.zone), who, "", text) for days, who, text in _COMMENTS]
    return await engine.store.write(_Month(engine, place).write_txn, sorted((one for one in events if one.at < now), key=lambda one: one.at))


def _fresh_place_txn(tx: Tx, now: EpochMs) -> _Place | None:
    corp = load_corp_txn(tx, DEMO_CORP)
    assert corp is not None
    state = tx.one("corp.accept_state", corp=corp.no)
    assert state is not None
    if recent_tasks_txn(tx, corp.no, sender=None, before=END, limit=1) or seq_ms(state[0]) > now - (DAYS + 1) * DAY_MS:
        return None
    news, office = (account_by_unionid_txn(tx, corp.no, unionid) for unionid in (UNIONID, OFFICE_UNIONID))
    own, foreign = (installation_by_agent_txn(tx, corp.no, agent) for agent in (AGENT_ID, ISV_AGENT_ID))
    app = app_by_key_txn(tx, APP_KEY)
    suite = app_by_no_txn(tx, foreign.app) if foreign else None
    if not (news and office and own and foreign and app and suite):
        return None
    return _Place(corp, {NEWS: news, OFFICE: office}, {APP: (app, own), SUITE: (suite, foreign)}, app)


def _moment(today: Day, days_ago: int, time: str, zone: str) -> EpochMs:
    hours, minutes = time.split(":")
    return EpochMs(day_start(Day(today - days_ago), zone) + int(hours) * HOUR_MS + int(minutes) * MINUTE_MS)


async def _prepared(engine: Engine, place: _Place, planned: Planned, today: Day, now: EpochMs) -> _Sent | None:
    """The send as it would have been asked for; None for one still to come, or that the company as it is now cannot send."""
    at = _moment(today, planned.days_ago, planned.time, place.corp.zone)
    if at >= now:
        return None
    if planned.by in place.accounts:
        account = place.accounts[planned.by]
        uuid = f"demo-{planned.days_ago}-{planned.time}-{','.join(planned.to.userids)}"
        request = MassSend(place.corp, place.app, account, uuid, planned.to, planned.body, preview=planned.preview, flags=planned.flags)
        send = await engine.mass_sending.prepare(request)
    else:
        app, installation = place.installations[planned.by]
        send = await engine.work_sending.prepare(WorkSend(place.corp, app, installation, planned.to, planned.body, planned.flags.template_id))
    return _Sent(at, planned, msgspec.structs.replace(send, delay_ms=0)) if isinstance(send, Send) else None


def _recalls(sent: list[_Sent]) -> list[_Recall]:
    return [_Recall(EpochMs(one.at + one.planned.recalled_after * MINUTE_MS), one) for one in sent if one.planned.recalled_after]


def _looks(people: list[int], today: Day, now: EpochMs, zone: str) -> list[_Look]:
    """When each person opens the inbox: most every day, some seldom, some never."""
    chance = Random(_SEED)
    looks: list[_Look] = []
    for place, ord_ in enumerate(people):
        every = _READER_LOOKS if place == 0 else chance.choice(_LOOKS)
        first = 2 if place == 0 else chance.randrange(every) if every else DAYS
        for days_ago in range(first, DAYS, every or DAYS):
            at = day_start(Day(today - days_ago), zone) + 11 * HOUR_MS + chance.randrange(9 * HOUR_MS)
            looks.append(_Look(EpochMs(at), Ord(ord_)))
    return [one for one in looks if one.at < now]


class _Month:
    """Writes what happened, one after the other, each at its own time."""

    def __init__(self, engine: Engine, place: _Place) -> None:
        self._acceptance = Acceptance()
        self._place = place
        self._seal, self._base_url = Seal(engine.key), engine.public_url

    def write_txn(self, tx: Tx, events: list[_Event], now: EpochMs) -> int:
        """Runs before anybody sends, and takes about a second; the store's own `now` comes after everything here."""
        seqs: dict[int, Seq] = {}
        newest: dict[SenderId, Seq] = {}
        card = Seq(0)
        for event in events:
            match event:
                case _Sent(at, planned, send):
                    outcome = self._acceptance.accept_txn(tx, [send], at)[0]
                    if isinstance(outcome, Accepted):
                        seqs[id(event)] = newest[send.sender] = outcome.seq
                        card = outcome.seq if isinstance(planned.body, SingleNewsCardBody) else card
                case _Recall(at, sent):
                    recall_txn(tx, self._place.corp.no, sent.send.sender, seqs[id(sent)], sent.send.surface, at)
                case _Look(at, ord_):
                    for sender, seq in newest.items():
                        open_conversation_txn(tx, self._place.corp.no, ord_, sender, seq, at)
                case _Word():
                    self._write_word_txn(tx, event, card)
        return len(seqs)

    def _write_word_txn(self, tx: Tx, word: _Word, card: Seq) -> None:
        corp = self._place.corp.no
        person = load_person_txn(tx, corp, word.userid)
        if person is None:
            return
        if word.to:
            say_txn(tx, Writer(corp, person, self._place.accounts[word.to], self._seal, self._base_url), word.text, word.at)
        else:
            write_comment_txn(tx, corp, person.ord, _COMMENTED_ARTICLE, card, word.text, word.at)
