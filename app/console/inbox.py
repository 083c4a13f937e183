"""待办: what waits for the visitor, across his roles; who is due or has waited longest is first."""

from collections.abc import Mapping
from typing import NamedTuple

from fastapi import Response

from app.console import page
from app.console.page import PageRoute
from app.console.visit import VisitDep
from app.http.room import Room
from app.notifications import waiting

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)


class Line(NamedTuple):
    """A kind of work in words, and the page where it is finished (`{id}`: the place); empty: none yet."""

    words: str
    path: str = ""


LINES: Mapping[str, Line] = {
    "call_ups_to_approve": Line("个集结任务等待批准", "/console/call-ups"),
    "registrations_to_accept": Line("份报到等待接收", "/console/communities/{id}/registrations"),
    "registrations_to_confirm": Line(
        "份报到等待本单位确认", "/console/organizations/{id}/applications"
    ),
    "transfers_to_let_go": Line(
        "份转出申请等待办理", "/console/organizations/{id}/transfers?side=out"
    ),
    "transfers_to_take_in": Line(
        "份转入申请等待接收", "/console/organizations/{id}/transfers?side=in"
    ),
    "needs_to_triage": Line("件诉求等待研判", "/console/communities/{id}/needs"),
    "needs_to_arrange": Line(
        "件诉求已受理，等待安排", "/console/communities/{id}/needs?status=accepted"
    ),
    "orders_to_complete": Line(
        "次服务已结束，等待确认到场和时长", "/console/communities/{id}/orders?stage=over"
    ),
    "takes_to_name": Line("项承接的服务等待补名单", "/console/organizations/{id}/branch-takes"),
    "records_to_approve": Line("条服务记录等待核定", "/console/communities/{id}/records"),
    "samples_to_check": Line("条抽查记录等待核对", "/console/organizations/{id}/samples"),
    "certificates_to_check": Line("份服务证明等待审核", "/console/communities/{id}/certificates"),
    "certificates_to_issue": Line(
        "份服务证明等待签发", "/console/communities/{id}/certificates?status=checked"
    ),
    "claims_to_decide": Line("份岗位申请等待答复", "/console/communities/{id}/claims"),
    "wishes_to_check": Line("个微心愿等待处理", "/console/communities/{id}/wishes"),
    "sheets_to_sign": Line("份反馈单等待签发", "/console/communities/{id}/sheets"),
    "photos_to_look_at": Line("张照片等待查看", "/console/communities/{id}/photos"),
    "needs_to_decide": Line(
        "件下级提交的诉求等待处理", "/console/organizations/{id}/handed-up-needs"
    ),
    "items_to_agree": Line(
        "项情况请您核实", "/console/organizations/{id}/negative-items?status=alleged"
    ),
    "items_to_confirm": Line(
        "项情况待社区确认", "/console/organizations/{id}/negative-items?status=answered"
    ),
    "items_to_review": Line(
        "项情况待街道复核", "/console/organizations/{id}/negative-items?status=confirmed"
    ),
    "objections_to_answer": Line(
        "份异议待社区答复", "/console/organizations/{id}/objections?status=raised"
    ),
    "objections_to_decide": Line(
        "份异议待街道复核", "/console/organizations/{id}/objections?status=answered"
    ),
    "objections_to_settle": Line(
        "份异议待区级复核", "/console/organizations/{id}/objections?status=appealed"
    ),
    "talks_to_hold": Line("次约谈提醒等待安排", "/console/employers/{id}/talks"),
    "commendations_to_confirm": Line(
        "份表扬等待支部确认", "/console/organizations/{id}/commendations"
    ),
    "pairings_to_confirm": Line("份结对申请等待确认", "/console/organizations/{id}/pairings"),
    "summaries_to_acknowledge": Line("份汇总单等待签收", "/console/employers/{id}/summaries"),
}


@router.get("/")
async def show_inbox(visit: VisitDep) -> Response:
    """Everything that waits, each with the page where it is finished."""
    rows = await waiting.show(visit.reader, visit.actor)
    items = [
        {
            "text": f"{row['count']}{LINES[row['kind']].words}",
            "href": LINES[row["kind"]].path.format(id=row["place_id"]),
            "place": row["place_name"],
            "since_at": row["since_at"],
            "due_at": row["due_at"],
        }
        for row in rows
    ]
    return page.render(visit.request, "inbox.html", items=items)
