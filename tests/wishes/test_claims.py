"""Claims on wishes: by whom, given up, taken back, expired; the contact while one lives."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Member
from app.models.organization import OrganizationRegistration, PairingStatus
from app.models.person import Person, Role
from app.models.wish import Wish, WishClaim, WishStatus
from tests.factories.members import make_registration
from tests.factories.organizations import make_community, make_employer, make_organization
from tests.factories.people import make_person, make_staff
from tests.orders.town import Desk, desk
from tests.posts.town import Sessions, told, work
from tests.wishes.town import Town, claim_of, fresh, step, town, wished

__all__ = ["desk", "town"]

MoveClock = Callable[[timedelta], None]
S = WishStatus


async def contact(desk: Desk, who: Person, wish: Wish, reason: str | None = None) -> Any:
    query = "" if reason is None else f"?reason={reason}"
    return await desk.get(who, f"/wishes/{wish.id}/contact{query}")


async def test_who_may_claim(desk: Desk, town: Town, session: AsyncSession) -> None:
    wish = await wished(session, town)
    stranger = await make_person(session)
    elsewhere = (await make_registration(session)).person_id
    outsider = await session.get_one(Person, elsewhere)
    await make_registration(session, town.community, town.resident)
    await session.commit()
    for who in (stranger, outsider, town.clerk):
        answer = await step(desk, who, wish, "claim")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    own = await step(desk, town.resident, wish, "claim")
    assert (own.status_code, own.json()["code"]) == (409, "own_wish")
    assert (await step(desk, town.member, wish, "claim")).status_code == 200
    again = await step(desk, town.member, wish, "claim")
    assert (again.status_code, again.json()["code"]) == (409, "wish_taken")


@pytest.mark.parametrize("status", [S.SUBMITTED, S.VERIFIED, S.REJECTED, S.WITHDRAWN])
async def test_what_is_on_no_board_is_not_found(
    desk: Desk, town: Town, session: AsyncSession, status: S
) -> None:
    wish = await wished(session, town, status)
    assert (await step(desk, town.member, wish, "claim")).status_code == 404


async def test_a_branch_and_a_paired_employer_claim_in_their_own_names(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    branch = await make_organization(session, "functional_branch", town.community)
    speaks = await make_staff(session, Role.BRANCH_SECRETARY, branch, name="赵六")
    deputy = await make_staff(session, Role.BRANCH_DEPUTY, branch)
    employer = await make_employer(session)
    boss = await make_staff(session, Role.EMPLOYER_SECRETARY, employer)
    wish = await wished(session, town)
    for who, unit, code in (
        (speaks, employer.id, "forbidden"),
        (speaks, town.community.id, "invalid"),
        (speaks, None, "invalid"),
        (boss, employer.id, "forbidden"),
    ):
        body = {} if unit is None else {"organization_id": str(unit)}
        assert (await step(desk, who, wish, "claim", **body)).json()["code"] == code
    pairing = OrganizationRegistration(
        employer_id=employer.id,
        community_id=town.community.id,
        proposed_by="employer",
        status=PairingStatus.ACTIVE,
    )
    session.add(pairing)
    await session.commit()
    taken = await step(desk, boss, wish, "claim", organization_id=str(employer.id))
    assert taken.status_code == 200, taken.text
    far = await make_organization(session, "functional_branch", await make_community(session))
    both = await make_staff(session, Role.BRANCH_SECRETARY, far)
    await make_registration(session, town.community, both)
    await session.commit()
    assert (await step(desk, boss, wish, "cancel", reason="已另行安排")).json()["status"] == "open"
    other = await step(desk, both, wish, "claim", organization_id=str(far.id))
    assert other.json()["code"] == "not_of_community"
    assert (
        await step(desk, speaks, wish, "claim", organization_id=str(branch.id))
    ).status_code == 200
    (line,) = (await desk.get(deputy, f"/organizations/{branch.id}/wish-claims"))["items"]
    assert (line["title"], line["status"]) == ("保温杯一个", "active")
    refused = await desk.get(town.member, f"/organizations/{branch.id}/wish-claims")
    assert refused["code"] == "forbidden"
    assert (await contact(desk, deputy, wish))["door"] == "3幢201室"
    assert (await step(desk, deputy, wish, "deliver", minutes=30)).json()["status"] == "delivered"
    shown = await desk.get(town.resident, f"/wishes/{wish.id}")
    assert shown["claim"]["claimer"] == branch.name
    await step(desk, town.resident, wish, "answer", answer="solved")
    assert (await step(desk, town.clerk, wish, "close")).json()["status"] == "closed"
    await work(sessions)
    heard = await told(sessions)
    assert heard["wish_came_true"][0] == {speaks.id, deputy.id}
    assert heard["wish_claimed"][1].startswith(f"“保温杯一个”由{branch.name}认领")
    assert "record_added" not in heard


async def test_the_beneficiary_delivers_nothing_to_himself(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    branch = await make_organization(session, "functional_branch", town.community)
    speaks = await make_staff(session, Role.BRANCH_SECRETARY, branch)
    wish = await wished(session, town)
    wish.requester_id = (await make_staff(session, Role.BRANCH_DEPUTY, branch)).id
    await session.commit()
    await step(desk, speaks, wish, "claim", organization_id=str(branch.id))
    own = await step(desk, await session.get_one(Person, wish.requester_id), wish, "deliver")
    assert own.json()["code"] == "own_wish"


async def test_given_up_or_taken_back_a_wish_is_open_again_and_its_contact_closed(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    wish = await wished(session, town)
    for who, name, body, status in (
        (town.member, "cancel", {}, "cancelled"),
        (town.clerk, "revoke", {"reason": "联系不上"}, "revoked"),
    ):
        await step(desk, town.member, wish, "claim")
        assert (await contact(desk, town.member, wish))["name"] == "李梅"
        left = (await step(desk, who, wish, name, **body)).json()
        assert (left["status"], left["due_at"]) == ("open", None)
        assert (await claim_of(session, wish)).status == status
        assert (await contact(desk, town.member, wish))["code"] == "forbidden"
        shown = await desk.get(town.member, f"/wishes/{wish.id}")
        assert (shown["contact_name"], shown["claim"], shown["open_to"]) == ("李*", None, [])
    await work(sessions)
    heard = await told(sessions)
    assert heard["wish_claim_over"] == ({town.member.id}, "“保温杯一个”：联系不上。")
    assert heard["wish_unclaimed"][0] == {town.clerk.id, town.secretary.id}
    assert heard["wish_open_again"][0] == {town.resident.id}


async def test_what_is_delivered_is_neither_given_up_nor_taken_back(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    wish = await wished(session, town, S.DELIVERED)
    for who, name, body in (
        (town.member, "cancel", {}),
        (town.clerk, "revoke", {"reason": "x"}),
        (town.member, "deliver", {}),
        (town.resident, "withdraw", {}),
        (town.clerk, "take-down", {"reason": "x"}),
        (town.clerk, "settle", {"reason": "x"}),
        (town.clerk, "close", {}),
    ):
        answer = await step(desk, who, wish, name, **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "bad_transition"), name
    open_one = await wished(session, town)
    answer = await step(desk, town.clerk, open_one, "revoke", reason="x")
    assert answer.json()["code"] == "bad_transition"


async def test_a_claim_expires_after_the_tenants_days_and_the_claimer_is_warned(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    wish = await wished(session, town)
    await step(desk, town.member, wish, "claim")
    move_clock(timedelta(days=14, minutes=1))
    await work(sessions)
    assert (await told(sessions))["wish_due"][0] == {town.member.id}
    move_clock(timedelta(days=15, minutes=1))
    late = await contact(desk, town.member, wish)  # before the worker comes
    assert late["code"] == "wish_contact_closed"
    await work(sessions)
    left = await fresh(session, wish)
    assert (left.status, left.due_at, left.remind_at) == (S.OPEN, None, None)
    assert (await claim_of(session, wish)).status == "expired"
    heard = await told(sessions)
    assert heard["wish_claim_over"] == ({town.member.id}, "“保温杯一个”：认领期已满。")
    assert town.resident.id in heard["wish_open_again"][0]
    assert (await step(desk, town.member, wish, "claim")).status_code == 200


async def test_the_contact_is_the_claimers_and_the_staff_says_why_it_looks(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    wish = await wished(session, town, S.CLAIMED, shares_phone=False)
    found = await contact(desk, town.member, wish)
    assert (found["phone"], found["door"]) == (None, "3幢201室")
    for who in (town.helper, town.resident):
        assert (await contact(desk, who, wish))["code"] == "forbidden"
    missing = await contact(desk, town.clerk, wish)
    assert missing["errors"][0]["pointer"] == "/reason"
    told_why = await contact(desk, town.clerk, wish, "回访核实")
    assert (told_why["phone"], told_why["until"]) == (town.resident.phone, None)
    stranger = await make_person(session)
    await session.commit()
    assert (await contact(desk, stranger, wish))["code"] == "not_found"
    looks = await desk.get(town.resident, f"/wishes/{wish.id}/looks?limit=1")
    (look,) = looks["items"]
    assert (look["by_role"], look["reason"]) == ("community_staff", "回访核实")
    more = await desk.get(
        town.resident, f"/wishes/{wish.id}/looks?limit=1&cursor={looks['next_cursor']}"
    )
    assert [one["by_role"] for one in more["items"]] == ["wish_claimer"]
    assert (await desk.get(town.member, f"/wishes/{wish.id}/looks"))["code"] == "not_found"
    await step(desk, town.member, wish, "deliver")
    assert (await contact(desk, town.member, wish))["code"] == "wish_contact_closed"


async def test_a_protected_member_is_named_to_the_secretary_alone(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    wish = await wished(session, town)
    await step(desk, town.member, wish, "claim")
    seen = {}
    for is_protected in (False, True):
        await session.execute(
            update(Member)
            .where(Member.id == town.registration.member_id)
            .values(is_protected=is_protected)
        )
        await session.commit()
        for who in (town.secretary, town.clerk, town.resident):
            shown = await desk.get(who, f"/wishes/{wish.id}")
            seen[who.id, is_protected] = shown["claim"]["claimer"]
    assert seen == {
        (town.secretary.id, False): "张三",
        (town.clerk.id, False): "张三",
        (town.resident.id, False): "张同志",
        (town.secretary.id, True): "张三",
        (town.clerk.id, True): "党员",
        (town.resident.id, True): "党员",
    }
    await work(sessions)
    assert (await told(sessions))["wish_claimed"][1].startswith("“保温杯一个”由党员认领，")


async def test_lists_go_on_page_by_page(desk: Desk, town: Town, session: AsyncSession) -> None:
    for _ in range(3):
        await wished(session, town, S.CLAIMED)
        await wished(session, town)
    place = f"/organizations/{town.community.id}"
    for who, path in (
        (town.member, "/me/wish-claims?limit=2"),
        (town.clerk, f"{place}/wishes/open?limit=2"),
        (town.clerk, f"{place}/wishes?status=claimed&limit=2"),
    ):
        first = await desk.get(who, path)
        rest = await desk.get(who, f"{path}&cursor={first['next_cursor']}")
        ids = [one["id"] for one in first["items"] + rest["items"]]
        assert (len(ids), ids) == (3, sorted(ids, reverse=True))
    claims = await session.scalars(select(WishClaim.created_at))
    assert all(moment <= clock.now() for moment in claims)
