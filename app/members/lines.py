"""Single lines of a roster: listed for the employer, claimed by a code."""

from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app import audit
from app.core import clock, ids
from app.core.errors import NotFound
from app.core.masking import mask_phone
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.members import standing
from app.members.applications import code_hash
from app.members.standing import LIVING, STANDS, Branch, Standing
from app.models.member import Member, Registration
from app.models.organization import NamedOrganization
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content

P = Permission
Community = aliased(NamedOrganization)


class Sought(NamedTuple):
    """Whom an employer looks for on its roster; None: everybody."""

    standing: Standing | None = None
    branch_id: UUID | None = None


EVERYBODY = Sought()


async def page(
    reader: Reader,
    actor: Actor,
    paging: Paging,
    place_id: UUID,
    sought: Sought = EVERYBODY,
) -> Slice[dict[str, Any]]:
    """The living lines of an employer, or of a branch of it, in the order they came; each with its
    living registration.

    Raises:
        NotFound, Forbidden: as for the employer.
    """
    found = await standing.place(reader, actor, place_id)
    where = scope("roster", {"e": place_id} | sought._asdict())
    key = after(paging, where, UUID)
    binds = actor.binds() | {
        "place_id": place_id,
        "employer_id": found.employer_id,
        "branch_id": sought.branch_id,
        "most": paging.limit + 1,
    }
    if key is not None:
        binds["id"] = key[0]
    of_branch = sought.branch_id is not None
    statement = _list(found.is_employer, sought.standing, of_branch, key is not None)
    rows = await statement.rows(reader, binds)
    for line in rows:
        line["phone"] = line["phone"] and mask_phone(line["phone"])
    return cut(rows, paging, where, "id")


@cache
def _list(
    is_employer: bool, stands: Standing | None, of_branch: bool, is_continued: bool
) -> Prepared:
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
            Member.person_id.is_not(None).label("is_claimed"),
            Member.version,
        )
        .outerjoin(Branch, Branch.id == Member.branch_id)
        .outerjoin(Registration, LIVING)
        .outerjoin(Community, Community.id == Registration.community_id)
        .where(standing.of_place(is_employer=is_employer))
        .order_by(Member.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if stands is not None:
        statement = statement.where(STANDS[stands])
    if of_branch:
        statement = statement.where(Member.branch_id == bindparam("branch_id", type_=Uuid()))
    if is_continued:
        statement = statement.where(Member.id > bindparam("id", type_=Uuid()))
    return Prepared(statement)


async def make_claim_code(session: AsyncSession, actor: Actor, member_id: UUID) -> dict[str, Any]:
    """A new code by which the member claims his line, with his name; an older one is void.

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
    return {
        "code": code,
        "expires_at": member.claim_code_expires_at,
        "name": member.name,
        "employer_id": member.employer_id,
    }
