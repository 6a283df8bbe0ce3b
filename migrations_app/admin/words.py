"""Words and colours of the agents' screen that no other part of the product needs."""

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.core.api.codes import CATALOGUE
from config.core.errors import DomainError, Invalid
from migrations_app.admin.task_words import ended_words
from migrations_app.enums import (
    AttemptState,
    ChaseState,
    DeskTaskState,
    NumberState,
    PinCallState,
    RequirementState,
    Stage,
)
from migrations_app.enums.proofs import ProofState
from migrations_app.enums.texts import REQUIREMENT_TEXTS, check_title
from migrations_app.models import Chase, MigrationCase
from migrations_app.rules.progress import ENDED
from migrations_app.rules.proof import WhyNot
from migrations_app.services import call_run, dead_letters, milestones
from migrations_app.services.aftercare_desk import NothingLive
from migrations_app.services.answers import NothingToJudge
from migrations_app.services.disputes import ReasonMissing
from migrations_app.services.flow_choice import ReasonForFlowNeeded
from migrations_app.services.handing_over import CallInTheWay
from migrations_app.services.inbox import AlreadyThere, ReasonForAsideNeeded
from migrations_app.services.manners import NotAhead, WhyMissing
from migrations_app.services.move_steps import (
    AnotherStepRuns,
    CoolingDown,
    MetaSaidNo,
    NoAnswer,
    NotInCall,
    Overtaken,
)
from migrations_app.services.pins import PinNotSet
from migrations_app.services.proofs import NotTried
from migrations_app.services.removals import StillThere
from migrations_app.services.requirements import ReasonNeeded, TicketEnded
from migrations_app.services.task_outcomes import NotAskedByPerson, TaskEnded
from migrations_app.services.templates import NoCopy
from tickets.enums import Party, TicketStatus
from tickets.services.routing import SameQueue
from tickets.services.transfers import NotTransferable

DESK_ACTIONS: dict[str, Any] = {
    "triage": _("Look at the form and move the ticket to the right queue."),
    "answer_requirements": _("Work on what is open below: confirm what is proven, ask for what is missing."),
    "book_call": _("Agree a time with the client and book the verification-code call."),
    "check_two_step": _(
        "Meta still sees two-step verification switched on. Have the client check again before a call is agreed; one can be booked."
    ),
    "mend_destination": _(
        "Meta refuses the move for something of ours at the destination: mend what is named here and confirm it, then a time can "
        "be agreed."
    ),
    "switch_waba": _(
        "The client moves the account in Business Suite. When it has, register the numbers and record them as moved."
    ),
    "accept_solution": _(
        "The client accepts the new partner in Business Suite. When it has, record the numbers as moved."
    ),
    "change_hosting": _("Change the hosting at a quiet hour, then record the numbers as moved."),
    "connect_app": _("The client connects the number from the app. When it has, record the number as moved."),
    "wait_for_cool_down": _("Wait: the numbers may be tried again when their rest is over."),
    "join_call": _("Be in the call on time; open the call page some minutes before."),
    "give_codes": _("The call is running: go to the call page."),
    "test_send_receive": _("Send a message from the moved number and one to it, then confirm the test."),
    "finish_closing": _("See that the old contract and the two-step PIN are settled, then close."),
}
"""What an agent should do next, by the ticket's suggested action."""

STATUS_COLOURS: dict[str, str] = {
    TicketStatus.NEW: "info",
    TicketStatus.OPEN: "warning",
    TicketStatus.SCHEDULED: "primary",
    TicketStatus.IN_PROGRESS: "primary",
    TicketStatus.RESOLVED: "success",
    TicketStatus.REJECTED: "danger",
    "on_hold": "warning",
}
STAGE_COLOURS: dict[str, str] = {
    Stage.TRIAGE: "warning",
    Stage.REQUIREMENTS: "info",
    Stage.READY: "primary",
    Stage.SCHEDULED: "primary",
    Stage.IN_CALL: "danger",
    Stage.VERIFYING: "warning",
    Stage.CLOSING: "success",
}
PARTY_COLOURS: dict[str, str] = {
    Party.CLIENT: "info",
    Party.OLD_BSP: "warning",
    Party.ONBOARDING: "danger",
    Party.META: "primary",
}
STATE_COLOURS: dict[str, str] = {
    RequirementState.MET: "success",
    RequirementState.CLAIMED: "info",
    RequirementState.REQUESTED: "primary",
    RequirementState.UNMET: "warning",
    RequirementState.FAILED: "danger",
    NumberState.LIVE: "success",
    NumberState.REGISTERED: "success",
    NumberState.INITIATED: "info",
    NumberState.CODE_REQUESTED: "primary",
    NumberState.CODE_VERIFIED: "primary",
    NumberState.COOLING_DOWN: "warning",
    PinCallState.BOOKED: "primary",
    PinCallState.STARTED: "danger",
    PinCallState.FINISHED: "success",
    PinCallState.NO_SHOW: "danger",
    PinCallState.HELD: "warning",
    ChaseState.ACTIVE: "info",
    ChaseState.ANSWERED: "primary",
    ChaseState.SATISFIED: "success",
    ChaseState.EXHAUSTED: "danger",
    f"task_{DeskTaskState.OPEN}": "warning",
    f"task_{DeskTaskState.DONE}": "success",
    "dispute_open": "danger",
    "mail_unmatched": "danger",
    "mail_received": "warning",
    "mail_filed": "success",
    "mail_auto_reply": "info",
    "mail_bounce": "warning",
    "dispute_upheld": "success",
    "dispute_transferred": "info",
    AttemptState.SENT: "success",
    AttemptState.UNKNOWN: "danger",
    AttemptState.BOUNCED: "danger",
}
"""Colour of a state wherever it is shown; a state without one is grey."""

