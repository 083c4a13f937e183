"""The list of employers of a city or district: in by file, with their liaisons and secretaries.

An employer hangs under the district it names, else under the city or district the list is of. It
is known again by its credit code, else by its name. What the file does not name stays as it is.
Source: practice.md R3.
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict
from app.core.ids import new_id
from app.core.sheets.tables import CellError
from app.models.organization import Appointment, Import, ImportKind, Organization
from app.organizations import imports, service, tree
from app.organizations.community import write_posts
from app.organizations.community_plan import Outcome
from app.organizations.community_state import Post, plain
from app.organizations.workbooks import Line, Read, RowRefused
from app.permissions import Actor, Permission, require

LIST = "employer_list"
SCOPES = ("city", "district")
LIAISON, SECRETARY = "unit_liaison", "employer_secretary"
EDITED = ("code", "parent_id", "unit_kind", "stated_headcount", "paired_community_id")


class NotAnArea(Conflict):
    """A list of employers is of a city or a district."""

    code, title = "not_an_area", "请按市或区县导入单位"


@dataclass(slots=True, eq=False)
class Employer:
    """An employer as it is or as it will be."""

    id: UUID
    name: str
    code: str | None
    parent_id: UUID | None
    unit_kind: str | None = None
    stated_headcount: int | None = None
    paired_community_id: UUID | None = None
    version: int = 0  # 0: it is new
    is_here: bool = True
    changed: set[str] = field(default_factory=set)


@dataclass(slots=True)
class State:
    """What a list is compared with."""

    scope: Organization
    employers: list[Employer]
    districts: dict[str, UUID]
    communities: dict[str, list[tuple[UUID, str]]]
    posts: list[Post]


@dataclass(frozen=True, slots=True)
class Preview:
    """A previewed list: what becomes of its rows."""

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
    """What the rows would change; kept for 24 hours.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to import. NotAnArea.
    """
    state, digest = await _load(session, actor, organization_id, book.lines)
    outcome = carry_out(state, book.lines)
    errors = book.errors + [book.error(refusal) for refusal in outcome.refused]
    row = await imports.preview(
        session,
        actor,
        ImportKind.EMPLOYERS,
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
    lines = [Line.restored(plain) for plain in plan]
    state, digest = await _load(session, actor, row.organization_id, lines)
    await imports.applied(session, actor, row, state_digest=digest)
    carry_out(state, lines)
    await _write(session, state)
    await write_posts(session, state.posts)


def carry_out(state: State, lines: list[Line]) -> Outcome:
    """Every row is worked into `state`, or refused with its reason."""
    outcome, listed = Outcome(), set[Employer]()
    for line in lines:
        try:
            changed = _take(state, line, listed)
        except RowRefused as refused:
            outcome.refused.append(line.refusal(refused))
        else:
            outcome.taken.append(
                (line, {True: "changed", False: "unchanged", None: "added"}[changed])
            )
    return outcome


def counts(state: State, outcome: Outcome, errors: list[CellError]) -> dict[str, int]:
    """The figures of a preview; a row is refused once, however many of its cells are."""
    refused = len({(error.form, error.row) for error in errors})
    steps = [step for _, step in outcome.taken]
    return {
        "rows": len(outcome.taken) + refused,
        "refused": refused,
        "added": steps.count("added"),
        "changed": steps.count("changed"),
        "unchanged": steps.count("unchanged"),
        "appointments_made": sum(post.is_new for post in state.posts),
        "appointments_ended": sum(post.is_ended for post in state.posts),
    }


def _take(state: State, line: Line, listed: set[Employer]) -> bool | None:
    """The row is in the state; None where its employer is new, else whether anything changes."""
    cells = line.cells
    name, code = cells["name"], cells["uscc"]
    given = {
        "parent_id": _district(state, line),
        "unit_kind": cells["unit_kind"],
        "stated_headcount": cells["headcount"],
        "paired_community_id": _community(state, line),
    }
    holders = [(LIAISON, cells["liaison"], cells["liaison_phone"])]
    if cells["secretary"] is not None:
        holders.append((SECRETARY, cells["secretary"], cells["secretary_phone"]))
    row = _known(state, name, code)
    if row in listed:
        raise RowRefused("name", "同一单位在文件中重复")
    is_new = row is None
    if row is None:
        given["parent_id"] = given["parent_id"] or state.scope.id
        row = Employer(id=new_id(), name=name, code=code, **given)
        state.employers.append(row)
    else:
        told = given | {"code": code, "name": name}
        _set(row, **{column: value for column, value in told.items() if value is not None})
    listed.add(row)
    held = [_hold(state, row, *holder) for holder in holders]
    return None if is_new else bool(row.changed) or any(held)


def _known(state: State, name: str, code: str | None) -> Employer | None:
    """The employer that the row speaks of."""
    by_code = [one for one in state.employers if code is not None and one.code == code]
    if by_code and not by_code[0].is_here:
        raise RowRefused("uscc", "该代码的单位不在本次导入范围内")
    by_name = [one for one in state.employers if one.is_here and one.name == name]
    if by_code:
        return by_code[0]
    same = [one for one in by_name if code is None or one.code is None]
    if len(same) > 1:
        raise RowRefused("uscc", "有多个同名单位，请填写统一社会信用代码")
    if not same and by_name:
        raise RowRefused("uscc", "已有同名单位，代码与本行不同，请核对")
    return same[0] if same else None


def _district(state: State, line: Line) -> UUID | None:
    name = line.cells["district"]
    if name is not None and name not in state.districts:
        raise RowRefused("district", "本次导入范围内没有这个区县")
    return state.districts.get(name)


def _community(state: State, line: Line) -> UUID | None:
    """The paired community, named as `社区` or `街道/社区`."""
    text = line.cells["paired_community"]
    if text is None:
        return None
    *above, name = text.split("/")
    found = [
        community_id
        for community_id, street in state.communities.get(plain(name), [])
        if not above or above[-1] == street
    ]
    if len(found) != 1:
        raise RowRefused(
            "paired_community",
            "有多个同名社区，请写成 街道/社区" if found else "没有这个参加双报到的社区",
        )
    return found[0]


def _set(row: Employer, **columns: Any) -> None:
    for name, value in columns.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            row.changed.add(name)


def _hold(state: State, row: Employer, post: str, name: str, phone: str | None) -> bool:
    """The post is held by this person and nobody else; whether that changes anything."""
    there = [one for one in state.posts if (one.organization_id, one.post) == (row.id, post)]
    known = next(
        (one for one in there if one.phone == phone and (phone is not None or one.name == name)),
        None,
    )
    for one in there:
        one.is_ended = one is not known
    if known is None:
        state.posts.append(
            Post(
                id=new_id(),
                organization_id=row.id,
                post=post,
                name=name,
                phone=phone,
                from_on=clock.today(),
                is_new=True,
            )
        )
        return True
    if known.name != name:
        known.name = name
        known.changed.add("name")
    return bool(known.changed) or len(there) > 1


async def _load(
    session: AsyncSession, actor: Actor, organization_id: UUID, lines: list[Line]
) -> tuple[State, str]:
    """The state of the scope, and a digest that is the same as long as the scope is."""
    scope, granted = await service.get(session, actor, organization_id, Permission.EMPLOYERS_IMPORT)
    require(granted, Permission.EMPLOYERS_IMPORT)
    if scope.kind not in SCOPES:
        raise NotAnArea
    wanted = [line.cells["uscc"] for line in lines if line.cells["uscc"] is not None]
    is_here = Organization.lineage.overlap([organization_id])
    columns = [getattr(Organization, name) for name in ("id", "name", *EDITED, "version")]
    rows = (
        await session.execute(
            select(*columns, is_here.label("is_here"))
            .where(
                Organization.kind == "employer",
                Organization.closed_on.is_(None),
                or_(is_here, Organization.code.in_(wanted)),
            )
            .order_by(Organization.id)
        )
    ).all()
    places = await session.execute(
        select(Organization.id, Organization.kind, Organization.name, Organization.parent_id).where(
            Organization.lineage.overlap([scope.lineage[0]]),
            Organization.closed_on.is_(None),
            Organization.kind.in_(("district", "subdistrict", "community")),
            or_(Organization.kind != "community", Organization.takes_part),
        )
    )
    held = (
        await session.execute(
            select(
                Appointment.id,
                Appointment.organization_id,
                Appointment.post,
                Appointment.name,
                Appointment.phone,
                Appointment.from_on,
            )
            .join(Organization, Organization.id == Appointment.organization_id)
            .where(
                is_here,
                Organization.kind == "employer",
                Appointment.post.in_((LIAISON, SECRETARY)),
                or_(Appointment.to_on.is_(None), Appointment.to_on > clock.today()),
            )
            .order_by(Appointment.id)
        )
    ).all()
    known = places.all()
    state = State(
        scope=scope,
        employers=[Employer(**row._mapping) for row in rows],
        districts={
            row.name: row.id
            for row in known
            if row.kind == "district" and organization_id in (row.id, row.parent_id)
        },
        communities=_by_name(known),
        posts=[Post(**row._mapping) for row in held],
    )
    seen = repr([tuple(row) for row in (*rows, *held)])
    return state, hashlib.sha256(seen.encode()).hexdigest()


def _by_name(places: Any) -> dict[str, list[tuple[UUID, str]]]:
    """Communities by their plain name, each with the name of its subdistrict."""
    streets = {row.id: row.name for row in places}
    found: dict[str, list[tuple[UUID, str]]] = defaultdict(list)
    for row in places:
        if row.kind == "community":
            found[plain(row.name)].append((row.id, streets.get(row.parent_id, "")))
    return found


async def _write(session: AsyncSession, state: State) -> None:
    above = {state.scope.id: state.scope.lineage} | {
        district: [*state.scope.lineage, district]
        for district in state.districts.values()
        if district != state.scope.id
    }

    def columns(row: Employer) -> dict[str, Any]:
        lineage = [*above[row.parent_id or state.scope.id], row.id]
        return {name: getattr(row, name) for name in ("id", "name", *EDITED)} | {"lineage": lineage}

    new = [row for row in state.employers if row.version == 0]
    await tree.grow(session, [columns(row) | {"kind": "employer"} for row in new])
    changed = [row for row in state.employers if row.version > 0 and row.changed]
    await tree.rewrite(session, [columns(row) | {"version": row.version + 1} for row in changed])
    for row in changed:
        if "parent_id" in row.changed:
            await _take_along(session, row, above[row.parent_id or state.scope.id])


async def _take_along(session: AsyncSession, row: Employer, above: list[UUID]) -> None:
    """Whatever hangs below the employer follows it."""
    lineage = Organization.lineage
    rest = lineage[func.array_position(lineage, row.id) : func.cardinality(lineage)]
    await session.execute(
        update(Organization)
        .where(lineage.overlap([row.id]), Organization.id != row.id)
        .values(lineage=func.array_cat(bindparam("above", above, ARRAY(Uuid())), rest))
        .execution_options(synchronize_session=False)
    )
