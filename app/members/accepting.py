"""A community accepts registrations, one or a page of them, each with its documents.

Source: domain.md §3.1, practice.md R12.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import cast, column, select, update, values
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError, NotFound
from app.members import placing, service
from app.members.lifecycle import REGISTRATION, RegistrationAction
from app.members.schemas import RegistrationAcceptIn
from app.models.member import Registration
from app.organizations.rights import require_in
from app.permissions import Actor, Permission, grants, may

P, A = Permission, RegistrationAction

# what an acceptance changes in a registration
ACCEPTED = (
    "status",
    "grid_id",
    "functional_branch_id",
    "functional_group_id",
    "registered_on",
    "receipt_number",
    "receipt_code",
    "certificate_number",
    "certificate_code",
)


async def accept(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: RegistrationAcceptIn
) -> Registration:
    """The member serves here from today: placed, with certificate, receipt and their codes.

    Locks the series of the community and then of the employer until the transaction ends.

    Raises:
        NotFound: no such registration to see.
        Forbidden: not of this community; a protected member is the secretary's alone.
        BadTransition: it does not wait for the community, or was just accepted by somebody else.
        Invalid: grid, branch or group are not the community's.
    """
    row, granted = await service.get(session, actor, registration_id, P.REGISTRATION_ACCEPT)
    left = REGISTRATION.move(row, A.ACCEPT, granted)
    with session.no_autoflush:  # the row is written once
        placed = await placing.place(session, row.community_id, row.building_id, body)
        await service.confirm_lines(session, [row.member_id])
        await service.enter(session, [(row, placed)])
    await service.moved(session, actor, row, A.ACCEPT, left)
    return row


async def accept_many(
    session: AsyncSession, actor: Actor, community_id: UUID, ids: list[UUID]
) -> dict[UUID, Registration | str]:
    """Each of `ids` accepted as its building suggests, or the code of why it was not.

    All are locked in the order of their ids, and numbered in the order of their employers, so that
    two clerks never wait for each other in a circle.

    Raises:
        NotFound, Forbidden: no such community; not its clerk.
    """
    await require_in(session, actor, community_id, P.COMMUNITY_REGISTER)
    rows = await session.execute(
        select(
            Registration,
            grants(P.REGISTRATION_ACCEPT),
            *placing.suggested(Registration.community_id, Registration.building_id),
        )
        .where(
            Registration.id.in_(ids),
            Registration.community_id == community_id,
            may(P.REGISTRATION_READ),
        )
        .order_by(Registration.id)
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True),
        actor.binds(),
    )
    answers: dict[UUID, Registration | str] = dict.fromkeys(ids, NotFound.code)
    accepted: list[tuple[Registration, placing.Placed]] = []
    for row, granted, *place in sorted(rows.all(), key=lambda found: found[0].employer_id):
        try:
            left = REGISTRATION.move(row, A.ACCEPT, granted)
        except AppError as refused:
            answers[row.id] = refused.code
            continue
        service.note(session, actor, row, A.ACCEPT, left)
        accepted.append((row, placing.Placed(*place)))
        answers[row.id] = row
    if accepted:
        with session.no_autoflush:
            await service.confirm_lines(session, [row.member_id for row, _ in accepted])
            await service.enter(session, accepted)
            await _write(session, [row for row, _ in accepted])
        await session.flush()
    return answers


async def _write(session: AsyncSession, rows: list[Registration]) -> None:
    """The accepted rows are in the database; one statement, and the session forgets the rows."""
    table: Any = Registration.__table__
    names = ("id", *ACCEPTED)
    given = values(*(column(name, table.c[name].type) for name in names), name="accepted").data(
        [tuple(getattr(row, name) for name in names) for row in rows]
    )
    await session.execute(
        update(table)
        .where(table.c.id == given.c.id)
        .values(  # cast: a column in which every row is empty has no type of its own
            {name: cast(given.c[name], table.c[name].type) for name in ACCEPTED}
            | {"remind_at": None, "due_at": None, "version": table.c.version + 1}
        )
    )
    for row in rows:
        session.expunge(row)
