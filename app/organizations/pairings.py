"""Employers registered with communities (组织报到): proposed by one side, confirmed by the other.

The receipt is given when the pairing stands; its number comes from the community's series.
Source: practice.md R14.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.types import Integer

from app import events, numbers
from app.core import clock
from app.core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.lifecycle import Lifecycle, Step
from app.models.organization import (
    Organization,
    OrganizationRegistration,
    OrganizationRegistrationStep,
    PairingStatus,
)
from app.organizations.events import PairingMoved
from app.organizations.pairing_schemas import PairingIn
from app.permissions import Actor, Permission, grants, may, require

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

Employer = aliased(Organization)
Community = aliased(Organization)


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
    found = (
        await session.execute(
            select(OrganizationRegistration, grants(P.PAIRING_CONFIRM, P.PAIRING_END))
            .where(OrganizationRegistration.id == pairing_id, may(P.PAIRING_READ))
            .with_for_update(of=OrganizationRegistration),
            actor.binds(),
        )
    ).first()
    if found is None:
        raise NotFound
    row, granted = found
    left = LIFECYCLE.move(row, action, granted, reason=reason)
    if action is PairingAction.CONFIRM:
        row.receipt_number = await numbers.give(session, row.community_id, "pairing_receipt")
    await _told(session, actor, row, action, left=left, reason=reason)
    return await _shown(session, actor, row.id)


async def page(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """The pairings of a community, or of an employer, newest first.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to see.
    """
    container = {"container": organization_id}
    seen = await CONTAINER.one(reader, container | actor.binds())
    if seen is None:
        raise NotFound
    require(seen["grants"], P.PAIRING_LIST)
    by = "community" if seen["kind"] == "community" else "employer"
    where = scope("pairings", {"o": organization_id})
    key = after(paging, where, UUID)
    binds: dict[str, Any] = container | {"most": paging.limit + 1} | actor.binds()
    if key is not None:
        binds["id"] = key[0]
    rows = await _list(by, key is not None).rows(reader, binds)
    return cut([_with_actions(row) for row in rows], paging, where, "id")


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
    if employer is None or employer.kind not in ("employer", "resident_unit"):
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
    select(Organization.kind, grants(P.PAIRING_LIST)).where(
        Organization.id == bindparam("container", type_=Uuid()),
        Organization.closed_on.is_(None),
    )
)


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
