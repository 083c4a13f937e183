"""年度评价: a community's years, what is open now and what it has to do; who rates, how many have answered.

Nobody reads here what anybody answered, or about whom.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.appraisals import community_reading, panel_reading, panels
from app.appraisals.panel_schemas import MOST_RATERS, RaterIn, RatersIn
from app.appraisals.scene import OPEN
from app.console import forms, page
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.errors import Invalid
from app.core.schemas import In
from app.http.deps import needs
from app.http.room import Room
from app.models.appraisal import BallotWay, Panel
from app.models.evaluation import CycleStatus as S
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(S)
# What a community does meanwhile.
TO_DO = {
    S.PLANNED: "请在测评开始前指定三组评议人。线下投票的一组至少3人，否则无法保密。",
    S.COLLECTING: "评议人正在作答，只能增加、不能减少。线下票收回后由两人分别清点录入。",
    S.COMPUTING: "测评已截止，正在计票，反馈单草稿随后生成。计票后可以生成年度建议。",
    S.OBJECTION_WINDOW: "党员本人正在阅看反馈单，可以提出异议。请答复异议、决定年度建议、签发反馈单。",
    S.FINAL: "请在出具日期前签发剩余的反馈单；未签发的，单位看到“社区意见暂缺”。",
    S.SENT: "反馈单和汇总单已送达单位，社区没有要办的事。",
    S.ACKNOWLEDGED: "各单位已签收，社区没有要办的事。",
    S.ARCHIVED: "本年度已归档。",
}
WAYS = {BallotWay.ONLINE: "线上", BallotWay.PAPER_BALLOT: "线下票"}
ONE = "raters/0/"  # where the refusal of the only rater of a form points


class PostsIn(In):
    """Whose posts; each rates as the holder of it."""

    panel: Panel
    way: BallotWay = BallotWay.ONLINE
    posts: Annotated[list[UUID], Field(min_length=1, max_length=MOST_RATERS)]


class OneRaterIn(RaterIn):
    """One rater by name, and the panel."""

    panel: Panel


@router.get("/evaluation/{community_id}", openapi_extra=needs(P.APPRAISAL_COUNT))
async def show_community_years(visit: VisitDep, community_id: UUID) -> Response:
    """The latest year with its days and what is to be done now; the years before."""
    row = await community_reading.show(visit.reader, visit.actor, community_id)
    years = row["years"]
    return page.render(
        visit.request,
        "community/evaluation.html",
        community_id=community_id,
        year=years[0] if years else None,
        before=years[1:],
        panels_short=row["panels_short"],
        may_name=P.APPRAISAL_PANEL in row["grants"],
        statuses=STATUSES,
        to_do=TO_DO,
    )


@router.get("/evaluation/{community_id}/{cycle_id}", openapi_extra=needs(P.APPRAISAL_PANEL))
async def show_panels(visit: VisitDep, community_id: UUID, cycle_id: UUID) -> Response:
    """Who rates in each panel, who might, what is short, and how many have answered."""
    return await _show(visit, community_id, cycle_id, Form())


@router.post(
    "/evaluation/{community_id}/{cycle_id}/raters/posts", openapi_extra=needs(P.APPRAISAL_PANEL)
)
async def name_raters_by_post(visit: VisitDep, community_id: UUID, cycle_id: UUID) -> Response:
    """Those that were ticked rate as well; all of them or none."""

    async def use(session: AsyncSession, body: PostsIn) -> Any:
        raters = [RaterIn(appointment_id=each, way=body.way) for each in body.posts]
        named = RatersIn(panel=body.panel, raters=raters)
        return await panels.add(session, visit.actor, cycle_id, community_id, named)

    return await _step(visit, community_id, cycle_id, PostsIn, use, "posts", "raters_named")


@router.post("/evaluation/{community_id}/{cycle_id}/raters", openapi_extra=needs(P.APPRAISAL_PANEL))
async def name_one_rater(visit: VisitDep, community_id: UUID, cycle_id: UUID) -> Response:
    """Somebody without a post rates as well: by name, and by phone where he answers online."""

    async def use(session: AsyncSession, body: OneRaterIn) -> Any:
        rater = RaterIn(**body.model_dump(exclude={"panel"}))
        named = RatersIn(panel=body.panel, raters=[rater])
        try:
            return await panels.add(session, visit.actor, cycle_id, community_id, named)
        except Invalid as error:
            own = [each._replace(pointer=each.pointer.replace(ONE, "")) for each in error.errors]
            raise Invalid(errors=tuple(own)) from None

    return await _step(visit, community_id, cycle_id, OneRaterIn, use, "one", "raters_named")


@router.post(
    "/evaluation/{community_id}/{cycle_id}/raters/{rater_id}/remove",
    openapi_extra=needs(P.APPRAISAL_PANEL),
)
async def remove_one_rater(
    visit: VisitDep, community_id: UUID, cycle_id: UUID, rater_id: UUID
) -> Response:
    """He does not rate; only before the appraisal has begun."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await panels.remove(session, visit.actor, rater_id)

    return await _step(visit, community_id, cycle_id, forms.Nothing, use, "remove", "rater_removed")


async def _step(
    visit: Visit,
    community_id: UUID,
    cycle_id: UUID,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
    key: str,
    said: str,
) -> Response:
    again = partial(_show, visit, community_id, cycle_id)
    to = f"/console/evaluation/{community_id}/{cycle_id}"
    return await forms.step(visit, shape, use, again, to, said, key=key)


async def _show(visit: Visit, community_id: UUID, cycle_id: UUID, refused: Form) -> Response:
    row = await panel_reading.show_with_progress(visit.reader, visit.actor, cycle_id, community_id)
    is_open = row["status"] in OPEN
    return page.render(
        visit.request,
        "community/evaluation_panels.html",
        refused.code,
        row=row,
        here=f"/console/evaluation/{community_id}",
        refused=refused,
        one=refused if refused.key == "one" else Form("one"),
        is_open=is_open,
        may_remove=row["status"] is S.PLANNED,
        names=_names(row["panels"]),
        areas=[(each["area_id"], each["area_name"]) for each in row["areas"]],
        statuses=STATUSES,
        ways=WAYS,
    )


def _names(found: list[dict[str, Any]]) -> Mapping[Panel, str]:
    return {each["panel"]: each["name"] for each in found}
