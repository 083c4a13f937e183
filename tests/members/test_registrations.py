"""Registration: offered, submitted, confirmed, accepted, paused, ended; equal in every channel."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Forbidden, NotFound
from app.core.ids import digest, new_id
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.members import applications, offers, waiting
from app.members.applications import code_hash
from app.members.schemas import ClaimIn
from app.models.house import AccessLog, VerificationCode
from app.models.member import Member, Registration, RegistrationStatus, RegistrationStep
from app.models.organization import ContentItem
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role
from app.permissions import Actor
from tests.conftest import OwnReader
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_consent
from tests.members.town import CORE, Desk, Town, desk, rostered, town, wanted

__all__ = ["desk", "town"]

S = RegistrationStatus
Statements = Callable[[], AbstractContextManager[list[str]]]


async def waiting_one(session: AsyncSession, town: Town, **columns: Any) -> Registration:
    person, line = await rostered(session, town)
    line.person_id = person.id
    fields: dict[str, Any] = {"status": S.PENDING_COMMUNITY, "building_id": town.building.id}
    return await make_registration(session, town.community, person, member=line, **fields | columns)


async def fresh(session: AsyncSession, row: Registration) -> Registration:
    return await session.get_one(Registration, row.id, populate_existing=True)


async def test_nothing_is_offered_before_consent_and_a_verified_phone(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    person, line = await rostered(session, town)
    shown = await desk.get(person, "/me/registration-offer")
    assert [one["member_id"] for one in shown["lines"]] == [str(line.id)]
    assert (shown["lines"][0]["name"], shown["has_consent"]) == ("张*", True)
    unconsenting = await make_person(session, phone=line.phone and "13700000001")
    assert (await desk.get(unconsenting, "/me/registration-offer"))["lines"] == []


async def test_a_rostered_member_registers_and_is_accepted_with_numbers_and_codes(
    desk: Desk, town: Town, session: AsyncSession, client: AsyncClient
) -> None:
    person, line = await rostered(session, town)
    submitted = await desk.post(
        person, "/registrations", **wanted(town, member_id=str(line.id), skills=[])
    )
    assert (submitted.status_code, submitted.json()["status"]) == (201, "pending_community")
    path = f"/registrations/{submitted.json()['id']}"
    assert (await desk.get(person, "/me/registration-offer"))["lines"] == []
    accepted = (await desk.post(town.clerk, f"{path}/accept")).json()
    assert accepted["status"] == "active"
    assert accepted["grid_id"] == str(town.grid.id)
    assert accepted["functional_group_id"] == str(town.group.id)
    assert accepted["certificate_number"].startswith("BD-")
    assert accepted["receipt_number"].startswith("HZ-")
    for kind in ("certificate", "receipt"):
        page = await client.get(f"/v/{accepted[f'{kind}_code']}")
        assert page.json()["standing"] == "valid"
    mine = await desk.get(person, "/me/registration")
    assert mine["registration"]["receipt_code"] == accepted["receipt_code"]
    assert set(mine["registration"]["open_to"]) == {"suspend", "end"}
    assert [step["action"] for step in mine["registration"]["history"]] == ["submit", "accept"]
    again = await desk.post(person, "/registrations", **wanted(town, member_id=str(line.id)))
    assert again.json()["code"] == "already_registered"


async def test_before_the_first_there_is_no_registration(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    mine = await desk.get(await make_person(session), "/me/registration")
    assert (mine["registration"], mine["transfer"]) == (None, None)
    assert mine["ways"]


async def test_consent_and_phone_come_first(desk: Desk, town: Town, session: AsyncSession) -> None:
    body = wanted(town, member_id=str(new_id()))
    stranger = await make_person(session)
    assert (await desk.post(stranger, "/registrations", **body)).json()["code"] == "consent_missing"
    await make_consent(session, stranger.id, CORE)
    assert (await desk.post(stranger, "/registrations", **body)).status_code == 404
    bare = await make_person(session, phone_verified_at=None)
    await make_consent(session, bare.id, CORE)
    assert (await desk.post(bare, "/registrations", **body)).json()["code"] == "phone_required"
    with pytest.raises(Forbidden):
        await applications.claim(session, Actor(None), ClaimIn(code="ABCDEF", name="张三"))
    with pytest.raises(Forbidden):
        await applications.consenting(session, Actor(None))


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"community_id": "far"}, "/community_id"),
        ({"building_id": None}, "/building_id"),
        ({"building_id": "grid"}, "/building_id"),
        ({"compound_id": "building"}, "/compound_id"),
        ({"compound_id": "other_compound"}, "/building_id"),
        ({"ground": "employer_paired"}, "/ground"),
        ({"ground": "assigned"}, "/ground_note"),
        ({"skills": ["rocketry"]}, "/skills/0"),
        ({"availability": ["never"]}, "/availability/0"),
        ({"member_id": None}, "/member_id"),
        ({"unknown": 1}, "/unknown"),
    ],
)
async def test_a_wrong_place_or_word_is_named(
    desk: Desk, town: Town, session: AsyncSession, fields: dict[str, Any], pointer: str
) -> None:
    person, line = await rostered(session, town)
    closed = await make_community(session, takes_part=False)
    other = await make_organization(session, "compound", town.community)
    places = {
        "far": closed.id,
        "grid": town.grid.id,
        "building": town.building.id,
        "other_compound": other.id,
    }
    named = {
        name: str(places[value]) if isinstance(value, str) and value in places else value
        for name, value in fields.items()
    }
    body = wanted(town, member_id=str(line.id)) | named
    refused = await desk.post(person, "/registrations", **body)
    assert refused.json()["errors"][0]["pointer"] == pointer, refused.text
    assert (await session.scalars(select(Registration))).all() == []


async def test_free_text_and_other_grounds_are_proper_places(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    town.employer.paired_community_id = town.community.id
    await session.flush()
    for fields in (
        {"building_id": None, "building_text": "3幢"},
        {"building_id": None, "ground": "employer_paired"},
        {"building_id": None, "ground": "assigned", "ground_note": "组织安排"},
        {"compound_id": str(town.compound.id)},
    ):
        person, line = await rostered(session, town)
        made = await desk.post(
            person,
            "/registrations",
            **wanted(town, member_id=str(line.id), skills=["driving"], **fields),
        )
        assert made.status_code in (201, 422), made.text


async def test_who_is_on_no_roster_applies_and_waits_for_the_employer(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    person = await make_person(session, name="李四")
    await make_consent(session, person.id, CORE)
    for application, pointer in (
        ({"employer_id": str(town.community.id), "name": "李四"}, "/application/employer_id"),
        (
            {
                "employer_id": str(town.employer.id),
                "name": "李四",
                "branch_id": str(town.grid.id),
            },
            "/application/branch_id",
        ),
    ):
        refused = await desk.post(person, "/registrations", **wanted(town, application=application))
        assert refused.json()["errors"][0]["pointer"] == pointer
    application = {
        "employer_id": str(town.employer.id),
        "name": "李 四",
        "branch_id": str(town.branch.id),
    }
    made = (
        await desk.post(person, "/registrations", **wanted(town, application=application))
    ).json()
    assert made["status"] == "pending_employer"
    path = f"/registrations/{made['id']}"
    queue = await desk.get(town.employer_clerk, f"/organizations/{town.employer.id}/applications")
    assert [item["id"] for item in queue["items"]] == [made["id"]]
    wrong = await desk.post(
        town.employer_clerk, f"{path}/return-to-member", reason_code="not_resident"
    )
    assert wrong.json()["errors"][0]["pointer"] == "/reason_code"
    returned = await desk.post(
        town.employer_clerk, f"{path}/return-to-member", reason_code="wrong_organization"
    )
    assert returned.json()["status"] == "returned_by_employer"
    mended = await desk.post(
        person, f"{path}/resubmit", **wanted(town, branch_id=str(town.branch.id))
    )
    assert mended.json()["status"] == "pending_employer", mended.text
    foreign = await desk.post(
        town.employer_clerk, f"{path}/confirm", branch_id=str(town.community.id)
    )
    assert foreign.json()["errors"][0]["code"] == "not_of_employer"
    confirmed = await desk.post(
        town.employer_clerk, f"{path}/confirm", branch_id=str(town.branch.id)
    )
    assert confirmed.json()["status"] == "pending_community"
    line = await session.scalar(select(Member.service_state).where(Member.person_id == person.id))
    assert line == "in_service"


async def test_an_application_may_be_confirmed_as_it_is_and_is_withdrawn_without_a_trace(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for step in ("confirm", "withdraw"):
        person = await make_person(session)
        await make_consent(session, person.id, CORE)
        application = {"employer_id": str(town.employer.id), "name": "赵六"}
        made = (
            await desk.post(person, "/registrations", **wanted(town, application=application))
        ).json()
        who = town.employer_clerk if step == "confirm" else person
        moved = await desk.post(who, f"/registrations/{made['id']}/{step}")
        assert moved.status_code == 200, moved.text
    left = await session.scalar(select(Member.left_on).where(Member.service_state == "applied"))
    assert left == clock.today()


async def test_where_policy_says_always_a_rostered_member_waits_for_the_employer_too(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    rule = await session.scalar(
        select(ContentItem).where(ContentItem.code == "registration.require_employer_confirmation")
    )
    assert rule is not None
    rule.data = rule.data | {"value": "always"}
    person, line = await rostered(session, town)
    made = await desk.post(person, "/registrations", **wanted(town, member_id=str(line.id)))
    assert made.json()["status"] == "pending_employer"


async def test_a_community_returns_with_a_reason_and_may_name_another(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    row = await waiting_one(session, town)
    path = f"/registrations/{row.id}"
    other = await make_community(session)
    closed = await make_community(session, takes_part=False)
    for body, pointer in (
        ({"reason_code": "wrong_organization"}, "/reason_code"),
        ({"reason_code": "other"}, "/reason_text"),
        (
            {"reason_code": "not_resident", "suggested_community_id": str(closed.id)},
            "/suggested_community_id",
        ),
    ):
        refused = await desk.post(town.clerk, f"{path}/return", **body)
        assert refused.json()["errors"][0]["pointer"] == pointer
    returned = await desk.post(
        town.clerk,
        f"{path}/return",
        reason_code="other",
        reason_text="请到新社区",
        suggested_community_id=str(other.id),
    )
    assert returned.json()["status"] == "returned_by_community"
    person = await session.get_one(Person, row.person_id)
    mine = (await desk.get(person, "/me/registration"))["registration"]
    assert (mine["reason_code"], mine["suggested_community_id"]) == ("other", str(other.id))
    refused = await desk.post(
        person, f"{path}/resubmit", **wanted(town, branch_id=str(town.branch.id))
    )
    assert refused.json()["errors"][0]["pointer"] == "/branch_id"
    again = await desk.post(person, f"{path}/resubmit", **wanted(town))
    assert again.json()["status"] == "pending_community"


async def test_a_clerk_may_place_otherwise_than_the_building_suggests(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    row = await waiting_one(session, town)
    path = f"/registrations/{row.id}/accept"
    other = await make_organization(session, "grid", town.community)
    refused = await desk.post(town.clerk, path, grid_id=str(town.branch.id))
    assert refused.json()["errors"][0]["pointer"] == "/grid_id"
    accepted = await desk.post(town.clerk, path, grid_id=str(other.id))
    assert accepted.json()["grid_id"] == str(other.id)


async def test_many_are_accepted_at_once_each_with_its_answer(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    good, active = await waiting_one(session, town), await waiting_one(session, town)
    active_id = active.id
    path = f"/organizations/{town.community.id}/registrations/accept"
    await desk.post(town.clerk, f"/registrations/{active_id}/accept")
    nobody = new_id()
    answer = await desk.post(town.clerk, path, ids=[str(good.id), str(active_id), str(nobody)])
    assert [item["code"] for item in answer.json()["items"]] == [
        None,
        "bad_transition",
        "not_found",
    ]
    none = await desk.post(town.clerk, path, ids=[str(nobody)])
    assert [item["code"] for item in none.json()["items"]] == ["not_found"]
    stranger = await make_person(session)
    assert (await desk.post(stranger, path, ids=[str(good.id)])).status_code == 403
    nowhere = f"/organizations/{new_id()}/registrations/accept"
    assert (await desk.post(town.clerk, nowhere, ids=[str(good.id)])).status_code == 404


async def test_many_without_a_building_are_accepted_at_once(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    rows = [await waiting_one(session, town, building_id=None) for _ in range(2)]
    path = f"/organizations/{town.community.id}/registrations/accept"
    answer = await desk.post(town.clerk, path, ids=[str(row.id) for row in rows])
    assert [item["code"] for item in answer.json()["items"]] == [None, None]


async def test_a_page_of_registrations_is_accepted_in_a_few_statements(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    """Not one more for a row: the budget of a writing holds for all of them together."""
    rows = [await waiting_one(session, town) for _ in range(8)]
    ids = [row.id for row in rows]
    path = f"/organizations/{town.community.id}/registrations/accept"
    answer = await desk.post(town.clerk, path, ids=[str(one) for one in ids])
    items = {UUID(item["id"]): item for item in answer.json()["items"]}
    assert list(items) == ids
    for number in ("receipt_number", "certificate_number"):
        given = sorted(int(item[number].rpartition("-")[2]) for item in items.values())
        assert given == list(range(1, 9))
    for one in ids:
        row = await session.get_one(Registration, one, populate_existing=True)
        assert (row.status, row.version) == (S.ACTIVE, 2)
        assert row.registered_on == clock.today()
        assert (row.grid_id, row.remind_at) == (town.building.parent_id, None)
        for kind in ("receipt", "certificate"):
            code = getattr(row, f"{kind}_code")
            assert code == items[one][f"{kind}_code"]
            stored = await session.get_one(VerificationCode, digest(code))
            assert (stored.number, stored.subject_id) == (items[one][f"{kind}_number"], one)
    steps = await session.scalars(
        select(RegistrationStep.left).where(
            RegistrationStep.registration_id.in_(ids), RegistrationStep.action == "accept"
        )
    )
    assert steps.all() == [S.PENDING_COMMUNITY] * 8


async def test_a_pause_and_its_end(desk: Desk, town: Town, session: AsyncSession) -> None:
    row = await make_registration(session, town.community, member=None)
    person = await session.get_one(Person, row.person_id)
    path = f"/registrations/{row.id}"
    today = clock.today()
    for body, pointer in (
        ({"reason_code": "mood"}, "/reason_code"),
        ({"reason_code": "other"}, "/reason_text"),
        ({"reason_code": "illness", "to_on": (today - timedelta(days=1)).isoformat()}, "/to_on"),
    ):
        refused = await desk.post(person, f"{path}/suspend", **body)
        assert refused.json()["errors"][0]["pointer"] == pointer
    paused = await desk.post(
        person,
        f"{path}/suspend",
        reason_code="illness",
        to_on=(today + timedelta(days=9)).isoformat(),
    )
    assert paused.json()["status"] == "suspended"
    assert (await fresh(session, row)).due_at is not None
    assert (await desk.post(person, f"{path}/resume")).json()["status"] == "active"
    await desk.post(town.clerk, f"{path}/suspend", reason_code="illness")
    held = await fresh(session, row)
    await waiting.resume(session, held)
    assert held.status is S.ACTIVE


async def test_an_end_voids_its_documents_and_keeps_some_reasons_from_the_community(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    row = await waiting_one(session, town)
    path = f"/registrations/{row.id}"
    await desk.post(town.clerk, f"{path}/accept")
    for who, code, pointer in (
        (town.clerk, "left_party", "/reason_code"),
        (town.clerk, "withdrew_consent", "/reason_code"),
        (town.clerk, "other", "/reason_text"),
    ):
        refused = await desk.post(who, f"{path}/end", reason_code=code)
        assert refused.json()["errors"][0]["pointer"] == pointer
    ended = await desk.post(town.employer_secretary, f"{path}/end", reason_code="left_party")
    assert ended.json()["status"] == "ended"
    seen = await desk.get(town.clerk, path)
    told = await desk.get(town.employer_secretary, path)
    assert seen["reason_code"] != "left_party"
    assert told["reason_code"] == "left_party"
    assert told["building_name"] is None
    person = await session.get_one(Person, row.person_id)
    assert (await desk.get(person, "/me/registration"))["ways"]


async def test_a_claim_code_finds_the_line_once_and_only_with_the_name(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    person = await make_person(session)
    await make_consent(session, person.id, CORE)
    line = await make_member(session, town.employer, name="张三")
    line.claim_code_hash = code_hash("ABC0D1")
    line.claim_code_expires_at = clock.now() + timedelta(days=1)
    await session.flush()
    refused = await desk.post(person, "/registrations/claims", code="ABCOD1", name="李四")
    assert refused.json()["errors"][0]["pointer"] == "/code"
    claimed = await desk.post(person, "/registrations/claims", code="abcodi", name="张 三")
    assert claimed.json()["id"] == str(line.id), claimed.text
    offered = await desk.get(person, "/me/registration-offer")
    assert [one["member_id"] for one in offered["lines"]] == [str(line.id)]
    again = await desk.post(person, "/registrations/claims", code="ABC0D1", name="张三")
    assert again.status_code == 422


async def test_guessing_claim_codes_is_limited(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    person = await make_person(session)
    await make_consent(session, person.id, CORE)
    answers = [
        await desk.post(person, "/registrations/claims", code="AAAAAA", name="张三")
        for _ in range(11)
    ]
    assert (answers[0].status_code, answers[-1].status_code) == (422, 429)


async def counter_body(town: Town, **fields: Any) -> dict[str, Any]:
    return (
        wanted(town)
        | {"name": "王五", "phone": "13712345678", "employer_id": str(town.employer.id)}
        | fields
    )


async def test_the_counter_registers_at_once_and_the_member_may_link_it_later(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    path = f"/organizations/{town.community.id}/registrations/counter"
    far = await make_community(session)
    line = await make_member(session, town.employer, name="孙七", phone="13700000007")
    for fields, pointer in (
        ({"community_id": str(far.id)}, "/community_id"),
        ({"employer_id": str(far.id)}, "/employer_id"),
        ({"branch_id": str(far.id)}, "/branch_id"),
        ({"phone": line.phone}, "/phone"),
        ({"phone": "12345678901"}, "/phone"),
    ):
        refused = await desk.post(town.clerk, path, **await counter_body(town, **fields))
        assert refused.json()["errors"][0]["pointer"] == pointer
    made = await desk.post(
        town.clerk, path, **await counter_body(town, branch_id=str(town.branch.id))
    )
    assert (made.status_code, made.json()["status"]) == (201, "active"), made.text
    known = await desk.post(
        town.clerk, path, **await counter_body(town, name="孙七", phone=line.phone)
    )
    assert known.status_code == 201
    person = await make_person(session, phone="13712345678")
    await make_consent(session, person.id, CORE)
    offered = await desk.get(person, "/me/registration-offer")
    registration = offered["lines"][0]["registration_id"]
    linked = await desk.post(person, f"/registrations/{registration}/link")
    assert linked.json()["status"] == "active"
    again = await desk.post(person, f"/registrations/{registration}/link")
    assert again.status_code == 404
    nowhere = f"/organizations/{town.employer.id}/registrations/counter"
    assert (await desk.post(town.clerk, nowhere, **await counter_body(town))).status_code == 404
    stranger = await make_person(session)
    assert (await desk.post(stranger, path, **await counter_body(town))).status_code == 403


async def test_paper_keeps_a_name_and_a_number_and_stands_on_no_list(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    path = f"/organizations/{town.community.id}/registrations/paper"
    line = await make_member(session, town.employer, name="周八")
    body = {"name": "周八", "employer_id": str(town.employer.id)}
    made = (await desk.post(town.clerk, path, **body)).json()
    assert (made["status"], made["certificate_number"]) == ("active", None)
    row = await session.get_one(Registration, made["id"])
    assert (row.member_id, row.person_id, row.building_id) == (line.id, None, None)
    same = await desk.post(town.clerk, path, **body)
    assert same.json()["errors"][0]["pointer"] == "/is_another"
    other = await desk.post(town.clerk, path, **body, is_another=True)
    assert other.status_code == 201
    listing = f"/organizations/{town.community.id}/registrations?status=active"
    assert (await desk.get(town.clerk, listing))["items"] == []
    by_receipt = await desk.get(town.clerk, f"{listing}&receipt_number={made['receipt_number']}")
    assert [item["id"] for item in by_receipt["items"]] == [made["id"]]
    queue = f"/organizations/{town.employer.id}/applications?status=active"
    assert (await desk.get(town.employer_clerk, queue))["items"] == []


async def test_a_protected_member_is_on_no_list_but_the_secretarys(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    row = await waiting_one(session, town)
    line = await session.get_one(Member, row.member_id)
    line.is_protected = True
    await session.flush()
    path = f"/organizations/{town.community.id}/registrations"
    assert (await desk.get(town.clerk, path))["items"] == []
    assert len((await desk.get(town.secretary, path))["items"]) == 1
    assert (await desk.get(town.clerk, f"/registrations/{row.id}"))["code"] == "not_found"
    counter = await counter_body(town, name="张三", phone=line.phone)
    refused = await desk.post(town.clerk, f"{path}/counter", **counter)
    assert refused.status_code == 403


async def test_lists_go_page_by_page(desk: Desk, town: Town, session: AsyncSession) -> None:
    made = [str((await waiting_one(session, town)).id) for _ in range(3)]
    path = f"/organizations/{town.community.id}/registrations?limit=2"
    first = await desk.get(town.clerk, path)
    rest = await desk.get(town.clerk, f"{path}&cursor={first['next_cursor']}")
    assert [item["id"] for item in first["items"] + rest["items"]] == made
    queue = f"/organizations/{town.employer.id}/applications?status=pending_community&limit=2"
    first = await desk.get(town.employer_clerk, queue)
    rest = await desk.get(town.employer_clerk, f"{queue}&cursor={first['next_cursor']}")
    assert [item["id"] for item in first["items"] + rest["items"]] == made
    stranger = await make_person(session)
    assert (await desk.get(stranger, path))["code"] == "forbidden"
    assert (await desk.get(stranger, queue))["code"] == "forbidden"
    nowhere = f"/organizations/{new_id()}/registrations"
    assert (await desk.get(town.clerk, nowhere))["code"] == "not_found"


@pytest.mark.parametrize("limit", [1, 50])
async def test_the_communitys_list_costs_three_statements(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Statements, limit: int
) -> None:
    for _ in range(3):
        await waiting_one(session, town)
    with count_statements() as seen:
        await desk.get(
            town.clerk, f"/organizations/{town.community.id}/registrations?limit={limit}"
        )
    assert len(seen) == 3


async def test_a_building_written_by_hand_is_mapped_in_one_tap(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    rows = [
        await waiting_one(session, town, building_id=None, building_text="三幢") for _ in range(2)
    ]
    path = f"/organizations/{town.community.id}/registrations/buildings"
    refused = await desk.post(town.clerk, path, text="三幢", building_id=str(town.grid.id))
    assert refused.json()["errors"][0]["pointer"] == "/building_id"
    mapped = await desk.post(town.clerk, path, text="三幢", building_id=str(town.building.id))
    assert mapped.json() == {"changed": 2}
    row = await fresh(session, rows[0])
    assert (row.building_id, row.compound_id) == (town.building.id, town.compound.id)


async def test_each_registration_shows_what_its_own_building_suggests(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    other = await make_organization(session, "grid", town.community)
    building = await make_organization(session, "building", other)
    for place, grid, group in (
        (town.building, town.grid, str(town.group.id)),
        (building, other, None),
    ):
        row = await waiting_one(session, town, building_id=place.id)
        shown = await desk.get(town.clerk, f"/registrations/{row.id}")
        assert shown["suggested_grid_id"] == str(grid.id)
        assert shown["suggested_functional_group_id"] == group


async def test_a_contact_in_clear_is_logged_and_wants_a_reason_from_the_employer(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    row = await waiting_one(session, town)
    path = f"/registrations/{row.id}/contact"
    seen = await desk.get(town.clerk, path)
    assert seen["name"] == "张三"
    refused = await desk.get(town.employer_secretary, path)
    assert refused["errors"][0]["pointer"] == "/reason"
    seen = await desk.get(town.employer_secretary, f"{path}?reason=联系本人")
    assert seen["phone"]
    person = await session.get_one(Person, row.person_id)
    assert (await desk.get(person, path))["code"] == "forbidden"
    assert (await desk.get(await make_person(session), path))["code"] == "not_found"
    logged = (await session.scalars(select(AccessLog).order_by(AccessLog.id))).all()
    assert [(one.owner_id, one.reason) for one in logged] == [
        (row.person_id, None),
        (row.person_id, "联系本人"),
    ]


async def test_who_waits_is_reminded_of_and_a_silent_employer_is_handed_up(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    row = await waiting_one(session, town)
    await waiting.remind(session, row)
    silent = await waiting_one(session, town, status=S.PENDING_EMPLOYER)
    for _ in range(3):
        await waiting.remind(session, silent)
    done = await make_registration(session, town.community)
    await waiting.remind(session, done)
    told = await session.scalars(
        select(OutboxEntry.payload["waits_for"].astext)
        .where(OutboxEntry.name == "registration.reminded")
        .order_by(OutboxEntry.id)
    )
    assert list(told) == ["community", "employer", "district", "district"]
    queue = f"/organizations/{town.district.id}/applications"
    handed = await desk.get(town.office, queue)
    assert [item["id"] for item in handed["items"]] == [str(silent.id)]


async def test_withdrawn_consent_ends_it_and_other_purposes_do_not(
    town: Town, session: AsyncSession
) -> None:
    active = await waiting_one(session, town)
    active_row = await make_registration(session, town.community)
    pending = await waiting_one(session, town)
    for purpose in ("display_in_building", CORE):
        for row in (active, active_row, pending):
            assert row.person_id is not None
            event = ConsentWithdrawn(person_id=row.person_id, purpose=purpose)
            await waiting.on_consent_withdrawn(session, 1, event)
    states = [(await fresh(session, row)).status for row in (active, active_row, pending)]
    assert states == [S.WITHDRAWN, S.ENDED, S.WITHDRAWN]
    line = await session.get_one(Member, active_row.member_id, populate_existing=True)
    assert line.person_id is None


async def test_what_is_not_there_changes_nothing(
    desk: Desk, town: Town, session: AsyncSession, reader: OwnReader
) -> None:
    nobody = ConsentWithdrawn(person_id=new_id(), purpose=CORE)
    await waiting.on_consent_withdrawn(session, 1, nobody)
    with pytest.raises(NotFound):
        await offers.offer(reader, new_id())
    missing = await desk.post(town.clerk, f"/registrations/{new_id()}/accept")
    assert missing.status_code == 404
    row = await waiting_one(session, town)
    returned = await desk.post(
        town.clerk, f"/registrations/{row.id}/return", reason_code="not_resident"
    )
    assert returned.json()["status"] == "returned_by_community"


async def test_a_closed_account_leaves_no_person_behind(town: Town, session: AsyncSession) -> None:
    row = await make_registration(session, town.community)
    assert row.person_id is not None
    await waiting.on_account_closed(session, 1, AccountClosed(person_id=row.person_id))
    assert (await fresh(session, row)).status is S.ENDED


async def test_the_same_registration_accepted_twice_at_once_is_numbered_once(
    committed: FastAPI,
) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        row = await make_registration(session, community, status=S.PENDING_COMMUNITY)
        clerks = [await make_staff(session, Role.COMMUNITY_CLERK, community) for _ in range(6)]
    transport = ASGITransport(committed, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        answers = await asyncio.gather(
            *(
                client.post(
                    f"/api/v1/registrations/{row.id}/accept",
                    json={},
                    headers={"Authorization": f"Bearer {committed.state.tokens.sign(one.id)}"},
                )
                for one in clerks
            )
        )
    codes = Counter(answer.json().get("code", answer.status_code) for answer in answers)
    assert codes == {200: 1, "bad_transition": 5}
    async with committed.state.sessions() as session:
        steps = await session.scalars(select(RegistrationStep.action))
        assert list(steps) == ["accept"]
        taken = await session.get_one(Registration, row.id)
        assert taken.receipt_number is not None
        assert taken.receipt_number.endswith("000001")
