"""One call through the door: counted, spoilt by a fault if one is on, checked, answered.

Source: facts.md §0, §12.
"""

import json
from typing import Any

from fastapi import Request, Response

from app.simulator.answers import Refusal, refused
from app.simulator.faults import Fault, FaultKind
from app.simulator.platform import CALLS, Answer, Call, Fields
from app.simulator.world import World

BROKEN = '{"errcode":0,"errmsg":"o'
GATEWAY = "<html><head><title>502 Bad Gateway</title></head></html>"
WRONG_VERB = {"POST": (43002, "require POST method"), "GET": (43001, "require GET method")}
# These replace the answer; the other kinds only change how it is written.
REPLACING = (FaultKind.HANG, FaultKind.INVALID_JSON, FaultKind.BAD_GATEWAY)


async def answer(world: World, request: Request) -> Response:
    """What the platform says to one request."""
    path = request.url.path
    call = CALLS[path]
    world.calls[path] += 1
    fault = world.faults.take(path, is_authorised=call.is_authorised)
    if fault is None:
        return _written(await _worked(world, call, request), None)
    outcome: Answer = {}
    if fault.after_effect or (fault.errcode is None and fault.kind not in REPLACING):
        outcome = await _worked(world, call, request)
    if fault.errcode is not None:
        outcome = refused(fault.errcode, "switched on")
    if fault.kind is FaultKind.HANG:
        await world.faults.hang(fault)
    return _replaced(fault) if fault.kind in REPLACING else _written(outcome, fault)


async def _worked(world: World, call: Call, request: Request) -> Answer:
    """The outcome of the call itself."""
    try:
        if request.method != call.verb:
            raise Refusal(*WRONG_VERB[call.verb])
        fields = request.query_params if call.verb == "GET" else _body(await request.body())
        if call.is_authorised:
            world.tokens.check(request.query_params.get("access_token", ""))
        return await call.work(world, fields)
    except Refusal as refusal:
        return refused(refusal.errcode, refusal.words)


def _body(content: bytes) -> Fields:
    """The JSON object of a body. Raises Refusal."""
    if not content:
        raise Refusal(44002, "empty post data")
    try:
        fields = json.loads(content)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise Refusal(47001, "data format error")
    return fields


def _replaced(fault: Fault) -> Response:
    """What a proxy, a dying server, or one that has hung, would say."""
    if fault.kind is FaultKind.INVALID_JSON:
        return Response(BROKEN, media_type="application/json")
    return Response(GATEWAY, status_code=502, media_type="text/html")


def _written(outcome: Answer, fault: Fault | None) -> Response:
    """A picture as image/jpeg, everything else as JSON in UTF-8; always 200."""
    if isinstance(outcome, bytes):
        return Response(outcome, media_type="image/jpeg")
    kind = fault.kind if fault else FaultKind.ERRCODE
    text = json.dumps(_changed(outcome, kind), ensure_ascii=False)
    if kind is FaultKind.CONTROL_CHARACTERS:
        text = text.replace('"errmsg": "', '"errmsg": "\x01\x1f\t')
    plain = kind is FaultKind.TEXT_PLAIN
    return Response(text, media_type="text/plain" if plain else "application/json")


def _changed(outcome: dict[str, Any], kind: FaultKind) -> dict[str, Any]:
    """Its errcode as text, or gone."""
    if kind is FaultKind.STRING_ERRCODE:
        return outcome | {"errcode": str(outcome.get("errcode", 0))}
    if kind is FaultKind.NO_ERRCODE:
        return {name: value for name, value in outcome.items() if name not in ("errcode", "errmsg")}
    if kind is FaultKind.CONTROL_CHARACTERS:
        return {"errmsg": ""} | outcome
    return outcome
