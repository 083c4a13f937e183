"""Panels of a community, its ballots on paper, and how far its appraisal has come."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.appraisals import count_reading, counting, panel_reading, panels
from app.appraisals.counting import CountedByTwo, CountStands, TooFewOnPaper
from app.appraisals.panel_schemas import (
    CountsIn,
    CountsOut,
    PanelsOut,
    ProgressOut,
    RatersIn,
    RatersOut,
)
from app.appraisals.panels import PanelFixed, RaterNamed
from app.appraisals.scene import AppraisalClosed
from app.core.errors import Forbidden, NotFound
from app.http.deps import ActorDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.models.appraisal import Panel
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["appraisals"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)
OF_COMMUNITY = "/evaluation-cycles/{cycle_id}/communities/{community_id}"


@router.get(
    OF_COMMUNITY + "/panels",
    summary="社区的评议人",
    response_model=PanelsOut,
    responses=SEEN,
    openapi_extra=needs(P.APPRAISAL_PANEL),
)
async def get_panels(
    reader: ReadDep, actor: ActorDep, cycle_id: UUID, community_id: UUID
) -> dict[str, Any]:
    """Who is named, who is proposed by his post, and what each panel lacks."""
    return await panel_reading.show(reader, actor, cycle_id, community_id)


@router.post(
    OF_COMMUNITY + "/raters",
    status_code=201,
    summary="指定评议人",
    response_model=RatersOut,
    responses=answers(NotFound, Forbidden, AppraisalClosed, RaterNamed),
    openapi_extra=needs(P.APPRAISAL_PANEL),
)
async def add_raters(
    session: SessionDep, actor: ActorDep, cycle_id: UUID, community_id: UUID, body: RatersIn
) -> dict[str, Any]:
    """These people rate in this panel as well; all of them or none."""
    added = await panels.add(session, actor, cycle_id, community_id, body)
    return {"rater_ids": [row.id for row in added]}


@router.delete(
    "/appraisal-raters/{rater_id}",
    status_code=204,
    summary="取消评议人",
    responses=answers(NotFound, PanelFixed),
    openapi_extra=needs(P.APPRAISAL_PANEL),
)
async def remove_rater(session: SessionDep, actor: ActorDep, rater_id: UUID) -> None:
    """He does not rate; only before the appraisal has begun."""
    await panels.remove(session, actor, rater_id)


@router.get(
    OF_COMMUNITY + "/progress",
    summary="测评进度",
    response_model=ProgressOut,
    responses=SEEN,
    openapi_extra=needs(P.APPRAISAL_PANEL),
)
async def get_appraisal_progress(
    reader: ReadDep, actor: ActorDep, cycle_id: UUID, community_id: UUID
) -> dict[str, Any]:
    """How many of how many have answered, by panel: never about whom, never what."""
    return await panel_reading.progress(reader, actor, cycle_id, community_id)


@router.get(
    OF_COMMUNITY + "/paper-counts",
    summary="线下票清点",
    response_model=CountsOut,
    responses=SEEN,
    openapi_extra=needs(P.APPRAISAL_COUNT),
)
async def list_paper_counts(
    reader: ReadDep,
    actor: ActorDep,
    cycle_id: UUID,
    community_id: UUID,
    panel: Annotated[Panel, Query(description="Whose ballots.")],
) -> dict[str, Any]:
    """The members on the ballots, with my totals; another's where both of us have counted."""
    return await count_reading.show(reader, actor, cycle_id, community_id, panel)


@router.post(
    OF_COMMUNITY + "/paper-counts",
    status_code=204,
    summary="录入线下票数",
    responses=answers(
        NotFound, Forbidden, AppraisalClosed, CountStands, CountedByTwo, TooFewOnPaper
    ),
    openapi_extra=needs(P.APPRAISAL_COUNT),
)
async def enter_paper_counts(
    session: SessionDep, actor: ActorDep, cycle_id: UUID, community_id: UUID, body: CountsIn
) -> None:
    """Totals as I have counted them; they stand where another has found the same."""
    await counting.enter(session, actor, cycle_id, community_id, body)
