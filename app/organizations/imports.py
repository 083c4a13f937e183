"""Files that are previewed first: applied whole against the state they were compared with, or never.

Each kind of file has its own module that reads it, compares it and applies the plan; here is the
life they share. The plan may name people: it is sealed, and gone once the file is applied or lapsed.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core import clock
from app.core.errors import Conflict, FieldError, NotFound
from app.core.prepared import Prepared, Reader
from app.lifecycle import BadTransition, Lifecycle, Step
from app.models.organization import Import, ImportKind, ImportStatus, ImportStep
from app.permissions import Actor, Permission, may
from app.rows import get_row

KEPT = timedelta(hours=24)
MOST_REFUSED = 200

S = ImportStatus
P = Permission


class ImportAction(StrEnum):
    APPLY = "apply"
    LAPSE = "lapse"


LIFECYCLE: Lifecycle[ImportStatus, ImportAction] = Lifecycle(
    {
        ImportAction.APPLY: Step({S.PREVIEWED}, S.APPLIED, P.IMPORT_APPLY),
        ImportAction.LAPSE: Step({S.PREVIEWED}, S.LAPSED, None),
    }
)


class ImportLapsed(Conflict):
    """The preview is older than 24 hours."""

    code, title = "import_lapsed", "预览已超过24小时，请重新上传"


class StateChanged(Conflict):
    """What the file was compared with is no longer so."""

    code, title = "state_changed", "预览之后数据已有变化，请重新上传预览"


class RowsRefused(Conflict):
    """Some rows were refused in the preview: a file goes in whole or not at all. The first 200
    cells are named.
    """

    code, title = "rows_refused", "有未通过的行，请改正后重新上传"


SHOW = Prepared(
    select(
        Import.id,
        Import.kind,
        Import.organization_id,
        Import.status,
        Import.counts,
        Import.due_at,
    ).where(Import.id == bindparam("import_id", type_=Uuid()), may(P.IMPORT_APPLY))
)


REFUSED = Prepared(
    select(Import.plan).where(
        Import.id == bindparam("import_id", type_=Uuid()),
        may(P.IMPORT_APPLY),
        Import.plan.is_not(None),
        Import.counts["refused"].as_integer() > 0,
    )
)


async def preview(
    session: AsyncSession,
    actor: Actor,
    kind: ImportKind,
    organization_id: UUID,
    *,
    file_digest: str,
    plan: Any,
    state_digest: str,
    counts: dict[str, Any],
    refused: Sequence[FieldError] = (),
) -> Import:
    """The file is kept for 24 hours, to be applied by whoever sent it.

    The caller has checked the permission. `plan` is anything JSON can hold, `counts` holds
    figures only. Of a file with `refused` cells nothing but these is kept: it cannot be applied.
    """
    if refused:
        plan = {"refused": refused[:MOST_REFUSED]}
    row = Import(
        kind=kind,
        organization_id=organization_id,
        uploaded_by_id=actor.person_id,
        file_digest=file_digest,
        plan=json.dumps(plan, ensure_ascii=False, separators=(",", ":"), default=str),
        state_digest=state_digest,
        counts=counts,
        due_at=clock.now() + KEPT,
    )
    session.add(row)
    await session.flush()
    session.add(
        ImportStep(import_id=row.id, actor_id=actor.person_id, action="preview", entered=row.status)
    )
    await session.flush()
    return row


async def take(
    session: AsyncSession, actor: Actor, import_id: UUID, *kinds: ImportKind
) -> tuple[Import, Any]:
    """The previewed file of one of `kinds`, locked, and its plan.

    Raises:
        NotFound: there is none, or it is not the actor's to apply.
        BadTransition: it was applied, or lapsed.
        ImportLapsed: its 24 hours are over.
        RowsRefused: its preview refused some rows; the errors name them.
    """
    row, _ = await get_row(
        session, actor, Import, import_id, seen=P.IMPORT_APPLY, needed=(P.IMPORT_APPLY,)
    )
    if row.kind not in kinds:
        raise NotFound
    if row.status != S.PREVIEWED or row.plan is None:
        raise BadTransition
    if row.due_at is not None and row.due_at <= clock.now():
        raise ImportLapsed
    plan = json.loads(row.plan)
    if row.counts.get("refused"):
        raise RowsRefused(errors=tuple(FieldError(*error) for error in plan["refused"]))
    return row, plan


async def show(reader: Reader, actor: Actor, import_id: UUID) -> dict[str, Any]:
    """The file's figures.

    Raises:
        NotFound: there is none, or it is not the actor's.
    """
    row = await SHOW.one(reader, {"import_id": import_id} | actor.binds())
    if row is None:
        raise NotFound
    return row


async def refusals(reader: Reader, actor: Actor, import_id: UUID) -> list[str]:
    """What was wrong with the cells of a file that is still kept, the first 200; else nothing."""
    row = await REFUSED.one(reader, {"import_id": import_id} | actor.binds())
    plan = json.loads(row["plan"]) if row else {"refused": []}
    return [FieldError(*error).message for error in plan["refused"]]


async def applied(session: AsyncSession, actor: Actor, row: Import, *, state_digest: str) -> None:
    """The file counts as applied. Call it before the first row is changed.

    `state_digest` is of the state now, computed under the locks that keep it so.

    Raises:
        StateChanged: it is not the state of the preview.
    """
    if row.state_digest != state_digest:
        raise StateChanged
    await _moved(session, actor, row, ImportAction.APPLY)
    audit.operated(
        session,
        actor,
        "import.applied",
        subject=("import", row.id),
        organization_id=row.organization_id,
        kind=row.kind,
        counts=row.counts,
    )


async def lapse(session: AsyncSession, row: Import) -> None:
    """For the clock: nobody applied it in time."""
    await _moved(session, Actor.system(), row, ImportAction.LAPSE)


async def _moved(session: AsyncSession, actor: Actor, row: Import, action: ImportAction) -> None:
    left = LIFECYCLE.advance(row, action)
    row.due_at, row.plan = None, None
    session.add(
        ImportStep(
            import_id=row.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=row.status,
        )
    )
    await session.flush()
