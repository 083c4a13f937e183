"""What is plugged into what: the only file that knows every feature."""

from collections.abc import Mapping

from fastapi import APIRouter

from app.core.errors import AppError
from app.deadlines import Deadline
from app.events import Listeners
from app.http import docs, health
from app.organizations import routes as organizations
from app.organizations import service as organization_service

ROUTERS: tuple[APIRouter, ...] = (
    organizations.router,
    health.router,
    docs.router,
)

LISTENERS: Listeners = {}

DEADLINES: tuple[Deadline, ...] = ()

CONSTRAINTS: Mapping[str, type[AppError]] = {
    **organization_service.CONSTRAINTS,
}
