"""The tenant's content: loaded as data, twice without a change, edited by the tenant."""

from pathlib import Path

import pytest
import yaml
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.models.organization import ContentItem
from app.policies import content, shipped

BEFORE = """
colors:
  - {code: red, name: 红}
  - {code: blue, name: 蓝}
limits: {most: 3}
"""


@pytest.fixture(autouse=True)
async def nothing_loaded(session: AsyncSession) -> None:
    await session.execute(delete(ContentItem))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A content file with two dictionaries."""
    path = tmp_path / "content.yaml"
    path.write_text(BEFORE, encoding="utf-8")
    return path


async def item(session: AsyncSession, section: str, code: str) -> ContentItem:
    """The row of one entry."""
    rows = await session.scalars(
        select(ContentItem).where(ContentItem.section == section, ContentItem.code == code)
    )
    return rows.one()


async def test_a_second_load_changes_nothing(session: AsyncSession) -> None:
    first = await shipped.load(session)
    before = (await session.execute(text("SELECT ctid, xmin FROM content_items"))).all()
    second = await shipped.load(session)
    after = (await session.execute(text("SELECT ctid, xmin FROM content_items"))).all()
    assert first.added == len(shipped.read()) == len(before)
    assert (second, after) == ((0, 0, ()), before)


def test_every_key_of_the_shipped_file_is_reached() -> None:
    content = yaml.load(shipped.FILE.read_text(encoding="utf-8"), shipped.Loader)
    entries = shipped.read()
    assert {entry.section.split(".")[0] for entry in entries} == set(content)
    assert len({(entry.section, entry.code) for entry in entries}) == len(entries)


async def test_a_new_file_renews_what_nobody_edited_and_names_the_rest(
    session: AsyncSession, file: Path
) -> None:
    await shipped.load(session, file)
    edited = await item(session, "colors", "red")
    edited.data = {"code": "red", "name": "朱红"}
    await session.flush()
    file.write_text(  # noqa: ASYNC240 - a few bytes of a test
        BEFORE.replace("红}", "大红}").replace("蓝}", "深蓝}").replace("3}", "4}")
        + "sizes: [{code: small, name: 小}]\n",
        encoding="utf-8",
    )
    loaded = await shipped.load(session, file)
    assert loaded == (1, 2, ("colors/red",))
    assert (await item(session, "colors", "red")).data["name"] == "朱红"
    assert (await item(session, "colors", "blue")).data["name"] == "深蓝"
    assert (await item(session, "limits", "most")).data == {"value": 4}
    assert await shipped.load(session, file) == (0, 0, ())


async def test_entries_are_found_by_section_and_code(session: AsyncSession, file: Path) -> None:
    await shipped.load(session, file)
    assert list(await content.section(session, "colors")) == ["red", "blue"]
    assert await content.find(session, "limits", "most") == {"value": 3}
    assert await content.find(session, "limits", "least") is None
    found = await content.require(session, "colors", "red", pointer="/color")
    assert found["name"] == "红"


async def test_an_unknown_or_switched_off_entry_is_refused_at_its_field(
    session: AsyncSession, file: Path
) -> None:
    await shipped.load(session, file)
    blue = await item(session, "colors", "blue")
    blue.data = blue.data | {"enabled": False}
    await session.flush()
    for code in ("green", "blue"):
        with pytest.raises(Invalid) as refused:
            await content.require(session, "colors", code, pointer="/color")
        assert refused.value.errors[0].pointer == "/color"


async def test_the_shipped_content_fits_the_table(session: AsyncSession) -> None:
    await shipped.load(session)
    assert await session.scalar(select(func.count(ContentItem.id))) == len(shipped.read())
