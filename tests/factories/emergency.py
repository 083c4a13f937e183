"""Call-ups, shifts and plans for tests."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.call_up_plan import CallUpPlan
from app.models.emergency import CallUp, CallUpStatus, Reply, Shift
from app.models.member import Registration
from app.models.organization import Organization


async def make_call_up(
    session: AsyncSession,
    community: Organization,
    called: Sequence[Registration] = (),
    **columns: Any,
) -> CallUp:
    """An active call-up of this community, and a row for each who is called; flushed."""
    call_up = CallUp(
        **{
            "organization_id": community.id,
            "kind": "flood_typhoon",
            "is_emergency": True,
            "level": "response",
            "targets": [community.id],
            "title": "防台值守",
            "text": "台风将至",
            "place": "社区服务中心",
            "gather_at": clock.now() + timedelta(hours=2),
            "status": CallUpStatus.ACTIVE,
            "approvals_needed": 2,
            "reply_minutes": 120,
            "activated_at": clock.now(),
        }
        | columns
    )
    session.add(call_up)
    await session.flush()
    session.add_all(
        Reply(call_up_id=call_up.id, registration_id=row.id, person_id=row.person_id)
        for row in called
    )
    await session.flush()
    return call_up


async def make_shift(session: AsyncSession, call_up: CallUp, **columns: Any) -> Shift:
    """A shift of four hours and one place, in three hours; open; flushed."""
    shift = Shift(
        **{
            "call_up_id": call_up.id,
            "duty": "patrol",
            "place": call_up.place,
            "starts_at": clock.now() + timedelta(hours=3),
            "ends_at": clock.now() + timedelta(hours=7),
            "seats": 1,
            "rest_hours": 8,
            "is_open": True,
        }
        | columns
    )
    session.add(shift)
    await session.flush()
    return shift


def make_plan(organization: Organization, **columns: Any) -> CallUpPlan:
    """A plan with one meeting point and two shifts of two; not added."""
    post = {
        "duty": "patrol",
        "place": None,
        "seats": 2,
        "begins_after": 0,
        "minutes": 240,
        "shifts": 2,
        "meals": None,
        "insurance": None,
    }
    return CallUpPlan(
        **{
            "organization_id": organization.id,
            "kind": "flood_typhoon",
            "level": "response",
            "title": "防台预案",
            "text": "台风将至",
            "gather_within": 60,
            "meeting_points": [{"place": "社区服务中心", "note": None}],
            "posts": [post],
        }
        | columns
    )
