"""Minutes and counts of everybody, computed again from what they were made of: one statement a check.

A record stands on a confirmed seat, a shift, a duty, a wish or a declaration; its minutes are those of the
source, as its history has corrected them. Places are counted again from who holds them. All checks
read one moment. Source: domain.md §3.11.
"""

from collections.abc import Mapping
from typing import Any

# The sources of records: kind, id, registration, minutes as they were confirmed there.
SOURCES = """
    SELECT 'order' AS kind, order_id AS id, registration_id, minutes
    FROM seats WHERE status = 'confirmed'
    UNION ALL
    SELECT CASE WHEN call_up.is_emergency THEN 'shift' ELSE 'campaign_shift' END,
           seat.shift_id, seat.registration_id, seat.minutes
    FROM shift_seats AS seat
    JOIN shifts AS shift ON shift.id = seat.shift_id
    JOIN call_ups AS call_up ON call_up.id = shift.call_up_id
    WHERE seat.status = 'confirmed'
    UNION ALL
    SELECT 'post', duty.id, claim.registration_id, duty.minutes
    FROM duties AS duty JOIN claims AS claim ON claim.id = duty.claim_id
    UNION ALL
    SELECT 'wish', claim.id, claim.registration_id, step.minutes
    FROM wish_claims AS claim JOIN wish_steps AS step ON step.wish_claim_id = claim.id
    WHERE step.minutes IS NOT NULL
    UNION ALL
    SELECT 'declared', record.id, record.registration_id, step.minutes
    FROM service_records AS record
    JOIN service_record_steps AS step ON step.service_record_id = record.id
    WHERE step.action = 'approve'
"""

