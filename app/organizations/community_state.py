"""What a community, or all communities of a subdistrict, consist of now: the state of an import."""

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.organization import Appointment, Organization
from app.organizations import ranges

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

    def __init__(self, nodes: list[Node], posts: list[Post]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.posts = posts
        self._kinds: dict[tuple[UUID, str], list[Node]] = defaultdict(list)
        self._named: dict[tuple[UUID, str, str], list[Node]] = defaultdict(list)
        self._communities: dict[str, list[Node]] = defaultdict(list)
        self._buildings: dict[UUID, dict[str, Node]] = defaultdict(dict)
        self._below: dict[UUID | None, list[Node]] = defaultdict(list)
        self._held: dict[tuple[UUID, str], list[Post]] = defaultdict(list)
        for node in nodes:
            if node.kind == "community":
                self._communities[plain(node.name)].append(node)
        for node in nodes:
            self._index(node)
        for post in posts:
            self._held[post.organization_id, post.post].append(post)

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
        above = (self.nodes.get(one) for one in node.lineage)
        return next((one for one in above if one is not None and one.kind == "community"), None)

    def named(self, community: Node, kind: str, name: str) -> list[Node]:
        """The nodes of this kind and name in the community."""
        return self._named.get((community.id, kind, name), [])

    def of_kind(self, community: Node, kind: str) -> list[Node]:
        """Every node of a kind in the community, in its order."""
        found = self._kinds.get((community.id, kind), [])
        return sorted(found, key=lambda node: (node.position, node.name, node.id))

    def building(self, compound: Node, name: str) -> Node | None:
        """The compound's building of this number, whatever it is called."""
        return self._buildings[compound.id].get(ranges.key(name))

    def held(self, organization_id: UUID, post: str) -> list[Post]:
        """Who holds the post there, as it is or as it will be."""
        return self._held[organization_id, post]

    def add(self, kind: str, name: str, parent: Node, **columns: Any) -> Node:
        """A new node below `parent`."""
        row_id = new_id()
        lineage = [*parent.lineage, row_id]
        node = Node(row_id, kind, name, parent.id, lineage, **columns)
        self.nodes[row_id] = node
        self._index(node)
        return node

    def appoint(self, organization_id: UUID, post: str, **columns: Any) -> Post:
        """A new post."""
        made = Post(new_id(), organization_id, post, **columns, is_new=True)
        self.posts.append(made)
        self._held[organization_id, post].append(made)
        return made

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
        self._below[parent.id].append(node)
        self._below[node.parent_id].remove(node)
        self.set(node, parent_id=parent.id)
        self._hang(node, parent)
        return True

    def _hang(self, node: Node, parent: Node) -> None:
        self.set(node, lineage=[*parent.lineage, node.id])
        for below in self._below[node.id]:
            self._hang(below, node)

    def _index(self, node: Node) -> None:
        community = self.community_of(node)
        self._below[node.parent_id].append(node)
        if community is None:
            return
        self._kinds[community.id, node.kind].append(node)
        self._named[community.id, node.kind, node.name].append(node)
        if node.kind == "building" and node.compound_id is not None:
            self._buildings[node.compound_id][ranges.key(node.name)] = node


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
    return State(nodes, posts), seen
