"""What follows from a year: suggestions, negative items, objections, talks, commendations.

Of a protected member nobody in a community knows anything here but its secretary.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, literal_column

from app.models.commendation import Commendation, CommendationStatus
from app.models.member import Registration
from app.models.negative_item import NegativeItem, NegativeItemStatus
from app.models.objection import Objection
from app.models.organization import Organization
from app.models.person import Role
from app.models.talk import Talk
from app.rules.names import Permission
from app.rules.words import EMPLOYER_SECRETARY, PERSON, SECRETARY, here, is_of_protected, over

item_of_branch = and_(
    over(NegativeItem.functional_branch_id, Role.BRANCH_SECRETARY),
    ~is_of_protected(NegativeItem.registration_id),
)
item_of_subdistrict = and_(
    NegativeItem.confirmed_at.is_not(None),
    over(NegativeItem.community_id, Role.SUBDISTRICT_ADMIN),
    ~is_of_protected(NegativeItem.registration_id),
)
own_item = and_(NegativeItem.person_id == PERSON, NegativeItem.asked_at.is_not(None))
decides = and_(
    over(Objection.community_id, Role.SUBDISTRICT_ADMIN),
    ~is_of_protected(Objection.registration_id),
)
settles = and_(
    over(Objection.community_id, Role.DISTRICT_ADMIN), ~is_of_protected(Objection.registration_id)
)
commended_by_branch = and_(
    over(Commendation.functional_branch_id, Role.BRANCH_SECRETARY),
    ~is_of_protected(Commendation.registration_id),
)
own_commendation = and_(
    Commendation.person_id == PERSON,
    Commendation.status != literal_column(f"'{CommendationStatus.PROPOSED}'"),
    Commendation.status != literal_column(f"'{CommendationStatus.REFUSED}'"),
)

P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # of Organization
    P.COMMUNITY_CONDUCT: here(*SECRETARY),
    P.CONDUCT_LIST: here(
        *SECRETARY, Role.BRANCH_SECRETARY, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN
    ),
    P.EMPLOYER_TALKS: and_(Organization.kind == "employer", here(*EMPLOYER_SECRETARY)),
    # of Registration
    P.NEGATIVE_ALLEGE: over(Registration.community_id, *SECRETARY),
    # of NegativeItem
    P.NEGATIVE_READ: own_item
    | over(NegativeItem.community_id, *SECRETARY)
    | item_of_branch
    | item_of_subdistrict
    | and_(
        NegativeItem.status == NegativeItemStatus.UPHELD,
        NegativeItem.told_at.is_not(None),
        over(NegativeItem.employer_id, *EMPLOYER_SECRETARY),
    ),
    P.NEGATIVE_OWN: own_item,
    P.NEGATIVE_AGREE: item_of_branch,
    P.NEGATIVE_CONFIRM: over(NegativeItem.community_id, *SECRETARY),
    P.NEGATIVE_REVIEW: item_of_subdistrict,
    P.NEGATIVE_DROP: over(NegativeItem.community_id, *SECRETARY)
    | item_of_branch
    | item_of_subdistrict,
    # of Objection
    P.OBJECTION_READ: (Objection.person_id == PERSON)
    | over(Objection.community_id, *SECRETARY)
    | decides
    | settles,
    P.OBJECTION_OWN: Objection.person_id == PERSON,
    P.OBJECTION_ANSWER: over(Objection.community_id, *SECRETARY),
    P.OBJECTION_DECIDE: decides,
    P.OBJECTION_SETTLE: settles,
    # of Talk: nobody else but the two. Source: practice.md R8
    P.TALK_READ: (Talk.person_id == PERSON) | over(Talk.employer_id, *EMPLOYER_SECRETARY),
    P.TALK_HOLD: over(Talk.employer_id, *EMPLOYER_SECRETARY),
    # of Commendation
    P.COMMENDATION_READ: own_commendation
    | over(Commendation.community_id, *SECRETARY)
    | commended_by_branch,
    P.COMMENDATION_OWN: own_commendation,
    P.COMMENDATION_CONFIRM: commended_by_branch,
    P.COMMENDATION_WITHDRAW: over(Commendation.community_id, *SECRETARY) | commended_by_branch,
}
