"""Reports."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, or_, select

from app.models.export import Export
from app.models.person import Role
from app.models.report import Report, ReportKind
from app.rules.names import Permission
from app.rules.words import (
    DISTRICTS,
    EMPLOYER,
    EMPLOYER_SECRETARY,
    PERSON,
    SECRETARY,
    Line,
    Moving,
    has_own_branch,
    is_of_protected,
    over,
)

of_own_branch = (
    select(Moving.id)
    .join(Line, Line.id == Moving.member_id)
    .where(
        Moving.id == Report.registration_id,
        ~Line.is_protected,
        over(Line.branch_id, *EMPLOYER_SECRETARY),
    )
    .exists()
)

of_functional_branch = (
    select(Moving.id)
    .join(Line, Line.id == Moving.member_id)
    .where(
        Moving.id == Report.registration_id,
        ~Line.is_protected,
        over(Moving.functional_branch_id, Role.BRANCH_SECRETARY),
    )
    .exists()
)

P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # of Report
    P.REPORT_READ: (Report.person_id == PERSON)
    | and_(Report.kind == ReportKind.MEMBER_SHEET, over(Report.issuer_id, *SECRETARY))
    | and_(
        Report.delivered_at.is_not(None),
        or_(
            over(Report.employer_id, *EMPLOYER_SECRETARY),
            and_(
                over(Report.employer_id, Role.EMPLOYER_CLERK),
                ~is_of_protected(Report.registration_id),
            ),
            of_own_branch,
            and_(Report.kind == ReportKind.EMPLOYER_SUMMARY, has_own_branch(Report.employer_id)),
        ),
    )
    | and_(Report.kind == ReportKind.EMPLOYER_SUMMARY, over(Report.issuer_id, *DISTRICTS)),
    P.REPORT_OWN: Report.person_id == PERSON,
    P.REPORT_SIGN: or_(
        and_(Report.kind == ReportKind.MEMBER_SHEET, over(Report.issuer_id, *SECRETARY)),
        and_(Report.kind == ReportKind.EMPLOYER_SUMMARY, over(Report.issuer_id, *DISTRICTS)),
    ),
    P.REPORT_OPINE: and_(Report.kind == ReportKind.MEMBER_SHEET, of_functional_branch),
    P.REPORT_FACTS: over(Report.employer_id, *EMPLOYER),
    P.REPORT_VOTES: over(Report.employer_id, *EMPLOYER_SECRETARY) | of_own_branch,
    # of Export
    P.EXPORT_OWN: Export.asked_by_id == PERSON,
    # of Report
    P.REPORT_ACKNOWLEDGE: and_(
        Report.kind == ReportKind.EMPLOYER_SUMMARY,
        over(Report.employer_id, *EMPLOYER_SECRETARY),
    ),
}
