"""Incoming mail at the agents' screen: the inbox, and judging an answer on the ticket page."""

from pathlib import Path as Folder
from typing import Any

import pytest
from django.urls import reverse

from migrations_app.admin.inbox import waiting_count
from migrations_app.models import DeskTask, InboundMail, ProofTry
from tests.factories.files import PNG
from tests.factories.forms import OTHER_NUMBER
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, text_of
from tests.integration.migrations_app.test_inbound import answer
from tickets.models import Attachment, Comment, Queue

LIST, PAGE, FILE, DO = (f"migrations_app_inboundmail_{name}" for name in ("changelist", "change", "file", "do"))
STRANGE = "<script>alert(1)</script><img src=https://evil.example/x.png> Hello"


@pytest.fixture
def asked(walk: Walker, files: Folder) -> Walk:
    return walk(Path.WAITING_TWO_STEP)


@pytest.fixture
def unmatched(asked: Walk) -> InboundMail:
    zipped = ("evil/../x.zip", b"PK\x03\x04", "application/zip")
    return answer(asked, STRANGE, to="onboarding@portero.example", sender="Who <who@strange.example>", files=(zipped,))


def test_mail_of_no_ticket_is_shown_to_triage_and_leads_as_plain_words(
    unmatched: InboundMail, lead_at_desk: Person, other_agent: Person, agent_at_desk: Person, client_person: Person
) -> None:
    for person in (lead_at_desk, other_agent):
        listed = text_of(person.get(LIST, state__exact="unmatched"))
        assert "who@strange.example" in listed
        assert "inboundmail/?state__exact=unmatched" in listed
        page = text_of(person.get(PAGE, unmatched.pk))
        assert "&lt;script&gt;alert(1)" in page
        assert "<img src=https://evil" not in page
        assert waiting_count(person.get(LIST).wsgi_request) == "1"
        sent = person.get(FILE, unmatched.pk, 0)
        assert (sent.content, sent["Content-Type"], sent["X-Content-Type-Options"]) == (
            b"PK\x03\x04", "application/octet-stream", "nosniff",
        )  # fmt: skip
        assert sent["Content-Disposition"].startswith("attachment")
        assert person.get(FILE, unmatched.pk, 7).status_code == 404
    assert "who@strange.example" not in text_of(agent_at_desk.get(LIST))
    assert agent_at_desk.get(PAGE, unmatched.pk).status_code == 404
    assert waiting_count(agent_at_desk.get(LIST).wsgi_request) == ""
    assert client_person.get(LIST).status_code == 403


def test_a_mail_is_filed_on_a_ticket_of_own_queues(
    asked: Walk, unmatched: InboundMail, lead_at_desk: Person, other_agent: Person
) -> None:
    wanted = {"q": asked.ticket.reference}
    assert "No ticket of your queues fits" in text_of(other_agent.web.get(page_of(unmatched), wanted))
    assert other_agent.post(DO, unmatched.pk, "file", ticket=asked.ticket.pk).status_code == 404
    for query in (asked.ticket.reference.lower(), asked.number().number, "padaria"):
        assert asked.ticket.reference in text_of(lead_at_desk.web.get(page_of(unmatched), {"q": query}))
    assert lead_at_desk.post(DO, unmatched.pk, "file", ticket=asked.ticket.pk).status_code == 302
    assert Comment.objects.get(ticket=asked.ticket).visibility == "internal"
    page = lead_at_desk.page(asked)
    assert "An answer waits for you" in page
    assert "Not the address we wrote to" in page
    assert "evil/../x.zip" in page


def page_of(mail: InboundMail) -> str:
    return f"/admin/migrations_app/inboundmail/{mail.pk}/change/"


def test_a_mail_is_set_aside_with_a_reason(unmatched: InboundMail, other_agent: Person) -> None:
    other_agent.post(DO, unmatched.pk, "aside", reason="")
    unmatched.refresh_from_db()
    assert unmatched.state == "unmatched"
    other_agent.post(DO, unmatched.pk, "aside", reason="Spam")
    unmatched.refresh_from_db()
    assert (unmatched.state, unmatched.reason) == ("set_aside", "Spam")
    assert "Spam" in text_of(other_agent.get(PAGE, unmatched.pk))
    assert other_agent.post(DO, unmatched.pk, "nonsense").status_code == 404
    assert other_agent.get(DO, unmatched.pk, "aside").status_code == 405


