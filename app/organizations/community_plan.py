"""A community's workbook against its state: what is new, what changes, which rows are refused.

Nothing is read from or written to the database here: the state is changed in memory, row by row,
and whoever applies it writes what was marked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.core import clock
from app.organizations import ranges
from app.organizations.community_state import Node, Post, State
from app.organizations.kinds import LISTED, PLACES, POSTS, SINGLE
from app.organizations.workbooks import Line, Refusal, RowRefused

MOST_BUILDINGS = 20_000


@dataclass(frozen=True, slots=True)
class Words:
    """Codes by what people write, of the tenant's dictionaries."""

    kinds: Mapping[str, str]
    compound_types: Mapping[str, str]
    posts: Mapping[str, str]


@dataclass(slots=True)
class Outcome:
    """What became of each row; the state itself says what is to be written."""

    taken: list[tuple[Line, str]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def carry_out(state: State, lines: list[Line], words: Words) -> Outcome:
    """Every row is worked into `state`, parents before children, or refused with its reason."""
    outcome = Outcome()
    plan = _Plan(state, words)
    steps: Mapping[str, Callable[[Line], bool | None]] = {
        "buildings": plan.take_buildings,
        "organizations": plan.take_organization,
        "appointments": plan.take_appointment,
    }
    sheets = list(steps)
    order = list(PLACES)

    def turn(line: Line) -> tuple[int, int]:
        kind = words.kinds.get(line.cells.get("kind", ""), "")
        return sheets.index(line.sheet), order.index(kind) if kind in PLACES else len(order)

    for line in sorted(lines, key=turn):
        try:
            changed = steps[line.sheet](line)
        except RowRefused as refused:
            outcome.refused.append(line.refusal(refused))
        else:
            step = {True: "changed", False: "unchanged", None: "added"}[changed]
            outcome.taken.append((line, step))
    plan.end_replaced()
    outcome.refused.sort(key=lambda refusal: (sheets.index(refusal.sheet), refusal.row))
    return outcome


def holders(state: State, text: str, post: str) -> list[Node]:
    """Where a post may be held that is written `名称`, `社区/名称` or `社区/小区/名称`."""
    *above, name = text.split("/")
    communities = state.communities(above[0]) if above else state.all_communities()
    kinds = POSTS.get(post, ("community", "building", *sorted(LISTED)))
    found: list[Node] = []
    for community in communities:
        for kind in kinds:
            if kind != "community":
                found.extend(state.named(community, kind, name))
            elif community in state.communities(name):
                found.append(community)
    return [node for node in found if _is_in(state, node, above[1:])]


def reference(state: State, node: Node, post: str) -> str | None:
    """The shortest way of writing where a post is held, so that `holders` finds only it."""
    community = state.community_of(node)
    if community is None:
        return None
    beside = [
        state.nodes[one].name for one in (node.compound_id, node.parent_id) if one in state.nodes
    ]
    ways = (
        node.name,
        f"{community.name}/{node.name}",
        *(f"{community.name}/{one}/{node.name}" for one in beside),
    )
    return next((way for way in ways if holders(state, way, post) == [node]), None)


def _is_in(state: State, node: Node, between: list[str]) -> bool:
    """Whether the name between community and organization is that of its compound or parent."""
    beside = (state.nodes.get(one) for one in (node.compound_id, node.parent_id) if one)
    return not between or between[-1] in {one.name for one in beside if one is not None}


class _Plan:
    """The rows of one file on their way into the state. A `take_…` answers None where something
    is new, else whether something changes."""

    def __init__(self, state: State, words: Words) -> None:
        self.state, self.words = state, words
        self.buildings: set[Node] = set()
        self.listed: set[Node] = set()
        self.held: dict[tuple[UUID, str], set[Post]] = {}
        self.types: dict[Node, str] = {}

    def take_buildings(self, line: Line) -> bool | None:
        """The row's compound, grid and buildings are in the state."""
        cells = line.cells
        community = self._community(line)
        kind = self._code(line, "compound_type", self.words.compound_types)
        compound = self._one(community, "compound", cells["compound"])
        known = [compound and self.state.building(compound, name) for name in cells["buildings"]]
        if compound is not None and kind is not None and self.types.get(compound, kind) != kind:
            raise RowRefused("compound_type", "与前面同一小区的类型不一致")
        numbers = {ranges.key(name) for name in cells["buildings"]}
        if len(numbers) < len(known) or any(building in self.buildings for building in known):
            raise RowRefused("buildings", "同一小区的楼栋在文件中重复")
        if len(self.buildings) + len(known) > MOST_BUILDINGS:
            raise RowRefused("buildings", "一次导入的楼栋过多，请按社区分开导入")
        is_new, changed = None in known, False
        if compound is None:
            compound = self.state.add("compound", cells["compound"], community, compound_type=kind)
        elif kind is not None:
            changed = self.state.set(compound, compound_type=kind)
        if kind is not None:
            self.types[compound] = kind
        grid = self._one(community, "grid", cells["grid"])
        if grid is None:
            position = 1 + len(self.state.of_kind(community, "grid"))
            grid = self.state.add("grid", cells["grid"], community, position=position)
            is_new = True
        shares = _shares(cells["households"], len(known))
        for name, building, share in zip(cells["buildings"], known, shares, strict=True):
            given = {"units": cells["units"], "households": share}
            if building is None:
                building = self.state.add(
                    "building",
                    name,
                    grid,
                    compound_id=compound.id,
                    position=ranges.position(name),
                    **given,
                )
            else:
                changed |= self.state.move(building, grid)
                changed |= self.state.set(building, **_told(given))
            self.buildings.add(building)
        return None if is_new else changed

    def take_organization(self, line: Line) -> bool | None:
        """The row's organization is in the state, under its parent and beside its grid."""
        community = self._community(line)
        kind = self._code(line, "kind", self.words.kinds)
        if kind not in LISTED:
            raise RowRefused("kind", "此类组织不能用本表导入")
        place, name = PLACES[kind], line.cells["name"]
        grid = self._grid(line, community) if place.needs_grid else None
        parent, compound = self._parent(line, community, kind)
        row = self._known(community, kind, name, parent)
        if row in self.listed:
            raise RowRefused("name", "同一组织在文件中重复")
        beside = {"grid_id": grid and grid.id, "compound_id": compound and compound.id}
        if row is not None:
            self.listed.add(row)
            changed = parent is not None and self.state.move(row, parent)
            return self.state.set(row, **_told(beside)) or changed
        if place.needs_grid and grid is None:
            raise RowRefused("grid", "此类组织须填写对应网格")
        if place.needs_compound and compound is None:
            raise RowRefused("parent", "此类组织须在上级组织中填写所属小区")
        parent = parent or self._usual_parent(community, kind)
        if kind in SINGLE and self.state.of_kind(community, kind):
            raise RowRefused("kind", "一个社区只能有一个此类组织")
        self.listed.add(self.state.add(kind, name, parent, **beside))
        return None

    def take_appointment(self, line: Line) -> bool | None:
        """The row's post is held, by this person, in this organization."""
        cells = line.cells
        post = self._code(line, "appointment", self.words.posts)
        if post is None or post == "acting":
            raise RowRefused("appointment", "此职务不能用本表导入")
        organization = self._holder(line, post)
        from_on = None if cells["from"] is None else date.fromisoformat(cells["from"])
        there = self.state.held(organization.id, post)
        listed = self.held.setdefault((organization.id, post), set())
        known = next((one for one in there if one.phone == cells["phone"]), None)
        if known in listed:
            raise RowRefused("phone", "同一人的同一职务在文件中重复")
        if known is not None:
            listed.add(known)
            return self.state.set(known, name=cells["name"], from_on=from_on or known.from_on)
        listed.add(
            self.state.appoint(
                organization.id,
                post,
                name=cells["name"],
                phone=cells["phone"],
                from_on=from_on or clock.today(),
            )
        )
        return None

    def end_replaced(self) -> None:
        """Who is no longer listed for a post that the file lists holds it no longer.

        Who has no phone cannot be listed, and stays.
        """
        for (organization_id, post), listed in self.held.items():
            for one in self.state.held(organization_id, post):
                one.is_ended = one not in listed and one.phone is not None

    def _community(self, line: Line) -> Node:
        found = self.state.communities(line.cells["community"])
        if not found:
            raise RowRefused("community", "本次导入范围内没有这个社区")
        if len(found) > 1:
            raise RowRefused("community", "有多个社区名称相近，请写全称")
        return found[0]

    def _code(self, line: Line, column: str, codes: Mapping[str, str]) -> str | None:
        """The code of what the cell says; None where it is empty."""
        text = line.cells[column]
        if text is not None and text not in codes:
            raise RowRefused(column, "不在可选范围内")
        return None if text is None else codes[text]

    def _one(self, community: Node, kind: str, name: str) -> Node | None:
        found = self.state.named(community, kind, name)
        return found[0] if found else None

    def _grid(self, line: Line, community: Node) -> Node | None:
        """The grid that the cell names; None where it is empty."""
        name = line.cells["grid"]
        grid = None if name is None else self._one(community, "grid", name)
        if name is not None and grid is None:
            raise RowRefused("grid", "本社区没有这个网格，请先在小区楼栋表中列出")
        return grid

    def _parent(self, line: Line, community: Node, kind: str) -> tuple[Node | None, Node | None]:
        """The parent and the compound that the cell names; None where it names none."""
        name = line.cells["parent"]
        if name is None:
            return None, None
        compound = self._one(community, "compound", name)
        if PLACES[kind].needs_compound and compound is not None:
            return None, compound
        allowed = PLACES[kind].parents
        if self.state.communities(name) == [community]:
            found = [community] if "community" in allowed else []
        else:
            found = [node for one in allowed for node in self.state.named(community, one, name)]
        if len(found) != 1:
            raise RowRefused(
                "parent", "有多个同名上级组织" if found else "没有这个上级组织，或不能设在其下"
            )
        return found[0], None

    def _usual_parent(self, community: Node, kind: str) -> Node:
        """Where the cell is empty: the community itself, or the only one it could be."""
        allowed = PLACES[kind].parents
        if "community" in allowed:
            return community
        found = [node for one in allowed for node in self.state.of_kind(community, one)]
        if len(found) != 1:
            raise RowRefused("parent", "请填写上级组织")
        return found[0]

    def _known(self, community: Node, kind: str, name: str, parent: Node | None) -> Node | None:
        """The organization that the row speaks of; with several of one name, by its parent."""
        found = self.state.named(community, kind, name)
        exact = [node for node in found if parent is not None and node.parent_id == parent.id]
        if exact:
            return exact[0]
        if parent is not None:
            found = [node for node in found if node not in self.listed]
        if len(found) > 1:
            raise RowRefused("parent", "有多个同名组织，请填写上级组织")
        return found[0] if found else None

    def _holder(self, line: Line, post: str) -> Node:
        """The organization a post is held in."""
        found = holders(self.state, line.cells["organization"], post)
        if not found:
            raise RowRefused("organization", "没有这个组织，或该职务不设在此类组织")
        if len(found) > 1:
            raise RowRefused("organization", "有多个同名组织，请写成 社区/组织 或 社区/小区/楼栋")
        return found[0]


def _told(columns: dict[str, Any]) -> dict[str, Any]:
    """The columns that the file says something about."""
    return {name: value for name, value in columns.items() if value is not None}


def _shares(total: int | None, count: int) -> list[int | None]:
    """A row's households spread evenly over its buildings, the first ones get what is left over."""
    if total is None:
        return [None] * count
    each, left = divmod(total, count)
    return [each + (place < left) for place in range(count)]
