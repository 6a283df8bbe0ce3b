"""Every script of the desk exists in all five languages, says the same facts, and renders to clean plain text."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Engine

from migrations_app.enums import DeskTaskKind
from migrations_app.rules.desk_tasks import ASKING
from tests.contracts.test_messages import LANGUAGES, UNKNOWN

FOLDER = Path(__file__).resolve().parents[2] / "migrations_app" / "templates" / "scripts"
ENGINE = Engine(dirs=[str(FOLDER)], string_if_invalid=UNKNOWN)
FACTS: dict[str, Any] = {
    "company": "Sol & Filhos <Padaria>",
    "contact_name": "Ana D'Souza",
    "reference": "MIG-7K3QXA2P",
    "numbers": ["+5511987654321", "+551130001000"],
    "more_numbers": 3,
    "old_bsp_name": "Infobip & Co",
    "waba_id": "102290129340398",
    "business_manager_id": "506914307656634",
    "our_team": "Portero onboarding",
    "items": ["First missing thing", "Second missing thing"],
    "case_numbers": ["CASE-1", "CASE-2"],
    "client_owns": True,
    "two_step": False,
    "identifiers": False,
    "prepare": False,
    "waits_for": ["Third missing thing"],
    "refused_address": "",
}
DEMANDS: list[dict[str, Any]] = [
    {"two_step": True}, {"two_step": True, "client_owns": False}, {"identifiers": True, "waba_id": ""}, {},
]  # fmt: skip
UNKNOWNS: list[dict[str, Any]] = [
    {}, {"contact_name": ""}, {"case_numbers": []}, {"waba_id": "", "business_manager_id": ""}, {"more_numbers": 0},
    {"refused_address": "ana@sol.example"},
    {"contact_name": "", "case_numbers": [], "waba_id": "", "business_manager_id": "", "more_numbers": 0},
]  # fmt: skip
NO_PIN = {
    "en": r"(never ask you for your two-step PIN|never ask for your PIN|need no PIN)",
    "es": r"(no le pediré nunca su PIN|Nunca le pediremos su PIN|No necesitamos ningún PIN)",
    "pt-br": r"(nunca vou pedir o seu PIN|Nunca pedimos o seu PIN|Não precisamos de nenhum PIN)",
    "ru": r"(никогда не спрошу у вас PIN|никогда не спрашиваем PIN|PIN нам не нужен)",
    "ca": r"(no us demanaré mai el PIN|No us demanarem mai el PIN|No necessitem cap PIN)",
}
every_script = pytest.mark.parametrize(
    ("kind", "language"), list(itertools.product(sorted(ASKING), LANGUAGES)), ids=str
)


def texts(kind: DeskTaskKind, language: str) -> Iterator[str]:
    template = ENGINE.get_template(f"{kind.value}/{language}.txt")
    for demand, unknown in itertools.product(DEMANDS, UNKNOWNS):
        yield template.render(Context({**FACTS, **demand, **unknown}))


def test_each_way_of_asking_by_person_has_a_script_in_five_languages() -> None:
    found = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert found == {f"{kind.value}/{language}.txt" for kind in ASKING for language in LANGUAGES}


@every_script
def test_a_script_is_a_title_and_clean_plain_text(kind: DeskTaskKind, language: str) -> None:
    for text in texts(kind, language):
        title, blank, body = text.split("\n", 2)
        assert "MIG-7K3QXA2P" in title
        assert len(title) < 160
        assert blank == ""
        assert UNKNOWN not in text
        assert "Sol & Filhos <Padaria>" in text
        assert "{" not in text
        assert not re.search(r"\n\n\n|[ \t]\n| [,.:;?]|,,|\(\)|  [^- ]|[^ \n]  ", body), text
        assert "  - +5511987654321\n" in text


@every_script
def test_no_script_asks_for_a_pin_and_each_says_so(kind: DeskTaskKind, language: str) -> None:
    for text in texts(kind, language):
        assert re.search(NO_PIN[language], text)


@every_script
def test_while_something_else_takes_weeks_nobody_is_told_to_switch_off(kind: DeskTaskKind, language: str) -> None:
    if kind is DeskTaskKind.PORTAL:
        return  # a BSP is asked for nothing then
    facts = {**FACTS, "two_step": True, "prepare": True}
    text = ENGINE.get_template(f"{kind.value}/{language}.txt").render(Context(facts))
    assert "  - Third missing thing\n" in text
    assert "WhatsApp Manager" not in text
    assert "Administrador de WhatsApp" not in text
    assert not re.search(r"\n\n\n|[ \t]\n| [,.:;?]", text)
    assert re.search(NO_PIN[language], text)


@every_script
def test_a_script_asks_what_its_chase_asks(kind: DeskTaskKind, language: str) -> None:
    two_step, _by_letter, identifiers, others = (
        ENGINE.get_template(f"{kind.value}/{language}.txt").render(Context({**FACTS, **demand})) for demand in DEMANDS
    )
    assert "First missing thing" in others
    assert "First missing thing" not in two_step + identifiers
    assert "WABA" in identifiers
    assert "CASE-1, CASE-2" in two_step
    assert len({two_step, identifiers, others}) == 3


@every_script
def test_a_client_whose_mailbox_refuses_is_asked_for_another_address(kind: DeskTaskKind, language: str) -> None:
    if kind is DeskTaskKind.PORTAL:
        return  # what goes to a BSP says nothing of the client's mailbox
    template = ENGINE.get_template(f"{kind.value}/{language}.txt")
    for demand in (*DEMANDS, {"two_step": True, "prepare": True}):
        told = template.render(Context({**FACTS, **demand, "refused_address": "ana@sol.example"}))
        assert "ana@sol.example" in told
        assert "ana@sol.example" not in template.render(Context({**FACTS, **demand}))
