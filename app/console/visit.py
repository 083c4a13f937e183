"""Who visits: the browser's session, its person with roles and places, and what is open to him."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import labels
from app.core import logs
from app.core.errors import Unauthorized
from app.core.prepared import Reader
from app.http.deps import SAFE, ReadDep, report_reader
from app.identity import console_sessions, tickets
from app.identity.looks import UNSAID
from app.models.person import Role
from app.permissions import Actor
from app.settings import Environment, Settings

ROLE_NAMES = labels.of(Role)


class Held(NamedTuple):
    """A role and where it is held."""

    role: Role
    organization_id: UUID
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is signed in to the console."""

    request: Request
    reader: Reader
    actor: Actor
    session_id: UUID
    name: str
    held: Sequence[Held] = field(default=())

    @property
    def sessions(self) -> async_sessionmaker[AsyncSession]:
        """For the transaction of a form."""
        made: async_sessionmaker[AsyncSession] = self.request.app.state.sessions
        return made

    @property
    def report_reader(self) -> Reader:
        """For pages of reports and statistics: the replica, where there is one, and has caught up."""
        return report_reader(self.request.app.state)

    def organizations(self, *roles: Role) -> list[Held]:
        """Where one of `roles` is held, each place once."""
        found = {each.organization_id: each for each in reversed(self.held) if each.role in roles}
        return list(reversed(found.values()))


async def get_visit(request: Request, reader: ReadDep) -> Visit:
    """The visit, for pages of those who are signed in; the session counts as used.

    Raises:
        Unauthorized: no living session.
        NotStaff: no role that the console is for any more.
    """
    state = request.app.state
    token = request.cookies.get(cookie_name(state.settings))
    row = await console_sessions.find(reader, token) if token else None
    if row is None:
        raise Unauthorized
    person_id = row["person_id"]
    logs.actor_id.set(person_id)
    if request.method not in SAFE:
        state.actors.forget(person_id)
    actor = await state.actors.find(reader, person_id)
    held = [_held(each) for each in row["held"]]
    visit = Visit(request, reader, actor, row["id"], row["name"] or UNSAID, held)
    request.state.visit = visit
    await console_sessions.touch(state.sessions, row["id"], row["seen_at"])
    if not tickets.is_staff(actor):
        raise tickets.NotStaff
    return visit


def cookie_name(settings: Settings) -> str:
    """The browser itself keeps `__Host-` to this host and to TLS."""
    return "__Host-console" if is_secure(settings) else "console"


def is_secure(settings: Settings) -> bool:
    """Whether cookies travel by TLS only; without, for a house on one's own machine."""
    is_production = settings.environment is Environment.PRODUCTION
    return is_production or settings.public_url.startswith("https://")


def keep(request: Request, answer: Response, token: str) -> None:
    """The browser holds the token of its session until it is closed."""
    settings = request.app.state.settings
    answer.set_cookie(
        cookie_name(settings),
        token,
        path="/",
        secure=is_secure(settings),
        httponly=True,
        samesite="lax",
    )


def drop(request: Request, answer: Response) -> None:
    """The browser forgets its session."""
    settings = request.app.state.settings
    answer.delete_cookie(
        cookie_name(settings), path="/", secure=is_secure(settings), httponly=True, samesite="lax"
    )


def _held(row: dict[str, Any]) -> Held:
    return Held(Role(row["role"]), UUID(row["organization_id"]), row["name"], row["kind"])


VisitDep = Annotated[Visit, Depends(get_visit)]
