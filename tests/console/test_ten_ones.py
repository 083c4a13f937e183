"""十个一: assembled from what is there; what is missing says where it would come from."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.call_up_plan import CallUpPlan
from app.models.need import Acceptance, AcceptanceStatus
from app.models.order import OrderStatus
from app.models.order_series import PlanItem
from app.models.organization import Appointment, Policy
from app.models.person import Role
from app.statistics.ten_ones import MOST_TITLES
from tests.console.conftest import Visit
from tests.factories.needs import make_need
from tests.factories.orders import make_order
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff
from tests.factories.posts import make_post

TEN = 10


async def test_what_is_not_there_is_said_with_the_place_where_it_is_added(
    session: AsyncSession, visit: Visit
) -> None:
    community = await make_community(session, name="德民社区")
    browser = await visit(await make_staff(session, Role.COMMUNITY_SECRETARY, community))
    page = await browser.get(f"/console/ten-ones/{community.id}")
    for said in ("还没有网格", "本年还没有计划项", "还没有开放的岗位", "还没有应急预案"):
        assert said in page.text
    assert f'href="/console/communities/{community.id}/plan"' in page.text
    assert "服务模板 " in page.text  # of the tenant
    unknown = await browser.get(f"/console/ten-ones/{community.lineage[0]}")
    assert unknown.status_code == 404


async def test_the_page_is_assembled_from_what_is_there(
    session: AsyncSession, visit: Visit
) -> None:
    community = await make_community(session, name="德民社区")
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, community)
    today = clock.today()
    grid = await make_organization(session, "grid", community)
    await make_post(session, community, title="周末河长岗", place="城东游园", headcount=4, taken=3)
    await make_order(
        session,
        community,
        title="加梯协商",
        marks=["secretary_project"],
        status=OrderStatus.OPEN,
        published_at=clock.now(),
    )
    need = await make_need(session, community)
    session.add_all(
        [
            Appointment(organization_id=grid.id, post="grid_owner", name="张三", from_on=today),
            Appointment(
                organization_id=grid.id,
                post="grid_volunteer",
                name="李四",
                from_on=today - timedelta(days=9),
                to_on=today - timedelta(days=1),
            ),
            Policy(
                organization_id=community.id,
                key="orders.release_cutoff_hours",
                value={"value": 12},
                effective_on=today,
                basis="会议决定",
                created_at=clock.now(),
            ),
            CallUpPlan(
                organization_id=community.id,
                kind="flood_typhoon",
                level="community",
                title="汛期预案",
                text="先转移，后排涝",
                gather_within=30,
                meeting_points=[],
                posts=[],
            ),
            Acceptance(
                need_id=need.id,
                round=0,
                status=AcceptanceStatus.SOLVED,
                answered_at=clock.now(),
            ),
            *(
                PlanItem(
                    community_id=community.id,
                    title=f"邻居节{number}",
                    month=today.replace(month=5, day=1),
                    template="neighbor_festival",
                )
                for number in range(MOST_TITLES + 2)
            ),
        ]
    )
    await session.flush()
    browser = await visit(secretary)
    page = await browser.get(f"/console/ten-ones/{community.id}")
    for said in (
        *(
            "网格 1",
            "网格责任人（专职网格员） 1",
            "正在接单的服务 1",
            "本社区自行设定 1",
            "城东游园",
        ),
        *("计划项 26", "5月　邻居节0", "另有2项", "居民确认结果 1", "名额 4，在岗 3"),
        *("周末河长岗", "加梯协商", "汛期预案"),
    ):
        assert said in page.text, said
    assert "张三" not in page.text and "网格志愿者" not in page.text
    before = await browser.get(f"/console/ten-ones/{community.id}?year={today.year - 1}")
    assert "本年还没有书记项目" in before.text and "网格 1" in before.text
    assert before.text.count("<h2") >= TEN
