"""支部承接和询问: which units hold places on an order, and whom the organiser asks first."""

from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.http.deps import needs
from app.http.room import Room
from app.orders import order_units, polls
from app.orders.poll_schemas import PollIn
from app.organizations import places
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

ASKED = ("functional_branch", "functional_group")  # of the community's units, those with members


@router.get("/order-units/{order_id}", openapi_extra=needs(P.ORDER_RUN))
async def show_order_units(visit: VisitDep, order_id: UUID) -> Response:
    """Who holds places in its own name, what members have answered, and whom to ask."""
    return await _show(visit, order_id, Form())


@router.post("/order-units/{order_id}/polls", openapi_extra=needs(P.ORDER_RUN))
async def ask_for_order(visit: VisitDep, order_id: UUID) -> Response:
    """The members of the community or of one unit are asked who can come; nobody is named by it."""

    async def use(session: AsyncSession, body: PollIn) -> Any:
        return await polls.ask(session, visit.actor, order_id, body)

    form = await forms.submit(visit, PollIn, use)
    if form.is_refused:
        return await _show(visit, order_id, form)
    return page.go(f"/console/polls/{form.result.id}", "poll_ask")


async def _show(visit: Visit, order_id: UUID, form: Form) -> Response:
    row = await order_units.show(visit.reader, visit.actor, order_id)
    units = await places.units(visit.reader, row["community_id"]) if row["may_ask"] else []
    return page.render(
        visit.request,
        "community/order_units.html",
        form.code,
        order_id=order_id,
        row=row,
        form=form,
        units=[
            (row["community_id"], f"{row['community_name']}全体在册党员"),
            *((each["id"], each["name"]) for each in units if each["kind"] in ASKED),
        ],
    )
