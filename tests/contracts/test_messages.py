"""Every message to people exists in all five languages, says the same facts, and renders to clean plain text."""

import re
from pathlib import Path

import pytest
from django.template import Context, Engine

FOLDER = Path(__file__).resolve().parents[2] / "migrations_app" / "templates" / "messages"
UNKNOWN = "??unknown variable??"
ENGINE = Engine(dirs=[str(FOLDER)], string_if_invalid=UNKNOWN)

LANGUAGES = ("en", "es", "pt-br", "ru", "ca")

LETTERS = {"two_step_letter", "waba_id_request"}
REMINDERS_OF_A_CALL = {"call_booked", "call_reminder_24h", "call_reminder_1h", "call_reminder_10m", "call_cancelled"}
WITH_ITEMS = {"requirement_reminder", "closing_reminder", "move_instructions"}
ASKING_FOR_THE_CODE = {"call_booked", "call_reminder_10m", "call_script"}
NAMES = sorted(
    {"two_step_guide", "two_step_reminder", "two_step_bsp_request", "slot_invitation", "migration_done", "move_done"}
    | {"client_unresponsive_warning", "call_script"}
    | LETTERS
    | REMINDERS_OF_A_CALL
    | WITH_ITEMS
)

# What the services hand to every message. `items` belongs to some of them only.
VALUES: dict[str, str | int | list[str]] = {
    "company": "Sol & Filhos <Padaria>",
    "contact_name": "Ana D'Souza",
    "reference": "MIG-7K3QXA2P",
    "numbers": ["+5511987654321", "+551130001000"],
    "old_bsp_name": "Infobip & Co",
    "destination_name": "Gupshup",
    "waba_id": "102290129340398",
    "business_manager_id": "506914307656634",
    "status_url": "https://portero.example/t/abc?a=1&b=2",
    "call_start_local": "2026-12-01 10:00",
    "call_timezone": "America/Sao_Paulo",
    "call_minutes": "45",
    "campaigns_pause_until_local": "2026-12-01 14:45",
    "step": 3,
    "our_team": "Portero onboarding",
    "due_local": "2026-12-04",
    "items": ["First missing thing", "Second missing thing"],
    "bsp_steps": ["Pay what is open", "Open the link in the e-mail"],
    "bsp_unlisted": 1,
}
MAY_BE_EMPTY = (
    "contact_name",
    "destination_name",
    "waba_id",
    "business_manager_id",
    "status_url",
    "bsp_steps",
    "bsp_unlisted",
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
    walked = re.findall(r"{% for (\w+) in (\w+) %}", text)
    return (printed | tested | {over for _, over in walked}) - {own for own, _ in walked}


def render(name: str, language: str, *, without: tuple[str, ...] = ()) -> str:
    left_out = {"items"} if name not in WITH_ITEMS else set()
    values = {key: ("" if key in without else value) for key, value in VALUES.items() if key not in left_out}
    return ENGINE.get_template(f"{name}/{language}.txt").render(Context(values))


def test_the_folder_holds_these_messages_in_five_languages_and_nothing_else() -> None:
    found = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert found == {f"{name}/{language}.txt" for name in NAMES for language in LANGUAGES}


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
    assert {"company", "reference", "numbers", "our_team"} <= used
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
    return [(), optional, *((key,) for key in optional)]


@pytest.mark.parametrize(
    ("name", "language", "without"),
    [(name, language, without) for name in NAMES for language in LANGUAGES for without in what_may_be_unknown(name)],
    ids=str,
)
def test_the_text_is_tidy_whatever_is_unknown(name: str, language: str, without: tuple[str, ...]) -> None:
    text = render(name, language, without=without)
    assert UNKNOWN not in text
    assert "\n\n\n" not in text
    assert not re.search(r"[ \t]+$", text, re.MULTILINE)
    assert not re.search(r" [,.;]|\(\)|{%|%}|{{|}}| {2}[^-]", text)


@every_file
def test_plain_text_is_not_escaped_for_html(name: str, language: str) -> None:
    text = render(name, language)
    assert str(VALUES["company"]) in text
    assert "&amp;" not in text
    assert "&#x27;" not in text


@every_file
def test_every_number_stands_on_a_line_of_its_own(name: str, language: str) -> None:
    lines = render(name, language).splitlines()
    assert "  - +5511987654321" in lines
    assert "  - +551130001000" in lines


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
    for fact in ("company", "old_bsp_name", "contact_name"):
        assert str(VALUES[fact]) in parts[1]
    assert all(number in parts[1] for number in ("+5511987654321", "+551130001000"))
    # The letter is the client's own: neither we nor our reference appear in it.
    assert "Portero" not in parts[1]
    assert "MIG-" not in parts[1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["two_step_letter", "two_step_bsp_request"])
def test_the_old_bsp_is_told_the_account_when_known_and_asked_for_it_otherwise(name: str, language: str) -> None:
    known, unknown = render(name, language), render(name, language, without=("waba_id",))
    assert str(VALUES["waba_id"]) in known
    assert known.count("(WABA)") == 1
    assert unknown.count("(WABA)") == 1
    assert str(VALUES["waba_id"]) not in unknown


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
    assert (address in render(name, language)) == ("status_url" in variables(source(name, language)))
    assert "https://portero" not in render(name, language, without=("status_url",))


@pytest.mark.parametrize("name", NAMES)
def test_no_language_was_left_in_another_one(name: str) -> None:
    texts = {language: source(name, language) for language in LANGUAGES}
    assert len(set(texts.values())) == len(LANGUAGES)
    cyrillic = {language: len(re.findall("[а-яё]", text, re.IGNORECASE)) for language, text in texts.items()}
    assert cyrillic.pop("ru") > 200
    assert not any(cyrillic.values())
