"""What every figure counts, in SQL over the source rows: the one place that says it.

A statement gives counters (organization_id, month, figure, kind, category, bucket, number), by kind
and, with an empty kind, by category. The same
SQL counts one organization's month again, rebuilds everything, and reads a grid or a branch, which
have no summaries. A need stands in the month in which it was raised, an order in the month in which
it was published, a service in the month it was done, whatever became of it later. So a fact about a
row touches the month of that row only.

figure                              kind                    of
joined, left                        channel                 registrations, by their first and last day
services, …_minutes, servers        mode (`source_kind`)    approved records; so many people at least
served                              –                       people who served, once a month
needs, solved, partly, unsolved,    kind of need            needs, by the answer of their last round;
unanswered                                                  silence: unanswered
on_behalf                           kind of need            needs whose answer somebody noted down
responses, in_time                  kind of need            needs with a first answer; within policy
solutions                           kind of need            solved needs; until it was done
routed                              route                   accepted needs
orders, orders_taken                size                    orders published; somebody holds a seat
orders_unmet                        reason                  orders that found nobody
votes_…                             –                       votes of which all are shown a figure, by
                                                            the last day that it counts, not by month
headcount, employers                –                       members in service that an employer states,
                                                            or has on its roster, while it is open; of
                                                            no month
once                                –                       people who served, see `once`

Source: practice.md R1, R6; design.md §6 *reports*.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Subject(StrEnum):
    """What facts are about; figures of one subject are counted together."""

    MEMBER = "member"
    SERVICE = "service"
    NEED = "need"
    ORDER = "order"
    VOTE = "vote"
    HEADCOUNT = "headcount"


HEADCOUNTED = ("headcount", "employers")
VOTES_SHOWN = ("votes_valid", "votes_satisfied", "votes_raters")
FIGURES: Mapping[Subject, tuple[str, ...]] = {
    Subject.MEMBER: ("joined", "left"),
    Subject.SERVICE: ("services", "volunteer_minutes", "work_minutes", "servers", "served"),
    Subject.NEED: (
        *("needs", "routed", "responses", "in_time", "solutions"),
        *("solved", "partly", "unsolved", "unanswered", "on_behalf"),
    ),
    Subject.ORDER: ("orders", "orders_taken", "orders_unmet"),
    Subject.VOTE: VOTES_SHOWN,
    Subject.HEADCOUNT: HEADCOUNTED,
}

# Class n of a time holds what took less than HOURS[n] hours, and not less than the one before.
HOURS = (1, 2, 4, 8, 12, 24, 36, 48, 72, 96, 120, 168, 240, 336, 504, 720)


class Place(NamedTuple):
    """Under which organization each source counts: the tables to join, the column, what else holds."""

    column: str
    joins: str = ""
    only: str = "true"


Places = Mapping[Subject, Place]

COMMUNITIES: Places = {
    Subject.MEMBER: Place("r.community_id"),
    Subject.SERVICE: Place("s.community_id"),
    Subject.NEED: Place("n.community_id"),
    Subject.ORDER: Place("o.community_id"),
    Subject.VOTE: Place(
        "v.subject_id",
        only="v.subject_id IN (SELECT id FROM organizations WHERE kind = 'community')",
    ),
}
EMPLOYERS: Places = {
    Subject.MEMBER: Place("r.employer_id"),
    Subject.SERVICE: Place("s.employer_id"),
    Subject.HEADCOUNT: Place("e.id"),
}


def _units(at: str, joins: str = "", only: str = "true") -> Place:
    """Under each of the bind `units` that `at` is, or stands below."""
    below = (
        f"{joins} JOIN organizations AS at ON at.id = {at} "
        "JOIN unnest(:units) AS unit (id) ON unit.id = ANY (at.lineage)"
    )
    return Place("unit.id", below, only)


# Confidential kinds are never counted below the community. Source: practice.md R6.
_OPEN = """{category} NOT IN (
    SELECT item ->> 'code' FROM content_items, jsonb_array_elements(data -> 'items') AS item
    WHERE section = 'need_categories' AND item -> 'flags' @> '["confidential"]'
    UNION ALL
    SELECT code FROM content_items
    WHERE section = 'post_categories' AND data -> 'flags' @> '["confidential"]')"""
GRIDS: Places = {
    Subject.MEMBER: _units("r.grid_id", only="r.community_id = ANY (:above)"),
    Subject.SERVICE: _units(
        "r.grid_id",
        "JOIN registrations AS r ON r.id = s.registration_id",
        "s.community_id = ANY (:above) AND " + _OPEN.format(category="s.category"),
    ),
    Subject.NEED: _units(
        "n.building_id",
        only="n.community_id = ANY (:above) AND n.kind <> 'about_member' AND "
        + _OPEN.format(category="coalesce(n.category, '')"),
    ),
    Subject.ORDER: _units(
        "o.building_id", only="o.community_id = ANY (:above) AND NOT o.is_confidential"
    ),
}
BRANCHES: Places = {
    Subject.MEMBER: _units(
        "m.branch_id", "JOIN members AS m ON m.id = r.member_id", "r.employer_id = ANY (:above)"
    ),
    Subject.SERVICE: _units(
        "m.branch_id", "JOIN members AS m ON m.id = s.member_id", "s.employer_id = ANY (:above)"
    ),
}

_LOCAL = "AT TIME ZONE 'Asia/Shanghai'"
_TARGET = "needs.first_answer_workdays"
_BOUNDS = f"ARRAY[{', '.join(map(str, HOURS))}]::float8[]"


def _workdays(at: str) -> str:
    """How many workdays lie between the bind `since` and the local day of `at`, itself included."""
    return f"(:nths)[({at} {_LOCAL})::date - :since + 1]"


def _hours(until: str) -> str:
    return f"width_bucket(extract(epoch FROM {until} - n.created_at)::float8 / 3600, {_BOUNDS})"


MEMBERS = """
    SELECT {column} AS organization_id, date_trunc('month', at_day.day)::date AS month,
           at_day.figure, r.channel AS kind, '' AS category, 0 AS bucket, count(*) AS number
    FROM registrations AS r
    CROSS JOIN LATERAL (VALUES ('joined', r.registered_on), ('left', r.ended_on))
        AS at_day (figure, day)
    {joins}
    WHERE r.registered_on IS NOT NULL AND at_day.day >= :since AND at_day.day < :until AND {only}
    GROUP BY 1, 2, 3, 4"""

SERVICES = """
    SELECT done.organization_id, done.month, counted.figure, done.kind, done.category, 0 AS bucket,
           counted.number
    FROM (
        SELECT {column} AS organization_id, date_trunc('month', s.served_on)::date AS month,
               s.source_kind AS kind, s.category, count(*) AS services,
               sum(s.minutes) FILTER (WHERE NOT s.is_work_time) AS volunteer_minutes,
               sum(s.minutes) FILTER (WHERE s.is_work_time) AS work_minutes,
               count(DISTINCT s.member_id) AS servers
        FROM service_records AS s {joins}
        WHERE s.status = 'approved' AND s.served_on >= :since AND s.served_on < :until AND {only}
        GROUP BY 1, 2, 3, 4
    ) AS done
    CROSS JOIN LATERAL (VALUES ('services', done.services), ('servers', done.servers),
                               ('volunteer_minutes', done.volunteer_minutes),
                               ('work_minutes', done.work_minutes)) AS counted (figure, number)
    WHERE counted.number > 0
    UNION ALL
    SELECT {column}, date_trunc('month', s.served_on)::date, 'served', '', '', 0,
           count(DISTINCT s.member_id)
    FROM service_records AS s {joins}
    WHERE s.status = 'approved' AND s.served_on >= :since AND s.served_on < :until AND {only}
    GROUP BY 1, 2"""

# A need's first answer is the first step of the community's; it was done when its resident was asked.
NEEDS = f"""
    SELECT need.organization_id, need.month, counted.figure, counted.kind, need.category,
           counted.bucket, count(*) AS number
    FROM (
        SELECT {{column}} AS organization_id,
               date_trunc('month', n.created_at {_LOCAL})::date AS month,
               n.kind, n.route, coalesce(n.category, '') AS category,
               first.at IS NOT NULL AS is_answered, {_hours("first.at")} AS response,
               coalesce({_workdays("first.at")} - {_workdays("n.created_at")}
                        <= coalesce(policy.workdays, shipped.workdays), false) AS is_in_time,
               CASE answer.status WHEN 'silent' THEN 'unanswered' ELSE answer.status END AS outcome,
               answer.status <> 'silent' AND answer.on_behalf_way IS NOT NULL AS is_on_behalf,
               {_hours("answer.created_at")} AS solution
        FROM needs AS n
        {{joins}}
        LEFT JOIN LATERAL (
            SELECT min(step.at) AS at FROM need_steps AS step
            WHERE step.need_id = n.id AND step.action IN ('ask_back', 'accept', 'refuse', 'merge')
        ) AS first ON true
        LEFT JOIN LATERAL (
            SELECT a.status, a.created_at, a.on_behalf_way FROM acceptances AS a
            WHERE a.need_id = n.id AND a.status <> 'asked' ORDER BY a.round DESC LIMIT 1
        ) AS answer ON true
        LEFT JOIN LATERAL (
            SELECT (p.value ->> 'value')::int AS workdays
            FROM organizations AS c JOIN policies AS p ON p.organization_id = ANY (c.lineage)
            WHERE c.id = n.community_id AND p.key = '{_TARGET}' AND p.effective_on <= (n.created_at {_LOCAL})::date
            ORDER BY array_position(c.lineage, p.organization_id) DESC, p.effective_on DESC,
                     p.id DESC
            LIMIT 1
        ) AS policy ON true
        LEFT JOIN (
            SELECT (data ->> 'value')::int AS workdays FROM content_items
            WHERE section = 'policies' AND code = '{_TARGET}'
        ) AS shipped ON true
        WHERE n.created_at >= :since_at AND n.created_at < :until_at AND {{only}}
    ) AS need
    CROSS JOIN LATERAL (VALUES ('needs', need.kind, 0, true),
                               ('routed', need.route, 0, need.route IS NOT NULL),
                               ('responses', need.kind, need.response, need.is_answered),
                               ('in_time', need.kind, 0, need.is_in_time),
                               (need.outcome, need.kind, 0, need.outcome IS NOT NULL),
                               ('on_behalf', need.kind, 0, need.is_on_behalf),
                               ('solutions', need.kind, need.solution, need.outcome = 'solved')
                       ) AS counted (figure, kind, bucket, counts)
    WHERE counted.counts
    GROUP BY 1, 2, 3, 4, 5, 6"""  # noqa: S608 - constants of this module

ORDERS = f"""
    SELECT published.organization_id, published.month, counted.figure, counted.kind,
           published.category, 0 AS bucket, count(*) AS number
    FROM (
        SELECT {{column}} AS organization_id,
               date_trunc('month', o.published_at {_LOCAL})::date AS month,
               o.kind, o.category, coalesce(o.no_taker_reason, 'unknown') AS reason,
               o.unserved_at IS NOT NULL AS is_unmet,
               EXISTS (
                   SELECT FROM seats WHERE seats.order_id = o.id AND seats.status IN
                       ('taken', 'attended', 'no_show', 'reported', 'confirmed')
               ) AS is_taken
        FROM orders AS o {{joins}}
        WHERE o.published_at >= :since_at AND o.published_at < :until_at AND {{only}}
    ) AS published
    CROSS JOIN LATERAL (VALUES ('orders', published.kind, true),
                               ('orders_taken', published.kind, published.is_taken),
                               ('orders_unmet', published.reason, published.is_unmet)
                       ) AS counted (figure, kind, counts)
    WHERE counted.counts
    GROUP BY 1, 2, 3, 4, 5"""  # noqa: S608 - constants of this module

VOTES = """
    SELECT {column} AS organization_id, v.until_on AS month, counted.figure, '' AS kind,
           '' AS category, 0 AS bucket, counted.number
    FROM shown_votes AS v {joins}
    CROSS JOIN LATERAL (VALUES ('votes_valid', v.valid), ('votes_satisfied', v.satisfied),
                               ('votes_raters', v.raters)) AS counted (figure, number)
    WHERE v.until_on >= :since AND v.until_on < :until AND counted.number > 0 AND {only}"""

HEADCOUNTS = """
    SELECT open.organization_id, DATE '2000-01-01' AS month, counted.figure, '' AS kind,
           '' AS category, 0 AS bucket, counted.number
    FROM (
        SELECT {column} AS organization_id, coalesce(e.stated_headcount, (
            SELECT count(*) FROM members WHERE members.employer_id = e.id
            AND members.left_on IS NULL AND members.service_state = 'in_service')) AS people
        FROM organizations AS e {joins}
        WHERE e.kind = 'employer' AND e.closed_on IS NULL AND {only}
    ) AS open
    CROSS JOIN LATERAL (VALUES ('headcount', open.people), ('employers', 1))
        AS counted (figure, number)
    WHERE counted.number > 0"""

SOURCES: Mapping[Subject, str] = {
    Subject.MEMBER: MEMBERS,
    Subject.SERVICE: SERVICES,
    Subject.NEED: NEEDS,
    Subject.ORDER: ORDERS,
    Subject.VOTE: VOTES,
    Subject.HEADCOUNT: HEADCOUNTS,
}
# Figures without categories; of the others there is a row a kind and a row a category.
_WHOLE = ", ".join(
    f"'{figure}'" for figure in ("joined", "left", "served", *VOTES_SHOWN, *HEADCOUNTED)
)

PEOPLE = """
    SELECT s.registration_id, s.community_id, date_trunc('month', s.served_on)::date AS month,
           s.member_id, s.employer_id, count(*)::int AS services,
           coalesce(sum(s.minutes) FILTER (WHERE NOT s.is_work_time), 0)::int AS volunteer_minutes,
           coalesce(sum(s.minutes) FILTER (WHERE s.is_work_time), 0)::int AS work_minutes
    FROM service_records AS s
    WHERE s.status = 'approved' AND s.served_on >= :since AND s.served_on < :until AND {only}
    GROUP BY s.registration_id, s.community_id, 3, s.member_id, s.employer_id"""


def counters(places: Places, subject: Subject, only: str = "true") -> str:
    """The SQL of one subject's counters; `only` narrows what the place itself does not."""
    place = places[subject]
    where = f"({place.only}) AND ({only.format(column=place.column)})"
    found = SOURCES[subject].format(column=place.column, joins=place.joins, only=where)
    return f"""
    SELECT organization_id, month, figure, coalesce(kind, '') AS kind,
           coalesce(category, '') AS category, bucket,
           CASE figure WHEN 'servers' THEN max(number) ELSE sum(number) END AS number
    FROM ({found}) AS counted
    GROUP BY GROUPING SETS ((organization_id, month, figure, kind, bucket),
                            (organization_id, month, figure, category, bucket))
    HAVING GROUPING (kind) = 0 OR figure NOT IN ({_WHOLE})"""  # noqa: S608
