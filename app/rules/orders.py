"""Orders, seats, what branches take."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, any_, literal_column, or_, select
from sqlalchemy.orm import aliased

from app.models.order import FREED, UNPROMISED, BranchTake, Order, Seat, SeatStatus
from app.models.order_series import OrderSeries, PlanItem
from app.models.poll import Poll, PollAnswer
from app.rules.names import Permission
from app.rules.words import (
    GRID,
    LEVELS,
    PERSON,
    PLACES,
    SECRETARY,
    STAFF,
    TAKERS,
    over,
    speaks_in,
)

Mine = aliased(Seat)
Served = aliased(Order)


def is_living(seat: Any) -> ColumnElement[bool]:
    """The seat still holds its place. Literals, so that the partial index of living seats serves."""
    living: ColumnElement[bool] = seat.status.not_in(
        [literal_column(f"'{status}'") for status in FREED]
    )
    return living


# Who has a living seat, and still does not meet the resident.
NOT_COMING = (*UNPROMISED, SeatStatus.NO_SHOW)
CAME = (SeatStatus.ATTENDED, SeatStatus.REPORTED, SeatStatus.CONFIRMED)
holds = and_(Mine.order_id == Order.id, Mine.person_id == PERSON, is_living(Mine))
serves = select(Mine.id).where(holds).exists()
of_organiser = (
    select(Served.id)
    .where(Served.id == BranchTake.order_id, over(Served.community_id, *STAFF))
    .exists()
)

Asked = aliased(PollAnswer)
is_asked = select(Asked.id).where(Asked.poll_id == Poll.id, Asked.person_id == PERSON).exists()
# the organiser of its order, and who speaks for the unit that is asked
runs_poll = or_(
    over(Poll.organization_id, *TAKERS),
    select(Served.id).where(Served.id == Poll.order_id, over(Served.community_id, *STAFF)).exists(),
)

P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # of Order, Seat, BranchTake, OrderSeries, PlanItem, Poll
    P.ORDER_READ: and_(
        Order.status != "draft",
        or_(
            and_(
                ~Order.is_confidential,
                or_(Order.community_id == any_(PLACES), speaks_in(Order.community_id)),
            ),
            serves,
        ),
    )
    | over(Order.community_id, *STAFF, *LEVELS, *GRID)
    | over(Order.building_id, *GRID),
    P.ORDER_RUN: over(Order.community_id, *STAFF),
    P.ORDER_ATTEND: over(Order.community_id, *STAFF, *GRID) | over(Order.building_id, *GRID),
    P.ORDER_CONTACT: select(Mine.id)
    .where(holds, Mine.status.not_in([literal_column(f"'{status}'") for status in NOT_COMING]))
    .exists(),
    P.ORDER_PHOTOGRAPH: over(Order.community_id, *STAFF)
    | select(Mine.id)
    .where(holds, Mine.status.in_([literal_column(f"'{status}'") for status in CAME]))
    .exists(),
    P.ORDER_PROTECTED: over(Order.community_id, *SECRETARY),
    P.SEAT_READ: (Seat.person_id == PERSON)
    | select(Served.id)
    .where(Served.id == Seat.order_id, over(Served.community_id, *STAFF))
    .exists(),
    P.SEAT_OWN: Seat.person_id == PERSON,
    P.TAKE_READ: over(BranchTake.organization_id, *TAKERS) | of_organiser,
    P.TAKE_NAME: over(BranchTake.organization_id, *TAKERS),
    P.SERIES_RUN: over(OrderSeries.community_id, *STAFF),
    P.PLAN_RUN: over(PlanItem.community_id, *STAFF),
    P.POLL_READ: is_asked | runs_poll,
    P.POLL_RUN: runs_poll,
    P.POLL_ANSWER: is_asked,
}
