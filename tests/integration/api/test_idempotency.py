"""Idempotency keys: the same answer again, once done; never another caller's; and one ticket however many come at once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from tests.factories.desk import Key
from tests.factories.forms import OTHER_NUMBER, answers
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Answer, Caller
from tickets.models import Comment, IdempotencyRecord, Ticket


def test_a_repeat_gets_the_same_answer_and_files_nothing(api: Caller) -> None:
    first = api.post("tickets", answers(), Idempotency_Key="k-1")
    again = api.post("tickets", answers(), Idempotency_Key="k-1")
    assert (again.status, again.text) == (201, first.text)
    assert (again.headers["Location"], again.etag) == (first.headers["Location"], first.etag)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert Ticket.objects.count() == 1


def test_the_stored_answer_stays_in_its_language(api: Caller) -> None:
    first = api.post("tickets", answers(), Idempotency_Key="k-1", Accept_Language="es")
    again = api.post("tickets", answers(), Idempotency_Key="k-1", Accept_Language="ru")
    assert (again.text, again.headers["Content-Language"]) == (first.text, "es")


def test_the_order_of_members_makes_no_other_body(api: Caller) -> None:
    body = answers()
    api.post("tickets", body, Idempotency_Key="k-1")
    again = api.post("tickets", dict(reversed(body.items())), Idempotency_Key="k-1")
    assert again.headers["Idempotency-Replayed"] == "true"


def test_another_body_is_refused(api: Caller) -> None:
    api.post("tickets", answers(), Idempotency_Key="k-1")
    answer = api.post("tickets", answers(OTHER_NUMBER), Idempotency_Key="k-1")
    assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert Ticket.objects.count() == 1


def test_quoted_and_bare_keys_are_the_same_key(api: Caller) -> None:
    api.post("tickets", answers(), Idempotency_Key='"k 1"')
    assert api.post("tickets", answers(), Idempotency_Key="k 1").headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", " ", "x" * 256, '"half', 'a"b', "schlüssel", "a\tb"])
def test_a_malformed_key_is_400(api: Caller, key: str) -> None:
    answer = api.post("tickets", answers(), Idempotency_Key=key)
    assert (answer.status, answer.code) == (400, "idempotency_key_invalid")


def test_255_characters_are_a_key(api: Caller) -> None:
    assert api.post("tickets", answers(), Idempotency_Key="x" * 255).status == 201


def test_refusals_are_not_kept(api: Caller) -> None:
    assert api.post("tickets", answers(hosting="basement"), Idempotency_Key="k-1").status == 422
    assert IdempotencyRecord.objects.count() == 0
    assert api.post("tickets", answers(), Idempotency_Key="k-1").status == 201


def test_a_conflict_is_not_kept(api: Caller) -> None:
    held = api.post("tickets", answers()).json["reference"]
    assert api.post("tickets", answers(), Idempotency_Key="k-1").status == 409
    api.post(f"tickets/{held}/actions/cancel")
    assert api.post("tickets", answers(), Idempotency_Key="k-1").status == 201


def test_a_key_belongs_to_organization_and_address(
    api: Caller, api_colleague: Caller, api_stranger: Caller, api_test: Caller, walk: Walker
) -> None:
    ticket = f"tickets/{walk(Path.FILED, OTHER_NUMBER).ticket.reference}"
    first = api.post("tickets", answers(), Idempotency_Key="k-1").json["reference"]
    assert api.post(f"{ticket}/comments", {"body": "Hello"}, Idempotency_Key="k-1").status == 201
    assert api_colleague.post("tickets", answers(), Idempotency_Key="k-1").json["reference"] == first
    assert api_stranger.post("tickets", answers("+34600111222"), Idempotency_Key="k-1").status == 201
    test = api_test.post("tickets", answers(), Idempotency_Key="k-1")
    assert test.json["test"] is True
    assert test.json["reference"] != first


def test_a_comment_repeated_is_said_once(api: Caller, walk: Walker) -> None:
    comments = f"tickets/{walk(Path.FILED).ticket.reference}/comments"
    first = api.post(comments, {"body": "Hello"}, Idempotency_Key="k-1")
    assert api.post(comments, {"body": "Hello"}, Idempotency_Key="k-1").text == first.text
    assert Comment.objects.count() == 1


def test_actions_without_a_body_can_be_repeated(api: Caller, walk: Walker) -> None:
    cancel = f"tickets/{walk(Path.FILED).ticket.reference}/actions/cancel"
    first = api.post(cancel, Idempotency_Key="k-1")
    again = api.post(cancel, Idempotency_Key="k-1")
    assert (again.status, again.text, again.etag) == (200, first.text, first.etag)
    assert api.post(cancel).status == 409


def test_a_key_without_the_scope_gets_no_stored_answer(api: Caller, api_reader: Caller) -> None:
    api.post("tickets", answers(), Idempotency_Key="k-1")
    assert api_reader.post("tickets", answers(), Idempotency_Key="k-1").status == 403


AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


@pytest.mark.postgres
@pytest.mark.slow
def test_sixteen_at_once_make_one_ticket_and_get_one_answer(at_once: AtOnce, client_key: Key) -> None:
    body = answers()

    def file() -> Answer:
        return Caller(client_key.secret).post("tickets", body, Idempotency_Key="k-1")

    found: list[Answer] = at_once([file] * 16)
    assert {answer.status for answer in found} == {201}
    assert len({answer.text for answer in found}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in found) == 15
    assert Ticket.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.slow
def test_of_sixteen_without_a_key_one_gets_the_number(at_once: AtOnce, client_key: Key) -> None:
    body = answers()
    found: list[Answer] = at_once([lambda: Caller(client_key.secret).post("tickets", body)] * 16)
    assert sorted(answer.status for answer in found) == [201] + [409] * 15
    assert {answer.code for answer in found if answer.status == 409} == {"number_already_open"}


@pytest.mark.postgres
@pytest.mark.slow
def test_a_twin_whose_first_is_still_running_is_told_to_wait(at_once: AtOnce, client_key: Key) -> None:
    taken, done = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic():
            IdempotencyRecord.objects.create(
                organization_id=client_key.row.organization_id, key="k-1", method="POST", path="/api/v1/tickets",
                fingerprint="x", created_at=client_key.row.created_at,
            )  # fmt: skip
            taken.set()
            done.wait(timeout=10)
            transaction.set_rollback(True)

    def twin() -> Answer:
        taken.wait(timeout=10)
        try:
            return Caller(client_key.secret).post("tickets", answers(), Idempotency_Key="k-1")
        finally:
            done.set()

    answer = at_once([first, twin])[1]
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (409, "idempotency_in_progress", "1")
    assert Ticket.objects.count() == 0
