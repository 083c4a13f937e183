"""What a route may ask for: a session, a reader, the actor, the page, the house's tools.

A read route has `ReadDep`, of reports and statistics `ReportReadDep`, a write route `SessionDep`, never both.
"""

import ipaddress
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import State

from app.core import logs
from app.core.errors import Unauthorized
from app.core.paging import Paging
from app.core.prepared import Reader
from app.permissions import Actor, Permission

SAFE = ("GET", "HEAD")
PAGE_ROWS = 20  # where a list is not told how many

bearer = HTTPBearer(auto_error=False, description="The access token of `POST /api/v1/sessions`.")
BearerDep = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """One transaction a request: committed before the answer leaves, rolled back on any error."""
    async with request.app.state.sessions.begin() as session:
        yield session


async def get_reader(request: Request) -> Reader:
    """Lends a connection for each statement; nothing that is read here can be changed here."""
    reader: Reader = request.app.state.reader
    return reader


async def get_report_reader(request: Request) -> Reader:
    """For reads of reports and statistics: the replica, where there is one, and has caught up."""
    return report_reader(request.app.state)


def report_reader(state: State) -> Reader:
    """What `get_report_reader` lends."""
    reader: Reader = state.replica or state.reader
    return reader


async def get_writer(request: Request) -> Reader:
    """The driver for the one write that is a single statement: taking a seat. Its connections are few
    and its own, so that a rush on one order keeps nobody else waiting."""
    writer: Reader = request.app.state.writer
    return writer


async def get_actor(request: Request, credentials: BearerDep) -> Actor:
    """The person behind the access token. What changes something is judged by the roles and places
    of this moment; what is read, by those remembered for seconds.

    Raises:
        Unauthorized: no token, or not a good one.
    """
    if credentials is None:
        raise Unauthorized
    state, token = request.app.state, credentials.credentials
    if request.method not in SAFE:
        state.actors.forget(state.tokens.read(token))
    actor, _ = await actor_of(state, token, state.reader)
    return actor


async def actor_of(state: State, token: str, reader: Reader) -> tuple[Actor, Actor | None]:
    """The person behind an access token, and the same again if it was remembered; errors as above."""
    person_id = state.tokens.read(token)
    logs.actor_id.set(person_id)
    remembered = state.actors.recall(person_id)
    return remembered or await state.actors.find(reader, person_id), remembered


async def get_paging(
    limit: Annotated[int, Query(ge=1, le=100, description="Rows on a page.")] = PAGE_ROWS,
    cursor: Annotated[
        str | None, Query(max_length=400, description="`next_cursor` of the page before.")
    ] = None,
) -> Paging:
    """Which page of a list is wanted."""
    return Paging(limit, cursor)


async def get_address(request: Request) -> str:
    """The caller's network: an IPv4 address, or the /64 of an IPv6 one; for limits only."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def needs(*permissions: Permission) -> dict[str, Any]:
    """For `openapi_extra`: what a route's use case asks for; any one suffices.

    It enforces nothing (services check); generated tests hold it true.
    """
    return {"x-permission": [permission.value for permission in permissions]}


SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]
ReadDep = Annotated[Reader, Depends(get_reader)]
ReportReadDep = Annotated[Reader, Depends(get_report_reader)]
WriteDep = Annotated[Reader, Depends(get_writer)]
ActorDep = Annotated[Actor, Depends(get_actor)]
PagingDep = Annotated[Paging, Depends(get_paging)]
AddressDep = Annotated[str, Depends(get_address)]
