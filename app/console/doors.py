"""The pages, a group a line."""

from app.console import account, assets, elsewhere, inbox, sign_in
from app.console.branch import opinions, polls, takes
from app.console.branch import orders as branch_orders
from app.console.community import (
    attendance,
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
    sheets,
    transfers,
    triage,
)
from app.console.employer import applications, reports, roster, standing, talks
from app.console.oversight import audit, handed_up, imports, organizations, policies, roles
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
    registrations.router,
    registration.router,
    members.router,
    counter.router,
    transfers.router,
    sheets.router,
    reports.router,
    roster.router,
    applications.router,
    standing.router,
    talks.router,
    branch_orders.router,
    takes.router,
    polls.router,
    opinions.router,
    organizations.router,
    imports.router,
    handed_up.router,
    roles.router,
    policies.router,
    audit.router,
    sign_in.router,
    account.router,
    assets.router,
    elsewhere.router,  # the last: it answers to everything below /console
)
