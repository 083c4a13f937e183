"""Where each process of a run has its place, and what it used of the machine.

The server that is measured has the first core; PostgreSQL, the load generator and pgbench share the
second one.
"""

import os
import platform
from pathlib import Path

SERVER_CORE, OTHER_CORE = "0", "1"
BOTH_CORES = f"{SERVER_CORE},{OTHER_CORE}"


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy() -> float:
    """Seconds of CPU that everything on both cores has used since the machine started."""
    total = 0
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name in (f"cpu{SERVER_CORE}", f"cpu{OTHER_CORE}"):
            user, nice, system, _, _, irq, soft = (int(each) for each in fields[:7])
            total += user + nice + system + irq + soft
    return total / os.sysconf("SC_CLK_TCK")


def megabytes_of(pid: int) -> float:
    """What a process holds of the memory now."""
    return (
        int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    )


def name() -> str:
    """The processor and the Python of this run."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")
    return (
        f"{model or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
