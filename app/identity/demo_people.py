"""People of the demo, one a role, to be entered as: for the console in development only."""

from typing import Any

from sqlalchemy import Date, String, and_, bindparam, cast, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core import clock
from app.core.prepared import Prepared, Reader
from app.identity import tickets
from app.models.organization import Organization
from app.models.person import Person, Role, RoleGrant


async def page(reader: Reader) -> list[dict[str, Any]]:
    """The first who holds each role of staff, and where; in the order of the roles."""
    rows = await LIST.rows(reader, {"today": clock.today()})
    return sorted(rows, key=lambda row: tuple(Role).index(row["role"]))


_today = bindparam("today", type_=Date())
LIST = Prepared(
    select(
        RoleGrant.role,
        RoleGrant.person_id,
        Person.name,
        Organization.name.label("organization_name"),
    )
    .join(Person, and_(Person.id == RoleGrant.person_id, Person.closed_at.is_(None)))
    .join(Organization, Organization.id == RoleGrant.organization_id)
    .where(
        or_(*(cast(RoleGrant.role, String) == role.value for role in sorted(tickets.STAFF))),
        RoleGrant.valid_from <= _today,
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= _today),
    )
    .ext(distinct_on(RoleGrant.role))
    .order_by(RoleGrant.role, RoleGrant.id)
)
