"""Words, icons and colours of the desk's tasks."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from migrations_app.enums import DeskTaskKind, DeskTaskState, TaskOutcome
from migrations_app.services.task_outcomes import TaskEnded
from tickets.enums import Priority

TASK_ICONS: dict[str, str] = {
    DeskTaskKind.PORTAL: "language",
    DeskTaskKind.PHONE: "call",
    DeskTaskKind.RING_CLIENT: "call",
    DeskTaskKind.WHATSAPP: "chat",
    DeskTaskKind.JUDGE_ANSWER: "mark_email_unread",
    DeskTaskKind.REMOVE_NUMBER: "delete",
    DeskTaskKind.HOLDER_CHECK: "contact_phone",
    DeskTaskKind.HOLDER_REFUSED: "phonelink_erase",
    DeskTaskKind.CALL_NOT_READY: "rule",
}
PRIORITY_COLOURS: dict[str, str] = {Priority.URGENT: "danger", Priority.HIGH: "warning"}
_ASKED_WORDS: dict[str, Any] = {
    DeskTaskKind.PORTAL: _("The request is sent"),
    DeskTaskKind.PHONE: _("Spoken: they see to it"),
    DeskTaskKind.WHATSAPP: _("The message is sent"),
    DeskTaskKind.RING_CLIENT: _("Spoken with the client"),
}


def outcome_words(kind: str, outcome: str) -> str:
    """Return what an outcome means for a task of this kind; empty while there is none."""
    if not outcome:
        return ""
    words = _ASKED_WORDS.get(kind) if outcome == TaskOutcome.DONE else None
    return str(words or TaskOutcome(outcome).label)


def ended_words(refusal: TaskEnded) -> str:
    """Say who was first with a task, and what became of it."""
    if refusal.extra.get("state") == DeskTaskState.DROPPED:
        return str(_("Nobody needs this task any more. Nothing was recorded."))
    outcome = str(refusal.extra.get("outcome", ""))
    told = {"who": refusal.extra.get("by", ""), "outcome": TaskOutcome(outcome).label if outcome else ""}
    return str(_("%(who)s was first: “%(outcome)s”. Your outcome was not recorded.") % told)
