"""The calendar of a member's services: its address is his to make and to end."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated

from fastapi import Header, Path, Request, Response

from app.http.deps import ActorDep, ReadDep, SessionDep
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.notifications import calendar
from app.notifications.calendar import NoCalendar
from app.notifications.schemas import CalendarAddress, CalendarOut

router = Room(tags=["notifications"], route_class=KeyedRoute)
# An answer that is kept under a key may be of an address that leads nowhere any more: what is asked
# for again is made again.
issuing = Room(tags=["notifications"])


@router.get("/api/v1/me/calendar", summary="我的日程地址状态", response_model=CalendarOut)
async def get_calendar(reader: ReadDep, actor: ActorDep) -> dict[str, datetime | None]:
    """Whether my calendar has an address; the address itself was shown once."""
    return {"issued_at": await calendar.issued_at(reader, actor)}


@issuing.post(
    "/api/v1/me/calendar",
    status_code=201,
    summary="获取日程订阅地址",
    response_model=CalendarAddress,
)
async def issue_calendar(request: Request, session: SessionDep, actor: ActorDep) -> dict[str, str]:
    """A new address for my phone's calendar, shown this once; the one before leads nowhere.

    Asked for again, with an `Idempotency-Key` too, it is another one: the last answer holds.
    """
    secret = await calendar.issue(session, actor)
    return {"address": f"{request.app.state.settings.public_url}/calendar/{secret}/services.ics"}


@router.delete("/api/v1/me/calendar", status_code=204, summary="停用日程订阅地址")
async def revoke_calendar(session: SessionDep, actor: ActorDep) -> None:
    """My calendar has no address any more."""
    await calendar.revoke(session, actor)


@router.get(
    "/calendar/{secret}/services.ics",
    summary="日程订阅",
    response_class=Response,
    responses={
        200: {"content": {"text/calendar": {"schema": {"type": "string"}}}},
        304: {"description": "Unchanged since `If-None-Match`, or `If-Modified-Since`."},
        **answers(NoCalendar),
    },
)
async def read_calendar(
    reader: ReadDep,
    secret: Annotated[str, Path(min_length=20, max_length=80, pattern=r"^[0-9A-Z]+$")],
    if_none_match: Annotated[str | None, Header(max_length=400)] = None,
    if_modified_since: Annotated[str | None, Header(max_length=60)] = None,
) -> Response:
    """The services that the owner of this address has promised, as iCalendar; without login.

    Raises:
        NoCalendar: the address was revoked or renewed, or never was.
    """
    found = await calendar.feed(reader, secret)
    changed_at = found.changed_at.astimezone(UTC).replace(microsecond=0)
    headers = {
        "ETag": found.tag,
        "Last-Modified": format_datetime(changed_at, usegmt=True),
        "Cache-Control": "private, no-cache",
    }
    if if_none_match is not None:
        is_known = found.tag in if_none_match
    else:
        is_known = (since := _instant(if_modified_since)) is not None and changed_at <= since
    if is_known:
        return Response(status_code=304, headers=headers)
    return Response(found.body, media_type="text/calendar", headers=headers)


def _instant(header: str | None) -> datetime | None:
    """The instant of an HTTP date; None where it is none, as if the header were not there."""
    try:
        found = parsedate_to_datetime(header or "")
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else None
