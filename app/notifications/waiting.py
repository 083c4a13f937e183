"""What waits for a person, over all rooms: for each of his places and kinds of work how many, and since
when. One statement; a kind is a line.

It speaks of those who hold a role in the very place (an administrator above is not to do the work of
every community), and counts only what the rule of the step lets them do. Source: practice.md F.
"""

from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    and_,
    any_,
    bindparam,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from app.core import clock
from app.core.prepared import Prepared, Reader
from app.models.file import File, FileStatus
from app.models.member import Registration, RegistrationStatus, Transfer, TransferStatus
from app.models.need import Need, NeedStatus
from app.models.order import Order, OrderStatus
from app.models.organization import Organization
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
from app.models.wish import Wish, WishStatus
from app.permissions import Actor, Permission, may, named_roles
from app.rules.words import UUIDS

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


WORK = (
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
        ),
        Wish.updated_at,
        Wish.remind_at,
    ),
    Work(
        "photos_to_look_at",
        File.community_id,
        P.FILE_DECIDE,
        File.status == FileStatus.HELD,
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
)


async def show(reader: Reader, actor: Actor) -> list[dict[str, Any]]:
    """A row for each kind and place: `kind`, the place's id and name, how many, `since_at` of the
    oldest, `due_at` of the first; who is due or waits longest is first."""
    return await WAITING.rows(reader, actor.binds() | {"now": clock.now()})


def _counted(work: Work) -> Select[Any]:
    is_mine = or_(
        *(
            work.place == any_(bindparam(f"held_{role}", type_=UUIDS))
            for role in sorted(named_roles(work.permission))
        )
    )
    return (
        select(
            literal(work.kind).label("kind"),
            work.place.label("place_id"),
            func.count().label("count"),
            _first(work.since).label("since_at"),
            _first(work.due).label("due_at"),
        )
        .where(work.rows, is_mine, may(work.permission))
        .group_by(work.place)
    )


def _first(moment: Any) -> ColumnElement[Any]:
    kind = DateTime(timezone=True)
    return null().cast(kind) if moment is None else func.min(moment, type_=kind)


_waiting = union_all(*map(_counted, WORK)).subquery("waiting")
WAITING = Prepared(
    select(
        _waiting.c.kind,
        _waiting.c.place_id,
        Organization.name.label("place_name"),
        _waiting.c["count"].label("count"),
        _waiting.c.since_at,
        _waiting.c.due_at,
    )
    .join(Organization, Organization.id == _waiting.c.place_id)
    .order_by(
        func.coalesce(_waiting.c.due_at, _waiting.c.since_at).nulls_last(),
        _waiting.c.kind,
        _waiting.c.place_id,
    )
)
