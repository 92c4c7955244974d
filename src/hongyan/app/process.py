"""The process as the system sees it, under the names that every Prometheus client gives; where there is no /proc, as far as it goes."""

import os
import resource
from pathlib import Path

_PROC = Path("/proc")
_START, _RESIDENT = 19, 21  # fields of /proc/self/stat after the name, from 0 (proc_pid_stat(5): starttime, rss)


def process_figures() -> dict[str, float]:
    """CPU seconds, memory in bytes, start in Unix time, file descriptors."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "process_cpu_seconds_total": usage.ru_utime + usage.ru_stime,
        "process_max_fds": float(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
    }
    try:
        stat = (_PROC / "self/stat").read_text("ascii").rpartition(")")[2].split()
        figures["process_resident_memory_bytes"] = int(stat[_RESIDENT]) * os.sysconf("SC_PAGE_SIZE")
        figures["process_start_time_seconds"] = _booted_at() + int(stat[_START]) / os.sysconf("SC_CLK_TCK")
        figures["process_open_fds"] = sum(1 for _ in (_PROC / "self/fd").iterdir())
    except (OSError, ValueError, IndexError):
        pass
    return figures


def _booted_at() -> float:
    lines = (_PROC / "stat").read_text("ascii").splitlines()
    return float(next(line for line in lines if line.startswith("btime ")).split()[1])
