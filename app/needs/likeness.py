"""Needs that may be the same one: by their words and their kind of matter, in one community.

Chinese has no spaces, so that trigrams of whole sentences hardly ever meet; every character is made
a word of its own, and the share of characters in common decides. It is a hint for people, nothing
follows from it by itself. The open needs of a community in a few weeks are some dozens: they are
compared one by one, without an index.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import Need, Verdict
from app.needs.lifecycle import ENDED
from app.policies import service as policies

WINDOW, LEAST = "needs.duplicate_window_days", "needs.duplicate_similarity"
MOST = 10
REST = "other"  # the category of what has none: two of it have nothing in common


class Matter(NamedTuple):
    """What a need is about, as far as others are compared with it."""

    community_id: UUID
    words: str
    category: str | None


async def alike(
    session: AsyncSession,
    matter: Matter,
    columns: Sequence[Any],
    *where: ColumnElement[bool],
) -> list[dict[str, Any]]:
    """`columns` of the open needs in the policy's window that read alike or are about the same
    matter; the most alike first, at most ten. Two statements."""
    rules = await policies.values(session, matter.community_id, WINDOW, LEAST)
    likeness = func.similarity(
        func.regexp_replace(Need.words, "(.)", r"\1 ", "g"), " ".join(matter.words)
    )
    same = [code for code in (matter.category,) if code not in (None, REST)]
    statement: Select[*tuple[Any, ...]] = (
        select(*columns)
        .where(
            Need.community_id == matter.community_id,
            Need.status.not_in(ENDED),
            Need.verdict != Verdict.RISKY,
            Need.created_at > clock.now() - timedelta(days=rules[WINDOW]),
            or_(likeness >= rules[LEAST] / 100, CATEGORY.in_(same)),
            *where,
        )
        .order_by(likeness.desc(), Need.id)
        .limit(MOST)
    )
    return [dict(row) for row in (await session.execute(statement)).mappings()]


# the one that was chosen, or else the one that the words suggest
CATEGORY = func.coalesce(Need.category, Need.suggested_category)
