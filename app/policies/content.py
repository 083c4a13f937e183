"""The tenant's content (categories, words, consents, forms, defaults of policies): loaded as data.

`defaults.yaml` beside this file is the first tenant's; a second load changes nothing that a tenant
has edited. An entry is found by section and code: `registration.channels`/`online`; what has no
codes of its own is `{"value": …}` under the key it stands at.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from sqlalchemy import String, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.models.organization import ContentItem

SHIPPED = Path(__file__).with_name("defaults.yaml")
ENTRY = select(ContentItem.data).where(
    ContentItem.section == bindparam("section", type_=String()),
    ContentItem.code == bindparam("code", type_=String()),
)
SECTIONS = (
    select(ContentItem.section, ContentItem.code, ContentItem.data)
    .where(ContentItem.section == any_(bindparam("sections", type_=ARRAY(String()))))
    .order_by(ContentItem.position, ContentItem.code)
)


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


async def load(session: AsyncSession, path: Path = SHIPPED) -> Loaded:
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


def read(path: Path = SHIPPED) -> list[Entry]:
    """Every entry of a content file, in its order."""
    content = yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a safe loader
    return [entry for name, value in content.items() for entry in _entries(name, value)]


async def find(session: AsyncSession, section: str, code: str) -> dict[str, Any] | None:
    """One entry's data, or None."""
    return await session.scalar(ENTRY, {"section": section, "code": code})


async def section(session: AsyncSession, name: str) -> dict[str, dict[str, Any]]:
    """The entries of one section by code, in their order."""
    return (await sections(session, name))[name]


async def sections(session: AsyncSession, *names: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Section → code → entry, of several sections in one statement, each in its order."""
    rows = await session.execute(SECTIONS, {"sections": list(names)})
    found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in names}
    for name, code, data in rows:
        found[name][code] = data
    return found


async def require(session: AsyncSession, name: str, code: str, *, pointer: str) -> dict[str, Any]:
    """The entry that a payload names at `pointer`.

    Raises:
        Invalid: there is no such entry, or it is switched off.
    """
    data = await find(session, name, code)
    if data is None or data.get("enabled") is False:
        raise Invalid.field(pointer, "unknown_code", "不在可选范围内")
    return data


async def require_all(session: AsyncSession, name: str, codes: Mapping[str, str | None]) -> None:
    """There is an entry for each of `codes` that is said, by where it stands in the payload; at
    most one statement.

    Raises:
        Invalid: as `require`, for the first that is none.
    """
    said = {pointer: code for pointer, code in codes.items() if code is not None}
    known = await section(session, name) if said else {}
    for pointer, code in said.items():
        if known.get(code, {"enabled": False}).get("enabled") is False:
            raise Invalid.field(pointer, "unknown_code", "不在可选范围内")


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
