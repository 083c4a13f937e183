"""Which version of the schema this code wants, read off the migrations' files.

Not by Alembic: only what migrates loads it, for it takes every process 5 MB and a quarter of a second.
"""

import re
from pathlib import Path

VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"
OWN = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
BEFORE = re.compile(r'^down_revision = "(\w+)"$', re.MULTILINE)


def head() -> str:
    """The one version that no other follows."""
    texts = [path.read_text(encoding="utf-8") for path in VERSIONS.glob("*.py")]
    own: set[str] = {name for text in texts for name in OWN.findall(text)}
    (last,) = own - {name for text in texts for name in BEFORE.findall(text)}
    return last
