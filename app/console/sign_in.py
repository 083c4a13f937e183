"""Signing in: a picture to be scanned with the mini-program, its state, and the exchange.

Beside a simulated platform the people of the demo stand in for the phone. Source: facts.md §10.1.
"""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Form, Request, Response

from app.console import page, visit
from app.console.page import SIGN_IN, PageRoute
from app.core import clock
from app.core.errors import AppError, NotFound
from app.http import limits
from app.http.actors import read_actor
from app.http.deps import AddressDep, ReadDep
from app.http.room import Room
from app.identity import console_sessions, demo_people, platform, tickets
from app.identity.deps import DeviceDep, SessionsDep, WeChatDep
from app.identity.tickets import NotConfirmed, TicketGone, TicketState
from app.wechat.errors import WeChatError

router = Room(prefix=SIGN_IN, include_in_schema=False, route_class=PageRoute)

TICKET = "console-ticket"
MOST_TICKETS, MOST_EXCHANGES, MINUTE = 30, 120, timedelta(minutes=1)
SHOWN = (TicketState.WAITING, TicketState.CONFIRMED)
MINI_PROGRAM_PAGE = "pages/console/sign-in"
JPEG = b"\xff\xd8"


@router.get("")
async def show_sign_in(
    request: Request,
    database: SessionsDep,
    reader: ReadDep,
    address: AddressDep,
    device: DeviceDep,
    next: str = page.HOME,
) -> Response:
    """A ticket of this browser, as a picture; the one it has, while that is good."""
    return await _show(request, database, reader, address, device, next)


@router.get("/code")
async def get_code(
    request: Request, database: SessionsDep, wechat: WeChatDep, address: AddressDep
) -> Response:
    """The picture for the ticket of this browser.

    Raises:
        NotFound: this browser has no ticket.
        Unavailable: the platform draws none now.
    """
    await limits.count(database, f"ticket-code:{address}", most=MOST_TICKETS, window=MINUTE)
    secret = request.cookies.get(TICKET)
    if not secret:
        raise NotFound
    try:
        picture = await wechat.get_unlimited_code(
            tickets.code_of(secret), page=MINI_PROGRAM_PAGE, check_path=False
        )
    except WeChatError as error:
        raise platform.unavailable(error) from None
    return Response(picture, media_type="image/jpeg" if picture[:2] == JPEG else "image/png")


@router.get("/state")
async def get_state(request: Request, reader: ReadDep) -> dict[str, str]:
    """How far the ticket of this browser is."""
    return {"state": await tickets.state(reader, request.cookies.get(TICKET, ""))}


@router.post("")
async def sign_in(
    request: Request,
    database: SessionsDep,
    reader: ReadDep,
    address: AddressDep,
    device: DeviceDep,
    next: Annotated[str, Form()] = page.HOME,
) -> Response:
    """The ticket that a phone has confirmed is exchanged for a session of this browser."""
    await limits.count(database, f"exchange:{address}", most=MOST_EXCHANGES, window=MINUTE)
    secret = request.cookies.get(TICKET, "")
    try:
        async with database.begin() as session:
            token = await console_sessions.exchange(session, secret, device=device, address=address)
    except NotConfirmed as refusal:
        return await _show(request, database, reader, address, device, next, refusal)
    except TicketGone:
        return page.go(SIGN_IN, "ticket_gone")
    return _entered(request, token, next)


@router.post("/demo")
async def sign_in_as(
    request: Request,
    database: SessionsDep,
    reader: ReadDep,
    address: AddressDep,
    device: DeviceDep,
    person_id: Annotated[UUID, Form()],
) -> Response:
    """Signed in as somebody of the demo, whose phone has said yes.

    Raises:
        NotFound: this is no demo.
        NotStaff: somebody without a role.
    """
    if not request.app.state.settings.has_demo_door():
        raise NotFound
    actor = await read_actor(reader, person_id, clock.today())
    async with database.begin() as session:
        secret = await tickets.make(session, device=device, address=address)
        await tickets.confirm(session, actor, tickets.code_of(secret))
        token = await console_sessions.exchange(session, secret, device=device, address=address)
    return _entered(request, token, page.HOME)


async def _show(
    request: Request,
    database: SessionsDep,
    reader: ReadDep,
    address: str,
    device: str,
    wanted: str,
    refusal: AppError | None = None,
) -> Response:
    secret = request.cookies.get(TICKET, "")
    state = await tickets.state(reader, secret)
    is_new = state not in SHOWN
    if is_new:
        await limits.count(database, f"ticket:{address}", most=MOST_TICKETS, window=MINUTE)
        async with database.begin() as session:
            secret = await tickets.make(session, device=device, address=address)
    is_demo = request.app.state.settings.has_demo_door()
    answer = page.render(
        request,
        "sign_in.html",
        refusal.status if refusal else 200,
        next=page.own_path(wanted),
        is_confirmed=state is TicketState.CONFIRMED,
        refusal=refusal.title if refusal else "",
        people=await demo_people.page(reader) if is_demo else [],
        role_names=visit.ROLE_NAMES,
        minutes=int(tickets.LIFE.total_seconds() // 60),
    )
    if is_new:
        answer.set_cookie(
            TICKET,
            secret,
            max_age=int(tickets.LIFE.total_seconds()),
            path=SIGN_IN,
            secure=visit.is_secure(request.app.state.settings),
            httponly=True,
            samesite="strict",
        )
    return answer


def _entered(request: Request, token: str, wanted: str) -> Response:
    answer = page.go(page.own_path(wanted))
    visit.keep(request, answer, token)
    answer.delete_cookie(TICKET, path=SIGN_IN)
    return answer
