"""The server's figures for Prometheus: counted as plain integers where things happen, put together here when somebody asks.

The text format is written by hand: the Prometheus client's counters cost 2 µs an addition where a dict costs 0.2, and 14 MiB of memory.
Its parser checks in the tests that what is written here is read.
"""

import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import apsw

from hongyan import __version__
from hongyan.access.callbacks import all_callbacks_txn
from hongyan.app.files import CAPTURES_FILE
from hongyan.app.process import process_figures
from hongyan.directory.records import list_corps_txn
from hongyan.engine.calls import surface_of
from hongyan.model import errors
from hongyan.model.errors import ErrorRow, Family
from hongyan.observe.histogram import Histogram
from hongyan.store.interface import Tx
from hongyan.store.sqlite_file import size_of

if TYPE_CHECKING:
    from hongyan.app.application import Application

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
CORPS_MAX = 1000  # organisations that have counts of their own


class Metric(NamedTuple):
    """What a figure is called, what it is, and what its labels are."""

    name: str
    kind: str  # counter, gauge, histogram
    help: str
    labels: tuple[str, ...] = ()


METRICS = (
    Metric("hongyan_build_info", "gauge", "Always 1; the labels say what runs.", ("version", "python", "sqlite", "profile")),
    Metric("hongyan_ready", "gauge", "1 while /readyz answers 200, else 0."),
    Metric(
        "hongyan_requests_total",
        "counter",
        "Requests by path template and errcode; of pages and our own interface the HTTP status.",
        ("surface", "path", "errcode"),
    ),
    Metric("hongyan_request_seconds", "histogram", "Time from a request's arrival to its answer; of a stream, to its end.", ("surface",)),
    Metric("hongyan_connections", "gauge", "Open connections."),
    Metric("hongyan_connections_refused_total", "counter", "Connections and requests ended by the server, by reason.", ("reason",)),
    Metric("hongyan_open_streams", "gauge", "Open live streams (SSE).", ("surface",)),
    Metric("hongyan_sends_total", "counter", "Sends that were accepted.", ("surface", "kind")),
    Metric("hongyan_sends_refused_total", "counter", "Sends that a rule refused.", ("rule",)),
    Metric("hongyan_people_delivered_total", "counter", "People who got a send, counted once for each send.", ("surface",)),
    Metric("hongyan_people_filtered_total", "counter", "People whom a rule left out of a send.", ("rule",)),
    Metric("hongyan_people_observed_total", "counter", "People whom a rule that is only observed would have left out.", ("rule",)),
    Metric("hongyan_corp_sends_total", "counter", "Sends by organisation; only with metrics_by_corp.", ("corp",)),
    Metric("hongyan_corp_people_delivered_total", "counter", "People who got a send, by organisation; only with metrics_by_corp.", ("corp",)),
    Metric("hongyan_inbox_reads_total", "counter", "Inbox pages that were read: by readers' pages, or through our own interface.", ("door",)),
    Metric("hongyan_tokens_minted_total", "counter", "Tokens that were handed out, by what asked for them.", ("kind",)),
    Metric("hongyan_credential_failures_total", "counter", "Requests with a wrong token, secret, admin token or sign-in.", ("kind",)),
    Metric(
        "hongyan_credential_tries_refused_total", "counter", "Tries of credentials that were not looked at, because too many before them were wrong."
    ),
    Metric("hongyan_writes_waiting", "gauge", "Writes that wait for the next transaction."),
    Metric("hongyan_write_running_seconds", "gauge", "How long the transaction that runs has been running; 0 when none does."),
    Metric("hongyan_commit_seconds", "histogram", "Time of a commit: until the disk says that it is kept."),
    Metric("hongyan_transaction_seconds", "histogram", "Time of a transaction, its commit included."),
    Metric("hongyan_commit_group_size", "histogram", "Writes that shared one commit."),
    Metric("hongyan_slow_transactions_total", "counter", "Transactions that took longer than slow_transaction_ms."),
    Metric("hongyan_transactions_failed_total", "counter", "Transactions that the store could not keep.", ("error",)),
    Metric("hongyan_store_file_bytes", "gauge", "Size of the store's file."),
    Metric("hongyan_store_log_bytes", "gauge", "Size of the store's write-ahead log."),
    Metric("hongyan_disk_free_bytes", "gauge", "Space that is free where the data folder lies."),
    Metric("hongyan_captures_file_bytes", "gauge", "Size of the log of calls."),
    Metric("hongyan_captures_left_out_total", "counter", "Accepted calls that the log of calls left out, because of requests_per_second."),
    Metric("hongyan_captures_dropped_total", "counter", "Calls for which the log of calls had no room."),
    Metric("hongyan_outbox_waiting", "gauge", "Events that wait to be sent to applications."),
    Metric("hongyan_callbacks_in_flight", "gauge", "Applications that events are being sent to."),
    Metric("hongyan_callback_attempts_total", "counter", "Events sent to applications, by how it went.", ("outcome",)),
    Metric("hongyan_callback_seconds", "histogram", "Time until an application answered."),
    Metric("hongyan_purged_total", "counter", "Things that were removed because their time was over, or for want of room.", ("kind",)),
    Metric("hongyan_erased_total", "counter", "Things that were removed or changed because a person was to be forgotten.", ("kind",)),
    Metric("process_cpu_seconds_total", "counter", "CPU time of the process."),
    Metric("process_resident_memory_bytes", "gauge", "Memory of the process."),
    Metric("process_start_time_seconds", "gauge", "When the process started, in Unix time."),
    Metric("process_open_fds", "gauge", "Open file descriptors."),
    Metric("process_max_fds", "gauge", "File descriptors that the process may open."),
)

