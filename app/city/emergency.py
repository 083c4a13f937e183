"""Emergencies of the year: who was called, what they answered, and the shifts they stood."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from asyncpg import Range

from app.city import calendar
from app.city.chance import Chance, Wheel
from app.city.crews import Crew
from app.city.histories import Act, Kind, tell
from app.city.inbox import Inbox
from app.city.members import Serving
from app.city.places import Community
from app.city.records import Done, Records
from app.city.rows import Rows
from app.city.staff import Desk
from app.core import clock
from app.emergency.attendance import UNKNOWN
from app.emergency.lifecycle import APPROVED, CALL_UP, CLAIMED, DRAFTED, SHIFT_SEAT
from app.emergency.lifecycle import CallUpAction as A
from app.emergency.lifecycle import ShiftSeatAction as B
from app.emergency.service import SOURCE
from app.models.emergency import (
    CallUp,
    CallUpApproval,
    CallUpStep,
    Reply,
    Shift,
    ShiftSeat,
    ShiftSeatStep,
)
from app.models.emergency import CallUpStatus as C
from app.models.emergency import ShiftSeatStatus as S
from app.models.order import Commitment
from app.records.service import EMERGENCY

STEPS = Kind(CallUpStep, "call_up_id", CALL_UP)
SEAT_STEPS = Kind(ShiftSeatStep, "shift_seat_id", SHIFT_SEAT)


class Event(NamedTuple):
    """What happens every year: on which day, for how many days, how much of the year's duty."""

    kind: str
    month: int
    day: int
    days: int
    share: float
    title: str
    text: str
    duties: tuple[str, ...]


EVENTS = (
    Event(
        *("snow_ice", 1, 20, 3, 0.24, "低温雨雪保畅通"),
        "暴雪将至，请到社区集合，除雪除冰，保障出行。",
        ("snow_clearing", "order", "door_knock"),
    ),
    Event(
        *("outage", 8, 12, 2, 0.1, "高温停电保障"),
        "部分小区停电，请协助送水送冰、看望老人。",
        ("delivery", "door_knock", "phone_care"),
    ),
    Event(
        *("flood_typhoon", 7, 27, 5, 0.66, "防御台风“海葵”"),
        "台风将至，请到社区集合，巡查低洼、转移群众、值守卡点。",
        ("patrol", "evacuation_help", "pumping_sandbag", "checkpoint", "logistics"),
    ),
)
# A cold wave that people are being called for just now.
TODAY = Event(
    *("snow_ice", 0, 0, 3, 0.0, "寒潮雨雪值守"),
    "寒潮将至，请答复能否参加明后两天的除冰值守。",
    ("snow_clearing", "order"),
)
CALLED_TODAY = 3  # of the busiest communities
SLOTS = (0, 6, 12, 18)  # one of these each for the whole event, so that everybody rests
HOURS = 6
ANSWERS: Mapping[str | None, float] = {
    "can_come": 0.66,
    "come_later": 0.1,
    "cannot": 0.08,
    "on_duty_at_employer": 0.09,
    "safe": 0.02,
    None: 0.05,
}
REPLIES = Wheel.of(ANSWERS)
COMING = frozenset({"can_come", "come_later"})
OPEN_SEATS, PAPER_ONLY, HALL = 30, "paper_only", "社区党群服务中心"
MISSES, BY_PHONE, ANSWERED_TODAY = 0.03, 0.06, 0.6
REST, REPLY_MINUTES, APPROVALS, DESK_PHONE = 8, 120, 2, "0513-12345"


class Called(NamedTuple):
    """A call-up that shifts belong to."""

    id: UUID
    event: Event
    place: int
    activated_at: datetime


