"""Needs for tests."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.models.need import Need, NeedStatus
from app.models.organization import Organization
from app.models.person import Person
from tests.factories.organizations import make_community
from tests.factories.people import make_person


async def make_need(
    session: AsyncSession,
    community: Organization | None = None,
    requester: Person | None = None,
    *,
    status: NeedStatus = NeedStatus.SUBMITTED,
    **columns: Any,
) -> Need:
    """A resident's need with a contact; the requester is made where none is given; flushed."""
    community = community or await make_community(session)
    requester = requester or await make_person(session)
    made = new_id()
    need = Need(
        **{
            "id": made,
            "number": f"SQ-T-{made.hex[-12:].upper()}",
            "community_id": community.id,
            "requester_id": requester.id,
            "words": "想学用手机挂号",
            "contact_name": requester.name,
            "contact_phone": requester.phone,
            "shares_phone": True,
            "door": "3幢201室",
            "status": status,
        }
        | columns
    )
    session.add(need)
    await session.flush()
    return need
