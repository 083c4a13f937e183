"""周研判: the page on which the week's meeting works; frozen, it is the record.

Of each need that is ticked (`ids`) a field says more: `route/ID` and `category/ID` how it is taken,
`title/ID`, `starts_at/ID`, `seats/ID` and `target/ID` which order is made of it.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.community.needs import KINDS
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.console.words import MORNING
from app.core import clock
from app.core.errors import FieldError, Invalid
from app.core.schemas import In
from app.http.deps import needs
from app.http.room import Room
from app.models.need import NeedStatus as S
from app.models.need import Route
from app.needs import categories, merging, reading
from app.needs import triage as taking
from app.needs.schemas import NeedAcceptIn
from app.orders import drafts
from app.orders.forms import DIFFICULTY, SIZES, SMALLEST, TARGETS
from app.orders.schemas import OrderIn
from app.permissions import Permission as P
from app.policies import dictionaries
from app.statistics import triage
from app.statistics.schemas import TriageIn

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

# What needs no more than a tick; the other routes want words and have them on the need's own page.
ROUTES = {Route.ORDER: "派单给党员", Route.OWN_STAFF: "社区自己办"}
LATER = {Route.REFERRED: "建议转办", Route.ANSWERED: "建议直接答复"}
ACTIONS, WHY = "triage_actions", "no_taker_reasons"
MOST_NEEDS, MOST_ORDERS, MOST_LINES, MOST_PEOPLE = 40, 15, 15, 60
SATURDAY = 6
MINUTES = 60  # of a service whose category says none


class TickedIn(In):
    """Which of a list."""

    ids: Annotated[list[UUID], Field(default_factory=list)]


Each = Callable[[AsyncSession, UUID, Mapping[str, str]], Awaitable[Any]]


@router.get("/triage/{community_id}", openapi_extra=needs(P.COMMUNITY_TRIAGE))
async def show_triage(visit: VisitDep, community_id: UUID) -> Response:
    """What waits this week, by kind, with what is proposed; and what the meeting has decided."""
    return await _show(visit, community_id, Form())


@router.post("/triage/{community_id}/accept", openapi_extra=needs(P.COMMUNITY_TRIAGE))
async def accept_many_needs(visit: VisitDep, community_id: UUID) -> Response:
    """Those that were ticked are taken, each by its route; all or none."""

    async def use(session: AsyncSession, need_id: UUID, typed: Mapping[str, str]) -> Any:
        route = next((each for each in ROUTES if each == typed.get("route")), None)
        if route is None:
            raise Invalid.field("/route", "unknown_route", "请选择怎么办")
        body = NeedAcceptIn(route=route, category=typed.get("category"))
        return await taking.accept(session, visit.actor, need_id, body)

    return await _many(visit, community_id, "accept", use)


@router.post("/triage/{community_id}/merge", openapi_extra=needs(P.COMMUNITY_TRIAGE))
async def merge_many_needs(visit: VisitDep, community_id: UUID) -> Response:
    """Those that were ticked are one: the later ones go on as part of the first."""

    async def use(session: AsyncSession, body: TickedIn) -> Any:
        ids = sorted(body.ids)[:MOST_NEEDS]
        if len(ids) < 2:
            raise Invalid.field("/ids", "too_few", "请先勾选两件以上")
        for need_id in ids[1:]:
            await merging.merge(session, visit.actor, need_id, ids[0])

    return await _step(visit, community_id, "merge", use)


@router.post("/triage/{community_id}/order", openapi_extra=needs(P.COMMUNITY_ORDER))
async def order_for_many_needs(visit: VisitDep, community_id: UUID) -> Response:
    """An open order for each that was ticked, as its line says; all or none."""
    said = await dictionaries.sections(visit.reader, categories.SECTION)
    items = categories.items(said[categories.SECTION])

    async def use(session: AsyncSession, need_id: UUID, typed: Mapping[str, str]) -> Any:
        minutes = items.get(typed.get("category", ""), {}).get("minutes") or MINUTES
        order = _order(need_id, typed, minutes)
        return await drafts.draft(session, visit.actor, community_id, order)

    return await _many(visit, community_id, "order", use)


@router.post("/triage/{community_id}/publish", openapi_extra=needs(P.COMMUNITY_ORDER))
async def publish_many_orders(visit: VisitDep, community_id: UUID) -> Response:
    """The drafts that were ticked are open to members; all or none."""

    async def use(session: AsyncSession, order_id: UUID, _: Mapping[str, str]) -> Any:
        return await drafts.publish(session, visit.actor, order_id)

    return await _many(visit, community_id, "publish", use)


@router.post("/triage/{community_id}/record", openapi_extra=needs(P.COMMUNITY_TRIAGE))
async def keep_triage(visit: VisitDep, community_id: UUID) -> Response:
    """The page as it stands is the week's record, with who was present."""

    async def use(session: AsyncSession, body: TriageIn) -> Any:
        return await triage.freeze(session, visit.actor, community_id, body)

    form = await forms.submit(visit, TriageIn, use, key="record")
    if form.is_refused:
        return await _show(visit, community_id, form)
    return page.go(f"/console/roll-ups/{form.result['id']}", "triage_record")


