"""The story of the product, played over HTTP as its users would: every step prints what changed."""

import secrets
from datetime import timedelta
from typing import Any

import httpx

from app.core import clock
from app.demo import files, season
from app.demo.city import ADMIN_PHONE
from app.demo.stage import CONSENT, TO_BE_TAKEN, Somebody, Stage, find_home, sign_in, until


async def play(base_url: str, simulator_url: str, *, is_short: bool = False) -> None:
    """Plays it with people of its own each time, and unless it is to be short what a community does
    beside it all year (`season`); their phones are made up.
    """
    async with (
        httpx.AsyncClient(base_url=base_url, timeout=20, trust_env=False) as app,
        httpx.AsyncClient(base_url=simulator_url, timeout=20, trust_env=False) as platform,
    ):
        stage = Stage(app, platform)
        admin = await sign_in(stage, ADMIN_PHONE)
        stage.tell("市级管理员用微信登录、同意、绑定手机号", "取得事先授予该手机号的角色")
        community, district, employer = await find_places(stage, admin)
        people = await appoint(stage, admin, community, district)
        listed = await send_roster(stage, people, employer["id"])
        member = await register(stage, people, listed[0].phone, community["id"])
        on_paper = listed[1].name
        await register_on_paper(stage, people, on_paper, community["id"], employer["id"])
        await serve_a_need(stage, people["clerk"], people["secretary"], community["id"])
        await take_and_serve(stage, people, member, community["id"])
        await report(stage, people, member, on_paper, community["id"], employer["id"])
        if not is_short:
            await season.play(stage, people, admin, listed[2:10], community, employer)


async def find_places(stage: Stage, admin: Somebody) -> tuple[Any, Any, Any]:
    """The community, its district and the employer, by reading the public tree."""
    city = (await admin.ask("GET", "/me"))["roles"][0]["organization_id"]
    found = await admin.ask("GET", f"/communities?under={city}")
    community = found["items"][0]
    path = await admin.ask("GET", f"/organizations/{community['id']}/path")
    district = next(item for item in path if item["kind"] == "district")
    below = await admin.ask(
        "GET", f"/organizations?parent_id={district['id']}&kind=employer&limit=100"
    )
    employer = next(item for item in below["items"] if item["name"] == files.EMPLOYER)
    names = "›".join(item["name"] for item in path)
    stage.tell("在公开的组织树中找到社区和单位", f"{names}；{employer['name']}")
    return community, district, employer


async def appoint(
    stage: Stage, admin: Somebody, community: Any, district: Any
) -> dict[str, Somebody]:
    """Those in charge have signed in: some whom the imported files name, some whom the city adds."""
    people = {}
    named = {
        "secretary": (files.SECRETARY_PHONE, "社区工作簿", "赵卫国"),
        "employer": (files.EMPLOYER_PHONE, "单位名单", "孙建华"),
        "liaison": (files.LIAISON_PHONE, "单位名单", "钱晓梅"),
    }
    for key, (phone, file, name) in named.items():
        people[key] = await sign_in(stage, phone)
        me = await people[key].ask("GET", "/me")
        await people[key].ask("PATCH", "/me", name=name, version=me["version"])
        held = me["roles"][0]
        stage.tell(
            f"{file}中列出的人登录，按手机号认出任职",
            f"在{held['organization_name']}任 {held['role']}",
        )
    wanted = {
        "clerk": ("community_clerk", community, "社区工作者", "沈佳"),
        "office": ("district_admin", district, "区级管理员", "顾建平"),
        "auditor": ("auditor", district, "区级审计员", "高明远"),
    }
    for key, (role, place, title, name) in wanted.items():
        phone = f"139{secrets.randbelow(10**8):08}"
        path = f"/organizations/{place['id']}/roles"
        await admin.ask("POST", path, phone=phone, name=name, role=role)
        people[key] = await sign_in(stage, phone)
        held = (await people[key].ask("GET", "/me"))["roles"][0]
        stage.tell(
            f"市级授权{title}{name}，本人登录", f"在{held['organization_name']}任 {held['role']}"
        )
    return people


async def serve_a_need(
    stage: Stage, clerk: Somebody, secretary: Somebody, community_id: str
) -> None:
    """A need without a phone runs to its end: entered, taken, done, accepted on behalf."""
    path = f"/organizations/{community_id}/needs"
    need = await clerk.ask("POST", path, words="3幢楼道灯坏了，晚上看不清", source="phone")
    stage.tell("来电诉求由社区工作者代录", f"诉求 {need['number']}，{need['status']}")
    one = f"/needs/{need['id']}"
    moved = await secretary.ask("POST", f"{one}/accept", route="own_staff")
    stage.tell("书记受理，由社区自办", moved["status"])
    await secretary.ask("POST", f"{one}/start")
    moved = await secretary.ask("POST", f"{one}/finish", reply="已更换灯泡")
    stage.tell("办完并告诉居民", moved["status"])
    moved = await clerk.ask("POST", f"{one}/acceptance-on-behalf", answer="solved", way="call_back")
    stage.tell("没有办理此事的同事电话回访，居民说办好了", moved["status"])


