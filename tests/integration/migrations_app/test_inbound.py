"""Answers that come by mail: kept once, filed where they belong, silent until judged."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path as Folder
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.core.management.base import CommandError

from config.core.actor import SYSTEM
from config.core.errors import Invalid, TemporarilyUnavailable
from migrations_app.enums import AttemptState, RequirementCode, RequirementState
from migrations_app.enums.mail import AnswerVerdict, MailSource, MailState
from migrations_app.models import Chase, DeskTask, InboundMail
from migrations_app.models.inbound import mail_storage
from migrations_app.services import answers, inbox, mail_filing
from migrations_app.services.answers import Judgement, NothingToJudge
from migrations_app.services.inbound import Arrival, raw_of, receive
from migrations_app.tasks import sweep_inbound
from providers.models import Exchange
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.mails import bounce_mail, raw_mail
from tests.factories.walks import Path, Walk, Walker
from tests.integration.migrations_app.test_chases import make_reachable
from tickets.enums import Party
from tickets.models import Attachment, Comment

CODE = "two_step_disabled"
CLIENT = "Ana Souza <ana@padariasol.example>"
BSP = "Infobip Support <agent7@infobip.example>"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 40


def token_of(walked: Walk) -> str:
    return f"chase+{walked.chase().reply_token}@answers.portero.example"


def take(walked: Walk, raw: bytes) -> InboundMail:
    """Let a mail come in and be processed."""
    row = receive(arrival=Arrival(raw, MailSource.WEBHOOK), by=SYSTEM, now=walked.now)
    mail_filing.process(mail_id=row.pk, by=SYSTEM, now=walked.now)
    row.refresh_from_db()
    return row


def answer(walked: Walk, text: str = "It is off, case 4711.", *, sender: str = CLIENT, **more: Any) -> InboundMail:
    walked.later(hours=1)
    unique = f"<{walked.now.timestamp()}.{len(text)}@x.example>"
    return take(walked, raw_mail(text, **{"sender": sender, "to": token_of(walked), "message_id": unique, **more}))


def judge(walked: Walk, verdict: AnswerVerdict, **more: Any) -> None:
    judgement = Judgement(verdict, chase_id=walked.chase().pk, **more)
    answers.judge(ticket_id=walked.ticket.pk, judgement=judgement, by=walked.desk, now=walked.now)


@pytest.fixture
def asked(walk: Walker, files: Folder) -> Walk:
    walked = walk(Path.WAITING_TWO_STEP)
    assert walked.ticket.contact_email == "ana@padariasol.example"
    return walked


def test_an_answer_is_filed_and_silences_the_chase_until_it_is_judged(asked: Walk) -> None:
    seen = asked.ticket.client_seen_at
    row = answer(
        asked, "Done! The code was 135790.\n\nOn Monday, Portero wrote:\n> Please switch it off",
        files=(("proof.png", PNG, "image/png"), ("list.zip", b"PK\x03\x04" + b"\x00" * 30, "application/zip")),
    )  # fmt: skip
    assert (row.state, row.matched_by, row.party, row.expected_sender) == ("filed", "token", "client", True)
    comment = Comment.objects.get(ticket=asked.ticket)
    assert (comment.visibility, comment.from_desk, comment.author_label) == ("public", False, CLIENT)
    assert comment.body.startswith("Done! The code was ••••••.\n\n[")
    assert "list.zip" in comment.body
    assert "Please switch" in row.text
    assert Attachment.objects.get(ticket=asked.ticket).filename == "proof.png"
    assert [file.attachment_id is not None for file in row.files.order_by("position")] == [True, False]
    chase = asked.chase()
    assert (chase.state, chase.to_judge_since, chase.next_at) == ("answered", asked.now, None)
    assert not [attempt for attempt in asked.attempts() if attempt.state == AttemptState.PLANNED]
    assert asked.fresh().client_seen_at == asked.now != seen
    assert asked.ticket.next_nudge_at is None
    assert "onboarding" in [asked.ticket.waiting_on, *asked.ticket.waiting_also]
    assert asked.event_types().count("chase.answered") == 1
    task = DeskTask.objects.get(case=asked.case)
    assert (task.kind, task.state, task.contact) == ("judge_answer", "open", "ana@padariasol.example")
    assert b"135790" not in raw_of(row)
    again = answer(asked, "P.S. thank you")
    assert again.task_id == task.pk
    assert "P.S. thank you" in DeskTask.objects.get().text
    asked.later(days=40)
    assert asked.send_all_due() == []


def test_the_same_mail_is_filed_once_by_whatever_way_it_comes(asked: Walk) -> None:
    raw = raw_mail(to=token_of(asked))
    first = take(asked, raw)
    assert receive(arrival=Arrival(raw, MailSource.IMAP), by=SYSTEM, now=asked.now).pk == first.pk
    assert mail_filing.process(mail_id=first.pk, by=SYSTEM, now=asked.now) is None
    nameless = raw_mail(to=token_of(asked), message_id="")
    assert take(asked, nameless).pk == take(asked, nameless).pk != first.pk
    assert take(asked, raw_mail(to=token_of(asked), sender="Eve <eve@x.example>")).pk != first.pk
    assert Comment.objects.filter(ticket=asked.ticket).count() == 3


def test_what_died_half_way_is_gone_on_with(asked: Walk, clock_at: Callable[..., None]) -> None:
    row = receive(arrival=Arrival(raw_mail(to=token_of(asked)), MailSource.WEBHOOK), by=SYSTEM, now=asked.now)
    assert row.state == MailState.RECEIVED
    clock_at(asked.now)
    sweep_inbound()
    sweep_inbound()
    row.refresh_from_db()
    assert row.state == MailState.FILED
    mail_storage().delete(row.file)
    with pytest.raises(TemporarilyUnavailable):
        raw_of(row)


def test_a_file_half_written_by_a_dead_process_is_written_again(asked: Walk) -> None:
    raw = raw_mail(to=token_of(asked))
    row = take(asked, raw)
    name = row.file
    Comment.objects.all().delete()
    row.delete()
    with mail_storage().open(name, "wb") as file:
        file.write(raw[:20])
    assert raw_of(take(asked, raw)) == raw


@pytest.mark.parametrize(
    ("sender", "party", "visibility"),
    [(BSP, "old_bsp", "internal"), ("Rui <rui@padariasol.example>", "", "internal"), ("x@gmail.com", "", "internal")],
)
def test_only_the_clients_own_words_are_shown_to_the_client(
    walk: Walker, files: Folder, sender: str, party: str, visibility: str
) -> None:
    make_reachable("infobip")
    walked = walk(Path.WAITING_TWO_STEP)
    row = answer(walked, sender=sender)
    assert (row.party, row.expected_sender) == (party, False)
    assert Comment.objects.get(ticket=walked.ticket).visibility == visibility
    assert walked.chase().to_judge_since is not None


def test_a_forged_sender_is_not_believed(asked: Walk) -> None:
    verdict = {"Authentication_Results": "mx.portero.example; spf=fail; dkim=none; dmarc=fail"}
    row = answer(asked, **verdict)
    assert row.facts["verdicts"]["dmarc"] == "fail"
    assert Comment.objects.get(ticket=asked.ticket).visibility == "internal"
    plain = {"to": "onboarding@portero.example", "subject": f"[{asked.ticket.reference}] hello"}
    assert answer(asked, "One", **plain, **verdict).state == MailState.UNMATCHED
    assert answer(asked, "Two!", **plain).matched_by == "reference"


def test_an_answer_is_found_by_the_message_it_answers(asked: Walk) -> None:
    sent = Exchange.objects.filter(ticket_reference=asked.ticket.reference).latest("id")
    assert sent.message_id
    row = answer(asked, to="onboarding@portero.example", in_reply_to=sent.message_id, sender="boss@elsewhere.example")
    assert (row.matched_by, row.chase_id, row.expected_sender) == ("thread", asked.chase().pk, False)


def test_a_reference_from_a_stranger_leads_nowhere(asked: Walk) -> None:
    row = answer(
        asked, to="onboarding@portero.example", subject=f"Re: {asked.ticket.reference}", sender="eve@x.example"
    )
    assert (row.state, row.ticket_id) == (MailState.UNMATCHED, None)
    assert asked.chase().state == "active"
    assert not Comment.objects.exists()


def test_an_automatic_reply_is_a_note_and_pauses_nothing(asked: Walk) -> None:
    before = asked.planned().due_at
    row = answer(asked, "Volto 12/03/2026, estarei ausente até 12/03/2026", auto_submitted="auto-replied")
    assert (row.state, row.facts["back_on"]) == (MailState.AUTO_REPLY, "2026-03-12")
    assert Comment.objects.get(ticket=asked.ticket).visibility == "internal"
    assert (asked.chase().state, asked.planned().due_at) == ("active", before)
    assert not DeskTask.objects.exists()
    inbox.file_on(mail_id=row.pk, ticket_id=asked.ticket.pk, by=asked.desk, now=asked.now)
    assert asked.chase().to_judge_since is not None
    assert Comment.objects.get(ticket=asked.ticket).visibility == "public"


def test_mail_to_an_ended_ticket_is_filed_and_asks_to_be_read(walk: Walker, files: Folder) -> None:
    walked = walk(Path.CANCELLED)
    answer(walked, "Wait, we want to go on!")
    assert walked.fresh().status == "cancelled"
    task = DeskTask.objects.get(case=walked.case, state="open")
    assert (task.chase, task.kind) == (None, "judge_answer")
    read = Judgement(AnswerVerdict.READ)
    answers.judge(ticket_id=walked.ticket.pk, judgement=read, by=walked.desk, now=walked.now)
    task.refresh_from_db()
    assert task.state == "done"
    with pytest.raises(NothingToJudge):
        answers.judge(ticket_id=walked.ticket.pk, judgement=read, by=walked.desk, now=walked.now)


# Judging


def test_done_is_a_claim_by_who_said_it(asked: Walk) -> None:
    answer(asked)
    judge(asked, AnswerVerdict.DONE, confirmed_by=Party.CLIENT)
    assert asked.requirement(CODE).state == RequirementState.CLAIMED
    assert asked.evidence(CODE)["confirmed_by"] == "client"
    assert (asked.chase().state, asked.chase().to_judge_since) == ("answered", None)
    assert asked.fresh().stage == "ready"
    assert not DeskTask.objects.filter(state="open").exists()
    with pytest.raises(NothingToJudge):
        judge(asked, AnswerVerdict.NOTHING_NEW)
    asked.decide(CODE, RequirementState.UNMET)
    assert asked.planned().message == "two_step_letter"


def test_done_for_one_number_lets_the_ladder_go_on_for_the_other(walk: Walker, files: Folder) -> None:
    walked = walk(Path.WAITING_TWO_STEP, NUMBER, OTHER_NUMBER)
    answer(walked)
    judge(walked, AnswerVerdict.DONE, numbers=[NUMBER])
    assert [walked.requirement(CODE, position).state for position in (1, 2)] == ["claimed", "unmet"]
    assert walked.planned().step == 1


def test_promised_is_silent_until_then_and_asks_again(asked: Walk) -> None:
    answer(asked)
    promised = asked.now + timedelta(days=9)
    judge(asked, AnswerVerdict.PROMISED, external_reference="4711", promised_for=promised)
    row = asked.requirement(CODE)
    assert (row.state, row.external_reference, row.promised_for) == ("requested", "4711", promised)
    assert asked.chase().state == "active"
    assert asked.planned().due_at >= promised


def test_refused_fails_it_and_hands_it_to_a_person_for_good(asked: Walk) -> None:
    answer(asked)
    judge(asked, AnswerVerdict.REFUSED, reason="They want the invoice paid first.")
    assert asked.requirement(CODE).state == RequirementState.FAILED
    chase = asked.chase()
    assert (chase.state, chase.ended_at, chase.to_judge_since) == ("exhausted", None, None)
    assert asked.fresh().waiting_on == "onboarding"
    assert asked.events()[-1].actor_label
    assert "chase.escalated" in asked.event_types()
    asked.later(days=20)
    assert asked.send_all_due() == []


def test_nothing_new_goes_on_one_rung_further(asked: Walk) -> None:
    answer(asked, "What is this about?")
    judge(asked, AnswerVerdict.NOTHING_NEW)
    assert (asked.chase().state, asked.planned().message) == ("active", "two_step_letter")


def test_nothing_new_at_the_end_of_the_ladder_is_a_persons_again(asked: Walk) -> None:
    Chase.objects.update(last_step=99)
    answer(asked, "What is this about?")
    judge(asked, AnswerVerdict.NOTHING_NEW)
    assert asked.chase().state == "exhausted"


def test_an_identifier_that_was_told_by_mail_is_entered(walk: Walker, files: Folder) -> None:
    walked = walk(Path.FILED, waba_id=None, business_manager_id=None, two_step_verification="disabled")
    walked.send_all_due()
    chase = Chase.objects.get(requirement_code="waba_id")
    take(walked, raw_mail("They are 102290129340398 and another", to=f"chase+{chase.reply_token}@x.example"))

    def tell(value: str, *codes: RequirementCode) -> None:
        told = Judgement(AnswerVerdict.DONE, chase.pk, value=value, codes=codes)
        answers.judge(ticket_id=walked.ticket.pk, judgement=told, by=walked.desk, now=walked.now)

    for value in ("", "102290129340398"):  # nobody can tell which of the two it is
        with pytest.raises(Invalid):
            tell(value)
    tell("102290129340398", RequirementCode.WABA_ID)
    assert (walked.case.waba_id, walked.case.business_manager_id) == ("102290129340398", "")
    assert walked.planned(RequirementCode.WABA_ID).step == 1
    take(walked, raw_mail("506914307656634", to=f"chase+{chase.reply_token}@x.example", message_id="<2@x.example>"))
    tell("506914307656634")
    assert walked.case.business_manager_id == "506914307656634"
    chase.refresh_from_db()
    assert chase.state == "satisfied"


# By hand


def test_what_belongs_to_another_ticket_is_taken_there(asked: Walk, walk: Walker) -> None:
    other = walk(Path.WAITING_TWO_STEP, OTHER_NUMBER)
    row = answer(asked, sender="Rui <rui@elsewhere.example>", files=(("proof.png", PNG, "image/png"),))
    inbox.file_on(mail_id=row.pk, ticket_id=other.ticket.pk, by=asked.desk, now=asked.now)
    row.refresh_from_db()
    assert (row.ticket_id, row.matched_by, row.decided_by) == (other.ticket.pk, "hand", "bea")
    assert not Comment.objects.filter(ticket=asked.ticket).exists()
    assert Attachment.objects.get().ticket_id == other.ticket.pk
    assert (asked.chase().state, asked.planned().message) == ("active", "two_step_letter")
    assert other.chase().to_judge_since == asked.now
    with pytest.raises(inbox.AlreadyThere):
        inbox.file_on(mail_id=row.pk, ticket_id=other.ticket.pk, by=asked.desk, now=asked.now)


def test_unmatched_mail_is_filed_or_set_aside_and_never_gone(asked: Walk) -> None:
    row = answer(asked, to="onboarding@portero.example", sender="Who <who@x.example>")
    with pytest.raises(inbox.ReasonForAsideNeeded):
        inbox.set_aside(mail_id=row.pk, reason=" ", by=asked.desk, now=asked.now)
    inbox.set_aside(mail_id=row.pk, reason="Spam", by=asked.desk, now=asked.now)
    row.refresh_from_db()
    assert (row.state, row.reason, row.decided_by) == ("set_aside", "Spam", "bea")
    inbox.file_on(mail_id=row.pk, ticket_id=asked.ticket.pk, by=asked.desk, now=asked.now)
    row.refresh_from_db()
    assert row.state == "filed"
    assert row.chase_id == asked.chase().pk


# Bounces


@pytest.mark.parametrize(("status", "action", "state"), [("5.1.1", "failed", "bounced"), ("4.4.1", "delayed", "sent")])
def test_a_message_that_came_back_is_known_to_have_failed(asked: Walk, status: str, action: str, state: str) -> None:
    first = asked.attempts()[0]
    assert first.exchange is not None
    about = first.exchange.message_id.strip("<>")
    row = take(asked, bounce_mail(about=about, to="ana@padariasol.example", status=status, action=action))
    assert (row.state, row.ticket_id, row.facts["report"]["status"]) == ("bounce", asked.ticket.pk, status)
    first.refresh_from_db()
    assert first.state == state
    assert not Comment.objects.exists()


# The folder


def test_mail_dropped_into_the_folder_is_taken_in_once(asked: Walk, tmp_path: Folder, capsys: Any) -> None:
    box = tmp_path / "box"
    (box / "new").mkdir(parents=True)
    (box / "new" / "1.eml").write_bytes(raw_mail("Done, PIN 135790", to=token_of(asked)))
    (box / "new" / "2.eml").write_bytes(b"\xff\xfe not a mail at all")
    call_command("fetch_mail", maildir=str(box))
    call_command("fetch_mail", maildir=str(box))
    assert [line for line in capsys.readouterr().out.splitlines() if line] == [
        "2 mail(s) taken in.",
        "0 mail(s) taken in.",
    ]
    assert sorted(path.name for path in (box / "cur").iterdir()) == ["1.eml:2,S", "2.eml:2,S"]
    assert b"135790" not in (box / "cur" / "1.eml:2,S").read_bytes()
    assert not [path for folder in ("new", "tmp") for path in (box / folder).iterdir()]
    assert sorted(InboundMail.objects.values_list("state", flat=True)) == ["filed", "unmatched"]
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CommandError, match="folder_unreadable"):
        call_command("fetch_mail", maildir=str(tmp_path / "file"))


def test_of_a_mail_that_is_too_large_the_beginning_is_kept(asked: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("migrations_app.services.inbound", "migrations_app.services.fetching"):
        monkeypatch.setattr(f"{place}.MOST_BYTES", 2000)
    row = answer(asked, files=(("big.bin", b"x" * 9000, "application/octet-stream"),))
    assert row.cut
    assert row.state == MailState.FILED
    assert row.text == "It is off, case 4711."


def test_no_mail_is_ever_answered_by_ourselves(asked: Walk, mailoutbox: list[EmailMessage]) -> None:
    """Two machines cannot talk to each other for ever."""
    sent = len(mailoutbox)
    for text, marks in (("One", {}), ("Two", {"auto_submitted": "auto-replied"}), ("Three", {"precedence": "bulk"})):
        answer(asked, text, **marks)
        asked.send_all_due()
    assert len(mailoutbox) == sent
