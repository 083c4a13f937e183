"""Photos without a verdict: the community decides, uploaders are told, and who leaves takes all along."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.files import leaving, service
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.models.file import File, FileStatus, StoredBytes
from app.models.need import Need
from app.models.organization import Organization
from app.models.person import Role
from app.needs import leaving as need_leaving
from tests.factories.files import make_file
from tests.factories.organizations import make_community
from tests.factories.people import make_staff
from tests.files.town import Sessions, file_of, inbox, look, steps, tell_all, uploaded, with_photo
from tests.needs.town import Desk, Town, desk, town

__all__ = ["desk", "town"]


async def held(session: AsyncSession, photo: str) -> None:
    """No verdict came in time."""
    row = await file_of(session, photo)
    await service.give_up(session, row)


async def test_the_community_sees_what_waits_and_lets_it_be_seen(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    need, photo = await with_photo(desk, town.resident)
    place = f"/organizations/{town.community.id}/held-photos"
    assert (await desk.get(town.clerk, place))["items"] == []
    await held(session, photo)
    await tell_all(sessions)
    assert set(await inbox(session, "photo_waiting")) == {town.clerk.id}
    [one] = (await desk.get(town.clerk, place))["items"]
    assert (one["id"], one["subject_kind"], one["subject_id"]) == (photo, "need", need)
    assert one["open_to"] == ["show", "hide"]
    assert (await look(desk.client, one["photo"])).status_code == 200
    assert (await desk.post(town.clerk, f"/files/{photo}/show")).json()["status"] == "shown"
    assert (await desk.get(town.clerk, place))["items"] == []
    again = await desk.post(town.clerk, f"/files/{photo}/show")
    assert (again.status_code, again.json()["code"]) == (409, "bad_transition")
    assert await steps(session, photo) == ["upload", "attach", "hold", "show"]


async def test_a_photo_is_hidden_with_a_reason_that_its_uploader_reads(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    need, photo = await with_photo(desk, town.resident)
    await held(session, photo)
    [before] = (await desk.get(town.resident, f"/needs/{need}"))["photos"]
    assert (await desk.post(town.clerk, f"/files/{photo}/hide")).status_code == 422
    hidden = await desk.post(town.clerk, f"/files/{photo}/hide", reason="照片里有他人面部")
    assert hidden.json()["status"] == "hidden"
    await tell_all(sessions)
    assert await inbox(session, "photo_hidden") == {
        town.resident.id: "您上传的照片未予显示：照片里有他人面部。诉求照常办理。"
    }
    for who in (town.resident, town.clerk):
        [seen] = (await desk.get(who, f"/needs/{need}"))["photos"]
        assert (seen["status"], seen["photo"], seen["open_to"]) == ("hidden", None, [])
    assert (await look(desk.client, before["photo"])).status_code == 404
    row = await session.get_one(StoredBytes, (await file_of(session, photo)).id)
    await session.refresh(row)
    assert row.purge_after is not None


async def test_only_the_own_community_decides(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    _, photo = await with_photo(desk, town.resident)
    await held(session, photo)
    elsewhere = await make_staff(session, Role.COMMUNITY_CLERK, await make_community(session))
    for who, status in ((elsewhere, 404), (town.helper, 404), (town.resident, 403)):
        for action, body in (("show", {}), ("hide", {"reason": "x"})):
            answer = await desk.post(who, f"/files/{photo}/{action}", **body)
            assert answer.status_code == status
    assert (await file_of(session, photo)).status is FileStatus.HELD


async def test_before_its_time_nobody_decides(desk: Desk, town: Town) -> None:
    _, photo = await with_photo(desk, town.resident)
    for action, body in (("show", {}), ("hide", {"reason": "x"})):
        answer = await desk.post(town.clerk, f"/files/{photo}/{action}", **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "bad_transition")


async def test_silence_is_given_up_after_the_communitys_minutes_and_once(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    _, photo = await with_photo(desk, town.resident)
    row = await file_of(session, photo)
    assert row.check_due_at == row.created_at + timedelta(minutes=120)
    await service.give_up(session, row)
    await service.give_up(session, row)
    session.expire(row)
    held_back = await file_of(session, photo)
    assert (held_back.status, held_back.check_due_at) == (FileStatus.HELD, None)
    row = held_back
    await service.lapse(session, row)  # it belongs to something
    assert row.status is FileStatus.HELD


async def test_what_was_held_before_it_was_attached_waits_for_staff_from_then_on(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    photo = (await uploaded(desk, town.resident))["id"]
    await held(session, photo)
    await tell_all(sessions)
    assert await inbox(session, "photo_waiting") == {}
    need = await desk.post(
        town.resident, "/needs", words="路灯", kind="snapshot_report", photo_ids=[photo]
    )
    assert need.status_code == 201
    await tell_all(sessions)
    assert set(await inbox(session, "photo_waiting")) == {town.clerk.id}
    assert (await file_of(session, photo)).check_due_at is None


async def test_the_list_of_what_waits_is_read_in_pages(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = [make_file(town.resident, town.community, status=FileStatus.HELD) for _ in range(3)]
    for file in made:
        session.add(file)
        await session.flush()
    place = f"/organizations/{town.community.id}/held-photos?limit=2"
    first = await desk.get(town.clerk, place)
    second = await desk.get(town.clerk, f"{place}&cursor={first['next_cursor']}")
    assert [one["id"] for one in (*first["items"], *second["items"])] == [
        str(file.id) for file in made
    ]
    assert second["next_cursor"] is None
    assert (await desk.get(town.helper, place))["code"] == "forbidden"
    nowhere: Organization = await session.get_one(Organization, town.community.parent_id)
    gone = await desk.get(town.clerk, f"/organizations/{nowhere.id}/held-photos")
    assert gone["code"] == "not_found"


@pytest.mark.parametrize("purpose", ["resident_core", None])
async def test_who_leaves_takes_every_photo_along(
    desk: Desk, town: Town, session: AsyncSession, purpose: str | None
) -> None:
    _, photo = await with_photo(desk, town.resident)
    loose, of_others = make_file(town.resident), make_file(town.resident, town.community)
    own_need = await session.get_one(Need, (await file_of(session, photo)).subject_id)
    by_staff = make_file(
        town.clerk, town.community, subject_id=own_need.id, status=FileStatus.HIDDEN
    )
    session.add_all([loose, of_others, by_staff])
    await session.flush()
    listeners: list[Any]
    event: AccountClosed | ConsentWithdrawn
    if purpose is None:
        event = AccountClosed(person_id=town.resident.id)
        listeners = [leaving.on_account_closed, need_leaving.on_account_closed]
    else:
        event = ConsentWithdrawn(person_id=town.resident.id, purpose=purpose)
        listeners = [leaving.on_consent_withdrawn, need_leaving.on_consent_withdrawn]
    for listener in listeners * 2:
        await listener(session, 1, event)
    for file_id in (photo, loose.id, by_staff.id):
        assert (await file_of(session, file_id)).status is FileStatus.REMOVED
    assert (await file_of(session, of_others.id)).status is FileStatus.STORED  # of another's need
    due = select(StoredBytes.purge_after).where(StoredBytes.id == UUID(photo))
    found = await session.scalar(due)
    assert found is not None and found <= clock.now()


async def test_another_purpose_leaves_photos_alone(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    _, photo = await with_photo(desk, town.resident)
    event = ConsentWithdrawn(person_id=town.resident.id, purpose="service_address")
    await leaving.on_consent_withdrawn(session, 1, event)
    assert (await file_of(session, photo)).status is FileStatus.STORED


async def test_a_shown_photo_can_still_be_hidden(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    _, photo = await with_photo(desk, town.resident)
    await session.execute(update(File).where(File.id == photo).values(status=FileStatus.SHOWN))
    hidden = await desk.post(town.clerk, f"/files/{photo}/hide", reason="当事人要求")
    assert hidden.json() == {"id": photo, "status": "hidden"}
