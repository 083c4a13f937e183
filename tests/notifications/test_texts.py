"""Text messages over real HTTP to a gateway of our own: signed, once, and to who has not answered."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.emergency.events import CallUpMoved
from app.models.emergency import CallUp, CallUpStatus, Reply
from app.models.member import Registration, RegistrationStatus
from app.models.organization import Organization, Policy
from app.models.report import OutgoingStatus, TextMessage
from app.notifications import emergency
from app.notifications.texts import send_next
from app.process import sms_gateway
from app.sms.client import Account, SmsGateway, sign
from app.worker import works
from tests.conftest import make_settings
from tests.emergency.town import Move
from tests.factories.emergency import make_call_up
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_community, make_employer
from tests.factories.people import make_person
from tests.simulator.server import serving

Sessions = async_sessionmaker[AsyncSession]
SECRET = "s" * 40
PHONE = "13911112222"
NEVER_LISTENING = "http://127.0.0.1:9/"


@dataclass
class Receiver:
    """The organiser's gateway: keeps what came, and answers as it is told."""

    url: str = ""
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    body: bytes = b'{"status": "queued"}'
    pause: float = 0.0
    arrived: Event = field(default_factory=Event)

    async def take(self, request: Request) -> Response:
        """One request; what it is answered is settled when it comes, whoever waits meanwhile."""
        self.came.append((dict(request.headers), await request.body()))
        answer = Response(self.body, self.statuses.pop(0) if self.statuses else 200)
        self.arrived.set()
        await asyncio.sleep(self.pause)
        return answer

    def bodies(self) -> list[dict[str, str]]:
        return [json.loads(body) for _, body in self.came]


@pytest.fixture(scope="module")
def running() -> Iterator[Receiver]:
    receiver, app = Receiver(), FastAPI()
    app.add_route("/texts", receiver.take, methods=["POST"])
    with serving(app) as address:
        receiver.url = f"{address}/texts"
        yield receiver


@pytest.fixture
def receiver(running: Receiver) -> Receiver:
    running.came.clear()
    running.statuses.clear()
    running.arrived.clear()
    running.body, running.pause = Receiver.body, 0.0
    return running


@pytest.fixture
async def gateway(receiver: Receiver) -> AsyncIterator[SmsGateway]:
    made = SmsGateway(Account(receiver.url, SECRET, timeout=2))
    yield made
    await made.close()


@dataclass
class Called:
    """A call-up of the last hour, whose messages are due."""

    sessions: Sessions
    call_up: CallUp
    community: Organization
    rows: list[Registration]

    async def tell(self) -> None:
        """The call is told, as the worker does it."""
        event = CallUpMoved(call_up_id=self.call_up.id, action="activate", status="active")
        async with self.sessions.begin() as session:
            await emergency.on_call_up_moved(session, 1, event)

    async def messages(self) -> list[TextMessage]:
        async with self.sessions() as session:
            return list(await session.scalars(select(TextMessage).order_by(TextMessage.id)))

    async def only(self) -> TextMessage:
        (row,) = await self.messages()
        return row


async def make_called(sessions: Sessions, *, is_on: bool = True, **columns: Any) -> Called:
    async with sessions.begin() as session:
        community = await make_community(session)
        person = await make_person(session, phone=PHONE)
        rows = [await make_registration(session, community, person)]
        call_up = await make_call_up(
            session, community, rows, **{"contact_phone": "0513-85000000"} | columns
        )
        if is_on:
            session.add(
                Policy(
                    organization_id=community.lineage[0],
                    key="notify.sms_adapter",
                    value={"value": "emergency_only"},
                    basis="市委组织部",
                    effective_on=clock.today(),
                    created_at=clock.now(),
                )
            )
    return Called(sessions, call_up, community, rows)


@pytest.fixture
async def called(committed: FastAPI, move_clock: Move) -> Called:
    made = await make_called(committed.state.sessions)
    await made.tell()
    move_clock(timedelta(minutes=11))
    return made


