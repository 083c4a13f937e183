"""Every reading of the contract costs at most four statements, however long its page is.

Generated from the contract, over a world with several rows of every kind. Who asks is the person that
every row is about, and holds every role there. Source: engineering.md A3.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.appraisal import OpeningSource
from app.models.house import AccessLog
from app.models.member import Registration
from app.models.need import NeedStatus, NeedSupporter
from app.models.order import OrderStatus
from app.models.organization import Organization
from app.models.person import Person, Role, RoleGrant
from app.models.poll import PollStatus
from app.models.record import RecordDraw, RecordStatus
from app.models.report import Notification
from app.models.shift_team import TeamMember
from app.models.wish import WishStatus
from tests.conftest import PREFIX, settled
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person
from tests.factories.world import World, make_world
from tests.fakes import Faker
from tests.test_doors import CONTRACT, OPERATIONS, ids_of

MOST = 4
MORE = 3
READINGS = {name: found for name, found in OPERATIONS.items() if found[0] == "get"}
LISTS = {
    name
    for name, (_, _, operation) in READINGS.items()
    if any(each["name"] == "limit" for each in operation.get("parameters", ()))
}
# What a row of the world does not have, so that the answer is a refusal; it costs no more for that.
REFUSED = {
    "check_pass",
    "read_calendar",
    "verify_document",
    "check_push_address",
    "open_photo",
    "open_export",
}
# What is asked of a unit that takes.
UNITS = ("list_orders_for_unit", "list_branch_takes", "list_nominees", "list_unit_wish_claims")
# A whole workbook, not a page: some statements for each of its sheets, however long they are.
FILES = {"export_community": 10}
# A page of many rooms in one answer: one statement for each.
PAGES = {"get_home": 8}
Count = Callable[[], AbstractContextManager[list[str]]]


def another(row: Any, **changes: Any) -> Any:
    """A row like this one, with an id of its own."""
    kind = type(row)
    columns = {each.key: getattr(row, each.key) for each in inspect(kind).column_attrs}
    return kind(**columns | {"id": new_id()} | changes)


async def crowd(session: AsyncSession, world: World) -> None:
    """Several rows more of every kind, of the same person where a person may have several."""
    rows, today = world.rows, clock.today()
    compound = await make_organization(session, "compound", world.community)
    rows["compound"] = compound
    rows["order"].contact_from = clock.now() - timedelta(hours=1)
    rows["order"].contact_until = clock.now() + timedelta(days=1)
    for number in range(1, MORE + 1):
        somebody = await make_person(session)
        community = await make_community(session)
        employer = await make_organization(
            session, "employer", await session.get_one(Organization, world.employer.lineage[-2])
        )
        grid = await make_organization(session, "grid", world.community)
        await make_organization(session, "building", grid, compound_id=compound.id)
        await make_organization(
            session,
            "community",
            await session.get_one(Organization, world.community.lineage[-2]),
            takes_part=True,
        )
        session.add_all(grants(somebody, world.community, world.employer))
        day = today - timedelta(days=number)
        member = another(rows["member"], person_id=somebody.id, phone=None, phone_hash=None)
        registration = another(rows["registration"], member_id=member.id, person_id=somebody.id)
        branch = await make_organization(session, "employer_branch", world.employer)
        absent = another(
            rows["member"], branch_id=branch.id, person_id=None, phone=None, phone_hash=None
        )
        there = another(
            rows["registration"],
            member_id=absent.id,
            person_id=None,
            community_id=community.id,
        )
        order = another(rows["order"], number=f"DD-9{number}")
        supported = another(rows["need"], number=f"SQ-8{number}", requester_id=somebody.id)
        post = another(rows["post"])
        wish = another(rows["wish"], number=f"XY-8{number}")
        free = another(rows["order"], number=f"DD-8{number}", starts_at=order.ends_at)
        unmet = another(
            rows["order"],
            number=f"DD-7{number}",
            status=OrderStatus.EXPIRED,
            unserved_at=clock.now(),
            no_taker_reason="no_skill",
            no_taker_proposal="split",
        )
        free.ends_at = free.starts_at + timedelta(hours=1)
        for each in (
            member,
            registration,
            absent,
            there,
            order,
            free,
            unmet,
            supported,
            post,
            wish,
        ):
            session.add(each)
            await session.flush()
        seat = another(rows["shift_seat"], registration_id=registration.id, person_id=somebody.id)
        session.add_all(
            [
                another(rows["pairing"], community_id=community.id),
                another(rows["pairing"], employer_id=employer.id),
                another(rows["transfer"], registration_id=registration.id),
                another(rows["resident"], person_id=somebody.id),
                another(rows["need"], number=f"SQ-9{number}"),
                another(rows["file"]),
                NeedSupporter(need_id=supported.id, person_id=world.person.id),
                another(rows["seat"], order_id=order.id),
                another(rows["take"]),
                another(rows["series"]),
                another(rows["plan_item"]),
                another(rows["need"], number=f"SQ-7{number}", status=NeedStatus.HANDED_UP),
                another(rows["poll"], status=PollStatus.CLOSED),
                another(
                    rows["poll_answer"], registration_id=registration.id, person_id=somebody.id
                ),
                *called(rows, registration, somebody),
                seat,
                another(rows["record"], source_id=order.id),
                *recorded(rows, registration, number),
                another(rows["cycle"], year=rows["cycle"].year - number),
                another(rows["rater_opening"], source_id=order.id, source=OpeningSource.SERVICE),
                another(rows["rater"], person_id=somebody.id),
                *concluded(rows, registration, somebody),
                another(rows["claim"], post_id=post.id),
                another(rows["wish"], number=f"XY-9{number}", status=WishStatus.OPEN),
                another(rows["wish_claim"], wish_id=wish.id, organization_id=world.group.id),
                another(rows["roll_up"], first_on=day),
                another(rows["sheet"], period_from=day, period_to=day),
                another(rows["summary"], period_from=day, period_to=day),
                another(rows["export"]),
                another(rows["report_run"], period_from=day, period_to=day),
                Notification(
                    outbox_id=number,
                    person_id=world.person.id,
                    message="registration_accepted",
                    title="报到成功",
                    text="",
                    subject_kind="registration",
                    subject_id=registration.id,
                ),
                AccessLog(
                    actor_id=somebody.id,
                    subject_kind="need",
                    subject_id=rows["need"].id,
                    owner_id=world.person.id,
                    fields="phone",
                ),
                AccessLog(
                    actor_id=somebody.id,
                    subject_kind="wish",
                    subject_id=rows["wish"].id,
                    owner_id=world.person.id,
                    fields="phone",
                ),
            ]
        )
        await session.flush()
        session.add(another(rows["check_in"], shift_seat_id=seat.id))
        await session.flush()


def recorded(rows: dict[str, Any], registration: Registration, number: int) -> list[Any]:
    """What waits in the community's hands, of the same member and of another."""
    month = clock.today().replace(day=1) - timedelta(days=40 * number)
    draw = RecordDraw(
        id=new_id(),
        community_id=rows["record"].community_id,
        month=month.replace(day=1),
        seed="00",
        percent=2,
        records=1,
        drawn=1,
    )
    waiting = {"status": RecordStatus.PENDING_APPROVAL, "proposed_minutes": 90}
    return [
        draw,
        another(rows["record"], source_id=new_id(), **waiting),
        another(rows["sample"], draw_id=draw.id),
        another(rows["certificate"], registration_id=registration.id),
    ]


