"""Consents, ratings, answers and rated services for tests."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Registration
from app.models.need import Acceptance, AcceptanceStatus, Need
from app.models.order import Order, OrderStatus, SeatStatus
from app.models.organization import Organization
from app.models.person import Consent, Person
from app.models.report import Rating, Satisfaction
from tests.factories.orders import make_order, make_record, make_seat
from tests.factories.people import make_person


async def make_consent(
    session: AsyncSession, person_id: Any, purpose: str = "report_to_employer"
) -> Consent:
    """A living consent to one purpose."""
    consent = Consent(
        person_id=person_id,
        purpose=purpose,
        text_version="1",
        text_hash="",
        channel="mini_program",
    )
    session.add(consent)
    await session.flush()
    return consent


async def make_service(
    session: AsyncSession,
    registration: Registration,
    *,
    rated: Satisfaction | None = None,
    rater: Person | None = None,
    answer: AcceptanceStatus | None = None,
    answered_at: datetime | None = None,
    **columns: Any,
) -> Order:
    """A finished order that this member served: seat, record, and what the resident said of it."""
    community = await session.get_one(Organization, registration.community_id)
    resident = rater or await make_person(session)
    order = await make_order(session, community, status=OrderStatus.CLOSED, starts_at=clock.now())
    await make_seat(session, order, registration, status=SeatStatus.CONFIRMED)
    await make_record(session, registration, source_id=order.id, **columns)
    need = Need(
        number=f"SQ-T-{order.id.hex[-12:]}",
        community_id=community.id,
        requester_id=resident.id,
        words="教用手机",
    )
    session.add(need)
    await session.flush()
    if answer is not None:
        session.add(
            Acceptance(
                need_id=need.id,
                order_id=order.id,
                round=0,
                status=answer,
                answered_at=answered_at,
            )
        )
    if rated is not None:
        session.add(
            Rating(order_id=order.id, need_id=need.id, rater_id=resident.id, satisfaction=rated)
        )
    await session.flush()
    return order
