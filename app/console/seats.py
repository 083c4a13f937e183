"""A form about many seats: of each a field of its own.

`seat/ID` says what became of it (`came`, `missed`, or the code of an excuse), `minutes/ID` the
minutes where they differ, `note/ID` a word about it.
"""

import re
from typing import NamedTuple
from uuid import UUID

from app.console import forms
from app.console.visit import Visit
from app.core.errors import FieldError, Invalid

CAME, MISSED = "came", "missed"
FIELD = re.compile(r"(seat|minutes|note)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
WHOLE = re.compile(r"[0-9]{1,4}")
DAY_MINUTES = 24 * 60
MOST_WORD, MOST_NOTE = 40, 300


class Typed(NamedTuple):
    """By seat, in the order of the form; a field left empty says nothing."""

    words: dict[UUID, str]
    minutes: dict[UUID, int]
    notes: dict[UUID, str]


async def typed(visit: Visit) -> Typed:
    """What the request's form says of each seat.

    Raises:
        Invalid: minutes that a day has not.
    """
    found = Typed({}, {}, {})
    wrong: list[FieldError] = []
    data = await visit.request.form(max_fields=forms.MOST_FIELDS)
    for name, given in data.multi_items():
        field, text = FIELD.fullmatch(name), str(given).strip()
        if field is None or not text:
            continue
        seat_id = UUID(field[2])
        if field[1] == "seat":
            found.words[seat_id] = text[:MOST_WORD]
        elif field[1] == "note":
            found.notes[seat_id] = text[:MOST_NOTE]
        elif WHOLE.fullmatch(text) and 1 <= int(text) <= DAY_MINUTES:
            found.minutes[seat_id] = int(text)
        else:
            wrong.append(FieldError(f"/{name}", "not_minutes", "应为1到1440之间的整数"))
    if wrong:
        raise Invalid(errors=tuple(wrong))
    return found
