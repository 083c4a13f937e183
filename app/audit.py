"""The operation log and the access log: written with the change or the look they speak of."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.models.house import AccessLog, OperationLog
from app.permissions import Actor


def operated(
    session: AsyncSession,
    actor: Actor,
    action: str,
    *,
    subject: tuple[str, UUID | None],
    organization_id: UUID | None = None,
    **detail: Any,
) -> None:
    """Note an act of administration; `subject` is (kind, id), `detail` holds no personal data."""
    session.add(
        OperationLog(
            actor_id=actor.person_id,
            action=action,
            organization_id=organization_id,
            subject_kind=subject[0],
            subject_id=subject[1],
            detail=detail,
        )
    )


def looked(
    session: AsyncSession,
    actor: Actor,
    fields: str,
    *,
    subject: tuple[str, UUID],
    owner_id: UUID | None,
    capacity: str | None = None,
    reason: str | None = None,
) -> None:
    """Note that `actor` saw personal `fields` of `subject` in clear; shown to `owner_id`.

    `capacity`: as what he could see them, a role held there or the holder of a seat.
    """
    session.add(
        AccessLog(
            actor_id=actor.person_id,
            subject_kind=subject[0],
            subject_id=subject[1],
            owner_id=owner_id,
            capacity=capacity,
            fields=fields,
            reason=reason,
        )
    )
