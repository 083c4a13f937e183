"""Who is to be called (回访): who asked for it, and who has no account and owes or is owed a word.

And what was said by phone today. Nothing of it is about a member. Source: practice.md F (clerk for old
people), R19.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.masking import mask_phone
from app.core.prepared import Prepared, Reader
from app.models.need import Acceptance, AcceptanceStep, Need, NeedStep
from app.models.organization import NamedOrganization
from app.needs import categories, reading
from app.needs.lifecycle import REMINDED, NeedAction
from app.permissions import Actor, Permission
from app.policies import dictionaries

KINDS = "need_kinds"
TO_CALL, TO_ASK, TO_CONFIRM, CALLED = "to_call", "to_ask", "to_confirm", "called"
LISTS = (TO_CALL, TO_ASK, TO_CONFIRM, CALLED)
BY_PHONE = "call_back"  # of `on_behalf.ways`
MOST = 100  # of each list
OPEN = ("submitted", "asked_back", "lapsed", "accepted", "in_hand")

Building = aliased(NamedOrganization)
MOMENT = DateTime(timezone=True)
TODAY = bindparam("today", type_=MOMENT)


def _is(column: Any, *values: str) -> ColumnElement[bool]:
    """As literals, so that plans are made once."""
    return or_(*(column == literal_column(f"'{value}'") for value in values))


asked_for_it = _is(Need.kind, "call_me_back")
has_no_account = Need.requester_id.is_(None)
moved_today = Need.updated_at >= TODAY  # with what was said: few are looked at closer
again = (
    select(AcceptanceStep.id)
    .where(AcceptanceStep.acceptance_id == Acceptance.id, _is(AcceptanceStep.action, REMINDED))
    .exists()
)


def _list(
    name: str,
    since: Any,
    *where: ColumnElement[bool],
    due: Any = None,
    is_again: Any = None,
    said: Any = None,
    of: Any = None,
) -> Select[*tuple[Any, ...]]:
    """One list, who has waited longest first; `of`: what the need is joined with."""
    statement = select(
        literal(name, String()).label("list"),
        Need.id,
        Need.number,
        Need.kind,
        Need.category,
        Need.words,
        Need.contact_phone,
        Need.status,
        Building.name.label("building_name"),
        since.label("since_at"),
        (null() if due is None else due).cast(MOMENT).label("due_at"),
        (literal(False) if is_again is None else is_again).cast(Boolean).label("is_again"),
        (null() if said is None else said).cast(String).label("answer"),
    ).outerjoin(Building, Building.id == Need.building_id)
    if of is not None:
        statement = statement.join(of, of.need_id == Need.id)
    is_here = and_(
        Need.community_id == bindparam("community_id", type_=Uuid()),
        Need.kind != literal_column("'about_member'"),
    )
    return statement.where(is_here, *where).order_by(since, Need.id).limit(MOST)


ALL = Prepared(
    union_all(  # type: ignore[arg-type]  # a select of selects has the same columns
        _list(TO_CALL, Need.created_at, asked_for_it, _is(Need.status, *OPEN), due=Need.remind_at),
        _list(
            TO_ASK,
            Need.updated_at,
            has_no_account,
            ~asked_for_it,
            _is(Need.status, "asked_back"),
            due=Need.due_at,
        ),
        _list(
            TO_CONFIRM,
            Acceptance.created_at,
            has_no_account,
            _is(Need.status, "done"),
            _is(Acceptance.status, "asked"),
            due=Acceptance.due_at,
            is_again=again,
            of=Acceptance,
        ),
        _list(
            CALLED,
            Acceptance.answered_at,
            moved_today,
            Acceptance.answered_at >= TODAY,
            _is(Acceptance.on_behalf_way, BY_PHONE),
            said=Acceptance.status,
            of=Acceptance,
        ),
        _list(
            CALLED,
            NeedStep.at,
            moved_today,
            NeedStep.at >= TODAY,
            or_(
                and_(_is(NeedStep.action, NeedAction.ANSWER_BACK), has_no_account),
                and_(_is(NeedStep.action, NeedAction.FINISH), asked_for_it),
            ),
            of=NeedStep,
        ),
    )
)


async def show(reader: Reader, actor: Actor, community_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """`to_call`: who asked to be called; `to_ask`: a question that waits for somebody without an
    account; `to_confirm`: a result that waits for one, `is_again` where silence has been reminded;
    `called`: what was said by phone today, the latest first. At most 100 each, phones masked.

    Raises:
        NotFound, Forbidden: as for the community's box.
    """
    await reading.check(reader, actor, community_id, Permission.COMMUNITY_TRIAGE)
    today = clock.day_starts(clock.today())
    rows = await ALL.rows(reader, {"community_id": community_id, "today": today})
    said = await dictionaries.sections(reader, categories.SECTION, KINDS)
    items = categories.items(said[categories.SECTION])
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS}
    for row in rows:
        phone, kind = row["contact_phone"], said[KINDS][row["kind"]]
        about = items.get(row["category"] or "") or kind
        row |= {"contact_phone": phone and mask_phone(phone), "service": about["name"]}
        found[row["list"]].append(row)
    found[TO_CONFIRM].sort(key=lambda row: not row["is_again"])
    found[CALLED].sort(key=lambda row: row["since_at"], reverse=True)
    return found
