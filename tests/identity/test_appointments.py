"""What posts let people do, and from when to when."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.identity import appointments as links
from app.identity.levels import GRANTED, KINDS
from app.models.organization import Appointment, ContentItem, Organization
from app.models.person import Person, Role, RoleGrant
from app.organizations import appointments
from app.organizations.events import AppointmentEnded, AppointmentMade
from app.organizations.kinds import LEVELS, PLACES
from tests.factories.organizations import make_community, make_employer, make_organization
from tests.factories.people import make_person

R = Role
DAY = timedelta(days=1)


async def appoint(
    session: AsyncSession, place: Organization, post: str, person: Person | None, **days: Any
) -> Appointment:
    """The post is made out to the person's phone, and the fact is told."""
    row = await appointments.make(
        session, place.id, post, name="王建国", phone=person.phone if person else None, **days
    )
    await links.on_appointment_made(session, 1, AppointmentMade(appointment_id=row.id))
    return row


async def end(session: AsyncSession, row: Appointment) -> None:
    await appointments.end(session, row)
    await links.on_appointment_ended(session, 2, AppointmentEnded(appointment_id=row.id))


async def held(session: AsyncSession, person: Person) -> list[tuple[Role, Any, date, Any]]:
    rows = await session.execute(
        select(RoleGrant.role, RoleGrant.organization_id, RoleGrant.valid_from, RoleGrant.valid_to)
        .where(RoleGrant.person_id == person.id)
        .order_by(RoleGrant.id)
    )
    return [(role, place, first, last) for role, place, first, last in rows]


@pytest.mark.parametrize(
    ("kind", "post", "role"),
    [
        ("community", "community_secretary", R.COMMUNITY_SECRETARY),
        ("community", "community_clerk", R.COMMUNITY_CLERK),
        ("community", "community_liaison", R.COMMUNITY_CLERK),
        ("grid", "grid_owner", R.GRID_WORKER),
        ("grid", "part_time_grid_worker", R.GRID_HELPER),
        ("grid", "grid_volunteer", None),
        ("building", "building_head", R.BUILDING_HELPER),
        ("functional_branch", "functional_branch_secretary", R.BRANCH_SECRETARY),
        ("functional_branch", "functional_branch_member", R.BRANCH_DEPUTY),
        ("functional_group", "functional_group_leader", R.GROUP_LEADER),
        ("grid_branch", "grid_branch_secretary", R.GROUP_LEADER),
        ("community", "first_secretary", None),
        ("functional_group", "resident_representative", R.RESIDENT_REPRESENTATIVE),
        ("employer", "unit_liaison", R.EMPLOYER_CLERK),
        ("employer", "employer_secretary", R.EMPLOYER_SECRETARY),
        ("employer_branch", "employer_branch_secretary", R.EMPLOYER_SECRETARY),
    ],
)
async def test_a_post_grants_what_the_dictionary_says(
    session: AsyncSession, kind: str, post: str, role: Role | None
) -> None:
    top = await make_community(session) if kind != "employer" else await make_employer(session)
    place = top if top.kind == kind else await make_organization(session, kind, top)
    person = await make_person(session)
    row = await appoint(session, place, post, person)
    assert row.person_id == person.id
    wanted = [] if role is None else [(role, place.id, clock.today(), None)]
    assert await held(session, person) == wanted


async def test_every_word_of_the_dictionary_is_known(session: AsyncSession) -> None:
    words = await session.scalars(
        select(ContentItem.data["grants"].astext).where(ContentItem.section == "appointments")
    )
    assert set(words) <= set(GRANTED) | {"none", links.ACTING}


def test_every_role_stands_on_kinds_that_exist() -> None:
    assert set(KINDS) == set(Role)
    assert {kind for kinds in KINDS.values() for kind in kinds} <= set(PLACES) | set(LEVELS)


async def test_a_post_of_the_committee_reaches_the_community(session: AsyncSession) -> None:
    community = await make_community(session)
    committee = await make_organization(session, "community_party_committee", community)
    person = await make_person(session)
    await appoint(session, committee, "community_secretary", person)
    assert [grant[:2] for grant in await held(session, person)] == [
        (R.COMMUNITY_SECRETARY, community.id)
    ]


async def test_a_post_where_its_role_fits_nowhere_grants_nothing(session: AsyncSession) -> None:
    subdistrict = await make_organization(session, "subdistrict")
    person = await make_person(session)
    await appoint(session, subdistrict, "community_secretary", person)
    assert await held(session, person) == []


async def test_a_post_waits_for_the_phone_and_a_phone_for_its_proof(session: AsyncSession) -> None:
    community = await make_community(session)
    unproven = await make_person(session, phone_verified_at=None)
    row = await appoint(session, community, "community_clerk", unproven)
    nobody = await appoint(session, community, "community_clerk", None)
    assert (row.person_id, nobody.person_id) == (None, None)
    assert await held(session, unproven) == []

    unproven.phone_verified_at = clock.now()
    await links.link_appointments(session, unproven)
    assert [grant[0] for grant in await held(session, unproven)] == [R.COMMUNITY_CLERK]


async def test_days_are_those_of_the_post(session: AsyncSession) -> None:
    community, person = await make_community(session), await make_person(session)
    first, last = clock.today() + DAY, clock.today() + 30 * DAY
    await appoint(session, community, "community_clerk", person, from_on=first, to_on=last)
    assert await held(session, person) == [(R.COMMUNITY_CLERK, community.id, first, last)]


