"""Who is told of a call-up and of a seat on one of its shifts.

All who are called are told in one statement, however many they are.
An emergency keeps no quiet hours, a city campaign does. Source: practice.md R4.
"""

from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.emergency.events import CallUpMoved, ShiftSeatMoved
from app.emergency.lifecycle import LOCATED, PROMISED
from app.models.emergency import CallUp, Reply, Shift, ShiftSeat
from app.models.organization import Organization
from app.models.person import Role
from app.notifications import many, service, texts
from app.policies import content

STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)
MESSAGE = "emergency_call_up"
STOOD_DOWN = ("stand_down", "lapse")


async def on_call_up_moved(session: AsyncSession, fact: int, event: CallUpMoved) -> None:
    """Who is called learns where and when, and who has answered, that it is over.

    Where the second approval did not come in time, the community learns it too.
    """
    if event.action == "activate":
        call_up = await session.get_one(CallUp, event.call_up_id)
        await _call(session, fact, call_up)
        await texts.queue(session, call_up)
    elif event.action == LOCATED:
        await _ask_location(session, fact, await session.get_one(CallUp, event.call_up_id))
    elif event.action in STOOD_DOWN:
        call_up = await session.get_one(CallUp, event.call_up_id)
        people = await session.scalars(
            select(Reply.person_id).where(
                Reply.call_up_id == call_up.id, Reply.replied_at.is_not(None)
            )
        )
        told: set[UUID | None] = set(people)
        if event.action == "lapse":
            told |= await service.holders(session, call_up.organization_id, *STAFF)
        await service.tell(
            session,
            fact,
            "emergency_stood_down",
            told,
            ("call_up", call_up.id),
            task=call_up.title,
        )


async def on_shift_seat_moved(session: AsyncSession, fact: int, event: ShiftSeatMoved) -> None:
    """Who was named for a shift is asked; of who leaves with his registration he and staff know."""
    if event.action not in ("name", "leave"):
        return
    title, starts_at, holder, call_up_id, organization_id = (
        await session.execute(
            select(
                CallUp.title,
                Shift.starts_at,
                Organization.name,
                CallUp.id,
                CallUp.organization_id,
            )
            .join(Shift, Shift.call_up_id == CallUp.id)
            .join(ShiftSeat, ShiftSeat.shift_id == Shift.id)
            .outerjoin(Organization, Organization.id == Shift.holder_id)
            .where(ShiftSeat.id == event.shift_seat_id)
        )
    ).one()
    subject = ("call_up", call_up_id)
    if event.action == "leave":
        await service.tell(session, fact, "seat_left", [event.person_id], subject, order=title)
        staff = await service.holders(session, organization_id, *STAFF)
        words = {"order": title, "start": starts_at}
        await service.tell(session, fact, "taker_left", staff, subject, **words)
        return
    await service.tell(
        session,
        fact,
        "named_by_branch",
        [event.person_id],
        subject,
        leader=holder,
        order=title,
        deadline=starts_at,
    )


async def _ask_location(session: AsyncSession, fact: int, call_up: CallUp) -> None:
    """Who has promised to come learns that the location is asked for, why, and for how long."""
    people = await session.scalars(
        select(ShiftSeat.person_id)
        .join(Shift, Shift.id == ShiftSeat.shift_id)
        .where(Shift.call_up_id == call_up.id, ShiftSeat.status.in_(PROMISED))
    )
    found = await content.section(session, "emergency")
    await service.tell(
        session,
        fact,
        "emergency_location",
        set(people),
        ("call_up", call_up.id),
        task=call_up.title,
        reason=call_up.location_reason,
        days=found["location_kept_days"]["value"],
    )


async def _call(session: AsyncSession, fact: int, call_up: CallUp) -> None:
    """Everybody called has it in the inbox, and who accepted the template is sent it as well."""
    form = await content.find(session, "messages", MESSAGE) or {}
    template = await content.find(session, "templates", form["template"]) or {}
    words = {
        "task": call_up.title,
        "time": service.say(call_up.gather_at),
        "place": call_up.place,
    }
    data = service.fill(template["data"], call_up.title, call_up.place, call_up.gather_at)
    if call_up.contact_phone is not None:
        phones = (key for key in data if key.startswith("phone_number"))
        data |= dict.fromkeys(phones, call_up.contact_phone)
    await many.tell(
        session,
        fact,
        form,
        Reply.person_id,
        and_(Reply.call_up_id == call_up.id, Reply.person_id.is_not(None)),
        ("call_up", call_up.id),
        text=form["text"].format_map(words),
        data=data,
        is_urgent=bool(form.get("ignores_quiet_hours")) and call_up.is_emergency,
    )
