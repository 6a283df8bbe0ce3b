"""What people do with a ticket: each action reads its form, calls one service, and goes back to the page.

A refusal is told in words. A form that was opened before somebody else moved the ticket does nothing.
"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from config.core import clock
from config.core.errors import DomainError
from migrations_app.admin.aftercare_actions import AFTERCARE_ACTIONS
from migrations_app.admin.answers_card import ANSWER_ACTIONS
from migrations_app.admin.case_actions import CASE_ACTIONS
from migrations_app.admin.chase_manners import MANNERS_ACTIONS
from migrations_app.admin.contact_card import CONTACT_ACTIONS
from migrations_app.admin.deeds import Action, BadForm, Deed
from migrations_app.admin.drafts import DRAFT_ACTIONS
from migrations_app.admin.flow_actions import FLOW_ACTIONS
from migrations_app.admin.group_call import GROUP_ACTIONS
from migrations_app.admin.holder_card import HOLDER_ACTIONS
from migrations_app.admin.message_profiles import PROFILE_ACTIONS
from migrations_app.admin.proof_actions import PROOF_ACTIONS
from migrations_app.admin.share_links import LINK_ACTIONS
from migrations_app.admin.words import refusal_words
from migrations_app.services import endings, letting_go
from tickets.admin import actor_of
from tickets.enums import CancelReason, Priority, Visibility
from tickets.models import Ticket
from tickets.selectors.desk import is_agent, visible_tickets
from tickets.services.comments import post_comment
from tickets.services.files import attach
from tickets.services.routing import reroute
from tickets.services.tickets import assign, set_hold, set_priority


def answer(request: HttpRequest, ticket: Ticket, name: str) -> HttpResponse:
    """Do one action and go back to the ticket.

    :raises Http404: there is no such action.
    :raises PermissionDenied: this person may not do it.
    """
    action = ALL_ACTIONS.get(name)
    if action is None:
        raise Http404
    desk = is_agent(request.user)
    if not action.for_client and not (desk and request.user.has_perm("tickets.change_ticket")):
        raise PermissionDenied
    deed = Deed(ticket, request.POST, request.user, actor_of(request), clock.now(), request.FILES)
    if not action.stale_ok and request.POST.get("version") != str(ticket.version):
        messages.warning(request, _("Somebody changed this ticket meanwhile. Nothing was done; look at it again."))
    elif _perform(request, action, deed) and _out_of_sight(request, ticket):
        return redirect("admin:tickets_ticket_changelist")
    return redirect("admin:tickets_ticket_change", ticket.pk)


def _out_of_sight(request: HttpRequest, ticket: Ticket) -> bool:
    """Tell whether what was done ended the ticket as such, or took it out of this person's queues."""
    return not visible_tickets(request.user).filter(pk=ticket.pk).exists()


def _perform(request: HttpRequest, action: Action, deed: Deed) -> bool:
    """Do it, tell the person how it went, and return whether it was done."""
    try:
        messages.success(request, action.run(deed))
        return True
    except BadForm as complaint:
        messages.error(request, str(complaint))
    except DomainError as refusal:
        messages.error(request, refusal_words(refusal))
    except OperationalError:
        messages.error(request, _("The database is busy. Nothing was done; try again."))
    return False


def _comment(deed: Deed) -> str:
    wants_internal = deed.data.get("visibility") == Visibility.INTERNAL
    internal = wants_internal and deed.by.is_staff_of_desk
    visibility = Visibility.INTERNAL if internal else Visibility.PUBLIC
    body = deed.text("body", _("Write something first."))
    post_comment(ticket_id=deed.ticket.pk, body=body, visibility=visibility, by=deed.by, now=deed.now)
    return _("Noted for the desk only.") if internal else _("Comment sent: the client can read it.")


def _attach(deed: Deed) -> str:
    wants_internal = deed.data.get("visibility") == Visibility.INTERNAL
    internal = wants_internal and deed.by.is_staff_of_desk
    upload = deed.upload("file")
    if upload is None:
        raise BadForm(_("Choose a file."))
    visibility = Visibility.INTERNAL if internal else Visibility.PUBLIC
    attach(ticket_id=deed.ticket.pk, upload=upload, visibility=visibility, by=deed.by, now=deed.now)
    return _("Attached for the desk only.") if internal else _("Attached: client and desk can see it.")


