"""Whoever follows docs/api, block by block, gets what it says."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.core import clock
from migrations_app.management.walkthrough.story import Stage
from tests.factories.guide import Differs, Reader, pages, play, steps
from tests.factories.service import Service


@pytest.fixture
def reader(stage: Stage, shared_service: Service, tmp_path: Path) -> Iterator[Reader]:
    ahead = clock.read(stage.clock_file).timestamp() - time.time()
    (test_key,) = re.findall(
        r"^mig_test_\w+$", shared_service.manage("issue_api_key", "Padaria Sol", "--test"), re.MULTILINE
    )
    reading = Reader(tmp_path, {"PORTERO": stage.base, "KEY": stage.key, "TEST_KEY": test_key}, ahead=ahead)
    yield reading
    reading.close()


@pytest.mark.journey
@pytest.mark.slow
def test_the_guide_says_what_happens(stage: Stage, reader: Reader) -> None:
    wrong: list[str] = []
    for page in pages():
        for step in steps(page):
            try:
                play(step, reader, stage.base)
            except Differs as differs:
                wrong.append(str(differs))
    if wrong:
        # The first is the cause of most that follow.
        pytest.fail("\n\n".join([*wrong, reader.errors.read_text()[-700:]]), pytrace=False)
