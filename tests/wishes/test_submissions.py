"""How a wish comes in: what is taken, from whom, and how often."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import LargeBinary, delete, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.organization import ContentItem
from app.models.person import Consent, Person
from app.models.wish import Wish, WishStatus
from tests.factories.members import make_resident
from tests.factories.organizations import make_community
from tests.factories.people import make_person
from tests.factories.wishes import make_wish
from tests.orders.town import Desk, desk
from tests.wishes.town import Town, fresh, town, wished

__all__ = ["desk", "town"]

WORDS = {"words": "想要一个保温杯"}
WIDE = {code: code + 0xFEE0 for code in range(ord("0"), ord("9") + 1)}


async def test_one_field_is_enough_and_what_is_said_is_sealed(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await desk.post(town.resident, "/wishes", **WORDS, contact_phone="0513-8123456")
    assert made.status_code == 201, made.text
    wish = await session.get_one(Wish, made.json()["id"])
    assert (wish.contact_name, wish.contact_phone, wish.shares_phone) == (
        "李梅",
        "0513-8123456",
        True,
    )
    assert (wish.kind, wish.value_yuan, wish.resident_id) == ("goods", None, town.home.id)
    sealed = await session.scalar(select(type_coerce(Wish.contact_phone, LargeBinary)))
    assert sealed is not None and b"8123456" not in sealed


@pytest.mark.parametrize(
    ("more", "pointer", "code"),
    [
        ({"kind": "cash"}, "/kind", "cash_not_allowed"),
        ({"value_yuan": 201}, "/value_yuan", "value_too_high"),
        ({"is_for_minor": True}, "/guardian_agrees", "guardian_required"),
    ],
)
async def test_a_wish_outside_the_tenants_rules_is_refused_however_it_comes_in(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    more: dict[str, Any],
    pointer: str,
    code: str,
) -> None:
    place = f"/organizations/{town.community.id}/wishes"
    for who, path, source in (
        (town.resident, "/wishes", {}),
        (town.clerk, place, {"source": "phone"}),
    ):
        refused = await desk.post(who, path, **WORDS, **more, **source)
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["pointer"], error["code"]) == (422, pointer, code)
    assert (await session.scalars(select(Wish))).all() == []


async def test_the_rules_are_the_tenants(desk: Desk, town: Town, session: AsyncSession) -> None:
    for code, value in (("max_value_yuan", 50), ("cash_allowed", True)):
        await session.execute(
            update(ContentItem)
            .where(ContentItem.section == "wish_rules", ContentItem.code == code)
            .values(data={"value": value})
        )
    await session.commit()
    refused = await desk.post(town.resident, "/wishes", **WORDS, value_yuan=80)
    assert refused.json()["errors"][0]["message"] == "价值不超过50元"
    taken = await desk.post(town.resident, "/wishes", **WORDS, kind="cash", value_yuan=50)
    assert taken.status_code == 201


async def test_with_a_guardian_a_minor_may_wish(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    body = WORDS | {"is_for_minor": True, "guardian_agrees": True}
    made = await desk.post(town.resident, "/wishes", **body)
    wish = await session.get_one(Wish, made.json()["id"])
    assert (wish.is_for_minor, wish.guardian_agreed_at is not None) == (True, True)


async def test_without_a_consent_only_its_own_function_is_closed(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for purpose in ("service_address", "contact_at_service"):
        await session.execute(delete(Consent).where(Consent.purpose == purpose))
    await session.commit()
    refused = await desk.post(town.resident, "/wishes", **WORDS, door="3幢201室")
    assert refused.json()["errors"][0]["pointer"] == "/door"
    made = await desk.post(town.resident, "/wishes", **WORDS)
    assert (await session.get_one(Wish, made.json()["id"])).shares_phone is False
    await session.execute(delete(Consent))
    await session.commit()
    refused = await desk.post(town.resident, "/wishes", **WORDS)
    assert refused.json()["code"] == "consent_missing"


async def test_once_a_year_whoever_enters_it(desk: Desk, town: Town, session: AsyncSession) -> None:
    place = f"/organizations/{town.community.id}/wishes"
    assert (await desk.post(town.resident, "/wishes", **WORDS)).status_code == 201
    again = await desk.post(town.resident, "/wishes", **WORDS)
    assert (again.status_code, again.json()["code"]) == (409, "wish_limit")
    for more in ({"resident_id": str(town.home.id)}, {"contact_phone": town.resident.phone}):
        body = WORDS | {"source": "visit"} | more
        assert (await desk.post(town.helper, place, **body)).json()["code"] == "wish_limit"
    unknown = await desk.post(town.helper, place, **WORDS, source="visit")
    assert unknown.status_code == 201


@pytest.mark.parametrize("status", [WishStatus.REJECTED, WishStatus.WITHDRAWN])
async def test_what_came_to_nothing_or_was_last_year_does_not_count(
    desk: Desk, town: Town, session: AsyncSession, status: WishStatus
) -> None:
    await wished(session, town, status)
    long_ago = clock.day_starts(clock.today().replace(month=1, day=1))
    await wished(session, town, WishStatus.CLOSED, created_at=long_ago.replace(year=2020))
    assert (await desk.post(town.resident, "/wishes", **WORDS)).status_code == 201


async def test_a_wish_on_behalf_is_marked_and_nobody_of_another_community_enters_it(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    place = f"/organizations/{town.community.id}/wishes"
    old = await make_resident(
        session, town.community, person_id=None, name="王奶奶", phone="13712345678"
    )
    elsewhere = await make_resident(session)
    await session.commit()
    body = WORDS | {"source": "visit", "resident_id": str(old.id), "shares_phone": True}
    made = (await desk.post(town.helper, place, **body)).json()
    assert made["ask_templates"] == []
    shown = await desk.get(town.clerk, f"/wishes/{made['id']}")
    assert (shown["is_on_behalf"], shown["contact_name"], shown["contact_phone"]) == (
        True,
        "王**",
        "137****5678",
    )
    own = await desk.get(town.helper, f"/wishes/{made['id']}")
    assert (own["words"], own["open_to"]) == (WORDS["words"], [])
    wish = await session.get_one(Wish, made["id"])
    assert (wish.entered_by_id, wish.source, wish.requester_id) == (
        town.helper.id,
        "visit",
        None,
    )
    strange = await desk.post(
        town.helper, place, **WORDS, source="visit", resident_id=str(elsewhere.id)
    )
    assert strange.json()["errors"][0]["pointer"] == "/resident_id"
    source = await desk.post(town.helper, place, **WORDS, source="rumour")
    assert source.json()["errors"][0]["pointer"] == "/source"
    assert (await desk.post(town.member, place, **WORDS, source="visit")).status_code == 403


async def verify(desk: Desk, who: Person, wish: Wish, **body: Any) -> Any:
    return await desk.post(who, f"/wishes/{wish.id}/verify", **({"title": "保温杯一个"} | body))


async def test_the_public_text_names_nobody(desk: Desk, town: Town, session: AsyncSession) -> None:
    said = {"is_for_minor": True, "guardian_agreed_at": clock.now()}
    wish = await wished(session, town, WishStatus.SUBMITTED, **said)
    for title, code in (
        ("李梅想要保温杯", "names_somebody"),
        (f"电话{town.resident.phone}", "names_somebody"),
        (f"电话+86 {town.resident.phone}".translate(WIDE), "names_somebody"),
        ("实验小学的保温杯", "names_school"),
    ):
        refused = await verify(desk, town.clerk, wish, title=title)
        assert refused.json()["errors"][0] | {"message": ""} == {
            "pointer": "/title",
            "code": code,
            "message": "",
        }
    assert (await fresh(session, wish)).status is WishStatus.SUBMITTED
    assert (await verify(desk, town.clerk, wish)).json()["status"] == "verified"
    grown = await make_wish(
        session, town.community, status=WishStatus.SUBMITTED, contact_name=None, contact_phone=None
    )
    await session.commit()
    taken = await verify(desk, town.clerk, grown, title="小学门口的义务修伞")
    assert taken.json()["status"] == "verified"


async def test_that_it_is_for_a_minor_may_come_out_later(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    wish = await wished(session, town, WishStatus.SUBMITTED)
    refused = await verify(desk, town.clerk, wish, is_for_minor=True)
    assert refused.json()["errors"][0]["code"] == "guardian_required"
    assert (await fresh(session, wish)).is_for_minor is False
    taken = await verify(desk, town.clerk, wish, is_for_minor=True, guardian_agrees=True)
    assert taken.status_code == 200
    left = await fresh(session, wish)
    assert (left.is_for_minor, left.guardian_agreed_at is not None) == (True, True)


async def test_value_and_duplicate_are_looked_at_before_a_wish_is_public(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    wish = await wished(session, town, WishStatus.SUBMITTED, value_yuan=None)
    missing = await verify(desk, town.clerk, wish)
    assert missing.json()["errors"][0]["code"] == "value_required"
    high = await verify(desk, town.clerk, wish, value_yuan=201)
    assert high.json()["errors"][0]["code"] == "value_too_high"
    other = await wished(session, town, WishStatus.OPEN)
    double = await verify(desk, town.clerk, wish, value_yuan=100)
    assert (double.status_code, double.json()["code"]) == (409, "wish_limit")
    await desk.post(town.clerk, f"/wishes/{other.id}/take-down", reason="重复")
    taken = await verify(desk, town.clerk, wish, value_yuan=100)
    assert (taken.json()["status"], (await fresh(session, wish)).value_yuan) == ("verified", 100)
    published = await desk.post(town.clerk, f"/wishes/{wish.id}/publish")
    assert published.json()["status"] == "open"


async def test_nobody_of_the_staff_decides_about_his_own_wish(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    wish = await make_wish(session, town.community, town.clerk, status=WishStatus.SUBMITTED)
    await session.commit()
    assert (await verify(desk, town.clerk, wish)).json()["code"] == "own_wish"
    assert (await verify(desk, town.secretary, wish)).status_code == 200


async def test_the_community_changes_a_wish_until_it_is_claimed(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    wish = await wished(session, town)
    path = f"/wishes/{wish.id}"
    changed = await desk.patch(town.clerk, path, version=1, title="大号保温杯", value_yuan=80)
    assert changed.json()["version"] == 2
    stale = await desk.patch(town.clerk, path, version=1, title="保温杯")
    assert stale.json()["code"] == "stale_version"
    same = await desk.patch(town.clerk, path, version=2)
    assert same.json()["version"] == 2
    for body, pointer in (({"title": None}, "/title"), ({"value_yuan": 201}, "/value_yuan")):
        refused = await desk.patch(town.clerk, path, version=2, **body)
        assert refused.json()["errors"][0]["pointer"] == pointer
    claimed = (await desk.post(town.member, f"{path}/claim")).json()
    late = await desk.patch(town.clerk, path, version=claimed["version"], title="保温杯")
    assert late.json()["code"] == "bad_transition"
    assert (await fresh(session, wish)).title == "大号保温杯"


async def test_the_box_and_the_board_are_of_one_community(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await wished(session, town)
    other = await make_community(session)
    await make_wish(session, other, await make_person(session))
    await session.commit()
    for path in ("wishes?status=open", "wishes/open"):
        found = await desk.get(town.clerk, f"/organizations/{town.community.id}/{path}")
        assert len(found["items"]) == 1
    first = await desk.get(town.clerk, f"/organizations/{town.community.id}/wishes/open?limit=1")
    assert first["next_cursor"] is None
    wish = await wished(session, town)
    for who in (town.member, town.helper):
        assert (await desk.get(who, f"/wishes/{wish.id}"))["code"] == "not_found"
    for who, path in ((town.member, "wishes"), (town.helper, "wishes")):
        answer = await desk.get(who, f"/organizations/{town.community.id}/{path}")
        assert answer["code"] == "forbidden"
    for path in ("wishes", "wishes/open", "wish-claims"):
        nowhere = await desk.get(town.clerk, f"/organizations/{town.home.id}/{path}")
        assert nowhere["code"] == "not_found"


async def test_a_wish_costs_few_statements_at_every_step(
    desk: Desk, town: Town, count_statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    path, costs = "/wishes", {}
    for who, name, body in (
        (town.resident, "", WORDS),
        (town.clerk, "/verify", {"title": "保温杯一个", "value_yuan": 80, "publish": True}),
        (town.member, "/claim", {}),
        (town.member, "/deliver", {"minutes": 30}),
        (town.resident, "/answer", {"answer": "solved"}),
        (town.clerk, "/close", {}),
    ):
        with count_statements() as seen:
            answer = await desk.post(who, f"{path}{name}", **body)
        assert answer.status_code < 300, answer.text
        costs[name] = len(seen)
        path = f"/wishes/{answer.json()['id']}"
    assert max(costs.values()) <= 12, costs
