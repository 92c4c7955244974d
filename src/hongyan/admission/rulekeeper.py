"""Keeps the rule book of a process in step with the store."""

from typing import NamedTuple

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.admission.rules import Mode, Profile, RuleBook, RuleSetting
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Store, Tx

_VERSION = "rules_version"
_PROFILE = "profile"  # chosen while running; without it what the server was started with holds


class _Kept(NamedTuple):
    settings: list[RuleSetting]
    version: int
    profile: Profile | None


def _load_txn(tx: Tx) -> _Kept:
    version, profile = tx.one("setting.get", name=_VERSION), tx.one("setting.get", name=_PROFILE)
    rows = tx.all("rule_setting.all")
    settings = [RuleSetting(corp, scope, subject, rule, Mode(mode) if mode else None, limit) for corp, scope, subject, rule, mode, limit in rows]
    return _Kept(settings, int(version[0]) if version else 1, Profile(profile[0]) if profile else None)


def _change_txn(tx: Tx, change: RuleSetting, deed: Deed | None, now: EpochMs) -> None:
    place = {"corp": change.corp, "scope": change.scope, "subject": change.subject, "rule": change.rule}
    if change.mode is None and change.limit is None:
        tx.run("rule_setting.delete", **place)
    else:
        tx.run("rule_setting.put", **place, mode=change.mode.value if change.mode else None, limit=change.limit)
    _moved_on(tx, deed, now)


def _change_profile_txn(tx: Tx, profile: Profile, deed: Deed | None, now: EpochMs) -> None:
    tx.run("setting.put", name=_PROFILE, value=profile.value)
    _moved_on(tx, deed, now)


def _moved_on(tx: Tx, deed: Deed | None, now: EpochMs) -> None:
    tx.run("setting.put", name=_VERSION, value=str(_load_txn(tx).version + 1))
    if deed is not None:
        record_deed_txn(tx, deed, now)


class RuleKeeper:
    """Holds the rules in force."""

    def __init__(self, store: Store, profile: Profile) -> None:
        self._store = store
        self._at_start = profile
        self.book = RuleBook(profile, (), 1)

    async def reload(self) -> None:
        kept = await self._store.read(_load_txn)
        self.book = RuleBook(kept.profile or self._at_start, kept.settings, kept.version)

    async def change(self, setting: RuleSetting, deed: Deed | None = None) -> None:
        """Store an operator's change; one without mode and limit takes the profile's values back. Holds from the next send on."""
        await self._store.write(_change_txn, setting, deed)
        await self.reload()

    async def change_profile(self, profile: Profile, deed: Deed | None = None) -> None:
        """Store an operator's choice; it holds from the next send on, and at later starts whatever they name."""
        await self._store.write(_change_profile_txn, profile, deed)
        await self.reload()
