"""Who may do what: one table, one SQL condition over binds for each permission.

A condition is built when the module loads and never written a second time in Python. Three words
make nearly every rule: the person stands in a column, a role is held on an organization or above
it (`over`), the place is one of the person's own or above them (`at_home`). Whatever else a rule
looks at is an `exists` over an alias, or it would correlate with the query's own joins.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from app.models.emergency import CallUp, Reply, Shift, ShiftSeat
from app.models.member import Member, Registration, RegistrationStatus, Resident, Transfer
from app.models.need import Need
from app.models.order import FREED, UNPROMISED, BranchTake, Order, Seat, SeatStatus, ServiceRecord
from app.models.organization import (
    Import,
    Organization,
    OrganizationRegistration,
    PairingStatus,
)
from app.models.person import Role
from app.models.post import Claim, Post, PostStatus
from app.models.report import Report, ReportKind


class Permission(StrEnum):
    """`noun:verb`; the comment names the table that the rule reads."""

    # organizations
    ORGANIZATION_EDIT = "organization:edit"
    ORGANIZATION_ADMIT = "organization:admit"  # whether a community takes part
    ORGANIZATION_STAFF = "organization:staff"  # appointments and roles
    ORGANIZATION_POLICY = "organization:policy"
    TENANT_RUN = "tenant:run"  # divisions, content, employers of the city
    EMPLOYERS_IMPORT = "employers:import"
    COMMUNITY_IMPORT = "community:import"
    COMMUNITY_READ = "community:read"  # members' and orders' lists of the community
    COMMUNITY_BOARD = "community:board"  # open orders of the community
    COMMUNITY_REGISTER = "community:register"
    COMMUNITY_PROTECTED = "community:protected"  # members whom only the secretary sees
    COMMUNITY_TRIAGE = "community:triage"
    COMMUNITY_HEAR = "community:hear"  # what residents say about members
    COMMUNITY_ENTER = "community:enter"  # needs on behalf of residents
    COMMUNITY_ORDER = "community:order"
    COMMUNITY_REPORT = "community:report"
    BRANCH_TAKE = "branch:take"  # places on orders in the name of a branch, group or employer
    COMMUNITY_CALL_UP = "community:call_up"  # also a subdistrict's
    EMPLOYER_ROSTER = "employer:roster"
    EMPLOYER_CHECKS = "employer:checks"  # applications on which employers were silent
    EMPLOYER_FACTS = "employer:facts"
    EMPLOYER_REPORTS = "employer:reports"
    EMPLOYER_BLOCK = "employer:block"  # a whole shift for its own members
    GROUP_BLOCK = "group:block"
    SUMMARY_COMPILE = "summary:compile"
    IMPORT_APPLY = "import:apply"
    PAIRING_PROPOSE = "pairing:propose"
    PAIRING_LIST = "pairing:list"
    PAIRING_READ = "pairing:read"
    PAIRING_CONFIRM = "pairing:confirm"
    PAIRING_END = "pairing:end"
    # members
    MEMBER_READ = "member:read"
    MEMBER_EDIT = "member:edit"
    REGISTRATION_READ = "registration:read"
    REGISTRATION_OWN = "registration:own"
    REGISTRATION_CONFIRM = "registration:confirm"
    REGISTRATION_ACCEPT = "registration:accept"
    REGISTRATION_SUSPEND = "registration:suspend"
    REGISTRATION_UNMASK = "registration:unmask"
    REGISTRATION_REASON = "registration:reason"  # reasons that a community does not learn
    TRANSFER_READ = "transfer:read"
    TRANSFER_LET_GO = "transfer:let_go"
    TRANSFER_TAKE_IN = "transfer:take_in"
    TRANSFER_OWN = "transfer:own"
    RESIDENT_READ = "resident:read"
    # needs
    NEED_READ = "need:read"
    NEED_SUPPORT = "need:support"  # it concerns the neighbour too
    NEED_OWN = "need:own"
    NEED_SPEAK = "need:speak"  # in the resident's place, where he has no account
    NEED_TRIAGE = "need:triage"
    NEED_CONTACT = "need:contact"
    NEED_ANSWER_FOR = "need:answer_for"
    NEED_DECIDE = "need:decide"
    # orders
    ORDER_READ = "order:read"
    ORDER_RUN = "order:run"
    ORDER_ATTEND = "order:attend"
    ORDER_CONTACT = "order:contact"
    ORDER_PROTECTED = "order:protected"  # names of members whom only the secretary sees
    SEAT_READ = "seat:read"
    SEAT_OWN = "seat:own"
    TAKE_READ = "take:read"  # what a branch has taken
    TAKE_NAME = "take:name"  # who comes for it
    RECORD_READ = "record:read"
    RECORD_OWN = "record:own"
    RECORD_CORRECT = "record:correct"
    # call-ups
    CALL_UP_READ = "call_up:read"
    CALL_UP_APPROVE = "call_up:approve"
    CALL_UP_RUN = "call_up:run"
    CALL_UP_LOCATE = "call_up:locate"  # requires the location of who comes
    CALL_UP_PHONE = "call_up:phone"  # has a call list of his own
    CALL_UP_PROTECTED = "call_up:protected"
    REPLY_GIVE = "reply:give"
    SHIFT_NAME = "shift:name"
    SHIFT_SEAT_OWN = "shift_seat:own"
    # posts
    POST_BOARD = "post:board"  # open posts of a community
    POST_KEEP = "post:keep"  # the community's own list of posts, its claims, what it might offer
    POST_READ = "post:read"
    POST_RUN = "post:run"
    CLAIM_READ = "claim:read"
    CLAIM_OWN = "claim:own"
    CLAIM_RUN = "claim:run"
    # reports
    REPORT_READ = "report:read"
    REPORT_OWN = "report:own"
    REPORT_SIGN = "report:sign"
    REPORT_FACTS = "report:facts"  # of every member of the employer
    REPORT_VOTES = "report:votes"  # votes and opinions, of every member
    REPORT_ACKNOWLEDGE = "report:acknowledge"
    # the house
    AUDIT_READ = "audit:read"


UUIDS = ARRAY(Uuid())
PERSON = bindparam("person", type_=Uuid())
SYSTEM = bindparam("is_system", type_=Boolean())
PLACES = bindparam("places", type_=UUIDS)

Above = aliased(Organization)
Branch = aliased(Organization)
Mine = aliased(Seat)
Line = aliased(Member)
Moving = aliased(Registration)
Served = aliased(Order)
Paired = aliased(OrganizationRegistration)
Under = aliased(Organization)
Called = aliased(Reply)
Duty = aliased(Shift)
OnDuty = aliased(ShiftSeat)
Pairing = aliased(OrganizationRegistration)
Enrolled = aliased(Registration)
Claimed = aliased(Claim)


def over(organization_id: Any, *roles: Role) -> ColumnElement[bool]:
    """One of `roles` is held on this organization or on one above it."""
    held = (Above.lineage.overlap(bindparam(f"held_{role}", type_=UUIDS)) for role in roles)
    return select(Above.id).where(Above.id == organization_id, or_(*held)).exists()


def here(*roles: Role) -> ColumnElement[bool]:
    """As `over`, of an organization's own row."""
    return or_(
        *(Organization.lineage.overlap(bindparam(f"held_{role}", type_=UUIDS)) for role in roles)
    )