async def test_who_has_not_answered_is_sent_one_signed_message(
    committed: FastAPI, receiver: Receiver, gateway: SmsGateway, move_clock: Move
) -> None:
    made = await make_called(committed.state.sessions)
    await made.tell()
    await made.tell()  # a fact may be told twice
    move_clock(timedelta(minutes=9))
    assert not await send_next(made.sessions, gateway)
    move_clock(timedelta(minutes=11))
    assert await send_next(made.sessions, gateway)
    assert not await send_next(made.sessions, gateway)
    ((head, body),) = receiver.came
    row = await made.only()
    said = json.loads(body)
    assert (said["id"], said["phone"]) == (str(row.id), PHONE)
    assert said["text"].startswith("防台值守：") and said["text"].endswith("0513-85000000")
    assert head["x-signature"] == sign(SECRET.encode(), head["x-timestamp"], body)
    assert (row.status, row.answer, row.error) == (OutgoingStatus.SENT, "queued", None)
    assert row.sent_at is not None


@pytest.mark.parametrize("is_on", [True, False])
async def test_it_is_off_until_the_city_turns_it_on_and_never_for_a_campaign(
    committed: FastAPI, is_on: bool
) -> None:
    made = await make_called(committed.state.sessions, is_on=is_on, is_emergency=not is_on)
    await made.tell()
    assert await made.messages() == []


async def test_who_has_answered_is_sent_none(
    called: Called, receiver: Receiver, gateway: SmsGateway
) -> None:
    async with called.sessions.begin() as session:
        reply = (await session.scalars(select(Reply))).one()
        reply.reply = "cannot"
    assert await send_next(called.sessions, gateway)
    row = await called.only()
    assert (row.status, row.error, receiver.came) == (OutgoingStatus.DROPPED, "reached", [])


async def test_nobody_is_sent_anything_once_it_is_over_or_he_is_no_member(
    called: Called, receiver: Receiver, gateway: SmsGateway
) -> None:
    async with called.sessions.begin() as session:
        registration = await session.get_one(Registration, called.rows[0].id)
        registration.status = RegistrationStatus.ENDED
    assert await send_next(called.sessions, gateway)
    assert (await called.only()).error == "left"
    async with called.sessions.begin() as session:
        (await session.get_one(CallUp, called.call_up.id)).status = CallUpStatus.STOOD_DOWN
        row = await session.get_one(TextMessage, (await called.only()).id)
        row.status = OutgoingStatus.WAITING
    assert await send_next(called.sessions, gateway)
    assert ((await called.only()).error, receiver.came) == ("over", [])


async def test_who_was_entered_at_the_counter_has_the_phone_of_the_roster_or_none(
    committed: FastAPI, receiver: Receiver, gateway: SmsGateway, move_clock: Move
) -> None:
    sessions: Sessions = committed.state.sessions
    made = await make_called(sessions)
    async with sessions.begin() as session:
        employer = await make_employer(session)
        for phone in ("13822223333", None):
            member = await make_member(session, employer)
            member.phone, member.phone_hash = phone, None
            row = await make_registration(session, made.community, member=member)
            session.add(Reply(call_up_id=made.call_up.id, registration_id=row.id))
    await made.tell()
    move_clock(timedelta(minutes=11))
    while await send_next(sessions, gateway):
        pass
    assert {each["phone"] for each in receiver.bodies()} == {PHONE, "13822223333"}
    states = sorted((row.status, row.error) for row in await made.messages())
    assert states[0] == (OutgoingStatus.DROPPED, "no_phone")


async def test_a_gateway_that_is_busy_or_away_delays_a_message_and_loses_none(
    called: Called, receiver: Receiver, gateway: SmsGateway, move_clock: Move
) -> None:
    away = SmsGateway(Account(NEVER_LISTENING, SECRET, timeout=1))
    receiver.statuses = [503, 429]
    minutes = 11
    for each, word in ((gateway, "http:503"), (away, "ConnectError"), (gateway, "http:429")):
        assert await send_next(called.sessions, each)
        assert not await send_next(called.sessions, each)
        row = await called.only()
        assert (row.status, row.error, row.unanswered) == (OutgoingStatus.WAITING, word, 0)
        minutes += 10
        move_clock(timedelta(minutes=minutes))
    await away.close()
    assert await send_next(called.sessions, gateway)
    row = await called.only()
    assert (row.status, row.attempts, len(receiver.came)) == (OutgoingStatus.SENT, 4, 3)


