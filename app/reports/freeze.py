"""Freezing a report: canonical JSON, a hash chained to the issuer's previous one, number and code.

What is frozen never changes; a correction is a new edition that names the old one.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import numbers
from app.core import clock
from app.models.organization import Organization
from app.models.report import Report

FIRST = "0" * 64
LATER = timedelta(microseconds=1)


def canonical(content: dict[str, Any]) -> str:
    """The one text of a content: keys sorted, no spaces, real UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(content: str, previous: str) -> str:
    """The hash of a frozen text behind the issuer's previous report."""
    return hashlib.sha256(f"{previous}\n{content}".encode()).hexdigest()


async def lock_issuer(session: AsyncSession, issuer_id: UUID) -> None:
    """Reports of this issuer are frozen one after the other."""
    await session.execute(
        select(Organization.id).where(Organization.id == issuer_id).with_for_update(key_share=True)
    )


async def freeze(
    session: AsyncSession, report: Report, content: dict[str, Any], old: Report | None
) -> None:
    """The report has its text, its number, its place in the issuer's chain and its verification
    code, which stands in the text and else is known to nobody.

    `old` is the edition that it replaces. The issuer is locked, see `lock_issuer`; what is new is
    written with the caller's next flush.
    """
    await freeze_each(session, report.issuer_id, report.kind, [(report, content, old)])


async def freeze_each(
    session: AsyncSession,
    issuer_id: UUID,
    kind: str,
    wanted: Sequence[tuple[Report, dict[str, Any], Report | None]],
) -> None:
    """As `freeze`, of reports of one issuer and kind, in their order; two statements."""
    given = await numbers.give_each(session, [(issuer_id, kind) for _ in wanted])
    previous, issued_at = await _last(session, issuer_id)
    for (report, content, old), number in zip(wanted, given, strict=True):
        issued_at = clock.now() if issued_at is None else max(clock.now(), issued_at + LATER)
        report.issued_at = issued_at
        previous = _freeze(session, report, content, old, number, previous)


def _freeze(
    session: AsyncSession,
    report: Report,
    content: dict[str, Any],
    old: Report | None,
    number: str,
    previous: str,
) -> str:
    """The report's text stands; its hash, which is the new end of the chain."""
    report.number = number
    content["head"] |= {
        "report_number": number,
        "issued_on": clock.today().isoformat(),
        "verification_code": numbers.add_code(
            session,
            kind=report.kind,
            number=number,
            issuer_id=report.issuer_id,
            subject_id=report.id,
            issued_on=clock.today(),
        ),
    }
    if old is not None:
        content["head"]["version_note"] = f"替代{old.number}" if old.number else None
    report.content = canonical(content)
    report.previous_hash = previous
    report.content_hash = digest(report.content, previous)
    return report.content_hash


async def _last(session: AsyncSession, issuer_id: UUID) -> tuple[str, datetime | None]:
    """The hash at the end of the issuer's chain, and when it was set; each is later than the last."""
    found: Any = (
        await session.execute(
            select(Report.content_hash, Report.issued_at)
            .where(Report.issuer_id == issuer_id, Report.content_hash.is_not(None))
            .order_by(Report.issued_at.desc())
            .limit(1)
        )
    ).first()
    return (FIRST, None) if found is None else (found[0], found[1])
