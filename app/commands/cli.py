"""The commands by name: each is a module beside this one, with `add` and `run`."""

import argparse
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from app.commands import (
    demo,
    doctor,
    import_community,
    import_divisions,
    import_employers,
    import_roster,
    migrate,
    openapi,
    serve,
    simulator,
    stand,
    worker,
)
from app.settings import Settings

COMMANDS = {
    "serve": serve,
    "worker": worker,
    "migrate": migrate,
    "simulator": simulator,
    "stand": stand,
    "demo": demo,
    "openapi": openapi,
    "doctor": doctor,
    "import-divisions": import_divisions,
    "import-community": import_community,
    "import-employers": import_employers,
    "import-roster": import_roster,
}


def main(words: Sequence[str]) -> int:
    """Run one command; returns the exit code: 0 done, 1 not done, 2 asked wrongly."""
    parser = argparse.ArgumentParser(prog="python -m app")
    chosen = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        command.add(chosen.add_parser(name, help=(command.__doc__ or "").splitlines()[0]))
    found = parser.parse_args(words)
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors():
            place = "APP_" + "_".join(str(part).upper() for part in problem["loc"])
            print(f"{place.rstrip('_')}: {problem['msg']}", file=sys.stderr)
        return 2
    code: int = COMMANDS[found.command].run(settings, found)
    return code