async def _many(visit: Visit, community_id: UUID, key: str, each: Each) -> Response:
    async def use(session: AsyncSession, body: TickedIn) -> Any:
        if not body.ids:
            raise Invalid.field("/ids", "none_ticked", "请先勾选")
        data = await visit.request.form(max_fields=forms.MOST_FIELDS)
        typed = {name: str(text).strip() for name, text in data.items()}
        for one in sorted(body.ids)[:MOST_NEEDS]:
            own = {
                name.partition("/")[0]: text
                for name, text in typed.items()
                if name.endswith(f"/{one}") and text
            }
            try:
                await each(session, one, own)
            except Invalid as error:
                raise Invalid(errors=tuple(_beside(found, one) for found in error.errors)) from None

    return await _step(visit, community_id, key, use)


async def _step(
    visit: Visit,
    community_id: UUID,
    key: str,
    use: Callable[[AsyncSession, TickedIn], Awaitable[Any]],
) -> Response:
    again, to = partial(_show, visit, community_id), f"/console/triage/{community_id}"
    return await forms.step(visit, TickedIn, use, again, to, f"triage_{key}", key=key)


def _beside(found: FieldError, one: UUID) -> FieldError:
    """The refusal of a field of one line."""
    return found._replace(pointer=f"{found.pointer}/{one}")


def _order(need_id: UUID, typed: Mapping[str, str], minutes: int) -> OrderIn:
    """What a line says.

    Raises:
        RequestValidationError: beside the fields of that line.
    """
    begins = typed.get("starts_at", "")
    begins += forms.ZONE if forms.LOCAL.fullmatch(begins) else ""
    named: dict[str, Any] = {
        name: typed[name] for name in ("title", "target", "seats") if name in typed
    }
    if forms.WHOLE.fullmatch(named.get("seats", "")):
        named |= {"seats": int(named["seats"])}
    given = named | {"starts_at": begins, "ends_at": begins, "need_ids": [need_id]}
    try:
        order = OrderIn.model_validate(given | {"publish": True})
    except ValidationError as error:
        wrong = [each | {"loc": ("body", each["loc"][0], str(need_id))} for each in error.errors()]
        raise RequestValidationError(wrong) from None
    return order.model_copy(update={"ends_at": order.starts_at + timedelta(minutes=minutes)})


async def _show(visit: Visit, community_id: UUID, form: Form) -> Response:
    found = await triage.page(visit.reader, visit.actor, community_id)
    sections = (categories.SECTION, KINDS, ACTIONS, WHY, SIZES, DIFFICULTY, TARGETS)
    said = await dictionaries.sections(visit.reader, *sections)
    lists = {name: [_timed(row) for row in found[name]] for name in triage.LISTS}
    new = [row for row in lists["needs"] if row["status"] == S.SUBMITTED]
    taken = [row for row in lists["needs"] if row["status"] == S.ACCEPTED]
    to_order = [row for row in taken if row["proposed_route"] == Route.ORDER]
    words = await reading.words_of(
        visit.reader,
        visit.actor,
        [UUID(row["id"]) for row in (*new[:MOST_NEEDS], *to_order[:MOST_ORDERS])],
    )
    return page.render(
        visit.request,
        "community/triage.html",
        form.code,
        community_id=community_id,
        form=form,
        week=found["week"],
        record_id=found["record_id"],
        lists=lists,
        new=new[:MOST_NEEDS],
        more_new=max(len(new) - MOST_NEEDS, 0),
        to_order=to_order[:MOST_ORDERS],
        more_to_order=max(len(to_order) - MOST_ORDERS, 0),
        in_hand=[row for row in taken if row["proposed_route"] != Route.ORDER],
        people=found["people"][:MOST_PEOPLE],
        words={str(key): text for key, text in words.items()},
        items=categories.items(said[categories.SECTION]),
        kinds=said[KINDS],
        actions={code: each["name"] for code, each in said[ACTIONS].items()},
        why={code: each["name"] for code, each in said[WHY].items()},
        targets=[(code, each["name"]) for code, each in said[TARGETS].items()],
        proposed_target=_proposed(said),
        routes=ROUTES,
        later=LATER,
        begins=f"{saturday()}T{MORNING:%H:%M}",
        most=MOST_LINES,
    )


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    """Its instants, which come as text."""
    ats = {key: datetime.fromisoformat(row[key]) for key in row if key.endswith("_at") and row[key]}
    return row | ats


def _proposed(said: Mapping[str, Mapping[str, Any]]) -> str:
    """For whom an order is meant by its difficulty, where nothing else is said: a word."""
    level = said[SIZES][SMALLEST]["default_difficulty"]
    code = next(each["target"] for each in said[DIFFICULTY][""]["value"] if each["level"] == level)
    return str(said[TARGETS][code]["name"])


def saturday() -> date:
    """The next Saturday, for who works on weekdays."""
    day = clock.today() + timedelta(days=1)
    return day + timedelta(days=(SATURDAY - day.isoweekday()) % 7)
