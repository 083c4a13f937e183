"""POST is repeat-safe: the key, the body's hash and the answer are stored with the change itself.

`KeyedRoute` is the route class of every router whose POSTs change rows through a session. The key
is inserted first, so that a twin waits for the first one; the answer is stored before the commit.
Source: engineering.md A8.
"""

import hashlib
import json
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, fields
from app.core.errors import KeyReused
from app.core.terms import Term
from app.http.deps import ActorDep, SessionDep
from app.http.late import LateRoute
from app.models.house import IdempotencyKey

PURPOSE = "idempotency_keys.body"
TERMS = (Term(IdempotencyKey.created_at, timedelta(hours=48)),)


class Answered(Exception):
    """Carries the stored answer out of the dependency."""

    def __init__(self, response: Response) -> None:
        self.response = response


async def repeat_safe(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=8,
            max_length=80,
            pattern=r"^[\x21-\x7e]+$",
            description="Made anew for each tap; the same key and body get the same answer.",
        ),
    ] = None,
) -> None:
    """Claims the key for this request, or answers what it was answered before.

    Raises:
        KeyReused: the key was sent with another body.
    """
    if idempotency_key is None:
        return
    given = await _hash(request)
    claimed = await session.scalar(
        insert(IdempotencyKey)
        .values(
            person_id=actor.person_id,
            key=idempotency_key,
            hash=given,
            created_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    if claimed is not None:
        request.state.claimed = (session, actor.person_id, idempotency_key)
        return
    known = await session.execute(
        select(IdempotencyKey.hash, IdempotencyKey.status, IdempotencyKey.body).where(
            IdempotencyKey.person_id == actor.person_id, IdempotencyKey.key == idempotency_key
        )
    )
    stored, status, body = known.one()
    if stored != given:
        raise KeyReused
    text = fields.keys().open(body or b"", PURPOSE)
    raise Answered(Response(text, status or 200, media_type="application/json" if text else None))


class KeyedRoute(LateRoute):
    """A route whose POST remembers its answer under the client's key."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if "POST" in (options.get("methods") or ()):
            options["dependencies"] = [*(options.get("dependencies") or ()), Depends(repeat_safe)]
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wraps FastAPI's handler: what it answers is stored before the transaction commits."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                response = await answer(request)
            except Answered as known:
                return known.response
            if claimed := getattr(request.state, "claimed", None):
                await _store(claimed, response)
            return response

        return handle


async def _store(claimed: tuple[AsyncSession, Any, str], response: Response) -> None:
    """Only answers below 400 come here: a refusal is an exception, and rolls the key back."""
    session, person_id, key = claimed
    body = fields.keys().seal(bytes(response.body).decode(), PURPOSE)
    await session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.person_id == person_id, IdempotencyKey.key == key)
        .values(status=response.status_code, body=body)
    )


async def _hash(request: Request) -> str:
    """Over method, path and what was sent; of a form, over its fields and its files' bytes."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        form = await request.form()
        for name, value in form.multi_items():
            digest.update(json.dumps([name, getattr(value, "filename", value)]).encode())
            if not isinstance(value, str):
                while chunk := await value.read(1 << 16):
                    digest.update(chunk)
                await value.seek(0)
    else:
        digest.update(await request.body())
    return digest.hexdigest()
