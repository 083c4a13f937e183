"""What waits for a person, over all rooms: for each of his places and kinds of work how many, and since
when. One statement; a kind is a line.

It speaks of those who hold a role in the very place (an administrator above is not to do the work of
every community), and counts only what the rule of the step lets them do. Source: practice.md F.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    any_,
    bindparam,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from app.core import clock
from app.core.prepared import Prepared, Reader
from app.models.organization import Organization
from app.notifications.work import URGENT, WORK, Work
from app.permissions import Actor, may, named_roles
from app.rules.words import UUIDS


async def show(reader: Reader, actor: Actor) -> list[dict[str, Any]]:
    """A row for each kind and place: `kind`, the place's id and name, how many, `since_at` of the
    oldest, `due_at` of the first; an emergency is first, then who is due or waits longest."""
    return await WAITING.rows(reader, actor.binds() | {"now": clock.now()})


def _counted(work: Work) -> Select[Any]:
    is_mine = or_(
        *(
            work.place == any_(bindparam(f"held_{role}", type_=UUIDS))
            for role in sorted(named_roles(work.permission))
        )
    )
    mine = (
        select(work.place.label("place_id"), _moment(work.since, "since"), _moment(work.due, "due"))
        .where(work.rows, is_mine, may(work.permission))
        .subquery(work.kind)
    )
    return select(
        literal(work.kind).label("kind"),
        mine.c.place_id,
        func.count().label("count"),
        func.min(mine.c.since).label("since_at"),
        func.min(mine.c.due).label("due_at"),
    ).group_by(mine.c.place_id)


def _moment(given: Any, name: str) -> ColumnElement[Any]:
    return (null().cast(DateTime(timezone=True)) if given is None else given).label(name)


_waiting = union_all(*map(_counted, WORK)).subquery("waiting")
WAITING = Prepared(
    select(
        _waiting.c.kind,
        _waiting.c.place_id,
        Organization.name.label("place_name"),
        _waiting.c["count"].label("count"),
        _waiting.c.since_at,
        _waiting.c.due_at,
    )
    .join(Organization, Organization.id == _waiting.c.place_id)
    .order_by(
        _waiting.c.kind != URGENT,
        func.coalesce(_waiting.c.due_at, _waiting.c.since_at).nulls_last(),
        _waiting.c.kind,
        _waiting.c.place_id,
    )
)
