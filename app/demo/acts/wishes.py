"""A micro-wish: checked, on the board without a name, claimed, delivered, come true."""

from app.demo.cast import Cast
from app.demo.stage import Stage


async def play(stage: Stage, cast: Cast) -> None:
    """The beneficiary is known to the claimer alone, and to him only while he holds the claim."""
    made = await cast.resident.ask(
        "POST", "/wishes", words="老伴腿脚不便，想要一个洗澡凳", value_yuan=80, door="5幢201室"
    )
    one = f"/wishes/{made['id']}"
    await cast.clerk.ask(
        "POST", f"{one}/verify", title="防滑洗澡凳一个", value_yuan=80, publish=True
    )
    path = f"/api/v1/organizations/{cast.community_id}/wishes/open"
    board = (await stage.app.get(path)).json()["items"]
    stage.tell("居民提微心愿，社区核实后公开", f"公开 {len(board)} 个，不出现姓名")
    claimer = cast.members[2].phone
    await claimer.ask("POST", f"{one}/claim")
    reach = await claimer.ask("GET", f"{one}/contact")
    await claimer.ask("POST", f"{one}/deliver", minutes=30)
    await cast.resident.ask("POST", f"{one}/answer", answer="solved")
    closed = await cast.secretary.ask("POST", f"{one}/close")
    stage.tell(
        "党员认领，认领期内可看地址，送达后居民确认，社区销号",
        f"{reach['door']}；{closed['status']}，记录 30 分钟",
    )
