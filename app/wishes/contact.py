"""Name, phone and door of a beneficiary in clear: for who holds the living claim, in his time.

The community, which has to reach the beneficiary before and after, says why it looks. Each look is
logged and shown to the beneficiary. Source: domain.md §3.4, §5.6.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core import clock
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.paging import Paging, Slice
from app.core.prepared import Prepared, Reader
from app.models.wish import Wish, WishStatus
from app.permissions import Actor, Permission, may
from app.wishes import service
from app.wishes.lifecycle import ENDED

P = Permission
FIELDS = "name,phone,door"
CLAIMER, STAFF = "wish_claimer", "community_staff"  # as what somebody looks


class WishContactClosed(Conflict):
    """The contact is shown while a claim lives and nothing is delivered, and no longer."""

    code, title = "wish_contact_closed", "联系方式仅在认领期内可见"


async def show(
    session: AsyncSession, actor: Actor, wish_id: UUID, reason: str | None
) -> dict[str, Any]:
    """The contact in clear. The claimer has the phone only where the beneficiary shares it.

    Raises:
        NotFound: not the actor's to see.
        Forbidden: neither the living claimer nor the community's staff.
        WishContactClosed: outside the claimer's time; of an ended wish, to anybody.
        Invalid: the staff gives no reason.
    """
    wish, granted = await service.get(session, actor, wish_id)
    is_claimer = P.WISH_SERVE in granted
    if not is_claimer and P.WISH_RUN not in granted:
        raise Forbidden
    if wish.status in ENDED or (is_claimer and not _is_claimers_time(wish)):
        raise WishContactClosed
    if not is_claimer and reason is None:
        raise Invalid.field("/reason", "reason_required", "请说明查看原因")
    audit.looked(
        session,
        actor,
        FIELDS,
        subject=("wish", wish.id),
        owner_id=wish.requester_id,
        capacity=CLAIMER if is_claimer else STAFF,
        reason=reason,
    )
    await session.flush()
    return {
        "name": wish.contact_name,
        "phone": wish.contact_phone if wish.shares_phone or not is_claimer else None,
        "door": wish.door,
        "until": wish.due_at if is_claimer else None,
    }


def _is_claimers_time(wish: Wish) -> bool:
    is_claimed = wish.status is WishStatus.CLAIMED
    return is_claimed and wish.due_at is not None and clock.now() <= wish.due_at


OWNED = Prepared(
    select(Wish.id).where(Wish.id == bindparam("wish_id", type_=Uuid()), may(P.WISH_OWN))
)


async def looks(
    reader: Reader, actor: Actor, paging: Paging, wish_id: UUID
) -> Slice[dict[str, Any]]:
    """Who looked at the actor's contact for this wish, newest first; in which capacity, no names.

    Raises:
        NotFound: none, or not a wish of the actor's own.
    """
    if await OWNED.one(reader, actor.binds() | {"wish_id": wish_id}) is None:
        raise NotFound
    return await audit.page_of_looks(reader, paging, "wish", wish_id)
