"""Every kind and every source comes into one box; what is said about a member is for few eyes."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.need import NeedKind, NeedStatus, Verdict
from app.models.person import Role
from app.policies import content
from tests.factories.needs import make_need
from tests.factories.people import make_staff
from tests.needs.town import Desk, Town, desk, fresh, town

__all__ = ["desk", "town"]

COMMON = [kind for kind in NeedKind if kind is not NeedKind.ABOUT_MEMBER]


async def test_every_kind_has_a_name_in_the_content(session: AsyncSession) -> None:
    names = await content.section(session, "need_kinds")
    offered = {code for code, item in names.items() if "entry" not in item}
    assert offered == {kind.value for kind in NeedKind}


@pytest.mark.parametrize("kind", NeedKind)
async def test_one_field_is_enough_for_every_kind(
    desk: Desk, town: Town, session: AsyncSession, kind: NeedKind
) -> None:
    made = await desk.post(town.resident, "/needs", words="楼道灯坏了", kind=kind)
    assert made.status_code == 201, made.text
    need = await fresh(session, made.json()["id"])
    assert (need.kind, need.suggested_category) == (kind, "corridor_light")
    checked = Verdict.REVIEW if kind is NeedKind.ABOUT_MEMBER else Verdict.PENDING
    assert need.verdict is checked
    path = f"/organizations/{town.community.id}/needs"
    listed = (await desk.get(town.clerk, path))["items"]
    assert [item["kind"] for item in listed] == ([kind] if kind in COMMON else [])


async def test_a_snapshot_says_where_it_is(desk: Desk, town: Town) -> None:
    body = {"words": "有块砖松了", "kind": "snapshot_report", "place": "东门口"}
    made = (await desk.post(town.resident, "/needs", **body)).json()
    shown = await desk.get(town.clerk, f"/needs/{made['id']}")
    assert (shown["place"], shown["kind"]) == ("东门口", "snapshot_report")
    assert (shown["category"], shown["suggested_category"]) == (None, None)
    assert shown["is_on_behalf"] is False


@pytest.mark.parametrize(("kind", "code"), [("micro_wish", "own_entry"), ("rumour", "enum")])
async def test_what_is_no_kind_of_need_is_refused_and_a_wish_sent_to_its_own_door(
    desk: Desk, town: Town, kind: str, code: str
) -> None:
    place = f"/organizations/{town.community.id}"
    for who, path, more in (
        (town.resident, "/needs", {}),
        (town.clerk, f"{place}/needs", {"source": "phone"}),
    ):
        refused = await desk.post(who, path, words="x", kind=kind, **more)
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["pointer"], error["code"]) == (422, "/kind", code)


async def test_the_box_shows_one_kind(desk: Desk, town: Town, session: AsyncSession) -> None:
    for kind in NeedKind:
        await make_need(session, town.community, kind=kind)
    path = f"/organizations/{town.community.id}/needs"
    asked = await desk.get(town.clerk, f"{path}?kind=call_me_back")
    assert [item["kind"] for item in asked["items"]] == ["call_me_back"]


@pytest.mark.parametrize(
    "source", ["counter", "phone", "visit", "chat_group", "hotline", "meeting"]
)
async def test_every_source_comes_into_the_one_box_marked_and_with_its_number(
    desk: Desk, town: Town, source: str
) -> None:
    path = f"/organizations/{town.community.id}/needs"
    made = await desk.post(
        town.helper,
        path,
        words="路面有坑",
        source=source,
        source_number="12345-77",
        kind="complaint",
        place="北门外",
    )
    assert made.status_code == 201
    (line,) = (await desk.get(town.clerk, path))["items"]
    assert (line["source"], line["kind"], line["place"]) == (source, "complaint", "北门外")
    for reader in (town.clerk, town.helper):  # who entered it sees it, too
        shown = await desk.get(reader, f"/needs/{line['id']}")
        assert (shown["is_on_behalf"], shown["source_number"]) == (True, "12345-77")
        assert shown["contact_phone"] is None


async def test_what_is_said_about_a_member_reaches_the_secretary_and_the_subdistrict_only(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, town.resident, kind=NeedKind.ABOUT_MEMBER)
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    path = f"/organizations/{town.community.id}/needs?kind=about_member"
    for hears in (secretary, town.office):
        assert [item["id"] for item in (await desk.get(hears, path))["items"]] == [str(need.id)]
        assert (await desk.get(hears, f"/needs/{need.id}"))["words"] == need.words
    for other in (town.clerk, town.helper):
        assert (await desk.get(other, path))["code"] == "forbidden"
        assert (await desk.get(other, f"/needs/{need.id}"))["code"] == "not_found"
        refused = await desk.post(other, f"/needs/{need.id}/accept", route="own_staff")
        assert refused.status_code == 404
    own = f"/organizations/{town.community.id}/needs"
    assert (await desk.get(town.office, own))["code"] == "forbidden"


async def test_it_is_no_order_no_part_of_another_need_and_no_public_text(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, kind=NeedKind.ABOUT_MEMBER, words="路灯坏了")
    other = await make_need(session, town.community, words="路灯坏了")
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    path = f"/needs/{need.id}"
    refused = await desk.post(secretary, f"{path}/accept", route="order", category="phone_teaching")
    assert refused.json()["errors"][0]["pointer"] == "/route"
    for one, into in ((need, other), (other, need)):
        merged = await desk.post(secretary, f"/needs/{one.id}/merge", into_id=str(into.id))
        assert merged.json()["errors"][0]["pointer"] == "/into_id"
        assert await desk.get(secretary, f"/needs/{one.id}/similar") == []
    public = await desk.send("PUT", secretary, f"{path}/public-text", text="关于某人")
    assert public.json()["code"] == "bad_transition"
    answered = await desk.post(secretary, f"{path}/accept", route="answered", reply="已了解")
    assert answered.json()["status"] == "done"


async def test_handed_up_it_is_decided_by_the_subdistrict_and_seen_by_no_level_above(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    district = await make_staff(session, Role.DISTRICT_ADMIN, await above(session, town))
    for kind, seen in ((NeedKind.COMPLAINT, 200), (NeedKind.ABOUT_MEMBER, 404)):
        need = await make_need(
            session, town.community, kind=kind, status=NeedStatus.HANDED_UP, rounds=2
        )
        found = await desk.send("GET", district, f"/needs/{need.id}")
        assert found.status_code == seen
        decided = await desk.post(town.office, f"/needs/{need.id}/decide", reason="请再办")
        assert decided.json()["status"] == "accepted"


async def above(session: AsyncSession, town: Town) -> Any:
    return await session.get_one(type(town.community), town.community.lineage[1])
