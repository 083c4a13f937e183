"""The seed's own size: a year of one city; nothing is counted yet."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.organization import Organization
from tests.factories.organizations import make_organization

# 26,000 members of 225 employers in 349 communities; 100,000 records, 17,000 orders, 60,000 needs.
YEAR = """
INSERT INTO people (id, version, created_at, updated_at)
SELECT gen_random_uuid(), 1, now(), now() FROM generate_series(1, 26000);

INSERT INTO members (id, person_id, employer_id, source, name, name_hash, party_status,
    service_state, skills, is_protected, version, created_at, updated_at)
SELECT gen_random_uuid(), p.id, e.id, 'roster', '\\x00', '\\x00', 'full', 'in_service', '{}', false, 1,
       now(), now()
FROM (SELECT id, row_number() OVER () AS n FROM people) AS p
JOIN (SELECT id, row_number() OVER () AS n FROM organizations WHERE kind = 'employer') AS e
  ON e.n = p.n % 225 + 1;

INSERT INTO registrations (id, member_id, person_id, employer_id, community_id, channel, ground,
    skills, availability, status, registered_on, version, created_at, updated_at)
SELECT gen_random_uuid(), m.id, m.person_id, m.employer_id, c.id, 'online', 'residence', '{}', '{}',
       'active', current_date - (random() * 360)::int, 1, now(), now()
FROM (SELECT *, (random() * 348)::int + 1 AS place FROM members) AS m
JOIN (SELECT id, row_number() OVER () AS n FROM organizations WHERE kind = 'community') AS c
  ON c.n = m.place;

INSERT INTO service_records (id, registration_id, member_id, person_id, employer_id, community_id,
    source_kind, source_id, category, title, place, served_on, minutes, approved_minutes,
    is_work_time, status, version, created_at, updated_at)
SELECT gen_random_uuid(), r.id, r.member_id, r.person_id, r.employer_id, r.community_id,
       (ARRAY['order', 'order', 'post', 'shift', 'wish'])[1 + floor(random() * 5)::int],
       gen_random_uuid(),
       (ARRAY['lighting', 'companionship', 'reading', 'legal'])[1 + floor(random() * 4)::int],
       '服务', '社区', current_date - (random() * 360)::int, 60, 60, random() < 0.1, 'approved', 1,
       now(), now()
FROM (SELECT *, row_number() OVER () AS n FROM registrations) AS r
JOIN generate_series(0, 99999) AS g (n) ON r.n = g.n % 26000 + 1;

INSERT INTO orders (id, number, community_id, kind, target, difficulty, marks, flags, licences,
    clearances, bands, is_confidential, has_guardian, follows_series, category, title, place, skills,
    starts_at, ends_at, seats, taken, status, is_at_home, week_limit, live_limit, published_at,
    unserved_at, no_taker_reason, version, created_at, updated_at)
SELECT gen_random_uuid(), 'DD-' || g.n, c.id, 'micro_service', 'person', 1, '{}', '{}', '{}', '{}',
       '{}', false, false, false, 'lighting', '服务', '社区', '{}', d.at, d.at + interval '1 hour', 4,
       0, 'closed', false, 3, 5, d.at - interval '3 days',
       CASE WHEN g.n % 20 = 0 THEN d.at END, CASE WHEN g.n % 20 = 0 THEN 'wrong_time' END, 1, now(),
       now()
FROM generate_series(1, 17000) AS g (n)
JOIN (SELECT id, row_number() OVER () AS n FROM organizations WHERE kind = 'community') AS c
  ON c.n = g.n % 349 + 1
CROSS JOIN LATERAL (SELECT now() - (g.n % 360) * interval '1 day' AS at) AS d;

INSERT INTO needs (id, number, community_id, kind, source, category, words, shares_phone, is_urgent,
    verdict, status, route, rounds, version, created_at, updated_at)
SELECT gen_random_uuid(), 'SQ-' || g.n, c.id, 'help_request', 'mini_program', 'lighting', '', false,
       false, 'pass', 'solved', 'own_staff', 0, 1, now() - (g.n % 360) * interval '1 day', now()
FROM generate_series(1, 60000) AS g (n)
JOIN (SELECT id, row_number() OVER () AS n FROM organizations WHERE kind = 'community') AS c
  ON c.n = g.n % 349 + 1;

INSERT INTO need_steps (id, need_id, at, action, "left", entered)
SELECT gen_random_uuid(), id, created_at + random() * interval '3 days', 'accept', 'submitted',
       'accepted' FROM needs;

INSERT INTO acceptances (id, need_id, round, status, excluded_ids, answered_at, created_at,
    updated_at)
SELECT gen_random_uuid(), id, 0, 'solved', '{}', now(), created_at + random() * interval '9 days',
       now() FROM needs;

INSERT INTO shown_votes (subject_id, valid, satisfied, raters, appraisals, until_on)
SELECT id, 12, 10, 5, 0, current_date FROM registrations
UNION ALL SELECT id, 240, 220, 90, 0, current_date FROM organizations WHERE kind = 'community'
"""


async def make_year(session: AsyncSession) -> Organization:
    """The tree, and what was done in a year; nothing is counted yet."""
    city = await make_organization(session, "city", code="320600000000")
    subdistricts = []
    for number in range(10):
        district = await make_organization(session, "district", city, code=f"3206{number:02}")
        subdistricts += [
            await make_organization(session, "subdistrict", district) for _ in range(4)
        ]
    for number in range(349):
        await make_organization(
            session, "community", subdistricts[number % 39], code=f"32{number:010}", takes_part=True
        )
    for _ in range(225):
        await make_organization(session, "employer", city)
    for statement in YEAR.split(";"):
        await session.execute(text(statement))
    await session.execute(text("ANALYZE"))
    return city
