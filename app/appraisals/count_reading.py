"""A panel's paper list as one counter reads it: his own totals, the other's where both are there."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, Uuid, and_, bindparam, func, literal, or_, select
from sqlalchemy.orm import aliased

from app.appraisals import panel_reading
from app.appraisals.counting import TOTALS
from app.appraisals.eligible import is_registered
from app.core.prepared import Prepared, Reader
from app.core.strokes import name_key
from app.models.appraisal import AppraisalCount, AppraisalRater, BallotWay, Panel
from app.models.evaluation import EvaluationCycle
from app.models.member import Member, Registration
from app.models.organization import NamedOrganization
from app.permissions import Actor, Permission

P = Permission
Grid, Group = aliased(NamedOrganization), aliased(NamedOrganization)
Mine, Other = aliased(AppraisalCount), aliased(AppraisalCount)
COUNTER = bindparam("person", type_=Uuid())
PANEL = bindparam("panel", type_=String())
CYCLE, COMMUNITY = bindparam("cycle_id", type_=Uuid()), bindparam("community_id", type_=Uuid())


def _is_of(count: Any) -> Any:
    return and_(
        count.registration_id == Registration.id, count.cycle_id == CYCLE, count.panel == PANEL
    )


is_whole: ColumnElement[bool] = literal(Panel.RESIDENT_REPRESENTATIVES.value) != PANEL
on_paper = (
    select(func.count(AppraisalRater.id))
    .where(
        AppraisalRater.cycle_id == CYCLE,
        AppraisalRater.community_id == COMMUNITY,
        AppraisalRater.panel == PANEL,
        AppraisalRater.way == BallotWay.PAPER_BALLOT,
        or_(
            is_whole,
            AppraisalRater.area_id.is_not_distinct_from(Registration.functional_group_id),
        ),
    )
    .correlate(Registration)
    .scalar_subquery()
)
LISTED = (
    Registration.community_id == COMMUNITY,
    is_registered,
    ~Member.is_protected,
)
NAMES = Prepared(
    select(Registration.id.label("registration_id"), Member.name, Group.name.label("group_name"))
    .join(Member, Member.id == Registration.member_id)
    .join(EvaluationCycle, EvaluationCycle.id == CYCLE)
    .outerjoin(Group, Group.id == Registration.functional_group_id)
    .where(*LISTED)
)
LINES = Prepared(
    select(
        Registration.id.label("registration_id"),
        Member.name,
        Grid.name.label("grid_name"),
        Group.name.label("group_name"),
        on_paper.label("ballots_at_most"),
        Mine.agreed_at,
        Mine.id.label("mine"),
        Other.id.label("other"),
        *(getattr(Mine, name).label(f"mine_{name}") for name in TOTALS),
        *(getattr(Other, name).label(f"other_{name}") for name in TOTALS),
    )
    .join(Member, Member.id == Registration.member_id)
    .join(EvaluationCycle, EvaluationCycle.id == CYCLE)
    .outerjoin(Grid, Grid.id == Registration.grid_id)
    .outerjoin(Group, Group.id == Registration.functional_group_id)
    .outerjoin(Mine, and_(_is_of(Mine), Mine.counter_id == COUNTER))
    .outerjoin(Other, and_(_is_of(Other), Other.counter_id != COUNTER, Mine.id.is_not(None)))
    .where(*LISTED, Registration.person_id.is_distinct_from(COUNTER))
)


async def show(
    reader: Reader, actor: Actor, cycle_id: UUID, community_id: UUID, panel: Panel
) -> dict[str, Any]:
    """The list of one panel, by strokes, without the counter himself, in its year; two statements.

    Raises:
        NotFound, Forbidden: as for the community and its cycle.
    """
    row, binds = await panel_reading.container(
        reader, actor, cycle_id, community_id, P.APPRAISAL_COUNT
    )
    rows = await LINES.rows(reader, binds | {"panel": panel.value, "person": actor.person_id})
    lines = [_line(row) for row in rows]
    by_name = sorted(lines, key=lambda line: (name_key(line["name"]), line["registration_id"]))
    return row | {"panel": panel, "lines": by_name}


async def ballot(
    reader: Reader, actor: Actor, cycle_id: UUID, community_id: UUID
) -> dict[str, Any]:
    """Who stands on the ballots on paper, all of them, by strokes, each with his group; two
    statements. For who names the raters.

    Raises:
        NotFound, Forbidden: as for the community and its cycle.
    """
    row, binds = await panel_reading.container(
        reader, actor, cycle_id, community_id, P.APPRAISAL_PANEL
    )
    found = await NAMES.rows(reader, binds)
    by_name = sorted(found, key=lambda line: (name_key(line["name"]), line["registration_id"]))
    return row | {"lines": by_name}


def _line(row: dict[str, Any]) -> dict[str, Any]:
    sides = {
        side: row[side] and {name: row[f"{side}_{name}"] for name in TOTALS}
        for side in ("mine", "other")
    }
    return (
        row
        | sides
        | {
            "is_agreed": row["agreed_at"] is not None,
            "is_different": bool(sides["other"]) and sides["mine"] != sides["other"],
        }
    )
