"""Numbers as the house gives them out, without gaps, and the codes that are printed beside them."""

from collections import Counter
from datetime import date
from typing import NamedTuple
from uuid import UUID

from app import numbers
from app.city.chance import Chance
from app.city.places import Node
from app.city.rows import Rows
from app.core import ids
from app.models.house import CodeStatus, NumberSeries, VerificationCode


class Issued(NamedTuple):
    """The number of a document and its code in clear."""

    number: str
    code: str


class Documents:
    """The number series of every issuer."""

    def __init__(self, rows: Rows, chance: Chance) -> None:
        self._rows, self._chance = rows, chance
        self._last: Counter[tuple[UUID, str, int]] = Counter()

    def number(self, issuer: Node, kind: str, day: date) -> str:
        """The next number of the issuer's series of that year."""
        series = issuer.id, kind, day.year
        self._last[series] += 1
        place = issuer.code or issuer.id.hex[-8:].upper()
        return f"{numbers.PREFIXES[kind][0]}-{place}-{day.year}-{self._last[series]:06}"

    def issue(
        self, issuer: Node, kind: str, day: date, subject_id: UUID, *, is_void: bool
    ) -> Issued:
        """A numbered document that anybody verifies by its code."""
        number = self.number(issuer, kind, day)
        code = self._chance.code(numbers.CODE_LENGTH, numbers.PREFIXES[kind][1])
        self._rows.add(
            VerificationCode,
            code_hash=ids.digest(code),
            document_kind=kind,
            number=number,
            issuer_id=issuer.id,
            subject_id=subject_id,
            issued_on=day,
            standing=CodeStatus.VOID if is_void else CodeStatus.VALID,
        )
        return Issued(number, code)

    def close(self) -> None:
        """The series go on where the city left them."""
        for (issuer_id, kind, year), last in self._last.items():
            self._rows.add(NumberSeries, issuer_id=issuer_id, kind=kind, year=year, last=last)
