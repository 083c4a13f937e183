"""Serve the API until stopped."""

import argparse
import sys

import uvicorn

from app.commands import ports
from app.main import create_app
from app.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """No options: host and port are settings."""


def run(settings: Settings, _: argparse.Namespace) -> int:
    """One process on APP_HOST:APP_PORT; more processes are more of these behind a proxy."""
    if not settings.database_url:
        print("APP_DATABASE_URL is not set; `python -m app stand` brings its own", file=sys.stderr)
        return 2
    if not ports.is_free(settings.host, settings.port):
        print(ports.taken(settings.port, "APP_PORT"), file=sys.stderr)
        return 1
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies()),
        forwarded_allow_ips=settings.proxies(),
        timeout_graceful_shutdown=10,
    )
    return 0
