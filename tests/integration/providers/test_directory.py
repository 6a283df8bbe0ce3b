"""The BSP directory: loaded from its file, edited by leads, asked by name."""

import json
from datetime import date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.utils import translation

from config.core.actor import OPERATOR
from providers.models import Bsp, BspName
from providers.selectors.directory import (
    address_for_partner,
    bsp_named,
    bsps_like,
    conditions_of,
    directory,
    documented_steps,
    procedure_of,
    turnaround_text,
)
from providers.services.directory import DATA_FILE, add_unlisted, keep_edit, load_directory
from providers.services.naming import NameTaken, learn_name

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(now: datetime) -> int:
    Bsp.objects.all().delete()
    return len(load_directory(by=OPERATOR, now=now).added)


def changed_file(folder: Path, slug: str, **changes: object) -> Path:
    data = json.loads(DATA_FILE.read_text(encoding="utf-8"))
    next(entry for entry in data["bsps"] if entry["slug"] == slug).update(changes)
    data["version"] = "2099-01-1"
    path = folder / "bsps.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def everything() -> list[object]:
    return [*Bsp.objects.order_by("pk").values_list(), *BspName.objects.order_by("pk").values_list()]


def edited(slug: str, now: datetime, **changes: object) -> Bsp:
    bsp = Bsp.objects.get(slug=slug)
    for name, value in changes.items():
        setattr(bsp, name, value)
    keep_edit(bsp=bsp, fields=list(changes), by=OPERATOR, now=now)
    return bsp


# Loading


def test_loading_again_changes_nothing(loaded: int, now: datetime) -> None:
    assert loaded == len(json.loads(DATA_FILE.read_text(encoding="utf-8"))["bsps"])
    before = everything()
    again = load_directory(by=OPERATOR, now=now)
    assert (again.added, again.changed, again.kept, again.kept_names) == ([], {}, {}, [])
    assert everything() == before


def test_a_new_version_of_the_file_changes_what_it_says(loaded: int, now: datetime, tmp_path: Path) -> None:
    path = changed_file(tmp_path, "infobip", turnaround_most=1.5, verified_on="2099-01-01", contact_email="a@b.example")
    load = load_directory(by=OPERATOR, now=now, path=path)
    assert load.changed == {"infobip": ["contact_email", "turnaround_most", "verified_on"]}
    bsp = Bsp.objects.get(slug="infobip")
    assert (bsp.verified_on, bsp.contact_email, bsp.data_version) == (date(2099, 1, 1), "a@b.example", "2099-01-1")
    assert float(bsp.turnaround_most or 0) == 1.5
    assert load_directory(by=OPERATOR, now=now, path=path).changed == {}


def test_what_a_lead_has_edited_stays_and_the_rest_follows_the_file(loaded: int, now: datetime, tmp_path: Path) -> None:
    bsp = Bsp.objects.get(slug="infobip")
    bsp.channel = "email"
    keep_edit(bsp=bsp, fields=["channel", "not_a_field"], by=OPERATOR, now=now)
    path = changed_file(tmp_path, "infobip", channel="portal", name="Infobip Ltd")
    load = load_directory(by=OPERATOR, now=now, path=path)
    assert (load.changed, load.kept) == ({"infobip": ["name"]}, {"infobip": ["channel"]})
    bsp.refresh_from_db()
    assert (bsp.channel, bsp.name, bsp.edited_fields) == ("email", "Infobip Ltd", ["channel"])
    assert bsp_named("infobip ltd") == bsp


def test_an_entry_can_be_given_back_to_the_file(loaded: int, now: datetime) -> None:
    edited("infobip", now, channel="email")
    edited("zoko", now, channel="email")
    with pytest.raises(CommandError, match="No such BSP: nobody"):
        call_command("load_bsps", "--follow", "nobody")
    call_command("load_bsps", "--follow", "infobip", "--dry-run", stdout=StringIO())
    assert Bsp.objects.get(slug="infobip").edited_fields == ["channel"]
    call_command("load_bsps", "--follow", "infobip", stdout=StringIO())
    given_back, kept = Bsp.objects.get(slug="infobip"), Bsp.objects.get(slug="zoko")
    assert (given_back.channel, given_back.edited_fields) == ("support_ticket", [])
    assert (kept.channel, kept.edited_fields) == ("email", ["channel"])


