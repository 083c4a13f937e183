"""Needs."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, any_, or_

from app.models.need import Need
from app.models.person import Role
from app.rules.names import Permission
from app.rules.words import HEARERS, HELPERS, LEVELS, PERSON, PLACES, STAFF, over

asked = Need.requester_id == PERSON
is_about_member = Need.kind == "about_member"


def of_need(*roles: Role) -> ColumnElement[bool]:
    """`roles` on the need's community; of what is said about a member, the few who hear it."""
    return or_(
        and_(~is_about_member, over(Need.community_id, *roles)),
        and_(is_about_member, over(Need.community_id, *HEARERS)),
    )


decides_need = or_(
    and_(~is_about_member, over(Need.community_id, *LEVELS)),
    over(Need.community_id, Role.SUBDISTRICT_ADMIN),
)

P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # of Need
    P.NEED_READ: asked
    | (Need.entered_by_id == PERSON)
    | of_need(*STAFF)
    | and_(Need.status == "handed_up", decides_need),
    P.NEED_SUPPORT: and_(~is_about_member, Need.community_id == any_(PLACES)),
    P.NEED_OWN: asked,
    P.NEED_SPEAK: asked | and_(Need.requester_id.is_(None), of_need(*STAFF, *HELPERS)),
    P.NEED_TRIAGE: of_need(*STAFF),
    P.NEED_CONTACT: of_need(*STAFF),
    P.NEED_ANSWER_FOR: of_need(*STAFF, *HELPERS),
    P.NEED_DECIDE: decides_need,
}
