"""The BSP directory's data file: complete, known words only, every fact with its source and date, and as surveyed."""

import json
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from providers.enums import (
    AcceptsRequestFrom,
    Direction,
    ProcedureKind,
    RequestChannel,
    TimeUnit,
    TurnaroundOf,
    TwoStepOffBy,
    WabaOwnership,
)
from providers.enums.texts import EXIT_TEXTS, EXIT_WITH_DAYS, GENERIC_STEPS, STEP_TEXTS
from providers.rules.names import plain_name
from providers.services.directory import DATA_FILE, LOADED_FIELDS, OPTIONAL_FIELDS

DATA: dict[str, Any] = json.loads(DATA_FILE.read_text(encoding="utf-8"))
BSPS: list[dict[str, Any]] = DATA["bsps"]
PROMISED = {
    "sinch", "gupshup", "infobip", "twilio", "360dialog", "bird", "vonage", "wati", "zenvia", "blip", "interakt",
    "yellow-ai", "clickatell", "telnyx", "respond-io", "direct",
}  # fmt: skip
every_bsp = pytest.mark.parametrize("bsp", BSPS, ids=lambda bsp: str(bsp["slug"]))

KNOWN_WITHOUT_ADDRESS = {"chat-tonic", "doubletick", "gorgias", "securitec", "yellow-ai"}
"""Surveyed in a document whose full public address is not known: manuals, a documentation repository."""


class Surveyed(NamedTuple):
    """What the survey of public pages says of one BSP. Who switches off, listens and so on: of numbers that LEAVE it only."""

    direction: str = "none"
    off_by: str = "unknown"
    listens_to: str = "unknown"
    channel: str = "unknown"
    kind: str = "generic"
    exits: str = ""
    turnaround: tuple[str, float | None, float | None, str] = ("", None, None, "")
    host: str | None = None
    email: str | None = None


SURVEY: dict[str, Surveyed] = {
    "360dialog": Surveyed(
        "both", "client", "client_only", "portal", "documented",
        "invoices_settled subscription_cancelled notice_reported:30 refund_on_request", host="docs.360dialog.com"),
    "alibaba-cloud": Surveyed("in", channel="api", host="www.alibabacloud.com"),
    "bird": Surveyed(
        "both", "both", "unknown", "support_ticket", "documented", "same_portfolio official_account_at_risk",
        host="docs.bird.com"),
    "blip": Surveyed(
        "both", "old_bsp", "unknown", "unknown", "documented", "same_portfolio client_is_admin display_name_approved",
        host="help.blip.ai"),
    "braze": Surveyed("in", host="github.com"),
    "chat-tonic": Surveyed("in", turnaround=("session", None, 30, "minutes")),
    "clickatell": Surveyed(host="docs.clickatell.com"),
    "clint": Surveyed(exits="credit_line_refused", host="ajuda.clint.digital"),
    "devotel": Surveyed("in", host="zeelaltd.mintlify.app"),
    "direct": Surveyed("both", "client", "client_only", "portal", "documented", host="developers.facebook.com"),
    "doubletick": Surveyed("in"),
    "dualhook": Surveyed("both", "client", "unknown", "unknown", "documented", host="dualhook.com"),
    "gallabox": Surveyed(
        "both", "client", "client_only", "email", "documented", "invoices_settled official_account_at_risk keep_number",
        host="docs.gallabox.com"),
    "gorgias": Surveyed("in", channel="in_app"),
    "gupshup": Surveyed(
        "in", channel="portal", turnaround=("account", 2, 7, "working_days"), host="partner-docs.gupshup.io"),
    "infobip": Surveyed(channel="support_ticket", host="www.infobip.com"),
    "interakt": Surveyed("in", turnaround=("arrival", None, None, "minutes"), host="www.interakt.shop"),
    "kapso": Surveyed("in", host="docs.kapso.ai"),
    "manychat": Surveyed(
        "out", "client", "unknown", "in_app", "documented", "provided_numbers_stay keep_number",
        host="help.manychat.com"),
    "meedan": Surveyed("in", host="github.com"),
    "respond-io": Surveyed("in", host="help.respond.io"),
    "securitec": Surveyed("in", channel="in_app", turnaround=("channel_request", 1.5, 2, "weeks")),
    "sinch": Surveyed("in", channel="portal", turnaround=("arrival", 1, 3, "hours"), host="docs-pt.sinch.com"),
    "spur": Surveyed("in", turnaround=("two_step", None, 30, "minutes"), host="help.spurnow.com"),
    "telnyx": Surveyed("in", channel="portal", host="developers.telnyx.com"),
    "twilio": Surveyed(
        "both", channel="portal", kind="reported", turnaround=("confirmation", None, 24, "hours"),
        host="zeelaltd.mintlify.app"),
    "wati": Surveyed(host="support.wati.io"),
    "woztell": Surveyed(
        "out", "client", exits="client_is_admin deletion_after:30 keep_number", host="support.woztell.com"),
    "yellow-ai": Surveyed("in", channel="email", email="support@yellow.ai"),
    "zendesk": Surveyed(
        "both", "both", "unknown", "support_ticket", "documented",
        "same_portfolio same_display_name three_code_requests", host="support.zendesk.com"),
    # Of these no public page on moving numbers to another BSP is known: nothing may be claimed of them.
    **dict.fromkeys(
        ("aisensy", "botmaker", "chakra", "cm-com", "haptik", "kaleyra", "karix", "route-mobile", "tyntec", "vonage",
         "zenvia", "zoko"), Surveyed()),
}  # fmt: skip


