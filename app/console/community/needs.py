"""诉求: the community's box, one need with what can be done about it, and the order made from it."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.core.sorting import WorkSort
from app.http.deps import PAGE_ROWS
from app.http.deps import needs as asks_for
from app.http.room import Room
from app.models.need import AcceptanceStatus, Route
from app.models.need import NeedStatus as S
from app.needs import categories, reading, triage
from app.needs.lifecycle import FAILED
from app.needs.lifecycle import NeedAction as A
from app.needs.schemas import Answer, NeedAcceptIn, RefuseIn, ReplyIn, WordsIn
from app.orders import drafts
from app.orders.schemas import OrderIn
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

BOX = ""  # whatever waits for the community
STATUSES = labels.of(S)
ROUTES = {
    Route.ORDER: "派单给党员（先受理，再下单）",
    Route.OWN_STAFF: "社区自己办",
    Route.REFERRED: "转给其他单位",
    Route.ANSWERED: "直接答复居民",
}
KINDS, REASONS, TARGETS = "need_kinds", "need_refusal_reasons", "referral_targets"
UNSORTED = {"name": "", "route": "", "seats": 1}  # of a need without a category
SOURCES, WAYS, HINT = "need_sources", "on_behalf.ways", "urgent_hint"
NOT_SOLVED = "acceptance.reasons_if_not_solved"
SECTIONS = (categories.SECTION, KINDS, REASONS, TARGETS, SOURCES, WAYS, HINT, NOT_SOLVED)
FORMS = (
    *("contact", "order", "start", "finish", "accept", "ask_back", "refuse"),
    *("answer_back", "follow_up", "answer_for", "reopen", "withdraw", "merge"),
)
STEPS = (A.START, A.FINISH, A.ACCEPT, A.ASK_BACK, A.REFUSE, A.ANSWER_BACK, A.WITHDRAW, A.MERGE)
ANSWERS = {
    Answer.SOLVED: "已解决",
    Answer.PARTLY: "部分解决",
    Answer.UNSOLVED: "没解决",
}
GIVEN = labels.of(AcceptanceStatus)


@router.get("/communities/{community_id}/needs", openapi_extra=asks_for(P.COMMUNITY_TRIAGE))
async def list_need_pages(
    visit: VisitDep,
    community_id: UUID,
    status: S | Annotated[str, Query(max_length=0)] = BOX,
    cursor: page.Cursor = None,
) -> Response:
    """The community's box, who waited longest first."""
    found = await reading.page_of_community(
        visit.reader,
        visit.actor,
        Paging(PAGE_ROWS, cursor),
        community_id,
        S(status) if status else None,
        None,
        WorkSort.AGE,
    )
    said = await dictionaries.sections(visit.reader, categories.SECTION, KINDS)
    return page.render(
        visit.request,
        "community/needs.html",
        community_id=community_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        status=status,
        statuses=STATUSES,
        items=categories.items(said[categories.SECTION]),
        kinds=said[KINDS],
        filter=Form("filter"),
    )


@router.get("/needs/{need_id}", openapi_extra=asks_for(P.NEED_TRIAGE))
async def show_need(visit: VisitDep, need_id: UUID) -> Response:
    """One need, with the forms that are open to the reader."""
    return await show(visit, need_id)


@router.post("/needs/{need_id}/accept", openapi_extra=asks_for(P.NEED_TRIAGE))
async def accept_one_need(visit: VisitDep, need_id: UUID) -> Response:
    """Taken, by members, own staff, somebody it is passed on to, or a mere answer."""

    async def use(session: AsyncSession, body: NeedAcceptIn) -> Any:
        return await triage.accept(session, visit.actor, need_id, body)

    return await move(visit, need_id, "accept", NeedAcceptIn, use)


@router.post("/needs/{need_id}/ask-back", openapi_extra=asks_for(P.NEED_TRIAGE))
async def ask_one_need_back(visit: VisitDep, need_id: UUID) -> Response:
    """The resident is asked for more."""

    async def use(session: AsyncSession, body: WordsIn) -> Any:
        return await triage.ask_back(session, visit.actor, need_id, body.words)

    return await move(visit, need_id, "ask_back", WordsIn, use)


