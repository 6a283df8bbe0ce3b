"""Timed work. A sweep finds what is due in the database and hands each row to its own task; losing a message loses nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from celery import shared_task
from django.conf import settings

from config.core import clock
from config.core.actor import SYSTEM
from migrations_app.enums.exports import ExportState
from migrations_app.models import ChaseAttempt, Notice
from migrations_app.selectors import aftercare, cases, due, mails
from migrations_app.selectors import test_desk as test_desk_due
from migrations_app.selectors.exports import exports_due, exports_over
from migrations_app.selectors.holders import holder_due
from migrations_app.selectors.proofs import due_tries, lost_tries
from migrations_app.selectors.proposals import due_proposals
from migrations_app.selectors.readiness import looks_due
from migrations_app.services import (
    aftercare_runs,
    calls,
    endings,
    exports,
    fetching,
    holders,
    insight,
    letting_go,
    mail_filing,
    moves,
    old_links,
    outreach,
    proofs,
    proposals,
    readiness_looks,
    test_desk,
    test_plays,
    webhook_notices,
)
from providers.services import exchanges
from tickets.selectors.webhooks import due_notices

_log = structlog.get_logger("portero.sweeps")
BATCH = 500
"""Most rows one sweep hands out; the next tick takes the rest."""
_MODELS: dict[str, type[ChaseAttempt] | type[Notice]] = {"chase": ChaseAttempt, "notice": Notice}


@contextmanager
def _alone(kind: str, row_id: int) -> Iterator[None]:
    """Keep one poisoned row from stopping the others of its sweep; it is logged at every tick until it is mended."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  (whatever it is, the other rows are due too)
        _log.error("a row of a sweep failed", kind=kind, id=row_id, error_type=type(error).__name__, exc_info=error)


@shared_task(name="migrations.sweep_outreach")
def sweep_outreach(**_: Any) -> None:
    """Hand out every message whose time has come."""
    now = clock.now()
    for kind, model in _MODELS.items():
        for attempt_id in due.due_messages(model, now=now, limit=BATCH):
            send_attempt.delay(kind=kind, attempt_id=attempt_id)


@shared_task(name="migrations.send_attempt")
def send_attempt(*, kind: str, attempt_id: int, **_: Any) -> None:
    """Send one due message; whoever claims it first sends it."""
    outreach.send_due(_MODELS[kind], attempt_id, by=SYSTEM, now=clock.now())


@shared_task(name="migrations.sweep_lost")
def sweep_lost(**_: Any) -> None:
    """Mark messages whose worker died, and hand ladders that have ended to a person."""
    now = clock.now()
    gone = now - timedelta(seconds=settings.ATTEMPT_LEASE_SECONDS)
    for model in _MODELS.values():
        for attempt_id in due.lost_messages(model, claimed_before=gone, limit=BATCH):
            with _alone("attempt", attempt_id):
                outreach.mark_lost(model, attempt_id, by=SYSTEM, now=now)
    exchanges.mark_lost(before=gone, by=SYSTEM, now=now)
    for chase_id, ticket_id in due.ended_ladders(now=now, limit=BATCH):
        with _alone("chase", chase_id):
            outreach.escalate(chase_id, ticket_id, by=SYSTEM, now=now)


@shared_task(name="migrations.sweep_proofs")
def sweep_proofs(**_: Any) -> None:
    """End tries of claims whose process died, and hand out those whose time has come."""
    now = clock.now()
    gone = now - timedelta(seconds=settings.ATTEMPT_LEASE_SECONDS)
    for try_id in lost_tries(claimed_before=gone, limit=BATCH):
        with _alone("try", try_id):
            proofs.give_up_lost(try_id, by=SYSTEM, now=now)
    for try_id in due_tries(now=now, limit=BATCH):
        try_claim.delay(try_id=try_id)


@shared_task(name="migrations.sweep_proposals")
def sweep_proposals(**_: Any) -> None:
    """Go on after times for the call that nobody has answered: times anew, or a call booked unasked."""
    now = clock.now()
    for proposal_id in due_proposals(now=now, limit=BATCH):
        with _alone("proposal", proposal_id):
            proposals.look_after(proposal_id=proposal_id, now=now)


@shared_task(name="migrations.try_claim")
def try_claim(*, try_id: int, **_: Any) -> None:
    """Make one due try of a claim at Meta; whoever claims it first makes it."""
    proofs.try_due(try_id, by=SYSTEM, now=clock.now())


@shared_task(name="migrations.sweep_aftercare")
def sweep_aftercare(**_: Any) -> None:
    """Plan reads again whose process died, and hand out what is due to be read after moves."""
    now = clock.now()
    gone = now - timedelta(seconds=settings.ATTEMPT_LEASE_SECONDS)
    for check_id in aftercare.lost_checks(claimed_before=gone, limit=BATCH):
        with _alone("check", check_id):
            aftercare_runs.give_up_lost(check_id, by=SYSTEM, now=now)
    for check_id in aftercare.due_checks(now=now, limit=BATCH):
        make_check.delay(check_id=check_id)


@shared_task(name="migrations.make_check")
def make_check(*, check_id: int, **_: Any) -> None:
    """Make one due check after a move; whoever claims it first makes it."""
    aftercare_runs.make_due(check_id, by=SYSTEM, now=clock.now())


