"""Micro-wishes."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, literal_column, or_, select
from sqlalchemy.orm import aliased

from app.models.wish import Wish, WishClaim
from app.rules.names import Permission
from app.rules.posts import is_enrolled
from app.rules.words import HELPERS, PERSON, STAFF, TAKERS, here, over, speaks_in

Live, Had = aliased(WishClaim), aliased(WishClaim)
asked = Wish.requester_id == PERSON
is_live = and_(Live.wish_id == Wish.id, Live.status == literal_column("'active'"))
serves = or_(
    select(Live.id)
    .where(is_live, Live.organization_id.is_(None), Live.person_id == PERSON)
    .exists(),
    select(Live.id).where(is_live, over(Live.organization_id, *TAKERS)).exists(),
)
has_claimed = select(Had.id).where(Had.wish_id == Wish.id, Had.person_id == PERSON).exists()

P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # of Organization, Wish
    P.WISH_KEEP: here(*STAFF),
    P.WISH_READ: asked
    | (Wish.entered_by_id == PERSON)
    | serves
    | has_claimed
    | over(Wish.community_id, *STAFF),
    P.WISH_OWN: asked,
    P.WISH_RUN: over(Wish.community_id, *STAFF),
    P.WISH_ANSWER_FOR: over(Wish.community_id, *STAFF, *HELPERS),
    P.WISH_CLAIM: is_enrolled(Wish.community_id) | speaks_in(Wish.community_id),
    P.WISH_SERVE: serves,
}