Labels = tuple[str, ...]
Value = float | Histogram
Figures = dict[str, dict[Labels, Value]]

# The path templates behind which a token is handed out.
MINTS = {
    "/gettoken": "app",
    "/v1.0/oauth2/accessToken": "app",
    "/v1.0/oauth2/{corpId}/token": "corp",
    "/service/get_corp_token": "corp",
    "/v1.0/oauth2/corpAccessToken": "corp",
    "/service/get_suite_token": "suite",
    "/v1.0/oauth2/suiteAccessToken": "suite",
    "/hongyan/v1/corps/{corp}/inboxes/{userid}/token": "inbox",
}
READS = {
    "/inbox/{key}/": "page",
    "/inbox/{key}/list": "page",
    "/inbox/{key}/thread": "page",
    "/inbox/{key}/older": "page",
    "/hongyan/v1/corps/{corp}/inboxes/{userid}": "api",
    "/hongyan/v1/corps/{corp}/inboxes/{userid}/conversations": "api",
}
SIGN_IN = ("/console/sign-in", "/console/enter")
_WRONG_TOKEN = (errors.TOKEN_INVALID, errors.V1_TOKEN_INVALID)
_WRONG_SECRET = (
    errors.BAD_APP_SECRET,
    errors.BAD_CORP_SECRET,
    errors.BAD_SUITE_SECRET,
    errors.V1_BAD_CLIENT,
    errors.V1_CORP_BAD_CLIENT,
    errors.V1_BAD_SUITE,
)


def _code(row: ErrorRow) -> str:
    """As `Reply.errcode` has it."""
    if row.family is Family.V1:
        return row.code
    return f"{row.errcode}/{row.sub_code}" if row.sub_code else str(row.errcode)


_FAILURES = (
    {_code(row): "token" for row in _WRONG_TOKEN}
    | {row.sub_code: "token" for row in _WRONG_TOKEN if row.sub_code}
    | {_code(row): "secret" for row in _WRONG_SECRET}
)


async def collect(application: "Application", *, ready: bool) -> Figures:
    """Every figure as it is now. A metric without a value yet has no series."""
    engine = application.engine
    figures: Figures = {
        "hongyan_build_info": _one(1, __version__, platform.python_version(), apsw.sqlite_lib_version(), engine.rulekeeper.book.profile.value),
        "hongyan_ready": _one(float(ready)),
    }
    for part in (_of_requests, _of_sends, _of_store, _of_callbacks, _of_upkeep):
        figures |= part(application)
    figures |= {name: _one(value) for name, value in process_figures().items()}
    figures["hongyan_outbox_waiting"] = _one(await engine.store.read(_waiting_txn))
    if application.settings.metrics_by_corp:
        figures |= await _of_corps(application)
    return figures


def _one(value: Value, *labels: str) -> dict[Labels, Value]:
    return {labels: value}


def _counted(counts: Mapping[str, int]) -> dict[Labels, Value]:
    return {(label,): n for label, n in counts.items()}


def _of_requests(application: "Application") -> Figures:
    engine, doors = application.engine, application.doors
    calls = engine.calls
    mints, reads, failures = Counter[str](), Counter[str](), Counter[str]()
    requests: dict[Labels, Value] = {}
    for (path, errcode), n in calls.counts.items():
        requests[surface_of(path), path, errcode] = n
        if path in MINTS and errcode in ("0", "201"):
            mints[MINTS[path]] += n
        elif path in READS and errcode == "200":
            reads[READS[path]] += n
        failed = failed_kind(path, errcode)
        if failed:
            failures[failed] += n
    return {
        "hongyan_requests_total": requests,
        "hongyan_request_seconds": {(surface,): seconds for surface, seconds in calls.seconds.items() if seconds.count},
        "hongyan_connections": _one(len(doors) if doors else 0),
        "hongyan_connections_refused_total": _counted(doors.tally if doors else {}),
        "hongyan_open_streams": _counted(calls.streams),
        "hongyan_tokens_minted_total": _counted(mints),
        "hongyan_inbox_reads_total": _counted(reads),
        "hongyan_credential_failures_total": _counted(failures),
        "hongyan_credential_tries_refused_total": _one(engine.guesses.refused),
        "hongyan_captures_left_out_total": _one(engine.captures.left_out),
        "hongyan_captures_dropped_total": _one(engine.captures.dropped),
        "hongyan_captures_file_bytes": _one(size_of(application.settings.folder / CAPTURES_FILE)),
    }


