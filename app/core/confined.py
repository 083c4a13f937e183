"""Parsers of what strangers send run in a process of their own, under bounds that the kernel keeps.

A parser that crashes, hangs, or asks for too much takes its process with it and nothing else. The
child gets the file as its input, answers on its output, and has none of the house's secrets.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

HOUSE = Path(__file__).parents[2]
SECRETS = ("APP_", "AWS_")  # prefixes of settings: the child gets none of them


class Died(Exception):
    """The child did not come back, or not in time."""


def run(module: str, request: str, given: BinaryIO, said: BinaryIO, *, wall: int) -> None:
    """The module's own process has read `given` and written all of its answer into `said`, within
    `wall` seconds. Blocks: call it through a thread.

    Raises:
        Died: see there.
    """
    try:
        subprocess.run(  # noqa: S603 - our own module, by our own interpreter
            [sys.executable, "-m", module, request],
            stdin=given,
            stdout=said,
            stderr=subprocess.DEVNULL,  # a crash may quote the file
            cwd=HOUSE,
            env={key: value for key, value in os.environ.items() if not key.startswith(SECRETS)},
            timeout=wall,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise Died from None


def confine(*, cpu: int, memory: int, answer: int) -> None:
    """From here on this process has no more than so many seconds, bytes of address space, and bytes
    of output."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, cpu)
    _lower(resource.RLIMIT_AS, memory)
    _lower(resource.RLIMIT_FSIZE, answer)


def _lower(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (bound, bound))
