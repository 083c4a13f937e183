"""What is wanted from a file: forms of columns with the headers people really write, as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """One wanted column; `name` is its proper header, `also` are the others that are understood."""

    code: str
    name: str
    required: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """One wanted sheet. A row that starts with one of `footers` is no data; one whose branch's name
    contains the first word of a pair in `branches` is treated as the second says.
    """

    code: str
    name: str
    columns: tuple[Column, ...]
    also: tuple[str, ...] = ()
    footers: tuple[str, ...] = ()
    branches: tuple[tuple[str, str], ...] = ()


def forms(content: Iterable[Mapping[str, Any]]) -> tuple[Form, ...]:
    """The forms of one kind of import, out of the section `imports` of the tenant's content."""
    return tuple(
        Form(
            code=form["sheet"]["code"],
            name=form["sheet"]["name"],
            also=tuple(form["sheet"].get("also", ())),
            columns=tuple(
                Column(
                    column["code"],
                    column["name"],
                    column["required"],
                    tuple(column.get("also", ())),
                )
                for column in form["columns"]
            ),
            footers=tuple(
                hint["if_row_starts_with"]
                for hint in form.get("hints", ())
                if hint["treat_as"] == "footer"
            ),
            branches=tuple(
                (hint["if_branch_contains"], hint["treat_as"])
                for hint in form.get("hints", ())
                if "if_branch_contains" in hint
            ),
        )
        for form in content
    )


def restored(plain: Mapping[str, Any]) -> Form:
    """The form out of `dataclasses.asdict`, after a journey as JSON; `branches` stays behind."""
    columns = tuple(
        Column(**(column | {"also": tuple(column["also"])})) for column in plain["columns"]
    )
    return Form(
        plain["code"], plain["name"], columns, tuple(plain["also"]), tuple(plain["footers"])
    )
