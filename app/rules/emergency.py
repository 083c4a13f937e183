"""Call-ups, replies, shifts, teams for these; stored plans."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, any_, bindparam, literal_column, or_, select
from sqlalchemy.orm import aliased

from app.models.call_up_plan import CallUpPlan
from app.models.emergency import CallUp, Reply, Shift, ShiftSeat
from app.models.organization import PairingStatus
from app.models.person import Role
from app.models.shift_team import ShiftTeam, TeamMember
from app.rules.names import Permission
from app.rules.words import (
    EMPLOYER_SECRETARY,
    LEVELS,
    PERSON,
    SECRETARY,
    STAFF,
    UUIDS,
    Branch,
    Moving,
    Pairing,
    callable_by_phone,
    held_below,
    over,
)

Called = aliased(Reply)
Duty = aliased(Shift)
OnDuty = aliased(ShiftSeat)
Calling = aliased(CallUp)
Teammate = aliased(TeamMember)
was_called = (
    select(Called.id).where(Called.call_up_id == CallUp.id, Called.person_id == PERSON).exists()
)
has_call_list = (
    select(Called.id)
    .join(Moving, Moving.id == Called.registration_id)
    .where(
        Called.call_up_id == CallUp.id,
        or_(
            Moving.community_id.in_(held_below(*STAFF)),
            Moving.functional_group_id.in_(held_below(Role.GROUP_LEADER)),
        ),
    )
    .exists()
)
stands_on_shift = (
    select(OnDuty.id)
    .join(Duty, Duty.id == OnDuty.shift_id)
    .where(Duty.call_up_id == CallUp.id, OnDuty.person_id == PERSON)
    .exists()
)
# a branch secretary approves beside the community's own
is_of_functional_branch = (
    select(Branch.id)
    .where(
        Branch.id == any_(bindparam(f"held_{Role.BRANCH_SECRETARY}", type_=UUIDS)),
        Branch.kind == "functional_branch",
        CallUp.organization_id == any_(Branch.lineage),
    )
    .exists()
)
is_paired = (
    select(Pairing.id)
    .join(Branch, Branch.id == Pairing.community_id)
    .where(
        CallUp.organization_id == any_(Branch.lineage),
        Pairing.status == literal_column(f"'{PairingStatus.ACTIVE}'"),
        over(Pairing.employer_id, *EMPLOYER_SECRETARY),
    )
    .exists()
)
is_held_by_employer = (
    select(Branch.id).where(Branch.id == Shift.holder_id, Branch.kind == "employer").exists()
)
approves_call_up = (
    over(CallUp.organization_id, *SECRETARY, *LEVELS, Role.BRANCH_SECRETARY)
    | is_of_functional_branch
)

is_in_team = (
    select(Teammate.id)
    .where(
        Teammate.shift_team_id == ShiftTeam.id,
        Teammate.person_id == PERSON,
        Teammate.left_at.is_(None),
    )
    .exists()
)
runs_teams_call_up = (
    select(Duty.id)
    .join(Calling, Calling.id == Duty.call_up_id)
    .where(Duty.id == ShiftTeam.shift_id, over(Calling.organization_id, *STAFF, *LEVELS))
    .exists()
)

calls_below_plan = (
    select(Branch.id)
    .where(
        CallUpPlan.organization_id == any_(Branch.lineage),
        or_(Branch.kind == "community", Branch.kind == "subdistrict"),
        or_(
            *(
                Branch.id == any_(bindparam(f"held_{role}", type_=UUIDS))
                for role in (*STAFF, *LEVELS)
            )
        ),
    )
    .exists()
)

P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # of CallUp, Reply, Shift, ShiftSeat
    P.CALL_UP_READ: over(CallUp.organization_id, *STAFF)
    | approves_call_up
    | was_called
    | has_call_list
    | stands_on_shift
    | and_(CallUp.status != "draft", is_paired),
    P.CALL_UP_APPROVE: approves_call_up,
    P.CALL_UP_RUN: over(CallUp.organization_id, *STAFF, *LEVELS),
    P.CALL_UP_LOCATE: over(CallUp.organization_id, Role.DISTRICT_ADMIN),
    P.CALL_UP_PHONE: has_call_list,
    P.CALL_UP_PROTECTED: over(CallUp.organization_id, *SECRETARY),
    P.REPLY_GIVE: (Reply.person_id == PERSON)
    | select(Moving.id)
    .where(Moving.id == Reply.registration_id, callable_by_phone(Moving))
    .exists(),
    P.SHIFT_NAME: over(Shift.holder_id, Role.GROUP_LEADER)
    | and_(is_held_by_employer, over(Shift.holder_id, *EMPLOYER_SECRETARY)),
    P.SHIFT_SEAT_OWN: ShiftSeat.person_id == PERSON,
    # of CallUpPlan
    P.CALL_UP_PLAN_READ: over(CallUpPlan.organization_id, *STAFF, *LEVELS) | calls_below_plan,
    P.CALL_UP_PLAN_KEEP: over(CallUpPlan.organization_id, *STAFF, *LEVELS),
    # of ShiftTeam
    P.SHIFT_TEAM_READ: is_in_team | runs_teams_call_up,
    P.SHIFT_TEAM_LEAD: ShiftTeam.leader_id == PERSON,
}
