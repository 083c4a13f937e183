"""A joint meeting praises, two people confirm, and nobody is named in public who does not agree."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.commendation import CommendationKind, CommendationStep
from app.models.member import Registration
from app.models.organization import Policy
from app.models.person import Person, Role, RoleGrant
from app.models.post import ClaimStatus
from app.models.report import Notification
from app.models.suggestion import Advice, Suggestion
from tests.evaluations.test_objections import of
from tests.evaluations.test_suggestions import decide, proposed
from tests.evaluations.town import PERIOD, TODAY, Sessions, Town, join, rate, told, town, work
from tests.factories.posts import make_claim, make_post
from tests.factories.reports import make_consent
from tests.orders.town import Desk, desk

__all__ = ["desk", "town"]

MoveClock = Callable[[timedelta], None]
NOTICE = "publicity_of_commendation"
QUOTA, LEAST = "commendation.quota_percent", "commendation.quota_least"


async def fulfil(desk: Desk, town: Town, session: AsyncSession, members: int = 7) -> None:
    """The community has so many members, and the one of the story fulfils the rule."""
    for _ in range(members - 1):
        await join(session, town)
    await rate(session, town.registration, good=6)
    await proposed(desk, town)


async def say(session: AsyncSession, town: Town, key: str, value: int) -> None:
    """The community's city has decided so."""
    session.add(
        Policy(
            organization_id=town.community.lineage[0],
            key=key,
            value={"value": value},
            effective_on=TODAY,
            basis="会议纪要",
            created_at=clock.now(),
        )
    )
    await session.commit()


async def meet(desk: Desk, town: Town, *registrations: Registration, **body: Any) -> Any:
    """What the meeting has proposed, or the refusal."""
    wanted = [str(each.id) for each in registrations or (town.registration,)]
    path = f"/organizations/{town.community.id}/commendations"
    return (await desk.post(town.secretary, path, registration_ids=wanted, **PERIOD | body)).json()


async def step(desk: Desk, who: Person, made: str, name: str, **body: Any) -> Any:
    """The status after the step, or the code of the refusal."""
    answer = (await desk.post(who, f"/commendations/{made}/{name}", **body)).json()
    return answer.get("code", answer.get("status"))


async def notice(desk: Desk, town: Town) -> Any:
    """What everybody may read, without a login."""
    path = f"/api/v1/organizations/{town.community.id}/commendation-notice"
    return (await desk.client.get(path)).json()["items"]


