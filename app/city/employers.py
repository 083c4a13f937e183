"""Employers with their Party branches: one clearly larger than the others, and many small ones."""

from datetime import date
from typing import NamedTuple

from app.city import words
from app.city.chance import Chance, Wheel
from app.city.places import Node, Planter, Tree
from app.city.rows import Rows
from app.city.size import Size

MEMBERS_A_BRANCH = 40
MOST_BRANCHES = 20


class Employer(NamedTuple):
    """An employer and its branches."""

    node: Node
    branches: list[Node]
    stated: int


def found(rows: Rows, chance: Chance, size: Size, tree: Tree, opened_on: date) -> list[Employer]:
    """The employers of the city, the largest first, each in the tree under a district."""
    planter = Planter(rows, chance, opened_on)
    weights = size.members_by_employer()
    made = []
    for number, (name, weight) in enumerate(
        zip(words.places(chance, size.employers), weights, strict=True)
    ):
        kind, forms = words.EMPLOYERS[number % len(words.EMPLOYERS)]
        stated = max(3, round(size.members * weight / sum(weights) * 1.12))
        node = planter.plant(
            "employer",
            f"{name}{chance.pick(forms)}",
            tree.districts[number % len(tree.districts)],
            f"91{tree.city.code}{number:010}",
            unit_kind=kind,
            stated_headcount=stated,
        )
        count = min(MOST_BRANCHES, 1 + stated // MEMBERS_A_BRANCH)
        branches = [
            planter.plant("employer_branch", _called(place), node, position=place)
            for place in range(count)
        ]
        made.append(Employer(node, branches, stated))
    return made


def choose(employers: list[Employer], size: Size) -> Wheel[Employer]:
    """For each member an employer, as likely as it is large."""
    return Wheel(employers, size.members_by_employer())


def _called(place: int) -> str:
    rounds, number = divmod(place, len(words.BRANCHES))
    return words.BRANCHES[number] if rounds == 0 else f"第{place + 1}党支部"
