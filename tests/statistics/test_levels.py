"""A level's page, read from counters of its own, says what the sums of its leaves say."""

import asyncio
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, database
from app.core.ids import new_id
from app.core.paging import Paging
from app.members.events import RegistrationMoved
from app.models.member import Member, Registration, RegistrationStatus
from app.models.organization import Organization
from app.models.person import Role
from app.models.record import ServiceRecord
from app.models.report import ShownVotes
from app.models.statistic import CounterChange
from app.needs.events import NeedMoved
from app.permissions import Actor
from app.records.events import RecordMoved
from app.statistics import gathering, listeners, reading, summing
from app.statistics.period import Period
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_record
from tests.factories.organizations import make_organization
from tests.statistics.by_leaves import read_by_leaves
from tests.statistics.town import City, differing, make_city

ALL = Paging(100, None)
KINDS = ("order", "shift", "wish")
DOES = (
    *("serve",) * 8,
    *("void", "void", "restore", "correct", "again", "leave", "transfer", "need", "votes"),
    *("move", "employer", "subdistrict", "close", "gather", "gather"),
)
WHO: dict[str, Any] = {"person_id": None, "action": "", "status": ""}


class Tree:
    """A city of two districts and an empty third, where anything happens and is told at once."""

    def __init__(self, session: AsyncSession, city: City, chance: Random) -> None:
        self.session, self.city, self.chance = session, city, chance
        self.above: list[Organization] = [city.subdistrict]
        self.rows: list[Registration] = []
        self.records: list[ServiceRecord] = []

    async def plant(self) -> None:
        """Five communities, three employers, of which one stands below the city; nine members."""
        far = await make_organization(self.session, "district", self.city.city, code="320612000000")
        await make_organization(self.session, "district", self.city.city, code="320614000000")
        self.districts = [self.city.district, far]
        self.above += [await make_organization(self.session, "subdistrict", far) for _ in range(2)]
        self.city.communities += [
            await make_organization(self.session, "community", self.above[n % 3], takes_part=True)
            for n in range(3)
        ]
        self.city.employers.append(
            await make_organization(self.session, "employer", self.city.city, stated_headcount=9)
        )
        for number in range(9):
            await self.join(employer=self.city.employers[number % 3])

    async def join(self, **columns: Any) -> None:
        """Somebody comes to a community, in one of the last months."""
        since = clock.today() - timedelta(days=self.chance.randint(0, 500))
        place = self.chance.choice(self.city.communities)
        row = await make_registration(self.session, place, registered_on=since, **columns)
        self.rows.append(row)
        await self.tell_of(row)

    async def tell_of(self, row: Registration) -> None:
        """The fact of a registration is told."""
        await self.session.flush()
        fact = RegistrationMoved(registration_id=row.id, **WHO)
        await listeners.on_registration_moved(self.session, 1, fact)

    async def tell(self, record: ServiceRecord) -> None:
        """The fact of a record is told."""
        await self.session.flush()
        minutes = {"minutes": 60, "minutes_before": 0}
        fact = RecordMoved(record_id=record.id, **WHO, **minutes)
        await listeners.on_record_moved(self.session, 1, fact)

    async def does(self, what: str) -> None:
        """One thing of `DOES` happens, if it can."""
        if what == "serve":
            place = self.chance.choice(self.city.communities)
            record = await make_record(
                self.session,
                self.chance.choice(self.rows),
                served_on=clock.today() - timedelta(days=self.chance.randint(0, 800)),
                source_kind=self.chance.choice(KINDS),
                is_work_time=self.chance.random() < 0.2,
                **({"community_id": place.id} if self.chance.random() < 0.4 else {}),
            )
            self.records.append(record)
            await self.tell(record)
        elif what in ("void", "restore", "correct", "again") and self.records:
            record = self.chance.choice(self.records)
            if what == "correct":
                record.minutes = self.chance.randint(0, 90)
            elif what != "again":
                record.status = {"void": "voided", "restore": "approved"}[what]  # type: ignore[assignment]  # as text
            await self.tell(record)
        elif what in ("leave", "transfer"):
            await self.end(self.chance.choice(self.rows), is_transfer=what == "transfer")
        elif what == "need":
            need = await make_need(self.session, self.chance.choice(self.city.communities))
            fact = NeedMoved(need_id=need.id, requester_id=None, action="submit", status="")
            await listeners.on_need_moved(self.session, 1, fact)
        elif what == "votes":
            await self.votes()
        elif what == "gather":
            await gathering.gather(self.session)
        else:
            await self.changes_tree(what)

    async def end(self, row: Registration, *, is_transfer: bool) -> None:
        """A registration ends; the member goes on in another community if it is a transfer."""
        if row.ended_on is not None:
            return
        row.ended_on, row.status = clock.today(), RegistrationStatus.ENDED
        await self.tell_of(row)
        if is_transfer:
            await self.join(member=await self.session.get_one(Member, row.member_id))

    async def votes(self) -> None:
        """What is shown of a community is counted again."""
        community = self.chance.choice(self.city.communities)
        row = await self.session.get(ShownVotes, community.id) or ShownVotes(
            subject_id=community.id
        )
        self.session.add(row)
        row.valid, row.satisfied, row.raters = 12, self.chance.randint(5, 12), 6
        row.until_on = clock.today() - timedelta(days=self.chance.randint(0, 900))
        await self.session.flush()
        await summing.recount_votes(self.session, self.city.city.id)

    async def changes_tree(self, what: str) -> None:
        """Something stands somewhere else, or closes."""
        if what == "move":
            await self.put(
                self.chance.choice(self.city.communities), self.chance.choice(self.above)
            )
        elif what == "employer":
            place = self.chance.choice([self.city.city, *self.districts])
            await self.put(self.chance.choice(self.city.employers), place)
        elif what == "subdistrict":
            await self.put(self.chance.choice(self.above), self.chance.choice(self.districts))
        else:
            leaf = self.chance.choice(self.city.communities + self.city.employers)
            leaf.closed_on = None if leaf.closed_on else clock.today()
            await self.session.flush()

    async def put(self, one: Organization, above: Organization) -> None:
        """It stands below there, with all that stands below it."""
        one.parent_id, one.lineage = above.id, [*above.lineage, one.id]
        await self.session.flush()
        for below in [each for each in self.city.communities if each.parent_id == one.id]:
            await self.put(below, one)

    def units(self) -> list[Organization]:
        """Everything that has a page."""
        return [
            *(self.city.city, *self.districts, *self.above),
            *(*self.city.communities, *self.city.employers),
        ]


