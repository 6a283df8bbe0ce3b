"""Two agents and double clicks at the call page, at the same moment: real requests on PostgreSQL, one exchange with Meta."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from migrations_app.enums import NumberState
from providers.models import Exchange
from tests.factories.desk import Desk, make_agent
from tests.factories.forms import NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import NEW_PIN, Path, Walk, Walker
from tests.integration.admin.conftest import Person, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]
CLICKS = 4


@pytest.fixture
def in_call(walk: Walker, meta: Meta) -> Walk:
    return walk(Path.IN_CALL)


def everybody_clicks(walked: Walk, people: list[Person], at_once: AtOnce, **data: Any) -> list[int]:
    """Each person clicks twice at the same moment, on the page as it is now."""
    assert walked.call is not None
    address = reverse("admin:migrations_app_pincall_console", args=[walked.call.pk])
    number = walked.number()
    sent = {"number": number.pk, "seen": number.steps, **data}

    def click(person: Person) -> Callable[[], int]:
        web = Client()
        web.cookies = person.web.cookies
        return lambda: int(web.post(address, sent).status_code)

    return at_once([click(person) for person in people for _click in range(2)])


def made(purpose: str) -> int:
    return Exchange.objects.filter(purpose=purpose).count()


def test_two_agents_who_double_click_do_nothing_twice(
    in_call: Walk, desk: Desk, agent_at_desk: Person, meta: Meta, at_once: AtOnce
) -> None:
    people = [agent_at_desk, sign_in(make_agent("leo", desk.latam))]
    # Meta takes its time, so that all clicks fall into one step.
    for call in ("request_code", "verify_code", "register"):
        meta.fault(call, delay_seconds=0.3)
    assert everybody_clicks(in_call, people, at_once, step="ask", method="sms") == [302] * CLICKS
    assert (made("meta.start"), made("meta.request_code"), meta.codes_sent_to(NUMBER)) == (1, 1, 1)
    code = meta.code_for(NUMBER)
    assert everybody_clicks(in_call, people, at_once, step="verify", code=code) == [302] * CLICKS
    assert (made("meta.verify_code"), in_call.number().state) == (1, NumberState.CODE_VERIFIED)
    assert everybody_clicks(in_call, people, at_once, step="register", pin=NEW_PIN) == [302] * CLICKS
    assert (made("meta.register"), in_call.number().state) == (1, NumberState.LIVE)
    assert everybody_clicks(in_call, people, at_once, step="set_pin", pin="904817") == [302] * CLICKS
    assert made("meta.set_pin") == 1


def test_clicks_that_come_after_the_step_has_ended_do_nothing_either(
    in_call: Walk, agent_at_desk: Person, meta: Meta, at_once: AtOnce
) -> None:
    meta.fault("register", error_key="registration_failed", times=9)
    everybody_clicks(in_call, [agent_at_desk], at_once, step="ask", method="sms")
    everybody_clicks(in_call, [agent_at_desk], at_once, step="verify", code=meta.code_for(NUMBER))
    everybody_clicks(in_call, [agent_at_desk] * 2, at_once, step="register", pin=NEW_PIN)
    assert (made("meta.request_code"), made("meta.verify_code"), made("meta.register")) == (1, 1, 1)
