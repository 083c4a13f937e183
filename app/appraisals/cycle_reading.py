"""A year's days as everybody who has signed in may read them, and where the year stands."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, any_, bindparam, select
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.evaluation import EvaluationCycle, EvaluationCycleStep
from app.models.organization import NamedOrganization, Organization
from app.permissions import Actor, Permission, grants, require

P = Permission
Place = aliased(NamedOrganization)
ORGANIZATION = bindparam("organization_id", type_=Uuid())
CYCLE = bindparam("cycle_id", type_=Uuid())
COLUMNS = (
    EvaluationCycle.id,
    EvaluationCycle.organization_id,
    EvaluationCycle.year,
    EvaluationCycle.status,
    EvaluationCycle.facts_close_on,
    EvaluationCycle.appraisal_from,
    EvaluationCycle.appraisal_to,
    EvaluationCycle.objection_from,
    EvaluationCycle.objection_to,
    EvaluationCycle.issue_on,
    EvaluationCycle.acknowledge_by,
    EvaluationCycle.use_by,
    EvaluationCycle.due_at,
    EvaluationCycle.unacknowledged,
    EvaluationCycle.version,
)
PLACE = Prepared(select(Organization.id).where(Organization.id == ORGANIZATION))
SHOW = Prepared(select(*COLUMNS).where(EvaluationCycle.id == CYCLE))
AT_OFFICE = Prepared(
    select(*COLUMNS, Organization.name.label("organization_name"), grants(P.EVALUATION_PLAN))
    .join(Organization, Organization.id == EvaluationCycle.organization_id)
    .where(EvaluationCycle.id == CYCLE)
)
STEPS = Prepared(
    select(EvaluationCycleStep.at, EvaluationCycleStep.action, EvaluationCycleStep.entered)
    .where(EvaluationCycleStep.evaluation_cycle_id == CYCLE)
    .order_by(EvaluationCycleStep.id)
)


async def show(reader: Reader, cycle_id: UUID) -> dict[str, Any]:
    """One year with its days and what has happened; two statements.

    Raises:
        NotFound: there is none.
    """
    binds = {"cycle_id": cycle_id}
    row = await SHOW.one(reader, binds)
    if row is None:
        raise NotFound
    return row | {"steps": await STEPS.rows(reader, binds)}


async def show_to_office(reader: Reader, actor: Actor, cycle_id: UUID) -> dict[str, Any]:
    """As `show`, with the organization's name, for the office that plans it; two statements.

    Raises:
        NotFound: there is none. Forbidden: another's to plan.
    """
    binds = {"cycle_id": cycle_id}
    row = await AT_OFFICE.one(reader, actor.binds() | binds)
    if row is None:
        raise NotFound
    require(row["grants"], P.EVALUATION_PLAN)
    return row | {"steps": await STEPS.rows(reader, binds)}


async def page(reader: Reader, paging: Paging, organization_id: UUID) -> Slice[dict[str, Any]]:
    """The years that concern an organization, its own or of one above it, the latest first.

    Raises:
        NotFound: no such organization.
    """
    binds: dict[str, Any] = {"organization_id": organization_id}
    if await PLACE.one(reader, binds) is None:
        raise NotFound
    where = scope("evaluation-cycles", binds)
    key = after(paging, where, int)
    more = {} if key is None else {"year": key[0]}
    found = await _years(bool(more)).rows(reader, binds | more | {"most": paging.limit + 1})
    return cut(found, paging, where, "year")


@cache
def _years(is_continued: bool) -> Prepared:
    """One cycle a year concerns a place, so the year is the key."""
    statement = (
        select(*COLUMNS)
        .join(Place, EvaluationCycle.organization_id == any_(Place.lineage))
        .where(Place.id == ORGANIZATION)
        .order_by(EvaluationCycle.year.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(EvaluationCycle.year < bindparam("year", type_=Integer()))
    return Prepared(statement)
