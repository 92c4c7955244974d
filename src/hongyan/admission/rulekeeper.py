"""Keeps the rule book of a process in step with the store."""

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.admission.rules import Mode, Profile, RuleBook, RuleSetting
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Store, Tx

_VERSION = "rules_version"


def _load_txn(tx: Tx) -> tuple[list[RuleSetting], int]:
    version = tx.one("setting.get", name=_VERSION)
    rows = tx.all("rule_setting.all")
    settings = [RuleSetting(corp, scope, subject, rule, Mode(mode) if mode else None, limit) for corp, scope, subject, rule, mode, limit in rows]
    return settings, int(version[0]) if version else 1


def _change_txn(tx: Tx, change: RuleSetting, deed: Deed | None, now: EpochMs) -> None:
    place = {"corp": change.corp, "scope": change.scope, "subject": change.subject, "rule": change.rule}
    if change.mode is None and change.limit is None:
        tx.run("rule_setting.delete", **place)
    else:
        tx.run("rule_setting.put", **place, mode=change.mode.value if change.mode else None, limit=change.limit)
    _settings, version = _load_txn(tx)
    tx.run("setting.put", name=_VERSION, value=str(version + 1))
    if deed is not None:
        record_deed_txn(tx, deed, now)


class RuleKeeper:
    """Holds the rules in force."""

    def __init__(self, store: Store, profile: Profile) -> None:
        self._store = store
        self.book = RuleBook(profile, (), 1)

    async def reload(self) -> None:
        settings, version = await self._store.read(_load_txn)
        self.book = RuleBook(self.book.profile, settings, version)

    async def change(self, setting: RuleSetting, deed: Deed | None = None) -> None:
        """Store an operator's change; one without mode and limit takes the profile's values back. Holds from the next send on."""
        await self._store.write(_change_txn, setting, deed)
        await self.reload()
