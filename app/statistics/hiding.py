"""Who is too few to be shown on a page of figures, and what decides it.

Whether an organization is hidden follows from its own line and those above it: a line is what stands
directly below one organization. So a page asks for the lines of all that its organization stands under,
and for its own where it shows what stands below, and not for every community and employer of the city; counts of a level are the sums of
those below it.
"""

# ruff: noqa: S608 - constants of this module and of its neighbours make its SQL, nothing else

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.organizations.kinds import EMPLOYER_UNITS, LEVELS
from app.permissions import Permission
from app.statistics.above import STAFF
from app.statistics.binding import bound
from app.statistics.period import Period
from app.statistics.stored import counters
from app.statistics.suppression import Tree

LEAST = "statistics.min_cell_between_organizations"
SUMMED = (*LEVELS, "employer")  # what has summaries, or is above what has
_KINDS, _LEVELS = (", ".join(f"'{kind}'" for kind in kinds) for kinds in (SUMMED, LEVELS))
_DEEP = len(LEVELS) - 1  # so far below the root stand communities


def _stands_above_open_leaves() -> str:
    """Whether a leaf that is not closed stands below the node; it is looked for level by level."""
    found = []
    for depth in range(1, _DEEP + 1):
        joined = "".join(
            f" JOIN organizations AS at_{n + 1} ON at_{n + 1}.parent_id = at_{n}.id"
            f" AND at_{n}.kind IN ({_LEVELS})"
            for n in range(1, depth)
        )
        found.append(
            f"EXISTS (SELECT FROM organizations AS at_1{joined} WHERE at_1.parent_id = node.id"
            f" AND at_{depth}.kind = tree.leaf AND at_{depth}.closed_on IS NULL)"
        )
    return " OR ".join(found)


# The root, the lines of what an organization stands under, and its own if the bind `is_below`; once for
# the tree of communities and once for that of employers: [kind of leaf, id, lineage, people at the end, [[month, people who served]]].
_OF = "counter.figure = ANY (ARRAY[name.prefix || 'joined', name.prefix || 'left', name.prefix || 'served'])"
LINES = bound(f"""
    (SELECT jsonb_agg(jsonb_build_array(tree.leaf, node.id, node.lineage, coalesce(found.people, 0),
                                        coalesce(found.months, '[]')))
    FROM (
        SELECT * FROM organizations AS root WHERE root.id = organizations.lineage[1]
        UNION ALL
        SELECT * FROM organizations AS below WHERE below.parent_id = ANY (
            CASE WHEN :is_below THEN organizations.lineage
            ELSE trim_array(organizations.lineage, 1) END) AND below.kind IN ({_KINDS})
    ) AS node
    JOIN (VALUES ('community', 'employer'), ('employer', 'community')) AS tree (leaf, other)
      ON node.kind <> tree.other
    CROSS JOIN LATERAL (
        SELECT CASE WHEN node.kind = tree.leaf OR tree.leaf = 'community' THEN '' ELSE '{STAFF}' END
    ) AS name (prefix)
    CROSS JOIN LATERAL (
        SELECT count(*) AS rows,
               sum(CASE figure WHEN name.prefix || 'joined' THEN number
                               WHEN name.prefix || 'left' THEN -number END)::int AS people,
               jsonb_agg(jsonb_build_array(to_char(month, 'YYYY-MM'), number))
                   FILTER (WHERE figure = name.prefix || 'served') AS months
        FROM ({
    counters(
        "node.id",
        f"{_OF} AND counter.month < :until"
        " AND (counter.figure <> name.prefix || 'served' OR counter.month >= :since)",
    )
}) AS stored
    ) AS found
    WHERE found.rows > 0 OR CASE node.kind WHEN tree.leaf THEN node.closed_on IS NULL
                            ELSE {_stands_above_open_leaves()} END)""")


@dataclass(frozen=True, slots=True)
class Hidden:
    """Who is too few to be shown: of those `registered` at the end, `served` in each month.

    Ids are text, as they come. `is_own`: the reader counts his own people, and nothing is hidden.
    """

    is_own: bool
    registered: Collection[str] = ()
    staff: Collection[str] = ()
    served: Mapping[str, Collection[str]] = field(default_factory=dict)

    def is_served_hidden(self, unit: Mapping[str, Any], months: Sequence[str]) -> bool:
        """Whether what people did is hidden in one of these months: then their sum is, too."""
        one = str(unit["id"])
        return not self.is_own and (
            unit["kind"] not in SUMMED or any(one in self.served[month] for month in months)
        )

    def is_registered_hidden(self, unit: Mapping[str, Any]) -> bool:
        """Whether how many are registered is hidden."""
        return not self.is_own and (
            unit["kind"] not in SUMMED or str(unit["id"]) in self.registered
        )


def hidden(asked: Mapping[str, Any], kind: str, period: Period) -> Hidden:
    """On a page of the organization asked for, where those below it are of this kind.

    Every page hides the same, for a line is the same whoever asks for it.
    """
    if Permission.STATISTICS_OWN in asked["grants"]:
        return Hidden(is_own=True)
    least = asked["said"][LEAST]
    communities, employers = _Lines("community", asked, period), _Lines("employer", asked, period)
    lines = employers if kind in EMPLOYER_UNITS else communities
    return Hidden(
        is_own=False,
        registered=lines.tree.hidden(lines.registered, least),
        staff=employers.tree.hidden(employers.registered, least),
        served={month: lines.tree.hidden(of, least) for month, of in lines.served.items()},
    )


class _Lines:
    """The lines of one tree, as a tree whose leaves are those below which no line was asked for."""

    def __init__(self, leaf: str, asked: Mapping[str, Any], period: Period) -> None:
        rows = [row[1:] for row in asked["lines"] or () if row[0] == leaf]
        inner = {one for _, lineage, _, _ in rows for one in lineage[:-1]}
        self.tree = Tree({one: lineage for one, lineage, _, _ in rows if one not in inner})
        self.registered: dict[str, int] = {one: people for one, _, people, _ in rows}
        self.served: dict[str, dict[str, int]] = {month: {} for month in period.months}
        for one, _, _, months in rows:
            for month, count in months:
                of_month = self.served[month]
                of_month[one] = of_month.get(one, 0) + count
