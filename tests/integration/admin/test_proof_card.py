"""The card of a ticket that tells what Meta said to its numbers."""

import pytest

from config.core.actor import SYSTEM
from migrations_app.models import DeskTask, ProofTry
from migrations_app.selectors.proofs import due_tries
from migrations_app.services import proofs
from tests.factories.forms import NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person
from tickets.models import Queue


@pytest.fixture
def claimed(walk: Walker, meta: Meta) -> Walk:
    meta.protect(NUMBER)
    walked = walk(Path.FILED, two_step_verification="disabled")
    try_all(walked)
    return walked


def try_all(walked: Walk) -> None:
    for pk in due_tries(now=walked.now, limit=10):
        proofs.try_due(pk, by=SYSTEM, now=walked.now)


def test_an_agent_sees_what_meta_said_and_tries_again(
    claimed: Walk, meta: Meta, agent_at_desk: Person, client_person: Person, other_agent: Person
) -> None:
    page = agent_at_desk.page(claimed)
    answer = ProofTry.objects.exclude(ended_at=None)[0].answer or {}
    for words in (
        "Refused: it is still on",
        answer["fbtrace_id"],
        "Two-step authentication must be disabled",
        "2 tries left",
    ):
        assert words in page
    assert answer["fbtrace_id"] not in client_person.page(claimed)
    number_id = claimed.number().pk
    for person in (client_person, other_agent):
        reply = person.post("tickets_ticket_do", claimed.ticket.pk, "try-now", version=1, number_id=number_id)
        assert reply.status_code in {403, 404}
    meta.unprotect(NUMBER)
    assert agent_at_desk.do(claimed, "try-now", number_id=number_id).startswith("The number is tried at Meta")
    try_all(claimed)
    page = agent_at_desk.page(claimed)
    assert "Accepted: it is off" in page
    assert claimed.number().phone_number_id in page
    assert f"{NUMBER} tried at Meta: Accepted: it is off" in page


def test_it_says_why_a_number_is_not_tried(claimed: Walk, agent_at_desk: Person) -> None:
    for _ in range(2):
        agent_at_desk.do(claimed, "try-now", number_id=claimed.number().pk)
        try_all(claimed)
    assert "Three tries in 24 hours are made" in agent_at_desk.page(claimed)
    assert agent_at_desk.do(claimed, "try-now", number_id=claimed.number().pk).startswith("Three tries in 24 hours")
    assert agent_at_desk.do(claimed, "try-now", number_id=0) == "There is nothing here."
    Queue.objects.update(tries_claims=False)
    assert "this queue does not try claims" in agent_at_desk.page(claimed)
    assert "this queue does not try claims" in agent_at_desk.do(claimed, "try-now", number_id=claimed.number().pk)


def test_what_is_left_at_the_destination_is_removed_there_first(
    walk: Walker, meta: Meta, agent_at_desk: Person, other_agent: Person
) -> None:
    walked = walk(Path.FILED, two_step_verification="disabled")
    try_all(walked)
    walked.cancel()
    task, there = DeskTask.objects.get(), walked.number().phone_number_id
    page = agent_at_desk.page(walked)
    assert "Open WhatsApp Manager" in page
    assert there in page
    assert "still lists the number" in agent_at_desk.do(walked, "removed", task=task.pk)
    foreign = walk(Path.TRIAGE, "+5511955556666", current_bsp="Pajaro")
    assert other_agent.do(foreign, "removed", task=task.pk) == "There is no such task."
    meta.remove(there)
    assert "does not list the number" in agent_at_desk.do(walked, "removed", task=task.pk)
    assert "Open WhatsApp Manager" not in agent_at_desk.page(walked)


def test_what_no_rule_can_settle_is_seen_to_by_a_person(walk: Walker, meta: Meta, agent_at_desk: Person) -> None:
    meta.fault("start_migration", error_key="different_business")
    walked = walk(Path.FILED, two_step_verification="disabled")
    try_all(walked)
    assert "No rule can settle this" in agent_at_desk.page(walked)
    assert agent_at_desk.do(walked, "seen-to", task=DeskTask.objects.get().pk) == "Recorded: somebody has seen to it."
    assert "No rule can settle this" not in agent_at_desk.page(walked)
    assert agent_at_desk.do(walked, "removed", task=DeskTask.objects.get().pk) == "There is nothing here."
