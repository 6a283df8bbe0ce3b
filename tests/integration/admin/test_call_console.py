"""The call page for people on the phone: what others do is seen, nothing happens twice, a PIN is ticked, a number waits."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from migrations_app.enums import PinCallState
from migrations_app.models import NumberMove, PinCallNumber
from providers.models import Exchange
from tests.factories.desk import Desk, make_agent
from tests.factories.forms import NUMBER, OTHER_NUMBER, number_answers
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, sign_in, text_of, told
from tests.integration.admin.test_call_page import PIN_SHOWN, _offered, _page, _step

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


@pytest.fixture
def in_call(walk: Walker, meta: Meta) -> Walk:
    return walk(Path.IN_CALL, NUMBER, OTHER_NUMBER)


@pytest.fixture
def colleague(desk: Desk) -> Person:
    """Another agent of the same queue, at another screen."""
    return sign_in(make_agent("leo", desk.latam))


def live(person: Person, walked: Walk, tag: str = "", **query: Any) -> Any:
    assert walked.call is not None
    query.setdefault("number", walked.number().pk)
    address = f"/admin/migrations_app/pincall/{walked.call.pk}/console/live/"
    return person.web.get(address, query, headers={"If-None-Match": tag} if tag else {})


def seen_in(page: str) -> int:
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found is not None
    return int(found[1])


# Live state


def test_the_parts_of_the_page_are_those_that_are_asked_for_later(in_call: Walk, agent_at_desk: Person) -> None:
    page = TOKEN.sub("", _page(agent_at_desk, in_call))
    for part in re.split(r"\n(?=<)", TOKEN.sub("", text_of(live(agent_at_desk, in_call)))):
        assert " ".join(part.split()) in " ".join(page.split())


def test_nothing_new_is_304_and_what_a_colleague_does_is_seen(
    in_call: Walk, agent_at_desk: Person, colleague: Person, meta: Meta
) -> None:
    first = live(agent_at_desk, in_call)
    tag = first.headers["ETag"]
    again = live(agent_at_desk, in_call, tag)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert "no-store" in again.headers["Cache-Control"]
    _step(colleague, in_call, "ask", method="sms")
    news = live(agent_at_desk, in_call, tag)
    assert news.status_code == 200
    assert 'name="step" value="verify"' in text_of(news)
    assert live(agent_at_desk, in_call, news.headers["ETag"]).status_code == 304


def test_looking_writes_nothing(in_call: Walk, agent_at_desk: Person, django_assert_max_num_queries: Any) -> None:
    live(agent_at_desk, in_call)
    before = in_call.fresh().revision
    with django_assert_max_num_queries(20) as asked:
        live(agent_at_desk, in_call)
    assert not [one["sql"] for one in asked.captured_queries if not one["sql"].startswith("SELECT")]
    assert in_call.fresh().revision == before


def test_who_is_at_work_on_a_number_is_told_until_its_process_must_be_dead(
    in_call: Walk, agent_at_desk: Person, clock_at: Callable[[datetime], None]
) -> None:
    NumberMove.objects.filter(pk=in_call.number().pk).update(
        busy_since=in_call.now, busy_by="leo", busy_with="register"
    )
    clock_at(in_call.now + timedelta(seconds=5))
    assert "leo registers the number, since" in text_of(live(agent_at_desk, in_call))
    clock_at(in_call.now + timedelta(seconds=91))
    assert "leo registers" not in text_of(live(agent_at_desk, in_call))


def test_only_those_who_run_calls_may_look(
    in_call: Walk, client_person: Person, other_agent: Person, agent_at_desk: Person
) -> None:
    assert live(client_person, in_call).status_code == 403
    assert live(other_agent, in_call).status_code == 404
    assert in_call.call is not None
    assert agent_at_desk.web.post(live(agent_at_desk, in_call).request["PATH_INFO"]).status_code == 405


# Nothing twice


def test_a_form_that_is_sent_twice_asks_for_one_code(in_call: Walk, agent_at_desk: Person, meta: Meta) -> None:
    seen = seen_in(_page(agent_at_desk, in_call))
    _step(agent_at_desk, in_call, "ask", method="sms", seen=seen)
    assert "Nothing was done twice" in told(_step(agent_at_desk, in_call, "ask", method="sms", seen=seen))
    assert meta.codes_sent_to(NUMBER) == 1
    _step(agent_at_desk, in_call, "ask", method="voice", seen=seen_in(_page(agent_at_desk, in_call)))
    assert meta.codes_sent_to(NUMBER) == 2


@pytest.mark.parametrize("seen", ["", "x", "٣", "9" * 50])
def test_a_count_of_steps_that_makes_no_sense_is_refused_or_not_there(
    in_call: Walk, agent_at_desk: Person, meta: Meta, seen: str
) -> None:
    _step(agent_at_desk, in_call, "ask", method="sms", seen=seen)
    assert meta.codes_sent_to(NUMBER) == (0 if seen.startswith("9") else 1)


# Timers, fallback, refusals


def test_the_life_of_a_code_counts_down_and_its_end_is_told(
    in_call: Walk, agent_at_desk: Person, clock_at: Callable[[datetime], None]
) -> None:
    _step(agent_at_desk, in_call, "ask", method="sms")
    asked = in_call.number().code_requested_at
    assert asked is not None
    page = _page(agent_at_desk, in_call, number=in_call.number().pk)
    assert f'data-until="{(asked + timedelta(minutes=10)).isoformat()}"' in page
    assert f"Asked for at {asked:%H:%M:%S} UTC (SMS)" in page
    clock_at(asked + timedelta(minutes=10))
    page = _page(agent_at_desk, in_call, number=in_call.number().pk)
    assert "The code has probably expired" in page
    assert 'class="pt-timer"' not in page


def test_after_two_minutes_without_a_code_the_other_way_is_offered(
    in_call: Walk, agent_at_desk: Person, clock_at: Callable[[datetime], None]
) -> None:
    _step(agent_at_desk, in_call, "ask", method="sms")
    asked = in_call.number().code_requested_at
    assert asked is not None

    def ticked() -> str:
        page = text_of(live(agent_at_desk, in_call))
        return str(re.findall(r'name="method" value="(\w+)" checked', page)[0])

    clock_at(asked + timedelta(seconds=119))
    assert ticked() == "sms"
    clock_at(asked + timedelta(seconds=120))
    assert ticked() == "voice"
    assert "Nothing after two minutes" in _page(agent_at_desk, in_call, number=in_call.number().pk)


def test_a_landline_is_called_first(walk: Walker, agent_at_desk: Person, meta: Meta) -> None:
    walked = walk(Path.IN_CALL, number_answers("+551133334444", line_type="landline", otp_method="voice"))
    page = _page(agent_at_desk, walked)
    assert 'value="voice" checked' in page


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        ("start_migration", "destination_payment_missing", "no payment method"),
        ("start_migration", "different_business", "different businesses"),
        ("start_migration", "webhooks_missing", "webhooks"),
    ],
)
def test_what_somebody_else_must_mend_puts_the_next_number_first(
    in_call: Walk, agent_at_desk: Person, meta: Meta, call: str, error: str, words: str
) -> None:
    meta.fault(call, error_key=error)
    _step(agent_at_desk, in_call, "ask", method="sms")
    page = _page(agent_at_desk, in_call, number=in_call.number().pk)
    assert words in page
    assert f"Go on with {OTHER_NUMBER}" in page
    assert _offered(page).index("put_off") < _offered(page).index("ask")


# The order of the call


def test_a_number_is_put_off_the_next_comes_up_and_the_first_comes_back(
    in_call: Walk, agent_at_desk: Person, meta: Meta
) -> None:
    first, second = in_call.number().pk, in_call.number(2).pk
    answer = _step(agent_at_desk, in_call, "put_off")
    assert "number=" not in answer.headers["Location"]
    page = _page(agent_at_desk, in_call)
    assert f'name="number" value="{second}"' in page
    assert "put off" in page
    in_call.move(2)
    assert f'name="number" value="{first}"' in _page(agent_at_desk, in_call)
    _step(agent_at_desk, in_call, "ask", method="sms")
    assert PinCallNumber.objects.get(number_id=first).set_aside_at is None


# The new two-step PIN


def verified(walked: Walk, person: Person, meta: Meta, position: int = 1) -> None:
    _step(person, walked, "ask", position, method="sms")
    _step(person, walked, "verify", position, code=meta.code_for(walked.number(position).number))


def test_a_pin_is_ticked_as_written_down_and_until_then_the_page_asks(
    in_call: Walk, agent_at_desk: Person, meta: Meta
) -> None:
    verified(in_call, agent_at_desk, meta)
    answer = text_of(_step(agent_at_desk, in_call, "generate"))
    assert PIN_SHOWN.search(answer)
    assert "Has the client written down" not in answer
    shown = text_of(live(agent_at_desk, in_call, shown=in_call.number().pk))
    assert "Has the client written down" not in shown.partition('data-part="numbers"')[0]
    page = _page(agent_at_desk, in_call)
    assert f"Has the client written down the new two-step PIN of {NUMBER}?" in page
    _step(agent_at_desk, in_call, "pin_noted")
    assert "Has the client written down" not in _page(agent_at_desk, in_call)
    assert in_call.number().pin_noted_by


def test_ending_a_call_with_a_pin_that_nobody_noted_has_to_be_meant(
    in_call: Walk, agent_at_desk: Person, meta: Meta
) -> None:
    in_call.move()
    call = in_call.current_call()
    assert NUMBER in told(_step(agent_at_desk, in_call, "finish"))
    call.refresh_from_db()
    assert call.state == PinCallState.STARTED
    assert "End the call all the same" in _page(agent_at_desk, in_call)
    _step(agent_at_desk, in_call, "finish", anyway="yes")
    call.refresh_from_db()
    assert call.state == PinCallState.FINISHED
    assert "Has the client written down" in _page(agent_at_desk, in_call)


def test_a_lost_pin_is_replaced_by_one_that_is_shown_once_and_not_by_sending_the_page_again(
    walk: Walker, agent_at_desk: Person, meta: Meta
) -> None:
    walked = walk(Path.IN_CALL)
    walked.move()
    seen = walked.number().steps
    answer = _step(agent_at_desk, walked, "new_pin", seen=seen)
    shown = PIN_SHOWN.search(text_of(answer))
    assert shown is not None
    line = meta.server.world.line(NUMBER.lstrip("+"))
    assert line.pin_fits(shown[1] + shown[2])
    assert "no-store" in answer.headers["Cache-Control"]
    again = _step(agent_at_desk, walked, "new_pin", seen=seen)
    assert PIN_SHOWN.search(text_of(again)) is None
    assert line.pin_fits(shown[1] + shown[2])


def test_the_client_may_choose_the_new_pin(walk: Walker, agent_at_desk: Person, meta: Meta) -> None:
    walked = walk(Path.IN_CALL)
    walked.move()
    assert "six digits" in told(_step(agent_at_desk, walked, "set_pin", pin="1234"))
    answer = _step(agent_at_desk, walked, "set_pin", pin="904 817", seen=walked.number().steps)
    assert answer.status_code == 302
    assert meta.server.world.line(NUMBER.lstrip("+")).pin_fits("904817")


# The script


def test_the_script_of_each_step_is_open_in_each_language(in_call: Walk, agent_at_desk: Person, meta: Meta) -> None:
    def opened(language: str) -> list[int]:
        page = _page(agent_at_desk, in_call, number=in_call.number().pk, language=language)
        script = page.partition(f'<div lang="{language}">')[2].partition("</aside>")[0]
        sections = re.findall(r"<details( open)?>", script)
        assert len(sections) == 6
        return [place for place, is_open in enumerate(sections) if is_open]

    def opened_in_each() -> list[list[int]]:
        return [opened(language) for language, _name in settings.LANGUAGES]

    assert opened_in_each() == [[2]] * 5
    _step(agent_at_desk, in_call, "ask", method="sms")
    assert opened_in_each() == [[2, 4]] * 5
    _step(agent_at_desk, in_call, "verify", code=meta.code_for(NUMBER))
    assert opened_in_each() == [[3]] * 5


def test_fields_for_secrets_are_kept_by_no_browser(in_call: Walk, agent_at_desk: Person, meta: Meta) -> None:
    verified(in_call, agent_at_desk, meta)
    page = _page(agent_at_desk, in_call, number=in_call.number().pk)
    assert re.search(r'<input name="pin"[^>]*autocomplete="off"', page)
    assert 'method="get"' not in page.partition('id="call"')[2]
    in_call.register()
    page = _page(agent_at_desk, in_call)
    assert re.search(r'<input name="pin"[^>]*autocomplete="off"', page)


@pytest.mark.parametrize("easy", ["123456", "777777", "31 12 87"])
def test_a_pin_that_is_guessed_at_once_is_refused_before_meta_is_asked(
    walk: Walker, meta: Meta, agent_at_desk: Person, easy: str
) -> None:
    walked = walk(Path.LIVE)
    before = Exchange.objects.count()
    words = told(_step(agent_at_desk, walked, "set_pin", pin=easy))
    assert "Choose another one" in words
    assert easy not in words
    assert Exchange.objects.count() == before


def test_when_all_requests_are_used_the_page_does_not_offer_another(
    in_call: Walk, agent_at_desk: Person, clock_at: Callable[[datetime], None]
) -> None:
    for minutes in (0, 12, 24):
        clock_at(in_call.now + timedelta(minutes=minutes))
        _step(agent_at_desk, in_call, "ask", method="sms", seen=in_call.number().steps)
    clock_at(in_call.now + timedelta(minutes=36))
    page = _page(agent_at_desk, in_call)
    assert "All requests for a code are used" in page
    assert "ask for a new one" not in page
    assert "Ask again" not in page
    words = told(_step(agent_at_desk, in_call, "ask", seen=in_call.number().steps))
    assert "rests now" in words
    assert in_call.number().state == "cooling_down"
