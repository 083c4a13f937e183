"""A roster as a file: which columns are read, whom it names as not in service, what is refused.

Of a row that is not in service nothing but its branch is looked at. Source: practice.md R21, R22.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from app.core.prepared import Reader
from app.core.sheets import cells, reading
from app.core.sheets.forms import Form
from app.core.sheets.tables import CellError, Row, Table
from app.organizations import words

FILE, SHEET = "roster", "members"
STATUSES, IDLE = "registration.party_status", "registration.not_in_service"
PARTY_MEMBER = "党员"
LONGEST_SKILL = 60


class Line(NamedTuple):
    """A row of somebody in service; None and the empty tuple are what the file does not say."""

    row: int
    name: str
    phone: str
    branch: str
    party_status: str | None
    compound_text: str | None
    building_text: str | None
    skills: tuple[str, ...]
    is_protected: bool | None


@dataclass(frozen=True, slots=True)
class Idle:
    """A row of somebody who is not in service: why, as a code and in Chinese."""

    row: int
    state: str
    name: str


@dataclass(frozen=True, slots=True)
class Roster:
    """A file as it was read; a row stands in `lines`, in `idle`, or in one or more `errors`."""

    lines: list[Line]
    idle: list[Idle]
    errors: list[CellError]
    unread: tuple[str, ...]
    skipped: tuple[int, ...]
    digest: str

    @property
    def refused(self) -> int:
        """How many rows are refused, each once however many of its cells are."""
        return len({error.row for error in self.errors})


@dataclass(frozen=True, slots=True)
class Words:
    """The tenant's words: the form, and the names of states by their codes."""

    forms: tuple[Form, ...]
    statuses: Mapping[str, str]
    idle: Mapping[str, str]


async def read_words(reader: Reader) -> Words:
    """What a roster may say, before a transaction begins; two statements."""
    statuses, idle = await words.read_names(reader, STATUSES, IDLE)
    return Words(await words.read_forms(reader, FILE), statuses, idle)


def parse(source: BinaryIO, name: str, known: Words) -> Roster:
    """The file's rows as lines; digest over its bytes. Blocks as `reading.read` does.

    Raises:
        FileRefused, TooLarge, Unavailable: see `core.sheets`.
    """
    digest = hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]  # any binary file
    source.seek(0)
    book = reading.read(source, name, known.forms)
    table = book.tables[SHEET]
    parsers = _parsers(table, known)
    lines: list[Line] = []
    idle: list[Idle] = []
    errors: list[CellError] = []
    phones: list[tuple[int, str]] = []
    for row in table.rows:
        if state := _idle_state(row, known):
            idle.append(Idle(row.number, state, known.idle[state]))
            continue
        taken: dict[str, Any] = {
            column: table.take(row, code, parse) for column, code, parse in parsers
        }
        wrong = [value for value in taken.values() if isinstance(value, CellError)]
        errors += wrong
        if isinstance(taken["phone"], str):
            phones.append((row.number, taken["phone"]))
        if not wrong:
            lines.append(Line(row.number, **taken))
    repeated = table.repeated("phone", phones)
    again = {error.row for error in repeated}
    return Roster(
        [line for line in lines if line.row not in again],
        idle,
        sorted([*errors, *repeated], key=lambda error: error.row),
        (*book.unread, *table.ignored),
        table.skipped,
        digest,
    )


def _idle_state(row: Row, known: Words) -> str | None:
    """The code of `not_in_service` that the branch's name tells; the first hint that fits holds."""
    branch = "".join(row.cells.get("party_organization", "").split())
    hints = (hint for form in known.forms for hint in form.branches)
    state = next((treated for word, treated in hints if word in branch), None)
    return state if state in known.idle else None


def _parsers(table: Table, known: Words) -> list[tuple[str, str, Callable[[str], Any]]]:
    """How each kept column of a line is read from which column of the form."""
    return [
        ("name", "name", cells.name),
        ("phone", "phone", cells.phone),
        ("branch", "party_organization", cells.words(100)),
        ("party_status", "party_status", cells.optional(cells.choice(_statuses(table, known)))),
        ("compound_text", "compound", cells.optional(cells.words(60))),
        ("building_text", "building", cells.optional(cells.words(60))),
        ("skills", "skills", _skills),
        ("is_protected", "protected", cells.optional(cells.yes_no)),
    ]


def _statuses(table: Table, known: Words) -> dict[str, str]:
    """Codes by what is written: 预备党员 or 预备; where the column asks 是否预备, 是 or 否."""
    names = {code: name.removesuffix(PARTY_MEMBER) for code, name in known.statuses.items()}
    found = {name: code for code, name in [*known.statuses.items(), *names.items()]}
    header = table.headers.get("party_status")
    asked = "".join(header.text.split()) if header else ""
    for code, name in names.items():
        if f"是否{name}" in asked:
            found |= {"是": code, "否": next(other for other in names if other != code)}
    return found


def _skills(value: str) -> tuple[str, ...]:
    return tuple(map(cells.words(LONGEST_SKILL), cells.items(value)))
