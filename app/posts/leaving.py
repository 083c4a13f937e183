"""What ends a claim that nobody decided about: its registration is over, or its post is closed.

A registration also ends with the consent it stood on and with the account.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.events import AccountClosed, ConsentWithdrawn
from app.members.applications import CORE
from app.members.events import RegistrationMoved
from app.models.member import Registration, RegistrationStatus
from app.models.post import LIVING, Claim, ClaimStep
from app.posts import claims
from app.posts.events import PostMoved
from app.posts.lifecycle import ClaimAction, PostAction

REGISTRATION_OVER, POST_CLOSED = "registration_ended", "post_closed"


async def on_registration_moved(
    session: AsyncSession, fact_number: int, event: RegistrationMoved
) -> None:
    """Who is not registered here any more serves on no post; his places are free.

    Who has only changed his employer serves on, under his new registration.
    """
    if event.status != RegistrationStatus.ENDED:
        return
    rows = await _living(session, Claim.registration_id == event.registration_id)
    if not rows:
        return
    next_id = await session.scalar(
        select(Registration.id).where(
            Registration.person_id == event.person_id,
            Registration.community_id == rows[0].community_id,
            Registration.status == RegistrationStatus.ACTIVE,
        )
    )
    if next_id is None:
        await claims.end(session, rows, REGISTRATION_OVER)
        return
    for row in rows:
        row.registration_id = next_id
    await session.flush()


async def on_post_moved(session: AsyncSession, fact_number: int, event: PostMoved) -> None:
    """Nobody serves on a closed post, or waits for it."""
    if event.action == PostAction.CLOSE:
        rows = await _living(session, Claim.post_id == event.post_id)
        await claims.end(session, rows, POST_CLOSED)


async def on_consent_withdrawn(
    session: AsyncSession, fact_number: int, event: ConsentWithdrawn
) -> None:
    """Without the core purpose nothing is kept that the member said in his own words."""
    if event.purpose == CORE:
        await _clear(session, event.person_id)


async def on_account_closed(session: AsyncSession, fact_number: int, event: AccountClosed) -> None:
    """Nothing is kept that the member said in his own words."""
    await _clear(session, event.person_id)


async def _living(session: AsyncSession, are_theirs: ColumnElement[bool]) -> Sequence[Claim]:
    rows = await session.scalars(
        select(Claim)
        .where(are_theirs, Claim.status.in_(LIVING))
        .order_by(Claim.id)
        .with_for_update()
    )
    return rows.all()


async def _clear(session: AsyncSession, person_id: UUID) -> None:
    theirs = select(Claim.id).where(Claim.person_id == person_id)
    await session.execute(
        update(ClaimStep)
        .where(ClaimStep.claim_id.in_(theirs), ClaimStep.action == ClaimAction.ASK_EXIT)
        .values(reason=None)
    )
