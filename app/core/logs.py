"""JSON log lines: an event name plus fields, never personal data."""

import logging
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import structlog

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
actor_id: ContextVar[str | None] = ContextVar("actor_id", default=None)


def configure(level: str = "INFO") -> None:
    """Every line of this process, ours and the libraries', is one JSON object on stderr."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _context,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _traceback_without_values,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("httpx", "httpcore", "uvicorn.access"):  # they log whole URLs, secrets included
        logging.getLogger(name).setLevel(logging.WARNING)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of one module."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def _context(_: Any, __: str, line: Any) -> Mapping[str, Any]:
    if found := request_id.get():
        line.setdefault("request_id", found)
    if found := actor_id.get():
        line.setdefault("actor_id", found)
    return line  # type: ignore[no-any-return]  # structlog's own dict


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
