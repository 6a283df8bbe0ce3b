"""The call page: one next step; the 6-digit code and the two-step PIN pass through and stay nowhere."""

import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from migrations_app.enums import NumberState, PinCallState
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, text_of, told

PIN_SHOWN = re.compile(r'<p class="pt-pin">(\d{3}) (\d{3})</p>')


def _step(person: Person, walked: Walk, step: str, position: int = 1, **data: Any) -> Any:
    assert walked.call is not None
    number = walked.number(position).pk
    return person.post("migrations_app_pincall_console", walked.call.pk, step=step, number=number, **data)


def _page(person: Person, walked: Walk, **query: Any) -> str:
    assert walked.call is not None
    return text_of(person.get("migrations_app_pincall_console", walked.call.pk, **query))


def _offered(page: str) -> list[str]:
    return re.findall(r'name="step" value="(\w+)"', page)


def _whole_database() -> str:
    rows = []
    for model in apps.get_models(include_auto_created=True):
        rows += [repr(values) for values in model._default_manager.values_list()]
    return "\n".join(rows)


@pytest.fixture
def in_call(walk: Walker, meta: Meta) -> Walk:
    return walk(Path.IN_CALL)


def test_a_call_goes_from_start_to_live_step_by_step(walk: Walker, meta: Meta, agent_at_desk: Person) -> None:
    walked = walk(Path.SCHEDULED)
    call = walked.current_call()
    page = _page(agent_at_desk, walked)
    assert _offered(page) == ["here", "read"]
    assert "The call cannot start yet: Open conversations: understood" in page
    assert "Open conversations: understood" in told(_step(agent_at_desk, walked, "start"))
    walked.claim("open_conversations_ack")
    assert _offered(_page(agent_at_desk, walked)) == ["here", "start", "read"]
    _step(agent_at_desk, walked, "start")
    assert _offered(_page(agent_at_desk, walked)) == ["no_show", "finish", "ask", "skip"]
    _step(agent_at_desk, walked, "ask", method="sms")
    assert _offered(_page(agent_at_desk, walked)) == ["no_show", "finish", "verify", "ask", "skip"]
    code = meta.code_for(walked.number().number)
    _step(agent_at_desk, walked, "verify", code=f" {code[:3]}-{code[3:]} ")
    assert walked.number().state == NumberState.CODE_VERIFIED
    assert _offered(_page(agent_at_desk, walked)) == ["finish", "generate", "register", "skip"]
    _step(agent_at_desk, walked, "register", pin="482615")
    assert walked.number().state == NumberState.LIVE
    assert meta.is_connected_here(walked.number().number)
    call.refresh_from_db()
    assert call.state == PinCallState.FINISHED
    assert _offered(_page(agent_at_desk, walked)) == ["pin_noted", "new_pin", "set_pin"]
    _step(agent_at_desk, walked, "pin_noted")
    assert _offered(_page(agent_at_desk, walked)) == []


