"""Every frozen report again: its text, its hash, its place behind the issuer's one before, its number.

A changed text has another hash; a report that was cut out leaves the next one without its predecessor;
one cut off at the end leaves its number without a report. Source: design.md §6 *reports*.
"""

from typing import Any

from cryptography.exceptions import InvalidTag

from app.core import fields
from app.reports.freeze import FIRST, digest

PURPOSE = "reports.content"
FROZEN = """
    SELECT report.issuer_id, coalesce(report.number, report.id::text) AS number, report.content,
           report.previous_hash, report.content_hash
    FROM reports AS report WHERE report.content_hash IS NOT NULL
    ORDER BY report.issuer_id, report.issued_at"""
NUMBERS = """
    SELECT organization.name, series.kind, series.year, series.last, count(report.id) AS reports
    FROM number_series AS series
    JOIN organizations AS organization ON organization.id = series.issuer_id
    LEFT JOIN reports AS report
           ON report.issuer_id = series.issuer_id AND report.kind = series.kind
          AND report.number LIKE '%-' || series.year || '-______'
    WHERE series.kind IN ('member_sheet', 'employer_summary')
    GROUP BY organization.name, series.issuer_id, series.kind, series.year, series.last
    HAVING count(report.id) <> series.last
    ORDER BY 1, 2, 3"""


async def examine(connection: Any) -> int:
    """As `walk`, of one moment."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await walk(connection)


async def walk(connection: Any) -> int:
    """A line for everything that is not as it was frozen; how many there are."""
    wrong, reports, issuer, last = 0, 0, None, FIRST
    async for row in connection.cursor(FROZEN):
        if row["issuer_id"] != issuer:
            issuer, last = row["issuer_id"], FIRST
        for trouble in _troubles(row, last):
            print(f"✗ {row['number']}: {trouble}")
            wrong += 1
        reports, last = reports + 1, row["content_hash"]
    for name, kind, year, given, found in await connection.fetch(NUMBERS):
        print(f"✗ {name}, {kind} {year}: {given} numbers were given, {found} reports are there")
        wrong += 1
    print(f"{'✗' if wrong else '✓'} reports: {reports} frozen, {wrong} wrong")
    return wrong


def _troubles(row: Any, last: str) -> list[str]:
    troubles = []
    if row["previous_hash"] != last:
        troubles.append("the report before it is missing")
    try:
        text = fields.keys().open(row["content"], PURPOSE)
    except (InvalidTag, KeyError):
        return [*troubles, "its text cannot be opened"]
    if digest(text, row["previous_hash"]) != row["content_hash"]:
        troubles.append("its text was changed")
    return troubles