def held_below(*roles: Role) -> Select[UUID]:
    """The organizations on which, or above which, one of `roles` is held; asked once, not a row."""
    held = (Under.lineage.overlap(bindparam(f"held_{role}", type_=UUIDS)) for role in roles)
    return select(Under.id).where(or_(*held))


CITY = (Role.CITY_ADMIN,)
LEVELS = (Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN, Role.CITY_ADMIN)
DISTRICTS = (Role.DISTRICT_ADMIN, Role.CITY_ADMIN)
STAFF = (Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY)
SECRETARY = (Role.COMMUNITY_SECRETARY,)
GRID = (Role.GRID_WORKER, Role.GRID_HELPER)
HELPERS = (*GRID, Role.BUILDING_HELPER)
# what is said about a member goes to these and to nobody else. Source: practice.md R18
HEARERS = (Role.COMMUNITY_SECRETARY, Role.SUBDISTRICT_ADMIN)
EMPLOYER = (Role.EMPLOYER_CLERK, Role.EMPLOYER_SECRETARY)
EMPLOYER_SECRETARY = (Role.EMPLOYER_SECRETARY,)
TAKERS = (
    Role.BRANCH_SECRETARY,
    Role.BRANCH_DEPUTY,
    Role.GROUP_LEADER,
    Role.EMPLOYER_SECRETARY,
)

