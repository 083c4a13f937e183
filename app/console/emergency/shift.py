"""One shift: who comes, who came and for how long; taken whole by a group or an employer, who names.

Who came is said by the organiser; nobody clocks in. Where the district requires a location, what is
known of it is shown on request, and each look is logged.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page, seats
from app.console.emergency.call_ups import DUTIES, REPLIES
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.seats import CAME, MISSED
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.core.paging import Paging
from app.emergency import (
    attendance,
    board,
    check_ins,
    nominees,
    shift_reading,
    shifts,
    team_reading,
)
from app.emergency.lifecycle import PRESENT, PROMISED
from app.emergency.schemas import CallUpReasonIn
from app.emergency.shift_schemas import (
    EmployerBlockIn,
    GroupBlockIn,
    MissedIn,
    RelievedIn,
    ServedIn,
    ShiftAttendanceIn,
    ShiftMinutesIn,
    ShiftNamesIn,
)
from app.http.deps import needs
from app.http.room import Room
from app.models.emergency import ShiftSeatStatus as S
from app.models.person import Role
from app.models.shift_team import TeamStatus
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

SEATS = labels.of(S)
TEAMS = labels.of(TeamStatus)
FORMING = TeamStatus.FORMING
EXCUSES = "absence_excuses"
RELIEVED = "relieved"
ROWS = 30  # seats of one page, and people of one form
FORMS = ("attendance", "confirm", "group", "employer", "names", "unblock", "check_ins", "team")


@router.get("/shifts/{shift_id}", openapi_extra=needs(P.CALL_UP_READ))
async def show_shift(visit: VisitDep, shift_id: UUID, cursor: page.Cursor = None) -> Response:
    """One shift with its people, as far as the reader may know them, and the forms open to him."""
    return await render(visit, shift_id, Form(), cursor)


@router.post("/shifts/{shift_id}/attendance", openapi_extra=needs(P.CALL_UP_RUN))
async def enter_one_shift_s_attendance(visit: VisitDep, shift_id: UUID) -> Response:
    """Who came, who did not, and who was relieved, all at once."""

    async def use(session: AsyncSession, body: ShiftAttendanceIn) -> Any:
        typed = await seats.typed(visit)
        said = body.model_copy(
            update={
                "present": [one for one, word in typed.words.items() if word == CAME],
                "absent": [
                    MissedIn(seat_id=one, reason_code=None if word == MISSED else word)
                    for one, word in typed.words.items()
                    if word not in (CAME, RELIEVED)
                ],
                "relieved": [
                    RelievedIn(seat_id=one, handover=typed.notes.get(one))
                    for one, word in typed.words.items()
                    if word == RELIEVED
                ],
            }
        )
        return await attendance.attend(session, visit.actor, shift_id, said)

    return await _step(visit, shift_id, "attendance", ShiftAttendanceIn, use)


@router.post("/shifts/{shift_id}/confirm", openapi_extra=needs(P.CALL_UP_RUN))
async def confirm_one_shift(visit: VisitDep, shift_id: UUID) -> Response:
    """The shift is over: minutes are confirmed, and records written."""

    async def use(session: AsyncSession, body: ShiftMinutesIn) -> Any:
        typed = await seats.typed(visit)
        own = [ServedIn(seat_id=one, minutes=minutes) for one, minutes in typed.minutes.items()]
        said = body.model_copy(update={"exceptions": own})
        return await attendance.confirm(session, visit.actor, shift_id, said)

    return await _step(visit, shift_id, "confirm", ShiftMinutesIn, use)


@router.post("/shifts/{shift_id}/group-block", openapi_extra=needs(P.GROUP_BLOCK))
async def block_one_shift_for_group(visit: VisitDep, shift_id: UUID) -> Response:
    """The whole shift is a group's; its leader names who comes."""

    async def use(session: AsyncSession, body: GroupBlockIn) -> Any:
        return await shifts.block_for_group(session, visit.actor, shift_id, body.group_id)

    return await _step(visit, shift_id, "group", GroupBlockIn, use)


@router.post("/shifts/{shift_id}/employer-block", openapi_extra=needs(P.EMPLOYER_BLOCK))
async def block_one_shift_for_employer(visit: VisitDep, shift_id: UUID) -> Response:
    """The whole shift is a paired employer's; its secretary names who comes."""

    async def use(session: AsyncSession, body: EmployerBlockIn) -> Any:
        return await shifts.block_for_employer(session, visit.actor, shift_id, body.employer_id)

    return await _step(visit, shift_id, "employer", EmployerBlockIn, use)


@router.post("/shifts/{shift_id}/unblock", openapi_extra=needs(P.CALL_UP_RUN, P.SHIFT_NAME))
async def unblock_one_shift(visit: VisitDep, shift_id: UUID) -> Response:
    """What is left of it is everybody's; who was named keeps his place."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await shifts.unblock(session, visit.actor, shift_id)

    return await _step(visit, shift_id, "unblock", forms.Nothing, use)


@router.post("/shifts/{shift_id}/names", openapi_extra=needs(P.SHIFT_NAME))
async def name_for_one_shift(visit: VisitDep, shift_id: UUID) -> Response:
    """Who was ticked is named, and asked; each may decline."""

    async def use(session: AsyncSession, body: ShiftNamesIn) -> Any:
        return await shifts.name(session, visit.actor, shift_id, body.registration_ids)

    return await _step(visit, shift_id, "names", ShiftNamesIn, use)


@router.post("/shifts/{shift_id}/check-ins", openapi_extra=needs(P.CALL_UP_RUN))
async def show_check_ins(visit: VisitDep, shift_id: UUID) -> Response:
    """Who was where, on this one answer; each look is logged and shown to the member."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await check_ins.page(session, visit.actor, Paging(ROWS, None), shift_id)

    form = await forms.submit(visit, forms.Nothing, use, key="check_ins")
    return await render(visit, shift_id, form)


