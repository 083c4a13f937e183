"""Photos as their readers see them: links only for who may see, and only as long as they may."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String, Uuid, bindparam, select

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.files import links, storage
from app.files.lifecycle import FILE, LIVING
from app.files.storage import Variant
from app.models.file import File, FileStatus
from app.models.organization import Organization
from app.permissions import Actor, Permission, grants, require

P = Permission
ROW = (
    File.id,
    File.status,
    File.width,
    File.height,
    grants(P.FILE_OWN, P.FILE_DECIDE),
)
OF_SUBJECT = Prepared(
    select(*ROW)
    .where(
        File.subject_kind == bindparam("subject_kind", type_=String()),
        File.subject_id == bindparam("subject_id", type_=Uuid()),
        File.status != FileStatus.REMOVED.value,
    )
    .order_by(File.id)
)
CONTAINER = Prepared(
    select(grants(P.COMMUNITY_TRIAGE)).where(
        Organization.id == bindparam("community_id", type_=Uuid()),
        Organization.kind == "community",
    )
)
STATUS = Prepared(select(File.status).where(File.id == bindparam("file_id", type_=Uuid())))


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """The photo for its reader: the links, where what the row `grants` lets him see it."""
    status, granted = row["status"], row["grants"]
    is_seen = status == FileStatus.SHOWN or (
        status in LIVING
        and (P.FILE_OWN in granted or (status == FileStatus.HELD and P.FILE_DECIDE in granted))
    )
    found = {
        variant.value: links.path(row["id"], variant) if is_seen else None for variant in Variant
    }
    return row | found | {"open_to": FILE.open_in(status, granted)}


def uploaded(file: File) -> dict[str, Any]:
    """A photo as its uploader sees it."""
    row = {name: getattr(file, name) for name in ("id", "status", "width", "height")}
    return shown(row | {"grants": [P.FILE_OWN]})


async def of_subject(
    reader: Reader, actor: Actor, subject: tuple[str, UUID]
) -> list[dict[str, Any]]:
    """The photos of what the actor was found to be allowed to read, oldest first; one statement."""
    kind, subject_id = subject
    binds = actor.binds() | {"subject_kind": kind, "subject_id": subject_id}
    return [shown(row) for row in await OF_SUBJECT.rows(reader, binds)]


async def page_of_held(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID
) -> Slice[dict[str, Any]]:
    """Photos that wait for the community's decision, oldest first.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    row = await CONTAINER.one(reader, actor.binds() | {"community_id": community_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.COMMUNITY_TRIAGE)
    where = scope("held-photos", {"community": community_id})
    key = after(paging, where, UUID)
    binds = actor.binds() | {"community_id": community_id, "most": paging.limit + 1}
    more = {} if key is None else {"id": key[0]}
    rows = await _held(key is not None).rows(reader, binds | more)
    return cut([shown(row) for row in rows], paging, where, "id")


@cache
def _held(is_continued: bool) -> Prepared:
    statement = (
        select(*ROW, File.subject_kind, File.subject_id, File.created_at)
        .where(
            File.community_id == bindparam("community_id", type_=Uuid()),
            File.status == FileStatus.HELD.value,
        )
        .order_by(File.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(File.id > bindparam("id", type_=Uuid()))
    return Prepared(statement)


async def content(reader: Reader, token: str) -> bytes:
    """The JPEG behind a link.

    Raises:
        LinkInvalid: expired, or not signed by us.
        NotFound: hidden or removed since the link was made, or lost.
        Unavailable: the store does not answer.
    """
    file_id, variant = links.read(token)
    row = await STATUS.one(reader, {"file_id": file_id})
    if row is None or row["status"] not in LIVING:
        raise NotFound
    return await storage.get(file_id, variant)