PROOF_COLOURS: dict[str, str] = {
    ProofState.ACCEPTED: "success",
    ProofState.STILL_ON: "warning",
    ProofState.REFUSED: "danger",
    ProofState.TRYING: "primary",
    ProofState.PLANNED: "info",
}
"""Colour of what Meta said; the rest is grey."""

EMAIL_WORDS: dict[str, Any] = {
    "webhook_off": _("A webhook endpoint was switched off"),
    "two_step_guide": _("Guide: switch two-step verification off"),
    "two_step_letter": _("Letter for the old BSP, to the client"),
    "two_step_reminder": _("Reminder: two-step verification"),
    "two_step_still_on": _("Meta still sees two-step verification on"),
    "two_step_bsp_request": _("Request to the old BSP"),
    "two_step_bsp_reminder": _("Reminder to the old BSP"),
    "two_step_prepare": _("Prepare now, switch off later"),
    "waba_id_request": _("Request for the identifiers"),
    "waba_id_bsp_request": _("Request for the identifiers, to the old BSP"),
    "promise_outcome": _("Question after a promised date"),
    "promise_outcome_bsp": _("Question after a promised date, to the old BSP"),
    "chase_digest": _("Several cases in one message"),
    "chase_digest_bsp": _("Several cases in one message, to the old BSP"),
    "closing_reminder": _("Closing reminder"),
    "slot_invitation": _("Invitation to pick a time"),
    "call_booked": _("Confirmation of the call"),
    "call_moved": _("New time of the call"),
    "agent_call_booked": _("Call in the agent's calendar"),
    "agent_call_moved": _("New time in the agent's calendar"),
    "agent_call_cancelled": _("Call off the agent's calendar"),
    "call_cancelled": _("The call is cancelled"),
    "holder_check": _("Question to the phone holder"),
    "call_reminder_24h": _("Reminder, a day before the call"),
    "call_reminder_1h": _("Reminder, an hour before the call"),
    "call_reminder_10m": _("Reminder, ten minutes before the call"),
    "migration_done": _("The migration is done"),
    "move_instructions": _("How to make the move in Business Suite or in the app"),
    "move_done": _("The move is done"),
    "requirement_reminder": _("Reminder of open requirements"),
    "client_unresponsive_warning": _("Warning before cancelling"),
}
"""What a message is, for people."""

_WHY_NOT: dict[WhyNot, Any] = {
    WhyNot.NOT_BY_API: _("Not tried at Meta: the numbers of this destination are not moved by us."),
    WhyNot.NO_ACCOUNT: _("Not tried at Meta: we hold no account at this destination."),
    WhyNot.NO_TOKEN: _("Not tried at Meta: there is no access token for the destination's account."),
    WhyNot.NO_PAYMENT: _("Not tried at Meta: the destination's account has no payment method."),
    WhyNot.NO_APP: _("Not tried at Meta: no app is subscribed to the destination's account."),
    WhyNot.QUEUE: _("Not tried at Meta: this queue does not try claims."),
    WhyNot.CASE: _("Not tried at Meta at this stage."),
    WhyNot.ON_HOLD: _("Not tried at Meta: the ticket is on hold."),
    WhyNot.NUMBER: _("Not tried at Meta: the number has moved on, or rests."),
    WhyNot.NOT_CLAIMED: _("Not tried at Meta: two-step verification is not asked about for this number."),
    WhyNot.IN_CALL: _("Not tried at Meta: the call is running and does it itself."),
    WhyNot.UNDER_WAY: _("A try is under way; look again in a moment."),
}


def why_not_words(reason: WhyNot, until: datetime | None = None) -> str:
    """Return why a number is not tried at Meta now, in words."""
    if reason is not WhyNot.LIMIT:
        return str(_WHY_NOT[reason])
    when = date_format(localtime(until), "D j M, H:i") if until else "–"
    return str(_("Three tries in 24 hours are made: the next one is possible on %(when)s.") % {"when": when})