async def send_roster(
    stage: Stage, people: dict[str, Somebody], employer_id: str
) -> list[files.Listed]:
    """The employer's file as it is kept in its office: previewed, then applied whole."""
    listed = files.people(31, retired=3)
    seen = await stage.app.post(
        f"/api/v1/organizations/{employer_id}/roster/previews",
        files={"file": ("在职党员花名册.xlsx", files.roster(listed))},
        data={"confirms_notice": "true"},
        headers=people["liaison"].head,
    )
    seen.raise_for_status()
    plan = seen.json()
    counts = plan["counts"]
    idle = "、".join(f"第{one['row']}行{one['name']}" for one in plan["not_in_service"])
    stage.tell(
        f"单位联络员上传 Excel 名册（{counts['rows']} 行）并预览",
        f"新增 {counts['added']} 人；不在职：{idle}；未通过 {counts['refused']} 行；"
        f"在职 {counts['in_service']} 人，单位填报 {counts['stated_headcount']} 人",
    )
    stage.tell("预览列明不读取的内容", "、".join(plan["unread"]))
    await people["liaison"].ask("POST", f"/imports/{plan['id']}/roster", leave_missing=False)
    stage.tell("单位应用名册", "名册归单位所有，本人报到前社区看不到")
    return listed


async def register(
    stage: Stage, people: dict[str, Somebody], phone: str, community_id: str
) -> Somebody:
    """One of the roster registers where he lives, and is accepted as his building suggests."""
    member = await sign_in(stage, phone, "registration_core", "report_to_employer")
    offer = await member.ask("GET", "/me/registration-offer")
    line = offer["lines"][0]
    stage.tell(
        "党员登录、分项同意、绑定手机号", f"认出名册中的 {line['name']}（{line['branch_name']}）"
    )
    home = await find_home(member, community_id, line["compound_text"], files.BUILDING)
    made = await member.ask(
        "POST",
        "/registrations",
        member_id=line["member_id"],
        community_id=community_id,
        compound_id=home["compound_id"],
        building_id=home["building_id"],
    )
    stage.tell(f"党员从列表中选择{home['name']}，提交报到", made["status"])
    secretary, path = people["secretary"], f"/registrations/{made['id']}"
    waiting = await secretary.ask("GET", path)
    done = await secretary.ask("POST", f"{path}/accept", grid_id=None)
    shown = await secretary.ask("GET", path)
    placed = ("grid", "functional_branch", "functional_group")
    is_suggested = all(waiting[f"suggested_{name}_id"] == done[f"{name}_id"] for name in placed)
    stage.tell(
        "社区按楼栋建议的网格、功能型党支部、党小组接收",
        "、".join(shown[f"{name}_name"] for name in placed)
        + ("，与建议一致" if is_suggested else "，与建议不同"),
    )
    page = (await stage.app.get(f"/v/{done['receipt_code']}")).json()
    stage.tell(
        "报到证和回执生成",
        f"{done['status']}，报到证 {done['certificate_number']}，回执 {done['receipt_number']}"
        f"（核验：{page['document_name']} {page['standing']}）",
    )
    return member


async def register_on_paper(
    stage: Stage, people: dict[str, Somebody], name: str, community_id: str, employer_id: str
) -> None:
    """Another one of the roster comes with the paper only: no phone, no address, the same rights."""
    path = f"/organizations/{community_id}/registrations/paper"
    done = await people["clerk"].ask("POST", path, name=name, employer_id=employer_id)
    stage.tell(
        "另一名党员持纸质报到证到社区柜台",
        f"{done['status']}，回执 {done['receipt_number']}；系统不留电话和住址",
    )


