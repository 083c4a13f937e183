"""Routes that are made ready late are FastAPI's in everything once they are asked."""

import pytest

from app.http.room import Room


def test_a_route_is_made_ready_when_it_is_asked_for_more_than_its_path() -> None:
    async def look() -> None: ...

    room = Room()
    room.get("/x")(look)
    (route,) = room.routes
    assert "dependant" not in vars(route)
    assert route.dependant.path == "/x"  # type: ignore[attr-defined]  # of an APIRoute
    assert "dependant" in vars(route)
    with pytest.raises(AttributeError):
        _ = route.nothing_of_the_kind  # type: ignore[attr-defined]  # as said