@router.post(
    "/shifts/{shift_id}/seats/{shift_seat_id}/no-location", openapi_extra=needs(P.CALL_UP_RUN)
)
async def excuse_one_location(visit: VisitDep, shift_id: UUID, shift_seat_id: UUID) -> Response:
    """Why somebody gives no location; he serves all the same."""

    async def use(session: AsyncSession, body: CallUpReasonIn) -> Any:
        return await check_ins.excuse(session, visit.actor, shift_seat_id, body.reason)

    again, to = partial(render, visit, shift_id), f"/console/shifts/{shift_id}"
    key = str(shift_seat_id)
    return await forms.step(visit, CallUpReasonIn, use, again, to, "shift_location", key=key)


async def _step(
    visit: Visit,
    shift_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again, to = partial(render, visit, shift_id), f"/console/shifts/{shift_id}"
    return await forms.step(visit, shape, use, again, to, f"shift_{key}", key=key)


async def render(
    visit: Visit, shift_id: UUID, refused: Form, cursor: str | None = None
) -> Response:
    """The page of a shift, with the form that was refused; `cursor`: where its seats begin."""
    row = await board.shift(visit.reader, visit.actor, shift_id)
    granted, now = row["grants"], clock.now()
    runs, names = P.CALL_UP_RUN in granted, P.SHIFT_NAME in granted
    paging, first = Paging(ROWS, cursor), Paging(ROWS, None)
    people: list[dict[str, Any]] = []
    next_page = None
    if runs or names:
        found = await shift_reading.seats_of(visit.reader, paging, shift_id, granted)
        people, next_page = list(found.items), found.next_cursor
    teams = await team_reading.teams_of(visit.reader, visit.actor, first, shift_id)
    is_over = row["ends_at"] <= now
    is_open = row["is_open"] and not is_over
    to_name = (
        (await nominees.nominees_of(visit.reader, first, shift_id)).items
        if names and is_open and row["taken"] < row["seats"]
        else []
    )
    said = await dictionaries.sections(visit.reader, DUTIES, REPLIES, EXCUSES)
    words = {
        section: {code: str(each["name"]) for code, each in entries.items()}
        for section, entries in said.items()
    }
    is_run_now = runs and row["is_counted"] and row["starts_at"] <= now
    others = [each for each in people if each["person_id"] != visit.actor.person_id]
    may_locate = runs and row["location_reason"] is not None
    served = [each for each in people if each["status"] in PROMISED | PRESENT]
    unlocated = [str(each["id"]) for each in served] if may_locate and not is_over else []
    is_whole_free = is_open and row["taken"] == 0 and row["holder_id"] is None
    return page.render(
        visit.request,
        "emergency/shift.html",
        refused.code,
        row=row,
        refused=refused,
        forms={key: Form(key) for key in (*FORMS, *unlocated)} | {refused.key: refused},
        people=people,
        next_page=page.next_page(visit.request, next_page),
        teams=teams.items,
        may_team=row["my_reply_id"] is not None
        and is_open
        and row["starts_at"] > now
        and row["holder_id"] is None,
        is_in_team=any(each["is_mine"] and each["status"] == FORMING for each in teams.items),
        forming=[each for each in teams.items if each["status"] == FORMING],
        may_read_teams=runs,
        to_enter=[each for each in others if each["status"] in PROMISED] if is_run_now else [],
        on_duty=[each for each in others if each["status"] == S.ON_DUTY] if is_run_now else [],
        present=[each for each in people if each["status"] in PRESENT] if is_run_now else [],
        elsewhere=row["promised"] if is_run_now and next_page else 0,
        is_own_left=is_run_now and len(others) < len(people),
        may_confirm=is_run_now and not row["promised"] and (row["is_open"] or row["to_enter"]),
        is_over=is_over,
        usual=int((row["ends_at"] - row["starts_at"]).total_seconds() // 60),
        to_name=to_name,
        may_unblock=row["holder_id"] is not None and (runs or names),
        groups=_places(visit, Role.GROUP_LEADER) if is_whole_free else [],
        employers=_places(visit, Role.EMPLOYER_SECRETARY) if is_whole_free else [],
        may_see=runs or names,
        may_locate=may_locate,
        unlocated=[each for each in served if str(each["id"]) in unlocated],
        seats=SEATS,
        team_words=TEAMS,
        duties=words[DUTIES],
        answers=words[REPLIES],
        came=[(CAME, "到岗"), (MISSED, "未到，原因不明")]
        + [(code, f"未到：{name}") for code, name in words[EXCUSES].items()],
    )


def _places(visit: Visit, role: Role) -> list[tuple[UUID, str]]:
    return [(each.organization_id, each.name) for each in visit.organizations(role)]
