"""Reports as they are read: by the member, the community, the employer, its branches, the district.

Who reads votes and opinions is a permission; an employer's clerk reads facts only. A summary's lines
are cut to the reader: a branch secretary reads his own branch; the district names nobody who is not
registered (名单只对本单位显示). A protected member is counted in every figure and named to the
employer's secretary alone, without the community: the employer set the mark and owes the member a
judgement, but on a list that goes round he stands for nobody else, neither clerk, branch nor
district. His sheet is opened singly, and not by the clerk. Source: practice.md R11, R12, R33, G7;
content `report_forms`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String, Text, Uuid, any_, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, array
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.core.sorting import SORT_KEYS, Sort, WorkSort, behind, by_time, sorted_by
from app.models.organization import NamedOrganization, Organization
from app.models.person import Role
from app.models.report import Report, ReportKind, Statement, SummarySheet
from app.permissions import Actor, Permission, grants, may, require
from app.reports.details import KEYS, MISSING
from app.reports.lifecycle import LIFECYCLE

P = Permission

# Sections and cells that show votes or opinions, and who reads them.
OPINIONS = {
    ReportKind.MEMBER_SHEET: (
        ("ratings", "conduct", "opinions", "reading_line"),
        {P.REPORT_OWN, P.REPORT_SIGN, P.REPORT_VOTES},
    ),
    ReportKind.EMPLOYER_SUMMARY: (("ratings", "attention"), {P.REPORT_SIGN, P.REPORT_VOTES}),
}
NO_OPINIONS: tuple[tuple[str, ...], set[Permission]] = ((), set())
# Where the lines stand in a canonical text; a quotation mark inside a value is escaped.
LINES_BEGIN, LINES_END = '"details":[', '],"form":'
EACH_LINE = '"is_protected":'  # a key of each line; in words its quotes would be escaped
OPINION_CELLS = ("satisfaction", "opinion", "suggestion", "reading_line")
# Single fields: whose talk is advised is the employer's secretary's, what the facts propose is whose
# it is to sign, and how an objection ended is told with the votes.
FIELDS = (
    ("attention", "talk_list", {P.REPORT_VOTES}),
    ("opinions", "proposed", {P.REPORT_SIGN}),
    ("statement", "objection_outcome", {P.REPORT_OWN, P.REPORT_SIGN, P.REPORT_VOTES}),
)

Issuer, Branch = aliased(NamedOrganization), aliased(NamedOrganization)
Newer, Summary, Sheet = aliased(Report), aliased(Report), aliased(Report)
HELD = bindparam(f"held_{Role.EMPLOYER_SECRETARY}", type_=ARRAY(Uuid()))
UUIDS = ARRAY(Uuid())

# what the reader is secretary of below the employer: branches, or all of them from above
own_branches = (
    select(func.coalesce(func.array_agg(Branch.id, type_=UUIDS), cast(array([]), UUIDS)))
    .where(Report.employer_id == any_(Branch.lineage), Branch.lineage.overlap(HELD))
    .scalar_subquery()
)

# of a summary: its sheets by the registration of their member
sheets_of = (
    select(func.jsonb_object_agg(cast(Sheet.registration_id, Text), Sheet.id, type_=JSONB))
    .join(SummarySheet, SummarySheet.sheet_id == Sheet.id)
    .where(SummarySheet.summary_id == Report.id)
    .correlate(Report)
    .scalar_subquery()
)

SHOW = Prepared(
    select(
        Report.id,
        Report.kind,
        Report.status,
        Report.number,
        Report.edition,
        Report.period_from,
        Report.period_to,
        Report.issuer_id,
        Issuer.name.label("issuer_name"),
        Report.content,
        Report.content_hash,
        Report.previous_hash,
        Report.issued_at,
        Report.delivered_at,
        Report.read_at,
        Report.acknowledged_at,
        Report.uses_made,
        Report.reply,
        Report.person_id,
        Report.employer_id,
        select(Newer.id)
        .where(Newer.supersedes_id == Report.id, Newer.number.is_not(None))
        .order_by(Newer.id.desc())
        .limit(1)
        .scalar_subquery()
        .label("superseded_by_id"),
        own_branches.label("own_branches"),
        sheets_of.label("sheets"),
        grants(
            P.REPORT_OWN,
            P.REPORT_SIGN,
            P.REPORT_FACTS,
            P.REPORT_VOTES,
            P.REPORT_ACKNOWLEDGE,
        ),
    )
    .join(Issuer, Issuer.id == Report.issuer_id)
    .where(
        Report.id == bindparam("report_id", type_=Uuid()),
        may(P.REPORT_READ),
    )
)

STATEMENTS = Prepared(
    select(
        Statement.id,
        Statement.words,
        Statement.said_at,
    )
    .where(Statement.report_id == bindparam("report_id", type_=Uuid()))
    .order_by(Statement.said_at, Statement.id)
)


RECEIPT = Prepared(
    select(
        Summary.number.label("summary_number"),
        Summary.acknowledged_at,
        Summary.uses_made,
        Summary.reply,
    )
    .join(SummarySheet, SummarySheet.summary_id == Summary.id)
    .where(SummarySheet.sheet_id == bindparam("report_id", type_=Uuid()))
    .order_by(Summary.edition.desc())
    .limit(1)
)


async def show(
    reader: Reader, actor: Actor, report_id: UUID
) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    """As `open_report`; a sheet comes with what its member said, and what the employer made of it."""
    row, lines = await open_report(reader, actor, report_id)
    said: list[dict[str, Any]] = []
    receipt = None
    if row["kind"] is ReportKind.MEMBER_SHEET:
        said = await STATEMENTS.rows(reader, {"report_id": report_id})
        receipt = await RECEIPT.one(reader, {"report_id": report_id})
    shown = row | {
        "receipt": receipt,
        "statements": said,
        "open_to": LIFECYCLE.open_in(row["status"], row["grants"]),
    }
    return shown, lines


async def open_report(
    reader: Reader, actor: Actor, report_id: UUID
) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    """The report, its `content` cut to the reader and without lines; and a summary's lines, each
    read when it is wanted: however many there are, one is in memory. `line_count`: how many there
    are, whoever reads.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"report_id": report_id})
    if row is None:
        raise NotFound
    text, granted = row["content"], set(row["grants"])
    lines, row["content"] = _parted(text)
    row["line_count"] = text.count(EACH_LINE)
    sections, readers = OPINIONS.get(row["kind"], NO_OPINIONS)
    if not granted & readers:
        for section in sections:
            row["content"].pop(section, None)
    for section, field, its_readers in FIELDS:
        if not granted & its_readers:
            row["content"].get(section, {}).pop(field, None)
    if row["kind"] is not ReportKind.EMPLOYER_SUMMARY:
        return row, iter(())
    return row, _lines(lines, row["sheets"] or {}, granted, row["own_branches"])


