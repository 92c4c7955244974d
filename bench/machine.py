"""What a run was measured on, and the floor of its disk."""

import os
import platform
import statistics
import subprocess
import time
from pathlib import Path

import apsw
import msgspec

ROOT = Path(__file__).parents[1]
PAGE = 4096


class Machine(msgspec.Struct, frozen=True):
    """The page's write + fdatasync stands with each figure, because it drifts."""

    cores: int
    memory_gib: int
    python: str
    sqlite: str
    system: str


def this_machine() -> Machine:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    system = f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}"
    return Machine(len(os.sched_getaffinity(0)), memory, platform.python_version(), apsw.sqlite_lib_version(), system)


def disk_floor(folder: Path, size: int = PAGE, tries: int = 30) -> float:
    """Seconds that writing so many bytes and syncing them takes; the median of the tries."""
    took: list[float] = []
    content, path = os.urandom(size), folder / "floor"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    for _ in range(tries):
        begin = time.perf_counter()
        os.write(descriptor, content)
        os.fdatasync(descriptor)
        took.append(time.perf_counter() - begin)
    os.close(descriptor)
    path.unlink()
    return statistics.median(took)


def commit() -> str:
    """Of the checkout, with a mark when its code differs from it; empty without git."""
    try:
        said = subprocess.run(["git", "describe", "--always", "--dirty=+", "--abbrev=10"], cwd=ROOT, capture_output=True, text=True, timeout=10)
    except OSError:
        return ""
    return said.stdout.strip()


def resident_mib(process: int) -> float:
    """Memory of a process that is in RAM now."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
