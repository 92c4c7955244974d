"""What a suite is told of its installations: authorised, changed, withdrawn; an agent stopped, restored, removed, shown to others.

Pages: authorization-event-1 (biz_type 4), the pages of the micro-app events (biz_type 7).
"""

from typing import Any

import msgspec

from hongyan.access.callbacks import APP_REMOVE, APP_RESTORE, APP_SCOPE, APP_STOP, SUITE_AUTH, SUITE_CHANGE, SUITE_RELIEVE
from hongyan.access.outbox import Record, tell_suite_txn
from hongyan.access.records import Installation, installations_txn
from hongyan.directory.records import Corp, load_corp_by_no_txn
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx

_SUITE, _AGENT = 4, 7


def decide_kinds(before: Installation | None, after: Installation, *, others: bool) -> list[str]:
    """The events between two states of an installation; `others`: the suite has further agents in the organisation."""
    was, is_ = before is not None and before.uninstalled_at is None, after.uninstalled_at is None
    if was and not is_:
        return [APP_REMOVE] if others else [APP_REMOVE, SUITE_RELIEVE]
    if not was or before is None:
        return [SUITE_CHANGE if others else SUITE_AUTH] if is_ else []
    kinds: list[str] = []
    if (before.disabled_at is None) != (after.disabled_at is None):
        kinds.append(APP_STOP if after.disabled_at is not None else APP_RESTORE)
    if _range(before) != _range(after):
        kinds.append(APP_SCOPE)
    return kinds


def _range(one: Installation) -> tuple[object, ...]:
    return one.visible_all, one.visible_userids, one.visible_depts


def tell_installation_txn(tx: Tx, before: Installation | None, after: Installation, now: EpochMs) -> None:
    """Tell the suite what became of one of its agents, after it was stored. An app that is no suite hears nothing."""
    row = tx.one("suite.by_app", app=after.app)
    if row is None:
        return
    installed = [one for one in installations_txn(tx, after.corp) if one.app == after.app]
    for kind in decide_kinds(before, after, others=any(one.agent_id != after.agent_id for one in installed)):
        if kind in (SUITE_AUTH, SUITE_CHANGE, SUITE_RELIEVE):
            corp = load_corp_by_no_txn(tx, after.corp)
            assert corp is not None
            fields = {} if kind == SUITE_RELIEVE else _authorisation(corp, installed, after.app)
            record = Record(_SUITE, str(row[0]), {"auth_corp_info": {"corpid": corp.corp_id, "corp_name": corp.name}, **fields})
        else:
            record = Record(_AGENT, str(after.agent_id), {"agentId": after.agent_id, **(_scope(after) if kind == APP_SCOPE else {})})
        tell_suite_txn(tx, after.app, after.corp, kind, [record], now)


def _authorisation(corp: Corp, installed: list[Installation], app: int) -> dict[str, Any]:
    agents = [
        {"agentid": one.agent_id, "agent_name": one.name, "logo_url": one.logo_url, "appid": app, "admin_list": one.admins} for one in installed
    ]
    admins = [userid for one in installed for userid in one.admins]
    return {
        "auth_info": {"agent": agents},
        "auth_user_info": {"userId": admins[0] if admins else ""},
        "auth_scope": {"errcode": 0, "errmsg": "ok", "auth_user_field": [], "auth_org_scopes": _org_scopes(installed)},
    }


def _org_scopes(installed: list[Installation]) -> dict[str, Any]:
    if any(one.visible_all for one in installed):
        return {"authed_user": [], "authed_dept": [1]}
    users, depts = ([entry for one in installed for entry in getattr(one, name)] for name in ("visible_userids", "visible_depts"))
    return {"authed_user": users, "authed_dept": depts}


def _scope(one: Installation) -> dict[str, Any]:
    """The lists stand as texts inside the JSON."""
    depts = ["1"] if one.visible_all else [str(dept) for dept in one.visible_depts]
    texts = {"userVisibleScopes": one.visible_userids if not one.visible_all else (), "deptVisibleScopes": depts}
    return {name: msgspec.json.encode(value).decode() for name, value in texts.items()}
