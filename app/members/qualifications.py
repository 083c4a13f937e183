"""Qualifications of members: proof is looked at, and only kind, last four and validity are kept.

Who looks is said by the content: `check: seen`, the community at its counter; `check: employer`, the
employer, which knows. Source: domain.md §3.3, practice.md R20.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core import clock, ids
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.prepared import Prepared, Reader
from app.members import service
from app.members.qualification_schemas import QualificationIn
from app.models.member import Member, Qualification, Registration
from app.permissions import Actor, Permission, may, require
from app.policies import content

P = Permission
LOOKED_AT_BY = {"seen": P.REGISTRATION_ACCEPT, "employer": P.REGISTRATION_CONFIRM}


async def verify(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: QualificationIn
) -> Qualification:
    """The member's qualification was looked at today; a second time renews it.

    Raises:
        NotFound, Forbidden: as for the registration; also where another side has to look at it.
        Invalid: an unknown kind, or a last day that is past.
    """
    row, granted = await service.get(session, actor, registration_id, *LOOKED_AT_BY.values())
    if not granted:
        raise Forbidden
    kind = await content.require(session, "qualifications", body.code, pointer="/code")
    require(granted, LOOKED_AT_BY[kind["check"]])
    today = clock.today()
    if body.valid_to is not None and body.valid_to < today:
        raise Invalid.field("/valid_to", "in_the_past", "该资质已过期")
    months = kind.get("valid_months")
    latest = clock.months_after(today, months) if months else None
    values: dict[str, Any] = {
        "last_four": body.last_four,
        "valid_to": min(filter(None, (body.valid_to, latest)), default=None),
        "verified_on": today,
        "verified_by_id": actor.person_id,
        "updated_at": clock.now(),
    }
    made = await session.scalars(
        insert(Qualification)
        .values(id=ids.new_id(), member_id=row.member_id, code=body.code, **values)
        .on_conflict_do_update(index_elements=["member_id", "code"], set_=values)
        .returning(Qualification),
        execution_options={"populate_existing": True},
    )
    audit.operated(
        session,
        actor,
        "qualification.verified",
        subject=("registration", row.id),
        organization_id=row.community_id,
        code=body.code,
    )
    found = made.one()
    await session.flush()
    return found


async def has_one(session: AsyncSession, member_id: UUID, codes: Collection[str]) -> bool:
    """Whether one of `codes` is verified of the member and good today; none asked for: yes."""
    if not codes:
        return True
    found = await session.scalar(
        select(Qualification.id)
        .where(
            Qualification.member_id == member_id,
            Qualification.code.in_(codes),
            or_(Qualification.valid_to.is_(None), Qualification.valid_to >= clock.today()),
        )
        .limit(1)
    )
    return found is not None


async def forget(session: AsyncSession, person_id: object) -> None:
    """Nothing of the person's qualifications is kept; his roster lines still name him."""
    theirs = select(Member.id).where(Member.person_id == person_id)
    await session.execute(delete(Qualification).where(Qualification.member_id.in_(theirs)))


SEEN = Prepared(
    select(Registration.member_id).where(
        Registration.id == bindparam("registration_id", type_=Uuid()), may(P.REGISTRATION_READ)
    )
)
KEPT = Prepared(
    select(
        Qualification.code,
        Qualification.last_four,
        Qualification.valid_to,
        Qualification.verified_on,
    )
    .where(Qualification.member_id == bindparam("member_id", type_=Uuid()))
    .order_by(Qualification.code)
)


async def of_registration(
    reader: Reader, actor: Actor, registration_id: UUID
) -> dict[str, list[dict[str, Any]]]:
    """What is kept of the member's qualifications.

    Raises:
        NotFound: no such registration for the actor.
    """
    row = await SEEN.one(reader, actor.binds() | {"registration_id": registration_id})
    if row is None:
        raise NotFound
    return {"items": await KEPT.rows(reader, {"member_id": row["member_id"]})}
