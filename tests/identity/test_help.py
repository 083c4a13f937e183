"""What anybody may read before a login: whom to ask, how to register, what is done with data."""

from typing import Any

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.organization import ContentItem


async def switch(session: AsyncSession, section: str, code: str, **data: Any) -> None:
    """The tenant has edited an entry, or made one."""
    row = await session.scalar(
        select(ContentItem).where(ContentItem.section == section, ContentItem.code == code)
    )
    if row is None:
        row = ContentItem(section=section, code=code, position=99, data={}, shipped={})
        session.add(row)
    row.data = row.data | data
    await session.flush()


async def test_a_visitor_reads_whom_to_ask_and_every_way_to_register(
    client: AsyncClient, session: AsyncSession
) -> None:
    await switch(session, "tenant", "contact_phone", value="0513-12345")
    answer = await client.get("/api/v1/help")
    topics = {topic["code"]: topic["text"] for topic in answer.json()["topics"]}
    assert {"contact", "register_at_counter", "register_on_paper", "privacy"} <= set(topics)
    assert "电话：0513-12345" in topics["contact"]
    assert "（待主办单位填写）" in topics["contact"]
    assert "0513-12345" in topics["privacy"]
    assert "{" not in "".join(topics.values())


async def test_a_topic_that_is_switched_off_is_not_shown(
    client: AsyncClient, session: AsyncSession
) -> None:
    await switch(session, "help.topics", "ask", enabled=False)
    topics = (await client.get("/api/v1/help")).json()["topics"]
    assert "ask" not in {topic["code"] for topic in topics}


async def test_a_visitor_reads_the_words_of_every_consent(
    client: AsyncClient, session: AsyncSession
) -> None:
    answer = (await client.get("/api/v1/consents/texts")).json()
    core = next(item for item in answer["items"] if item["purpose"] == "registration_core")
    assert "撤回同意" in answer["rights"]
    assert core["text"] and core["version"] and "纸质报到" in core["if_refused"]
    assert "is_given" not in core
