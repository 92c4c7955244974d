"""Reasons as sentences: from what explain found to the words of the page."""

import msgspec

from hongyan.admission.rules import RULES
from hongyan.admission.tasks import Task
from hongyan.console.desk.rule_words import RULE_WORDS
from hongyan.console.desk.why_texts import WHY_TEXTS, WhyTexts
from hongyan.console.times import Times
from hongyan.delivery.explain import Explanation, RuleLook
from hongyan.directory.records import Person
from hongyan.model.ids import EpochMs, seq_ms


class Look(msgspec.Struct, frozen=True):
    """One rule of an explanation; `ends` is empty where it concerns this send alone. `state` is passed, stopped, observed or off."""

    name: str
    rule: str
    about: str
    used: int
    cost: int
    limit: int
    ends: str
    state: str
    counted: bool  # false: a yes or no, without figures


class Why(msgspec.Struct, frozen=True):
    """What happened to one person, with every rule that had a say; `got_it` is false where something kept it from them."""

    userid: str
    name: str
    place: str
    got_it: bool
    sentence: str
    looks: tuple[Look, ...]
    note: str = ""


def rule_name(rule: str, lang: str) -> str:
    """A rule in words."""
    words = RULE_WORDS[lang].get(rule)
    return words.name if words else rule


def short_reason(rule: str, lang: str) -> str:
    """Why people of a list are in it, in a few words; `rule` may be failed or invalid."""
    return _of_rule(WHY_TEXTS[lang].short, rule) or rule


def _of_rule(texts: dict[str, str], rule: str) -> str:
    """Rules of work notifications share their words, whoever's app it is."""
    return texts.get(rule) or texts.get(rule.rpartition(".")[2], "")


def why_of(found: Explanation, task: Task, person: Person | None, times: Times, now: EpochMs) -> Why:
    """The explanation in the reader's language."""
    x = WHY_TEXTS[times.texts.lang]
    looks = tuple(_look(look, x, times) for look in found.rules)
    note = x.recalled_later if found.recalled_at is not None and found.list in ("read", "unread") else ""
    sentence = _filtered(found, x, times) if found.rule else _placed(found, task, person, x, times, now)
    return Why(found.userid, found.name, found.list, found.list in ("read", "unread"), sentence, looks, note)


def look_state(mode: str, *, passed: bool) -> str:
    if mode == "off":
        return "off"
    return "passed" if passed else "observed" if mode == "observe" else "stopped"


def _look(look: RuleLook, x: WhyTexts, times: Times) -> Look:
    about = x.about_call if look.subject == "call" else x.about_person
    ends = times.moment(look.ends_at).full if look.ends_at else ""
    state = look_state(look.mode, passed=look.passed)
    if state == "stopped" and look.outcome != "fail" and look.subject == "person":
        state = "left_out"
    name = rule_name(look.rule, times.texts.lang)
    return Look(name, look.rule, about, look.used, look.cost, look.limit, ends, state, counted=not look.rule.startswith("person."))


def _filtered(found: Explanation, x: WhyTexts, times: Times) -> str:
    rule = found.rule or ""
    look = next((one for one in found.rules if one.rule == rule), None)
    twin = ""
    if found.twin:
        form = x.twin_recalled if found.twin.recalled else x.twin
        twin = form.format(task=found.twin.task_id, time=times.moment(found.twin.at).full)
    ends = times.moment(look.ends_at).full if look and look.ends_at else ""
    form = _of_rule(x.long, rule)
    if not form or look is None:
        return short_reason(rule, times.texts.lang)
    return form.format(name=found.name or found.userid, used=look.used, limit=look.limit, ends=ends, twin=twin)


def _placed(found: Explanation, task: Task, person: Person | None, x: WhyTexts, times: Times, now: EpochMs) -> str:
    """Where no rule left the person out."""
    place = found.list
    if place == "unread" and task.visible_at > now:
        place = "delayed"
    elif place == "not_addressed":
        place = _not_addressed(task, person)
    limit = task.checks[-1].limit if task.checks else RULES["mass.audience_cap"].limit
    return x.places[place].format(name=found.name or found.userid, userid=found.userid, limit=limit, time=times.moment(task.visible_at).full)


def _not_addressed(task: Task, person: Person | None) -> str:
    if person is None:
        return "unknown"
    if task.kind == "preview":
        return "preview"
    return "joined_later" if person.joined_at > seq_ms(task.seq) else "not_addressed"
