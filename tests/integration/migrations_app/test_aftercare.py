"""After the move: what is read at Meta by itself, and what the answers do to the ticket."""

from datetime import timedelta
from typing import Any

import pytest

from config.core.actor import SYSTEM
from config.core.errors import Forbidden
from migrations_app.enums import DeskTaskKind, RequirementState
from migrations_app.enums.aftercare import CheckKind, CheckState
from migrations_app.models import DeskTask, MoveCheck, TemplateEntry
from migrations_app.rules.templates import Before
from migrations_app.selectors.aftercare import due_checks, lost_checks, outcome_counts
from migrations_app.selectors.handover import sheet_of
from migrations_app.services import aftercare_desk, aftercare_runs, templates
from migrations_app.services.move_steps import MetaSaidNo, NoAnswer
from migrations_app.services.requirements import TicketEnded
from providers.meta.simulator.state import Template
from providers.models import Exchange, MetaAccount
from tests.factories.desk import DESTINATION_WABA
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker

pytestmark = pytest.mark.django_db
SOURCE = "102290129340398"


def sweep(walked: Walk, meta: Meta, **later: float) -> int:
    """Let time pass and make whatever is due, as beat and worker do; returns how much that was."""
    walked.later(**later)
    meta.at(walked.now)
    done = 0
    for check_id in due_checks(now=walked.now, limit=100):
        done += aftercare_runs.make_due(check_id, by=SYSTEM, now=walked.now)
    walked.fresh()
    return done


def check(walked: Walk, kind: CheckKind) -> MoveCheck:
    return MoveCheck.objects.get(case=walked.case, kind=kind)


def give(meta: Meta, waba_id: str, *names: str, **options: Any) -> None:
    world = meta.server.world
    waba = world.wabas.setdefault(waba_id, world.waba(waba_id))
    waba.templates += [Template(world.new_template_id(), name, "es", **options) for name in names]


def no_apps(meta: Meta) -> None:
    waba = meta.server.world.waba(DESTINATION_WABA)
    waba.subscribed_apps = []
    meta.server.world.wabas[DESTINATION_WABA] = waba


# The app and the status


def test_a_live_number_is_read_again_and_quality_a_day_later(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE)
    kinds = dict(MoveCheck.objects.filter(case=walked.case, number__isnull=False).values_list("kind", "due_at"))
    live_at = walked.number().live_at
    assert live_at is not None
    assert kinds == {"live": live_at + timedelta(minutes=10), "quality": live_at + timedelta(hours=24)}
    # What the call itself has read stands on the sheet that may leave before the first look.
    (line,) = sheet_of(walked.ticket, walked.case).numbers
    assert (line.status, line.read_at) == ("CONNECTED", live_at)
    sweep(walked, meta, minutes=10)
    row = check(walked, CheckKind.LIVE)
    assert (row.state, (row.result or {})["status"]) == ("done", "CONNECTED")


def test_connected_without_a_subscribed_app_does_not_resolve(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.IN_CALL)
    walked.ask_code()
    walked.verify()
    no_apps(meta)
    walked.register()
    row = walked.requirement("app_subscribed")
    assert (row.state, row.decided_by) == ("unmet", "Meta")
    assert row.detail
    walked.decide("send_receive_test", RequirementState.MET)
    assert (walked.fresh().stage, walked.ticket.status) == ("verifying", "in_progress")

    aftercare_desk.subscribe_our_app(ticket_id=walked.ticket.pk, by=walked.desk, now=walked.now)

    assert walked.requirement("app_subscribed").state == "met"
    assert walked.evidence("app_subscribed")["confirmed_by"] == "meta"
    assert walked.fresh().status == "resolved"


def test_an_app_that_is_gone_after_the_call_opens_the_case_again(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE)
    walked.decide("send_receive_test", RequirementState.MET)
    assert walked.fresh().stage == "closing"
    no_apps(meta)
    sweep(walked, meta, minutes=10)
    assert (walked.ticket.stage, walked.requirement("app_subscribed").state) == ("verifying", "unmet")
    meta.server.world.wabas[DESTINATION_WABA].subscribed_apps = ["670843887433847"]
    assert sweep(walked, meta, minutes=5)
    assert (walked.ticket.stage, walked.requirement("app_subscribed").state) == ("closing", "met")
    assert not sweep(walked, meta, hours=7), "nothing is read for ever"


def test_a_playbook_that_asked_for_no_app_gets_the_requirement_from_meta(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE)
    walked.case.requirements.filter(code="app_subscribed").delete()
    no_apps(meta)
    sweep(walked, meta, minutes=10)
    assert walked.requirement("app_subscribed").state == "unmet"


def test_a_number_that_falls_back_is_shown_to_a_person_and_its_test_is_void(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE)
    walked.decide("send_receive_test", RequirementState.MET)
    meta.server.world.phones[walked.number().phone_number_id].status = "BANNED"
    sweep(walked, meta, minutes=10)
    task = DeskTask.objects.get(case=walked.case, kind=DeskTaskKind.META_PROBLEM)
    assert (task.number, task.text) == (walked.number(), "BANNED")
    assert (walked.ticket.stage, walked.requirement("send_receive_test").state) == ("verifying", "unmet")


def test_a_registered_number_goes_live_as_soon_as_meta_says_so(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.IN_CALL)
    walked.ask_code()
    walked.verify()
    meta.fault("number_facts", drop="before")
    assert walked.register() == "registered"
    assert sweep(walked, meta, minutes=1)
    number = walked.number()
    assert (number.state, number.live_at, number.billing_from) == ("live", walked.now, walked.now)
    assert walked.ticket.stage == "verifying"


def test_without_an_answer_the_reads_back_off(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE)
    headers = {"X-Business-Use-Case-Usage": '{"1": [{"estimated_time_to_regain_access": 30}]}'}
    meta.fault("number_facts", error_key="rate_limited", headers=headers)
    sweep(walked, meta, minutes=10)
    row = check(walked, CheckKind.LIVE)
    assert (row.state, row.tries, row.due_at) == ("planned", 1, walked.now + timedelta(minutes=30))
    assert (row.error or {})["key"] == "rate_limited"
    assert not sweep(walked, meta, minutes=29)
    meta.fault("number_facts", drop="before")
    sweep(walked, meta, minutes=1)
    row.refresh_from_db()
    assert row.due_at == walked.now + timedelta(minutes=10)
    sweep(walked, meta, minutes=10)
    row.refresh_from_db()
    assert (row.state, row.error) == ("done", None)


def test_a_refusal_that_no_waiting_helps_ends_the_reads(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE)
    meta.fault("number_facts", error_key="token_invalid")
    sweep(walked, meta, minutes=10)
    assert check(walked, CheckKind.LIVE).state == "failed"
    assert aftercare_desk.look_again(ticket_id=walked.ticket.pk, by=walked.desk, now=walked.now)
    sweep(walked, meta)
    assert check(walked, CheckKind.LIVE).state == "done"


def test_a_read_whose_process_died_is_planned_again(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE)
    row = check(walked, CheckKind.LIVE)
    MoveCheck.objects.filter(pk=row.pk).update(state=CheckState.RUNNING, claimed_at=walked.now)
    walked.later(hours=1)
    for check_id in lost_checks(claimed_before=walked.now, limit=10):
        aftercare_runs.give_up_lost(check_id, by=SYSTEM, now=walked.now)
    row.refresh_from_db()
    assert (row.state, (row.error or {})["key"]) == ("planned", "process_lost")
    sweep(walked, meta, hours=1)
    row.refresh_from_db()
    assert row.state == "done"


def test_a_check_is_made_once_and_none_of_an_ended_case(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE)
    row = check(walked, CheckKind.LIVE)
    walked.later(minutes=10)
    assert aftercare_runs.make_due(row.pk, by=SYSTEM, now=walked.now)
    assert not aftercare_runs.make_due(row.pk, by=SYSTEM, now=walked.now)
    assert not aftercare_runs.make_due(row.pk + 999, by=SYSTEM, now=walked.now)


def test_nothing_is_read_for_a_case_that_has_ended(walk: Walker, meta: Meta) -> None:
    closed = walk(Path.CLOSED)
    assert not MoveCheck.objects.filter(case=closed.case, state="planned").exists()
    with pytest.raises(TicketEnded):
        aftercare_desk.look_again(ticket_id=closed.ticket.pk, by=closed.desk, now=closed.now)


def test_moves_that_we_do_not_make_are_not_read(walk: Walker, meta: Meta) -> None:
    MetaAccount.objects.update(waba_id="")
    walked = walk(Path.SCHEDULED)
    assert not MoveCheck.objects.filter(case=walked.case).exists()


# Quality, two-step verification, dates


@pytest.mark.parametrize(("quality", "state"), [("GREEN", "met"), ("UNKNOWN", "met"), ("YELLOW", "unmet")])
def test_quality_after_a_day_is_filed_as_evidence(walk: Walker, meta: Meta, quality: str, state: str) -> None:
    walked = walk(Path.LIVE)
    meta.server.world.line(NUMBER.lstrip("+")).quality_rating = quality
    sweep(walked, meta, hours=23, minutes=59)
    assert walked.requirement("quality_24h").state == "unmet"
    sweep(walked, meta, minutes=1)
    row = walked.requirement("quality_24h")
    assert row.state == state
    if state == "met":
        assert quality in walked.evidence("quality_24h")["statement"]
    else:
        assert row.detail
    assert walked.ticket.stage == "verifying", "it blocks nothing"


def test_registering_is_the_proof_that_two_step_verification_is_on_again(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE)
    assert walked.requirement("two_step_reenabled").state == "met"
    assert NUMBER in walked.evidence("two_step_reenabled")["statement"]


def test_a_registration_whose_answer_was_lost_proves_no_pin(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.IN_CALL)
    walked.ask_code()
    walked.verify()
    meta.fault("register", drop="after")
    assert walked.register() == "live"
    assert walked.requirement("two_step_reenabled").state == "unmet"


def test_closing_reminders_have_dates_once_all_is_live(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.IN_CALL)
    assert walked.requirement("old_contract_cancelled").due_at is None
    walked.move()
    due = walked.requirement("old_contract_cancelled").due_at
    assert due == walked.now + timedelta(days=14)
    walked.later(days=2)
    walked.decide("send_receive_test", RequirementState.MET)
    assert walked.requirement("old_contract_cancelled").due_at == due


# Templates


@pytest.fixture
def gupshup(walk: Walker) -> Any:
    """Cases whose playbook asks for a check of templates."""

    def walked(path: Path, *numbers: str) -> Walk:
        return walk(path, *numbers, destination="gupshup")

    return walked


def moved(walk: Any, meta: Meta) -> Walk:
    """A case whose templates were listed before its call, and that is live now."""
    walked: Walk = walk(Path.READY)
    for code in ("wallet_funded", "destination_account_ready"):
        if walked.case.requirements.filter(code=code).exists():
            walked.decide(code, RequirementState.MET)
    walked.book(walked.now.replace(minute=0) + timedelta(hours=24))
    assert sweep(walked, meta) == 1
    for code in ("open_conversations_ack", "templates_ack"):
        walked.claim(code)
    walked.start_call()
    walked.move()
    walked.fresh()
    return walked


def test_copied_templates_are_found_and_settle_the_requirement(gupshup: Any, meta: Meta) -> None:
    give(meta, SOURCE, "welcome", "bye")
    give(meta, SOURCE, "fresh", quality="UNKNOWN")
    give(meta, DESTINATION_WABA, "bye")
    walked = moved(gupshup, meta)
    assert check(walked, CheckKind.TEMPLATES_BEFORE).result == {
        "source_read": True, "source": 3, "there": 1, "after_the_move": False,
    }  # fmt: skip
    sweep(walked, meta, minutes=5)
    assert outcome_counts(walked.case) == {"copied": 1, "there_before": 1, "not_expected": 1}
    assert walked.requirement("templates_checked").state == "met"
    assert "copied: 1" in walked.evidence("templates_checked")["statement"]


def test_what_is_missing_or_rejected_keeps_the_requirement_open(gupshup: Any, meta: Meta) -> None:
    give(meta, SOURCE, "welcome")
    give(meta, SOURCE, "sale", becomes="REJECTED")
    give(meta, SOURCE, "odd", fails_with="Incorrect category")
    walked = moved(gupshup, meta)
    sweep(walked, meta, minutes=5)
    assert outcome_counts(walked.case) == {"copied": 1, "rejected": 1, "missing": 1}
    assert walked.requirement("templates_checked").state == "unmet"
    assert walked.requirement("templates_checked").detail
    templates.start_copy(ticket_id=walked.ticket.pk, by=walked.desk, now=walked.now)
    while sweep(walked, meta):
        pass
    assert outcome_counts(walked.case) == {"copied": 1, "rejected": 1, "failed": 1}
    assert TemplateEntry.objects.get(case=walked.case, name="odd").words == "Incorrect category"
    walked.decide("templates_checked", RequirementState.MET)
    assert walked.requirement("templates_checked").state == "met"


def test_templates_are_copied_page_by_page_each_call_on_record(gupshup: Any, meta: Meta) -> None:
    meta.server.world.waba(DESTINATION_WABA)
    walked = moved(gupshup, meta)
    give(meta, SOURCE, *(f"t{n}" for n in range(1100)), quality="UNKNOWN")
    aftercare_desk.look_again(ticket_id=walked.ticket.pk, by=walked.desk, now=walked.now)
    while sweep(walked, meta):
        pass
    templates.start_copy(ticket_id=walked.ticket.pk, by=walked.desk, now=walked.now)
    while sweep(walked, meta):
        pass
    assert Exchange.objects.filter(purpose="meta.copy_templates", state="sent").count() == 3
    assert outcome_counts(walked.case) == {"copied": 1100}
    assert walked.requirement("templates_checked").state == "met"


def test_copying_that_is_not_answered_goes_on_with_smaller_pages(gupshup: Any, meta: Meta) -> None:
    """Source: Meta, template migration: a call of more than 30 seconds takes a smaller count."""
    give(meta, SOURCE, *(f"t{n}" for n in range(300)), quality="UNKNOWN")
    walked = moved(gupshup, meta)
    templates.start_copy(ticket_id=walked.ticket.pk, by=walked.desk, now=walked.now)
    meta.fault("migrate_templates", drop="after")
    sweep(walked, meta)
    row = check(walked, CheckKind.COPY)
    assert (row.state, row.progress) == ("planned", {"page": 0, "size": 250})
    sweep(walked, meta, minutes=5)
    while sweep(walked, meta):
        pass
    assert check(walked, CheckKind.COPY).state == "done"
    assert outcome_counts(walked.case) == {"copied": 300}


def test_an_old_account_that_is_closed_to_us_is_replaced_by_the_clients_list(gupshup: Any, meta: Meta) -> None:
    give(meta, SOURCE, "welcome")
    meta.server.world.wabas[SOURCE].shared = False
    walked = moved(gupshup, meta)
    assert (check(walked, CheckKind.TEMPLATES_BEFORE).result or {})["source_read"] is False
    sweep(walked, meta, minutes=5)
    assert walked.requirement("templates_checked").state == "unmet"
    listed = [Before("welcome", "es"), Before("gone", "es")]
    assert templates.take_list(ticket_id=walked.ticket.pk, templates=listed, by=walked.desk, now=walked.now) == 2
    sweep(walked, meta)
    assert outcome_counts(walked.case) == {"copied": 1, "missing": 1}


def test_an_empty_old_account_is_settled(gupshup: Any, meta: Meta) -> None:
    walked = moved(gupshup, meta)
    sweep(walked, meta, minutes=5)
    assert walked.requirement("templates_checked").state == "met"


def test_templates_cannot_be_copied_where_we_do_not_move(walk: Walker, meta: Meta) -> None:
    closed = walk(Path.CLOSED)
    with pytest.raises(templates.NoCopy):
        templates.start_copy(ticket_id=closed.ticket.pk, by=closed.desk, now=closed.now)
    with pytest.raises(templates.NoCopy):
        templates.take_list(ticket_id=closed.ticket.pk, templates=[], by=closed.desk, now=closed.now)


# The test of sending and receiving


def record(walked: Walk, sent: list[int], received: list[int], **more: Any) -> bool:
    by = more.pop("by", walked.desk)
    return aftercare_desk.record_test(
        ticket_id=walked.ticket.pk, sent=sent, received=received, note=more.pop("note", ""), by=by, now=walked.now
    )


def test_both_directions_of_every_number_complete_the_test(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE, NUMBER, OTHER_NUMBER)
    first, second = (number.pk for number in walked.numbers())
    assert not record(walked, [first, second], [first])
    row = walked.requirement("send_receive_test")
    assert (row.state, bool(row.detail)) == ("unmet", True)
    assert record(walked, [first, second], [first, second], note="from +34600111222")
    evidence = walked.evidence("send_receive_test")
    assert NUMBER in evidence["statement"]
    assert "from +34600111222" in evidence["statement"]
    assert len(evidence["directions"]) == 2
    assert walked.fresh().status == "resolved"
    assert not record(walked, [first], [])
    assert walked.fresh().stage == "verifying"


def test_only_the_desk_records_tests_of_live_numbers(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE)
    with pytest.raises(Forbidden):
        record(walked, [], [], by=walked.by)
    with pytest.raises(Forbidden):
        aftercare_desk.subscribe_our_app(ticket_id=walked.ticket.pk, by=walked.by, now=walked.now)


def test_nothing_is_tested_before_a_number_is_live(walk: Walker) -> None:
    with pytest.raises(aftercare_desk.NothingLive):
        record(walk(Path.SCHEDULED), [], [])


def test_metas_refusal_of_a_subscription_is_told(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE)
    meta.fault("subscribe_app", error_key="token_invalid")
    with pytest.raises(MetaSaidNo):
        aftercare_desk.subscribe_our_app(ticket_id=walked.ticket.pk, by=walked.desk, now=walked.now)
    meta.fault("subscribe_app", drop="before")
    with pytest.raises(NoAnswer):
        aftercare_desk.subscribe_our_app(ticket_id=walked.ticket.pk, by=walked.desk, now=walked.now)
