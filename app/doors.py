"""Every door of the house: the one place that opens the routes of the rooms."""

from app.appraisals import opening_routes as rater_openings
from app.appraisals import panel_routes as appraisal_panels
from app.appraisals import rating_routes as appraisal_ratings
from app.appraisals import routes as appraisals
from app.console import doors as console
from app.emergency import plan_routes as emergency_plans
from app.emergency import routes as emergency
from app.emergency import shift_routes as emergency_shifts
from app.emergency import team_routes as emergency_teams
from app.evaluations import item_routes as evaluation_items
from app.evaluations import routes as evaluations
from app.evaluations import talk_routes as evaluation_talks
from app.files import routes as files
from app.home import routes as home
from app.http import docs, health
from app.http.room import Room
from app.identity import role_routes as identity_roles
from app.identity import routes as identity
from app.identity import ticket_routes as sign_in_tickets
from app.members import counter_routes as registrations_at_counter
from app.members import qualification_routes as qualifications
from app.members import roster_routes as rosters
from app.members import routes as members
from app.members import stated_routes as member_statements
from app.members import transfer_routes as transfers
from app.members import work_list_routes as registration_lists
from app.needs import level_routes as need_levels
from app.needs import routes as needs
from app.notifications import calendar_routes as calendars
from app.notifications import routes as notifications
from app.orders import branch_routes as order_branches
from app.orders import code_routes as order_codes
from app.orders import matching_routes as order_matching
from app.orders import offer_routes as order_offers
from app.orders import photo_routes as order_photos
from app.orders import plan_routes as order_plans
from app.orders import poll_routes as order_polls
from app.orders import routes as orders
from app.orders import series_routes as order_series
from app.orders import unmet_routes as order_unmet
from app.organizations import import_routes as organization_imports
from app.organizations import pairing_routes as organization_pairings
from app.organizations import routes as organizations
from app.policies import routes as policies
from app.posts import routes as posts
from app.printables import routes as printables
from app.pushes import routes as pushes
from app.ratings import routes as ratings
from app.records import certificate_routes as certificates
from app.records import routes as records
from app.records import sample_routes as record_samples
from app.reports import branch_routes as report_branches
from app.reports import export_routes as report_exports
from app.reports import routes as reports
from app.reports import run_routes as report_runs
from app.residents import routes as residents
from app.statistics import routes as statistics
from app.statistics import triage_routes as triage
from app.verification import routes as verification
from app.wishes import claim_routes as wish_claims
from app.wishes import routes as wishes

# Hottest first: a request is held against each route until one answers.
ROUTERS: tuple[Room, ...] = (
    orders.hot,
    notifications.hot,
    records.hot,
    notifications.router,
    home.router,
    organizations.router,
    organizations.communities,
    organization_imports.router,
    organization_imports.community,
    organization_pairings.router,
    organization_pairings.of_organization,
    policies.router,
    identity.sessions,
    identity.router,
    identity_roles.router,
    sign_in_tickets.router,
    orders.router,
    order_offers.router,
    order_branches.router,
    order_codes.router,
    order_photos.router,
    order_series.router,
    order_plans.router,
    order_matching.router,
    order_polls.router,
    order_unmet.router,
    emergency.router,
    emergency_shifts.router,
    emergency_teams.router,
    emergency_plans.router,
    members.router,
    registration_lists.router,
    registrations_at_counter.router,
    qualifications.router,
    member_statements.router,
    rosters.router,
    transfers.router,
    residents.router,
    posts.router,
    wishes.router,
    wish_claims.router,
    needs.router,
    need_levels.router,
    files.router,
    records.router,
    record_samples.router,
    certificates.router,
    certificates.paper,
    evaluations.router,
    evaluation_items.router,
    evaluation_talks.router,
    reports.router,
    report_branches.router,
    report_runs.router,
    report_exports.router,
    report_exports.paper,
    ratings.router,
    statistics.router,
    triage.router,
    appraisals.router,
    appraisal_panels.router,
    appraisal_ratings.router,
    rater_openings.router,
    verification.router,
    printables.router,
    calendars.router,
    calendars.issuing,
    pushes.router,
    health.router,
    docs.router,
    *console.ROUTERS,  # the last: they answer to everything below /console
)
