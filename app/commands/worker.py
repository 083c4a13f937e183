"""Tell facts, advance what is overdue, send messages until stopped."""

import argparse
import asyncio
import signal
import sys

from app import worker
from app.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(settings: Settings, _: argparse.Namespace) -> int:
    """Works until SIGINT or SIGTERM; several may run at once."""
    if not settings.database_url:
        print("APP_DATABASE_URL is not set", file=sys.stderr)
        return 2
    asyncio.run(_until_stopped(settings))
    return 0


async def _until_stopped(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await worker.run(settings, stop)
