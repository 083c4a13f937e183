"""The inbox: a row for each person concerned by a fact, once; a subscribe message where accepted.

Texts come from the tenant's content (`messages`); what is put into them are words, never another
person's data beyond what the text is for.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, ids
from app.core.paging import Lines, Paging, after, cut_lines, scope
from app.core.prepared import PreparedPage, Reader
from app.core.terms import Term
from app.models.organization import Organization
from app.models.person import Role, RoleGrant
from app.models.report import Notification, OutgoingMessage, OutgoingStatus
from app.notifications import credits
from app.permissions import Actor
from app.policies import content

# Read or not: by then a year's evaluation and its report are over, and what was told is in its own place.
TERMS = (
    Term(
        Notification.created_at,
        timedelta(days=400),
        born=Notification.id,
        only=~exists().where(OutgoingMessage.notification_id == Notification.id),
    ),
)


async def tell(
    session: AsyncSession,
    fact: int,
    message: str,
    people: Collection[UUID | None],
    subject: tuple[str, UUID],
    **words: Any,
) -> None:
    """Each of `people` has the message in the inbox, once for this fact; nobody is skipped silently
    but who does not exist. Who accepted the message's template is sent it as well.

    `words` fill the placeholders of the message's text; instants are written in local time, and the
    first of them is the time on a card whose template shows that of its subject.
    """
    known = {person for person in people if person is not None}
    if not known:
        return
    form = await content.find(session, "messages", message) or {}
    filled = defaultdict(lambda: "—", {name: say(word) for name, word in words.items()})
    text = form["text"].format_map(filled)
    rows = [
        {
            "id": ids.new_id(),
            "outbox_id": fact,
            "person_id": person,
            "message": message,
            "title": form["title"],
            "text": text,
            "subject_kind": subject[0],
            "subject_id": subject[1],
            "created_at": clock.now(),
        }
        for person in sorted(known)
    ]
    made = await session.execute(
        insert(Notification)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(Notification.id, Notification.person_id)
    )
    new = [(row.id, row.person_id) for row in made]
    if new and form["template"] != "none":
        await _queue(session, form, new, text, words)


async def _queue(
    session: AsyncSession,
    form: dict[str, Any],
    new: Sequence[tuple[UUID, UUID]],
    text: str,
    words: Mapping[str, Any],
) -> None:
    """A subscribe message for each who has a credit of the template; the credit is used up.

    What is told in a digest is held for it, and uses up its credit then. Time and number on the card
    are the first instant of `words` and the word of that name, where the template says so.
    """
    people = [person for _, person in new]
    is_held = bool(form.get("digest"))
    find = credits.willing if is_held else credits.spend
    chosen = await find(session, people, form["template"])
    if not chosen:
        return
    template = await content.require(session, "templates", form["template"], pointer="/template")
    now = clock.now()
    moments = (word for word in words.values() if isinstance(word, datetime))
    shown = next(moments, now) if template.get("time") == "of_subject" else now
    number = words.get(template.get("number", "count"), 1)
    session.add_all(
        OutgoingMessage(
            notification_id=notification,
            person_id=person,
            template=form["template"],
            data=fill(template["data"], form["title"], text, shown, number=number),
            status=OutgoingStatus.HELD if is_held else OutgoingStatus.WAITING,
            is_urgent=bool(form.get("ignores_quiet_hours")),
            not_before=now,
            held_until=now if is_held else None,
        )
        for notification, person in new
        if person in chosen
    )
    await session.flush()


def fill(
    keys: dict[str, str], title: str, text: str, moment: datetime, *, number: object = 1
) -> dict[str, str]:
    """The template's keys with what the message says, by their kind; the client shortens them.

    `number`: how many things it tells of, or how much.
    """
    local = moment.astimezone(clock.ZONE)
    things = iter((title, text, text))
    made = {}
    for key in keys:
        kind = key.rstrip("0123456789")
        made[key] = {
            "time": f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}",
            "phrase": "请查看",
            "number": str(number),
            "character_string": "-",
            "phone_number": "-",
        }.get(kind) or next(things, text)
    return made


def say(word: Any) -> str:
    """A word as it stands in a message; an instant in local time, to the minute."""
    if isinstance(word, datetime):
        local = word.astimezone(clock.ZONE)
        return f"{local.month}月{local.day}日 {local:%H:%M}"
    return "—" if word is None else str(word)


async def holders(session: AsyncSession, organization_id: UUID, *roles: Role) -> set[UUID]:
    """Who holds one of `roles` today on this organization itself."""
    return await _holders(session, RoleGrant.organization_id == organization_id, roles)


async def holders_above(session: AsyncSession, organization_id: UUID, *roles: Role) -> set[UUID]:
    """Who holds one of `roles` today on this organization or one above it."""
    above = select(func.unnest(Organization.lineage)).where(Organization.id == organization_id)
    return await _holders(session, RoleGrant.organization_id.in_(above), roles)


async def _holders(session: AsyncSession, where: Any, roles: Sequence[Role]) -> set[UUID]:
    today = clock.today()
    return set(
        await session.scalars(
            select(RoleGrant.person_id).where(
                where,
                RoleGrant.role.in_(roles),
                RoleGrant.valid_from <= today,
                func.coalesce(RoleGrant.valid_to, today) >= today,
            )
        )
    )


async def page(reader: Reader, actor: Actor, paging: Paging) -> Lines:
    """The actor's inbox, newest first; one statement. Hot."""
    where = scope("inbox", {"person": actor.person_id})
    key = after(paging, where, UUID)
    binds: dict[str, Any] = {"owner": actor.person_id, "most": paging.limit + 1}
    if key is not None:
        binds["id"] = key[0]
    statement = _list(key is not None)
    return cut_lines(await statement.page(reader, binds), statement.fields, paging, where)


@cache
def _list(is_continued: bool) -> PreparedPage:
    statement = (
        select(
            Notification.id,
            Notification.message,
            Notification.title,
            Notification.text,
            Notification.subject_kind,
            Notification.subject_id,
            Notification.created_at,
            Notification.read_at,
        )
        .where(Notification.person_id == bindparam("owner", type_=Uuid()))
        .order_by(Notification.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(Notification.id < bindparam("id", type_=Uuid()))
    return PreparedPage(statement, "id")


# How many lines of the inbox of the person `owner` are not read.
UNREAD = (
    select(func.count())
    .where(
        Notification.person_id == bindparam("owner", type_=Uuid()), Notification.read_at.is_(None)
    )
    .scalar_subquery()
)


async def mark_read(session: AsyncSession, actor: Actor, notification_ids: list[UUID]) -> None:
    """These lines of the actor's own inbox are read; others' are not touched."""
    await session.execute(
        update(Notification)
        .where(
            Notification.person_id == actor.person_id,
            Notification.id.in_(notification_ids),
            Notification.read_at.is_(None),
        )
        .values(read_at=clock.now())
    )
