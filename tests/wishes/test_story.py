"""A wish from its words to its end, over HTTP; who is told of it, and what stands in the records."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.outbox import OutboxEntry
from app.models.record import ServiceRecord
from app.models.wish import Wish, WishStep
from tests.orders.town import Desk, desk
from tests.posts.town import Sessions, told, work
from tests.wishes.town import Town, town

__all__ = ["desk", "town"]

MoveClock = Callable[[timedelta], None]


async def test_the_story_of_a_wish(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    place = f"/organizations/{town.community.id}"
    body = {"words": "李梅想要保温杯", "value_yuan": 80, "door": "3幢201室"}
    made = await desk.post(town.resident, "/wishes", **body)
    assert made.status_code == 201, made.text
    wish = made.json()
    assert (wish["status"], wish["ask_templates"]) == (
        "submitted",
        ["confirm_request", "need_progress"],
    )
    (line,) = (await desk.get(town.clerk, f"{place}/wishes"))["items"]
    assert (line["title"], line["words"], line["value_yuan"]) == (None, "李梅想要保温杯", 80)
    path = f"/wishes/{wish['id']}"
    verified = await desk.post(town.clerk, f"{path}/verify", title="保温杯一个", publish=True)
    assert verified.json()["status"] == "open"
    board = await desk.client.get(f"/api/v1{place}/wishes/open")  # nobody is signed in
    (shown,) = board.json()["items"]
    assert (shown["title"], shown["value_yuan"], shown["id"]) == ("保温杯一个", 80, wish["id"])
    assert set(shown) == {"id", "kind", "title", "value_yuan", "published_at"}
    claimed = (await desk.post(town.member, f"{path}/claim")).json()
    assert claimed["status"] == "claimed"
    seen = await desk.get(town.member, path)
    assert (seen["contact_name"], seen["words"], seen["claim"]["claimer"]) == (
        "李*",
        None,
        "张同志",
    )
    assert seen["open_to"] == ["cancel", "deliver"]
    contact = await desk.get(town.member, f"{path}/contact")
    assert (contact["name"], contact["phone"], contact["door"], contact["until"]) == (
        "李梅",
        town.resident.phone,
        "3幢201室",
        claimed["due_at"],
    )
    (look,) = (await desk.get(town.resident, f"{path}/looks"))["items"]
    assert (look["by_role"], look["fields"]) == ("wish_claimer", "name,phone,door")
    delivered = await desk.post(town.member, f"{path}/deliver", evidence="已送到", minutes=40)
    assert delivered.json()["status"] == "delivered"
    answered = await desk.post(town.resident, f"{path}/answer", answer="solved")
    assert answered.json()["status"] == "fulfilled"
    closed = await desk.post(town.clerk, f"{path}/close")
    assert closed.json()["status"] == "closed"
    record = (await session.scalars(select(ServiceRecord))).one()
    assert (record.source_kind, record.title, record.minutes, record.served_on) == (
        "wish",
        "保温杯一个",
        40,
        clock.today(),
    )
    assert (record.person_id, record.approved_by_id) == (town.member.id, town.clerk.id)
    (mine,) = (await desk.get(town.member, "/me/wish-claims"))["items"]
    assert (mine["status"], mine["wish_status"], mine["due_at"]) == ("fulfilled", "closed", None)
    (own,) = (await desk.get(town.resident, "/me/wishes"))["items"]
    assert own["status"] == "closed"
    steps = await session.execute(
        select(WishStep.action, WishStep.left, WishStep.entered).order_by(WishStep.id)
    )
    assert [tuple(one) for one in steps] == [
        ("submit", None, "submitted"),
        ("verify", "submitted", "verified"),
        ("publish", "verified", "open"),
        ("claim", "open", "claimed"),
        ("deliver", "claimed", "delivered"),
        ("confirm", "delivered", "fulfilled"),
        ("close", "fulfilled", "closed"),
    ]
    moved = select(func.count()).where(OutboxEntry.name == "wish.moved")
    assert await session.scalar(moved) == 7
    await work(sessions)
    heard = await told(sessions)
    residents = {"received", "published", "claimed", "done_confirm", "closed"}
    members = {"claim_made", "came_true"}
    staff = {"waiting", "to_close"}
    wanted: dict[str, Any] = (
        {f"wish_{one}": {town.resident.id} for one in residents}
        | {f"wish_{one}": {town.member.id} for one in members}
        | {f"wish_{one}": {town.clerk.id, town.secretary.id} for one in staff}
        | {"record_added": {town.member.id}}
    )
    assert {name: people for name, (people, _) in heard.items()} == wanted
    assert heard["wish_claimed"][1].startswith("“保温杯一个”由张同志认领，")


async def test_what_is_left_of_a_closed_wish_after_the_tenants_days(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    body = {"words": "李梅想要保温杯", "value_yuan": 80, "door": "3幢201室"}
    path = f"/wishes/{(await desk.post(town.resident, '/wishes', **body)).json()['id']}"
    await desk.post(town.clerk, f"{path}/verify", title="保温杯一个", publish=True)
    await desk.post(town.member, f"{path}/claim")
    await desk.post(town.member, f"{path}/deliver", evidence="已送到李梅家")
    await desk.post(town.resident, f"{path}/answer", answer="solved")
    await desk.post(town.clerk, f"{path}/close")
    move_clock(timedelta(days=89))
    await work(sessions)
    assert (await desk.get(town.resident, path))["contact_name"] == "李*"
    move_clock(timedelta(days=91))
    await work(sessions)
    shown = await desk.get(town.resident, path)
    assert (shown["contact_name"], shown["contact_phone"], shown["title"]) == (
        None,
        None,
        "保温杯一个",
    )
    assert "李梅" not in shown["words"]
    wish = (await session.scalars(select(Wish))).one()
    assert (wish.door, wish.phone_hash is not None, wish.erase_at) == (None, True, None)
    assert (await desk.get(town.clerk, path))["claim"]["evidence"] is None
    refused = await desk.client.get(
        f"/api/v1{path}/contact", params={"reason": "x"}, headers=desk.sign_in(town.clerk)
    )
    assert refused.json()["code"] == "wish_contact_closed"
