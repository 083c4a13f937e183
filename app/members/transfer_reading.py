"""Transfers as they are read: one with its history, and what an organization lets go or takes in.

Protected members are on the lists of a community's secretary only. Source: practice.md R12.
"""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Uuid, bindparam, func, select
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.members import placing, reading, service
from app.members.lifecycle import TRANSFER
from app.members.transfer_schemas import Side
from app.models.member import Member, Registration, Transfer, TransferStatus, TransferStep
from app.models.organization import NamedOrganization
from app.permissions import Actor, Permission, grants, may, require

P = Permission
WAITING = {Side.OUT: TransferStatus.REQUESTED, Side.IN: TransferStatus.OUT_CONFIRMED}

Employer, Old, New, Branch = (aliased(NamedOrganization) for _ in range(4))
Compound, Building = aliased(NamedOrganization), aliased(NamedOrganization)
Rows = Select[*tuple[Any, ...]]


def _brief(*more: Any) -> Rows:
    """The line is the one by which the member is known afterwards."""
    return (
        select(
            Transfer.id,
            Transfer.kind,
            Transfer.status,
            Member.name,
            Member.phone,
            Member.is_protected,
            Employer.name.label("employer_name"),
            Old.name.label("from_name"),
            New.name.label("to_name"),
            Transfer.created_at.label("asked_at"),
            *more,
        )
        .join(Registration, Registration.id == Transfer.registration_id)
        .join(Member, Member.id == func.coalesce(Transfer.new_member_id, Registration.member_id))
        .join(Employer, Employer.id == Registration.employer_id)
        .join(Old, Old.id == Transfer.from_id)
        .join(New, New.id == Transfer.to_id)
    )


SHOW = Prepared(
    _brief(
        Transfer.registration_id,
        Transfer.new_registration_id,
        Transfer.from_id,
        Transfer.to_id,
        Branch.name.label("branch_name"),
        (Member.service_state != service.APPLIED).label("is_on_roster"),
        Transfer.ground,
        Transfer.ground_note,
        Compound.name.label("compound_name"),
        Building.name.label("building_name"),
        Transfer.building_text,
        *placing.suggested(Transfer.to_id, Transfer.building_id),
        grants(P.TRANSFER_LET_GO, P.TRANSFER_TAKE_IN, P.TRANSFER_OWN),
    )
    .outerjoin(Branch, Branch.id == Member.branch_id)
    .outerjoin(Compound, Compound.id == Transfer.compound_id)
    .outerjoin(Building, Building.id == Transfer.building_id)
    .where(Transfer.id == bindparam("transfer_id", type_=Uuid()), may(P.TRANSFER_READ))
)
STEPS = Prepared(
    select(
        TransferStep.at,
        TransferStep.action,
        TransferStep.left,
        TransferStep.entered,
        TransferStep.reason,
    )
    .where(TransferStep.transfer_id == bindparam("transfer_id", type_=Uuid()))
    .order_by(TransferStep.id)
)


async def show(reader: Reader, actor: Actor, transfer_id: UUID) -> dict[str, Any]:
    """One transfer with its history and buttons; where the member goes to live, the old side
    does not learn.

    Raises:
        NotFound: there is none, or it is not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"transfer_id": transfer_id})
    if row is None:
        raise NotFound
    steps = await STEPS.rows(reader, {"transfer_id": transfer_id})
    whole = reading.masked(row) | {
        "open_to": TRANSFER.open_in(row["status"], row["grants"]),
        "history": [step | reading.told(step["reason"], row["grants"]) for step in steps],
    }
    if not {P.TRANSFER_OWN, P.TRANSFER_TAKE_IN} & set(row["grants"]):
        whole |= dict.fromkeys(RESIDENCE)
    return whole


RESIDENCE = (
    "ground",
    "ground_note",
    "compound_name",
    "building_name",
    "building_text",
    "suggested_grid_id",
    "suggested_functional_branch_id",
    "suggested_functional_group_id",
)


async def page(
    reader: Reader,
    actor: Actor,
    paging: Paging,
    organization_id: UUID,
    *,
    side: Side,
    status: TransferStatus | None,
) -> Slice[dict[str, Any]]:
    """What a community or an employer lets go or takes in, in one status, oldest first; without a
    status what waits for it.

    Raises:
        NotFound, Forbidden: no such organization; not its people.
    """
    granted = await reading.container(reader, actor, organization_id)
    if P.EMPLOYER_ROSTER not in granted:
        require(granted, P.COMMUNITY_READ)
    sees_protected = bool({P.EMPLOYER_ROSTER, P.COMMUNITY_PROTECTED} & set(granted))
    status = status or WAITING[side]
    where = scope("transfers", {"o": organization_id, "d": side, "s": status, "p": sees_protected})
    key = after(paging, where, UUID)
    binds = {"place": organization_id, "status": status, "most": paging.limit + 1}
    if key is not None:
        binds["id"] = key[0]
    rows = await _list(side, sees_protected, key is not None).rows(reader, binds)
    return cut([reading.masked(row) for row in rows], paging, where, "id")


@cache
def _list(side: Side, sees_protected: bool, is_continued: bool) -> Prepared:
    column = Transfer.from_id if side is Side.OUT else Transfer.to_id
    statement = (
        _brief()
        .where(
            column == bindparam("place", type_=Uuid()),
            Transfer.status == bindparam("status", type_=Transfer.status.type),
        )
        .order_by(Transfer.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if not sees_protected:
        statement = statement.where(~Member.is_protected)
    if is_continued:
        statement = statement.where(Transfer.id > bindparam("id", type_=Uuid()))
    return Prepared(statement)
