"""Every page × every role × here or elsewhere: the doors of the console keep what the table says.

As `tests/test_doors.py` for the API: a page declares with `needs(…)` what its use case asks for. A
form is filled in, so that nothing but the permission can refuse it.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.routing import APIRoute
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.identity.tickets import STAFF
from app.models.organization import Organization
from app.models.person import Role
from app.permissions import Permission
from tests.console.conftest import OWN, open_session
from tests.console.test_pages import PAGES
from tests.factories.world import World
from tests.test_doors import REFUSED, hold, ids_of
from tests.test_permissions import ORACLE, anchors

# Pages of everybody who is signed in, and the door itself.
OPEN = {
    "show_inbox",
    "show_account",
    "sign_out",
    "sign_out_everywhere",
    "end_browser",
    "show_sign_in",
    "get_code",
    "get_state",
    "sign_in",
    "sign_in_as",
    "get_asset",
    "go_home",
    "find_nothing",
    "list_live_call_ups",
}
GUARDED = {route.name: route for route in PAGES if route.name not in OPEN}
# What a form needs to be complete, by the name of its route.
FILLED: dict[str, dict[str, Any]] = {
    "accept_many_registrations": {"ids": str(new_id())},
    "confirm_many_applications": {"ids": str(new_id())},
    "accept_one_need": {"route": "own_staff"},
    "ask_one_need_back": {"words": "请问是几号楼？"},
    "finish_one_need": {"reply": "已修好"},
    "refuse_one_need": {"reason_code": "commercial"},
    "enter_one_need": {"words": "想学用手机挂号", "source": "phone"},
    "enter_one_wish": {"words": "想要一个保温杯", "source": "phone"},
    "verify_one_wish": {"title": "保温杯一个", "value_yuan": "80"},
    "change_one_wish": {"version": "1"},
    "reject_one_wish": {"reason": "已有救助"},
    "take_one_wish_down": {"reason": "已有救助"},
    "revoke_one_wish_claim": {"reason": "一直没有消息"},
    "settle_one_wish": {"reason": "已上门查看"},
    "send_one_wish_back": {"reason": "还差杯盖"},
    "answer_one_wish_for": {"answer": "solved", "way": "visit"},
    "show_wish_contact": {"reason": "核实心愿"},
    "reject_one_claim": {"reason": "人数已满"},
    "keep_one_claim": {"reason": "请再留一月"},
    "draft_one_post": {"category": "environment", "title": "楼道照看", "headcount": "2"},
    "change_one_post": {"version": "1", "place": "3幢"},
    "close_one_post": {"reason": "不再需要"},
    "hide_one_photo": {"reason": "有他人面部"},
    "accept_many_needs": {"ids": str(new_id())},
    "merge_many_needs": {"ids": [str(new_id()), str(new_id())]},
    "order_for_many_needs": {"ids": str(new_id())},
    "publish_many_orders": {"ids": str(new_id())},
    "merge_one_need": {"into_id": str(new_id())},
    "answer_one_need_back": {"words": "3幢"},
    "follow_one_need_up": {"words": "已派人", "answer_expected_on": clock.today().isoformat()},
    "answer_for_resident": {"answer": "solved", "way": "visit"},
    "reopen_one_need": {"reason": "又坏了"},
    "decide_one_need": {"reason": "请物业配合"},
    "close_one_need": {"reason": "产权单位已答复"},
    "order_for_need": {
        "title": "教手机",
        "starts_at": (clock.now() + timedelta(days=3)).isoformat(),
        "ends_at": (clock.now() + timedelta(days=3, hours=1)).isoformat(),
    },
    "add_one_plan_item": {
        "title": "邻居节",
        "month": f"{clock.today():%Y}-12",
        "template": "neighbor_festival",
    },
    "change_one_plan_item": {"version": "1"},
    "begin_one_series": {
        "title": "阅读角",
        "template": "reading_corner",
        "rule/frequency": "weekly",
        "rule/weekdays": "6",
        "starts_on": clock.today().isoformat(),
        "begins_at": "09:30",
        "minutes": "90",
        "has_guardian": "true",
    },
    "change_one_series": {"version": "1"},
    "end_one_series": {"reason": "学期结束"},
    "draft_one_order": {
        "title": "老人手机课",
        "template": "phone_class",
        "starts_at": (clock.now() + timedelta(days=3)).isoformat(),
        "ends_at": (clock.now() + timedelta(days=3, hours=1)).isoformat(),
    },
    "change_one_order": {"version": "1"},
    "cancel_one_order": {"reason_code": "weather"},
    "dispatch_one_order": {"registration_id": str(new_id())},
    "draft_one_call_up": {
        "kind": "outage",
        "level": "response",
        "title": "停水",
        "text": "送水",
        "place": "门口",
        "gather_at": (clock.now() + timedelta(days=3)).isoformat(),
    },
    "withdraw_one_call_up": {"reason": "台风转向"},
    "review_one_call_up": {"text": "备足沙袋"},
    "require_one_location": {"reason": "水情复杂"},
    "add_one_shift": {
        "duty": "patrol",
        "starts_at": (clock.now() + timedelta(days=3)).isoformat(),
        "ends_at": (clock.now() + timedelta(days=3, hours=4)).isoformat(),
        "seats": "2",
    },
    "start_one_team": {"wanted": "2"},
    "merge_one_team": {"into_id": str(new_id())},
    "keep_one_plan": {
        "kind": "outage",
        "level": "response",
        "title": "停水预案",
        "text": "送水",
        "meeting_points": "",
        "meeting_points/0/place": "门口",
        "posts": "",
        "posts/0/duty": "patrol",
        "posts/0/seats": "2",
        "posts/0/minutes": "120",
    },
    "change_one_plan": {"version": "1", "title": "停水预案"},
    "print_call_list": {"purpose": "值班室用"},
    "note_many_replies": {f"reply/{new_id()}": "safe"},
    "block_one_shift_for_group": {"group_id": str(new_id())},
    "block_one_shift_for_employer": {"employer_id": str(new_id())},
    "name_for_one_shift": {"registration_ids": str(new_id())},
    "excuse_one_location": {"reason": "没有手机"},
    "ask_for_order": {"organization_id": str(new_id())},
    "take_one_order": {"organization_id": str(new_id()), "places": "1"},
    "ask_one_unit": {"organization_id": str(new_id())},
    "name_for_one_take": {"registration_ids": str(new_id())},
    "exchange_in_one_take": {"seat_id": str(new_id()), "registration_id": str(new_id())},
    "name_from_one_poll": {"registration_ids": str(new_id())},
    "say_many_opinions": {"choices": str(new_id())},
    "note_one_report_s_use": {"uses": "filed_only"},
    "reject_one_record": {"reason": "没有这次服务"},
    "uphold_one_record": {"reason": "已核对"},
    "void_one_record": {"reason": "记录有误"},
    "audit_one_sample": {"action": "find_wrong", "note": "当天未到场"},
    "refuse_one_certificate": {"reason": "没有这些服务"},
    "revoke_one_certificate": {"reason": "信息有误"},
    "sign_many_sheets": {"ids": str(new_id())},
    "name_raters_by_post": {"panel": "community", "posts": str(new_id())},
    "name_one_rater": {"panel": "community", "name": "王建国", "way": "paper_ballot"},
    "enter_paper_count": {"panel": "community", f"satisfied/{new_id()}": "3"},
    "propose_one_pairing": {"other_id": str(new_id())},
    "end_one_pairing": {"reason": "期满"},
    "refuse_one_commendation": {"reason": "情况不符"},
    "withdraw_one_commendation": {"reason": "情况有变"},
    "propose_one_letter": {"kind": "letter", "words": "雨夜送老人就医"},
    "decide_year_suggestions": {f"decided/{new_id()}": "normal"},
    "recommend_many": {"registration_ids": str(new_id())},
    "plan_one_cycle": {"year": clock.today().year},
    "change_one_cycle": {"version": "1", "appraisal_days": "9"},
    "begin_year_end": {
        "period_from": (clock.today() - timedelta(days=300)).isoformat(),
        "period_to": clock.today().isoformat(),
    },
    "ask_for_one_opening": {"number": "FK-1", "reason": "群众反映"},
    "refuse_one_opening": {"reason": "理由不足"},
    "void_one_sheet": {"reason": "信息有误"},
    "allege_one_item": {
        "code": "unsafe_conduct",
        "happened_on": clock.today().isoformat(),
        "facts": "不听安排",
        "evidence": "现场记录",
    },
    "drop_one_item": {"reason": "核实后不成立"},
    "answer_one_objection": {"words": "已核对"},
    "decide_one_objection": {"is_granted": "false", "reason": "经核对无误"},
    "schedule_one_talk": {"meets_at": (clock.now() + timedelta(days=3)).isoformat()},
    "hold_one_talk": {"outcome": "will_improve"},
    "add_one_organization": {"kind": "grid", "name": "第九网格"},
    "change_one_organization": {"version": "1", "position": "3"},
    "close_one_organization": {"reason_code": "other"},
    "give_one_role": {"role": "grid_worker", "phone": "13911112222", "name": "王建国"},
    "set_one_policy": {
        "key": "orders.release_cutoff_hours",
        "value": "24",
        "effective_on": clock.today().isoformat(),
        "basis": "会议决定",
    },
    "end_one_role": {"role_id": str(new_id())},
    "return_one_registration": {"reason_code": "not_resident"},
    "return_one_application": {"reason_code": "not_on_roster"},
    "keep_one_transfer": {"reason_code": "other", "reason_text": "请说明"},
    "turn_one_transfer_down": {"reason_code": "other", "reason_text": "请说明"},
    "suspend_one_registration": {"reason_code": "illness"},
    "enter_at_counter": {
        "community_id": str(new_id()),
        "employer_id": str(new_id()),
        "name": "王建国",
        "phone": "13800000001",
    },
    "enter_on_paper": {"employer_id": str(new_id()), "name": "王建国"},
    "end_one_registration": {"reason_code": "moved"},
}
# Past the door they ask the platform, which is not there in this world.
ASK_PLATFORM = {"print_community_poster", "print_building_poster"}


@pytest.fixture(scope="session")
def engine(standing: tuple[AsyncEngine, World]) -> AsyncEngine:
    return standing[0]


def permissions_of(route: APIRoute) -> list[Permission]:
    """What the page says that it needs."""
    return [Permission(each) for each in (route.openapi_extra or {})["x-permission"]]


def test_every_page_has_a_name_of_its_own() -> None:
    names = [route.name for route in PAGES]
    assert len(names) == len(set(names))
    assert set(FILLED) <= set(GUARDED)


@pytest.mark.parametrize("name", sorted(GUARDED))
async def test_a_page_lets_in_whom_the_table_lets_in(
    session: AsyncSession,
    world: World,
    client: AsyncClient,
    connection: AsyncConnection,
    name: str,
) -> None:
    route = GUARDED[name]
    permissions = permissions_of(route)
    ids = ids_of(world)
    if any(ORACLE[each]["on"] in ("employer", "summary") for each in permissions):
        ids |= {"organization_id": world.employer.id, "report_id": world.rows["summary"].id}
    # each role that is let in by itself; all that are not, and every role elsewhere, together
    far = [(world.other_employer, role) for role in sorted(STAFF)]
    wanted: list[tuple[dict[str, UUID], bool, list[tuple[Organization, Role]]]] = []
    shut: dict[UUID, list[tuple[Organization, Role]]] = {}
    named_by: dict[UUID, dict[str, UUID]] = {}
    for role in sorted(STAFF):
        row, anchor = anchors(permissions[0], world, role)
        named_by[row.id] = ids | (
            {"organization_id": row.id} if isinstance(row, Organization) else {}
        )
        outside = shut.setdefault(row.id, [*far])
        if any(ORACLE[each][role] == "x" for each in permissions):
            wanted.append((named_by[row.id], True, [(anchor, role)]))
        else:
            outside.append((anchor, role))
    wanted += [(named_by[row_id], False, held) for row_id, held in shut.items()]
    people = await hold(session, [held for _, _, held in wanted])
    client.headers.update(OWN)
    wrong: list[Any] = []
    for (named, may, held), person in zip(wanted, people, strict=True):
        client.cookies.set("console", await open_session(session, person))
        undo = await connection.begin_nested()
        method = max(route.methods or ())
        path = route.path.format(**{key: str(value) for key, value in named.items()})
        answer = await client.request(method, path, data=FILLED.get(name, {}))
        await undo.rollback()
        is_in = answer.status_code not in REFUSED
        # of several permissions the row's state says which; as in the API
        kept = len(permissions) > 1 or is_in or "没有权限" not in answer.text
        is_fault = answer.status_code >= 500 and name not in ASK_PLATFORM
        if is_fault or not (kept if may else not is_in):
            wrong.append(([(each[1].value, each[0].name) for each in held], answer.status_code))
    assert wrong == []


async def test_every_page_is_behind_the_door(world: World, client: AsyncClient) -> None:
    ids = {key: str(value) for key, value in ids_of(world).items()}
    wrong: list[Any] = []
    for name, route in GUARDED.items():
        answer = await client.request(
            max(route.methods or ()), route.path.format(**ids), headers=OWN
        )
        place = answer.headers.get("location", "").partition("?")[0]
        if (answer.status_code, place) != (303, "/console/sign-in"):
            wrong.append((name, answer.status_code, place))
    assert wrong == []
