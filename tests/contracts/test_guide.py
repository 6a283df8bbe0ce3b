"""The guide in docs/api lists its pages, and an example that is wrong is found out."""

import os
from pathlib import Path

import pytest

from tests.factories.guide import GUIDE, WHERE, Differs, Reader, Step, compare, pages, play


def test_every_page_of_the_guide_is_in_its_list() -> None:
    assert sorted(pages()) == sorted(GUIDE.glob("*.md"))


ASKED = Step(
    "here:1",
    "bash",
    "",
    "json",
    '{"code": "ready", "since": "2026-03-02T15:00:00Z", "items": [{"code": "b"}], "none": null}',
)
CAME = '{"code": "ready", "since": "2027-01-01T00:00:00.123Z", "items": [{"code": "a"}, {"code": "b", "more": 1}], "none": null}'
"""What is shown, and what may come."""


def test_what_is_shown_may_be_less_than_what_comes() -> None:
    compare(ASKED, CAME, WHERE)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"ready"', '"open"'), ('"code": "b"', '"code": "c"'), ("null", "1"), ('"since"', '"at"'), ("2027-01-01T", "")],
    ids=["another word", "an item is missing", "no null", "a member is missing", "no moment"],
)
def test_a_guide_that_says_something_else_is_found_out(old: str, new: str) -> None:
    with pytest.raises(Differs, match="here:1"):
        compare(ASKED, CAME.replace(old, new), WHERE)


@pytest.mark.parametrize(
    ("language", "code", "answer"),
    [
        ("bash", "false; true", ""),
        ("bash", "curl -s http://127.0.0.1:9/nothing", ""),
        ("bash", "echo one", "two"),
        ("python", "print(1 / 0)", ""),
        ("python", "print('one')", "one\ntwo"),
    ],
)
def test_an_example_that_fails_is_found_out(tmp_path: Path, language: str, code: str, answer: str) -> None:
    reading = Reader(tmp_path, {"PATH": os.environ["PATH"]})
    try:
        with pytest.raises(Differs):
            play(Step("here:1", language, code, "text" if answer else "", answer), reading, WHERE)
        play(
            Step("here:2", language, {"bash": "echo $((1 + 1))", "python": "print(2)"}[language], "text", "2"),
            reading,
            WHERE,
        )
    finally:
        reading.close()
