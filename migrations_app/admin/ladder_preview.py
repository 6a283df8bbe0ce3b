"""The preview: on which day and hour each rung of a ladder leaves for one ticket, by the planner's own rules."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.timezone import get_current_timezone, get_current_timezone_name
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.core.errors import NotFound
from migrations_app.admin.words import EMAIL_WORDS, chase_state
from migrations_app.enums import AttemptState, ChannelName, ChaseState, RequirementCode
from migrations_app.enums.ladders import AtEnd, Demand
from migrations_app.models import Chase, ChaseAttempt, Ladder, MigrationCase
from migrations_app.rules.hours import zone_of
from migrations_app.rules.ladders import Rung, Step, at_end, opening_wait, parse_ladder
from migrations_app.selectors.cases import case_of
from migrations_app.services.ladders import ladder_for
from migrations_app.services.planning import hold_for, language_of, rungs_of
from migrations_app.services.recipients import contacts_of
from migrations_app.services.wording import wording_of
from providers.enums import AcceptsRequestFrom
from tickets.enums import Party
from tickets.models import Ticket
from tickets.selectors.desk import visible_tickets

_WHY_NOT: dict[str, Any] = {
    AcceptsRequestFrom.CLIENT_ONLY: gettext_lazy("it listens only to its client"),
    AcceptsRequestFrom.UNKNOWN: gettext_lazy("nobody knows whether it listens to partners"),
}
_CODES: dict[str, str] = {Demand.TWO_STEP: RequirementCode.TWO_STEP_DISABLED}
"""What a chase that does not exist yet would be about, as far as that decides when it may write."""


def of_ladder(request: HttpRequest, ladder: Ladder, *, now: datetime) -> dict[str, Any]:
    """Return what a ladder would do from now on for the ticket that the address names, if this person may see it."""
    reference = request.GET.get("reference", "").strip().upper()
    context: dict[str, Any] = {
        "title": _("Preview: %(ladder)s") % {"ladder": ladder.name},
        "ladder": ladder,
        "reference": reference,
    }
    if not reference:
        return context
    ticket: Ticket | None = visible_tickets(request.user).filter(reference=reference).first()
    if ticket is None:
        return {**context, "complaint": _("There is no such ticket.")}
    try:
        case = case_of(ticket.pk)
    except NotFound:
        return {**context, "complaint": _("This ticket has no case to remind of.")}
    steps = parse_ladder(ladder.steps)
    alone = ladder.demand == Demand.REQUIREMENT and not Chase.objects.filter(case=case).exists()
    opening = opening_wait(steps[0], alone=alone, beside_another=False) if steps else None
    fresh = Chase(case=case, requirement_code=_CODES.get(ladder.demand, ladder.requirement))
    rungs = rungs_of(steps, ticket, case, fresh, after=None, start=now, opening=opening)
    fitting = ladder_for(Demand(ladder.demand), ticket, case, requirement=ladder.requirement)
    return {
        **context,
        **_shown(ticket, case, rungs, at_end(ladder.on_exhausted)),
        "from": _("as if it began now"),
        "waits": hold_for(fresh, case).waits,
        "other": fitting if fitting is None or fitting.pk != ladder.pk else None,
        "fits": fitting is not None and fitting.pk == ladder.pk,
    }


def of_chase(chase: Chase, *, now: datetime) -> dict[str, Any]:
    """Return what a running chase still does, from its present rung; its ticket and case have been read with it."""
    case, ticket = chase.case, chase.case.ticket
    context: dict[str, Any] = {
        "title": _("What the reminders of %(reference)s still do") % {"reference": ticket.reference},
        "chase": chase,
    }
    if chase.state != ChaseState.ACTIVE:
        state = chase_state(chase, case)
        return {**context, **_shown(ticket, case, [], at_end(chase.on_exhausted)), "rests": state}
    steps = parse_ladder(chase.steps)
    waiting = chase.attempts.filter(state__in=[AttemptState.PLANNED, AttemptState.SENDING]).first()
    present: list[Rung] = []
    after, start = chase.last_step, now
    if waiting is not None and waiting.step < len(steps):
        present = [Rung(_as_it_leaves(waiting, steps[waiting.step], now), waiting.channel, waiting.due_at)]
        after, start = waiting.step, max(waiting.due_at, now)
    elif chase.next_at is not None:
        # Nothing is left to send: what is planned is the end itself.
        present = [Rung(step, "", chase.next_at) for step in steps[-1:] if step.escalates]
        after = len(steps) - 1
    later = rungs_of(steps, ticket, case, chase, after=after, start=start)
    shown = _shown(ticket, case, [*present, *later], at_end(chase.on_exhausted))
    return {**context, **shown, "from": _("from its present rung")}


def _as_it_leaves(waiting: ChaseAttempt, step: Step, now: datetime) -> Step:
    """Return a rung with the text that suits the moment; one with a person, or that will be passed by, as it is on record."""
    case = waiting.chase.case
    suits = wording_of(waiting, case.ticket, case, now=now) if waiting.state == AttemptState.PLANNED else None
    return replace(step, message=suits.name if suits else waiting.message)


def _shown(ticket: Ticket, case: MigrationCase, rungs: Iterable[Rung], ends: Iterable[AtEnd]) -> dict[str, Any]:
    return {
        "ticket": ticket,
        "lines": [_line(rung, ticket, case) for rung in rungs],
        "ends": [AtEnd(word).label for word in AtEnd if word in ends],
        "desk_zone": get_current_timezone_name(),
    }


def _line(rung: Rung, ticket: Ticket, case: MigrationCase) -> dict[str, Any]:
    contacts = contacts_of(ticket, case)
    step = rung.step
    zone = zone_of(contacts[step.recipient].timezone)
    return {
        "place": step.index + 1,
        "end": step.escalates,
        "to": Party(step.recipient).label,
        "channel": ChannelName(rung.channel).label if rung.channel else "",
        "why_not": "" if rung.channel or step.escalates else _why_not(step, case),
        "message": EMAIL_WORDS.get(step.message, step.message),
        "language": language_of(step, contacts),
        "local": rung.at.astimezone(zone) if rung.at else None,
        "zone": zone.key,
        "desk": rung.at.astimezone(get_current_timezone()) if rung.at else None,
    }


def _why_not(step: Step, case: MigrationCase) -> str:
    """Return why a rung's recipient cannot be reached, in words."""
    if step.recipient is not Party.OLD_BSP:
        return _("there is no way to reach it by this channel")
    bsp = case.current_bsp
    if bsp is None:
        return _("it is not in the directory")
    return str(_WHY_NOT.get(bsp.accepts_request_from) or _("no address or page of it is known"))
