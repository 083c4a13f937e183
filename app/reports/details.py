"""The lines of a summary, one a registration, and the counts of its states.

Source: practice.md R12; content `report_forms`.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.core.strokes import name_key
from app.models.member import Member, RegistrationStatus
from app.models.organization import Organization
from app.models.report import Report
from app.models.suggestion import Advice
from app.reports.facts import LIVING, MemberFacts
from app.reports.reading_line import NO_OPINION

BY_HIMSELF = "由本人自行报告"
REGISTERED, SUSPENDED, ENDED, MISSING = "已报到", "暂停", "已结束", "未报到"
STATES = {
    RegistrationStatus.ACTIVE: REGISTERED,
    RegistrationStatus.SUSPENDED: SUSPENDED,
    RegistrationStatus.ENDED: ENDED,
}
# Cells by which a reader's part is cut, shown to nobody.
KEYS = ("registration_id", "branch_id", "is_protected")
ONLINE = "online"


def counts(lines: Sequence[Mapping[str, Any]], found: Sequence[MemberFacts]) -> dict[str, int]:
    """How many lines are in each state; whoever reports himself is counted as that and no more."""
    states = Counter(line["state"] for line in lines)
    online = {member.registration_id for member in found if member.channel == ONLINE}
    registered = [line for line in lines if line["state"] == REGISTERED]
    by_phone = sum(UUID(line["registration_id"]) in online for line in registered)
    return {
        "registered_online": by_phone,
        "registered_offline": len(registered) - by_phone,
        "exempt_or_suspended": states[SUSPENDED],
        "ended": states[ENDED],
        "reports_himself": states[BY_HIMSELF],
        "not_registered": states[MISSING],
        "communities_count": len(
            {
                member.community_id
                for member in found
                if member.status in LIVING and _state(member) != BY_HIMSELF
            }
        ),
    }


def _state(member: MemberFacts) -> str:
    """What the employer reads; of who came online or has an account, nothing without his consent.

    Who came with the employer's own paper and has no account is registered like everybody.
    """
    is_asked = member.channel == ONLINE or member.person_id is not None
    return BY_HIMSELF if is_asked and not member.is_reported else STATES[member.status]


def lines(
    found: Sequence[MemberFacts],
    issued: Mapping[UUID | None, Report],
    drafted: Mapping[UUID, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """A line for each registration; facts only of who agreed, one line of who reports himself.

    `drafted` is what his sheet would say today.
    """
    said = {}
    for member in found:
        state = _state(member)
        line: dict[str, Any] = {
            "branch": member.branch,
            "branch_id": member.branch_id and str(member.branch_id),
            "member": member.name,
            "state": state,
            "registration_id": str(member.registration_id),
            "is_protected": member.is_protected,
        }
        if state == BY_HIMSELF:
            said[member.member_id] = line
            continue
        if not member.is_protected:
            line["community"] = member.community
        if member.is_reported:
            sheet = issued.get(member.registration_id)
            line |= _facts(member, sheet, drafted[member.registration_id])
        said[member.registration_id] = line
    return list(said.values())


def _facts(member: MemberFacts, sheet: Report | None, drafted: Mapping[str, Any]) -> dict[str, Any]:
    """The number of a protected member's sheet, and the sentence, name his community: not here."""
    signed = json.loads(sheet.content) if sheet else drafted
    line = {
        "count": member.services,
        "minutes": member.minutes,
        "solved": member.solved,
        "answered": member.answered,
        "satisfaction": drafted["ratings"]["satisfaction"],
        "opinion": None if sheet else NO_OPINION,
        "suggestion": signed["opinions"]["suggestion"] if sheet else None,
        "sheet_number": sheet.number if sheet and not member.is_protected else None,
    }
    if not member.is_protected:
        line["reading_line"] = signed.get("reading_line")
    return line


def attention(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the signed sheets suggest, by the strokes of names. Nobody who is protected is praised in
    a list that goes round."""
    by_advice: defaultdict[str | None, list[str]] = defaultdict(list)
    for line in sorted(found, key=lambda line: name_key(line["member"])):
        advice = line.get("suggestion")
        if advice != Advice.RECOMMEND_FIRST or not line["is_protected"]:
            by_advice[advice].append(line["member"])
    return {
        "recommend_list": by_advice[Advice.RECOMMEND_FIRST],
        "talk_list": by_advice[Advice.TALK_ADVISED],
        "insufficient_count": len(by_advice[Advice.INSUFFICIENT]),
    }


async def not_registered(
    session: AsyncSession, employer_id: UUID, found: Sequence[MemberFacts]
) -> list[dict[str, Any]]:
    """A line for each in-service member of the roster who is registered nowhere at the period's end
    and does not report himself."""
    there = [
        member.member_id
        for member in found
        if member.status in LIVING or _state(member) == BY_HIMSELF
    ]
    rows = await session.execute(
        select(
            func.coalesce(Organization.name, ""), Member.branch_id, Member.name, Member.is_protected
        )
        .outerjoin(Organization, Organization.id == Member.branch_id)
        .where(
            Member.employer_id == employer_id,
            Member.left_on.is_(None),
            Member.service_state == "in_service",
            Member.id != func.all(cast(there, ARRAY(Uuid()))),
        )
    )
    return [
        {
            "branch": branch,
            "branch_id": branch_id and str(branch_id),
            "member": name,
            "state": MISSING,
            "is_protected": is_protected,
        }
        for branch, branch_id, name, is_protected in rows
    ]
