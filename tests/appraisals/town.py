"""A city with a community, its groups and members, the office that plans; who asks over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import events
from app.core import clock
from app.deadlines import advance_next
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.member import Registration
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.report import Notification
from app.wiring import DEADLINES, LISTENERS
from tests.factories.appraisals import make_cycle
from tests.factories.members import make_registration
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff
from tests.replay import again

Sessions = async_sessionmaker[AsyncSession]
Clock = Callable[[timedelta], None]


@dataclass
class Town:
    district: Organization
    community: Organization
    groups: list[Organization]
    office: Person
    secretary: Person
    clerk: Person
    members: list[Registration]


@pytest.fixture
async def town(session: AsyncSession) -> Town:
    """Two functional groups, two members in each, all of different employers."""
    made = await again(session, make_town)
    await session.commit()
    return made


async def make_town(session: AsyncSession) -> Town:
    """As the fixture, without a commit."""
    community = await make_community(session)
    district = await session.get_one(Organization, community.lineage[1])
    branch = await make_organization(session, "functional_branch", community)
    groups = [
        await make_organization(session, "functional_group", branch, position=place)
        for place in range(2)
    ]
    members = [
        await make_registration(
            session,
            community,
            functional_branch_id=branch.id,
            functional_group_id=groups[place % 2].id,
        )
        for place in range(4)
    ]
    return Town(
        district,
        community,
        groups,
        await make_staff(session, Role.DISTRICT_ADMIN, district),
        await make_staff(session, Role.COMMUNITY_SECRETARY, community),
        await make_staff(session, Role.COMMUNITY_CLERK, community),
        members,
    )


@pytest.fixture
async def cycle(session: AsyncSession, town: Town) -> EvaluationCycle:
    """A year whose appraisal is under way."""
    made = await make_cycle(session, town.district, status=CycleStatus.COLLECTING)
    await session.commit()
    return made


def of(cycle: EvaluationCycle, town: Town, page: str) -> str:
    """The path of one page of the community in this year."""
    return f"/evaluation-cycles/{cycle.id}/communities/{town.community.id}/{page}"


async def fresh(session: AsyncSession, row: Any) -> Any:
    """The row as it stands now."""
    return await session.get_one(type(row), row.id, populate_existing=True)


async def tick(sessions: Sessions) -> None:
    """The clock does all that is due, and all facts are told."""
    while await advance_next(sessions, DEADLINES):
        pass
    while await events.tell_next(sessions, LISTENERS):
        pass


async def inbox(session: AsyncSession, person_id: Any) -> list[str]:
    """The messages that a person has, by their codes, in their order."""
    rows = await session.scalars(
        select(Notification.message)
        .where(Notification.person_id == person_id)
        .order_by(Notification.id)
    )
    return list(rows)


def stand_at(move_clock: Clock, moment: datetime) -> None:
    """It is this instant, and a second more."""
    move_clock(timedelta())
    move_clock(moment - clock.now() + timedelta(seconds=1))
