"""Who is told of a transfer: the side whose turn it is, then the member."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.members.events import TransferMoved
from app.models.member import Member, Transfer, TransferStep
from app.models.organization import Organization
from app.models.person import Role
from app.models.report import Notification
from app.notifications import transfers
from tests.factories.members import make_registration, make_transfer
from tests.factories.organizations import make_community, make_employer
from tests.factories.people import make_staff


async def tell(session: AsyncSession, row: Transfer, action: str, status: str) -> None:
    event = TransferMoved(transfer_id=row.id, person_id=None, action=action, status=status)
    await transfers.on_transfer_moved(session, len(action), event)


async def told(session: AsyncSession) -> list[tuple[object, str]]:
    rows = await session.scalars(select(Notification).order_by(Notification.id))
    return [(row.person_id, row.message) for row in rows]


@pytest.mark.parametrize("kind", ["community", "employer"])
async def test_the_side_whose_turn_it_is_learns_that_somebody_waits(
    session: AsyncSession, kind: str
) -> None:
    registration = await make_registration(session)
    old = await session.get_one(Organization, getattr(registration, f"{kind}_id"))
    new = await (make_community if kind == "community" else make_employer)(session)
    role = Role.COMMUNITY_CLERK if kind == "community" else Role.EMPLOYER_CLERK
    keeper, taker = await make_staff(session, role, old), await make_staff(session, role, new)
    row = await make_transfer(session, registration, new)
    await tell(session, row, "ask", "requested")
    await tell(session, row, "let_go", "out_confirmed")
    await tell(session, row, "withdraw", "withdrawn")
    assert await told(session) == [
        (keeper.id, "registration_waiting"),
        (taker.id, "registration_waiting"),
    ]


@pytest.mark.parametrize("kind", ["community", "employer"])
async def test_of_a_protected_member_a_communitys_secretary_is_told_alone(
    session: AsyncSession, kind: str
) -> None:
    registration = await make_registration(session)
    (await session.get_one(Member, registration.member_id)).is_protected = True
    place = await session.get_one(Organization, getattr(registration, f"{kind}_id"))
    roles = {
        "community": (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK),
        "employer": (Role.EMPLOYER_SECRETARY, Role.EMPLOYER_CLERK),
    }[kind]
    secretary, clerk = [await make_staff(session, role, place) for role in roles]
    new = await (make_community if kind == "community" else make_employer)(session)
    row = await make_transfer(session, registration, new)
    await tell(session, row, "ask", "requested")
    wanted = {secretary.id} if kind == "community" else {secretary.id, clerk.id}
    assert {person for person, _ in await told(session)} == wanted


@pytest.mark.parametrize(
    ("action", "reason", "text"),
    [
        ("take_in", None, "已转到新城社区，原社区的时长和记录都保留。"),
        ("keep", "other 工时未核", "旧城社区退回了报到申请：工时未核。修改后可再次提交。"),
        ("turn_down", "not_resident", "新城社区退回了报到申请：不在本社区居住。修改后可再次提交。"),
        ("turn_down", "gone", "新城社区退回了报到申请：—。修改后可再次提交。"),
    ],
)
async def test_the_member_learns_what_became_of_it_and_why(
    session: AsyncSession, action: str, reason: str | None, text: str
) -> None:
    old = await make_community(session, name="旧城社区")
    registration = await make_registration(session, old)
    row = await make_transfer(session, registration, await make_community(session, name="新城社区"))
    session.add(TransferStep(transfer_id=row.id, action=action, entered="effective", reason=reason))
    await session.flush()
    event = TransferMoved(
        transfer_id=row.id, person_id=registration.person_id, action=action, status="effective"
    )
    await transfers.on_transfer_moved(session, 1, event)
    line = (await session.scalars(select(Notification))).one()
    assert (line.person_id, line.text) == (registration.person_id, text)
    assert (line.subject_kind, line.subject_id) == ("transfer", row.id)