@pytest.mark.parametrize(("own", "called"), [(None, "王建国"), ("王国", "王国")])
async def test_who_has_said_no_name_is_called_as_the_post_calls_him(
    session: AsyncSession, own: str | None, called: str
) -> None:
    community = await make_community(session)
    made, linked = [await make_person(session, name=own) for _ in range(2)]
    await appoint(session, community, "community_clerk", made)
    await appointments.make(
        session, community.id, "community_liaison", name="王建国", phone=linked.phone
    )
    await links.link_appointments(session, linked)
    assert [made.name, linked.name] == [called, called]


async def test_a_post_that_is_over_is_not_linked(session: AsyncSession) -> None:
    community, person = await make_community(session), await make_person(session)
    row = await appointments.make(
        session,
        community.id,
        "community_clerk",
        name="王建国",
        phone=person.phone,
        from_on=clock.today() - 9 * DAY,
        to_on=clock.today() - DAY,
    )
    await links.link_appointments(session, person)
    assert row.person_id is None
    assert await held(session, person) == []


async def test_who_acts_has_the_role_of_the_absent_one_for_the_stated_days(
    session: AsyncSession,
) -> None:
    community = await make_community(session)
    secretary, deputy = await make_person(session), await make_person(session)
    absent = await appoint(session, community, "community_secretary", secretary)
    last = clock.today() + 7 * DAY
    await appoint(session, community, "acting", deputy, acting_for_id=absent.id, to_on=last)
    assert await held(session, deputy) == [
        (R.COMMUNITY_SECRETARY, community.id, clock.today(), last)
    ]


@pytest.mark.parametrize("lacks", ["end", "absent", "source"])
async def test_acting_without_days_or_for_nobody_grants_nothing(
    session: AsyncSession, lacks: str
) -> None:
    community = await make_community(session)
    secretary, deputy = await make_person(session), await make_person(session)
    absent = await appoint(session, community, "community_secretary", secretary)
    last = clock.today() + 7 * DAY
    acting = await appoint(
        session,
        community,
        "acting",
        secretary if lacks == "source" else deputy,
        acting_for_id=None if lacks == "absent" else absent.id,
        to_on=None if lacks == "end" else last,
    )
    if lacks == "source":  # who acts cannot be acted for
        await appoint(session, community, "acting", deputy, acting_for_id=acting.id, to_on=last)
    assert await held(session, deputy) == []


async def test_telling_the_fact_again_changes_nothing(session: AsyncSession) -> None:
    community, person = await make_community(session), await make_person(session)
    row = await appoint(session, community, "community_clerk", person)
    await links.on_appointment_made(session, 1, AppointmentMade(appointment_id=row.id))
    assert len(await held(session, person)) == 1


async def test_a_role_that_was_taken_away_stays_away(session: AsyncSession) -> None:
    community, person = await make_community(session), await make_person(session)
    row = await appoint(session, community, "community_clerk", person)
    yesterday = clock.today() - DAY
    await session.execute(update(RoleGrant).values(valid_to=yesterday))
    await links.link_appointments(session, person)
    await links.on_appointment_made(session, 1, AppointmentMade(appointment_id=row.id))
    assert [grant[3] for grant in await held(session, person)] == [yesterday]


async def test_the_role_ends_with_the_post(session: AsyncSession) -> None:
    community, person = await make_community(session), await make_person(session)
    row = await appoint(session, community, "community_clerk", person)
    await end(session, row)
    await end(session, row)
    assert [grant[3] for grant in await held(session, person)] == [clock.today()]


async def test_the_role_stays_as_long_as_another_post_grants_it(session: AsyncSession) -> None:
    community, person = await make_community(session), await make_person(session)
    clerk = await appoint(session, community, "community_clerk", person)
    last = clock.today() + 30 * DAY
    await appoint(session, community, "community_liaison", person, to_on=last)
    assert len(await held(session, person)) == 1
    await end(session, clerk)
    assert [grant[3] for grant in await held(session, person)] == [last]


async def test_of_two_posts_that_grant_the_same_the_longer_one_counts(
    session: AsyncSession,
) -> None:
    community, person = await make_community(session), await make_person(session)
    for post, last in (
        ("community_clerk", clock.today() + 30 * DAY),
        ("community_liaison", clock.today() + 60 * DAY),
    ):
        await appointments.make(
            session, community.id, post, name="王建国", phone=person.phone, to_on=last
        )
    await links.link_appointments(session, person)
    assert [grant[3] for grant in await held(session, person)] == [clock.today() + 60 * DAY]


async def test_facts_of_posts_that_are_gone_or_go_on_change_nothing(session: AsyncSession) -> None:
    community, person = await make_community(session), await make_person(session)
    row = await appoint(session, community, "community_clerk", person)
    for event in (
        AppointmentEnded(appointment_id=row.id),
        AppointmentEnded(appointment_id=new_id()),
    ):
        await links.on_appointment_ended(session, 3, event)
    await links.on_appointment_made(session, 4, AppointmentMade(appointment_id=new_id()))
    assert [grant[3] for grant in await held(session, person)] == [None]


async def test_a_post_that_ended_before_it_was_told_grants_its_days_only(
    session: AsyncSession,
) -> None:
    community, person = await make_community(session), await make_person(session)
    row = await appointments.make(
        session, community.id, "community_clerk", name="王建国", phone=person.phone
    )
    await end(session, row)
    await links.on_appointment_made(session, 1, AppointmentMade(appointment_id=row.id))
    assert [grant[3] for grant in await held(session, person)] == [clock.today()]
