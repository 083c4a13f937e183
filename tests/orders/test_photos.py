"""Photos of a service: voluntary, held back until checked, seen by who may read the order."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.events import AccountClosed, ConsentWithdrawn
from app.models.file import File, FileStatus
from app.models.order import OrderStatus, SeatStatus
from app.models.person import Person
from app.orders import leaving, photos
from tests.factories.files import make_file
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_seat
from tests.factories.people import make_person
from tests.files.town import look, uploaded
from tests.needs.town import Desk as Camera
from tests.orders.test_orders import Counter
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

S, O = SeatStatus, OrderStatus


async def stored(session: AsyncSession, owner: Person, count: int = 1) -> list[str]:
    """Uploads that belong to nothing yet."""
    made = [make_file(owner) for _ in range(count)]
    session.add_all(made)
    await session.flush()
    return [str(one.id) for one in made]


async def test_the_story_of_a_photo(desk: Desk, town: Town, session: AsyncSession) -> None:
    order = await make_order(session, town.community, status=O.IN_PROGRESS)
    await make_seat(session, order, town.registration, status=S.ATTENDED)
    path = f"/orders/{order.id}"
    assert (await desk.get(town.member, path))["photos"] == []
    photo = await uploaded(Camera(desk.client, desk.sign_in), town.member)
    done = await desk.post(town.member, f"{path}/photos", photo_ids=[photo["id"]])
    assert (done.status_code, done.json()["status"]) == (200, "in_progress")
    neighbour = await make_person(session)
    await make_registration(session, town.community, neighbour)
    (mine,) = (await desk.get(town.member, path))["photos"]
    (theirs,) = (await desk.get(neighbour, path))["photos"]
    assert mine["photo"] and theirs["photo"] is None  # held back until its check has passed
    held = await session.get_one(File, photo["id"], populate_existing=True)
    held.status = FileStatus.HELD
    await session.flush()
    waiting = await desk.get(town.clerk, f"/organizations/{town.community.id}/held-photos")
    assert [row["subject_kind"] for row in waiting["items"]] == ["order"]
    assert (await desk.post(town.clerk, f"/files/{photo['id']}/show")).status_code == 200
    (shown,) = (await desk.get(neighbour, path))["photos"]
    assert (await look(desk.client, shown["photo"])).status_code == 200


@pytest.mark.parametrize("status", sorted(photos.SERVED))
async def test_the_organiser_adds_what_he_took(
    desk: Desk, town: Town, session: AsyncSession, status: OrderStatus
) -> None:
    order = await make_order(session, town.community, status=status)
    ids = await stored(session, town.clerk, 2)
    done = await desk.post(town.clerk, f"/orders/{order.id}/photos", photo_ids=ids)
    assert done.status_code == 200
    assert [
        row["id"] for row in (await desk.get(town.clerk, f"/orders/{order.id}"))["photos"]
    ] == ids


@pytest.mark.parametrize("status", sorted(set(O) - photos.SERVED))
async def test_of_what_has_not_taken_place_there_are_none(
    desk: Desk, town: Town, session: AsyncSession, status: OrderStatus
) -> None:
    order = await make_order(session, town.community, status=status)
    ids = await stored(session, town.clerk)
    refused = await desk.post(town.clerk, f"/orders/{order.id}/photos", photo_ids=ids)
    assert (refused.status_code, refused.json()["code"]) == (409, "bad_transition")


@pytest.mark.parametrize(
    "status", [S.WAITING, S.OFFERED, S.TAKEN, S.NO_SHOW, S.EXCUSED, S.RELEASED, S.CANCELLED]
)
async def test_who_has_not_served_adds_none(
    desk: Desk, town: Town, session: AsyncSession, status: SeatStatus
) -> None:
    order = await make_order(session, town.community, status=O.IN_PROGRESS)
    await make_seat(session, order, town.registration, status=status)
    ids = await stored(session, town.member)
    refused = await desk.post(town.member, f"/orders/{order.id}/photos", photo_ids=ids)
    assert refused.status_code == 403
    assert (await session.scalars(select(File.subject_id))).all() == [None]


async def test_children_strange_ones_and_too_many_are_refused(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    with_children = await make_order(session, town.community, status=O.IN_PROGRESS, flags=["minor"])
    order = await make_order(session, town.community, status=O.IN_PROGRESS)

    async def refused(order_id: Any, ids: list[str]) -> Any:
        answer = await desk.post(town.clerk, f"/orders/{order_id}/photos", photo_ids=ids)
        assert answer.status_code == 422
        return answer.json()["errors"][0]["code"]

    mine = await stored(session, town.clerk, 7)
    assert await refused(with_children.id, mine[:1]) == "no_photos_of_minors"
    assert await refused(order.id, await stored(session, town.member)) == "unknown_photo"
    done = await desk.post(town.clerk, f"/orders/{order.id}/photos", photo_ids=mine[:4])
    assert done.status_code == 200
    assert await refused(order.id, mine[4:]) == "too_many_photos"
    assert await refused(order.id, []) == "too_short"


async def test_what_becomes_of_them_when_somebody_leaves(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    resident = await make_person(session)
    need = await make_need(session, town.community, resident)
    order = await make_order(session, town.community, status=O.CLOSED, needs=(need,))
    other = await make_order(session, town.community, status=O.CLOSED)

    async def attached(owner: Person, order_id: Any) -> File:
        made = make_file(owner, town.community, subject_kind="order", subject_id=order_id)
        session.add(made)
        await session.flush()
        return made

    async def gone(*files: File) -> list[bool]:
        for file in files:
            await session.refresh(file)
        return [file.status is FileStatus.REMOVED for file in files]

    theirs, mine = await attached(town.clerk, order.id), await attached(town.member, other.id)
    await leaving.on_consent_withdrawn(
        session, 1, ConsentWithdrawn(person_id=resident.id, purpose="resident_core")
    )
    assert await gone(theirs, mine) == [True, False]
    await leaving.on_consent_withdrawn(
        session, 2, ConsentWithdrawn(person_id=town.member.id, purpose="registration_core")
    )
    assert await gone(mine) == [True]
    again, too = await attached(town.clerk, order.id), await attached(town.member, other.id)
    for person in (resident, town.member):
        await leaving.on_account_closed(session, 3, AccountClosed(person_id=person.id))
    assert await gone(again, too) == [True, True]


async def test_an_order_with_photos_is_read_in_three_statements(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    order = await make_order(session, town.community, status=O.CLOSED)
    session.add(make_file(town.clerk, town.community, subject_kind="order", subject_id=order.id))
    await session.flush()
    await desk.get(town.clerk, f"/orders/{order.id}")
    with count_statements() as seen:
        await desk.get(town.clerk, f"/orders/{order.id}")
    assert len([one for one in seen if one == "read"]) <= 4