def _parted(text: str) -> tuple[Iterator[dict[str, Any]], dict[str, Any]]:
    """The lines of a summary's canonical text, and all the rest of it."""
    begin = text.find(LINES_BEGIN)
    if begin < 0:
        return iter(()), json.loads(text)
    end = text.index(LINES_END, begin)
    rest = text[:begin] + text[end + len("],") :]
    return _each(text, begin + len(LINES_BEGIN), end), json.loads(rest)


def _each(text: str, place: int, end: int) -> Iterator[dict[str, Any]]:
    read = json.JSONDecoder().raw_decode
    while place < end:
        line, place = read(text, place)
        place += 1
        yield line


def _lines(
    details: Iterable[dict[str, Any]],
    sheets: Mapping[str, str],
    granted: set[str],
    own_branches: list[UUID],
) -> Iterator[dict[str, Any]]:
    """The lines of a summary that the reader may see, each with its sheet if he may open it."""
    own = {str(branch) for branch in own_branches}
    for line in details:
        sees_votes = P.REPORT_VOTES in granted or line["branch_id"] in own
        sees_facts = P.REPORT_FACTS in granted or sees_votes
        if line["is_protected"] and P.REPORT_VOTES not in granted:
            continue
        if not sees_facts and (P.REPORT_SIGN not in granted or line["state"] == MISSING):
            continue
        cells = {name: cell for name, cell in line.items() if name not in KEYS}
        if not sees_votes:
            for name in OPINION_CELLS:
                cells.pop(name, None)
        sheet = sheets.get(line.get("registration_id", ""))
        yield cells | {"sheet_id": sheet} if sheet and sees_facts else cells


