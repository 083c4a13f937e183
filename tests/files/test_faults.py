"""Checks of photos when the platform fails, the worker dies, or two things happen at once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import events
from app.core.terms import forget
from app.files import checks
from app.models.file import ContentCheck, FileStatus
from app.models.outbox import OutboxEntry
from tests.files.lab import PATH, Lab, MoveClock, lab, push_url, slow, take_back
from tests.needs.test_checks import wechat
from tests.simulator.hands import simulator, simulator_url

__all__ = ["lab", "push_url", "simulator", "simulator_url", "wechat"]


@pytest.mark.parametrize("kind", ["bad_gateway", "hang", "invalid_json", "45009", "40001"])
async def test_while_the_platform_is_down_the_photo_waits(
    lab: Lab, move_clock: MoveClock, kind: str
) -> None:
    if kind.isdigit():
        await lab.simulator.fault(errcode=int(kind), path=PATH, times=None)
    else:
        await lab.simulator.fault(kind, path=PATH, times=None)
    await lab.callback("before")
    assert await lab.ask()
    assert await lab.status() is FileStatus.STORED
    assert not await lab.ask()
    await lab.simulator.ask("DELETE", "faults")
    move_clock(timedelta(days=2) if kind == "45009" else timedelta(minutes=5))
    assert await lab.ask()
    await lab.tell()
    assert await lab.status() is FileStatus.SHOWN


async def die_while_asking(lab: Lab) -> None:
    """The platform has taken the question and pushed its verdict; the answer reached nobody."""
    await lab.callback("before")

    async def dies() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await lab.ask(slow(lab, dies))
    await lab.tell()


async def test_a_worker_that_dies_while_asking_loses_nothing(
    lab: Lab, move_clock: MoveClock
) -> None:
    await die_while_asking(lab)
    assert await lab.status() is FileStatus.STORED
    assert not await lab.ask()
    move_clock(checks.LEASE)
    assert await lab.ask()
    await lab.tell()
    assert await lab.status() is FileStatus.SHOWN


async def test_a_verdict_that_nobody_asked_for_is_forgotten_in_time(
    lab: Lab, move_clock: MoveClock
) -> None:
    await die_while_asking(lab)
    for days, left in ((29, 1), (31, 0)):
        move_clock(timedelta(days=days))
        async with lab.app.state.sessions.begin() as session:
            await forget(session, *checks.TERMS)
            assert await session.scalar(select(func.count()).select_from(ContentCheck)) == left


async def test_what_is_taken_back_while_it_is_asked_about_stays_away(lab: Lab) -> None:
    await lab.callback("before")

    async def meanwhile() -> None:
        assert await take_back(lab) == 204

    await lab.ask(slow(lab, meanwhile))
    await lab.tell()
    assert await lab.status() is FileStatus.REMOVED
    assert await lab.steps() == ["take_back"]


async def test_what_was_taken_back_is_not_held_either(lab: Lab) -> None:
    await lab.simulator.fault(errcode=61010, path=PATH)
    await lab.simulator.fault("hang", path="/cgi-bin/stable_token", seconds=0.2)
    asking = asyncio.create_task(lab.ask())
    await asyncio.sleep(0.05)
    taken = await take_back(lab)
    await asking
    assert (taken, await lab.status()) == (204, FileStatus.REMOVED)


async def test_a_verdict_and_its_uploader_at_once_agree_in_the_end(lab: Lab) -> None:
    await lab.callback("before")
    await lab.ask()
    taken, _ = await asyncio.gather(take_back(lab), lab.tell())
    await lab.tell()
    assert (taken, await lab.status()) == (204, FileStatus.REMOVED)
    assert await lab.steps() in (["ask", "pass", "take_back"], ["ask", "take_back"])


async def test_two_workers_ask_once(lab: Lab) -> None:
    asked = await asyncio.gather(lab.ask(), lab.ask())
    assert sorted(asked) == [False, True]
    assert await lab.simulator.calls(PATH) == 1


async def test_a_fact_is_told_for_every_step(lab: Lab) -> None:
    await lab.callback("before")
    await lab.ask()
    await lab.tell()
    async with lab.app.state.sessions() as session:
        facts = await session.scalars(
            select(OutboxEntry.payload["action"].astext)
            .where(OutboxEntry.name == "file.moved")
            .order_by(OutboxEntry.id)
        )
        assert list(facts) == await lab.steps()
    assert not await events.tell_next(lab.app.state.sessions, {})
