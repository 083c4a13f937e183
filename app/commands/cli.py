"""The commands by name: each is a module beside this one, with `add` and `run`.

Only the chosen one is imported: the whole house takes seconds to import, the simulator needs none of it.
"""

import argparse
import gc
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType

from pydantic import ValidationError

from app.settings import Settings

COMMANDS: Mapping[str, str] = {
    "serve": "serve the API until stopped",
    "worker": "tell facts, advance what is overdue, send messages until stopped",
    "migrate": "bring the database to the schema of this code, and load the shipped content",
    "simulator": "serve the WeChat simulator; development and tests only",
    "stand": "stand up the whole house here: database, demo city, web, worker, simulator",
    "demo": "play the whole story over HTTP against a running house",
    "city": "make up a city with a year behind it, on an empty database; not in production",
    "openapi": "write openapi/openapi.json",
    "doctor": "say what is missing before the house can serve",
    "issue-year": "the year's reports of a city or district: drafts, summaries, delivery",
    "import-divisions": "the division file into the tree, or its plan",
    "import-community": "the workbook of a community or subdistrict, or its plan",
    "import-employers": "the employers of a city or district, or the file's plan",
    "import-roster": "an employer's members, or the file's plan",
}


def main(words: Sequence[str]) -> int:
    """Run one command; returns the exit code: 0 done, 1 not done, 2 asked wrongly."""
    parser = argparse.ArgumentParser(prog="python -m app")
    known = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    each = {name: known.add_parser(name, help=line) for name, line in COMMANDS.items()}
    chosen = [_imported(name) for name in words[:1] if name in each]
    for command in chosen:
        command.add(each[words[0]])
    found = parser.parse_args(words)  # ends the process where nothing was chosen
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors():
            place = "APP_" + "_".join(str(part).upper() for part in problem["loc"])
            print(f"{place.rstrip('_')}: {problem['msg']}", file=sys.stderr)
        return 2
    code: int = chosen[0].run(settings, found)
    return code


def _imported(name: str) -> ModuleType:
    """The command's module; nothing is collected meanwhile, for nothing that is imported goes again."""
    gc.disable()
    module = import_module(f"app.commands.{name.replace('-', '_')}")
    gc.enable()
    return module
