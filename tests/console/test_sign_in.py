"""The door of the console: a picture, a phone that says yes, a session of one browser."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity import tickets
from app.models.house import RateWindow
from app.models.person import Person, Role, RoleGrant
from app.models.sign_in import ConsoleSession, SignInTicket
from app.settings import Environment
from tests.console.conftest import OWN, Visit, open_session
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.identity.conftest import Enter, speaking
from tests.simulator.hands import Hands

SignIn = Callable[[Person], dict[str, str]]
DOOR = "/console/sign-in"


@pytest.fixture
async def secretary(session: AsyncSession) -> Person:
    return await make_staff(session, Role.COMMUNITY_SECRETARY, await make_community(session))


async def confirm(client: AsyncClient, head: dict[str, str], verb: str = "confirm") -> Response:
    """A phone has scanned the picture of this browser, and answers."""
    code = tickets.code_of(client.cookies["console-ticket"])
    return await client.post(f"/api/v1/sign-in-tickets/{code}/{verb}", headers=head)


async def test_a_scanned_and_confirmed_ticket_opens_the_console(
    client: AsyncClient, session: AsyncSession, simulator: Hands, enter: Enter
) -> None:
    user = await enter()
    await user.agree()
    await user.bind()
    person = await session.get_one(Person, user.tokens["person_id"])
    await grant(session, person)
    wanted = "/console/account?x=1"
    sent = await client.get(wanted)
    assert (sent.status_code, sent.headers["location"]) == (
        303,
        f"{DOOR}?next=/console/account%3Fx%3D1",
    )
    page = await client.get(sent.headers["location"])
    assert 'value="/console/account?x=1"' in page.text
    picture = await client.get(f"{DOOR}/code")
    assert picture.headers["content-type"] in ("image/jpeg", "image/png")
    assert (await client.get(f"{DOOR}/state")).json() == {"state": "waiting"}
    too_soon = await client.post(DOOR, data={"next": wanted}, headers=OWN)
    assert (too_soon.status_code, "还没有在手机上确认" in too_soon.text) == (409, True)
    assert (await confirm(client, user.headers)).status_code == 204
    assert (await client.get(f"{DOOR}/state")).json() == {"state": "confirmed"}
    assert "手机上已确认" in (await client.get(DOOR)).text
    signed = await client.post(DOOR, data={"next": wanted}, headers=OWN)
    assert (signed.status_code, signed.headers["location"]) == (303, wanted)
    cookie = next(
        each for each in signed.headers.get_list("set-cookie") if each.startswith("console=")
    )
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    assert "Max-Age" not in cookie and "Secure" not in cookie
    assert "我的角色" in (await client.get(wanted)).text
    again = await client.post(DOOR, data={}, headers=OWN)
    assert again.headers["location"] == f"{DOOR}?said=ticket_gone"


async def grant(session: AsyncSession, person: Person) -> None:
    community = await make_community(session)
    session.add(
        RoleGrant(
            person_id=person.id,
            role=Role.COMMUNITY_CLERK,
            organization_id=community.id,
            valid_from=community.opened_on,
        )
    )
    await session.flush()


async def test_a_browser_shows_its_ticket_again_while_it_is_good(
    client: AsyncClient, session: AsyncSession, move_clock: Callable[[timedelta], None]
) -> None:
    for _ in range(2):
        assert (await client.get(DOOR)).status_code == 200
    count = select(func.count()).select_from(SignInTicket)
    assert await session.scalar(count) == 1
    move_clock(tickets.LIFE + timedelta(seconds=1))
    assert (await client.get(f"{DOOR}/state")).json() == {"state": "over"}
    await client.get(DOOR)
    assert await session.scalar(count) == 2


async def test_another_browser_does_not_get_in_by_somebody_elses_ticket(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, secretary: Person
) -> None:
    await client.get(DOOR)
    await confirm(client, sign_in(secretary))
    code = tickets.code_of(client.cookies["console-ticket"])
    client.cookies.clear()
    client.cookies.set("console-ticket", code, path=DOOR)  # all that the picture tells
    answer = await client.post(DOOR, data={}, headers=OWN)
    assert answer.headers["location"] == f"{DOOR}?said=ticket_gone"
    assert await session.scalar(select(func.count()).select_from(ConsoleSession)) == 0


async def test_a_refused_ticket_signs_nobody_in(
    client: AsyncClient, sign_in: SignIn, secretary: Person
) -> None:
    await client.get(DOOR)
    await confirm(client, sign_in(secretary), "refuse")
    assert (await client.get(f"{DOOR}/state")).json() == {"state": "refused"}
    answer = await client.post(DOOR, data={}, headers=OWN)
    assert answer.headers["location"] == f"{DOOR}?said=ticket_gone"
    assert "已为您换了新的" in (await client.get(answer.headers["location"])).text


async def test_a_flood_of_tickets_is_stopped(client: AsyncClient, session: AsyncSession) -> None:
    await client.get(DOOR)
    await session.execute(update(RateWindow).values(attempts=30))
    client.cookies.clear()
    answer = await client.get(DOOR)
    assert (answer.status_code, "操作过于频繁" in answer.text) == (429, True)


async def test_without_the_platform_the_page_stands_and_the_picture_does_not(
    app: FastAPI, client: AsyncClient
) -> None:
    assert (await client.get(f"{DOOR}/code")).status_code == 404
    await client.get(DOOR)
    async with speaking(app, {"/wxa/getwxacodeunlimit": None}):
        answer = await client.get(f"{DOOR}/code")
    assert answer.status_code == 503


async def test_nobody_is_led_to_another_site(
    client: AsyncClient, sign_in: SignIn, secretary: Person
) -> None:
    for wanted in ("https://evil.example/", "//evil.example", "/console/\\evil", "/api/v1/me"):
        page = await client.get(DOOR, params={"next": wanted})
        assert re.search(r'name="next" value="/console/"', page.text)
    await confirm(client, sign_in(secretary))
    answer = await client.post(DOOR, data={"next": "//evil.example"}, headers=OWN)
    assert answer.headers["location"] == "/console/"


async def test_over_tls_the_cookie_is_kept_to_it(
    app: FastAPI, client: AsyncClient, sign_in: SignIn, secretary: Person
) -> None:
    app.state.settings.public_url = "https://double.example"
    page = await client.get(DOOR)
    secret = (
        page.cookies.get("console-ticket")
        or re.findall("console-ticket=([^;]+)", page.headers["set-cookie"])[0]
    )
    assert (
        "Secure" in page.headers["set-cookie"] and "SameSite=strict" in page.headers["set-cookie"]
    )
    code = tickets.code_of(secret)
    path = f"/api/v1/sign-in-tickets/{code}/confirm"
    assert (await client.post(path, headers=sign_in(secretary))).is_success
    head = OWN | {"Cookie": f"console-ticket={secret}"}
    answer = await client.post(DOOR, data={}, headers=head)
    cookie = answer.headers.get_list("set-cookie")[0]
    assert cookie.startswith("__Host-console=") and "Secure" in cookie


async def test_signing_out_ends_the_session_and_not_only_the_cookie(
    visit: Visit, session: AsyncSession, secretary: Person
) -> None:
    browser = await visit(secretary)
    token = browser.cookies["console"]
    page = await browser.get("/console/account")
    assert "当前浏览器" in page.text and " · 社区党组织书记</li>" in page.text
    answer = await browser.post("/console/account/sign-out")
    assert answer.headers["location"] == f"{DOOR}?said=signed_out"
    browser.cookies.set("console", token)
    assert (await browser.get("/console/")).status_code == 303


async def test_one_browser_and_all_of_them_are_signed_out_from_another(
    visit: Visit, session: AsyncSession, secretary: Person
) -> None:
    other = await open_session(session, secretary)
    browser = await visit(secretary)
    page = await browser.get("/console/account")
    found = re.findall(r'action="(/console/account/sessions/[^"]+/end)"', page.text)
    assert len(found) == 1
    assert (await browser.post(found[0])).headers["location"].endswith("said=session_ended")
    assert (await browser.post(found[0])).status_code == 404
    mine = browser.cookies["console"]
    assert (await browser.post("/console/account/sign-out-everywhere")).status_code == 303
    for token in (mine, other):
        browser.cookies.set("console", token)
        assert (await browser.get("/console/")).headers["location"] == DOOR


async def test_a_role_that_has_ended_ends_the_console(visit: Visit, session: AsyncSession) -> None:
    browser = await visit(await make_person(session))
    answer = await browser.get("/console/")
    assert (answer.status_code, "居民、党员请使用小程序" in answer.text) == (403, True)
    assert 'action="/console/account/sign-out"' in answer.text


async def test_people_of_the_demo_stand_in_for_the_phone(
    app: FastAPI, client: AsyncClient, secretary: Person
) -> None:
    settings = app.state.settings
    settings.environment = Environment.DEVELOPMENT
    settings.wechat_base_url = "http://127.0.0.1:8001"
    page = await client.get(DOOR)
    assert secretary.name and secretary.name in page.text and "社区党组织书记" in page.text
    form = {"person_id": str(secretary.id)}
    answer = await client.post(f"{DOOR}/demo", data=form, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
    assert (await client.get("/console/")).status_code == 200


@pytest.mark.parametrize(
    ("environment", "platform"),
    [
        (Environment.PRODUCTION, "http://127.0.0.1:8001"),
        (Environment.TEST, "http://127.0.0.1:8001"),
        (Environment.DEVELOPMENT, "https://api.weixin.qq.com"),
    ],
)
async def test_nobody_stands_in_outside_the_demo(
    app: FastAPI, client: AsyncClient, secretary: Person, environment: Environment, platform: str
) -> None:
    app.state.settings.environment = environment
    app.state.settings.wechat_base_url = platform
    assert "示范人物" not in (await client.get(DOOR)).text
    form = {"person_id": str(secretary.id)}
    answer = await client.post(f"{DOOR}/demo", data=form, headers=OWN)
    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers
