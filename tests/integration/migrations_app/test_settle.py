"""What is done by hand at the desk is followed by the case: hold, queue, assignment."""

import pytest

from config.core.errors import NotFound
from migrations_app.rules.progress import position
from migrations_app.selectors.cases import facts_of
from tests.factories.desk import Desk
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walker
from tickets.rules.lifecycle import category
from tickets.services.routing import reroute
from tickets.services.tickets import assign, set_hold


@pytest.mark.parametrize("path", Path)
def test_the_ticket_shows_what_the_facts_say(walk: Walker, meta: Meta, path: Path) -> None:
    walked = walk(path)
    if path is Path.DRAFT:
        return
    ticket = walked.fresh()
    where = position(facts_of(walked.case, ticket))
    assert (ticket.stage, ticket.status, ticket.waiting_on, ticket.next_action) == (
        where.stage,
        where.status,
        where.party,
        where.next_action,
    )
    assert ticket.stage == walked.case.stage


def test_rerouting_leaves_triage_with_the_reason_for_the_desk_alone(walk: Walker, desk: Desk) -> None:
    walked = walk(Path.TRIAGE)
    reroute(ticket_id=walked.ticket.pk, queue_id=desk.latam.pk, reason="Known to us", by=walked.desk, now=walked.now)
    assert (walked.fresh().stage, walked.ticket.queue) == ("requirements", desk.latam)
    routed = [event for event in walked.events() if event.type == "ticket.routed"][1:]
    assert [(event.internal, "Known to us" in str(event.data)) for event in routed] in (
        [(False, False), (True, True)],
        [(True, True), (False, False)],
    )


def test_a_ticket_may_be_put_back_into_triage_before_its_call(walk: Walker, desk: Desk) -> None:
    walked = walk(Path.READY)
    reroute(ticket_id=walked.ticket.pk, queue_id=desk.triage.pk, reason="?", by=walked.desk, now=walked.now)
    assert (walked.fresh().stage, walked.ticket.status, walked.ticket.waiting_on) == ("triage", "open", "onboarding")


def test_rerouting_to_nowhere(walk: Walker) -> None:
    walked = walk(Path.READY)
    with pytest.raises(NotFound):
        reroute(ticket_id=walked.ticket.pk, queue_id=0, reason="?", by=walked.desk, now=walked.now)
    with pytest.raises(NotFound):
        reroute(ticket_id=0, queue_id=0, reason="?", by=walked.desk, now=walked.now)


def test_rerouting_an_ended_ticket_does_not_revive_it(walk: Walker, desk: Desk) -> None:
    walked = walk(Path.CANCELLED)
    reroute(ticket_id=walked.ticket.pk, queue_id=desk.triage.pk, reason="?", by=walked.desk, now=walked.now)
    assert (walked.fresh().status, walked.ticket.stage) == ("cancelled", "cancelled")


def test_the_hold_flag_lies_over_the_status(walk: Walker) -> None:
    walked = walk(Path.SCHEDULED)
    revision = walked.ticket.revision
    set_hold(ticket_id=walked.ticket.pk, on_hold=True, by=walked.desk, now=walked.now)
    ticket = walked.fresh()
    assert (ticket.on_hold, ticket.status, category(ticket.status, on_hold=ticket.on_hold)) == (
        True,
        "scheduled",
        "pending",
    )
    assert ticket.revision > revision
    set_hold(ticket_id=walked.ticket.pk, on_hold=False, by=walked.desk, now=walked.now)
    assert not walked.fresh().on_hold


@pytest.mark.parametrize("path", [Path.RESOLVED, Path.CLOSED, Path.CANCELLED, Path.REJECTED])
def test_an_ended_ticket_cannot_be_held(walk: Walker, meta: Meta, path: Path) -> None:
    walked = walk(path)
    with pytest.raises(NotFound):
        set_hold(ticket_id=walked.ticket.pk, on_hold=True, by=walked.desk, now=walked.now)


def test_waiting_since_starts_anew_only_when_the_party_changes(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    since = walked.ticket.waiting_since
    walked.later(hours=1)
    walked.claim("open_conversations_ack")
    assert walked.fresh().waiting_since == since
    walked.ask_bsp()
    assert (walked.fresh().waiting_on, walked.ticket.waiting_since) == ("old_bsp", walked.now)


def test_version_rises_with_status_and_stage_and_revision_with_everything(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    version, revision = walked.ticket.version, walked.ticket.revision
    walked.claim("open_conversations_ack")
    assert (walked.fresh().version, walked.ticket.revision) == (version, revision + 1)
    walked.claim()
    assert walked.fresh().version > version


def test_assigning_is_told_once(walk: Walker) -> None:
    walked = walk(Path.FILED)
    for _ in range(2):
        assign(ticket_id=walked.ticket.pk, user_id=walked.agent.pk, by=walked.desk, now=walked.now)
    assert walked.event_types().count("ticket.assigned") == 1
    assign(ticket_id=walked.ticket.pk, user_id=None, by=walked.desk, now=walked.now)
    assert walked.fresh().assignee is None


@pytest.mark.parametrize("path", Path)
def test_the_feed_of_every_path_is_gap_free(walk: Walker, meta: Meta, path: Path) -> None:
    events = walk(path).events()
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
