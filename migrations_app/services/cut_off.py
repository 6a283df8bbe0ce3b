"""Until when a client or partner may move or cancel a call. Agents may until it begins."""

from datetime import datetime, timedelta

from django.utils.translation import gettext

from config.core.uow import IllegalTransition, UnitOfWork
from migrations_app.models import PinCall
from migrations_app.rules.call_policy import Policy
from migrations_app.selectors.call_policies import policy_of


def cut_off_at(call: PinCall, policy: Policy) -> datetime:
    """Return the last moment at which a client may move or cancel a call."""
    return call.start - timedelta(minutes=policy.cut_off_minutes)


def demand_in_time(uow: UnitOfWork, call: PinCall) -> None:
    """Refuse a client's change of a call that comes too late; the desk decides for itself until the call begins.

    :raises IllegalTransition: it is too late; `cut_off_at` says since when.
    """
    if uow.by.is_staff_of_desk:
        return
    until = cut_off_at(call, policy_of(call.ticket.queue_id))
    if uow.now > until:
        detail = gettext("It is too late to change this call. Answer one of our messages or call us.")
        raise IllegalTransition(detail, extra={"allowed": [], "cut_off_at": until.isoformat().replace("+00:00", "Z")})
