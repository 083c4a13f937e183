"""Who plays in the demo's year."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.demo.stage import Somebody


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A registered member."""

    phone: Somebody
    name: str
    registration_id: str
    branch_id: str
    group_id: str


@dataclass(frozen=True, slots=True)
class Cast:
    """A community with those in charge, its members in the order they came, and a resident."""

    community_id: str
    employer_id: str
    secretary: Somebody
    clerk: Somebody
    branch: Somebody
    leader: Somebody
    resident: Somebody
    members: Sequence[Enrolled]
