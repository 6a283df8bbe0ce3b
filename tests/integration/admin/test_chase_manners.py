"""What an agent decides about reminders, on the ticket's page."""

from datetime import timedelta

from django.core.mail import EmailMessage

from providers.models import Exchange
from tests.factories.desk import Desk
from tests.factories.forms import OTHER_NUMBER
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import Person
from tickets.models import Ticket


def test_an_agent_silences_a_chase_until_a_day_and_lets_it_go_on(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    own = walked.planned().due_at
    chase = walked.chase().pk
    day = (walked.now + timedelta(days=10)).date()
    form = {"chase": chase, "until": day.isoformat(), "said_by": "client", "reason": "Back from holiday then"}
    for wrong in (
        {"until": ""},
        {"until": "2026-02-31"},
        {"reason": " "},
        {"said_by": "meta"},
        {"until": "2026-03-02"},
    ):
        agent_at_desk.do(walked, "snooze-chase", **(form | wrong))
        assert walked.planned().due_at == own
    assert "Silent until then" in agent_at_desk.do(walked, "snooze-chase", **form)
    assert walked.planned().due_at.date() == day
    page = agent_at_desk.page(walked)
    assert "Silent until Thu 12 Mar 2026." in page
    assert "On the word of: Client. Back from holiday then" in page
    assert "Working hours of America/Sao_Paulo, without the holidays of BR." in page
    agent_at_desk.do(walked, "resume-chase", chase=chase)
    assert walked.planned().due_at == own
    assert "Silent until Thu" not in agent_at_desk.page(walked).split("timeline")[0]


def test_a_stopped_chase_says_on_the_page_that_nobody_is_reminded(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    chase = walked.chase().pk
    agent_at_desk.do(walked, "stop-chase", chase=chase, reason="")
    assert walked.chase().state == "active"
    agent_at_desk.do(walked, "stop-chase", chase=chase, reason="The owner calls <us> daily")
    page = agent_at_desk.page(walked)
    assert "Nobody is reminded of: Two-step verification" in page
    assert "stopped by bea. “The owner calls &lt;us&gt; daily”" in page
    assert "resume-chase" in page
    assert "snooze-chase" not in page
    agent_at_desk.do(walked, "resume-chase", chase=chase)
    assert walked.chase().state == "active"
    assert "Nobody is reminded of" not in agent_at_desk.page(walked)


def test_a_place_that_nobody_knows_is_said_so_beside_the_chases(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    Ticket.objects.update(timezone="Mars/Olympus", country="XX")
    page = agent_at_desk.page(walked)
    assert "The time zone “Mars/Olympus” is not known: UTC counts." in page
    assert "The holidays of “XX” are not known: none count." in page


def test_a_promise_is_shown_while_it_is_waited_for(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    walked.ask_bsp(promised_for=walked.now + timedelta(days=9))
    assert "Promised for Wed 11 Mar 2026; the next message asks for the outcome." in agent_at_desk.page(walked)


def test_a_digest_is_read_by_who_may_see_all_its_tickets(
    walk: Walker, desk: Desk, agent_at_desk: Person, lead_at_desk: Person, mailoutbox: list[EmailMessage]
) -> None:
    own, foreign = walk(Path.WAITING_TWO_STEP), walk(Path.WAITING_TWO_STEP, OTHER_NUMBER)
    own.now = own.planned().due_at
    own.send_all_due()
    digest = Exchange.objects.get(purpose="chase.chase_digest").pk
    assert agent_at_desk.get("providers_exchange_change", digest).status_code == 200
    Ticket.objects.filter(pk=foreign.ticket.pk).update(queue=desk.triage)
    assert agent_at_desk.get("providers_exchange_change", digest).status_code == 302
    assert lead_at_desk.get("providers_exchange_change", digest).status_code == 200
