"""What is written about records costs at most twelve statements, however much is on record."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.person import Person, Role
from tests.factories.orders import make_record
from tests.factories.people import make_staff
from tests.orders.town import Desk, Town, desk, town
from tests.records.town import declared

__all__ = ["desk", "town"]
MOST = 12


async def test_every_step_keeps_to_its_budget(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    second = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    town.registration.registered_on = clock.today() - timedelta(days=60)
    for number in range(30):
        await make_record(session, town.registration, title=f"服务{number}", minutes=10)
    await session.commit()
    costs: dict[str, int] = {}

    async def step(who: Person, path: str, **body: Any) -> Any:
        with count_statements() as seen:
            answer = await desk.post(who, path, **body)
        assert answer.status_code < 300, answer.text
        costs[path.rpartition("/")[2]] = len(seen) - 1  # beside the actor
        return answer.json()

    begins = clock.day_starts(clock.today() - timedelta(days=2)) + timedelta(hours=9)
    made = await step(town.member, "/me/records", **declared(begins))
    path = f"/records/{made['id']}"
    made = await step(town.clerk, f"{path}/approve")
    made = await step(town.member, f"{path}/dispute", reason="不是我")
    made = await step(
        town.clerk, f"{path}/correct", minutes=49, reason="看错", version=made["version"]
    )
    made = await step(
        town.clerk, f"{path}/correct", minutes=120, reason="看错", version=made["version"]
    )
    await step(second, f"{path}/correction/confirm", version=made["version"])
    wish = await step(
        town.member,
        "/me/certificates",
        registration_id=str(town.registration.id),
        period_from=clock.today().isoformat(),
        period_to=clock.today().isoformat(),
    )
    await step(town.clerk, f"/certificates/{wish['id']}/check")
    await step(second, f"/certificates/{wish['id']}/issue")
    assert {name: cost for name, cost in costs.items() if cost > MOST} == {}