_REFUSALS: dict[type[DomainError], Any] = {
    AnotherStepRuns: _("Another step of this number is under way. Nothing was done twice; look again in a moment."),
    Overtaken: _("This step was taken already, by a second click or by somebody else. Nothing was done twice."),
    PinNotSet: _("The number is live, but Meta did not take this two-step PIN: set another one."),
    NotInCall: _("The call has not begun, or this destination's numbers are not moved by us."),
    NothingLive: _("No number is live: there is nothing to test yet."),
    NoCopy: _("Templates cannot be copied here: we do not move this case, or its old account is unknown."),
    CoolingDown: _("The limit of attempts is reached: the number rests now and comes back by itself."),
    NoAnswer: _("Meta did not answer. Look at the number's state before repeating the step."),
    TicketEnded: _("The ticket is a draft or has ended: nothing can be answered now."),
    ReasonForFlowNeeded: _("Say why: the form would decide otherwise."),
    SameQueue: _("The ticket is in this queue already."),
    ReasonNeeded: _("Say why: this decision needs a reason."),
    NothingToJudge: _(
        "Somebody else has judged this answer already, or it is not needed any more. Nothing was changed."
    ),
    AlreadyThere: _("The mail is filed on this ticket already."),
    ReasonForAsideNeeded: _("Say why: this decision needs a reason."),
    milestones.EvidenceMissing: _(
        "Say what you saw, or add a picture of it: a number that only looks live may send nothing."
    ),
    call_run.ReasonMissing: _("Say why: this decision needs a reason."),
    ReasonMissing: _("Say why: this decision needs a reason."),
    WhyMissing: _("Say why: this decision needs a reason."),
    NotAhead: _("Choose a day that is to come, within a year."),
    dead_letters.ReasonNeeded: _("Say why: this decision needs a reason."),
    dead_letters.NotUndelivered: _("Somebody was first: this message is not in the list any more."),
    dead_letters.NotNeededAnyMore: _("Nobody waits for this message any more: it was answered, or its case has ended."),
    dead_letters.AnotherOnItsWay: _("A message of this chase is being sent right now. Try again in a moment."),
    dead_letters.NoWayLeft: _("No address is known. Enter one first, on the ticket or in the BSP directory."),
    StillThere: _("Meta still lists the number at the destination. Remove it there first, then look again."),
    NotAskedByPerson: _("This task ends where its answer is judged or its number is removed."),
    CallInTheWay: _("A call is booked or running. Cancel or finish it first: other people were invited to it."),
    NotTransferable: _("A test ticket stays with its organization, and a ticket cannot be given to its own."),
}


def chase_words(chase: Chase) -> str:
    """Return what a chase asks for; a common list names its requirements."""
    codes = chase.covers or [chase.requirement_code]
    return ", ".join(str(REQUIREMENT_TEXTS[code][0]) for code in codes)


def chase_state(chase: Chase, case: MigrationCase) -> str:
    """Return how far a chase is; one that no person has stopped has ended, and says why."""
    if chase.state != ChaseState.STOPPED or chase.stopped_by:
        return chase.get_state_display()
    return gettext("Ended with the ticket") if case.stage in ENDED else gettext("Ended: nothing is left to ask")


def rung_words(chase: Chase) -> str:
    """Return how far a chase has climbed as people count, from one; empty before its first message.

    The end of the ladder is no rung.
    """
    if chase.last_step is None:
        return ""
    rungs = sum(1 for step in chase.steps if step.get("message"))
    return gettext("%(place)s of %(rungs)s") % {"place": chase.last_step + 1, "rungs": rungs}


def badge(words: Any, colour: str) -> str:
    """Return words as a coloured badge; without a colour it is grey."""
    return format_html('<span class="pt-badge pt-{}">{}</span>', colour or "grey", words)


def refusal_words(refusal: DomainError) -> str:
    """Return what a person is told when a service refuses."""
    if isinstance(refusal, Invalid):
        return " ".join(dict.fromkeys(error.detail for error in refusal.errors))
    if isinstance(refusal, MetaSaidNo) and refusal.detail:
        return str(_("Meta refused the step. What to do: %(advice)s") % {"advice": gettext(refusal.detail)})
    if type(refusal) in _REFUSALS:
        return str(_REFUSALS[type(refusal)])
    if isinstance(refusal, NotTried):
        until = refusal.extra.get("until")
        return why_not_words(WhyNot(refusal.extra["why"]), datetime.fromisoformat(until) if until else None)
    if isinstance(refusal, call_run.NotReady):
        titles = [check_title(code) for code in refusal.extra.get("missing", [])]
        return str(_("Still missing: %(missing)s") % {"missing": ", ".join(titles)})
    if isinstance(refusal, TaskEnded):
        return ended_words(refusal)
    problem = CATALOGUE.get(refusal.code, CATALOGUE["illegal_transition"])
    return f"{problem.title}."
