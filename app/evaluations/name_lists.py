"""Lists of names: a community's suggestions, and its public notice; by strokes, never by value.

They are whole, not paged: a community has some dozens of members.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, String, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, array

from app.core.prepared import Prepared, Reader
from app.core.strokes import name_key
from app.evaluations.reading import NAME, PLACE, allowed, named
from app.models.commendation import Commendation
from app.models.member import Member
from app.models.post import HOLDING, Claim, Post
from app.models.suggestion import Suggestion
from app.permissions import Actor, Permission

P = Permission

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
    binds = {"organization_id": community_id, "period_to": period_to}
    rows = await SUGGESTIONS.rows(reader, binds)
    return {"items": sorted(rows, key=lambda row: name_key(row["member_name"]))}


async def notice(reader: Reader, community_id: UUID) -> dict[str, Any]:
    """The community's public notice: names and posts of who agreed to it, by strokes."""
    rows = await ON_NOTICE.rows(reader, {"organization_id": community_id})
    return {"items": sorted(rows, key=lambda row: name_key(row["name"]))}
