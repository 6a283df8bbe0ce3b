"""The text of a message is chosen when it leaves: whom it may go to, what is held back, what was promised, what goes along."""

from datetime import UTC, datetime, timedelta

from django.core.mail import EmailMessage

from migrations_app.enums import AttemptState, RequirementState
from migrations_app.models import ChaseAttempt
from migrations_app.services.digests import compose_digest, entry_of
from migrations_app.services.message_facts import bsp_context
from providers.models import Bsp
from tests.factories.forms import NO_PHONE, NUMBER, OTHER_NUMBER, number_answers
from tests.factories.walks import Path, Walk, Walker
from tests.integration.migrations_app.test_chases import climb_all, make_reachable

TWO_STEP, WABA = "two_step_disabled", "waba_id"


def names(mail: EmailMessage) -> list[str]:
    return [str(attachment[0]) for attachment in mail.attachments]


def send_next(walked: Walk, code: str = TWO_STEP) -> ChaseAttempt:
    """Send the planned message of a chase when its time has come."""
    attempt = walked.planned(code)  # type: ignore[arg-type]
    walked.now = max(walked.now, attempt.due_at)
    walked.send_all_due()
    attempt.refresh_from_db()
    return attempt


# The letter


def test_a_bsp_that_listens_only_to_its_client_gets_a_letter_from_its_client(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    make_reachable("360dialog", accepts="client_only", email="support@360dialog.example")
    walked = walk(Path.FILED, waba_owner="old_bsp", current_bsp="360dialog")
    climb_all(walked)
    assert {address for mail in mailoutbox for address in (*mail.to, *mail.cc)} == {"ana@padariasol.example"}
    mail = mailoutbox[0]
    cover, letter, rest = mail.body.split("----------\n")[0], mail.body.split("----------\n")[1], mail.body
    assert "precisa desativar" in cover
    assert "inglês" in cover
    assert "30" in cover, "the notice is told before it asks"
    for fact in (
        "Dear 360dialog team",
        "Padaria Sol",
        NUMBER,
        "102290129340398",
        "506914307656634",
        "Ana Souza",
        "March 9, 2026",
    ):
        assert fact in letter
    assert walked.ticket.reference not in letter
    assert "mailto:support@360dialog.example?subject=Padaria%20Sol" in rest
    assert f"POST /api/v1/tickets/{walked.ticket.reference}/requirements/two_step_disabled/requested" in rest
    assert names(mail) == ["carta-para-360dialog.txt"]
    assert letter.split("\n\n", 1)[1].strip()[:500] in str(mail.attachments[0][1])
    # The nudge asks whether it was sent, and brings it again.
    assert "Você já enviou a nossa carta à 360dialog?" in mailoutbox[-1].body
    assert names(mailoutbox[-1]) == ["carta-para-360dialog.txt"]


def test_for_a_bsp_nobody_knows_the_letter_comes_in_two_languages(walk: Walker, mailoutbox: list[EmailMessage]) -> None:
    walked = walk(Path.TRIAGE, waba_owner="old_bsp")
    walked.send_all_due()
    (mail,) = mailoutbox
    assert "Prezada equipe da Nobody Knows Ltd" in mail.body
    assert "Dear Nobody Knows Ltd team" in mail.body
    assert names(mail) == ["carta-para-nobody-knows-ltd-pt-br.txt", "carta-para-nobody-knows-ltd-en.txt"]
    assert "mailto:" not in mail.body


def test_many_numbers_go_along_as_a_file_and_the_letter_stays_short(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    numbers = [f"+55119876501{place:02}" for place in range(21)]
    walked = walk(Path.WAITING_TWO_STEP, *numbers, waba_owner="old_bsp", client={"language": "ru"})
    (mail,) = mailoutbox
    assert f"  - {', '.join(numbers[:4])}\n" in mail.body
    assert len(mail.subject) < 120
    assert walked.ticket.reference in mail.subject
    assert names(mail) == ["письмо-для-infobip.txt", "номера-телефонов.csv"]
    assert str(mail.attachments[1][1]).split() == ["phone_number", *numbers]


# The old BSP


def test_the_old_bsp_gets_the_request_once_and_then_a_reminder_that_quotes_it(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    make_reachable("infobip")
    walked = walk(Path.FILED, waba_owner="old_bsp", client=NO_PHONE)
    assert climb_all(walked) == [
        "client:two_step_letter",
        "old_bsp:two_step_bsp_request",
        "client:two_step_reminder",
        "old_bsp:two_step_bsp_reminder",
        "client:two_step_reminder",
    ]
    request, reminder = (mail for mail in mailoutbox if mail.to == ["offboarding@infobip.example"])
    assert request.cc == reminder.cc == ["ana@padariasol.example"]
    assert "March 9, 2026 would suit us" in request.body
    assert "On March 2, 2026 we asked you" in reminder.body
    assert "também escrevemos a eles" in mailoutbox[0].body


def test_after_a_promised_date_the_outcome_of_exactly_that_case_is_asked(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    make_reachable("infobip")
    walked = walk(Path.WAITING_TWO_STEP, NUMBER, OTHER_NUMBER, waba_owner="old_bsp")
    for number, case in ((NUMBER, "CASE-4711"), (OTHER_NUMBER, "CASE-4712")):
        walked.ask_bsp(numbers=[number], external_reference=case, promised_for=walked.now + timedelta(days=7))
    to_bsp, to_client = send_next(walked), send_next(walked)
    assert (to_bsp.recipient_party, to_bsp.message) == ("old_bsp", "promise_outcome_bsp")
    assert (to_client.recipient_party, to_client.message) == ("client", "promise_outcome")
    for mail in mailoutbox[-2:]:
        first, second = mail.body.split("CASE-4712")
        assert "CASE-4711" in first
        assert NUMBER in first
        assert OTHER_NUMBER in second
        assert NUMBER not in second
        assert "9" in first


def test_a_digest_says_of_each_case_what_is_open_and_since_when(walk: Walker) -> None:
    make_reachable("infobip")
    first, second = walk(Path.FILED), walk(Path.FILED, OTHER_NUMBER, waba_owner="old_bsp")
    second.ask_bsp(external_reference="CASE-1", promised_for=second.now + timedelta(days=2))
    now = walk.now + timedelta(days=3)
    rows = [(each.planned(), each.ticket, each.case) for each in (first, second)]
    entries = [entry_of(*row, now=now) for row in rows]
    assert [(entry["reference"], entry["numbers"], entry["promised"]) for entry in entries] == [
        (first.ticket.reference, [NUMBER], ""),
        (second.ticket.reference, [OTHER_NUMBER], "4 de março de 2026"),
    ]
    attempt, ticket, case = rows[0]
    digest = compose_digest(entries, ticket, case, attempt=attempt, recipient="ana@padariasol.example")
    both = f"{first.ticket.reference}, {second.ticket.reference}"
    assert digest.title == f"Padaria Sol: pontos em aberto nas suas migrações ({both})"
    assert digest.body.index(f"{second.ticket.reference}, Padaria Sol: ") > digest.body.index(NUMBER)
    assert "Em aberto desde: 2 de março de 2026" in digest.body
    attempt.recipient_party = "old_bsp"
    to_bsp = compose_digest(entries, ticket, case, attempt=attempt, recipient="offboarding@infobip.example")
    assert "Prezada equipe da Infobip" in to_bsp.body
    assert to_bsp.copied_to == ()
    # While a blocker is open no digest asks to switch off: it says to wait, and for what.
    first.decide("business_verified", RequirementState.UNMET)
    entry = entry_of(first.planned(), first.ticket, first.case, now=now)
    assert entry["title"] == "Confirmação em duas etapas: Preparar agora, desativar depois"
    assert len(entry["items"]) == 1
    assert "etapas" not in entry["items"][0]


# The identifiers


def test_an_unknown_account_and_two_step_verification_are_asked_in_one_letter(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    make_reachable("infobip")
    walked = walk(Path.FILED, waba_owner="old_bsp", waba_id=None)
    walked.send_all_due()
    [letter] = mailoutbox  # one filing, one first mail
    send_next(walked, WABA)
    request = next(mail for mail in mailoutbox if "cinco passos" in mail.body)
    assert "the ID of the WhatsApp Business Account (WABA)" in letter.body
    # The letter goes along as a file, and is the same one.
    assert names(request) == names(letter)
    assert "the ID of the WhatsApp Business Account (WABA)" in str(request.attachments[0][1])
    assert "disable two-step verification" in str(request.attachments[0][1])
    climb_all(walked)
    while next((a for a in walked.attempts(WABA) if a.state == AttemptState.PLANNED), None):  # type: ignore[arg-type]
        send_next(walked, WABA)
    assert {a.recipient_party for a in walked.attempts(WABA)} == {"client"}  # type: ignore[arg-type]


def test_an_unknown_account_alone_is_demanded_from_the_old_bsp_too(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    make_reachable("infobip")
    walked = walk(Path.FILED, waba_id=None, two_step_verification="disabled")
    sent = [send_next(walked, WABA) for _ in range(3)]
    assert [f"{a.recipient_party}:{a.message}" for a in sent] == [
        "client:waba_id_request",
        "client:waba_id_request",
        "old_bsp:waba_id_bsp_request",
    ]
    first = next(mail for mail in mailoutbox if "cinco passos" in mail.body)
    assert "Please tell us by March 9, 2026" in first.body
    assert names(first) == ["carta-para-infobip.txt"]
    assert mailoutbox[-1].to == ["offboarding@infobip.example"]
    assert "506914307656634" in mailoutbox[-1].body


# Prepare now, switch off when we tell you


def test_while_a_long_blocker_is_open_the_client_prepares_and_hears_when_it_is_time(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    walked = walk(Path.FILED, business_verification="pending")
    assert walked.planned().message == "two_step_prepare"
    walked.send_all_due()
    assert "NÃO desative ainda" in mailoutbox[-1].body
    assert walked.chase().prepared_numbers == [walked.number().pk]
    assert walked.chase().state == "active"
    assert [a.state for a in walked.attempts()] == [AttemptState.SENT], "silence until it is time"
    walked.now = datetime(2026, 3, 14, 2, 0, tzinfo=UTC)  # Friday, 23 o'clock in Sao Paulo
    walked.decide("business_verified", RequirementState.MET)
    planned = walked.planned()
    assert (planned.message, planned.due_at) == ("two_step_guide", datetime(2026, 3, 16, 12, 0, tzinfo=UTC))
    assert walked.fresh().next_nudge_at == planned.due_at
    assert send_next(walked).message == "two_step_guide"
    assert walked.planned().message == "two_step_letter"
    # A blocker that comes back: what was planned becomes "prepare".
    walked.decide("business_verified", RequirementState.UNMET)
    assert send_next(walked).message == "two_step_prepare"
    # Claimed in the meantime: nothing is sent when the blocker goes.
    walked.claim()
    walked.decide("business_verified", RequirementState.MET)
    assert not [a for a in walked.attempts() if a.state == AttemptState.PLANNED]


def test_numbers_with_a_blocker_of_their_own_wait_while_the_others_go_on(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    waits = number_answers(OTHER_NUMBER, display_name_status="pending")
    walked = walk(Path.WAITING_TWO_STEP, NUMBER, waits)
    before, after = mailoutbox[-1].body.split("Estes números ficam como estão por enquanto")
    assert NUMBER in before
    assert OTHER_NUMBER not in before
    assert OTHER_NUMBER in after
    walked.claim(numbers=[NUMBER])
    assert not [a for a in walked.attempts() if a.state == AttemptState.PLANNED], "the other one has been told to wait"
    walked.decide("display_name_approved", RequirementState.MET, number_id=walked.number(2).pk)
    assert send_next(walked).message == "two_step_guide"
    guide = [mail.body for mail in mailoutbox if "desative a confirmação" in mail.subject][-1]
    assert OTHER_NUMBER in guide
    assert NUMBER not in guide


def test_a_way_without_an_address_is_not_told(walk: Walker, mailoutbox: list[EmailMessage]) -> None:
    infobip = Bsp.objects.get(slug="infobip")
    assert (infobip.channel, infobip.contact_url, infobip.contact_email) == ("support_ticket", "", "")
    climb_all(walk(Path.FILED, waba_owner="old_bsp"))
    assert "Canal:" not in mailoutbox[0].body
    assert "pelo canal de suporte de sempre" in mailoutbox[0].body
    infobip.contact_url = "https://support.infobip.example/"
    assert bsp_context(infobip, "pt-br")["bsp_channel"] == "O suporte dele"
