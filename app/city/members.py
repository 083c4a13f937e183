"""Members on their employers' rosters, and their registrations with the communities they live in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from app.city import calendar, words
from app.city.chance import Chance, Wheel
from app.city.documents import Documents
from app.city.employers import Employer
from app.city.histories import Act, Kind, Told, tell
from app.city.people import MEMBER, People, Somebody
from app.city.places import Community
from app.city.rows import Rows
from app.city.staff import Desk
from app.core import clock, fields, workdays
from app.members.lifecycle import REGISTRATION, WAITING
from app.members.lifecycle import RegistrationAction as A
from app.members.service import CERTIFICATE, RECEIPT
from app.models.member import (
    Member,
    MemberSource,
    Registration,
    RegistrationStep,
)
from app.models.member import RegistrationStatus as S

STEPS = Kind(RegistrationStep, "registration_id", REGISTRATION)
PURPOSES = ("registration_core", "report_to_employer")
CORE_ONLY = PURPOSES[:1]
AGREES_TO_REPORT = 0.94

CHANNELS = Wheel.of({"online": 0.88, "at_counter": 0.09, "paper_only": 0.03})
GROUNDS = Wheel.of({"residence": 0.93, "employer_paired": 0.05, "employer_location": 0.02})
PARTY = Wheel.of({"full": 0.96, "probationary": 0.04})
# What becomes of a registration, beside being active.
FATES = Wheel.of(
    {"stays": 0.925, "suspended": 0.015, "ended": 0.02, "returned": 0.02, "by_employer": 0.02}
)
SUSPENDED_FOR = ("illness", "maternity_care", "family_care", "secondment", "long_business_trip")
ENDED_FOR = ("moved", "changed_employer", "retired")
# So many days ago: before the year began, in its course, and just now.
CAME = Wheel.of({(361, 1060): 0.72, (3, 360): 0.27, (1, 2): 0.01})
PAUSE = timedelta(days=180)
LISTED_DAYS = 300  # roster lines that nobody has registered on are kept a year
EMPLOYER_DAYS, COMMUNITY_DAYS = 5, 3
NEVER = date.max


@dataclass(slots=True)
class Serving:
    """A member as services name him: from when to when he can serve, and how willingly."""

    place: int  # which community
    registration_id: UUID
    member_id: UUID
    person_id: UUID | None
    employer_id: UUID
    name: str
    phone: str
    channel: str
    is_active: bool
    since: date
    until: date
    zeal: float


class Arrival(NamedTuple):
    """When somebody registers, and where."""

    at: datetime
    place: int


def arrivals(chance: Chance, communities: Sequence[Community], now: datetime) -> list[Arrival]:
    """Everybody who registers, in the order of time."""
    coming = []
    for place, community in enumerate(communities):
        for _ in range(community.weight):
            least, most = CAME.spin(chance)
            day = clock.local_day(now) - timedelta(days=chance.among(least, most))
            at = calendar.at(day, chance.among(8, 21), chance.below(60))
            coming.append(Arrival(at + timedelta(seconds=chance.below(60)), place))
    return sorted(coming)


class Registry:
    """Takes members in, one after the other."""

    def __init__(
        self,
        rows: Rows,
        chance: Chance,
        people: People,
        documents: Documents,
        employers: Wheel[Employer],
        now: datetime,
    ) -> None:
        self._rows, self._chance, self._people = rows, chance, people
        self._documents, self._employers, self._now = documents, employers, now

    def take_in(self, arrival: Arrival, community: Community, desk: Desk) -> Serving:
        """A line of a roster, whose registration stands as it does today."""
        chance, at = self._chance, arrival.at
        employer = self._employers.spin(chance)
        channel = CHANNELS.spin(chance)
        known = self._people.stranger(MEMBER)
        person = None
        if channel == "online":
            purposes = PURPOSES if chance.roll() < AGREES_TO_REPORT else CORE_ONLY
            person = self._people.enter(MEMBER, at - timedelta(minutes=3), purposes, known)
        skills = list({words.SKILLS.spin(chance) for _ in range(chance.among(1, 3))})
        skills.sort()
        member_id = self._line(at, employer, channel, known, person, skills)
        fate = FATES.spin(chance)
        registration_id = chance.id(at)
        acts = self._acts(fate, at, channel, person, desk)
        born = S.ACTIVE if channel != "online" else self._first_status(fate)
        told = tell(
            self._rows, chance, STEPS, registration_id, (born, acts[0]), acts[1:], self._now
        )
        accepted = self._accepted(acts, told, channel)
        self._register(
            registration_id,
            member_id,
            person,
            employer,
            channel,
            community,
            skills,
            at,
            accepted,
            told,
        )
        is_out = told.status in (S.SUSPENDED, S.ENDED)
        return Serving(
            place=arrival.place,
            registration_id=registration_id,
            member_id=member_id,
            person_id=person.id if person else None,
            employer_id=employer.node.id,
            name=known[0],
            phone=known[1],
            channel=channel,
            is_active=told.status == S.ACTIVE,
            since=clock.local_day(accepted.at) + calendar.DAY if accepted else NEVER,
            until=clock.local_day(told.last.at) if is_out else NEVER,
            zeal=2.718 ** chance.normal(0, 0.9),
        )

    def list_only(self, count: int) -> None:
        """So many more are on rosters and have not registered yet."""
        for _ in range(count):
            at = self._chance.after(self._now, -24 * LISTED_DAYS, -24)
            known, skills = self._people.stranger(MEMBER), [words.SKILLS.spin(self._chance)]
            self._line(at, self._employers.spin(self._chance), "", known, None, skills)

    def _line(
        self,
        at: datetime,
        employer: Employer,
        channel: str,
        known: tuple[str, str],
        person: Somebody | None,
        skills: list[str],
    ) -> UUID:
        listed_at = at - timedelta(days=7)
        made = self._chance.id(listed_at)
        name, phone = known
        is_paper = channel == "paper_only"
        self._rows.add(
            Member,
            id=made,
            employer_id=employer.node.id,
            branch_id=self._chance.pick(employer.branches).id,
            person_id=person.id if person else None,
            source=MemberSource.PAPER if is_paper else MemberSource.ROSTER,
            name=name,
            name_hash=fields.find_by(name),
            phone=None if is_paper else phone,
            phone_hash=None if is_paper else fields.find_by(phone),
            party_status=PARTY.spin(self._chance),
            skills=[] if is_paper else skills,
            created_at=listed_at,
        )
        return made

    def _first_status(self, fate: str) -> S:
        return S.PENDING_EMPLOYER if fate == "by_employer" else S.PENDING_COMMUNITY

    def _acts(
        self, fate: str, at: datetime, channel: str, person: Somebody | None, desk: Desk
    ) -> list[Act]:
        """All that is going to happen to the registration."""
        chance, by = self._chance, desk.secretary.id
        if person is None:
            acts = [Act("enter", at, desk.clerk.id)]
        else:
            acts = [Act("submit", at, person.id)]
            answered = calendar.office(chance, at, chance.among(0, 2))
            if fate == "by_employer":
                acts.append(Act(A.CONFIRM, answered))
                answered = calendar.office(chance, answered, chance.among(1, 3))
            if fate == "returned":
                acts.append(Act(A.RETURN_FROM_COMMUNITY, answered, by, "wrong_building"))
                again = chance.after(answered, 2, 90)
                acts.append(Act(A.SUBMIT_AGAIN, again, person.id))
                answered = calendar.office(chance, again, 1)
            acts.append(Act(A.ACCEPT, answered, by))
        later = chance.after(acts[-1].at, 24 * 30, 24 * 500)
        if fate == "suspended":
            acts.append(Act(A.SUSPEND, later, by, chance.pick(SUSPENDED_FOR)))
            acts.append(Act(A.RESUME, later + PAUSE, by))
        elif fate == "ended":
            acts.append(Act(A.END, later, by, chance.pick(ENDED_FOR)))
        return acts

    def _accepted(self, acts: list[Act], told: Told, channel: str) -> Act | None:
        """By which act the member serves in the community; None: he does not yet."""
        if channel != "online":
            return acts[0]
        return next((act for act in acts if act.action == A.ACCEPT and A.ACCEPT in told.done), None)

    def _register(
        self,
        registration_id: UUID,
        member_id: UUID,
        person: Somebody | None,
        employer: Employer,
        channel: str,
        community: Community,
        skills: list[str],
        at: datetime,
        accepted: Act | None,
        told: Told,
    ) -> None:
        chance = self._chance
        home = chance.pick(community.buildings)
        columns: dict[str, object] = {}
        is_paper = channel == "paper_only"
        if accepted is not None:
            day = clock.local_day(accepted.at)
            columns |= {
                "registered_on": day,
                "grid_id": home.grid_id,
                "functional_branch_id": community.branch_id,
                "functional_group_id": home.group_id,
            }
            kinds = (
                ("receipt", RECEIPT, community.node),
                ("certificate", CERTIFICATE, employer.node),
            )
            for name, kind, issuer in kinds[: 1 if is_paper else 2]:
                issued = self._documents.issue(
                    issuer, kind, day, registration_id, is_void=told.status == S.ENDED
                )
                columns |= {f"{name}_number": issued.number, f"{name}_code": issued.code}
        columns |= self._standing(told)
        self._rows.add(
            Registration,
            id=registration_id,
            member_id=member_id,
            person_id=person.id if person else None,
            employer_id=employer.node.id,
            community_id=community.node.id,
            channel=channel,
            ground=GROUNDS.spin(chance),
            compound_id=None if is_paper else home.compound_id,
            building_id=None if is_paper else home.id,
            skills=[] if is_paper else skills,
            availability=list(words.AVAILABILITY.spin(chance)) if person else [],
            status=told.status,
            submitted_at=at,
            created_at=at,
            updated_at=told.last.at,
            **columns,
        )

    def _standing(self, told: Told) -> dict[str, object]:
        """What is known of a registration in its present state."""
        if told.status in WAITING:
            days = EMPLOYER_DAYS if told.status == S.PENDING_EMPLOYER else COMMUNITY_DAYS
            return {"remind_at": workdays.after(told.last.at, days)}
        if told.status == S.SUSPENDED:
            first, last = (clock.local_day(each) for each in (told.last.at, told.last.at + PAUSE))
            return {
                "reason_code": told.last.reason,
                "suspended_from": first,
                "suspended_to": last - calendar.DAY,
                "due_at": clock.day_starts(last),
            }
        if told.status == S.ENDED:
            return {"reason_code": told.last.reason, "ended_on": clock.local_day(told.last.at)}
        return {"reason_code": told.last.reason}
