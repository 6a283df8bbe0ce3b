"""The BSP directory's data file: complete, known words only, every documented fact with its source and date."""

import json
from datetime import date
from typing import Any

import pytest
from django.conf import settings

from providers.enums import AcceptsRequestFrom, TwoStepOffBy
from providers.rules.names import plain_name
from providers.services.directory import DATA_FILE, LOADED_FIELDS

DATA: dict[str, Any] = json.loads(DATA_FILE.read_text(encoding="utf-8"))
BSPS: list[dict[str, Any]] = DATA["bsps"]
PROMISED = {
    "sinch", "gupshup", "infobip", "twilio", "360dialog", "bird", "vonage", "wati", "zenvia", "blip", "interakt",
    "yellow-ai", "clickatell", "telnyx", "respond-io", "direct",
}  # fmt: skip
every_bsp = pytest.mark.parametrize("bsp", BSPS, ids=lambda bsp: str(bsp["slug"]))


def test_the_promised_ones_are_there_once() -> None:
    slugs = [bsp["slug"] for bsp in BSPS]
    assert len(set(slugs)) == len(slugs)
    assert set(slugs) >= PROMISED
    assert slugs == sorted(slugs)


@every_bsp
def test_an_entry_has_every_field_and_no_other(bsp: dict[str, Any]) -> None:
    assert set(bsp) == {"slug", *LOADED_FIELDS}


@every_bsp
def test_an_entry_uses_known_words(bsp: dict[str, Any]) -> None:
    assert bsp["two_step_off_by"] in TwoStepOffBy.values
    assert bsp["accepts_request_from"] in AcceptsRequestFrom.values
    assert bsp["letter_language"] in dict(settings.LANGUAGES)
    assert bsp["procedure_kind"] in {"documented", "generic", "reported"}
    assert bsp["waba_ownership"] in {"client", "old_bsp", "mixed", "unknown"}


@every_bsp
def test_what_is_documented_has_a_source_and_a_day(bsp: dict[str, Any]) -> None:
    if bsp["procedure_kind"] == "documented":
        assert bsp["source_url"].startswith("https://")
        assert bsp["verified_on"]
    if bsp["verified_on"]:
        assert date.fromisoformat(bsp["verified_on"]) <= date(2026, 12, 31)


@every_bsp
def test_texts_fit_their_columns(bsp: dict[str, Any]) -> None:
    assert len(bsp["name"]) <= 100
    assert len(bsp["stated_turnaround"] or "") <= 200
    assert len(bsp["source_url"] or "") <= 300
    assert bsp["procedure"]


def test_no_name_or_alias_means_two() -> None:
    names = [plain for bsp in BSPS for plain in {plain_name(n) for n in (bsp["slug"], bsp["name"], *bsp["aliases"])}]
    assert len(set(names)) == len(names)
