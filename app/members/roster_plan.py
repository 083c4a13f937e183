"""A roster beside the lines that the employer has: who is new, who is known again, who is missing.

A line is known by its phone; where the phone is new, by name and branch if that is one person on
both sides. The same phone on another employer's roster is nobody's business here: each employer
holds its own roster, and the member chooses among the lines that carry his phone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.core import fields
from app.members.roster_file import Line
from app.members.service import APPLIED
from app.models.member import Member, MemberSource


class Step(StrEnum):
    """What becomes of a row. A changed name or phone is told apart: it may be another person."""

    ADDED = "added"
    CHANGED = "changed"
    NAME_CHANGED = "name_changed"
    PHONE_CHANGED = "phone_changed"
    UNCHANGED = "unchanged"


@dataclass(slots=True)
class Compared:
    """Every line of the file with the member it is of; `missing` are lines that it no longer has."""

    added: list[Line] = field(default_factory=list)
    known: list[tuple[Line, Member, Step]] = field(default_factory=list)
    missing: list[Member] = field(default_factory=list)

    def steps(self) -> list[tuple[int, Step]]:
        """The rows of the file with what becomes of them, in the file's order."""
        return sorted(
            [(line.row, Step.ADDED) for line in self.added]
            + [(line.row, step) for line, _, step in self.known]
        )


def compare(
    known: Sequence[Member], branches: Mapping[str, UUID], lines: Sequence[Line]
) -> Compared:
    """What the lines would change; `branches` are the employer's, by name."""
    found = Compared()
    by_phone = {one.phone_hash: one for one in known if one.phone_hash is not None}
    rest: list[Line] = []
    for line in lines:
        member = by_phone.get(fields.find_by(line.phone))
        if member is None:
            rest.append(line)
        else:
            found.known.append((line, member, _step(member, columns(line, branches))))
    kept = {member.id for _, member, _ in found.known}
    same = _by_name(rest, [one for one in known if one.id not in kept], branches)
    for line in rest:
        if line.row in same:
            found.known.append((line, same[line.row], Step.PHONE_CHANGED))
        else:
            found.added.append(line)
    kept |= {member.id for member in same.values()}
    found.missing = [
        one for one in known if one.id not in kept and one.source == MemberSource.ROSTER
    ]
    return found


def columns(line: Line, branches: Mapping[str, UUID]) -> dict[str, Any]:
    """What the line says of a member; a column or cell that is empty says nothing."""
    told: dict[str, Any] = {
        "source": MemberSource.ROSTER,
        "name": line.name,
        "name_hash": fields.find_by(line.name),
        "phone": line.phone,
        "phone_hash": fields.find_by(line.phone),
        "branch_id": branches.get(line.branch),
    }
    said = {
        "party_status": line.party_status,
        "compound_text": line.compound_text,
        "building_text": line.building_text,
        "skills": list(line.skills) or None,
        "is_protected": line.is_protected,
    }
    return told | {name: value for name, value in said.items() if value is not None}


def _step(member: Member, wanted: Mapping[str, Any]) -> Step:
    if member.name_hash != wanted["name_hash"]:
        return Step.NAME_CHANGED
    is_same = all(getattr(member, name) == value for name, value in wanted.items())
    return Step.UNCHANGED if is_same else Step.CHANGED


def _by_name(
    lines: Sequence[Line], free: Sequence[Member], branches: Mapping[str, UUID]
) -> dict[int, Member]:
    """Who a line is whose phone is new, by row: the only free one of this name in this branch (or
    in none, as those who came over the counter), if no other line could be him as well.

    Whoever applied and waits for the employer's word is known by his verified phone alone.
    """
    named: defaultdict[bytes, list[Member]] = defaultdict(list)
    for member in free:
        if member.service_state != APPLIED:
            named[member.name_hash].append(member)
    meant: defaultdict[UUID, list[Line]] = defaultdict(list)
    found: dict[int, Member] = {}
    for line in lines:
        allowed = (None, branches.get(line.branch))
        fitting = [one for one in named[fields.find_by(line.name)] if one.branch_id in allowed]
        for one in fitting:
            meant[one.id].append(line)
        if len(fitting) == 1:
            found[line.row] = fitting[0]
    return {row: member for row, member in found.items() if len(meant[member.id]) == 1}
