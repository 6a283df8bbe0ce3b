"""Filing many at once: every item is judged as if it had come alone, and a repeat does only what is missing."""

import json
from collections.abc import Callable
from itertools import groupby
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from migrations_app.models import NumberMove
from tests.factories.desk import Key
from tests.factories.forms import NUMBER, OTHER_NUMBER, answers
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Answer, Caller
from tickets.models import Event, IdempotencyRecord, Ticket

AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]
PLENTY = {"read": 10**6, "write": 10**6, "anonymous": 10**6}


def line(place: int) -> str:
    return f"+551198765{place:04d}"


def batch(count: int, *, start: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "tickets": [
            answers(line(start + place), client_reference=f"R-{start + place}", **changes) for place in range(count)
        ]
    }


def statuses(answer: Answer) -> list[int]:
    assert [item["index"] for item in answer.data] == list(range(len(answer.data)))
    return [item["status"] for item in answer.data]


def references(answer: Answer) -> list[str]:
    return [item["ticket"]["reference"] for item in answer.data if "ticket" in item]


# Items


def test_one_bad_item_stops_no_other(api: Caller) -> None:
    bad = answers(OTHER_NUMBER, hosting="basement")
    answer = api.post("tickets/batch", {"tickets": [answers(), bad, "nonsense", answers(line(1), submit=False)]})
    assert (answer.status, statuses(answer)) == (200, [201, 422, 422, 201])
    assert [item["ticket"]["status"]["value"] for item in answer.data if "ticket" in item] == ["waiting", "draft"]
    problem = answer.data[1]["problem"]
    assert (problem["code"], problem["status"]) == ("validation_failed", 422)
    assert [entry["pointer"] for entry in problem["errors"]] == ["#/hosting"]
    assert Ticket.objects.count() == 2


def test_an_item_gets_the_same_ticket_and_the_same_problem_as_alone(api: Caller, api_test: Caller) -> None:
    odd = answers(OTHER_NUMBER, uses_business_app=True)
    items = api_test.post("tickets/batch", {"tickets": [answers(), odd]}).data
    alone, refused = api_test.post("tickets", answers()).json, api_test.post("tickets", odd).json
    assert items[0]["ticket"].keys() == alone.keys()
    assert items[0]["ticket"]["phone_numbers"] == alone["phone_numbers"]
    for problem in (refused, items[1]["problem"]):
        problem.pop("instance")
    assert items[1]["problem"] == refused


def test_the_second_of_two_with_the_same_number_is_told_of_the_first(api: Caller) -> None:
    answer = api.post("tickets/batch", {"tickets": [answers(), answers("+551187654321")]})
    assert statuses(answer) == [201, 409]
    problem = answer.data[1]["problem"]
    assert problem["code"] == "number_already_open"
    assert problem["existing_ticket"] == answer.data[0]["ticket"]["reference"]


def test_a_foreign_duplicate_raises_a_dispute_and_names_nobody(api_stranger: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED, NUMBER)
    answer = api_stranger.post("tickets/batch", {"tickets": [answers(), answers(OTHER_NUMBER)]})
    assert statuses(answer) == [409, 201]
    assert "existing_ticket" not in answer.data[0]["problem"]
    assert walked.event_types()[-1] == "ticket.ownership_disputed"


@pytest.mark.parametrize(
    ("body", "entry"),
    [
        ({"tickets": []}, ("#/tickets", "required")),
        ({}, ("#/tickets", "required")),
        ({"tickets": {}}, ("#/tickets", "invalid")),
        ({"tickets": [{}] * 101}, ("#/tickets", "too_many_items")),
        ({"tickets": [{}], "dry_run": True}, ("#/dry_run", "unknown_field")),
    ],
)
def test_what_is_no_batch_is_refused_whole(api: Caller, body: Any, entry: tuple[str, str]) -> None:
    answer = api.post("tickets/batch", body)
    assert (answer.status, answer.entries) == (422, [entry])
    assert not IdempotencyRecord.objects.exists()


def test_a_key_that_may_only_read_files_nothing(api_reader: Caller) -> None:
    assert api_reader.post("tickets/batch", batch(1)).status == 403


def test_a_hundred_items_can_be_filed(api: Caller) -> None:
    answer = api.post("tickets/batch", batch(100))
    assert set(statuses(answer)) == {201}
    assert len(set(references(answer))) == 100


# What it costs


