"""Every message to people exists in all five languages, says the same facts, and renders to clean plain text."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Engine

from migrations_app.rules.wording import number_lines

FOLDER = Path(__file__).resolve().parents[2] / "migrations_app" / "templates" / "messages"
UNKNOWN = "??unknown variable??"
LETTER_FOLDER = FOLDER.parent / "letters"
ENGINE = Engine(dirs=[str(FOLDER)], string_if_invalid=UNKNOWN)
LETTER_ENGINE = Engine(dirs=[str(LETTER_FOLDER)], string_if_invalid=UNKNOWN)

LANGUAGES = ("en", "es", "pt-br", "ru", "ca")

LETTERS = {"two_step_letter", "waba_id_request"}
"""Messages to the client that bring a letter, to be copied."""
OWN_LETTERS = ("two_step", "waba_id")
"""The client's own letters to its old BSP, in a folder of their own."""
TO_BSP = {
    "two_step_bsp_request",
    "two_step_bsp_reminder",
    "waba_id_bsp_request",
    "promise_outcome_bsp",
    "chase_digest_bsp",
}
PROMISES = {"promise_outcome", "promise_outcome_bsp"}
DIGESTS = {"chase_digest", "chase_digest_bsp"}
OF_AGENTS = {"agent_call_booked", "agent_call_moved", "agent_call_cancelled"}
REMINDERS_OF_A_CALL = OF_AGENTS | {
    "call_booked", "call_moved", "call_reminder_24h", "call_reminder_1h", "call_reminder_10m", "call_cancelled",
}  # fmt: skip
WITH_ITEMS = {"requirement_reminder", "closing_reminder", "move_instructions"}
ASKING_FOR_THE_CODE = {"call_booked", "call_reminder_10m", "call_script"}
NAMES = sorted(
    {"two_step_guide", "two_step_reminder", "two_step_bsp_request", "slot_invitation", "migration_done", "move_done"}
    | {"client_unresponsive_warning", "call_script", "two_step_still_on"}
    | {"two_step_prepare", "holder_check", "holder_script"}
    | TO_BSP
    | PROMISES
    | DIGESTS
    | LETTERS
    | REMINDERS_OF_A_CALL
    | WITH_ITEMS
)

NUMBERS = ["+5511987654321", "+551130001000"]
LETTER = {
    "title": "Subject of the letter",
    "body": "Infobip & Co, Ana D'Souza of Sol & Filhos <Padaria>\n  - +5511987654321",
}
PROMISE = {
    "title": "Promised thing", "reference": "CASE-4711", "asked": "2 March 2026", "promised": "9 March 2026", "numbers": NUMBERS,
}  # fmt: skip
ENTRY = {
    "reference": "MIG-7K3QXA2P", "company": "Sol & Filhos <Padaria>", "title": "Open thing", "items": ["First part"],
    "numbers": NUMBERS, "since": "2 March 2026", "promised": "9 March 2026", "old_bsp_name": "Infobip & Co",
    "letter_files": "letter-to-infobip-MIG-7K3QXA2P.txt", "whole_text": "MIG-7K3QXA2P.txt",
}  # fmt: skip