async def take_and_serve(
    stage: Stage, people: dict[str, Somebody], member: Somebody, community_id: str
) -> None:
    """点单 → 下单 → 接单 → 评单: one need of one resident, from the first word to the answer."""
    phone = f"137{secrets.randbelow(10**8):08}"
    resident = await sign_in(stage, phone, CONSENT, "service_address", "contact_at_service")
    await resident.ask("POST", "/me/residences", community_id=community_id, building_text="5幢")
    need = await resident.ask("POST", "/needs", words="想学用手机挂号", door="5幢201室")
    stage.tell("居民点单（只填一句话）", f"诉求 {need['number']}")
    secretary = people["secretary"]
    await secretary.ask(
        "POST", f"/needs/{need['id']}/accept", route="order", category="phone_teaching"
    )
    starts = clock.now() + TO_BE_TAKEN
    order = await secretary.ask(
        "POST",
        f"/organizations/{community_id}/orders",
        title="教老人用手机",
        starts_at=starts.isoformat(),
        ends_at=(starts + timedelta(hours=1)).isoformat(),
        seats=2,
        need_ids=[need["id"]],
        publish=True,
    )
    board = (await stage.app.get(f"/api/v1/board/{community_id}")).json()
    stage.tell(
        "书记受理并下单（四项）",
        f"订单 {order['number']}；公开服务栏现有 {len(board['items'])} 项",
    )
    seat = await member.ask("POST", f"/orders/{order['id']}/seats")
    stage.tell("党员一键接单", seat["status"])
    reach = await member.ask("GET", f"/orders/{order['id']}/contact")
    code = (await member.ask("GET", f"/seats/{seat['id']}/pass"))["code"]
    shown = (await stage.app.get(f"/api/v1/passes/{code}")).json()
    looks = await resident.ask("GET", f"/needs/{need['id']}/looks")
    stage.tell(
        "党员限时查看联系方式，居民核验服务码",
        f"电话 {reach['phone'][:3]}****；{shown['who']}；居民可见 {len(looks['items'])} 次查看",
    )
    await until(starts)
    await secretary.ask("POST", f"/orders/{order['id']}/attendance", present=[seat["id"]])
    done = await secretary.ask("POST", f"/orders/{order['id']}/complete", minutes=60)
    record = (await member.ask("GET", "/me/records"))["items"][0]
    stage.tell("组织者到场确认、确认时长", f"{done['status']}；记录 {record['minutes']} 分钟")
    answer = await resident.ask("POST", f"/needs/{need['id']}/acceptance", answer="solved")
    await resident.ask("POST", f"/needs/{need['id']}/rating", satisfaction="satisfied")
    stage.tell("居民评单：办好了，另评满意度（只汇总）", answer["status"])


async def report(
    stage: Stage,
    people: dict[str, Somebody],
    member: Somebody,
    on_paper: str,
    community_id: str,
    employer_id: str,
) -> None:
    """The member reads his sheet first, the community issues it, the employer acknowledges."""
    today = clock.today()
    period = {
        "period_from": (today - timedelta(days=364)).isoformat(),
        "period_to": today.isoformat(),
    }
    path = f"/organizations/{community_id}/sheets"
    drafts = await people["secretary"].ask("POST", path, **period)
    mine = (await member.ask("GET", "/me/reports"))["items"][0]
    sheet = f"/reports/{mine['id']}"
    await member.ask("POST", f"{sheet}/statements", words="已按时参加")
    stage.tell("社区生成反馈单草稿，本人先看并说明", f"{len(drafts['report_ids'])} 份草稿")
    issued = await people["secretary"].ask("POST", f"{sheet}/issue", opinion="steady")
    stage.tell("社区出具反馈单", issued["number"])
    path = f"/organizations/{employer_id}/summaries"
    summary = await people["office"].ask("POST", path, **period)
    stage.tell("区级汇编单位汇总单", f"{summary['number']} 第{summary['edition']}版，已送达")
    one = f"/reports/{summary['id']}"
    shown = await people["employer"].ask("GET", one)
    content = shown["content"]
    line = next(row for row in content["details"] if row.get("sheet_number") == issued["number"])
    page = (await stage.app.get(f"/v/{content['head']['verification_code']}")).json()
    stage.tell(
        "单位书记阅读，任何人凭校验码核验",
        f"{line['member']} 服务 {line['count']} 次 {line['minutes']} 分钟，"
        f"办成 {line['solved']}/{line['answered']}，{line['satisfaction']}；{page['standing']}",
    )
    paper = next(row for row in content["details"] if row["member"] == on_paper)
    figures = content["registration"]
    stage.tell(
        "汇总单的报到情况，各渠道同等计算",
        f"线上 {figures['registered_online']} 人、线下和纸质 {figures['registered_offline']} 人，"
        f"未报到 {figures['not_registered']} 人；纸质报到的 {paper['member']}：{paper['state']}",
    )
    done = await people["employer"].ask("POST", f"{one}/acknowledge")
    stage.tell("单位书记签收", f"{done['number']} 已签收")
    await people["employer"].ask("POST", f"{one}/use", uses=["appraisal"], reply="谢谢社区")
    stage.tell("单位填写结果运用", "一次勾选，全部党员")
    inbox = (await member.ask("GET", "/me/notifications"))["items"]
    stage.tell("党员的消息", "、".join(item["title"] for item in inbox) or "稍后送达")
