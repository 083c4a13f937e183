"""回访: whom to call this morning, and who was called today."""

from uuid import UUID

from fastapi import Response

from app.console import page
from app.console.community.needs import GIVEN, STATUSES
from app.console.page import PageRoute
from app.console.visit import VisitDep
from app.http.deps import needs
from app.http.room import Room
from app.needs import call_backs
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

NAMES = {
    call_backs.TO_CALL: ("请回电", "居民请社区回电话。"),
    call_backs.TO_ASK: ("请追问", "没有手机的居民，电话里问清楚后代为回复追问。"),
    call_backs.TO_CONFIRM: (
        "请确认结果",
        "没有手机的居民，问一问办好没有，代为确认；也可以打印服务小票。",
    ),
}


@router.get("/communities/{community_id}/call-backs", openapi_extra=needs(P.COMMUNITY_TRIAGE))
async def show_call_backs(visit: VisitDep, community_id: UUID) -> Response:
    """Who is to be called, who waited longest first; and what was said by phone today."""
    found = await call_backs.show(visit.reader, visit.actor, community_id)
    return page.render(
        visit.request,
        "community/call_backs.html",
        community_id=community_id,
        lists=[(name, *NAMES[name], found[name]) for name in NAMES],
        called=found[call_backs.CALLED],
        is_empty=not any(found[name] for name in NAMES),
        statuses=STATUSES,
        given=GIVEN,
        most=call_backs.MOST,
    )
