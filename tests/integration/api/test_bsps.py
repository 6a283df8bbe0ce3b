"""GET /bsps: every fact with its source, in codes and in the caller's language; searched without case, accents, blanks."""

from datetime import datetime

import pytest

from config.core.actor import OPERATOR
from providers.models import Bsp
from providers.services.directory import keep_edit
from providers.services.naming import learn_name
from tests.integration.api.caller import Caller


def slugs(api: Caller, query: str) -> list[str]:
    return [bsp["slug"] for bsp in api.get(f"bsps?{query}").data]


def bsp(api: Caller, slug: str, **headers: str) -> dict[str, object]:
    return next(entry for entry in api.get(f"bsps?q={slug}", **headers).data if entry["slug"] == slug)


def test_an_entry_tells_who_acts_what_holds_one_back_and_who_says_so(api: Caller) -> None:
    found = bsp(api, "360dialog")
    assert (found["two_step_off_by"], found["accepts_request_from"], found["channel"], found["direction"]) == (
        "client", "client_only", "portal", "both",
    )  # fmt: skip
    assert found["exit_conditions"][2] == {  # type: ignore[index]
        "code": "notice_reported",
        "days": 30,
        "text": "Notice of 30 days to the end of a month, as clients report.",
    }
    procedure = found["procedure"]
    assert procedure["kind"] == "documented"  # type: ignore[index]
    assert procedure["steps"][0] == {  # type: ignore[index]
        "code": "settle_invoices",
        "text": "The client pays open invoices; the BSP does nothing before.",
    }
    assert str(found["source_url"]).startswith("https://docs.360dialog.com/")
    assert found["verified_on"]


def test_a_stated_time_has_numbers_and_words(api: Caller) -> None:
    assert bsp(api, "sinch")["stated_turnaround"] == {
        "of": "arrival", "least": 1.0, "most": 3.0, "unit": "hours", "text": "Arriving numbers: 1–3 hours",
    }  # fmt: skip
    assert bsp(api, "zoko")["stated_turnaround"] is None


@pytest.mark.parametrize("language", ["es", "pt-br", "ru", "ca"])
def test_texts_follow_the_language_and_codes_do_not(api: Caller, language: str) -> None:
    for slug in ("360dialog", "sinch", "zoko"):
        english, other = bsp(api, slug), bsp(api, slug, Accept_Language=language)
        for one, two in zip(texts(english), texts(other), strict=True):
            assert one[0] == two[0]
            assert one[1] != two[1]


def texts(entry: dict[str, object]) -> list[tuple[str, str]]:
    found = [(line["code"], line["text"]) for line in (*entry["exit_conditions"], *entry["procedure"]["steps"])]  # type: ignore[misc,index]
    stated = entry["stated_turnaround"]
    return found + ([(stated["of"], stated["text"])] if stated else [])  # type: ignore[index]


@pytest.mark.parametrize("text", ["messagebird", "MESSAGE%20BIRD", "%20mess%C3%A1geb", "birD"])
def test_the_directory_is_searched_by_name_and_alias(api: Caller, text: str) -> None:
    assert slugs(api, f"q={text}") == ["bird"]


def test_a_search_pages_like_every_list(api: Caller) -> None:
    wanted = slugs(api, "q=ai")
    assert len(wanted) > 3
    first = api.get("bsps?q=ai&limit=2")
    second = api.get(f"bsps?q=ai&limit=200&cursor={first.json['next_cursor']}")
    assert [entry["slug"] for entry in first.data + second.data] == wanted
    assert api.get(f"bsps?q=io&cursor={first.json['next_cursor']}").code == "cursor_invalid"
    assert slugs(api, "q=no-such-name") == []


@pytest.mark.parametrize(("query", "code"), [("name=x", "unknown_parameter"), ("q=", "invalid_parameter")])
def test_other_parameters_are_refused(api: Caller, query: str, code: str) -> None:
    answer = api.get(f"bsps?{query}")
    assert (answer.status, answer.code) == (400, code)


def test_contacts_and_what_clients_wrote_are_told_to_nobody(api: Caller, now: datetime) -> None:
    row = Bsp.objects.get(slug="wati")
    row.contact_email, row.channel = "secret@wati.example", "email"
    keep_edit(bsp=row, fields=["contact_email", "channel"], by=OPERATOR, now=now)
    learn_name(row, "Our friend Joe")
    assert slugs(api, "q=joe") == []
    shown = api.get("bsps?q=wati").text
    assert "secret@" not in shown
    assert "Joe" not in shown
    assert '"channel":"email"' in shown.replace(" ", "")


def test_an_edit_changes_the_tag_of_the_list(api: Caller, now: datetime) -> None:
    tag = api.get("bsps").etag
    assert api.get("bsps", If_None_Match=tag).status == 304
    row = Bsp.objects.get(slug="wati")
    row.channel = "email"
    keep_edit(bsp=row, fields=["channel"], by=OPERATOR, now=now)
    assert api.get("bsps", If_None_Match=tag).status == 200