def surveyed(bsp: dict[str, Any]) -> Surveyed:
    exits = [":".join(str(part) for part in entry.values()) for entry in bsp["exit_conditions"]]
    return Surveyed(
        bsp["direction"],
        bsp["two_step_off_by"],
        bsp["accepts_request_from"],
        bsp["channel"],
        bsp["procedure_kind"],
        " ".join(exits),
        (bsp["turnaround_of"], bsp["turnaround_least"], bsp["turnaround_most"], bsp["turnaround_unit"]),
        urlsplit(bsp["source_url"]).netloc if bsp["source_url"] else None,
        bsp["contact_email"],
    )


@every_bsp
def test_an_entry_says_what_the_survey_found_and_nothing_else(bsp: dict[str, Any]) -> None:
    assert surveyed(bsp) == SURVEY[bsp["slug"]]


def test_the_promised_and_the_surveyed_ones_are_there_once() -> None:
    slugs = [bsp["slug"] for bsp in BSPS]
    assert set(slugs) == set(SURVEY)
    assert set(slugs) >= PROMISED
    assert slugs == sorted(set(slugs))


@every_bsp
def test_an_entry_has_every_field_and_none_that_is_not_known(bsp: dict[str, Any]) -> None:
    assert {"slug", *LOADED_FIELDS} <= set(bsp) <= {"slug", *LOADED_FIELDS, *OPTIONAL_FIELDS}


@every_bsp
def test_an_entry_uses_known_words(bsp: dict[str, Any]) -> None:
    lists = {
        "two_step_off_by": TwoStepOffBy,
        "accepts_request_from": AcceptsRequestFrom,
        "channel": RequestChannel,
        "direction": Direction,
        "procedure_kind": ProcedureKind,
        "waba_ownership": WabaOwnership,
        "turnaround_of": TurnaroundOf,
        "turnaround_unit": TimeUnit,
    }
    assert [name for name, words in lists.items() if bsp[name] not in words.values] == []
    assert bsp["letter_language"] in dict(settings.LANGUAGES)
    assert set(bsp["procedure"]) <= set(STEP_TEXTS)
    for condition in bsp["exit_conditions"]:
        assert condition["code"] in EXIT_TEXTS
        assert set(condition) == ({"code", "days"} if condition["code"] in EXIT_WITH_DAYS else {"code"})


def test_no_step_and_no_condition_is_without_use() -> None:
    steps = {step for bsp in BSPS for step in bsp["procedure"]}
    assert steps | set(GENERIC_STEPS) == set(STEP_TEXTS)
    # "notice" is for leads: no BSP's own page states one.
    assert {entry["code"] for bsp in BSPS for entry in bsp["exit_conditions"]} | {"notice"} == set(EXIT_TEXTS)
    assert {code for code, text in EXIT_TEXTS.items() if "%(days)s" in str(text)} == EXIT_WITH_DAYS


@every_bsp
def test_what_is_said_of_a_bsp_has_a_source_and_a_day(bsp: dict[str, Any]) -> None:
    if bsp["procedure_kind"] == "generic":
        assert bsp["procedure"] == []
    else:
        assert bsp["procedure"]
    if bsp["slug"] not in KNOWN_WITHOUT_ADDRESS and SURVEY[bsp["slug"]] != Surveyed():
        assert bsp["source_url"].startswith("https://")
    assert (bsp["verified_on"] is None) == (bsp["source_url"] is None)
    if bsp["verified_on"]:
        assert date.fromisoformat(bsp["verified_on"]) <= date(2026, 12, 31)


def test_no_contact_is_given_but_the_one_that_is_public() -> None:
    assert {bsp["slug"]: bsp["contact_email"] for bsp in BSPS if bsp["contact_email"]} == {
        "yellow-ai": "support@yellow.ai"
    }
    assert [bsp["slug"] for bsp in BSPS if bsp["contact_url"]] == []
    # Nobody is written to by us unless it is known that it listens to partners.
    assert [bsp["slug"] for bsp in BSPS if bsp["accepts_request_from"] == "client_or_partner"] == []


@every_bsp
def test_texts_fit_their_columns(bsp: dict[str, Any]) -> None:
    assert len(bsp["name"]) <= 100
    assert len(bsp["source_url"] or "") <= 300


def test_no_name_or_alias_means_two() -> None:
    names = [plain for bsp in BSPS for plain in {plain_name(n) for n in (bsp["slug"], bsp["name"], *bsp["aliases"])}]
    assert len(set(names)) == len(names)