def test_a_batch_costs_its_items_and_is_refused_whole(api: Caller, settings: Settings) -> None:
    settings.RATE_LIMITS = {"read": 9, "write": 10, "anonymous": 9}
    assert api.post("tickets/batch", batch(7)).headers["RateLimit"].startswith('"write";r=3;')
    answer = api.post("tickets/batch", batch(4, start=10), Idempotency_Key="k-1")
    assert (answer.status, answer.code) == (429, "throttled")
    assert int(answer.headers["Retry-After"]) > 0
    assert Ticket.objects.count() == 7
    assert not IdempotencyRecord.objects.exists()


def test_a_repeat_under_its_key_costs_one(api: Caller, settings: Settings) -> None:
    settings.RATE_LIMITS = {"read": 9, "write": 10, "anonymous": 9}
    assert api.post("tickets/batch", batch(7), Idempotency_Key="k-1").status == 200
    assert api.post("tickets/batch", batch(7), Idempotency_Key="k-1").headers["RateLimit"].startswith('"write";r=2;')


def statements(api: Caller, body: dict[str, Any]) -> list[str]:
    """What filing sends to the database. One INSERT of many rows counts once: SQLite takes it in several pieces."""
    with CaptureQueriesContext(connection) as captured:
        assert set(statuses(api.post("tickets/batch", body))) == {201}
    sent = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    return [key for key, _pieces in groupby(sql if not sql.startswith("INSERT") else sql.split("(")[0] for sql in sent)]


def test_the_cost_of_an_item_does_not_grow_with_its_numbers(api: Caller) -> None:
    statements(api, {"tickets": [answers(line(999))]})
    one = statements(api, {"tickets": [answers(line(0))]})
    hundred = statements(api, {"tickets": [answers(*(line(1 + place) for place in range(100)))]})
    assert len(hundred) == len(one)
    assert len(statements(api, batch(10, start=200))) <= 10 * len(one)


# Repeats


def test_a_finished_batch_is_answered_again_without_work(api: Caller) -> None:
    body = {"tickets": [answers(), answers(OTHER_NUMBER, hosting="basement")]}
    first = api.post("tickets/batch", body, Idempotency_Key="k-1")
    again = api.post("tickets/batch", body, Idempotency_Key="k-1")
    assert "Idempotency-Replayed" not in first.headers
    assert (again.status, again.text, again.headers["Idempotency-Replayed"]) == (200, first.text, "true")
    assert Ticket.objects.count() == 1


def test_another_body_under_the_key_is_refused_even_if_the_first_never_came_to_its_end(
    api: Caller, died_after_two: Callable[[dict[str, Any]], None]
) -> None:
    died_after_two(batch(4))
    answer = api.post("tickets/batch", batch(5), Idempotency_Key="k-1")
    assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert Ticket.objects.count() == 2


