"""My browsers: where I am signed in to the console, and signing out."""

from uuid import UUID

from fastapi import Response

from app.console import page, visit
from app.console.page import SIGN_IN, PageRoute
from app.console.visit import VisitDep
from app.http.room import Room
from app.identity import console_sessions
from app.identity.people import id_of

router = Room(prefix="/console/account", include_in_schema=False, route_class=PageRoute)


@router.get("")
async def show_account(visited: VisitDep) -> Response:
    """The browsers in which I am signed in, and my roles."""
    rows = await console_sessions.page(visited.reader, visited.actor)
    return page.render(visited.request, "account.html", browsers=rows, role_names=visit.ROLE_NAMES)


@router.post("/sign-out")
async def sign_out(visited: VisitDep) -> Response:
    """This browser is signed out."""
    async with visited.sessions.begin() as session:
        await console_sessions.end(session, visited.actor, visited.session_id)
    answer = page.go(SIGN_IN, "signed_out")
    visit.drop(visited.request, answer)
    return answer


@router.post("/sign-out-everywhere")
async def sign_out_everywhere(visited: VisitDep) -> Response:
    """All my browsers are signed out, this one too."""
    async with visited.sessions.begin() as session:
        await console_sessions.end_all(session, id_of(visited.actor))
    answer = page.go(SIGN_IN, "signed_out")
    visit.drop(visited.request, answer)
    return answer


@router.post("/sessions/{session_id}/end")
async def end_browser(visited: VisitDep, session_id: UUID) -> Response:
    """Another browser is signed out.

    Raises:
        NotFound: no such session of mine.
    """
    async with visited.sessions.begin() as session:
        await console_sessions.end(session, visited.actor, session_id)
    return page.go("/console/account", "session_ended")
