"""No message leaves the house to somebody who is gone, or agrees no longer."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.models.notice import CalendarToken
from app.models.person import Person
from app.models.report import MessageCredit, Notification, OutgoingMessage, OutgoingStatus
from app.notifications import leaving
from tests.factories.people import make_person

S = OutgoingStatus


async def queued(session: AsyncSession, person: Person, kind: str, status: S = S.WAITING) -> Any:
    line = Notification(
        outbox_id=1,
        person_id=person.id,
        message=f"about_{new_id()}",
        title="x",
        text="x",
        subject_kind=kind,
        subject_id=new_id(),
    )
    session.add(line)
    await session.flush()
    message = OutgoingMessage(
        notification_id=line.id,
        person_id=person.id,
        template="need_progress",
        data={"thing1": "想学用手机"},
        status=status,
    )
    session.add(message)
    await session.flush()
    return message


async def test_what_waits_is_dropped_and_its_words_are_gone(session: AsyncSession) -> None:
    person, other = await make_person(session), await make_person(session)
    session.add(MessageCredit(person_id=person.id, template="need_progress", left=3))
    session.add(CalendarToken(person_id=person.id, token_hash="x"))
    need = await queued(session, person, "need")
    held = await queued(session, person, "need", S.HELD)
    order = await queued(session, person, "order")
    sent = await queued(session, person, "need", S.SENT)
    theirs = await queued(session, other, "need")

    def seen() -> list[tuple[S, str | None, bool]]:
        return [(row.status, row.error, bool(row.data)) for row in (need, order, sent, theirs)]

    waits = (S.WAITING, None, True)
    for purpose, first in (
        ("registration_core", waits),
        ("resident_core", (S.DROPPED, "consent_withdrawn", False)),
    ):
        gone = ConsentWithdrawn(person_id=person.id, purpose=purpose)
        await leaving.on_consent_withdrawn(session, 1, gone)
        assert seen() == [first, waits, (S.SENT, None, True), waits]
    assert (held.status, held.held_until) == (S.DROPPED, None)
    assert await session.scalar(select(MessageCredit.left)) == 4  # of what would have been sent
    await leaving.on_account_closed(session, 1, AccountClosed(person_id=person.id))
    assert seen()[1:] == [(S.DROPPED, "account_closed", False), (S.SENT, None, True), waits]
    assert (await session.scalars(select(MessageCredit))).all() == []
    assert (await session.scalars(select(CalendarToken))).all() == []
