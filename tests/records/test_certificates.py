"""A certificate of service: asked for, checked, issued, printed, verified, superseded, revoked."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.identity.events import AccountClosed
from app.models.house import AccessLog, IdempotencyKey
from app.models.member import Member
from app.models.person import Person, Role
from app.models.record import Certificate, CertificateStatus, CertificateStep, RecordStatus
from app.records import certificate_content, certificates, printing
from tests.factories.members import make_registration
from tests.factories.orders import make_record
from tests.factories.people import make_staff
from tests.identity.test_help import switch
from tests.orders.town import Desk, Town, desk, town
from tests.posts.town import Sessions, told, work
from tests.records.test_deciding import set_policy

__all__ = ["desk", "town"]


@pytest.fixture
async def secretary(session: AsyncSession, town: Town) -> Person:
    """The community's secretary; the member has served three times; committed."""
    await make_record(session, town.registration, title="教用手机", minutes=90)
    await make_record(session, town.registration, title="教用手机", minutes=35)
    await make_record(session, town.registration, title="邻居节", minutes=60, is_work_time=True)
    for status in (RecordStatus.DISPUTED, RecordStatus.VOIDED, RecordStatus.PENDING_APPROVAL):
        await make_record(session, town.registration, minutes=500, status=status)
    made = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    await session.commit()
    return made


async def ask(desk: Desk, town: Town, who: Person | None = None, **fields: Any) -> Any:
    today = clock.today()
    body = {
        "registration_id": str(town.registration.id),
        "period_from": (today - timedelta(days=30)).isoformat(),
        "period_to": today.isoformat(),
    } | fields
    return (await desk.post(who or town.member, "/me/certificates", **body)).json()


async def step(desk: Desk, who: Person, certificate: Any, name: str, **body: Any) -> Any:
    return (await desk.post(who, f"/certificates/{certificate['id']}/{name}", **body)).json()


async def issued(desk: Desk, town: Town, secretary: Person) -> Any:
    asked = await ask(desk, town)
    await step(desk, town.clerk, asked, "check")
    return await step(desk, secretary, asked, "issue")


async def code_of(desk: Desk, town: Town, certificate: Any) -> str:
    mine = await desk.get(town.member, "/me/certificates")
    return next(str(row["code"]) for row in mine["items"] if row["id"] == certificate["id"])


async def standing(desk: Desk, code: str) -> Any:
    return (await desk.client.get(f"/v/{code}")).json()


async def test_a_certificate_is_asked_for_checked_issued_and_verified(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, secretary: Person
) -> None:
    asked = await ask(desk, town, purpose="单位评优")
    assert asked["status"] == "requested"
    assert (await ask(desk, town))["code"] == "already_asked"
    path = f"/organizations/{town.community.id}/certificates"
    (line,) = (await desk.get(town.clerk, path))["items"]
    assert (line["name"], line["services"], line["minutes"]) == ("张三", 3, 125)
    assert line["open_to"] == ["check", "refuse"]
    assert (await step(desk, secretary, asked, "issue"))["code"] == "bad_transition"
    assert (await step(desk, town.member, asked, "check"))["code"] == "forbidden"
    assert (await step(desk, town.clerk, asked, "check"))["status"] == "checked"
    assert (await step(desk, town.clerk, asked, "issue"))["code"] == "forbidden"
    (line,) = (await desk.get(secretary, f"{path}?status=checked"))["items"]
    assert line["open_to"] == ["issue", "refuse"]
    done = await step(desk, secretary, asked, "issue")
    assert done["status"] == "issued"
    assert done["number"].startswith("ZM-")
    (mine,) = (await desk.get(town.member, "/me/certificates"))["items"]
    assert (mine["number"], mine["open_to"]) == (done["number"], [])
    seen = await standing(desk, mine["code"])
    assert (seen["document_kind"], seen["document_name"]) == ("service_certificate", "服务证明")
    assert (seen["issuer_name"], seen["standing"]) == (town.community.name, "valid")
    assert "张三" not in json.dumps(seen, ensure_ascii=False)
    steps = await session.scalars(select(CertificateStep.action).order_by(CertificateStep.id))
    assert list(steps) == ["request", "check", "issue"]
    await work(sessions)
    said = await told(sessions)
    assert said["certificate_issued"] == (
        {town.member.id},
        f"编号{done['number']}，可在小程序下载。",
    )
    assert said["certificate_waiting"][0] == {town.clerk.id, secretary.id}