@shared_task(name="migrations.sweep_clock")
def sweep_clock(**_: Any) -> None:
    """Do what time alone does: free expired holds, look at calls ahead of time, end cool-downs, close resolved tickets."""
    now = clock.now()
    for hold_pk, ticket_id in due.expired_holds(now=now, limit=BATCH):
        with _alone("hold", hold_pk):
            calls.expire_hold(ticket_id=ticket_id, hold_pk=hold_pk, by=SYSTEM, now=now)
    for call_id in looks_due(now=now, limit=BATCH):
        look_at_call.delay(call_id=call_id)
    for number_id in cases.cooling_due(now=now, limit=BATCH):
        with _alone("number", number_id):
            moves.end_cool_down(number_id=number_id, by=SYSTEM, now=now)
    for ticket_id in cases.auto_close_due(now=now, limit=BATCH):
        with _alone("ticket", ticket_id):
            endings.close_if_due(ticket_id=ticket_id, now=now)


@shared_task(name="migrations.sweep_test_desk")
def sweep_test_desk(**_: Any) -> None:
    """Do what the desk of test tickets has to do, and hold their calls, without anybody of the real one."""
    now = clock.now()
    for ticket_id in test_desk_due.desks_due(now=now, limit=BATCH):
        with _alone("test desk", ticket_id):
            test_desk.act(ticket_id=ticket_id, now=now)
    for call_id in test_desk_due.plays_due(now=now, limit=BATCH):
        play_call.delay(call_id=call_id)


@shared_task(name="migrations.play_call")
def play_call(*, call_id: int, **_: Any) -> None:
    """Hold the call of a test ticket; whoever claims it first holds it. Its codes are the sandbox's: they are no secrets."""
    test_plays.play(call_pk=call_id, now=clock.now())


@shared_task(name="migrations.sweep_holders")
def sweep_holders(**_: Any) -> None:
    """Ask phone holders the day before their call, and have those who stay silent rung up."""
    now = clock.now()
    for check_id in holder_due(now=now, limit=BATCH):
        with _alone("holder", check_id):
            holders.go_on(check_id, by=SYSTEM, now=now)


@shared_task(name="migrations.look_at_call")
def look_at_call(*, call_id: int, **_: Any) -> None:
    """Look whether a booked call could begin; the destination is asked at Meta, so it is a task of its own."""
    readiness_looks.look_ahead(call_pk=call_id, by=SYSTEM, now=clock.now())


@shared_task(name="migrations.sweep_abandoned")
def sweep_abandoned(**_: Any) -> None:
    """Go on with clients who are silent: the ladder once more, a warning, letting their lines go."""
    now = clock.now()
    for ticket_id in due.silent_tickets(now=now, limit=BATCH):
        with _alone("ticket", ticket_id):
            letting_go.look_after(ticket_id=ticket_id, now=now)


@shared_task(name="migrations.sweep_webhook_notices")
def sweep_webhook_notices(**_: Any) -> None:
    """Tell owners of webhook endpoints that were switched off."""
    now = clock.now()
    for endpoint_id in due_notices(now=now, limit=BATCH):
        with _alone("webhook notice", endpoint_id):
            webhook_notices.tell_owner(endpoint_id=endpoint_id, by=SYSTEM, now=now)


@shared_task(name="migrations.refresh_insight")
def refresh_insight(**_: Any) -> None:
    """Write the figures of past chases anew."""
    insight.refresh_paces(by=SYSTEM, now=clock.now())


@shared_task(name="migrations.sweep_inbound")
def sweep_inbound(**_: Any) -> None:
    """File mail that was taken in and not filed yet: its process died, or could not read the file."""
    now = clock.now()
    for mail_id in mails.received_mails(limit=BATCH):
        with _alone("mail", mail_id):
            mail_filing.process(mail_id=mail_id, by=SYSTEM, now=now)


@shared_task(name="migrations.fetch_folder")
def fetch_folder(**_: Any) -> None:
    """Take in what waits in the configured folder. Two at a time take nothing twice."""
    if settings.INBOUND_MAILDIR:
        now = clock.now()
        _file_fetched(fetching.fetch_maildir(folder=Path(settings.INBOUND_MAILDIR), by=SYSTEM, now=now))


@shared_task(name="migrations.fetch_mailbox")
def fetch_mailbox(**_: Any) -> None:
    """Take in what came into the configured mailbox. Two at a time take nothing twice."""
    if settings.IMAP_URL:
        _file_fetched(fetching.fetch_imap(url=settings.IMAP_URL, by=SYSTEM, now=clock.now()))


def _file_fetched(run: fetching.Fetched) -> None:
    if run.trouble:
        _log.warning("a mailbox could not be read to its end", reason=run.trouble)
    for mail_id in run.mails:
        with _alone("mail", mail_id):
            mail_filing.process(mail_id=mail_id, by=SYSTEM, now=clock.now())


@shared_task(name="migrations.sweep_exports")
def sweep_exports(**_: Any) -> None:
    """Hand out exports that are to be written (on), also those whose process died; delete files that are kept no longer."""
    now = clock.now()
    for export_id in exports_due(now=now, limit=BATCH):
        write_export.delay(export_id=export_id)
    for export_id in exports_over(now=now, limit=BATCH):
        with _alone("export", export_id):
            exports.expire(export_id, by=SYSTEM, now=now)


@shared_task(name="migrations.write_export", time_limit=1800)
def write_export(*, export_id: int, **_: Any) -> None:
    """Write an export for one turn; what is left is handed out again at once, behind whatever else waits."""
    if exports.write_due(export_id, by=SYSTEM, now=clock.now()) is ExportState.RUNNING:
        write_export.delay(export_id=export_id)


@shared_task(name="migrations.forget_old_exports")
def forget_old_exports(**_: Any) -> None:
    """Delete what is left of exports that ended long ago."""
    exports.forget_old_exports(now=clock.now())


@shared_task(name="migrations.forget_old_links")
def forget_old_links(**_: Any) -> None:
    """Delete links to calls, and of phone holders, that open nothing any more."""
    old_links.forget_old_links(now=clock.now())
