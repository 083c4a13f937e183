"""Who holds a post or a role: each with an account, so that every page of the house can be tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.city.chance import Chance
from app.city.employers import Employer
from app.city.people import STAFF, People, Somebody
from app.city.places import Community, Node, Tree
from app.city.rows import Rows
from app.core import clock, fields
from app.models.organization import Appointment
from app.models.person import Role, RoleGrant

R = Role
PURPOSES = ("resident_core",)
ABOVE = {
    "city": (R.CITY_ADMIN, R.AUDITOR, R.CITY_DISCIPLINE_CONTACT),
    "district": (R.DISTRICT_ADMIN, R.AUDITOR),
    "subdistrict": (R.SUBDISTRICT_ADMIN,),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Who works in a community: the secretary, the clerk who handles, the clerk who calls back."""

    secretary: Somebody
    clerk: Somebody
    caller: Somebody
    branch_secretary: Somebody


@dataclass(frozen=True, slots=True)
class Staff:
    """The desks of the communities, in their order, and who sits above and in the employers."""

    desks: list[Desk]
    subdistricts: dict[UUID, Somebody]
    offices: list[tuple[Node, Role, Somebody]]
    employers: list[Somebody]


class Posts:
    """Posts and roles, all from one day on."""

    def __init__(self, rows: Rows, chance: Chance, people: People, day: date) -> None:
        self._rows, self._chance, self._people, self._day = rows, chance, people, day
        self._at = clock.day_starts(day)

    def appoint(self, organization_id: UUID, post: str, role: Role) -> Somebody:
        """Somebody holds the post, and with it the role."""
        person = self._people.enter(STAFF, self._at, PURPOSES)
        made = self._chance.id(self._at)
        self._rows.add(
            Appointment,
            id=made,
            organization_id=organization_id,
            post=post,
            name=person.name,
            phone=person.phone,
            phone_hash=fields.find_by(person.phone),
            person_id=person.id,
            from_on=self._day,
            created_at=self._at,
        )
        self._grant(person, role, organization_id, made)
        return person

    def grant(self, organization_id: UUID, role: Role) -> Somebody:
        """Somebody holds the role without a post."""
        person = self._people.enter(STAFF, self._at, PURPOSES)
        self._grant(person, role, organization_id, None)
        return person

    def _grant(
        self, person: Somebody, role: Role, organization_id: UUID, appointment_id: UUID | None
    ) -> None:
        self._rows.add(
            RoleGrant,
            id=self._chance.id(self._at),
            person_id=person.id,
            role=role,
            organization_id=organization_id,
            valid_from=self._day,
            appointment_id=appointment_id,
            created_at=self._at,
        )


def employ(posts: Posts, tree: Tree, employers: Sequence[Employer]) -> Staff:
    """Every desk of the city is held by somebody."""
    offices = [
        (node, role, posts.grant(node.id, role))
        for kind, nodes in (
            ("city", [tree.city]),
            ("district", tree.districts),
            ("subdistrict", tree.subdistricts),
        )
        for node in nodes
        for role in ABOVE[kind]
    ]
    return Staff(
        [_desk(posts, community) for community in tree.communities],
        {node.id: who for node, role, who in offices if role is R.SUBDISTRICT_ADMIN},
        offices,
        [_employer(posts, employer) for employer in employers],
    )


def _desk(posts: Posts, community: Community) -> Desk:
    for group_id in community.group_ids:
        posts.appoint(group_id, "functional_group_leader", R.GROUP_LEADER)
    return Desk(
        posts.appoint(community.node.id, "community_secretary", R.COMMUNITY_SECRETARY),
        posts.appoint(community.node.id, "community_clerk", R.COMMUNITY_CLERK),
        posts.appoint(community.node.id, "community_clerk", R.COMMUNITY_CLERK),
        posts.appoint(community.branch_id, "functional_branch_secretary", R.BRANCH_SECRETARY),
    )


def _employer(posts: Posts, employer: Employer) -> Somebody:
    posts.appoint(employer.node.id, "unit_liaison", R.EMPLOYER_CLERK)
    for branch in employer.branches:
        posts.appoint(branch.id, "employer_branch_secretary", R.EMPLOYER_SECRETARY)
    return posts.appoint(employer.node.id, "employer_secretary", R.EMPLOYER_SECRETARY)
