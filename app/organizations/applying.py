"""The door through which every previewed file of this room is applied."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.models.organization import Import, ImportKind
from app.organizations import divisions, imports
from app.permissions import Actor


async def apply(
    session: AsyncSession, actor: Actor, import_id: UUID, *, close_vanished: bool
) -> Import:
    """The previewed file is applied, whole.

    `close_vanished` matters to a division file only.

    Raises:
        NotFound, Forbidden: it is not the actor's to apply.
        BadTransition, ImportLapsed, RowsRefused, StateChanged: see `imports`.
    """
    row, plan = await imports.take(session, actor, import_id, ImportKind.DIVISIONS)
    await divisions.apply(session, actor, row, plan, close_vanished=close_vanished)
    return row
