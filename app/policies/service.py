"""Every threshold of the field as data: the nearest organization's value, from its effective day on.

What an organization sets is a row that nobody changes afterwards: what held on a past day is what
held. The entry of the content says how low a level may set a value; `locked` ones nobody may.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    Uuid,
    any_,
    bindparam,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app import audit
from app.core import clock
from app.core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from app.core.prepared import Prepared, Reader
from app.models.organization import ContentItem, NamedOrganization, Organization, Policy
from app.organizations import service as organizations
from app.organizations.kinds import LEVELS
from app.permissions import Actor, Permission, require
from app.policies import content
from app.policies.schemas import PolicyIn

SECTION = "policies"
# one for all statements: an alias copies the columns of its table, and those of a call are garbage
_Place = aliased(NamedOrganization)


class PolicyLocked(Conflict):
    """Law, or a promise made to raters: nobody changes it."""

    code, title = "policy_locked", "该项由法规或承诺确定，任何一级都不能修改"


class PolicyAbove(Forbidden):
    """The value is set by a level above this organization."""

    code, title = "policy_above", "该项由上级设定，本级不能修改"


class Explained(NamedTuple):
    """A value and where it comes from; `organization_id` is None for the shipped default."""

    value: Any
    organization_id: UUID | None
    basis: str | None


async def value(session: AsyncSession, organization_id: UUID, key: str) -> Any:
    """What `key` is for this organization today; one statement."""
    return (await explain(session, organization_id, key)).value


async def values(session: AsyncSession, organization_id: UUID, *keys: str) -> dict[str, Any]:
    """As `value`, for several keys in one statement.

    Raises:
        KeyError: at the reading of a key that is no policy; keys are code, so this is a bug.
    """
    rows = await session.execute(NEAREST, _binds(organization_id, *keys))
    return {row.key: row.value for row in rows}


def value_at(organization_id: Any, key: str) -> ColumnElement[int]:
    """As `said_at`, of a number."""
    number: ColumnElement[int] = said_at(organization_id, key).as_integer()
    return number


def said_at(organization_id: Any, key: str) -> Any:
    """As `value`, for each row of a statement: of the organization that the row names.

    The statement binds `today`.
    """
    set_there = (
        select(Policy.value)
        .join(_Place, Policy.organization_id == any_(_Place.lineage))
        .where(
            _Place.id == organization_id,
            Policy.key == key,
            Policy.effective_on <= bindparam("today", type_=Date()),
        )
        .order_by(
            func.array_position(_Place.lineage, Policy.organization_id).desc(),
            Policy.effective_on.desc(),
            Policy.id.desc(),
        )
        .limit(1)
        .scalar_subquery()
    )
    shipped = (
        select(ContentItem.data)
        .where(ContentItem.section == SECTION, ContentItem.code == key)
        .scalar_subquery()
    )
    return func.coalesce(set_there, shipped, type_=JSONB)["value"]


async def explain(session: AsyncSession, organization_id: UUID, key: str) -> Explained:
    """As `value`, with the organization that set it: the nearest ancestor wins.

    Raises:
        LookupError: no such policy; keys are code, so this is a bug.
    """
    row = (await session.execute(NEAREST, _binds(organization_id, key))).first()
    if row is None:
        raise LookupError(key)
    return Explained(row.value, row.organization_id, row.basis)


async def show(reader: Reader, organization_id: UUID, key: str) -> dict[str, Any]:
    """What `key` is for this organization today, who set it when and why, and what is meant by it.

    Raises:
        NotFound: no such policy, or no such organization.
    """
    row = await SHOW.one(reader, _binds(organization_id, key))
    if row is None:
        raise NotFound
    form = row.pop("form")
    return row | {name: form.get(name) for name in ("type", "unit", "choices", "set_by", "note")}


def level_refusal(lowest: str, kind: str) -> type[AppError] | None:
    """Why an organization of this kind may not set what may be set from `lowest` up, if it may not."""
    if lowest == "locked":
        return PolicyLocked
    if kind not in LEVELS or LEVELS.index(kind) > LEVELS.index(lowest):
        return PolicyAbove
    return None


async def set_value(
    session: AsyncSession, actor: Actor, organization_id: UUID, body: PolicyIn
) -> Policy:
    """From its day on `key` has this value here and below, where nobody nearer sets another.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's to set.
        Invalid: no such policy, a value of another form, a day that is past.
        PolicyLocked, PolicyAbove.
    """
    organization, granted = await organizations.get(
        session, actor, organization_id, Permission.ORGANIZATION_POLICY
    )
    require(granted, Permission.ORGANIZATION_POLICY)
    form = await content.require(session, SECTION, body.key, pointer="/key")
    refusal = level_refusal(form["set_by"], organization.kind)
    if refusal is not None:
        raise refusal
    if not _fits(form, body.value):
        raise Invalid.field("/value", "bad_value", "取值不符合该项的类型或可选范围")
    if body.effective_on < clock.today():
        raise Invalid.field("/effective_on", "in_the_past", "生效日期不能早于今天")
    row = Policy(
        organization_id=organization.id,
        key=body.key,
        value={"value": body.value},
        effective_on=body.effective_on,
        basis=body.basis,
        author_id=actor.person_id,
        created_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    audit.operated(
        session,
        actor,
        "policy.set",
        subject=("policy", row.id),
        organization_id=organization.id,
        key=body.key,
        effective_on=body.effective_on.isoformat(),
    )
    await session.flush()
    return row


MOST_ITEMS = 20
MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_time = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_month_day = re.compile(r"(0[1-9]|1[0-2])-(\d\d)", re.ASCII)


def _fits(form: Mapping[str, Any], value: Any) -> bool:
    """Whether `value` has the form of this policy."""
    match form["type"]:
        case "int":
            return type(value) is int and value <= _most(form)
        case "bool":
            return type(value) is bool
        case "choice":
            return value in form["choices"]
        case "time":
            return isinstance(value, str) and bool(_time.fullmatch(value))
        case "monthday":
            found = _month_day.fullmatch(value) if isinstance(value, str) else None
            return found is not None and 1 <= int(found[2]) <= MONTH_DAYS[int(found[1]) - 1]
        case _:
            return (
                isinstance(value, list)
                and 0 < len(value) <= MOST_ITEMS
                and all(
                    type(item) is type(form["value"][0])
                    and (isinstance(item, str) or item <= _most(form))
                    for item in value
                )
            )


def _most(form: Mapping[str, Any]) -> int:
    return 100 if form.get("unit") == "percent" else 1_000_000


def _binds(organization_id: UUID, *keys: str) -> dict[str, Any]:
    return {"organization_id": organization_id, "keys": list(keys), "today": clock.today()}


def _nearest() -> Any:
    """One row a key: the value set nearest above (or by the organization), else the shipped one."""
    place = Organization.lineage
    wanted = any_(bindparam("keys", type_=ARRAY(String())))
    is_here = Organization.id == bindparam("organization_id", type_=Uuid())
    set_here = (
        select(
            Policy.key.label("key"),
            Policy.value["value"].label("value"),
            Policy.organization_id.label("organization_id"),
            Policy.basis.label("basis"),
            Policy.effective_on.label("effective_on"),
            func.array_position(place, Policy.organization_id).label("depth"),
            Policy.id.label("id"),
        )
        .join(Organization, Policy.organization_id == any_(place))
        .where(
            is_here,
            Policy.key == wanted,
            Policy.effective_on <= bindparam("today", type_=Date()),
        )
    )
    nothing = (null(), null(), null(), literal(0), null())
    shipped = select(ContentItem.code, ContentItem.data["value"], *nothing).where(
        ContentItem.section == SECTION, ContentItem.code == wanted
    )
    found = set_here.union_all(shipped).subquery()
    return (
        select(found)
        .ext(distinct_on(found.c.key))
        .order_by(
            found.c.key,
            found.c.depth.desc(),
            found.c.effective_on.desc(),
            found.c.id.desc(),
        )
    )


NEAREST: Select[*tuple[Any, ...]] = _nearest()
_setting = NEAREST.subquery()
_Asked, _Setter = aliased(NamedOrganization), aliased(NamedOrganization)
SHOW = Prepared(
    select(
        _setting.c.key,
        _setting.c.value,
        _setting.c.organization_id,
        _Setter.name.label("organization_name"),
        _setting.c.effective_on,
        _setting.c.basis,
        ContentItem.data.label("form"),
    )
    .join(ContentItem, (ContentItem.code == _setting.c.key) & (ContentItem.section == SECTION))
    .join(_Asked, _Asked.id == bindparam("organization_id", type_=Uuid()))
    .outerjoin(_Setter, _Setter.id == _setting.c.organization_id)
)