@pytest.fixture
def died_after_two(api: Caller, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    """Send a batch under the key k-1 to a process that is killed when it takes up the third item."""

    class Killed(BaseException):
        """As a killed process: no handler of exceptions sees it."""

    def send(body: dict[str, Any]) -> None:
        deadly = json.loads(json.dumps(body))
        begun = []

        def kill_at_the_third(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
            if sql.startswith("INSERT INTO") and "tickets_ticket" in sql:
                begun.append(sql)
                if len(begun) == 3:
                    raise Killed
            return execute(sql, params, many, context)

        with connection.execute_wrapper(kill_at_the_third), pytest.raises(Killed):
            api.post("tickets/batch", deadly, Idempotency_Key="k-1")

    return send


def test_a_repeat_after_a_death_files_only_what_is_missing(
    api: Caller, died_after_two: Callable[[dict[str, Any]], None]
) -> None:
    died_after_two(batch(5))
    before = dict(Ticket.objects.values_list("client_reference", "reference"))
    assert before.keys() == {"R-0", "R-1"}
    events = Event.objects.count()
    answer = api.post("tickets/batch", batch(5), Idempotency_Key="k-1")
    assert statuses(answer) == [201] * 5
    assert references(answer)[:2] == [before["R-0"], before["R-1"]]
    assert Ticket.objects.count() == 5
    assert Event.objects.filter(ticket_reference__in=before.values()).count() == events
    assert api.post("tickets/batch", batch(5), Idempotency_Key="k-1").text == answer.text


def test_a_draft_is_not_made_twice_by_a_repeat_after_a_death(
    api: Caller, died_after_two: Callable[[dict[str, Any]], None]
) -> None:
    died_after_two(batch(3, submit=False))
    assert statuses(api.post("tickets/batch", batch(3, submit=False), Idempotency_Key="k-1")) == [201] * 3
    assert Ticket.objects.count() == 3


def test_an_item_that_met_a_busy_database_is_done_by_the_repeat(api: Caller) -> None:
    def busy_once(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if sql.startswith("INSERT INTO") and "tickets_ticket" in sql and "R-1" in map(str, params):
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(busy_once):
        first = api.post("tickets/batch", batch(3), Idempotency_Key="k-1")
    assert statuses(first) == [201, 503, 201]
    assert first.data[1]["problem"]["code"] == "temporarily_unavailable"
    again = api.post("tickets/batch", batch(3), Idempotency_Key="k-1")
    assert statuses(again) == [201, 201, 201]
    assert [references(again)[0], references(again)[2]] == references(first)


def test_a_batch_and_a_single_filing_under_one_key_are_two_requests(api: Caller, api_test: Caller) -> None:
    api.post("tickets/batch", batch(1), Idempotency_Key="k-1")
    assert api.post("tickets", answers(OTHER_NUMBER), Idempotency_Key="k-1").status == 201
    test = api_test.post("tickets/batch", batch(1), Idempotency_Key="k-1")
    assert "Idempotency-Replayed" not in test.headers
    assert test.data[0]["ticket"]["test"] is True


def test_a_malformed_key_is_refused_before_the_batch_is_read(api: Caller) -> None:
    answer = api.post("tickets/batch", {"tickets": []}, Idempotency_Key='"half')
    assert (answer.status, answer.code) == (400, "idempotency_key_invalid")


# Many at once


@pytest.mark.slow
def test_twins_file_each_ticket_once_and_get_the_same_answer(
    at_once: AtOnce, client_key: Key, settings: Settings
) -> None:
    settings.RATE_LIMITS = PLENTY
    body = batch(6)
    body["tickets"].append(answers("+34600111222", submit=False))

    def file() -> Answer:
        return Caller(client_key.secret).post("tickets/batch", body, Idempotency_Key="k-1")

    found: list[Answer] = at_once([file] * 4)
    assert {answer.status for answer in found} == {200}
    assert len({tuple(references(answer)) for answer in found}) == 1
    assert len(references(found[0])) == Ticket.objects.count() == 7


@pytest.mark.postgres
@pytest.mark.slow
def test_sixteen_with_one_key_make_each_ticket_once(at_once: AtOnce, client_key: Key, settings: Settings) -> None:
    """With the limits as they are: only the first that comes pays for its items, or sixteen times forty would be too many."""
    settings.RATE_LIMITS = {"read": 6000, "write": 600, "anonymous": 600}
    body = batch(40)

    def file() -> Answer:
        answer = Caller(client_key.secret).post("tickets/batch", body, Idempotency_Key="k-1")
        while answer.status == 409:  # an item of the first takes longer than a twin waits: do what Retry-After says
            answer = Caller(client_key.secret).post("tickets/batch", body, Idempotency_Key="k-1")
        return answer

    found: list[Answer] = at_once([file] * 16)
    assert {answer.status for answer in found} == {200}, [answer.text[:200] for answer in found if answer.status != 200]
    assert len({tuple(references(answer)) for answer in found}) == 1
    assert len(references(found[0])) == Ticket.objects.count() == 40
    assert NumberMove.objects.filter(holding=True).count() == 40


@pytest.mark.postgres
@pytest.mark.slow
def test_sixteen_without_a_key_file_each_number_once(at_once: AtOnce, client_key: Key, settings: Settings) -> None:
    settings.RATE_LIMITS = PLENTY
    body = batch(10)
    found: list[Answer] = at_once([lambda: Caller(client_key.secret).post("tickets/batch", body)] * 16)
    assert {answer.status for answer in found} == {200}
    for place in range(10):
        assert sorted(answer.data[place]["status"] for answer in found) == [201] + [409] * 15
    assert Ticket.objects.count() == 10


@pytest.mark.postgres
@pytest.mark.slow
def test_batches_in_opposite_order_never_wait_for_each_other_in_a_ring(
    at_once: AtOnce, client_key: Key, stranger: Key, settings: Settings
) -> None:
    settings.RATE_LIMITS = PLENTY
    numbers = [line(place) for place in range(30)]
    pairs = [answers(*numbers[place : place + 3]) for place in range(0, 30, 2)]
    turned = [answers(*reversed(numbers[place : place + 3])) for place in range(28, -1, -2)]

    def file(place: int) -> Callable[[], Answer]:
        secret = (client_key if place % 4 < 2 else stranger).secret
        body = {"tickets": pairs if place % 2 else turned}
        return lambda: Caller(secret).post("tickets/batch", body)

    found: list[Answer] = at_once([file(place) for place in range(8)])
    assert {answer.status for answer in found} == {200}
    assert {status for answer in found for status in statuses(answer)} == {201, 409}
    held = NumberMove.objects.filter(holding=True).values_list("match_key", flat=True)
    assert len(held) == len(set(held))
