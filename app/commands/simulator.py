"""Serve the WeChat simulator; development and tests only."""

import argparse
import sys

import uvicorn

from app.policies import shipped
from app.settings import Environment, Settings
from app.simulator.app import create_simulator
from app.simulator.messages import Template


def add(parser: argparse.ArgumentParser) -> None:
    """Which port of this machine."""
    parser.add_argument("--port", type=int, default=8001)


def run(settings: Settings, found: argparse.Namespace) -> int:
    """Answers as WeChat does for this app's appid and secret, on 127.0.0.1 only."""
    if settings.environment is Environment.PRODUCTION:
        print("the simulator never runs in production", file=sys.stderr)
        return 2
    uvicorn.run(
        create_simulator(
            appid=settings.wechat_appid,
            secret=settings.wechat_secret.get_secret_value(),
            templates=_templates(),
        ),
        host="127.0.0.1",
        port=found.port,
        log_level="warning",
        access_log=False,
    )
    return 0


def _templates() -> list[Template]:
    """The account's templates are those that the shipped content wishes for, under our own codes."""
    return [
        Template(template_id=entry.code, title=entry.data["title"], keys=list(entry.data["data"]))
        for entry in shipped.read()
        if entry.section == "templates"
    ]