# What may take an order in its own name.
COMMUNITY_SIDE = ("functional_branch", "functional_group", "grid_branch", "compound_branch")
EMPLOYER_SIDE = ("employer", "employer_branch")
TAKING = (*COMMUNITY_SIDE, *EMPLOYER_SIDE)

at_home = Organization.id == any_(PLACES)
own_registration = Registration.person_id == PERSON


def protected(registration: Any) -> ColumnElement[bool]:
    """Of a member whom, in a community, only its secretary sees."""
    return select(Line.id).where(Line.id == registration.member_id, Line.is_protected).exists()


def callable_by_phone(registration: Any) -> ColumnElement[bool]:
    """Community and group leader may call a member, without a reason. Source: defaults.yaml
    `unmasking`."""
    return (
        over(registration.community_id, *SECRETARY)
        | and_(over(registration.community_id, Role.COMMUNITY_CLERK), ~protected(registration))
        | and_(over(registration.functional_group_id, Role.GROUP_LEADER), ~protected(registration))
    )


is_protected = protected(Registration)
own_transfer = (
    select(Moving.id)
    .where(Moving.id == Transfer.registration_id, Moving.person_id == PERSON)
    .exists()
)
is_protected_move = (
    select(Moving.id)
    .join(Line, Line.id == Moving.member_id)
    .where(Moving.id == Transfer.registration_id, Line.is_protected)
    .exists()
)


def side(organization_id: Any) -> ColumnElement[bool]:
    """The people of one side of a transfer; of a protected member, in a community, its secretary."""
    return or_(
        over(organization_id, *SECRETARY, *EMPLOYER),
        and_(over(organization_id, Role.COMMUNITY_CLERK), ~is_protected_move),
    )


def is_living(seat: Any) -> ColumnElement[bool]:
    """The seat still holds its place. Literals, so that the partial index of living seats serves."""
    living: ColumnElement[bool] = seat.status.not_in(
        [literal_column(f"'{status}'") for status in FREED]
    )
    return living


def is_enrolled(community_id: Any) -> ColumnElement[bool]:
    """The person is a registered member of this community."""
    return (
        select(Enrolled.id)
        .where(
            Enrolled.person_id == PERSON,
            Enrolled.community_id == community_id,
            Enrolled.status == RegistrationStatus.ACTIVE,
        )
        .exists()
    )


has_claimed = (
    select(Claimed.id).where(Claimed.post_id == Post.id, Claimed.person_id == PERSON).exists()
)
is_protected_claim = (
    select(Moving.id)
    .join(Line, Line.id == Moving.member_id)
    .where(Moving.id == Claim.registration_id, Line.is_protected)
    .exists()
)
runs_claim = over(Claim.community_id, *SECRETARY) | and_(
    over(Claim.community_id, Role.COMMUNITY_CLERK), ~is_protected_claim
)
# Who has a living seat, and still does not meet the resident.
NOT_COMING = (*UNPROMISED, SeatStatus.NO_SHOW)
asked = Need.requester_id == PERSON
is_about_member = Need.kind == "about_member"


def of_need(*roles: Role) -> ColumnElement[bool]:
    """`roles` on the need's community; of what is said about a member, the few who hear it."""
    return or_(
        and_(~is_about_member, over(Need.community_id, *roles)),
        and_(is_about_member, over(Need.community_id, *HEARERS)),
    )


