"""The hottest doors answer as FastAPI would, and let in at once who was accepted a moment ago."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from fastapi import FastAPI
from httpx import Response
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.paging import Lines, Page
from app.http.actors import Actors
from app.http.hot import HotRoute
from app.models.member import Registration, RegistrationStatus
from app.models.person import Person
from app.orders.routes import list_open_orders
from app.orders.schemas import OrderBrief, OrderCard, OrderOut
from tests.factories.members import make_registration
from tests.factories.orders import make_order
from tests.factories.people import make_person
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

Counter = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture(autouse=True)
def remembering(app: FastAPI) -> None:
    app.state.actors = Actors()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/orders/{order}", 200),
        ("GET", "/organizations/{community}/orders/open", 200),
        ("POST", "/orders/{order}/seats", 201),
    ],
)
async def test_who_was_accepted_a_moment_ago_is_let_in(
    desk: Desk, town: Town, session: AsyncSession, method: str, path: str, status: int
) -> None:
    person = await make_person(session)
    order = await make_order(session, town.community)
    path = "/api/v1" + path.format(order=order.id, community=town.community.id)
    head = desk.sign_in(person)
    before = await desk.client.request(method, path, headers=head)
    assert before.status_code in (403, 404)
    await make_registration(session, town.community, person)
    now = await desk.client.request(method, path, headers=head)
    assert now.status_code == status, now.text


async def test_whom_the_house_knows_rightly_is_refused_after_one_more_look(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    person = await make_person(session)
    order = await make_order(session, town.community)
    path = f"/orders/{order.id}/seats"
    with count_statements() as first:
        assert (await desk.post(person, path)).status_code == 404
    with count_statements() as second:
        assert (await desk.post(person, path)).status_code == 404
    assert (len(first), len(second)) == (3, 3)


async def test_what_is_allowed_asks_nothing_more(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    order = await make_order(session, town.community, seats=2)
    assert (await desk.get(town.member, f"/orders/{order.id}"))["id"] == str(order.id)
    with count_statements() as seen:
        assert (await desk.post(town.member, f"/orders/{order.id}/seats")).status_code == 201
    assert len(seen) == 1
    await session.execute(update(Registration).values(status=RegistrationStatus.SUSPENDED))
    refused = await desk.post(town.member, f"/orders/{order.id}/seats")
    assert refused.status_code == 200  # he holds that seat, whatever became of him since


async def test_without_a_token_nobody_is_looked_for(desk: Desk, town: Town) -> None:
    assert (await desk.client.get(f"/api/v1/orders/{town.community.id}")).status_code == 401
    gone = await desk.client.get(f"/api/v1/board/{town.registration.id}")
    assert gone.status_code == 404


async def both_ways(desk: Desk, who: Person, method: str, path: str) -> Response:
    """The answer read off the request, held against FastAPI's own: another spelling of the scheme."""
    token = desk.sign_in(who)["Authorization"].removeprefix("Bearer ")
    plain, other = [
        await desk.client.request(
            method, f"/api/v1{path}", headers={"Authorization": f"{scheme} {token}"}
        )
        for scheme in ("Bearer", "bearer")
    ]
    if method == "POST" and plain.status_code == 201:
        assert other.status_code == 200
    else:
        assert other.status_code == plain.status_code
    said, said_other = plain.json(), other.json()
    said.pop("request_id", None)
    said_other.pop("request_id", None)
    assert said == said_other
    assert plain.headers["content-type"] == other.headers["content-type"]
    return plain


async def test_both_ways_answer_the_same(desk: Desk, town: Town, session: AsyncSession) -> None:
    orders = [await make_order(session, town.community, seats=2) for _ in range(3)]
    community = town.community.id
    assert (await both_ways(desk, town.member, "POST", f"/orders/{orders[0].id}/seats")).is_success
    shown = await both_ways(desk, town.member, "GET", f"/orders/{orders[0].id}")
    assert OrderOut.model_validate_json(shown.content).is_full is False
    for path, shape in (
        (f"/organizations/{community}/orders/open", Page[OrderBrief]),
        (f"/board/{community}", Page[OrderCard]),
    ):
        whole = await both_ways(desk, town.member, "GET", path)
        page = shape.model_validate_json(whole.content)
        assert sorted(line.id for line in page.items) == sorted(order.id for order in orders)
        first = await both_ways(desk, town.member, "GET", f"{path}?limit=2")
        cursor = first.json()["next_cursor"]
        second = await both_ways(desk, town.member, "GET", f"{path}?cursor={cursor}&limit=2")
        assert first.json()["items"] + second.json()["items"] == whole.json()["items"]
        assert second.json()["next_cursor"] is None


@pytest.mark.parametrize("path", ["/me/notifications", "/me/records"])
async def test_both_ways_answer_the_same_about_oneself(desk: Desk, town: Town, path: str) -> None:
    answer = await both_ways(desk, town.member, "GET", path)
    assert answer.json() == {"items": [], "next_cursor": None}
    refused = await both_ways(desk, town.member, "GET", f"{path}?cursor=nonsense")
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status", "pointer"),
    [
        ("GET", "/organizations/{community}/orders/open?limit=0", 422, "/limit"),
        ("GET", "/organizations/{community}/orders/open?limit=101", 422, "/limit"),
        ("GET", "/organizations/{community}/orders/open?limit=x", 422, "/limit"),
        ("GET", "/organizations/{community}/orders/open?cursor=nonsense", 422, "/cursor"),
        ("GET", "/organizations/{community}/orders/open?cursor=%20", 422, "/cursor"),
        ("GET", "/organizations/{community}/orders/open?colour=red", 422, "/colour"),
        ("GET", "/orders/{community}?colour=red", 422, "/colour"),
        ("GET", "/orders/mine-or-yours", 422, "/order_id"),
        ("GET", "/orders/*", 422, "/order_id"),
        ("GET", "/orders/{community}", 404, ""),
        ("PUT", "/orders/{community}/seats", 405, ""),
    ],
)
async def test_both_ways_refuse_the_same(
    desk: Desk, town: Town, method: str, path: str, status: int, pointer: str
) -> None:
    refused = await both_ways(desk, town.member, method, path.format(community=town.community.id))
    assert refused.status_code == status
    assert [error["pointer"] for error in refused.json()["errors"]] == (
        [pointer] if pointer else []
    )


async def test_a_parameter_given_twice_is_looked_at_by_fastapi(desk: Desk, town: Town) -> None:
    path = f"/organizations/{town.community.id}/orders/open?limit=1&limit=2"
    assert (await both_ways(desk, town.member, "GET", path)).status_code == 200


async def test_columns_that_are_not_the_shape_are_not_sent() -> None:
    write = HotRoute("/x", list_open_orders, response_model=Page[OrderCard]).write
    with pytest.raises(TypeError):
        write(Lines("", None, frozenset({"id", "phone"})))