# What the services hand to every message. `items` belongs to some of them only.
VALUES: dict[str, Any] = {
    "company": "Sol & Filhos <Padaria>",
    "contact_name": "Ana D'Souza",
    "reference": "MIG-7K3QXA2P",
    "numbers": NUMBERS,
    "several": 2,
    "old_bsp_name": "Infobip & Co",
    "destination_name": "Gupshup",
    "waba_id": "102290129340398",
    "business_manager_id": "506914307656634",
    "status_url": "https://portero.example/t/abc?a=1&b=2",
    "call_start_local": "2026-12-01 10:00",
    "call_timezone": "America/Sao_Paulo",
    "call_minutes": "45",
    "joining": "Who rings whom: our agent rings you at +5511900000000.",
    "campaigns_pause_until_local": "2026-12-01 14:45",
    "old_start_local": "2026-11-30 16:00",
    "client_start_local": "2026-12-01 14:00",
    "client_timezone": "Europe/Madrid",
    "console_url": "https://desk.example/calls/7",
    "goes_on": 0,
    "handed_over": 1,
    "step": 3,
    "our_team": "Portero onboarding",
    "due_local": "2026-12-04",
    "items": ["First missing thing", "Second missing thing"],
    "bsp_steps": ["Pay what is open", "Open the link in the e-mail"],
    "bsp_unlisted": 1,
    "bsp_conditions": ["Open invoices are paid first"],
    "bsp_channel": "Its portal",
    "bsp_url": "https://bsp.example/support",
    "bsp_email": "support@bsp.example",
    "bsp_hears_us": 1,
    "bsp_owns": 1,
    "by_api": 1,
    "brief": 0,
    "letters": [LETTER],
    "letter_language": "Klingon",
    "letter_link": "mailto:support@bsp.example?subject=Move",
    "two_letters": 1,
    "later_numbers": ["+551130002000"],
    "waits_for": ["Verified business"],
    "promises": [PROMISE],
    "entries": [ENTRY],
    "references": "MIG-7K3QXA2P, MIG-8K3QXA2P",
    "first_asked": "2 March 2026",
    "case_numbers": "CASE-4711, CASE-4712",
    "with_two_step": 0,
    "slots": [{"local": "Monday 2 March 2026, 10:00", "note": "", "link": "[link 1]"}],
    "slots_timezone": "America/Sao_Paulo",
    "other_times": "[link]",
    "missed": 0,
    "again": 1,
    "unasked": 1,
    "wished_by": "9 March 2026",
    "by_us": 1,
    "in_popup": 1,
    "further": 7,
    "holder_name": "Ana D'Souza",
    "link": "https://links.example/h/abc",
}
MAY_BE_EMPTY = (
    "holder_name",
    "contact_name",
    "destination_name",
    "waba_id",
    "business_manager_id",
    "status_url",
    "bsp_steps",
    "bsp_unlisted",
    "bsp_conditions",
    "bsp_channel",
    "bsp_url",
    "bsp_email",
    "bsp_hears_us",
    "bsp_owns",
    "by_api",
    "letter_language",
    "letter_link",
    "two_letters",
    "later_numbers",
    "waits_for",
    "promises",
    "first_asked",
    "case_numbers",
    "several",
    "slots",
    "missed",
    "again",
    "unasked",
    "goes_on",
    "handed_over",
    "client_start_local",
    "by_us",
    "in_popup",
    "further",
)

# The rule of the house: the OTP and the two-step PIN are never confused, in no language.
CODE_NEVER_PIN = {
    "en": "the 6-digit code you just received, never your two-step PIN",
    "es": "el código de 6 dígitos que acaba de recibir, nunca su PIN de verificación en dos pasos",
    "pt-br": "o código de 6 dígitos que você acabou de receber, nunca o seu PIN de confirmação em duas etapas",
    "ru": "6-значный код, который вы только что получили, и никогда — PIN двухшаговой проверки",
    "ca": "el codi de 6 dígits que acabeu de rebre, mai el vostre PIN de verificació en dos passos",
}
NAME_OF_THE_CALL = {
    "en": "verification-code call (pincode)",
    "es": "llamada del código de verificación (pincode)",
    "pt-br": "chamada do código de verificação (pincode)",
    "ru": "для кода подтверждения (pincode)",
    "ca": "trucada del codi de verificació (pincode)",
}

every_file = pytest.mark.parametrize(
    ("name", "language"),
    [pytest.param(name, language, id=f"{name}-{language}") for name in NAMES for language in LANGUAGES],
)


def source(name: str, language: str) -> str:
    return (FOLDER / name / f"{language}.txt").read_text(encoding="utf-8")


def variables(text: str) -> set[str]:
    """Names that a template prints, tests or walks through, without the names it gives itself."""
    printed = set(re.findall(r"{{\s*(\w+)\s*}}", text))
    tested = set(re.findall(r"{% if (?:not )?(\w+) %}", text))
    assert not re.search(r"{% if (?!(?:not )?[\w.]+ %})", text), "a template only asks whether a fact is there"
    walked = re.findall(r"{% for (\w+) in ([\w.]+) %}", text)
    lists = {over for _, over in walked if "." not in over}
    return (printed | tested | lists) - {own for own, _ in walked}


def render(name: str, language: str, *, without: tuple[str, ...] = ()) -> str:
    left_out = {"items"} if name not in WITH_ITEMS else set()
    values = {key: ("" if key in without else value) for key, value in VALUES.items() if key not in left_out}
    return rendered(name, language, values)


def rendered(name: str, language: str, values: dict[str, Any]) -> str:
    return ENGINE.get_template(f"{name}/{language}.txt").render(Context(values))


def test_the_folder_holds_these_messages_in_five_languages_and_nothing_else() -> None:
    for folder, names in ((FOLDER, NAMES), (LETTER_FOLDER, OWN_LETTERS)):
        found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        assert found == {f"{name}/{language}.txt" for name in names for language in LANGUAGES}


