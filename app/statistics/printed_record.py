"""A week's record as it is printed: the frozen page in words, with who was present.

Source: practice.md R17; content `triage_record`, `triage_actions`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, literal_column, select

from app.core import clock
from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.models.organization import ContentItem, Organization
from app.models.statistic import Rhythm, RollUp
from app.permissions import Actor, Permission, may
from app.statistics import presence

P = Permission
FORMS = "triage_record"
NAMES = ("need_kinds", "need_categories", "no_taker_reasons", "triage_actions")
ONE = Prepared(
    select(
        RollUp.first_on,
        RollUp.content,
        RollUp.decisions,
        RollUp.frozen_at,
        Organization.name.label("organization_name"),
    )
    .join(Organization, Organization.id == RollUp.organization_id)
    .where(
        RollUp.id == bindparam("roll_up_id", type_=Uuid()),
        RollUp.rhythm == literal_column(f"'{Rhythm.WEEK}'"),
        may(P.ROLL_UP_READ),
    )
)
WORDS = Prepared(
    select(ContentItem.section, ContentItem.code, ContentItem.data)
    .where(ContentItem.section.in_([literal_column(f"'{section}'") for section in (FORMS, *NAMES)]))
    .order_by(ContentItem.position, ContentItem.code)
)


async def show(reader: Reader, actor: Actor, roll_up_id: UUID) -> dict[str, Any]:
    """The record in words; three statements.

    Raises:
        NotFound: none, not of a week, or not the actor's to see.
    """
    row = await ONE.one(reader, actor.binds() | {"roll_up_id": roll_up_id})
    if row is None:
        raise NotFound
    forms, names = _words(await WORDS.rows(reader, {}))
    title = forms.pop("title")["name"]
    return row | {
        "title": title.format(name=row["organization_name"]),
        "last_on": row["first_on"] + timedelta(days=6),
        "present": await presence.kept(reader, roll_up_id),
        "sections": [
            {
                "name": form["name"],
                "lines": [form["line"].format_map(_said(each, names)) for each in lines],
            }
            for code, form in forms.items()
            if (lines := row["content"].get(code))
        ],
    }


def _words(rows: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """The forms by list, and by field what its codes are called."""
    forms = {row["code"]: row["data"] for row in rows if row["section"] == FORMS}
    names: dict[str, dict[str, str]] = {section: {} for section in NAMES}
    for row in rows:
        if row["section"] in names:
            for each in row["data"].get("items", [row["data"] | {"code": row["code"]}]):
                names[row["section"]][each["code"]] = each["name"]
    return forms, {
        "kind": names["need_kinds"],
        "category": names["need_categories"],
        "reason_code": names["no_taker_reasons"],
        "action": names["triage_actions"],
    }


def _said(line: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The fields of a line in words; nothing where a code is not known."""
    said = {key: "" if value is None else value for key, value in line.items()}
    for field in ("created_at", "starts_at", "due_at"):
        if field in said:
            said[field] = _moment(said[field])
    if said.get("route"):
        said["action"] = said["route"]
    return said | {
        field: words.get(said[field], "") for field, words in names.items() if field in said
    }


def _moment(text: str) -> str:
    at = datetime.fromisoformat(text).astimezone(clock.ZONE)
    return f"{at.month}月{at.day}日{at:%H:%M}"
