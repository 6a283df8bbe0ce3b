"""Bodies without a declared length: a client that streams can file too."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.factories.desk import Desk, Key
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def stream(body: bytes, key: Key) -> Any:
    """POST a body as a server hands on chunks: no length, an input that ends by itself."""
    environ: dict[str, Any] = {
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_AUTHORIZATION": f"Bearer {key.secret}",
        "CONTENT_TYPE": "application/json",
    }
    return Client().generic("POST", "/api/v1/tickets", **environ)


def test_a_chunked_body_files_a_ticket(desk: Desk, client_key: Key) -> None:
    answer = stream(json.dumps({"submit": False, "client": {"name": "Chunky"}}).encode(), client_key)
    assert answer.status_code == 201, answer.content
    assert Ticket.objects.get().client_name == "Chunky"


def test_a_chunked_body_has_the_same_limit(desk: Desk, client_key: Key) -> None:
    answer = stream(b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1), client_key)
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    assert not Ticket.objects.exists()


def test_chunks_that_cannot_be_read_are_the_callers_fault(desk: Desk, client_key: Key) -> None:
    class Torn(BytesIO):
        def read(self, *_: Any) -> bytes:
            raise OSError("Invalid chunk size")

    environ: dict[str, Any] = {
        "wsgi.input": Torn(),
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    answer: Any = Client().generic("POST", "/api/v1/tickets", **environ)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_body")
