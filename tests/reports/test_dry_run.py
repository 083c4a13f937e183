"""What is missing is seen before the day."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models.appraisal import Panel
from app.models.organization import Organization
from app.models.record import RecordStatus
from tests.factories.appraisals import make_cycle, make_rater
from tests.factories.members import make_member
from tests.factories.orders import make_record
from tests.factories.organizations import make_community, make_organization
from tests.reports.town import PERIOD, Desk, Town, desk, draft, join, town

__all__ = ["desk", "town"]

QUERY = "?" + "&".join(f"{name}={day}" for name, day in PERIOD.items())


def area(town: Town) -> str:
    return f"/organizations/{town.community.lineage[1]}/reports/dry-run"


async def test_each_community_says_what_it_lacks(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    sheet = await draft(desk, town)
    await desk.post(town.secretary, f"/reports/{sheet}/issue")
    await join(session, town, "李四")
    await join(session, town, "王五", agrees=False)
    await make_record(session, town.registration, status=RecordStatus.DISPUTED)
    (line,) = (await desk.get(town.office, area(town) + QUERY))["items"]
    assert line | {"code": ""} == {
        "id": str(town.community.id),
        "code": "",
        "name": "学田社区",
        "has_secretary": True,
        "members": 3,
        "without_consent": 1,
        "unsigned": 1,
        "without_draft": 1,
        "records_undecided": 1,
        "panels_short": None,
    }


async def test_panels_that_lack_somebody_are_counted(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    district = await session.get_one(Organization, town.community.lineage[1])
    cycle = await make_cycle(session, district)
    for panel in (Panel.COMMUNITY, Panel.RESIDENT_REPRESENTATIVES):
        for _ in range(5):
            await make_rater(session, cycle, town.community, panel=panel)

    async def short() -> int:
        (line,) = (await desk.get(town.office, area(town) + QUERY))["items"]
        return int(line["panels_short"])

    assert await short() == 1
    branch = await make_organization(session, "functional_branch", town.community)
    group = await make_organization(session, "functional_group", branch)
    town.registration.functional_group_id = group.id
    await session.flush()
    assert await short() == 2


async def test_each_employer_says_what_it_lacks(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await make_member(session, town.employer, name="赵六")
    (line,) = (await desk.get(town.office, f"{area(town)}/employers{QUERY}"))["items"]
    assert (line["name"], line["stated_headcount"], line["not_registered"]) == ("市水务局", 5, 1)
    assert (line["members"], line["unsigned"], line["has_secretary"]) == (1, 1, True)


async def test_the_lines_go_on_in_the_order_of_codes(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    place = await make_community(session)
    place.lineage = [*town.community.lineage[:2], place.id]
    await session.flush()
    first = await desk.get(town.office, f"{area(town)}{QUERY}&limit=1")
    rest = await desk.get(town.office, f"{area(town)}{QUERY}&limit=1&cursor={first['next_cursor']}")
    codes = [(page["items"][0]["code"], page["items"][0]["id"]) for page in (first, rest)]
    assert codes == sorted(codes) and len(set(codes)) == 2
    assert rest["next_cursor"] is None


async def test_another_office_sees_nothing(desk: Desk, town: Town) -> None:
    for path in (area(town), f"{area(town)}/employers"):
        assert (await desk.get(town.secretary, path + QUERY))["code"] == "forbidden"
        wrong = await desk.get(town.office, f"{path}?period_from=x&period_to=y")
        assert wrong["status"] == 422
