"""The clock of the edges: real, or virtual where a file says so."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from config.core import clock

MOMENT = datetime(2031, 5, 6, 7, 8, tzinfo=UTC)


@pytest.fixture
def file(settings: Settings, tmp_path: Path) -> Path:
    path = tmp_path / "clock.json"
    settings.PORTERO_CLOCK_FILE = str(path)
    return path


def test_without_a_file_it_is_what_it_is(settings: Settings) -> None:
    settings.PORTERO_CLOCK_FILE = ""
    before = datetime.now(tz=UTC)
    assert before <= clock.now() <= datetime.now(tz=UTC)


def test_a_file_that_is_not_there_yet_means_real_time(file: Path) -> None:
    assert abs(clock.now() - datetime.now(tz=UTC)) < timedelta(seconds=5)


def test_a_virtual_clock_stands_still_at_rate_zero(file: Path) -> None:
    clock.set_virtual(file, moment=MOMENT, rate=0)
    assert clock.now() == clock.now() == MOMENT


def test_a_virtual_clock_runs_at_its_rate(file: Path) -> None:
    clock.set_virtual(file, moment=MOMENT, rate=1_000_000)
    first = clock.now()
    assert MOMENT < first < clock.now()
    assert first - MOMENT > timedelta(seconds=1)


def test_a_moment_of_another_zone_is_told_in_utc(file: Path) -> None:
    clock.set_virtual(file, moment=MOMENT.astimezone(ZoneInfo("Asia/Kathmandu")), rate=0)
    assert clock.now() == MOMENT
    assert clock.now().utcoffset() == timedelta(0)


def test_setting_it_again_replaces_the_file_whole(file: Path) -> None:
    clock.set_virtual(file, moment=MOMENT, rate=0)
    clock.set_virtual(file, moment=MOMENT + timedelta(days=1), rate=0)
    assert clock.now() == MOMENT + timedelta(days=1)
    assert [path.name for path in file.parent.iterdir()] == ["clock.json"]
