"""What size, template and flags make of an order: who may come, and when it may begin."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Qualification
from app.models.need import NeedStatus, Route
from app.models.order import Order, OrderStatus, Seat, SeatOrigin, SeatStatus
from app.models.person import Role, RoleGrant
from app.models.record import ServiceRecord
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff
from tests.orders.test_orders import draft, orders_of
from tests.orders.town import Desk, Town, desk, town
from tests.posts.town import Sessions, told, work

__all__ = ["desk", "town"]

Counter = Callable[[], AbstractContextManager[list[str]]]


def form(**fields: Any) -> dict[str, Any]:
    body = draft(**fields)
    return {name: value for name, value in body.items() if value is not None}


async def drafted(desk: Desk, town: Town, **fields: Any) -> Any:
    return (await desk.post(town.clerk, orders_of(town), **form(**fields))).json()


async def qualify(session: AsyncSession, town: Town, code: str, *, days: int = 30) -> None:
    session.add(
        Qualification(
            member_id=town.registration.member_id,
            code=code,
            valid_to=clock.today() + timedelta(days=days),
            verified_on=clock.today(),
        )
    )
    await session.flush()


async def test_a_template_says_all_but_title_and_time(desk: Desk, town: Town) -> None:
    made = await drafted(desk, town, template="neighbor_festival", seats=None)
    order = await desk.get(town.clerk, f"/orders/{made['id']}")
    assert (order["kind"], order["difficulty"], order["target"]) == ("campaign", 4, "branch")
    assert (order["seats"], order["category"]) == (20, "event")
    assert [flag["code"] for flag in order["flags"]] == ["insurance", "at_venue"]
    assert order["flags"][0]["effect"] == "发布前勾选已投保并填保单到期日"


async def test_what_the_community_says_holds_over_the_template(
    desk: Desk, town: Town, count_statements: Counter
) -> None:
    with count_statements() as spent:
        made = await drafted(
            desk,
            town,
            template="neighbor_festival",
            kind="project",
            target="person",
            difficulty=2,
            marks=["secretary_project", "theme_day"],
        )
    assert len(spent) <= 12
    order = await desk.get(town.clerk, f"/orders/{made['id']}")
    assert (order["kind"], order["difficulty"], order["target"]) == ("project", 2, "person")
    assert (order["seats"], order["marks"]) == (2, ["secretary_project", "theme_day"])


@pytest.mark.parametrize(
    ("fields", "difficulty", "target"),
    [({}, 1, "person"), ({"kind": "project"}, 3, "group"), ({"kind": "campaign"}, 4, "branch")],
)
async def test_the_size_proposes_difficulty_and_target(
    desk: Desk, town: Town, fields: dict[str, Any], difficulty: int, target: str
) -> None:
    made = await drafted(desk, town, category="phone_teaching", **fields)
    order = await desk.get(town.clerk, f"/orders/{made['id']}")
    assert (order["difficulty"], order["target"]) == (difficulty, target)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"kind": "nothing"}, "/kind"),
        ({"template": "nothing"}, "/template"),
        ({"target": "nobody"}, "/target"),
        ({"marks": ["theme_day", "nothing"]}, "/marks/1"),
        ({"category": "suspected_harm"}, "/category"),
        ({"category": "road_damage"}, "/category"),
        ({"category": "electric_small", "skills": ["handicraft"], "publish": True}, "/skills"),
        ({"category": "after_school", "seats": 1, "publish": True}, "/seats"),
        ({"category": "reading", "door": "3幢201室", "publish": True}, "/door"),
    ],
)
async def test_what_does_not_fit_is_refused_where_it_stands(
    desk: Desk, town: Town, session: AsyncSession, fields: dict[str, Any], pointer: str
) -> None:
    refused = await drafted(desk, town, **({"category": "phone_teaching"} | fields))
    assert [error["pointer"] for error in refused["errors"]] == [pointer]
    assert (await session.scalars(select(Order.id).where(Order.status == "open"))).all() == []


async def test_suspected_harm_is_no_order_even_when_a_need_was_routed_so(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(
        session,
        town.community,
        status=NeedStatus.ACCEPTED,
        route=Route.ORDER,
        category="suspected_harm",
    )
    refused = await drafted(desk, town, need_ids=[str(need.id)])
    assert refused["errors"][0]["code"] == "never_an_order"


async def test_marks_and_target_are_changed_in_one_tap(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community)
    path = f"/orders/{order.id}"
    wrongs = ({"target": "x"}, "/target"), ({"marks": ["theme_day", "x"]}, "/marks/1")
    for wrong, pointer in wrongs:
        refused = await desk.patch(town.clerk, path, version=1, **wrong)
        assert refused.json()["errors"][0]["pointer"] == pointer
    body = {"target": "branch", "difficulty": 4, "marks": ["door_to_door"]}
    assert (await desk.patch(town.clerk, path, version=1, **body)).status_code == 200
    marked = await desk.patch(town.clerk, path, version=2, marks=body["marks"])
    assert marked.json()["version"] == 2
    seen = await desk.get(town.member, path)
    assert {name: seen[name] for name in body} == body


async def test_a_risky_service_is_open_only_while_it_is_insured(desk: Desk, town: Town) -> None:
    made = await drafted(desk, town, category="summer_activity")
    path = f"/orders/{made['id']}"
    ends_at = datetime.fromisoformat((await desk.get(town.clerk, path))["ends_at"])
    last = clock.local_day(ends_at)  # late in the evening it is the day after that of its begin
    for past in (None, (last - timedelta(days=1)).isoformat()):
        change = await desk.patch(town.clerk, path, version=made["version"], insured_until=past)
        made = change.json()
        refused = await desk.post(town.clerk, f"{path}/publish")
        assert (refused.status_code, refused.json()["code"]) == (409, "not_insured")
    version = made["version"]
    await desk.patch(town.clerk, path, version=version, insured_until=last.isoformat())
    opened = await desk.post(town.clerk, f"{path}/publish")
    assert opened.json()["status"] == "open"
    uninsured = await desk.patch(
        town.clerk, path, version=opened.json()["version"], insured_until=None
    )
    assert uninsured.json()["code"] == "not_insured"


async def test_a_licence_good_on_the_day_opens_a_licensed_service(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await drafted(desk, town, category="legal_question", publish=True)
    seats = f"/orders/{made['id']}/seats"
    assert (await desk.post(town.member, seats)).json()["code"] == "not_qualified"
    await qualify(session, town, "lawyer", days=2)
    assert (await desk.post(town.member, seats)).json()["code"] == "not_qualified"
    await qualify(session, town, "legal_profession", days=3)
    assert (await desk.post(town.member, seats)).status_code == 201


async def test_who_works_with_children_is_cleared(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await drafted(
        desk, town, category="after_school", seats=1, has_guardian=True, publish=True
    )
    assert made["errors"][0]["code"] == "two_person"
    # its category wants two as well; without that, a guardian is the second adult
    order = await make_order(
        session,
        town.community,
        status=OrderStatus.DRAFT,
        flags=["minor"],
        clearances=["minors_cleared"],
        has_guardian=True,
    )
    opened = await desk.post(town.clerk, f"/orders/{order.id}/publish")
    assert opened.json()["status"] == "open"
    seats = f"/orders/{order.id}/seats"
    assert (await desk.post(town.member, seats)).json()["code"] == "not_qualified"
    asked = await desk.post(
        town.clerk, f"/orders/{order.id}/dispatch", registration_id=str(town.registration.id)
    )
    assert asked.json()["code"] == "cannot_come"
    await qualify(session, town, "minors_cleared")
    assert (await desk.post(town.member, seats)).status_code == 201


async def test_what_two_must_do_one_alone_does_not_begin(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(
        session, town.community, starts_at=clock.now(), seats=2, flags=["two_person"]
    )
    mine = await make_seat(session, order, town.registration)
    path = f"/orders/{order.id}"
    for step in ("attendance", "complete"):
        refused = await desk.post(town.clerk, f"{path}/{step}", present=[str(mine.id)])
        assert (refused.status_code, refused.json()["code"]) == (409, "two_needed")
    other = await make_seat(session, order, await make_registration(session, town.community))
    await session.commit()
    begun = await desk.post(town.clerk, f"{path}/attendance", present=[str(mine.id)])
    assert begun.json()["status"] == "in_progress"
    alone = await desk.post(town.clerk, f"{path}/complete", absent=[{"seat_id": str(other.id)}])
    assert alone.json()["code"] == "two_needed"
    both = await desk.post(town.clerk, f"{path}/complete", present=[str(other.id)])
    assert both.json()["status"] == "closed"


async def test_a_confidential_service_is_on_no_list_and_who_comes_was_asked(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    made = await drafted(
        desk, town, title="核对账目", template="public_income_check", seats=1, publish=True
    )
    path = f"/orders/{made['id']}"
    for reader in (town.member, await make_staff(session, Role.BRANCH_SECRETARY, town.community)):
        assert (await desk.get(reader, path))["code"] == "not_found"
    assert (await desk.post(town.member, f"{path}/seats")).status_code == 404
    assert (await desk.get(town.member, f"{orders_of(town)}/open"))["items"] == []
    assert (await desk.get(town.member, f"/board/{town.community.id}"))["items"] == []
    asked = await desk.post(
        town.clerk, f"{path}/dispatch", registration_id=str(town.registration.id)
    )
    assert asked.status_code == 201
    assert (await desk.get(town.member, path))["title"] == "核对账目"
    assert (await desk.post(town.member, f"/seats/{asked.json()['id']}/accept")).status_code == 200
    await session.commit()
    await work(sessions)
    assert {"保密服务" in text for _, text in (await told(sessions)).values()} == {True}


async def test_a_confidential_service_is_called_so_in_the_record(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community, starts_at=clock.now(), is_confidential=True)
    seat = await make_seat(session, order, town.registration, origin=SeatOrigin.DISPATCH)
    code = (await desk.get(town.member, f"/seats/{seat.id}/pass"))["code"]
    shown = (await desk.client.get(f"/api/v1/passes/{code}")).json()
    assert shown["title"] == "保密服务"
    done = await desk.post(town.clerk, f"/orders/{order.id}/complete", present=[str(seat.id)])
    assert done.status_code == 200
    assert (await session.scalars(select(ServiceRecord.title))).all() == ["保密服务"]


async def test_not_even_the_staff_takes_a_confidential_service_of_itself(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community, is_confidential=True)
    await make_registration(session, town.community, town.clerk)
    path = f"/orders/{order.id}"
    unit = await make_organization(session, "functional_branch", town.community)
    session.add(
        RoleGrant(
            person_id=town.clerk.id,
            role=Role.BRANCH_SECRETARY,
            organization_id=unit.id,
            valid_from=clock.today(),
        )
    )
    await session.flush()
    as_branch = {"organization_id": str(unit.id), "places": 1}
    for to, body in (("seats", {}), ("waiting", {}), ("branch-takes", as_branch)):
        refused = await desk.post(town.clerk, f"{path}/{to}", **body)
        assert (refused.status_code, refused.json()["code"]) == (409, "dispatch_only"), to
    assert (await session.scalars(select(Seat).where(Seat.status == SeatStatus.TAKEN))).all() == []