async def test_it_says_what_is_approved_in_hours_with_work_time_apart(
    desk: Desk, town: Town, session: AsyncSession, secretary: Person
) -> None:
    await switch(session, "tenant", "contact_phone", value="0371-1")
    await set_policy(session, town, "records.rounding_minutes", 30)
    made = await issued(desk, town, secretary)
    row = await session.get_one(Certificate, made["id"])
    content = json.loads(row.content or "")
    assert (content["times"], content["hours"], content["work_hours"]) == (3, "2.0", "1.0")
    assert [(one["title"], one["times"], one["hours"]) for one in content["services"]] == [
        ("教用手机", 2, "2.0"),
        ("邻居节", 1, "1.0"),
    ]
    assert (content["name"], content["contact"]) == ("张三", "0371-1")
    assert content["in_charge"] == secretary.name
    assert content["handler"] == town.clerk.name
    assert content["volunteer_number"] == (town.registration.certificate_number or "")
    sealed = await session.scalar(text("SELECT content::text FROM certificates"))
    assert "张三" not in (sealed or "")


async def test_one_certificate_says_what_is_on_record_and_what_stands_on_the_paper(
    desk: Desk, town: Town, session: AsyncSession, secretary: Person
) -> None:
    asked = await ask(desk, town)
    path = f"/certificates/{asked['id']}"
    seen = await desk.get(town.clerk, path)
    assert [(one["title"], one["times"], one["minutes"]) for one in seen["records"]] == [
        ("教用手机", 2, 125),
        ("邻居节", 1, 60),
    ]
    assert (seen["undecided"], seen["printed"]) == (2, None)
    assert (seen["name"], seen["open_to"]) == ("张三", ["check", "refuse"])
    await step(desk, town.clerk, asked, "check")
    await step(desk, secretary, asked, "issue")
    seen = await desk.get(town.member, path)
    assert (seen["printed"]["times"], seen["printed"]["work_hours"]) == (3, "1.0")
    assert (seen["checked_by"], seen["open_to"]) == (town.clerk.name, [])
    assert (await desk.get(town.helper, path))["code"] == "not_found"


async def test_the_paper_is_a_pdf_with_a_number_that_is_kept_nowhere(
    desk: Desk, town: Town, session: AsyncSession, secretary: Person
) -> None:
    made = await issued(desk, town, secretary)
    number = {"id_kind": "居民身份证", "id_number": "410105199001011234"}
    path = f"/certificates/{made['id']}/pdf"
    answer = await desk.post(town.member, path, **number)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["cache-control"] == "no-store"
    assert (await session.scalars(select(AccessLog))).all() == []
    assert (await session.scalars(select(IdempotencyKey))).all() == []
    by_staff = await desk.post(town.clerk, path)
    assert by_staff.status_code == 200
    look = (await session.scalars(select(AccessLog))).one()
    assert (look.actor_id, look.owner_id, look.fields) == (town.clerk.id, town.member.id, "name")
    await set_policy(session, town, "records.certificate_id_number", "never")
    refused = await desk.post(town.member, path, **number)
    assert refused.json()["errors"][0]["pointer"] == "/id_number"
    stranger = await make_registration(session)
    person = await session.get_one(Person, stranger.person_id)
    await session.commit()
    assert (await desk.post(person, path)).status_code == 404