async def pages(session: AsyncSession, tree: Tree) -> dict[Any, Any]:
    """Every page of every unit, for who counts his own people and for who does not."""
    reader, today = await database.reader_of(session), clock.today()
    periods = [
        (None, None),
        (today, today),
        (date(today.year - 1, 1, 1), date(today.year - 1, 12, 1)),
        (
            clock.months_after(today.replace(day=1), -30),
            clock.months_after(today.replace(day=1), -3),
        ),
    ]
    found: dict[Any, Any] = {}
    office = Actor(new_id(), {Role.CITY_ADMIN: (tree.city.city.id,)})
    for unit in tree.units():
        own = {"community": Role.COMMUNITY_CLERK, "employer": Role.EMPLOYER_CLERK}.get(unit.kind)
        for since, until in periods:
            months = Period.of(since, until, "month")
            for by in ("month", "kind", "category") if unit.kind == "city" else ("month",):
                period = Period.of(since, until, by)
                found[unit.id, since, by] = await reading.show(reader, office, unit.id, period)
            for kind in (None, "employer") if own is None else ():
                below = await reading.page_below(reader, office, ALL, unit.id, kind, months)
                found[unit.id, since, kind] = below.items
            if own is not None:
                clerk = Actor(new_id(), {own: (unit.id,)})
                found[unit.id, since, own] = await reading.show(reader, clerk, unit.id, months)
    return found


