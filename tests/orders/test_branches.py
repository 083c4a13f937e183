"""The organiser asks one member; a branch takes places and names who comes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import deadlines
from app.core import clock
from app.core.ids import new_id
from app.models.member import Member, Registration, RegistrationStatus
from app.models.order import (
    BranchTake,
    Commitment,
    Order,
    OrderStatus,
    Seat,
    SeatOrigin,
    SeatStatus,
    SeatStep,
    WeekCount,
)
from app.models.organization import Organization, OrganizationRegistration, PairingStatus
from app.models.person import Person, Role
from app.orders import offers
from tests.factories.members import make_member, make_registration
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

S = SeatStatus
Move = Callable[[timedelta], None]
Sessions = async_sessionmaker[AsyncSession]
Counter = Callable[[], AbstractContextManager[list[str]]]


@dataclass
class Branch:
    unit: Organization
    leader: Person
    people: list[Registration]


@pytest.fixture
async def branch(session: AsyncSession, town: Town) -> Branch:
    """A functional branch of the community with its secretary and five members."""
    unit = await make_organization(session, "functional_branch", town.community)
    return Branch(
        unit,
        await make_staff(session, Role.BRANCH_SECRETARY, unit),
        [
            await make_registration(session, town.community, functional_branch_id=unit.id)
            for _ in range(5)
        ],
    )


async def take(
    desk: Desk, branch: Branch, order: Order, places: int, people: list[Registration]
) -> Response:
    return await desk.post(
        branch.leader,
        f"/orders/{order.id}/branch-takes",
        organization_id=str(branch.unit.id),
        places=places,
        registration_ids=[str(one.id) for one in people],
    )


async def seat_of(session: AsyncSession, order: Order, one: Registration) -> Seat:
    """The person's last seat on the order, as it is now."""
    found = await session.scalars(
        select(Seat)
        .where(Seat.order_id == order.id, Seat.person_id == one.person_id)
        .order_by(Seat.id.desc())
        .execution_options(populate_existing=True)
    )
    return found.all()[0]


async def person(session: AsyncSession, one: Registration) -> Person:
    return await session.get_one(Person, one.person_id)


async def answer(
    desk: Desk, session: AsyncSession, order: Order, one: Registration, how: str
) -> Response:
    seat = await seat_of(session, order, one)
    return await desk.post(await person(session, one), f"/seats/{seat.id}/{how}")


async def numbers(session: AsyncSession, order: Order, take_id: Any) -> tuple[int, int]:
    """Places taken on the order, and those of the take without a name."""
    held = await session.get_one(BranchTake, take_id, populate_existing=True)
    await session.refresh(order)
    return order.taken, held.unnamed


async def pass_time(sessions: Sessions) -> None:
    while await deadlines.advance_next(sessions, offers.DEADLINES):
        pass


