"""Evidence: what was said and shown, by whom, what became of it; nothing of it is lost or told to the feed."""

import uuid
from datetime import datetime
from pathlib import Path as Folder
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from config.core.errors import Invalid
from migrations_app.enums import RequirementState as State
from migrations_app.models import Evidence
from migrations_app.services.requirements import Claim, claim_with_file
from tests.factories.files import EXE, PDF
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import Visibility
from tickets.models import Attachment
from tickets.services.files import FileNotTaken, Upload, attach

CODE = "two_step_disabled"
LINK = "https://business.facebook.com/shot.png"


@pytest.fixture
def walked(walk: Walker, files: Folder) -> Walk:
    return walk(Path.FILED)


def file_of(walked: Walk) -> Attachment:
    upload = Upload("off.pdf", PDF)
    return attach(ticket_id=walked.ticket.pk, upload=upload, visibility=Visibility.PUBLIC, by=walked.by, now=walked.now)


def rounds(walked: Walk, code: str = CODE) -> list[tuple[int, str, str, str]]:
    rows = Evidence.objects.filter(requirement=walked.requirement(code)).order_by("round")
    return [(row.round, row.kind, row.statement, row.verdict) for row in rows]


def said(walked: Walk, code: str = CODE) -> list[tuple[int, str | None, str]]:
    return [
        (entry["round"], entry.get("statement"), entry["verdict"])
        for entry in walked.requirement(code).evidence_history
    ]


def test_words_a_file_and_a_link_are_kept_with_who_gave_them_and_when(walked: Walk) -> None:
    row = file_of(walked)
    walked.claim(statement="Off since Monday", link=LINK, attachment=row.uid)
    kept = Evidence.objects.get()
    assert (kept.kind, kept.statement, kept.link, kept.attachment) == ("file", "Off since Monday", LINK, row)
    assert (kept.given_by, kept.confirmed_by, kept.at, kept.verdict) == ("Padaria Sol", "client", walked.now, "pending")
    shown = walked.evidence(CODE)
    assert (shown["link"], shown["attachment"]) == (LINK, {"id": str(row.uid), "filename": "off.pdf"})


def test_the_event_has_the_files_id_and_nothing_of_what_was_said(walked: Walk) -> None:
    row = file_of(walked)
    walked.claim(statement="Off since Monday", link=LINK, attachment=row.uid)
    event = next(event for event in reversed(walked.events()) if event.type == "requirement.changed")
    assert event.data == {
        "requirement": CODE, "number": NUMBER, "old": "unmet", "new": "claimed", "attachment": str(row.uid),
    }  # fmt: skip


def test_what_was_said_in_an_earlier_round_stays_readable(walked: Walk) -> None:
    walked.claim(statement="It is off")
    walked.later(hours=1)
    walked.decide(CODE, State.UNMET, reason="Meta still sees it on")
    assert walked.requirement(CODE).evidence is None
    walked.later(hours=1)
    walked.claim(statement="Now it really is")
    walked.decide(CODE, State.MET)
    assert rounds(walked) == [(1, "text", "It is off", "refused"), (2, "text", "Now it really is", "accepted")]
    assert said(walked) == [(1, "It is off", "refused")]
    assert walked.evidence(CODE)["statement"] == "Now it really is"
    assert walked.evidence(CODE)["accepted_by"] == "bea"


def test_a_requirement_that_was_met_and_opens_again_keeps_what_had_been_accepted(walked: Walk) -> None:
    walked.claim(statement="It is off")
    walked.decide(CODE, State.MET)
    walked.decide(CODE, State.UNMET, reason="Somebody switched it on again")
    assert rounds(walked) == [(1, "text", "It is off", "accepted")]
    assert said(walked) == [(1, "It is off", "accepted")]


def test_failing_ends_a_round_too(walked: Walk) -> None:
    walked.claim(statement="It is off")
    walked.decide(CODE, State.FAILED, reason="The BSP refuses")
    assert (walked.requirement(CODE).evidence, said(walked)) == (None, [(1, "It is off", "refused")])


def test_a_file_can_be_added_to_a_claim_that_stands(walked: Walk) -> None:
    walked.claim(statement="It is off")
    row = file_of(walked)
    events = len(walked.events())
    walked.claim(attachment=row.uid)
    assert walked.requirement(CODE).state == State.CLAIMED
    assert [entry[:2] for entry in rounds(walked)] == [(1, "text"), (2, "file")]
    assert len(walked.events()) == events + 1
    assert walked.events()[-1].data["attachment"] == str(row.uid)
    walked.decide(CODE, State.MET)
    assert {entry[3] for entry in rounds(walked)} == {"accepted"}
    assert said(walked) == [(1, "It is off", "accepted")]