def test_code_and_pin_are_nowhere_afterwards(
    in_call: Walk, meta: Meta, agent_at_desk: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    answers = [_step(agent_at_desk, in_call, "ask", method="sms")]
    code = meta.code_for(in_call.number().number)
    wrong = "918273" if code != "918273" else "918274"
    answers += [_step(agent_at_desk, in_call, "verify", code=wrong), _step(agent_at_desk, in_call, "verify", code=code)]
    answers.append(_step(agent_at_desk, in_call, "register", pin="730195"))
    assert in_call.number().state == NumberState.LIVE
    stored = _whole_database() + caplog.text + repr(dict(agent_at_desk.web.session))
    stored += repr([(answer.headers, answer.cookies) for answer in answers]) + _page(agent_at_desk, in_call)
    for secret in (code, wrong, "730195"):
        assert not re.search(rf"(?<!\d){secret}(?!\d)", stored), "a secret was kept"


def test_a_pin_of_ours_is_shown_once_in_the_answer_and_is_the_one_in_force(
    in_call: Walk, meta: Meta, agent_at_desk: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _step(agent_at_desk, in_call, "ask", method="sms")
    _step(agent_at_desk, in_call, "verify", code=meta.code_for(in_call.number().number))
    caplog.clear()
    answer = _step(agent_at_desk, in_call, "generate")
    assert "no-store" in answer.headers["Cache-Control"]
    shown = PIN_SHOWN.search(text_of(answer))
    assert shown is not None
    pin = shown[1] + shown[2]
    line = meta.server.world.line(in_call.number().number.lstrip("+"))
    assert line.pin_fits(pin)
    assert PIN_SHOWN.search(_page(agent_at_desk, in_call)) is None
    kept = _whole_database() + caplog.text + repr(dict(agent_at_desk.web.session)) + repr(answer.cookies)
    assert not re.search(rf"(?<!\d){pin}(?!\d)", kept)


def test_a_pin_of_ours_is_shown_when_meta_did_not_answer_for_it_may_hold(
    in_call: Walk, meta: Meta, agent_at_desk: Person
) -> None:
    _step(agent_at_desk, in_call, "ask", method="sms")
    _step(agent_at_desk, in_call, "verify", code=meta.code_for(in_call.number().number))
    meta.fault("register", drop="after")
    meta.fault("number_facts", drop="before")
    assert PIN_SHOWN.search(text_of(_step(agent_at_desk, in_call, "generate")))


def test_a_pin_of_ours_is_not_shown_when_meta_refused(in_call: Walk, meta: Meta, agent_at_desk: Person) -> None:
    _step(agent_at_desk, in_call, "ask", method="sms")
    _step(agent_at_desk, in_call, "verify", code=meta.code_for(in_call.number().number))
    meta.fault("register", error_key="register_limit")
    assert PIN_SHOWN.search(text_of(_step(agent_at_desk, in_call, "generate"))) is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "a" * 200])
def test_what_is_not_six_digits_never_leaves(typed: str, in_call: Walk, meta: Meta, agent_at_desk: Person) -> None:
    _step(agent_at_desk, in_call, "ask", method="sms")
    meta.fault("verify_code", error_key="code_incorrect")
    said = told(_step(agent_at_desk, in_call, "verify", code=typed))
    assert "six digits" in said
    assert not typed or typed not in said
    assert in_call.number().last_error is None


def test_metas_refusal_is_shown_with_what_to_do_and_how_many_tries_are_left(
    in_call: Walk, meta: Meta, agent_at_desk: Person
) -> None:
    _step(agent_at_desk, in_call, "ask", method="voice")
    code = meta.code_for(in_call.number().number)
    _step(agent_at_desk, in_call, "verify", code="000000" if code != "000000" else "111111")
    page = _page(agent_at_desk, in_call)
    assert 'role="alert"' in page
    assert "The code is not right" in page
    assert "fbtrace_id" in page
    assert "Codes asked for: 1 of 3 in 8 h" in page


def test_a_number_at_its_limit_rests_and_the_next_one_comes_up(walk: Walker, meta: Meta, agent_at_desk: Person) -> None:
    walked = walk(Path.IN_CALL, "+5511987654321", "+5511976543210")
    for _ in range(4):
        _step(agent_at_desk, walked, "ask", method="sms")
    assert walked.number().state == NumberState.COOLING_DOWN
    page = _page(agent_at_desk, walked)
    assert f'name="number" value="{walked.number(2).pk}"' in page
    assert "rests until" in _page(agent_at_desk, walked, number=walked.number().pk)


def test_leaving_a_number_out_needs_a_reason(in_call: Walk, agent_at_desk: Person) -> None:
    _step(agent_at_desk, in_call, "skip", reason=" ")
    assert in_call.number().state == NumberState.PENDING
    _step(agent_at_desk, in_call, "skip", reason="SIM lost")
    assert in_call.number().state == NumberState.SKIPPED


