"""What is plugged into what, behind the doors (`app/doors.py`)."""

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import events
from app.commitments import service as commitments
from app.core.errors import AppError
from app.deadlines import Deadline
from app.emergency import seats as emergency_seats
from app.emergency import service as emergency_service
from app.emergency.events import CallUpMoved, ShiftSeatMoved
from app.events import Listeners
from app.http import limits, repeat
from app.identity import appointments as identity_appointments
from app.identity import phones as identity_phones
from app.identity import revocations as identity_revocations
from app.identity import roles as identity_role_service
from app.identity import sessions as identity_sessions
from app.identity.events import AccountClosed, ConsentWithdrawn, PhoneRevoked
from app.members import service as member_service
from app.members import transfers as transfer_service
from app.members import waiting
from app.members.events import RegistrationMoved, RegistrationReminded, TransferMoved
from app.models.member import Registration
from app.models.organization import Import
from app.needs import checks as need_checks
from app.needs import leaving as need_leaving
from app.needs import service as need_service
from app.needs.events import AcceptanceMoved, NeedMoved
from app.notifications import emergency as emergency_messages
from app.notifications import leaving as message_leaving
from app.notifications import needs as need_messages
from app.notifications import orders as order_messages
from app.notifications import outgoing
from app.notifications import polls as poll_messages
from app.notifications import posts as post_messages
from app.notifications import registrations as registration_messages
from app.notifications import reports as report_messages
from app.notifications import transfers as transfer_messages
from app.notifications import unmet as unmet_messages
from app.orders import leaving as order_leaving
from app.orders import offers as order_offer_service
from app.orders import polls as order_polls
from app.orders import service as order_service
from app.orders import unmet as order_unmet
from app.orders.events import OrderMoved, PollMoved, SeatMoved, UnmetWeekEnded
from app.organizations import imports as organization_import_service
from app.organizations import pairings as organization_pairing_service
from app.organizations import service as organization_service
from app.organizations.events import AppointmentEnded, AppointmentMade
from app.posts import claims as post_claims
from app.posts import duties as post_duties
from app.posts import leaving as post_leaving
from app.posts.events import ClaimMoved, PostMoved
from app.pushes import service as push_service
from app.pushes.events import PushArrived
from app.records.events import RecordMoved
from app.reports import consents as report_consents
from app.reports import summaries
from app.reports.events import ReportMoved
from app.residents import leaving as resident_leaving
from app.residents import service as resident_service
from app.wechat.client import WeChat

LISTENERS: Listeners = {
    AppointmentMade: (identity_appointments.on_appointment_made,),
    AppointmentEnded: (identity_appointments.on_appointment_ended,),
    ConsentWithdrawn: (
        waiting.on_consent_withdrawn,
        resident_leaving.on_consent_withdrawn,
        need_leaving.on_consent_withdrawn,
        post_leaving.on_consent_withdrawn,
        order_leaving.on_consent_withdrawn,
        report_consents.on_consent_withdrawn,
        message_leaving.on_consent_withdrawn,
    ),
    AccountClosed: (
        waiting.on_account_closed,
        resident_leaving.on_account_closed,
        need_leaving.on_account_closed,
        post_leaving.on_account_closed,
        order_leaving.on_account_closed,
        report_consents.on_account_closed,
        message_leaving.on_account_closed,
    ),
    PhoneRevoked: (need_leaving.on_phone_revoked, order_leaving.on_phone_revoked),
    PushArrived: (identity_revocations.on_push_arrived,),
    ReportMoved: (report_messages.on_report_moved,),
    RegistrationMoved: (
        transfer_service.on_registration_moved,
        post_leaving.on_registration_moved,
        registration_messages.on_registration_moved,
    ),
    RegistrationReminded: (registration_messages.on_registration_reminded,),
    TransferMoved: (transfer_messages.on_transfer_moved,),
    PostMoved: (post_leaving.on_post_moved,),
    ClaimMoved: (post_messages.on_claim_moved,),
    NeedMoved: (order_leaving.on_need_moved, need_messages.on_need_moved),
    AcceptanceMoved: (
        order_service.on_acceptance_moved,
        order_messages.on_acceptance_moved,
        need_messages.on_acceptance_moved,
    ),
    OrderMoved: (order_messages.on_order_moved,),
    SeatMoved: (order_messages.on_seat_moved,),
    PollMoved: (poll_messages.on_poll_moved,),
    UnmetWeekEnded: (unmet_messages.on_unmet_week_ended,),
    RecordMoved: (order_messages.on_record_moved,),
    CallUpMoved: (emergency_messages.on_call_up_moved,),
    ShiftSeatMoved: (emergency_messages.on_shift_seat_moved,),
}

DEADLINES: tuple[Deadline, ...] = (
    Deadline(Import, organization_import_service.lapse),
    Deadline(Registration, waiting.resume),
    Deadline(Registration, waiting.remind, "remind_at"),
    *need_service.DEADLINES,
    *order_service.DEADLINES,
    *order_offer_service.DEADLINES,
    *order_polls.DEADLINES,
    *order_unmet.DEADLINES,
    *emergency_service.DEADLINES,
    *post_claims.DEADLINES,
    *summaries.DEADLINES,
)

CONSTRAINTS: Mapping[str, type[AppError]] = {
    **organization_service.CONSTRAINTS,
    **commitments.CONSTRAINTS,
    **member_service.CONSTRAINTS,
    **transfer_service.CONSTRAINTS,
    **resident_service.CONSTRAINTS,
    **post_claims.CONSTRAINTS,
    **post_duties.CONSTRAINTS,
    **organization_pairing_service.CONSTRAINTS,
    **emergency_seats.CONSTRAINTS,
    **order_polls.CONSTRAINTS,
    **identity_phones.CONSTRAINTS,
    **identity_role_service.CONSTRAINTS,
}

# What leaves the house: one piece of work at a time; False when there is none. Called by the worker.
Sender = Callable[[async_sessionmaker[AsyncSession], WeChat], Awaitable[bool]]
SENDERS: tuple[Sender, ...] = (need_checks.check_next, outgoing.send_next)

# What is forgotten in time: each in a transaction of its own, every ten minutes.
HOUSEKEEPING: tuple[Callable[[AsyncSession], Awaitable[None]], ...] = (
    events.forget_told,
    limits.forget_old,
    repeat.forget_old,
    identity_sessions.forget_old,
    push_service.forget_old,
)
