"""What is plugged into what, behind the doors (`app/doors.py`)."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import audit, events
from app.appraisals import cycles as evaluation_cycles
from app.appraisals import erasing as ballot_erasing
from app.appraisals import openings as rater_openings
from app.appraisals import self_reports
from app.appraisals.events import CycleMoved, OpeningMoved
from app.core.terms import Term
from app.deadlines import Deadline
from app.emergency import check_ins as emergency_check_ins
from app.emergency import registration_over as emergency_registration_over
from app.emergency import service as emergency_service
from app.emergency.events import CallUpMoved, ShiftSeatMoved, ShiftTeamMoved
from app.evaluations import commendations as evaluation_commendations
from app.evaluations import leaving as evaluation_leaving
from app.evaluations import negative_items as evaluation_items
from app.evaluations import objections as evaluation_objections
from app.evaluations import talks as evaluation_talks
from app.evaluations.events import (
    CommendationMoved,
    NegativeItemMoved,
    ObjectionMoved,
    TalkMoved,
)
from app.events import Listeners
from app.files import checks as file_checks
from app.files import leaving as file_leaving
from app.files import purging as file_purging
from app.files import service as file_service
from app.files.events import FileMoved
from app.http import limits, repeat
from app.identity import appointments as identity_appointments
from app.identity import console_sessions
from app.identity import revocations as identity_revocations
from app.identity import sessions as identity_sessions
from app.identity import tickets as identity_tickets
from app.identity.events import AccountClosed, ConsentWithdrawn, PhoneRevoked
from app.members import purging as member_purging
from app.members import transfers as transfer_service
from app.members import waiting
from app.members.events import RegistrationMoved, RegistrationReminded, TransferMoved
from app.models.member import Registration
from app.models.organization import Import
from app.needs import acceptance as need_acceptance
from app.needs import checks as need_checks
from app.needs import leaving as need_leaving
from app.needs import service as need_service
from app.needs.events import AcceptanceMoved, NeedMoved
from app.notifications import appraisals as appraisal_messages
from app.notifications import credits as message_credits
from app.notifications import digests as message_digests
from app.notifications import emergency as emergency_messages
from app.notifications import evaluations as evaluation_messages
from app.notifications import exports as export_messages
from app.notifications import files as file_messages
from app.notifications import leaving as message_leaving
from app.notifications import needs as need_messages
from app.notifications import orders as order_messages
from app.notifications import outgoing, reminders
from app.notifications import polls as poll_messages
from app.notifications import posts as post_messages
from app.notifications import records as record_messages
from app.notifications import registrations as registration_messages
from app.notifications import reports as report_messages
from app.notifications import series as series_messages
from app.notifications import service as message_service
from app.notifications import statistics as statistic_messages
from app.notifications import teams as team_messages
from app.notifications import transfers as transfer_messages
from app.notifications import unmet as unmet_messages
from app.notifications import wishes as wish_messages
from app.notifications.events import ReminderDue
from app.orders import clocks as order_clocks
from app.orders import leaving as order_leaving
from app.orders import offers as order_offer_service
from app.orders import polls as order_polls
from app.orders import registration_over as order_registration_over
from app.orders import series as order_series_service
from app.orders import service as order_service
from app.orders import unmet as order_unmet
from app.orders.events import OrderMoved, PollMoved, SeatMoved, SeriesMoved, UnmetWeekEnded
from app.organizations import imports as organization_import_service
from app.organizations.events import AppointmentEnded, AppointmentMade
from app.posts import claims as post_claims
from app.posts import leaving as post_leaving
from app.posts.events import ClaimMoved, PostMoved
from app.pushes import service as push_service
from app.pushes.events import PushArrived
from app.records import certificates
from app.records import samples as record_samples
from app.records import service as record_service
from app.records.events import CertificateMoved, RecordMoved, RecordsDrawn
from app.reports import consents as report_consents
from app.reports import cycles as report_cycles
from app.reports import exports as report_exports
from app.reports import outdating as report_outdating
from app.reports import renewals as report_renewals
from app.reports import runs as report_runs
from app.reports import statements as report_statements
from app.reports import summaries
from app.reports.events import ExportMoved, ReportMoved
from app.residents import leaving as resident_leaving
from app.statistics import gathering as statistic_gathering
from app.statistics import listeners as statistics
from app.statistics import roll_ups as statistic_roll_ups
from app.statistics.events import RollUpMade, RollUpSent
from app.wechat.client import WeChat
from app.wishes import clocks as wish_clocks
from app.wishes import leaving as wish_leaving
from app.wishes.events import WishMoved

LISTENERS: Listeners = {
    AppointmentMade: (identity_appointments.on_appointment_made,),
    AppointmentEnded: (identity_appointments.on_appointment_ended,),
    ConsentWithdrawn: (
        waiting.on_consent_withdrawn,
        resident_leaving.on_consent_withdrawn,
        need_leaving.on_consent_withdrawn,
        file_leaving.on_consent_withdrawn,
        post_leaving.on_consent_withdrawn,
        wish_leaving.on_consent_withdrawn,
        order_leaving.on_consent_withdrawn,
        self_reports.on_consent_withdrawn,
        evaluation_leaving.on_consent_withdrawn,
        evaluation_commendations.on_consent_withdrawn,
        report_consents.on_consent_withdrawn,
        message_leaving.on_consent_withdrawn,
    ),
    AccountClosed: (
        waiting.on_account_closed,
        resident_leaving.on_account_closed,
        need_leaving.on_account_closed,
        file_leaving.on_account_closed,
        post_leaving.on_account_closed,
        wish_leaving.on_account_closed,
        order_leaving.on_account_closed,
        certificates.on_account_closed,
        self_reports.on_account_closed,
        evaluation_leaving.on_account_closed,
        report_consents.on_account_closed,
        message_leaving.on_account_closed,
    ),
    PhoneRevoked: (
        need_leaving.on_phone_revoked,
        wish_leaving.on_phone_revoked,
        order_leaving.on_phone_revoked,
    ),
    PushArrived: (
        identity_revocations.on_push_arrived,
        message_credits.on_push_arrived,
        file_checks.on_push_arrived,
    ),
    FileMoved: (file_messages.on_file_moved,),
    ReportMoved: (
        report_renewals.on_report_moved,
        report_cycles.on_report_moved,
        report_messages.on_report_moved,
    ),
    ExportMoved: (export_messages.on_export_moved,),
    NegativeItemMoved: (
        evaluation_talks.on_negative_item_moved,
        evaluation_messages.on_negative_item_moved,
    ),
    ObjectionMoved: (
        report_statements.on_objection_moved,
        evaluation_messages.on_objection_moved,
    ),
    TalkMoved: (evaluation_messages.on_talk_moved,),
    CommendationMoved: (evaluation_messages.on_commendation_moved,),
    RegistrationMoved: (
        transfer_service.on_registration_moved,
        post_leaving.on_registration_moved,
        wish_leaving.on_registration_moved,
        order_registration_over.on_registration_moved,
        emergency_registration_over.on_registration_moved,
        registration_messages.on_registration_moved,
        statistics.on_registration_moved,
    ),
    RegistrationReminded: (registration_messages.on_registration_reminded,),
    TransferMoved: (transfer_messages.on_transfer_moved,),
    PostMoved: (post_leaving.on_post_moved,),
    ClaimMoved: (post_messages.on_claim_moved,),
    WishMoved: (wish_messages.on_wish_moved,),
    NeedMoved: (order_leaving.on_need_moved, need_messages.on_need_moved, statistics.on_need_moved),
    AcceptanceMoved: (
        order_service.on_acceptance_moved,
        order_messages.on_acceptance_moved,
        need_messages.on_acceptance_moved,
        statistics.on_acceptance_moved,
    ),
    OrderMoved: (order_messages.on_order_moved, statistics.on_order_moved),
    SeatMoved: (order_messages.on_seat_moved, statistics.on_seat_moved),
    SeriesMoved: (series_messages.on_series_moved,),
    RecordMoved: (
        record_messages.on_record_moved,
        certificates.on_record_moved,
        report_outdating.on_record_moved,
        statistics.on_record_moved,
    ),
    RecordsDrawn: (record_messages.on_records_drawn,),
    CertificateMoved: (record_messages.on_certificate_moved,),
    ReminderDue: (reminders.on_reminder_due,),
    PollMoved: (poll_messages.on_poll_moved,),
    UnmetWeekEnded: (unmet_messages.on_unmet_week_ended,),
    CallUpMoved: (emergency_messages.on_call_up_moved,),
    ShiftSeatMoved: (emergency_messages.on_shift_seat_moved,),
    RollUpMade: (statistic_messages.on_roll_up_made,),
    RollUpSent: (statistic_messages.on_roll_up_sent,),
    ShiftTeamMoved: (team_messages.on_shift_team_moved,),
    CycleMoved: (report_cycles.on_cycle_moved, appraisal_messages.on_cycle_moved),
    OpeningMoved: (appraisal_messages.on_opening_moved,),
}

DEADLINES: tuple[Deadline, ...] = (
    Deadline(Import, organization_import_service.lapse),
    Deadline(Registration, waiting.resume),
    Deadline(Registration, waiting.remind, "remind_at"),
    *file_service.DEADLINES,
    *need_service.DEADLINES,
    *need_acceptance.DEADLINES,
    *order_clocks.DEADLINES,
    *order_offer_service.DEADLINES,
    *order_series_service.DEADLINES,
    *order_polls.DEADLINES,
    *order_unmet.DEADLINES,
    *emergency_service.DEADLINES,
    *post_claims.DEADLINES,
    *wish_clocks.DEADLINES,
    *record_service.DEADLINES,
    *record_samples.DEADLINES,
    *certificates.DEADLINES,
    *evaluation_cycles.DEADLINES,
    *ballot_erasing.DEADLINES,
    *rater_openings.DEADLINES,
    *evaluation_items.DEADLINES,
    *evaluation_objections.DEADLINES,
    *evaluation_talks.DEADLINES,
    *evaluation_commendations.DEADLINES,
    *summaries.DEADLINES,
    *report_runs.DEADLINES,
    *report_renewals.DEADLINES,
    *report_exports.DEADLINES,
    *message_digests.DEADLINES,
)

# What leaves the house: one piece of work at a time; False when there is none. Called by the worker.
Sender = Callable[[async_sessionmaker[AsyncSession], WeChat], Awaitable[bool]]
SENDERS: tuple[Sender, ...] = (
    need_checks.check_next,
    file_checks.check_next,
    file_purging.purge_next,
    report_exports.make_next,
    outgoing.send_next,
)

# What is of use for a while only, and how long; see `app.core.terms`. Every ten minutes.
TERMS: tuple[Term, ...] = (
    *limits.TERMS,
    *repeat.TERMS,
    *identity_tickets.TERMS,
    *console_sessions.TERMS,
    *identity_sessions.TERMS,
    *events.TERMS,
    *push_service.TERMS,
    *file_checks.TERMS,
    *emergency_check_ins.TERMS,
    *reminders.TERMS,
    *outgoing.TERMS,
    *message_service.TERMS,
    *audit.TERMS,
)

# What is done every minute: each in a transaction of its own.
MINUTELY: tuple[Callable[[AsyncSession], Awaitable[None]], ...] = (statistic_gathering.gather,)
# What is forgotten, drawn or reminded of in time: each in a transaction of its own, every ten minutes.
HOUSEKEEPING: tuple[Callable[[AsyncSession], Awaitable[None]], ...] = (
    record_samples.draw_last_month,
    report_runs.plan_briefs,
    reminders.look,
    statistic_roll_ups.look,
    member_purging.forget_unregistered,
)
