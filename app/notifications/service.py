"""The inbox: a row for each person concerned by a fact, once; a subscribe message where accepted.

Texts come from the tenant's content (`messages`); what is put into them are words, never another
person's data beyond what the text is for.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, any_, bindparam, cast, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, ids
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.organization import Organization
from app.models.person import Role, RoleGrant
from app.models.report import MessageCredit, Notification, OutgoingMessage
from app.permissions import Actor
from app.policies import content

QUIET = ("notify.quiet_from", "notify.quiet_to")


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

    `words` fill the placeholders of the message's text; instants are written in local time.
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
        await _queue(session, form, new, text)


async def _queue(
    session: AsyncSession, form: dict[str, Any], new: Sequence[tuple[UUID, UUID]], text: str
) -> None:
    """A subscribe message for each who has a credit of the template; the credit is used up."""
    spent = await session.execute(
        update(MessageCredit)
        .where(
            MessageCredit.person_id == any_(cast([person for _, person in new], ARRAY(Uuid()))),
            MessageCredit.template == form["template"],
            MessageCredit.left > 0,
        )
        .values(left=MessageCredit.left - 1)
        .returning(MessageCredit.person_id)
    )
    willing = {row.person_id for row in spent}
    if not willing:
        return
    template = await content.require(session, "templates", form["template"], pointer="/template")
    send_at = clock.now()
    if not form.get("ignores_quiet_hours"):
        send_at = await after_quiet(session, send_at)
    session.add_all(
        OutgoingMessage(
            notification_id=notification,
            person_id=person,
            template=form["template"],
            data=fill(template["data"], form["title"], text, clock.now()),
            not_before=send_at,
        )
        for notification, person in new
        if person in willing
    )
    await session.flush()


def fill(keys: dict[str, str], title: str, text: str, moment: datetime) -> dict[str, str]:
    """The template's keys with what the message says, by their kind; the client shortens them."""
    local = moment.astimezone(clock.ZONE)
    things = iter((title, text, text))
    made = {}
    for key in keys:
        kind = key.rstrip("0123456789")
        made[key] = {
            "time": f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}",
            "phrase": "请查看",
            "number": "1",
            "character_string": "—",
            "phone_number": "—",
        }.get(kind) or next(things, text)
    return made


async def after_quiet(session: AsyncSession, moment: datetime) -> datetime:
    """`moment`, or the end of the quiet hours that it falls into. Local time, over midnight."""
    shipped = await content.section(session, "policies")
    begins, ends = (time.fromisoformat(shipped[key]["value"]) for key in QUIET)
    local = moment.astimezone(clock.ZONE)
    if ends <= local.time() < begins:
        return moment
    day = local.date() + timedelta(days=1 if local.time() >= begins else 0)
    return datetime.combine(day, ends, clock.ZONE)


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


async def page(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The actor's inbox, newest first; one statement. Hot."""
    where = scope("inbox", {"person": actor.person_id})
    key = after(paging, where, UUID)
    binds: dict[str, Any] = {"owner": actor.person_id, "most": paging.limit + 1}
    if key is not None:
        binds["id"] = key[0]
    return cut(await _list(key is not None).rows(reader, binds), paging, where, "id")


@cache
def _list(is_continued: bool) -> Prepared:
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
    return Prepared(statement)


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


async def add_credits(session: AsyncSession, actor: Actor, templates: list[str]) -> None:
    """One more message of each template may be sent to the actor.

    Raises:
        Invalid: a template that the content does not know.
    """
    for place, template in enumerate(templates):
        await content.require(session, "templates", template, pointer=f"/accepted/{place}")
        await session.execute(
            insert(MessageCredit)
            .values(person_id=actor.person_id, template=template, left=1)
            .on_conflict_do_update(
                index_elements=["person_id", "template"], set_={"left": MessageCredit.left + 1}
            )
        )
