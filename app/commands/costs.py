"""What a command has cost, as its last line says."""

import resource
import sys
import time


def line(began: float) -> str:
    """Seconds since `began` (of `time.perf_counter`), and the peaks of memory in MB: of this process,
    and of the largest process that has read a file for it.
    """
    own, read = (_peak(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return (
        f"用时 {time.perf_counter() - began:.1f} 秒 seconds, 内存峰值 {own:.0f} MB peak memory"
        + (f", 读取进程 {read:.0f} MB reading process" if read else "")
    )


def _peak(who: int) -> float:
    peak = resource.getrusage(who).ru_maxrss
    return peak / (1024 if sys.platform != "darwin" else 1024 * 1024)
