"""What happens at once, with real commits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import func, select, update

from app.core import clock
from app.models.person import Person, RefreshToken, Role, WechatAccount
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.identity.conftest import User, client_of, phone_of, speaking
from tests.simulator.hands import Hands

AT_ONCE = 8
GRACE_OVER = timedelta(seconds=11)

SignIn = Callable[[Person], dict[str, str]]


@pytest.fixture
def sign_in_as(committed: FastAPI) -> SignIn:
    """The headers of a request by this person."""
    return lambda person: {"Authorization": f"Bearer {committed.state.tokens.sign(person.id)}"}


@pytest.fixture
async def crowd(committed: FastAPI, simulator: Hands) -> AsyncIterator[AsyncClient]:
    """Speaks to the application, many calls at a time."""
    wechat = client_of(simulator.url, committed.state.sessions)
    committed.state.wechat = wechat
    transport = ASGITransport(committed, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
    await wechat.close()


async def log_in(client: AsyncClient, simulator: Hands, phone: str) -> Response:
    codes = await simulator.codes(phone)
    return await client.post("/api/v1/sessions", json={"code": codes["login_code"]})


def codes_of(answers: list[Response]) -> list[str]:
    return sorted(str(answer.json().get("code", answer.status_code)) for answer in answers)


async def test_two_logins_at_once_of_somebody_new_make_one_person(
    committed: FastAPI, crowd: AsyncClient, simulator: Hands
) -> None:
    answers = await asyncio.gather(
        *(log_in(crowd, simulator, "13811111111") for _ in range(AT_ONCE))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["person_id"] for answer in answers}) == 1
    async with committed.state.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Person)) == 1
        assert await session.scalar(select(func.count()).select_from(WechatAccount)) == 1


async def test_of_parallel_refreshes_with_one_token_exactly_one_wins(
    committed: FastAPI, crowd: AsyncClient, simulator: Hands
) -> None:
    signed = (await log_in(crowd, simulator, "13811111112")).json()
    token = {"refresh_token": signed["refresh_token"]}
    answers = await asyncio.gather(
        *(crowd.post("/api/v1/sessions/refresh", json=token) for _ in range(AT_ONCE))
    )
    assert codes_of(answers) == ["200"] + ["refresh_in_flight"] * (AT_ONCE - 1)
    winner = next(answer for answer in answers if answer.status_code == 200).json()
    again = await crowd.post(
        "/api/v1/sessions/refresh", json={"refresh_token": winner["refresh_token"]}
    )
    assert again.status_code == 200


async def test_a_thief_and_the_owner_at_once_end_the_family_whole(
    committed: FastAPI, crowd: AsyncClient, simulator: Hands
) -> None:
    """The revocation is committed though it is answered 401, and no fresh token slips through."""
    signed = (await log_in(crowd, simulator, "13811111113")).json()
    stolen = {"refresh_token": signed["refresh_token"]}
    fresh = (await crowd.post("/api/v1/sessions/refresh", json=stolen)).json()
    async with committed.state.sessions.begin() as session:
        await session.execute(
            update(RefreshToken)
            .where(RefreshToken.used_at.is_not(None))
            .values(used_at=clock.now() - GRACE_OVER)
        )
    answers = await asyncio.gather(
        crowd.post("/api/v1/sessions/refresh", json=stolen),
        crowd.post("/api/v1/sessions/refresh", json={"refresh_token": fresh["refresh_token"]}),
    )
    assert answers[0].json()["code"] == "refresh_reused"
    async with committed.state.sessions() as session:
        living = select(func.count()).where(RefreshToken.revoked_at.is_(None))
        assert await session.scalar(living) == 0


async def test_of_two_who_bind_one_phone_at_once_one_gets_it(
    committed: FastAPI, crowd: AsyncClient, simulator: Hands
) -> None:
    users = []
    for phone in ("13811111114", "13811111115"):
        signed = (await log_in(crowd, simulator, phone)).json()
        users.append(User(crowd, simulator, phone, signed))
        await users[-1].agree()
    async with speaking(committed, {"/wxa/business/getuserphonenumber": phone_of("13811111116")}):
        answers = await asyncio.gather(
            *(user.ask("PUT", "me/phone", json={"code": "any"}) for user in users)
        )
    assert codes_of(answers) == ["200", "phone_taken"]
    async with committed.state.sessions() as session:
        owners = select(func.count()).where(Person.phone_hash.is_not(None))
        assert await session.scalar(owners) == 1


async def test_of_two_who_give_one_role_at_once_one_does(
    committed: FastAPI, crowd: AsyncClient, sign_in_as: SignIn
) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        giver = await make_staff(session, Role.COMMUNITY_SECRETARY, community)
        taker = await make_person(session)
    body = {"person_id": str(taker.id), "role": "community_clerk"}
    answers = await asyncio.gather(
        *(
            crowd.post(
                f"/api/v1/organizations/{community.id}/roles",
                json=body,
                headers=sign_in_as(giver),
            )
            for _ in range(AT_ONCE)
        )
    )
    assert codes_of(answers) == ["201"] + ["role_held"] * (AT_ONCE - 1)
