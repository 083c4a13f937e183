"""`python -m app COMMAND`; see `python -m app --help`."""

import sys

from app.commands.cli import main

sys.exit(main(sys.argv[1:]))
