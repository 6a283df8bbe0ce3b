"""An agent looks at texts before they leave: nothing is sent or written by looking."""

from collections.abc import Callable
from datetime import datetime

from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from migrations_app.models import ChaseAttempt
from tests.factories.forms import NUMBER
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, text_of
from tests.integration.migrations_app.test_chases import make_reachable

ATTEMPT, LETTER = "tickets_ticket_attempt", "tickets_ticket_letter"


def writes(person: Person, name: str, *args: object) -> list[str]:
    """The statements by which looking at a page changes rows; the visitor's own session is none of the desk's."""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        text_of(person.get(name, *args))
    words = ("INSERT", "UPDATE", "DELETE")
    return [each["sql"] for each in asked if each["sql"].startswith(words) and "django_session" not in each["sql"]]


def row_of(walked: Walk) -> dict[str, object]:
    return {**ChaseAttempt.objects.filter(pk=walked.attempts()[-1].pk).values()[0]}


def test_a_planned_message_is_shown_as_it_would_be_now_and_nothing_happens(
    walk: Walker, agent_at_desk: Person, client_person: Person, clock_at: Callable[[datetime], None],
    mailoutbox: list[EmailMessage],
) -> None:  # fmt: skip
    walked = walk(Path.FILED)
    clock_at(walked.now)
    planned = walked.planned()
    page = agent_at_desk.page(walked)
    assert f"/attempts/{planned.pk}/" in page
    before = row_of(walked)
    text = text_of(agent_at_desk.get(ATTEMPT, walked.ticket.pk, planned.pk))
    assert "Preview" in text
    assert "ana@padariasol.example" in text
    assert "Padaria Sol: desative a confirmação em duas etapas" in text
    assert NUMBER in text
    # The text follows what is true: a blocker that has come up since makes it "prepare".
    walked.case.requirements.filter(code="business_verified").update(state="unmet")
    assert "NÃO desative ainda" in text_of(agent_at_desk.get(ATTEMPT, walked.ticket.pk, planned.pk))
    assert writes(agent_at_desk, ATTEMPT, walked.ticket.pk, planned.pk) == []
    assert (row_of(walked), mailoutbox) == (before, [])
    assert agent_at_desk.post(ATTEMPT, walked.ticket.pk, planned.pk).status_code == 405
    assert client_person.get(ATTEMPT, walked.ticket.pk, planned.pk).status_code in {403, 404}
    walked.send_all_due()
    sent = text_of(agent_at_desk.get(ATTEMPT, walked.ticket.pk, planned.pk))
    assert "not planned any more" in sent
    assert NUMBER not in sent


def test_the_letter_can_be_read_and_saved_at_any_time(
    walk: Walker, agent_at_desk: Person, clock_at: Callable[[datetime], None]
) -> None:
    make_reachable("infobip", accepts="client_only", email="exit@infobip.example")
    walked = walk(Path.FILED)
    clock_at(walked.now)
    assert f"/ticket/{walked.ticket.pk}/letter/" in agent_at_desk.page(walked)
    page = text_of(agent_at_desk.get(LETTER, walked.ticket.pk))
    for fact in ("Dear Infobip team", NUMBER, "102290129340398", "mailto:exit@infobip.example?subject=Padaria%20Sol"):
        assert fact in page
    assert "Not to be sent yet" not in page
    file = agent_at_desk.get(LETTER, walked.ticket.pk, file="en")
    assert file.headers["Content-Disposition"] == 'attachment; filename="carta-para-infobip.txt"'
    assert "Dear Infobip team" in file.content.decode()
    assert agent_at_desk.get(LETTER, walked.ticket.pk, file="ru").status_code == 404
    assert writes(agent_at_desk, LETTER, walked.ticket.pk) == []
    walked.claim()
    assert "no letter is needed" in text_of(agent_at_desk.get(LETTER, walked.ticket.pk))
