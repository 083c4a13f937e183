"""Records that can be trusted: declared and approved by another, disputed and mended, certified."""

from datetime import timedelta

from app.core import clock
from app.demo.cast import Cast
from app.demo.stage import Stage


async def play(stage: Stage, cast: Cast) -> None:
    """The member declares, contradicts, and asks for a certificate that anybody can verify."""
    member = cast.members[3]
    # nobody declares for a day before registration, and the story may be played just after midnight
    begun = max(clock.now() - timedelta(minutes=50), clock.day_starts(clock.today()))
    minutes = max(min((clock.now() - begun) // timedelta(minutes=1), 45), 1)
    declared = await member.phone.ask(
        *("POST", "/me/records"),
        category="culture_civility",
        title="劝导文明停车",
        place="东门口",
        starts_at=begun.isoformat(),
        ends_at=(begun + timedelta(minutes=minutes)).isoformat(),
        minutes=minutes,
    )
    approve = f"/records/{declared['id']}/approve"
    approved = await cast.clerk.ask("POST", approve, minutes=max(minutes - 5, 1))
    stage.tell("党员补录一次服务，社区另一人核定", f"{approved['minutes']} 分钟")
    one = f"/records/{declared['id']}"
    said = await member.phone.ask("POST", f"{one}/dispute", reason=f"时长不对，是{minutes}分钟")
    mended = await cast.secretary.ask(
        "POST", f"{one}/correct", minutes=minutes, reason="以签到为准", version=said["version"]
    )
    stage.tell("本人提出异议，社区更正", f"{mended['status']}，{mended['minutes']} 分钟")
    today = clock.today()
    asked = await member.phone.ask(
        *("POST", "/me/certificates"),
        registration_id=member.registration_id,
        period_from=(today - timedelta(days=30)).isoformat(),
        period_to=today.isoformat(),
    )
    path = f"/certificates/{asked['id']}"
    await cast.clerk.ask("POST", f"{path}/check")
    issued = await cast.secretary.ask("POST", f"{path}/issue")
    paper = await stage.app.post(f"/api/v1{path}/pdf", json={}, headers=member.phone.head)
    paper.raise_for_status()
    stage.tell(
        "服务证明经核对开具，可打印", f"{issued['number']}，PDF {len(paper.content) // 1024} KB"
    )
