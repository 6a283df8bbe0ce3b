"""The mail to the owner of a webhook endpoint that was switched off: claim (commit), send, record (commit)."""

from datetime import datetime

from django.conf import settings

from config.core.actor import Actor
from config.core.uow import unit_of_work
from migrations_app.services.rendering import local_time, render
from migrations_app.services.threads import new_key
from providers.enums import ChannelKind, ExchangeState
from providers.services import exchanges
from providers.services.outreach import send
from providers.types import OutboundMessage
from tickets.enums import EndpointOff
from tickets.services.webhook_notices import OffNotice, take_notice, tell_later

PURPOSE = "notice.webhook_off"


def tell_owner(*, endpoint_id: int, by: Actor, now: datetime) -> None:
    """Tell the owner of an endpoint that it was switched off, if that is still due."""
    with unit_of_work(by=by, now=now):
        notice = take_notice(endpoint_id=endpoint_id, by=by, now=now)
        if notice is None:
            return
        message = _message(notice)
        row = exchanges.begin_message(
            message=message, purpose=PURPOSE, subject_key=f"webhook:{notice.endpoint}", now=now
        )
    outcome = send(message, channel=ChannelKind.EMAIL)
    with unit_of_work(by=by, now=now):
        error = {"reason": outcome.reason} if outcome.reason else None
        exchanges.finish(
            exchange_id=row.pk, state=outcome.state, by=by, now=now, provider_id=outcome.provider_id, error=error
        )
        if outcome.state == ExchangeState.FAILED and not outcome.permanent:
            tell_later(endpoint_id=endpoint_id, by=by, now=now)


def _message(notice: OffNotice) -> OutboundMessage:
    facts = {
        "organization": notice.organization,
        "url": notice.url,
        "endpoint": notice.endpoint,
        "test": notice.test,
        "gone": notice.reason == EndpointOff.GONE,
        "off_at": local_time(notice.off_at, "UTC", notice.language),
        "failing_since": local_time(notice.failing_since, "UTC", notice.language) if notice.failing_since else "",
        "our_team": settings.DEFAULT_FROM_EMAIL.partition("<")[0].strip(),
    }
    title, body = render("switched_off", notice.language, facts, folder="webhooks")
    return OutboundMessage(
        recipient=notice.email,
        title=title,
        body=body,
        language=notice.language,
        ticket_reference="",
        message_id=f"<{new_key()}@{settings.MAIL_DOMAIN}>",
        message="webhook_off",
    )
