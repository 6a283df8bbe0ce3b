"""Reading mail: whatever comes, nothing breaks, nothing secret stays, and what is new is told from what is quoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.rules.mail_text import answer_of, text_of_markup
from migrations_app.rules.mails import read, redacted
from migrations_app.rules.redaction import MASK, redact
from tests.factories.mails import raw_mail


@pytest.mark.parametrize(
    "text",
    [
        "The code is 482 615.",
        "your PIN: 135790",
        "PIN #135790",
        "135-790 is the OTP",
        "O código que recebi: 135790",
        "El código es el 135790, gracias",
        "Minha senha é 135790",
        "Мой пин 135790",
        "Пришёл код: 135790",
        "El codi és 135790",
        "la contrasenya: 135790",
        "Here you are:\n\n135790\n\nAna",
        "> the code\n> 135790",
    ],
)
def test_codes_and_pins_are_taken_out(text: str) -> None:
    assert MASK in redact(text)
    assert not any(form in redact(text) for form in ("135790", "135-790", "482 615"))


TOKEN = "MvIjdJ87LLzmceFIO4Aks_VQ8_a-04uu"
"""As long as those in our links."""


@pytest.mark.parametrize(
    "text",
    [
        f"> Answer here: https://desk.example/t/{TOKEN}",
        f"see <https://desk.example/c/{TOKEN}/call.ics>",
        f"https://desk.example/h/{TOKEN}?lang=ru",
        f"https://desk.example/cal/{TOKEN}.ics",
        f"https://safe.example/?url=https%3A%2F%2Fdesk.example%2Ft%2F{TOKEN}&data=1",
        f"https://desk.example/u/7.1-2.pt-br~{TOKEN}",
    ],
)
def test_the_secret_part_of_our_links_is_taken_out(text: str) -> None:
    assert TOKEN not in redact(text)
    assert "desk.example" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/t/a-thread-of-a-forum-with-some-long-name",
        "https://example.com/h/help",
        "Your case number is 135790.",
        "Code of conduct applies to ticket 135790",
        "Chamado 135790 aberto, código depois",
        "Заявка № 135790 принята",
        "Call +55 11 98765-4321, code BR",
        "WABA ID 102290129340398, code later",
        "Invoice of 2026: 123456 USD",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert redact(text) == text


def test_a_secret_is_gone_from_every_form_of_the_raw_mail() -> None:
    raw = raw_mail(
        "Meu código é 135790", html="<p>Your <b>code</b></p><td style='x'>135790</td>", subject="PIN 135790",
        files=(("note.txt", b"The PIN is 135790", "text/plain"),),
    )  # fmt: skip
    kept = redacted(raw)
    mail = read(kept)
    everything = (
        kept.decode("utf-8", "replace") + mail.text + mail.subject + "".join(str(f.content) for f in mail.files)
    )
    assert "135790" not in everything
    assert MASK in mail.text
    assert MASK in mail.subject
    assert "135790" not in mail.files[0].content.decode()


def test_a_mail_without_a_secret_is_kept_byte_by_byte() -> None:
    raw = raw_mail("It is off, case 135790.", files=(("a.pdf", b"%PDF-1.4 code 135790", "application/pdf"),))
    assert redacted(raw) == raw


@given(st.binary(max_size=600))
def test_nothing_that_comes_in_breaks_the_reading(raw: bytes) -> None:
    for mail in (
        read(raw),
        read(redacted(raw)),
        read(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + raw),
    ):
        for text in (mail.subject, mail.text, mail.sender_name, mail.message_id, *[f.filename for f in mail.files]):
            assert "\x00" not in text
            text.encode("utf-8")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\nol\xc3\xa1", "olá"),
        (b"Content-Type: text/plain; charset=us-ascii\r\n\r\nol\xe1", "olá"),
        (b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!b2zDoQ==", "olá"),
        (b"no headers at all", "no headers at all"),
        (b"", ""),
    ],
)
def test_wrong_charsets_cost_letters_at_most(raw: bytes, text: str) -> None:
    assert read(raw).text == text


def test_a_header_is_read_whatever_its_letters() -> None:
    raw = "From: =?utf-8?q?Jos=C3=A9?= <Jose@X.example>\r\nSubject: Olá\r\nTo: a@b.example, C <c@d.example>\r\n\r\nx".encode()
    mail = read(raw)
    assert (mail.sender_name, mail.sender, mail.subject) == ("José", "jose@x.example", "Olá")
    assert mail.recipients == ("a@b.example", "c@d.example")


def test_small_pictures_inside_the_text_are_no_files() -> None:
    raw = (
        b'Content-Type: multipart/related; boundary="x"\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n'
        b"--x\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\nContent-Disposition: inline; filename=logo.png\r\n\r\nlogo\r\n"
        b"--x\r\nContent-Type: image/png\r\nContent-ID: <shot>\r\n\r\n" + b"s" * 9000 + b"\r\n--x--\r\n"
    )
    mail = read(raw)
    assert (mail.text, [len(file.content) for file in mail.files]) == ("Hi", [9000])


def test_markup_becomes_words_without_what_it_hides() -> None:
    markup = "<style>a{}</style><p>One&nbsp;two</p><script>alert(1)</script><blockquote><p>old</p></blockquote>"
    words = text_of_markup(markup)
    assert words.startswith("One two\n")
    assert words.endswith("> old")
    assert "alert" not in words


ANSWER = "It is done.\nCase 4711."
HISTORIES = {
    "gmail": "On Mon, Mar 2, 2026 at 12:00 PM Portero <onboarding@portero.example>\nwrote:\n\n> Please switch it off",
    "gmail-es": "El lun, 2 mar 2026 a las 12:00, Portero (<o@p.example>) escribió:\n> Por favor",
    "gmail-pt": "Em seg., 2 de mar. de 2026 às 12:00, Portero <o@p.example> escreveu:\n> Por favor",
    "gmail-ru": "пн, 2 мар. 2026 г. в 12:00, Portero <o@p.example>:\n> Пожалуйста",
    "mail-ru": "2 марта 2026 г., 12:00, Portero пишет:\n> Пожалуйста",
    "gmail-ca": "El dl., 2 de març 2026 a les 12:00, Portero <o@p.example> va escriure:\n> Si us plau",
    "outlook": "From: Portero <o@p.example>\nSent: Monday, March 2, 2026\nTo: Ana\nSubject: Two-step\n\nPlease switch it off",
    "outlook-pt": "_____________\nDe: Portero\nEnviado: segunda\nPara: Ana\nAssunto: Duas etapas\n\nPor favor",
    "outlook-ru": "От: Portero\nОтправлено: понедельник\nКому: Ana\nТема: Проверка\n\nПожалуйста",
    "divider": "-----Mensaje original-----\nDe: Portero\n\nPor favor",
    "zendesk": "##- Please type your reply above this line -##\n\nold",
    "signature": "-- \nAna Souza\nPadaria Sol",
    "phone": "Enviado do meu iPhone",
    "bare": "> Please switch it off\n> now",
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_history_and_signature_are_cut(history: str) -> None:
    left = answer_of(f"{ANSWER}\n\n{history}\n")
    assert left.startswith(ANSWER)
    assert len(left) <= len(ANSWER) + 80
    assert "Por favor" not in left
    assert "Please switch" not in left
    assert "Ana Souza" not in left


def test_answers_between_the_lines_keep_what_they_answer() -> None:
    text = "On Monday, Portero wrote:\n> Is it off?\nYes.\n> Which case?\n4711"
    assert answer_of(text) == text


@given(st.text(max_size=150))
def test_cutting_never_loses_everything(text: str) -> None:
    assert bool(answer_of(text)) == bool(text.strip())
