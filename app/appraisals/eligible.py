"""Whom a rater may rate, and who is counted on paper: the same words for reading and for writing.

On paper only, protected, or not registered when the facts were closed: rated by nobody, but that a
community's secretary knows its protected members. Known recusals are kept here: oneself, the same
employer branch, a superior or subordinate at work; the house knows no households, so these stand
aside themselves. Source: practice.md R12, R18, G1; content `appraisal.recusal`.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app.models.appraisal import AppraisalRater, Panel
from app.models.evaluation import EvaluationCycle
from app.models.member import Member, Registration
from app.models.organization import NamedOrganization
from app.models.person import Person, Role, RoleGrant
from app.rules.words import EMPLOYER_SECRETARY, PERSON, SECRETARY, over

Own, Unit, Told, Named = (
    aliased(Member),
    aliased(NamedOrganization),
    aliased(RoleGrant),
    aliased(Person),
)
TODAY = bindparam("today", type_=Date())
PAPER_ONLY = "paper_only"

is_registered: ColumnElement[bool] = and_(
    Registration.status.in_([literal_column("'active'"), literal_column("'suspended'")]),
    Registration.registered_on <= EvaluationCycle.facts_close_on,
    Registration.channel != literal_column(f"'{PAPER_ONLY}'"),
)
# of the rater's community and, for a resident representative, of his area
is_of_rater: ColumnElement[bool] = and_(
    Registration.community_id == AppraisalRater.community_id,
    or_(
        AppraisalRater.panel != literal_column(f"'{Panel.RESIDENT_REPRESENTATIVES}'"),
        Registration.functional_group_id.is_not_distinct_from(AppraisalRater.area_id),
    ),
)
is_visible: ColumnElement[bool] = or_(
    ~Member.is_protected, over(AppraisalRater.community_id, *SECRETARY)
)


def _works_with() -> ColumnElement[bool]:
    """Of the same employer branch."""
    return exists().where(
        Own.person_id == PERSON,
        Own.left_on.is_(None),
        Own.employer_id == Member.employer_id,
        Own.branch_id.is_not_distinct_from(Member.branch_id),
    )


def _is_under_him() -> ColumnElement[bool]:
    """The member is a secretary where the rater works."""
    return exists(
        select(Told.id)
        .join(Unit, Told.organization_id == any_(Unit.lineage))
        .join(Own, Unit.id == func.coalesce(Own.branch_id, Own.employer_id))
        .where(
            Told.person_id == Member.person_id,
            Told.role == literal_column(f"'{Role.EMPLOYER_SECRETARY}'"),
            Told.valid_from <= TODAY,
            func.coalesce(Told.valid_to, TODAY) >= TODAY,
            Own.person_id == PERSON,
            Own.left_on.is_(None),
        )
    )


# of the actor, who is the rater
is_recused: ColumnElement[bool] = or_(
    Registration.person_id.is_not_distinct_from(PERSON),
    _works_with(),
    over(func.coalesce(Member.branch_id, Member.employer_id), *EMPLOYER_SECRETARY),
    _is_under_him(),
)


def known_as(rater: Any) -> Any:
    """The person behind a rater: named so, or by the verified phone; null where there is none."""
    by_phone = (
        select(Named.id)
        .where(Named.phone_hash == rater.phone_hash, Named.phone_verified_at.is_not(None))
        .scalar_subquery()
    )
    return func.coalesce(rater.person_id, by_phone)
