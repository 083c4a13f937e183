"""Freezing a report: canonical JSON, a hash chained to the issuer's previous one, number and code.

What is frozen never changes; a correction is a new edition that names the old one.
"""

import hashlib
import json
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import numbers
from app.core import clock
from app.models.organization import Organization
from app.models.report import Report

FIRST = "0" * 64


def canonical(content: dict[str, Any]) -> str:
    """The one text of a content: keys sorted, no spaces, real UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(content: str, previous: str) -> str:
    """The hash of a frozen text behind the issuer's previous report."""
    return hashlib.sha256(f"{previous}\n{content}".encode()).hexdigest()


async def freeze(session: AsyncSession, report: Report) -> str:
    """The report has its number, its place in the issuer's chain and its verification code.

    Returns the code, which is printed into the content and else known to nobody. Locks the
    issuer's organization row: reports of one issuer are frozen one after the other.
    """
    await session.execute(
        select(Organization.id)
        .where(Organization.id == report.issuer_id)
        .with_for_update(key_share=True)
    )
    report.number = await numbers.give(session, report.issuer_id, report.kind)
    report.issued_at = clock.now()
    code = await numbers.give_code(
        session,
        kind=report.kind,
        number=report.number,
        issuer_id=report.issuer_id,
        subject_id=report.id,
        issued_on=clock.today(),
    )
    content = json.loads(report.content)
    content["head"] |= {
        "report_number": report.number,
        "issued_on": clock.today().isoformat(),
        "verification_code": code,
    }
    if report.supersedes_id is not None:
        old = await session.get_one(Report, report.supersedes_id)
        content["head"]["version_note"] = f"替代{old.number}" if old.number else None
    report.content = canonical(content)
    report.previous_hash = await _last(session, report.issuer_id)
    report.content_hash = digest(report.content, report.previous_hash)
    await session.flush()
    return code


async def _last(session: AsyncSession, issuer_id: UUID) -> str:
    """The hash at the end of the issuer's chain."""
    found = await session.scalar(
        select(Report.content_hash)
        .where(Report.issuer_id == issuer_id, Report.content_hash.is_not(None))
        .order_by(Report.issued_at.desc(), Report.number.desc())
        .limit(1)
    )
    return found or FIRST
