"""Write openapi/openapi.json."""

import argparse

from app import openapi
from app.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(_: Settings, __: argparse.Namespace) -> int:
    """The file holds the contract of this code."""
    openapi.write()
    return 0
