"""One's own page, one's name, the end of an account."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Unauthorized
from app.core.prepared import Reader
from app.identity import service
from app.models.member import Resident
from app.models.outbox import OutboxEntry
from app.models.person import Consent, Person, RefreshToken, Role, RoleGrant, WechatAccount
from app.organizations import appointments
from app.permissions import Actor
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.identity.conftest import Enter, User

SignIn = Callable[[Person], dict[str, str]]
DAY = timedelta(days=1)


async def test_somebody_new_is_nobody_yet(enter: Enter) -> None:
    user = await enter()
    me = (await user.ask("GET", "me")).json()
    assert me["id"] == user.tokens["person_id"]
    assert (me["name"], me["phone"], me["is_phone_verified"]) == (None, None, False)
    assert (me["roles"], me["appointments"], me["places"]) == ([], [], [])
    assert me["consents_missing"][:2] == ["registration_core", "report_to_employer"]
    assert "political_birthday" not in me["consents_missing"]
    await user.agree()
    me = (await user.ask("GET", "me")).json()
    assert "registration_core" not in me["consents_missing"]


async def test_my_page_shows_roles_posts_and_places(
    client: AsyncClient,
    session: AsyncSession,
    sign_in: SignIn,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    community = await make_community(session)
    person = await make_staff(session, Role.COMMUNITY_CLERK, community, phone="13812345678")
    today = clock.today()
    for role, first, last in (
        (Role.GRID_WORKER, today - 9 * DAY, today - DAY),
        (Role.GRID_HELPER, today + DAY, None),
    ):
        session.add(
            RoleGrant(
                person_id=person.id,
                role=role,
                organization_id=community.id,
                valid_from=first,
                valid_to=last,
            )
        )
    for post, to_on in (("building_head", None), ("unknown_post", today - DAY), ("old", None)):
        row = await appointments.make(
            session, community.id, post, name="王", phone=None, to_on=to_on
        )
        row.person_id = person.id
    session.add(Resident(person_id=person.id, community_id=community.id))
    await session.flush()
    with count_statements() as seen:
        answer = await client.get("/api/v1/me", headers=sign_in(person))
    assert len(seen) <= 4
    me = answer.json()
    assert me["name"] == "王建国"
    assert me["phone"] == "138****5678"
    assert "13812345678" not in answer.text
    assert [role["role"] for role in me["roles"]] == ["community_clerk", "grid_helper"]
    assert me["roles"][0]["organization_name"] == community.name
    assert [(post["post"], post["post_name"]) for post in me["appointments"]] == [
        ("building_head", "楼栋长"),
        ("old", None),
    ]
    assert set(me["places"]) == {str(place) for place in community.lineage}


async def test_a_name_is_told_after_consent_and_on_what_was_read(
    enter: Enter, session: AsyncSession
) -> None:
    user = await enter()
    body = {"name": " 王建国 ", "version": 1}
    refused = await user.ask("PATCH", "me", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_missing")
    await user.agree("resident_core")
    told = await user.ask("PATCH", "me", json=body)
    assert told.json() == {"id": user.tokens["person_id"], "name": "王建国", "version": 2}
    stale = await user.ask("PATCH", "me", json=body)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"version": 1}, "/name"),
        ({"name": "王", "version": "1"}, "/version"),
        ({"name": "王", "version": True}, "/version"),
        ({"name": " ", "version": 1}, "/name"),
        ({"name": "王\t国", "version": 1}, "/name"),
        ({"name": "王" * 31, "version": 1}, "/name"),
        ({"name": "王", "version": 1, "phone": "13800138000"}, "/phone"),
    ],
)
async def test_a_bad_name_names_the_field(enter: Enter, body: dict[str, Any], pointer: str) -> None:
    user = await enter()
    answer = await user.ask("PATCH", "me", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_roster_names_a_consenting_person_who_has_told_no_name(
    enter: Enter, session: AsyncSession
) -> None:
    user = await enter()
    person_id = UUID(user.tokens["person_id"])
    with pytest.raises(service.ConsentMissing):
        await service.learn_name(session, person_id, "王建国")
    await user.agree()
    for name in ("王建国", "王小明"):
        await service.learn_name(session, person_id, name)
        assert (await user.ask("GET", "me")).json()["name"] == "王建国"


async def living(session: AsyncSession, user: User) -> tuple[Any, ...]:
    """How many accounts, sessions, roles, consents and names the person has."""
    person_id = user.tokens["person_id"]
    today = clock.today()
    counted = []
    for column, *which in (
        (WechatAccount.person_id,),
        (RefreshToken.person_id, RefreshToken.revoked_at.is_(None)),
        (RoleGrant.person_id, func.coalesce(RoleGrant.valid_to, today) >= today),
        (Consent.person_id, Consent.withdrawn_at.is_(None)),
        (Person.id, Person.name.is_not(None) | Person.phone_hash.is_not(None)),
    ):
        statement = select(func.count()).where(column == person_id, *which)
        counted.append(await session.scalar(statement))
    return tuple(counted)


async def test_closing_the_account_is_one_call_and_leaves_nobody_behind(
    client: AsyncClient,
    session: AsyncSession,
    enter: Enter,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    user = await enter()
    await user.agree()
    await user.bind()
    await user.ask("PATCH", "me", json={"name": "王建国", "version": 2})
    community = await make_community(session)
    post = await appointments.make(
        session, community.id, "community_clerk", name="王建国", phone=user.phone
    )
    post.person_id = await session.scalar(select(Person.id))
    session.add_all(
        RoleGrant(
            person_id=user.tokens["person_id"],
            role=Role.COMMUNITY_CLERK,
            organization_id=community.id,
            valid_from=clock.today() + days * DAY,
        )
        for days in (0, 9)
    )
    await session.flush()
    assert await living(session, user) == (1, 1, 2, 1, 1)

    with count_statements() as seen:
        assert (await user.ask("DELETE", "me")).status_code == 204
    assert len(seen) <= 12
    assert await living(session, user) == (0, 0, 0, 0, 0)
    await session.refresh(post)
    assert post.person_id is None
    facts = await session.execute(
        select(OutboxEntry.payload).where(OutboxEntry.name == "account.closed")
    )
    assert facts.scalars().all() == [{"person_id": user.tokens["person_id"]}]
    assert (await user.ask("GET", "me")).status_code == 401
    assert (await user.ask("DELETE", "me")).status_code == 401
    dead = {"refresh_token": user.tokens["refresh_token"]}
    assert (await client.post("/api/v1/sessions/refresh", json=dead)).status_code == 401


async def test_the_next_login_begins_a_blank_person_whom_the_post_finds_again(
    session: AsyncSession, enter: Enter
) -> None:
    user = await enter()
    await user.agree()
    community = await make_community(session)
    await appointments.make(
        session, community.id, "community_clerk", name="王建国", phone=user.phone
    )
    await user.bind()
    await user.ask("DELETE", "me")
    again = await enter(user.phone)
    assert again.tokens["person_id"] != user.tokens["person_id"]
    me = (await again.ask("GET", "me")).json()
    assert (me["name"], me["phone"], me["roles"]) == (None, None, [])
    await again.agree()
    assert (await again.bind()).status_code == 200
    me = (await again.ask("GET", "me")).json()
    assert [role["role"] for role in me["roles"]] == ["community_clerk"]


async def test_a_person_who_was_closed_a_moment_ago_sees_and_changes_nothing(
    session: AsyncSession, reader: Reader
) -> None:
    gone = await make_person(session, closed_at=clock.now())
    with pytest.raises(Unauthorized):
        await service.show(reader, Actor(gone.id))
    with pytest.raises(Unauthorized):
        await service.close(session, Actor(gone.id))
