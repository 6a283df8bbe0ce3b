"""What a client sees by API of its claim being tried at Meta: from filing to a bookable call without anybody at the desk."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pytest

from migrations_app import tasks
from tests.factories.forms import NUMBER, answers
from tests.factories.servers import Meta
from tests.integration.api.caller import Caller


def test_a_claim_at_filing_is_proven_and_told(
    api: Caller, meta: Meta, clock_at: Callable[[datetime], None], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_at(now)
    monkeypatch.setattr(tasks, "try_claim", SimpleNamespace(delay=tasks.try_claim))
    meta.protect(NUMBER)
    filed = api.post("tickets", answers(two_step_verification="disabled")).json
    assert (filed["phone_numbers"][0]["state"], filed["stage"]) == ("pending", "ready")
    tasks.sweep_proofs()
    path = f"tickets/{filed['reference']}"
    (item,) = [each for each in api.get(path).json["requirements"]["items"] if each["code"] == "two_step_disabled"]
    assert item["numbers"] == [{"number": NUMBER, "state": "claimed", "detail": "Meta still sees it switched on."}]
    assert api.get(f"{path}/slots").status == 200
    meta.unprotect(NUMBER)
    clock_at(now.replace(minute=10))
    tasks.sweep_proofs()
    document = api.get(path).json
    (item,) = [each for each in document["requirements"]["items"] if each["code"] == "two_step_disabled"]
    (number,) = document["phone_numbers"]
    assert (number["state"], number["last_error"]) == ("initiated", None)
    assert [number["phone_number_id"]] == meta.at_destination(NUMBER)
    assert (item["state"], item["evidence"]["meta_accepted_migration"]) == ("met", number["phone_number_id"])
    types = [event["type"] for event in api.get(f"{path}/events").data]
    assert types[-2:] == ["number.state_changed", "requirement.changed"]
