"""Satisfaction: one tap, pooled by votes, shown to nobody by itself. Source: practice.md G."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.need import Acceptance, NeedStatus, Route
from app.models.person import Person
from app.models.report import Rating, Satisfaction
from app.needs import acceptance, reopening
from app.needs import service as needs
from app.needs.schemas import Answer, NeedAnswerIn
from app.permissions import Actor
from app.ratings import service
from app.ratings.service import Votes
from tests.factories.members import make_member, make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order
from tests.factories.organizations import make_organization
from tests.factories.people import make_person
from tests.factories.reports import make_service

Headers = Callable[[Person], dict[str, str]]
GOOD, FAIR, BAD = Satisfaction.SATISFIED, Satisfaction.FAIR, Satisfaction.UNSATISFIED
TODAY = clock.today()


@pytest.fixture
async def resident(session: AsyncSession) -> Person:
    return await make_person(session)


async def served(session: AsyncSession, resident: Person, *, answered: bool = True) -> Any:
    """A need that an order has served, and that the resident has answered."""
    need = await make_need(
        session, requester=resident, status=NeedStatus.IN_HAND, route=Route.ORDER
    )
    order = await make_order(session)
    await acceptance.finish(session, Actor.system(), [need], order.id, [])
    if answered:
        actor = Actor(resident.id)
        await acceptance.answer(session, actor, need.id, NeedAnswerIn(answer=Answer.SOLVED))
    return need


async def rate(client: AsyncClient, head: dict[str, str], need_id: Any, **body: Any) -> Any:
    return await client.post(
        f"/api/v1/needs/{need_id}/rating", json={"satisfaction": "satisfied"} | body, headers=head
    )


async def test_a_resident_rates_once(
    client: AsyncClient, session: AsyncSession, resident: Person, sign_in: Headers
) -> None:
    need = await served(session, resident)
    head = sign_in(resident)
    assert (await rate(client, head, need.id, relays_thanks=True)).status_code == 204
    again = await rate(client, head, need.id)
    assert (again.status_code, again.json()["code"]) == (409, "rated_already")
    assert await session.scalar(select(func.count()).select_from(Rating)) == 1


async def test_each_round_is_rated_once(
    client: AsyncClient, session: AsyncSession, resident: Person, sign_in: Headers
) -> None:
    need = await served(session, resident, answered=False)
    actor, head = Actor(resident.id), sign_in(resident)
    no = NeedAnswerIn(answer=Answer.UNSOLVED, reason_code="not_done")
    await acceptance.answer(session, actor, need.id, no)
    assert (await rate(client, head, need.id, satisfaction="unsatisfied")).status_code == 204
    await reopening.reopen(session, actor, need.id, "还在漏")
    assert (await rate(client, head, need.id)).json()["code"] == "rated_already"
    again = await make_order(session)
    needs.start(session, Actor.system(), [need])
    await acceptance.finish(session, Actor.system(), [need], again.id, [])
    await acceptance.answer(session, actor, need.id, NeedAnswerIn(answer=Answer.SOLVED))
    assert (await rate(client, head, need.id)).status_code == 204
    assert (await rate(client, head, need.id)).json()["code"] == "rated_already"
    given = await session.scalars(select(Rating.satisfaction).order_by(Rating.given_at))
    assert list(given) == [BAD, GOOD]


async def test_there_is_nothing_to_rate_before_the_answer_without_an_order_or_too_late(
    client: AsyncClient,
    session: AsyncSession,
    resident: Person,
    sign_in: Headers,
    move_clock: Callable[[timedelta], None],
) -> None:
    head = sign_in(resident)
    unanswered = await served(session, resident, answered=False)
    by_staff = await make_need(session, requester=resident, status=NeedStatus.SOLVED)
    for need in (unanswered, by_staff):
        assert (await rate(client, head, need.id)).json()["code"] == "nothing_to_rate"
    silent = await served(session, resident, answered=False)
    row = (await session.scalars(select(Acceptance).where(Acceptance.need_id == silent.id))).one()
    await acceptance.silenced(session, silent, row)
    assert (await rate(client, head, silent.id)).json()["code"] == "nothing_to_rate"
    need = await served(session, resident)
    move_clock(timedelta(days=15))
    late = await rate(client, sign_in(resident), need.id)
    assert late.json()["code"] == "nothing_to_rate"


async def test_only_the_one_who_asked_rates(
    client: AsyncClient, session: AsyncSession, resident: Person, sign_in: Headers
) -> None:
    need = await served(session, resident)
    stranger = sign_in(await make_person(session))
    assert (await rate(client, stranger, need.id)).status_code == 404
    wrong = await rate(client, sign_in(resident), need.id, satisfaction="great")
    assert wrong.json()["errors"][0]["pointer"] == "/satisfaction"


async def votes(session: AsyncSession, registration_id: Any) -> Votes:
    found = await service.ballots(session, [registration_id, new_id()], TODAY, TODAY)
    return service.count(found)


async def test_a_service_is_one_vote_satisfied_when_half_are(session: AsyncSession) -> None:
    registration = await make_registration(session)
    for first, second in ((GOOD, BAD), (BAD, BAD), (FAIR, GOOD)):
        order = await make_service(session, registration, rated=first)
        need = await make_need(session)
        session.add(
            Rating(
                order_id=order.id,
                need_id=need.id,
                rater_id=(await make_person(session)).id,
                satisfaction=second,
            )
        )
    await session.flush()
    assert await votes(session, registration.id) == Votes(3, 2, 6)


async def test_the_same_resident_counts_three_times_a_year(session: AsyncSession) -> None:
    registration = await make_registration(session)
    fan = await make_person(session)
    for _ in range(5):
        await make_service(session, registration, rated=GOOD, rater=fan)
    assert await votes(session, registration.id) == Votes(3, 3, 1)


async def test_colleagues_of_the_branch_and_the_member_himself_do_not_count(
    session: AsyncSession,
) -> None:
    employer = await make_organization(session, "employer")
    branch = await make_organization(session, "employer_branch", employer)
    other = await make_organization(session, "employer_branch", employer)
    member = await make_person(session)
    line = await make_member(session, employer, member, branch_id=branch.id)
    registration = await make_registration(session, member=line, person=member)
    for place in (branch, other):
        colleague = await make_person(session)
        await make_member(session, employer, colleague, branch_id=place.id)
        await make_service(session, registration, rated=GOOD, rater=colleague)
    await make_service(session, registration, rated=GOOD, rater=member)
    await make_service(session, registration, rated=BAD)
    assert await votes(session, registration.id) == Votes(2, 1, 2)


async def test_an_employer_without_branches_is_one_branch(session: AsyncSession) -> None:
    employer = await make_organization(session, "employer")
    member, colleague = await make_person(session), await make_person(session)
    line = await make_member(session, employer, member)
    registration = await make_registration(session, member=line, person=member)
    await make_member(session, employer, colleague)
    await make_service(session, registration, rated=GOOD, rater=colleague)
    assert await votes(session, registration.id) == Votes(0, 0, 0)


async def test_raters_of_many_members_are_counted_as_people(session: AsyncSession) -> None:
    fan = await make_person(session)
    made = [await make_registration(session) for _ in range(3)]
    for registration in made:
        await make_service(session, registration, rated=GOOD, rater=fan)
        await make_service(session, registration, rated=BAD)
    found = await service.ballots(session, [each.id for each in made], TODAY, TODAY)
    assert service.count(found) == Votes(6, 3, 4)


async def test_voided_and_disputed_services_and_silence_are_no_votes(session: AsyncSession) -> None:
    registration = await make_registration(session)
    await make_service(session, registration, rated=GOOD, status="voided")
    await make_service(session, registration, rated=GOOD, status="disputed")
    await make_service(session, registration)
    assert await votes(session, registration.id) == Votes(0, 0, 0)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Votes(4, 4, 4), service.TOO_FEW),
        (Votes(20, 20, 2), service.TOO_FEW),
        (Votes(5, 5, 3), "95%以上"),
        (Votes(9, 8, 3), "85%—95%"),
        (Votes(6, 3, 3), "70%以下"),
        (Votes(10, 7, 3), "70.0%"),
        (Votes(11, 7, 3), "63.6%"),
    ],
)
def test_a_rate_is_shown_only_as_exactly_as_its_votes_allow(found: Votes, text: str) -> None:
    assert service.shown(found, least_exact=10, least_band=5, bands=[95, 85, 70]) == text
