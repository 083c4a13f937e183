"""政策: what holds at a place, since when and by whom, what will hold; setting a value from a day on."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.forms import Form
from app.console.oversight import organizations
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.core.errors import NotFound
from app.core.paging import Paging
from app.core.schemas import Flag, Text
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.organizations import desk
from app.permissions import Permission as P
from app.policies import service, standing
from app.policies.schemas import Number, PolicyIn

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

Key = Annotated[str, Path(max_length=80, pattern="^[^\x00]*$")]
MOST_COMING = 20
AREAS = {
    "registration": ("报到与名册", ("registration", "transfer", "roster", "display")),
    "posts": ("岗位", ("posts",)),
    "needs": ("诉求与照片", ("needs", "files")),
    "orders": ("服务订单", ("orders",)),
    "records": ("到场与时长", ("attendance", "records")),
    "rating": ("评价与满意率", ("rating", "satisfaction")),
    "evaluation": ("年度评价", ("evaluation", "talk", "negative_list", "commendation")),
    "report": ("反馈与统计", ("report", "statistics")),
}
OTHERS = "others"
OTHERS_NAME = "通知及其他"
UNITS = {
    "workday": "个工作日",
    "day": "天",
    "hour": "小时",
    "minute": "分钟",
    "second": "秒",
    "month": "个月",
    "week": "周",
    "percent": "%",
    "person": "人",
}
LEVELS = {
    "city": "市级",
    "district": "区县及以上",
    "subdistrict": "街道及以上",
    "community": "社区及以上",
    "locked": "任何一级都不能修改",
}
FIELDS = {"value": "取值", "effective_on": "生效日期", "basis": "依据"}


class FlagIn(PolicyIn):
    """Yes or no."""

    value: Flag


class NumberIn(PolicyIn):
    """A number."""

    value: Number


class WordIn(PolicyIn):
    """A choice, a time, a day of the year."""

    value: Annotated[str, Text(100)]


class NumbersIn(PolicyIn):
    """Several numbers, in their order."""

    value: list[Number]


class WordsIn(PolicyIn):
    """Several choices."""

    value: list[Annotated[str, Text(40)]]


@router.get("/organizations/{organization_id}/policies", openapi_extra=needs(P.ORGANIZATION_POLICY))
async def list_policy_pages(
    visit: VisitDep,
    organization_id: UUID,
    area: Annotated[str, Query(max_length=40)] = "",
    own: bool = False,
) -> Response:
    """The policies of one area as they stand here; and all that will change, here or from above."""
    place = await desk.show(visit.reader, visit.actor, organization_id, P.ORGANIZATION_POLICY)
    rows = await standing.everything(visit.reader, organization_id)
    shown = area if area in AREAS or area == OTHERS else next(iter(AREAS))
    here = [row | _said(row, place["kind"]) for row in rows if _area(row["key"]) == shown]
    forms_of = {row["key"]: row["form"] for row in rows}
    coming = await standing.coming(visit.reader, organization_id, MOST_COMING)
    return page.render(
        visit.request,
        "oversight/policies.html",
        place=place,
        way=organizations.way(visit, place),
        area=shown,
        areas=[(code, name) for code, (name, _) in AREAS.items()] + [(OTHERS, OTHERS_NAME)],
        own=own,
        rows=[row for row in here if row["is_open"] or not own],
        coming=[
            row | {"name": name(forms_of[row["key"]]), "said": worded(forms_of[row["key"]], row)}
            for row in coming
        ],
    )


@router.get(
    "/organizations/{organization_id}/policies/{key}", openapi_extra=needs(P.ORGANIZATION_POLICY)
)
async def show_one_policy(
    visit: VisitDep, organization_id: UUID, key: Key, cursor: page.Cursor = None
) -> Response:
    """What holds, what was set and will hold, and the form to set it from a day on."""
    return await _show(visit, organization_id, key, Form(), cursor)


@router.post(
    "/organizations/{organization_id}/policies/{key}", openapi_extra=needs(P.ORGANIZATION_POLICY)
)
async def set_one_policy(visit: VisitDep, organization_id: UUID, key: Key) -> Response:
    """From its day on the value holds here and below; what held before stays as it was."""
    row = await _one(visit, organization_id, key)

    async def use(session: AsyncSession, body: PolicyIn) -> Any:
        given = body.model_copy(update={"key": key})
        return await service.set_value(session, visit.actor, organization_id, given)

    async def again(form: Form) -> Response:
        return await _show(visit, organization_id, key, form)

    to = f"/console/organizations/{organization_id}/policies/{key}"
    return await forms.step(visit, _shape(row["form"]), use, again, to, "policy_set")


def name(form: Mapping[str, Any]) -> str:
    """What people call a policy; of a tenant's own, its key."""
    return str(form.get("name") or form["key"])


