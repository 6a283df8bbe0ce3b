"""Actions on what belongs to the case: requirements, messages of unknown outcome, calls."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from migrations_app.admin.call_company import call_to_join
from migrations_app.admin.deeds import Action, BadForm, Deed
from migrations_app.enums import RequirementCode, RequirementState
from migrations_app.models import ChaseAttempt, Notice, NumberMove
from migrations_app.rules.hours import end_of_business
from migrations_app.services import calls, outreach, requirements
from migrations_app.services.recognising import Recognition, recognise_bsp
from migrations_app.services.slot_taking import Wish
from providers.services.naming import NameTaken
from tickets.enums import Party

MAX_SHORT = 100
MAX_REASON = 300
_DECISIONS = frozenset({RequirementState.MET, RequirementState.WAIVED, RequirementState.FAILED, RequirementState.UNMET})


def _code(deed: Deed) -> RequirementCode:
    value = deed.data.get("code", "")
    if value not in RequirementCode.values:
        raise BadForm(_("There is no such requirement."))
    return RequirementCode(value)


def _numbers(deed: Deed) -> Sequence[str] | None:
    """Return the number a form is about; None when it is about all of them."""
    number_id = deed.number("number_id")
    if number_id is None:
        return None
    rows = NumberMove.objects.filter(pk=number_id, case__ticket_id=deed.ticket.pk)
    found = rows.values_list("number", flat=True).first()
    if found is None:
        raise BadForm(_("This number is not part of the ticket."))
    return [found]


def _decide(deed: Deed) -> str:
    state = deed.data.get("state", "")
    if state not in _DECISIONS:
        raise BadForm(_("There is no such decision."))
    decision = requirements.Decision(
        code=_code(deed),
        state=RequirementState(state),
        reason=deed.text("reason"),
        number_id=deed.number("number_id"),
    )
    requirements.decide(ticket_id=deed.ticket.pk, decision=decision, by=deed.by, now=deed.now)
    return _("Recorded: %(state)s.") % {"state": RequirementState(state).label}


def _claim(deed: Deed) -> str:
    claim = requirements.Claim(
        code=_code(deed),
        statement=deed.text("statement"),
        value=deed.text("value"),
        link=deed.text("link"),
        confirmed_by=Party.ONBOARDING if deed.by.is_staff_of_desk else Party.CLIENT,
        numbers=_numbers(deed),
    )
    upload = deed.upload("file")
    if upload is None:
        requirements.claim(ticket_id=deed.ticket.pk, claim=claim, by=deed.by, now=deed.now)
    else:
        requirements.claim_with_file(ticket_id=deed.ticket.pk, claim_=claim, upload=upload, by=deed.by, now=deed.now)
    return _("Thank you, recorded.")


def _requested(deed: Deed) -> str:
    promised = promised_evening(deed)
    reference = deed.text("external_reference")
    if len(reference) > MAX_SHORT:
        raise BadForm(_("The text is too long."))
    request = requirements.Request(
        code=_code(deed),
        requested_at=deed.now,
        external_reference=reference or None,
        promised_for=promised,
        numbers=_numbers(deed),
    )
    requirements.mark_requested(ticket_id=deed.ticket.pk, request=request, by=deed.by, now=deed.now)
    return _("Recorded. Nobody is reminded before the promised date.") if promised else _("Recorded as asked for.")


def promised_evening(deed: Deed) -> datetime | None:
    """Return when the day that a form promises ends; None when it promises none.

    :raises BadForm: it is no date.
    """
    return evening_of(deed.text("promised_for"), deed.ticket.timezone)


def evening_of(text: str, timezone: str) -> datetime | None:
    """Return when a typed day ends in a zone; None when nothing was typed.

    :raises BadForm: it is no date.
    """
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise BadForm(_("The promised date is not a date."))
    return end_of_business(day, timezone)


def _judge(deed: Deed) -> str:
    arrived = deed.data.get("verdict") == "arrived"
    attempt_id = deed.number("attempt")
    chase = deed.data.get("kind") == "chase"
    path = "chase__case__ticket_id" if chase else "case__ticket_id"
    model = ChaseAttempt if chase else Notice
    if attempt_id is None or not model.objects.filter(**{"pk": attempt_id, path: deed.ticket.pk}).exists():
        raise BadForm(_("There is no such message."))
    outreach.judge_unknown(model, attempt_id, arrived=arrived, by=deed.by, now=deed.now)
    return _("Recorded: it arrived.") if arrived else _("Recorded: it did not arrive.")


def _book(deed: Deed) -> str:
    calls.book(ticket_id=deed.ticket.pk, wish=Wish(deed.moment("start")), by=deed.by, now=deed.now)
    return _("The call is booked; the client is told.")


def _join(deed: Deed) -> str:
    there = call_to_join(deed.ticket, deed.text("call"))
    if there is None:
        raise BadForm(_("This call cannot be joined any more."))
    wish = Wish(there.start, joins=there.uid)
    calls.book(ticket_id=deed.ticket.pk, wish=wish, by=deed.by, now=deed.now)
    return _("The ticket has joined the call; the client is told.")


def _why(deed: Deed, complaint: str) -> str:
    reason = deed.text("reason", complaint)
    if len(reason) > MAX_REASON:
        raise BadForm(_("The text is too long."))
    return reason


def _reschedule(deed: Deed) -> str:
    reason = _why(deed, _("Say why the call is moved."))
    start = deed.moment("start")
    calls.reschedule(
        ticket_id=deed.ticket.pk, call_id=deed.text("call"), start=start, by=deed.by, now=deed.now, reason=reason
    )
    return _("The call is moved; the client is told.")


def _cancel_call(deed: Deed) -> str:
    reason = _why(deed, _("Say why the call is cancelled."))
    calls.cancel_call(ticket_id=deed.ticket.pk, call_id=deed.text("call"), by=deed.by, now=deed.now, reason=reason)
    return _("The call is cancelled; the client is told.")


def _recognise(deed: Deed) -> str:
    slug, name = deed.text("bsp"), deed.text("new_name")
    if not slug and not name:
        raise BadForm(_("Choose the BSP, or name a new one."))
    if len(name) > MAX_SHORT:
        raise BadForm(_("The text is too long."))
    found = Recognition(slug=slug, new_name=name, remember=deed.data.get("remember") == "on")
    try:
        bsp = recognise_bsp(ticket_id=deed.ticket.pk, found=found, by=deed.by, now=deed.now)
    except NameTaken as taken:
        raise BadForm(_("“%(name)s” already means %(bsp)s.") % taken.extra) from None
    return _("Recorded: the numbers leave %(bsp)s.") % {"bsp": bsp.name}


CASE_ACTIONS: dict[str, Action] = {
    "decide": Action(_decide),
    "claim": Action(_claim, for_client=True),
    "requested": Action(_requested),
    "recognise": Action(_recognise),
    "judge": Action(_judge, stale_ok=True),
    "book": Action(_book),
    "join-call": Action(_join),
    "reschedule": Action(_reschedule),
    "cancel-call": Action(_cancel_call),
}
