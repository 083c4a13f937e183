"""The pages, a group a line."""

from app.console import account, assets, elsewhere, inbox, sign_in
from app.console.community import (
    attendance,
    certificates,
    claims,
    counter,
    duplicates,
    entry,
    follow_ups,
    members,
    needs,
    orders,
    photos,
    posts,
    records,
    registration,
    registrations,
    roll_ups,
    samples,
    sheets,
    triage,
)
from app.console.employer import reports, roster, talks
from app.console.oversight import audit, imports, organizations, policies, roles
from app.http.room import Room

ROUTERS: tuple[Room, ...] = (
    inbox.router,
    entry.router,
    needs.router,
    follow_ups.router,
    duplicates.router,
    triage.router,
    roll_ups.router,
    claims.router,
    posts.router,
    photos.router,
    orders.router,
    attendance.router,
    records.router,
    samples.router,
    certificates.router,
    registrations.router,
    registration.router,
    members.router,
    counter.router,
    sheets.router,
    reports.router,
    roster.router,
    talks.router,
    organizations.router,
    imports.router,
    roles.router,
    policies.router,
    audit.router,
    sign_in.router,
    account.router,
    assets.router,
    elsewhere.router,  # the last: it answers to everything below /console
)
