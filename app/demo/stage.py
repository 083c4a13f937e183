"""Where the demo is played: the running app, the platform beside it, and somebody with a phone."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from app.core import clock

CONSENT = "resident_core"
TO_BE_TAKEN = timedelta(seconds=6)  # on a slow machine as well


@dataclass
class Stage:
    """The running app and the platform beside it."""

    app: httpx.AsyncClient
    platform: httpx.AsyncClient
    number: int = 0

    def tell(self, what: str, change: str) -> None:
        """One step, and what is different now."""
        self.number += 1
        print(f"{self.number:>2}. {what} → {change}", flush=True)


@dataclass
class Somebody:
    """A person with a phone, signed in."""

    stage: Stage
    head: dict[str, str]

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        """What the app answers; a refusal ends the story."""
        answer = await self.stage.app.request(
            method, f"/api/v1{path}", json=None if method == "GET" else body, headers=self.head
        )
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None


async def until(moment: datetime) -> None:
    """It has come."""
    await asyncio.sleep(max((moment - clock.now()).total_seconds(), 0))


async def sign_in(stage: Stage, phone: str, *purposes: str) -> Somebody:
    """The owner of the phone is signed in, has consented to `purposes`, and bound the phone."""
    purposes = purposes or (CONSENT,)
    codes = (await stage.platform.post("/_sim/codes", json={"phone": phone})).json()
    tokens = await stage.app.post("/api/v1/sessions", json={"code": codes["login_code"]})
    tokens.raise_for_status()
    person = Somebody(stage, {"Authorization": f"Bearer {tokens.json()['access_token']}"})
    shown = await person.ask("GET", "/consents")
    for item in shown["items"]:
        if item["purpose"] in purposes and not item["is_current"]:
            await person.ask("POST", "/consents", purpose=item["purpose"], version=item["version"])
    await person.ask("PUT", "/me/phone", code=codes["phone_code"])
    return person


async def find_home(
    person: Somebody, community_id: str, compound_name: str, building_name: str
) -> dict[str, str]:
    """A compound of the community and a building in it, out of the public lists."""
    path = f"/organizations?parent_id={community_id}&kind=compound&limit=100"
    compounds = (await person.ask("GET", path))["items"]
    compound = next(one for one in compounds if one["name"] == compound_name)
    path = f"/organizations/{compound['id']}/buildings?limit=100"
    buildings = (await person.ask("GET", path))["items"]
    building = next(one for one in buildings if one["name"] == building_name)
    return {
        "compound_id": compound["id"],
        "building_id": building["id"],
        "name": f"{compound_name}{building_name}（{building['grid_name']}）",
    }
