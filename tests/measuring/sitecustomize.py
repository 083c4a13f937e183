"""Notes which lines and branches of app/ a process runs, into the folder that MEASURED names.

`scripts/test` puts this folder on PYTHONPATH, so each Python of the gate reads this first: a worker of
the tests notes all of app/; the processes that tests start, and the pytest whose tests mostly wait for
such ones, only what no test runs inside another worker
(to prepare all of app/ takes longer than to import it). Who notes tells the processes that it starts by
MEASURED_BY. See docs/decisions/0009-coverage.md.
"""

import ast
import atexit
import json
import os
import signal
import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

HOUSE = Path(__file__).parents[2]
APP = HOUSE / "app"
# functions of a protocol have no body; the line that starts a process runs before anything is noted
NOT_CODE = [r"^\s*\.\.\.\s*$", r"if __name__ == .__main__.:"]
OF_PROCESSES = (
    "__main__.py",
    "commands",
    "demo",
    "main.py",
    "openapi.py",
    "worker.py",
    "core/composing.py",
    "core/confined.py",
    "core/database.py",
    "core/embedded.py",
    "core/readers.py",
    "core/replica.py",
    "core/sheets",
    "files/recoding.py",
    "http/middleware.py",
)


# What reads or sets one file and ends is noted where its own tests start it, and nowhere else: to
# prepare takes it three times as long as its work.
NOTED_BY = {
    "app.core.sheets.child": "tests/core/",
    "app.files.recoding": "tests/files/test_recoding",
    "app.core.composing": "tests/reports/test_exports",
}


def measure(folder: Path) -> None:
    """This process notes what it runs, and leaves it in `folder` when it ends or is told to end."""
    from slipcover import FileMatcher, ImportManager, Slipcover, branch
    from slipcover.importer import SlipcoverLoader

    def of_a_main_module(self: Any, name: str) -> CodeType:
        tree = branch.preinstrument(ast.parse(self.origin.read_bytes()))
        code: CodeType = seen.instrument(compile(tree, str(self.origin), "exec"))
        return code

    def leave() -> None:
        kept = folder / f"{os.getpid()}.part"
        kept.write_text(json.dumps(seen.get_coverage()))
        kept.rename(kept.with_suffix(".json"))  # a process that is killed meanwhile leaves no half

    def ended(number: int, frame: FrameType | None) -> None:
        leave()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    is_worker = "MEASURED_BY" not in os.environ and not is_waiting()
    os.environ["MEASURED_BY"] = str(os.getpid())
    places = [APP] if is_worker else [APP / place for place in OF_PROCESSES]
    seen = Slipcover(branch=True, exclude_also=NOT_CODE, d_miss_threshold=1000)
    SlipcoverLoader.get_code = of_a_main_module
    ImportManager(seen, FileMatcher(sources=places)).__enter__()
    signal.signal(signal.SIGTERM, ended)
    atexit.register(leave)


def is_waiting() -> bool:
    """The pytest whose tests mostly wait; see `scripts/test`."""
    return os.environ.get("APP_TEST_PREFIX") == "waiting"


def runs_no_test() -> bool:
    """The pytest that hands tests to workers."""
    return sys.orig_argv[1:3] == ["-m", "pytest"] and not is_waiting()


def is_noted_elsewhere() -> bool:
    """One of many that read or set a file for tests of something else."""
    by = NOTED_BY.get(sys.orig_argv[2]) if sys.orig_argv[1:2] == ["-m"] else None
    return by is not None and not os.environ.get("PYTEST_CURRENT_TEST", "").startswith(by)


if (target := os.environ.get("MEASURED")) and not (runs_no_test() or is_noted_elsewhere()):
    measure(Path(target))
