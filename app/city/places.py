"""The tree of the city: districts, subdistricts, communities, and what stands in a community."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from app.city import words
from app.city.chance import Chance, shares
from app.city.rows import Rows
from app.city.size import Size
from app.core import clock
from app.models.organization import Organization

FIRST_NAME, FIRST_CODE, NEXT = "江海市", 320600, 100
BUILDINGS_A_GRID, BUILDINGS_A_COMPOUND = 40, 24
GROUP_NAMES = "一二三四五六七八九十"


class Node(NamedTuple):
    """An organization as others name it."""

    id: UUID
    name: str
    code: str | None
    lineage: list[UUID]


class Building(NamedTuple):
    """A building with the two that it stands in, and the group of its grid."""

    id: UUID
    name: str
    compound_id: UUID
    grid_id: UUID
    group_id: UUID


@dataclass(slots=True)
class Community:
    """A community that takes part; its people come later."""

    node: Node
    district: Node
    weight: int  # members
    branch_id: UUID
    group_ids: list[UUID]
    buildings: list[Building] = field(default_factory=list)


@dataclass(slots=True)
class Tree:
    """The territory of the city."""

    city: Node
    districts: list[Node]
    subdistricts: list[Node]
    communities: list[Community]


class Planter:
    """Puts organizations into the tree, all of one day."""

    def __init__(self, rows: Rows, chance: Chance, day: date) -> None:
        self._rows, self._chance, self._day = rows, chance, day
        self._at: datetime = clock.day_starts(day)

    def plant(
        self, kind: str, name: str, parent: Node | None, code: str | None = None, **columns: object
    ) -> Node:
        """An organization below `parent`."""
        made = self._chance.id(self._at)
        node = Node(made, name, code, [*(parent.lineage if parent else ()), made])
        self._rows.add(
            Organization,
            id=made,
            parent_id=parent.id if parent else None,
            lineage=node.lineage,
            kind=kind,
            name=name,
            code=code,
            opened_on=self._day,
            created_at=self._at,
            **columns,
        )
        return node


def plant(rows: Rows, chance: Chance, size: Size, before: int, opened_on: date) -> Tree:
    """The tree of a city stands, after so many others; its first community is the largest."""
    planter = Planter(rows, chance, opened_on)
    first = FIRST_CODE + before * NEXT
    name = f"{words.places(chance, 1)[0]}市" if before else FIRST_NAME
    city = planter.plant("city", name, None, f"{first}")
    districts = [
        planter.plant("district", f"{name}区", city, f"{first + number}", position=number)
        for number, name in enumerate(words.places(chance, size.districts), 1)
    ]
    subdistricts = []
    for number, name in enumerate(words.places(chance, size.subdistricts)):
        above = districts[number % len(districts)]
        code = f"{above.code}{number // len(districts) + 1:03}"
        subdistricts.append(planter.plant("subdistrict", f"{name}街道", above, code))
    members = size.members_by_community()
    buildings = shares(size.buildings, [count + 40 for count in members])
    names = words.places(chance, size.communities)
    communities = []
    for number, name in enumerate(names):
        above = subdistricts[number % len(subdistricts)]
        code = f"{above.code}{number // len(subdistricts) + 1:03}"
        node = planter.plant(
            "community", f"{name}社区", above, code, takes_part=True, community_kind="urban"
        )
        district = districts[number % len(subdistricts) % len(districts)]
        communities.append(
            _furnish(planter, chance, node, district, members[number], buildings[number])
        )
    return Tree(city, districts, subdistricts, communities)


def _furnish(
    planter: Planter, chance: Chance, node: Node, district: Node, members: int, buildings: int
) -> Community:
    """Grids with the groups of the functional branch in them, compounds, and buildings in both."""
    branch = planter.plant("functional_branch", f"{node.name}双报到功能型党支部", node)
    grids, groups = [], []
    for number in range(min(10, -(-buildings // BUILDINGS_A_GRID))):
        grid = planter.plant("grid", f"第{GROUP_NAMES[number]}网格", node, position=number)
        name = f"第{GROUP_NAMES[number]}党小组"
        groups.append(planter.plant("functional_group", name, branch, grid_id=grid.id))
        grids.append(grid)
    community = Community(node, district, members, branch.id, [group.id for group in groups])
    homes = -(-buildings // BUILDINGS_A_COMPOUND)
    for number, name in enumerate(words.places(chance, homes)):
        full = f"{name}{chance.pick(words.COMPOUND_LAST)}"
        kind = words.COMPOUND_TYPES.spin(chance)
        compound = planter.plant("compound", full, node, compound_type=kind, position=number)
        place = number % len(grids)
        for count in range(1, len(range(number, buildings, homes)) + 1):
            units = chance.among(1, 4)
            building = planter.plant(
                "building",
                f"{count}幢",
                grids[place],
                compound_id=compound.id,
                position=count,
                units=units,
                households=units * chance.among(10, 36),
            )
            community.buildings.append(
                Building(
                    building.id, f"{full}{count}幢", compound.id, grids[place].id, groups[place].id
                )
            )
    return community
