"""A served community over HTTP: an order, a shift, a duty and a declaration, all confirmed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.emergency import CallUp, CallUpStatus, Shift, ShiftSeat, ShiftSeatStatus
from app.models.member import Registration
from app.models.order import Order, OrderStatus, SeatStatus
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.post import Claim, ClaimStatus
from tests.factories.members import make_registration
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community
from tests.factories.people import make_staff
from tests.factories.posts import make_claim, make_post


@dataclass
class Served:
    """Rows by their source; two of the staff, and the member who did it all."""

    community: Organization
    clerks: list[Person]
    registration: Registration
    order: Order
    seat_ids: list[Any]
    shift: Shift
    claim: Claim


async def arrange(session: AsyncSession) -> Served:
    """Everything is done and nothing is confirmed yet; flushed."""
    community = await make_community(session)
    clerks = [await make_staff(session, Role.COMMUNITY_CLERK, community) for _ in range(2)]
    day = clock.today() - timedelta(days=60)
    registration = await make_registration(session, community)
    other = await make_registration(session, community)
    registration.registered_on = other.registered_on = day
    begins = clock.now() - timedelta(hours=3)
    order = await make_order(
        session, community, status=OrderStatus.IN_PROGRESS, seats=2, starts_at=begins
    )
    seats = [
        await make_seat(session, order, each, status=SeatStatus.ATTENDED)
        for each in (registration, other)
    ]
    call_up = CallUp(
        organization_id=community.id,
        kind="flood_typhoon",
        is_emergency=True,
        level="response",
        targets=[community.id],
        title="防台值守",
        text="台风将至",
        place="社区服务中心",
        gather_at=begins,
        status=CallUpStatus.ACTIVE,
        approvals_needed=2,
        reply_minutes=120,
        activated_at=begins,
    )
    session.add(call_up)
    await session.flush()
    shift = Shift(
        call_up_id=call_up.id,
        duty="patrol",
        place="社区服务中心",
        starts_at=clock.now() - timedelta(hours=1),
        ends_at=clock.now(),
        seats=3,
        taken=1,
        rest_hours=8,
        is_open=True,
    )
    session.add(shift)
    await session.flush()
    session.add(
        ShiftSeat(
            shift_id=shift.id,
            person_id=registration.person_id,
            registration_id=registration.id,
            status=ShiftSeatStatus.ON_DUTY,
        )
    )
    post = await make_post(session, community)
    claim = await make_claim(
        session, post, registration, status=ClaimStatus.SERVING, started_on=day
    )
    await session.flush()
    return Served(community, clerks, registration, order, [seat.id for seat in seats], shift, claim)


class House:
    """Calls doors of a running application as somebody."""

    def __init__(self, app: FastAPI, client: AsyncClient) -> None:
        self.app, self.client = app, client

    async def post(self, who: Any, path: str, **body: Any) -> Any:
        """The answer's body, with its status beside it."""
        head = {"Authorization": f"Bearer {self.app.state.tokens.sign(who)}"}
        answer = await self.client.post(f"/api/v1{path}", json=body, headers=head)
        return answer.json() | {"code_of": answer.status_code}


def house(app: FastAPI) -> AsyncClient:
    """A client of the application; to be entered."""
    return AsyncClient(
        transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://test"
    )


def declared(begins: datetime) -> dict[str, Any]:
    """The body of a declaration of an hour."""
    return {
        "category": "culture_civility",
        "title": "帮邻居搬家",
        "place": "3号楼",
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=1)).isoformat(),
        "minutes": 50,
    }