def concluded(rows: dict[str, Any], registration: Registration, somebody: Person) -> list[Any]:
    """What followed from a year, of the same member and of another."""
    whose = {"registration_id": registration.id}
    others = {**whose, "person_id": somebody.id}
    return [
        another(rows["suggestion"], **whose),
        another(rows["negative_item"]),
        another(rows["objection"], **whose),
        another(rows["talk"], **whose),
        another(rows["commendation"], **whose),
        another(rows["commendation"], kind="letter", **others),
    ]


def called(rows: dict[str, Any], registration: Registration, somebody: Person) -> list[Any]:
    """A call-up more that calls the same person, and on each of its kinds somebody else."""
    call_up, shift = another(rows["call_up"]), another(rows["shift"])
    rows["free_shift"] = shift
    return [
        call_up,
        shift,
        another(rows["reply"], call_up_id=call_up.id),
        another(rows["reply"], registration_id=registration.id, person_id=somebody.id),
        another(rows["shift_seat"], shift_id=shift.id),
        another(rows["call_up_plan"]),
        *teamed(rows, registration, somebody),
    ]


def teamed(rows: dict[str, Any], registration: Registration, somebody: Person) -> list[Any]:
    """A team more on the same shift, and somebody more in the one that there is."""
    team = another(rows["shift_team"], leader_id=somebody.id)
    who = {"registration_id": registration.id, "person_id": somebody.id}
    where = {"shift_id": rows["shift"].id}
    return [
        team,
        TeamMember(shift_team_id=team.id, left_at=clock.now(), is_open=False, **where, **who),
        TeamMember(shift_team_id=rows["shift_team"].id, **where, **who),
    ]


