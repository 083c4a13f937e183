"""JSON log lines: an event name plus fields, never personal data."""

import logging
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import structlog
from structlog.typing import FilteringBoundLogger

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
actor_id: ContextVar[UUID | None] = ContextVar("actor_id", default=None)

LEVELS = {name.lower(): number for name, number in logging.getLevelNamesMapping().items()}


def configure(level: str = "INFO") -> None:
    """Every line of this process, ours and the libraries', is one JSON object on stderr."""
    structlog.configure(
        processors=OURS,
        logger_factory=Line,
        wrapper_class=structlog.make_filtering_bound_logger("DEBUG"),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=STAMPS,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ENDS],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("httpx", "httpcore", "uvicorn.access"):  # they log whole URLs, secrets included
        logging.getLogger(name).setLevel(logging.WARNING)


def get(name: str) -> FilteringBoundLogger:
    """The logger of one module; its lines do not pass Python's own logging, which takes longer."""
    logger: FilteringBoundLogger = structlog.get_logger(name)
    return logger


class Line:
    """What writes a rendered line, to the process's stderr as it is at that moment."""

    def __init__(self, *_: str) -> None: ...

    def msg(self, text: str) -> None:
        """One line is out."""
        sys.stderr.write(text + "\n")

    debug = info = warning = error = critical = msg


def _is_wanted(_: Any, level: str, line: Any) -> Any:
    """By the level of Python's own root logger, which is the process's."""
    if LEVELS[level] < logging.root.level:
        raise structlog.DropEvent
    return line


def _context(_: Any, __: str, line: Any) -> Mapping[str, Any]:
    if asked := request_id.get():
        line.setdefault("request_id", asked)
    if who := actor_id.get():
        line.setdefault("actor_id", who)
    return line  # type: ignore[no-any-return]  # structlog's own dict


def _stamp(_: Any, __: str, line: Any) -> Mapping[str, Any]:
    line["timestamp"] = datetime.now(UTC)
    return line  # type: ignore[no-any-return]  # structlog's own dict


def _render(_: Any, __: str, line: Any) -> str:
    return orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z).decode()


def _traceback_without_values(_: Any, __: str, line: Any) -> Mapping[str, Any]:
    """An exception as its type and places; its message may hold what a user typed."""
    error = line.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        line["error"] = type(error).__name__
        places, trace = [], error.__traceback__
        while trace:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_filename.rpartition('/app/')[2]}:{trace.tb_lineno}")
            trace = trace.tb_next
        line["places"] = places[-8:]
    return line  # type: ignore[no-any-return]  # structlog's own dict


STAMPS: list[Any] = [
    structlog.processors.add_log_level,
    _stamp,
    _context,
]
ENDS: list[Any] = [_traceback_without_values, _render]
# one list, known to every logger of the process
OURS: list[Any] = [_is_wanted, *STAMPS, *ENDS]