def failed_kind(path: str, errcode: str) -> str:
    """Which credential was wrong, when one was."""
    if path.startswith("/hongyan/"):
        return "admin" if errcode == "401" else ""
    if path in SIGN_IN:
        return "operator" if errcode == "401" else ""
    return _FAILURES.get(errcode, "")


def _of_sends(application: "Application") -> Figures:
    meter = application.engine.acceptance.meter
    return {
        "hongyan_sends_total": {(surface, kind.value): n for (surface, kind), n in meter.sends.items()},
        "hongyan_sends_refused_total": _counted(+meter.refused),
        "hongyan_people_delivered_total": _counted(meter.delivered),
        "hongyan_people_filtered_total": _counted(+meter.filtered),
        "hongyan_people_observed_total": _counted(+meter.observed),
    }


async def _of_corps(application: "Application") -> Figures:
    engine = application.engine
    meter = engine.acceptance.meter
    corps = (await engine.store.read(list_corps_txn))[:CORPS_MAX]
    return {
        "hongyan_corp_sends_total": {(corp.corp_id,): meter.corp_sends[corp.no] for corp in corps},
        "hongyan_corp_people_delivered_total": {(corp.corp_id,): meter.corp_delivered[corp.no] for corp in corps},
    }


def _of_store(application: "Application") -> Figures:
    store = application.engine.store
    vitals, meter = store.vitals(), store.meter
    return {
        "hongyan_writes_waiting": _one(vitals.waiting),
        "hongyan_write_running_seconds": _one(vitals.oldest_s),
        "hongyan_commit_seconds": _one(meter.commits),
        "hongyan_transaction_seconds": _one(meter.transactions),
        "hongyan_commit_group_size": _one(meter.groups),
        "hongyan_slow_transactions_total": _one(meter.slow),
        "hongyan_transactions_failed_total": _counted(meter.failed),
        "hongyan_store_file_bytes": _one(vitals.file_bytes),
        "hongyan_store_log_bytes": _one(vitals.log_bytes),
        "hongyan_disk_free_bytes": _one(application.health.disk_free()),
    }


def _of_callbacks(application: "Application") -> Figures:
    dispatcher = application.engine.dispatcher
    return {
        "hongyan_callbacks_in_flight": _one(dispatcher.calling),
        "hongyan_callback_attempts_total": _counted(dispatcher.meter.outcomes),
        "hongyan_callback_seconds": _one(dispatcher.meter.seconds),
    }


def _of_upkeep(application: "Application") -> Figures:
    engine = application.engine
    purged = Counter(callbacks=engine.dispatcher.meter.purged, requests=engine.captures.purged)
    return {"hongyan_purged_total": _counted(purged + engine.keeper.purged), "hongyan_erased_total": _counted(+engine.keeper.eraser.erased)}


def _waiting_txn(tx: Tx) -> int:
    rows = (tx.one("outbox.waiting", callback=callback.no) for callback in all_callbacks_txn(tx))
    return sum(row[0] for row in rows if row)


# --- the text


def render(figures: Figures) -> bytes:
    """The text format 0.0.4 of what was collected."""
    lines: list[str] = []
    for metric in METRICS:
        series = figures.get(metric.name)
        if series:
            lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
            for labels, value in sorted(series.items(), key=lambda item: item[0]):
                lines += _samples(metric, list(zip(metric.labels, labels, strict=True)), value)
    return ("\n".join(lines) + "\n").encode()


def _samples(metric: Metric, labels: list[tuple[str, str]], value: Value) -> Iterable[str]:
    if not isinstance(value, Histogram):
        yield f"{metric.name}{_labelled(labels)} {_number(value)}"
        return
    for bound, reached in value.cumulative():
        yield f"{metric.name}_bucket{_labelled([*labels, ('le', _number(bound))])} {reached}"
    yield f"{metric.name}_sum{_labelled(labels)} {_number(value.total)}"
    yield f"{metric.name}_count{_labelled(labels)} {value.count}"


def _labelled(labels: list[tuple[str, str]]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(value)
