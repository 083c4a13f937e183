"""Lists of names: a community's suggestions, and its public notice; by strokes, never by value.

They are whole, not paged: a community has some dozens of members.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, String, Uuid, any_, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, array

from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.core.strokes import name_key
from app.evaluations.lifecycle import COMMENDED
from app.evaluations.reading import NAME, PLACE, allowed, named
from app.models.commendation import Commendation
from app.models.evaluation import EvaluationCycle
from app.models.member import Member
from app.models.organization import Organization
from app.models.post import HOLDING, Claim, Post
from app.models.suggestion import Suggestion
from app.permissions import Actor, Permission, grants, require

P = Permission

YEAR = Prepared(
    select(
        EvaluationCycle.year,
        EvaluationCycle.status,
        EvaluationCycle.facts_close_on,
        grants(P.COMMUNITY_CONDUCT),
    )
    .join(Organization, EvaluationCycle.organization_id == any_(Organization.lineage))
    .where(
        EvaluationCycle.id == bindparam("cycle_id", type_=Uuid()),
        Organization.id == PLACE,
        Organization.kind == literal_column("'community'"),
    )
)
# where the meeting's recommendation in the period stands, if it lives
RECOMMENDED = (
    select(Commendation.status)
    .where(
        Commendation.registration_id == Suggestion.registration_id,
        Commendation.period_to == Suggestion.period_to,
        Commendation.kind == literal_column("'recommend'"),
        Commendation.status.in_([literal_column(f"'{status}'") for status in sorted(COMMENDED)]),
    )
    .limit(1)
    .scalar_subquery()
    .label("recommended")
)
SUGGESTIONS = Prepared(
    named(
        (
            Suggestion.id,
            Suggestion.registration_id,
            NAME,
            Suggestion.period_from,
            Suggestion.period_to,
            Suggestion.proposed,
            Suggestion.reasons,
            Suggestion.phrases,
            Suggestion.status,
            Suggestion.decided,
            Suggestion.decided_at,
            RECOMMENDED,
        ),
        Suggestion,
    ).where(
        Suggestion.community_id == PLACE,
        Suggestion.period_to == bindparam("period_to", type_=Date()),
    )
)
POSTS = func.coalesce(
    select(func.array_agg(Post.title))
    .join(Claim, Claim.post_id == Post.id)
    .where(
        Claim.registration_id == Commendation.registration_id,
        Claim.status.in_([literal_column(f"'{status}'") for status in HOLDING]),
    )
    .scalar_subquery(),
    cast(array([]), ARRAY(String())),
)
ON_NOTICE = Prepared(
    named(
        (
            Member.name.label("name"),
            Commendation.due_at.label("until"),
            POSTS.label("posts"),
        ),
        Commendation,
    ).where(
        Commendation.community_id == PLACE,
        Commendation.status == literal_column("'on_notice'"),
        ~Member.is_protected,
    )
)


async def suggestions(
    reader: Reader, actor: Actor, community_id: UUID, period_to: date
) -> dict[str, Any]:
    """Every suggestion of the community's period that ends on this day, by strokes.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    await allowed(reader, actor, community_id, P.COMMUNITY_CONDUCT)
    return {"items": await _by_strokes(reader, community_id, period_to)}


async def year(reader: Reader, actor: Actor, community_id: UUID, cycle_id: UUID) -> dict[str, Any]:
    """The year in which the community suggests; one statement.

    Raises:
        NotFound: no such community or cycle, or not one of the other. Forbidden: not its secretary.
    """
    binds = {"organization_id": community_id, "cycle_id": cycle_id}
    row = await YEAR.one(reader, actor.binds() | binds)
    if row is None:
        raise NotFound
    require(row["grants"], P.COMMUNITY_CONDUCT)
    return row


async def suggestions_of_year(
    reader: Reader, actor: Actor, community_id: UUID, cycle_id: UUID
) -> dict[str, Any]:
    """As `suggestions`, of a year's cycle, with the cycle; each line says where the meeting's
    recommendation of the member stands, if there is one. Two statements; errors as for `year`."""
    row = await year(reader, actor, community_id, cycle_id)
    return row | {"items": await _by_strokes(reader, community_id, row["facts_close_on"])}


async def _by_strokes(reader: Reader, community_id: UUID, period_to: date) -> list[dict[str, Any]]:
    binds = {"organization_id": community_id, "period_to": period_to}
    rows = await SUGGESTIONS.rows(reader, binds)
    return sorted(rows, key=lambda row: (name_key(row["member_name"]), row["registration_id"]))


async def notice(reader: Reader, community_id: UUID) -> dict[str, Any]:
    """The community's public notice: names and posts of who agreed to it, by strokes."""
    rows = await ON_NOTICE.rows(reader, {"organization_id": community_id})
    return {"items": sorted(rows, key=lambda row: name_key(row["name"]))}
