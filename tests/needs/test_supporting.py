"""Before a second need for the same thing: what there is already, and 我也是."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.identity.events import AccountClosed
from app.models.need import Need, NeedKind, NeedStatus, NeedSupporter, Verdict
from app.models.person import Person
from app.needs import leaving
from tests.factories.needs import make_need
from tests.factories.organizations import make_community
from tests.factories.people import make_person
from tests.factories.reports import make_consent
from tests.needs.town import Desk, Town, desk, fresh, make_neighbour, town

__all__ = ["desk", "town"]

LAMP: dict[str, Any] = {"kind": NeedKind.SNAPSHOT_REPORT, "words": "三楼楼道的灯坏了一直没人修"}


async def ask(desk: Desk, who: Person, words: str = "楼道灯坏了", **body: Any) -> Any:
    return (await desk.post(who, "/needs/similar", words=words, **body)).json()


async def test_a_resident_sees_that_a_neighbour_asked_for_the_same_and_nothing_of_the_neighbour(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, place="三楼右手", **LAMP)
    await make_need(session, town.community, words="想学书法", kind=NeedKind.SUGGESTION)
    (found,) = await ask(desk, town.resident)
    assert found == {
        "id": str(need.id),
        "kind": "snapshot_report",
        "status": "submitted",
        "category": None,
        "public_text": None,
        "created_at": found["created_at"],
        "supporters": 0,
    }


async def test_the_most_alike_come_first_and_the_same_matter_is_found_in_other_words(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    other_words = await make_need(
        session, town.community, words="晚上黑得看不见台阶", category="corridor_light"
    )
    alike = await make_need(session, town.community, **LAMP)
    found = await ask(desk, town.resident)
    assert [one["id"] for one in found] == [str(alike.id), str(other_words.id)]


@pytest.mark.parametrize(
    "columns",
    [
        {"kind": NeedKind.HELP_REQUEST},  # a matter of the resident's own, for all we know
        {"kind": NeedKind.HELP_REQUEST, "category": "electric_small"},  # at home
        {"category": "family"},
        {"kind": NeedKind.ABOUT_MEMBER},
        {"kind": NeedKind.PRAISE},
        {"verdict": Verdict.RISKY},
        {"status": NeedStatus.SOLVED},
        {"status": NeedStatus.MERGED},
    ],
)
async def test_what_is_nobody_elses_or_over_is_not_shown_and_nobody_stands_behind_it(
    desk: Desk, town: Town, session: AsyncSession, columns: dict[str, Any]
) -> None:
    need = await make_need(session, town.community, **(LAMP | columns))
    assert await ask(desk, town.resident, words=LAMP["words"]) == []
    refused = await desk.post(town.resident, f"/needs/{need.id}/support")
    wanted = (409, "need_closed") if "status" in columns else (404, "not_found")
    if "verdict" not in columns:
        assert (refused.status_code, refused.json()["code"]) == wanted


async def test_only_the_same_community_in_the_policys_days_and_of_others_is_compared(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await make_need(session, **LAMP)
    await make_need(session, town.community, town.resident, **LAMP)
    await make_need(session, town.community, created_at=clock.now() - timedelta(days=15), **LAMP)
    assert await ask(desk, town.resident) == []


async def test_two_of_the_rest_have_nothing_in_common(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await make_need(session, town.community, words="想学书法", category="other")
    assert await ask(desk, town.resident, category="other") == []


async def test_who_lives_nowhere_has_no_neighbours(desk: Desk, session: AsyncSession) -> None:
    found = await ask(desk, await make_person(session))
    assert found["errors"][0]["pointer"] == "/community_id"


async def test_a_neighbour_stands_behind_a_need_once_follows_it_and_may_leave(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    needs = [await make_need(session, town.community, **LAMP) for _ in range(3)]
    for need in needs:
        for _ in range(2):
            assert (await desk.post(town.resident, f"/needs/{need.id}/support")).status_code == 204
    assert [one["supporters"] for one in await ask(desk, town.resident)] == [1, 1, 1]
    box = await desk.get(town.clerk, f"/organizations/{town.community.id}/needs")
    assert [line["supporters"] for line in box["items"]] == [1, 1, 1]
    text = await desk.send(
        "PUT", town.clerk, f"/needs/{needs[2].id}/public-text", text="3号楼一带照明"
    )
    assert text.status_code == 200
    first = await desk.get(town.resident, "/me/supported-needs?limit=2")
    rest = await desk.get(
        town.resident, f"/me/supported-needs?limit=2&cursor={first['next_cursor']}"
    )
    found = first["items"] + rest["items"]
    assert [line["id"] for line in found] == [str(need.id) for need in reversed(needs)]
    assert found[0]["public_text"] == "3号楼一带照明"
    assert "words" not in found[0]
    left = await desk.send("DELETE", town.resident, f"/needs/{needs[0].id}/support")
    assert left.status_code == 204
    assert (await desk.get(town.clerk, f"/needs/{needs[0].id}"))["supporters"] == 0


async def test_the_text_for_neighbours_is_written_when_the_need_is_accepted_or_later(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, **LAMP)
    path = f"/needs/{need.id}"
    await desk.post(town.clerk, f"{path}/accept", route="own_staff", public_text="楼道照明")
    await desk.post(town.clerk, f"{path}/accept", route="own_staff")
    assert (await desk.get(town.clerk, path))["public_text"] == "楼道照明"
    await desk.send("PUT", town.clerk, f"{path}/public-text", text=None)
    assert (await fresh(session, need.id)).public_text is None
    over = await make_need(session, town.community, status=NeedStatus.UNSOLVED)
    late = await desk.send("PUT", town.clerk, f"/needs/{over.id}/public-text", text="楼道照明")
    assert late.json()["code"] == "bad_transition"
    refused = await desk.send("PUT", town.resident, f"{path}/public-text", text="x")
    assert refused.status_code == 404


async def test_who_may_not_ask_may_not_stand_behind_a_need_either(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, town.resident, **LAMP)
    path = f"/needs/{need.id}/support"
    shy = await make_person(session)
    unknown = await make_neighbour(session, town.community, phone_verified_at=None)
    far = await make_neighbour(session, await make_community(session))
    for who, code in (
        (shy, "consent_missing"),
        (unknown, "phone_required"),
        (far, "not_found"),
        (town.resident, "own_need"),
    ):
        assert (await desk.post(who, path)).json()["code"] == code


async def test_whoever_leaves_stands_behind_nothing(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, **LAMP)
    await desk.post(town.resident, f"/needs/{need.id}/support")
    await make_need(session, town.community, town.resident, place="东门口")
    await leaving.on_account_closed(session, 1, AccountClosed(person_id=town.resident.id))
    assert (await session.scalars(select(NeedSupporter))).all() == []
    own = await session.scalars(select(Need.place).where(Need.requester_id == town.resident.id))
    assert own.all() == [None]


async def test_a_need_with_a_matter_of_everybodys_is_shared_though_it_is_a_request(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await make_consent(session, town.resident.id, "guardian")
    need = await make_need(session, town.community, category="parking", words="停车位不够")
    (found,) = await ask(desk, town.resident, words="小区停车难", category="parking")
    assert (found["id"], found["category"]) == (str(need.id), "parking")
