"""Every answered request passes here once: it is counted, named in the access log if that is on, and handed to the captures."""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import parse_qsl

from hongyan.capture.log import CaptureLog
from hongyan.capture.records import Answered, Asked
from hongyan.observe.events import AccessLog, tell
from hongyan.observe.histogram import SECONDS, Histogram

log = logging.getLogger("hongyan.requests")

UNKNOWN = "(unknown)"  # stands for every path that is nobody's
REST = "(other)"  # stands for what came after `SERIES_MAX`
SERIES_MAX = 5000
NAMES_MAX = 20  # query parameters that an access line names
_ID_MARKS = (b'"request_id":"', b'"requestid":"')


class Calls:
    """Counts requests by path template and what was answered. One per process, on the event loop."""

    def __init__(self, captures: CaptureLog) -> None:
        self.access_log = AccessLog.OFF
        self.counts: defaultdict[tuple[str, str], int] = defaultdict(int)  # template and errcode → requests
        self.seconds: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(SECONDS))  # surface → how long the answer took
        self.streams: defaultdict[str, int] = defaultdict(int)  # surface → open ones
        self._captures = captures
        self._templates: dict[str, tuple[str, Histogram]] = {}
        self._patterns: list[list[str]] = []
        self._unknown = (UNKNOWN, self.seconds["unknown"])

    def know(self, paths: Iterable[str]) -> None:
        """Paths of DingTalk's surfaces; one may hold `{name}`."""
        for path in paths:
            self._templates[path] = (path, self.seconds[surface_of(path)])
            if "{" in path:
                self._patterns.append(path.split("/"))

    def template_of(self, path: str) -> str:
        """The template that a path of DingTalk's surfaces belongs to, or `UNKNOWN`."""
        return (self._templates.get(path) or self._match(path))[0]

    def note(self, path: str, asked: Asked, answered: Answered) -> None:
        """A request of DingTalk's surfaces and its answer. Never waits."""
        template, seconds = self._templates.get(path) or self._match(path)
        elapsed = (time.perf_counter_ns() - asked.trail.begun_ns) * 1e-9
        errcode = answered.errcode
        self._count(template, errcode)
        seconds.add(elapsed)
        if self.access_log is not AccessLog.OFF and (errcode != "0" or self.access_log is AccessLog.ALL):
            self._write(template, asked, answered, elapsed)
        self._captures.note(path, asked, answered)

    def note_page(self, surface: str, template: str, method: str, status: int, elapsed_s: float, sent: int) -> None:
        """A request for a page, or of our own interface."""
        self._count(template, str(status))
        self.seconds[surface].add(elapsed_s)
        if self.access_log is AccessLog.ALL or (self.access_log is AccessLog.REFUSED and status >= 400):
            fields = {"method": method, "path": template, "status": status, "ms": round(elapsed_s * 1000, 1), "bytes": sent}
            tell(log, logging.INFO, "request", f"{method} {template} {status}", **fields)

    def _count(self, template: str, errcode: str) -> None:
        key = (template, errcode)
        if key not in self.counts and len(self.counts) >= SERIES_MAX:
            key = (REST, REST)
        self.counts[key] += 1

    def _match(self, path: str) -> tuple[str, Histogram]:
        parts = path.split("/")
        for pattern in self._patterns:
            if len(pattern) == len(parts) and all(want == have or want[:1] == "{" for want, have in zip(pattern, parts, strict=True)):
                return self._templates["/".join(pattern)]
        return self._unknown

    def _write(self, template: str, asked: Asked, answered: Answered, elapsed_s: float) -> None:
        caller = asked.trail.caller
        # Tokens and secrets stand in queries, so of a query only the names are told.
        names = [name[:40] for name, _ in parse_qsl(asked.query[:4096].decode("latin-1"), keep_blank_values=True)[:NAMES_MAX]]
        tell(
            log,
            logging.INFO,
            "request",
            f"{asked.method} {template} {answered.errcode}",
            method=asked.method,
            path=template,
            query=names,
            status=answered.status,
            errcode=answered.errcode,
            ms=round(elapsed_s * 1000, 1),
            bytes=len(answered.body),
            address=asked.address,
            request_id=request_id_of(answered.body),
            corp=caller.corp_id if caller else "",
            app=caller.app_key if caller else "",
        )


def surface_of(template: str) -> str:
    """The surface that a path template belongs to."""
    for prefix, surface in _SURFACES:
        if template.startswith(prefix):
            return surface
    return "unknown" if template in (UNKNOWN, REST) else "classic"


_SURFACES = (
    ("/topapi/", "topapi"),
    ("/v1.0/", "v1"),
    ("/router/", "router"),
    ("/hongyan/", "control"),
    ("/console", "console"),
    ("/inbox", "inbox"),
    ("/static", "static"),
    ("/article", "article"),
)


def request_id_of(body: bytes) -> str:
    """The request id that an answer carries; empty where its surface has none."""
    for mark in _ID_MARKS:
        at = body.rfind(mark)
        if at >= 0:
            return body[at + len(mark) :].partition(b'"')[0].decode("latin-1")
    return ""
