"""The edge: request id, headers, figures; health; the docs page."""

from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.http import contract


async def test_a_given_request_id_is_kept_and_a_strange_one_replaced(client: AsyncClient) -> None:
    kept = await client.get("/health/live", headers={"x-request-id": "phone-12345678"})
    made = await client.get("/health/live", headers={"x-request-id": "a b"})
    assert kept.headers["x-request-id"] == "phone-12345678"
    assert len(made.headers["x-request-id"]) == 32
    assert kept.headers["x-content-type-options"] == "nosniff"
    assert kept.headers["cache-control"] == "no-store"


async def test_who_cannot_send_a_patch_posts_one(client: AsyncClient) -> None:
    said = {"x-http-method-override": "PATCH"}
    assert (await client.post("/api/v1/me", headers=said)).json()["code"] == "unauthorized"
    assert (await client.post("/api/v1/me")).status_code == 405
    assert (await client.get("/health/live", headers=said)).status_code == 200
    other = {"x-http-method-override": "DELETE"}
    assert (await client.post("/api/v1/me", headers=other)).status_code == 405


async def test_figures_name_the_route_not_the_path(client: AsyncClient) -> None:
    await client.get("/api/v1/organizations/0192f000-0000-7000-8000-000000000000")
    await client.get("/nowhere/13800138000")
    figures = (await client.get("/metrics")).text
    assert 'route="/api/v1/organizations/{organization_id}"' in figures
    assert 'route="unmatched"' in figures
    assert "13800138000" not in figures


async def test_ready_means_the_database_has_this_schema(
    client: AsyncClient, session: AsyncSession
) -> None:
    assert (await client.get("/health/ready")).json() == {"status": "ok"}
    await session.execute(text("UPDATE alembic_version SET version_num = 'old'"))
    old = await client.get("/health/ready")
    await session.execute(text("DROP TABLE alembic_version"))
    gone = await client.get("/health/ready")
    assert [old.status_code, gone.status_code] == [503, 503]
    assert old.headers["retry-after"] == "5"


async def test_the_docs_page_loads_nothing_from_outside(client: AsyncClient) -> None:
    page = await client.get("/docs")
    assert "https://" not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    for name in ("docs.js", "swagger-ui-bundle.js", "swagger-ui.css"):
        assert (await client.get(f"/docs/{name}")).status_code == 200
    assert (await client.get("/docs/other.js")).status_code == 404
    assert (await client.get("/openapi.json")).content == contract.FILE.read_bytes()
