"""The form of an order: its size, how difficult it is, for whom, its marks, the template it is from.

All of it is content. Difficulty proposes the target (person, group, branch), and the community may
change it. A service of several days is a series of orders. Source: practice.md R15, R16.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.orders.schemas import ServiceIn
from app.policies import content

SIZES, DIFFICULTY, TARGETS = "order_sizes", "order_difficulty", "order_targets"
MARKS, TEMPLATES = "order_marks", "order_templates"
SECTIONS = (SIZES, DIFFICULTY, TARGETS, MARKS, TEMPLATES)
SMALLEST = "micro_service"
Known = Mapping[str, Mapping[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Form:
    """What is said of an order in the body, else by its template, else by its size."""

    template: Mapping[str, Any]
    kind: str
    difficulty: int
    target: str


def find(known: Known, body: ServiceIn) -> Form:
    """The form that the body names, by what the content says in `SECTIONS`.

    Raises:
        Invalid: an unknown template, size, target or mark.
    """
    template = _known(known[TEMPLATES], body.template, "/template") if body.template else {}
    kind = body.kind or template.get("size", SMALLEST)
    size = _known(known[SIZES], kind, "/kind")
    check_marks(known[MARKS], body.marks)
    if body.target is not None:
        _known(known[TARGETS], body.target, "/target")
    difficulty = body.difficulty or template.get("difficulty") or size["default_difficulty"]
    proposed = {each["level"]: each["target"] for each in known[DIFFICULTY][""]["value"]}
    return Form(template, kind, difficulty, body.target or proposed[difficulty])


async def check(session: AsyncSession, target: str | None, marks: Sequence[str]) -> None:
    """Nothing, or the content does not know them.

    Raises:
        Invalid.
    """
    known = await content.sections(session, TARGETS, MARKS)
    check_marks(known[MARKS], marks)
    if target is not None:
        _known(known[TARGETS], target, "/target")


def check_marks(known: Mapping[str, Any], marks: Sequence[str]) -> None:
    """Nothing, or one of them is not of `order_marks`.

    Raises:
        Invalid.
    """
    for place, mark in enumerate(marks):
        _known(known, mark, f"/marks/{place}")


def _known(section: Mapping[str, dict[str, Any]], code: str, pointer: str) -> dict[str, Any]:
    data = section.get(code)
    if data is None or data.get("enabled") is False:
        raise Invalid.field(pointer, "unknown_code", "不在可选范围内")
    return data
