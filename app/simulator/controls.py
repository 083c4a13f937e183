"""The hands of the operator, under `/_sim/`: people, clock, faults, counters, messages, pushes."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from app.simulator.content import Words
from app.simulator.faults import Fault
from app.simulator.messages import Message, Template
from app.simulator.pushes import Callback, Delivery
from app.simulator.users import CodeKind, User
from app.simulator.world import World

router = APIRouter(prefix="/_sim", tags=["simulator"])


async def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


WorldDep = Annotated[World, Depends(_world)]


class PhoneIn(BaseModel):
    """Whose phone it is."""

    model_config = ConfigDict(extra="forbid")

    phone: str = Field(pattern=r"^[0-9]{5,15}$")
    country: str = Field("86", pattern=r"^[0-9]{1,4}$")


class UserIn(PhoneIn):
    """The owner of a phone, and how the platform treats him."""

    has_unionid: bool = False
    is_blocked: bool = False
    numeric_country: bool = Field(False, description="countryCode comes as a number.")


class UserOut(BaseModel):
    """One user."""

    openid: str
    unionid: str | None
    phone: str
    country: str


class CodesOut(BaseModel):
    """What the client library would give this user's mini-program; each works once."""

    openid: str
    login_code: str
    phone_code: str


class AdvanceIn(BaseModel):
    """How much time passes."""

    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(ge=0)


class AnswerIn(BaseModel):
    """What a user answers to the pop-up, or (`in_menu`) switches off later."""

    model_config = ConfigDict(extra="forbid")

    openid: str
    template_id: str
    accept: bool = True
    in_menu: bool = False
    times: int = Field(1, ge=1, le=1000)


@router.post("/reset")
async def reset(world: WorldDep) -> None:
    """Everything as just started."""
    world.reset()


@router.get("/clock")
async def read_clock(world: WorldDep) -> dict[str, int]:
    """The platform's time in Unix seconds."""
    return {"now": world.clock.seconds()}


@router.post("/clock")
async def advance_clock(world: WorldDep, body: AdvanceIn) -> dict[str, int]:
    """Let time pass."""
    world.clock.advance(body.seconds)
    return {"now": world.clock.seconds()}


@router.get("/calls")
async def read_calls(world: WorldDep) -> dict[str, int]:
    """How often each path was called."""
    return dict(world.calls)


@router.delete("/calls")
async def forget_calls(world: WorldDep) -> None:
    """Count from 0."""
    world.calls.clear()


@router.get("/faults")
async def list_faults(world: WorldDep) -> list[Fault]:
    """What is still on."""
    return world.faults.listed()


@router.post("/faults")
async def switch_fault_on(world: WorldDep, fault: Fault) -> None:
    """From the next call on."""
    world.faults.switch_on(fault)


@router.delete("/faults")
async def clear_faults(world: WorldDep) -> None:
    """All off; what hangs is released."""
    world.faults.clear()


@router.get("/tokens")
async def read_tokens(world: WorldDep) -> dict[str, int]:
    """How many renewals were forced on the present local day."""
    return {"forced_today": world.tokens.forced_today()}


@router.post("/tokens/retire")
async def retire_token(world: WorldDep) -> None:
    """The stable token dies, as if another system had forced a new one."""
    world.tokens.retire()


@router.post("/users")
async def enter_user(world: WorldDep, body: UserIn) -> UserOut:
    """The user with this phone, made if there is none."""
    user = world.users.enter(body.phone, country=body.country, has_unionid=body.has_unionid)
    user.is_blocked, user.numeric_country = body.is_blocked, body.numeric_country
    return UserOut(openid=user.openid, unionid=user.unionid, phone=user.phone, country=user.country)


@router.post("/codes")
async def make_codes(world: WorldDep, body: PhoneIn) -> CodesOut:
    """A login code and a phone code of the owner of this phone, who is made if there is none."""
    user = world.users.enter(body.phone, country=body.country)
    return CodesOut(
        openid=user.openid,
        login_code=world.users.make_code(CodeKind.LOGIN, user),
        phone_code=world.users.make_code(CodeKind.PHONE, user),
    )


@router.post("/templates")
async def add_template(world: WorldDep, template: Template) -> None:
    """Into the account's list of templates."""
    world.messages.add_template(template)


@router.post("/credits")
async def answer_popup(world: WorldDep, body: AnswerIn) -> dict[str, int]:
    """The user answers; an accept earns a send, switching off ends all. Pushed to the callback."""
    user = _found(world, body.openid)
    left = 0
    for _ in range(body.times):
        if body.accept:
            left = world.messages.accept(user.openid, body.template_id)
        elif body.in_menu:
            world.messages.withdraw(user.openid, body.template_id)
        answer = "accept" if body.accept else "reject"
        world.push_answer(user, body.template_id, answer, in_menu=body.in_menu)
    return {"credits": left}


@router.get("/messages")
async def list_messages(world: WorldDep, openid: str | None = None) -> list[Message]:
    """What reached the users, or one of them, oldest first."""
    return [each for each in world.messages.sent if openid in (None, each.openid)]


@router.put("/words")
async def set_words(world: WorldDep, words: Words) -> None:
    """Which words force which verdict."""
    world.content.words = words


@router.get("/media")
async def list_media(world: WorldDep) -> dict[str, str]:
    """The addresses to be checked by trace id, oldest first."""
    return world.content.asked


@router.post("/media/{trace_id}/push")
async def push_verdict(world: WorldDep, trace_id: str) -> None:
    """Push the verdict now (again)."""
    if trace_id not in world.content.asked:
        raise HTTPException(404, "no such trace id")
    await world.pushes.send(world.content.media_verdict(trace_id), _callback(world))


@router.put("/callback")
async def set_callback(world: WorldDep, callback: Callback) -> dict[str, bool]:
    """Where pushes go from now on; says whether the address passes the console's check."""
    world.pushes.callback = callback
    return {"is_checked": await world.pushes.check(callback)}


@router.delete("/callback")
async def forget_callback(world: WorldDep) -> None:
    """No pushes from now on."""
    world.pushes.callback = None


@router.post("/pushes")
async def push(world: WorldDep, fields: dict[str, Any]) -> list[Delivery]:
    """Push any fields now, and say how that went."""
    before = len(world.pushes.deliveries)
    await world.pushes.send(fields, _callback(world))
    return world.pushes.deliveries[before:]


@router.get("/pushes")
async def list_pushes(world: WorldDep, settle: bool = True) -> list[Delivery]:
    """What was pushed, oldest first; `settle` waits for what is under way."""
    if settle:
        await world.pushes.settle()
    return world.pushes.deliveries


def _found(world: World, openid: str) -> User:
    user = world.users.find(openid)
    if user is None:
        raise HTTPException(404, "no such user")
    return user


def _callback(world: World) -> Callback:
    if world.pushes.callback is None:
        raise HTTPException(409, "no callback is set")
    return world.pushes.callback
