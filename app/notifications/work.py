"""The kinds of work that wait for people, a line each; `waiting` counts them."""

from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    DateTime,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app.models.commendation import Commendation, CommendationStatus
from app.models.emergency import CallUp, CallUpApproval, CallUpStatus
from app.models.file import File
from app.models.member import Registration, RegistrationStatus, Transfer, TransferStatus
from app.models.need import Need, NeedStatus
from app.models.negative_item import NegativeItem, NegativeItemStatus
from app.models.objection import Objection, ObjectionStatus
from app.models.order import BranchTake, Order, OrderStatus
from app.models.organization import (
    NamedOrganization,
    OrganizationRegistration,
    PairingStatus,
)
from app.models.person import Role
from app.models.post import Claim, ClaimStatus
from app.models.record import (
    Certificate,
    CertificateStatus,
    RecordSample,
    RecordStatus,
    SampleStatus,
    ServiceRecord,
)
from app.models.report import Report, ReportKind, ReportStatus
from app.models.talk import Talk, TalkStatus
from app.models.wish import Wish, WishStatus
from app.permissions import Permission
from app.rules.words import PERSON, UUIDS

P = Permission
NOW = bindparam("now", type_=DateTime(timezone=True))


class Work(NamedTuple):
    """One kind of work: where it waits, whose step it is, which rows; since when, and until when."""

    kind: str
    place: Any
    permission: Permission
    rows: ColumnElement[bool]
    since: Any
    due: Any = None


Community, Subdistrict = aliased(NamedOrganization), aliased(NamedOrganization)


def _above(community_id: Any) -> Any:
    """The subdistrict of a community."""
    return select(Community.parent_id).where(Community.id == community_id).scalar_subquery()


def _far_above(community_id: Any) -> Any:
    """The district of a community."""
    return (
        select(Subdistrict.parent_id)
        .join(Community, Community.parent_id == Subdistrict.id)
        .where(Community.id == community_id)
        .scalar_subquery()
    )


# Who approves as the secretary of a functional branch has the work there.
Branch = aliased(NamedOrganization)
_own_branch = (
    select(Branch.id)
    .where(
        Branch.id == any_(bindparam(f"held_{Role.BRANCH_SECRETARY}", type_=UUIDS)),
        CallUp.organization_id == any_(Branch.lineage),
    )
    .limit(1)
    .scalar_subquery()
)
_has_approved = (
    select(CallUpApproval.call_up_id)
    .where(CallUpApproval.call_up_id == CallUp.id, CallUpApproval.person_id == PERSON)
    .exists()
)

