"""The story of the product, played over HTTP as its users would: every step prints what changed."""

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
        await serve_a_need(stage, people["clerk"], people["secretary"], community["id"])
        await publish_an_order(stage, people["secretary"], community["id"])
        await report(stage, people["office"], people["employer"], employer["id"])


async def sign_in(stage: Stage, phone: str) -> Somebody:
    """The owner of the phone is signed in, has consented and bound it."""
    codes = (await stage.platform.post("/_sim/codes", json={"phone": phone})).json()
    tokens = await stage.app.post("/api/v1/sessions", json={"code": codes["login_code"]})
    tokens.raise_for_status()
    person = Somebody(stage, {"Authorization": f"Bearer {tokens.json()['access_token']}"})
    shown = await person.ask("GET", "/consents")
    item = next(item for item in shown["items"] if item["purpose"] == CONSENT)
    if not item["is_current"]:
        await person.ask("POST", "/consents", purpose=CONSENT, version=item["version"])
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


async def publish_an_order(stage: Stage, secretary: Somebody, community_id: str) -> None:
    """A service stands on the public board, without anything personal."""
    starts = clock.now() + timedelta(days=3)
    order = await secretary.ask(
        "POST",
        f"/organizations/{community_id}/orders",
        title="教老人用手机",
        starts_at=starts.isoformat(),
        ends_at=(starts + timedelta(hours=1)).isoformat(),
        seats=2,
        category="phone_teaching",
        publish=True,
    )
    board = (await stage.app.get(f"/api/v1/board/{community_id}")).json()
    stage.tell("书记下单", f"订单 {order['number']}；公开服务栏现有 {len(board['items'])} 项")


async def report(stage: Stage, office: Somebody, employer: Somebody, employer_id: str) -> None:
    """The employer's summary is compiled, verified by anybody, read, acknowledged, answered."""
    today = clock.today()
    period = {
        "period_from": (today - timedelta(days=364)).isoformat(),
        "period_to": today.isoformat(),
    }
    path = f"/organizations/{employer_id}/summaries"
    summary = await office.ask("POST", path, **period)
    stage.tell("区级汇编单位汇总单", f"{summary['number']} 第{summary['edition']}版，已送达")
    one = f"/reports/{summary['id']}"
    shown = await employer.ask("GET", one)
    code = shown["content"]["head"]["verification_code"]
    page = (await stage.app.get(f"/v/{code}")).json()
    stage.tell(
        "任何人凭校验码核验", f"{page['document_name']}，{page['issuer_name']}，{page['standing']}"
    )
    done = await employer.ask("POST", f"{one}/acknowledge")
    stage.tell("单位书记签收", f"{done['number']} 已签收")
    await employer.ask("POST", f"{one}/use", uses=["appraisal"], reply="谢谢社区")
    stage.tell("单位填写结果运用", "一次勾选，全部党员")
