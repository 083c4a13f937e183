"""Claims on posts: asked for, answered, given up; who may, and what is refused."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, workdays
from app.core.ids import new_id
from app.models.member import Member, Qualification, Registration, RegistrationStatus
from app.models.outbox import OutboxEntry
from app.models.person import Role
from app.models.post import Claim, ClaimStatus, ClaimStep, Post, PostStatus
from app.models.record import ServiceRecord
from tests.factories.members import make_registration
from tests.factories.people import make_person, make_staff
from tests.factories.posts import make_claim, make_post
from tests.orders.town import Desk, Town, desk, town
from tests.posts.town import Sessions, told, work

__all__ = ["desk", "town"]

C = ClaimStatus
MoveClock = Callable[[timedelta], None]
Counter = Callable[[], AbstractContextManager[list[str]]]


async def claimed(
    session: AsyncSession, town: Town, status: C = C.PENDING, **columns: Any
) -> Claim:
    """The member's claim on a post of the town; committed."""
    post = await make_post(session, town.community, **columns)
    row = await make_claim(session, post, town.registration, status=status)
    await session.commit()
    return row


async def fresh(session: AsyncSession, row: Claim) -> tuple[Claim, Post]:
    found = await session.get_one(Claim, row.id, populate_existing=True)
    return found, await session.get_one(Post, row.post_id, populate_existing=True)


async def step(desk: Desk, who: Any, row: Any, name: str, **body: Any) -> Any:
    return (await desk.post(who, f"/claims/{row.id}/{name}", **body)).json()


async def test_the_story_of_a_post(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    place = f"/organizations/{town.community.id}"
    body = {"category": "culture_civility", "title": "书法课堂", "headcount": 1, "publish": True}
    post = (await desk.post(town.clerk, f"{place}/posts", **body)).json()
    mine = (await desk.post(town.member, f"/posts/{post['id']}/claims")).json()
    assert (mine["status"], mine["started_on"]) == ("pending", None)
    (waiting,) = (await desk.get(town.clerk, f"{place}/claims"))["items"]
    assert (waiting["name"], waiting["open_to"]) == ("张三", ["approve", "reject"])
    path = f"/claims/{mine['id']}"
    serving = (await desk.post(town.clerk, f"{path}/approve")).json()
    today = clock.today()
    assert (serving["status"], serving["started_on"]) == ("serving", today.isoformat())
    assert serving["term_ends_on"] == clock.months_after(today, 12).isoformat()
    served = await desk.post(town.clerk, f"{path}/duties", served_on=today.isoformat(), minutes=90)
    assert (served.status_code, served.json()["minutes"]) == (201, 90)
    (record,) = (await desk.get(town.member, "/me/records"))["items"]
    assert (record["title"], record["minutes"]) == ("书法课堂", 90)
    await desk.post(town.member, f"{path}/exit", reason_code="time_conflict")
    left = (await desk.post(town.clerk, f"{path}/let-go", handover="钥匙交给李四")).json()
    assert (left["status"], left["ended_on"]) == ("exited", today.isoformat())
    (line,) = (await desk.get(town.member, "/me/claims"))["items"]
    assert (line["title"], line["status"], line["open_to"]) == ("书法课堂", "exited", [])
    steps = await session.scalars(select(ClaimStep).order_by(ClaimStep.id))
    assert [(one.action, one.left, one.entered, one.reason) for one in steps] == [
        ("claim", None, "pending", None),
        ("approve", "pending", "serving", None),
        ("ask_exit", "serving", "exit_pending", "time_conflict"),
        ("let_go", "exit_pending", "exited", "钥匙交给李四"),
    ]
    assert (await session.get_one(Post, post["id"])).taken == 0
    await work(sessions)
    seen = await told(sessions)
    assert {name: people for name, (people, _) in seen.items()} == {
        "claim_waiting": {town.clerk.id},
        "claim_approved": {town.member.id},
        "record_added": {town.member.id},
        "exit_waiting": {town.clerk.id},
        "exit_done": {town.member.id},
    }
    assert seen["claim_approved"][1] == "您已上岗：书法课堂。"


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"status": PostStatus.PAUSED}, "post_not_open"),
        ({"headcount": 1, "taken": 1}, "post_full"),
        ({"skills": ["calligraphy"]}, "skill_missing"),
        ({"qualifications": ["lawyer", "legal_profession"]}, "qualification_missing"),
        ({"needs_pledge": True}, "invalid"),
    ],
)
async def test_who_does_not_fit_a_post_is_told_what_is_missing(
    desk: Desk, town: Town, session: AsyncSession, columns: dict[str, Any], code: str
) -> None:
    post = await make_post(session, town.community, **columns)
    await session.commit()
    answer = await desk.post(town.member, f"/posts/{post.id}/claims")
    assert (answer.status_code >= 400, answer.json()["code"]) == (True, code)


