"""Orders, seats, what branches take, service records."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, any_, bindparam, literal_column, or_, select
from sqlalchemy.orm import aliased

from app.models.order import FREED, UNPROMISED, BranchTake, Order, Seat, SeatStatus, ServiceRecord
from app.models.poll import Poll, PollAnswer
from app.rules.names import Permission
from app.rules.words import (
    EMPLOYER,
    GRID,
    LEVELS,
    PERSON,
    PLACES,
    SECRETARY,
    STAFF,
    TAKERS,
    UUIDS,
    Branch,
    Pairing,
    over,
)

Mine = aliased(Seat)
Served = aliased(Order)
# What may take an order in its own name.
TAKING = (
    "functional_branch",
    "functional_group",
    "grid_branch",
    "compound_branch",
    "employer",
    "employer_branch",
)


def is_living(seat: Any) -> ColumnElement[bool]:
    """The seat still holds its place. Literals, so that the partial index of living seats serves."""
    living: ColumnElement[bool] = seat.status.not_in(
        [literal_column(f"'{status}'") for status in FREED]
    )
    return living


# Who has a living seat, and still does not meet the resident.
NOT_COMING = (*UNPROMISED, SeatStatus.NO_SHOW)
holds = and_(Mine.order_id == Order.id, Mine.person_id == PERSON, is_living(Mine))
serves = select(Mine.id).where(holds).exists()
# who speaks for a branch or group of the order's community, or of an employer registered with it
speaks_there = (
    select(Branch.id)
    .where(
        or_(*(Branch.id == any_(bindparam(f"held_{role}", type_=UUIDS)) for role in TAKERS)),
        Branch.kind.in_([literal_column(f"'{kind}'") for kind in TAKING]),
        or_(
            Order.community_id == any_(Branch.lineage),
            select(Pairing.id)
            .where(
                Pairing.employer_id == any_(Branch.lineage),
                Pairing.community_id == Order.community_id,
                Pairing.status == literal_column("'active'"),
            )
            .exists(),
        ),
    )
    .exists()
)
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
    # of Order, Seat, BranchTake, Poll, ServiceRecord
    P.ORDER_READ: and_(
        Order.status != "draft",
        or_(Order.community_id == any_(PLACES), serves, speaks_there),
    )
    | over(Order.community_id, *STAFF, *LEVELS, *GRID)
    | over(Order.building_id, *GRID),
    P.ORDER_RUN: over(Order.community_id, *STAFF),
    P.ORDER_ATTEND: over(Order.community_id, *STAFF, *GRID) | over(Order.building_id, *GRID),
    P.ORDER_CONTACT: select(Mine.id)
    .where(holds, Mine.status.not_in([literal_column(f"'{status}'") for status in NOT_COMING]))
    .exists(),
    P.ORDER_PROTECTED: over(Order.community_id, *SECRETARY),
    P.SEAT_READ: (Seat.person_id == PERSON)
    | select(Served.id)
    .where(Served.id == Seat.order_id, over(Served.community_id, *STAFF))
    .exists(),
    P.SEAT_OWN: Seat.person_id == PERSON,
    P.TAKE_READ: over(BranchTake.organization_id, *TAKERS) | of_organiser,
    P.TAKE_NAME: over(BranchTake.organization_id, *TAKERS),
    P.POLL_READ: is_asked | runs_poll,
    P.POLL_RUN: runs_poll,
    P.POLL_ANSWER: is_asked,
    P.RECORD_READ: (ServiceRecord.person_id == PERSON)
    | over(ServiceRecord.community_id, *STAFF)
    | over(ServiceRecord.employer_id, *EMPLOYER),
    P.RECORD_OWN: ServiceRecord.person_id == PERSON,
    P.RECORD_CORRECT: over(ServiceRecord.community_id, *STAFF),
}
