"""An old person without a phone runs the whole loop: entered, served by a member, answered for."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import Acceptance
from app.models.order import Order
from app.models.person import Role
from app.models.record import ServiceRecord
from app.needs.events import AcceptanceMoved
from app.orders import service as orders
from tests.factories.members import make_registration
from tests.factories.organizations import make_organization
from tests.factories.people import make_person, make_staff
from tests.needs.town import Desk, Town, desk, town

__all__ = ["desk", "town"]


async def test_an_old_person_without_a_phone_runs_the_whole_loop(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    move_clock: Callable[[timedelta], None],
) -> None:
    chief = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    organiser = await make_staff(session, Role.COMMUNITY_CLERK, town.community)
    member = await make_person(session, name="张三")
    await make_registration(session, town.community, member)
    grid = await make_organization(session, "grid", town.community)
    building = await make_organization(session, "building", grid)
    place = f"/organizations/{town.community.id}"

    resident = await desk.post(
        town.clerk, f"{place}/residents", name="王奶奶", building_id=str(building.id)
    )
    entered = await desk.post(
        town.clerk,
        f"{place}/needs",
        words="灯坏了，够不着",
        source="visit",
        resident_id=resident.json()["id"],
        door="3幢201室",
    )
    need = f"/needs/{entered.json()['id']}"
    accepted = await desk.post(chief, f"{need}/accept", route="order", category="phone_teaching")
    assert accepted.json()["status"] == "accepted"

    starts = clock.now() + timedelta(hours=20)
    published = await desk.post(
        organiser,
        f"{place}/orders",
        title="上门帮忙",
        starts_at=starts.isoformat(),
        ends_at=(starts + timedelta(hours=1)).isoformat(),
        seats=1,
        door="3幢201室",
        need_ids=[entered.json()["id"]],
        publish=True,
    )
    order = f"/orders/{published.json()['id']}"
    seat = await desk.post(member, f"{order}/seats")
    contact = await desk.get(member, f"{order}/contact")
    assert (contact["door"], contact["phone"]) == ("3幢201室", None)

    move_clock(timedelta(hours=21, minutes=30))
    await desk.post(organiser, f"{order}/attendance", present=[seat.json()["id"]])
    completed = await desk.post(organiser, f"{order}/complete", minutes=60)
    assert completed.json()["status"] == "pending_acceptance"
    assert (await session.scalars(select(ServiceRecord.minutes))).all() == [60]

    answer = {"answer": "solved", "way": "visit"}
    for involved in (chief, organiser):
        own = await desk.post(involved, f"{need}/acceptance-on-behalf", **answer)
        assert (own.status_code, own.json()["code"]) == (403, "own_work")
    answered = await desk.post(town.clerk, f"{need}/acceptance-on-behalf", **answer)
    assert answered.json()["status"] == "solved"

    row = (await session.scalars(select(Acceptance))).one()
    assert (row.on_behalf_way, row.answered_by_id) == ("visit", town.clerk.id)
    assert row.order_id is not None
    fact = AcceptanceMoved(
        acceptance_id=row.id,
        need_id=row.need_id,
        order_id=row.order_id,
        action="solved",
        status="solved",
    )
    await orders.on_acceptance_moved(session, 1, fact)
    closed = await session.get_one(Order, row.order_id, populate_existing=True)
    assert closed.status == "closed"
