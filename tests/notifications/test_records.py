"""Who is told of a record of service: its member, and the community where it has to decide."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Member
from app.models.organization import Organization
from app.models.person import Role
from app.models.record import RecordStatus, ServiceRecord, ServiceRecordStep
from app.models.report import Notification
from app.notifications import records
from app.records.events import RecordMoved
from tests.factories.orders import make_record
from tests.factories.people import make_person, make_staff


def moved(record: ServiceRecord, action: str) -> RecordMoved:
    return RecordMoved(
        record_id=record.id,
        person_id=record.person_id,
        action=action,
        status=record.status,
        minutes_before=60,
        minutes=90,
    )


async def told(session: AsyncSession, record: ServiceRecord, action: str) -> set[object]:
    """(message, text, who has it) of this step, told as a fact of its own."""
    fact = len((await session.scalars(select(Notification.id))).all()) + 1_000
    await records.on_record_moved(session, fact, moved(record, action))
    rows = await session.scalars(select(Notification).where(Notification.outbox_id == fact))
    return {(row.message, row.text, row.person_id) for row in rows}


@pytest.mark.parametrize(
    ("action", "message", "text"),
    [
        ("add", "record_added", "教用手机，1.5小时。与事实不符可点“不是我”。"),
        ("approve", "record_added", "教用手机，1.5小时。与事实不符可点“不是我”。"),
        ("correct", "record_corrected", "教用手机由1.0小时改为1.5小时：核对。"),
        ("void", "record_corrected", "教用手机由1.0小时改为0.0小时：核对。"),
        ("uphold", "objection_result", "教用手机维持原记录：核对。"),
        ("reject", "record_rejected", "教用手机：核对。"),
        ("question", "record_in_review", "教用手机的记录正在复核，复核前不计入合计：核对。"),
    ],
)
async def test_a_member_sees_each_record_and_what_becomes_of_it(
    session: AsyncSession, action: str, message: str, text: str
) -> None:
    record = await make_record(session, minutes=90)
    for reason in ("看错", "核对"):
        session.add(
            ServiceRecordStep(
                service_record_id=record.id, action=action, entered="x", reason=reason
            )
        )
        await session.flush()
    assert await told(session, record, action) == {(message, text, record.person_id)}


@pytest.mark.parametrize(
    ("action", "status", "message"),
    [
        ("declare", "pending_approval", "record_waiting"),
        ("dispute", "disputed", "record_disputed"),
        ("propose", "approved", "correction_waiting"),
        ("remind", "pending_approval", "record_waiting"),
        ("remind", "disputed", "record_disputed"),
        ("remind", "approved", "correction_waiting"),
    ],
)
async def test_the_community_learns_what_waits_for_it(
    session: AsyncSession, action: str, status: str, message: str
) -> None:
    record = await make_record(session, status=RecordStatus(status))
    community = await session.get_one(Organization, record.community_id)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, community)
    session.add(
        ServiceRecordStep(
            service_record_id=record.id, action="dispute", entered="x", reason="不是我"
        )
    )
    await session.flush()
    seen = await told(session, record, action)
    assert {(line[0], line[2]) for line in seen} == {  # type: ignore[index]
        (message, clerk.id),
        (message, secretary.id),
    }
    member = await session.get_one(Member, record.member_id)
    member.is_protected = True
    await session.flush()
    again = await told(session, record, action)
    assert {line[2] for line in again} == {secretary.id}  # type: ignore[index]
    if message == "record_disputed":
        assert {line[1] for line in again} == {"教用手机有一条记录须复核：不是我。"}  # type: ignore[index]


async def test_who_proposed_a_correction_learns_that_it_was_declined(
    session: AsyncSession,
) -> None:
    record = await make_record(session)
    clerk = await make_person(session)
    assert await told(session, record, "decline") == set()
    for action, reason in (("propose", "看错"), ("decline", "原记录无误")):
        session.add(
            ServiceRecordStep(
                service_record_id=record.id,
                action=action,
                entered="x",
                reason=reason,
                actor_id=clerk.id,
            )
        )
    await session.flush()
    assert await told(session, record, "decline") == {
        ("correction_declined", "教用手机的时长更正未获同意：原记录无误。", clerk.id)
    }


async def test_a_record_of_nobody_is_told_to_nobody(session: AsyncSession) -> None:
    record = await make_record(session, person_id=None)
    assert await told(session, record, "add") == set()
