"""Photos: taken in, attached to what they are about, decided on by people, taken back, lapsed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import events
from app.core import clock, ids
from app.core.errors import Conflict, Invalid
from app.deadlines import Deadline
from app.files import storage
from app.files.events import FileMoved
from app.files.lifecycle import ATTACHED, FILE, LIVING, UNCHECKED, UPLOADED, FileAction
from app.files.photos import Photo
from app.models.file import File, FileStatus, FileStep, StoredBytes
from app.permissions import Actor, Permission
from app.rows import get_row

P, A = Permission, FileAction
# What belongs to nothing: how long it is kept, how much of it one person may have.
UNATTACHED_FOR = timedelta(days=1)
MOST_UNATTACHED = 12
ARRIVES_WITHIN = timedelta(hours=1)


class TooManyPhotos(Conflict):
    """As many photos as the person may have that belong to nothing yet."""

    code, title = "too_many_photos", "未提交的照片过多，请先提交或删除"


class Arrived(NamedTuple):
    """A photo whose bytes are in the store; they go again if nothing comes of it."""

    file_id: UUID
    width: int
    height: int
    size: int


async def arrive(sessions: async_sessionmaker[AsyncSession], photo: Photo) -> Arrived:
    """The bytes are in the store, noted before they were put there and outside any transaction.

    Raises:
        Unavailable: the store does not answer.
    """
    file_id = ids.new_id()
    async with sessions.begin() as session:
        session.add(StoredBytes(id=file_id, purge_after=clock.now() + ARRIVES_WITHIN))
    await storage.put(file_id, photo.photo, photo.thumbnail)
    return Arrived(file_id, photo.width, photo.height, len(photo.photo))


async def upload(session: AsyncSession, actor: Actor, arrived: Arrived) -> File:
    """The photo is the actor's, unchecked and seen by nobody else; for a day, unless attached.

    Raises:
        TooManyPhotos: see there.
    """
    waiting = await session.scalar(
        select(func.count())
        .select_from(File)
        .where(
            File.owner_id == actor.person_id,
            File.subject_id.is_(None),
            File.status.in_(LIVING),
        )
    )
    if (waiting or 0) >= MOST_UNATTACHED:
        raise TooManyPhotos
    file = File(
        id=arrived.file_id,
        owner_id=actor.person_id,
        status=FileStatus.STORED,
        width=arrived.width,
        height=arrived.height,
        size=arrived.size,
        due_at=clock.now() + UNATTACHED_FOR,
    )
    session.add(file)
    await session.execute(
        update(StoredBytes).where(StoredBytes.id == file.id).values(purge_after=None)
    )
    _tell(session, actor, file, UPLOADED, None)
    await session.flush()
    return file


async def attach(
    session: AsyncSession,
    actor: Actor,
    file_ids: Sequence[UUID],
    *,
    subject: tuple[str, UUID],
    community_id: UUID,
    silence_minutes: int,
) -> None:
    """The actor's photos belong to `subject` of this community, in the order of their upload.

    If no verdict has come `silence_minutes` after the upload, the community's staff decide.
    Locks the files in the order of their ids.

    Raises:
        Invalid: one is not the actor's, was removed or hidden, or belongs to something already.
    """
    mine = (
        select(File.id)
        .where(
            File.id.in_(file_ids),
            File.owner_id == actor.person_id,
            File.subject_id.is_(None),
            File.status.in_(LIVING),
        )
        .order_by(File.id)
        .with_for_update()
    )
    given_up_at = case(
        (File.status.in_(UNCHECKED), File.created_at + timedelta(minutes=silence_minutes))
    )
    found = await session.scalars(
        update(File)
        .where(File.id.in_(mine))
        .values(
            subject_kind=subject[0],
            subject_id=subject[1],
            community_id=community_id,
            due_at=None,
            check_due_at=given_up_at,
        )
        .returning(File)
    )
    files = sorted(found.all(), key=lambda file: file.id)
    if len(files) != len(set(file_ids)):
        raise Invalid.field("/photo_ids", "unknown_photo", "照片不存在、已被使用或未通过检查")
    for file in files:
        _tell(session, actor, file, ATTACHED, file.status)  # flushed with what the caller tells


async def decide(
    session: AsyncSession,
    actor: Actor,
    file_id: UUID,
    action: FileAction,
    *,
    reason: str | None = None,
) -> File:
    """People have decided on a photo of their community, or its uploader has taken it back.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: not his to decide.
        BadTransition: nobody waits for that decision.
    """
    concerned = (P.FILE_OWN, P.FILE_DECIDE)
    file, granted = await get_row(session, actor, File, file_id, seen=concerned, asked=concerned)
    await moved(session, actor, file, action, granted=granted, reason=reason)
    return file


async def moved(
    session: AsyncSession,
    actor: Actor,
    file: File,
    action: FileAction,
    *,
    granted: list[str] | None = None,
    reason: str | None = None,
) -> None:
    """The photo took a step: status, history, fact. `granted` None: the house itself takes it.

    The bytes of what is hidden or removed go at once.
    """
    if granted is None:
        left = FILE.advance(file, action, reason=reason)
    else:
        left = FILE.move(file, action, granted, reason=reason)
    if file.status not in UNCHECKED:
        file.check_due_at = file.ask_after = None
    if file.status not in LIVING:
        file.due_at = None
        await session.execute(
            update(StoredBytes).where(StoredBytes.id == file.id).values(purge_after=clock.now())
        )
    _tell(session, actor, file, action, left, reason=reason)
    await session.flush()


def _tell(
    session: AsyncSession,
    actor: Actor,
    file: File,
    action: str,
    left: FileStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """History and fact of a step."""
    session.add(
        FileStep(
            file_id=file.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=file.status,
            reason=reason,
        )
    )
    events.record(
        session,
        FileMoved(file_id=file.id, owner_id=file.owner_id, action=action, status=file.status),
    )


async def erase(session: AsyncSession, *which: ColumnElement[bool]) -> None:
    """Nothing is kept of these photos; locked in the order of their ids."""
    files = await session.scalars(
        select(File)
        .where(File.status != FileStatus.REMOVED, *which)
        .order_by(File.id)
        .with_for_update()
    )
    for file in files.all():
        await moved(session, Actor.system(), file, A.ERASE)


async def lapse(session: AsyncSession, file: File) -> None:
    """A photo that belongs to nothing is gone after a day."""
    if file.status in LIVING and file.subject_id is None:
        await moved(session, Actor.system(), file, A.LAPSE)


async def give_up(session: AsyncSession, file: File) -> None:
    """No verdict came: people decide."""
    if file.status in UNCHECKED:
        await moved(session, Actor.system(), file, A.HOLD)


DEADLINES = (Deadline(File, lapse), Deadline(File, give_up, "check_due_at"))
