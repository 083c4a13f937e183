"""The keeper of the token: one renewal for all, within the platform's limits."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.core import clock
from app.models.wechat_token import WeChatToken
from app.wechat.errors import Misconfigured, TokenRefused, Transient
from app.wechat.token import LEASE, SharedToken, kept_seconds
from app.wechat.tokens import Grant
from tests.simulator.hands import APPID
from tests.wechat.conftest import Pauses, Sessions
from tests.wechat.sealing import seal, unseal


class Platform:
    """Gives tokens out as stable_token does, and counts."""

    def __init__(self) -> None:
        self.number, self.plain, self.forced = 1, 0, 0
        self.expires_in, self.renews = 7200, True
        self.error: Exception | None = None

    async def __call__(self, *, force_refresh: bool) -> Grant:
        await asyncio.sleep(0.05)
        if self.error:
            raise self.error
        self.plain, self.forced = self.plain + (not force_refresh), self.forced + force_refresh
        self.number += force_refresh and self.renews
        return Grant(f"token-{self.number}", self.expires_in)


@pytest.fixture
def platform() -> Platform:
    return Platform()


async def row(sessions: Sessions) -> WeChatToken:
    async with sessions() as session:
        return (await session.scalars(select(WeChatToken))).one()


async def change(sessions: Sessions, **values: object) -> None:
    async with sessions.begin() as session:
        await session.execute(update(WeChatToken).values(**values))


@pytest.mark.parametrize(
    ("expires_in", "kept"),
    [(7200, 6900), (600, 300), (345, 173), (1, 1), (0, 0), (-10, 0), (601, 301)],
)
def test_a_token_is_kept_for_less_than_its_life(expires_in: int, kept: int) -> None:
    assert kept_seconds(expires_in) == kept


async def test_the_token_is_fetched_once_and_stored_sealed(
    tokens: SharedToken, token_sessions: Sessions, platform: Platform
) -> None:
    for _ in range(3):
        assert await tokens.current(platform) == "token-1"
    assert platform.plain == 1
    stored = await row(token_sessions)
    assert stored.appid == APPID
    assert stored.sealed == seal("token-1")
    assert stored.fetched_at
    assert stored.expires_at == stored.fetched_at + timedelta(seconds=6900)
    assert stored.leased_until < clock.now()


async def test_many_tasks_make_one_call(tokens: SharedToken, platform: Platform) -> None:
    found = await asyncio.gather(*(tokens.current(platform) for _ in range(30)))
    assert set(found) == {"token-1"}
    assert platform.plain == 1


async def test_a_stale_token_is_fetched_anew(
    tokens: SharedToken, platform: Platform, pauses: Pauses
) -> None:
    platform.expires_in = 345
    await tokens.current(platform)
    await pauses(172)
    await tokens.current(platform)
    assert platform.plain == 1
    await pauses(2)
    await tokens.current(platform)
    assert platform.plain == 2


async def test_a_token_that_cannot_be_opened_is_fetched_anew(
    tokens: SharedToken, token_sessions: Sessions, platform: Platform
) -> None:
    await tokens.current(platform)
    await change(token_sessions, sealed=b"\xff sealed with another key")
    assert await tokens.current(platform) == "token-1"
    assert platform.plain == 2


async def test_a_failed_token_is_replaced_by_the_present_one_before_any_force(
    tokens: SharedToken, platform: Platform
) -> None:
    await tokens.current(platform)
    platform.number = 2
    assert await tokens.replace("token-1", platform) == "token-2"
    assert (platform.plain, platform.forced) == (2, 0)
    assert await tokens.replace("token-1", platform) == "token-2"
    assert platform.plain == 2


async def test_the_very_token_that_failed_is_forced_away(
    tokens: SharedToken, token_sessions: Sessions, platform: Platform
) -> None:
    await tokens.current(platform)
    assert await tokens.replace("token-1", platform) == "token-2"
    assert (platform.plain, platform.forced) == (2, 1)
    stored = await row(token_sessions)
    assert stored.forced_count == 1
    assert stored.forced_on == clock.today()
    assert stored.sealed == seal("token-2")


async def test_forced_renewals_are_thirty_seconds_apart(
    tokens: SharedToken, platform: Platform, pauses: Pauses
) -> None:
    await tokens.current(platform)
    await tokens.replace("token-1", platform)
    with pytest.raises(TokenRefused) as caught:
        await tokens.replace("token-2", platform)
    assert platform.forced == 1
    assert caught.value.retry_after
    assert 25 < caught.value.retry_after <= 31
    await pauses(31)
    assert await tokens.replace("token-2", platform) == "token-3"


async def test_forced_renewals_are_twenty_a_local_day(
    tokens: SharedToken, token_sessions: Sessions, platform: Platform, pauses: Pauses
) -> None:
    await tokens.current(platform)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    full = {"forced_on": clock.today(), "forced_count": 20, "forced_at": long_ago}
    await change(token_sessions, **full)
    with pytest.raises(TokenRefused) as caught:
        await tokens.replace("token-1", platform)
    assert platform.forced == 0
    assert caught.value.retry_after
    await pauses(caught.value.retry_after + 1)
    assert await tokens.replace("token-1", platform) == "token-2"
    assert (await row(token_sessions)).forced_count == 1


async def test_a_force_that_brings_nothing_new_is_an_end(
    tokens: SharedToken, platform: Platform
) -> None:
    platform.renews = False
    await tokens.current(platform)
    with pytest.raises(TokenRefused) as caught:
        await tokens.replace("token-1", platform)
    assert caught.value.retry_after
    assert (platform.plain, platform.forced) == (2, 1)


async def test_many_tasks_with_a_failed_token_force_once(
    tokens: SharedToken, platform: Platform
) -> None:
    await tokens.current(platform)
    found = await asyncio.gather(*(tokens.replace("token-1", platform) for _ in range(20)))
    assert set(found) == {"token-2"}
    assert (platform.plain, platform.forced) == (2, 1)


async def test_many_tasks_without_a_way_out_ask_once(
    tokens: SharedToken, platform: Platform
) -> None:
    platform.renews = False
    await tokens.current(platform)
    found = await asyncio.gather(
        *(tokens.replace("token-1", platform) for _ in range(20)), return_exceptions=True
    )
    assert {type(each) for each in found} == {TokenRefused}
    assert (platform.plain, platform.forced) == (2, 1)


async def test_a_failed_fetch_gives_the_lease_back(
    tokens: SharedToken, token_sessions: Sessions, platform: Platform
) -> None:
    platform.error = Misconfigured("/cgi-bin/stable_token", 40164)
    with pytest.raises(Misconfigured):
        await tokens.current(platform)
    assert (await row(token_sessions)).leased_until < clock.now()
    platform.error = None
    assert await tokens.current(platform) == "token-1"


async def test_a_cancelled_fetch_gives_the_lease_back(
    tokens: SharedToken, token_sessions: Sessions, platform: Platform
) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.04):
            await tokens.current(platform)
    assert await tokens.current(platform) == "token-1"
    assert platform.plain == 1


async def test_a_holder_that_died_is_replaced_when_its_lease_lapses(
    tokens: SharedToken, token_sessions: Sessions, platform: Platform, pauses: Pauses
) -> None:
    await tokens.current(platform)
    away = clock.now() + LEASE
    await change(token_sessions, expires_at=clock.now(), leased_until=away)
    assert await tokens.current(platform) == "token-1"
    assert platform.plain == 2
    assert pauses.seconds
    assert clock.now() > away


async def test_waiting_for_another_process_has_an_end(
    token_sessions: Sessions, platform: Platform
) -> None:
    async def no_time(_: float) -> None:
        await asyncio.sleep(0)

    tokens = SharedToken(token_sessions, APPID, seal=seal, unseal=unseal, sleep=no_time)
    await tokens.current(platform)
    away = clock.now() + timedelta(hours=1)
    await change(token_sessions, expires_at=clock.now(), leased_until=away)
    with pytest.raises(Transient):
        await tokens.current(platform)
    assert platform.plain == 1


async def test_who_lost_its_lease_neither_forces_nor_overwrites(
    tokens: SharedToken, token_sessions: Sessions, platform: Platform
) -> None:
    await tokens.current(platform)
    taken = clock.now() + timedelta(hours=1)

    async def slow(*, force_refresh: bool) -> Grant:
        await change(token_sessions, leased_until=taken, sealed=seal("token-9"))
        return await platform(force_refresh=force_refresh)

    with pytest.raises(Transient):
        await tokens.replace("token-1", slow)
    assert platform.forced == 0
    assert (await row(token_sessions)).sealed == seal("token-9")
    assert (await row(token_sessions)).leased_until == taken


async def test_the_token_is_in_no_text(tokens: SharedToken, platform: Platform) -> None:
    assert "token-1" not in repr(await platform(force_refresh=False))