@pytest.mark.parametrize("status", [500, 502])
async def test_a_failure_after_which_it_may_be_out_is_tried_once_more_under_the_same_id(
    called: Called, receiver: Receiver, gateway: SmsGateway, move_clock: Move, status: int
) -> None:
    receiver.statuses = [status, status]
    assert await send_next(called.sessions, gateway)
    assert (await called.only()).status is OutgoingStatus.WAITING
    for minutes in (21, 31):
        move_clock(timedelta(minutes=minutes))
        await send_next(called.sessions, gateway)
    assert len({each["id"] for each in receiver.bodies()}) == 1 and len(receiver.came) == 2
    row = await called.only()
    assert (row.status, row.error) == (OutgoingStatus.UNSURE, f"http:{status}")


async def test_an_answer_that_does_not_come_in_time_is_no_second_message(
    called: Called, receiver: Receiver, move_clock: Move
) -> None:
    receiver.pause = 0.6
    hasty = SmsGateway(Account(receiver.url, SECRET, timeout=0.2))
    assert await send_next(called.sessions, hasty)
    row = await called.only()
    assert (row.status, row.unanswered) == (OutgoingStatus.WAITING, 1)
    async with called.sessions.begin() as session:  # meanwhile he has answered
        (await session.scalars(select(Reply))).one().reply = "can_come"
    move_clock(timedelta(minutes=21))
    assert await send_next(called.sessions, hasty)
    await hasty.close()
    row = await called.only()
    assert (row.status, row.error) == (OutgoingStatus.UNSURE, "reached")


async def test_a_worker_that_dies_while_sending_ends_in_doubt_after_two_tries(
    called: Called, receiver: Receiver, gateway: SmsGateway, move_clock: Move
) -> None:
    receiver.pause = 1.5
    for minutes in (21, 31):
        dying = asyncio.create_task(send_next(called.sessions, gateway))
        assert await asyncio.to_thread(receiver.arrived.wait, 20)
        receiver.arrived.clear()
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        move_clock(timedelta(minutes=minutes))
    assert await send_next(called.sessions, gateway)
    row = await called.only()
    assert (row.status, row.error) == (OutgoingStatus.UNSURE, "no_answer")
    assert len(receiver.came) == 2


async def test_a_refusal_ends_it_and_no_word_of_it_is_in_a_log(
    called: Called,
    receiver: Receiver,
    gateway: SmsGateway,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.statuses, receiver.body = [400], PHONE.encode()
    with caplog.at_level(logging.DEBUG):
        assert await send_next(called.sessions, gateway)
    row = await called.only()
    assert (row.status, row.error) == (OutgoingStatus.DROPPED, "http:400")
    assert PHONE not in caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"ok", b'{"status": 1}', '{"status": "13911112222 已收"}'.encode()]
)
async def test_an_acceptance_without_a_plain_word_is_one_all_the_same(
    called: Called, receiver: Receiver, gateway: SmsGateway, body: bytes
) -> None:
    receiver.body = body
    assert await send_next(called.sessions, gateway)
    row = await called.only()
    assert (row.status, row.answer) == (OutgoingStatus.SENT, "accepted")


async def test_many_senders_send_each_message_once(
    committed: FastAPI, receiver: Receiver, gateway: SmsGateway, move_clock: Move
) -> None:
    sessions: Sessions = committed.state.sessions
    made = await make_called(sessions)
    async with sessions.begin() as session:
        employer = await make_employer(session)
        for number in range(11):
            member = await make_member(session, employer, phone=f"138222233{number:02}")
            row = await make_registration(session, made.community, member=member)
            session.add(Reply(call_up_id=made.call_up.id, registration_id=row.id))
    await made.tell()
    move_clock(timedelta(minutes=11))

    async def drain() -> None:
        while await send_next(sessions, gateway):
            pass

    await asyncio.gather(*(drain() for _ in range(4)))
    assert len({each["phone"] for each in receiver.bodies()}) == len(receiver.came) == 12
    async with sessions() as session:
        sent = select(func.count(TextMessage.id)).where(TextMessage.status == OutgoingStatus.SENT)
        assert await session.scalar(sent) == 12


async def test_the_worker_sends_only_where_there_is_a_gateway(
    committed: FastAPI, receiver: Receiver, called: Called
) -> None:
    settings = make_settings("postgresql+asyncpg://none/none", sms_url=receiver.url)
    wechat: Any = None
    async with sms_gateway(make_settings("")) as none, sms_gateway(settings) as gateway:
        assert none is None and gateway is not None
        without = works(called.sessions, wechat, none)
        all_works = works(called.sessions, wechat, gateway)
        assert len(all_works) == len(without) + 1
        assert await all_works[-2]()
    assert (await called.only()).status is OutgoingStatus.SENT
