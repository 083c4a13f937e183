"""周研判: the page on which the week's meeting works, and the page as the meeting left it.

The record is the page itself, frozen with what was decided and who was present: no minutes are typed.
It holds numbers, kinds and titles of the community's own, never a resident's words, and no name but of
who was present. What is said about a member is not on it. Source: practice.md R17, R18.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Uuid, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, workdays
from app.core.errors import AppError, Conflict, NotFound
from app.core.prepared import Prepared, Reader
from app.models.order import UNNAMED
from app.models.organization import Organization
from app.models.statistic import Rhythm, RollUp
from app.permissions import Actor, Permission, grants, require
from app.policies import service as policies
from app.statistics import presence
from app.statistics.binding import bound, prepared
from app.statistics.schemas import TriageIn

P = Permission
FIRST_ANSWER = "needs.first_answer_workdays"
MOST = 300
_said = policies.NEAREST.subquery()
ASKED = select(
    grants(P.COMMUNITY_TRIAGE),
    Organization.kind,
    select(RollUp.id)
    .where(
        RollUp.organization_id == bindparam("organization_id", type_=Uuid()),
        RollUp.rhythm == literal_column(f"'{Rhythm.WEEK}'"),
        RollUp.first_on == bindparam("week", type_=Date()),
    )
    .scalar_subquery()
    .label("record_id"),
    select(func.jsonb_object_agg(_said.c.key, _said.c.value, type_=JSONB()))
    .scalar_subquery()
    .label("said"),
).where(Organization.id == bindparam("organization_id", type_=Uuid()))
ASKED_OF_READER = Prepared(ASKED)


def _listed(name: str, rows: str) -> str:
    listed = f"SELECT jsonb_agg(to_jsonb(each)) FROM ({rows} LIMIT {MOST}) AS each"  # noqa: S608 - constants of this module
    return f"coalesce(({listed}), '[]') AS {name}"


_NEED = "n.id, n.number, n.kind, n.category, n.is_urgent, n.status, n.created_at"
_TITLE = f"CASE WHEN o.is_confidential THEN '{UNNAMED}' ELSE o.title END AS title"
_HERE = "n.community_id = :organization_id AND n.kind <> 'about_member'"
SQL = f"""
    SELECT
    {
    _listed(
        "needs",
        f'''
        SELECT {_NEED}, n.suggested_category, coalesce(n.route, category.route) AS proposed_route
        FROM needs AS n LEFT JOIN LATERAL (
            SELECT item ->> 'route' AS route
            FROM content_items, jsonb_array_elements(data -> 'items') AS item
            WHERE section = 'need_categories' AND item ->> 'code' = coalesce(n.category, n.suggested_category) LIMIT 1
        ) AS category ON true
        WHERE {_HERE} AND n.status IN ('submitted', 'accepted')
        ORDER BY n.kind, n.category NULLS LAST, n.id''',
    )
},
    {
    _listed(
        "unmet",
        f'''
        SELECT o.id, o.number, {_TITLE}, o.category, o.starts_at, o.no_taker_reason AS reason_code,
               o.no_taker_proposal AS proposal_code
        FROM orders AS o
        WHERE o.community_id = :organization_id AND o.unserved_at >= :unmet_since
        ORDER BY o.unserved_at, o.id''',
    )
},
    {
    _listed(
        "overdue",
        f'''
        SELECT {_NEED}, n.answer_expected_on FROM needs AS n
        WHERE {_HERE} AND (n.status = 'submitted' AND n.created_at < :answered_since
            OR n.status IN ('accepted', 'in_hand') AND n.answer_expected_on < :today)
        ORDER BY n.created_at, n.id''',
    )
},
    {
    _listed(
        "feedback",
        f'''
        SELECT {_NEED}, a.due_at FROM acceptances AS a JOIN needs AS n ON n.id = a.need_id
        WHERE {_HERE} AND a.status = 'asked' AND a.due_at < :until_at
        ORDER BY a.due_at, a.id''',
    )
},
    {
    _listed(
        "coming",
        f'''
        SELECT o.id, o.number, {_TITLE}, o.category, o.starts_at, o.seats, o.taken
        FROM orders AS o
        WHERE o.community_id = :organization_id AND o.status = 'open' AND o.taken < o.seats
          AND o.starts_at >= :now AND o.starts_at < :until_at
        ORDER BY o.starts_at, o.id''',
    )
},
    {
    _listed(
        "drafts",
        f'''
        SELECT o.id, o.number, {_TITLE}, o.category, o.starts_at, o.seats, o.taken, o.target
        FROM orders AS o
        WHERE o.community_id = :organization_id AND o.status = 'draft' AND o.starts_at >= :now
        ORDER BY o.starts_at, o.id''',
    )
},
    {
    _listed(
        "decided",
        f'''
        SELECT {_NEED}, s.action, CASE WHEN s.action = 'accept' THEN n.route END AS route,
               target.number AS merged_into_number, s.at AS decided_at
        FROM needs AS n JOIN need_steps AS s ON s.need_id = n.id
        LEFT JOIN needs AS target ON target.id = n.merged_into_id AND s.action = 'merge'
        WHERE {_HERE} AND n.updated_at >= :week_since AND s.at >= :week_since
          AND s.action IN ('accept', 'ask_back', 'refuse', 'merge')
        ORDER BY s.at, s.id''',
    )
},
    {
    _listed(
        "published",
        f'''
        SELECT o.id, o.number, {_TITLE}, o.category, o.starts_at, o.seats, o.taken
        FROM orders AS o
        WHERE o.community_id = :organization_id AND o.published_at >= :week_since
        ORDER BY o.published_at, o.id''',
    )
}"""  # noqa: S608 - constants of this module
LISTS = ("needs", "unmet", "overdue", "feedback", "coming", "drafts", "decided", "published")
PAGE, PAGE_OF_READER = bound(SQL), prepared(SQL, *LISTS)


class FrozenAlready(Conflict):
    """The week's meeting has its record."""

    code, title = "frozen_already", "本周研判已留存"


