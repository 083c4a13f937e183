"""Service records, random checks of them, certificates."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_

from app.models.person import Role
from app.models.record import Certificate, RecordSample, ServiceRecord
from app.rules.names import Permission
from app.rules.words import EMPLOYER, PERSON, SECRETARY, STAFF, here, is_of_protected, over

# who looks into records that were drawn by chance
CHECKERS = (*SECRETARY, Role.SUBDISTRICT_ADMIN, Role.AUDITOR)


def run_by_staff(row: Any) -> ColumnElement[bool]:
    """By the community of the row; a protected member's by its secretary alone."""
    return over(row.community_id, *SECRETARY) | and_(
        over(row.community_id, Role.COMMUNITY_CLERK), ~is_of_protected(row.registration_id)
    )


P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # of Organization, ServiceRecord, RecordSample, Certificate
    P.RECORD_KEEP: here(*STAFF),
    P.RECORD_DRAWN: here(*CHECKERS),
    P.RECORD_READ: (ServiceRecord.person_id == PERSON)
    | run_by_staff(ServiceRecord)
    | over(ServiceRecord.employer_id, *EMPLOYER),
    P.RECORD_OWN: ServiceRecord.person_id == PERSON,
    P.RECORD_CORRECT: run_by_staff(ServiceRecord),
    P.SAMPLE_AUDIT: over(RecordSample.community_id, *CHECKERS),
    P.CERTIFICATE_READ: (Certificate.person_id == PERSON) | run_by_staff(Certificate),
    P.CERTIFICATE_OWN: Certificate.person_id == PERSON,
    P.CERTIFICATE_CHECK: run_by_staff(Certificate),
    P.CERTIFICATE_ISSUE: over(Certificate.community_id, *SECRETARY),
}
