"""Numbers that people read out, and codes by which anybody verifies a document."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Integer,
    String,
    Uuid,
    bindparam,
    column,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, ids
from app.models.house import CodeStatus, NumberSeries, VerificationCode
from app.models.organization import Organization

CODE_LENGTH = 17  # 85 bits

# Prefix and letter of each kind of document. Source: data/defaults.yaml `numbers`.
PREFIXES = {
    "registration_certificate": ("BD", "B"),
    "registration_receipt": ("HZ", "H"),
    "pairing_receipt": ("ZJ", "J"),
    "order": ("DD", "D"),
    "need": ("SQ", "S"),
    "wish": ("XY", "X"),
    "member_sheet": ("FK", "F"),
    "employer_summary": ("HZD", "Z"),
    "service_certificate": ("ZM", "M"),
}


class Document(NamedTuple):
    """What is to be numbered and verified; `kind` is one of PREFIXES."""

    kind: str
    issuer_id: UUID
    subject_id: UUID


class Issued(NamedTuple):
    """The number of a document, and the code that is printed beside it."""

    number: str
    code: str


def _giving() -> Any:
    """Adds to each series `counts`, locked in the order of the lists."""
    lists = (
        func.unnest(
            bindparam("issuers", type_=ARRAY(Uuid())),
            bindparam("kinds", type_=ARRAY(String())),
            bindparam("counts", type_=ARRAY(Integer())),
        )
        .table_valued(
            column("issuer_id", Uuid()),
            column("kind", String()),
            column("many", Integer()),
            with_ordinality="place",
        )
        .render_derived(name="lists")
    )
    series: Any = NumberSeries.__table__  # by the class, its binds would be taken for columns
    adding = insert(series).from_select(
        ["issuer_id", "kind", "year", "last"],
        select(
            lists.c.issuer_id, lists.c.kind, bindparam("of_year", type_=Integer()), lists.c.many
        ).order_by(lists.c.place),
    )
    # said as text, for SQLAlchemy sees no enclosing FROM in a RETURNING
    issuer = literal_column("number_series.issuer_id", Uuid())
    code = select(Organization.code).where(Organization.id == issuer).scalar_subquery()
    return adding.on_conflict_do_update(
        index_elements=["issuer_id", "kind", "year"],
        set_={"last": series.c.last + adding.excluded.last},
    ).returning(series.c.issuer_id, series.c.kind, series.c.last, code)


GIVE = _giving()


async def give(session: AsyncSession, issuer_id: UUID, kind: str) -> str:
    """The next number of the series, as `BD-<issuer>-<year>-000123`.

    Gapless: the row of the series stays locked until the transaction ends.
    """
    (number,) = await give_each(session, [(issuer_id, kind)])
    return number


async def give_each(session: AsyncSession, wanted: Sequence[tuple[UUID, str]]) -> list[str]:
    """As `give`, for every (issuer, kind) of `wanted` in its order; one statement.

    The series are locked in the order in which `wanted` names them first.
    """
    year = clock.today().year
    counted = [(*series, count) for series, count in Counter(wanted).items()]
    issuers, kinds, counts = (list(each) for each in zip(*counted, strict=True))
    binds = {"issuers": issuers, "kinds": kinds, "counts": counts, "of_year": year}
    rows = await session.execute(GIVE, binds)
    series = {(issuer_id, kind): (last, code) for issuer_id, kind, last, code in rows}
    left, numbers = Counter(wanted), []
    for issuer_id, kind in wanted:
        left[issuer_id, kind] -= 1
        last, code = series[issuer_id, kind]
        place = code or issuer_id.hex[-8:].upper()
        number = last - left[issuer_id, kind]
        numbers.append(f"{PREFIXES[kind][0]}-{place}-{year}-{number:06}")
    return numbers


async def issue(
    session: AsyncSession, documents: Sequence[Document], *, replaces: UUID | None = None
) -> list[Issued]:
    """Every document has the next number of its series and a new code, from today; in their order.

    Two statements for any number of documents; series are locked as by `give_each`. Of a code only
    the hash is stored, so print it now. `replaces`: a subject whose documents are superseded.
    """
    numbers = await give_each(session, [(each.issuer_id, each.kind) for each in documents])
    issued = [
        Issued(number, ids.code(CODE_LENGTH, kind=PREFIXES[each.kind][1]))
        for each, number in zip(documents, numbers, strict=True)
    ]
    adding = insert(VerificationCode).values(
        [
            {
                "code_hash": ids.digest(code),
                "document_kind": each.kind,
                "number": number,
                "issuer_id": each.issuer_id,
                "subject_id": each.subject_id,
                "issued_on": clock.today(),
                "standing": CodeStatus.VALID,
            }
            for each, (number, code) in zip(documents, issued, strict=True)
        ]
    )
    if replaces is not None:
        superseded = (
            update(VerificationCode)
            .where(VerificationCode.subject_id == replaces)
            .values(standing=CodeStatus.SUPERSEDED)
        )
        adding = adding.add_cte(superseded.cte("superseded"))
    await session.execute(adding)
    return issued


def add_code(
    session: AsyncSession,
    *,
    kind: str,
    number: str,
    issuer_id: UUID,
    subject_id: UUID,
    issued_on: date,
) -> str:
    """A new verification code of the document; only its hash is stored, so print it now.

    It is written with the caller's next flush.
    """
    code = ids.code(CODE_LENGTH, kind=PREFIXES[kind][1])
    session.add(
        VerificationCode(
            code_hash=ids.digest(code),
            document_kind=kind,
            number=number,
            issuer_id=issuer_id,
            subject_id=subject_id,
            issued_on=issued_on,
        )
    )
    return code


async def mark(session: AsyncSession, subject_id: UUID, kind: str, standing: CodeStatus) -> None:
    """The public page now says `standing` of the document."""
    await mark_each(session, [subject_id], kind, standing)


async def mark_each(
    session: AsyncSession, subject_ids: Sequence[UUID], kind: str, standing: CodeStatus
) -> None:
    """As `mark`, of every document of `subject_ids`; one statement."""
    await session.execute(
        update(VerificationCode)
        .where(VerificationCode.subject_id.in_(subject_ids), VerificationCode.document_kind == kind)
        .values(standing=standing)
    )
