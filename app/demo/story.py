"""The story of the product, played over HTTP as its users would: every step prints what changed."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from app.core import clock
from app.demo.city import ADMIN_PHONE, EMPLOYER

CONSENT = "resident_core"


@dataclass
class Stage:
    """The running app and the platform beside it."""

    app: httpx.AsyncClient
    platform: httpx.AsyncClient
    number: int = 0

    def tell(self, what: str, change: str) -> None:
        """One step, and what is different now."""
        self.number += 1
        print(f"{self.number:>2}. {what} → {change}", flush=True)


@dataclass
class Somebody:
    """A person with a phone, signed in."""

    stage: Stage
    head: dict[str, str]

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        """What the app answers; a refusal ends the story."""
        answer = await self.stage.app.request(
            method, f"/api/v1{path}", json=body or None, headers=self.head
        )
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None


async def play(base_url: str, simulator_url: str) -> None:
    """Plays it with people of its own each time; their phones are made up."""
    async with (
        httpx.AsyncClient(base_url=base_url, timeout=20, trust_env=False) as app,
        httpx.AsyncClient(base_url=simulator_url, timeout=20, trust_env=False) as platform,
    ):
        stage = Stage(app, platform)
        admin = await sign_in(stage, ADMIN_PHONE)
        stage.tell("市级管理员用微信登录、同意、绑定手机号", "取得事先授予该手机号的角色")
        community, district, employer = await find_places(stage, admin)
        people = await appoint(stage, admin, community, district, employer)
        member = await register(stage, people, community["id"], employer["id"])
        await serve_a_need(stage, people["clerk"], people["secretary"], community["id"])
        await take_and_serve(stage, people, member, community["id"])
        await report(stage, people, member, community["id"], employer["id"])


async def sign_in(stage: Stage, phone: str, *purposes: str) -> Somebody:
    """The owner of the phone is signed in, has consented to `purposes`, and bound the phone."""
    purposes = purposes or (CONSENT,)
    codes = (await stage.platform.post("/_sim/codes", json={"phone": phone})).json()
    tokens = await stage.app.post("/api/v1/sessions", json={"code": codes["login_code"]})
    tokens.raise_for_status()
    person = Somebody(stage, {"Authorization": f"Bearer {tokens.json()['access_token']}"})
    shown = await person.ask("GET", "/consents")
    for item in shown["items"]:
        if item["purpose"] in purposes and not item["is_current"]:
            await person.ask("POST", "/consents", purpose=item["purpose"], version=item["version"])
    await person.ask("PUT", "/me/phone", code=codes["phone_code"])
    return person


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
    employer = next(item for item in below["items"] if item["name"] == EMPLOYER)
    names = "›".join(item["name"] for item in path)
    stage.tell("在公开的组织树中找到社区和单位", f"{names}；{employer['name']}")
    return community, district, employer


async def appoint(
    stage: Stage, admin: Somebody, community: Any, district: Any, employer: Any
) -> dict[str, Somebody]:
    """Those in charge have their roles by phone, and have signed in."""
    wanted = {
        "secretary": ("community_secretary", community, "社区书记"),
        "clerk": ("community_clerk", community, "社区工作者"),
        "office": ("district_admin", district, "区级管理员"),
        "employer": ("employer_secretary", employer, "单位书记"),
    }
    people = {}
    for key, (role, place, name) in wanted.items():
        phone = f"139{secrets.randbelow(10**8):08}"
        path = f"/organizations/{place['id']}/roles"
        await admin.ask("POST", path, phone=phone, name=name, role=role)
        people[key] = await sign_in(stage, phone)
        held = (await people[key].ask("GET", "/me"))["roles"][0]
        stage.tell(f"{name}登录", f"在{held['organization_name']}任 {held['role']}")
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


async def register(
    stage: Stage, people: dict[str, Somebody], community_id: str, employer_id: str
) -> Somebody:
    """A roster is sent as a file; one of its members registers where he lives, and is accepted."""
    phone = f"138{secrets.randbelow(10**8):08}"
    text = f"姓名,手机号,所在党支部,身份证号码\n张三,{phone},第一党支部,320600190001010000\n"
    seen = await stage.app.post(
        f"/api/v1/organizations/{employer_id}/roster/previews",
        files={"file": ("名册.csv", text.encode())},
        data={"confirms_notice": "true"},
        headers=people["employer"].head,
    )
    seen.raise_for_status()
    plan = seen.json()
    unread = "、".join(plan["unread"])
    stage.tell("单位上传名册并预览", f"新增 {plan['counts']['added']} 人；不读取的列：{unread}")
    await people["employer"].ask("POST", f"/imports/{plan['id']}/roster", leave_missing=False)
    stage.tell("单位应用名册", "名册归单位所有，本人报到前社区看不到")
    member = await sign_in(stage, phone, "registration_core", "report_to_employer")
    offer = await member.ask("GET", "/me/registration-offer")
    line = offer["lines"][0]
    stage.tell(
        "党员登录、分项同意、绑定手机号", f"认出名册中的 {line['name']}（{line['branch_name']}）"
    )
    made = await member.ask(
        "POST",
        "/registrations",
        member_id=line["member_id"],
        community_id=community_id,
        building_text="3幢",
    )
    stage.tell("党员选择居住社区和楼栋，提交报到", made["status"])
    path = f"/registrations/{made['id']}/accept"
    done = await people["secretary"].ask("POST", path, grid_id=None)
    page = (await stage.app.get(f"/v/{done['receipt_code']}")).json()
    stage.tell(
        "社区接收报到",
        f"{done['status']}，报到证 {done['certificate_number']}，回执 {done['receipt_number']}"
        f"（核验：{page['document_name']} {page['standing']}）",
    )
    return member


async def take_and_serve(
    stage: Stage, people: dict[str, Somebody], member: Somebody, community_id: str
) -> None:
    """点单 → 下单 → 接单 → 评单: one need of one resident, from the first word to the answer."""
    resident = await sign_in(stage, f"137{secrets.randbelow(10**8):08}")
    await resident.ask("POST", "/me/residences", community_id=community_id, building_text="5幢")
    need = await resident.ask("POST", "/needs", words="想学用手机挂号", door="5幢201室")
    stage.tell("居民点单（只填一句话）", f"诉求 {need['number']}")
    secretary = people["secretary"]
    await secretary.ask(
        "POST", f"/needs/{need['id']}/accept", route="order", category="phone_teaching"
    )
    starts = clock.now() + timedelta(seconds=3)
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
        f"电话 {reach['phone'][:3]}****；{shown['who']}；居民可见 {len(looks)} 次查看",
    )
    await asyncio.sleep(max((starts - clock.now()).total_seconds(), 0))
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
    done = await people["employer"].ask("POST", f"{one}/acknowledge")
    stage.tell("单位书记签收", f"{done['number']} 已签收")
    await people["employer"].ask("POST", f"{one}/use", uses=["appraisal"], reply="谢谢社区")
    stage.tell("单位填写结果运用", "一次勾选，全部党员")
    inbox = (await member.ask("GET", "/me/notifications"))["items"]
    stage.tell("党员的消息", "、".join(item["title"] for item in inbox) or "稍后送达")
