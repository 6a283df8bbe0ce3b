"""Lines of the timeline about what a person decided on a chase, or did for it."""

from django.utils.translation import gettext as _

from migrations_app.admin.event_data import Data, Names, label_of, requirement_of
from migrations_app.admin.task_words import outcome_words
from migrations_app.enums import ChaseState, DeskTaskKind
from tickets.enums import Party


def snoozed(data: Data, names: Names) -> str:
    """Say until when a chase is silent, on whose word and why."""
    return _("Silent until %(time)s: %(requirement)s. On the word of: %(party)s. %(reason)s") % {
        "time": names.local(data["until"]),
        "requirement": requirement_of(data),
        "party": label_of(Party, data.get("said_by")),
        "reason": data.get("reason", ""),
    }


def answered(data: Data, _names: Names) -> str:
    """Say that reminders pause because somebody answered, or end because it is done."""
    words = {"requirement": requirement_of(data)}
    if data.get("state") == ChaseState.SATISFIED:
        return _("Reminders end, it is done: %(requirement)s") % words
    return _("Reminders pause, somebody answered: %(requirement)s") % words


def stopped(data: Data, _names: Names) -> str:
    """Say that a chase was stopped for good, and why."""
    words = {"requirement": requirement_of(data), "reason": data.get("reason", "")}
    return _("Nobody is reminded any more: %(requirement)s. %(reason)s") % words


def resumed(data: Data, _names: Names) -> str:
    """Say that a chase goes on."""
    return _("Reminders go on: %(requirement)s") % {"requirement": requirement_of(data)}


def left_alone(data: Data, _names: Names) -> str:
    """Say that somebody wants no reminders by mail, or wants them again."""
    words = {"party": label_of(Party, data.get("party"))}
    if data.get("stopped"):
        return _("%(party)s wants no more reminders by mail") % words
    text = _("%(party)s is reminded by mail again") % words
    return f"{text}. {data['reason']}" if data.get("reason") else text


def task_ended(data: Data, names: Names) -> str:
    """Say what became of a task of the desk: who was asked how, and what was said."""
    text = _("%(task)s (%(party)s): %(outcome)s") % {
        "task": label_of(DeskTaskKind, data.get("kind")),
        "party": label_of(Party, data.get("recipient_party")),
        "outcome": outcome_words(str(data.get("kind", "")), str(data.get("outcome", ""))),
    }
    if data.get("promised_for"):
        text = f"{text} – {names.local(data['promised_for'])}"
    return f"{text} ({data['case_number']})" if data.get("case_number") else text
