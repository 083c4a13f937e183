"""What a community does all year, played after the story: posts, needs of every kind, orders of every
size, an emergency; its figures, and at the end a year that is closed elsewhere.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from app.demo import files
from app.demo.acts import emergency, needs, orders, plans, posts, records, wishes, year
from app.demo.cast import Cast, Enrolled
from app.demo.figures import tell_figures
from app.demo.stage import Somebody, Stage, find_home, sign_in

BRANCH_PHONE, LEADER_PHONE = "13900000008", "13900000009"
SKILLS = ("policy_explaining", "neighbor_mediation", "elder_company", "smartphone_teaching")
PURPOSES = ("registration_core", "report_to_employer", "resident_core")


async def play(
    stage: Stage,
    people: dict[str, Somebody],
    admin: Somebody,
    listed: Sequence[files.Listed],
    community: Any,
    employer: Any,
) -> None:
    """Those listed register and serve; the community's figures are printed."""
    secretary = people["secretary"]
    members = [
        await enrol(stage, secretary, one, community["id"], SKILLS[place % len(SKILLS)])
        for place, one in enumerate(listed)
    ]
    stage.tell(f"又有 {len(members)} 名党员报到，社区接收", "、".join(one.name for one in members))
    phone = f"137{secrets.randbelow(10**8):08}"
    resident = await sign_in(stage, phone, "resident_core", "service_address", "contact_at_service")
    await resident.ask("POST", "/me/residences", community_id=community["id"])
    cast = Cast(
        community_id=community["id"],
        employer_id=employer["id"],
        secretary=secretary,
        clerk=people["clerk"],
        branch=await sign_in(stage, BRANCH_PHONE),
        leader=await sign_in(stage, LEADER_PHONE),
        resident=resident,
        members=members,
    )
    for act in (posts, needs, wishes, plans, orders, emergency, records):
        await act.play(stage, cast)
    await tell_figures(stage, cast)
    await year.play(stage, admin)


async def enrol(
    stage: Stage, secretary: Somebody, listed: files.Listed, community_id: str, skill: str
) -> Enrolled:
    """One of the roster is a registered member of the community."""
    member = await sign_in(stage, listed.phone, *PURPOSES)
    line = (await member.ask("GET", "/me/registration-offer"))["lines"][0]
    home = await find_home(member, community_id, files.COMPOUND, files.BUILDING)
    made = await member.ask(
        "POST",
        "/registrations",
        member_id=line["member_id"],
        community_id=community_id,
        compound_id=home["compound_id"],
        building_id=home["building_id"],
        skills=[skill],
    )
    done = await secretary.ask("POST", f"/registrations/{made['id']}/accept", grid_id=None)
    return Enrolled(
        member, listed.name, made["id"], done["functional_branch_id"], done["functional_group_id"]
    )
