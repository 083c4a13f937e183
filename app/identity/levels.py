"""Which role may be held where, and who may give it: nobody gives more than he has.

Source: design.md §5; practice.md R13.
"""

from collections.abc import Mapping

from app.models.person import Role

R = Role

EMPLOYER_SIDE = (
    "employer",
    "party_committee",
    "employer_general_branch",
    "employer_branch",
    "resident_unit",
    "paired_unit",
    "new_sector_organization",
)

# A role reaches its organization and all below, so it stands only where that is meant.
KINDS: Mapping[Role, tuple[str, ...]] = {
    R.CITY_ADMIN: ("province", "city"),
    R.DISTRICT_ADMIN: ("district",),
    R.SUBDISTRICT_ADMIN: ("subdistrict",),
    R.COMMUNITY_SECRETARY: ("community",),
    R.COMMUNITY_CLERK: ("community",),
    R.GRID_WORKER: ("community", "grid"),
    R.GRID_HELPER: ("community", "grid"),
    R.BUILDING_HELPER: ("building",),
    R.BRANCH_SECRETARY: ("functional_branch", "grid_branch", "employer_branch"),
    R.BRANCH_DEPUTY: ("functional_branch", "grid_branch", "employer_branch"),
    R.GROUP_LEADER: ("functional_group", "grid_branch"),
    R.RESIDENT_REPRESENTATIVE: ("community", "grid", "functional_group"),
    R.EMPLOYER_SECRETARY: EMPLOYER_SIDE,
    R.EMPLOYER_CLERK: EMPLOYER_SIDE,
    R.MERCHANT: ("merchant",),
    R.AUDITOR: ("province", "city", "district"),
    R.CITY_DISCIPLINE_CONTACT: ("province", "city"),
}

COMMUNITY_SIDE = frozenset(
    {
        R.COMMUNITY_CLERK,
        R.GRID_WORKER,
        R.GRID_HELPER,
        R.BUILDING_HELPER,
        R.BRANCH_SECRETARY,
        R.BRANCH_DEPUTY,
        R.GROUP_LEADER,
        R.RESIDENT_REPRESENTATIVE,
    }
)

# Beside these everybody here may give his own role for stated days (acting), and take that back.
BELOW: Mapping[Role, frozenset[Role]] = {
    R.CITY_ADMIN: frozenset(R),
    R.DISTRICT_ADMIN: COMMUNITY_SIDE
    | {R.SUBDISTRICT_ADMIN, R.COMMUNITY_SECRETARY, R.EMPLOYER_SECRETARY, R.EMPLOYER_CLERK},
    R.SUBDISTRICT_ADMIN: COMMUNITY_SIDE | {R.COMMUNITY_SECRETARY},
    R.COMMUNITY_SECRETARY: COMMUNITY_SIDE,
    R.EMPLOYER_SECRETARY: frozenset({R.EMPLOYER_CLERK}),
}

# What `grants` says in the dictionary of appointments, where it is not the role's own word.
# `none`, and `same_as_absent` of somebody who was himself acting, grant nothing.
GRANTED: Mapping[str, Role] = {role.value: role for role in Role} | {
    "appraiser": R.RESIDENT_REPRESENTATIVE
}
