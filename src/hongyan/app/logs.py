"""Where log lines go and how they look: stderr, one line for each event."""

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Generator
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from hongyan.observe.events import EVENT, FIELDS, AccessLog, LogFormat

REQUESTS = "hongyan.requests"  # the logger of access lines
QUEUE_MAX = 10_000  # access lines that wait for a slow reader of stderr; more are dropped
_ENCODE = msgspec.json.Encoder(enc_hook=str).encode


def event_of(record: logging.LogRecord) -> str:
    """The event's name; without one the logger's stands for it."""
    return getattr(record, EVENT, "") or record.name.removeprefix("hongyan.")


def _fields(record: logging.LogRecord) -> dict[str, object]:
    found = getattr(record, FIELDS, None)
    return {name: value for name, value in found.items() if value != "" and value != []} if isinstance(found, dict) else {}


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, event, message, the event's fields, and a traceback as `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, object] = {"time": time, "level": record.levelname.lower(), "event": event_of(record), "message": record.getMessage()}
        line |= {name: value for name, value in _fields(record).items() if name not in line}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _ENCODE(line).decode("utf-8", "replace")


class TextLines(logging.Formatter):
    """For people: time, level, event, sentence, and the fields behind it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(event)s: %(message)s%(fields)s")

    def format(self, record: logging.LogRecord) -> str:
        record.event = event_of(record)
        record.fields = "".join(f" {name}={_shown(value)}" for name, value in _fields(record).items())
        return super().format(record)


def _shown(value: object) -> str:
    text = str(value) if not isinstance(value, list) else ",".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType]
    # Quoted where it could be taken for another field or another line.
    return text if text.isprintable() and not any(letter in text for letter in ' "=') else _ENCODE(text).decode()


class BesideHandler(logging.Handler):
    """Formats and writes in a thread of its own, so that a slow reader of stderr holds up no request. What there is no room for is counted."""

    def __init__(self, formatter: logging.Formatter, stream: TextIO) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.dropped = 0
        self._stream = stream
        self._waiting: deque[logging.LogRecord] = deque()
        self._wake = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="access log", daemon=True)
        self._thread.start()

    def createLock(self) -> None:
        """None is needed: a deque is safe to append to, and one thread writes."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        if len(self._waiting) >= QUEUE_MAX:
            self.dropped += 1
            return
        self._waiting.append(record)
        if not self._wake.is_set():
            self._wake.set()

    def close(self) -> None:
        self._ended = True
        self._wake.set()
        self._thread.join(1.0)
        super().close()

    def _run(self) -> None:
        while not self._ended or self._waiting:
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                lines = [self.format(self._waiting.popleft()) for _ in range(min(100, len(self._waiting)))]
                with contextlib.suppress(OSError, ValueError):  # nobody reads stderr any more; requests go on
                    self._stream.write("\n".join(lines) + "\n")
                    self._stream.flush()


def formatter_of(log_format: LogFormat) -> logging.Formatter:
    return JsonLines() if log_format is LogFormat.JSON else TextLines()


@contextlib.contextmanager
def logging_to(stream: TextIO, level: str, log_format: LogFormat, access_log: AccessLog) -> Generator[None]:
    """Set logging up for a server's life. Access lines do not depend on the level."""
    formatter, root, requests = formatter_of(log_format), logging.getLogger(), logging.getLogger(REQUESTS)
    direct = logging.StreamHandler(stream)
    direct.setFormatter(formatter)
    root.addHandler(direct)
    root.setLevel(level.upper())
    # It would name every request that is handed on, query included.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    beside = BesideHandler(formatter, stream) if access_log is not AccessLog.OFF else None
    requests.propagate = False
    requests.setLevel(logging.INFO if beside else logging.CRITICAL)
    if beside:
        requests.addHandler(beside)
    try:
        yield
    finally:
        if beside:
            requests.removeHandler(beside)
            beside.close()
        root.removeHandler(direct)
