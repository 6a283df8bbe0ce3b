"""A link that lost its secret part leads to a page for people, in their language, not to a document for machines."""

import pytest
from django.test import Client


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/u/", "/u", "/c/", "/c", "/h/", "/h", "/u/a/b", "/c/a/b/call.ics"])
def test_a_link_without_its_secret_part_is_called_invalid(address: str) -> None:
    answer = Client().get(address, headers={"Accept-Language": "es"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "Este enlace no es válido" in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_other_unknown_addresses_stay_what_they_were() -> None:
    assert Client().get("/unknown/").status_code == 404
    assert Client().get("/api/v1/u/").headers["Content-Type"] == "application/problem+json"
