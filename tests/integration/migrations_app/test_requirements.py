"""Requirements: who may say what, in which state, and what follows for the case."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from config.core.errors import Forbidden, Invalid, NotFound
from config.core.uow import IllegalTransition
from migrations_app.enums import RequirementState as State
from migrations_app.models import Requirement
from migrations_app.services.requirements import ReasonNeeded, TicketEnded
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import Party

CODE = "two_step_disabled"


def _without(field: str) -> dict[str, Any]:
    return {field: None}


REACH: dict[State, Callable[[Walk], None]] = {
    State.UNMET: lambda _w: None,
    State.REQUESTED: lambda w: w.ask_bsp(),
    State.CLAIMED: lambda w: w.claim(),
    State.MET: lambda w: w.decide(CODE, State.MET),
    State.WAIVED: lambda w: w.decide(CODE, State.WAIVED, reason="The number was never protected."),
    State.FAILED: lambda w: w.decide(CODE, State.FAILED, reason="The old BSP says no."),
}
VERBS: dict[str, Callable[[Walk], None]] = {
    "claim": REACH[State.CLAIMED],
    "ask": REACH[State.REQUESTED],
    "confirm": REACH[State.MET],
    "waive": REACH[State.WAIVED],
    "fail": REACH[State.FAILED],
    "reopen": lambda w: w.decide(CODE, State.UNMET, reason="Meta still sees it on."),
}
ENDS_IN = {
    "claim": State.CLAIMED,
    "ask": State.REQUESTED,
    "confirm": State.MET,
    "waive": State.WAIVED,
    "fail": State.FAILED,
    "reopen": State.UNMET,
}
REFUSED = {
    ("ask", State.CLAIMED),
    ("ask", State.MET),
    ("ask", State.WAIVED),
    ("confirm", State.WAIVED),
    ("waive", State.MET),
    ("fail", State.WAIVED),
}
KEPT = {("claim", State.MET), ("claim", State.WAIVED)}
"""Saying again what is settled changes nothing."""


@pytest.mark.parametrize("state", list(State))
def test_every_verb_in_every_state(walk: Walker, subtests: pytest.Subtests, state: State) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    REACH[state](walked)
    for verb, say in VERBS.items():
        with subtests.test(verb=verb), walked.undone():
            if (verb, state) in REFUSED:
                with pytest.raises(IllegalTransition) as refusal:
                    say(walked)
                assert ENDS_IN[verb] not in refusal.value.extra["allowed"]
                assert walked.requirement(CODE).state == state
            else:
                say(walked)
                assert walked.requirement(CODE).state == (state if (verb, state) in KEPT else ENDS_IN[verb])


@pytest.mark.parametrize("path", [Path.DRAFT, Path.CLOSED, Path.CANCELLED, Path.REJECTED])
def test_no_verb_works_on_a_draft_or_an_ended_ticket(
    walk: Walker, meta: Meta, subtests: pytest.Subtests, path: Path
) -> None:
    walked = walk(path)
    before = list(Requirement.objects.values_list("id", "state"))
    for verb, say in VERBS.items():
        with subtests.test(verb=verb):
            with pytest.raises(TicketEnded):
                say(walked)
            assert list(Requirement.objects.values_list("id", "state")) == before


@pytest.mark.usefixtures("claims_suffice")
def test_the_last_claim_makes_the_case_ready_and_invites_the_client(walk: Walker) -> None:
    walked = walk(Path.READY)
    assert (walked.ticket.stage, walked.ticket.waiting_on, walked.ticket.next_action) == (
        "ready",
        "client",
        "book_call",
    )
    assert [notice.message for notice in walked.notices()] == ["slot_invitation"]


def test_a_queue_that_reviews_claims_waits_for_an_agent(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    assert walked.ticket.queue is not None
    walked.ticket.queue.reviews_claims = True
    walked.ticket.queue.tries_claims = False
    walked.ticket.queue.save()
    walked.claim()
    assert (walked.fresh().stage, walked.ticket.waiting_on, walked.ticket.status) == (
        "requirements",
        "onboarding",
        "open",
    )
    walked.decide(CODE, State.MET)
    assert walked.fresh().stage == "ready"


def test_a_claim_can_be_for_one_number_and_that_one_can_be_scheduled(walk: Walker) -> None:
    walked = walk(Path.FILED, NUMBER, OTHER_NUMBER)
    walked.claim(numbers=[OTHER_NUMBER])
    assert [walked.requirement(CODE, place).state for place in (1, 2)] == [State.UNMET, State.CLAIMED]
    assert walked.fresh().stage == "ready"
    assert walked.chase().state == "active"


def test_a_number_may_be_named_in_any_of_its_forms(walk: Walker) -> None:
    walked = walk(Path.FILED)
    walked.claim(numbers=["+551187654321"])
    assert walked.requirement(CODE).state == State.CLAIMED


def test_a_number_of_somebody_else_is_refused_by_its_place(walk: Walker) -> None:
    walked = walk(Path.FILED)
    with pytest.raises(Invalid) as refusal:
        walked.claim(numbers=[NUMBER, OTHER_NUMBER])
    assert [error.pointer for error in refusal.value.errors] == ["#/phone_numbers/1"]
    assert walked.requirement(CODE).state == State.UNMET


def test_a_requirement_that_the_playbook_does_not_know_does_not_exist(walk: Walker) -> None:
    with pytest.raises(NotFound):
        walk(Path.FILED).claim("wallet_funded")


def test_a_client_cannot_say_what_only_the_desk_knows(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE)
    with pytest.raises(Forbidden):
        walked.claim("send_receive_test")
    walked.claim("send_receive_test", by=walked.desk, confirmed_by=Party.ONBOARDING)
    assert walked.fresh().status == "resolved"


def test_a_claim_keeps_who_said_what_and_when(walk: Walker) -> None:
    walked = walk(Path.FILED)
    walked.claim(statement="Switched off this morning", confirmed_by=Party.OLD_BSP)
    row = walked.requirement(CODE)
    assert row.evidence == {
        "statement": "Switched off this morning",
        "confirmed_by": "old_bsp",
        "claimed_by": "Padaria Sol",
        "at": walked.now.isoformat(),
        "kind": "text",
        "round": 1,
    }
    event = walked.events()[-1] if walked.event_types()[-1] == "requirement.changed" else None
    event = event or next(e for e in reversed(walked.events()) if e.type == "requirement.changed")
    assert event.data == {"requirement": CODE, "number": NUMBER, "old": "unmet", "new": "claimed"}


def test_claiming_twice_changes_nothing(walk: Walker) -> None:
    walked = walk(Path.READY)
    events = len(walked.events())
    walked.claim(statement="again")
    assert len(walked.events()) == events
    assert walked.evidence(CODE)["statement"] == ""


def test_an_identifier_is_told_once_and_is_met_at_once(walk: Walker) -> None:
    walked = walk(Path.FILED, waba_id=None, business_manager_id=None)
    version = walked.ticket.version
    walked.claim("waba_id", value="102290129340398")
    assert walked.case.waba_id == "102290129340398"
    assert walked.requirement("waba_id").state == State.MET
    assert walked.fresh().version > version
    assert walked.requirement("business_manager_id").state == State.UNMET


@pytest.mark.parametrize(
    ("code", "value", "problem"),
    [
        ("waba_id", "", "required"),
        ("waba_id", "12345", "invalid_identifier"),
        ("waba_id", "10229012934039a", "invalid_identifier"),
        ("waba_id", NUMBER.lstrip("+"), "identifiers_not_distinct"),
        ("waba_id", "506914307656634", "identifiers_not_distinct"),
        ("business_manager_id", "102290129340398", "identifiers_not_distinct"),
    ],
)
def test_a_wrong_identifier_is_refused_and_nothing_changes(walk: Walker, code: str, value: str, problem: str) -> None:
    walked = walk(Path.FILED, **_without(code))
    with pytest.raises(Invalid) as refusal:
        walked.claim(code, value=value)
    assert [(error.pointer, error.code) for error in refusal.value.errors] == [("#/value", problem)]
    assert walked.requirement(code).state == State.UNMET
    assert getattr(walked.case, code) == ""


def test_what_was_requested_keeps_case_number_and_promise(walk: Walker) -> None:
    walked = walk(Path.FILED)
    promised = walked.now + timedelta(days=5)
    walked.ask_bsp(external_reference="CASE-9", promised_for=promised)
    row = walked.requirement(CODE)
    assert (row.state, row.external_reference, row.promised_for) == (State.REQUESTED, "CASE-9", promised)
    assert walked.fresh().waiting_on == "old_bsp"


def test_asking_again_changes_the_promise(walk: Walker) -> None:
    walked = walk(Path.FILED)
    walked.ask_bsp(promised_for=walked.now + timedelta(days=2))
    later = walked.later(days=2) + timedelta(days=3)
    walked.ask_bsp(external_reference="CASE-10", promised_for=later)
    row = walked.requirement(CODE)
    assert (row.promised_for, row.external_reference, row.state) == (later, "CASE-10", State.REQUESTED)


@pytest.mark.parametrize("state", [State.WAIVED, State.FAILED, State.UNMET])
def test_waiving_failing_and_opening_again_need_a_reason(walk: Walker, state: State) -> None:
    walked = walk(Path.FILED)
    with pytest.raises(ReasonNeeded):
        walked.decide(CODE, state, reason="  ")
    assert walked.requirement(CODE).state == State.UNMET


def test_an_agent_can_decide_for_one_number_alone(walk: Walker) -> None:
    walked = walk(Path.FILED, NUMBER, OTHER_NUMBER)
    walked.decide(CODE, State.MET, number_id=walked.number(2).pk, evidence={"call": "seen in the console"})
    row = walked.requirement(CODE, 2)
    assert (row.state, row.decided_by, walked.evidence(CODE, 2)["call"]) == (State.MET, "bea", "seen in the console")
    assert walked.requirement(CODE, 1).state == State.UNMET


def test_a_failed_requirement_waits_on_the_desk(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    walked.decide(CODE, State.FAILED, reason="The old BSP says no.")
    assert (walked.fresh().waiting_on, walked.ticket.status) == ("onboarding", "open")


def test_business_verification_in_review_waits_on_meta_and_one_not_begun_on_the_client(walk: Walker) -> None:
    assert walk(Path.READY, business_verification="pending").ticket.waiting_on == "meta"
    assert walk(Path.READY, OTHER_NUMBER, business_verification="unverified").ticket.waiting_on == "client"
