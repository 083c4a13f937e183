"""审计: who looked at what in clear, and who changed what in administration; every name masked."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response

from app.console import page
from app.console.oversight import organizations
from app.console.page import PageRoute
from app.console.visit import ROLE_NAMES, Visit, VisitDep
from app.core import clock
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.identity import looks
from app.organizations import desk
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

FIRST_DAYS = timedelta(days=30)
KINDS = {
    "need": "诉求",
    "order": "服务订单",
    "registration": "报到",
    "wish": "微心愿",
    "report": "反馈单、汇总单",
    "certificate": "服务证明",
    "appointment": "任职",
    "rater_opening": "评价人",
    "shift_seat": "应急签到",
}
FIELDS = {
    "name": "姓名",
    "phone": "电话",
    "door": "门牌",
    "location": "定位",
    "rater": "评价人",
    "report": "全文",
    "workbook": "表格",
}
CAPACITIES = {role.value: words for role, words in ROLE_NAMES.items()} | {
    "seat_holder": "接单党员",
    "wish_claimer": "认领人",
    "community_staff": "社区工作人员",
    "issuer": "出具人",
}
ACTIONS = {
    "role.given": "授予角色",
    "role.ended": "收回角色",
    "policy.set": "设定政策",
    "content.changed": "修改字典",
    "organization.created": "新增组织",
    "organization.changed": "修改组织",
    "organization.closed": "撤销组织",
    "divisions.imported": "导入区划",
    "import.applied": "应用导入文件",
    "community.exported": "下载社区工作簿",
    "registrations.building_mapped": "核对楼栋",
    "registration.stated": "补登报到信息",
    "member.claim_code": "发认领码",
    "qualification.verified": "核验资质",
    "appraisal.raters_added": "增加评议人",
    "appraisal.rater_removed": "移除评议人",
    "appraisal.counted": "测评计票",
    "console.signed_in": "登录管理端",
}
Day = Annotated[date, Query(ge=date(2000, 1, 1), le=date(2100, 12, 31))] | page.Unused
Word = Annotated[str, Query(max_length=60, pattern="^[^\x00]*$")]


def get_sought(
    kind: Word = "", person: UUID | page.Unused = "", first: Day = "", last: Day = ""
) -> looks.Sought:
    """Without days the last thirty."""
    to = last or clock.today()
    return looks.Sought(first or to - FIRST_DAYS, to, person or None, kind or None)


SoughtDep = Annotated[looks.Sought, Depends(get_sought)]


@router.get("/organizations/{organization_id}/looks", openapi_extra=needs(P.AUDIT_READ))
async def list_look_pages(
    visit: VisitDep,
    organization_id: UUID,
    sought: SoughtDep,
    cursor: page.Cursor = None,
) -> Response:
    """Looks at personal fields in clear, here and below, newest first."""
    paging = Paging(PAGE_ROWS, cursor)
    found = await looks.page(visit.reader, visit.actor, paging, organization_id, sought)
    for row in found.items:
        row["fields"] = "、".join(FIELDS.get(each, each) for each in row["fields"].split(","))
    words = {"kinds": KINDS, "capacities": CAPACITIES}
    return await _show(visit, organization_id, "oversight/looks.html", found, sought, words)


@router.get("/organizations/{organization_id}/operations", openapi_extra=needs(P.AUDIT_READ))
async def list_operation_pages(
    visit: VisitDep,
    organization_id: UUID,
    sought: SoughtDep,
    cursor: page.Cursor = None,
) -> Response:
    """Acts of administration, here and below, newest first."""
    paging = Paging(PAGE_ROWS, cursor)
    found = await looks.operations(visit.reader, visit.actor, paging, organization_id, sought)
    words = {"kinds": ACTIONS, "roles": {role.value: said for role, said in ROLE_NAMES.items()}}
    return await _show(visit, organization_id, "oversight/operations.html", found, sought, words)


async def _show(
    visit: Visit,
    organization_id: UUID,
    template: str,
    found: Any,
    sought: looks.Sought,
    words: dict[str, Any],
) -> Response:
    place = await desk.show(visit.reader, visit.actor, organization_id, P.AUDIT_READ)
    return page.render(
        visit.request,
        template,
        place=place,
        way=organizations.way(visit, place),
        sought=sought,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        **words,
    )
