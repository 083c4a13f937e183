"""Lists that stand in the order of their rows' ids."""

from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Select, Uuid, bindparam

from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader

MOST = bindparam("most", type_=Integer())
AFTER = bindparam("id", type_=Uuid())


class Listed(NamedTuple):
    """A list: `name` is unique, `key` the column of its order."""

    name: str
    statement: Select[*tuple[Any, ...]]
    key: Any
    is_latest_first: bool = False

    async def page(
        self, reader: Reader, paging: Paging, binds: dict[str, Any]
    ) -> Slice[dict[str, Any]]:
        """One page of what the statement finds with `binds`."""
        where = scope(self.name, binds)
        key = after(paging, where, UUID)
        more = {"most": paging.limit + 1} | ({} if key is None else {"id": key[0]})
        rows = await _prepared(self, key is not None).rows(reader, binds | more)
        return cut(rows, paging, where, "id")


@cache
def _prepared(listed: Listed, is_continued: bool) -> Prepared:
    statement, key = listed.statement, listed.key
    if is_continued:
        statement = statement.where(key < AFTER if listed.is_latest_first else key > AFTER)
    return Prepared(statement.order_by(key.desc() if listed.is_latest_first else key).limit(MOST))