@pytest.mark.parametrize(
    ("posted", "told", "state", "event"),
    [
        ({"verdict": "done", "confirmed_by": "old_bsp"}, "Recorded as done", "claimed", "It is done"),
        (
            {"verdict": "promised", "promised_for": "2026-03-20", "external_reference": "4711"},
            "Recorded as promised", "requested", "4711",
        ),
        ({"verdict": "refused", "reason": "Pay first."}, "the BSP refuses", "failed", "The BSP refuses"),
        ({"verdict": "nothing_new"}, "nothing new", "unmet", "Nothing new"),
        ({"verdict": "refused"}, "Say why", "unmet", ""),
        ({"verdict": "promised", "promised_for": "soon"}, "not a date", "unmet", ""),
        ({"verdict": "read"}, "Say what the answer means", "unmet", ""),
        ({"verdict": "perhaps"}, "no such decision", "unmet", ""),
    ],
    ids=lambda value: str(value.get("verdict")) if isinstance(value, dict) else None,
)  # fmt: skip
def test_an_agent_says_what_an_answer_means(
    asked: Walk, agent_at_desk: Person, posted: dict[str, str], told: str, state: str, event: str
) -> None:
    answer(asked)
    task = DeskTask.objects.get()
    page = text_of(agent_at_desk.get("migrations_app_desktask_change", task.pk))
    assert "What does it mean?" in page
    page = agent_at_desk.page(asked)
    assert "It is off, case 4711." in page
    assert 'value="client" selected' in page
    assert told in agent_at_desk.do(asked, "judge-answer", chase=asked.chase().pk, **posted)
    assert asked.requirement("two_step_disabled").state == state
    page = agent_at_desk.page(asked)
    assert ("An answer waits for you" in page) is (not event)
    assert event in page
    assert ("The old BSP refuses:" in page) is (state == "failed")
    ended = DeskTask.objects.get()
    outcomes = {"done": "claimed", "promised": "promised", "refused": "refused", "nothing_new": "nothing_new"}
    assert ended.outcome == (outcomes[posted["verdict"]] if event else "")
    assert "No more reminders" not in page
    assert "Reminders pause, somebody answered: Two-step verification switched off" in page


def test_two_agents_judge_one_answer_once(asked: Walk, agent_at_desk: Person, lead_at_desk: Person) -> None:
    answer(asked)
    chase = asked.chase().pk
    agent_at_desk.do(asked, "judge-answer", chase=chase, verdict="done")
    assert "Somebody else has judged" in lead_at_desk.do(asked, "judge-answer", chase=chase, verdict="nothing_new")
    assert asked.requirement("two_step_disabled").state == "claimed"


def test_an_answer_is_moved_to_the_ticket_it_belongs_to(
    asked: Walk, walk: Walker, agent_at_desk: Person, other_agent: Person
) -> None:
    other = walk(Path.WAITING_TWO_STEP, OTHER_NUMBER)
    answer(asked, sender="Rui <rui@elsewhere.example>")
    form: dict[str, Any] = {"task": DeskTask.objects.get().pk, "reference": "MIG-NOTTHERE"}
    assert "no such other ticket" in agent_at_desk.do(asked, "answer-elsewhere", **form)
    form["reference"] = other.ticket.reference.lower()
    assert "Moved to" in agent_at_desk.do(asked, "answer-elsewhere", **form)
    assert "An answer waits for you" in agent_at_desk.page(other)
    page = agent_at_desk.page(asked)
    assert "An answer waits for you" not in page
    assert "was moved there" in page


def test_an_automatic_reply_says_so_beside_its_words(asked: Walk, agent_at_desk: Person, client_person: Person) -> None:
    answer(asked, "Away until 2026-03-12", auto_submitted="auto-replied")
    page = agent_at_desk.page(asked)
    assert "Automatic reply" in page
    assert "away until 2026-03-12" in page
    assert "Away until" not in client_person.page(asked)


def test_an_answer_to_judge_is_what_the_ticket_page_says_first(asked: Walk, agent_at_desk: Person) -> None:
    def headline() -> Any:
        return agent_at_desk.get("tickets_ticket_change", asked.ticket.pk).context["headline"]

    assert headline()["to_judge"] == 0
    answer(asked)
    assert headline()["to_judge"] == 1
    assert '<p class="pt-lead" id="to-judge">The desk must judge an answer</p>' in agent_at_desk.page(asked)
    agent_at_desk.do(asked, "judge-answer", chase=asked.chase().pk, verdict="nothing_new")
    assert headline()["to_judge"] == 0
    assert 'id="to-judge"' not in agent_at_desk.page(asked)


def test_claims_that_a_queue_reviews_are_judged_too_unless_meta_is_asked(asked: Walk, agent_at_desk: Person) -> None:
    Queue.objects.update(reviews_claims=True)
    asked.claim()
    assert 'id="to-judge"' not in agent_at_desk.page(asked)
    asked.claim("open_conversations_ack")
    assert "The desk must judge an answer<" in agent_at_desk.page(asked)
    Queue.objects.update(tries_claims=False)
    ProofTry.objects.all().delete()
    assert "The desk must judge 2 answers<" in agent_at_desk.page(asked)


def test_who_judges_an_answer_reads_its_files_where_it_is_judged(asked: Walk, agent_at_desk: Person) -> None:
    files = (("off.png", PNG, "image/png"), ("all.zip", b"PK\x03\x04", "application/zip"))
    answer(asked, files=files)
    task = DeskTask.objects.get()
    taken = Attachment.objects.get(ticket=asked.ticket)
    left = reverse("admin:migrations_app_inboundmail_file", args=[InboundMail.objects.get().pk, 1])
    judging = text_of(agent_at_desk.get("migrations_app_desktask_change", task.pk)).split('id="judge"')[1]
    on_ticket = agent_at_desk.page(asked).split(f'id="answer-{task.pk}"')[1].split("</section>")[0]
    for shown in (judging, on_ticket):
        for link, name in (
            (reverse("admin:tickets_ticket_file", args=[asked.ticket.pk, taken.uid]), "off.png"),
            (left, "all.zip"),
        ):
            assert f'<a href="{link}" download>{name}</a>' in shown
