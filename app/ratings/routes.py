"""Satisfaction: one route."""

from uuid import UUID

from app.core.errors import NotFound
from app.http.deps import ActorDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.permissions import Permission
from app.ratings import service
from app.ratings.schemas import RatingIn
from app.ratings.service import NothingToRate, RatedAlready

router = Room(prefix="/api/v1/needs", tags=["ratings"], route_class=KeyedRoute)


@router.post(
    "/{need_id}/rating",
    status_code=204,
    summary="评价满意度",
    responses=answers(NotFound, NothingToRate, RatedAlready),
    openapi_extra=needs(Permission.NEED_OWN),
)
async def give_rating(session: SessionDep, actor: ActorDep, need_id: UUID, body: RatingIn) -> None:
    """How satisfied the resident is; optional, pooled, shown to nobody by itself."""
    await service.give(session, actor, need_id, body)
