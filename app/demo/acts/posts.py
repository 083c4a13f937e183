"""Standing posts: opened, claimed, approved, served on, left."""

from app.core import clock
from app.demo.cast import Cast
from app.demo.stage import Stage

POSTS = (
    {"category": "policy_publicity", "title": "政策明白人", "headcount": 2},
    {"category": "mediation", "title": "邻里纠纷劝导", "headcount": 2},
    {"category": "elder_health", "title": "独居老人探访", "headcount": 2, "kind": "pairing"},
    {"category": "environment", "title": "楼道照看队", "headcount": 8, "kind": "team"},
)


async def play(stage: Stage, cast: Cast) -> None:
    """Four posts of three kinds; who claimed serves a day, who leaves hands over."""
    path = f"/organizations/{cast.community_id}/posts"
    proposed = await cast.secretary.ask("GET", f"{path}/proposed")
    stage.tell(
        "系统按本社区党员的特长提示可设的岗位",
        "、".join(f"{one['name']} {one['members']} 人" for one in proposed["items"][:3]),
    )
    made = [await cast.secretary.ask("POST", path, **one, publish=True) for one in POSTS]
    stage.tell("社区设岗", "、".join(str(one["title"]) for one in POSTS))
    claims = []
    for member, post in zip(cast.members, made + made, strict=False):
        claims.append(await member.phone.ask("POST", f"/posts/{post['id']}/claims", pledge=True))
    for claim in claims[:-1]:
        await cast.secretary.ask("POST", f"/claims/{claim['id']}/approve")
    await cast.secretary.ask("POST", f"/claims/{claims[-1]['id']}/reject", reason="本岗已有安排")
    stage.tell("党员认领岗位", f"{len(claims) - 1} 人上岗，1 人未获同意")
    served = await cast.clerk.ask(
        *("POST", f"/claims/{claims[0]['id']}/duties"),
        served_on=clock.today().isoformat(),
        minutes=90,
    )
    leaving = cast.members[1].phone
    claim = f"/claims/{claims[1]['id']}"
    await leaving.ask("POST", f"{claim}/exit", reason_code="work_changed")
    left = await cast.secretary.ask("POST", f"{claim}/let-go", handover="资料交给楼栋长")
    stage.tell(
        "当班记入服务记录；一人申请退出并交接", f"{served['minutes']} 分钟；{left['status']}"
    )
