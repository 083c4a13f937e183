"""What a member says he can do and when, at any time after he has registered."""

from typing import Any

from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Registration, RegistrationStatus
from app.models.organization import Organization
from app.models.person import Person, Role
from tests.factories.members import make_registration
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff


async def put(
    client: AsyncClient, headers: dict[str, str], row: Registration, **body: Any
) -> Response:
    said = {"version": row.version, "skills": ["driving"], "availability": ["weekend_day"]}
    return await client.put(
        f"/api/v1/registrations/{row.id}/stated", json=said | body, headers=headers
    )


async def test_a_member_and_the_counter_say_what_he_can_do_and_when(
    session: AsyncSession, client: AsyncClient, sign_in: Any
) -> None:
    community = await make_community(session)
    member = await make_person(session)
    row = await make_registration(session, community, member)
    own = await put(client, sign_in(member), row)
    assert own.json()["availability"] == ["weekend_day"]
    await session.refresh(row)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    answer = await put(client, sign_in(clerk), row, skills=[], availability=[])
    assert answer.status_code == 200
    await session.refresh(row)
    assert (row.skills, row.availability) == ([], [])


async def test_what_is_in_no_dictionary_is_refused_with_its_place(
    session: AsyncSession, client: AsyncClient, sign_in: Any
) -> None:
    member = await make_person(session)
    row = await make_registration(session, None, member)
    answer = await put(client, sign_in(member), row, availability=["weekend_day", "always"])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/availability/1"


async def test_others_an_old_version_and_an_ended_registration_are_refused(
    session: AsyncSession, client: AsyncClient, sign_in: Any
) -> None:
    member = await make_person(session)
    row = await make_registration(session, None, member)
    employer = await make_staff(
        session, Role.EMPLOYER_CLERK, await session.get_one(Organization, row.employer_id)
    )
    stranger: Person = await make_person(session)
    assert (await put(client, sign_in(stranger), row)).status_code == 404
    assert (await put(client, sign_in(employer), row)).status_code == 403
    assert (await put(client, sign_in(member), row, version=9)).json()["code"] == "stale_version"
    row.status = RegistrationStatus.ENDED
    await session.flush()
    assert (await put(client, sign_in(member), row)).status_code == 409
