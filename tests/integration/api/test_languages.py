"""Five languages: codes never change, words do, and the answer says which language it speaks."""

import pytest

from config.core.api.middleware import language_for
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Caller

LANGUAGES = ["en", "es", "pt-br", "ru", "ca"]

CHOICES = [
    ("", "en"),
    ("*", "en"),
    ("de", "en"),
    ("de, es;q=0.5", "es"),
    ("pt", "pt-br"),
    ("pt-PT", "pt-br"),
    ("pt-BR,pt;q=0.9", "pt-br"),
    ("es-MX", "es"),
    ("EN-us", "en"),
    ("ca;q=0.1, ru;q=0.9", "ru"),
    ("es;q=0, ca", "ca"),
    ("x" * 1000, "en"),
    (";;;,,,q=", "en"),
]


@pytest.mark.parametrize(("header", "language"), CHOICES)
def test_the_best_of_ours_is_chosen(header: str, language: str) -> None:
    assert language_for(header) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_ticket_speaks_the_callers_language_and_keeps_its_codes(api: Caller, walk: Walker, language: str) -> None:
    ticket = f"tickets/{walk(Path.FILED).ticket.reference}"
    answer = api.get(ticket, Accept_Language=language)
    assert answer.headers["Content-Language"] == language
    english = api.get(ticket).json
    assert [item["code"] for item in answer.json["requirements"]["items"]] == [
        item["code"] for item in english["requirements"]["items"]
    ]
    assert answer.json["status"]["value"] == english["status"]["value"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_speaks_the_callers_language_and_keeps_its_code(api: Caller, language: str) -> None:
    for answer in (api.get("nope", Accept_Language=language), api.post("tickets", {}, Accept_Language=language)):
        assert answer.headers["Content-Language"] == language
        assert answer.code in {"not_found", "validation_failed"}


MALFORMED = {
    "client": {
        "name": "",
        "contact_email": "x",
        "language": "xx",
        "timezone": "Moon",
        "country": "1",
        "contact_phone": "1",
    },
    "phone_numbers": ["12", 5, {"number": 5}, "+5511987654321", "+5511987654321"],
    "hosting": "moon",
    "notes": 4,
    "client_reference": "x" * 101,
    "uses_business_app": 1,
    "low_traffic_windows": [{"weekday": 9, "start": "25:00", "end": 3}, 5, {"weekday": "x"}],
    "waba_id": "1",
    "wishes": 1,
}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_wrong_place_is_told_in_the_callers_language(api: Caller, walk: Walker, language: str) -> None:
    booking = f"tickets/{walk(Path.FILED).ticket.reference}/pin-calls"
    for path, body in (("tickets", MALFORMED), (booking, {"hold_id": "x", "start": "0001-01-01T00:00:00+14:00"})):
        english = {entry["pointer"]: entry["detail"] for entry in api.post(path, body).json["errors"]}
        told = {
            entry["pointer"]: entry["detail"] for entry in api.post(path, body, Accept_Language=language).json["errors"]
        }
        assert english.keys() == told.keys()
        assert [words for place, words in told.items() if words == english[place]] == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
@pytest.mark.parametrize("path", ["requirement-types", "problems", "statuses"])
def test_the_directories_are_translated(api: Caller, language: str, path: str) -> None:
    english, other = api.get(path).data, api.get(path, Accept_Language=language).data
    words = {"requirement-types": "title", "problems": "title", "statuses": "label"}[path]
    same = [row[words] for row, theirs in zip(english, other, strict=True) if row[words] == theirs[words]]
    # Some words are the same in two languages; most are not.
    assert len(same) < len(english) / 4, same
