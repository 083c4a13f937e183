"""Photos of a need: never required, and not of everything."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.files import service as files
from app.models.file import File
from app.models.need import Need, NeedKind
from app.permissions import Actor

# What is said about people carries no pictures of them; what concerns children neither. Source:
# practice.md R1.
WITH_PHOTOS = {NeedKind.HELP_REQUEST, NeedKind.SNAPSHOT_REPORT}
MINOR = "minor"
SUBJECT = "need"  # what photos call it
RULES = MOST, SILENCE = "files.max_per_need", "files.check_silence_minutes"


async def add(
    session: AsyncSession,
    actor: Actor,
    need: Need,
    photo_ids: Sequence[UUID],
    category: Mapping[str, Any] | None,
    rules: Mapping[str, Any],
) -> None:
    """The actor's uploads belong to the need; none of children. `rules`: the community's `RULES`.

    Raises:
        Invalid: a kind or category without photos, too many, or one that is not the actor's to use.
    """
    if need.kind not in WITH_PHOTOS:
        raise Invalid.field("/photo_ids", "no_photos_here", "这类诉求不收照片")
    if MINOR in (category or {}).get("flags", ()):
        raise Invalid.field("/photo_ids", "no_photos_of_minors", "涉及未成年人的诉求不收照片")
    if len(set(photo_ids)) > rules[MOST]:
        raise Invalid.field("/photo_ids", "too_many_photos", f"最多{rules[MOST]}张照片")
    await files.attach(
        session,
        actor,
        photo_ids,
        subject=(SUBJECT, need.id),
        community_id=need.community_id,
        silence_minutes=rules[SILENCE],
    )


async def erase_of(session: AsyncSession, person_id: UUID) -> None:
    """No photo of this resident's needs is kept, whoever took it."""
    needs = select(Need.id).where(Need.requester_id == person_id)
    await files.erase(session, File.subject_kind == SUBJECT, File.subject_id.in_(needs))
