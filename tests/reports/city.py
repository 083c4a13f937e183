"""A whole city at the end of its year, written by PostgreSQL itself; names are all the same one."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import fields

CODE = "320600"
# Source: design.md §8, the first city.
COMMUNITIES, EMPLOYERS, MEMBERS, ORDERS, SEATS = 349, 225, 26_000, 16_500, 4

ORGANIZATIONS = """
    INSERT INTO organizations (id, parent_id, lineage, kind, name, code, position, takes_part,
                               opened_on, version, created_at, updated_at)
    SELECT {id}, {parent}, {lineage}, {kind}, {name}, {code}, n, {kind} = 'community',
           current_date - 900, 1, now(), now()
    FROM generate_series(1, {many}) AS n"""

# In this order; `n` counts from 1, and each id is the MD5 of its kind and number.
STATEMENTS = (
    """INSERT INTO people (id, name, version, created_at, updated_at)
       SELECT md5('person' || n)::uuid, :person_name, 1, now(), now()
       FROM generate_series(1, :members) AS n""",
    """INSERT INTO consents (id, person_id, purpose, text_version, text_hash, channel, given_at)
       SELECT md5('consent' || n)::uuid, md5('person' || n)::uuid, 'report_to_employer', '1', '',
              'mini_program', now() - interval '300 days'
       FROM generate_series(1, :members) AS n""",
    """INSERT INTO members (id, employer_id, person_id, source, name, name_hash, party_status,
                            service_state, skills, is_protected, version, created_at, updated_at)
       SELECT md5('member' || n)::uuid, md5('employer' || (n % :employers + 1))::uuid,
              md5('person' || n)::uuid, 'roster', :member_name, '\\x00', 'full', 'in_service',
              '{}', false, 1, now(), now()
       FROM generate_series(1, :members) AS n""",
    """INSERT INTO registrations (id, member_id, person_id, employer_id, community_id, channel,
                                  ground, status, registered_on, skills, availability, version,
                                  created_at, updated_at)
       SELECT md5('registration' || n)::uuid, md5('member' || n)::uuid, md5('person' || n)::uuid,
              md5('employer' || (n % :employers + 1))::uuid,
              md5('community' || (n % :communities + 1))::uuid,
              'online', 'residence', 'active', current_date - 300, '{}', '{}', 1, now(), now()
       FROM generate_series(1, :members) AS n""",
    """INSERT INTO service_records (id, registration_id, member_id, person_id, employer_id,
                                    community_id, source_kind, source_id, category, title, place,
                                    served_on, minutes, approved_minutes, is_work_time, status,
                                    version, created_at, updated_at)
       SELECT md5('record' || o || '/' || s)::uuid, r.id, r.member_id, r.person_id, r.employer_id,
              r.community_id, 'order', md5('order' || o)::uuid, 'phone_teaching', '教用手机',
              '社区服务中心', current_date - (o % 280), 30 + o % 120, 30 + o % 120, false,
              'approved', 1, now(), now()
       FROM generate_series(1, :orders) AS o CROSS JOIN generate_series(1, :seats) AS s
       JOIN registrations AS r
         ON r.id = md5('registration' || ((o * 7 + s * 6367) % :members + 1))::uuid""",
)


async def make_city(session: AsyncSession) -> None:
    """The city's communities, employers, members who agreed, and what they did; analyzed."""
    city, district = "md5('city1')::uuid", "md5('district1')::uuid"
    root = f"ARRAY[{city}]"
    for kind, parent, lineage, many in (
        ("city", "NULL", "ARRAY[]::uuid[]", 1),
        ("district", city, root, 1),
        ("community", district, f"{root} || {district}", COMMUNITIES),
        ("employer", district, f"{root} || {district}", EMPLOYERS),
    ):
        made = f"md5('{kind}' || n)::uuid"
        await session.execute(
            text(
                ORGANIZATIONS.format(
                    id=made,
                    parent=parent,
                    lineage=f"{lineage} || {made}",
                    kind=f"'{kind}'",
                    name=f"'{kind}' || n",
                    code=f"'{CODE}'" if kind == "city" else "NULL",
                    many=many,
                )
            )
        )
    keys = fields.keys()
    binds: dict[str, Any] = {
        "members": MEMBERS,
        "communities": COMMUNITIES,
        "employers": EMPLOYERS,
        "orders": ORDERS,
        "seats": SEATS,
        "person_name": keys.seal("王建国", "people.name"),
        "member_name": keys.seal("王建国", "members.name"),
    }
    for statement in STATEMENTS:
        names = {name: value for name, value in binds.items() if f":{name}" in statement}
        await session.execute(text(statement.replace("::uuid", "\\:\\:uuid")), names)
    await session.execute(text("ANALYZE"))
