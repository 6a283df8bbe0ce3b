"""What counts as evidence, and what becomes of it round by round."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums import EvidenceKind, RequirementState, Verdict
from migrations_app.rules.evidence import kind_of, link_holds, turn, verdict_of

CLAIM: dict[str, Any] = {"statement": "Off", "claimed_by": "Ana", "at": "1"}


@pytest.mark.parametrize(
    ("link", "holds"),
    [
        ("https://example.com/a?b=c#d", True),
        ("https://business.facebook.com:443/x", True),
        ("https://münchen.example/a", True),
        ("http://example.com", False),
        ("https://", False),
        ("https://localhost/x", False),
        ("https://user:secret@example.com", False),
        ("https://example.com:99999/", False),
        ("https://example.com/a b", False),
        ("https://example.com\n", False),
        ("https://exam\\ple.com", False),
        ("javascript:alert(1)//https://example.com", False),
        ("//example.com/x", False),
        ("https://[::1", False),
        ("https://example.com/" + "a" * 2000, False),
    ],
)
def test_a_link_is_an_https_address_of_a_host(link: str, holds: bool) -> None:
    assert link_holds(link) is holds


@given(st.text())
def test_a_link_that_holds_begins_with_https_and_has_no_blank(text: str) -> None:
    if link_holds(text):
        assert text.lower().startswith("https://")
        assert not any(letter.isspace() for letter in text)


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ({}, EvidenceKind.TEXT),
        ({"confirmed_by": "form"}, EvidenceKind.FORM),
        ({"link": "https://a.b", "statement": "x"}, EvidenceKind.LINK),
        ({"link": "https://a.b", "attachment": {"id": "1"}}, EvidenceKind.FILE),
        ({"meta_accepted_migration": "123", "attachment": None}, EvidenceKind.PROOF),
    ],
)
def test_evidence_is_called_by_the_strongest_thing_in_it(entry: dict[str, Any], kind: EvidenceKind) -> None:
    assert kind_of(entry) is kind


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("claimed", "met", "accepted"),
        ("claimed", "unmet", "refused"),
        ("claimed", "failed", "refused"),
        ("claimed", "waived", "pending"),
        ("met", "unmet", "accepted"),
        ("met", "failed", "accepted"),
        ("unmet", "claimed", "pending"),
        ("requested", "failed", "pending"),
    ],
)
def test_a_move_says_what_is_thought_of_what_was_shown(old: str, new: str, verdict: str) -> None:
    assert verdict_of(RequirementState(old), RequirementState(new)) == verdict


def test_rounds_follow_each_other_and_nothing_that_was_said_is_lost() -> None:
    first = turn(None, [], CLAIM, verdict=Verdict.PENDING, at="1")
    assert first.begins
    assert (first.current or {})["round"] == 1
    opened = turn(first.current, first.history, None, verdict=Verdict.REFUSED, at="2")
    assert (opened.current, opened.begins) == (None, False)
    again = turn(opened.current, opened.history, {**CLAIM, "statement": "Really off"}, verdict=Verdict.PENDING, at="3")
    assert (again.current or {})["round"] == 2
    assert [(entry["statement"], entry["verdict"], entry["ended_at"]) for entry in again.history] == [
        ("Off", "refused", "2")
    ]


def test_accepting_what_was_said_stays_in_its_round() -> None:
    current = turn(None, [], CLAIM, verdict=Verdict.PENDING, at="1").current
    accepted = turn(current, [], {**(current or {}), "accepted_by": "bea"}, verdict=Verdict.ACCEPTED, at="2")
    assert not accepted.begins
    assert accepted.history == []
    assert (accepted.current or {})["accepted_by"] == "bea"


def test_a_verdict_settles_what_was_shown_before_and_not_judged() -> None:
    first = turn(None, [], CLAIM, verdict=Verdict.PENDING, at="1").current
    more = turn(first, [], {**CLAIM, "statement": "With a file"}, verdict=Verdict.PENDING, at="2")
    assert [entry["verdict"] for entry in more.history] == ["pending"]
    ended = turn(more.current, more.history, None, verdict=Verdict.REFUSED, at="3")
    assert [entry["verdict"] for entry in ended.history] == ["refused", "refused"]


_ENTRIES = st.lists(st.none() | st.fixed_dictionaries({"statement": st.text(max_size=3), "at": st.text(max_size=2)}))


@given(_ENTRIES, st.lists(st.sampled_from(list(Verdict)), min_size=1))
def test_whatever_happens_every_round_is_there_once_and_in_order(given_: list[Any], verdicts: list[Verdict]) -> None:
    current: dict[str, Any] | None = None
    history: list[dict[str, Any]] = []
    begun = 0
    for place, entry in enumerate(given_):
        result = turn(current, history, entry, verdict=verdicts[place % len(verdicts)], at=str(place))
        current, history = result.current, result.history
        begun += result.begins
    rounds = [entry["round"] for entry in history] + ([current["round"]] if current else [])
    assert rounds == list(range(1, begun + 1))
