"""What a second community of the demo city has behind it, so that a year can be closed in it: four
members of two years, what they served and what residents said; everybody is made up.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, fields
from app.core.ids import new_id
from app.models.member import Member, MemberSource, Registration, RegistrationStatus
from app.models.need import Acceptance, AcceptanceStatus, Need, NeedStatus
from app.models.order import Order, OrderNeed, OrderStatus, Seat, SeatStatus
from app.models.organization import Organization
from app.models.person import Person
from app.models.record import RecordStatus, ServiceRecord, ServiceRecordStep
from app.models.report import Rating, Satisfaction
from app.ratings import figures
from app.statistics import summing

BRANCH = "郭里园社区双报到功能型党支部"
EMPLOYER = "江海水泵有限公司（示范）"
REGISTERED = timedelta(days=730)
EVERY = timedelta(days=60)  # so that six are of the last year, and the seventh of the one before
MINUTES = 60


@dataclass(frozen=True, slots=True)
class Past:
    """A member, and how many services residents were content with, or not."""

    name: str
    phone: str
    satisfied: int
    unsatisfied: int = 0


MEMBERS = (
    Past("沈明远", "13900000041", 7),
    Past("韩秋实", "13900000042", 3, 4),
    Past("秦川", "13900000043", 5),
    Past("尤佳", "13900000044", 1),
)


async def write(session: AsyncSession, community: Organization, employer: Organization) -> None:
    """The community has its branch and its members' past; a second call changes nothing."""
    known = await session.scalar(
        select(Registration.id).where(Registration.community_id == community.id).limit(1)
    )
    if known is not None:
        return
    community.takes_part = True
    made = new_id()
    branch = Organization(
        id=made,
        kind="functional_branch",
        name=BRANCH,
        parent_id=community.id,
        lineage=[*community.lineage, made],
        opened_on=clock.today() - REGISTERED,
    )
    session.add(branch)
    await session.flush()
    registered = []
    for past in MEMBERS:
        registration = await _register(session, past, branch, employer)
        absent = Person()  # who held the places before he had an account
        session.add(absent)
        await session.flush()
        marks = [Satisfaction.SATISFIED] * past.satisfied
        marks += [Satisfaction.UNSATISFIED] * past.unsatisfied
        for number, mark in enumerate(marks, 1):
            await _serve(session, registration, absent.id, number, mark)
        registered.append(registration.id)
    # their own figures have been read before any month of the community was counted
    await figures.of_members(session, community.id, registered, clock.today())
    await summing.rebuild(session)


async def _register(
    session: AsyncSession, past: Past, branch: Organization, employer: Organization
) -> Registration:
    """He is on the roster and registered at the counter; his phone ties him to it when he comes."""
    day = clock.today() - REGISTERED
    line = Member(
        employer_id=employer.id,
        source=MemberSource.ROSTER,
        name=past.name,
        name_hash=fields.find_by(past.name),
        phone=past.phone,
        phone_hash=fields.find_by(past.phone),
    )
    session.add(line)
    await session.flush()
    registration = Registration(
        member_id=line.id,
        employer_id=employer.id,
        community_id=branch.parent_id,
        channel="at_counter",
        ground="residence",
        functional_branch_id=branch.id,
        status=RegistrationStatus.ACTIVE,
        certificate_number=f"BD-{past.phone[-4:]}",
        receipt_number=f"HZ-{past.phone[-4:]}",
        submitted_at=clock.day_starts(day),
        registered_on=day,
    )
    session.add(registration)
    await session.flush()
    return registration


async def _serve(
    session: AsyncSession,
    registration: Registration,
    person_id: UUID,
    number: int,
    mark: Satisfaction,
) -> None:
    """One need of one resident, served, answered and rated, so many times `EVERY` ago."""
    ends = clock.now() - number * EVERY
    starts, code = ends - timedelta(minutes=MINUTES), f"{registration.certificate_number}-{number}"
    resident = Person()
    session.add(resident)
    await session.flush()
    need = Need(
        number=f"SQ-{code}",
        community_id=registration.community_id,
        requester_id=resident.id,
        category="visit_company",
        words="想有人陪老人说说话",
        status=NeedStatus.SOLVED,
        created_at=starts - EVERY,
    )
    order = Order(
        number=f"DD-{code}",
        community_id=registration.community_id,
        category="visit_company",
        title="陪老人说话",
        place="社区活动室",
        starts_at=starts,
        ends_at=ends,
        seats=1,
        taken=1,
        status=OrderStatus.CLOSED,
        published_at=starts - timedelta(days=2),
        completed_at=ends,
    )
    session.add_all([need, order])
    await session.flush()
    record = ServiceRecord(
        registration_id=registration.id,
        member_id=registration.member_id,
        employer_id=registration.employer_id,
        community_id=registration.community_id,
        source_kind="order",
        source_id=order.id,
        category=order.category,
        title=order.title,
        place=order.place,
        served_on=clock.local_day(starts),
        starts_at=starts,
        ends_at=ends,
        minutes=MINUTES,
        approved_at=ends,
    )
    session.add_all(
        [
            record,
            OrderNeed(order_id=order.id, need_id=need.id),
            Seat(
                order_id=order.id,
                person_id=person_id,
                registration_id=registration.id,
                status=SeatStatus.CONFIRMED,
                minutes=MINUTES,
            ),
            Acceptance(
                need_id=need.id,
                order_id=order.id,
                round=0,
                status=AcceptanceStatus.SOLVED,
                answered_at=ends,
            ),
            Rating(
                order_id=order.id,
                need_id=need.id,
                rater_id=resident.id,
                satisfaction=mark,
                given_at=ends,
            ),
        ]
    )
    await session.flush()
    session.add(
        ServiceRecordStep(
            service_record_id=record.id,
            action="add",
            entered=RecordStatus.APPROVED,
            minutes=MINUTES,
            at=ends,
        )
    )
    await session.flush()
