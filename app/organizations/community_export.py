"""The workbook of a community or subdistrict as it stands: the file that its import reads."""

import io
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core.sheets.forms import Form
from app.models.organization import Appointment
from app.organizations import community, community_state, ranges, words
from app.organizations.community_plan import reference
from app.organizations.community_state import Node, State
from app.organizations.kinds import LISTED, PLACES
from app.permissions import Actor

Row = dict[str, str]


async def export(session: AsyncSession, actor: Actor, organization_id: UUID) -> bytes:
    """An .xlsx with the three sheets; imported again it changes nothing.

    It names appointees with their phones: each look is logged.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to import. NotAScope.
    """
    await community.open_scope(session, actor, organization_id)
    state, _ = await community_state.load(session, organization_id)
    kinds = await words.names(session, *words.KINDS)
    types = await words.names(session, words.COMPOUND_TYPES)
    posts = await words.names(session, words.POSTS)
    held = _appointments(state, posts)
    rows = {
        "buildings": _buildings(state, types),
        "organizations": _organizations(state, kinds),
        "appointments": [row for _, row in held],
    }
    await _log(session, actor, organization_id, [post_id for post_id, _ in held])
    return _written(await words.forms(session, community.WORKBOOK), rows)


def _buildings(state: State, types: dict[str, str]) -> list[Row]:
    """A row for buildings of one compound and grid that are alike, in the order of the numbers."""
    rows: list[Row] = []
    for place in state.all_communities():
        buildings = state.of_kind(place, "building")
        for compound in state.of_kind(place, "compound"):
            own = [one for one in buildings if one.compound_id == compound.id]
            for (grid_id, units, households), alike in groupby(own, _likeness):
                names = [one.name for one in alike]
                rows.append(
                    {
                        "community": place.name,
                        "compound": compound.name,
                        "compound_type": types.get(compound.compound_type or "", ""),
                        "buildings": ranges.written(names),
                        "units": _text(units),
                        "households": _text(households and households * len(names)),
                        "grid": state.nodes[grid_id].name,
                    }
                )
    return rows


def _likeness(building: Node) -> tuple[Any, int | None, int | None]:
    return building.parent_id, building.units, building.households


def _organizations(state: State, kinds: dict[str, str]) -> list[Row]:
    """Everything that the sheet of buildings does not name; parents before children."""
    rows: list[Row] = []
    used = {
        one
        for node in state.nodes.values()
        if node.kind == "building"
        for one in (node.parent_id, node.compound_id)
    }
    for place in state.all_communities():
        for kind in PLACES:
            if kind not in LISTED or kind not in kinds:
                continue
            for node in state.of_kind(place, kind):
                if kind in ("grid", "compound") and node.id in used:
                    continue
                beside = node.compound_id if PLACES[kind].needs_compound else node.parent_id
                rows.append(
                    {
                        "community": place.name,
                        "kind": kinds[kind],
                        "name": node.name,
                        "parent": _name(state, beside),
                        "grid": _name(state, node.grid_id),
                    }
                )
    return rows


def _appointments(state: State, posts: dict[str, str]) -> list[tuple[UUID, Row]]:
    """Posts with a phone that the file can name, by organization as the tree stands."""
    rows: list[tuple[UUID, Row]] = []
    for post in sorted(state.posts, key=lambda one: (str(one.organization_id), one.post, one.id)):
        where = reference(state, state.nodes[post.organization_id], post.post)
        if where is None or post.phone is None or post.post not in posts or post.post == "acting":
            continue
        rows.append(
            (
                post.id,
                {
                    "organization": where,
                    "appointment": posts[post.post],
                    "name": post.name,
                    "phone": post.phone,
                    "from": post.from_on.isoformat(),
                },
            )
        )
    return rows


async def _log(
    session: AsyncSession, actor: Actor, organization_id: UUID, post_ids: list[UUID]
) -> None:
    rows = await session.execute(
        select(Appointment.id, Appointment.person_id).where(Appointment.id.in_(post_ids))
    )
    for post_id, person_id in rows:
        audit.looked(
            session, actor, "name,phone", subject=("appointment", post_id), owner_id=person_id
        )
    audit.operated(
        session,
        actor,
        "community.exported",
        subject=("organization", organization_id),
        organization_id=organization_id,
        appointments=len(post_ids),
    )
    await session.flush()


def _written(forms: tuple[Form, ...], rows: dict[str, list[Row]]) -> bytes:
    """The bytes of the .xlsx; every cell is text, so none is ever a formula."""
    import xlsxwriter  # loaded by the process that is asked for one

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"constant_memory": True}) as book:
        for form in forms:
            sheet = book.add_worksheet(form.name)
            for place, column in enumerate(form.columns):
                sheet.write_string(0, place, column.name)
            for number, row in enumerate(rows[form.code], start=1):
                for place, column in enumerate(form.columns):
                    sheet.write_string(number, place, row[column.code])
    return content.getvalue()


def _name(state: State, node_id: UUID | None) -> str:
    return state.nodes[node_id].name if node_id in state.nodes else ""


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
