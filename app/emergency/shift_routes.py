"""Shifts of a call-up: added, claimed, taken whole, served."""

from typing import Any
from uuid import UUID

from fastapi import Response

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.emergency import attendance, check_ins, nominees, seats, shift_reading, shifts
from app.emergency.attendance import NotBegun, NotEntered, OwnSeat
from app.emergency.check_ins import NotAsked, NotLocated
from app.emergency.limits import REASONS
from app.emergency.schemas import CallUpReasonIn
from app.emergency.seats import Begun, Closed, Full, Held, NotCalled
from app.emergency.shift_schemas import (
    CheckInIn,
    CheckInLine,
    EmployerBlockIn,
    GroupBlockIn,
    MyShiftSeat,
    ShiftAnswerIn,
    ShiftAttendanceIn,
    ShiftIn,
    ShiftMinutesIn,
    ShiftNamesIn,
    ShiftNominee,
    ShiftOut,
    ShiftSeatLine,
    ShiftSeatOut,
    ShiftTakenOut,
)
from app.emergency.shifts import NotPaired, Taken
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.emergency import Shift, ShiftSeat
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["emergency"], route_class=KeyedRoute)


@router.get(
    "/call-ups/{call_up_id}/shifts",
    summary="班次列表",
    response_model=Page[ShiftOut],
    responses=answers(NotFound),
    openapi_extra=needs(P.CALL_UP_READ),
)
async def list_shifts(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, call_up_id: UUID
) -> Slice[dict[str, Any]]:
    """The shifts of a call-up, the soonest first."""
    return await shift_reading.page_of_shifts(reader, actor, paging, call_up_id)


@router.post(
    "/call-ups/{call_up_id}/shifts",
    status_code=201,
    summary="增加班次",
    response_model=ShiftTakenOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.CALL_UP_RUN),
)
async def add_shift(session: SessionDep, actor: ActorDep, call_up_id: UUID, body: ShiftIn) -> Shift:
    """One more shift; members can take places on it as soon as they are called."""
    return await shifts.add(session, actor, call_up_id, body)


@router.get("/me/shift-seats", summary="我的班次", response_model=Page[MyShiftSeat])
async def list_my_shift_seats(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """My seats with their shifts, the latest taken first."""
    return await shift_reading.page_of_my_seats(reader, actor, paging)


@router.post(
    "/shifts/{shift_id}/seats",
    status_code=201,
    summary="认领班次",
    response_model=ShiftSeatOut,
    responses=answers(NotFound, NotCalled, Held, Full, Closed, *REASONS),
)
async def claim_shift(
    session: SessionDep, response: Response, actor: ActorDep, shift_id: UUID
) -> ShiftSeat:
    """I come. A second tap answers 200 with the same seat."""
    seat, is_new = await seats.claim(session, actor, shift_id)
    response.status_code = 201 if is_new else 200
    return seat


@router.get(
    "/shifts/{shift_id}/seats",
    summary="班次人员",
    response_model=Page[ShiftSeatLine],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.CALL_UP_RUN, P.SHIFT_NAME),
)
async def list_shift_seats(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, shift_id: UUID
) -> Slice[dict[str, Any]]:
    """Who has or had a seat on a shift, for the organiser and for who holds the block."""
    return await shift_reading.page_of_seats(reader, actor, paging, shift_id)


@router.post(
    "/shifts/{shift_id}/group-block",
    summary="小组整班认领",
    response_model=ShiftTakenOut,
    responses=answers(NotFound, Forbidden, Closed, Taken),
    openapi_extra=needs(P.GROUP_BLOCK),
)
async def block_shift_for_group(
    session: SessionDep, actor: ActorDep, shift_id: UUID, body: GroupBlockIn
) -> Shift:
    """The whole shift is my group's; I name who comes."""
    return await shifts.block_for_group(session, actor, shift_id, body.group_id)


@router.post(
    "/shifts/{shift_id}/employer-block",
    summary="单位整班认领",
    response_model=ShiftTakenOut,
    responses=answers(NotFound, Forbidden, Closed, Taken, NotPaired),
    openapi_extra=needs(P.EMPLOYER_BLOCK),
)
async def block_shift_for_employer(
    session: SessionDep, actor: ActorDep, shift_id: UUID, body: EmployerBlockIn
) -> Shift:
    """The whole shift is a paired employer's; its secretary names who comes."""
    return await shifts.block_for_employer(session, actor, shift_id, body.employer_id)


@router.post(
    "/shifts/{shift_id}/unblock",
    summary="取消整班认领",
    response_model=ShiftTakenOut,
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.CALL_UP_RUN, P.SHIFT_NAME),
)
async def unblock_shift(session: SessionDep, actor: ActorDep, shift_id: UUID) -> Shift:
    """What is left of the shift is everybody's; who was named keeps his place."""
    return await shifts.unblock(session, actor, shift_id)


