"""Numbers that people read out, and codes by which anybody verifies a document."""

from datetime import date
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
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


async def give(session: AsyncSession, issuer_id: UUID, kind: str) -> str:
    """The next number of the series, as `BD-<issuer>-<year>-000123`.

    Gapless: the row of the series stays locked until the transaction ends.
    """
    year = clock.today().year
    statement = (
        insert(NumberSeries)
        .values(issuer_id=issuer_id, kind=kind, year=year, last=1)
        .on_conflict_do_update(
            index_elements=["issuer_id", "kind", "year"], set_={"last": NumberSeries.last + 1}
        )
        .returning(
            NumberSeries.last,
            select(Organization.code)
            .where(Organization.id == issuer_id)
            .scalar_subquery()
            .label("code"),
        )
    )
    last, code = (await session.execute(statement)).one()
    return f"{PREFIXES[kind][0]}-{code or issuer_id.hex[-8:].upper()}-{year}-{last:06}"


async def give_code(
    session: AsyncSession,
    *,
    kind: str,
    number: str,
    issuer_id: UUID,
    subject_id: UUID,
    issued_on: date,
) -> str:
    """A new verification code of the document; only its hash is stored, so print it now."""
    code = add_code(
        session,
        kind=kind,
        number=number,
        issuer_id=issuer_id,
        subject_id=subject_id,
        issued_on=issued_on,
    )
    await session.flush()
    return code


def add_code(
    session: AsyncSession,
    *,
    kind: str,
    number: str,
    issuer_id: UUID,
    subject_id: UUID,
    issued_on: date,
) -> str:
    """As `give_code`; it is written with the caller's next flush."""
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
    await session.execute(
        update(VerificationCode)
        .where(VerificationCode.subject_id == subject_id, VerificationCode.document_kind == kind)
        .values(standing=standing)
    )
