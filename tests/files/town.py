"""Somebody with a camera: uploads over HTTP, links opened without a login, facts told."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import events
from app.core.errors import NotFound
from app.files import storage
from app.files.storage import Variant
from app.models.file import File, FileStep
from app.models.person import Person
from app.models.report import Notification
from app.wiring import LISTENERS
from tests.factories.files import picture
from tests.needs.town import Desk

Sessions = async_sessionmaker[AsyncSession]
NEED = {"words": "东门路灯不亮", "kind": "snapshot_report", "place": "东门口"}


async def send(
    desk: Desk, who: Person, content: bytes | None = None, *, key: str | None = None
) -> Response:
    """One upload."""
    head = {} if key is None else {"Idempotency-Key": key}
    sent = {"file": ("a.jpg", picture() if content is None else content)}
    headers = desk.sign_in(who) | head
    return await desk.client.post("/api/v1/files", files=sent, headers=headers)


async def uploaded(desk: Desk, who: Person) -> Any:
    """A photo that is taken."""
    answer = await send(desk, who)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def look(client: AsyncClient, link: str) -> Response:
    """Whoever has a link, without a login."""
    return await client.get(link)


async def with_photo(desk: Desk, who: Person) -> tuple[str, str]:
    """A snapshot with one photo: the ids of both."""
    photo = (await uploaded(desk, who))["id"]
    need = await desk.post(who, "/needs", **NEED, photo_ids=[photo])
    assert need.status_code == 201, need.text
    return need.json()["id"], photo


async def tell_all(sessions: Sessions) -> None:
    """Every fact is told."""
    while await events.tell_next(sessions, LISTENERS):
        pass


async def lies(file_id: UUID, variant: Variant) -> bool:
    """Whether the store has it."""
    try:
        await storage.get(file_id, variant)
    except NotFound:
        return False
    return True


async def file_of(session: AsyncSession, file_id: Any) -> File:
    """The photo as it stands in the database."""
    return await session.get_one(File, file_id, populate_existing=True)


async def steps(session: AsyncSession, file_id: Any) -> list[str]:
    """What happened to a photo, in order."""
    found = await session.scalars(
        select(FileStep.action).where(FileStep.file_id == file_id).order_by(FileStep.id)
    )
    return list(found)


async def inbox(session: AsyncSession, message: str) -> dict[Any, str]:
    """Who was told, and in which words."""
    rows = await session.scalars(select(Notification).where(Notification.message == message))
    return {row.person_id: row.text for row in rows}
