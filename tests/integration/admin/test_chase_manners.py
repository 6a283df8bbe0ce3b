"""What an agent decides about reminders, on the ticket's page."""

from datetime import timedelta

from django.core.mail import EmailMessage
from django.utils.formats import date_format
from django.utils.timezone import localtime

from config.core.actor import SYSTEM
from migrations_app.admin.words import EMAIL_WORDS, chase_state
from migrations_app.models import Chase
from migrations_app.services.left_alone import remind_again, stop_nudges
from migrations_app.services.nudge_links import NudgeLink
from providers.models import Exchange
from tests.factories.desk import Desk
from tests.factories.forms import OTHER_NUMBER
from tests.factories.ladders import ESCALATE, MAIL, PORTAL, set_ladder
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person
from tests.integration.migrations_app.test_desk_tasks import listen
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
    assert "On the word of: Client. “Back from holiday then”" in card(agent_at_desk, walked)
    agent_at_desk.do(walked, "resume-chase", chase=chase)
    assert walked.planned().due_at == own
    assert "Back from holiday then" not in card(agent_at_desk, walked)
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


def test_a_planned_message_is_named_after_the_text_that_will_leave(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    ladders_own = str(EMAIL_WORDS[walked.planned().message])
    assert ladders_own in card(agent_at_desk, walked)
    walked.ask_bsp(promised_for=walked.now + timedelta(days=9))
    shown = card(agent_at_desk, walked)
    assert f"{EMAIL_WORDS['promise_outcome']} → Client" in shown
    assert ladders_own not in shown
    preview = agent_at_desk.get("migrations_app_chase_preview", walked.chase().pk)
    assert preview.context["lines"][0]["message"] == EMAIL_WORDS["promise_outcome"]


def test_what_a_recipient_has_stopped_is_said_with_what_follows(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    assert "stopped the reminders by mail" not in card(agent_at_desk, walked)
    link = NudgeLink("ana@padariasol.example", (walked.ticket.organization_id,), "pt-br")
    stop_nudges(link=link, by=SYSTEM, now=walked.now)
    ends = walked.chase().next_at
    assert ends is not None
    shown = card(agent_at_desk, walked)
    assert "Client stopped the reminders by mail." in shown
    when = date_format(localtime(ends), "D j M, H:i")
    assert f"Nobody is reminded any more; on {when} a person takes over." in shown
    assert f"ends {when}" in shown
    assert "next " not in shown
    Chase.objects.update(on_exhausted=["raise_priority"])
    assert f"on {when} the ladder ends." in card(agent_at_desk, walked)
    remind_again(
        address="ana@padariasol.example", organizations=[walked.ticket.organization_id], by=walked.desk, now=walked.now
    )
    assert "stopped the reminders by mail" not in card(agent_at_desk, walked)


def test_whom_the_ladder_still_asks_when_one_has_stopped_is_said(walk: Walker, agent_at_desk: Person) -> None:
    set_ladder(MAIL, PORTAL, MAIL, ESCALATE)
    listen()
    walked = walk(Path.WAITING_TWO_STEP)
    link = NudgeLink("ana@padariasol.example", (walked.ticket.organization_id,), "pt-br")
    stop_nudges(link=link, by=SYSTEM, now=walked.now)
    assert walked.planned().channel == "portal"
    shown = card(agent_at_desk, walked)
    assert "Others on the ladder are still asked." in shown
    assert "next " in shown


def card(person: Person, walked: Walk) -> str:
    """The chases card as it is shown."""
    return person.page(walked).split('id="chases"')[1].split("</section>")[0]


def test_a_chase_that_no_person_stopped_has_ended_and_says_why(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    agent_at_desk.do(walked, "stop-chase", chase=walked.chase().pk, reason="They ring us")
    assert chase_state(walked.chase(), walked.case) == "Stopped"
    agent_at_desk.do(walked, "resume-chase", chase=walked.chase().pk)
    Chase.objects.update(state="stopped")
    assert "Ended: nothing is left to ask" in agent_at_desk.page(walked)
    walked.cancel()
    assert "Ended with the ticket" in agent_at_desk.page(walked)
