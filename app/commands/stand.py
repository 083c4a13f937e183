"""Stand up the whole house on this machine: database, schema, demo city, web, worker, simulator."""

import argparse
import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path

import httpx

from app.commands import migrate, ports
from app.core.embedded import EmbeddedPostgres
from app.core.logs import configure
from app.demo import city, story
from app.settings import Environment, Settings

DATABASE = "shuangbaodao"
READY_SECONDS = 60
STOP_SECONDS = 20


def add(parser: argparse.ArgumentParser) -> None:
    """Where the simulator listens, and whether to stop after the story."""
    parser.add_argument("--simulator-port", type=int, default=8001)
    parser.add_argument("--once", action="store_true", help="play the story, then stop")


def run(settings: Settings, found: argparse.Namespace) -> int:
    """Reaches "ready", plays the demo story, and stands until SIGINT or SIGTERM."""
    if settings.environment is Environment.PRODUCTION:
        print("`stand` is for development; use `serve` and `worker`", file=sys.stderr)
        return 2
    for port, setting in (
        (settings.port, "APP_PORT"),
        (found.simulator_port, "--simulator-port"),
    ):
        if not ports.is_free("127.0.0.1", port):
            print(ports.taken(port, setting), file=sys.stderr)
            return 1
    configure("WARNING")
    if settings.database_url:
        return _stand(settings, found)
    data = settings.data_dir.resolve()
    with EmbeddedPostgres(data / "postgres") as server:
        server.create_database(DATABASE)
        own = settings.model_copy(update={"database_url": server.url(DATABASE)})
        return _stand(own, found)


def _stand(settings: Settings, found: argparse.Namespace) -> int:
    base = f"http://127.0.0.1:{found.simulator_port}"
    public = f"http://127.0.0.1:{settings.port}"
    settings = settings.model_copy(update={"wechat_base_url": base, "public_url": public})
    migrate.apply(settings)
    asyncio.run(city.build(settings))
    return asyncio.run(_serve(settings, found))


async def _serve(settings: Settings, found: argparse.Namespace) -> int:
    """Starts the three processes and stops them: when the story is over, when told, when one ends."""
    environment = os.environ | {
        "APP_DATABASE_URL": settings.database_url,
        "APP_WECHAT_BASE_URL": settings.wechat_base_url,
        "APP_PUBLIC_URL": settings.public_url,
        "APP_LOG_LEVEL": os.environ.get("APP_LOG_LEVEL", "WARNING"),
    }
    commands = (
        ("simulator", "--port", str(found.simulator_port)),
        ("serve",),
        ("worker",),
    )
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    children = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", *words, env=environment, start_new_session=True
        )
        for words in commands
    ]
    stand = asyncio.create_task(_stand_by(settings, found, children))
    stopped = asyncio.create_task(told.wait())
    try:
        await asyncio.wait({stand, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return stand.result() if stand.done() else 0
    finally:
        stand.cancel()
        await _stop(children)
        print("stopped", flush=True)


async def _stand_by(settings: Settings, found: argparse.Namespace, children: list[Process]) -> int:
    """Waits until all are ready, plays the story, and stands until a process ends by itself."""
    await _until_ready(f"{settings.public_url}/health/ready")
    await _until_ready(f"{settings.wechat_base_url}/_sim/calls")
    await _have_pushes_sent(settings)
    print(f"ready: {settings.public_url}", flush=True)
    await story.play(settings.public_url, settings.wechat_base_url)
    print(_how_to_look(settings), flush=True)
    return 0 if found.once else await _until_one_ends(children)


async def _have_pushes_sent(settings: Settings) -> None:
    """The simulated platform pushes verdicts on photos and other news to this house."""
    callback = {
        "url": f"{settings.public_url}/wechat/push",
        "token": settings.wechat_push_token.get_secret_value(),
        "aes_key": settings.wechat_push_aes_key.get_secret_value(),
    }
    async with httpx.AsyncClient() as client:
        answer = await client.put(f"{settings.wechat_base_url}/_sim/callback", json=callback)
        answer.raise_for_status()


async def _until_one_ends(children: list[Process]) -> int:
    await asyncio.wait(
        [asyncio.create_task(child.wait()) for child in children],
        return_when=asyncio.FIRST_COMPLETED,
    )
    print("a process ended by itself; see its log above", file=sys.stderr)
    return 1


async def _until_ready(url: str) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(READY_SECONDS * 5):
            try:
                answer = await client.get(url)
                if answer.status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
    raise TimeoutError(f"nothing became ready at {url}")


async def _stop(children: list[Process]) -> None:
    for child in children:
        if child.returncode is None:
            child.terminate()
    for child in children:
        try:
            await asyncio.wait_for(child.wait(), STOP_SECONDS)
        except TimeoutError:
            child.kill()
            await child.wait()


def _how_to_look(settings: Settings) -> str:
    return (
        f"\n管理端    {settings.public_url}/console/\n"
        f"接口文档  {settings.public_url}/docs\n"
        f"健康检查  {settings.public_url}/health/ready\n"
        f"模拟微信  {settings.wechat_base_url}/_sim/calls\n"
        f"数据目录  {Path(settings.data_dir)}\n"
        "按 Ctrl+C 停止；再次运行会接着用同一座示范城市。"
    )
