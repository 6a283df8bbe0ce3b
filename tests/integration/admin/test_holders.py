"""Phone holders at the agents' screen: the task, its form, the ticket and the call page."""

from datetime import timedelta

import pytest

from config.core.actor import SYSTEM
from migrations_app.enums import DeskTaskKind
from migrations_app.models import DeskTask, HolderCheck
from migrations_app.selectors.holders import holder_answers
from migrations_app.services import holders
from tests.factories.forms import NUMBER, number_answers
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, text_of, told

PHONE_ONLY = {"name": "Iva", "phone": "+5511977770000", "email": None, "language": "pt-br"}


@pytest.fixture
def asked(walk: Walker) -> Walk:
    """A call tomorrow, whose holder has no address: a person has to ask."""
    walked = walk(Path.READY, number_answers(NUMBER, otp_contact=PHONE_ONLY))
    walked.book(walked.now.replace(minute=0) + timedelta(hours=22))
    check = HolderCheck.objects.get()
    holders.go_on(check.pk, by=SYSTEM, now=walked.now)
    return walked


def form(walked: Walk, hand: str = "yes", abroad: str = "yes") -> dict[str, object]:
    number = walked.number().pk
    return {
        "check": HolderCheck.objects.get().pk,
        f"hand_{number}": hand,
        f"abroad_{number}": abroad,
        "note": "Said so",
    }


def test_the_task_says_whom_to_call_or_write_and_what_to_say(asked: Walk, agent_at_desk: Person) -> None:
    task = DeskTask.objects.get(kind=DeskTaskKind.HOLDER_CHECK)
    page = text_of(agent_at_desk.get("migrations_app_desktask_change", task.pk))
    assert "Iva" in page
    assert 'href="tel:+5511977770000"' in page
    assert "https://wa.me/5511977770000?text=Ol" in page
    assert "Olá, Iva" in page
    assert "Hello Iva" in page  # the same in the agent's language
    assert f'name="hand_{asked.number().pk}"' in page


def test_the_answer_is_written_down_and_shown_on_ticket_and_call_page(asked: Walk, agent_at_desk: Person) -> None:
    assert "Not asked yet" in agent_at_desk.page(asked)
    assert "Recorded" in agent_at_desk.do(asked, "holder-answer", **form(asked, abroad="no"))
    assert asked.call is not None
    (answer,) = holder_answers(asked.call).values()
    assert (answer.state, answer.note) == ("refused", "Said so")
    for page in (
        agent_at_desk.page(asked),
        text_of(agent_at_desk.get("migrations_app_pincall_console", asked.call.pk)),
    ):
        assert "nothing comes in from abroad" in page
    task = DeskTask.objects.get(kind=DeskTaskKind.HOLDER_REFUSED)
    assert NUMBER in text_of(agent_at_desk.get("migrations_app_desktask_change", task.pk))
    agent_at_desk.do(asked, "holder-answer", **form(asked))
    assert "Phone holder of" in agent_at_desk.page(asked)
    assert not DeskTask.objects.filter(state="open").exists()


def test_half_an_answer_is_none(asked: Walk, agent_at_desk: Person) -> None:
    half = {name: value for name, value in form(asked).items() if not name.startswith("abroad")}
    assert "Choose yes or no" in agent_at_desk.do(asked, "holder-answer", **half)
    assert "any more" in agent_at_desk.do(asked, "holder-answer", check=0)


def test_a_client_does_not_answer_for_the_holder_here(asked: Walk, client_person: Person) -> None:
    answer = client_person.post("tickets_ticket_do", asked.ticket.pk, "holder-answer", **form(asked))
    assert answer.status_code == 403 or "Recorded" not in told(answer)
    assert "Phone holders" not in client_person.page(asked)
