"""Suggestions on the wire: whom to ask, what to take, and why."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Out
from app.orders.schemas import OrderCard


class MatchReason(Out):
    """One reason of a place in the list."""

    code: Annotated[str, Field(description="Of `match_reasons`.", examples=["building"])]
    name: Annotated[str, Field(description="In words.", examples=["同楼栋"])]


class Candidate(Out):
    """One who may be asked for an order; asking is a step of its own, and he may decline."""

    id: Annotated[UUID, Field(description="Of the registration.")]
    name: str | None
    matched: Annotated[list[str], Field(description="Skills that the order wants and he has.")]
    served: Annotated[int, Field(description="Services of the last year, promised ones too.")]
    reasons: Annotated[list[MatchReason], Field(description="In the order in which they count.")]


class SuitedBrief(OrderCard):
    """One open order that I could take."""

    difficulty: int
    target: str
    matched: Annotated[list[str], Field(description="Skills that it wants and I have.")]


class SuitedOrder(SuitedBrief):
    """One open order that I could take, and why it is suggested."""

    reasons: Annotated[list[MatchReason], Field(description="In the order in which they count.")]