@pytest.mark.parametrize("name", NAMES)
def test_every_language_of_a_message_uses_the_same_variables(name: str) -> None:
    assert {language: variables(source(name, language)) for language in LANGUAGES} == dict.fromkeys(
        LANGUAGES, variables(source(name, "en"))
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_message_uses_only_what_it_is_given(name: str) -> None:
    allowed = set(VALUES) if name in WITH_ITEMS else set(VALUES) - {"items"}
    used = variables(source(name, "en"))
    assert used <= allowed
    # Some messages name the numbers in a letter, by promise or by case.
    assert {"company", "reference", "our_team"} <= used | ({"company"} if name == "chase_digest_bsp" else set())
    assert used & {"numbers", "letters", "promises", "entries"}
    assert ("items" in used) == (name in WITH_ITEMS)


@every_file
def test_a_message_is_a_subject_a_blank_line_and_a_body(name: str, language: str) -> None:
    subject, blank, *body = render(name, language).splitlines()
    assert subject == subject.strip()
    assert str(VALUES["reference"]) in subject
    assert blank == ""
    assert len(body) >= 5
    assert body[0].strip()


def what_may_be_unknown(name: str) -> list[tuple[str, ...]]:
    """Nothing, everything at once, and each thing alone; a warning without its date would be no warning."""
    optional = (*MAY_BE_EMPTY, "due_local") if name != "client_unresponsive_warning" else MAY_BE_EMPTY
    used = variables(source(name, "en"))
    return [(), optional, *((key,) for key in optional if key in used)]


@every_file
def test_the_text_is_tidy_whatever_is_unknown(name: str, language: str) -> None:
    for without in what_may_be_unknown(name):
        text = render(name, language, without=without)
        assert UNKNOWN not in text
        assert "\n\n\n" not in text, without
        assert not re.search(r"[ \t]+$", text, re.MULTILINE), without
        untidy = re.search(r" [,.;]|\(\)|{%|%}|{{|}}| {2}[^-*]", text)
        assert not untidy, (without, untidy)


@every_file
def test_plain_text_is_not_escaped_for_html(name: str, language: str) -> None:
    text = render(name, language)
    assert str(VALUES["company"]) in text
    assert len(text.splitlines()[0]) < 120
    assert "&amp;" not in text
    assert "&#x27;" not in text


@every_file
def test_every_number_stands_on_a_line_of_its_own(name: str, language: str) -> None:
    lines = render(name, language).splitlines()
    assert "  - +5511987654321" in lines
    assert ("  - +551130001000" in lines) or name == "two_step_letter"  # its letter names them


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hundred_numbers_stay_readable(language: str) -> None:
    hundred = [f"+5511987650{place:03}" for place in range(100)]
    values = {**VALUES, "numbers": number_lines(hundred), "several": 100}
    texts = [rendered(name, language, values) for name in NAMES if "numbers" in variables(source(name, "en"))]
    for text in [*texts, *(letter(name, language, **values) for name in OWN_LETTERS)]:
        assert all(number in text for number in hundred)
        assert sum(line.startswith("  - +55119876") for line in text.splitlines()) <= 25 + 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(ASKING_FOR_THE_CODE))
def test_who_asks_for_the_code_says_that_it_is_not_the_pin(name: str, language: str) -> None:
    assert CODE_NEVER_PIN[language] in render(name, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "name", sorted((REMINDERS_OF_A_CALL - {"call_reminder_10m"}) | {"slot_invitation", "two_step_guide"})
)
def test_the_call_goes_by_its_full_name(name: str, language: str) -> None:
    assert NAME_OF_THE_CALL[language] in render(name, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(LETTERS))
def test_a_letter_to_copy_is_clearly_delimited_and_complete(name: str, language: str) -> None:
    parts = re.split(r"^-{10} .+ -{10}$", render(name, language), flags=re.MULTILINE)
    assert len(parts) == 3
    assert LETTER["title"] in parts[1]
    assert LETTER["body"] in parts[1]
    two = {**VALUES, "letters": [LETTER, LETTER]}
    assert len(re.findall(r"^-{10} .+ -{10}$", rendered(name, language, two), re.MULTILINE)) == 4


every_letter = pytest.mark.parametrize(
    ("name", "language"), [(name, language) for name in OWN_LETTERS for language in LANGUAGES], ids=str
)


def letter(name: str, language: str, **changes: Any) -> str:
    return LETTER_ENGINE.get_template(f"{name}/{language}.txt").render(Context({**VALUES, **changes}))


