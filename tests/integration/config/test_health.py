"""Up and ready: what a load balancer asks, and what it is told when a part is gone."""

import pytest

from config.celery import app
from tests.integration.api.caller import Caller

pytestmark = pytest.mark.django_db
NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def anybody() -> Caller:
    return Caller(None)


def test_all_is_well(anybody: Caller) -> None:
    assert anybody.get("/healthz").json["status"] == "ok"
    ready = anybody.get("/readyz")
    assert (ready.status, ready.json["failing"]) == (200, [])


def test_the_part_that_is_gone_is_named_in_a_problem(anybody: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_write_url", NOBODY_LISTENS)
    answer = anybody.get("/readyz")
    assert (answer.status, answer.code) == (503, "temporarily_unavailable")
    assert answer.json["failing"] == ["broker"]
    assert answer.json["parts"] == {"database": True, "migrations": True, "broker": False}
    assert "broker" in answer.json["detail"]
