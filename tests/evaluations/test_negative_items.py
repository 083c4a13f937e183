"""Nobody accuses alone: an item from the first word to its end, over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.negative_item import NegativeItem, NegativeItemStep
from app.models.order import SeatStatus
from app.models.person import Person, Role, RoleGrant
from app.models.report import Notification
from app.models.talk import Talk
from tests.evaluations.town import TODAY, Sessions, Town, told, town, work
from tests.factories.members import make_member, make_registration
from tests.factories.orders import make_order, make_seat
from tests.factories.people import make_person, make_staff
from tests.orders.town import Desk, desk
from tests.reports.town import withdraw

__all__ = ["desk", "town"]

MoveClock = Callable[[timedelta], None]
SAID = {
    "code": "unsafe_conduct",
    "happened_on": TODAY.isoformat(),
    "facts": "不听组织者安排，登高作业",
    "evidence": "现场记录",
}


async def allege(desk: Desk, town: Town, **changes: Any) -> str:
    """The secretary has said it; the item's id."""
    path = f"/registrations/{town.registration.id}/negative-items"
    answer = await desk.post(town.secretary, path, **SAID | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def step(desk: Desk, who: Person, item: str, name: str, **body: Any) -> Any:
    """The status after the step, or the code of the refusal."""
    answer = (await desk.post(who, f"/negative-items/{item}/{name}", **body)).json()
    return answer.get("code") if "type" in answer else answer["status"]


async def reviewed(desk: Desk, town: Town) -> str:
    """An item that has gone all the way to the subdistrict."""
    item = await allege(desk, town)
    assert await step(desk, town.leader, item, "agree") == "asked"
    assert await step(desk, town.member, item, "answer", words="当时有人喊救火") == "answered"
    assert await step(desk, town.secretary, item, "confirm") == "confirmed"
    assert await step(desk, town.street, item, "review") == "reviewed"
    return item


async def see(desk: Desk, who: Person, item: str) -> Any:
    return (await desk.get(who, f"/negative-items/{item}")).get("status", "not_found")


async def test_an_item_is_known_to_each_when_it_is_his_turn(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: MoveClock,
) -> None:
    item = await allege(desk, town)
    assert [await see(desk, who, item) for who in (town.secretary, town.leader)] == ["alleged"] * 2
    for who in (town.member, town.street, town.office, town.clerk, town.boss, town.boss_clerk):
        assert await see(desk, who, item) in (404, "not_found")
    assert await step(desk, town.member, item, "answer", words="x") == "not_found"
    await work(sessions)
    assert await told(session, town.leader) == ["negative_item_to_agree"]
    assert await told(session, town.member) == []
    assert await step(desk, town.leader, item, "agree") == "asked"
    await work(sessions)
    assert await told(session, town.member) == ["allegation"]
    page = await desk.get(town.member, f"/negative-items/{item}")
    assert (page["facts"], page["open_to"]) == (SAID["facts"], ["answer"])
    listed = await desk.get(town.member, "/me/negative-items")
    assert [each["id"] for each in listed["items"]] == [item]
    assert await step(desk, town.member, item, "answer", words="当时有人喊救火") == "answered"
    await work(sessions)
    assert await step(desk, town.secretary, item, "confirm") == "confirmed"
    await work(sessions)
    assert await told(session, town.secretary) == ["negative_item_to_confirm"]
    assert await told(session, town.street) == ["negative_item_to_review"]
    page = await desk.get(town.street, f"/negative-items/{item}")
    assert (page["answer"], page["is_unanswered"]) == ("当时有人喊救火", False)
    assert await step(desk, town.street, item, "review") == "reviewed"
    assert await see(desk, town.boss, item) in (404, "not_found")  # he may object yet
    move_clock(timedelta(days=20))
    await work(sessions)
    page = await desk.get(town.boss, f"/negative-items/{item}")
    assert (page["status"], page["code"]) == ("upheld", "unsafe_conduct")
    assert (page["facts"], page["evidence"], page["answer"], page["open_to"]) == (
        None,
        None,
        None,
        [],
    )
    for who in (town.boss_clerk, town.clerk, town.office):
        assert await see(desk, who, item) in (404, "not_found")
    assert await told(session, town.member) == [
        "allegation",
        "negative_item_reviewed",
        "negative_item_stands",
    ]
    assert await told(session, town.boss) == ["talk_due"]
    talk = (await session.scalars(select(Talk))).one()
    assert (talk.trigger, str(talk.negative_item_id)) == ("negative_item", item)
    row = await session.get_one(NegativeItem, item, populate_existing=True)
    assert row.expires_at is not None
    move_clock(row.expires_at - clock.now() + timedelta(days=21))
    await work(sessions)
    assert await see(desk, town.boss, item) in (404, "not_found")
    steps = await session.scalars(select(NegativeItemStep.action).order_by(NegativeItemStep.id))
    assert [*steps] == [
        "allege", "agree", "answer", "confirm", "review", "stand", "expire",
    ]  # fmt: skip


async def test_each_step_is_another_persons(desk: Desk, town: Town, session: AsyncSession) -> None:
    for role, place in (
        (Role.BRANCH_SECRETARY, town.branch),
        (Role.SUBDISTRICT_ADMIN, town.community),
    ):
        session.add(
            RoleGrant(
                person_id=town.secretary.id,
                role=role,
                organization_id=place.id,
                valid_from=TODAY,
            )
        )
    second = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    session.add(
        RoleGrant(
            person_id=town.leader.id,
            role=Role.COMMUNITY_SECRETARY,
            organization_id=town.community.id,
            valid_from=TODAY,
        )
    )
    await session.commit()
    item = await allege(desk, town)
    page = await desk.get(town.secretary, f"/negative-items/{item}")
    assert page["open_to"] == ["drop"]  # he has said it himself
    assert await step(desk, town.secretary, item, "agree") == "same_person"
    assert await step(desk, second, item, "agree") == "forbidden"
    assert await step(desk, town.leader, item, "agree") == "asked"
    assert await step(desk, second, item, "confirm") == "bad_transition"
    assert await step(desk, town.member, item, "answer", words="有原因") == "answered"
    assert await step(desk, town.leader, item, "confirm") == "same_person"
    assert await step(desk, second, item, "confirm") == "confirmed"
    assert await step(desk, town.secretary, item, "review") == "same_person"
    assert await step(desk, town.street, item, "review") == "reviewed"
    assert await step(desk, town.street, item, "drop", reason="x") == "bad_transition"


async def test_silence_of_the_second_lets_it_fall_and_the_members_is_written_down(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    falls, goes_on = await allege(desk, town), await allege(desk, town)
    assert await step(desk, town.leader, goes_on, "agree") == "asked"
    move_clock(timedelta(days=15))
    await work(sessions)
    assert await see(desk, town.secretary, falls) == "dropped"
    assert await see(desk, town.secretary, goes_on) == "answered"
    assert await step(desk, town.member, goes_on, "answer", words="x") == "bad_transition"
    text = await session.scalar(
        select(Notification.text).where(Notification.message == "negative_item_to_confirm")
    )
    assert text is not None and "未作答" in text
    move_clock(timedelta(days=35))
    await work(sessions)
    assert (await told(session, town.secretary)).count("negative_item_to_confirm") == 2
    assert await step(desk, town.secretary, goes_on, "confirm") == "confirmed"
    page = await desk.get(town.secretary, f"/negative-items/{goes_on}")
    assert page["is_unanswered"] is True
    move_clock(timedelta(days=60))
    await work(sessions)
    erased = await desk.get(town.secretary, f"/negative-items/{falls}")
    assert (erased["facts"], erased["evidence"]) == (None, None)
    assert "negative_item_dropped" not in await told(session, town.member)


async def test_either_drops_it_with_a_reason_and_the_member_hears_if_he_was_asked(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    item = await allege(desk, town)
    await step(desk, town.leader, item, "agree")
    assert await step(desk, town.member, item, "drop", reason="x") == "forbidden"
    assert await step(desk, town.leader, item, "drop", reason="核实后不成立") == "dropped"
    page = await desk.get(town.member, f"/negative-items/{item}")
    assert (page["reason"], page["open_to"]) == ("核实后不成立", [])
    await work(sessions)
    assert await told(session, town.member) == ["allegation", "negative_item_dropped"]


async def test_absences_are_on_record_or_are_not_alleged(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    path = f"/registrations/{town.registration.id}/negative-items"
    body = SAID | {"code": "repeated_no_show"}
    for had in range(4):
        if had == 3:
            assert (await desk.post(town.secretary, path, **body)).status_code == 201
            break
        answer = await desk.post(town.secretary, path, **body)
        assert answer.json()["errors"][0]["code"] == "absences_missing"
        order = await make_order(
            session, town.community, starts_at=clock.now() - timedelta(hours=2 * had)
        )
        await make_seat(session, order, town.registration, status=SeatStatus.NO_SHOW)
        await session.commit()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"code": "no_service"}, "/code"),  # off: volunteering is not imposed
        ({"code": "unheard_of"}, "/code"),
        ({"happened_on": (TODAY + timedelta(days=1)).isoformat()}, "/happened_on"),
        ({"happened_on": (TODAY - timedelta(days=366)).isoformat()}, "/happened_on"),
    ],
)
async def test_what_is_no_item_of_this_year_is_refused(
    desk: Desk, town: Town, session: AsyncSession, changes: dict[str, str], pointer: str
) -> None:
    path = f"/registrations/{town.registration.id}/negative-items"
    answer = await desk.post(town.secretary, path, **SAID | changes)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await session.scalars(select(NegativeItem))).all() == []


