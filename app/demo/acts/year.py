"""A year is closed: self reports, ballots online and on paper, suggestions that a person decides, an
objection, sheets that members read first, and the employer's receipt.

It closes last year in a community whose members have served for two (`history`), once. Nothing is
moved in time: the ballots count when their window is over, and who is commended hangs on the notice
for its workdays; until when is printed.
"""

import asyncio
import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.core import clock
from app.demo import history
from app.demo.stage import Somebody, Stage, sign_in

CONSENTS = ("registration_core", "report_to_employer", "publicity_of_commendation")
PAPER = ("郭大爷", "里阿姨", "园师傅")
ADVICE = {
    "recommend_first": "优先推荐",
    "normal": "正常参考",
    "talk_advised": "建议约谈提醒",
    "insufficient": "情况不足",
}
TRIES, PAUSE = 40, 0.25


@dataclass(frozen=True, slots=True)
class Place:
    """Where the year is closed, and who closes it."""

    community_id: str
    employer_id: str
    office: Somebody
    street: Somebody
    secretary: Somebody
    clerk: Somebody
    leader: Somebody
    leader_phone: str
    boss: Somebody
    members: dict[str, Somebody]


async def play(stage: Stage, admin: Somebody) -> None:
    """The year is closed as far as today goes; a second time only what stands is told."""
    city = (await admin.ask("GET", "/me"))["roles"][0]["organization_id"]
    (found,) = (await admin.ask("GET", f"/communities?under={city}&q=郭里园"))["items"]
    community_id = found["id"]
    path = await admin.ask("GET", f"/organizations/{community_id}/path")
    above = {each["kind"]: each["id"] for each in path}
    cycles = f"/organizations/{above['district']}/evaluation-cycles"
    known = (await admin.ask("GET", cycles))["items"]
    if known:
        stage.tell(f"{known[0]['year']}年度评价已安排过", standing(known[0]))
        return
    place = await appoint(stage, admin, community_id, above)
    cycle = await place.office.ask("POST", cycles, year=clock.today().year - 1)
    await appraise(stage, place, cycle["id"])
    today = clock.today()
    period = {
        "period_from": (today - timedelta(days=364)).isoformat(),
        "period_to": today.isoformat(),
    }
    sheets = await object_to_votes(stage, place, period)
    await decide(stage, place, period)
    await issue(stage, place, period, sheets)


def standing(cycle: Any) -> str:
    """Where the cycle stands, and its days."""
    return (
        f"{cycle['status']}，测评{cycle['appraisal_from']}至{cycle['appraisal_to']}，"
        f"本人阅看至{cycle['objection_to']}，{cycle['issue_on']}送达"
    )


async def appoint(stage: Stage, admin: Somebody, community_id: str, above: dict[str, str]) -> Place:
    """The city names who closes the year; they and the members have signed in."""
    branch = await _below(admin, community_id, "functional_branch", history.BRANCH)
    employer = await _below(admin, above["district"], "employer", history.EMPLOYER)
    roles = {
        "office": ("district_admin", above["district"], "施丽华"),
        "street": ("subdistrict_admin", above["subdistrict"], "陆国平"),
        "secretary": ("community_secretary", community_id, "季春梅"),
        "clerk": ("community_clerk", community_id, "葛小芳"),
        "leader": ("branch_secretary", branch, "许建新"),
        "boss": ("employer_secretary", employer, "曹文军"),
    }
    phones = {key: f"139{secrets.randbelow(10**8):08}" for key in roles}
    for key, (role, organization_id, name) in roles.items():
        body = {"phone": phones[key], "name": name, "role": role}
        await admin.ask("POST", f"/organizations/{organization_id}/roles", **body)
    signed = await asyncio.gather(*(sign_in(stage, phones[key]) for key in roles))
    members = await asyncio.gather(*(join(stage, each.phone) for each in history.MEMBERS))
    return Place(
        community_id=community_id,
        employer_id=employer,
        leader_phone=phones["leader"],
        members=dict(zip((each.name for each in history.MEMBERS), members, strict=True)),
        **dict(zip(roles, signed, strict=True)),
    )


async def join(stage: Stage, phone: str) -> Somebody:
    """He has signed in, and what was entered for him at the counter is his."""
    member = await sign_in(stage, phone, *CONSENTS)
    line = (await member.ask("GET", "/me/registration-offer"))["lines"][0]
    await member.ask("POST", f"/registrations/{line['registration_id']}/link")
    return member


async def appraise(stage: Stage, place: Place, cycle_id: str) -> None:
    """Panels are named, a member says something of his year, ballots are given and counted."""
    one = f"/evaluation-cycles/{cycle_id}"
    of_community = f"{one}/communities/{place.community_id}"
    for panel, raters in (
        ("functional_branch", [{"name": "支部书记", "phone": place.leader_phone}]),
        ("community", [{"name": name, "way": "paper_ballot"} for name in PAPER]),
    ):
        path = f"{of_community}/raters"
        await place.secretary.ask("POST", path, panel=panel, raters=raters)
    cycle = await opened(place.office, one)
    stage.tell(f"区里安排{cycle['year']}年度评价，社区指定评议人", standing(cycle))
    member = place.members[history.MEMBERS[0].name]
    words = (await member.ask("GET", f"{one}/self-report"))["proposed"]
    words = f"{words}今年多参加周末服务。"
    await member.ask("PUT", f"{one}/self-report", words=words)
    stage.tell("党员自评，由当年事实预填，本人可改", words)
    (asked,) = (await place.leader.ask("GET", "/me/appraisals"))["items"]
    rater = f"/appraisal-raters/{asked['rater_id']}"
    rated = (await place.leader.ask("GET", f"{rater}/members"))["items"]
    answers = [
        {"registration_id": each["registration_id"], "answer": "satisfied"} for each in rated
    ]
    await place.leader.ask("PUT", f"{rater}/ballots", answers=answers)
    counts = f"{of_community}/paper-counts"
    listed = (await place.clerk.ask("GET", f"{counts}?panel=community"))["lines"]
    lines = [
        {"registration_id": each["registration_id"], "satisfied": 2, "fair": 1, "unsatisfied": 0}
        for each in listed
    ]
    for counter in (place.clerk, place.secretary):
        await counter.ask("POST", counts, panel="community", lines=lines)
    panels = (await place.secretary.ask("GET", f"{of_community}/progress"))["panels"]
    agreed = sum(each["lines_agreed"] for each in panels)
    online = sum(each["answered"] for each in panels)
    stage.tell(
        "线上评议，线下票由两人分别清点",
        f"线上已评 {online} 人，线下一致 {agreed} 名党员；{cycle['appraisal_to']}截止后计票",
    )


