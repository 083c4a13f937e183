"""With real commits: two at once, and one record."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import func, select

from app.core import clock
from app.models.person import Role
from app.models.record import (
    Certificate,
    CertificateStatus,
    CertificateStep,
    RecordDraw,
    RecordSample,
    RecordStatus,
    ServiceRecord,
    ServiceRecordStep,
)
from app.records import samples
from tests.factories.orders import make_record
from tests.factories.people import make_staff
from tests.records.town import House, arrange, declared, house


async def press(app: FastAPI, taps: list[tuple[Any, str, dict[str, Any]]]) -> Counter[Any]:
    """Everybody presses at once: (person, path, body). How often each answer came."""
    async with house(app) as client:
        at = House(app, client)
        found = await asyncio.gather(*(at.post(who, path, **body) for who, path, body in taps))
    return Counter(each.get("code", each["code_of"]) for each in found)


async def test_two_organisers_confirm_the_same_minutes_and_there_is_one_record_each(
    committed: FastAPI,
) -> None:
    async with committed.state.sessions.begin() as session:
        made = await arrange(session)
    ways = [
        (f"/orders/{made.order.id}/complete", 2),
        (f"/shifts/{made.shift.id}/confirm", 1),
    ]
    for path, people in ways:
        taps = [
            (clerk.id, path, {"minutes": minutes}) for minutes in (60, 55) for clerk in made.clerks
        ]
        answers = await press(committed, taps)
        assert answers[200] == 1 or path.startswith("/shifts")
        assert set(answers) <= {200, "bad_transition"}
        async with committed.state.sessions() as session:
            rows = (
                await session.scalars(
                    select(ServiceRecord).where(
                        ServiceRecord.source_id.in_([made.order.id, made.shift.id])
                    )
                )
            ).all()
        at = [row for row in rows if str(row.source_id) in path]
        assert len(at) == people
        assert len({row.minutes for row in at}) == 1


async def test_two_enter_the_same_day_on_a_post_and_there_is_one_record(
    committed: FastAPI,
) -> None:
    async with committed.state.sessions.begin() as session:
        made = await arrange(session)
    day = (clock.today() - timedelta(days=1)).isoformat()
    body = {"served_on": day, "minutes": 60}
    taps = [(clerk.id, f"/claims/{made.claim.id}/duties", body) for clerk in made.clerks]
    assert await press(committed, taps) == {201: 1, "duty_entered": 1}


async def test_of_declarations_of_one_time_one_holds_and_is_decided_once(
    committed: FastAPI,
) -> None:
    async with committed.state.sessions.begin() as session:
        made = await arrange(session)
    begins = clock.day_starts(clock.today() - timedelta(days=2)) + timedelta(hours=9)
    member = made.registration.person_id
    taps: list[Any] = [(member, "/me/records", declared(begins))] * 4
    assert await press(committed, taps) == {201: 1, "served_elsewhere": 3}
    async with committed.state.sessions() as session:
        record = (await session.scalars(select(ServiceRecord))).one()
    one, two = (clerk.id for clerk in made.clerks)
    decided = await press(
        committed,
        [
            (one, f"/records/{record.id}/approve", {}),
            (two, f"/records/{record.id}/reject", {"reason": "无法核实"}),
            (two, f"/records/{record.id}/approve", {}),
        ],
    )
    assert decided == {200: 1, "bad_transition": 2}
    async with committed.state.sessions() as session:
        steps = await session.scalars(select(ServiceRecordStep.action))
        assert len(steps.all()) == 2


async def test_a_large_correction_is_confirmed_once(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        made = await arrange(session)
        record = await make_record(session, made.registration)
        third = await make_staff(session, Role.COMMUNITY_CLERK, made.community)
    body = {"minutes": 200, "version": 1, "reason": "看错"}
    proposed = [(clerk.id, f"/records/{record.id}/correct", body) for clerk in made.clerks[:1]]
    assert await press(committed, proposed) == {200: 1}
    async with committed.state.sessions() as session:
        version = (await session.get_one(ServiceRecord, record.id)).version
    taps = [
        (who, f"/records/{record.id}/correction/confirm", {"version": version})
        for who in (made.clerks[1].id, third.id)
    ]
    assert await press(committed, taps) == {200: 1, "no_correction": 1}
    async with committed.state.sessions() as session:
        assert (await session.get_one(ServiceRecord, record.id)).minutes == 200


async def test_two_workers_draw_a_month_once(committed: FastAPI) -> None:
    first = (clock.today().replace(day=1) - timedelta(days=1)).replace(day=1)
    async with committed.state.sessions.begin() as session:
        made = await arrange(session)
        for _ in range(60):
            await make_record(session, made.registration, approved_at=clock.day_starts(first))

    async def draw() -> None:
        async with committed.state.sessions.begin() as session:
            await samples.draw_last_month(session)

    await asyncio.gather(*(draw() for _ in range(3)))
    async with committed.state.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(RecordDraw)) == 1
        assert await session.scalar(select(func.count()).select_from(RecordSample)) == 2
        approved = select(func.count()).where(ServiceRecord.status == RecordStatus.APPROVED)
        assert await session.scalar(approved) == 60


async def test_a_certificate_is_issued_or_refused_once(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        made = await arrange(session)
        await make_record(session, made.registration, title="教用手机", minutes=90)
        heads = [
            await make_staff(session, Role.COMMUNITY_SECRETARY, made.community) for _ in range(2)
        ]
    today = clock.today()
    body = {
        "registration_id": str(made.registration.id),
        "period_from": (today - timedelta(days=30)).isoformat(),
        "period_to": today.isoformat(),
    }
    asking: list[Any] = [(made.registration.person_id, "/me/certificates", body)]
    assert await press(committed, asking * 4) == {201: 1, "already_asked": 3}
    async with committed.state.sessions() as session:
        path = f"/certificates/{await session.scalar(select(Certificate.id))}"
    checking: list[Any] = [(clerk.id, f"{path}/check", {}) for clerk in made.clerks]
    assert await press(committed, checking) == {200: 1, "bad_transition": 1}
    ways = {"issue": {}, "refuse": {"reason": "无法核实"}}
    ends: list[Any] = [
        (head.id, f"{path}/{way}", said) for head in heads for way, said in ways.items()
    ]
    assert await press(committed, ends) == {200: 1, "bad_transition": 3}
    async with committed.state.sessions() as session:
        row = (await session.scalars(select(Certificate))).one()
        assert (row.number is not None) == (row.status is CertificateStatus.ISSUED)
        assert len((await session.scalars(select(CertificateStep.action))).all()) == 3
