"""The home page of a member and of a resident, out of the readings of the rooms below. Hot.

One after the other on one reader, each one statement, and as many for everybody: seven.
"""

from typing import Any

from sqlalchemy import select

from app.core.prepared import Prepared, Reader
from app.emergency import reading as emergency
from app.members import reading as members
from app.needs import reading as needs
from app.notifications import service as notifications
from app.orders import candidates
from app.orders import reading as orders
from app.permissions import Actor
from app.records import reading as records
from app.residents import service as residents

FEW = 3  # of each list
COUNTED = Prepared(select(records.TOTALLED.subquery(), notifications.UNREAD.label("unread")))


async def show(reader: Reader, actor: Actor) -> dict[str, Any]:
    """What is the actor's own, at most three of a kind; empty or None where he has nothing of it."""
    registration = await members.own_brief(reader, actor)
    (counted,) = await COUNTED.rows(reader, {"owner": actor.person_id})
    return {
        "registration": registration,
        "residences": await residents.mine(reader, actor),
        "call_ups": await emergency.standing_of_mine(reader, actor, FEW),
        "seats": await orders.coming_of_mine(reader, actor, FEW),
        "suited_orders": await candidates.few_for_member(reader, actor, FEW),
        "needs_to_answer": await needs.to_answer(reader, actor, FEW),
        "totals": registration and counted,
        "unread": counted["unread"],
    }
