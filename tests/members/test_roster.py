"""The roster: previewed with every refused cell, applied whole, listed for the employer only."""

from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.models.member import Member
from app.models.organization import Import, Organization
from app.models.person import Person
from tests.factories.members import make_member, make_registration
from tests.factories.people import make_person
from tests.factories.reports import make_consent
from tests.members.town import CORE, Desk, Town, desk, rostered, town

__all__ = ["desk", "town"]

SAMPLE = Path(__file__).parents[1] / "data" / "roster_sample.xlsx"
HEAD = "姓名,手机号,所在党支部,党员类别,特长,是否不公开,身份证号码\n"
ROWS = (
    "张　三,13800000001,第一党支部,正式党员,维修、摄影,,320600\n"
    "李四,１３８００００００02,第二党支部,预备党员,,是,320600\n"
    "王五,13800000003,离退休党支部,,,,320600\n"
)


async def send(
    desk: Desk,
    who: Person,
    employer_id: Any,
    text: str | bytes,
    *,
    name: str | None = None,
    told: bool = True,
) -> Any:
    content = text if isinstance(text, bytes) else (HEAD + text).encode()
    name = name or ("a.xlsx" if isinstance(text, bytes) else "a.csv")
    return await desk.client.post(
        f"/api/v1/organizations/{employer_id}/roster/previews",
        files={"file": (name, content)},
        data={"confirms_notice": str(told).lower()},
        headers=desk.sign_in(who),
    )


async def apply(desk: Desk, who: Person, import_id: str, **body: Any) -> Any:
    return await desk.post(who, f"/imports/{import_id}/roster", **body)


