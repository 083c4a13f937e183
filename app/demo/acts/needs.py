"""Needs of every kind, out of every source, into one box; each ends as it should."""

import asyncio
from datetime import timedelta
from typing import Any

from app.core import clock
from app.demo import files
from app.demo.cast import Cast
from app.demo.stage import Somebody, Stage

SNAPSHOT = "snapshot_report"
KINDS = (
    (SNAPSHOT, "3幢东门口路面破损，容易绊倒"),
    ("suggestion", "希望活动室周末也开放"),
    ("complaint", "楼道堆物一直没人管"),
    ("call_me_back", "请回电"),
    ("praise", "谢谢上次来教手机的同志"),
)
SOURCES = (
    ("counter", "老人想办高龄补贴，不知道带什么材料"),
    ("visit", "独居老人想有人陪着聊聊天"),
    ("chat_group", "群里反映儿童滑梯螺丝松了"),
    ("hotline", "市民反映小区夜间噪声扰民"),
)


async def play(stage: Stage, cast: Cast) -> None:
    """A second one like it is a "me too"; one is asked back, referred, answered, merged, refused."""
    resident, secretary = cast.resident, cast.secretary
    path = f"/organizations/{cast.community_id}/needs"
    photo = await stage.app.post(
        "/api/v1/files", files={"file": ("路面.jpg", files.photo())}, headers=resident.head
    )
    photo.raise_for_status()
    shown = {SNAPSHOT: [photo.json()["id"]]}
    own = [
        await resident.ask(
            *("POST", "/needs"),
            kind=kind,
            words=words,
            place="德民新村",
            photo_ids=shown.get(kind, []),
        )
        for kind, words in KINDS
    ]
    stage.tell("居民在小程序提出各类诉求", f"{len(own)} 件：随手拍、建议、投诉、请回电、表扬")
    seen = await checked(secretary, own[0]["id"])
    stage.tell("照片去除定位信息，平台内容检查有结论后社区可看", seen["status"])
    others = [
        await cast.clerk.ask("POST", path, words=words, source=source) for source, words in SOURCES
    ]
    stage.tell("来访、走访、微信群、12345 的诉求进同一个收件箱", f"代录 {len(others)} 件")

    snapshot, suggestion, complaint, call, praise = (f"/needs/{one['id']}" for one in own)
    await secretary.ask(
        *("POST", f"{snapshot}/accept"), route="own_staff", public_text="3幢东门路面修补"
    )
    neighbour = cast.members[0].phone
    await neighbour.ask("POST", "/me/residences", community_id=cast.community_id)
    like = await neighbour.ask("POST", "/needs/similar", words="3幢东门口的路面坏了")
    await neighbour.ask("POST", f"/needs/{like[0]['id']}/support")
    stage.tell("邻居提同一件事前看到已有相近诉求", f"{len(like)} 件，点“我也需要”")
    await secretary.ask("POST", f"{snapshot}/start")
    await secretary.ask("POST", f"{snapshot}/finish", reply="路面已修补")
    ended = await resident.ask("POST", f"{snapshot}/acceptance", answer="solved")
    stage.tell("社区自办，居民验收", ended["status"])

    await secretary.ask("POST", f"{suggestion}/ask-back", words="周六还是周日更需要？")
    back = await resident.ask("POST", f"{suggestion}/answer-back", words="周六下午")
    await secretary.ask("POST", f"{suggestion}/accept", route="answered", reply="周六下午起开放")
    stage.tell("追问一次，居民回答后回到收件箱，随后答复", back["status"])

    expected = (clock.today() + timedelta(days=7)).isoformat()
    await secretary.ask(
        *("POST", f"{complaint}/accept"),
        route="referred",
        referred_to="property_company",
        referred_number="物业 118",
        answer_expected_on=expected,
    )
    stage.tell("转物业企业办理，注明对方编号和预计答复日", expected)
    refused = await secretary.ask(
        *("POST", f"{call}/refuse"), reason_code="commercial", reply="请联系商家"
    )
    await secretary.ask("POST", f"{praise}/accept", route="answered", reply="已转达")
    merged = await secretary.ask(
        *("POST", f"/needs/{others[3]['id']}/merge"), into_id=others[2]["id"]
    )
    stage.tell("不予受理的写明理由；同类合并", f"{refused['status']}、{merged['status']}")


async def checked(staff: Somebody, need_id: str) -> Any:
    """The need's photo, when the platform's verdict is here."""
    photo: Any = {"status": "stored"}
    while photo["status"] in ("stored", "checking"):
        await asyncio.sleep(0.2)
        photo = (await staff.ask("GET", f"/needs/{need_id}"))["photos"][0]
    return photo
