"""What a community, or all communities of a subdistrict, consist of now: the state of an import."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.organization import Appointment, Organization

_suffix = re.compile(r"(社区)?(居民委员会|村民委员会|居委会|村委会)$")
_ending = re.compile(r"(社区|村)$")


@dataclass(slots=True, eq=False)
class Node:
    """An organization of the scope, as it is or as it will be."""

    id: UUID
    kind: str
    name: str
    parent_id: UUID | None
    lineage: list[UUID]
    position: int = 0
    grid_id: UUID | None = None
    compound_id: UUID | None = None
    compound_type: str | None = None
    units: int | None = None
    households: int | None = None
    version: int = 0  # 0: it is new
    changed: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Post:
    """An appointment of the scope, as it is or as it will be."""

    id: UUID
    organization_id: UUID
    post: str
    name: str
    phone: str | None
    from_on: date
    is_new: bool = False
    is_ended: bool = False
    changed: set[str] = field(default_factory=set)


COLUMNS = ("id", "kind", "name", "parent_id", "lineage", "position", "grid_id", "compound_id")
MORE = ("compound_type", "units", "households", "version")


class State:
    """The scope's organizations and posts, found by id, by community, kind and name."""

    def __init__(self, scope_id: UUID, nodes: list[Node], posts: list[Post]) -> None:
        self.scope_id = scope_id
        self.nodes = {node.id: node for node in nodes}
        self.posts = posts
        self._named: dict[tuple[UUID, str, str], list[Node]] = defaultdict(list)
        self._communities: dict[str, list[Node]] = defaultdict(list)
        for node in nodes:
            if node.kind == "community":
                self._communities[plain(node.name)].append(node)
        for node in nodes:
            self._index(node)

    def communities(self, name: str) -> list[Node]:
        """Those of this name, with or without 社区居委会 behind it; the exact ones if there are."""
        found = self._communities.get(plain(name), [])
        exact = [node for node in found if node.name == name]
        return exact or found

    def all_communities(self) -> list[Node]:
        """Every community of the scope, in the official order."""
        found = [node for nodes in self._communities.values() for node in nodes]
        return sorted(found, key=lambda node: (node.lineage[:-1], node.position, node.name))

    def community_of(self, node: Node) -> Node | None:
        """The community that a node stands in; None for a subdistrict's own."""
        for above in node.lineage:
            found = self.nodes.get(above)
            if found is not None and found.kind == "community":
                return found
        return None

    def named(self, community: Node, kind: str, name: str) -> list[Node]:
        """The nodes of this kind and name in the community."""
        return self._named.get((community.id, kind, name), [])

    def of_kind(self, community: Node, kind: str) -> list[Node]:
        """Every node of a kind in the community, in its order."""
        found = (node for node in self.within(community) if node.kind == kind)
        return sorted(found, key=lambda node: (node.position, node.name, node.id))

    def within(self, community: Node) -> Iterator[Node]:
        """The community and all below it."""
        return (node for node in self.nodes.values() if community.id in node.lineage)

    def add(self, kind: str, name: str, parent: Node, **columns: Any) -> Node:
        """A new node below `parent`."""
        row_id = new_id()
        node = Node(
            id=row_id,
            kind=kind,
            name=name,
            parent_id=parent.id,
            lineage=[*parent.lineage, row_id],
            **columns,
        )
        self.nodes[row_id] = node
        self._index(node)
        return node

    def set(self, row: Node | Post, **columns: Any) -> bool:
        """`row` has these columns; whether that changes anything."""
        different = {name for name, value in columns.items() if getattr(row, name) != value}
        for name in different:
            setattr(row, name, columns[name])
        row.changed |= different
        return bool(different)

    def move(self, node: Node, parent: Node) -> bool:
        """`node` and all below it stand under `parent`; whether that changes anything."""
        if node.parent_id == parent.id:
            return False
        start = len(node.lineage) - 1
        for below in [one for one in self.nodes.values() if node.id in one.lineage]:
            self.set(below, lineage=[*parent.lineage, *below.lineage[start:]])
        return self.set(node, parent_id=parent.id)

    def _index(self, node: Node) -> None:
        community = self.community_of(node)
        if community is not None:
            self._named[community.id, node.kind, node.name].append(node)


def plain(name: str) -> str:
    """A community's name without what people leave out: 学田社区居委会 and 学田社区 are 学田."""
    return _ending.sub("", _suffix.sub("", name)) or name


async def load(session: AsyncSession, scope_id: UUID) -> tuple[State, str]:
    """The scope as it is, and a digest that is the same as long as the scope is; two statements."""
    columns = [getattr(Organization, name) for name in COLUMNS + MORE]
    rows = (
        await session.execute(
            select(*columns)
            .where(Organization.lineage.overlap([scope_id]), Organization.closed_on.is_(None))
            .order_by(Organization.id)
        )
    ).all()
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
                Organization.lineage.overlap([scope_id]),
                Organization.closed_on.is_(None),
                or_(Appointment.to_on.is_(None), Appointment.to_on > clock.today()),
            )
            .order_by(Appointment.id)
        )
    ).all()
    nodes = [Node(**row._mapping) for row in rows]
    posts = [Post(**row._mapping) for row in held]
    seen = hashlib.sha256(repr([tuple(row) for row in (*rows, *held)]).encode()).hexdigest()
    return State(scope_id, nodes, posts), seen
