"""Posts and claims."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from app.models.member import Registration, RegistrationStatus
from app.models.organization import Organization
from app.models.person import Role
from app.models.post import Claim, Post, PostStatus
from app.rules.names import Permission
from app.rules.words import LEVELS, PERSON, SECRETARY, STAFF, here, is_of_protected, over

Enrolled = aliased(Registration)
Claimed = aliased(Claim)


def is_enrolled(community_id: Any) -> ColumnElement[bool]:
    """The person is a registered member of this community."""
    return (
        select(Enrolled.id)
        .where(
            Enrolled.person_id == PERSON,
            Enrolled.community_id == community_id,
            Enrolled.status == RegistrationStatus.ACTIVE,
        )
        .exists()
    )


has_claimed = (
    select(Claimed.id).where(Claimed.post_id == Post.id, Claimed.person_id == PERSON).exists()
)
runs_claim = over(Claim.community_id, *SECRETARY) | and_(
    over(Claim.community_id, Role.COMMUNITY_CLERK), ~is_of_protected(Claim.registration_id)
)

P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # of Organization, Post, Claim
    P.POST_BOARD: is_enrolled(Organization.id) | here(*STAFF, *LEVELS),
    P.POST_KEEP: here(*STAFF),
    P.POST_READ: and_(
        Post.status != PostStatus.DRAFT, or_(is_enrolled(Post.community_id), has_claimed)
    )
    | over(Post.community_id, *STAFF, *LEVELS),
    P.POST_RUN: over(Post.community_id, *STAFF),
    P.CLAIM_READ: (Claim.person_id == PERSON) | runs_claim,
    P.CLAIM_OWN: Claim.person_id == PERSON,
    P.CLAIM_RUN: runs_claim,
}
