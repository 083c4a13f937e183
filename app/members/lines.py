"""Single lines of a roster: listed for the employer, claimed by a code."""

from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app import audit
from app.core import clock, ids
from app.core.errors import NotFound
from app.core.masking import mask_phone
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.members.applications import code_hash
from app.models.member import Member, Registration, RegistrationStatus
from app.models.organization import Organization
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content

P, S = Permission, RegistrationStatus
Branch, Community = aliased(Organization), aliased(Organization)
EMPLOYER_ID = bindparam("employer_id", type_=Uuid())
CONTAINER = Prepared(select(grants(P.EMPLOYER_ROSTER)).where(Organization.id == EMPLOYER_ID))


async def page(
    reader: Reader, actor: Actor, paging: Paging, employer_id: UUID
) -> Slice[dict[str, Any]]:
    """The employer's living lines in the order they came, each with its living registration.

    Raises:
        NotFound, Forbidden: as for the employer.
    """
    row = await CONTAINER.one(reader, actor.binds() | {"employer_id": employer_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.EMPLOYER_ROSTER)
    where = scope("roster", {"e": employer_id})
    key = after(paging, where, UUID)
    binds: dict[str, Any] = {"employer_id": employer_id, "most": paging.limit + 1}
    if key is not None:
        binds["id"] = key[0]
    rows = await _list(key is not None).rows(reader, binds)
    for line in rows:
        line["phone"] = line["phone"] and mask_phone(line["phone"])
    return cut(rows, paging, where, "id")


@cache
def _list(is_continued: bool) -> Prepared:
    statement = (
        select(
            Member.id,
            Member.name,
            Member.phone,
            Branch.name.label("branch_name"),
            Member.party_status,
            Member.is_protected,
            Registration.status.label("registration_status"),
            Community.name.label("community_name"),
            Registration.registered_on,
            Member.version,
        )
        .outerjoin(Branch, Branch.id == Member.branch_id)
        .outerjoin(
            Registration,
            and_(
                Registration.member_id == Member.id,
                Registration.status != S.WITHDRAWN,
                Registration.status != S.ENDED,
            ),
        )
        .outerjoin(Community, Community.id == Registration.community_id)
        .where(Member.employer_id == EMPLOYER_ID, Member.left_on.is_(None))
        .order_by(Member.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(Member.id > bindparam("id", type_=Uuid()))
    return Prepared(statement)


async def make_claim_code(session: AsyncSession, actor: Actor, member_id: UUID) -> dict[str, Any]:
    """A new code by which the member claims his line; an older one is void.

    Raises:
        NotFound: not the actor's to see, or somebody's already.
        Forbidden: not of the employer's people.
    """
    row = (
        await session.execute(
            select(Member, grants(P.MEMBER_EDIT))
            .where(
                Member.id == member_id,
                Member.left_on.is_(None),
                Member.person_id.is_(None),
                may(P.MEMBER_READ),
            )
            .with_for_update(of=Member),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, P.MEMBER_EDIT)
    rule = (await content.find(session, "registration", "claim_code") or {})["value"]
    code = ids.code(rule["length"])
    member: Member = row.Member
    member.claim_code_hash = code_hash(code)
    member.claim_code_expires_at = clock.now() + timedelta(days=rule["days"])
    audit.operated(
        session,
        actor,
        "member.claim_code",
        subject=("member", member.id),
        organization_id=member.employer_id,
    )
    await session.flush()
    return {"code": code, "expires_at": member.claim_code_expires_at}
