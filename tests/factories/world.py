"""One row of every kind in one community and one employer, and the same places elsewhere."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, fields, ids
from app.models.appraisal import AppraisalRater, OpeningSource, Panel, RaterOpening
from app.models.check_in import CheckIn
from app.models.commendation import Commendation, CommendationStatus
from app.models.emergency import CallUp, CallUpStatus, Reply, Shift, ShiftSeat, ShiftSeatStatus
from app.models.export import Export
from app.models.file import FileStatus
from app.models.member import (
    Member,
    MemberSource,
    Registration,
    RegistrationStatus,
    Resident,
    Transfer,
    TransferKind,
)
from app.models.need import Need, NeedStatus
from app.models.negative_item import NegativeItem, NegativeItemStatus
from app.models.objection import Objection, ObjectionKind
from app.models.order import BranchTake, Order, OrderStatus, Seat
from app.models.order_series import Frequency, OrderSeries, PlanItem
from app.models.organization import (
    Import,
    ImportKind,
    Organization,
    OrganizationRegistration,
)
from app.models.person import Person
from app.models.poll import Poll, PollAnswer
from app.models.post import Claim, Post, PostStatus
from app.models.record import Certificate, RecordDraw, RecordSample, ServiceRecord
from app.models.report import Report, ReportKind, ReportStatus
from app.models.report_run import ReportRun, RunKind
from app.models.shift_team import ShiftTeam, TeamMember
from app.models.sign_in import ConsoleSession, SignInTicket
from app.models.statistic import Rhythm, RollUp, RollUpPresence
from app.models.suggestion import Advice, Suggestion
from app.models.talk import Talk
from app.models.wish import Wish, WishClaim, WishStatus
from tests.factories.appraisals import make_cycle
from tests.factories.emergency import make_plan
from tests.factories.files import make_file
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person


@dataclass(frozen=True)
class World:
    """`rows` by kind; `person` stands in every column that names whose a row is."""

    rows: dict[str, Any]
    person: Person
    community: Organization
    functional_branch: Organization
    group: Organization
    employer: Organization
    branch: Organization
    elsewhere: Organization
    other_employer: Organization


def make_take(order: Order, unit: Organization) -> BranchTake:
    """A place that the unit holds for somebody to be named."""
    return BranchTake(
        order_id=order.id,
        organization_id=unit.id,
        places=1,
        unnamed=1,
        names_due_at=order.starts_at,
    )


async def make_sample(session: AsyncSession, record: ServiceRecord) -> RecordSample:
    """The one record that a draw of this month has found; flushed."""
    draw = RecordDraw(
        community_id=record.community_id,
        month=clock.today().replace(day=1),
        seed="00",
        percent=2,
        records=1,
        drawn=1,
    )
    session.add(draw)
    await session.flush()
    sample = RecordSample(draw_id=draw.id, record_id=record.id, community_id=record.community_id)
    session.add(sample)
    await session.flush()
    return sample


def make_poll(order: Order, unit: Organization) -> Poll:
    """Whether the unit's one member could come."""
    return Poll(order_id=order.id, organization_id=unit.id, asked=1, closes_at=order.starts_at)


def concluded(registration: Registration) -> dict[str, Any]:
    """What followed from a year of the registration's member."""
    now, today = clock.now(), clock.today()
    whose = {"registration_id": registration.id, "community_id": registration.community_id}
    person = {"person_id": registration.person_id}
    places = {
        "functional_branch_id": registration.functional_branch_id,
        "employer_id": registration.employer_id,
    }
    year = {"period_from": today, "period_to": today}
    return {
        "suggestion": Suggestion(proposed=Advice.NORMAL, reasons=["有服务"], **whose, **year),
        "negative_item": NegativeItem(
            code="unsafe_conduct",
            happened_on=today,
            facts="不听安排",
            evidence="现场记录",
            status=NegativeItemStatus.UPHELD,
            alleged_by_id=registration.person_id,
            asked_at=now,
            confirmed_at=now,
            told_at=now,
            **whose,
            **person,
            **places,
        ),
        "objection": Objection(
            kind=ObjectionKind.VOTES,
            subject_id=registration.id,
            words="未回避",
            **whose,
            **person,
            **year,
        ),
        "talk": Talk(
            registration_id=registration.id,
            employer_id=registration.employer_id,
            trigger="negative_item",
            **person,
        ),
        "commendation": Commendation(
            status=CommendationStatus.STANDING,
            proposed_by_id=registration.person_id,
            **whose,
            **person,
            **places,
            **year,
        ),
    }


