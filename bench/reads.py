"""What is read after thirty days of a company, each over HTTP beside one read of a task by its primary key over the same HTTP."""

import json
import statistics

from bench.figures import Anchor, Figure, Goal, alone, beside
from bench.month import month_of
from bench.scale import Run
from bench.subject import CONTROL, Subject, subject

GROUP = "reads"
KEY = "one read by primary key"
PAGE = 50
INBOX, RESULT = f"inbox page of {PAGE}, with the unread count", "getsendresult of {:,} people"


def measure(run: Run) -> list[Figure]:
    scale = run.scale
    with subject(month_of(run), scale.people) as served:
        calls = _calls(served, scale.result)
        seen: dict[str, list[float]] = {name: [] for name in (KEY, *calls)}
        for _ in range(scale.rounds):
            seen[KEY].append(_median(served, ("POST", "/key", "{}"), scale.looks))
            for name, request in calls.items():
                seen[name].append(_median(served, request, scale.looks))
        size = served.size() / 2**20
    anchor = Anchor(KEY, seen[KEY])
    goals = {INBOX: Goal("at most", 5), RESULT.format(scale.result): Goal("at most", 20, "ours")}
    figures = [beside(GROUP, name, "ms", seen[name], anchor, goal=goals.get(name)) for name in calls]
    return [*figures, alone(GROUP, f"the store after {scale.days} days", "MiB", [size])]


def _calls(served: Subject, people: int) -> dict[str, tuple[str, str, str | None]]:
    """Each thing to read, after a send to many by name and one to everyone."""
    facts = served.facts
    _, notice = served.send(served.by_template(people))
    _, broad = served.send(served.mass(is_to_all=True))
    corp = f"{CONTROL}/corps/{facts['corp']}"
    inbox = f"{corp}/inboxes/{facts['reader']}"
    result = json.dumps({"agent_id": facts["agent"], "task_id": notice["task_id"]})
    calls: dict[str, tuple[str, str, str | None]] = {
        INBOX: ("GET", f"{inbox}?limit={PAGE}", None),
        "newest message and unread count": ("GET", f"{inbox}?limit=1", None),
        "conversations, each with its unread count": ("GET", f"{inbox}/conversations", None),
        RESULT.format(people): ("POST", served.work("getsendresult"), result),
        "explain: why somebody got it": ("GET", f"{corp}/tasks/{broad['task_id']}/explain/{facts['reader']}", None),
        "list of the newest sends": ("GET", f"{corp}/tasks?limit=50", None),
    }
    _check(served, calls, people)
    return calls


def _check(served: Subject, calls: dict[str, tuple[str, str, str | None]], people: int) -> None:
    """What is measured is a right answer; the first look also fills what the process remembers."""
    answers = [json.loads(served.call(*request)[1]) for request in calls.values()]
    page, newest, conversations, result, why, sends = answers
    assert page["entries"] and newest["unread"] == page["unread"] > 0, newest
    assert len(conversations["conversations"]) == 2 and len(sends["tasks"]) > 1, conversations
    assert len(result["send_result"]["unread_user_id_list"]) == people, result
    assert "error" not in why, why


def _median(served: Subject, request: tuple[str, str, str | None], looks: int) -> float:
    return statistics.median(served.call(*request)[0] for _ in range(looks))
