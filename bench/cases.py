"""What is measured: which requests, by whom, and what a bare server would say to the same.

Who asks and for what is read from the city that stands; what a case writes is laid out first, so that
each request is the first of its kind and succeeds.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.layouts import Sign, attendances, logins, ratings, registrations, seats
from bench.load import Ask

MANY = 2_000  # different requests in the list of a read


@dataclass(frozen=True)
class Read:
    """A read: `asks` gives person, path and, for the ceiling, the key of what is asked for.

    `query` is the ceiling's one statement: the same fields, of the row `$1`, as JSON. Where there is
    none, the ceiling is the same bytes only.
    """

    name: str
    asks: str
    query: str = ""
    connections: int = 32
    as_browser: bool = False


@dataclass(frozen=True)
class Write:
    """A write: `lay_out` makes `many` requests possible, and returns them."""

    name: str
    lay_out: Callable[[Any, Sign, int], Awaitable[Sequence[Ask]]]
    many: int
    connections: int = 32


OPEN_ORDERS = Read(
    "open orders of a community, 20 on a page",
    """
    SELECT r.person_id, '/api/v1/organizations/' || r.community_id || '/orders/open', r.community_id
    FROM registrations r
    JOIN (SELECT community_id FROM orders WHERE status = 'open' AND NOT is_confidential
          GROUP BY community_id HAVING count(*) > 20) busy USING (community_id)
    WHERE r.status = 'active' AND r.person_id IS NOT NULL
    """,
    """
    SELECT coalesce(json_agg(row_to_json(page)), '[]')::text FROM (
        SELECT id, number, title, category, place, skills, starts_at, ends_at, seats, taken,
               is_at_home, taken = seats AS is_full
        FROM orders WHERE community_id = $1 AND status = 'open' AND NOT is_confidential
        ORDER BY starts_at, id LIMIT 20
    ) AS page
    """,
)
ONE_ORDER = Read(
    "one order with its seats",
    """
    SELECT g.person_id, '/api/v1/orders/' || o.id, o.id
    FROM orders o JOIN role_grants g ON g.organization_id = o.community_id
    WHERE g.role = 'community_secretary' AND coalesce(g.valid_to, current_date) >= current_date
      AND o.status = 'open' AND o.taken BETWEEN 1 AND 8
    """,
    """
    SELECT row_to_json(shown)::text FROM (
        SELECT o.id, o.number, o.title, o.category, o.place, o.starts_at, o.ends_at, o.seats, o.taken,
               o.status, o.community_id, c.name AS community_name, o.description, o.skills, o.kind,
               o.difficulty, o.target, o.marks, o.flags, o.licences, o.clearances, o.is_at_home,
               o.release_until, o.version,
               (SELECT json_agg(json_build_object('id', s.id, 'name', encode(p.name, 'hex'),
                                                  'status', s.status, 'origin', s.origin,
                                                  'minutes', s.minutes, 'mark', s.mark) ORDER BY s.id)
                FROM seats s JOIN people p ON p.id = s.person_id
                JOIN registrations r ON r.id = s.registration_id
                JOIN members m ON m.id = r.member_id
                WHERE s.order_id = o.id) AS seats_held
        FROM orders o JOIN organizations c ON c.id = o.community_id WHERE o.id = $1
    ) AS shown
    """,
)
READS = (
    OPEN_ORDERS,
    ONE_ORDER,
    Read(
        "needs to triage",
        """
        SELECT g.person_id, '/api/v1/organizations/' || g.organization_id || '/needs', g.organization_id
        FROM role_grants g
        WHERE g.role = 'community_secretary' AND coalesce(g.valid_to, current_date) >= current_date
          AND EXISTS (SELECT FROM needs n WHERE n.community_id = g.organization_id
                      AND n.status = 'submitted')
        """,
        """
        SELECT coalesce(json_agg(row_to_json(page)), '[]')::text FROM (
            SELECT id, number, status, kind, source, category, suggested_category, words, place,
                   is_urgent, verdict, route, created_at
            FROM needs
            WHERE community_id = $1 AND status IN ('submitted', 'accepted') AND kind <> 'about_member'
            ORDER BY created_at, id LIMIT 20
        ) AS page
        """,
    ),
    Read(
        "inbox",
        """
        SELECT person_id, '/api/v1/me/notifications', person_id FROM notifications
        GROUP BY person_id HAVING count(*) > 20
        """,
        """
        SELECT coalesce(json_agg(row_to_json(page)), '[]')::text FROM (
            SELECT id, message, title, text, subject_kind, subject_id, created_at, read_at
            FROM notifications WHERE person_id = $1 ORDER BY id DESC LIMIT 20
        ) AS page
        """,
    ),
    Read(
        "a member's own record",
        """
        SELECT person_id, '/api/v1/me/records', person_id FROM service_records
        WHERE person_id IS NOT NULL GROUP BY person_id HAVING count(*) > 3
        """,
        """
        SELECT coalesce(json_agg(row_to_json(page)), '[]')::text FROM (
            SELECT id, title, category, place, served_on, minutes, is_work_time, status
            FROM service_records WHERE person_id = $1 ORDER BY served_on DESC, id DESC LIMIT 20
        ) AS page
        """,
    ),
    Read(
        "employer's report",
        """
        SELECT g.person_id, '/api/v1/reports/' || r.id, r.id
        FROM reports r JOIN role_grants g ON g.organization_id = r.employer_id
        WHERE r.kind = 'employer_summary' AND g.role = 'employer_secretary'
          AND coalesce(g.valid_to, current_date) >= current_date
        """,
        connections=8,
    ),
    Read(
        "candidates for an order",
        """
        SELECT g.person_id, '/api/v1/orders/' || o.id || '/candidates', o.id
        FROM orders o JOIN role_grants g ON g.organization_id = o.community_id
        WHERE g.role = 'community_secretary' AND coalesce(g.valid_to, current_date) >= current_date
          AND o.status = 'open'
        """,
        connections=8,
    ),
    Read(
        "figures of a city, for the mini-program",
        """
        SELECT g.person_id, '/api/v1/organizations/' || g.organization_id || '/statistics',
               g.organization_id
        FROM role_grants g WHERE g.role = 'city_admin'
        """,
        connections=2,
    ),
    Read(
        "dashboard of a city, in a browser",
        """
        SELECT g.person_id, '/console/statistics/' || g.organization_id, g.organization_id
        FROM role_grants g WHERE g.role = 'city_admin'
        """,
        connections=2,
        as_browser=True,
    ),
)
TAKE = Write("take a seat, spread", seats, 4_000)
WRITES = (
    TAKE,
    Write("attendance, everybody of an order in one call", attendances, 400),
    Write("rate a service", ratings, 1_000),
    Write("register with a community", registrations, 600),
    Write("log in", logins, 400),
)
