"""The guide tells the magic numbers that there are, with the fates that they have."""

import re
from pathlib import Path

from providers.rules.fates import FATES

GUIDE = Path(__file__).parents[2] / "docs" / "api" / "test-mode.md"


def test_the_guide_has_a_line_for_each_magic_number() -> None:
    told = re.findall(r"^\| `(\+\d+)` \| `(\w+)` \| (?=\S)", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert told == [(fate.number, fate.code) for fate in FATES]