BRIEF = (
    Report.id,
    Report.kind,
    Report.status,
    Report.number,
    Report.edition,
    Report.period_from,
    Report.period_to,
    Report.issued_at,
    Report.read_at,
    Report.acknowledged_at,
)

WHERE = {
    "employer": (
        Report.employer_id == bindparam("owner", type_=Uuid()),
        Report.kind != ReportKind.MEMBER_SHEET,
        Report.delivered_at.is_not(None),
    ),
    "issuer": (Report.issuer_id == bindparam("owner", type_=Uuid()),),
    "person": (Report.person_id == bindparam("owner", type_=Uuid()),),
}
CONTAINER = Prepared(
    select(grants(P.EMPLOYER_REPORTS, P.COMMUNITY_REPORT)).where(
        Organization.id == bindparam("organization_id", type_=Uuid())
    )
)


async def page_of_employer(
    reader: Reader, actor: Actor, paging: Paging, employer_id: UUID
) -> Slice[dict[str, Any]]:
    """Summaries and briefs delivered to an employer, newest first.

    Raises:
        NotFound: no such organization.
        Forbidden: the actor has no post there, nor in a branch of it.
    """
    await _allowed(reader, actor, employer_id, P.EMPLOYER_REPORTS)
    return await _page(reader, paging, "employer", employer_id)


async def page_of_issuer(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID, sort: WorkSort | None
) -> Slice[dict[str, Any]]:
    """Sheets that a community drafts and issues, in the order wanted, or newest first; errors as
    above."""
    await _allowed(reader, actor, organization_id, P.COMMUNITY_REPORT)
    if sort is None:
        return await _page(reader, paging, "issuer", organization_id)
    where, order = scope("sheets", {"issuer": organization_id, "sort": sort}), SORTS[sort]
    more = behind(paging, where, order)
    binds = {"owner": organization_id, "most": paging.limit + 1} | more
    rows = await _of_issuer(sort, is_continued=bool(more)).rows(reader, binds)
    return cut(rows, paging, where, *SORT_KEYS)


MOST = bindparam("most", type_=Integer())
SORTS = {
    WorkSort.AGE: by_time(Report.created_at),
    WorkSort.KIND: Sort(cast(Report.status, String), str),
}


@cache
def _of_issuer(sort: WorkSort, *, is_continued: bool) -> Prepared:
    statement = select(*BRIEF).where(*WHERE["issuer"]).limit(MOST)
    return Prepared(sorted_by(statement, SORTS[sort], Report.id, is_continued=is_continued))


async def page_of_person(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The actor's own sheets, drafts included: the member reads first."""
    return await _page(reader, paging, "person", actor.person_id)


async def _allowed(
    reader: Reader, actor: Actor, organization_id: UUID, permission: Permission
) -> None:
    row = await CONTAINER.one(reader, actor.binds() | {"organization_id": organization_id})
    if row is None:
        raise NotFound
    require(row["grants"], permission)


async def _page(
    reader: Reader, paging: Paging, whose: str, owner: UUID | None
) -> Slice[dict[str, Any]]:
    where = scope("reports", {whose: owner})
    key = after(paging, where, UUID)
    binds = {"owner": owner, "most": paging.limit + 1}
    if key is not None:
        binds["id"] = key[0]
    rows = await _list(whose, key is not None).rows(reader, binds)
    return cut(rows, paging, where, "id")


@cache
def _list(whose: str, is_continued: bool) -> Prepared:
    statement = select(*BRIEF).where(*WHERE[whose]).order_by(Report.id.desc()).limit(MOST)
    if is_continued:
        statement = statement.where(Report.id < bindparam("id", type_=Uuid()))
    return Prepared(statement)
