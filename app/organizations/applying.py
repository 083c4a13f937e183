"""The doors through which this room's files come in, and through which all of them are applied."""

import hashlib
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.models.organization import Import, ImportKind, Organization
from app.organizations import community, divisions, employers, imports, words, workbooks
from app.organizations.workbooks import Parsers, Read
from app.permissions import Actor, Permission, grants, require

P = Permission
PARSERS: dict[str, Parsers] = {
    community.WORKBOOK: workbooks.COMMUNITY,
    employers.LIST: workbooks.EMPLOYERS,
}
NEEDED = {
    community.WORKBOOK: P.COMMUNITY_IMPORT,
    employers.LIST: P.EMPLOYERS_IMPORT,
}
ALLOWED = Prepared(
    select(grants(P.COMMUNITY_IMPORT, P.EMPLOYERS_IMPORT)).where(
        Organization.id == bindparam("organization_id", type_=Uuid()),
        Organization.closed_on.is_(None),
    )
)


async def read(
    reader: Reader,
    actor: Actor,
    organization_id: UUID,
    source: BinaryIO,
    name: str,
    *,
    form: str,
) -> Read:
    """The rows of a file, read before any transaction begins, for whoever may import it.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to import.
        FileRefused, TooLarge, Unavailable: see `app.core.sheets.reading`.
    """
    found = await ALLOWED.one(reader, {"organization_id": organization_id} | actor.binds())
    if found is None:
        raise NotFound
    require(found["grants"], NEEDED[form])
    forms = await words.read_forms(reader, form)
    return await workbooks.read(source, name, forms, PARSERS[form])


async def preview(
    session: AsyncSession,
    reader: Reader,
    actor: Actor,
    organization_id: UUID,
    source: BinaryIO,
    name: str,
    *,
    form: str,
) -> tuple[community.Preview | employers.Preview, Read]:
    """What a file on this machine would change; for commands, whose session has not begun.

    Raises:
        As `read` and the preview of its room.
    """
    digest = hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]  # any binary file
    source.seek(0)
    book = await read(reader, actor, organization_id, source, name, form=form)
    room = community if form == community.WORKBOOK else employers
    return await room.preview(session, actor, organization_id, book, file_digest=digest), book


async def apply(
    session: AsyncSession, actor: Actor, import_id: UUID, *, close_vanished: bool
) -> Import:
    """The previewed file is applied, whole.

    `close_vanished` matters to a division file only.

    Raises:
        NotFound, Forbidden: it is not the actor's to apply.
        BadTransition, ImportLapsed, RowsRefused, StateChanged: see `imports`.
    """
    kinds = (ImportKind.DIVISIONS, ImportKind.COMMUNITY, ImportKind.EMPLOYERS)
    row, plan = await imports.take(session, actor, import_id, *kinds)
    if row.kind is ImportKind.COMMUNITY:
        await community.apply(session, actor, row, plan)
    elif row.kind is ImportKind.EMPLOYERS:
        await employers.apply(session, actor, row, plan)
    else:
        await divisions.apply(session, actor, row, plan, close_vanished=close_vanished)
    return row
