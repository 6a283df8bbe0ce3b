"""What follows a move, as rules: pauses, quality, templates compared, lists read."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums.aftercare import CheckKind, TemplateOutcome
from migrations_app.rules.aftercare import LONGEST_PAUSE, due_of, judge_quality, next_pause
from migrations_app.rules.templates import After, BadList, Before, compare, pages, read_list

LIVE = datetime(2026, 11, 20, 15, tzinfo=UTC)


@given(tries=st.integers(0, 1000), asked=st.integers(0, 90_000))
def test_pauses_grow_to_a_limit_and_never_fall_below_what_meta_asks_for(tries: int, asked: int) -> None:
    wait = timedelta(seconds=asked)
    assert next_pause(tries, asked_for=wait) >= wait
    assert next_pause(tries) <= LONGEST_PAUSE
    assert next_pause(tries + 1) >= next_pause(tries)


def test_quality_is_looked_at_after_a_day() -> None:
    """Source: Meta, migration page (no quality for the first 24 hours)."""
    assert due_of(CheckKind.QUALITY, live_at=LIVE) == LIVE + timedelta(hours=24)


@pytest.mark.parametrize(
    ("readings", "good"),
    [
        ({"+1": "GREEN"}, True),
        ({"+1": "UNKNOWN", "+2": "NA"}, True),
        ({"+1": ""}, True),
        ({"+1": "GREEN", "+2": "YELLOW"}, False),
        ({"+1": "red"}, False),
    ],
)
def test_no_rating_is_no_bad_rating(readings: dict[str, str], good: bool) -> None:
    assert judge_quality(readings).good is good


def one(before: Before, after: After | None = None, failure: str = "", *, by_hand: bool = False) -> TemplateOutcome:
    there = {before.key: after} if after else {}
    return compare([before], there, {before.id: failure} if failure else {}, by_hand=by_hand)[before.key].outcome


GREEN = Before("welcome", "es", "APPROVED", "GREEN", id="1")
NEW = Before("welcome", "es", "APPROVED", "UNKNOWN", id="1")
OURS = Before("welcome", "es", "APPROVED", "GREEN", there_before=True)
LISTED = Before("welcome", "es")


@pytest.mark.parametrize(
    ("before", "after", "failure", "by_hand", "outcome"),
    [
        (GREEN, After("APPROVED"), "", False, "copied"),
        (GREEN, None, "", False, "missing"),
        (GREEN, None, "Incorrect category", True, "failed"),
        (GREEN, After("REJECTED", "INVALID_FORMAT"), "", False, "rejected"),
        (GREEN, After("PENDING"), "", False, "pending"),
        (GREEN, After("PAUSED"), "", False, "rejected"),
        (OURS, After("APPROVED"), "", False, "there_before"),
        (OURS, After("REJECTED"), "", False, "there_before"),
        (OURS, None, "", False, "missing"),
        (NEW, None, "", False, "not_expected"),
        (NEW, None, "", True, "missing"),
        (NEW, After("APPROVED"), "", False, "copied"),
        (Before("sale", "es", "APPROVED", "RED"), None, "", True, "not_expected"),
        (Before("sale", "es", "REJECTED", "GREEN"), None, "", True, "not_expected"),
        (LISTED, None, "", False, "missing"),
        (LISTED, After("APPROVED"), "", False, "copied"),
    ],
)
def test_what_became_of_a_template(
    before: Before, after: After | None, failure: str, by_hand: bool, outcome: str
) -> None:
    """Sources: Meta, migration page (approved and green); Meta, template migration (unknown ones by hand)."""
    assert one(before, after, failure, by_hand=by_hand) == outcome


def test_each_language_is_a_template_of_its_own() -> None:
    spanish, russian = Before("welcome", "es", "APPROVED", "GREEN"), Before("welcome", "ru", "APPROVED", "GREEN")
    found = compare([spanish, russian], {spanish.key: After("APPROVED")}, {}, by_hand=False)
    assert [found[each.key].outcome.value for each in (spanish, russian)] == ["copied", "missing"]


def test_a_clients_list_is_read_as_people_write_it() -> None:
    text = "\ufeffname,language,status,quality\nwelcome,es,approved,green\n\nsale;pt-BR\n"
    text += "bye\tru\tREJECTED\nwelcome,es,APPROVED,RED\n"
    found = read_list(text)
    assert [(each.name, each.language, each.status, each.quality) for each in found] == [
        ("welcome", "es", "APPROVED", "RED"), ("sale", "pt_BR", "", ""), ("bye", "ru", "REJECTED", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["Welcome!,es", "welcome", "welcome,Spanish", "a,es\nb", "x" * 513 + ",es"])
def test_a_line_that_is_no_template_is_refused_by_its_number(text: str) -> None:
    with pytest.raises(BadList, match=r"^[12]$"):
        read_list(text)


def test_nobody_has_more_templates_than_an_account_holds() -> None:
    with pytest.raises(BadList, match="6001"):
        read_list("\n".join(f"t{n},es" for n in range(6001)))


@given(text=st.text(max_size=60))
def test_reading_a_list_fails_only_as_documented(text: str) -> None:
    with suppress(BadList):
        read_list(text)


@pytest.mark.parametrize(("total", "size", "count"), [(0, 500, 1), (500, 500, 1), (501, 500, 2), (6000, 500, 12)])
def test_pages(total: int, size: int, count: int) -> None:
    assert pages(total, size) == count
