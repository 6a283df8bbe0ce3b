"""The BSP directory: loaded from its file, edited by leads, asked by name."""

import json
from datetime import date, datetime
from pathlib import Path

import pytest

from config.core.actor import OPERATOR
from providers.models import Bsp
from providers.selectors.directory import address_for_partner, bsp_named, directory
from providers.services.directory import DATA_FILE, keep_edit, load_directory

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(now: datetime) -> int:
    Bsp.objects.all().delete()
    return load_directory(by=OPERATOR, now=now)[0]


def changed_file(folder: Path, slug: str, **changes: object) -> Path:
    data = json.loads(DATA_FILE.read_text(encoding="utf-8"))
    next(entry for entry in data["bsps"] if entry["slug"] == slug).update(changes)
    data["version"] = "2099-01-1"
    path = folder / "bsps.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_loading_again_changes_nothing(loaded: int, now: datetime) -> None:
    assert loaded == len(json.loads(DATA_FILE.read_text(encoding="utf-8"))["bsps"])
    before = list(Bsp.objects.order_by("pk").values_list())
    assert load_directory(by=OPERATOR, now=now) == (0, 0)
    assert list(Bsp.objects.order_by("pk").values_list()) == before


def test_a_new_version_of_the_file_changes_what_it_says(loaded: int, now: datetime, tmp_path: Path) -> None:
    path = changed_file(tmp_path, "infobip", notice_days=77, verified_on="2099-01-01", contact_email="a@b.example")
    assert load_directory(by=OPERATOR, now=now, path=path) == (0, 1)
    bsp = Bsp.objects.get(slug="infobip")
    assert (bsp.notice_days, bsp.verified_on, bsp.contact_email, bsp.data_version) == (
        77,
        date(2099, 1, 1),
        "a@b.example",
        "2099-01-1",
    )


def test_what_a_lead_has_edited_stays_and_the_rest_follows_the_file(loaded: int, now: datetime, tmp_path: Path) -> None:
    bsp = Bsp.objects.get(slug="infobip")
    bsp.notice_days = 5
    keep_edit(bsp=bsp, fields=["notice_days", "not_a_field"], by=OPERATOR, now=now)
    path = changed_file(tmp_path, "infobip", notice_days=77, name="Infobip Ltd")
    load_directory(by=OPERATOR, now=now, path=path)
    bsp.refresh_from_db()
    assert (bsp.notice_days, bsp.name, bsp.edited_fields) == (5, "Infobip Ltd", ["notice_days"])
    assert bsp_named("infobip ltd") == bsp


@pytest.mark.parametrize("text", ["MessageBird", "  messagebird ", "BIRD", "bird", "Bírd"])
def test_a_name_is_found_without_case_accents_and_blanks(loaded: int, text: str) -> None:
    found = bsp_named(text)
    assert found is not None
    assert found.slug == "bird"


@pytest.mark.parametrize("text", ["", "   ", "bir", "birdy", "nobody"])
def test_what_is_not_a_name_is_not_found(loaded: int, text: str) -> None:
    assert bsp_named(text) is None


def test_no_name_belongs_to_two(loaded: int) -> None:
    names = [name for bsp in directory() for name in bsp.match_names]
    assert len(set(names)) == len(names)


def test_only_a_bsp_that_takes_requests_from_partners_has_an_address_for_us(loaded: int) -> None:
    assert address_for_partner(None) == ""
    for bsp in directory():
        bsp.contact_email = "x@y.example"
        listens = bsp.accepts_request_from == "client_or_partner"
        assert address_for_partner(bsp) == ("x@y.example" if listens else "")
