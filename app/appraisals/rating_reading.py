"""A rater's own page: where he is asked, whom he may rate, what he himself has answered.

Names with grid and group, by strokes; never ordered by an answer. Source: practice.md R6, R24.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, literal_column, select
from sqlalchemy.orm import aliased

from app.appraisals.eligible import is_of_rater, is_recused, is_registered, is_visible
from app.core import clock
from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.core.strokes import name_key
from app.models.appraisal import AppraisalBallot, AppraisalRater
from app.models.evaluation import EvaluationCycle
from app.models.member import Member, Registration
from app.models.organization import ContentItem, NamedOrganization
from app.permissions import Actor, Permission, may

P = Permission
Community, Area, Grid = (aliased(NamedOrganization) for _ in range(3))
RATER = bindparam("rater_id", type_=Uuid())

text = (
    select(ContentItem.data["value"].astext)
    .where(ContentItem.section == "appraisal", ContentItem.code == "text")
    .scalar_subquery()
)
MINE = Prepared(
    select(
        AppraisalRater.id.label("rater_id"),
        EvaluationCycle.year,
        AppraisalRater.community_id,
        Community.name.label("community_name"),
        AppraisalRater.panel,
        Area.name.label("area_name"),
        AppraisalRater.way,
        EvaluationCycle.status,
        EvaluationCycle.appraisal_from,
        EvaluationCycle.appraisal_to,
        text.label("text"),
    )
    .join(EvaluationCycle, EvaluationCycle.id == AppraisalRater.cycle_id)
    .join(Community, Community.id == AppraisalRater.community_id)
    .outerjoin(Area, Area.id == AppraisalRater.area_id)
    .where(
        may(P.APPRAISAL_RATE),
        EvaluationCycle.status.in_([literal_column("'planned'"), literal_column("'collecting'")]),
    )
    .order_by(AppraisalRater.id)
)
IS_RATER = Prepared(
    select(AppraisalRater.id).where(AppraisalRater.id == RATER, may(P.APPRAISAL_RATE))
)
MEMBERS = Prepared(
    select(
        Registration.id.label("registration_id"),
        Member.name,
        Grid.name.label("grid_name"),
        Area.name.label("group_name"),
        AppraisalBallot.answer,
    )
    .select_from(AppraisalRater)
    .join(EvaluationCycle, EvaluationCycle.id == AppraisalRater.cycle_id)
    .join(Registration, is_of_rater)
    .join(Member, Member.id == Registration.member_id)
    .outerjoin(Grid, Grid.id == Registration.grid_id)
    .outerjoin(Area, Area.id == Registration.functional_group_id)
    .outerjoin(
        AppraisalBallot,
        and_(
            AppraisalBallot.rater_id == AppraisalRater.id,
            AppraisalBallot.registration_id == Registration.id,
        ),
    )
    .where(AppraisalRater.id == RATER, is_registered, is_visible, ~is_recused)
)


async def mine(reader: Reader, actor: Actor) -> dict[str, Any]:
    """Where the actor is asked for his opinion; one statement."""
    return {"items": await MINE.rows(reader, actor.binds())}


async def members(reader: Reader, actor: Actor, rater_id: UUID) -> dict[str, Any]:
    """Whom this rater may rate, by strokes, with his own answers; two statements.

    Raises:
        NotFound: not a rater, or not this one.
    """
    binds = actor.binds() | {"rater_id": rater_id}
    if await IS_RATER.one(reader, binds) is None:
        raise NotFound
    rows = await MEMBERS.rows(reader, binds | {"today": clock.today()})
    return {"items": sorted(rows, key=lambda row: (name_key(row["name"]), row["registration_id"]))}
