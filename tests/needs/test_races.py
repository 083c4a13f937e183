"""With real commits: an answer, another answer and the time-out of the same question."""

import asyncio

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.deadlines import advance_next
from app.models.house import DeadlineFailure
from app.models.need import Acceptance, AcceptanceStatus, AcceptanceStep, Need, NeedStatus
from app.needs.acceptance import DEADLINES
from tests.factories.needs import make_need
from tests.factories.organizations import make_community
from tests.needs.test_merging import Tap, press

ROUNDS = 8
SILENT = {AcceptanceStatus.SILENT: NeedStatus.UNANSWERED}
ENDS = {
    AcceptanceStatus.SOLVED: NeedStatus.SOLVED,
    AcceptanceStatus.UNSOLVED: NeedStatus.UNSOLVED,
} | SILENT


async def overdue(session: AsyncSession) -> Need:
    """A need whose resident was called back: his silence ends it now."""
    need = await make_need(session, await make_community(session), status=NeedStatus.DONE)
    row = Acceptance(need_id=need.id, round=0, due_at=clock.now())
    session.add(row)
    await session.flush()
    session.add(
        AcceptanceStep(
            acceptance_id=row.id, at=clock.now(), action="remind", left="asked", entered="asked"
        )
    )
    return need


async def test_who_is_just_answering_is_not_silent(committed: FastAPI) -> None:
    sessions = committed.state.sessions
    async with sessions.begin() as session:
        need = await overdue(session)
    async with sessions.begin() as answering:
        await answering.get_one(Need, need.id, with_for_update=True)
        assert not await advance_next(sessions, DEADLINES)
    assert await advance_next(sessions, DEADLINES)
    async with sessions() as session:
        assert (await session.get_one(Need, need.id)).status is NeedStatus.UNANSWERED


async def test_answers_and_their_time_out_are_one_of_them(committed: FastAPI) -> None:
    sessions = committed.state.sessions
    for _ in range(ROUNDS):
        async with sessions.begin() as session:
            need = await overdue(session)
        path = f"/needs/{need.id}/acceptance"
        no = {"answer": "unsolved", "reason_code": "half_done"}
        yes = {"answer": "solved"}
        taps: list[Tap] = [(need.requester_id, path, yes), (need.requester_id, path, no)] * 3
        codes, _ = await asyncio.gather(press(committed, taps), advance_next(sessions, DEADLINES))
        async with sessions() as session:
            row = (
                await session.scalars(select(Acceptance).where(Acceptance.need_id == need.id))
            ).one()
            assert (await session.get_one(Need, need.id)).status is ENDS[row.status]
            steps = select(AcceptanceStep.action).where(AcceptanceStep.acceptance_id == row.id)
            assert len((await session.scalars(steps)).all()) == 2
            assert (await session.scalars(select(DeadlineFailure.error))).all() == []
        assert codes == ([409] * 6 if row.status in SILENT else [200, *[409] * 5])
