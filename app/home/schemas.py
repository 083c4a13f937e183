"""The home page on the wire."""

from typing import Annotated

from pydantic import Field

from app.core.schemas import Out
from app.emergency.schemas import MyCallUp
from app.members.schemas import MyRegistrationBrief
from app.needs.schemas import NeedBrief
from app.orders.matching_schemas import SuitedBrief
from app.orders.schemas import MySeat
from app.records.schemas import TotalsOut
from app.residents.schemas import ResidenceOut


class HomeOut(Out):
    """My home page; each list holds three lines at most, its own reading has them all.

    What I have no part in, or have not agreed to, is null or empty.
    """

    registration: Annotated[
        MyRegistrationBrief | None,
        Field(description="The living one, or the last; null: I never registered."),
    ]
    residences: Annotated[
        list[ResidenceOut], Field(description="All of them; none: bound nowhere as a resident.")
    ]
    call_ups: Annotated[
        list[MyCallUp],
        Field(description="That stand now, first those that wait for my answer (`reply` null)."),
    ]
    seats: Annotated[
        list[MySeat], Field(description="Of services that are not over, the soonest first.")
    ]
    suited_orders: Annotated[
        list[SuitedBrief],
        Field(description="The most fitting first; none without an active registration."),
    ]
    needs_to_answer: Annotated[
        list[NeedBrief],
        Field(
            description="Mine, the oldest first: the community asked back, or asks whether it helped."
        ),
    ]
    totals: Annotated[
        TotalsOut | None, Field(description="My services together; null: I never registered.")
    ]
    unread: Annotated[int, Field(description="Lines of my inbox that are not read.")]