async def test_who_is_asked_by_the_organiser_may_come_or_not(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    order = await make_order(session, town.community, seats=2)
    other = await make_registration(session, town.community)
    path = f"/orders/{order.id}/dispatch"
    with count_statements() as spent:
        asked = await desk.post(town.clerk, path, registration_id=str(town.registration.id))
    assert (asked.status_code, asked.json()["status"]) == (201, "offered"), asked.text
    assert len(spent) <= 12
    await session.refresh(order)
    assert order.taken == 1
    seat = await seat_of(session, order, town.registration)
    assert seat.origin is SeatOrigin.DISPATCH
    assert order.offers_due_at == seat.offered_until
    steps = await session.scalars(select(SeatStep).where(SeatStep.seat_id == seat.id))
    assert [(step.action, step.actor_id) for step in steps] == [("offer", town.clerk.id)]
    twice = await desk.post(town.clerk, path, registration_id=str(town.registration.id))
    assert (twice.status_code, twice.json()["code"]) == (409, "cannot_come")
    await desk.post(town.clerk, path, registration_id=str(other.id))
    accepted = await answer(desk, session, order, town.registration, "accept")
    assert accepted.json()["status"] == "taken"
    declined = await answer(desk, session, order, other, "decline")
    assert declined.json()["status"] == "declined"
    await session.refresh(order)
    assert order.taken == 1
    held = (await desk.get(town.clerk, f"/orders/{order.id}"))["seats_held"]
    assert [(one["status"], one["origin"]) for one in held] == [
        ("taken", "dispatch"),
        ("declined", "dispatch"),
    ]


async def test_nobody_is_asked_who_may_not_be(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community)
    full = await make_order(session, town.community)
    await make_seat(session, full)
    begun = await make_order(session, town.community, starts_at=clock.now())
    far = await make_registration(session, await make_community(session))
    paused = await make_registration(session, town.community, status=RegistrationStatus.SUSPENDED)
    shy = await make_registration(
        session, town.community, member=await make_member(session, is_protected=True)
    )
    busy = await make_registration(session, town.community)
    promised = await make_order(session, town.community, starts_at=order.starts_at)
    await make_seat(session, promised, busy)
    asked = await make_registration(session, town.community)
    await make_seat(session, promised, asked, status=S.OFFERED)
    for at, whom, code in (
        (order, far, "invalid"),
        (order, paused, "invalid"),
        (order, shy, "invalid"),
        (order, busy, "cannot_come"),
        (order, asked, "cannot_come"),
        (full, town.registration, "full"),
        (begun, town.registration, "not_open"),
    ):
        refused = await desk.post(
            town.clerk, f"/orders/{at.id}/dispatch", registration_id=str(whom.id)
        )
        assert refused.json()["code"] == code
    path = f"/orders/{order.id}/dispatch"
    own = await desk.post(town.member, path, registration_id=str(town.registration.id))
    assert own.status_code == 403


async def test_silence_is_a_refusal(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    order = await make_order(session, town.community, starts_at=clock.now() + timedelta(days=5))
    path = f"/orders/{order.id}/dispatch"
    await desk.post(town.clerk, path, registration_id=str(town.registration.id))
    move_clock(timedelta(hours=23))
    await pass_time(sessions)
    assert (await seat_of(session, order, town.registration)).status is S.OFFERED
    move_clock(timedelta(hours=25))
    await pass_time(sessions)
    assert (await seat_of(session, order, town.registration)).status is S.LAPSED
    await session.refresh(order)
    assert order.taken == 0


async def test_a_branch_takes_places_and_each_named_is_asked(
    desk: Desk, town: Town, branch: Branch, session: AsyncSession, count_statements: Counter
) -> None:
    order = await make_order(session, town.community, seats=4)
    first, second, third, *_ = branch.people
    with count_statements() as spent:
        taken = await take(desk, branch, order, 3, [second, first])
    assert taken.status_code == 201, taken.text
    assert len(spent) <= 12
    took = taken.json()
    assert (took["places"], took["unnamed"]) == (3, 1)
    assert await numbers(session, order, took["id"]) == (3, 1)
    shown = await desk.get(first_person := await person(session, first), f"/orders/{order.id}")
    assert (shown["my_status"], first_person.id) == ("offered", first.person_id)
    await answer(desk, session, order, first, "accept")
    await answer(desk, session, order, second, "decline")
    assert await numbers(session, order, took["id"]) == (3, 2)
    path = f"/branch-takes/{took['id']}"
    named = await desk.post(branch.leader, f"{path}/names", registration_ids=[str(third.id)])
    assert named.json()["unnamed"] == 1, named.text
    seen = await desk.get(branch.leader, path)
    assert [one["status"] for one in seen["people"]] == ["taken", "declined", "offered"]
    assert (await desk.get(town.clerk, path))["title"] == order.title
    assert (await desk.get(town.member, path))["code"] == "not_found"
    back = await desk.post(branch.leader, f"{path}/give-back")
    assert back.json()["unnamed"] == 0
    assert await numbers(session, order, took["id"]) == (2, 0)
    listed = await desk.get(branch.leader, f"/organizations/{branch.unit.id}/branch-takes")
    assert [(one["id"], one["order_status"]) for one in listed["items"]] == [(took["id"], "open")]


async def test_places_without_a_name_fall_to_who_waits(
    desk: Desk,
    town: Town,
    branch: Branch,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: Move,
) -> None:
    order = await make_order(session, town.community, seats=2, starts_at=at(days=5))
    took = (await take(desk, branch, order, 2, branch.people[:1])).json()
    waiting = await make_seat(session, order, town.registration, status=S.WAITING)
    await answer(desk, session, order, branch.people[0], "accept")
    move_clock(timedelta(hours=25))
    late = await desk.post(
        branch.leader,
        f"/branch-takes/{took['id']}/names",
        registration_ids=[str(branch.people[1].id)],
    )
    assert late.json()["code"] == "names_closed"
    await pass_time(sessions)
    await session.refresh(waiting)
    assert waiting.status is S.OFFERED
    assert await numbers(session, order, took["id"]) == (2, 0)
    gone = await answer(desk, session, order, branch.people[0], "release")
    assert gone.json()["status"] == "released"
    assert await numbers(session, order, took["id"]) == (1, 0)


def at(**after: float) -> Any:
    return clock.now() + timedelta(**after)


async def test_names_are_exchanged_until_the_cut_off(
    desk: Desk, town: Town, branch: Branch, session: AsyncSession, count_statements: Counter
) -> None:
    order = await make_order(session, town.community, seats=2)
    first, second, third, *_ = branch.people
    took = (await take(desk, branch, order, 2, [first, second])).json()
    await answer(desk, session, order, first, "accept")
    path = f"/branch-takes/{took['id']}/exchange"
    seat = await seat_of(session, order, first)
    with count_statements() as spent:
        changed = await desk.post(
            branch.leader, path, seat_id=str(seat.id), registration_id=str(third.id)
        )
    assert changed.status_code == 200, changed.text
    assert len(spent) <= 12
    assert (await seat_of(session, order, first)).status is S.REPLACED
    assert (await seat_of(session, order, third)).status is S.OFFERED
    assert (await session.scalars(select(Commitment))).all() == []
    assert await session.scalar(select(WeekCount.taken)) == 0
    assert await numbers(session, order, took["id"]) == (2, 0)
    asked = await seat_of(session, order, second)
    again = await desk.post(
        branch.leader, path, seat_id=str(asked.id), registration_id=str(first.id)
    )
    assert again.status_code == 200, again.text
    for seat_id, one, code in (
        (asked.id, branch.people[3], "bad_transition"),
        (new_id(), branch.people[3], "invalid"),
        ((await seat_of(session, order, third)).id, town.registration, "invalid"),
        ((await seat_of(session, order, third)).id, first, "cannot_come"),
    ):
        refused = await desk.post(
            branch.leader, path, seat_id=str(seat_id), registration_id=str(one.id)
        )
        assert refused.json()["code"] == code
    order.release_until = clock.now()
    await session.flush()
    closed = await desk.post(
        branch.leader, path, seat_id=str(asked.id), registration_id=str(first.id)
    )
    assert closed.json()["code"] == "names_closed"


async def test_each_refusal_of_a_branch_has_its_reason_and_changes_nothing(
    desk: Desk, town: Town, branch: Branch, session: AsyncSession
) -> None:
    order = await make_order(session, town.community, seats=2)
    over = await make_order(session, town.community, status=OrderStatus.CLOSED)
    shy = await make_registration(
        session,
        town.community,
        member=await make_member(session, is_protected=True),
        functional_branch_id=branch.unit.id,
    )
    busy = branch.people[0]
    await make_seat(
        session, await make_order(session, town.community, starts_at=order.starts_at), busy
    )
    free = branch.people[1]
    for at_order, places, people, code in (
        (order, 3, [], "full"),
        (order, 1, branch.people[:2], "invalid"),
        (order, 1, [town.registration], "invalid"),
        (order, 1, [shy], "invalid"),
        (order, 2, [free, busy], "cannot_come"),
        (over, 1, [], "not_open"),
    ):
        refused = await take(desk, branch, at_order, places, people)
        assert refused.json()["code"] == code
    (error,) = (await take(desk, branch, order, 2, [free, busy])).json()["errors"]
    assert error["pointer"] == "/registration_ids/1"
    for unit, code in ((town.community, "invalid"), (await far_branch(session), "forbidden")):
        other = Branch(unit, branch.leader, [])
        assert (await take(desk, other, order, 1, [])).json()["code"] == code
    assert (await session.scalars(select(BranchTake))).all() == []
    took = (await take(desk, branch, order, 1, [])).json()
    path = f"/branch-takes/{took['id']}"
    many = await desk.post(
        branch.leader, f"{path}/names", registration_ids=[str(one.id) for one in branch.people[1:]]
    )
    assert many.json()["code"] == "full"
    assert (await desk.post(town.clerk, f"{path}/give-back")).status_code == 403
    assert (await desk.post(town.member, f"{path}/give-back")).status_code == 404


async def far_branch(session: AsyncSession) -> Organization:
    return await make_organization(session, "functional_branch", await make_community(session))


async def test_an_employer_that_is_registered_here_sends_its_own_people(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community, seats=3)
    city = await session.get_one(Organization, town.community.lineage[0])
    employer = await make_organization(session, "employer", city)
    unit = await make_organization(session, "employer_branch", employer)
    of_unit = {"employer": employer, "branch_id": unit.id}
    here = await make_registration(
        session, town.community, member=await make_colleague(session, **of_unit)
    )
    away = await make_registration(session, member=await make_colleague(session, **of_unit))
    other = await make_registration(
        session, member=await make_colleague(session, employer=employer)
    )
    leader = await make_staff(session, Role.EMPLOYER_SECRETARY, unit)
    chief = await make_staff(session, Role.EMPLOYER_SECRETARY, employer)
    theirs = Branch(unit, leader, [here, away])
    hidden = await take(desk, theirs, order, 2, theirs.people)
    assert hidden.status_code == 404
    session.add(
        OrganizationRegistration(
            employer_id=employer.id,
            community_id=town.community.id,
            proposed_by="employer",
            status=PairingStatus.ACTIVE,
        )
    )
    await session.flush()
    assert (await desk.get(leader, f"/orders/{order.id}"))["title"] == order.title
    far = await make_order(session, await make_community(session), seats=3)
    assert (await take(desk, theirs, far, 1, [here])).status_code == 404
    path = f"/organizations/{unit.id}/orders/{order.id}/nominees"
    listed = (await desk.get(leader, path))["items"]
    assert {one["id"] for one in listed} == {str(here.id), str(away.id)}
    unknown = await take(desk, theirs, order, 1, [other])
    assert unknown.json()["code"] == "invalid"
    taken = await take(desk, theirs, order, 2, theirs.people)
    assert taken.status_code == 201, taken.text
    accepted = await answer(desk, session, order, away, "accept")
    assert accepted.json()["status"] == "taken", accepted.text
    whole = Branch(employer, chief, [other])
    assert (await take(desk, whole, order, 1, [other])).status_code == 201


async def make_colleague(session: AsyncSession, **columns: Any) -> Member:
    """A line of the employer's roster, with an account."""
    return await make_member(session, person=await make_person(session), **columns)


async def test_a_branch_of_elsewhere_does_not_take_here(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community)
    unit = await far_branch(session)
    leader = await make_staff(session, Role.BRANCH_SECRETARY, unit)
    await make_registration(session, town.community, leader)
    refused = await take(desk, Branch(unit, leader, []), order, 1, [])
    assert (refused.status_code, refused.json()["code"]) == (403, "not_of_community")


async def test_a_group_and_a_grid_branch_name_their_own(
    desk: Desk, town: Town, branch: Branch, session: AsyncSession
) -> None:
    grid = await make_organization(session, "grid", town.community)
    compound = await make_organization(session, "compound", town.community)
    units = {
        "functional_group": await make_organization(session, "functional_group", branch.unit),
        "grid_branch": await make_organization(
            session, "grid_branch", town.community, grid_id=grid.id
        ),
        "compound_branch": await make_organization(
            session, "compound_branch", town.community, compound_id=compound.id
        ),
    }
    ties: dict[str, dict[str, Any]] = {
        "functional_group": {"functional_group_id": units["functional_group"].id},
        "grid_branch": {"grid_id": grid.id},
        "compound_branch": {"compound_id": compound.id},
    }
    for kind, unit in units.items():
        leader = await make_staff(session, Role.GROUP_LEADER, unit)
        own = await make_registration(session, town.community, **ties[kind])
        order = await make_order(session, town.community, release_until=clock.now())
        path = f"/organizations/{unit.id}/orders/{order.id}/nominees"
        listed = await desk.get(leader, path)
        assert [(one["id"], one["can_come"]) for one in listed["items"]] == [(str(own.id), True)]
        taken = await take(desk, Branch(unit, leader, [own]), order, 1, [own])
        assert taken.status_code == 201, taken.text


async def test_whom_a_branch_may_name_is_listed_page_by_page(
    desk: Desk, town: Town, branch: Branch, session: AsyncSession
) -> None:
    order = await make_order(session, town.community, seats=5)
    await take(desk, branch, order, 1, branch.people[:1])
    path = f"/organizations/{branch.unit.id}/orders/{order.id}/nominees"
    first = await desk.get(branch.leader, f"{path}?limit=3")
    rest = await desk.get(branch.leader, f"{path}?limit=3&cursor={first['next_cursor']}")
    able = [one["can_come"] for one in first["items"] + rest["items"]]
    assert able == [False, True, True, True, True]
    assert (await desk.get(town.clerk, path))["code"] == "forbidden"
    nowhere = f"/organizations/{branch.unit.id}/orders/{new_id()}/nominees"
    assert (await desk.get(branch.leader, nowhere))["code"] == "not_found"
    chief = await make_staff(session, Role.BRANCH_SECRETARY, town.community)
    await make_registration(session, town.community, chief)
    whole = f"/organizations/{town.community.id}/orders/{order.id}/nominees"
    assert (await desk.get(chief, whole))["code"] == "not_found"
    await take(desk, branch, order, 1, [])
    takes = f"/organizations/{branch.unit.id}/branch-takes"
    page = await desk.get(branch.leader, f"{takes}?limit=1")
    more = await desk.get(branch.leader, f"{takes}?limit=1&cursor={page['next_cursor']}")
    assert [one["unnamed"] for one in page["items"] + more["items"]] == [1, 0]
    assert (await desk.get(branch.leader, f"/organizations/{new_id()}/branch-takes"))[
        "code"
    ] == "not_found"


async def test_a_cancelled_order_frees_the_branch(
    desk: Desk, town: Town, branch: Branch, session: AsyncSession
) -> None:
    order = await make_order(session, town.community, seats=3)
    took = (await take(desk, branch, order, 3, branch.people[:1])).json()
    await desk.post(town.clerk, f"/orders/{order.id}/cancel", reason_code="weather")
    assert await numbers(session, order, took["id"]) == (0, 0)
    closed = await desk.post(
        branch.leader,
        f"/branch-takes/{took['id']}/names",
        registration_ids=[str(branch.people[1].id)],
    )
    assert closed.json()["code"] == "names_closed"
