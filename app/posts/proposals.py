"""The skills of this community, and the posts they suggest: counts, no names.

Source: practice.md seed 004 ("the skills of this community, and the posts they suggest").
"""

from typing import Any
from uuid import UUID

from sqlalchemy import String, Uuid, any_, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from app.core.prepared import Prepared, Reader
from app.models.member import Registration, RegistrationStatus
from app.models.organization import ContentItem
from app.models.post import Post, PostStatus
from app.permissions import Actor, Permission
from app.posts import reading

COMMUNITY = bindparam("community_id", type_=Uuid())
SKILL = func.jsonb_array_elements_text(ContentItem.data["skills"]).table_valued("value").lateral()
IS_OFFERED = (
    select(Post.id)
    .where(
        Post.community_id == COMMUNITY,
        Post.category == ContentItem.code,
        Post.status == PostStatus.OPEN,
    )
    .exists()
)
PROPOSED = Prepared(
    select(
        ContentItem.code.label("category"),
        ContentItem.data["name"].astext.label("name"),
        func.array_agg(func.distinct(SKILL.c.value), type_=ARRAY(String())).label("skills"),
        func.count(func.distinct(Registration.id)).label("members"),
    )
    .select_from(ContentItem)
    .join(SKILL, true())
    .join(Registration, SKILL.c.value == any_(Registration.skills))
    .where(
        ContentItem.section == "post_categories",
        func.coalesce(ContentItem.data["enabled"].astext, "true") != "false",
        Registration.community_id == COMMUNITY,
        Registration.status == RegistrationStatus.ACTIVE,
        ~IS_OFFERED,
    )
    .group_by(ContentItem.code, ContentItem.data, ContentItem.position)
    .order_by(func.count(func.distinct(Registration.id)).desc(), ContentItem.position)
)


async def proposed(reader: Reader, actor: Actor, community_id: UUID) -> dict[str, Any]:
    """Categories without an open post that members here could fill.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    await reading.allowed(reader, actor, community_id, Permission.POST_KEEP)
    return {"items": await PROPOSED.rows(reader, {"community_id": community_id})}
