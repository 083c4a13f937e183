"""What ends a claim that nobody decided about, and what is kept of the member's own words."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.members import waiting
from app.members.applications import CORE
from app.members.events import RegistrationMoved
from app.models.member import Qualification, RegistrationStatus
from app.models.post import Claim, ClaimStatus, ClaimStep, Post
from app.posts import leaving
from tests.factories.members import make_member, make_registration
from tests.factories.posts import make_claim, make_post
from tests.orders.town import Desk, Town, desk, town
from tests.posts.town import Sessions, told, work

__all__ = ["desk", "town"]

C = ClaimStatus


async def statuses(session: AsyncSession) -> list[C]:
    await session.commit()
    return list(await session.scalars(select(Claim.status).order_by(Claim.id)))


async def test_with_a_post_end_the_claims_on_it(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    post = await make_post(session, town.community, headcount=3)
    await make_claim(session, post, town.registration, status=C.SERVING)
    await make_claim(session, post, status=C.EXIT_PENDING)
    await make_claim(session, post)
    await make_claim(session, post, status=C.COMPLETED)
    other = await make_claim(session, await make_post(session, town.community))
    await session.commit()
    for name, body in (("pause", {}), ("close", {"reason": "并入服务队"})):
        await desk.post(town.clerk, f"/posts/{post.id}/{name}", **body)
        await work(sessions)
    assert await statuses(session) == [C.ENDED, C.ENDED, C.ENDED, C.COMPLETED, C.PENDING]
    assert (await session.get_one(Post, post.id, populate_existing=True)).taken == 0
    people, text = (await told(sessions))["claim_ended"]
    assert len(people) == 3
    assert other.person_id not in people
    assert text == "书法课堂：并入服务队。"


async def test_with_the_consent_end_registration_claims_words_and_licences(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    post = await make_post(session, town.community)
    row = await make_claim(session, post, town.registration, status=C.SERVING)
    stays = await make_claim(session, post, status=C.SERVING)
    licence = {"code": "lawyer", "last_four": "1234", "verified_on": clock.today()}
    session.add(Qualification(member_id=town.registration.member_id, **licence))
    await session.commit()
    words = {"reason_code": "health", "reason_text": "膝盖手术"}
    await desk.post(town.member, f"/claims/{row.id}/exit", **words)
    gone = ConsentWithdrawn(person_id=town.member.id, purpose=CORE)
    async with sessions.begin() as own:
        await waiting.on_consent_withdrawn(own, 1, gone)
        await leaving.on_consent_withdrawn(own, 1, gone)
    await work(sessions)
    assert await statuses(session) == [C.ENDED, C.SERVING]
    assert (await session.get_one(Post, post.id, populate_existing=True)).taken == 1
    reasons = await session.scalars(select(ClaimStep.reason).order_by(ClaimStep.id))
    assert reasons.all() == [None, "registration_ended"]
    assert (await session.scalars(select(Qualification))).all() == []
    people, text = (await told(sessions))["claim_ended"]
    assert (people, text) == ({town.member.id}, "书法课堂：报到已结束。")
    assert stays.person_id not in people


async def test_other_purposes_and_pauses_end_nothing_and_a_closed_account_leaves_no_words(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    post = await make_post(session, town.community)
    row = await make_claim(session, post, town.registration, status=C.SERVING)
    await session.commit()
    words = {"reason_code": "health", "reason_text": "膝盖手术"}
    await desk.post(town.member, f"/claims/{row.id}/exit", **words)
    other = ConsentWithdrawn(person_id=town.member.id, purpose="publicity")
    await leaving.on_consent_withdrawn(session, 1, other)
    suspended = RegistrationMoved(
        registration_id=town.registration.id,
        person_id=town.member.id,
        action="suspend",
        status="suspended",
    )
    await leaving.on_registration_moved(session, 2, suspended)
    assert await session.scalar(select(ClaimStep.reason)) == "膝盖手术"
    assert await statuses(session) == [C.EXIT_PENDING]
    await leaving.on_account_closed(session, 3, AccountClosed(person_id=town.member.id))
    assert await session.scalar(select(ClaimStep.reason)) is None


async def test_who_changes_only_his_employer_serves_on_under_the_new_registration(
    town: Town, session: AsyncSession
) -> None:
    row = await make_claim(
        session, await make_post(session, town.community), town.registration, status=C.SERVING
    )
    town.registration.status = RegistrationStatus.ENDED
    member = await make_member(session, person_id=None)
    await session.flush()
    new = await make_registration(session, town.community, town.member, member=member)
    for fact in (1, 2):  # a fact may be told twice
        ended = RegistrationMoved(
            registration_id=town.registration.id,
            person_id=town.member.id,
            action="end",
            status="ended",
        )
        await leaving.on_registration_moved(session, fact, ended)
    assert await statuses(session) == [C.SERVING]
    kept = await session.get_one(Claim, row.id, populate_existing=True)
    assert kept.registration_id == new.id
