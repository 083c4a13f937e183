"""The workbook of a community, or of all communities of a subdistrict: in, and out again.

Three sheets: compounds with their buildings, Party organizations and groups, posts. What the
file does not name stays as it is; a post that the file names is held by those it names.
Source: practice.md R3, R13.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, fields
from app.core.errors import Conflict
from app.core.sheets.tables import CellError
from app.models.organization import Appointment, Import, ImportKind, Organization
from app.organizations import community_plan, community_state, imports, service, tree, words
from app.organizations.community_plan import Outcome, Words
from app.organizations.community_state import Node, Post, State
from app.organizations.events import AppointmentEnded, AppointmentMade
from app.organizations.workbooks import Line, Read
from app.permissions import Actor, Permission, require

SCOPES = ("community", "subdistrict")
WORKBOOK = "community_workbook"
COPIED = ("parent_id", "lineage", "grid_id", "compound_id", "compound_type", "units", "households")


class NotAScope(Conflict):
    """A workbook is of a community or a subdistrict."""

    code, title = "not_a_scope", "请按社区或街道导入"


@dataclass(frozen=True, slots=True)
class Preview:
    """A previewed workbook: what becomes of its rows."""

    row: Import
    taken: list[tuple[Line, str]]
    errors: list[CellError]


async def preview(
    session: AsyncSession,
    actor: Actor,
    organization_id: UUID,
    book: Read,
    *,
    file_digest: str,
) -> Preview:
    """What the rows would change in the community or subdistrict; kept for 24 hours.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to import. NotAScope.
    """
    await open_scope(session, actor, organization_id)
    state, digest = await community_state.load(session, organization_id)
    outcome = community_plan.carry_out(state, book.lines, await read_words(session))
    errors = book.errors + [book.error(refusal) for refusal in outcome.refused]
    row = await imports.preview(
        session,
        actor,
        ImportKind.COMMUNITY,
        organization_id,
        file_digest=file_digest,
        plan=[line.plain() for line in book.lines],
        state_digest=digest,
        counts=counts(state, outcome, errors),
        refused=[error.problem for error in errors],
    )
    return Preview(row, outcome.taken, errors)


async def apply(session: AsyncSession, actor: Actor, row: Import, plan: list[Any]) -> None:
    """The previewed rows are in the tree; `row` and `plan` come from `imports.take`.

    Raises:
        StateChanged: the tree is no longer as it was. Forbidden: no longer the actor's to import.
    """
    await tree.hold_alone(session)
    await open_scope(session, actor, row.organization_id)
    state, digest = await community_state.load(session, row.organization_id)
    await imports.applied(session, actor, row, state_digest=digest)
    lines = [Line.restored(plain) for plain in plan]
    community_plan.carry_out(state, lines, await read_words(session))
    await _write_nodes(session, list(state.nodes.values()))
    await write_posts(session, state.posts)


async def read_words(session: AsyncSession) -> Words:
    """What people write in the cells, with the codes it stands for; three statements."""

    async def coded(*sections: str) -> dict[str, str]:
        names = await words.names(session, *sections)
        return {name: code for code, name in names.items()} | {code: code for code in names}

    return Words(
        kinds=await coded(*words.KINDS),
        compound_types=await coded(words.COMPOUND_TYPES),
        posts=await coded(words.POSTS),
    )


def counts(state: State, outcome: Outcome, errors: list[CellError]) -> dict[str, int]:
    """The figures of a preview; a row is refused once, however many of its cells are."""
    refused = len({(error.form, error.row) for error in errors})
    new = [node.kind for node in state.nodes.values() if node.version == 0]
    return {
        "rows": len(outcome.taken) + refused,
        "refused": refused,
        "unchanged": sum(step == "unchanged" for _, step in outcome.taken),
        "grids_added": new.count("grid"),
        "compounds_added": new.count("compound"),
        "buildings_added": new.count("building"),
        "organizations_added": sum(kind not in ("grid", "compound", "building") for kind in new),
        "organizations_changed": sum(
            node.version > 0 and bool(node.changed) for node in state.nodes.values()
        ),
        "appointments_made": sum(post.is_new for post in state.posts),
        "appointments_changed": sum(not post.is_new and bool(post.changed) for post in state.posts),
        "appointments_ended": sum(post.is_ended for post in state.posts),
    }


async def open_scope(session: AsyncSession, actor: Actor, organization_id: UUID) -> Organization:
    """The community or subdistrict, locked, which the actor may import and export.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to import. NotAScope.
    """
    organization, granted = await service.get(
        session, actor, organization_id, Permission.COMMUNITY_IMPORT
    )
    require(granted, Permission.COMMUNITY_IMPORT)
    if organization.kind not in SCOPES:
        raise NotAScope
    return organization


async def _write_nodes(session: AsyncSession, nodes: list[Node]) -> None:
    await tree.grow(
        session,
        [
            {name: getattr(node, name) for name in ("id", "kind", "name", "position", *COPIED)}
            for node in nodes
            if node.version == 0
        ],
    )
    await tree.rewrite(
        session,
        [
            {name: getattr(node, name) for name in ("id", *COPIED)} | {"version": node.version + 1}
            for node in nodes
            if node.version > 0 and node.changed
        ],
    )


async def write_posts(session: AsyncSession, posts: list[Post]) -> None:
    """New posts are rows, changed ones are changed, ended ones end today; each is announced."""
    for post in posts:
        if post.is_new:
            session.add(
                Appointment(
                    id=post.id,
                    organization_id=post.organization_id,
                    post=post.post,
                    name=post.name,
                    phone=post.phone,
                    phone_hash=None if post.phone is None else fields.find_by(post.phone),
                    from_on=post.from_on,
                )
            )
            events.record(session, AppointmentMade(appointment_id=post.id))
    touched = {
        post.id: post for post in posts if not post.is_new and (post.changed or post.is_ended)
    }
    if touched:
        rows = await session.scalars(
            select(Appointment).where(Appointment.id.in_(touched)).with_for_update()
        )
        for row in rows:
            row.name, row.from_on = touched[row.id].name, touched[row.id].from_on
            if touched[row.id].is_ended:
                row.to_on = clock.today()
                events.record(session, AppointmentEnded(appointment_id=row.id))
    await session.flush()
