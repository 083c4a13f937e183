"""Tell facts, advance what is overdue, send messages until stopped."""

import argparse
import asyncio
import signal
import sys

from app import worker
from app.core import logs
from app.settings import Settings

log = logs.get(__name__)


def add(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(settings: Settings, _: argparse.Namespace) -> int:
    """Works until SIGINT or SIGTERM; several may run at once. 1 when a part of it has died."""
    if not settings.database_url:
        print("APP_DATABASE_URL is not set", file=sys.stderr)
        return 2
    try:
        asyncio.run(_until_stopped(settings))
    except ExceptionGroup as group:
        for error in group.exceptions:
            log.critical("worker.died", exc_info=error)
        return 1
    return 0


async def _until_stopped(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await worker.run(settings, stop)
