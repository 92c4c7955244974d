"""Laws over generated histories of work notices: engine and model agree on who got what, who did not, and why, however it is stored."""

import asyncio
import os
import shutil
from collections import Counter
from pathlib import Path

import apsw
import msgspec
import pytest
from hypothesis import given, settings

from crash.consistency import contradictions
from hongyan.admission.rules import Mode
from property.histories import OrgOp, RecallOp, RuleOp, TimeOp
from property.work_company import WorkPlay, make_work_template
from property.work_histories import FlurryOp, NoticeOp, WorkOp, histories
from property.work_model import ASLEEP, CODES

REACHED: Counter[str] = Counter()
EXAMPLES = 20_000 if os.environ.get("HONGYAN_LONG") == "1" else 60


@pytest.fixture(scope="session")
def work_template(scratch: Path) -> Path:
    folder = scratch / "work-template"
    folder.mkdir()
    asyncio.run(make_work_template(folder))
    return folder


async def _play(history: list[WorkOp], folder: Path, template: Path) -> None:
    play = WorkPlay(folder, template)
    try:
        await play.start()
        for op in history:
            await play.step(op)
        await play.check()
    finally:
        await play.close()
    REACHED.update(play.seen)
    twins = {rule for rule in CODES if rule.endswith("same_content")}
    for way in play.ways:
        assert contradictions(way.path, same_content_enforced=twins <= play.always_enforced) == []


def test_a_notice_reaches_exactly_whom_the_model_says(scratch: Path, work_template: Path) -> None:
    @settings(max_examples=EXAMPLES)
    @given(histories)
    def hold(history: list[WorkOp]) -> None:
        folder = scratch / "work-run"
        shutil.rmtree(folder, ignore_errors=True)
        asyncio.run(_play(history, folder, work_template))

    hold()

    # A search that never gets to a rule proves nothing about it.
    wanted = {*CODES, *(f"observed {rule}" for rule in CODES if rule != ASLEEP), "top.41045", "large", "small"}
    assert wanted <= set(REACHED), wanted - set(REACHED)


ALPHA = NoticeOp(userids=("u1",))
TO_THE_LARGE = NoticeOp(installation=1, userids=("u5", "u1"), depts=(20,))
KEPT: dict[str, list[WorkOp]] = {
    "a minute's last receivers in the caller's order": [
        NoticeOp(installation=1, userids=("u7", "u2", "u0")),
        NoticeOp(installation=1, userids=("u5", "u1"), depts=(10,), content="beta"),
        TimeOp(60_000),
        NoticeOp(installation=1, userids=("u3", "u5"), depts=(10,), content="beta"),
    ],
    "by rows, then by bitmaps, then by rows again": [
        NoticeOp(installation=1, userids=("u2",), content="beta"),
        TO_THE_LARGE,
        TimeOp(60_000),
        TO_THE_LARGE,
        NoticeOp(installation=1, userids=("u2", "u1"), content="gamma"),
    ],
    "together in one commit": [
        FlurryOp((TO_THE_LARGE, NoticeOp(1, ("u1", "u2")), NoticeOp(1, ("u1",), content="beta"), NoticeOp(1, ("u1",), content="gamma")))
    ],
    "a row, and two bitmaps in one commit": [
        NoticeOp(installation=1, userids=("u1",), content="gamma"),
        FlurryOp((TO_THE_LARGE, msgspec.structs.replace(TO_THE_LARGE, content="beta"))),
    ],
    "a recalled notice still counts": [ALPHA, RecallOp(0, 0), ALPHA, NoticeOp(userids=("u1",), content="beta")],
    "left out is not charged": [ALPHA, ALPHA, ALPHA, ALPHA, NoticeOp(userids=("u1",), content="beta"), NoticeOp(userids=("u1",), content="gamma")],
    "everyone, three times, and again tomorrow": [
        *(NoticeOp(everyone=True, content=content) for content in ("alpha", "beta", "gamma")),
        TimeOp(1, to_midnight=True),
        NoticeOp(everyone=True, content="gamma"),
        TimeOp(1),
        NoticeOp(everyone=True, content="gamma"),
    ],
    "out of sight": [NoticeOp(installation=2, userids=("u1", "u3", "stranger"), depts=(1, 11, 99)), NoticeOp(installation=2, everyone=True)],
    "an empty department out of sight": [NoticeOp(installation=2, depts=(30, 10))],
    "everyone, and users by name": [NoticeOp(installation=2, userids=("u7",), everyone=True), NoticeOp(userids=("stranger", "u4"), everyone=True)],
    "the organisation moved": [ALPHA, OrgOp("leave", "u1", forget=False), ALPHA, OrgOp("join", "u1", forget=False), ALPHA],
    "asleep": [
        RuleOp(ASLEEP, Mode.OBSERVE, None),
        NoticeOp(userids=("u6", "u1")),
        RuleOp(ASLEEP, Mode.OFF, 0),
        NoticeOp(userids=("u6",), content="beta"),
    ],
}


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_history_of_notices(tmp_path: Path, work_template: Path, name: str) -> None:
    asyncio.run(_play(KEPT[name], tmp_path / "run", work_template))


PLANTED = {
    "a notice too many": "update usage set n = n + 1",
    "a lost usage row": "delete from usage",
    "a receiver too many": "update window set n = n + 1 where rule like '%receivers_per_minute'",
    "an all-staff send too many": "update window set n = n + 1 where rule like '%all_staff'",
    "a day's receivers": "update sender_day set person_times = person_times - 1",
    "a notice of another surface": "update task set surface = 'mass'",
    "a content": "update usage set hashes = x'0102030405060708'",
}


def test_the_checker_sees_what_is_wrong_with_notices(tmp_path: Path, work_template: Path) -> None:
    asyncio.run(_play([ALPHA, NoticeOp(everyone=True, content="beta"), TO_THE_LARGE], tmp_path / "run", work_template))
    sound = tmp_path / "run" / "200" / "hongyan.db"

    for name, statement in PLANTED.items():
        file = Path(shutil.copy(sound, tmp_path / "planted.db"))
        connection = apsw.Connection(str(file))
        connection.execute(statement)
        assert connection.changes() > 0, name
        connection.close()
        assert contradictions(file), name
        file.unlink()
