"""Policies: the nearest organization's value holds, from its day on, and never for a day before."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.organization import Organization
from app.models.person import Person, Role
from app.organizations.kinds import LEVELS
from app.permissions import Actor
from app.policies import service, shipped
from app.policies.schemas import PolicyIn
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff

SignIn = Callable[[Person], dict[str, str]]
KEY = "orders.release_cutoff_hours"
POLICIES = {entry.code: entry.data for entry in shipped.read() if entry.section == "policies"}


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    """A community of a tenant whose content is loaded."""
    return await make_community(session)


async def put(
    session: AsyncSession, organization: Any, value: Any, *, days: int = 0, key: str = KEY
) -> None:
    """The organization sets a value that holds in `days` days."""
    body = PolicyIn.model_validate(
        {
            "key": key,
            "value": value,
            "effective_on": (clock.today() + timedelta(days=days)).isoformat(),
            "basis": "会议决定",
        }
    )
    await service.set_value(session, Actor.system(), organization, body)


def test_every_policy_of_the_file_says_what_it_may_be() -> None:
    for key, form in POLICIES.items():
        assert form["set_by"] in {*LEVELS, "locked"}, key
        assert service._fits(form, form["value"]), key


async def test_every_policy_is_reached_by_its_key(
    session: AsyncSession, community: Organization
) -> None:
    found = await service.values(session, community.id, *POLICIES)
    assert found == {key: form["value"] for key, form in POLICIES.items()}


async def test_the_nearest_ancestor_wins(session: AsyncSession, community: Organization) -> None:
    assert await service.value(session, community.id, KEY) == 12
    await put(session, community.lineage[0], 24)
    await put(session, community.lineage[2], 6)
    found = await service.explain(session, community.id, KEY)
    assert found == (6, community.lineage[2], "会议决定")
    assert await service.value(session, community.lineage[1], KEY) == 24
    assert await service.values(session, community.id, KEY) == {KEY: 6}


async def test_a_value_holds_from_its_day_on(
    session: AsyncSession,
    community: Organization,
    move_clock: Callable[[timedelta], None],
) -> None:
    await put(session, community.id, 6, days=1)
    await put(session, community.id, 8)
    await put(session, community.id, 9)
    assert await service.value(session, community.id, KEY) == 9
    move_clock(timedelta(days=1))
    assert await service.value(session, community.id, KEY) == 6


async def test_a_key_that_is_none_is_a_bug(session: AsyncSession, community: Organization) -> None:
    with pytest.raises(LookupError):
        await service.value(session, community.id, "no.such")


def path(organization: Organization, key: str = "") -> str:
    """Where the policies of an organization are."""
    return f"/api/v1/organizations/{organization.id}/policies" + (f"/{key}" if key else "")


async def test_anybody_signed_in_reads_which_value_holds_and_why(
    client: AsyncClient,
    session: AsyncSession,
    community: Organization,
    sign_in: SignIn,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    headers = sign_in(await make_person(session))
    with count_statements() as seen:
        shipped = (await client.get(path(community, KEY), headers=headers)).json()
    assert len(seen) <= 2
    assert (shipped["value"], shipped["organization_id"], shipped["unit"]) == (12, None, "hour")
    await put(session, community.id, 6)
    answer = (await client.get(path(community, KEY), headers=headers)).json()
    assert (answer["value"], answer["organization_name"]) == (6, community.name)
    assert (answer["basis"], answer["set_by"]) == ("会议决定", "community")
    assert answer["effective_on"] == clock.today().isoformat()
    for url in (path(community, "no.such"), f"/api/v1/organizations/{new_id()}/policies/{KEY}"):
        assert (await client.get(url, headers=headers)).status_code == 404
    assert (await client.get(path(community, KEY))).status_code == 401


def body(**fields: Any) -> dict[str, Any]:
    """A good setting, changed by `fields`."""
    good = {"key": KEY, "value": 6, "effective_on": clock.today().isoformat(), "basis": "决定"}
    return good | fields


async def test_a_secretary_sets_the_daily_habits_of_the_community(
    client: AsyncClient, session: AsyncSession, community: Organization, sign_in: SignIn
) -> None:
    headers = sign_in(await make_staff(session, Role.COMMUNITY_SECRETARY, community))
    answer = await client.post(path(community), json=body(), headers=headers)
    assert (answer.status_code, answer.json()["value"]) == (201, 6)
    assert await service.value(session, community.id, KEY) == 6


@pytest.mark.parametrize(
    ("fields", "status", "code", "pointer"),
    [
        ({"key": "no.such"}, 422, "unknown_code", "/key"),
        ({"value": "六"}, 422, "bad_value", "/value"),
        ({"value": False}, 422, "bad_value", "/value"),
        ({"value": {}}, 422, "bad_value", "/value"),
        ({"value": 1.5}, 422, "bad_value", "/value"),
        ({"key": "community.rotation_days", "value": [1]}, 422, "bad_value", "/value"),
        ({"key": "community.rotation_days", "value": []}, 422, "bad_value", "/value"),
        ({"key": "display.mode", "value": "all"}, 422, "bad_value", "/value"),
        ({"key": "notify.digest_at", "value": "24:00"}, 422, "bad_value", "/value"),
        ({"effective_on": "2020-01-01"}, 422, "in_the_past", "/effective_on"),
        ({"basis": " "}, 422, "string_too_short", "/basis"),
        ({"key": "rating.exclude_same_household", "value": False}, 409, "policy_locked", None),
        ({"key": "rating.open_days"}, 403, "policy_above", None),
    ],
)
async def test_a_wrong_setting_says_what_is_wrong(
    client: AsyncClient,
    session: AsyncSession,
    community: Organization,
    sign_in: SignIn,
    fields: dict[str, Any],
    status: int,
    code: str,
    pointer: str | None,
) -> None:
    headers = sign_in(await make_staff(session, Role.COMMUNITY_SECRETARY, community))
    answer = await client.post(path(community), json=body(**fields), headers=headers)
    problem = answer.json()
    assert answer.status_code == status
    if pointer is None:
        assert problem["code"] == code
    else:
        assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [
            (pointer, code)
        ]


async def test_only_who_runs_the_place_sets_its_values(
    client: AsyncClient, session: AsyncSession, community: Organization, sign_in: SignIn
) -> None:
    headers = sign_in(await make_staff(session, Role.COMMUNITY_CLERK, community))
    assert (await client.post(path(community), json=body(), headers=headers)).status_code == 403
    missing = f"/api/v1/organizations/{new_id()}/policies"
    assert (await client.post(missing, json=body(), headers=headers)).status_code == 404


async def test_a_grid_sets_nothing(
    client: AsyncClient, session: AsyncSession, community: Organization, sign_in: SignIn
) -> None:
    grid = await make_organization(session, "grid", community)
    headers = sign_in(await make_staff(session, Role.COMMUNITY_SECRETARY, community))
    answer = await client.post(path(grid), json=body(), headers=headers)
    assert answer.json()["code"] == "policy_above"


@pytest.mark.parametrize(
    ("key", "value", "fits"),
    [
        ("report.annual_issue_on", "12-20", True),
        ("report.annual_issue_on", "02-30", False),
        ("report.annual_issue_on", "13-01", False),
        ("report.annual_issue_on", 1220, False),
        ("notify.quiet_from", "21:30", True),
        ("notify.quiet_from", 2130, False),
        ("satisfaction.bands", [95, 85], True),
        ("satisfaction.bands", [101], False),
        ("satisfaction.bands", 95, False),
        ("community.rotation_days", ["tue"], True),
        ("community.rotation_days", ["tue"] * 21, False),
        ("talk.satisfaction_below_percent", 101, False),
        ("talk.satisfaction_below_percent", 60, True),
        ("points.enabled", 1, False),
        ("points.enabled", True, True),
        ("notify.sms_adapter", "off", True),
    ],
)
def test_a_value_fits_its_policy_or_not(key: str, value: Any, fits: bool) -> None:
    assert service._fits(POLICIES[key], value) is fits
