"""群众评价 in the console: all together, as far as it may be shown; never one rater."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.need import AcceptanceStatus
from app.models.person import Role
from app.models.report import Rating, Satisfaction, ShownVotes
from app.statistics import summing
from tests.console.conftest import Visit
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_service
from tests.reports.town import Town, town

__all__ = ["town"]

Count = Callable[[], AbstractContextManager[list[str]]]


async def test_the_desk_reads_what_is_pooled_and_nobody_in_it(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    here = f"/console/communities/{town.community.id}/ratings"
    browser = await visit(town.secretary)
    page = (await browser.get(here)).text
    assert "评价较少，不计算比例" in page and "还没有请转达的感谢" in page
    assert "还没有居民答复办成没有" in page
    rater = await make_person(session, name="赵六")
    for answer in (AcceptanceStatus.SOLVED, AcceptanceStatus.PARTLY):
        await make_service(
            session, town.registration, rated=Satisfaction.SATISFIED, rater=rater, answer=answer
        )
    await session.execute(update(Rating).values(relays_thanks=True))
    session.add(
        ShownVotes(
            subject_id=town.community.id, valid=6, satisfied=6, raters=4, until_on=clock.today()
        )
    )
    await summing.rebuild(session)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, town.community)
    browser = await visit(clerk)
    with count_statements() as statements:
        shown = await browser.get(here)
    assert len(statements) <= 5 and len(shown.content) <= 60_000
    assert "（6 票）" in shown.text and "<strong>100" not in shown.text
    assert "感谢 2 次" in shown.text and "1 件" in shown.text
    assert "赵六" not in shown.text and "张三" not in shown.text
    elsewhere = await make_community(session)
    other = here.replace(str(town.community.id), str(elsewhere.id))
    assert (await browser.get(other)).status_code == 403
    assert (
        await browser.get(here.replace(str(town.community.id), str(new_id())))
    ).status_code == 404
