"""What stands under what: the tree of organizations as one table. Source: practice.md R13.

Territory down to the community comes from division files only; everything below is made by the
community, the employer or an import. A building hangs under its grid and names its compound; a
functional group hangs under its branch and names the grid it is embedded in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# Levels of a division file, highest first.
LEVELS: tuple[str, ...] = ("province", "city", "district", "subdistrict", "community")


@dataclass(frozen=True, slots=True)
class Place:
    """Under which kinds a kind may stand, and what it must name beside its parent."""

    parents: tuple[str, ...]
    needs_grid: bool = False
    needs_compound: bool = False


COMMITTEE = ("community", "community_party_committee", "general_branch")
EMPLOYER_PARTY = ("employer", "party_committee", "employer_general_branch")
NEAR = ("community", "subdistrict")

PLACES: Mapping[str, Place] = {
    # territory below the community
    "grid": Place(("community",)),
    "compound": Place(("community",)),
    "building": Place(("grid",), needs_compound=True),
    # the community's side
    "community_party_committee": Place(("community",)),
    "community_joint_committee": Place(("community",)),
    "subdistrict_joint_committee": Place(("subdistrict",)),
    "general_branch": Place(("community", "community_party_committee")),
    "grid_branch": Place(COMMITTEE, needs_grid=True),
    "compound_branch": Place(COMMITTEE, needs_compound=True),
    "building_group": Place(("grid_branch", "compound_branch")),
    "functional_branch": Place(("community",)),
    "functional_group": Place(("functional_branch",), needs_grid=True),
    "owners_committee": Place(("community",), needs_compound=True),
    "owners_supervisors": Place(("community",), needs_compound=True),
    "property_company": Place(("community",)),
    "residents_council": Place(("community",)),
    # the employer's side
    "employer": Place(("city", "district")),
    "party_committee": Place(("employer",)),
    "employer_general_branch": Place(("employer", "party_committee")),
    "employer_branch": Place(EMPLOYER_PARTY),
    "employer_group": Place(("employer_branch",)),
    # partners
    "resident_unit": Place(NEAR),
    "paired_unit": Place(NEAR),
    "new_sector_organization": Place(NEAR),
    "social_organization": Place((*NEAR, "district", "city")),
    "volunteer_team": Place(NEAR),
    "business_circle": Place(NEAR),
    "merchant": Place(NEAR),
}

# One of these at most under one parent.
SINGLE: frozenset[str] = frozenset({"functional_branch", "community_party_committee"})

# An employer and what stands under it.
EMPLOYER_UNITS = (*EMPLOYER_PARTY, "employer_branch", "employer_group")

# Kinds that a community's workbook may list beside its buildings.
LISTED: frozenset[str] = (
    frozenset(PLACES) - {"building", "subdistrict_joint_committee"} - set(EMPLOYER_UNITS)
)

# In which kinds a post is held; what is not listed may be held anywhere on the community's side.
# A role covers its organization and all below, so a community's secretary is of the community, not
# of its committee.
POSTS: Mapping[str, tuple[str, ...]] = {
    "community_secretary": ("community",),
    "community_clerk": ("community",),
    "community_liaison": ("community",),
    "supervision_committee_member": ("community",),
    "grid_owner": ("grid",),
    "part_time_grid_worker": ("grid",),
    "grid_volunteer": ("grid",),
    "linked_leader": ("grid", "community"),
    "functional_branch_secretary": ("functional_branch",),
    "functional_branch_member": ("functional_branch",),
    "functional_group_leader": ("functional_group",),
    "first_secretary": ("community_party_committee", "community"),
    "property_first_secretary": ("property_company",),
    "grid_branch_secretary": ("grid_branch",),
    "grid_branch_deputy_secretary": ("grid_branch",),
    "building_head": ("building",),
    "resident_representative": ("functional_group", "grid", "community"),
    "unit_liaison": ("employer",),
    "employer_secretary": ("employer",),
    "employer_branch_secretary": ("employer_branch",),
}