async def test_a_skill_a_verified_qualification_and_the_pledge_open_the_post(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    post = await make_post(
        session,
        town.community,
        skills=["legal_advice", "legal_publicity"],
        qualifications=["lawyer", "legal_profession"],
        needs_pledge=True,
    )
    await session.execute(
        update(Member)
        .where(Member.id == town.registration.member_id)
        .values(skills=["legal_publicity"])
    )
    licence = Qualification(
        member_id=town.registration.member_id,
        code="lawyer",
        valid_to=clock.today() - timedelta(days=1),
        verified_on=clock.today(),
    )
    session.add(licence)
    await session.commit()
    path = f"/posts/{post.id}/claims"
    past = await desk.post(town.member, path, pledge=True)
    assert past.json()["code"] == "qualification_missing"
    licence.valid_to = clock.today()
    await session.commit()
    made = await desk.post(town.member, path, pledge=True)
    assert made.status_code == 201
    row = await session.get_one(Claim, made.json()["id"])
    assert row.pledged_at is not None
    licence.valid_to = clock.today() - timedelta(days=1)
    await session.commit()
    late = await step(desk, town.clerk, row, "approve")
    assert late["code"] == "qualification_missing"


async def test_only_a_registered_member_claims_and_once(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    post = await make_post(session, town.community)
    unseen = await make_post(session)
    await session.commit()
    path = f"/posts/{post.id}/claims"
    assert (await desk.post(town.clerk, path)).json()["code"] == "not_registered_here"
    assert (await desk.post(town.member, f"/posts/{unseen.id}/claims")).status_code == 404
    assert (await desk.post(town.member, f"/posts/{new_id()}/claims")).status_code == 404
    assert (await desk.post(town.member, path)).status_code == 201
    again = await desk.post(town.member, path)
    assert (again.status_code, again.json()["code"]) == (409, "already_claimed")


async def test_so_many_posts_at_a_time_as_the_policy_says(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for status in (C.PENDING, C.SERVING, C.EXIT_PENDING, C.COMPLETED, C.REJECTED):
        await claimed(session, town, status)
    post = await make_post(session, town.community)
    await session.commit()
    answer = await desk.post(town.member, f"/posts/{post.id}/claims")
    assert answer.json()["code"] == "claim_limit"


async def test_an_approval_is_refused_where_the_post_or_the_member_has_changed(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    full = await claimed(session, town, headcount=1, taken=1)
    closed = await claimed(session, town, status=C.PENDING)
    post = await session.get_one(Post, closed.post_id)
    post.status = PostStatus.CLOSED
    risky = await claimed(session, town, is_risky=True)
    codes = [
        (await step(desk, town.clerk, row, "approve"))["code"] for row in (full, closed, risky)
    ]
    assert codes == ["post_full", "bad_transition", "not_insured"]
    registration = await session.get_one(Registration, town.registration.id)
    registration.status = RegistrationStatus.SUSPENDED
    away = await claimed(session, town)
    assert (await step(desk, town.clerk, away, "approve"))["code"] == "not_registered_here"


async def test_nobody_decides_about_his_own_claim(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    registration = await make_registration(session, town.community, town.clerk)
    post = await make_post(session, town.community)
    pending = await make_claim(session, post, registration)
    await session.commit()
    for name, body in (("approve", {}), ("reject", {"reason": "不需要"})):
        assert (await step(desk, town.clerk, pending, name, **body))["code"] == "own_claim"
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    await session.commit()
    assert (await step(desk, secretary, pending, "approve"))["status"] == "serving"
    today = clock.today().isoformat()
    own = await step(desk, town.clerk, pending, "duties", served_on=today, minutes=60)
    assert own["code"] == "own_claim"


async def test_a_rejected_and_a_withdrawn_claim_leave_the_place(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    rejected, withdrawn = await claimed(session, town), await claimed(session, town)
    unsaid = await desk.post(town.clerk, f"/claims/{rejected.id}/reject")
    assert unsaid.status_code == 422
    seen = await step(desk, town.clerk, rejected, "reject", reason="已另有安排")
    assert seen["status"] == "rejected"
    seen = await step(desk, town.member, withdrawn, "withdraw")
    assert seen["status"] == "withdrawn"
    assert (await fresh(session, rejected))[1].taken == 0
    assert (await step(desk, town.clerk, withdrawn, "approve"))["code"] == "bad_transition"
    assert (await step(desk, town.clerk, withdrawn, "withdraw"))["code"] == "forbidden"
    stranger = await make_person(session)
    await session.commit()
    assert (await step(desk, stranger, rejected, "withdraw"))["code"] == "not_found"
    await work(sessions)
    assert await told(sessions) == {
        "claim_rejected": ({town.member.id}, "书法课堂：已另有安排。可选择其他岗位。")
    }


async def test_an_exit_is_refused_once_at_most(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    row = await claimed(session, town, C.SERVING)
    unknown = await step(desk, town.member, row, "exit", reason_code="nothing")
    assert unknown["errors"][0]["pointer"] == "/reason_code"
    words = {"reason_code": "other", "reason_text": "照顾家人"}
    assert (await step(desk, town.clerk, row, "exit", **words))["code"] == "forbidden"
    await step(desk, town.member, row, "exit", **words)
    (asked,) = (
        await desk.get(
            town.clerk,
            f"/organizations/{town.community.id}/claims?status=exit_pending&post_id={row.post_id}",
        )
    )["items"]
    assert (asked["reason"], asked["was_kept"]) == ("照顾家人", False)
    kept = await step(desk, town.clerk, row, "keep", reason="请再坚持一个月")
    assert kept["status"] == "serving"
    found, post = await fresh(session, row)
    assert (found.due_at, post.taken) == (clock.day_after(found.term_ends_on or clock.today()), 1)
    await step(desk, town.member, row, "exit", **words)
    again = await step(desk, town.clerk, row, "keep", reason="请再坚持一个月")
    assert again["code"] == "already_kept"
    assert (await step(desk, town.clerk, row, "let-go"))["status"] == "exited"


async def test_silence_lets_go(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    row = await claimed(session, town, C.SERVING)
    await step(desk, town.member, row, "exit", reason_code="health")
    due = workdays.after(clock.now(), 5)
    assert (await fresh(session, row))[0].due_at == due
    await session.commit()
    move_clock(due - clock.now() - timedelta(minutes=1))
    await work(sessions)
    assert (await fresh(session, row))[0].status is C.EXIT_PENDING
    await session.commit()
    move_clock(timedelta(days=30))
    await work(sessions)
    found, post = await fresh(session, row)
    assert (found.status, found.due_at, post.taken) == (C.EXITED, None, 0)
    seen = await told(sessions)
    assert seen["exit_waiting"][0] == {town.clerk.id}
    assert seen["exit_done"] == ({town.member.id}, "您已退出书法课堂，感谢付出。")


async def test_a_term_ends_by_itself(
    town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    row = await claimed(session, town, C.SERVING, term_months=1)
    move_clock(timedelta(days=40))
    await work(sessions)
    found, post = await fresh(session, row)
    assert (found.status, post.taken) == (C.COMPLETED, 0)
    assert (await told(sessions))["claim_completed"][0] == {town.member.id}


async def test_a_claim_without_an_answer_is_reminded_of_and_never_accepted(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    post = await make_post(session, town.community)
    await session.commit()
    made = (await desk.post(town.member, f"/posts/{post.id}/claims")).json()
    for days in (10, 20):
        move_clock(timedelta(days=days))
        await work(sessions)
    row = await session.get_one(Claim, made["id"])
    assert (row.status, row.remind_at) == (C.PENDING, workdays.after(clock.now(), 3))
    steps = await session.scalars(select(ClaimStep.action).order_by(ClaimStep.id))
    assert steps.all() == ["claim", "remind", "remind"]
    assert (await told(sessions))["claim_waiting"][0] == {town.clerk.id}


async def test_a_dismissal_says_why_and_nothing_follows_from_it(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    row = await claimed(session, town, C.SERVING)
    assert (await desk.post(town.clerk, f"/claims/{row.id}/dismiss")).status_code == 422
    seen = await step(desk, town.clerk, row, "dismiss", reason="长期未到岗")
    assert seen["status"] == "dismissed"
    await work(sessions)
    assert (await told(sessions))["claim_dismissed"] == (
        {town.member.id},
        "您在书法课堂的服务已结束：长期未到岗。如有不同意见，请联系社区。",
    )
    assert (await fresh(session, row))[1].taken == 0
    # neither a record nor any other fact but the claim's own
    assert (await session.scalars(select(ServiceRecord))).all() == []
    names = await session.scalars(select(OutboxEntry.name))
    assert set(names) == {"claim.moved"}


async def test_a_protected_members_claim_is_the_secretarys_alone(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    await session.execute(
        update(Member).where(Member.id == town.registration.member_id).values(is_protected=True)
    )
    post = await make_post(session, town.community)
    await session.commit()
    made = (await desk.post(town.member, f"/posts/{post.id}/claims")).json()
    path = f"/organizations/{town.community.id}/claims"
    (seen,) = (await desk.get(town.clerk, path))["items"]
    assert (seen["name"], seen["open_to"]) == ("党员", [])
    (seen,) = (await desk.get(secretary, path))["items"]
    assert (seen["name"], seen["open_to"]) == ("张三", ["approve", "reject"])
    refused = await desk.post(town.clerk, f"/claims/{made['id']}/approve")
    assert refused.status_code == 404
    await work(sessions)
    assert (await told(sessions))["claim_waiting"][0] == {secretary.id}


async def test_my_claims_come_page_by_page(desk: Desk, town: Town, session: AsyncSession) -> None:
    rows = [await claimed(session, town, status) for status in (C.PENDING, C.SERVING, C.EXITED)]
    first = await desk.get(town.member, "/me/claims?limit=2")
    rest = await desk.get(town.member, f"/me/claims?limit=2&cursor={first['next_cursor']}")
    listed = first["items"] + rest["items"]
    assert [one["id"] for one in listed] == [str(row.id) for row in reversed(rows)]
    assert [one["open_to"] for one in listed] == [[], ["ask_exit"], ["withdraw"]]


@pytest.mark.parametrize("name", ["claim", "approve", "let-go", "duties"])
async def test_a_step_costs_at_most_twelve_statements(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter, name: str
) -> None:
    demands: dict[str, Any] = {"skills": ["legal_advice"], "qualifications": ["lawyer"]}
    session.add(
        Qualification(
            member_id=town.registration.member_id, code="lawyer", verified_on=clock.today()
        )
    )
    await session.execute(
        update(Member)
        .where(Member.id == town.registration.member_id)
        .values(skills=["legal_advice"])
    )
    post = await make_post(session, town.community, **demands)
    who, path, body = town.member, f"/posts/{post.id}/claims", {}
    if name != "claim":
        status = {"approve": C.PENDING, "let-go": C.EXIT_PENDING}.get(name, C.SERVING)
        row = await make_claim(session, post, town.registration, status=status)
        who, path = town.clerk, f"/claims/{row.id}/{name}"
    if name == "duties":
        body = {"served_on": clock.today().isoformat(), "minutes": 60}
    await session.commit()
    with count_statements() as seen:
        answer = await desk.post(who, path, **body)
    assert answer.status_code < 300, answer.text
    assert len(seen) <= 12, seen
