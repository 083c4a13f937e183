"""Play the whole story over HTTP against a running house: from the roster to the acknowledged report."""

import argparse
import asyncio

from app.demo import story
from app.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Where the simulator is; the app itself is APP_PUBLIC_URL."""
    parser.add_argument("--simulator", default="http://127.0.0.1:8001")
    parser.add_argument("--short", action="store_true", help="the story alone, not the whole year")


def run(settings: Settings, found: argparse.Namespace) -> int:
    """Prints each step with what changed."""
    return asyncio.run(_play(settings.public_url, found.simulator, found.short))


async def _play(app: str, simulator: str, is_short: bool) -> int:
    await story.play(app, simulator, is_short=is_short)
    return 0
