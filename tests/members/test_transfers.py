"""Transfers: the old side lets go, the new one takes in; until then nothing has changed."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.members import transfers
from app.members.events import RegistrationMoved
from app.models.house import VerificationCode
from app.models.member import (
    Member,
    Registration,
    RegistrationStatus,
    RegistrationStep,
    Transfer,
    TransferStatus,
    TransferStep,
)
from app.models.order import Seat
from app.models.organization import Organization
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role
from tests.factories.members import make_member, make_registration, make_transfer
from tests.factories.orders import make_order, make_record, make_seat
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_consent
from tests.members.town import CORE, Desk, Town, desk, rostered, town

__all__ = ["desk", "town"]

S, T = RegistrationStatus, TransferStatus
Statements = Callable[[], AbstractContextManager[list[str]]]


@dataclass
class Away:
    """Where a member may move: another community with a building, another employer."""

    community: Organization
    grid: Organization
    building: Organization
    group: Organization
    secretary: Person
    clerk: Person
    employer: Organization
    branch: Organization
    employer_clerk: Person


@pytest.fixture
async def away(session: AsyncSession, town: Town) -> Away:
    community = await make_community(session, name="新城社区")
    grid = await make_organization(session, "grid", community)
    building = await make_organization(session, "building", grid)
    functional = await make_organization(session, "functional_branch", community)
    employer = await make_organization(session, "employer", town.district, name="水务局")
    return Away(
        community,
        grid,
        building,
        await make_organization(session, "functional_group", functional, grid_id=grid.id),
        await make_staff(session, Role.COMMUNITY_SECRETARY, community),
        await make_staff(session, Role.COMMUNITY_CLERK, community),
        employer,
        await make_organization(session, "employer_branch", employer),
        await make_staff(session, Role.EMPLOYER_CLERK, employer),
    )


@dataclass
class Mover:
    """A registered member, and what he asks for over HTTP."""

    desk: Desk
    person: Person
    line: Member
    row: Registration

    async def ask(self, kind: str, **body: Any) -> Any:
        return await self.desk.post(
            self.person, f"/registrations/{self.row.id}/transfers/{kind}", **body
        )


@pytest.fixture
async def mover(desk: Desk, town: Town, session: AsyncSession) -> Mover:
    """Accepted over HTTP, so that there are documents to be superseded."""
    return await registered(desk, town, session)


async def registered(desk: Desk, town: Town, session: AsyncSession, **line: Any) -> Mover:
    person, member = await rostered(session, town, **line)
    member.person_id = person.id
    row = await make_registration(
        session,
        town.community,
        person,
        member=member,
        status=S.PENDING_COMMUNITY,
        building_id=town.building.id,
        skills=["driving"],
    )
    accepted = await desk.post(town.secretary, f"/registrations/{row.id}/accept")
    assert accepted.status_code == 200, accepted.text
    return Mover(desk, person, member, await fresh(session, row.id))


async def fresh(session: AsyncSession, registration_id: Any) -> Registration:
    return await session.get_one(Registration, registration_id, populate_existing=True)


def to(away: Away, **fields: Any) -> dict[str, Any]:
    return {"community_id": str(away.community.id), "building_id": str(away.building.id)} | fields


async def actions(session: AsyncSession, table: Any, column: Any, row_id: Any) -> list[str]:
    return list(await session.scalars(select(table.action).where(column == row_id)))


async def test_a_member_moves_and_is_registered_in_one_community_at_every_moment(
    desk: Desk, town: Town, away: Away, mover: Mover, session: AsyncSession, client: AsyncClient
) -> None:
    asked = await mover.ask("community", **to(away))
    assert (asked.status_code, asked.json()["status"]) == (201, "requested"), asked.text
    path = f"/transfers/{asked.json()['id']}"
    mine = await desk.get(mover.person, "/me/registration")
    assert (mine["registration"]["status"], mine["transfer"]["to_name"]) == ("active", "新城社区")

    out = await desk.get(town.clerk, f"/organizations/{town.community.id}/transfers")
    assert [(item["id"], item["name"]) for item in out["items"]] == [(asked.json()["id"], "张*")]
    into = f"/organizations/{away.community.id}/transfers?side=in"
    assert (await desk.get(away.clerk, into))["items"] == []
    assert (await desk.get(away.clerk, f"{into}&status=requested"))["items"] != []
    seen = await desk.get(town.clerk, path)
    assert (seen["open_to"], seen["building_name"]) == (["let_go", "keep"], None)
    assert (await desk.post(town.clerk, f"{path}/let-go")).json()["status"] == "out_confirmed"

    assert [item["id"] for item in (await desk.get(away.clerk, into))["items"]] == [seen["id"]]
    seen = await desk.get(away.clerk, path)
    assert (seen["open_to"], seen["building_name"]) == (
        ["take_in", "turn_down"],
        away.building.name,
    )
    assert seen["suggested_functional_group_id"] == str(away.group.id)
    taken = (await desk.post(away.clerk, f"{path}/take-in")).json()
    assert taken["status"] == "effective"

    old = await fresh(session, mover.row.id)
    new = await fresh(session, taken["new_registration_id"])
    assert (old.status, old.reason_code, old.ended_on) == (S.ENDED, "moved", clock.today())
    assert (new.status, new.member_id, new.person_id) == (S.ACTIVE, old.member_id, old.person_id)
    assert (new.grid_id, new.functional_group_id) == (away.grid.id, away.group.id)
    assert (new.ground, new.skills) == ("residence", ["driving"])
    assert new.receipt_number != old.receipt_number
    assert await actions(session, RegistrationStep, RegistrationStep.registration_id, old.id) == [
        "accept",
        "end",
    ]
    assert await actions(session, RegistrationStep, RegistrationStep.registration_id, new.id) == [
        "transfer"
    ]
    shown = await desk.get(mover.person, path)
    assert [step["action"] for step in shown["history"]] == ["ask", "let_go", "take_in"]
    mine = (await desk.get(mover.person, "/me/registration"))["registration"]
    for codes, standing in ((old, "superseded"), (new, "valid")):
        for code in (codes.certificate_code, codes.receipt_code):
            assert (await client.get(f"/v/{code}")).json()["standing"] == standing
    assert mine["id"] == str(new.id)
    facts = await session.scalars(
        select(OutboxEntry.payload["status"].astext).where(OutboxEntry.name == "transfer.moved")
    )
    assert list(facts) == ["requested", "out_confirmed", "effective"]


async def test_the_new_community_may_place_otherwise_and_only_within_itself(
    desk: Desk, town: Town, away: Away, mover: Mover, session: AsyncSession
) -> None:
    asked = (await mover.ask("community", **to(away, building_id=None, building_text="9幢"))).json()
    path = f"/transfers/{asked['id']}"
    await desk.post(town.secretary, f"{path}/let-go")
    for body, pointer in (
        ({"grid_id": str(town.grid.id)}, "/grid_id"),
        ({"branch_id": str(town.branch.id)}, "/branch_id"),
    ):
        refused = await desk.post(away.clerk, f"{path}/take-in", **body)
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await fresh(session, mover.row.id)).status is S.ACTIVE
    taken = await desk.post(away.clerk, f"{path}/take-in", grid_id=str(away.grid.id))
    new = await fresh(session, taken.json()["new_registration_id"])
    assert (new.grid_id, new.building_id, new.building_text) == (away.grid.id, None, "9幢")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"community_id": "own"}, "/community_id"),
        ({"community_id": "closed"}, "/community_id"),
        ({"building_id": None}, "/building_id"),
        ({"building_id": "foreign"}, "/building_id"),
        ({"ground": "employer_paired"}, "/ground"),
        ({"ground": "assigned"}, "/ground_note"),
        ({"unknown": 1}, "/unknown"),
    ],
)
async def test_a_wrong_place_is_named(
    town: Town,
    away: Away,
    mover: Mover,
    session: AsyncSession,
    fields: dict[str, Any],
    pointer: str,
) -> None:
    closed = await make_community(session, takes_part=False)
    places = {"own": town.community.id, "closed": closed.id, "foreign": town.building.id}
    named = {
        name: str(places[value]) if value in places else value for name, value in fields.items()
    }
    refused = await mover.ask("community", **to(away) | named)
    assert refused.json()["errors"][0]["pointer"] == pointer, refused.text
    assert (await session.scalars(select(Transfer))).all() == []


async def test_who_leaves_the_city_moves_to_the_community_his_employer_is_paired_with(
    desk: Desk, town: Town, away: Away, mover: Mover, session: AsyncSession
) -> None:
    town.employer.paired_community_id = away.community.id
    await session.flush()
    asked = await mover.ask("community", **to(away, building_id=None, ground="employer_paired"))
    path = f"/transfers/{asked.json()['id']}"
    await desk.post(town.clerk, f"{path}/let-go")
    taken = await desk.post(away.clerk, f"{path}/take-in")
    new = await fresh(session, taken.json()["new_registration_id"])
    assert (new.ground, new.building_id) == ("employer_paired", None)


async def test_a_listed_building_stands_without_its_text(
    away: Away, mover: Mover, session: AsyncSession
) -> None:
    await mover.ask("community", **to(away, building_text="9幢"))
    row = (await session.scalars(select(Transfer))).one()
    assert (row.building_id, row.building_text) == (away.building.id, None)


async def test_only_the_side_whose_turn_it_is_may_act(
    desk: Desk, town: Town, away: Away, mover: Mover, session: AsyncSession
) -> None:
    forbidden = await desk.post(
        town.clerk, f"/registrations/{mover.row.id}/transfers/community", **to(away)
    )
    assert forbidden.status_code == 403
    asked = (await mover.ask("community", **to(away))).json()
    again = await mover.ask("community", **to(away))
    assert (again.status_code, again.json()["code"]) == (409, "transfer_under_way")
    path = f"/transfers/{asked['id']}"
    why = {"reason_code": "other", "reason_text": "还有未完成的服务"}
    stranger = await make_person(session)
    for who, step, status in (
        (away.clerk, "let-go", 403),
        (mover.person, "let-go", 403),
        (stranger, "let-go", 404),
        (town.employer_secretary, "let-go", 404),
        (town.clerk, "take-in", 403),
        (away.clerk, "take-in", 409),
        (town.clerk, "withdraw", 403),
    ):
        answer = await desk.post(who, f"{path}/{step}")
        assert answer.status_code == status, (step, answer.text)
    for who, step, status in (
        (away.clerk, "keep", 403),
        (town.clerk, "turn-down", 403),
        (away.clerk, "turn-down", 409),
    ):
        answer = await desk.post(who, f"{path}/{step}", **why)
        assert answer.status_code == status, (step, answer.text)
    assert (await desk.post(town.clerk, f"{path}/let-go")).status_code == 200
    assert (await desk.post(town.clerk, f"{path}/let-go")).json()["code"] == "bad_transition"
    assert (await desk.post(town.clerk, f"{path}/keep", **why)).status_code == 409
    assert (await desk.get(stranger, path))["code"] == "not_found"
    assert (await desk.post(town.clerk, f"/transfers/{new_id()}/let-go")).status_code == 404


async def test_a_refusal_or_a_second_thought_changes_nothing(
    desk: Desk, town: Town, away: Away, mover: Mover, session: AsyncSession
) -> None:
    before = (await fresh(session, mover.row.id)).version
    for who, step, body, status in (
        (town.clerk, "keep", {"reason_code": "other", "reason_text": "工时未核"}, "refused"),
        (away.clerk, "turn-down", {"reason_code": "not_resident"}, "refused"),
        (mover.person, "withdraw", {}, "withdrawn"),
    ):
        asked = (await mover.ask("community", **to(away))).json()
        path = f"/transfers/{asked['id']}"
        if step == "turn-down":
            await desk.post(town.clerk, f"{path}/let-go")
        moved = await desk.post(who, f"{path}/{step}", **body)
        assert moved.json()["status"] == status, moved.text
        last = (await desk.get(mover.person, path))["history"][-1]
        assert last["reason_code"] == body.get("reason_code")
        assert last["reason_text"] == body.get("reason_text")
        row = await fresh(session, mover.row.id)
        assert (row.status, row.version) == (S.ACTIVE, before)
        assert (await desk.get(mover.person, "/me/registration"))["transfer"] is None
    assert len((await session.scalars(select(Registration))).all()) == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reason_code": "mood"}, "/reason_code"),
        ({"reason_code": "wrong_organization"}, "/reason_code"),
        ({"reason_code": "other"}, "/reason_text"),
        ({}, "/reason_code"),
    ],
)
async def test_a_refusal_is_explained(
    desk: Desk,
    town: Town,
    away: Away,
    mover: Mover,
    session: AsyncSession,
    body: dict[str, Any],
    pointer: str,
) -> None:
    row = await make_transfer(session, mover.row, away.community)
    refused = await desk.post(town.clerk, f"/transfers/{row.id}/keep", **body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    kept = await session.get_one(Transfer, row.id, populate_existing=True)
    assert kept.status is T.REQUESTED


@pytest.mark.parametrize("status", [S.PENDING_COMMUNITY, S.SUSPENDED, S.ENDED])
@pytest.mark.parametrize("kind", ["community", "employer"])
async def test_only_an_active_registration_is_transferred(
    away: Away, mover: Mover, session: AsyncSession, status: RegistrationStatus, kind: str
) -> None:
    mover.row.status = status
    await session.flush()
    body = to(away) if kind == "community" else {"member_id": str(new_id())}
    refused = await mover.ask(kind, **body)
    assert refused.json()["code"] == "bad_transition"


async def test_consent_and_a_verified_phone_come_first(
    desk: Desk, away: Away, mover: Mover, session: AsyncSession
) -> None:
    bare = await make_person(session, phone_verified_at=None)
    unconsenting = await make_registration(session, None, bare)
    path = f"/registrations/{unconsenting.id}/transfers"
    for kind, body in (("community", to(away)), ("employer", {"member_id": str(new_id())})):
        refused = await desk.post(bare, f"{path}/{kind}", **body)
        assert refused.json()["code"] == "consent_missing"
    await make_consent(session, bare.id, CORE)
    refused = await desk.post(bare, f"{path}/community", **to(away))
    assert refused.json()["code"] == "phone_required"


async def test_a_protected_member_is_moved_by_the_secretaries_alone(
    desk: Desk, town: Town, away: Away, session: AsyncSession
) -> None:
    mover = await registered(desk, town, session, is_protected=True)
    asked = (await mover.ask("community", **to(away))).json()
    path = f"/transfers/{asked['id']}"
    for place, clerk, secretary, side, step in (
        (town.community, town.clerk, town.secretary, "out", "let-go"),
        (away.community, away.clerk, away.secretary, "in", "take-in"),
    ):
        listing = f"/organizations/{place.id}/transfers?side={side}"
        assert (await desk.get(clerk, listing))["items"] == []
        assert len((await desk.get(secretary, listing))["items"]) == 1
        assert (await desk.get(clerk, path))["code"] == "not_found"
        assert (await desk.post(clerk, f"{path}/{step}")).status_code == 404
        assert (await desk.post(secretary, f"{path}/{step}")).status_code == 200


async def test_records_and_seats_stay_where_they_were_made(
    desk: Desk, town: Town, away: Away, mover: Mover, session: AsyncSession
) -> None:
    order = await make_order(session, town.community)
    seat = await make_seat(session, order, mover.row)
    record = await make_record(session, mover.row)
    row = await make_transfer(
        session, mover.row, away.community, status=T.OUT_CONFIRMED, building_text="1幢"
    )
    await desk.post(away.clerk, f"/transfers/{row.id}/take-in")
    assert (await fresh(session, mover.row.id)).status is S.ENDED
    await session.refresh(record)
    kept = await session.get_one(Seat, seat.id, populate_existing=True)
    assert {kept.registration_id, record.registration_id} == {mover.row.id}
    assert (await desk.get(mover.person, f"/orders/{order.id}"))["id"] == str(order.id)
    released = await desk.post(mover.person, f"/seats/{seat.id}/release")
    assert released.status_code == 200, released.text


async def test_a_new_employer_takes_over_its_own_line_and_the_community_stays(
    desk: Desk, town: Town, away: Away, mover: Mover, session: AsyncSession
) -> None:
    line = await make_member(session, away.employer, name="张三", phone=mover.person.phone)
    offered = await desk.get(mover.person, "/me/registration-offer")
    assert [one["member_id"] for one in offered["lines"]] == [str(line.id)]
    asked = await mover.ask("employer", member_id=str(line.id))
    assert asked.status_code == 201, asked.text
    path = f"/transfers/{asked.json()['id']}"
    out = await desk.get(town.employer_clerk, f"/organizations/{town.employer.id}/transfers")
    assert [item["to_name"] for item in out["items"]] == ["水务局"]
    assert (await desk.post(town.clerk, f"{path}/let-go")).status_code == 404
    await desk.post(town.employer_clerk, f"{path}/let-go")
    assert (await fresh(session, mover.row.id)).status is S.ACTIVE
    into = await desk.get(
        away.employer_clerk, f"/organizations/{away.employer.id}/transfers?side=in"
    )
    assert len(into["items"]) == 1
    assert (await desk.get(away.employer_clerk, path))["is_on_roster"] is True
    for body, pointer in (
        ({"grid_id": str(town.grid.id)}, "/grid_id"),
        ({"branch_id": str(town.branch.id)}, "/branch_id"),
    ):
        refused = await desk.post(away.employer_clerk, f"{path}/take-in", **body)
        assert refused.json()["errors"][0]["pointer"] == pointer
    taken = await desk.post(away.employer_clerk, f"{path}/take-in", branch_id=str(away.branch.id))
    assert taken.json()["status"] == "effective", taken.text

    old = await fresh(session, mover.row.id)
    new = await fresh(session, taken.json()["new_registration_id"])
    assert (old.status, old.reason_code) == (S.ENDED, "changed_employer")
    assert (new.employer_id, new.member_id) == (away.employer.id, line.id)
    for kept in ("community_id", "grid_id", "functional_group_id", "building_id", "ground"):
        assert getattr(new, kept) == getattr(old, kept)
    issuers = await session.scalars(
        select(VerificationCode.issuer_id).where(VerificationCode.subject_id == new.id)
    )
    assert set(issuers) == {town.community.id, away.employer.id}
    former = await session.get_one(Member, mover.line.id, populate_existing=True)
    own = await session.get_one(Member, line.id, populate_existing=True)
    assert former.left_on == clock.today()
    assert (own.person_id, own.branch_id) == (mover.person.id, away.branch.id)
    assert (await desk.get(town.employer_clerk, f"/registrations/{old.id}"))["status"] == "ended"
    assert (await desk.get(away.employer_clerk, f"/registrations/{new.id}"))["status"] == "active"


async def test_who_is_on_no_roster_applies_to_the_new_employer(
    desk: Desk, town: Town, away: Away, session: AsyncSession
) -> None:
    mover = await registered(desk, town, session, party_status="probationary", is_protected=True)
    application = {"employer_id": str(away.employer.id), "name": "张三"}
    asked = (await mover.ask("employer", application=application)).json()
    path = f"/transfers/{asked['id']}"
    await desk.post(town.employer_clerk, f"{path}/let-go")
    shown = await desk.get(away.employer_clerk, path)
    assert (shown["is_on_roster"], shown["is_protected"]) == (False, True)
    taken = (await desk.post(away.employer_clerk, f"{path}/take-in")).json()
    new = await fresh(session, taken["new_registration_id"])
    line = await session.get_one(Member, new.member_id, populate_existing=True)
    assert (line.service_state, line.party_status) == ("in_service", "probationary")
    assert line.person_id == mover.person.id


@pytest.mark.parametrize("step", ["keep", "turn-down", "withdraw"])
@pytest.mark.parametrize("is_rostered", [True, False])
async def test_an_application_that_came_to_nothing_leaves_no_line(
    desk: Desk,
    town: Town,
    away: Away,
    mover: Mover,
    session: AsyncSession,
    step: str,
    is_rostered: bool,
) -> None:
    body: dict[str, Any] = {"application": {"employer_id": str(away.employer.id), "name": "张三"}}
    if is_rostered:
        line = await make_member(session, away.employer, phone=mover.person.phone)
        body = {"member_id": str(line.id)}
    asked = (await mover.ask("employer", **body)).json()
    path = f"/transfers/{asked['id']}"
    why = {"reason_code": "not_on_roster"}
    if step == "turn-down":
        await desk.post(town.employer_clerk, f"{path}/let-go")
    who = {"keep": town.employer_clerk, "turn-down": away.employer_clerk}.get(step, mover.person)
    moved = await desk.post(who, f"{path}/{step}", **({} if step == "withdraw" else why))
    assert moved.status_code == 200, moved.text
    left = await session.scalar(
        select(Member.left_on).where(Member.employer_id == away.employer.id)
    )
    assert left == (None if is_rostered else clock.today())


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/member_id"),
        ({"member_id": "own"}, "/member_id"),
        ({"application": "own"}, "/application/employer_id"),
        ({"application": "community"}, "/application/employer_id"),
        ({"member_id": "own", "application": "community"}, "/member_id"),
    ],
)
async def test_a_wrong_employer_is_named(
    town: Town, mover: Mover, session: AsyncSession, body: dict[str, str], pointer: str
) -> None:
    places = {"own": town.employer.id, "community": town.community.id}
    named: dict[str, Any] = {}
    if "member_id" in body:
        named["member_id"] = str(mover.line.id)
    if "application" in body:
        named["application"] = {"employer_id": str(places[body["application"]]), "name": "张三"}
    refused = await mover.ask("employer", **named)
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await session.scalars(select(Transfer))).all() == []


async def test_who_is_on_the_new_roster_need_not_apply_and_others_lines_are_not_found(
    away: Away, mover: Mover, session: AsyncSession
) -> None:
    await make_member(session, away.employer, phone=mover.person.phone)
    application = {"employer_id": str(away.employer.id), "name": "张三"}
    refused = await mover.ask("employer", application=application)
    assert refused.json()["code"] == "phone_on_roster"
    other = await make_member(session, away.employer)
    assert (await mover.ask("employer", member_id=str(other.id))).status_code == 404


@pytest.mark.parametrize("what", ["left", "claimed", "registered"])
async def test_a_line_that_is_no_longer_free_is_not_taken_over(
    desk: Desk, town: Town, away: Away, mover: Mover, session: AsyncSession, what: str
) -> None:
    line = await make_member(session, away.employer, phone=mover.person.phone)
    row = await make_transfer(
        session, mover.row, away.employer, status=T.OUT_CONFIRMED, new_member_id=line.id
    )
    if what == "left":
        line.left_on = clock.today()
    elif what == "claimed":
        line.person_id = (await make_person(session)).id
    else:
        await make_registration(session, town.community, member=line, channel="at_counter")
    await session.flush()
    refused = await desk.post(away.employer_clerk, f"/transfers/{row.id}/take-in")
    assert refused.status_code == 409
    code = "already_registered" if what == "registered" else "line_gone"
    assert refused.json()["code"] == code
    assert (await fresh(session, mover.row.id)).status is S.ACTIVE
    assert (await session.get_one(Member, mover.line.id, populate_existing=True)).left_on is None


async def test_what_became_inactive_meanwhile_is_not_taken_in(
    desk: Desk, away: Away, mover: Mover, session: AsyncSession
) -> None:
    row = await make_transfer(session, mover.row, away.community, status=T.OUT_CONFIRMED)
    path = f"/registrations/{mover.row.id}"
    await desk.post(mover.person, f"{path}/suspend", reason_code="illness")
    refused = await desk.post(away.clerk, f"/transfers/{row.id}/take-in")
    assert refused.json()["code"] == "bad_transition"
    await desk.post(mover.person, f"{path}/resume")
    assert (await desk.post(away.clerk, f"/transfers/{row.id}/take-in")).status_code == 200


async def test_the_end_of_a_registration_ends_its_transfer(
    away: Away, mover: Mover, session: AsyncSession
) -> None:
    line = await make_member(session, away.employer, service_state="applied")
    row = await make_transfer(session, mover.row, away.employer, new_member_id=line.id)
    for status in ("suspended", "ended", "ended"):
        event = RegistrationMoved(
            registration_id=mover.row.id, person_id=mover.person.id, action="end", status=status
        )
        await transfers.on_registration_moved(session, 1, event)
        wanted = T.REQUESTED if status == "suspended" else T.WITHDRAWN
        assert row.status is wanted
    assert await actions(session, TransferStep, TransferStep.transfer_id, row.id) == ["withdraw"]
    assert line.left_on == clock.today()


async def test_lists_go_page_by_page_and_are_for_the_organizations_people(
    desk: Desk, town: Town, away: Away, session: AsyncSession
) -> None:
    made = []
    for _ in range(3):
        person, line = await rostered(session, town)
        row = await make_registration(session, town.community, person, member=line)
        made.append(str((await make_transfer(session, row, away.community)).id))
    path = f"/organizations/{town.community.id}/transfers?limit=2"
    first = await desk.get(town.clerk, path)
    rest = await desk.get(town.clerk, f"{path}&cursor={first['next_cursor']}")
    assert [item["id"] for item in first["items"] + rest["items"]] == made
    other = await desk.get(town.clerk, f"{path}&side=in&cursor={first['next_cursor']}")
    assert other["errors"][0]["pointer"] == "/cursor"
    for who in (away.clerk, town.employer_clerk, await make_person(session)):
        assert (await desk.get(who, path))["code"] == "forbidden"
    nowhere = f"/organizations/{new_id()}/transfers"
    assert (await desk.get(town.clerk, nowhere))["code"] == "not_found"


@pytest.mark.parametrize("limit", [1, 50])
async def test_a_list_and_a_get_cost_three_statements(
    desk: Desk,
    town: Town,
    away: Away,
    session: AsyncSession,
    count_statements: Statements,
    limit: int,
) -> None:
    for _ in range(3):
        row = await make_registration(session, town.community)
        transfer = await make_transfer(session, row, away.community)
    for path in (
        f"/organizations/{town.community.id}/transfers?limit={limit}",
        f"/transfers/{transfer.id}",
    ):
        with count_statements() as seen:
            await desk.get(town.clerk, path)
        assert len(seen) == 3


async def at_once(
    client: AsyncClient, app: FastAPI, people: list[Person], path: str, body: dict[str, Any]
) -> list[Response]:
    heads = [{"Authorization": f"Bearer {app.state.tokens.sign(one.id)}"} for one in people]
    return await asyncio.gather(*(client.post(path, json=body, headers=one) for one in heads))


async def test_the_same_transfer_taken_in_and_asked_for_many_times_at_once_is_one(
    committed: FastAPI,
) -> None:
    async with committed.state.sessions.begin() as session:
        old, new = await make_community(session), await make_community(session)
        person = await make_person(session)
        await make_consent(session, person.id, CORE)
        row = await make_registration(session, old, person)
        clerks = [await make_staff(session, Role.COMMUNITY_CLERK, new) for _ in range(6)]
        keeper = await make_staff(session, Role.COMMUNITY_CLERK, old)
    transport = ASGITransport(committed, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        body = {"community_id": str(new.id), "building_text": "1幢"}
        start = f"/registrations/{row.id}/transfers/community"
        asked = await at_once(client, committed, [person] * 6, start, body)
        assert Counter(one.json().get("code") for one in asked) == {
            None: 1,
            "transfer_under_way": 5,
        }
        path = f"/transfers/{next(one.json()['id'] for one in asked if one.status_code == 201)}"
        await at_once(client, committed, [keeper], f"{path}/let-go", {})
        taken = await at_once(client, committed, clerks, f"{path}/take-in", {})
    codes = Counter(one.json().get("code", one.status_code) for one in taken)
    assert codes == {200: 1, "bad_transition": 5}
    async with committed.state.sessions() as session:
        states = await session.scalars(select(Registration.status).order_by(Registration.id))
        assert list(states) == [S.ENDED, S.ACTIVE]
