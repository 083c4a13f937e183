"""Nothing of a resident who has left, or agrees no longer, is kept by an order; nobody comes."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.events import AccountClosed, ConsentWithdrawn, PhoneRevoked
from app.models.need import Need, NeedStatus, Route
from app.models.order import Order, OrderStatus
from app.models.person import Person
from app.needs.events import NeedMoved
from app.orders import leaving
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_seat
from tests.factories.people import make_person
from tests.orders.town import Town, town

__all__ = ["town"]


async def served(session: AsyncSession, town: Town, *needs: Need) -> Order:
    return await make_order(
        session,
        town.community,
        needs=needs,
        door="3幢201室",
        contact_name="李梅",
        contact_phone="13800000000",
    )


async def kept(session: AsyncSession, order: Order) -> set[str]:
    row = await session.get_one(Order, order.id, populate_existing=True)
    return {name for name in leaving.ALL if getattr(row, name) is not None}


@pytest.fixture
async def resident(session: AsyncSession) -> Person:
    return await make_person(session, name="李梅")


async def test_a_withdrawn_purpose_takes_only_its_own(
    town: Town, session: AsyncSession, resident: Person
) -> None:
    order = await served(session, town, await make_need(session, town.community, resident))
    for purpose, left in (
        ("relay_thanks", {"door", "contact_name", "contact_phone"}),
        ("service_address", {"contact_name", "contact_phone"}),
        ("contact_at_service", {"contact_name"}),
        ("resident_core", set()),
    ):
        gone = ConsentWithdrawn(person_id=resident.id, purpose=purpose)
        await leaving.on_consent_withdrawn(session, 1, gone)
        assert await kept(session, order) == left


async def test_a_revoked_phone_and_a_closed_account_leave_nothing_and_others_untouched(
    town: Town, session: AsyncSession, resident: Person
) -> None:
    own = await served(session, town, await make_need(session, town.community, resident))
    first = await make_need(session, town.community)
    second = await make_need(session, town.community, resident)
    shared = await served(session, town, first, second)
    await leaving.on_phone_revoked(session, 1, PhoneRevoked(person_id=resident.id))
    assert await kept(session, own) == {"door", "contact_name"}
    await leaving.on_account_closed(session, 1, AccountClosed(person_id=resident.id))
    assert await kept(session, own) == set()
    assert await kept(session, shared) == set(leaving.ALL)


async def test_an_order_is_cancelled_when_its_last_need_was_revoked(
    town: Town, session: AsyncSession
) -> None:
    first, second = [
        await make_need(session, town.community, status=NeedStatus.IN_HAND, route=Route.ORDER)
        for _ in range(2)
    ]
    order = await served(session, town, first, second)
    await make_seat(session, order, town.registration)
    for need, action, status in (
        (first, "start", OrderStatus.OPEN),
        (first, "revoke", OrderStatus.OPEN),
        (second, "revoke", OrderStatus.CANCELLED),
        (second, "revoke", OrderStatus.CANCELLED),
    ):
        if action == "revoke":
            need.status = NeedStatus.WITHDRAWN
            await session.flush()
        fact = NeedMoved(need_id=need.id, requester_id=None, action=action, status=need.status)
        await leaving.on_need_moved(session, 1, fact)
        assert order.status is status
    assert {first.status, second.status} == {NeedStatus.WITHDRAWN}
