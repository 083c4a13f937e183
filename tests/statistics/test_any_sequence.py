"""Whatever is pressed, in whatever sequence and told however often: summaries are the source rows."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import deadlines, events
from app.core import clock
from app.models.member import Registration, RegistrationStatus, Transfer
from app.models.need import Need, Route, Verdict
from app.models.order import Order, OrderStatus, Seat
from app.models.person import Person, Role
from app.models.record import ServiceRecord
from app.models.statistic import OrganizationMonth
from app.needs.events import NeedMoved
from app.statistics import summing
from app.wiring import DEADLINES
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_consent
from tests.orders.town import Desk
from tests.records.town import declared
from tests.statistics.town import City, differing, make_city, tell_all

Headers = Callable[[Person], dict[str, str]]
PENDING = Registration.status == RegistrationStatus.PENDING_COMMUNITY
KINDS = (
    *(
        "accept",
        "move",
        "take",
        "take",
        "serve",
        "serve",
        "declare",
        "approve",
        "correct",
        "correct",
    ),
    *("void", "dispute", "uphold", "need", "need", "triage", "triage", "answer", "answer"),
    *("order", "time", "time", "tell", "again", "end"),
)


class Play:
    """A city in which anything may happen; each call is one over HTTP, or the clock's."""

    def __init__(self, session: AsyncSession, desk: Desk, city: City, chance: Random) -> None:
        self.session, self.desk, self.city, self.chance = session, desk, city, chance
        self.clerks: list[Person] = []
        self.met: set[int] = set()

    async def one(self, table: Any, *where: Any) -> Any:
        """A row by chance, or None."""
        rows = (await self.session.scalars(select(table).where(*where).order_by(table.id))).all()
        row = self.chance.choice(rows) if rows else None
        if row is not None:
            await self.session.refresh(row)
        return row

    async def post(self, who: Person, path: str, **body: Any) -> None:
        """Something is asked, allowed or refused."""
        answer = await self.desk.post(who, path, **body)
        assert answer.status_code < 500, answer.text
        self.met.add(answer.status_code)

    def clerk(self, community_id: Any) -> Person:
        """One of the two of that community."""
        place = [each.id for each in self.city.communities].index(community_id)
        return self.clerks[place * 2 + self.chance.randint(0, 1)]

    async def of_members(self, kind: str) -> None:
        """Somebody is accepted, moves, or leaves."""
        row = await self.one(Registration, *([PENDING] if kind == "accept" else []))
        if row is None:
            return
        person = await self.session.get_one(Person, row.person_id)
        there = self.chance.choice(self.city.communities)
        if kind == "accept":
            await self.post(self.clerk(row.community_id), f"/registrations/{row.id}/accept")
        elif kind == "end":
            path = f"/registrations/{row.id}/end"
            await self.post(self.clerk(row.community_id), path, reason_code="retired")
        else:
            path = f"/registrations/{row.id}/transfers/community"
            body = {"community_id": str(there.id), "ground": "residence", "building_text": "3幢"}
            await self.post(person, path, **body)
            moving = await self.one(Transfer)
            if moving is not None:
                path = f"/transfers/{moving.id}"
                await self.post(self.clerk(moving.from_id), f"{path}/let-go")
                await self.post(self.clerk(moving.to_id), f"{path}/take-in")

    async def of_records(self, kind: str) -> None:
        """A record is declared, decided about, corrected or voided."""
        if kind == "declare":
            row = await self.one(Registration, Registration.status == RegistrationStatus.ACTIVE)
            if row is None:
                return
            person = await self.session.get_one(Person, row.person_id)
            begins = clock.now() - timedelta(hours=self.chance.randint(2, 40))
            await self.post(person, "/me/records", **declared(begins))
            return
        record = await self.one(ServiceRecord)
        if record is None:
            return
        path, who = f"/records/{record.id}", self.clerk(record.community_id)
        version = record.version
        bodies: dict[str, dict[str, Any]] = {
            "approve": {"minutes": 30},
            "correct": {"minutes": self.chance.randint(0, 80), "version": version, "reason": "改"},
            "void": {"reason": "误登"},
            "uphold": {"reason": "属实"},
            "dispute": {"reason": "不是我"},
        }
        if kind == "dispute":
            who = await self.session.get_one(Person, record.person_id)
        await self.post(who, f"{path}/{kind}", **bodies[kind])

    async def of_needs(self, kind: str) -> None:
        """A need is entered, decided about, or its resident answers."""
        if kind == "need":
            place = self.chance.choice(self.city.communities)
            if self.chance.random() < 0.3:
                body = {"words": "灯坏了", "source": "phone"}
                await self.post(self.clerk(place.id), f"/organizations/{place.id}/needs", **body)
                return
            need = await make_need(self.session, place, verdict=Verdict.PASS)
            asker, status = need.requester_id, need.status
            fact = NeedMoved(need_id=need.id, requester_id=asker, action="submit", status=status)
            events.record(self.session, fact)
            await self.session.flush()
            return
        need = await self.one(Need)
        if need is None:
            return
        who = self.clerk(need.community_id)
        if kind == "answer":
            resident = await self.session.get_one(Person, need.requester_id or who.id)
            said = self.chance.choice(
                ({"answer": "solved"}, {"answer": "unsolved", "reason_code": "problem_returned"})
            )
            await self.post(resident, f"/needs/{need.id}/acceptance", **said)
            return
        action, body = self.chance.choice(
            (
                ("ask-back", {"words": "哪一盏"}),
                ("refuse", {"reason_code": "commercial", "reply": "请联系物业"}),
                ("accept", {"route": "own_staff", "category": "phone_teaching"}),
                ("accept", {"route": "answered", "reply": "明天修"}),
                ("start", {}),
                ("finish", {"reply": "修好了"}),
            )
        )
        await self.post(who, f"/needs/{need.id}/{action}", **body)

    async def of_orders(self, kind: str) -> None:
        """An order is made, taken or served."""
        if kind == "order":
            place = self.chance.choice(self.city.communities)
            hours = timedelta(hours=self.chance.randint(2, 60))
            draft = await make_order(
                self.session,
                place,
                status=OrderStatus.DRAFT,
                starts_at=clock.now() + hours,
                seats=self.chance.randint(1, 3),
            )
            await self.post(self.clerk(place.id), f"/orders/{draft.id}/publish")
            return
        order = await self.one(Order, Order.status.in_(("open", "in_progress")))
        if order is None:
            return
        if kind == "take":
            row = await self.one(Registration, Registration.community_id == order.community_id)
            if row is not None:
                person = await self.session.get_one(Person, row.person_id)
                await self.post(person, f"/orders/{order.id}/seats")
            return
        who = self.clerk(order.community_id)
        rows = select(Seat.id).where(Seat.order_id == order.id, Seat.status == "taken")
        seats = [str(each) for each in await self.session.scalars(rows)]
        cut = self.chance.randint(0, len(seats))
        absent = [{"seat_id": each} for each in seats[cut:]]
        await self.post(who, f"/orders/{order.id}/complete", present=seats[:cut], absent=absent)