# Each gives (what, what it says, what the rows say) of everything that differs.
CHECKS: Mapping[str, str] = {
    "records and what they stand on": f"""
        WITH source AS ({SOURCES})
        SELECT coalesce('record ' || record.id, source.kind || ' ' || source.id
                        || ' of registration ' || source.registration_id),
               coalesce(record.approved_minutes || ' minutes', 'no record'),
               coalesce(source.minutes || ' minutes', 'nothing done')
        FROM (SELECT * FROM service_records
              WHERE source_kind <> 'declared' OR status NOT IN ('pending_approval', 'rejected')
             ) AS record
        FULL JOIN source ON source.kind = record.source_kind AND source.id = record.source_id
                        AND source.registration_id = record.registration_id
        WHERE source.minutes IS DISTINCT FROM record.approved_minutes
        ORDER BY 1""",  # noqa: S608  # a constant of this module
    "minutes and their corrections": """
        SELECT 'record ' || record.id, record.minutes || ' minutes',
               coalesce(step.minutes, record.approved_minutes) || ' minutes'
        FROM service_records AS record
        LEFT JOIN (
            SELECT DISTINCT ON (service_record_id) service_record_id, minutes
            FROM service_record_steps WHERE action IN ('add', 'declare', 'approve', 'correct')
            ORDER BY service_record_id, id DESC
        ) AS step ON step.service_record_id = record.id
        WHERE record.minutes <> CASE WHEN step.service_record_id IS NULL THEN record.approved_minutes
                                     ELSE coalesce(step.minutes, record.minutes) END
        ORDER BY 1""",
    "states of records and their history": """
        SELECT 'record ' || record.id, record.status, coalesce(step.entered, 'no history')
        FROM service_records AS record
        LEFT JOIN (
            SELECT DISTINCT ON (service_record_id) service_record_id, entered
            FROM service_record_steps ORDER BY service_record_id, id DESC
        ) AS step ON step.service_record_id = record.id
        WHERE record.status IS DISTINCT FROM step.entered
        ORDER BY 1""",
    "services and minutes of everybody": f"""
        WITH source AS ({SOURCES}),
        last AS (
            SELECT DISTINCT ON (service_record_id) service_record_id, entered, minutes
            FROM service_record_steps ORDER BY service_record_id, id DESC
        ),
        done AS (
            SELECT registration.member_id, count(*) AS services,
                   sum(coalesce(last.minutes, source.minutes)) AS minutes
            FROM source
            JOIN registrations AS registration ON registration.id = source.registration_id
            LEFT JOIN service_records AS record
                   ON record.source_kind = source.kind AND record.source_id = source.id
                  AND record.registration_id = source.registration_id
            LEFT JOIN last ON last.service_record_id = record.id
            WHERE coalesce(last.entered, 'approved') = 'approved'
            GROUP BY registration.member_id
        ),
        recorded AS (
            SELECT member_id, count(*) AS services, sum(minutes) AS minutes
            FROM service_records WHERE status = 'approved' GROUP BY member_id
        )
        SELECT 'member ' || coalesce(recorded.member_id, done.member_id),
               coalesce(recorded.services, 0) || ' services, '
               || coalesce(recorded.minutes, 0) || ' minutes',
               coalesce(done.services, 0) || ' services, '
               || coalesce(done.minutes, 0) || ' minutes'
        FROM recorded FULL JOIN done ON done.member_id = recorded.member_id
        WHERE (recorded.services, recorded.minutes)
              IS DISTINCT FROM (done.services, done.minutes)
        ORDER BY 1""",  # noqa: S608  # a constant of this module
    "places of orders": """
        SELECT 'order ' || counted.number, counted.taken || ' taken', counted.held || ' held'
        FROM (
            SELECT orders.number, orders.taken,
                   (SELECT count(*) FROM seats WHERE seats.order_id = orders.id
                    AND seats.status NOT IN ('waiting', 'released', 'excused', 'cancelled',
                                             'declined', 'lapsed', 'replaced'))
                   + (SELECT coalesce(sum(unnamed), 0) FROM branch_takes
                      WHERE branch_takes.order_id = orders.id) AS held
            FROM orders WHERE orders.status NOT IN ('expired', 'cancelled')
        ) AS counted
        WHERE counted.taken <> counted.held
        ORDER BY 1""",
    "places of branches": """
        SELECT 'take ' || counted.id, counted.places || ' places',
               counted.unnamed || ' without a name, ' || counted.named || ' named'
        FROM (
            SELECT take.id, take.places, take.unnamed,
                   (SELECT count(*) FROM seats WHERE seats.branch_take_id = take.id
                    AND seats.status NOT IN ('waiting', 'released', 'excused', 'cancelled',
                                             'declined', 'lapsed', 'replaced')) AS named
            FROM branch_takes AS take
        ) AS counted
        WHERE counted.unnamed + counted.named > counted.places
        ORDER BY 1""",
    "places of posts": """
        SELECT 'post ' || counted.id, counted.taken || ' taken', counted.held || ' held'
        FROM (
            SELECT posts.id, posts.taken,
                   (SELECT count(*) FROM claims WHERE claims.post_id = posts.id
                    AND claims.status IN ('serving', 'exit_pending')) AS held
            FROM posts
        ) AS counted
        WHERE counted.taken <> counted.held
        ORDER BY 1""",
    "places of shifts": """
        SELECT 'shift ' || counted.id, counted.taken || ' taken', counted.held || ' held'
        FROM (
            SELECT shifts.id, shifts.taken,
                   (SELECT count(*) FROM shift_seats WHERE shift_seats.shift_id = shifts.id
                    AND shift_seats.status IN ('named', 'taken', 'on_duty')) AS held
            FROM shifts WHERE shifts.is_open
        ) AS counted
        WHERE counted.taken <> counted.held
        ORDER BY 1""",
}

TOTALS = """
    SELECT count(*) AS records, coalesce(sum(minutes), 0) AS minutes,
           count(DISTINCT member_id) AS members
    FROM service_records WHERE status = 'approved'"""


async def examine(connection: Any) -> int:
    """A line for each check and for everything that differs; how many differ."""
    differing = 0
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for name, statement in CHECKS.items():
            rows = await connection.fetch(statement)
            differing += len(rows)
            print(f"✗ {name}: {len(rows)} differ" if rows else f"✓ {name}")
            for what, says, counted in rows:
                print(f"    {what}: says {says}, counted {counted}")
        total = await connection.fetchrow(TOTALS)
    print(f"{total['records']} records, {total['minutes']} minutes, {total['members']} members")
    return differing
