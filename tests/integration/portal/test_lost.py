"""A link that lost its secret part leads to a page for people, in their language, not to a document for machines."""

import pytest
from django.test import Client
from pytest_django import Settings


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/u/", "/u", "/c/", "/c", "/h/", "/h", "/t/", "/t", "/u/a/b", "/c/a/b/call.ics"])
def test_a_link_without_its_secret_part_is_called_invalid(address: str) -> None:
    answer = Client().get(address, headers={"Accept-Language": "es"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "Este enlace no es válido" in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_other_unknown_addresses_stay_what_they_were() -> None:
    assert Client().get("/unknown/").status_code == 404
    assert Client().get("/api/v1/u/").headers["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/t/", "/c/a/b", "/t/nonsense/call.ics", "/c/nonsense/call.ics"])
def test_whoever_comes_too_often_is_told_to_wait_without_a_whole_link_too(address: str, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "link_address": 2}
    web = Client(headers={"Accept-Language": "en"})
    answers = [web.get(address) for _time in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert "opened too often" in answers[-1].content.decode()
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


def test_people_who_lost_their_links_do_not_wait_for_each_other(settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "link": 1, "link_address": 1}
    addresses = ("10.0.0.1", "10.0.0.2")
    assert [Client(REMOTE_ADDR=each).get("/t/").status_code for each in addresses] == [404, 404]