def test_a_dry_run_tells_the_same_and_changes_nothing(loaded: int, now: datetime, tmp_path: Path) -> None:
    edited("infobip", now, channel="email")
    path = changed_file(tmp_path, "infobip", channel="portal", name="Infobip Ltd")
    before = everything()
    rehearsed = load_directory(by=OPERATOR, now=now, path=path, dry_run=True)
    assert everything() == before
    assert load_directory(by=OPERATOR, now=now, path=path) == rehearsed


def test_the_command_says_what_it_changed_and_what_it_kept(loaded: int, now: datetime) -> None:
    edited("infobip", now, channel="email")
    Bsp.objects.filter(slug="zoko").update(name="Zokko")
    Bsp.objects.filter(slug="wati").delete()

    def told(*arguments: str) -> list[str]:
        out = StringIO()
        call_command("load_bsps", *arguments, stdout=out)
        return [line.strip() for line in out.getvalue().splitlines()]

    lines = told("--dry-run")
    assert "1 added, 1 changed" in lines[0]
    assert "added    wati" in lines
    assert "changed  zoko: name" in lines
    assert "kept     infobip: channel (edited by a lead)" in lines
    assert lines[-1] == "Dry run: nothing was changed."
    assert not Bsp.objects.filter(slug="wati").exists()
    assert told()[0] == lines[0]
    assert "0 added, 0 changed" in told()[0]


# Names


@pytest.mark.parametrize("text", ["MessageBird", "  messagebird ", "BIRD", "bird", "Bírd"])
def test_a_name_is_found_without_case_accents_and_blanks(loaded: int, text: str) -> None:
    found = bsp_named(text)
    assert found is not None
    assert found.slug == "bird"


@pytest.mark.parametrize("text", ["", "   ", "bir", "birdy", "nobody"])
def test_what_is_not_a_name_is_not_found(loaded: int, text: str) -> None:
    assert bsp_named(text) is None


def test_the_database_lets_no_name_mean_two(loaded: int) -> None:
    wati = Bsp.objects.get(slug="wati")
    with pytest.raises(IntegrityError), transaction.atomic():
        BspName.objects.create(bsp=wati, key="messagebird", name="MessageBird")


def test_a_lead_cannot_give_a_name_that_means_another(loaded: int, now: datetime) -> None:
    with pytest.raises(NameTaken) as refusal:
        edited("wati", now, aliases=["Message Bird Two", "MESSAGEBIRD"])
    assert refusal.value.extra == {"name": "MESSAGEBIRD", "bsp": "Bird"}
    assert Bsp.objects.get(slug="wati").aliases != ["Message Bird Two", "MESSAGEBIRD"]


def test_an_alias_that_is_taken_away_is_not_found_any_more(loaded: int, now: datetime) -> None:
    edited("bird", now, aliases=["Message Bird"])
    assert bsp_named("MessageBird") is None
    assert bsp_named("message bird") == bsp_named("bird")
    edited("wati", now, aliases=["MessageBird"])
    assert bsp_named("MessageBird") == bsp_named("wati")


def test_an_alias_can_wander_from_one_entry_to_another_in_one_file(loaded: int, now: datetime, tmp_path: Path) -> None:
    data = json.loads(DATA_FILE.read_text(encoding="utf-8"))
    by_slug = {entry["slug"]: entry for entry in data["bsps"]}
    by_slug["aisensy"]["aliases"].append("MessageBird")
    by_slug["bird"]["aliases"].remove("MessageBird")
    path = tmp_path / "bsps.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert load_directory(by=OPERATOR, now=now, path=path).kept_names == []
    assert bsp_named("MessageBird") == bsp_named("aisensy")


def test_a_learned_name_finds_the_bsp_but_is_told_to_nobody(loaded: int, now: datetime) -> None:
    bird = Bsp.objects.get(slug="bird")
    learn_name(bird, "  Pájaro  Mensajero ")
    learn_name(bird, "pajaro mensajero")
    assert bsp_named("PAJARO MENSAJERO") == bird
    assert not bsps_like(directory(), "pajaro").exists()
    with pytest.raises(NameTaken):
        learn_name(Bsp.objects.get(slug="wati"), "Pajaro Mensajero")


