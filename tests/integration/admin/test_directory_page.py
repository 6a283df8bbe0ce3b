"""The BSP directory at the lead's screen: lists a line each, edits that stay, names that mean one BSP only."""

import html
from datetime import datetime, timedelta
from typing import Any

import pytest

from config.core.actor import OPERATOR
from providers.models import Bsp, BspName
from providers.selectors.directory import bsp_named
from providers.services.directory import keep_edit, load_directory
from providers.services.naming import learn_name
from tests.integration.admin.conftest import Person, text_of


def _posted(page: Any) -> dict[str, Any]:
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in values.items()}


NO_NAMES = {"names-TOTAL_FORMS": 0, "names-INITIAL_FORMS": 0, "names-MIN_NUM_FORMS": 0, "names-MAX_NUM_FORMS": 0}


def _edit_bsp(lead: Person, slug: str, **changes: Any) -> Any:
    bsp = Bsp.objects.get(slug=slug)
    data = _posted(lead.get("providers_bsp_change", bsp.pk)) | NO_NAMES | changes
    return lead.post("providers_bsp_change", bsp.pk, **data)


def test_what_a_lead_edits_in_the_directory_survives_the_next_load(lead_at_desk: Person, now: datetime) -> None:
    changes = {"contact_email": "moves@infobip.example", "office_timezone": "Europe/Zagreb", "office_country": "hr"}
    assert _edit_bsp(lead_at_desk, "infobip", **changes).status_code == 302
    bsp = Bsp.objects.get(slug="infobip")
    assert bsp.edited_fields == ["contact_email", "office_country", "office_timezone"]
    load_directory(by=OPERATOR, now=now)
    bsp.refresh_from_db()
    assert (bsp.office_timezone, bsp.office_country) == ("Europe/Zagreb", "HR")
    assert (bsp.contact_email, bsp.slug) == ("moves@infobip.example", "infobip")


def test_saving_an_entry_as_it_is_marks_nothing_as_edited(lead_at_desk: Person) -> None:
    for slug in ("360dialog", "sinch", "zoko"):
        assert _edit_bsp(lead_at_desk, slug).status_code == 302
        assert Bsp.objects.get(slug=slug).edited_fields == []


def test_lists_of_an_entry_are_written_a_line_each(lead_at_desk: Person) -> None:
    lines = {"aliases": "Info Bip\n\n Infobip LATAM ", "exit_conditions": "notice 45\nBring cake"}
    assert _edit_bsp(lead_at_desk, "infobip", procedure="confirm_by_email\nCall Maria", **lines).status_code == 302
    bsp = Bsp.objects.get(slug="infobip")
    assert (bsp.aliases, bsp.procedure) == (["Info Bip", "Infobip LATAM"], ["confirm_by_email", "Call Maria"])
    assert bsp.exit_conditions == [{"code": "notice", "days": 45}, {"code": "other", "text": "Bring cake"}]
    assert bsp.edited_fields == ["aliases", "exit_conditions", "procedure"]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"aliases": "MESSAGEBIRD"}, "“MESSAGEBIRD” already means Bird."),
        ({"name": "Zoko"}, "“Zoko” already means Zoko."),
        ({"exit_conditions": "notice soon"}, "This line cannot be read: notice soon"),
        ({"office_timezone": "Mars/Olympus"}, "There is no such time zone."),
        ({"office_country": "4Z"}, "Give the country's two letters, e.g. ES."),
    ],
)
def test_an_entry_that_cannot_hold_is_refused_in_words(
    lead_at_desk: Person, changes: dict[str, str], complaint: str
) -> None:
    answer = _edit_bsp(lead_at_desk, "infobip", **changes)
    assert answer.status_code == 200
    assert complaint in html.unescape(answer.content.decode())
    assert Bsp.objects.get(slug="infobip").edited_fields == []


def test_a_lead_adds_an_entry_and_it_is_found_by_its_names(lead_at_desk: Person) -> None:
    data = _posted(lead_at_desk.get("providers_bsp_add")) | NO_NAMES
    data |= {"slug": "tres-amigos", "name": "Tres Amigos", "aliases": "3 Amigos"}
    assert lead_at_desk.post("providers_bsp_add", **data).status_code == 302
    assert bsp_named("3 AMIGOS") == Bsp.objects.get(slug="tres-amigos")


def test_a_name_learned_by_mistake_is_deleted_on_the_page_of_its_bsp(lead_at_desk: Person) -> None:
    bird = Bsp.objects.get(slug="bird")
    learn_name(bird, "Pajaro")
    row = BspName.objects.get(key="pajaro")
    assert "Pajaro" in text_of(lead_at_desk.get("providers_bsp_change", bird.pk))
    names = NO_NAMES | {"names-TOTAL_FORMS": 1, "names-INITIAL_FORMS": 1, "names-0-id": row.pk, "names-0-bsp": bird.pk}
    assert _edit_bsp(lead_at_desk, "bird", **names, **{"names-0-DELETE": "on"}).status_code == 302
    assert bsp_named("Pajaro") is None
    assert bsp_named("MessageBird") == bird


def test_the_directory_shows_age_source_and_what_a_lead_edited(lead_at_desk: Person, now: datetime) -> None:
    bsp = Bsp.objects.get(slug="bird")
    bsp.verified_on, bsp.channel = now.date() - timedelta(days=40), "email"
    keep_edit(bsp=bsp, fields=["verified_on", "channel"], by=OPERATOR, now=now)
    page = text_of(lead_at_desk.get("providers_bsp_changelist", q="bird"))
    for words in ("40 days ago", "docs.bird.com", "channel, verified on"):
        assert words in page
    assert "never" in text_of(lead_at_desk.get("providers_bsp_changelist", q="zoko"))
    assert "Where the client cannot do it" in text_of(lead_at_desk.get("providers_bsp_change", bsp.pk))