async def test_a_recommendation_hangs_by_consent_and_then_stands(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    await fulfil(desk, town, session)
    post = await make_post(session, town.community, title="书法课堂")
    await make_claim(session, post, town.registration, status=ClaimStatus.SERVING)
    await session.commit()
    made = (await meet(desk, town))["items"][0]["id"]
    await work(sessions)
    assert await told(session, town.leader) == ["commendation_to_confirm"]
    assert (await desk.get(town.member, "/me/commendations"))["items"] == []
    assert await step(desk, town.secretary, made, "confirm") == "forbidden"
    assert await step(desk, town.leader, made, "confirm") == "confirmed"
    await work(sessions)
    assert await told(session, town.member) == ["commendation_to_agree"]
    assert await step(desk, town.member, made, "agree") == "consent_missing"
    await make_consent(session, town.member.id, NOTICE)
    await session.commit()
    assert await notice(desk, town) == []
    assert await step(desk, town.member, made, "agree") == "on_notice"
    (line,) = await notice(desk, town)
    assert (line["name"], line["posts"], set(line)) == (
        "张三",
        ["书法课堂"],
        {"name", "posts", "until"},
    )
    move_clock(timedelta(days=15))
    await work(sessions)
    assert await notice(desk, town) == []
    assert await told(session, town.member) == [
        "commendation_to_agree",
        "commendation_on_notice",
        "commendation_stands",
    ]
    (praise,) = (await of(session, town.registration)).commendations
    assert praise.kind is CommendationKind.RECOMMEND
    ours = (await proposed(desk, town))[str(town.registration.id)]
    assert ours["phrases"][0] == "outstanding"
    assert (await decide(desk, town, **{ours["id"]: "recommend_first"})).status_code == 200
    assert (await of(session, town.registration)).suggestion == "recommend_first"
    assert await step(desk, town.member, made, "withdraw", reason="x") == "forbidden"
    assert await step(desk, town.secretary, made, "withdraw", reason="情况有变") == "withdrawn"
    await work(sessions)
    assert (await of(session, town.registration)).commendations == []
    text = await session.scalar(
        select(Notification.text).where(Notification.message == "commendation_withdrawn")
    )
    assert text == "情况有变。"
    steps = await session.scalars(select(CommendationStep.action).order_by(CommendationStep.id))
    assert [*steps] == ["propose", "confirm", "agree", "stand", "withdraw"]


async def test_only_who_fulfils_the_rule_and_no_more_than_the_share(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await fulfil(desk, town, session, members=6)
    await say(session, town, LEAST, 0)
    assert (await meet(desk, town))["code"] == "quota_reached"  # 15 % of six is nobody
    second = await join(session, town)
    await session.commit()
    refused = await meet(desk, town, town.registration, second)
    assert refused["errors"][0]["code"] == "not_eligible"
    assert (await meet(desk, town))["items"][0]["status"] == "proposed"
    assert (await meet(desk, town))["code"] in ("quota_reached", "already_commended")
    swapped = {"period_from": PERIOD["period_to"], "period_to": PERIOD["period_from"]}
    assert (await meet(desk, town, **swapped))["errors"][0]["code"] == "bad_period"


async def test_a_small_community_recommends_one_and_no_second(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await fulfil(desk, town, session, members=6)
    second = await join(session, town)
    session.add(
        Suggestion(
            registration_id=second.id,
            community_id=town.community.id,
            period_from=date.fromisoformat(PERIOD["period_from"]),
            period_to=date.fromisoformat(PERIOD["period_to"]),
            proposed=Advice.RECOMMEND_FIRST,
            reasons=[],
        )
    )
    # of seven, too, 15 % is less than two
    await session.commit()
    assert (await meet(desk, town, town.registration, second))["code"] == "quota_reached"
    assert (await meet(desk, town))["items"][0]["status"] == "proposed"
    assert (await meet(desk, town, second))["code"] == "quota_reached"


async def test_a_share_of_nothing_is_nobody(desk: Desk, town: Town, session: AsyncSession) -> None:
    await fulfil(desk, town, session, members=6)
    await say(session, town, QUOTA, 0)
    assert (await meet(desk, town))["code"] == "quota_reached"


async def test_a_member_is_recommended_once_in_a_period(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await fulfil(desk, town, session, members=14)
    assert (await meet(desk, town))["items"][0]["status"] == "proposed"
    assert (await meet(desk, town))["code"] == "already_commended"


async def test_a_letter_is_passed_on_when_two_have_confirmed(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    assert (await meet(desk, town, kind="letter"))["errors"][0]["code"] == "words_required"
    said = {"kind": "letter", "words": "雨夜帮助转移老人，居民很感谢。"}
    made = (await meet(desk, town, **said))["items"][0]["id"]
    assert await step(desk, town.leader, made, "confirm") == "standing"
    await work(sessions)
    text = await session.scalar(
        select(Notification.text).where(Notification.person_id == town.member.id)
    )
    assert text == said["words"]
    (line,) = (await desk.get(town.leader, f"/organizations/{town.branch.id}/commendations"))[
        "items"
    ]
    assert (line["kind"], line["open_to"]) == ("letter", ["withdraw"])


async def test_two_of_two_organizations(desk: Desk, town: Town, session: AsyncSession) -> None:
    session.add(
        RoleGrant(
            person_id=town.secretary.id,
            role=Role.BRANCH_SECRETARY,
            organization_id=town.branch.id,
            valid_from=TODAY,
        )
    )
    await session.commit()
    made = (await meet(desk, town, kind="thanks", words="谢谢"))["items"][0]["id"]
    assert await step(desk, town.secretary, made, "confirm") == "same_person"
    assert await step(desk, town.member, made, "confirm") == "not_found"
    assert await step(desk, town.leader, made, "refuse", reason="情况不符") == "refused"
    assert (await desk.get(town.member, "/me/commendations"))["items"] == []


async def test_silence_and_no_are_no_agreement(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    await fulfil(desk, town, session)
    made = (await meet(desk, town))["items"][0]["id"]
    await step(desk, town.leader, made, "confirm")
    move_clock(timedelta(days=15))
    await work(sessions)
    (line,) = (await desk.get(town.member, "/me/commendations"))["items"]
    assert line["status"] == "declined"
    move_clock(timedelta())
    again = (await meet(desk, town))["items"][0]["id"]
    await step(desk, town.leader, again, "confirm")
    assert await step(desk, town.member, again, "decline") == "declined"
    third = (await meet(desk, town))["items"][0]["id"]
    assert await step(desk, town.leader, third, "withdraw", reason="x") == "withdrawn"
    await work(sessions)
    assert "commendation_withdrawn" not in await told(session, town.member)


async def test_who_agrees_no_longer_hangs_no_longer(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    await fulfil(desk, town, session)
    await make_consent(session, town.member.id, NOTICE)
    await session.commit()
    made = (await meet(desk, town))["items"][0]["id"]
    assert await step(desk, town.leader, made, "confirm") == "on_notice"
    head = desk.sign_in(town.member)
    for purpose, hangs in (("report_to_employer", 1), (NOTICE, 0)):
        gone = await desk.client.delete(f"/api/v1/consents/{purpose}", headers=head)
        assert gone.status_code == 204, gone.text
        await work(sessions)
        assert len(await notice(desk, town)) == hangs
