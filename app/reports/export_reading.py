"""My workbooks."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.files import links, storage
from app.models.export import Export, ExportStatus
from app.permissions import Actor, Permission, may

LINE = select(
    Export.id,
    Export.report_id,
    Export.status,
    Export.percent,
    Export.size,
    Export.created_at,
    Export.due_at,
)
MINE = (
    LINE.where(Export.asked_by_id == bindparam("owner", type_=Uuid()))
    .order_by(Export.id.desc())
    .limit(bindparam("most", type_=Integer()))
)
FIRST = Prepared(MINE)
NEXT = Prepared(MINE.where(Export.id < bindparam("id", type_=Uuid())))
ONE = Prepared(
    LINE.where(Export.id == bindparam("export_id", type_=Uuid()), may(Permission.EXPORT_OWN))
)
STATUS = Prepared(select(Export.status).where(Export.id == bindparam("export_id", type_=Uuid())))


async def page(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """What I asked for, newest first."""
    where = scope("exports", {"person": actor.person_id})
    key = after(paging, where, UUID)
    binds = {"owner": actor.person_id, "most": paging.limit + 1}
    if key is None:
        rows = await FIRST.rows(reader, binds)
    else:
        rows = await NEXT.rows(reader, binds | {"id": key[0]})
    return cut(rows, paging, where, "id")


async def show(reader: Reader, actor: Actor, export_id: UUID) -> dict[str, Any]:
    """One of mine.

    Raises:
        NotFound: none, or another's.
    """
    row = await ONE.one(reader, actor.binds() | {"export_id": export_id})
    if row is None:
        raise NotFound
    return row


async def content(reader: Reader, token: str) -> bytes:
    """The bytes behind a link.

    Raises:
        LinkInvalid: expired, or not signed by us.
        NotFound: it is gone.
        Unavailable: the store does not answer.
    """
    export_id = links.read_blob(token)
    row = await STATUS.one(reader, {"export_id": export_id})
    if row is None or row["status"] is not ExportStatus.READY:
        raise NotFound
    return await storage.get_blob(export_id)
