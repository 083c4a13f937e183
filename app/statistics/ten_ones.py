"""十个一: one page of a community, assembled from what is there; nobody fills it in.

What stands now is counted now; plan, project and feedback are the year's. Nobody is named. Source:
practice.md R15; content `ten_ones`.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from app.core import clock
from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.models.organization import Organization
from app.permissions import Actor, Permission, grants, require
from app.policies import dictionaries
from app.statistics.binding import prepared

P = Permission
ONES, POSTS = "ten_ones", "appointments"
TEAM = "backbone_team"  # its figures are named by the posts that people hold

COMMUNITY = Prepared(
    select(Organization.name, grants(P.STATISTICS_READ)).where(
        Organization.id == bindparam("organization_id", type_=Uuid()),
        Organization.kind == "community",
    )
)
# Of each one: a figure by its code, or a title, in the order of the page.
THERE = prepared("""
    SELECT 'organization_system' AS one, kind AS code, count(*) AS number, NULL AS title, 0 AS place
    FROM organizations
    WHERE lineage && ARRAY[:organization_id]::uuid[] AND kind <> 'community' AND closed_on IS NULL
    GROUP BY kind
    UNION ALL
    SELECT 'backbone_team', a.post, count(*), NULL, 0
    FROM appointments AS a JOIN organizations AS o ON o.id = a.organization_id
    WHERE o.lineage && ARRAY[:organization_id]::uuid[]
        AND a.from_on <= :today AND (a.to_on IS NULL OR a.to_on >= :today)
    GROUP BY a.post
    UNION ALL
    SELECT 'service_list', 'templates', count(*), NULL, 0
    FROM content_items WHERE section = 'order_templates'
    UNION ALL
    SELECT 'service_list', 'open', count(*), NULL, 0
    FROM orders
    WHERE community_id = :organization_id AND status = 'open' AND NOT is_confidential
    UNION ALL
    SELECT 'long_term_system', 'in_force', count(*), NULL, 0
    FROM content_items WHERE section = 'policies'
    UNION ALL
    SELECT 'long_term_system', 'own', count(DISTINCT key), NULL, 0
    FROM policies WHERE organization_id = :organization_id AND effective_on <= :today
    UNION ALL
    SELECT DISTINCT 'venues', NULL, 1, place, 0
    FROM posts WHERE community_id = :organization_id AND status = 'open'
    UNION ALL
    SELECT 'annual_plan', figure.code, count(*), NULL, 0
    FROM plan_items
    CROSS JOIN LATERAL (VALUES ('planned', true), ('drafted', order_id IS NOT NULL))
        AS figure (code, counts)
    WHERE community_id = :organization_id AND month >= :since AND month < :until AND figure.counts
    GROUP BY 2
    UNION ALL
    SELECT 'annual_plan', NULL, 1, to_char(month, 'FMMM月　') || title, extract(month FROM month)
    FROM plan_items
    WHERE community_id = :organization_id AND month >= :since AND month < :until
    UNION ALL
    SELECT 'feedback_mechanism', 'answered', count(*), NULL, 0
    FROM needs AS n JOIN acceptances AS a ON a.need_id = n.id
    WHERE n.community_id = :organization_id AND n.kind <> 'about_member'
        AND a.answered_at >= :since_at AND a.answered_at < :until_at
    UNION ALL
    SELECT 'feedback_mechanism', figure.code, count(*), NULL, 0
    FROM reports
    CROSS JOIN LATERAL (VALUES ('sheets', true), ('acknowledged', status = 'acknowledged'))
        AS figure (code, counts)
    WHERE issuer_id = :organization_id AND kind = 'member_sheet'
        AND status IN ('issued', 'delivered', 'acknowledged')
        AND period_to >= :since AND period_to < :until AND figure.counts
    GROUP BY 2
    UNION ALL
    SELECT 'posts', figure.code, sum(figure.number), NULL, 0
    FROM posts
    CROSS JOIN LATERAL (VALUES ('open', 1), ('headcount', headcount), ('serving', taken))
        AS figure (code, number)
    WHERE community_id = :organization_id AND status = 'open'
    GROUP BY 2
    UNION ALL
    SELECT 'posts', NULL, 1, title, 0
    FROM posts WHERE community_id = :organization_id AND status = 'open'
    UNION ALL
    SELECT DISTINCT 'secretary_project', NULL, 1, title, 0
    FROM orders
    WHERE community_id = :organization_id AND marks @> ARRAY['secretary_project']::varchar[]
        AND published_at IS NOT NULL AND status NOT IN ('cancelled', 'expired')
        AND NOT is_confidential AND starts_at >= :since_at AND starts_at < :until_at
    UNION ALL
    SELECT 'emergency_plan', NULL, 1, title, 0
    FROM call_up_plans WHERE organization_id = :organization_id AND is_current
    ORDER BY place, title
""")
MOST_TITLES = 24


async def show(reader: Reader, actor: Actor, community_id: UUID, year: int) -> dict[str, Any]:
    """The ten of a community and year, in the tenant's order and words; three statements.

    `figures`: what is counted and is not nothing; `titles`: what it is called, the first 24, and
    `more` beyond them; `is_there` false: `missing` says where it would come from.

    Raises:
        NotFound, Forbidden: as for the community's figures.
    """
    asked = {"organization_id": community_id}
    place = await COMMUNITY.one(reader, actor.binds() | asked)
    if place is None:
        raise NotFound
    require(place["grants"], P.STATISTICS_READ)
    said = await dictionaries.sections(reader, ONES, POSTS)
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    days = {"since": first, "until": after, "today": clock.today()}
    moments = {"since_at": clock.day_starts(first), "until_at": clock.day_starts(after)}
    rows = await THERE.rows(reader, asked | days | moments)
    posts = {code: entry["name"] for code, entry in said[POSTS].items()}
    return {
        "community_id": community_id,
        "community_name": place["name"],
        "year": year,
        "ones": [
            _one(code, entry, posts, [row for row in rows if row["one"] == code])
            for code, entry in said[ONES].items()
        ],
    }


def _one(
    code: str, entry: dict[str, Any], posts: dict[str, str], rows: list[dict[str, Any]]
) -> dict[str, Any]:
    named = {each["code"]: each["name"] for each in entry.get("figures", ())}
    names = posts if code == TEAM else named
    numbers = {row["code"]: int(row["number"]) for row in rows if row["title"] is None}
    titles = [row["title"] for row in rows if row["title"] is not None]
    figures = [
        {"name": name, "number": numbers[code]} for code, name in names.items() if numbers.get(code)
    ]
    return {
        "code": code,
        "name": entry["name"],
        "assembled_from": entry["assembled_from"],
        "figures": figures,
        "titles": titles[:MOST_TITLES],
        "more": max(len(titles) - MOST_TITLES, 0),
        "is_there": bool(figures or titles),
        "missing": entry["missing"],
    }
