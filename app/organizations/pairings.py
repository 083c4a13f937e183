"""Employers registered with communities (组织报到): proposed by one side, confirmed by the other.

The receipt is given when the pairing stands; its number comes from the community's series.
Source: practice.md R14.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.types import Integer, String

from app import events, numbers
from app.core import clock
from app.core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.lifecycle import Lifecycle, Step
from app.models.organization import (
    NamedOrganization,
    Organization,
    OrganizationRegistration,
    OrganizationRegistrationStep,
    PairingStatus,
)
from app.organizations.events import PairingMoved
from app.organizations.pairing_schemas import PairingIn
from app.permissions import Actor, Permission, grants, require
from app.rows import get_row

S = PairingStatus
P = Permission


class PairingAction(StrEnum):
    CONFIRM = "confirm"
    END = "end"


LIFECYCLE: Lifecycle[PairingStatus, PairingAction] = Lifecycle(
    {
        PairingAction.CONFIRM: Step({S.PROPOSED}, S.ACTIVE, P.PAIRING_CONFIRM),
        PairingAction.END: Step({S.PROPOSED, S.ACTIVE}, S.ENDED, P.PAIRING_END, reason=True),
    }
)


class AlreadyPaired(Conflict):
    """The two are paired, or one has proposed it."""

    code, title = "already_paired", "双方已结对，或已有待确认的结对"


CONSTRAINTS: Mapping[str, type[AppError]] = {
    "uq_organization_registrations_living": AlreadyPaired,
}

Employer = aliased(NamedOrganization)
Community = aliased(NamedOrganization)
Parent = aliased(NamedOrganization)
EMPLOYERS = ("employer", "resident_unit")
MOST_FOUND = 20


class Desk(NamedTuple):
    """The pairings of one side; `found`: whom it may propose, with `id`, `name` and `above`."""

    is_community: bool
    may_propose: bool
    rows: Slice[dict[str, Any]]
    found: Sequence[dict[str, Any]]


async def propose(session: AsyncSession, actor: Actor, body: PairingIn) -> dict[str, Any]:
    """A pairing that waits for the other side; a secretary of both sides proposes for the employer.

    Raises:
        Invalid: not an employer, or not a community that takes part.
        Forbidden: the actor is secretary of neither. AlreadyPaired.
    """
    side = await _side(session, actor, body)
    row = OrganizationRegistration(
        employer_id=body.employer_id, community_id=body.community_id, proposed_by=side
    )
    session.add(row)
    await session.flush()
    await _told(session, actor, row, "propose", left=None, reason=None)
    return await _shown(session, actor, row.id)


async def propose_from(
    session: AsyncSession, actor: Actor, organization_id: UUID, other_id: UUID
) -> dict[str, Any]:
    """As `propose`, for one side with the other.

    Raises:
        NotFound: no such organization. Forbidden: the actor is not its secretary.
        As `propose`.
    """
    side = (
        await session.execute(
            select(Organization.kind, grants(P.PAIRING_PROPOSE)).where(
                Organization.id == organization_id
            ),
            actor.binds(),
        )
    ).first()
    if side is None:
        raise NotFound
    require(side.grants, P.PAIRING_PROPOSE)
    if side.kind == "community":
        both = PairingIn(community_id=organization_id, employer_id=other_id)
    else:
        both = PairingIn(employer_id=organization_id, community_id=other_id)
    return await propose(session, actor, both)


async def move(
    session: AsyncSession,
    actor: Actor,
    pairing_id: UUID,
    action: PairingAction,
    *,
    reason: str | None,
) -> dict[str, Any]:
    """The pairing took a step; confirmed, it has its receipt.

    Raises:
        NotFound: none, or not the actor's to see. Forbidden: the other side confirms.
        BadTransition. ReasonRequired: an end is explained.
    """
    row, granted = await get_row(
        session,
        actor,
        OrganizationRegistration,
        pairing_id,
        seen=P.PAIRING_READ,
        asked=(P.PAIRING_CONFIRM, P.PAIRING_END),
    )
    left = LIFECYCLE.move(row, action, granted, reason=reason)
    if action is PairingAction.CONFIRM:
        row.receipt_number = await numbers.give(session, row.community_id, "pairing_receipt")
    await _told(session, actor, row, action, left=left, reason=reason)
    return await _shown(session, actor, row.id)


async def page(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """The pairings of a community, or of an employer, newest first; two statements.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to see.
    """
    return (await desk(reader, actor, paging, organization_id)).rows


async def desk(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID, words: str = ""
) -> Desk:
    """As `page`, with the side that it belongs to; and, for who may propose, the organizations of the
    other side with these words in their name, by name, `MOST_FOUND` at most. Three statements.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to see.
    """
    container = {"container": organization_id}
    seen = await CONTAINER.one(reader, container | actor.binds())
    if seen is None:
        raise NotFound
    require(seen["grants"], P.PAIRING_LIST)
    is_community = seen["kind"] == "community"
    by = "community" if is_community else "employer"
    where = scope("pairings", {"o": organization_id})
    key = after(paging, where, UUID)
    binds: dict[str, Any] = container | {"most": paging.limit + 1} | actor.binds()
    if key is not None:
        binds["id"] = key[0]
    rows = await _list(by, key is not None).rows(reader, binds)
    may_propose = P.PAIRING_PROPOSE in seen["grants"]
    found = []
    if words and may_propose:
        found = await OTHERS[is_community].rows(reader, {"words": words})
    return Desk(
        is_community,
        may_propose,
        cut([_with_actions(row) for row in rows], paging, where, "id"),
        found,
    )


async def _side(session: AsyncSession, actor: Actor, body: PairingIn) -> str:
    """Which side the actor speaks for."""
    rows = {
        row.id: row
        for row in await session.execute(
            select(
                Organization.id,
                Organization.kind,
                Organization.takes_part,
                grants(P.PAIRING_PROPOSE),
            ).where(
                Organization.id.in_((body.employer_id, body.community_id)),
                Organization.closed_on.is_(None),
            ),
            actor.binds(),
        )
    }
    employer, community = rows.get(body.employer_id), rows.get(body.community_id)
    if employer is None or employer.kind not in EMPLOYERS:
        raise Invalid.field("/employer_id", "unknown", "没有这个单位")
    if community is None or community.kind != "community" or not community.takes_part:
        raise Invalid.field("/community_id", "not_taking_part", "该社区未参加双报到")
    for side, row in (("employer", employer), ("community", community)):
        if row.grants:
            return side
    raise Forbidden


async def _told(
    session: AsyncSession,
    actor: Actor,
    row: OrganizationRegistration,
    action: str,
    *,
    left: PairingStatus | None,
    reason: str | None,
) -> None:
    """The step stands in the history and is announced."""
    session.add(
        OrganizationRegistrationStep(
            organization_registration_id=row.id,
            at=clock.now(),
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=row.status,
            reason=reason,
        )
    )
    events.record(
        session,
        PairingMoved(
            pairing_id=row.id,
            employer_id=row.employer_id,
            community_id=row.community_id,
            action=action,
            status=row.status,
        ),
    )
    await session.flush()


async def _shown(session: AsyncSession, actor: Actor, pairing_id: UUID) -> dict[str, Any]:
    statement = _columns().where(OrganizationRegistration.id == pairing_id)
    row = (await session.execute(statement, actor.binds())).mappings().one()
    return _with_actions(dict(row))


def _with_actions(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"open_to": LIFECYCLE.open_in(row["status"], row["grants"])}


def _columns() -> Any:
    return (
        select(
            OrganizationRegistration.id,
            OrganizationRegistration.employer_id,
            Employer.name.label("employer_name"),
            OrganizationRegistration.community_id,
            Community.name.label("community_name"),
            OrganizationRegistration.proposed_by,
            OrganizationRegistration.status,
            OrganizationRegistration.receipt_number,
            OrganizationRegistration.created_at,
            grants(P.PAIRING_CONFIRM, P.PAIRING_END),
        )
        .join(Employer, Employer.id == OrganizationRegistration.employer_id)
        .join(Community, Community.id == OrganizationRegistration.community_id)
    )


CONTAINER = Prepared(
    select(Organization.kind, grants(P.PAIRING_LIST, P.PAIRING_PROPOSE)).where(
        Organization.id == bindparam("container", type_=Uuid()),
        Organization.closed_on.is_(None),
    )
)


def _others(*where: Any) -> Prepared:
    """Living organizations with these words in their name, and what stands above them."""
    return Prepared(
        select(Organization.id, Organization.name, Parent.name.label("above"))
        .join(Parent, Parent.id == Organization.parent_id)
        .where(
            *where,
            Organization.closed_on.is_(None),
            func.strpos(Organization.name, bindparam("words", type_=String())) > 0,
        )
        .order_by(Organization.name, Organization.id)
        .limit(MOST_FOUND)
    )


# by whether a community asks
OTHERS: Mapping[bool, Prepared] = {
    True: _others(or_(*(Organization.kind == kind for kind in EMPLOYERS))),
    False: _others(Organization.kind == "community", Organization.takes_part),
}


@cache
def _list(by: str, is_continued: bool) -> Prepared:
    column = getattr(OrganizationRegistration, f"{by}_id")
    statement = (
        _columns()
        .where(column == bindparam("container", type_=Uuid()))
        .order_by(OrganizationRegistration.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(OrganizationRegistration.id < bindparam("id", type_=Uuid()))
    return Prepared(statement)
