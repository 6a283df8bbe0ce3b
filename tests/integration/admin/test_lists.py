"""What the lists of the desk have in common: one way to write times, an ordinary "no", words where nothing stands."""

import re

import pytest
from django.utils import translation
from django.utils.formats import date_format

from migrations_app.models import Chase, Ladder
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import Person, text_of

LANGUAGES = ("en", "es", "pt-br", "ru", "ca")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_moment_has_its_day_of_the_week_and_24_hours_in_every_language(language: str, walk: Walker) -> None:
    moment = walk(Path.FILED).now  # Monday
    with translation.override(language):
        assert date_format(moment, "DATETIME_FORMAT") == date_format(moment, "D j M Y, H:i")
        assert re.search(r" 2 .+ 2026, 15:00$", date_format(moment, "DATETIME_FORMAT"))


def test_the_chases_count_rungs_from_one_and_lead_to_their_ticket(walk: Walker, lead_at_desk: Person) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    chase = Chase.objects.get(case__ticket=walked.ticket)
    ladder = Ladder.objects.get(slug=chase.ladder_slug)
    assert chase.next_at
    page = text_of(lead_at_desk.get("migrations_app_chase_changelist"))
    assert f">1 of {len(chase.steps) - 1}<" in page
    assert ladder.name in page
    assert date_format(chase.next_at, "D j M Y, H:i") in page
    assert f'href="/admin/tickets/ticket/{walked.ticket.pk}/change/#chases"' in page
    Chase.objects.update(last_step=None)
    assert " of " not in text_of(lead_at_desk.get("migrations_app_chase_changelist")).split('id="result_list"')[1]
    assert text_of(lead_at_desk.get("migrations_app_chase_change", chase.pk))


def test_the_chases_are_filtered_by_requirement_in_words(walk: Walker, lead_at_desk: Person) -> None:
    walk(Path.WAITING_TWO_STEP)
    page = text_of(lead_at_desk.get("migrations_app_chase_changelist"))
    assert "?requirement_code=two_step_disabled" in page.replace("&amp;", "&")
    found = lead_at_desk.get("migrations_app_chase_changelist", requirement_code="two_step_disabled").context["cl"]
    assert {row.requirement_code for row in found.result_list} == {"two_step_disabled"}
    assert (
        lead_at_desk.get("migrations_app_chase_changelist", requirement_code="waba_id").context["cl"].result_count == 0
    )


def test_an_ordinary_no_is_no_error(lead_at_desk: Person) -> None:
    page = text_of(lead_at_desk.get("migrations_app_ladder_changelist"))
    assert "close_small" not in page
    assert re.search(r'data-label="edited here">\s*no\s*<', page, re.IGNORECASE)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("desktask", "nobody waits for you"),
        ("inboundmail", "mail that fits none waits here"),
        ("bsppace", "too few cases"),
        ("chase", "no ticket has been filed yet"),
        ("ownershipdispute", "a lead&#x27;s decision"),
        ("pincall", "no client has chosen a time yet"),
    ],
)
def test_an_empty_list_says_what_it_is_for(name: str, words: str, lead_at_desk: Person) -> None:
    page = text_of(lead_at_desk.get(f"migrations_app_{name}_changelist"))
    assert words in page
    assert "Nothing here." in page
    assert "Create a new item" not in page
    assert f"/admin/migrations_app/{name}/add/" not in page
    assert "Show all" not in page


def test_a_list_that_filters_empty_shows_the_way_back(walk: Walker, lead_at_desk: Person) -> None:
    walk(Path.FILED)
    page = text_of(lead_at_desk.get("migrations_app_chase_changelist", q="nobody at all"))
    assert "Nothing fits the search and the filters." in page
    assert '<a class="pt-button" href="?">Show all</a>' in page


def test_the_log_says_what_a_message_is(walk: Walker, lead_at_desk: Person) -> None:
    walk(Path.WAITING_TWO_STEP)
    page = text_of(lead_at_desk.get("providers_exchange_changelist"))
    assert "Guide: switch two-step verification off" in page
    assert "chase.two_step_guide" not in page
