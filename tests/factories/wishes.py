"""Wishes and claims for tests."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, fields
from app.core.ids import new_id
from app.models.member import Registration
from app.models.organization import Organization
from app.models.person import Person
from app.models.wish import Wish, WishClaim, WishStatus
from tests.factories.members import make_registration
from tests.factories.organizations import make_community
from tests.factories.people import make_person


async def make_wish(
    session: AsyncSession,
    community: Organization | None = None,
    requester: Person | None = None,
    *,
    status: WishStatus = WishStatus.OPEN,
    **columns: Any,
) -> Wish:
    """A verified wish of a resident with a contact; flushed."""
    community = community or await make_community(session)
    requester = requester or await make_person(session)
    made = new_id()
    wish = Wish(
        **{
            "id": made,
            "number": f"XY-T-{made.hex[-12:].upper()}",
            "community_id": community.id,
            "requester_id": requester.id,
            "words": "李梅想要一个保温杯",
            "title": "保温杯一个",
            "value_yuan": 80,
            "contact_name": requester.name,
            "contact_phone": requester.phone,
            "phone_hash": fields.find_by(requester.phone or ""),
            "shares_phone": True,
            "door": "3幢201室",
            "status": status,
            "published_at": clock.now(),
        }
        | columns
    )
    session.add(wish)
    await session.flush()
    return wish


async def make_wish_claim(
    session: AsyncSession,
    wish: Wish | None = None,
    registration: Registration | None = None,
    **columns: Any,
) -> WishClaim:
    """A living claim of a registered member; the wish is one that was claimed just now."""
    wish = wish or await make_wish(session, status=WishStatus.CLAIMED)
    if registration is None:
        community = await session.get_one(Organization, wish.community_id)
        registration = await make_registration(session, community)
    wish.due_at = clock.now() + timedelta(days=15)
    claim = WishClaim(
        **{
            "wish_id": wish.id,
            "person_id": registration.person_id,
            "registration_id": registration.id,
        }
        | columns
    )
    session.add(claim)
    await session.flush()
    return claim
