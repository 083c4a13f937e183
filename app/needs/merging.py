"""Several needs that are one: merged into a main one, which answers for all; parted when it goes.

Whose need was merged stands among the main one's supporters, and is told with them.
"""

from uuid import UUID

from sqlalchemy import delete, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Invalid
from app.models.need import Need, NeedKind, NeedStatus, NeedSupporter
from app.needs import service
from app.needs.lifecycle import ENDED, NeedAction
from app.permissions import Actor, Permission


async def merge(session: AsyncSession, actor: Actor, need_id: UUID, into_id: UUID) -> Need:
    """The need goes on as part of another one of the same community, with all merged into it; who
    waits for it waits for that one.

    Both are locked in the order of their ids: two that are merged into each other at once never
    both disappear.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        Invalid: the other one is not there, is this one, has ended, or is for other eyes.
    """
    both = await service.find_many(session, [need_id, into_id])
    need, granted = await service.get(session, actor, need_id, Permission.NEED_TRIAGE)
    into = next((one for one in both if one.id == into_id and one.id != need_id), None)
    if (
        into is None
        or into.community_id != need.community_id
        or into.status in ENDED
        or _is_closed(into) is not _is_closed(need)
    ):
        raise Invalid.field("/into_id", "unfit_need", "不能并入这一件")
    await service.moved(session, actor, need, NeedAction.MERGE, granted)
    need.merged_into_id = into.id
    await _follow(session, need, into)
    return need


async def parted(session: AsyncSession, main: Need) -> None:
    """The main one was withdrawn: the oldest of those merged into it waits for the community again,
    and the others with all supporters go on as part of that one."""
    heir = await session.scalar(
        select(Need)
        .where(Need.merged_into_id == main.id, Need.status == NeedStatus.MERGED)
        .order_by(Need.id)
        .limit(1)
        .with_for_update()
    )
    if heir is None:
        return
    heir.merged_into_id = None
    await service.moved(session, Actor.system(), heir, NeedAction.UNMERGE, None)
    await _follow(session, main, heir)


async def _follow(session: AsyncSession, left: Need, main: Need) -> None:
    """Whatever stood behind `left`, and its own resident where it was merged, stands behind `main`."""
    await session.execute(
        update(Need).where(Need.merged_into_id == left.id).values(merged_into_id=main.id)
    )
    waiting = select(
        literal(main.id),
        NeedSupporter.person_id,
        NeedSupporter.merged_need_id,
        NeedSupporter.created_at,
    ).where(
        NeedSupporter.need_id == left.id,
        NeedSupporter.person_id.is_distinct_from(main.requester_id),
    )
    await session.execute(
        insert(NeedSupporter)
        .from_select(["need_id", "person_id", "merged_need_id", "created_at"], waiting)
        .on_conflict_do_nothing()
    )
    await session.execute(delete(NeedSupporter).where(NeedSupporter.need_id == left.id))
    if left.status is NeedStatus.MERGED and left.requester_id not in (None, main.requester_id):
        await session.execute(
            insert(NeedSupporter)
            .values(
                need_id=main.id,
                person_id=left.requester_id,
                merged_need_id=left.id,
                created_at=clock.now(),
            )
            .on_conflict_do_update(
                index_elements=["need_id", "person_id"], set_={"merged_need_id": left.id}
            )
        )
    await session.flush()


def _is_closed(need: Need) -> bool:
    """What is said about a member is seen by few, and never part of what others see."""
    return need.kind is NeedKind.ABOUT_MEMBER
