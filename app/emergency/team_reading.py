"""Teams of a shift and who is in them, as they are read; names are masked."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.masking import mask_name
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.emergency.lifecycle import SHIFT_TEAM
from app.emergency.reading import PROTECTED
from app.emergency.shift_reading import SHIFT_ID, SHIFT_SEEN
from app.models.member import Member, Registration
from app.models.shift_team import ShiftTeam, TeamMember
from app.permissions import Actor, Permission, grants, may
from app.rules.words import PERSON

P = Permission
TEAM_ID = bindparam("shift_team_id", type_=Uuid())
MOST = bindparam("most", type_=Integer())
AFTER = bindparam("id", type_=Uuid())
Own = aliased(TeamMember)
Led = aliased(TeamMember)
TEAM_SEEN = Prepared(
    select(
        ShiftTeam.id,
        ShiftTeam.shift_id,
        ShiftTeam.leader_id,
        ShiftTeam.wanted,
        ShiftTeam.members,
        ShiftTeam.status,
        ShiftTeam.due_at.label("lapses_at"),
    ).where(ShiftTeam.id == TEAM_ID, may(P.SHIFT_TEAM_READ))
)


async def page(
    reader: Reader, actor: Actor, paging: Paging, shift_id: UUID
) -> Slice[dict[str, Any]]:
    """The teams of a shift, the oldest first, with what is open to the reader.

    Raises:
        NotFound: no such shift, or not the actor's to see.
    """
    if await SHIFT_SEEN.one(reader, actor.binds() | {"shift_id": shift_id}) is None:
        raise NotFound
    return await teams_of(reader, actor, paging, shift_id)


async def teams_of(
    reader: Reader, actor: Actor, paging: Paging, shift_id: UUID
) -> Slice[dict[str, Any]]:
    """As `page`, of a shift that the actor is known to see."""
    made = await _page(reader, paging, _teams, actor.binds() | {"shift_id": shift_id})
    for row in made.items:
        row["open_to"] = SHIFT_TEAM.open_in(row["status"], row["grants"])
        row["leader_name"] = _masked(row)
    return made


async def page_of_members(
    reader: Reader, actor: Actor, paging: Paging, team_id: UUID
) -> Slice[dict[str, Any]]:
    """Who is in a team, the longest first, for its members and for the organiser.

    Raises:
        NotFound: no such team, or not the actor's to see.
    """
    return (await show(reader, actor, paging, team_id))[1]


async def show(
    reader: Reader, actor: Actor, paging: Paging, team_id: UUID
) -> tuple[dict[str, Any], Slice[dict[str, Any]]]:
    """A team, and who is in it, as `page_of_members`."""
    team = await TEAM_SEEN.one(reader, actor.binds() | {"shift_team_id": team_id})
    if team is None:
        raise NotFound
    made = await _page(reader, paging, _members, {"shift_team_id": team_id})
    for row in made.items:
        row["name"] = _masked(row)
        row["is_leader"] = row["person_id"] == team["leader_id"]
    return team, made


def _masked(row: dict[str, Any]) -> str:
    return PROTECTED if row["is_protected"] else mask_name(row["name"])


async def _page(
    reader: Reader, paging: Paging, list_of: Any, binds: dict[str, Any]
) -> Slice[dict[str, Any]]:
    name = "shift_id" if "shift_id" in binds else "shift_team_id"
    where = scope(name, {name: binds[name]})
    key = after(paging, where, UUID)
    more = {"most": paging.limit + 1} | ({} if key is None else {"id": key[0]})
    return cut(await list_of(key is not None).rows(reader, binds | more), paging, where, "id")


@cache
def _teams(is_continued: bool) -> Prepared:
    """Those that went into another one are that one: nobody is in them, so no leader is found."""
    mine = (
        select(Own.id)
        .where(Own.shift_team_id == ShiftTeam.id, Own.person_id == PERSON, Own.left_at.is_(None))
        .exists()
    )
    led_as = (
        select(Led.registration_id)
        .where(Led.shift_team_id == ShiftTeam.id, Led.person_id == ShiftTeam.leader_id)
        .limit(1)
        .correlate(ShiftTeam)
        .scalar_subquery()
    )
    statement = (
        select(
            ShiftTeam.id,
            ShiftTeam.shift_id,
            ShiftTeam.wanted,
            ShiftTeam.members,
            ShiftTeam.status,
            ShiftTeam.due_at.label("lapses_at"),
            mine.label("is_mine"),
            grants(P.SHIFT_TEAM_LEAD),
            Member.name,
            Member.is_protected,
        )
        .select_from(ShiftTeam)
        .join(Registration, Registration.id == led_as)
        .join(Member, Member.id == Registration.member_id)
        .where(ShiftTeam.shift_id == SHIFT_ID)
        .order_by(ShiftTeam.id)
        .limit(MOST)
    )
    return Prepared(statement.where(ShiftTeam.id > AFTER) if is_continued else statement)


@cache
def _members(is_continued: bool) -> Prepared:
    statement = (
        select(
            TeamMember.id,
            TeamMember.person_id,
            TeamMember.joined_at,
            Member.name,
            Member.is_protected,
        )
        .join(Registration, Registration.id == TeamMember.registration_id)
        .join(Member, Member.id == Registration.member_id)
        .where(TeamMember.shift_team_id == TEAM_ID, TeamMember.left_at.is_(None))
        .order_by(TeamMember.id)
        .limit(MOST)
    )
    return Prepared(statement.where(TeamMember.id > AFTER) if is_continued else statement)