def grants(person: Person, *places: Organization) -> list[RoleGrant]:
    """Every role at each of the places."""
    return [
        RoleGrant(
            person_id=person.id, role=role, organization_id=place.id, valid_from=clock.today()
        )
        for role in Role
        for place in places
    ]


async def make_crowd(session: AsyncSession) -> World:
    """A world with several rows of every kind, whose person holds every role."""
    made = await make_world(session)
    await crowd(session, made)
    order = made.rows["order"]  # its door and its pass are shown at this hour
    order.contact_from, order.contact_until = clock.now(), order.ends_at
    top = await session.get_one(Organization, made.community.lineage[0])
    session.add_all(grants(made.person, top, made.employer))
    return made


@pytest.fixture(scope="session")
async def crowded(worker_id: str) -> AsyncIterator[tuple[AsyncEngine, World]]:
    async with settled(f"{PREFIX}_crowd_{worker_id}", make_crowd) as made:
        yield made


@pytest.fixture(scope="session")
def engine(crowded: tuple[AsyncEngine, World]) -> AsyncEngine:
    return crowded[0]


@pytest.fixture
def world(crowded: tuple[AsyncEngine, World]) -> World:
    return crowded[1]


def questions(world: World, name: str) -> tuple[Faker, dict[str, str]]:
    """Ids for the path, and what the query must say for the world to have an answer."""
    district = world.community.lineage[-2]
    ids: dict[str, UUID] = ids_of(world)
    if name in ("list_applications", "list_pairings"):
        ids |= {"organization_id": world.employer.id}
    if name in UNITS:
        ids |= {"organization_id": world.group.id}
    if name == "list_shift_nominees":
        ids |= {"shift_id": world.rows["free_shift"].id}
    if name == "list_statistics_communities":
        ids |= {"organization_id": world.employer.id}
    if name == "list_buildings":
        ids |= {"organization_id": world.rows["compound"].id}
    if name in ("list_report_runs", "rehearse_communities", "rehearse_employers"):
        ids |= {"organization_id": world.rows["report_run"].organization_id}
    if name == "print_triage":
        ids |= {"roll_up_id": world.rows["week"].id}
    query = {
        "list_organizations": {"parent_id": str(world.community.id), "kind": "grid"},
        "list_communities": {"under": str(district)},
        "list_registrations": {"status": "active"},
        "list_applications": {"status": "active"},
        "list_wishes": {"status": "open"},
    }
    return Faker(CONTRACT, ids), query.get(name, {})


@pytest.mark.parametrize("name", sorted(READINGS))
async def test_a_reading_costs_few_statements_and_as_many_for_a_long_page(
    client: AsyncClient,
    world: World,
    sign_in: Callable[[Person], dict[str, str]],
    count_statements: Count,
    name: str,
) -> None:
    _, path, operation = READINGS[name]
    faker, more = questions(world, name)

    async def ask(**query: str) -> tuple[Response, int]:
        with count_statements() as seen:
            answer = await client.get(
                faker.path(path, operation),
                params=faker.query(operation) | more | query,
                headers=sign_in(world.person),
            )
        return answer, len(seen)

    if name not in LISTS:
        answer, cost = await ask()
        assert name in REFUSED or answer.status_code == 200, answer.text
        assert cost <= (FILES | PAGES).get(name, MOST)
        return
    short, cost_of_short = await ask(limit="1")
    long, cost_of_long = await ask(limit="50")
    assert (short.status_code, long.status_code) == (200, 200), long.text
    assert len(short.json()["items"]) == 1
    assert len(long.json()["items"]) >= MORE, long.text
    assert cost_of_short == cost_of_long <= MOST
