"""Who is told of a photo: its uploader, when it is hidden; the community, when it has to decide."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.files.events import FileMoved
from app.files.lifecycle import ATTACHED, FileAction
from app.models.file import File, FileStatus, FileStep
from app.models.person import Role
from app.notifications import service

STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)
HIDES = (FileAction.CONDEMN, FileAction.HIDE)
WAITS = (FileAction.HOLD, ATTACHED)
BY_PLATFORM = "未通过微信内容检查"


async def on_file_moved(session: AsyncSession, fact: int, event: FileMoved) -> None:
    """Each learns once what concerns him; of a photo that belongs to nothing, staff know nothing."""
    if event.action not in (*HIDES, *WAITS):
        return
    file = await session.get_one(File, event.file_id)
    subject = (file.subject_kind or "file", file.subject_id or file.id)
    if event.action in HIDES:
        reason = await session.scalar(
            select(FileStep.reason).where(
                FileStep.file_id == file.id, FileStep.action == FileAction.HIDE
            )
        )
        words = reason or BY_PLATFORM
        await service.tell(session, fact, "photo_hidden", [file.owner_id], subject, reason=words)
    elif event.status == FileStatus.HELD and file.community_id is not None:
        people = await service.holders(session, file.community_id, *STAFF)
        await service.tell(session, fact, "photo_waiting", people, subject)
