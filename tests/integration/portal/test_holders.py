"""The page of a phone holder: opening changes nothing, buttons post, five languages, no account."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from migrations_app.models import HolderCheck, PinCallNumber
from migrations_app.services import calls
from migrations_app.services.holder_links import new_link
from tests.factories.forms import NUMBER, OTHER_NUMBER, number_answers
from tests.factories.walks import Path, Walk, Walker
from tickets.models import Ticket

RUI = {"name": "Rui", "phone": "+5511999990000", "email": "rui@padariasol.example", "language": "es"}


@pytest.fixture
def walked(walk: Walker, clock_at: Callable[[datetime], None]) -> Walk:
    found = walk(Path.READY, *(number_answers(line, otp_contact=RUI) for line in (NUMBER, OTHER_NUMBER)))
    found.book(found.now.replace(minute=0) + timedelta(days=2))
    clock_at(found.now)
    return found


@pytest.fixture
def link(walked: Walk) -> str:
    check = HolderCheck.objects.get(pin_call=walked.call)
    return "/" + new_link(check, now=walked.now).split("/", 3)[3]


@pytest.fixture
def web() -> Client:
    return Client(enforce_csrf_checks=True)


def form(walked: Walk, hand: str = "yes", abroad: str = "yes", note: str = "") -> dict[str, str]:
    ids = [number.pk for number in walked.numbers()]
    return {
        **{f"hand_{pk}": hand for pk in ids},
        **{f"abroad_{pk}": abroad for pk in ids},
        **({f"note_{ids[0]}": note} if note else {}),
    }


def states() -> set[str]:
    return set(PinCallNumber.objects.values_list("holder_state", flat=True))


def test_opening_the_link_shows_the_numbers_and_changes_nothing(walked: Walk, link: str, web: Client) -> None:
    before = Ticket.objects.get(pk=walked.ticket.pk).revision
    web.get(link)
    page = web.get(link)
    assert page.status_code == 200
    text = page.content.decode()
    assert NUMBER in text
    assert OTHER_NUMBER in text
    assert "Rui, ¿" in text  # no language asked for: the holder's own
    assert states() == {"open"}
    assert Ticket.objects.get(pk=walked.ticket.pk).revision == before
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Content-Language"] == "es"
    assert "no-store" in page.headers["Cache-Control"]


@pytest.mark.parametrize("language", ["en", "es", "pt-br", "ru", "ca"])
def test_the_page_speaks_five_languages(link: str, web: Client, language: str) -> None:
    page = web.get(link, headers={"Accept-Language": language})
    assert page.headers["Content-Language"] == language
    assert ("Phone at hand?" in page.content.decode()) == (language == "en")


def test_a_posted_answer_is_kept_and_can_be_changed(walked: Walk, link: str, web: Client) -> None:
    assert web.post(link, form(walked)).status_code == 303
    assert states() == {"confirmed"}
    assert "checked" in web.get(link).content.decode()
    assert web.post(link, form(walked, abroad="no", note="Roaming is blocked")).status_code == 303
    assert states() == {"refused"}
    line = PinCallNumber.objects.order_by("position")[0]
    assert (line.holder_by, line.holder_said["note"]) == ("Rui", "Roaming is blocked")


def test_a_half_filled_form_is_shown_again_with_what_was_ticked(walked: Walk, link: str, web: Client) -> None:
    half = {name: value for name, value in form(walked).items() if not name.startswith("abroad")}
    page = web.post(link, half, headers={"Accept-Language": "en"})
    assert page.status_code == 422
    assert "Please answer both questions" in page.content.decode()
    assert page.content.decode().count(" checked") == 2
    assert states() == {"open"}


def test_a_call_that_was_cancelled_asks_nothing_and_takes_nothing(walked: Walk, link: str, web: Client) -> None:
    assert walked.call is not None
    calls.cancel_call(ticket_id=walked.ticket.pk, call_id=str(walked.call.uid), by=walked.by, now=walked.now)
    assert "Nothing is asked any more" in web.get(link, headers={"Accept-Language": "en"}).content.decode()
    assert web.post(link, form(walked)).status_code == 409
    assert states() == {"open"}


@pytest.mark.django_db
def test_a_link_of_ours_cannot_be_guessed(web: Client) -> None:
    for method in (web.get, web.post):
        assert method("/h/nonsense").status_code == 404
    assert web.put("/h/nonsense").status_code == 405
