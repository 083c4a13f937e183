"""The lives of an order, a seat, a poll and a record, as tables written by hand."""

from typing import Any

import pytest

from app.models.order import OrderStatus, SeatStatus
from app.models.order_series import SeriesStatus
from app.models.poll import PollStatus
from app.models.record import RecordStatus
from app.orders.lifecycle import (
    ORDER,
    POLL,
    SEAT,
    SERIES,
)
from app.records.lifecycle import RECORD
from tests.lives import Rules, differing

LIVES: list[tuple[Any, Any, Rules]] = [
    (
        ORDER,
        OrderStatus,
        {
            "publish": ({"draft"}, "open"),
            "start": ({"open"}, "in_progress"),
            "complete": ({"open", "in_progress"}, "pending_acceptance"),
            "close_unasked": ({"open", "in_progress"}, "closed"),
            "settle": ({"pending_acceptance"}, "closed"),
            "expire": ({"open", "in_progress"}, "expired"),
            "cancel": ({"draft", "open", "in_progress"}, "cancelled"),
        },
    ),
    (
        SERIES,
        SeriesStatus,
        {
            "pause": ({"active"}, "paused"),
            "resume": ({"paused"}, "active"),
            "end": ({"active", "paused"}, "ended"),
            "run_out": ({"active"}, "ended"),
        },
    ),
    (
        SEAT,
        SeatStatus,
        {
            "offer": ({"waiting"}, "offered"),
            "accept": ({"offered"}, "taken"),
            "decline": ({"waiting", "offered"}, "declined"),
            "lapse": ({"offered"}, "lapsed"),
            "end_wait": ({"waiting"}, "lapsed"),
            "replace": ({"offered", "taken"}, "replaced"),
            "release": ({"taken"}, "released"),
            "leave": ({"waiting", "offered", "taken"}, "released"),
            "excuse": ({"taken", "no_show"}, "excused"),
            "attend": ({"taken"}, "attended"),
            "miss": ({"taken"}, "no_show"),
            "report": ({"attended"}, "reported"),
            "send_back": ({"reported"}, "attended"),
            "confirm": ({"attended", "reported"}, "confirmed"),
            "cancel": (
                {"waiting", "offered", "taken", "attended", "no_show", "reported"},
                "cancelled",
            ),
        },
    ),
    (POLL, PollStatus, {"close": ({"open"}, "closed")}),
    (
        RECORD,
        RecordStatus,
        {
            "approve": ({"pending_approval"}, "approved"),
            "reject": ({"pending_approval"}, "rejected"),
            "dispute": ({"approved"}, "disputed"),
            "question": ({"approved"}, "disputed"),
            "uphold": ({"disputed"}, "approved"),
            "correct": ({"approved", "disputed"}, "approved"),
            "void": ({"approved", "disputed"}, "voided"),
        },
    ),
]


@pytest.mark.parametrize(("life", "statuses", "rules"), LIVES)
def test_a_step_leaves_only_its_sources(life: Any, statuses: Any, rules: Rules) -> None:
    assert differing(life, statuses, rules) == []
