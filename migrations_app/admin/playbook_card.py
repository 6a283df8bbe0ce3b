"""What the ticket page shows of the way there: flow, stages with their progress, moves that can be recorded now."""

from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from migrations_app.admin.flow_actions import BY_FORM
from migrations_app.enums import DurationUnit, Execution, Flow, NumberState, PinCallState, RequirementState, Stage
from migrations_app.enums.texts import stage_words
from migrations_app.models import MigrationCase
from migrations_app.rules.credit_line import may_share, next_sharing_day, sending_resumes
from migrations_app.rules.hours import zone_of
from migrations_app.rules.lifecycle import MOVED
from migrations_app.rules.playbooks import stage_progress
from migrations_app.rules.progress import CUT_OVER
from migrations_app.selectors.cases import case_plan
from tickets.models import Ticket

_COLOURS = {"done": "success", "now": "primary", "ahead": "grey"}
_LABELS = {"done": _("Done"), "now": _("Now"), "ahead": _("Ahead")}
_RECORDED_AT = frozenset({Stage.READY, Stage.IN_CALL, Stage.VERIFYING})


def context_of(ticket: Ticket, case: MigrationCase, *, works: bool, now: datetime) -> dict[str, Any]:
    """Return what the page shows of a case fetched by `documents`; reads nothing more."""
    today = now.astimezone(zone_of(ticket.timezone)).date()
    return {
        "stages": _stages(case),
        "wallet": case.playbook_copy.get("wallet_minimum_usd"),
        "flow_note": _flow_note(case, today),
        "flow_reason": case.flow_reason,
        "flow_by": case.flow_decided_by,
        "flows": [(BY_FORM, gettext("As the form says")), *Flow.choices],
        "may_record": _recordable(case) if works else {},
    }


def _stages(case: MigrationCase) -> list[dict[str, Any]]:
    if not case_plan(case).call:
        # The stages tell of a move of numbers; another kind of move does not go that way.
        return []
    states: dict[str, list[RequirementState]] = {}
    for row in case.requirements.all():
        states.setdefault(row.code, []).append(RequirementState(row.state))
    numbers = list(case.numbers.all())
    moved = bool(numbers) and all(NumberState(row.state) in MOVED for row in numbers)
    found = stage_progress(case.playbook_copy.get("stages", []), states, moved=moved)
    return [
        {
            "title": stage_words(line.stage["title"]),
            "what": stage_words(line.stage["what"]),
            "colour": _COLOURS[line.state],
            "label": _LABELS[line.state],
            "count": f"{line.met}/{line.total}" if line.total else "",
            "lasts": lasts_words(line.stage["lasts"]),
        }
        for line in found
    ]


def lasts_words(lasts: Any) -> str:
    """Return how long a stage lasts, in words."""
    if not lasts:
        return ""
    least, most, unit = lasts
    span = str(least) if least == most else f"{least}–{most}"
    words = {
        DurationUnit.MINUTES: ngettext("%(span)s minute", "%(span)s minutes", most),
        DurationUnit.HOURS: ngettext("%(span)s hour", "%(span)s hours", most),
        DurationUnit.BUSINESS_DAYS: ngettext("%(span)s working day", "%(span)s working days", most),
    }
    return words[DurationUnit(unit)] % {"span": span}


def _flow_note(case: MigrationCase, today: date) -> str:
    """Return what an agent must know about this kind of move today."""
    if case.flow != Flow.WABA_SWITCH or case.stage in {Stage.CLOSING, Stage.DONE, Stage.CANCELLED, Stage.REJECTED}:
        return ""
    resumes = date_format(sending_resumes(today), "j F Y")
    if may_share(today):
        return gettext("If the account leaves its partner today, it cannot send until %(day)s.") % {"day": resumes}
    day = date_format(next_sharing_day(today), "j F Y")
    return gettext("Not today: at the turn of a month credit lines cannot be shared. Next possible day: %(day)s.") % {
        "day": day
    }


def _recordable(case: MigrationCase) -> dict[int, str]:
    """Return by number which of its next steps the desk records by hand now: `moved` or `live`."""
    if case.stage not in _RECORDED_AT:
        return {}
    by_hand = not case_plan(case).call
    elsewhere = case.playbook_copy["execution"] != Execution.GRAPH_API
    found: dict[int, str] = {}
    for number in case.numbers.all():
        in_call = any(call.state == PinCallState.STARTED for call in number.pin_calls.all())
        if number.state == NumberState.REGISTERED and not number.phone_number_id:
            found[number.pk] = "live"
        elif number.state not in CUT_OVER and (by_hand or (elsewhere and in_call)):
            found[number.pk] = "moved"
    return found