def worded(form: Mapping[str, Any], row: Mapping[str, Any], field: str = "value") -> str:
    """A value in the words of the form: `5个工作日`, `是`, `11月30日`."""
    value = row[field]
    if isinstance(value, list):
        return "、".join(worded(form, {field: each}, field) for each in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if form["type"] == "monthday":
        month, day = value.split("-")
        return f"{int(month)}月{int(day)}日"
    if isinstance(value, int):
        return f"{value}{UNITS.get(form.get('unit', ''), '')}"
    return str(form.get("words", {}).get(value, value))


async def _one(visit: Visit, organization_id: UUID, key: str) -> dict[str, Any]:
    found = await standing.everything(visit.reader, organization_id, key)
    if not found:
        raise NotFound
    return found[0]


async def _show(
    visit: Visit, organization_id: UUID, key: str, form: Form, cursor: str | None = None
) -> Response:
    place = await desk.show(visit.reader, visit.actor, organization_id, P.ORGANIZATION_POLICY)
    row = await _one(visit, organization_id, key)
    paging = Paging(PAGE_ROWS, cursor)
    past = await standing.history(visit.reader, paging, organization_id, key)
    kind = row["form"]
    return page.render(
        visit.request,
        "oversight/policy.html",
        form.code,
        place=place,
        way=organizations.way(visit, place),
        row=row | _said(row, place["kind"]),
        form=form,
        labels=FIELDS,
        input=_input(kind),
        options=_options(kind),
        unit=UNITS.get(kind.get("unit", ""), ""),
        today=clock.today(),
        history=[each | {"said": worded(kind, each)} for each in past.items],
        next_page=page.next_page(visit.request, past.next_cursor),
    )


def _said(row: Mapping[str, Any], kind: str) -> dict[str, Any]:
    form = row["form"]
    refusal = service.level_refusal(form["set_by"], kind)
    return {
        "name": name(form),
        "said": worded(form, row),
        "next_said": worded(form, row, "next_value") if row["next_on"] else "",
        "level": LEVELS[form["set_by"]],
        "is_open": refusal is None,
        "why": refusal.title if refusal else "",
    }


def _area(key: str) -> str:
    room = key.partition(".")[0]
    return next((code for code, (_, rooms) in AREAS.items() if room in rooms), OTHERS)


def _shape(form: Mapping[str, Any]) -> type[PolicyIn]:
    """Which kind of value the policy has."""
    if form["type"] == "list":
        return NumbersIn if isinstance(form["value"][0], int) else WordsIn
    return {"int": NumberIn, "bool": FlagIn}.get(form["type"], WordIn)


def _input(form: Mapping[str, Any]) -> str:
    """How the value is asked for: a choice, ticks, several fields, or one field of a type."""
    if form["type"] == "list":
        return "ticks" if "words" in form else "fields"
    return {"int": "number", "time": "time", "monthday": "text"}.get(form["type"], "choice")


def _options(form: Mapping[str, Any]) -> list[tuple[str, str]]:
    if form["type"] == "bool":
        return [("true", "是"), ("false", "否")]
    words: dict[str, str] = form.get("words", {})
    return [(code, words.get(code, code)) for code in form.get("choices", words)]
