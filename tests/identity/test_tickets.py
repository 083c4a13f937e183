"""Signing in to the console: the ticket, the phone's word, the session; who may not, and what is over."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, ids
from app.core.terms import forget
from app.identity import console_sessions, tickets
from app.identity.tickets import NotConfirmed, TicketGone, TicketState
from app.models.house import OperationLog, RateWindow
from app.models.person import Person, Role
from app.models.sign_in import ConsoleSession, SignInTicket
from app.permissions import Actor
from tests.conftest import OwnReader
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff

SignIn = Callable[[Person], dict[str, str]]
WINDOWS = {"device": "Windows 电脑", "address": "203.0.113.7"}
JUST_OVER = tickets.LIFE + timedelta(seconds=1)


@pytest.fixture
async def secretary(session: AsyncSession) -> Person:
    return await make_staff(session, Role.COMMUNITY_SECRETARY, await make_community(session))


def path(secret: str, verb: str = "") -> str:
    return f"/api/v1/sign-in-tickets/{tickets.code_of(secret)}{verb}"


async def signed_in(session: AsyncSession, person: Person) -> str:
    """The token of a new session of this person."""
    secret = await tickets.make(session, **WINDOWS)
    actor = Actor(person.id, {Role.COMMUNITY_CLERK: (ids.new_id(),)})
    await tickets.confirm(session, actor, tickets.code_of(secret))
    return await console_sessions.exchange(session, secret, **WINDOWS)


async def test_a_phone_looks_confirms_and_the_browser_is_signed_in(
    client: AsyncClient,
    session: AsyncSession,
    reader: OwnReader,
    sign_in: SignIn,
    secretary: Person,
) -> None:
    secret = await tickets.make(session, **WINDOWS)
    head = sign_in(secretary)
    seen = await client.get(path(secret), headers=head)
    assert seen.status_code == 200
    assert (seen.json()["device"], seen.json()["address"]) == tuple(WINDOWS.values())
    assert seen.json()["may_confirm"] is True
    assert await tickets.state(reader, secret) is TicketState.WAITING
    for _ in range(2):  # said again, it changes nothing
        answer = await client.post(path(secret, "/confirm"), headers=head)
        assert answer.status_code == 204, answer.text
    assert await tickets.state(reader, secret) is TicketState.CONFIRMED
    token = await console_sessions.exchange(session, secret, **WINDOWS)
    assert await tickets.state(reader, secret) is TicketState.OVER
    found = await console_sessions.find(reader, token)
    assert found is not None
    assert (found["person_id"], found["name"]) == (secretary.id, secretary.name)
    assert [each["role"] for each in found["held"]] == ["community_secretary"]
    assert await session.scalar(select(ConsoleSession.token_hash)) == ids.digest(token)
    noted = await session.scalars(select(OperationLog.action).order_by(OperationLog.id))
    assert noted.all() == ["sign_in.confirmed", "sign_in.confirmed", "console.signed_in"]


async def test_a_used_ticket_is_used(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, secretary: Person
) -> None:
    secret = await tickets.make(session, **WINDOWS)
    await client.post(path(secret, "/confirm"), headers=sign_in(secretary))
    await console_sessions.exchange(session, secret, **WINDOWS)
    with pytest.raises(TicketGone):
        await console_sessions.exchange(session, secret, **WINDOWS)
    for verb in ("/confirm", "/refuse"):
        answer = await client.post(path(secret, verb), headers=sign_in(secretary))
        assert (answer.status_code, answer.json()["code"]) == (404, "ticket_gone")
    assert (await client.get(path(secret), headers=sign_in(secretary))).status_code == 404


async def test_nothing_is_had_for_a_ticket_that_nobody_has_confirmed(session: AsyncSession) -> None:
    secret = await tickets.make(session, **WINDOWS)
    with pytest.raises(NotConfirmed):
        await tickets.consume(session, secret)
    with pytest.raises(TicketGone):
        await tickets.consume(session, "made-up")


async def test_who_has_only_seen_the_code_is_not_the_browser(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, secretary: Person
) -> None:
    secret = await tickets.make(session, **WINDOWS)
    await client.post(path(secret, "/confirm"), headers=sign_in(secretary))
    with pytest.raises(TicketGone):
        await tickets.consume(session, tickets.code_of(secret))


async def test_a_refused_ticket_is_over_even_if_it_was_confirmed(
    client: AsyncClient,
    session: AsyncSession,
    reader: OwnReader,
    sign_in: SignIn,
    secretary: Person,
) -> None:
    secret = await tickets.make(session, **WINDOWS)
    for verb in ("/confirm", "/refuse"):
        answer = await client.post(path(secret, verb), headers=sign_in(secretary))
        assert answer.status_code == 204
    assert await tickets.state(reader, secret) is TicketState.REFUSED
    with pytest.raises(TicketGone):
        await tickets.consume(session, secret)
    assert (await client.get(path(secret), headers=sign_in(secretary))).status_code == 404


async def test_the_first_phone_decides(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, secretary: Person
) -> None:
    secret = await tickets.make(session, **WINDOWS)
    other = await make_staff(session, Role.COMMUNITY_CLERK, await make_community(session))
    await client.post(path(secret, "/confirm"), headers=sign_in(secretary))
    late = await client.post(path(secret, "/confirm"), headers=sign_in(other))
    assert late.json()["code"] == "ticket_gone"
    assert (await client.get(path(secret), headers=sign_in(other))).status_code == 404
    assert await tickets.consume(session, secret) == secretary.id


async def test_three_minutes_later_it_is_over(
    client: AsyncClient,
    session: AsyncSession,
    reader: OwnReader,
    sign_in: SignIn,
    secretary: Person,
    move_clock: Callable[[timedelta], None],
) -> None:
    secret = await tickets.make(session, **WINDOWS)
    await client.post(path(secret, "/confirm"), headers=sign_in(secretary))
    move_clock(JUST_OVER)
    assert await tickets.state(reader, secret) is TicketState.OVER
    with pytest.raises(TicketGone):
        await tickets.consume(session, secret)


async def test_who_has_no_role_looks_and_refuses_but_does_not_confirm(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn
) -> None:
    secret = await tickets.make(session, **WINDOWS)
    resident = await make_person(session)
    seen = await client.get(path(secret), headers=sign_in(resident))
    assert seen.json()["may_confirm"] is False
    answer = await client.post(path(secret, "/confirm"), headers=sign_in(resident))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_staff")
    assert (await client.post(path(secret, "/refuse"), headers=sign_in(resident))).is_success


async def test_whoever_tries_codes_is_stopped(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, secretary: Person
) -> None:
    made_up = "/api/v1/sign-in-tickets/AAAA/confirm"
    assert (await client.post(made_up, headers=sign_in(secretary))).status_code == 404
    await session.execute(update(RateWindow).values(attempts=60))
    assert (await client.post(made_up, headers=sign_in(secretary))).status_code == 429


async def test_a_session_ends_without_requests_and_after_its_day(
    session: AsyncSession,
    reader: OwnReader,
    app: FastAPI,
    secretary: Person,
    move_clock: Callable[[timedelta], None],
) -> None:
    token = await signed_in(session, secretary)
    for hours in range(1, 13):
        move_clock(timedelta(minutes=58 * hours))
        found = await console_sessions.find(reader, token)
        assert found is not None
        await console_sessions.touch(app.state.sessions, found["id"], found["seen_at"])
    move_clock(timedelta(minutes=58 * 12 + 61))
    assert await console_sessions.find(reader, token) is None  # idle
    await session.execute(update(ConsoleSession).values(seen_at=clock.now()))
    assert await console_sessions.find(reader, token) is None  # twelve hours
    await forget(session, *console_sessions.TERMS, *tickets.TERMS)
    assert await session.scalar(select(func.count()).select_from(ConsoleSession)) == 0
    assert await session.scalar(select(func.count()).select_from(SignInTicket)) == 1


async def test_a_session_that_was_just_seen_is_not_written_again(
    session: AsyncSession, reader: OwnReader, app: FastAPI, secretary: Person
) -> None:
    token = await signed_in(session, secretary)
    found = await console_sessions.find(reader, token)
    assert found is not None
    before = await session.scalar(select(ConsoleSession.seen_at))
    await console_sessions.touch(app.state.sessions, found["id"], found["seen_at"])
    assert await session.scalar(select(ConsoleSession.seen_at)) == before


async def test_one_browser_is_signed_out_from_the_phone(
    client: AsyncClient,
    session: AsyncSession,
    reader: OwnReader,
    sign_in: SignIn,
    secretary: Person,
) -> None:
    tokens = [await signed_in(session, secretary) for _ in range(2)]
    head = sign_in(secretary)
    listed = (await client.get("/api/v1/console-sessions", headers=head)).json()
    assert [each["device"] for each in listed] == ["Windows 电脑"] * 2
    gone = f"/api/v1/console-sessions/{listed[1]['id']}"
    stranger = sign_in(await make_person(session))
    assert (await client.delete(gone, headers=stranger)).status_code == 404
    assert (await client.delete(gone, headers=head)).status_code == 204
    assert (await client.delete(gone, headers=head)).status_code == 404
    left = [await console_sessions.find(reader, token) for token in tokens]
    assert [row is None for row in left] == [True, False]


async def test_signed_out_everywhere_is_signed_out_of_the_console_too(
    client: AsyncClient,
    session: AsyncSession,
    reader: OwnReader,
    sign_in: SignIn,
    secretary: Person,
) -> None:
    token = await signed_in(session, secretary)
    assert (await client.delete("/api/v1/sessions", headers=sign_in(secretary))).is_success
    assert await console_sessions.find(reader, token) is None


async def test_of_two_exchanges_at_once_one_is_signed_in(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        person = await make_staff(session, Role.COMMUNITY_SECRETARY, await make_community(session))
        secret = await tickets.make(session, **WINDOWS)
    transport = ASGITransport(committed)
    head = {"Authorization": f"Bearer {committed.state.tokens.sign(person.id)}"}
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.post(path(secret, "/confirm"), headers=head)).status_code == 204

    async def exchange() -> str:
        async with committed.state.sessions.begin() as session:
            return await console_sessions.exchange(session, secret, **WINDOWS)

    found = await asyncio.gather(*(exchange() for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(each, str) for each in found) == 1
    assert sum(isinstance(each, TicketGone) for each in found) == 5
    async with committed.state.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(ConsoleSession)) == 1