def test_what_people_type_is_data_to_the_template() -> None:
    content = {
        "number": "ZM-1",
        "issued_on": "2026年1月1日",
        "name": '#panic("x") $ _*',
        "volunteer_number": "",
        "from": "2026年1月1日",
        "to": "2026年1月1日",
        "purpose": '#read("/etc/passwd")',
        "issuer": "社区",
        "in_charge": "",
        "handler": "",
        "contact": "",
        "services": [
            {"title": "]", "times": 1, "hours": "1.0", "days": "一天", "is_work_time": True}
        ],
        "left_out": 3,
        "times": 1,
        "hours": "0.0",
        "work_hours": "1.0",
        "rounding": 1,
        "travel": "不计入",
        "code": "M0",
        "id_kind": "",
        "id_number": "",
    }
    assert printing.certificate(content, "http://x").startswith(b"%PDF-")


async def test_a_later_one_of_the_same_days_supersedes_and_a_revoked_one_is_void(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, secretary: Person
) -> None:
    first = await issued(desk, town, secretary)
    second = await issued(desk, town, secretary)
    assert second["number"] != first["number"]
    codes = [await code_of(desk, town, each) for each in (first, second)]
    assert [(await standing(desk, code))["standing"] for code in codes] == ["superseded", "valid"]
    assert (await desk.post(town.member, f"/certificates/{first['id']}/pdf")).status_code == 409
    silent = await desk.post(secretary, f"/certificates/{second['id']}/revoke")
    assert silent.status_code == 422
    clerks = await step(desk, town.clerk, second, "revoke", reason="记录有误")
    assert clerks["code"] == "forbidden"
    revoked = await step(desk, secretary, second, "revoke", reason="记录有误")
    assert revoked["status"] == "revoked"
    assert (await standing(desk, codes[1]))["standing"] == "void"
    await work(sessions)
    said = (await told(sessions))["certificate_revoked"]
    assert said == (
        {town.member.id},
        f"编号{second['number']}的服务证明已撤销：记录有误。",
    )


async def test_a_wish_is_refused_with_a_reason_or_taken_back(
    desk: Desk, town: Town, sessions: Sessions, secretary: Person
) -> None:
    asked = await ask(desk, town)
    refused = await step(desk, town.clerk, asked, "refuse", reason="请先补录")
    assert refused["status"] == "refused"
    again = await ask(desk, town)
    first = await desk.get(town.member, "/me/certificates?limit=1")
    assert first["items"][0]["open_to"] == ["withdraw"]
    rest = await desk.get(town.member, f"/me/certificates?cursor={first['next_cursor']}")
    assert rest["items"][0]["reason"] == "请先补录"
    assert (await step(desk, town.clerk, again, "withdraw"))["code"] == "forbidden"
    assert (await step(desk, town.member, again, "withdraw"))["status"] == "withdrawn"
    await work(sessions)
    assert (await told(sessions))["certificate_refused"][1] == "请先补录。修改后可再次申请。"


async def test_what_cannot_be_certified_is_refused(
    desk: Desk, town: Town, session: AsyncSession, secretary: Person
) -> None:
    foreign = await make_registration(session, town.community)
    await session.commit()
    today = clock.today()
    tomorrow, old = (today + timedelta(days=1)).isoformat(), (today - timedelta(days=9)).isoformat()
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"registration_id": str(foreign.id)}, "invalid"),
        ({"period_to": tomorrow}, "invalid"),
        ({"period_from": today.isoformat(), "period_to": old}, "invalid"),
        ({"period_to": old}, "nothing_served"),
    )
    for fields, code in wrong:
        assert (await ask(desk, town, **fields))["code"] == code
    asked = await ask(desk, town)
    await step(desk, town.clerk, asked, "check")
    await session.execute(text("UPDATE service_records SET status = 'voided'"))
    await session.commit()
    assert (await step(desk, secretary, asked, "issue"))["code"] == "nothing_served"
    assert (await step(desk, secretary, {"id": new_id()}, "issue"))["code"] == "not_found"