async def test_of_whom_nothing_is_alleged(desk: Desk, town: Town, session: AsyncSession) -> None:
    hidden = await make_member(
        session, town.employer, await make_person(session), is_protected=True
    )
    protected = await make_registration(
        session, town.community, member=hidden, functional_branch_id=town.branch.id
    )
    unplaced = await make_registration(session, town.community)
    await session.commit()
    for row in (protected, unplaced):
        path = f"/registrations/{row.id}/negative-items"
        assert (await desk.post(town.secretary, path, **SAID)).json()["code"] == "not_allegeable"
    path = f"/registrations/{town.registration.id}/negative-items"
    assert (await desk.post(town.clerk, path, **SAID)).json()["code"] == "forbidden"
    assert (await desk.post(town.leader, path, **SAID)).json()["code"] == "not_found"


async def test_a_list_holds_what_its_reader_has_a_part_in(desk: Desk, town: Town) -> None:
    first, item = await allege(desk, town), await allege(desk, town)
    street = town.community.parent_id
    path = f"/organizations/{town.community.id}/negative-items"
    page = await desk.get(town.secretary, f"{path}?limit=1")
    rest = await desk.get(town.secretary, f"{path}?limit=1&cursor={page['next_cursor']}")
    assert [each["items"][0]["id"] for each in (page, rest)] == [item, first]
    none = await desk.get(town.secretary, f"{path}?status=upheld")
    some = await desk.get(town.secretary, f"{path}?status=alleged")
    assert (none["items"], len(some["items"])) == ([], 2)
    assert some["items"][0]["community_name"] == town.community.name
    nowhere = await desk.get(town.secretary, f"/organizations/{new_id()}/negative-items")
    assert nowhere["code"] == "not_found"

    async def seen(who: Person, place: Any) -> list[str]:
        answer = await desk.get(who, f"/organizations/{place}/negative-items")
        return [each["id"] for each in answer["items"]]

    assert await seen(town.secretary, town.community.id) == [item, first]
    assert await seen(town.leader, town.branch.id) == [item, first]
    assert await seen(town.street, street) == []
    await step(desk, town.leader, item, "agree")
    await step(desk, town.member, item, "answer", words="x")
    await step(desk, town.secretary, item, "confirm")
    assert await seen(town.street, street) == [item]
    answer = await desk.get(town.boss, f"/organizations/{town.community.id}/negative-items")
    assert answer["code"] == "forbidden"


async def test_nothing_goes_to_the_employer_of_who_does_not_agree(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    item = await reviewed(desk, town)
    await withdraw(session, town.member.id)
    await session.commit()
    move_clock(timedelta(days=20))
    await work(sessions)
    assert await see(desk, town.secretary, item) == "upheld"
    assert await told(session, town.boss) == []
    assert await see(desk, town.boss, item) in (404, "not_found")
