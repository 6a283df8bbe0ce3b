"""Actions about Meta: trying a claim now, and saying that a number was removed from the destination."""

from django.utils.translation import gettext as _

from migrations_app.admin.deeds import Action, BadForm, Deed
from migrations_app.models import DeskTask
from migrations_app.services import proofs, removals


def _try_now(deed: Deed) -> str:
    number_id = deed.number("number_id")
    if number_id is None:
        raise BadForm(_("This number is not part of the ticket."))
    proofs.ask_for_try(ticket_id=deed.ticket.pk, number_id=number_id, by=deed.by, now=deed.now)
    return _("The number is tried at Meta within some seconds; look again then.")


def _task(deed: Deed) -> int:
    """Return the id of a task of this very ticket."""
    task_id = deed.number("task")
    if task_id is None or not DeskTask.objects.filter(pk=task_id, case__ticket=deed.ticket).exists():
        raise BadForm(_("There is no such task."))
    return task_id


def _seen_to(deed: Deed) -> str:
    proofs.close_problem(task_id=_task(deed), by=deed.by, now=deed.now)
    return _("Recorded: somebody has seen to it.")


def _removed(deed: Deed) -> str:
    removals.confirm_removed(task_id=_task(deed), note=deed.text("note"), by=deed.by, now=deed.now)
    return _("Meta does not list the number at the destination any more.")


PROOF_ACTIONS: dict[str, Action] = {
    "try-now": Action(_try_now),
    "seen-to": Action(_seen_to, stale_ok=True),
    "removed": Action(_removed, stale_ok=True),
}