def test_nobody_came(walk: Walker, agent_at_desk: Person, clock_at: Callable[[datetime], None]) -> None:
    walked = walk(Path.SCHEDULED)
    call = walked.current_call()
    _step(agent_at_desk, walked, "no_show")
    call.refresh_from_db()
    assert call.state == PinCallState.BOOKED, "its time has not come"
    clock_at(call.start)
    assert "no_show" in _offered(_page(agent_at_desk, walked))
    _step(agent_at_desk, walked, "no_show")
    call.refresh_from_db()
    assert call.state == PinCallState.NO_SHOW


def test_ending_a_call_by_hand(in_call: Walk, agent_at_desk: Person) -> None:
    call = in_call.current_call()
    _step(agent_at_desk, in_call, "finish")
    call.refresh_from_db()
    assert call.state == PinCallState.FINISHED


def test_numbers_of_other_calls_and_unknown_steps_do_nothing(
    in_call: Walk, agent_at_desk: Person, walk: Walker, meta: Meta
) -> None:
    assert in_call.call is not None
    other = walk(Path.FILED, "+5511911110001")
    for number in (other.number().pk, "", "x", "9" * 30):
        answer = agent_at_desk.post(
            "migrations_app_pincall_console", in_call.call.pk, step="ask", number=number, method="sms"
        )
        assert "not part of the call" in told(answer)
    assert told(_step(agent_at_desk, in_call, "explode")) == "There is no such step."
    assert meta.codes_sent_to(other.number().number) == 0


def test_steps_out_of_turn_are_refused_in_words(in_call: Walk, agent_at_desk: Person) -> None:
    for step in ("verify", "register", "start"):
        assert told(_step(agent_at_desk, in_call, step, code="123456", pin="123456"))
    assert in_call.number().state == NumberState.PENDING


def test_the_script_speaks_the_clients_language_or_the_chosen_one(in_call: Walk, agent_at_desk: Person) -> None:
    assert "Hoje vamos migrar" in _page(agent_at_desk, in_call)
    assert "Hoje vamos migrar" in _page(agent_at_desk, in_call, language="xx")
    page = _page(agent_at_desk, in_call, language="en")
    assert "We are moving your WhatsApp numbers" in page
    # Its headings are for the agent, so they speak the language of the page, whatever is read out.
    headings = re.findall(r"<summary>([^<]+)</summary>", page)
    assert headings == [
        "Greeting", "Before you start", "The numbers, one after another", "For each number", "The new two-step PIN",
        "If no code arrives", "At the end",
    ]  # fmt: skip
    assert re.findall(r"<summary>([^<]+)</summary>", _page(agent_at_desk, in_call, language="ru")) == headings


def test_inputs_are_not_remembered_by_browsers(in_call: Walk, agent_at_desk: Person) -> None:
    answer = agent_at_desk.get("migrations_app_pincall_console", in_call.call.pk if in_call.call else 0)
    assert "no-store" in answer.headers["Cache-Control"]
    _step(agent_at_desk, in_call, "ask", method="sms")
    page = _page(agent_at_desk, in_call)
    assert re.search(r'<input name="code"[^>]*autocomplete="one-time-code"', page)


def test_the_list_of_calls_leads_to_the_page(in_call: Walk, agent_at_desk: Person) -> None:
    assert in_call.call is not None
    in_call.agent.first_name, in_call.agent.last_name = "Bruna", "Lima"
    in_call.agent.save()
    assert "Bruna Lima" in text_of(agent_at_desk.get("migrations_app_pincall_changelist"))
    answer = agent_at_desk.get("migrations_app_pincall_change", in_call.call.pk)
    assert answer.headers["Location"].endswith(f"/{in_call.call.pk}/console/")
    assert in_call.call.start > in_call.now - timedelta(hours=1)