async def same(session: AsyncSession, tree: Tree) -> None:
    """Summaries agree with the source rows, and pages with the sums of leaves."""
    reader = await database.reader_of(session)
    assert await differing(reader) == {}
    if await session.scalar(text(gathering.CHANGED)):
        await gathering.gather(session)
        assert await differing(reader) == {}
    seen = await pages(session, tree)
    with pytest.MonkeyPatch.context() as patched:
        read_by_leaves(patched)
        wanted = await pages(session, tree)
    for key, page in seen.items():
        assert page == wanted[key], key
    office = Actor(new_id(), {Role.CITY_ADMIN: (tree.city.city.id,)})
    period = Period.of(None, None, "month")
    found = await reading.overview(reader, office, ALL, tree.city.city.id, period)
    assert found["months"] == wanted[tree.city.city.id, None, "month"]["lines"]
    assert found["kinds"] == wanted[tree.city.city.id, None, "kind"]["lines"]
    assert found["below"].items == wanted[tree.city.city.id, None, None]


@pytest.mark.parametrize("seed", range(2))
async def test_a_page_says_what_the_sums_of_its_leaves_say(
    session: AsyncSession, seed: int
) -> None:
    """Transfers, voids, corrections, and communities, employers and subdistricts that move."""
    chance = Random(seed)
    tree = Tree(session, await make_city(session), chance)
    await tree.plant()
    for _ in range(2):
        for _ in range(40):
            await tree.does(chance.choice(DOES))
        await same(session, tree)
    await gathering.gather(session)
    assert await session.scalar(select(func.count()).select_from(CounterChange)) == 0
    await same(session, tree)
    before = await session.scalar(text("SELECT sum(number) FROM organization_months"))
    await summing.rebuild(session)
    assert await session.scalar(text("SELECT sum(number) FROM organization_months")) == before


async def test_of_one_member_who_serves_in_two_places_at_once_the_city_counts_one(
    committed: FastAPI, reader: Any
) -> None:
    """Ten facts of him in ten communities are told by as many workers."""
    sessions = committed.state.sessions
    async with sessions.begin() as session:
        city = await make_city(session)
        row = await make_registration(session, city.communities[0], employer=city.employers[0])
        places = [
            await make_organization(session, "community", city.subdistrict) for _ in range(10)
        ]

    async def serve(place: Organization) -> None:
        async with sessions.begin() as session:
            record = await make_record(session, row, community_id=place.id)
        async with sessions.begin() as session:
            minutes = {"minutes": 60, "minutes_before": 0}
            fact = RecordMoved(record_id=record.id, **WHO, **minutes)
            await listeners.on_record_moved(session, 1, fact)

    async def gather() -> None:
        async with sessions.begin() as session:
            await gathering.gather(session)

    await asyncio.gather(*(serve(place) for place in places), gather(), gather())
    await gather()
    async with sessions.begin() as session:
        found = await session.scalar(
            text(
                "SELECT sum(number) FROM organization_months"
                " WHERE figure = 'once' AND organization_id = :city"
            ),
            {"city": city.city.id},
        )
        assert found == 1
        # the registration itself came without a fact
        await listeners.on_registration_moved(
            session, 1, RegistrationMoved(registration_id=row.id, **WHO)
        )
    assert await differing(reader) == {}


async def test_who_comes_while_another_gathers_leaves_it_to_him(committed: FastAPI) -> None:
    """He neither waits for the other one nor adds up a second time."""
    sessions = committed.state.sessions
    async with sessions.begin() as session:
        city = await make_organization(session, "city")
        figure = {"figure": "services", "kind": "", "category": "", "bucket": 0}
        session.add(
            CounterChange(organization_id=city.id, month=date(2026, 1, 1), number=1, **figure)
        )
    waiting = select(func.count()).select_from(CounterChange)
    async with sessions() as first, sessions() as second:
        await gathering.gather(first)
        await gathering.gather(second)
        assert (await first.scalar(waiting), await second.scalar(waiting)) == (0, 1)