async def make_world(session: AsyncSession) -> World:
    """The rows of one story, each in a state in which every rule about it can hold."""
    person = await make_person(session)
    community = await make_community(session)
    district = await session.get_one(Organization, community.lineage[1])
    elsewhere = await make_community(session)
    branch_there = await make_organization(session, "functional_branch", community)
    group = await make_organization(session, "functional_group", branch_there)
    await make_organization(session, "grid", community)
    employer = await make_organization(session, "employer", district)
    branch = await make_organization(session, "employer_branch", employer)
    far = await session.get_one(Organization, elsewhere.lineage[1])
    other_employer = await make_organization(session, "employer", far)
    now, today = clock.now(), clock.today()
    member = Member(
        employer_id=employer.id,
        branch_id=branch.id,
        person_id=person.id,
        source=MemberSource.ROSTER,
        name="王建国",
        name_hash=fields.find_by("王建国"),
    )
    session.add(member)
    await session.flush()
    registration = Registration(
        member_id=member.id,
        person_id=person.id,
        employer_id=employer.id,
        community_id=community.id,
        functional_branch_id=branch_there.id,
        functional_group_id=group.id,
        channel="online",
        ground="residence",
        status=RegistrationStatus.ACTIVE,
        registered_on=today,
    )
    order = Order(
        number="DD-1",
        community_id=community.id,
        category="companionship",
        title="陪伴老人",
        place="社区服务中心",
        starts_at=now + timedelta(days=1),
        ends_at=now + timedelta(days=1, hours=2),
        seats=5,
        taken=3,
        status=OrderStatus.OPEN,
    )
    post = Post(
        community_id=community.id,
        category="culture_civility",
        title="书法课堂",
        place="社区服务中心",
        headcount=2,
        term_months=12,
        status=PostStatus.OPEN,
    )
    call_up = CallUp(
        organization_id=community.id,
        kind="flood_typhoon",
        is_emergency=True,
        level="response",
        targets=[community.id],
        title="防台值守",
        text="台风将至",
        place="社区服务中心",
        gather_at=now + timedelta(hours=2),
        status=CallUpStatus.ACTIVE,
        approvals_needed=2,
        reply_minutes=120,
        activated_at=now,
    )
    wish = Wish(
        number="XY-1",
        community_id=community.id,
        requester_id=person.id,
        words="想要一个保温杯",
        title="保温杯一个",
        value_yuan=80,
        contact_name="王建国",
        contact_phone="13800000000",
        status=WishStatus.CLAIMED,
        published_at=now,
        due_at=now + timedelta(days=1),
    )
    session.add_all([registration, order, call_up, post, wish])
    await session.flush()
    shift = Shift(
        call_up_id=call_up.id,
        duty="patrol",
        place="社区服务中心",
        starts_at=now + timedelta(hours=3),
        ends_at=now + timedelta(hours=7),
        seats=3,
        taken=1,
        rest_hours=8,
        is_open=True,
        holder_id=group.id,
    )
    session.add(shift)
    await session.flush()
    team = ShiftTeam(shift_id=shift.id, leader_id=person.id, wanted=3, members=1)
    session.add(team)
    await session.flush()
    session.add(
        TeamMember(
            shift_team_id=team.id,
            shift_id=shift.id,
            person_id=person.id,
            registration_id=registration.id,
        )
    )
    rows: dict[str, Any] = {
        "community": community,
        "employer": employer,
        "group": group,
        "call_up": call_up,
        "shift": shift,
        "shift_team": team,
        "call_up_plan": make_plan(community),
        "reply": Reply(call_up_id=call_up.id, registration_id=registration.id, person_id=person.id),
        "shift_seat": ShiftSeat(
            shift_id=shift.id,
            person_id=person.id,
            registration_id=registration.id,
            status=ShiftSeatStatus.NAMED,
        ),
        "member": member,
        "registration": registration,
        "order": order,
        "unit": group,
        "employers_unit": branch,
        "take": make_take(order, group),
        "employers_take": make_take(order, branch),
        "series": OrderSeries(
            community_id=community.id,
            title="周末阅读角",
            place="社区服务中心",
            category="reading",
            seats=2,
            frequency=Frequency.WEEKLY,
            weekdays=[6],
            starts_on=today,
            begins_at=time(9, 30),
            minutes=90,
        ),
        "plan_item": PlanItem(
            community_id=community.id, title="手机课堂", month=today, template="phone_class"
        ),
        "poll": make_poll(order, group),
        "employers_poll": make_poll(order, branch),
        "post": post,
        "claim": Claim(
            post_id=post.id,
            community_id=community.id,
            person_id=person.id,
            registration_id=registration.id,
        ),
        "wish": wish,
        "wish_claim": WishClaim(
            wish_id=wish.id, person_id=person.id, registration_id=registration.id
        ),
        "import": Import(
            kind=ImportKind.COMMUNITY,
            organization_id=community.id,
            uploaded_by_id=person.id,
            file_digest="",
            state_digest="",
        ),
        "pairing": OrganizationRegistration(
            employer_id=employer.id, community_id=community.id, proposed_by="employer"
        ),
        "transfer": Transfer(
            registration_id=registration.id,
            kind=TransferKind.COMMUNITY,
            from_id=community.id,
            to_id=elsewhere.id,
        ),
        "sign_in_ticket": SignInTicket(
            code_hash=ids.digest("ZAAAAAAAAAAAAAAAAA"),  # as `tests.fakes` calls it
            device="其他设备",
            address="203.0.113.7",
            expires_at=now + timedelta(days=1),
        ),
        "console_session": ConsoleSession(
            person_id=person.id,
            token_hash=ids.digest("a browser"),
            device="其他设备",
            address="203.0.113.7",
            expires_at=now + timedelta(days=1),
        ),
        "resident": Resident(person_id=person.id, community_id=community.id),
        "need": Need(
            number="SQ-1",
            community_id=community.id,
            requester_id=person.id,
            words="教用手机",
            status=NeedStatus.SUBMITTED,
        ),
        "file": make_file(person, community, status=FileStatus.HELD),
        "seat": Seat(order_id=order.id, person_id=person.id, registration_id=registration.id),
        "record": ServiceRecord(
            registration_id=registration.id,
            member_id=member.id,
            person_id=person.id,
            employer_id=employer.id,
            community_id=community.id,
            source_kind="order",
            source_id=order.id,
            category="companionship",
            title="陪伴老人",
            place="社区服务中心",
            served_on=today,
            minutes=60,
        ),
        "certificate": Certificate(
            registration_id=registration.id,
            person_id=person.id,
            community_id=community.id,
            period_from=today,
            period_to=today,
        ),
        "roll_up": RollUp(
            organization_id=community.id,
            rhythm=Rhythm.DAY,
            first_on=today,
            content={},
            decisions=[],
        ),
        "week": RollUp(
            organization_id=community.id,
            rhythm=Rhythm.WEEK,
            first_on=today - timedelta(days=70),
            content={},
            decisions=["路灯转供电公司"],
        ),
        **concluded(registration),
        "sheet": Report(
            kind=ReportKind.MEMBER_SHEET,
            issuer_id=community.id,
            employer_id=employer.id,
            registration_id=registration.id,
            person_id=person.id,
            period_from=today,
            period_to=today,
            content='{"head":{"period":["2026-01-01","2026-06-30"]},"basics":{"name":"王建国",'
            '"employer":"市水务局"},"opinions":{"community_opinion":"社区意见暂缺"}}',
        ),
        "summary": Report(
            kind=ReportKind.EMPLOYER_SUMMARY,
            issuer_id=district.id,
            employer_id=employer.id,
            period_from=today,
            period_to=today,
            status=ReportStatus.DELIVERED,
            delivered_at=now,
            content='{"details":[],"form":"employer_summary",'
            '"head":{"period":["2026-01-01","2026-06-30"]}}',
        ),
    }
    rows["report_run"] = ReportRun(
        organization_id=district.id, kind=RunKind.YEAR, period_from=today, period_to=today
    )
    session.add_all(rows.values())
    await session.flush()
    rows["export"] = Export(report_id=rows["summary"].id, asked_by_id=person.id)
    session.add(rows["export"])
    session.add(RollUpPresence(roll_up_id=rows["week"].id, place=0, name="王建国"))
    # where a role on the community decides, the year is the community's own
    cycle = rows["cycle"] = await make_cycle(session, community)
    rows["rater"] = AppraisalRater(
        cycle_id=cycle.id,
        community_id=community.id,
        panel=Panel.RESIDENT_REPRESENTATIVES,
        area_id=group.id,
        person_id=person.id,
        name="王建国",
    )
    rows["rater_opening"] = RaterOpening(
        community_id=community.id,
        registration_id=registration.id,
        source=OpeningSource.APPRAISAL,
        source_id=cycle.id,
        reason="群众反映",
        asked_by_id=person.id,
        due_at=now + timedelta(days=7),
    )
    session.add_all([rows["rater"], rows["rater_opening"]])
    rows["sample"] = await make_sample(session, rows["record"])
    rows["check_in"] = CheckIn(
        shift_seat_id=rows["shift_seat"].id,
        point="3201,12089",
        noted_by_id=person.id,
        forget_at=now + timedelta(days=30),
    )
    session.add(rows["check_in"])
    rows["poll_answer"] = PollAnswer(
        poll_id=rows["poll"].id, registration_id=registration.id, person_id=person.id
    )
    session.add(rows["poll_answer"])
    await session.flush()
    return World(
        rows, person, community, branch_there, group, employer, branch, elsewhere, other_employer
    )