class Emergencies:
    """Calls people up and has them stand shifts."""

    def __init__(
        self,
        rows: Rows,
        chance: Chance,
        inbox: Inbox,
        records: Records,
        communities: Sequence[Community],
        desks: Sequence[Desk],
        crews: Sequence[Crew],
        members: Sequence[Sequence[Serving]],
        now: datetime,
    ) -> None:
        self._rows, self._chance, self._inbox, self._records = rows, chance, inbox, records
        self._communities, self._desks, self._crews = communities, desks, crews
        self._members, self._now = members, now

    def call(self, day: date, shift_seats: int) -> None:
        """What begins on that day is told to its end, in every community."""
        for event in EVENTS:
            if (event.month, event.day) == (day.month, day.day):
                wanted = shift_seats * event.share / max(1, self._reachable(day))
                for place in range(len(self._communities)):
                    self._stand(self._call(place, event, day, is_over=True), day, wanted)

    def call_today(self) -> None:
        """In the busiest communities people are being called just now; some have answered."""
        day = clock.local_day(self._now)
        for place in range(min(CALLED_TODAY, len(self._communities))):
            called = self._call(place, TODAY, day - calendar.DAY, is_over=False)
            self._reply(called, day - calendar.DAY, ANSWERED_TODAY)
            for number in range(1, TODAY.days):
                self._open_shift(called, day + number * calendar.DAY)

    def _reachable(self, day: date) -> float:
        able = sum(who.since <= day < who.until for crew in self._crews for who in crew.members)
        return able * sum(share for reply, share in ANSWERS.items() if reply in COMING)

    def _call(self, place: int, event: Event, day: date, *, is_over: bool) -> Called:
        chance, desk, community = self._chance, self._desks[place], self._communities[place]
        at = calendar.at(day, 17 if is_over else 20, chance.below(30))
        approved = [chance.after(at, 0.05, 0.2), chance.after(at, 0.3, 0.5)]
        activated_at = approved[1] + timedelta(seconds=1)
        over = calendar.at(day + timedelta(days=event.days + 1), 9, chance.below(60))
        approvers = (desk.secretary, desk.branch_secretary)
        acts = [Act(APPROVED, when, who.id) for when, who in zip(approved, approvers, strict=True)]
        acts.append(Act(A.ACTIVATE, activated_at, desk.branch_secretary.id))
        if is_over:
            acts.append(Act(A.STAND_DOWN, over, desk.secretary.id))
            reviewed = calendar.office(chance, over, 3)
            acts.append(Act(A.REVIEW, reviewed, desk.secretary.id, "集结及时，物资须提前备足。"))
        made = chance.id(at)
        drafted = Act(DRAFTED, at, desk.clerk.id)
        told = tell(self._rows, chance, STEPS, made, (C.DRAFT, drafted), acts, self._now)
        self._rows.add(
            CallUp,
            id=made,
            organization_id=community.node.id,
            kind=event.kind,
            is_emergency=True,
            level="response",
            targets=[community.node.id],
            title=event.title,
            text=event.text,
            place=HALL,
            gather_at=calendar.at(day + calendar.DAY, 6),
            contact_phone=DESK_PHONE,
            status=told.status,
            approvals_needed=APPROVALS,
            reply_minutes=REPLY_MINUTES,
            reply_until=activated_at + timedelta(minutes=REPLY_MINUTES),
            review=told.last.reason if A.REVIEW in told.done else None,
            created_by_id=desk.clerk.id,
            activated_at=activated_at,
            stood_down_at=over if A.STAND_DOWN in told.done else None,
            created_at=at,
            updated_at=told.last.at,
        )
        for when, who in zip(approved, approvers, strict=True):
            self._rows.add(CallUpApproval, call_up_id=made, person_id=who.id, approved_at=when)
        return Called(made, event, place, activated_at)

    def _stand(self, called: Called, day: date, wanted: float) -> None:
        """Everybody is called; who can come stands so many shifts on average."""
        event, chance = called.event, self._chance
        standing: dict[tuple[int, int], list[Serving]] = {}
        for who in self._reply(called, day, 1.0):
            slot = chance.below(len(SLOTS))
            for number in range(1, event.days + 1):
                if chance.roll() < wanted / event.days:
                    standing.setdefault((number, slot), []).append(who)
        for (number, slot), people in sorted(standing.items()):
            starts_at = calendar.at(day + number * calendar.DAY, SLOTS[slot])
            self._shift(called, starts_at, people)

    def _reply(self, called: Called, day: date, answered: float) -> list[Serving]:
        """A line for each who is called; who of them comes. `answered`: how many have by now."""
        chance, at = self._chance, called.activated_at
        coming = []
        words = {
            "task": called.event.title,
            "time": calendar.at(day + calendar.DAY, 6),
            "place": HALL,
        }
        for who in self._members[called.place]:
            if not who.since <= day < who.until or who.channel == PAPER_ONLY:
                continue
            reply = REPLIES.spin(chance) if chance.roll() < answered else None
            replied_at = chance.after(at, 0.02, 2) if reply else None
            by_phone = who.person_id is None or chance.roll() < BY_PHONE
            caller = self._desks[called.place].clerk.id if by_phone else who.person_id
            self._rows.add(
                Reply,
                id=chance.id(at),
                call_up_id=called.id,
                registration_id=who.registration_id,
                person_id=who.person_id,
                reply=reply,
                replied_at=replied_at,
                replied_by_id=caller if reply else None,
            )
            self._inbox.tell(
                "emergency_call_up", who.person_id, ("call_up", called.id), at, **words
            )
            if reply in COMING and who.person_id is not None:
                coming.append(who)
        return coming

    def _shift(self, called: Called, starts_at: datetime, people: Sequence[Serving]) -> None:
        """A shift with those who stood it, or will; once its minutes are confirmed it is closed."""
        chance, duty = self._chance, self._chance.pick(called.event.duties)
        ends_at = starts_at + timedelta(hours=HOURS)
        confirmed_at = ends_at + timedelta(minutes=chance.among(5, 55))
        made = chance.id(called.activated_at)
        done = Done(
            (EMERGENCY, made),
            self._communities[called.place].node.id,
            duty,
            called.event.title,
            HALL,
            clock.local_day(starts_at),
            starts_at,
            ends_at,
        )
        states = [self._seat(called, done, (starts_at, confirmed_at), who) for who in people]
        self._add_shift(
            called,
            done,
            len(people),
            sum(state != S.NO_SHOW for state in states),
            is_open=confirmed_at >= self._now,
        )

    def _open_shift(self, called: Called, day: date) -> None:
        """A shift that is still to come, with places to take."""
        duty, made = self._chance.pick(called.event.duties), self._chance.id(called.activated_at)
        starts_at = calendar.at(day, SLOTS[1])
        ends_at = starts_at + timedelta(hours=HOURS)
        here = self._communities[called.place].node.id
        to_do = Done(
            (EMERGENCY, made), here, duty, called.event.title, HALL, day, starts_at, ends_at
        )
        self._add_shift(called, to_do, OPEN_SEATS, 0, is_open=True)

    def _add_shift(
        self, called: Called, done: Done, seats: int, taken: int, *, is_open: bool
    ) -> None:
        self._rows.add(
            Shift,
            id=done.source[1],
            call_up_id=called.id,
            duty=done.category,
            place=done.place,
            starts_at=done.starts_at,
            ends_at=done.ends_at,
            seats=seats,
            taken=taken,
            rest_hours=REST,
            is_open=is_open,
            meals="提供热水和盒饭",
            created_at=called.activated_at,
        )

    def _seat(
        self, called: Called, done: Done, times: tuple[datetime, datetime], who: Serving
    ) -> str:
        """One place on the shift; its state now. `times`: of the begin and of the confirming."""
        chance, clerk = self._chance, self._desks[called.place].clerk.id
        starts_at, confirmed_at = times
        took_at = chance.after(called.activated_at, 0.1, 6)
        seat_id = chance.id(took_at)
        acts = [
            Act(B.ATTEND, starts_at + timedelta(minutes=5), clerk),
            Act(B.CONFIRM, confirmed_at, clerk),
        ]
        if chance.roll() < MISSES:
            acts = [Act(B.MISS, starts_at + timedelta(minutes=30), clerk, UNKNOWN)]
        born = S.TAKEN, Act(CLAIMED, took_at, who.person_id)
        told = tell(self._rows, chance, SEAT_STEPS, seat_id, born, acts, self._now)
        minutes = HOURS * 60 - chance.pick((0, 0, 0, 30, 60, 120))
        is_confirmed = told.status == S.CONFIRMED
        self._rows.add(
            ShiftSeat,
            id=seat_id,
            shift_id=done.source[1],
            person_id=who.person_id,
            registration_id=who.registration_id,
            status=told.status,
            minutes=minutes if is_confirmed else None,
            created_at=took_at,
            updated_at=told.last.at,
        )
        if told.status != S.NO_SHOW:
            self._rows.add(
                Commitment,
                id=chance.id(took_at),
                person_id=who.person_id,
                during=Range(done.starts_at, done.ends_at),
                is_exclusive=False,
                source_kind=SOURCE,
                source_id=seat_id,
            )
        if is_confirmed:
            self._records.add(who, done, minutes, confirmed_at, clerk)
        return told.status
