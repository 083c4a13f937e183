"""The list of open orders as tutorials write it, on the same tables: what the house's form is worth.

A session from a plain `yield` dependency, the user's row and roles read at each request, entities of
the ORM with `joinedload`, nested routers, two `BaseHTTPMiddleware`, a shape validated from attributes.
"""

import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jose import JWTError, jwt
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship
from sqlalchemy.types import DateTime
from starlette.middleware.base import BaseHTTPMiddleware

from app.settings import Settings

settings = Settings()
engine = create_async_engine(settings.database_url, pool_size=32, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)
logging.basicConfig(level=logging.INFO)
log = logging.getLogger("naive")


class Base(DeclarativeBase):
    """Tables as this program sees them."""


class Organization(Base):
    __tablename__ = "organizations"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class Person(Base):
    __tablename__ = "people"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Registration(Base):
    __tablename__ = "registrations"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    status: Mapped[str]


class Seat(Base):
    __tablename__ = "seats"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    status: Mapped[str]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    title: Mapped[str]
    category: Mapped[str]
    place: Mapped[str]
    skills: Mapped[list[str]] = mapped_column(ARRAY(String))
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seats: Mapped[int]
    taken: Mapped[int]
    status: Mapped[str]
    is_at_home: Mapped[bool]
    is_confidential: Mapped[bool]
    community: Mapped[Organization] = relationship()
    held: Mapped[list[Seat]] = relationship()


class OrderBrief(BaseModel):
    """One line."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: str
    title: str
    category: str
    place: str
    skills: list[str]
    starts_at: datetime
    ends_at: datetime
    seats: int
    taken: int
    is_at_home: bool
    is_full: bool
    is_mine: bool


class OrderPage(BaseModel):
    """One page, with the count that every tutorial has."""

    items: list[OrderBrief]
    total: int


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session
        await session.commit()


SessionDep = Annotated[AsyncSession, Depends(get_session)]
BearerDep = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


async def get_person(session: SessionDep, credentials: BearerDep) -> Person:
    token = credentials.credentials
    try:
        key = settings.token_keys()[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(token, key, algorithms=["HS256"])
    except (JWTError, KeyError):
        raise HTTPException(401) from None
    person = await session.get(Person, UUID(claims["sub"]))
    if person is None or person.closed_at:
        raise HTTPException(401)
    return person


PersonDep = Annotated[Person, Depends(get_person)]
api, orders = APIRouter(prefix="/api"), APIRouter(prefix="/organizations")


@orders.get("/{community_id}/orders/open", response_model=OrderPage)
async def list_open_orders(
    community_id: UUID, session: SessionDep, person: PersonDep, offset: int = 0, limit: int = 20
) -> dict[str, Any]:
    found = await session.scalars(
        select(Registration).where(
            Registration.person_id == person.id, Registration.status == "active"
        )
    )
    if community_id not in {row.community_id for row in found}:
        raise HTTPException(403)
    wanted = (Order.community_id == community_id, Order.status == "open")
    total = await session.scalar(select(func.count()).select_from(Order).where(*wanted))
    rows = await session.scalars(
        select(Order)
        .where(*wanted, Order.is_confidential.is_(False))
        .options(joinedload(Order.community), joinedload(Order.held))
        .order_by(Order.starts_at, Order.id)
        .offset(offset)
        .limit(limit)
    )
    items = [
        {
            **{name: getattr(row, name) for name in OrderBrief.model_fields if hasattr(row, name)},
            "is_full": row.taken >= row.seats,
            "is_mine": any(
                seat.person_id == person.id and seat.status == "taken" for seat in row.held
            ),
        }
        for row in rows.unique()
    ]
    return {"items": items, "total": total}


Answer = Callable[[Request], Awaitable[Response]]


async def add_request_id(request: Request, call_next: Answer) -> Response:
    response = await call_next(request)
    response.headers["X-Request-ID"] = request.headers.get("X-Request-ID") or str(uuid.uuid4())
    return response


async def log_request(request: Request, call_next: Answer) -> Response:
    began = time.perf_counter()
    response = await call_next(request)
    took = (time.perf_counter() - began) * 1000
    log.info("%s %s %s %.1f ms", request.method, request.url.path, response.status_code, took)
    return response


api.include_router(orders)
app = FastAPI()
app.include_router(api)
app.add_middleware(BaseHTTPMiddleware, dispatch=add_request_id)
app.add_middleware(BaseHTTPMiddleware, dispatch=log_request)
