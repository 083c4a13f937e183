"""Binding a phone: by consent, through WeChat, one living person each."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, fields
from app.core.errors import Unauthorized
from app.core.ids import new_id
from app.identity import phones
from app.models.house import RateWindow
from app.models.organization import Appointment
from app.models.person import Person, Role, RoleGrant, WechatAccount
from app.organizations import appointments
from tests.factories.organizations import make_community
from tests.factories.people import make_person, next_phone
from tests.identity.conftest import Enter, User, phone_of, speaking

ASK = "/wxa/business/getuserphonenumber"


async def consenting(enter: Enter, purpose: str = "registration_core") -> User:
    user = await enter()
    await user.agree(purpose)
    return user


async def person_of(session: AsyncSession, user: User) -> Person:
    found = await session.scalar(
        select(Person)
        .where(Person.id == user.tokens["person_id"])
        .execution_options(populate_existing=True)
    )
    assert found is not None
    return found


@pytest.mark.parametrize("purpose", ["registration_core", "resident_core"])
async def test_either_core_consent_suffices(
    session: AsyncSession, enter: Enter, purpose: str
) -> None:
    user = await consenting(enter, purpose)
    answer = await user.bind()
    assert answer.status_code == 200, answer.text
    person = await person_of(session, user)
    assert person.phone == user.phone
    assert person.phone_hash == fields.find_by(user.phone)
    assert person.phone_verified_at is not None
    me = (await user.ask("GET", "me")).json()
    assert me["phone"] == f"{user.phone[:3]}****{user.phone[-4:]}"
    assert me["is_phone_verified"] is True


async def test_without_consent_wechat_is_not_even_asked(enter: Enter) -> None:
    user = await enter()
    await user.agree("display_in_building")
    before = await user.simulator.calls(ASK)
    answer = await user.bind()
    assert (answer.status_code, answer.json()["code"]) == (403, "consent_missing")
    assert await user.simulator.calls(ASK) == before


async def test_a_code_of_somebody_else_or_a_used_one_is_refused(enter: Enter) -> None:
    user, other = await consenting(enter), await consenting(enter)
    theirs = await other.simulator.codes(other.phone)
    mine = await user.simulator.codes(user.phone)
    assert (await user.ask("PUT", "me/phone", json={"code": mine["phone_code"]})).is_success
    for code in (theirs["phone_code"], mine["phone_code"], mine["login_code"], "made-up"):
        answer = await user.ask("PUT", "me/phone", json={"code": code})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/code"
        assert answer.json()["errors"][0]["code"] == "phone_code_refused"


@pytest.mark.parametrize("said", [None, {"errcode": 45009}, {"errcode": 48001}])
async def test_while_wechat_is_away_the_phone_stays_as_it_was(
    app: FastAPI, session: AsyncSession, enter: Enter, said: dict[str, Any] | None
) -> None:
    user = await consenting(enter)
    async with speaking(app, {ASK: said}):
        answer = await user.ask("PUT", "me/phone", json={"code": "any"})
    if said == {"errcode": 48001}:
        assert answer.status_code in (422, 503)
    else:
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
    assert (await person_of(session, user)).phone is None


async def test_a_number_from_abroad_keeps_its_country(
    app: FastAPI, session: AsyncSession, enter: Enter
) -> None:
    user = await consenting(enter)
    async with speaking(app, {ASK: phone_of("61234567", "852")}):
        assert (await user.ask("PUT", "me/phone", json={"code": "any"})).status_code == 200
    assert (await person_of(session, user)).phone == "+85261234567"


async def test_a_phone_with_which_another_signs_in_is_taken(
    app: FastAPI, session: AsyncSession, enter: Enter
) -> None:
    first, second = await consenting(enter), await consenting(enter)
    await first.bind()
    async with speaking(app, {ASK: phone_of(first.phone)}):
        answer = await second.ask("PUT", "me/phone", json={"code": "any"})
    assert (answer.status_code, answer.json()["code"]) == (409, "phone_taken")
    assert (await person_of(session, second)).phone is None
    assert first.phone not in answer.text


async def test_binding_again_changes_the_phone_and_frees_the_old_one(
    app: FastAPI, session: AsyncSession, enter: Enter
) -> None:
    user, heir = await consenting(enter), await consenting(enter)
    await user.bind()
    await user.bind()
    async with speaking(app, {ASK: phone_of("13822222222")}):
        assert (await user.ask("PUT", "me/phone", json={"code": "any"})).status_code == 200
    assert (await person_of(session, user)).phone == "13822222222"
    async with speaking(app, {ASK: phone_of(user.phone)}):
        assert (await heir.ask("PUT", "me/phone", json={"code": "any"})).status_code == 200


async def test_what_staff_prepared_under_the_phone_is_the_owners(
    session: AsyncSession, enter: Enter
) -> None:
    user = await consenting(enter)
    community = await make_community(session)
    prepared = await make_person(session, phone=user.phone, phone_verified_at=None, name="王建国")
    own_id = user.tokens["person_id"]
    today = clock.today()
    for person_id, role in (
        (prepared.id, Role.COMMUNITY_CLERK),
        (prepared.id, Role.GRID_WORKER),
        (own_id, Role.GRID_WORKER),
    ):
        session.add(
            RoleGrant(
                person_id=person_id, role=role, organization_id=community.id, valid_from=today
            )
        )
    post = await appointments.make(
        session, community.id, "grid_volunteer", name="王建国", phone=None
    )
    post.person_id = prepared.id
    await session.flush()

    assert (await user.bind()).status_code == 200
    me = (await user.ask("GET", "me")).json()
    assert me["name"] == "王建国"
    assert sorted(role["role"] for role in me["roles"]) == ["community_clerk", "grid_worker"]
    assert [held["post"] for held in me["appointments"]] == ["grid_volunteer"]
    await session.refresh(prepared)
    assert prepared.closed_at is not None
    assert (prepared.name, prepared.phone, prepared.phone_hash) == (None, None, None)


async def test_ones_own_name_stays_when_a_prepared_one_is_taken_over(
    session: AsyncSession, enter: Enter
) -> None:
    user = await consenting(enter)
    await user.ask("PATCH", "me", json={"name": "王小明", "version": 1})
    await make_person(session, phone=user.phone, phone_verified_at=None, name="老王")
    await user.bind()
    assert (await user.ask("GET", "me")).json()["name"] == "王小明"


async def test_a_person_who_left_wechat_meanwhile_binds_nothing(
    session: AsyncSession, enter: Enter
) -> None:
    user = await consenting(enter)
    await session.execute(delete(WechatAccount))
    assert (await user.bind()).status_code == 401


async def test_too_many_codes_in_an_hour_are_refused(session: AsyncSession, enter: Enter) -> None:
    user = await consenting(enter)
    session.add(
        RateWindow(
            key=f"phone:{user.tokens['person_id']}",
            window_ends_at=clock.now() + timedelta(minutes=20),
            attempts=10,
        )
    )
    await session.flush()
    answer = await user.bind()
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 1000


async def test_binding_with_a_post_takes_at_most_twelve_statements(
    session: AsyncSession,
    enter: Enter,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    user = await consenting(enter)
    community = await make_community(session)
    await appointments.make(
        session, community.id, "community_clerk", name="王建国", phone=user.phone
    )
    await consenting(enter)
    code = (await user.simulator.codes(user.phone))["phone_code"]
    await (await consenting(enter)).bind()  # the access token of WeChat is at hand
    with count_statements() as seen:
        answer = await user.ask("PUT", "me/phone", json={"code": code})
    assert answer.status_code == 200
    assert len(seen) <= 12, seen
    assert await session.scalar(select(RoleGrant.role)) == Role.COMMUNITY_CLERK
    assert await session.scalar(select(Appointment.person_id)) is not None


async def test_a_stranger_cannot_take_over_by_typing_a_phone(enter: Enter) -> None:
    user = await consenting(enter)
    answer = await user.ask("PUT", "me/phone", json={"phone": next_phone()})
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/code", "/phone"}


async def test_who_has_left_while_wechat_was_asked_takes_no_phone(session: AsyncSession) -> None:
    person = await make_person(session, phone=next_phone())
    assert person.phone_hash is not None
    person.closed_at = clock.now()
    await session.flush()
    for left in (person.id, new_id()):
        with pytest.raises(Unauthorized):
            await phones.lock_with_owner(session, left, fields.find_by(next_phone()))