CONSTRAINTS: Mapping[str, type[AppError]] = {
    "uq_roll_ups_organization_id_rhythm_first_on": FrozenAlready
}


async def page(reader: Reader, actor: Actor, organization_id: UUID) -> dict[str, Any]:
    """What waits in the community this week, what was decided in it, and who may be present.

    Raises:
        NotFound: no such community. Forbidden: not the actor's to work on.
    """
    asked = _allowed(await ASKED_OF_READER.one(reader, _asking(actor, organization_id)))
    days = int(asked["said"][FIRST_ANSWER])
    (found,) = await PAGE_OF_READER.rows(reader, _binds(organization_id, days))
    people = await presence.of_reader(reader, organization_id)
    kept = {"week": this_week(), "record_id": asked["record_id"]}
    return kept | found | {"people": people}


async def freeze(
    session: AsyncSession, actor: Actor, organization_id: UUID, body: TriageIn
) -> dict[str, Any]:
    """The page as it stands is the record of this week's meeting, with what was decided by whom.

    Raises:
        FrozenAlready: see there. NotFound, Forbidden: as of the page.
        Invalid: somebody ticked holds nothing there any more.
    """
    row = (await session.execute(ASKED, _asking(actor, organization_id))).mappings().first()
    days = int(_allowed(None if row is None else dict(row))["said"][FIRST_ANSWER])
    present = await presence.ticked(session, organization_id, body)
    found = (await session.execute(PAGE, _binds(organization_id, days))).mappings().one()
    kept = RollUp(
        organization_id=organization_id,
        rhythm=Rhythm.WEEK,
        first_on=this_week(),
        content=dict(found),
        decisions=body.decisions,
        frozen_by_id=actor.person_id,
    )
    session.add(kept)
    await session.flush()
    presence.keep(session, kept.id, present)
    await session.flush()
    return {
        "id": kept.id,
        "organization_id": kept.organization_id,
        "rhythm": kept.rhythm,
        "first_on": kept.first_on,
        "text": kept.text,
        "frozen_at": kept.frozen_at,
        "sent_at": kept.sent_at,
        "content": kept.content,
        "decisions": kept.decisions,
        "present": present,
    }


def this_week() -> date:
    """Its Monday, local."""
    today = clock.today()
    return today - timedelta(days=today.weekday())


def _asking(actor: Actor, organization_id: UUID) -> dict[str, Any]:
    keys = {"keys": [FIRST_ANSWER], "today": clock.today(), "week": this_week()}
    return actor.binds() | {"organization_id": organization_id} | keys


def _allowed(asked: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What was found of the community; errors as above."""
    if asked is None or asked["kind"] != "community":
        raise NotFound
    require(asked["grants"], P.COMMUNITY_TRIAGE)
    return asked


def _binds(organization_id: UUID, days: int) -> dict[str, Any]:
    """A need raised before `answered_since` has waited longer than so many workdays."""
    monday, day = this_week(), clock.today()
    while days > 0:
        day -= workdays.DAY
        days -= workdays.is_workday(day)
    return {
        "organization_id": organization_id,
        "today": clock.today(),
        "now": clock.now(),
        "week_since": clock.day_starts(monday),
        "unmet_since": clock.day_starts(monday - timedelta(days=7)),
        "answered_since": clock.day_starts(day),
        "until_at": clock.day_starts(clock.today() + timedelta(days=8)),
    }
