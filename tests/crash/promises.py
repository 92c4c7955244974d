"""Holds what the clients were told against what a store file, its folder and the restarted server say."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import apsw

from crash.clients import CONTROL, Journal, Sent
from crash.company import TIGHT_AGENT, TIGHT_LIMIT
from crash.consistency import contradictions
from crash.process import Connection, Process
from crash.reading import BrokenPromise, Kept, read_sends
from hongyan.model.ids import parse_mass_task_id


def check_file(folder: Path, journal: Journal, *, swept: bool) -> dict[str, Kept]:
    """Raises `BrokenPromise`; answers what is stored. `swept`: the server has started since, so nothing half done may lie about."""
    path = folder / "hongyan.db"
    sends = read_sends(path)
    problems = [*contradictions(path), *journal.odd, *_sends(journal, sends), *_others(path, journal), *_media(folder, swept=swept)]
    if problems:
        raise BrokenPromise("; ".join(problems[:5]))
    return sends


def _sends(journal: Journal, sends: dict[str, Kept]) -> Iterator[str]:
    for one in journal.sent:
        kept = sends.get(one.words)
        if kept is None:
            if one.errcode == 0:
                yield f"{one.words} was accepted and is not there"
            continue
        if not one.fits(kept.audience):
            yield f"{one.words} is in {len(kept.audience)} inboxes instead of {len(one.audience)}"
        if one.task_id and (parse_mass_task_id(one.task_id) if one.uuid else int(one.task_id)) != kept.seq:
            yield f"{one.words} was answered with another task's id"
        if one.recalled is not None and one.recalled != kept.recalled:
            yield f"{one.words} was {'recalled and stands again' if one.recalled else 'recalled by nobody'}"
    if strangers := set(sends) - {one.words for one in journal.sent}:
        yield f"sends that nobody sent: {sorted(strangers)[:5]}"


def _others(path: Path, journal: Journal) -> Iterator[str]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)

    def texts(query: str) -> set[str]:
        return {row[0] for row in connection.execute(query)}

    try:
        for what, wanted, query in (
            ("upload", journal.media, "select media_id from media"),
            ("person", journal.joined, "select userid from user where left_at is null"),
            ("template", journal.templates, "select template_id from template where approved_revision is not null"),
        ):
            if missing := set(wanted) - texts(query):
                yield f"{what} that was answered is not there: {sorted(missing)[:3]}"
        over = connection.execute(
            "select u.n from usage u join installation i on i.sender = u.sender where i.agent_id = ? and u.n > ?", (TIGHT_AGENT, TIGHT_LIMIT)
        ).fetchall()
        if over:
            yield f"{len(over)} people got more than their limit of {TIGHT_LIMIT}"
        yield from _reads(connection, journal)
    finally:
        connection.close()


def _reads(connection: apsw.Connection, journal: Journal) -> Iterator[str]:
    query = """select t.seq, u.userid from inbox i join task t on t.corp = i.corp and t.seq = i.seq
        join user u on u.corp = i.corp and u.ord = i.ord where i.read_at is not null"""
    read = {(seq, userid) for seq, userid in connection.execute(query)}
    for one in journal.sent:
        for userid in one.readers if one.task_id else ():
            if (parse_mass_task_id(one.task_id) if one.uuid else int(one.task_id), userid) not in read:
                yield f"{one.words} was read by {userid} and is unread"


def _media(folder: Path, *, swept: bool) -> Iterator[str]:
    connection = apsw.Connection(str(folder / "hongyan.db"), flags=apsw.SQLITE_OPEN_READONLY)
    named = Counter(f"{corp}/{blob}" for corp, blob in connection.execute("select distinct corp, blob from media"))
    connection.close()
    there = {f"{file.parent.name}/{file.name}" for file in (folder / "blobs").glob("[0-9]*/*")}
    if missing := set(named) - there:
        yield f"{len(missing)} uploads have no file"
    if swept and (spare := there - set(named)):
        yield f"{len(spare)} files belong to no upload"
    if swept and list((folder / "blobs" / ".drafts").glob("*")):
        yield "a draft of an upload was left"


async def check_served(process: Process, chance: random.Random, journal: Journal) -> None:
    """A few sends as the restarted server tells of them: lists that partition, inboxes that have them once, or not any more."""
    sent = [one for one in journal.accepted() if one.task_id]
    async with Connection(process.port) as connection:
        for one in chance.sample(sent, min(3, len(sent))):
            await _check_one(connection, process, chance, one)


async def _check_one(connection: Connection, process: Process, chance: random.Random, one: Sent) -> None:
    lists: Counter[str] = Counter()
    for name in ("unread", "read", "forbidden", "failed"):
        page = await connection.ask("GET", f"{CONTROL}/tasks/{one.task_id}/people?list={name}&limit=1000", admin=process.admin)
        lists.update(person["userid"] for person in page["people"])
    if not (one.fits(lists) and one.audience <= set(lists)) or max(lists.values()) > 1:
        raise BrokenPromise(f"the lists of {one.words} do not partition its audience: {lists.most_common(2)}, {len(lists)} of {len(one.audience)}")
    page = await connection.ask("GET", f"{CONTROL}/inboxes/{chance.choice(sorted(one.audience))}?limit=100", admin=process.admin)
    seen = Counter(entry["task_id"] for entry in page["entries"])
    shown = any(entry["task_id"] == one.task_id and entry.get("body") for entry in page["entries"])
    if (one.recalled and shown) or any(n > 1 for n in seen.values()):
        raise BrokenPromise(f"an inbox shows {one.words} after its recall, or a message twice")
