"""A year of the city, day by day: what is asked for, announced, served and answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from app.city import calendar, wants
from app.city.chance import Chance, Wheel
from app.city.crews import Crew
from app.city.declared import Declarations
from app.city.documents import Documents
from app.city.emergency import HOURS, Emergencies
from app.city.inbox import Inbox
from app.city.members import Serving
from app.city.needs import TITLES, Needs
from app.city.orders import Orders
from app.city.places import Tree
from app.city.posts import Posts
from app.city.records import Records
from app.city.residents import Neighbours
from app.city.rows import Rows
from app.city.size import Size
from app.city.staff import Staff
from app.city.wants import Service
from app.city.wishes import Wishes
from app.core import clock
from app.needs.categories import Items

# Communities that announce much for the coming days: so many of them, so many services in so many days.
BUSY, COMING, COMING_DAYS = 0.1, 30, 4
LEAST_BUSY, LATELY = 2, 15
DRAFTED = timedelta(seconds=10)  # less than anybody takes to publish
FESTIVE = 0.35  # of what is announced before a festival
ORDER_MINUTES, TAKERS = 95, 2.6  # about what an order comes to, to know what is left for posts
STOOD = 0.95


@dataclass(frozen=True, slots=True)
class Town:
    """Who lives and works in the city before its year begins."""

    tree: Tree
    staff: Staff
    neighbours: Sequence[Neighbours]
    serving: Sequence[Serving]


@dataclass(frozen=True, slots=True)
class Content:
    """What the tenant's content says, as it is needed."""

    items: Items
    times: Mapping[str, Mapping[str, Any]]


class Year:
    """The year up to `now`, which is a midnight."""

    def __init__(
        self,
        rows: Rows,
        chance: Chance,
        documents: Documents,
        inbox: Inbox,
        size: Size,
        town: Town,
        content: Content,
        now: datetime,
    ) -> None:
        self._rows, self._chance, self._size, self._now = rows, chance, size, now
        communities, desks = town.tree.communities, town.staff.desks
        members: list[list[Serving]] = [[] for _ in communities]
        for who in town.serving:
            members[who.place].append(who)
        crews = [Crew(each) for each in members]
        self._neighbours = town.neighbours
        records = Records(rows, chance, inbox)
        here = communities, desks
        self._orders = Orders(
            rows,
            chance,
            documents,
            inbox,
            records,
            *here,
            crews,
            content.items,
            content.times,
            now,
        )
        above = {
            each.node.id: town.staff.subdistricts[each.node.lineage[-2]].id for each in communities
        }
        self._needs = Needs(
            rows,
            chance,
            documents,
            inbox,
            *here,
            above,
            town.neighbours,
            self._orders,
            content.items,
            now,
        )
        self._posts = Posts(rows, chance, inbox, records, *here, crews, now)
        self._emergencies = Emergencies(rows, chance, inbox, records, *here, crews, members, now)
        self._wishes = Wishes(rows, chance, documents, records, *here, crews, town.neighbours, now)
        self._declarations = Declarations(rows, chance, *here, crews, now)
        places = range(len(communities))
        self._places = Wheel(places, [each.weight + 8 for each in communities])
        self._announcing = Wheel(places, [each.weight + 2 for each in communities])
        self._homes = Wheel(places, [each.weight + 40 for each in communities])

    async def live(self) -> None:
        """Every day is told; what is open today and in the coming days is there."""
        size = self._size
        served = size.orders * TAKERS * ORDER_MINUTES + size.shift_seats * STOOD * HOURS * 54
        await self._posts.claim(size.claims, max(0, size.minutes - round(served)))
        first = clock.local_day(self._now) - calendar.YEAR
        days = [first + number * calendar.DAY for number in range(calendar.YEAR.days)]
        busyness = sum(calendar.busyness(day) for day in days)
        own = size.orders - self._coming() - self._needed()
        for day in days:
            share = calendar.busyness(day) / busyness
            self._emergencies.call(day, size.shift_seats)
            for place, at in self._moments(day, self._homes, size.needs * share):
                self._needs.ask(place, at)
            for place, at in self._moments(day, self._announcing, max(0, own) * share):
                self._announce(place, at, self._service(day))
            for place, at in self._moments(day, self._homes, size.wishes * share):
                self._wishes.wish(place, at)
            for place, _ in self._moments(day, self._places, size.declarations * share):
                self._declarations.declare(place, day)
            self._posts.serve(day)
            await self._rows.settle()
        self._emergencies.call_today()
        self._announce_coming()
        self._ask_lately()
        self._orders.close()

    def _moments(self, day: date, places: Wheel[int], mean: float) -> list[tuple[int, datetime]]:
        """Where and when something happens that day, in the order of time."""
        chance = self._chance
        moments = sorted(
            calendar.at(day, chance.among(8, 21), chance.below(60))
            + timedelta(seconds=chance.below(60))
            for _ in range(chance.about(mean))
        )
        return [(places.spin(chance), at) for at in moments]

    def _service(self, day: date) -> Service:
        festival = calendar.festival_near(day)
        if festival is not None and self._chance.roll() < FESTIVE:
            form = wants.FESTIVAL
            return form._replace(title=form.title.format(festival=festival))
        return ANNOUNCED.spin(self._chance)

    def _announce(self, place: int, at: datetime, service: Service) -> None:
        """The community announces a service by itself."""
        seats = self._chance.among(*service.seats)
        plan = self._orders.plan(place, at, service._replace(seats=(service.seats[0], seats)))
        self._orders.write(plan, None)

    def _busy(self) -> int:
        return max(LEAST_BUSY, round(self._size.communities * BUSY))

    def _coming(self) -> int:
        return self._busy() * COMING

    def _needed(self) -> int:
        """How many orders needs will ask for, about."""
        weights = {code: want.weight for code, want in wants.WANTS.items()}
        share = sum(weights[code] for code in TITLES) / sum(weights.values())
        return round(self._size.needs * share * wants.ROUTES["order"]["order"] * 0.92)

    def _ask_lately(self) -> None:
        """In the busiest communities a triage has something to do."""
        chance, yesterday = self._chance, clock.local_day(self._now) - calendar.DAY
        for place in range(self._busy()):
            self._needs.ask(place, calendar.at(yesterday, 9), self._neighbours[place].regular())
            for _ in range(LATELY):
                self._needs.ask(
                    place, calendar.at(yesterday, chance.among(8, 22), chance.below(60))
                )

    def _announce_coming(self) -> None:
        """The busiest communities, which come first, have enough that is open in the coming days."""
        chance, today = self._chance, clock.local_day(self._now)
        for place in range(self._busy()):
            for number in range(COMING):
                day = today - (1 + number % COMING_DAYS) * calendar.DAY
                at = calendar.at(day, chance.among(9, 20), chance.below(60))
                self._announce(place, at, wants.COMING)
            self._announce(place, self._now - DRAFTED, wants.COMING)  # not published yet


ANNOUNCED = Wheel(wants.ANNOUNCED, [each.weight for each in wants.ANNOUNCED])