@router.post("/needs/{need_id}/refuse", openapi_extra=asks_for(P.NEED_TRIAGE))
async def refuse_one_need(visit: VisitDep, need_id: UUID) -> Response:
    """Not taken; the resident is told why."""

    async def use(session: AsyncSession, body: RefuseIn) -> Any:
        return await triage.refuse(session, visit.actor, need_id, body)

    return await move(visit, need_id, "refuse", RefuseIn, use)


@router.post("/needs/{need_id}/start", openapi_extra=asks_for(P.NEED_TRIAGE))
async def start_one_need(visit: VisitDep, need_id: UUID) -> Response:
    """Own staff, or whom it was passed on to, is at work on it."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await triage.start(session, visit.actor, need_id)

    return await move(visit, need_id, "start", forms.Nothing, use)


@router.post("/needs/{need_id}/finish", openapi_extra=asks_for(P.NEED_TRIAGE))
async def finish_one_need(visit: VisitDep, need_id: UUID) -> Response:
    """It is done; the resident is told how and asked whether it helped."""

    async def use(session: AsyncSession, body: ReplyIn) -> Any:
        return await triage.finish(session, visit.actor, need_id, body.reply)

    return await move(visit, need_id, "finish", ReplyIn, use)


@router.post("/needs/{need_id}/contact", openapi_extra=asks_for(P.NEED_CONTACT))
async def show_need_contact(visit: VisitDep, need_id: UUID) -> Response:
    """Name, phone and door in clear, on this one answer; the look is logged and shown to the resident."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await reading.contact(session, visit.actor, need_id)

    form = await forms.submit(visit, forms.Nothing, use, key="contact")
    return await show(visit, need_id, form)


@router.post(
    "/communities/{community_id}/needs/{need_id}/order", openapi_extra=asks_for(P.COMMUNITY_ORDER)
)
async def order_for_need(visit: VisitDep, community_id: UUID, need_id: UUID) -> Response:
    """An order for this need, open to members at once: title, begin, end and seats are enough."""

    async def use(session: AsyncSession, body: OrderIn) -> Any:
        order = body.model_copy(update={"need_ids": [need_id], "publish": True})
        return await drafts.draft(session, visit.actor, community_id, order)

    return await move(visit, need_id, "order", OrderIn, use)


async def move(
    visit: Visit,
    need_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    """One step of a need by the form `key` of its page."""
    again = partial(show, visit, need_id)
    to = f"/console/needs/{need_id}"
    return await forms.step(visit, shape, use, again, to, f"need_{key}", key=key)


async def show(visit: Visit, need_id: UUID, refused: Form | None = None) -> Response:
    """The page of a need; `refused`: the one of its forms that was sent last."""
    row = await reading.show(visit.reader, visit.actor, need_id)
    said = await dictionaries.sections(visit.reader, *SECTIONS)
    items = categories.items(said[categories.SECTION])
    category = items.get(row["category"] or row["suggested_category"] or "", UNSORTED)
    shown = {key: Form(key) for key in FORMS} | ({refused.key: refused} if refused else {})
    return page.render(
        visit.request,
        "community/need.html",
        refused.code if refused else 200,
        row=row,
        forms=shown,
        refused=refused or Form(),
        category=category,
        categories=[
            (item["code"], f"{group['name']} · {item['name']}")
            for group in said[categories.SECTION].values()
            for item in group["items"]
        ],
        kinds=said[KINDS],
        reasons=named(said[REASONS]),
        targets=named(said[TARGETS]),
        sources=said[SOURCES],
        ways=named(said[WAYS]),
        not_solved=named(said[NOT_SOLVED]),
        answers=ANSWERS,
        given=GIVEN,
        hint=said[HINT]["text"]["value"],
        statuses=STATUSES,
        routes=ROUTES,
        may={action: action in row["open_to"] for action in STEPS},
        may_answer_for=P.NEED_ANSWER_FOR in row["grants"]
        and row["acceptance"] == AcceptanceStatus.ASKED,
        may_reopen=P.NEED_ANSWER_FOR in row["grants"] and row["status"] in FAILED,
        may_follow_up=P.NEED_TRIAGE in row["grants"]
        and row["route"] == Route.REFERRED
        and row["status"] in triage.FOLLOWED,
        may_order=A.FINISH in row["open_to"]
        and row["status"] == S.ACCEPTED
        and row["route"] == Route.ORDER,
    )


def named(section: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """The entries of a section as options."""
    return [(code, entry["name"]) for code, entry in section.items()]