@every_letter
@pytest.mark.parametrize("unknown", [(), ("waba_id",), ("business_manager_id",), ("contact_name", "several")], ids=str)
def test_the_clients_letter_is_complete_and_its_own(name: str, language: str, unknown: tuple[str, ...]) -> None:
    text = letter(name, language, **dict.fromkeys(unknown, ""))
    assert UNKNOWN not in text
    assert "\n\n\n" not in text
    assert not re.search(r"[ \t]+$| [,.;]|\(\)|{%|%}|{{|}}| {2}[^-]", text, re.MULTILINE)
    subject, blank, *_body = text.splitlines()
    assert str(VALUES["company"]) in subject
    assert not blank
    for fact in (
        "company",
        "old_bsp_name",
        "wished_by",
        *{"waba_id", "business_manager_id", "contact_name"} - set(unknown),
    ):
        assert str(VALUES[fact]) in text
    assert "  - +5511987654321\n  - +551130001000\n" in text
    # Neither we nor our reference appear in it.
    assert "Portero" not in text
    assert "MIG-" not in text
    cyrillic = bool(re.search("[а-яё]", text.replace(str(VALUES["company"]), ""), re.IGNORECASE))
    assert cyrillic == (language == "ru")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_old_bsp_is_told_the_account_when_known_and_asked_for_it_otherwise(language: str) -> None:
    without = {**VALUES, "waba_id": ""}
    for known, unknown in (
        (letter("two_step", language), letter("two_step", language, waba_id="")),
        (render("two_step_bsp_request", language), rendered("two_step_bsp_request", language, without)),
    ):
        assert str(VALUES["waba_id"]) in known
        assert known.count("(WABA)") == 1
        assert unknown.count("(WABA)") == 1
        assert str(VALUES["waba_id"]) not in unknown
    assert rendered("two_step_bsp_reminder", language, without).count("(WABA)") == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(PROMISES))
def test_the_question_after_a_promise_names_each_case_with_its_numbers(name: str, language: str) -> None:
    other = {**PROMISE, "reference": "", "promised": "", "numbers": ["+551130009999"]}
    text = rendered(name, language, {**VALUES, "promises": [PROMISE, other]})
    assert (
        text.index("CASE-4711")
        < text.index("9 March 2026")
        < text.index("+5511987654321")
        < text.index("+551130009999")
    )
    assert text.count("CASE-4711") == 1
    assert text.count("9 March 2026") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reminder_to_the_old_bsp_is_short_and_quotes_the_request(language: str) -> None:
    request, reminder = render("two_step_bsp_request", language), render("two_step_bsp_reminder", language)
    assert len(reminder) < 0.75 * len(request)
    assert "2 March 2026" in reminder
    assert "CASE-4711, CASE-4712" in reminder
    assert "2 March 2026" not in render("two_step_bsp_reminder", language, without=("first_asked",))


ASKING_FOR_NONE = {
    "en": r"no PIN|not send us the two-step PIN|needs your (?:two-step )?PIN|never",
    "es": r"ningún PIN|no nos envíen el PIN|nunca|necesita su PIN",
    "pt-br": r"nenhum PIN|não nos enviem o PIN|nunca|precisa do seu PIN",
    "ru": r"PIN нам не нужен|не присылайте нам PIN|никогда|никому не нужен",
    "ca": r"cap PIN|no ens envieu el PIN|mai|necessita el vostre PIN",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_ever_asked_for_the_two_step_pin(language: str) -> None:
    """Whoever is told of two-step verification is told that the PIN is not wanted; nothing asks for it."""
    told = {"two_step_guide", "two_step_prepare", *TO_BSP, *DIGESTS}
    texts = [render(name, language) for name in sorted(told)] + [letter("two_step", language)]
    for text in texts:
        assert re.search(ASKING_FOR_NONE[language], text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_counts_six_steps(language: str) -> None:
    assert re.findall(r"^(\d)\. ", render("two_step_guide", language), re.MULTILINE) == list("123456")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(WITH_ITEMS))
def test_everything_missing_is_listed(name: str, language: str) -> None:
    assert "  - First missing thing\n  - Second missing thing\n" in render(name, language)


@every_file
def test_a_message_reaches_the_next_reader_through_its_link(name: str, language: str) -> None:
    address = str(VALUES["status_url"])
    # Where times are proposed, their own links are the way.
    shown = render(name, language, without=("slots",))
    assert (address in shown) == ("status_url" in variables(source(name, language)))
    assert "https://portero" not in render(name, language, without=("status_url",))


@pytest.mark.parametrize("name", NAMES)
def test_no_language_was_left_in_another_one(name: str) -> None:
    texts = {language: source(name, language) for language in LANGUAGES}
    assert len(set(texts.values())) == len(LANGUAGES)
    cyrillic = {language: len(re.findall("[а-яё]", text, re.IGNORECASE)) for language, text in texts.items()}
    assert cyrillic.pop("ru") > 200
    assert not any(cyrillic.values())