@router.get(
    "/shifts/{shift_id}/nominees",
    summary="可安排的班次人员",
    response_model=Page[ShiftNominee],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.SHIFT_NAME),
)
async def list_shift_nominees(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, shift_id: UUID
) -> Slice[dict[str, Any]]:
    """The members of who holds the block that have no place on it, with their answers."""
    return await nominees.page(reader, actor, paging, shift_id)


@router.post(
    "/shifts/{shift_id}/names",
    summary="报班次人员",
    response_model=ShiftTakenOut,
    responses=answers(NotFound, Forbidden, Closed, Full, *REASONS),
    openapi_extra=needs(P.SHIFT_NAME),
)
async def name_for_shift(
    session: SessionDep, actor: ActorDep, shift_id: UUID, body: ShiftNamesIn
) -> Shift:
    """These members are named, and asked; each may decline."""
    return await shifts.name(session, actor, shift_id, body.registration_ids)


@router.post(
    "/shift-seats/{shift_seat_id}/answer",
    summary="确认或谢绝安排",
    response_model=ShiftSeatOut,
    responses=answers(NotFound, BadTransition, Begun),
    openapi_extra=needs(P.SHIFT_SEAT_OWN),
)
async def answer_shift_seat(
    session: SessionDep, actor: ActorDep, shift_seat_id: UUID, body: ShiftAnswerIn
) -> ShiftSeat:
    """I was named: I come, or I do not; nobody asks why."""
    return await seats.answer(session, actor, shift_seat_id, comes=body.comes)


@router.post(
    "/shift-seats/{shift_seat_id}/release",
    summary="退出班次",
    response_model=ShiftSeatOut,
    responses=answers(NotFound, BadTransition, Begun),
    openapi_extra=needs(P.SHIFT_SEAT_OWN),
)
async def release_shift_seat(
    session: SessionDep, actor: ActorDep, shift_seat_id: UUID
) -> ShiftSeat:
    """I cannot come after all; the place is free again."""
    return await seats.release(session, actor, shift_seat_id)


@router.post(
    "/shift-seats/{shift_seat_id}/check-in",
    summary="签到大致位置（仅限区级要求时）",
    response_model=ShiftSeatOut,
    responses=answers(NotFound, BadTransition, NotAsked),
    openapi_extra=needs(P.SHIFT_SEAT_OWN),
)
async def check_in(
    session: SessionDep, actor: ActorDep, shift_seat_id: UUID, body: CheckInIn
) -> ShiftSeat:
    """Where I am, to about a kilometre; forgotten after the time that the content says."""
    return await check_ins.check_in(session, actor, shift_seat_id, body.latitude, body.longitude)


@router.post(
    "/shift-seats/{shift_seat_id}/no-location",
    summary="录入未提供位置的原因",
    response_model=ShiftSeatOut,
    responses=answers(NotFound, Forbidden, BadTransition, NotAsked),
    openapi_extra=needs(P.CALL_UP_RUN),
)
async def excuse_location(
    session: SessionDep, actor: ActorDep, shift_seat_id: UUID, body: CallUpReasonIn
) -> ShiftSeat:
    """Why somebody gives no location; he serves all the same."""
    return await check_ins.excuse(session, actor, shift_seat_id, body.reason)


@router.get(
    "/shifts/{shift_id}/check-ins",
    summary="班次位置签到",
    response_model=Page[CheckInLine],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.CALL_UP_RUN),
)
async def list_check_ins(
    session: SessionDep, actor: ActorDep, paging: PagingDep, shift_id: UUID
) -> Slice[dict[str, Any]]:
    """Who has checked in where; each look is logged."""
    return await check_ins.page(session, actor, paging, shift_id)


@router.post(
    "/shifts/{shift_id}/attendance",
    summary="班次到岗与交接",
    response_model=ShiftTakenOut,
    responses=answers(NotFound, Forbidden, BadTransition, NotBegun, OwnSeat, NotLocated),
    openapi_extra=needs(P.CALL_UP_RUN),
)
async def enter_shift_attendance(
    session: SessionDep, actor: ActorDep, shift_id: UUID, body: ShiftAttendanceIn
) -> Shift:
    """Who came, who did not and who was relieved, everybody in one call."""
    return await attendance.attend(session, actor, shift_id, body)


@router.post(
    "/shifts/{shift_id}/confirm",
    summary="确认班次时长",
    response_model=ShiftTakenOut,
    responses=answers(NotFound, Forbidden, BadTransition, NotBegun, NotEntered, OwnSeat),
    openapi_extra=needs(P.CALL_UP_RUN),
)
async def confirm_shift(
    session: SessionDep, actor: ActorDep, shift_id: UUID, body: ShiftMinutesIn
) -> Shift:
    """The shift is over: minutes are confirmed, and records written."""
    return await attendance.confirm(session, actor, shift_id, body)
