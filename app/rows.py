"""The row that somebody is about to change: locked, as it is now, with what he may do to it."""

from collections.abc import Collection
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Identified
from app.core.errors import NotFound
from app.permissions import Actor, Permission, grants, may, require

Row = TypeVar("Row", bound=Identified)
Asked = tuple[Permission, ...]


async def get_row(
    session: AsyncSession,
    actor: Actor,
    table: type[Row],
    row_id: UUID,
    *,
    seen: Permission | Asked,
    asked: Permission | Asked = (),
    needed: Collection[Permission] = (),
    is_locked: bool = True,
) -> tuple[Row, list[str]]:
    """The row, read anew and locked, and which of `asked` and `needed` the actor has on it; one
    statement.

    `seen`: one of these lets him see it. `is_locked`: False where it is only looked at.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: one of `needed` is missing.
    """
    all_asked = tuple(dict.fromkeys((*_all(asked), *needed)))
    statement = _statement(table, _all(seen), all_asked, is_locked)  # type: ignore[arg-type] # a class is hashable
    found = (await session.execute(statement, actor.binds() | {"row_id": row_id})).first()
    if found is None:
        raise NotFound
    row, granted = found
    for permission in needed:
        require(granted, permission)
    return row, granted


def _all(permissions: Permission | Asked) -> Asked:
    return (permissions,) if isinstance(permissions, Permission) else permissions


@cache
def _statement(table: Any, seen: Asked, asked: Asked, is_locked: bool) -> Select[Any]:
    statement = select(table, grants(*asked)).where(
        table.id == bindparam("row_id", type_=Uuid()), or_(*map(may, seen))
    )
    if is_locked:
        statement = statement.with_for_update(of=table)
    return statement.execution_options(populate_existing=True)
