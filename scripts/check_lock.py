"""The lock holds names and versions only, and every package that the project brings along, as installed."""

import re
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).parent
lines = (FOLDER / "lock.txt").read_text().splitlines()
faults = [
    f"not `name==version`: {line}" for line in lines if not re.fullmatch(r"[\w.-]+==[\w.+!]+", line)
]
pinned = {
    canonicalize_name(name): version
    for name, _, version in (line.partition("==") for line in lines)
}

wanted = (FOLDER.parent / ".venv" / "requirements.txt").read_text().splitlines()
left = [(Requirement(line), "") for line in wanted]
seen: set[tuple[str, str]] = set()
while left:
    requirement, extra = left.pop()
    if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
        continue
    name = canonicalize_name(requirement.name)
    installed = metadata.version(name)
    if pinned.get(name) != installed:
        faults.append(f"installed is {name} {installed}, the lock says {pinned.get(name)}")
    for inner in {"", *requirement.extras}:
        if (name, inner) not in seen:
            seen.add((name, inner))
            left += [(Requirement(line), inner) for line in metadata.requires(name) or ()]
sys.exit("\n".join(sorted(set(faults))) or None)
