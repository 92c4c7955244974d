"""The command line for processes that are to be killed: faults can be planted while it runs, its log can be short, its disk can fail."""

import os
import sys
import threading
import time
from pathlib import Path

import apsw

sys.path.insert(0, str(Path(__file__).parents[1]))

from hongyan.app.cli import main
from hongyan.model.faults import arm, parse_faults
from hongyan.store import sqlite

KEPT: list[object] = []  # a VFS is gone when nobody holds it


def refuse_sync(nth: int) -> None:
    """The store's log cannot be synced the nth time and some times after it: one of these is a commit's, not the moving of the log."""
    from power.disk import register

    left = [nth]

    def fault(what: str, path: str) -> None:
        if what == "sync" and path.endswith("hongyan.db-wal"):
            left[0] -= 1
            if -10 < left[0] <= 0:
                raise apsw.exception_for(apsw.SQLITE_IOERR_FSYNC)

    KEPT.append(register(None, fault))


def take_faults(file: Path) -> None:
    """What is laid down there is planted and taken away: a server that was started and looked at needs no second start to fail."""
    while True:
        if file.exists():
            arm(parse_faults(file.read_text()))
            file.unlink()
        time.sleep(0.005)


if __name__ == "__main__":
    if "CRASH_FAULTS" in os.environ:
        threading.Thread(target=take_faults, args=(Path(os.environ["CRASH_FAULTS"]),), daemon=True).start()
    if "CRASH_LOG_PAGES" in os.environ:
        sqlite.PASSIVE_PAGES = int(os.environ["CRASH_LOG_PAGES"])
        sqlite.RESET_PAGES = 5 * sqlite.PASSIVE_PAGES
        sqlite.MOVE_EVERY_S = 0.05
    if "CRASH_UNMOVED" in os.environ:
        sqlite.PASSIVE_PAGES = 1_000_000_000
    if "CRASH_SYNC" in os.environ:
        refuse_sync(int(os.environ["CRASH_SYNC"]))
    main()
