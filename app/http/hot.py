"""The hottest doors: what their routes ask for is read straight off the request.

A `HotRoute` is declared like any route and is the same in the contract. A request in plain form is
answered by `HotDoors`, right behind the edge: it passes neither the router nor FastAPI's solver and
exit stacks, which cost more than all its own work; see `bench/`. Any other request goes FastAPI's way
and is answered or refused there: the rules stand in one place.

Roles and places are remembered for seconds, in each process for itself (`actors.py`). Who has just
become somebody is not refused for what was remembered of him: a refusal is looked into once more.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import wraps
from typing import Any, get_args, get_type_hints
from uuid import UUID

from fastapi import Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.errors import Forbidden, NotFound
from app.core.paging import Lines, Page, Paging
from app.core.prepared import Reader
from app.http import deps
from app.http.index import ID, NAME
from app.permissions import Actor

JSON = (b"content-type", b"application/json")
QUERY = {b"limit": re.compile(rb"[1-9][0-9]?|100"), b"cursor": re.compile(rb"[\w.-]{1,400}")}
FIRST = Paging(deps.PAGE_ROWS, None)


class NotPlain(Exception):
    """FastAPI is to look at this request."""


class Call:
    """One request, as far as hot doors look at it."""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.state = scope, scope["app"].state
        self.reader: Reader = self.state.reader
        self.remembered: Actor | None = None
        self.response: Response | None = None

    async def has_changed(self) -> bool:
        """Roles and places were read anew, and are not what was remembered."""
        if self.remembered is None:
            return False
        person_id = self.remembered.person_id
        self.state.actors.forget(person_id)
        fresh: Actor = await self.state.actors.find(self.reader, person_id)
        return fresh != self.remembered


class HotRoute(APIRoute):
    """A route whose endpoint asks only for what `READ_OFF` knows.

    It opens no session, for it may be called twice: what was begun would not be undone.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        hints = get_type_hints(endpoint, include_extras=True)
        self.asked = {name: READ_OFF[kind] for name, kind in hints.items() if name != "return"}
        self.is_paged = _paging in self.asked.values()
        self.writes = _writer in self.asked.values()
        self.answer, self.write = endpoint, _writer_of(options["response_model"])

        @wraps(endpoint)
        async def written(**given: Any) -> Response:
            status = options.get("status_code") or 200
            found = await endpoint(**given)
            if isinstance(given.get("response"), Response):
                status = given["response"].status_code or status
            return Response(self.write(found), status, media_type="application/json")

        super().__init__(path, written, **options)

    async def answered(self, call: Call) -> tuple[int, bytes]:
        """Status and body. Whom the house knows rightly pays one statement for a refusal.

        Of those who write few are looked at while the others wait: a rush leaves the process to
        readers, too.

        Raises:
            NotPlain: see there.
        """
        if not self.writes:
            return await self._admitted(call)
        async with call.state.writer.lent() as call.reader:
            return await self._admitted(call)

    async def _admitted(self, call: Call) -> tuple[int, bytes]:
        try:
            return await self._answer(call)
        except (NotFound, Forbidden):
            if not await call.has_changed():
                raise
            return await self._answer(call)

    async def _answer(self, call: Call) -> tuple[int, bytes]:
        if call.scope["query_string"] and not self.is_paged:
            raise NotPlain
        given = {name: await read(call, name) for name, read in self.asked.items()}
        found = await self.answer(**given)
        status = call.response.status_code if call.response else self.status_code
        return status or 200, self.write(found)


class HotDoors:
    """Answers plain requests to hot routes; everything else goes on to `app`."""

    def __init__(
        self, app: ASGIApp, routes: Iterable[BaseRoute], handlers: Mapping[Any, Any]
    ) -> None:
        """Of `routes` the hot ones; a refusal is said by the application's own `handlers`."""
        self.app = app
        self._routes = {
            (method, NAME.sub("*", route.path_format)): (route, NAME.findall(route.path_format))
            for route in routes
            if isinstance(route, HotRoute)
            for method in route.methods or ()
        }
        refusals = {kind: say for kind, say in handlers.items() if kind is not Exception}
        self._said, self._refuse = tuple(refusals), ExceptionMiddleware(_raise, refusals)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What the route answers in plain form, with the route in `scope`; or what `app` answers."""
        call = self._call(scope) if scope["type"] == "http" else None
        if call is None:
            await self.app(scope, receive, send)
            return
        try:
            status, body = await scope["route"].answered(call)
        except NotPlain:
            await self.app(scope, receive, send)
            return
        except self._said as error:
            scope["refusal"] = error
            await self._refuse(scope, receive, send)
            return
        headers = [JSON, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _call(self, scope: Scope) -> Call | None:
        path = scope["path"]
        found = self._routes.get((scope["method"], ID.sub("*", path)))
        if found is None:
            return None
        route, names = found
        ids = ID.findall(path)
        if len(ids) != len(names):  # the path had a star of its own
            return None
        scope["route"], scope["path_params"] = route, dict(zip(names, ids, strict=True))
        return Call(scope)


async def _raise(scope: Scope, _: Receive, __: Send) -> None:
    raise scope["refusal"]


def _writer_of(shape: Any) -> Callable[[Any], bytes]:
    """How what an endpoint returns becomes the JSON of `shape`."""
    adapter: TypeAdapter[Any] = TypeAdapter(shape)
    if not issubclass(shape, Page):
        return lambda found: adapter.dump_json(adapter.validate_python(found, from_attributes=True))
    (line,) = get_args(shape.model_fields["items"].annotation)
    fields = frozenset(line.model_fields)

    def write(page: Lines) -> bytes:
        if page.fields != fields:
            raise TypeError("the columns of the statement are not the fields of the shape")
        cursor = "null" if page.next_cursor is None else f'"{page.next_cursor}"'
        return f'{{"items":[{page.text}],"next_cursor":{cursor}}}'.encode()

    return write


async def _actor(call: Call, _: str) -> Actor:
    header = next((value for name, value in call.scope["headers"] if name == b"authorization"), b"")
    scheme, _, token = header.decode("latin-1").partition(" ")
    if scheme != "Bearer":
        raise NotPlain
    actor, call.remembered = await deps.actor_of(call.state, token, call.reader)
    return actor


async def _paging(call: Call, _: str) -> Paging:
    if not call.scope["query_string"]:
        return FIRST
    given: dict[bytes, str] = {}
    for part in call.scope["query_string"].split(b"&"):
        name, _, value = part.partition(b"=")
        if name in given or name not in QUERY or not QUERY[name].fullmatch(value):
            raise NotPlain
        given[name] = value.decode()
    return Paging(int(given.get(b"limit", FIRST.limit)), given.get(b"cursor"))


async def _id(call: Call, name: str) -> UUID:
    return UUID(call.scope["path_params"][name])


async def _reader(call: Call, _: str) -> Reader:
    return call.reader


async def _writer(call: Call, _: str) -> Reader:
    return call.reader


async def _response(call: Call, _: str) -> Response:
    call.response = Response()
    return call.response


# What an endpoint may ask for, and where it stands in the request; NotPlain where it does not.
READ_OFF: Mapping[Any, Callable[[Call, str], Awaitable[Any]]] = {
    deps.ActorDep: _actor,
    deps.PagingDep: _paging,
    deps.ReadDep: _reader,
    deps.WriteDep: _writer,
    UUID: _id,
    Response: _response,
}
