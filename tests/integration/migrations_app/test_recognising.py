"""A BSP that the directory does not know: generic words until the desk finds out, then everything follows."""

import pytest
from django.core import mail

from config.core.errors import NotFound
from config.core.uow import IllegalTransition
from migrations_app.services import editing
from migrations_app.services.recognising import Recognition, recognise_bsp
from providers.models import Bsp, BspName
from providers.selectors.directory import bsp_named
from providers.services.directory import keep_edit
from providers.services.naming import NameTaken
from tests.factories.desk import Desk
from tests.factories.walks import Path, Walk, Walker

FILED_AS = "  Pájaro Mensajero "


@pytest.fixture
def puzzle(walk: Walker) -> Walk:
    return walk(Path.TRIAGE, current_bsp=FILED_AS, waba_owner="old_bsp")


def recognise(walked: Walk, slug: str = "", *, new_name: str = "", remember: bool = False) -> Bsp:
    found = Recognition(slug, new_name, remember)
    return recognise_bsp(ticket_id=walked.ticket.pk, found=found, by=walked.desk, now=walked.now)


def letters(walked: Walk) -> str:
    walked.send_all_due()
    return "\n".join(str(message.body) for message in mail.outbox)


def test_the_letter_for_an_unknown_bsp_says_so_and_gives_metas_procedure(puzzle: Walk) -> None:
    text = letters(puzzle)
    assert "Ainda não sabemos como a Pájaro Mensajero trata isso" in text
    assert "itself writes about leaving" not in text


def test_the_letter_for_a_documented_bsp_gives_its_own_steps_in_the_clients_language(walk: Walker) -> None:
    text = letters(walk(Path.FILED, current_bsp="bird", client={"language": "en"}))
    assert "What Bird itself writes about leaving:" in text
    assert "Where the client cannot do it, it asks the BSP's support." in text
    assert "We do not know yet" not in text


def test_a_recognised_bsp_takes_the_ticket_out_of_triage_with_tag_and_event(puzzle: Walk, desk: Desk) -> None:
    version = puzzle.fresh().version
    assert recognise(puzzle, "bird").slug == "bird"
    ticket, case = puzzle.fresh(), puzzle.case
    assert case.current_bsp is not None
    assert (case.current_bsp.slug, case.current_bsp_name) == ("bird", "Pájaro Mensajero")
    assert (ticket.queue_id, ticket.stage, ticket.tags) == (desk.latam.pk, "requirements", ["bsp:bird"])
    assert ticket.version > version
    changed = [event.data for event in puzzle.events() if event.type == "ticket.updated"]
    assert changed == [{"fields": ["current_bsp", "phone_numbers"], "current_bsp": "bird"}]
    routed = [event.data["reason"] for event in puzzle.events() if event.type == "ticket.routed"]
    assert routed == ["unknown_bsp", "rule"]


def test_the_warnings_follow_what_is_known_of_the_bsp(puzzle: Walk) -> None:
    def warned() -> set[str]:
        return {warning["code"] for warning in puzzle.number().warnings} & {"unknown_bsp", "old_bsp_client_only"}

    assert warned() == {"unknown_bsp"}
    recognise(puzzle, "360dialog")
    assert warned() == {"old_bsp_client_only"}


def test_a_ticket_that_no_rule_takes_stays_in_triage_with_its_bsp(walk: Walker, desk: Desk) -> None:
    walked = walk(Path.TRIAGE, current_bsp=FILED_AS, client={"country": "JP"}, phone_numbers=["+81312345678"])
    desk.latam.rules.update(conditions={"country": ["BR"]})
    recognise(walked, "bird")
    assert (walked.fresh().queue_id, walked.fresh().stage) == (desk.triage.pk, "triage")
    assert walked.case.current_bsp == Bsp.objects.get(slug="bird")


def test_a_ticket_that_somebody_moved_by_hand_stays_where_it_is(puzzle: Walk, desk: Desk) -> None:
    puzzle.fresh()
    type(puzzle.ticket).objects.filter(pk=puzzle.ticket.pk).update(queue=desk.latam)
    recognise(puzzle, "bird")
    assert puzzle.fresh().queue_id == desk.latam.pk
    assert [event.data["reason"] for event in puzzle.events() if event.type == "ticket.routed"] == ["unknown_bsp"]


def test_a_remembered_name_means_the_bsp_for_every_later_ticket(puzzle: Walk, walk: Walker) -> None:
    recognise(puzzle, "bird", remember=True)
    assert walk(Path.FILED, "+5511955556666", current_bsp="PAJARO  MENSAJERO").case.current_bsp == bsp_named("bird")


def test_a_name_is_not_remembered_unasked(puzzle: Walk) -> None:
    recognise(puzzle, "bird")
    assert bsp_named(FILED_AS) is None


def test_a_new_bsp_is_added_and_known_from_then_on(puzzle: Walk) -> None:
    bsp = recognise(puzzle, new_name="Pajaro", remember=True)
    assert (bsp.slug, bsp.procedure_kind, bsp_named(FILED_AS)) == ("pajaro", "generic", bsp)
    assert puzzle.fresh().tags == ["bsp:pajaro"]


def test_what_cannot_be_recognised_changes_nothing(puzzle: Walk, walk: Walker) -> None:
    for refused, slug, name in ((NotFound, "nobody", ""), (NameTaken, "", "MessageBird")):
        with pytest.raises(refused):
            recognise(puzzle, slug, new_name=name)
    BspName.objects.create(bsp=Bsp.objects.get(slug="wati"), key="pajaro mensajero", name="Pajaro Mensajero")
    with pytest.raises(NameTaken):
        recognise(puzzle, "bird", remember=True)
    assert (puzzle.case.current_bsp, puzzle.fresh().tags) == (None, [])
    with pytest.raises(IllegalTransition):
        recognise(walk(Path.FILED, "+5511955556666"), "bird")
    with pytest.raises(IllegalTransition):
        recognise(walk(Path.DRAFT, "+5511955556667", current_bsp="Nobody Knows"), "bird")


def test_a_bsp_that_listens_to_us_is_written_to_as_soon_as_it_is_known(puzzle: Walk) -> None:
    bsp = Bsp.objects.get(slug="bird")
    bsp.accepts_request_from, bsp.contact_email, bsp.letter_language = "client_or_partner", "exit@bird.example", "es"
    fields = ["accepts_request_from", "contact_email", "letter_language"]
    keep_edit(bsp=bsp, fields=fields, by=puzzle.desk, now=puzzle.now)
    puzzle.send_all_due()
    waiting = puzzle.planned()
    assert waiting.recipient_party == "client"
    puzzle.later(hours=1)
    recognise(puzzle, "bird")
    assert (puzzle.planned().recipient_party, puzzle.planned().language) == ("old_bsp", "es")
    assert puzzle.planned().due_at <= waiting.due_at
    assert puzzle.chase().next_at == puzzle.fresh().next_nudge_at == puzzle.planned().due_at


def test_a_client_that_names_another_bsp_later_is_followed_by_the_chase(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP, waba_owner="old_bsp")
    bsp = Bsp.objects.get(slug="bird")
    bsp.accepts_request_from, bsp.contact_email = "client_or_partner", "exit@bird.example"
    keep_edit(bsp=bsp, fields=["accepts_request_from", "contact_email"], by=walked.desk, now=walked.now)
    assert walked.planned().recipient_party == "client"
    edit = editing.Edit({"current_bsp": "bird"}, version=None)
    editing.edit_ticket(ticket_id=walked.ticket.pk, edit=edit, by=walked.by, now=walked.now)
    assert walked.planned().recipient_party == "old_bsp"