def test_a_link_beside_what_is_met_changes_nothing(walked: Walk) -> None:
    walked.decide(CODE, State.MET)
    walked.claim(link=LINK)
    assert [entry[1] for entry in rounds(walked)] == ["text"]


def test_meta_s_acceptance_is_the_proof(walk: Walker, meta: Meta, files: Folder) -> None:
    walked = walk(Path.LIVE)
    kept = rounds(walked)
    assert [(entry[1], entry[3]) for entry in kept] == [("text", "accepted"), ("proof", "accepted")]
    assert Evidence.objects.get(kind="proof").given_by == "Meta"


def test_each_number_has_rounds_of_its_own(walk: Walker, files: Folder) -> None:
    walked = walk(Path.FILED, NUMBER, OTHER_NUMBER)
    walked.claim(numbers=[OTHER_NUMBER], statement="The second one")
    walked.decide(CODE, State.UNMET, reason="It is on", number_id=walked.number(2).pk)
    assert walked.requirement(CODE, 1).evidence_history == []
    assert [entry["statement"] for entry in walked.requirement(CODE, 2).evidence_history] == ["The second one"]


def test_an_answer_of_the_form_is_no_round_but_is_remembered(walked: Walk) -> None:
    code = "waba_id"
    assert walked.evidence(code)["confirmed_by"] == "form"
    walked.decide(code, State.UNMET, reason="It is somebody else's")
    assert rounds(walked, code) == []
    assert [entry["confirmed_by"] for entry in walked.requirement(code).evidence_history] == ["form"]


@pytest.mark.parametrize("link", ["http://example.com", "javascript:alert(1)", "https://user:pw@example.com/"])
def test_a_link_that_nobody_should_follow_is_refused(walked: Walk, link: str) -> None:
    with pytest.raises(Invalid) as refusal:
        walked.claim(link=link)
    assert [(error.pointer, error.code) for error in refusal.value.errors] == [("#/link", "invalid")]
    assert walked.requirement(CODE).state == State.UNMET


def test_a_file_of_another_ticket_is_refused(walked: Walk, walk: Walker) -> None:
    other = file_of(walk(Path.FILED, OTHER_NUMBER))
    for uid in (other.uid, uuid.uuid4()):
        with pytest.raises(Invalid) as refusal:
            walked.claim(attachment=uid)
        assert [(error.pointer, error.code) for error in refusal.value.errors] == [("#/attachment", "invalid_choice")]


def test_a_claim_with_a_new_file_is_one_piece_of_work(walked: Walk, files: Folder) -> None:
    def answer(content: bytes, link: str = "") -> None:
        claim = Claim(code=walked.requirement(CODE).code, statement="See the file", link=link)  # type: ignore[arg-type]
        upload = Upload("off.pdf", content)
        claim_with_file(ticket_id=walked.ticket.pk, claim_=claim, upload=upload, by=walked.by, now=walked.now)

    with pytest.raises(FileNotTaken):
        answer(EXE)
    with pytest.raises(Invalid):
        answer(PDF, "http://example.com")
    assert not Attachment.objects.exists()
    assert [path for path in files.rglob("*") if path.is_file()] == []
    assert walked.requirement(CODE).state == State.UNMET
    answer(PDF)
    assert Evidence.objects.get().attachment == Attachment.objects.get()


@pytest.mark.parametrize(
    "columns",
    [{"kind": "file", "attachment": None}, {"kind": "link", "link": ""}, {"kind": "rumour"}, {"verdict": "?"}],
)
def test_the_database_refuses_evidence_that_lacks_what_it_is(
    walked: Walk, now: datetime, columns: dict[str, Any]
) -> None:
    walked.claim(statement="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Evidence.objects.update(**columns)


def test_a_round_stands_once(walked: Walk) -> None:
    walked.claim(statement="x")
    row = Evidence.objects.get()
    row.pk = None
    row._state.adding = True
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_asking_again_names_the_number_in_its_event(walked: Walk) -> None:
    walked.ask_bsp(external_reference="A-1")
    walked.ask_bsp(external_reference="A-2")
    changes = [event.data for event in walked.events() if event.type == "requirement.changed"]
    assert changes[-1] == {"requirement": CODE, "number": NUMBER, "old": "requested", "new": "requested"}
