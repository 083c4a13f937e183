"""What a command has cost, as its last line says."""

import time
from pathlib import Path

STATUS = Path("/proc/self/status")


def line(began: float) -> str:
    """Seconds since `began` (of `time.perf_counter`), and the peak of memory where the kernel tells
    it: `getrusage` would count whoever started this process as well.
    """
    said = STATUS.read_text().splitlines() if STATUS.exists() else ()
    peaks = [int(row.split()[1]) / 1024 for row in said if row.startswith("VmHWM")]
    memory = "".join(f", 内存峰值 {peak:.0f} MB peak memory" for peak in peaks)
    return f"用时 {time.perf_counter() - began:.1f} 秒 seconds{memory}"
