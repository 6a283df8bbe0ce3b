"""What an incoming mail is and where it belongs."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums.mail import MatchedBy
from migrations_app.rules.absence import back_on
from migrations_app.rules.answers import Known, MailKind, Place, Traces, kind_of, match, report_of, traces_of
from migrations_app.rules.mails import Mail, read
from tests.factories.mails import OUR_ID, bounce_mail, raw_mail

TOKEN = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    "headers",
    [
        {"auto_submitted": "auto-replied"},
        {"auto_submitted": "auto-replied; owner-email=ana@x.example"},
        {"auto_submitted": "auto-generated"},
        {"x_autoreply": "yes"},
        {"x_autorespond": "ticket"},
        {"precedence": "auto_reply"},
        {"precedence": "Bulk"},
        {"x_auto_response_suppress": "All"},
        {"return_path": "<>"},
        {"subject": "Automatic reply: Two-step"},
        {"subject": "Out of Office: Re: Two-step"},
        {"subject": "Respuesta automática: verificación"},
        {"subject": "Resposta automática"},
        {"subject": "Ausência temporária"},
        {"subject": "Автоматический ответ: проверка"},
        {"subject": "Fora de l'oficina"},
    ],
    ids=lambda headers: "".join(headers.values()),
)
def test_machines_are_told_from_people(headers: dict[str, str]) -> None:
    assert kind_of(read(raw_mail(**headers))) is MailKind.AUTO_REPLY


@pytest.mark.parametrize(
    "headers",
    [{}, {"auto_submitted": "no"}, {"precedence": "first-class"}, {"subject": "Re: automatic reply to your question?"}],
    ids=str,
)
def test_people_are_no_machines(headers: dict[str, str]) -> None:
    assert kind_of(read(raw_mail(**headers))) is MailKind.ANSWER


def test_what_an_agent_of_a_help_desk_writes_is_an_answer_and_its_receipt_is_none() -> None:
    marks = {"auto_submitted": "auto-generated", "x_auto_response_suppress": "All", "x_zendesk_priority_mail": "x"}
    assert kind_of(read(raw_mail("We have switched it off.", **marks))) is MailKind.ANSWER
    for text in (
        "We have received your request (4711).", "Hemos recibido su solicitud.", "Recebemos a sua mensagem.",
        "Мы получили ваше обращение.", "Hem rebut la vostra petició.",
    ):  # fmt: skip
        assert kind_of(read(raw_mail(text, **marks))) is MailKind.AUTO_REPLY


@pytest.mark.parametrize(
    ("status", "action", "permanent", "delayed"),
    [("5.1.1", "failed", True, False), ("4.4.7", "failed", False, False), ("4.4.1", "delayed", False, True)],
)
def test_a_delivery_report_is_read(status: str, action: str, permanent: bool, delayed: bool) -> None:
    mail = read(bounce_mail(status=status, action=action))
    report = report_of(mail)
    assert kind_of(mail) is MailKind.REPORT
    assert OUR_ID in report.message_ids
    assert (report.recipient, report.permanent, report.delayed) == ("offboarding@infobip.example", permanent, delayed)
    assert report.status == status


@pytest.mark.parametrize(
    ("text", "permanent"),
    [
        ("<x@y.example>: 550 5.1.1 User unknown\n\nMessage-ID: <%s>", True),
        ("The mailbox does not exist\n--- original ---\nMessage-Id: <%s>", True),
        ("host said: 452 4.2.2 Mailbox full\nMessage-ID: <%s>", False),
    ],
)
def test_a_report_of_another_shape_is_read_as_a_person_would(text: str, permanent: bool) -> None:
    raw = raw_mail(text % OUR_ID, sender="MAILER-DAEMON@mx.example", subject="Undeliverable: Request", return_path="<>")
    mail = read(raw)
    assert kind_of(mail) is MailKind.REPORT
    assert report_of(mail).message_ids[0] == OUR_ID
    assert report_of(mail).permanent is permanent


def test_a_receipt_of_delivery_is_no_failure() -> None:
    report = report_of(read(bounce_mail(status="2.0.0", action="delivered")))
    assert report.delivered
    assert not report.permanent


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I am out of office until 12 March 2026.", date(2026, 3, 12)),
        ("I will be back on March 12, 2026", date(2026, 3, 12)),
        ("Estaré fuera hasta el 12 de marzo", date(2026, 3, 12)),
        ("Estarei ausente até 12/03/2026", date(2026, 3, 12)),
        ("Меня не будет до 12 марта", date(2026, 3, 12)),
        ("Seré fora fins al 12 de març de 2026", date(2026, 3, 12)),
        ("Away until 2026-03-12", date(2026, 3, 12)),
        ("Back 1 January", date(2027, 1, 1)),
        ("Away until 31/02/2026", None),
        ("Back soon", None),
    ],
)
def test_the_end_of_an_absence_is_read(text: str, day: date | None) -> None:
    assert back_on(text, today=date(2026, 3, 2)) == day


# To which chase it belongs

CHASE, OTHER = Place(1, 10), Place(2)


def test_the_address_counts_more_than_the_thread_and_the_thread_more_than_the_reference() -> None:
    known = Known(
        tokens={TOKEN: CHASE},
        message_ids={OUR_ID: OTHER},
        references={"MIG-7K3QXA2P": Place(3)},
        senders={3: {"ana@x.example"}},
    )
    mail = Mail(recipients=(f"chase+{TOKEN.upper()}@in.example",), answers=(OUR_ID,), subject="Re: [mig-7k3qxa2p] x")
    traces = traces_of(mail)
    assert match(traces, known, sender="x@y.example") == (MatchedBy.TOKEN, CHASE)
    assert match(Traces((), *_rest(traces)), known, sender="x@y.example") == (MatchedBy.THREAD, OTHER)
    assert match(Traces((), (), traces.references), known, sender="ANA@x.example") == (MatchedBy.REFERENCE, Place(3))


def _rest(traces: Traces) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return traces.message_ids, traces.references


def test_the_envelope_tells_the_chase_of_a_blind_copy() -> None:
    assert traces_of(Mail(), also_to=(f"chase+{TOKEN}@in.example",)).tokens == (TOKEN,)


addresses = st.sampled_from(["ana@x.example", "eve@y.example", ""])
tickets = st.integers(1, 3)


@given(
    tokens=st.lists(st.sampled_from(["a" * 26, "b" * 26]), max_size=2),
    ids=st.lists(st.sampled_from(["1@x", "2@x"]), max_size=2),
    references=st.lists(st.sampled_from(["MIG-AAAAAAAA", "MIG-BBBBBBBB"]), max_size=2),
    sender=addresses,
    known=st.builds(
        Known,
        tokens=st.dictionaries(st.just("a" * 26), tickets.map(Place)),
        message_ids=st.dictionaries(st.just("1@x"), tickets.map(Place)),
        references=st.dictionaries(st.just("MIG-AAAAAAAA"), tickets.map(Place)),
        senders=st.dictionaries(tickets, st.sets(addresses, max_size=2)),
    ),
)
def test_no_ticket_is_found_by_what_anybody_could_write(
    tokens: list[str], ids: list[str], references: list[str], sender: str, known: Known
) -> None:
    found = match(Traces(tuple(tokens), tuple(ids), tuple(references)), known, sender=sender)
    if found is None:
        assert not set(tokens) & set(known.tokens)
        assert not set(ids) & set(known.message_ids)
        return
    by, place = found
    if by is MatchedBy.REFERENCE:
        assert sender
        assert sender in known.senders[place.ticket_id]
        assert not set(ids) & set(known.message_ids)
    else:
        assert place in {**known.tokens, **known.message_ids}.values()
