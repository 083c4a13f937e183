"""The content that comes with the house: loaded as data.

`defaults.yaml` beside this file is the first tenant's; a second load changes nothing that a tenant
has edited.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.organization import ContentItem

FILE = Path(__file__).with_name("defaults.yaml")


class Loader(yaml.CSafeLoader):
    """YAML 1.2 truth: only `true` and `false`; a key named `on` stays a word."""


Loader.yaml_implicit_resolvers = {
    letter: [(tag, form) for tag, form in forms if tag != "tag:yaml.org,2002:bool"]
    for letter, forms in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


class Entry(NamedTuple):
    """One entry as the file has it."""

    section: str
    code: str
    position: int
    data: dict[str, Any]


class Loaded(NamedTuple):
    """What a load did; `kept` are entries that a tenant had edited and the file has otherwise."""

    added: int
    renewed: int
    kept: tuple[str, ...]


async def load(session: AsyncSession, path: Path = FILE) -> Loaded:
    """The file's entries are in the database; edited ones stay as they are and are reported."""
    rows = await session.scalars(select(ContentItem).with_for_update())
    known = {(row.section, row.code): row for row in rows}
    added, renewed, kept = 0, 0, []
    for entry in read(path):
        row = known.get((entry.section, entry.code))
        if row is None:
            session.add(
                ContentItem(
                    section=entry.section,
                    code=entry.code,
                    position=entry.position,
                    data=entry.data,
                    shipped=entry.data,
                )
            )
            added += 1
        elif row.shipped != entry.data:
            if row.data == row.shipped:
                row.data = entry.data
                renewed += 1
            else:
                kept.append(f"{entry.section}/{entry.code}")
            row.shipped = entry.data
        if row is not None:
            row.position = entry.position
    await session.flush()
    return Loaded(added, renewed, tuple(kept))


def read(path: Path = FILE) -> list[Entry]:
    """Every entry of a content file, in its order."""
    content = yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a safe loader
    return [entry for name, value in content.items() for entry in _entries(name, value)]


def _entries(section: str, value: Any) -> Iterator[Entry]:
    if not isinstance(value, dict | list):
        yield Entry(section, "", 0, {"value": value})
    elif _is_coded(value):
        for position, item in enumerate(value):
            yield Entry(section, str(item.get("code") or item["key"]), position, item)
    elif isinstance(value, list):
        yield Entry(section, "", 0, {"value": value})
    else:
        for position, (key, inner) in enumerate(value.items()):
            if _is_coded(inner) or (
                isinstance(inner, dict) and any(map(_is_coded, inner.values()))
            ):
                yield from _entries(f"{section}.{key}", inner)
            else:
                yield Entry(section, str(key), position, {"value": inner})


def _is_coded(value: Any) -> bool:
    """A list whose items carry codes of their own."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and ("code" in item or "key" in item) for item in value)
    )