def test_what_the_desk_has_learned_is_not_overruled_by_a_later_file(loaded: int, now: datetime, tmp_path: Path) -> None:
    learn_name(Bsp.objects.get(slug="bird"), "Pajaro")
    path = changed_file(tmp_path, "wati", aliases=["Pajaro"])
    assert load_directory(by=OPERATOR, now=now, path=path).kept_names == [("wati", "Pajaro")]
    assert bsp_named("Pajaro") == bsp_named("bird")
    path = changed_file(tmp_path, "bird", aliases=["MessageBird", "Pajaro"])
    assert load_directory(by=OPERATOR, now=now, path=path).kept_names == []
    assert bsps_like(directory(), "pajaro").get().slug == "bird"


def test_an_unlisted_bsp_is_added_with_nothing_known_of_it(loaded: int, now: datetime) -> None:
    bsp = add_unlisted(name="Três Amigos", by=OPERATOR, now=now)
    assert (bsp.slug, bsp.two_step_off_by, bsp.contact_email, bsp.source_url) == ("tres-amigos", "unknown", "", "")
    assert bsp_named("tres amigos") == bsp
    assert add_unlisted(name="Три друга", by=OPERATOR, now=now).slug == "bsp"
    assert add_unlisted(name="Другие", by=OPERATOR, now=now).slug == "bsp-2"
    with pytest.raises(NameTaken):
        add_unlisted(name="MESSAGEBIRD", by=OPERATOR, now=now)
    load_directory(by=OPERATOR, now=now)
    assert bsp_named("tres amigos") == bsp


# What is said of an entry


def test_only_a_bsp_that_takes_requests_from_partners_has_an_address_for_us(loaded: int) -> None:
    assert address_for_partner(None) == ""
    for bsp in directory():
        bsp.contact_email = "x@y.example"
        listens = bsp.accepts_request_from == "client_or_partner"
        assert address_for_partner(bsp) == ("x@y.example" if listens else "")


def test_a_bsp_of_which_nothing_is_known_has_metas_general_procedure(loaded: int) -> None:
    zoko, bird = Bsp.objects.get(slug="zoko"), Bsp.objects.get(slug="bird")
    assert [step.code for step in procedure_of(zoko)] == ["turn_off_in_manager", "confirm_by_email", "bsp_owns_account"]
    assert documented_steps(zoko) == documented_steps(None) == []
    assert [step.code for step in procedure_of(bird)][-1] == "ask_support_if_stuck"
    assert len(documented_steps(bird)) == 3


def test_own_words_of_a_lead_are_shown_as_written_and_days_stand_in_their_text(loaded: int, now: datetime) -> None:
    bsp = edited(
        "zoko",
        now,
        procedure=["confirm_by_email", "Call Maria at 100 %"],
        exit_conditions=[{"code": "notice", "days": 45}, {"code": "other", "text": "Bring cake: 50 %"}],
    )
    assert [step.code for step in procedure_of(bsp)] == ["confirm_by_email", "other"]
    assert procedure_of(bsp)[1].text == "Call Maria at 100 %"
    notice, cake = conditions_of(bsp)
    assert (notice.days, "45" in notice.text) == (45, True)
    assert (cake.code, cake.text) == ("other", "Bring cake: 50 %")


@pytest.mark.parametrize(
    ("slug", "text"),
    [
        ("sinch", "Arriving numbers: 1–3 hours"),
        ("securitec", "Deciding a channel request: 1.5–2 weeks"),
        ("interakt", "Arriving numbers: minutes"),
        ("zoko", ""),
    ],
)
def test_a_stated_time_in_words(loaded: int, slug: str, text: str) -> None:
    with translation.override("en"):
        assert turnaround_text(Bsp.objects.get(slug=slug)) == text


def test_the_file_may_say_where_a_bsps_office_is(loaded: int, tmp_path: Path, now: datetime) -> None:
    office = {"office_timezone": "Europe/Zagreb", "office_country": "HR"}
    path = changed_file(tmp_path, "infobip", **office)
    assert load_directory(by=OPERATOR, now=now, path=path).changed == {"infobip": ["office_timezone", "office_country"]}
    assert load_directory(by=OPERATOR, now=now).changed == {}, "a file that is silent about it takes nothing back"
    assert Bsp.objects.get(slug="infobip").office_country == "HR"