async def test_nobody_certifies_his_own_service(
    desk: Desk, town: Town, session: AsyncSession, secretary: Person
) -> None:
    own = await make_registration(session, town.community, secretary)
    await make_record(session, own)
    await session.commit()
    asked = await ask(desk, town, secretary, registration_id=str(own.id))
    for name, body in (("check", {}), ("issue", {}), ("refuse", {"reason": "不"})):
        assert (await step(desk, secretary, asked, name, **body))["code"] == "own_certificate"


async def test_a_protected_members_wish_is_the_secretarys_alone(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, secretary: Person
) -> None:
    member = await session.get_one(Member, town.registration.member_id)
    member.is_protected = True
    await session.commit()
    asked = await ask(desk, town)
    path = f"/organizations/{town.community.id}/certificates"
    (hidden,) = (await desk.get(town.clerk, path))["items"]
    assert (hidden["name"], hidden["open_to"]) == ("党员", [])
    assert (await step(desk, town.clerk, asked, "check"))["code"] == "not_found"
    assert (await step(desk, secretary, asked, "check"))["status"] == "checked"
    await work(sessions)
    assert (await told(sessions))["certificate_waiting"][0] == {secretary.id}


async def test_the_wish_of_who_closes_his_account_is_over(
    desk: Desk, town: Town, session: AsyncSession, secretary: Person
) -> None:
    asked = await ask(desk, town)
    for fact in (1, 2):  # a fact may be told twice
        event = AccountClosed(person_id=town.member.id)
        await certificates.on_account_closed(session, fact, event)
        await session.commit()
    assert (await step(desk, town.clerk, asked, "check"))["code"] == "bad_transition"
    row = await session.get_one(Certificate, asked["id"])
    assert (row.status, row.remind_at) == (CertificateStatus.WITHDRAWN, None)


async def test_a_wish_without_an_answer_is_reminded_of(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    secretary: Person,
    move_clock: Callable[[timedelta], None],
) -> None:
    asked = await ask(desk, town)
    move_clock(timedelta(days=14))
    await work(sessions)
    row = await session.get_one(Certificate, asked["id"])
    await session.refresh(row)
    assert row.status is CertificateStatus.REQUESTED
    steps = await session.scalars(select(CertificateStep.action).order_by(CertificateStep.id))
    assert list(steps) == ["request", "remind"]


async def test_who_issued_is_told_once_when_a_record_in_it_has_changed(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, secretary: Person
) -> None:
    record = await make_record(session, town.registration, minutes=60)
    other = await make_record(session, town.registration, minutes=60)
    early = clock.today() - timedelta(days=90)
    before = await make_record(session, town.registration, minutes=60, served_on=early)
    await session.commit()
    made = await issued(desk, town, secretary)
    await desk.post(town.clerk, f"/records/{before.id}/void", reason="核对")
    await desk.post(town.member, f"/records/{record.id}/dispute", reason="不是我")
    await work(sessions)
    assert "certificate_outdated" not in await told(sessions)
    for each in (record, other):
        await desk.post(town.clerk, f"/records/{each.id}/void", reason="核对")
        await work(sessions)
    said = (await told(sessions))["certificate_outdated"]
    assert said[0] == {secretary.id}
    assert made["number"] in said[1]
    steps = list(await session.scalars(select(CertificateStep.action)))
    assert steps.count("outdate") == 1


async def test_a_long_list_is_cut_and_its_rest_is_counted(
    desk: Desk, town: Town, session: AsyncSession, secretary: Person
) -> None:
    for number in range(certificate_content.MOST_LINES):
        await make_record(session, town.registration, title=f"服务{number}", minutes=10)
    old = clock.today() - timedelta(days=3)
    await make_record(session, town.registration, title="教用手机", served_on=old, minutes=30)
    await session.commit()
    made = await issued(desk, town, secretary)
    content = json.loads((await session.get_one(Certificate, made["id"])).content or "")
    assert (len(content["services"]), content["left_out"]) == (40, 2)
    assert "至" in content["services"][0]["days"]
    answer = await desk.post(town.member, f"/certificates/{made['id']}/pdf")
    assert answer.content.startswith(b"%PDF-")