async def arrange(session: AsyncSession, desk: Desk, city: City, chance: Random) -> Play:
    """Staff, four members of two employers, an order and a need in each community."""
    play = Play(session, desk, city, chance)
    for community in city.communities:
        play.clerks += [
            await make_staff(session, Role.COMMUNITY_SECRETARY, community) for _ in range(2)
        ]
        for employer in city.employers:
            person = await make_person(session)
            await make_consent(session, person.id, "registration_core")
            await make_registration(
                session,
                community,
                person,
                employer=employer,
                status=RegistrationStatus.PENDING_COMMUNITY,
            )
        need = await make_need(session, community, verdict=Verdict.PASS, route=Route.ORDER)
        await make_order(
            session, community, needs=(need,), seats=3, starts_at=clock.now() + timedelta(hours=2)
        )
    return play


@pytest.mark.parametrize("seed", range(2))
async def test_any_sequence_of_calls_leaves_the_summaries_true(
    client: AsyncClient,
    sign_in: Headers,
    session: AsyncSession,
    sessions: async_sessionmaker[AsyncSession],
    reader: Any,
    move_clock: Callable[[timedelta], None],
    seed: int,
) -> None:
    """Corrections, voids and moves between communities among them; some facts are told twice."""
    chance = Random(seed)
    play = await arrange(session, Desk(client, sign_in), await make_city(session), chance)
    for _ in range(3):
        await play.of_members("accept")
    for _ in range(6):
        await play.of_orders("take")
    await summing.rebuild(session)  # what stands already came without facts
    passed = timedelta(days=3)
    move_clock(passed)
    for _ in range(4):
        await play.of_orders("serve")
    for _ in range(90):
        kind = chance.choice(KINDS)
        if kind == "tell":
            await tell_all(sessions)
        elif kind == "again":
            await session.execute(
                text("UPDATE outbox SET told_at = NULL WHERE id IN (SELECT id FROM outbox LIMIT 5)")
            )
        elif kind == "time":
            passed += timedelta(hours=chance.choice((3, 3, 20, 200)))
            move_clock(passed)
            while await deadlines.advance_next(sessions, DEADLINES):
                pass
        elif kind in ("accept", "move", "end"):
            if kind != "end" or chance.random() < 0.2:
                await play.of_members(kind)
        elif kind in ("need", "triage", "answer"):
            await play.of_needs(kind)
        elif kind in ("order", "take", "serve"):
            await play.of_orders(kind)
        else:
            await play.of_records(kind)
    await tell_all(sessions)
    assert await differing(reader) == {}
    assert {200, 201, 409} <= play.met
    assert await session.scalar(select(func.count()).select_from(OrganizationMonth))
