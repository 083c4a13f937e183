"""The yearly appraisal: its days, panels, counts and ballots; who may ask who rated."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from app.models.appraisal import AppraisalRater, RaterOpening
from app.models.person import Person, Role
from app.rules.names import Permission
from app.rules.words import DISTRICTS, PERSON, SECRETARY, STAFF, here, over

# Source: policy `evaluation.rater_identity_opened_by`, which is locked.
OPENERS = (Role.AUDITOR, Role.CITY_DISCIPLINE_CONTACT)
Himself = aliased(Person)

is_rater = or_(
    AppraisalRater.person_id == PERSON,
    and_(
        AppraisalRater.person_id.is_(None),
        select(Himself.id)
        .where(
            Himself.id == PERSON,
            Himself.phone_hash == AppraisalRater.phone_hash,
            Himself.phone_verified_at.is_not(None),
        )
        .exists(),
    ),
)

P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # of Organization, AppraisalRater, RaterOpening
    P.EVALUATION_PLAN: here(*DISTRICTS),
    P.APPRAISAL_PANEL: here(*SECRETARY),
    P.APPRAISAL_COUNT: here(*STAFF, Role.GRID_WORKER),
    P.RATERS_ASK: here(*OPENERS),
    P.APPRAISAL_RATE: is_rater,
    P.RATERS_OPEN: over(RaterOpening.community_id, *OPENERS),
}
