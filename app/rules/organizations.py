"""Organizations, their imports and pairings."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, any_, or_

from app.models.organization import Import, Organization, OrganizationRegistration
from app.models.person import Role
from app.rules.names import Permission
from app.rules.words import (
    CITY,
    DISTRICTS,
    EMPLOYER,
    EMPLOYER_SECRETARY,
    HEARERS,
    HELPERS,
    LEVELS,
    PERSON,
    PLACES,
    SECRETARY,
    STAFF,
    TAKERS,
    has_own_branch,
    here,
    over,
)

at_home = Organization.id == any_(PLACES)
# the other side of a pairing confirms it
confirms_pairing = or_(
    and_(
        OrganizationRegistration.proposed_by == "employer",
        over(OrganizationRegistration.community_id, *SECRETARY),
    ),
    and_(
        OrganizationRegistration.proposed_by == "community",
        over(OrganizationRegistration.employer_id, *EMPLOYER_SECRETARY),
    ),
)
of_pairing = or_(
    over(OrganizationRegistration.community_id, *SECRETARY),
    over(OrganizationRegistration.employer_id, *EMPLOYER_SECRETARY),
)

P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # of Organization
    P.ORGANIZATION_EDIT: here(*LEVELS, *SECRETARY),
    P.ORGANIZATION_ADMIT: here(*LEVELS),
    P.ORGANIZATION_STAFF: here(*LEVELS, *SECRETARY, *EMPLOYER_SECRETARY),
    P.ORGANIZATION_POLICY: here(*LEVELS, *SECRETARY),
    P.TENANT_RUN: here(*CITY),
    P.EMPLOYERS_IMPORT: here(*DISTRICTS),
    P.COMMUNITY_IMPORT: here(*LEVELS, *SECRETARY),
    P.COMMUNITY_READ: here(*STAFF),
    P.COMMUNITY_BOARD: at_home | here(*STAFF, *LEVELS),
    P.COMMUNITY_REGISTER: here(*STAFF),
    P.COMMUNITY_PROTECTED: here(*SECRETARY),
    P.COMMUNITY_DECIDE: here(*LEVELS),
    P.COMMUNITY_TRIAGE: here(*STAFF),
    P.COMMUNITY_HEAR: here(*HEARERS),
    P.COMMUNITY_ENTER: here(*STAFF, *HELPERS),
    P.COMMUNITY_ORDER: here(*STAFF),
    P.COMMUNITY_UNMET: here(*STAFF, *LEVELS),
    P.COMMUNITY_REPORT: here(*SECRETARY),
    P.BRANCH_OPINE: here(Role.BRANCH_SECRETARY),
    P.BRANCH_TAKE: here(*TAKERS),
    P.COMMUNITY_CALL_UP: here(*STAFF, *LEVELS),
    P.EMPLOYER_ROSTER: here(*EMPLOYER),
    P.EMPLOYER_CHECKS: here(*DISTRICTS),
    P.EMPLOYER_FACTS: here(*EMPLOYER),
    P.EMPLOYER_REPORTS: here(*EMPLOYER) | has_own_branch(Organization.id),
    P.EMPLOYER_BLOCK: here(*EMPLOYER_SECRETARY),
    P.GROUP_BLOCK: here(Role.GROUP_LEADER),
    P.SUMMARY_COMPILE: here(*DISTRICTS),
    P.PAIRING_PROPOSE: here(*SECRETARY, *EMPLOYER_SECRETARY),
    P.PAIRING_LIST: here(*STAFF, *EMPLOYER),
    P.STATISTICS_READ: here(*STAFF, *LEVELS, *EMPLOYER),
    P.STATISTICS_OWN: here(*STAFF, *EMPLOYER),
    P.AUDIT_READ: here(Role.AUDITOR),
    # of Import
    P.IMPORT_APPLY: (Import.uploaded_by_id == PERSON) | over(Import.organization_id, *CITY),
    # of OrganizationRegistration
    P.PAIRING_READ: of_pairing,
    P.PAIRING_CONFIRM: confirms_pairing,
    P.PAIRING_END: of_pairing,
}
