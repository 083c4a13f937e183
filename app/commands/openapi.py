"""Write openapi/openapi.json, and with `--release` what the next contracts are held against."""

import argparse
import sys

from app import openapi
from app.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Whether this contract is released."""
    parser.add_argument(
        "--release", action="store_true", help="programs may depend on it from now on"
    )


def run(_: Settings, found: argparse.Namespace) -> int:
    """The file holds the contract of this code, which its docstrings describe."""
    if sys.flags.optimize > 1:
        print("PYTHONOPTIMIZE has taken the docstrings away", file=sys.stderr)
        return 1
    openapi.write()
    if found.release:
        openapi.release()
    return 0
