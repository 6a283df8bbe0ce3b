"""The words of a reason to wait say what is true now: nobody is promised a reminder that will not come."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from config.core.actor import SYSTEM
from migrations_app.enums import RequirementState
from migrations_app.enums.texts import detail_text
from migrations_app.services import manners
from migrations_app.services.left_alone import remind_again, stop_nudges
from migrations_app.services.nudge_links import NudgeLink
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import Party

PROMISE = "we remind you until it is done"


def words_of(walked: Walk) -> str:
    """Return what the ticket says of two-step verification."""
    return next(detail_text(row) for row in walked.fresh().status_details if row["code"] == "two_step_enabled")


def _stopped(walked: Walk) -> None:
    manners.stop(
        ticket_id=walked.ticket.pk, chase_id=walked.chase().pk, reason="They ring us", by=walked.desk, now=walked.now
    )


def _snoozed(walked: Walk) -> None:
    manners.snooze(
        ticket_id=walked.ticket.pk,
        chase_id=walked.chase().pk,
        until=walked.now + timedelta(days=9),
        reason="Holiday",
        said_by=Party.CLIENT,
        by=walked.desk,
        now=walked.now,
    )


def _unsubscribed(walked: Walk) -> None:
    walked.now = walked.planned().due_at
    walked.send_all_due()
    link = NudgeLink(walked.ticket.contact_email, (walked.ticket.organization_id,), "en")
    stop_nudges(link=link, by=SYSTEM, now=walked.now)


@pytest.mark.parametrize("silence", [_stopped, _snoozed, _unsubscribed])
def test_a_reminder_is_promised_only_while_one_will_come(walk: Walker, silence: Callable[[Walk], None]) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    assert PROMISE in words_of(walked)
    silence(walked)
    assert PROMISE not in words_of(walked)
    assert "The account's owner must switch it off in WhatsApp Manager" in words_of(walked)
    if silence is _unsubscribed:
        remind_again(
            address=walked.ticket.contact_email,
            organizations=[walked.ticket.organization_id],
            by=SYSTEM,
            now=walked.now,
        )
    else:
        manners.resume(ticket_id=walked.ticket.pk, chase_id=walked.chase().pk, by=walked.desk, now=walked.now)
    assert PROMISE in words_of(walked)


def test_of_an_account_of_the_old_bsp_nobody_says_that_its_owner_looks_in_whatsapp_manager(walk: Walker) -> None:
    walked = walk(Path.FILED, waba_owner="old_bsp")
    assert "belongs to the old BSP, which alone can switch it off" in words_of(walked)
    assert walked.fresh().status_details[0]["action_by"] == "client"


@pytest.mark.parametrize("owner", ["client", "old_bsp"])
def test_what_was_asked_for_or_refused_is_said_so(walk: Walker, owner: str) -> None:
    walked = walk(Path.FILED, waba_owner=owner)
    walked.ask_bsp(promised_for=walked.now + timedelta(days=5))
    assert "The old BSP has been asked" in words_of(walked)
    walked.decide("two_step_disabled", RequirementState.FAILED, reason="They refuse")
    assert "Onboarding finds out" in words_of(walked)
    assert PROMISE not in words_of(walked)
