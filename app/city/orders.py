"""Orders in every state of their lives, the seats on them, and what was served on them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import Range

from app.city import calendar, wants
from app.city.chance import SECOND, Chance, Wheel
from app.city.crews import Crew
from app.city.documents import Documents
from app.city.histories import Act, Kind, Told, tell
from app.city.inbox import Inbox
from app.city.members import Serving
from app.city.places import Community
from app.city.records import Done, Records
from app.city.residents import Living
from app.city.rows import Rows
from app.city.staff import Desk
from app.city.wants import Service
from app.commitments.service import week_of
from app.core import clock, workdays
from app.models.order import (
    FREED,
    Commitment,
    Order,
    OrderNeed,
    OrderStep,
    Seat,
    SeatStep,
    UnmetWeek,
    WeekCount,
)
from app.models.order import OrderStatus as O
from app.models.order import SeatStatus as S
from app.needs.categories import Items
from app.orders import bands
from app.orders.attendance import UNKNOWN
from app.orders.flags import AT_HOME
from app.orders.lifecycle import DRAFTED, ORDER, SEAT, TAKEN
from app.orders.lifecycle import OrderAction as A
from app.orders.lifecycle import SeatAction as B
from app.orders.service import NOBODY_TOOK

STEPS = Kind(OrderStep, "order_id", ORDER)
SEAT_STEPS = Kind(SeatStep, "seat_id", SEAT)

FATES = Wheel.of({"served": 0.925, "cancelled": 0.025, "unwanted": 0.05})
FILLED = Wheel.of({1.0: 0.7, 0.75: 0.15, 0.5: 0.15})
# What becomes of a place: who comes, reports himself, stays away, is excused, gives it back in time.
SEAT_FATES = Wheel.of(
    {"comes": 0.74, "reports": 0.16, "misses": 0.03, "excused": 0.02, "releases": 0.05}
)
STARTED_SEPARATELY = 0.4
NEED_LEAD, OWN_LEAD = 11, 14  # days until it begins, at most
LOOK = timedelta(days=7)
BEFORE, CUT_OFF, AROUND = timedelta(hours=24), timedelta(hours=12), timedelta(hours=24)
UNMET_AT, WEEK_LIMIT, LIVE_LIMIT, BUFFER = 9, 3, 5, 30
PROPOSALS = {"no_answer": "invite", "too_big": "split", "time_mismatch": "other_time"}
PROMISED = (S.TAKEN, S.ATTENDED, S.NO_SHOW, S.REPORTED, S.CONFIRMED)
OVER = (O.EXPIRED, O.CANCELLED)


class Ask(NamedTuple):
    """A need as an order serves it."""

    need_id: UUID
    resident: Living
    door: str | None


@dataclass(slots=True)
class Plan:
    """What is going to happen to one order; nothing of it is written yet."""

    id: UUID
    place: int
    service: Service
    drafted_at: datetime
    published_at: datetime
    starts_at: datetime
    ends_at: datetime
    fate: str
    over_at: datetime  # completed, cancelled or expired
    takers: list[Serving]
    ask: Ask | None
    reason: str | None

    def served_by(self) -> list[UUID]:
        """Who is to serve on it."""
        return [who.person_id for who in self.takers if who.person_id]


class Orders:
    """Plans orders and writes them."""

    def __init__(
        self,
        rows: Rows,
        chance: Chance,
        documents: Documents,
        inbox: Inbox,
        records: Records,
        communities: Sequence[Community],
        desks: Sequence[Desk],
        crews: Sequence[Crew],
        items: Items,
        times: Mapping[str, Mapping[str, Any]],
        now: datetime,
    ) -> None:
        self._rows, self._chance, self._documents = rows, chance, documents
        self._inbox, self._records = inbox, records
        self._communities, self._desks, self._crews = communities, desks, crews
        self._items, self._times, self._now = items, times, now
        self._weeks: Counter[tuple[UUID, date]] = Counter()
        self._unmet: set[tuple[UUID, date]] = set()

    def plan(self, place: int, at: datetime, service: Service, ask: Ask | None = None) -> Plan:
        """An order that is drafted at that time, and what becomes of it."""
        chance = self._chance
        published_at = at + timedelta(seconds=chance.among(20, 900))
        lead = NEED_LEAD if ask else OWN_LEAD
        starts_at = calendar.begins(chance, clock.local_day(published_at), within=lead)
        ends_at = starts_at + timedelta(minutes=service.minutes)
        fate, takers = FATES.spin(chance), []
        least = 2 if self._needs_two(service) else 1
        if fate == "served":
            wanted = max(least, round(service.seats[1] * FILLED.spin(chance)))
            day = clock.local_day(starts_at)
            takers = self._crews[place].draw(chance, day, wanted, in_week=True)
        reason, over_at = None, calendar.office(chance, ends_at, chance.among(0, 2))
        if fate == "cancelled":
            span = (starts_at - published_at) / timedelta(hours=1)
            over_at = chance.after(published_at, span * 0.2, span * 0.8)
            reason = chance.pick(wants.CANCELLED_FOR)
        elif len(takers) < least:
            fate, takers = "unwanted", []
            early = published_at + LOOK
            is_early = ask is not None and early < starts_at
            over_at = early if is_early else ends_at
            reason = f"满{LOOK.days}天无人接单" if is_early else NOBODY_TOOK
        return Plan(
            chance.id(at),
            place,
            service,
            at,
            published_at,
            starts_at,
            ends_at,
            fate,
            over_at,
            takers,
            ask,
            reason,
        )

    def write(self, plan: Plan, settled_at: datetime | None) -> None:
        """The order stands with its history up to now; `settled_at`: its resident has answered."""
        place, chance = plan.place, self._chance
        community, desk = self._communities[place], self._desks[place]
        acts = self._acts(plan, desk, settled_at)
        drafted = Act(DRAFTED, plan.drafted_at, desk.secretary.id)
        told = tell(self._rows, chance, STEPS, plan.id, (O.DRAFT, drafted), acts, self._now)
        taken = sum(self._seat(plan, desk, told, number) for number in range(len(plan.takers)))
        self._order(plan, community, desk, told, 0 if told.status in OVER else taken)
        if plan.ask is not None:
            self._rows.add(OrderNeed, order_id=plan.id, need_id=plan.ask.need_id)
        if told.status == O.EXPIRED:
            self._unserved(plan, community, desk)

    def close(self) -> None:
        """The weeks of everybody are counted."""
        for (person_id, week), taken in self._weeks.items():
            self._rows.add(WeekCount, person_id=person_id, week=week, taken=taken)

    def _needs_two(self, service: Service) -> bool:
        return "two_person" in self._items[service.category].get("flags", ())

    def _acts(self, plan: Plan, desk: Desk, settled_at: datetime | None) -> list[Act]:
        clerk = desk.clerk.id
        acts = [Act(A.PUBLISH, plan.published_at, desk.secretary.id)]
        if plan.fate == "cancelled":
            acts.append(Act(A.CANCEL, plan.over_at, clerk, plan.reason))
        elif plan.fate == "unwanted":
            acts.append(Act(A.EXPIRE, plan.over_at, None, plan.reason))
        else:
            if self._chance.roll() < STARTED_SEPARATELY:
                begun = plan.starts_at + timedelta(minutes=5)
                acts.append(Act(A.START, begun, clerk))
            done = A.CLOSE_UNASKED if plan.ask is None else A.COMPLETE
            acts.append(Act(done, plan.over_at, clerk))
            if settled_at is not None:
                acts.append(Act(A.SETTLE, settled_at + 2 * SECOND))
        return acts

    def _seat(self, plan: Plan, desk: Desk, told: Told, number: int) -> bool:
        """The place of one taker; whether it is held now. What lies ahead is not there yet."""
        chance, now, who = self._chance, self._now, plan.takers[number]
        span = (plan.starts_at - plan.published_at) / timedelta(hours=1)
        took_at = chance.after(plan.published_at, 0, span * 0.9)
        fate = SEAT_FATES.spin(chance) if number > 1 else "comes"
        if took_at >= now or who.person_id is None:
            return False
        seat_id = chance.id(took_at)
        acts = self._seat_acts(plan, desk, told, fate, took_at, who.person_id)
        taking = Act(TAKEN, took_at, who.person_id)
        seat = tell(self._rows, chance, SEAT_STEPS, seat_id, (S.TAKEN, taking), acts, now)
        minutes = plan.service.minutes if seat.status in (S.REPORTED, S.CONFIRMED) else None
        self._rows.add(
            Seat,
            id=seat_id,
            order_id=plan.id,
            person_id=who.person_id,
            registration_id=who.registration_id,
            status=seat.status,
            minutes=minutes,
            created_at=took_at,
            updated_at=seat.last.at,
        )
        if seat.status in PROMISED:
            self._promise(plan, seat_id, who.person_id, took_at)
        if seat.status == S.CONFIRMED:
            self._records.add(
                who, self._done(plan), plan.service.minutes, plan.over_at, desk.clerk.id
            )
        title, starts, cut_off = plan.service.title, plan.starts_at, plan.starts_at - CUT_OFF
        words = {"order": title, "start": starts, "place": plan.service.place, "cutoff": cut_off}
        self._inbox.tell("seat_taken", who.person_id, ("order", plan.id), took_at, **words)
        return seat.status not in FREED

    def _seat_acts(
        self, plan: Plan, desk: Desk, told: Told, fate: str, took_at: datetime, person_id: UUID
    ) -> list[Act]:
        chance, clerk = self._chance, desk.clerk.id
        begun = plan.starts_at + timedelta(minutes=6)
        at = begun if A.START in told.done else plan.over_at - 2 * SECOND
        confirmed = Act(B.CONFIRM, plan.over_at, clerk)
        if fate == "releases":
            hours = (plan.starts_at - took_at) / timedelta(hours=1)
            left = chance.after(took_at, 0.1 * hours, 0.6 * hours)
            return [Act(B.RELEASE, left, person_id, chance.pick(wants.RELEASED_FOR))]
        if fate == "misses":
            return [Act(B.MISS, at, clerk, UNKNOWN)]
        if fate == "excused":
            return [Act(B.EXCUSE, at, clerk, chance.pick(wants.ABSENT_FOR))]
        if fate == "reports" and A.START in told.done:
            reported = min(plan.ends_at + timedelta(minutes=9), plan.over_at - SECOND)
            return [Act(B.ATTEND, at, clerk), Act(B.REPORT, reported, person_id), confirmed]
        return [Act(B.ATTEND, at, clerk), confirmed]

    def _promise(self, plan: Plan, seat_id: UUID, person_id: UUID, at: datetime) -> None:
        self._rows.add(
            Commitment,
            id=self._chance.id(at),
            person_id=person_id,
            during=Range(plan.starts_at, plan.ends_at),
            is_exclusive=True,
            source_kind="order",
            source_id=seat_id,
        )
        self._weeks[person_id, week_of(plan.starts_at)] += 1

    def _done(self, plan: Plan) -> Done:
        return Done(
            ("order", plan.id),
            self._communities[plan.place].node.id,
            plan.service.category,
            plan.service.title,
            plan.service.place,
            clock.local_day(plan.starts_at),
            plan.starts_at,
            plan.ends_at,
        )

    def _order(self, plan: Plan, community: Community, desk: Desk, told: Told, taken: int) -> None:
        service, ask = plan.service, plan.ask
        item = self._items[service.category]
        is_published = A.PUBLISH in told.done
        is_at_home = ask is not None and AT_HOME in item.get("flags", ())
        columns: dict[str, object] = {}
        if is_published:
            columns = {
                "published_at": plan.published_at,
                "release_until": plan.starts_at - CUT_OFF,
                "contact_from": plan.starts_at - AROUND,
                "contact_until": plan.ends_at + AROUND,
            } | self._clocks(plan, told, taken)
        if is_at_home and ask is not None:
            columns |= {"door": ask.door, "contact_name": ask.resident.name}
            if ask.resident.shares_phone:
                columns["contact_phone"] = ask.resident.phone
        if {A.COMPLETE, A.CLOSE_UNASKED} & told.done:
            columns["completed_at"] = plan.over_at
        if told.status == O.EXPIRED:
            columns |= self._why(plan)
        self._rows.add(
            Order,
            id=plan.id,
            number=self._documents.number(
                community.node, "order", clock.local_day(plan.drafted_at)
            ),
            community_id=community.node.id,
            building_id=ask.resident.building.id if ask else None,
            kind=service.kind,
            target=service.target,
            difficulty=1 if service.target == "person" else 3,
            marks=["festival"] if service.kind == "project" and "慰问" in service.title else [],
            flags=[flag for flag in item.get("flags", ()) if ask is not None or flag != AT_HOME],
            category=service.category,
            title=service.title,
            place=service.place,
            skills=item.get("skills", []),
            starts_at=plan.starts_at,
            ends_at=plan.ends_at,
            bands=bands.at(self._times, plan.starts_at),
            seats=max(service.seats[1], taken),
            taken=taken,
            status=told.status,
            is_at_home=is_at_home,
            week_limit=WEEK_LIMIT,
            live_limit=LIVE_LIMIT,
            buffer_minutes=BUFFER,
            created_by_id=desk.secretary.id,
            created_at=plan.drafted_at,
            updated_at=told.last.at,
            **columns,
        )

    def _clocks(self, plan: Plan, told: Told, taken: int) -> dict[str, object]:
        """What the clock looks at next."""
        if told.status == O.IN_PROGRESS:
            return {"remind_at": workdays.after(self._now, 3)}
        if told.status != O.OPEN:
            return {}
        if plan.ends_at <= self._now:
            return {"remind_at": self._now + AROUND}
        early = plan.published_at + LOOK
        is_early = plan.ask is not None and self._now < early < plan.starts_at and not taken
        reminded = plan.starts_at - BEFORE
        return {
            "due_at": early if is_early else plan.ends_at,
            "remind_at": reminded if reminded > self._now else None,
        }

    def _why(self, plan: Plan) -> dict[str, object]:
        reason = "no_answer" if plan.service.target == "person" else "too_big"
        if self._chance.roll() < 0.3:
            reason = "time_mismatch"
        return {
            "unserved_at": plan.over_at,
            "no_taker_reason": reason,
            "no_taker_proposal": PROPOSALS[reason],
        }

    def _unserved(self, plan: Plan, community: Community, desk: Desk) -> None:
        """It stands in the list of its week, and the community is told."""
        week = week_of(plan.over_at)
        if (community.node.id, week) not in self._unmet:
            self._unmet.add((community.node.id, week))
            due_at = calendar.at(week + timedelta(days=7), UNMET_AT)
            self._rows.add(
                UnmetWeek,
                id=self._chance.id(plan.over_at),
                community_id=community.node.id,
                week=week,
                due_at=due_at if due_at > self._now else None,
            )
        words = {
            "order": plan.service.title,
            "reason": "无人响应",
            "proposal": "直接邀请合适的党员",
        }
        subject = "order", plan.id
        for person in (desk.secretary, desk.clerk):
            self._inbox.tell("order_without_taker", person.id, subject, plan.over_at, **words)
