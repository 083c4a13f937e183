"""What holds for every page: its policy, its origin, its words where it refuses."""

import re

import pytest
from fastapi.routing import APIRoute
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import page
from app.core.ids import new_id
from app.doors import ROUTERS
from app.http.deps import get_session
from app.models.person import Person, Role
from tests.console.conftest import Visit
from tests.factories.organizations import make_community
from tests.factories.people import make_staff

PAGES = [
    route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and route.path.startswith("/console")
]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.fixture
async def secretary(session: AsyncSession) -> Person:
    return await make_staff(session, Role.COMMUNITY_SECRETARY, await make_community(session))


@pytest.mark.parametrize(
    "path",
    [
        "/console",
        "/console/",
        "/console/account",
        "/console/sign-in",
        "/console/sign-in/code",
        "/console/sign-in/state",
        "/console/nowhere",
        "/console/registrations/01890a5d-ac96-774b-bcce-b302099a8057",
        "/console/registrations/no-id",
        "/console/static/old/console.css",
        f"/console/static/{page.VERSION}/console.css",
    ],
)
async def test_every_answer_carries_the_policy(visit: Visit, secretary: Person, path: str) -> None:
    answer = await (await visit(secretary)).get(path)
    assert answer.status_code < 500
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["referrer-policy"] == "same-origin"
    assert ("immutable" in answer.headers["cache-control"]) == (page.VERSION in path)
    if page.VERSION not in path:
        assert answer.headers["cache-control"] == "no-store"


async def test_the_policy_of_pages_is_not_that_of_the_api(client: AsyncClient) -> None:
    answer = await client.get("/api/v1/help")
    assert "content-security-policy" not in answer.headers
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("heads", "is_own"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://test"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "http://test"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
async def test_a_form_of_another_site_is_refused(
    visit: Visit, secretary: Person, heads: dict[str, str], is_own: bool
) -> None:
    browser = await visit(secretary)
    browser.headers.pop("Sec-Fetch-Site")
    answer = await browser.post("/console/account/sign-out", headers=heads)
    assert answer.status_code == (303 if is_own else 403)
    assert is_own or "请从本系统的页面提交" in answer.text


async def test_what_is_not_there_is_said_in_words(visit: Visit, secretary: Person) -> None:
    browser = await visit(secretary)
    for path in ("/console/nowhere", f"/console/registrations/{new_id()}"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (
            404,
            "text/html; charset=utf-8",
        )
        assert "没有找到" in answer.text and "不在您负责的范围内" in answer.text
    assert (await browser.post("/console/nowhere")).status_code == 404
    assert (await browser.get("/console")).headers["location"] == "/console/"


async def test_who_is_not_signed_in_is_sent_to_the_door(client: AsyncClient) -> None:
    assert (await client.get("/console/")).headers["location"] == "/console/sign-in"
    answer = await client.post("/console/account/sign-out", headers={"Origin": "http://test"})
    assert answer.headers["location"] == "/console/sign-in"


def test_pages_write_through_forms_only() -> None:
    """A page that refuses is an answer: the transaction of `SessionDep` would be committed with it."""

    def calls(dependant: object) -> set[object]:
        inner = getattr(dependant, "dependencies", ())
        return {getattr(dependant, "call", None)}.union(*map(calls, inner))

    assert PAGES
    for route in PAGES:
        assert isinstance(route, page.PageRoute), route.path
        assert get_session not in calls(route.dependant), route.path
        assert not route.include_in_schema


def test_templates_hold_no_scripts_and_no_styles_of_their_own() -> None:
    for path in (page.FOLDER / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|\|\s*safe\b", text), (
            path.name
        )
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), path.name
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', text), path.name
