"""Workbooks of summaries: asked for, made by the worker outside any transaction, fetched by a link.

What is in one is what the person who asked may read at the moment when it is made. Nobody else finds
it; each link to it is noted. Its days over, nothing is kept. How far it is stands with it, by steps of
`STEP` percent and not oftener than every `PAUSE`: so what it costs does not grow with the lines.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import audit, events
from app.core import clock, logs
from app.core.database import reader_of
from app.core.errors import AppError, Conflict, NotFound
from app.deadlines import Deadline
from app.files import links, storage
from app.http.actors import read_actor
from app.models.export import Export, ExportStatus, ExportStep
from app.models.file import StoredBytes
from app.models.report import Report, ReportKind
from app.permissions import Actor, Permission, may
from app.policies import content
from app.policies import service as policies
from app.reports import paper, reading, workbook
from app.reports.events import ExportMoved
from app.reports.export_lifecycle import ASKED, EXPORT, ExportAction
from app.wechat.client import WeChat

log = logs.get(__name__)

A = ExportAction
LEASE = timedelta(minutes=10)
MOST_TRIES = 3
PAUSE, STEP = 3.0, 5  # seconds, percent
DAYS = "report.export_days"
PATH = "/api/v1/export-files/"
Sessions = async_sessionmaker[AsyncSession]


class NotReady(Conflict):
    """It is not made yet, could not be made, or is gone."""

    code, title = "not_ready", "文件尚未生成或已过期"


class Due(NamedTuple):
    """An export that is ours to make now."""

    export_id: UUID
    report_id: UUID
    person_id: UUID
    tries: int


class Counted:
    """Lines, counted as they are read."""

    def __init__(self, lines: Iterable[Any]) -> None:
        self.lines, self.done = lines, 0

    def __iter__(self) -> Iterator[Any]:
        for line in self.lines:
            self.done += 1
            yield line


class Parts(NamedTuple):
    """What a workbook is written from, how many lines at most, and how many days it is kept."""

    sections: list[Any]
    columns: list[Any]
    lines: Counted
    footer: str
    line_count: int
    days: int


async def ask(session: AsyncSession, actor: Actor, report_id: UUID) -> Export:
    """A workbook of the summary is made soon; the one that is being made, if there is.

    Raises:
        NotFound: no summary, or not the actor's to see.
    """
    seen = await session.scalar(
        select(Report.id).where(
            Report.id == report_id,
            Report.kind == ReportKind.EMPLOYER_SUMMARY,
            may(Permission.REPORT_READ),
        ),
        actor.binds(),
    )
    if seen is None:
        raise NotFound
    underway = await session.scalar(
        select(Export).where(
            Export.report_id == report_id,
            Export.asked_by_id == actor.person_id,
            Export.status.in_([ExportStatus.ASKED, ExportStatus.MAKING]),
        )
    )
    if underway is not None:
        return underway
    export = Export(
        report_id=report_id,
        asked_by_id=actor.person_id,
        status=ExportStatus.ASKED,
        make_after=clock.now(),
    )
    session.add(export)
    await session.flush()
    _note(session, actor, export, ASKED, None)
    await session.flush()
    return export


async def link(session: AsyncSession, actor: Actor, export_id: UUID) -> dict[str, Any]:
    """The path of the workbook, good for 10 to 15 minutes; that it was fetched is noted.

    Raises:
        NotFound: none, or another's.
        NotReady: see there.
    """
    export = await session.scalar(
        select(Export).where(Export.id == export_id, may(Permission.EXPORT_OWN)), actor.binds()
    )
    if export is None:
        raise NotFound
    if export.status is not ExportStatus.READY:
        raise NotReady
    audit.looked(session, actor, "workbook", subject=("report", export.report_id), owner_id=None)
    await session.flush()
    return {"path": PATH + links.of_blob(export.id), "size": export.size}


async def make_next(sessions: Sessions, wechat: WeChat) -> bool:
    """One workbook that was asked for is there, or could not be made; False when none was due.

    Whoever asked may not read the report any more, or three tries came to nothing: it has failed.
    """
    async with sessions.begin() as session:
        due = await _lease(session)
    if due is None:
        return False
    try:
        async with sessions.begin() as session:
            parts = await _parts(session, due)
    except AppError as error:
        log.warning("export.failed", export_id=str(due.export_id), code=error.code)
        async with sessions.begin() as session:
            await _end(session, due, A.FAIL)
        return True
    made = await _write(sessions, due, parts)
    async with sessions.begin() as session:
        session.add(StoredBytes(id=due.export_id, purge_after=clock.now() + LEASE))
    await storage.put_blob(due.export_id, made)
    async with sessions.begin() as session:
        await _end(session, due, A.FINISH, size=len(made), days=parts.days)
    return True


async def expire(session: AsyncSession, export: Export) -> None:
    """Its days are over; the bytes go with them."""
    _move(session, export, A.EXPIRE)


async def _lease(session: AsyncSession) -> Due | None:
    """The one that waited longest is ours for ten minutes."""
    export = await session.scalar(
        select(Export)
        .where(Export.make_after <= clock.now())
        .order_by(Export.make_after)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if export is None:
        return None
    export.tries += 1
    _move(session, export, A.MAKE if export.status is ExportStatus.ASKED else A.TAKE)
    if export.tries > MOST_TRIES:
        export.make_after = None
        _move(session, export, A.FAIL)
        return None
    export.make_after, export.percent = clock.now() + LEASE, 0
    return Due(export.id, export.report_id, export.asked_by_id, export.tries)


async def _write(sessions: Sessions, due: Due, parts: Parts) -> bytes:
    """The workbook, made in a thread; meanwhile whoever asked sees how far it is."""
    told = 0
    writing = asyncio.ensure_future(asyncio.to_thread(workbook.write, *parts[:4]))
    while not (await asyncio.wait({writing}, timeout=PAUSE))[0]:
        percent = min(100 * parts.lines.done // max(parts.line_count, 1), 99)
        if percent < told + STEP:
            continue
        told = percent
        async with sessions.begin() as session:
            await session.execute(
                update(Export)
                .where(Export.id == due.export_id, Export.tries == due.tries)
                .values(percent=percent)
            )
    return writing.result()


async def _parts(session: AsyncSession, due: Due) -> Parts:
    """What the workbook says, its lines still to be read."""
    reader = await reader_of(session)
    actor = await read_actor(reader, due.person_id, clock.today())
    row, lines = await reading.open_report(reader, actor, due.report_id)
    form = await content.find(session, "report_forms", row["kind"]) or {}
    days = await policies.value(session, row["employer_id"], DAYS)
    columns = paper.columns(form, sees_votes(row))
    sections = list(paper.rows(form, row["content"]))
    return Parts(sections, columns, Counted(lines), form["footer"], row["line_count"], days)


def sees_votes(row: Mapping[str, Any]) -> bool:
    """Whether the reader of this summary reads votes, of everybody or of his own branch."""
    return Permission.REPORT_VOTES in row["grants"] or bool(row["own_branches"])


async def _end(
    session: AsyncSession, due: Due, action: ExportAction, *, size: int = 0, days: int = 0
) -> None:
    export = await session.get_one(Export, due.export_id, with_for_update=True)
    _move(session, export, action)
    export.make_after = None
    if action is A.FINISH:
        export.size, export.percent = size, 100
        export.due_at = clock.now() + timedelta(days=days)
        await session.execute(
            update(StoredBytes).where(StoredBytes.id == export.id).values(purge_after=export.due_at)
        )


def _move(session: AsyncSession, export: Export, action: ExportAction) -> None:
    left = EXPORT.advance(export, action)
    _note(session, Actor.system(), export, action, left)


def _note(
    session: AsyncSession, actor: Actor, export: Export, action: str, left: ExportStatus | None
) -> None:
    session.add(
        ExportStep(
            export_id=export.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=export.status,
        )
    )
    events.record(session, ExportMoved(export_id=export.id, action=action, status=export.status))


DEADLINES = (Deadline(Export, expire),)