URGENT = "call_ups_to_approve"  # above everything else
WORK = (
    Work(
        URGENT,
        func.coalesce(_own_branch, CallUp.organization_id),
        P.CALL_UP_APPROVE,
        and_(
            or_(
                CallUp.status == CallUpStatus.DRAFT,
                and_(CallUp.status == CallUpStatus.ACTIVE, CallUp.due_at.is_not(None)),
            ),
            ~_has_approved,
        ),
        CallUp.created_at,
        CallUp.due_at,
    ),
    Work(
        "registrations_to_accept",
        Registration.community_id,
        P.REGISTRATION_ACCEPT,
        and_(
            Registration.status == RegistrationStatus.PENDING_COMMUNITY,
            Registration.channel != "paper_only",
        ),
        Registration.submitted_at,
        Registration.remind_at,
    ),
    Work(
        "registrations_to_confirm",
        Registration.employer_id,
        P.REGISTRATION_CONFIRM,
        Registration.status == RegistrationStatus.PENDING_EMPLOYER,
        Registration.submitted_at,
        Registration.remind_at,
    ),
    Work(
        "transfers_to_let_go",
        Transfer.from_id,
        P.TRANSFER_LET_GO,
        Transfer.status == TransferStatus.REQUESTED,
        Transfer.created_at,
    ),
    Work(
        "transfers_to_take_in",
        Transfer.to_id,
        P.TRANSFER_TAKE_IN,
        Transfer.status == TransferStatus.OUT_CONFIRMED,
        Transfer.updated_at,
    ),
    Work(
        "needs_to_triage",
        Need.community_id,
        P.NEED_TRIAGE,
        or_(Need.status == NeedStatus.SUBMITTED, Need.status == NeedStatus.LAPSED),
        Need.created_at,
        Need.remind_at,
    ),
    Work(
        "needs_to_arrange",
        Need.community_id,
        P.NEED_TRIAGE,
        Need.status == NeedStatus.ACCEPTED,
        Need.updated_at,
        Need.remind_at,
    ),
    Work(
        "needs_to_decide",
        _above(Need.community_id),
        P.NEED_DECIDE,
        Need.status == literal_column("'handed_up'"),  # as in its partial index
        Need.updated_at,
    ),
    Work(
        "orders_to_complete",
        Order.community_id,
        P.ORDER_RUN,
        and_(
            or_(Order.status == OrderStatus.OPEN, Order.status == OrderStatus.IN_PROGRESS),
            Order.ends_at < NOW,
            Order.taken > 0,
        ),
        Order.ends_at,
    ),
    Work(
        "takes_to_name",
        BranchTake.organization_id,
        P.TAKE_NAME,
        and_(
            BranchTake.unnamed > 0,
            BranchTake.names_due_at > NOW,
            select(Order.id)
            .where(Order.id == BranchTake.order_id, Order.status == OrderStatus.OPEN)
            .exists(),
        ),
        BranchTake.created_at,
        BranchTake.names_due_at,
    ),
    Work(
        "records_to_approve",
        ServiceRecord.community_id,
        P.RECORD_CORRECT,
        or_(
            ServiceRecord.status == RecordStatus.PENDING_APPROVAL,
            ServiceRecord.status == RecordStatus.DISPUTED,
        ),
        ServiceRecord.created_at,
        ServiceRecord.remind_at,
    ),
    Work(
        "samples_to_check",
        RecordSample.community_id,
        P.SAMPLE_AUDIT,
        RecordSample.status == SampleStatus.WAITING,
        None,
    ),
    Work(
        "certificates_to_check",
        Certificate.community_id,
        P.CERTIFICATE_CHECK,
        Certificate.status == CertificateStatus.REQUESTED,
        Certificate.created_at,
        Certificate.remind_at,
    ),
    Work(
        "certificates_to_issue",
        Certificate.community_id,
        P.CERTIFICATE_ISSUE,
        Certificate.status == CertificateStatus.CHECKED,
        Certificate.updated_at,
        Certificate.remind_at,
    ),
    Work(
        "claims_to_decide",
        Claim.community_id,
        P.CLAIM_RUN,
        or_(Claim.status == ClaimStatus.PENDING, Claim.status == ClaimStatus.EXIT_PENDING),
        Claim.updated_at,
        Claim.due_at,
    ),
    Work(
        "wishes_to_check",
        Wish.community_id,
        P.WISH_RUN,
        or_(
            Wish.status == WishStatus.SUBMITTED,
            Wish.status == WishStatus.VERIFIED,
            Wish.status == WishStatus.UNDECIDED,
            Wish.status == WishStatus.FULFILLED,
        ),
        Wish.updated_at,
        Wish.remind_at,
    ),
    Work(
        "photos_to_look_at",
        File.community_id,
        P.FILE_DECIDE,
        File.status == literal_column("'held'"),  # as in its partial index
        File.updated_at,
    ),
    Work(
        "sheets_to_sign",
        Report.issuer_id,
        P.REPORT_SIGN,
        and_(Report.kind == ReportKind.MEMBER_SHEET, Report.status == ReportStatus.DRAFT),
        Report.created_at,
    ),
    Work(
        "summaries_to_acknowledge",
        Report.employer_id,
        P.REPORT_ACKNOWLEDGE,
        and_(Report.kind == ReportKind.EMPLOYER_SUMMARY, Report.status == ReportStatus.DELIVERED),
        Report.delivered_at,
        Report.remind_at,
    ),
    Work(
        "items_to_agree",
        NegativeItem.functional_branch_id,
        P.NEGATIVE_AGREE,
        NegativeItem.status == NegativeItemStatus.ALLEGED,
        NegativeItem.created_at,
        NegativeItem.due_at,
    ),
    Work(
        "items_to_confirm",
        NegativeItem.community_id,
        P.NEGATIVE_CONFIRM,
        NegativeItem.status == NegativeItemStatus.ANSWERED,
        NegativeItem.updated_at,
        NegativeItem.due_at,
    ),
    Work(
        "items_to_review",
        _above(NegativeItem.community_id),
        P.NEGATIVE_REVIEW,
        NegativeItem.status == NegativeItemStatus.CONFIRMED,
        NegativeItem.updated_at,
        NegativeItem.due_at,
    ),
    Work(
        "objections_to_answer",
        Objection.community_id,
        P.OBJECTION_ANSWER,
        Objection.status == ObjectionStatus.RAISED,
        Objection.created_at,
        Objection.due_at,
    ),
    Work(
        "objections_to_decide",
        _above(Objection.community_id),
        P.OBJECTION_DECIDE,
        Objection.status == ObjectionStatus.ANSWERED,
        Objection.updated_at,
        Objection.remind_at,
    ),
    Work(
        "objections_to_settle",
        _far_above(Objection.community_id),
        P.OBJECTION_SETTLE,
        Objection.status == ObjectionStatus.APPEALED,
        Objection.updated_at,
        Objection.remind_at,
    ),
    Work(
        "talks_to_hold",
        Talk.employer_id,
        P.TALK_HOLD,
        or_(Talk.status == TalkStatus.OPENED, Talk.status == TalkStatus.SCHEDULED),
        Talk.created_at,
        Talk.due_at,
    ),
    Work(
        "commendations_to_confirm",
        Commendation.functional_branch_id,
        P.COMMENDATION_CONFIRM,
        Commendation.status == CommendationStatus.PROPOSED,
        Commendation.created_at,
        Commendation.due_at,
    ),
    Work(
        "pairings_to_confirm",
        case(
            (
                OrganizationRegistration.proposed_by == "employer",
                OrganizationRegistration.community_id,
            ),
            else_=OrganizationRegistration.employer_id,
        ),
        P.PAIRING_CONFIRM,
        OrganizationRegistration.status == PairingStatus.PROPOSED,
        OrganizationRegistration.created_at,
    ),
)
