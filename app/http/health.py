"""Whether the process lives, whether it can serve, and its figures."""

from fastapi import Request, Response
from prometheus_client import generate_latest
from pydantic import BaseModel

from app.core.errors import Unavailable
from app.http.problems import answers
from app.http.room import Room

router = Room(tags=["health"])

VERSION = "SELECT version_num FROM alembic_version"


class Health(BaseModel):
    """`ok`; anything else is a problem document."""

    status: str


@router.get("/health/live", summary="进程存活")
async def check_live() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/health/ready", summary="可以服务", responses=answers(Unavailable))
async def check_ready(request: Request) -> Health:
    """The database answers and has the schema that this code wants."""
    state = request.app.state
    try:
        rows = await state.reader.fetch(VERSION)
    except Exception:  # noqa: BLE001 - whatever it is, we are not ready
        raise Unavailable("数据库不可用", retry_after=5) from None
    if [row["version_num"] for row in rows] != [state.schema_version]:
        raise Unavailable("数据库结构版本不符", retry_after=5)
    return Health(status="ok")


@router.get("/metrics", include_in_schema=False)
async def show_metrics(request: Request) -> Response:
    """Figures of this process for Prometheus."""
    text = generate_latest(request.app.state.meter.registry)
    return Response(text, media_type="text/plain; version=0.0.4")