async def opened(office: Somebody, path: str) -> Any:
    """The cycle, once the worker has opened its window."""
    for _ in range(TRIES):
        cycle = await office.ask("GET", path)
        if cycle["status"] == "collecting":
            return cycle
        await asyncio.sleep(PAUSE)
    raise RuntimeError("the window has not opened: is a worker running?")


async def object_to_votes(stage: Stage, place: Place, period: dict[str, str]) -> dict[str, str]:
    """The sheets are drafted, a member objects to his votes and is heard; the sheets by name."""
    path = f"/organizations/{place.community_id}/sheets"
    await place.secretary.ask("POST", path, **period)
    sheets = {
        name: (await member.ask("GET", "/me/reports"))["items"][0]["id"]
        for name, member in place.members.items()
    }
    name = history.MEMBERS[1].name
    path = f"/reports/{sheets[name]}/objections"
    said = {"kind": "votes", "words": "有评价人应当回避"}
    made = await place.members[name].ask("POST", path, **said)
    one = f"/objections/{made['id']}"
    await place.secretary.ask("POST", f"{one}/answer", words="已逐票核对")
    reason = "经核对，没有应当回避的人"
    done = await place.street.ask("POST", f"{one}/decide", is_granted=False, reason=reason)
    stage.tell("党员对票数提出异议，社区答复，街道复核", done["status"])
    return sheets


async def decide(stage: Stage, place: Place, period: dict[str, str]) -> None:
    """A person decides what the facts propose; who is to be recommended hangs on the notice first."""
    path = f"/organizations/{place.community_id}/suggestions"
    await place.secretary.ask("POST", path, **period)
    found = (await place.secretary.ask("GET", f"{path}?period_to={period['period_to']}"))["items"]
    shown = "，".join(f"{each['member_name']}{ADVICE[each['proposed']]}" for each in found)
    stage.tell("由一年的事实生成四种建议，逐条写明理由", shown)
    first = next(each for each in found if each["proposed"] == "recommend_first")
    body = {"registration_ids": [first["registration_id"]]} | period
    meeting = f"/organizations/{place.community_id}/commendations"
    (praise,) = (await place.secretary.ask("POST", meeting, **body))["items"]
    praise = await place.leader.ask("POST", f"/commendations/{praise['id']}/confirm")
    until = datetime.fromisoformat(praise["due_at"])
    decisions = [
        {"suggestion_id": each["id"], "decided": each["proposed"]}
        for each in found
        if each is not first
    ]
    done = (await place.secretary.ask("POST", f"{path}/decide", decisions=decisions))["items"]
    counts = Counter(ADVICE[each["decided"]] for each in done)
    stage.tell(
        "书记逐人决定；优先推荐经会议提名、支部确认、本人同意，先公示",
        "，".join(f"{name} {count}" for name, count in sorted(counts.items()))
        + f"；{first['member_name']}公示到{clock.local_day(until)}，期满后决定",
    )


async def issue(stage: Stage, place: Place, period: dict[str, str], sheets: dict[str, str]) -> None:
    """A member reads his sheet and says something, all are issued, and the employer acknowledges."""
    name = history.MEMBERS[2].name
    one = f"/reports/{sheets[name]}"
    content = (await place.members[name].ask("GET", one))["content"]
    await place.members[name].ask("POST", f"{one}/statements", words="情况属实")
    stage.tell("本人先看反馈单并说明", f"{name}：{content['ratings']['satisfaction']}")
    for each in sheets.values():
        await place.secretary.ask("POST", f"/reports/{each}/issue")
    path = f"/organizations/{place.employer_id}/summaries"
    made = await place.office.ask("POST", path, **period)
    report = f"/reports/{made['id']}"
    seen = (await place.boss.ask("GET", report))["content"]
    talks = (await place.boss.ask("GET", f"/organizations/{place.employer_id}/talks"))["items"]
    done = await place.boss.ask("POST", f"{report}/acknowledge")
    stage.tell(
        "单位收到汇总单并签收",
        f"{done['number']} {done['status']}：含反馈单 {seen['head']['sheets_included']} 份，"
        f"服务 {seen['services']['services_count']} 次 {seen['services']['minutes']} 分钟，"
        f"评价：{seen['ratings']['satisfaction']}，"
        f"待谈心 {len(talks)} 人",
    )


async def _below(person: Somebody, parent_id: str, kind: str, name: str) -> str:
    path = f"/organizations?parent_id={parent_id}&kind={kind}&limit=100"
    found = (await person.ask("GET", path))["items"]
    return next(str(each["id"]) for each in found if each["name"] == name)
