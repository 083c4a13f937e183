"""Prints what pyproject.toml asks for, a line each: the base, and the groups named (`dev`, …).

`python scripts/requirements.py dev | pip install -r /dev/stdin -c scripts/lock.txt` installs the project
without building it; it runs from its folder.
"""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
groups = project["optional-dependencies"]
for words in (project["dependencies"], *(groups.get(name, ()) for name in sys.argv[1:])):
    sys.stdout.writelines(f"{word}\n" for word in words)
