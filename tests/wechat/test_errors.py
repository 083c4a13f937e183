"""Errcodes are classed as facts.md says."""

import pickle
from datetime import UTC, datetime

import pytest

from app.wechat import apis, quota
from app.wechat.apis import Api
from app.wechat.errors import CLASSES, Kind, WeChatError, failure

COMMON = {
    Kind.TRANSIENT: [-1, 44990],
    Kind.TOKEN: [40001, 40014, 42001],
    Kind.MINUTE: [45011, 44991],
    Kind.DAY: [45009],
    Kind.FINAL: [41001, 41002, 41004, 41008, 43002, 44002, 45002, 47001],
    Kind.CONFIGURATION: [
        *(40013, 40125, 40164, 40243, 48001, 48004, 50002, 50004, 50007, 89503, 89506, 89507),
    ],
}
OWN = [
    (apis.CODE2SESSION, Kind.FINAL, [40029, 40163, 40226]),
    (apis.STABLE_TOKEN, Kind.CONFIGURATION, [40001]),
    (apis.FORCED_TOKEN, Kind.CONFIGURATION, [40001]),
    (apis.PHONE_NUMBER, Kind.FINAL, [40029, 40013, 40003, 99999]),
    (apis.SEND_MESSAGE, Kind.FINAL, [40003, 43101, 45168, 47003]),
    (apis.SEND_MESSAGE, Kind.CONFIGURATION, [40037, 43107, 41030, 99999]),
    (apis.SEND_MESSAGE, Kind.TRANSIENT, [43108]),
    (apis.UNLIMITED_CODE, Kind.FINAL, [40097, 40129, 40169, 85096]),
    (apis.UNLIMITED_CODE, Kind.CONFIGURATION, [41030]),
    (apis.UNLIMITED_CODE, Kind.MINUTE, [45009]),
    (apis.CHECK_TEXT, Kind.FINAL, [40003, 40129, 43104, 61010]),
    (apis.CHECK_MEDIA, Kind.FINAL, [40003, 40004, 43104, 61010]),
    (apis.CHECK_MEDIA, Kind.MINUTE, [87020]),
]


@pytest.mark.parametrize(
    ("errcode", "kind"), [(code, kind) for kind, codes in COMMON.items() for code in codes]
)
def test_the_errcodes_of_any_call(errcode: int, kind: Kind) -> None:
    assert Api("/any").kind(errcode) is kind


@pytest.mark.parametrize(
    ("api", "errcode", "kind"), [(api, code, kind) for api, kind, codes in OWN for code in codes]
)
def test_the_errcodes_of_one_call(api: Api, errcode: int, kind: Kind) -> None:
    assert api.kind(errcode) is kind


def test_an_unknown_errcode_is_for_an_operator() -> None:
    assert Api("/any").kind(99999) is Kind.CONFIGURATION


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_has_its_exception_that_survives_a_queue(kind: Kind) -> None:
    made = failure(kind, "/path", 1, "6a4f-01-02")
    again = pickle.loads(pickle.dumps(made))
    assert type(again) is type(made) is CLASSES[kind]
    assert isinstance(again, WeChatError)
    assert (again.kind, again.path, again.errcode, again.rid, again.retry_after) == (
        kind,
        "/path",
        1,
        "6a4f-01-02",
        made.retry_after,
    )
    assert str(again) == f"/path: errcode 1, class {kind.value}, rid 6a4f-01-02"


def test_an_error_without_an_answer_says_so() -> None:
    made = failure(Kind.TRANSIENT, "/path", None)
    assert str(made) == "/path: no readable answer, class R, rid none"


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [(Kind.TRANSIENT, 1, 1), (Kind.MINUTE, 1, 60), (Kind.DAY, 1, 86_400)],
)
def test_limits_say_when_to_come_back(kind: Kind, least: int, most: int) -> None:
    wait = failure(kind, "/path", 1).retry_after
    assert wait is not None
    assert least <= wait <= most


@pytest.mark.parametrize("kind", [Kind.TOKEN, Kind.FINAL, Kind.CONFIGURATION])
def test_what_time_does_not_heal_names_no_time(kind: Kind) -> None:
    assert failure(kind, "/path", 1).retry_after is None


def test_quotas_are_full_again_at_the_minute_and_at_midnight_in_china() -> None:
    assert quota.seconds_to_next_minute(datetime(2026, 1, 1, 0, 0, 0, tzinfo=UTC)) == 60
    assert quota.seconds_to_next_minute(datetime(2026, 1, 1, 0, 0, 59, 999, tzinfo=UTC)) == 1
    assert quota.seconds_to_next_day(datetime(2026, 1, 1, 15, 59, 59, 500, tzinfo=UTC)) == 1
    assert quota.seconds_to_next_day(datetime(2026, 1, 1, 16, 0, tzinfo=UTC)) == 86_400