decides_need = or_(
    and_(~is_about_member, over(Need.community_id, *LEVELS)),
    over(Need.community_id, Role.SUBDISTRICT_ADMIN),
)
holds = and_(Mine.order_id == Order.id, Mine.person_id == PERSON, is_living(Mine))
serves = select(Mine.id).where(holds).exists()
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
branch_or_employer = or_(
    over(Registration.employer_id, *EMPLOYER),
    select(Line.id)
    .where(Line.id == Registration.member_id, over(Line.branch_id, *EMPLOYER_SECRETARY))
    .exists(),
)
is_with_district = and_(
    Registration.handed_up_at.is_not(None), over(Registration.employer_id, *DISTRICTS)
)
is_protected_sheet = (
    select(Moving.id)
    .join(Line, Line.id == Moving.member_id)
    .where(Moving.id == Report.registration_id, Line.is_protected)
    .exists()
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


def has_own_branch(employer_id: Any) -> ColumnElement[bool]:
    """Secretary of a branch of this employer."""
    held = bindparam(f"held_{Role.EMPLOYER_SECRETARY}", type_=UUIDS)
    return (
        select(Branch.id)
        .where(
            Branch.id == any_(held),
            Branch.kind == "employer_branch",
            employer_id == any_(Branch.lineage),
        )
        .exists()
    )


# who speaks for a branch or group of the order's community, or of an employer registered with it
speaks_there = (
    select(Branch.id)
    .where(
        or_(*(Branch.id == any_(bindparam(f"held_{role}", type_=UUIDS)) for role in TAKERS)),
        Branch.kind.in_([literal_column(f"'{kind}'") for kind in TAKING]),
        or_(
            Order.community_id == any_(Branch.lineage),
            select(Paired.id)
            .where(
                Paired.employer_id == any_(Branch.lineage),
                Paired.community_id == Order.community_id,
                Paired.status == literal_column("'active'"),
            )
            .exists(),
        ),
    )
    .exists()
)
of_organiser = (
    select(Served.id)
    .where(Served.id == BranchTake.order_id, over(Served.community_id, *STAFF))
    .exists()
)
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

P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # organizations: Organization
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
    P.COMMUNITY_TRIAGE: here(*STAFF),
    P.COMMUNITY_HEAR: here(*HEARERS),
    P.COMMUNITY_ENTER: here(*STAFF, *HELPERS),
    P.COMMUNITY_ORDER: here(*STAFF),
    P.COMMUNITY_REPORT: here(*SECRETARY),
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
    P.AUDIT_READ: here(Role.AUDITOR),
    # imports: Import
    P.IMPORT_APPLY: (Import.uploaded_by_id == PERSON) | over(Import.organization_id, *CITY),
    # pairings: OrganizationRegistration
    P.PAIRING_READ: of_pairing,
    P.PAIRING_CONFIRM: confirms_pairing,
    P.PAIRING_END: of_pairing,
    # members: Member, Registration, Transfer, Resident
    P.MEMBER_READ: (Member.person_id == PERSON)
    | over(Member.employer_id, *EMPLOYER)
    | over(Member.branch_id, *EMPLOYER_SECRETARY),
    P.MEMBER_EDIT: over(Member.employer_id, *EMPLOYER),
    P.REGISTRATION_READ: own_registration
    | over(Registration.community_id, *SECRETARY)
    | and_(over(Registration.community_id, Role.COMMUNITY_CLERK), ~is_protected)
    | branch_or_employer
    | is_with_district,
    P.REGISTRATION_OWN: own_registration,
    P.REGISTRATION_CONFIRM: over(Registration.employer_id, *EMPLOYER) | is_with_district,
    P.REGISTRATION_ACCEPT: over(Registration.community_id, *SECRETARY)
    | and_(over(Registration.community_id, Role.COMMUNITY_CLERK), ~is_protected),
    P.REGISTRATION_SUSPEND: own_registration
    | over(Registration.community_id, *STAFF)
    | over(Registration.employer_id, *EMPLOYER),
    P.REGISTRATION_UNMASK: callable_by_phone(Registration),
    P.REGISTRATION_REASON: own_registration | over(Registration.employer_id, *EMPLOYER_SECRETARY),
    P.TRANSFER_READ: side(Transfer.from_id) | side(Transfer.to_id) | own_transfer,
    P.TRANSFER_LET_GO: side(Transfer.from_id),
    P.TRANSFER_TAKE_IN: side(Transfer.to_id),
    P.TRANSFER_OWN: own_transfer,
    P.RESIDENT_READ: (Resident.person_id == PERSON) | over(Resident.community_id, *STAFF),
    # needs: Need
    P.NEED_READ: asked
    | (Need.entered_by_id == PERSON)
    | of_need(*STAFF)
    | and_(Need.status == "handed_up", decides_need),
    P.NEED_SUPPORT: and_(~is_about_member, Need.community_id == any_(PLACES)),
    P.NEED_OWN: asked,
    P.NEED_SPEAK: asked | and_(Need.requester_id.is_(None), of_need(*STAFF, *HELPERS)),
    P.NEED_TRIAGE: of_need(*STAFF),
    P.NEED_CONTACT: of_need(*STAFF),
    P.NEED_ANSWER_FOR: of_need(*STAFF, *HELPERS),
    P.NEED_DECIDE: decides_need,
    # orders: Order, Seat, BranchTake, ServiceRecord
    P.ORDER_READ: and_(
        Order.status != "draft",
        or_(Order.community_id == any_(PLACES), serves, speaks_there),
    )
    | over(Order.community_id, *STAFF, *LEVELS, *GRID)
    | over(Order.building_id, *GRID),
    P.ORDER_RUN: over(Order.community_id, *STAFF),
    P.ORDER_ATTEND: over(Order.community_id, *STAFF, *GRID) | over(Order.building_id, *GRID),
    P.ORDER_CONTACT: select(Mine.id)
    .where(holds, Mine.status.not_in([literal_column(f"'{status}'") for status in NOT_COMING]))
    .exists(),
    P.ORDER_PROTECTED: over(Order.community_id, *SECRETARY),
    P.SEAT_READ: (Seat.person_id == PERSON)
    | select(Served.id)
    .where(Served.id == Seat.order_id, over(Served.community_id, *STAFF))
    .exists(),
    P.SEAT_OWN: Seat.person_id == PERSON,
    P.TAKE_READ: over(BranchTake.organization_id, *TAKERS) | of_organiser,
    P.TAKE_NAME: over(BranchTake.organization_id, *TAKERS),
    P.RECORD_READ: (ServiceRecord.person_id == PERSON)
    | over(ServiceRecord.community_id, *STAFF)
    | over(ServiceRecord.employer_id, *EMPLOYER),
    P.RECORD_OWN: ServiceRecord.person_id == PERSON,
    P.RECORD_CORRECT: over(ServiceRecord.community_id, *STAFF),
    # call-ups: CallUp, Reply, Shift, ShiftSeat
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
    # posts: Organization, Post, Claim
    P.POST_BOARD: is_enrolled(Organization.id) | here(*STAFF, *LEVELS),
    P.POST_KEEP: here(*STAFF),
    P.POST_READ: and_(
        Post.status != PostStatus.DRAFT, or_(is_enrolled(Post.community_id), has_claimed)
    )
    | over(Post.community_id, *STAFF, *LEVELS),
    P.POST_RUN: over(Post.community_id, *STAFF),
    P.CLAIM_READ: (Claim.person_id == PERSON) | runs_claim,
    P.CLAIM_OWN: Claim.person_id == PERSON,
    P.CLAIM_RUN: runs_claim,
    # reports: Report
    P.REPORT_READ: (Report.person_id == PERSON)
    | and_(Report.kind == ReportKind.MEMBER_SHEET, over(Report.issuer_id, *SECRETARY))
    | and_(
        Report.delivered_at.is_not(None),
        or_(
            over(Report.employer_id, *EMPLOYER_SECRETARY),
            and_(over(Report.employer_id, Role.EMPLOYER_CLERK), ~is_protected_sheet),
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
    P.REPORT_FACTS: over(Report.employer_id, *EMPLOYER),
    P.REPORT_VOTES: over(Report.employer_id, *EMPLOYER_SECRETARY) | of_own_branch,
    P.REPORT_ACKNOWLEDGE: and_(
        Report.kind == ReportKind.EMPLOYER_SUMMARY,
        over(Report.employer_id, *EMPLOYER_SECRETARY),
    ),
}
