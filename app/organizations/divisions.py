"""Division files: city, districts, subdistricts, communities as the tree of organizations.

A file is staged by COPY and compared with the tree by set-based statements, so that the national
file of 664,000 rows needs no more memory than that of one city. Figures: docs/imports.md.
"""

from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core import clock
from app.core.errors import Forbidden
from app.core.ids import new_id
from app.models.organization import Import, ImportKind, Organization
from app.organizations import division_file, imports, tree
from app.organizations import division_sql as sql
from app.organizations.division_file import Errors, Row
from app.organizations.kinds import LEVELS
from app.permissions import Actor, Permission, grants, may, require

MOST_SHOWN = 200
# A statement of a whole country takes longer than one of a request.
COPY_SECONDS = 600.0

FAULTS = {
    "duplicate_code": ("code", "代码重复"),
    "missing_parent": ("parent_code", "上级代码不存在"),
    "wrong_level": ("level", "级别不低于上级的级别"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would change; the lists hold the first 200 lines, `counts` all of them."""

    counts: dict[str, int]
    changes: list[dict[str, Any]]
    vanished: list[dict[str, Any]]
    state_digest: str

    @property
    def changes_something(self) -> bool:
        """Whether applying it writes anything."""
        return any(self.counts[name] for name in ("added", "renamed", "moved", "shifted"))


async def preview(
    session: AsyncSession, actor: Actor, source: BinaryIO, *, file_digest: str
) -> tuple[Import, Plan]:
    """A previewed file over an existing root, and its plan.

    Raises:
        FileRefused: errors by line; more than one root, a root that is not in the system, or a
            code that belongs to somebody else's tree.
        Forbidden: the root is not the actor's to run.
    """
    await _check_runs_some(session, actor)
    plan = await stage(session, source)
    root_id = await _own_root(session, actor)
    rows = [list(row) for row in await session.execute(sql.FILE_ROWS)]
    row = await imports.preview(
        session,
        actor,
        ImportKind.DIVISIONS,
        root_id,
        file_digest=file_digest,
        plan=rows,
        state_digest=plan.state_digest,
        counts=plan.counts,
    )
    return row, plan


async def apply(
    session: AsyncSession, actor: Actor, row: Import, rows: list[Any], *, close_vanished: bool
) -> Plan:
    """The previewed rows are in the tree; `row` and `rows` come from `imports.take`.

    Raises:
        StateChanged: the tree is no longer as it was when previewed.
        Forbidden: the root is no longer the actor's to run.
    """
    await tree.hold_alone(session)
    errors = Errors()
    await _copy(session, (Row(*[*values, new_id()]) for values in rows))
    plan = await _compare(session, errors)
    await _own_root(session, actor)
    await imports.applied(session, actor, row, state_digest=plan.state_digest)
    await write(session, actor, plan, close_vanished=close_vanished)
    return plan


async def stage(session: AsyncSession, source: BinaryIO) -> Plan:
    """The file beside the tree as it is now, kept so until the transaction ends.

    Raises:
        FileRefused: errors by line; nothing is changed.
    """
    await tree.hold_alone(session)
    errors = Errors()
    await _copy(session, division_file.rows(source, errors))
    errors.refuse()
    return await _compare(session, errors)


async def write(session: AsyncSession, actor: Actor, plan: Plan, *, close_vanished: bool) -> None:
    """The staged plan is carried out; nothing is written where nothing changes.

    `close_vanished`: what is no longer in the file is closed, unless something lives below it.
    """
    at = {"today": clock.today(), "now": clock.now()}
    if plan.changes_something:
        for rank in range(len(LEVELS)):
            await session.execute(sql.ADD, at | {"rank": rank})
            await session.execute(sql.ANALYZE_TREE)
        for statement in (sql.END_CODES, sql.ADD_CODES, sql.CHANGE):
            await session.execute(statement, _named(statement, at))
    if plan.counts["shifted"]:
        await session.execute(sql.FOLLOW, {"now": at["now"]})
    closes = close_vanished and plan.counts["vanished"] > plan.counts["in_use"]
    if closes:
        for statement in (sql.CLOSE, sql.CLOSE_CODES):
            await session.execute(statement, _named(statement, at))
    if plan.changes_something or closes:
        audit.operated(
            session,
            actor,
            "divisions.imported",
            subject=("divisions", None),
            counts=plan.counts,
            closed=closes,
        )
    for known in list(session.identity_map.values()):
        if isinstance(known, Organization):
            session.expire(known)
    await session.flush()


def _named(statement: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Of `values` those that the statement names."""
    return {name: value for name, value in values.items() if name in statement.compile().params}


async def _copy(session: AsyncSession, rows: Any) -> None:
    """`rows` stand in the staging table; BEGIN travels with the first statement, then the driver."""
    await session.execute(sql.DROP_ROWS)
    await session.execute(sql.CREATE_ROWS)
    connection = await session.connection()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.copy_records_to_table(
        "division_rows", records=rows, columns=Row._fields, timeout=COPY_SECONDS
    )


async def _compare(session: AsyncSession, errors: Errors) -> Plan:
    await session.execute(sql.INDEX_ROWS)
    await session.execute(sql.ANALYZE_ROWS)
    for line, fault in await session.execute(sql.ERRORS):
        column, message = FAULTS[fault]
        errors.add(line, column, fault, message)
    errors.refuse()
    await session.execute(sql.DROP_PLAN)
    await session.execute(sql.CREATE_PLAN)
    await session.execute(sql.INDEX_PLAN_CODE)
    for rank in range(len(LEVELS)):
        await session.execute(sql.FILL_PLAN, {"rank": rank})
    await session.execute(sql.INDEX_PLAN)
    await session.execute(sql.ANALYZE_PLAN)
    await session.execute(sql.DROP_VANISHED)
    await session.execute(sql.CREATE_VANISHED)
    await session.execute(sql.MARK_USED)
    counts = (await session.execute(sql.COUNTS)).mappings().one()
    gone = (await session.execute(sql.COUNT_VANISHED)).mappings().one()
    most = {"most": MOST_SHOWN}
    return Plan(
        counts={**counts, **gone},
        changes=[dict(row) for row in (await session.execute(sql.CHANGES, most)).mappings()],
        vanished=[dict(row) for row in (await session.execute(sql.VANISHED, most)).mappings()],
        state_digest=str(await session.scalar(sql.STATE)),
    )


async def _check_runs_some(session: AsyncSession, actor: Actor) -> None:
    """Who runs no city at all is refused before the file is read."""
    runs = select(Organization.id).where(
        Organization.kind.in_(LEVELS[:2]),
        Organization.closed_on.is_(None),
        may(Permission.TENANT_RUN),
    )
    if (await session.execute(runs.limit(1), actor.binds())).first() is None:
        raise Forbidden


async def _own_root(session: AsyncSession, actor: Actor) -> UUID:
    """The one root of the staged file, which the actor runs, with all that the file names."""
    roots = (await session.execute(sql.ROOTS)).all()
    errors = Errors()
    for line, _, _ in roots[1:]:
        errors.add(line, "parent_code", "second_root", "只能有一个最高级地区")
    if not roots[0].is_known:
        errors.add(roots[0].line, "code", "unknown_root", "最高级地区不在系统中，请联系管理员")
    errors.refuse()
    root_id: UUID = roots[0].id
    granted = await session.scalar(
        select(grants(Permission.TENANT_RUN)).where(Organization.id == root_id), actor.binds()
    )
    require(granted or (), Permission.TENANT_RUN)
    foreign = (await session.scalars(sql.FOREIGN)).all()
    for line in foreign:
        errors.add(line, "code", "foreign_code", "该代码属于其他地区")
    errors.refuse()
    return root_id