async def test_a_roster_is_previewed_and_applied_whole(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    seen = (await send(desk, town.employer_clerk, town.employer.id, ROWS)).json()
    assert seen["counts"] == {
        "rows": 3,
        "refused": 0,
        "added": 2,
        "changed": 0,
        "name_changed": 0,
        "phone_changed": 0,
        "unchanged": 0,
        "missing": 0,
        "not_in_service": 1,
        "in_service": 2,
        "stated_headcount": 0,
    }
    assert seen["taken"] == [{"row": 2, "step": "added"}, {"row": 3, "step": "added"}]
    assert seen["not_in_service"] == [{"row": 4, "state": "retired", "name": "离退休"}]
    assert seen["unread"] == ["身份证号码"]
    assert await session.scalar(select(func.count()).select_from(Member)) == 0
    done = await apply(desk, town.employer_clerk, seen["id"])
    assert done.json()["status"] == "applied"
    rows = (await session.scalars(select(Member).order_by(Member.id))).all()
    assert [(row.name, row.phone, row.party_status) for row in rows] == [
        ("张三", "13800000001", "full"),
        ("李四", "13800000002", "probationary"),
    ]
    assert [row.is_protected for row in rows] == [False, True]
    assert rows[0].skills == ["维修", "摄影"]
    branches = await session.scalars(
        select(Organization.name).where(
            Organization.parent_id == town.employer.id, Organization.kind == "employer_branch"
        )
    )
    assert {"第一党支部", "第二党支部"} <= set(branches)
    kept = await session.get_one(Import, seen["id"], populate_existing=True)
    assert kept.plan is None
    again = await apply(desk, town.employer_clerk, seen["id"])
    assert again.json()["code"] == "bad_transition"


async def test_a_second_file_changes_what_differs_and_leaves_only_when_told(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    first = (await send(desk, town.employer_clerk, town.employer.id, ROWS)).json()
    await apply(desk, town.employer_clerk, first["id"])
    same = (await send(desk, town.employer_clerk, town.employer.id, ROWS)).json()
    assert (same["counts"]["unchanged"], same["counts"]["added"]) == (2, 0)
    await apply(desk, town.employer_clerk, same["id"])
    other = "张三,13800000001,第三党支部,正式党员,,,\n"
    for leaves, living in ((False, 2), (True, 1)):
        seen = (await send(desk, town.employer_clerk, town.employer.id, other)).json()
        assert seen["counts"]["missing"] == 1
        done = await apply(desk, town.employer_clerk, seen["id"], leave_missing=leaves)
        assert done.status_code == 200, done.text
        count = select(func.count()).select_from(Member).where(Member.left_on.is_(None))
        assert await session.scalar(count) == living


async def test_wrong_cells_are_named_and_keep_the_file_from_being_applied(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    text = (
        "张三,138,第一党支部,,,,\n"
        "李四,13800000002,第一党支部,,,,\n"
        "王五,13800000002,第一党支部,,,,\n"
    )
    seen = (await send(desk, town.employer_clerk, town.employer.id, text)).json()
    assert [(cell["row"], cell["column"]) for cell in seen["refused"]] == [
        (2, "phone"),
        (4, "phone"),
    ]
    assert "手机号" in seen["refused"][0]["message"]
    refused = await apply(desk, town.employer_clerk, seen["id"])
    assert refused.json()["code"] == "rows_refused"
    assert refused.json()["errors"] == [
        {
            "pointer": f"/members/{cell['row']}/phone",
            "code": cell["code"],
            "message": cell["message"],
        }
        for cell in seen["refused"]
    ]
    assert await session.scalar(select(func.count()).select_from(Member)) == 0


async def test_a_roster_that_changed_since_its_preview_is_not_applied(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    seen = (await send(desk, town.employer_clerk, town.employer.id, ROWS)).json()
    await make_member(session, town.employer)
    refused = await apply(desk, town.employer_clerk, seen["id"])
    assert refused.json()["code"] == "state_changed"


async def test_only_the_employers_people_who_told_their_members_send_a_roster(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    untold = await send(desk, town.employer_clerk, town.employer.id, ROWS, told=False)
    assert untold.json()["errors"][0]["pointer"] == "/confirms_notice"
    assert (await send(desk, town.clerk, town.employer.id, ROWS)).status_code == 403
    for nowhere in (new_id(), town.community.id):
        assert (await send(desk, town.employer_clerk, nowhere, ROWS)).status_code == 404
    stranger = await make_person(session)
    assert (await apply(desk, stranger, str(new_id()))).status_code == 404
    garbage = await send(desk, town.employer_clerk, town.employer.id, b"no table at all")
    assert garbage.status_code == 422


async def test_the_file_that_employers_really_send_is_understood(desk: Desk, town: Town) -> None:
    seen = (await send(desk, town.employer_clerk, town.employer.id, SAMPLE.read_bytes())).json()
    counts = seen["counts"]
    assert (counts["rows"], counts["not_in_service"], counts["refused"]) == (60, 9, 7)
    assert seen["unread"] == [
        *("填表说明", "序号", "性别", "身份证号码", "民族", "入党时间", "职务/职级", "备注")
    ]
    assert [(cell["row"], cell["column"], cell["code"]) for cell in seen["refused"]] == [
        (16, "phone", "bad_phone"),
        (21, "party_organization", "empty"),
        (22, "phone", "bad_phone"),
        (29, "phone", "repeated"),
        (31, "name", "empty"),
        (50, "phone", "repeated"),
        (54, "name", "formula"),
    ]
    assert seen["skipped"] == [65]


async def test_an_employer_that_is_gone_keeps_its_preview_from_being_applied(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    seen = (await send(desk, town.employer_clerk, town.employer.id, ROWS)).json()
    town.employer.kind = "resident_unit"
    await session.flush()
    refused = await apply(desk, town.employer_clerk, seen["id"])
    assert refused.status_code == 404


async def test_the_list_shows_what_became_of_each_line(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    person, line = await rostered(session, town)
    line.person_id = person.id
    await make_registration(session, town.community, person, member=line)
    await make_member(session, town.employer, name="李四", phone=None)
    path = f"/organizations/{town.employer.id}/roster?limit=1"
    first = await desk.get(town.employer_clerk, path)
    rest = await desk.get(town.employer_clerk, f"{path}&cursor={first['next_cursor']}")
    states = [
        (item["name"], item["registration_status"]) for item in first["items"] + rest["items"]
    ]
    assert states == [("张三", "active"), ("李四", None)]
    assert "****" in first["items"][0]["phone"]
    assert (await desk.get(town.clerk, path))["code"] == "forbidden"
    nowhere = f"/organizations/{new_id()}/roster"
    assert (await desk.get(town.clerk, nowhere))["code"] == "not_found"


async def test_a_claim_code_is_shown_once_and_finds_the_line(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    line = await make_member(
        session, town.employer, name="李四", branch_id=town.branch.id, phone="13700000009"
    )
    path = f"/members/{line.id}/claim-code"
    made = (await desk.post(town.employer_clerk, path)).json()
    assert len(made["code"]) == 6
    assert (await desk.post(town.clerk, path)).status_code == 404
    person = await make_person(session)
    await make_consent(session, person.id, CORE)
    claimed = await desk.post(person, "/registrations/claims", code=made["code"], name="李四")
    assert claimed.json()["id"] == str(line.id)
    assert (await desk.post(town.employer_clerk, path)).status_code == 404
