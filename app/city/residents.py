"""Residents of the communities: most with an account, some known to the community only."""

from bisect import bisect
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from app.city.chance import Chance, shares
from app.city.people import RESIDENT, People
from app.city.places import Building, Tree
from app.city.rows import Rows
from app.city.size import Size
from app.core import fields
from app.models.member import Resident

BEFORE = timedelta(days=900)
WITHOUT_ACCOUNT = 0.12
OFTEN = 1.5  # above one: some ask more often than others
PURPOSES = ("resident_core", "service_address")
CONTACT, AGREES_TO_CONTACT = "contact_at_service", 0.75


class Living(NamedTuple):
    """A resident as needs name him; `person_id` is null of who has no account."""

    id: UUID
    person_id: UUID | None
    name: str
    phone: str
    building: Building
    shares_phone: bool


@dataclass(slots=True)
class Neighbours:
    """The residents of one community in the order of their coming."""

    since: list[datetime] = field(default_factory=list)
    residents: list[Living] = field(default_factory=list)

    def one(self, chance: Chance, at: datetime) -> Living:
        """Somebody who was known by then; who has lived there longest asks most often."""
        known = max(1, bisect(self.since, at))
        return self.residents[int(known * chance.roll() ** OFTEN)]

    def regular(self) -> Living:
        """Who has had an account for longest."""
        return next(who for who in self.residents if who.person_id is not None)


async def settle(
    rows: Rows, chance: Chance, people: People, size: Size, tree: Tree, now: datetime
) -> list[Neighbours]:
    """The residents have come over the years; by community."""
    counts = shares(size.residents, [each.weight + 40 for each in tree.communities])
    coming = sorted(
        (now - timedelta(seconds=int(BEFORE.total_seconds() * chance.roll() ** 0.7) + 60), place)
        for place, count in enumerate(counts)
        for _ in range(count)
    )
    found = [Neighbours() for _ in counts]
    for at, place in coming:
        community = tree.communities[place]
        found[place].since.append(at)
        found[place].residents.append(
            _come(rows, chance, people, at, community.node.id, chance.pick(community.buildings))
        )
        await rows.settle()
    return found


def _come(
    rows: Rows,
    chance: Chance,
    people: People,
    at: datetime,
    community_id: UUID,
    building: Building,
) -> Living:
    has_account = chance.roll() >= WITHOUT_ACCOUNT
    shares_phone = chance.roll() < AGREES_TO_CONTACT
    known = people.stranger(RESIDENT)
    person_id = None
    if has_account:
        purposes = (*PURPOSES, CONTACT) if shares_phone else PURPOSES
        person_id = people.enter(RESIDENT, at, purposes, known).id
    made = chance.id(at)
    rows.add(
        Resident,
        id=made,
        person_id=person_id,
        community_id=community_id,
        building_id=building.id,
        name=None if has_account else known[0],
        phone=None if has_account else known[1],
        phone_hash=None if has_account else fields.find_by(known[1]),
        created_at=at,
    )
    return Living(made, person_id, *known, building, shares_phone)