def _assign(deed: Deed) -> str:
    wanted = deed.number("user")
    queue = deed.ticket.queue
    agents = set(queue.agents.filter(is_active=True).values_list("pk", flat=True)) if queue else set()
    if wanted is not None and wanted not in agents | {deed.user.pk}:
        raise BadForm(_("Choose an agent of the ticket's queue."))
    assign(ticket_id=deed.ticket.pk, user_id=wanted, by=deed.by, now=deed.now)
    return _("Assigned.") if wanted is not None else _("Assigned to nobody.")


def _reroute(deed: Deed) -> str:
    queue_id = deed.number("queue")
    if queue_id is None:
        raise BadForm(_("Choose a queue."))
    reason = deed.text("reason", _("Say why the ticket moves to another queue."))
    ticket = reroute(ticket_id=deed.ticket.pk, queue_id=queue_id, reason=reason, by=deed.by, now=deed.now)
    return _("Moved to queue %(queue)s.") % {"queue": ticket.queue}


def _hold(deed: Deed) -> str:
    set_hold(ticket_id=deed.ticket.pk, on_hold=True, by=deed.by, now=deed.now)
    return _("Put on hold.")


def _unhold(deed: Deed) -> str:
    set_hold(ticket_id=deed.ticket.pk, on_hold=False, by=deed.by, now=deed.now)
    return _("Taken off hold.")


def _keep_open(deed: Deed) -> str:
    letting_go.keep_open(ticket_id=deed.ticket.pk, by=deed.by, now=deed.now)
    return _("Kept open: the client's silence counts from now.")


def _priority(deed: Deed) -> str:
    if deed.data.get("priority") not in Priority.values:
        raise BadForm(_("Choose a priority."))
    wanted = Priority(deed.data["priority"])
    set_priority(ticket_id=deed.ticket.pk, priority=wanted, by=deed.by, now=deed.now)
    return _("Priority: %(priority)s.") % {"priority": wanted.label}


def _cancel(deed: Deed) -> str:
    if deed.data.get("reason") not in CancelReason.values:
        raise BadForm(_("Choose why the ticket is cancelled."))
    endings.cancel(ticket_id=deed.ticket.pk, reason=CancelReason(deed.data["reason"]), by=deed.by, now=deed.now)
    return _("Cancelled. Calls are freed and reminders have stopped.")


def _reject(deed: Deed) -> str:
    reason = deed.text("reason", _("Say why; the client will read it."))
    endings.reject(ticket_id=deed.ticket.pk, reason=reason, by=deed.by, now=deed.now)
    return _("Rejected; the reason was told to the client.")


def _close(deed: Deed) -> str:
    endings.close(ticket_id=deed.ticket.pk, by=deed.by, now=deed.now)
    return _("Closed.")


def _reopen(deed: Deed) -> str:
    endings.reopen(ticket_id=deed.ticket.pk, by=deed.by, now=deed.now)
    return _("Open again.")


ALL_ACTIONS: dict[str, Action] = {
    **AFTERCARE_ACTIONS,
    **CASE_ACTIONS,
    **ANSWER_ACTIONS,
    **CONTACT_ACTIONS,
    **DRAFT_ACTIONS,
    **FLOW_ACTIONS,
    **GROUP_ACTIONS,
    **HOLDER_ACTIONS,
    **LINK_ACTIONS,
    **MANNERS_ACTIONS,
    **PROFILE_ACTIONS,
    **PROOF_ACTIONS,
    "comment": Action(_comment, for_client=True, stale_ok=True),
    "attach": Action(_attach, for_client=True, stale_ok=True),
    "assign": Action(_assign),
    "reroute": Action(_reroute),
    "priority": Action(_priority),
    "hold": Action(_hold),
    "unhold": Action(_unhold),
    "keep-open": Action(_keep_open),
    "cancel": Action(_cancel),
    "reject": Action(_reject),
    "close": Action(_close),
    "reopen": Action(_reopen),
}
"""Every action by the name in its address."""
