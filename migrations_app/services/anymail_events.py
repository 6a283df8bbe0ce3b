"""Reading what a mail provider's webhook says, as Anymail has made it the same for all providers."""

from typing import Any

from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, EventType, RejectReason

from migrations_app.enums.mail import MailSource
from migrations_app.rules.mails import clean
from migrations_app.rules.verdicts import CHECKS
from migrations_app.services.bounces import Tracked
from migrations_app.services.inbound import Arrival

_CAME_BACK = frozenset({EventType.BOUNCED, EventType.REJECTED, EventType.COMPLAINED, EventType.FAILED})
_PASSING = frozenset({RejectReason.TIMED_OUT})


def arrival_of(event: AnymailInboundEvent) -> Arrival:
    """Return a mail that a provider hands over."""
    message = event.message
    return Arrival(
        raw=_bytes_of(message),
        source=MailSource.WEBHOOK,
        envelope_sender=message.envelope_sender,
        envelope_recipient=clean(message.envelope_recipient or "")[:320].strip().lower(),
        verdicts=_verdicts(event.esp_event),
    )


def _bytes_of(message: Any) -> bytes:
    try:
        return bytes(message.as_bytes())
    except (UnicodeError, LookupError, ValueError, TypeError, AttributeError, IndexError):
        # Headers that cannot be written again: what can be read of them, and the words.
        head = "".join(f"{name}: {' '.join(str(value).split())}\n" for name, value in message.raw_items())
        return f"{head}\n{message.text or message.html or ''}".encode("utf-8", "replace")


def _verdicts(esp_event: Any) -> dict[str, str]:
    """Return what the provider itself says of the sender: some send it beside the mail (SendGrid: `SPF`, `dkim`)."""
    if not hasattr(esp_event, "get"):
        return {}
    found = {check: esp_event.get(check.upper()) or esp_event.get(check) for check in CHECKS}
    words = {
        check: str(value).strip("{} ").rpartition(":")[2].strip().lower() for check, value in found.items() if value
    }
    return {check: word[:20] for check, word in words.items() if word.isalpha()}


def tracked_of(event: AnymailTrackingEvent) -> Tracked | None:
    """Return what became of a message, where it is worth knowing: it came back, was refused, or was complained of."""
    if event.event_type not in _CAME_BACK or not event.message_id:
        return None
    response = str(event.mta_response or "").strip()
    passing = event.reject_reason in _PASSING or response.startswith("4")
    reason = event.reject_reason or event.event_type
    return Tracked(
        message_id=str(event.message_id),
        recipient=str(event.recipient or "").strip().lower(),
        permanent=not passing,
        reason=str(reason)[:60],
    )
