"""What a person is told where the database refuses a row: the refusal of each constraint by its name."""

from collections.abc import Mapping

from app.appraisals import counting as appraisal_counting
from app.appraisals import cycles as evaluation_cycles
from app.appraisals import openings as rater_openings
from app.appraisals import panels as appraisal_panels
from app.commitments import service as commitments
from app.core.errors import AppError
from app.emergency import seats as emergency_seats
from app.emergency import teams as emergency_teams
from app.evaluations import commendations as evaluation_commendations
from app.evaluations import objections as evaluation_objections
from app.identity import phones as identity_phones
from app.identity import roles as identity_role_service
from app.members import service as member_service
from app.members import transfers as transfer_service
from app.orders import polls as order_polls
from app.organizations import pairings as organization_pairing_service
from app.organizations import service as organization_service
from app.posts import claims as post_claims
from app.posts import duties as post_duties
from app.records import certificates
from app.residents import service as resident_service
from app.statistics import triage as statistic_triage
from app.wishes import claims as wish_claims

CONSTRAINTS: Mapping[str, type[AppError]] = {
    **organization_service.CONSTRAINTS,
    **commitments.CONSTRAINTS,
    **member_service.CONSTRAINTS,
    **transfer_service.CONSTRAINTS,
    **resident_service.CONSTRAINTS,
    **post_claims.CONSTRAINTS,
    **post_duties.CONSTRAINTS,
    **wish_claims.CONSTRAINTS,
    **certificates.CONSTRAINTS,
    **evaluation_objections.CONSTRAINTS,
    **evaluation_commendations.CONSTRAINTS,
    **organization_pairing_service.CONSTRAINTS,
    **emergency_seats.CONSTRAINTS,
    **emergency_teams.CONSTRAINTS,
    **order_polls.CONSTRAINTS,
    **evaluation_cycles.CONSTRAINTS,
    **appraisal_panels.CONSTRAINTS,
    **appraisal_counting.CONSTRAINTS,
    **rater_openings.CONSTRAINTS,
    **identity_phones.CONSTRAINTS,
    **identity_role_service.CONSTRAINTS,
    **statistic_triage.CONSTRAINTS,
}
