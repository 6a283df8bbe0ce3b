"""E-mail through Django's configured backend: SMTP, an Anymail provider, or files."""

import re
from typing import Any, ClassVar

from anymail.backends.base import AnymailBaseBackend
from anymail.exceptions import AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend
from requests.exceptions import ConnectTimeout, RequestException
from urllib3.exceptions import NewConnectionError

from providers.channels import smtp
from providers.channels.base import ChannelRefused, OutcomeUnknown
from providers.types import Capabilities, OutboundMessage, Receipt

_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_REFUSED = range(400, 500)
_PASSING = frozenset({401, 403, 408, 425, 429, 500, 503})
"""Statuses of a provider that say nothing against the message: our key, its load, its own failure before taking it."""
_KEPT_REFERENCES = 20
_INVITATION, _CALENDAR_FILE = "text/calendar; method=", "application/ics"


class MailChannel:
    """Sends plain-text mail with a Message-ID of our own, so that answers can be matched."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        attachments=True, copies=True, threads=True, reports_bounces=True
    )

    def send(self, message: OutboundMessage) -> Receipt:
        """Send one mail.

        :raises ChannelRefused: the server refused it or was not reachable.
        :raises OutcomeUnknown: the connection broke after the text had been handed over.
        """
        failure: ChannelRefused | OutcomeUnknown
        try:
            connection = get_connection()
            return _sent(
                _mail(message, whole=not isinstance(connection, AnymailBaseBackend)), connection, message.recipient
            )
        except (ChannelRefused, OutcomeUnknown) as told:
            failure = told
        except (OSError, ValueError, AnymailError) as error:
            failure = _failure(error)
        # Raised outside the handler and without its origin, which may quote what was sent.
        failure.__context__ = None
        raise failure


def _sent(mail: EmailMessage, connection: Any, recipient: str) -> Receipt:
    if isinstance(connection, EmailBackend):
        smtp.deliver(connection, mail)
        return Receipt()
    mail.connection = connection
    if not mail.send():
        raise ChannelRefused("not_sent", permanent=True)
    status = getattr(mail, "anymail_status", None)
    if status is None:
        return Receipt()
    theirs = status.recipients.get(recipient)
    if theirs is not None and theirs.status in {"invalid", "rejected", "failed"}:
        # Somebody in copy was accepted; who has to act was not.
        raise ChannelRefused("recipient_refused", permanent=True)
    return Receipt(str(theirs.message_id or "") if theirs is not None else "")


def _mail(message: OutboundMessage, *, whole: bool) -> EmailMessage:
    """Return the mail; `whole`: the way takes parts of any type, which providers' own interfaces do not."""
    mail = EmailMultiAlternatives(
        subject=_one_line(message.title),
        body=message.body,
        to=[message.recipient],
        cc=list(message.copied_to),
        reply_to=[message.reply_to] if message.reply_to else None,
        headers=_headers(message),
    )
    # Anymail providers hand this back with every report of a bounce; other backends do not know the attribute.
    mail.metadata = {"message_id": message.message_id, "ticket": message.ticket_reference}  # type: ignore[attr-defined]
    for name, content, media_type in message.attachments:
        if whole and media_type.startswith(_INVITATION):
            # What Outlook and Gmail read is the alternative to the text (RFC 6047, 2.4); the file is for all others.
            mail.attach_alternative(content.decode(), media_type)
            mail.attach(name, content, _CALENDAR_FILE)
        else:
            mail.attach(name, content, media_type)
    return mail


def _headers(message: OutboundMessage) -> dict[str, str]:
    """Return the headers of a mail. No value can begin a header of its own: line breaks become blanks."""
    headers = {
        "Message-ID": message.message_id,
        "In-Reply-To": message.references[-1] if message.references else "",
        "References": " ".join(_kept(message.references)),
        "Content-Language": message.language,
        "X-Portero-Ticket": message.ticket_reference,
        # RFC 3834: no machine answers this; Precedence is for older ones.
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk" if message.nudge else "",
        **{name: value for name, value in message.headers if _HEADER_NAME.fullmatch(name)},
    }
    return {name: _one_line(value) for name, value in headers.items() if value}


def _kept(references: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first and the newest references: enough for any reader, short enough for any server."""
    return references if len(references) <= _KEPT_REFERENCES else (references[0], *references[-_KEPT_REFERENCES + 1 :])


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _failure(error: Exception) -> ChannelRefused | OutcomeUnknown:
    """Tell what a failed send means: certainly not accepted, or nobody can tell."""
    if isinstance(error, AnymailRecipientsRefused):
        return ChannelRefused("recipient_refused", permanent=True)
    if isinstance(error, RequestException):
        return _provider_failure(error)
    if isinstance(error, AnymailError):
        return _by_status(error) or ChannelRefused("provider_refused", permanent=False)
    if isinstance(error, ValueError):
        # An address or a header that no mail may have.
        return ChannelRefused("malformed", permanent=True)
    return ChannelRefused("server_unreachable", permanent=False)


def _provider_failure(error: RequestException) -> ChannelRefused | OutcomeUnknown:
    known = _by_status(error)
    if known is not None:
        return known
    cause = error.__cause__ or error
    reason = getattr(cause.args[0], "reason", None) if cause.args else None
    if isinstance(error, ConnectTimeout) or isinstance(reason, NewConnectionError):
        return ChannelRefused("server_unreachable", permanent=False)
    return OutcomeUnknown("connection_lost")


def _by_status(error: Exception) -> ChannelRefused | OutcomeUnknown | None:
    """Read what the provider's HTTP status says; None where there was no answer."""
    status = getattr(error, "status_code", None)
    if not isinstance(status, int):
        return None
    if status in _PASSING:
        return ChannelRefused(f"provider_{status}", permanent=False, retry_after=_retry_after(error))
    if status in _REFUSED:
        return ChannelRefused(f"provider_{status}", permanent=True)
    # A success that cannot be read, or a gateway that gave up on the provider: it may have been taken.
    return OutcomeUnknown(f"provider_{status}")


def _retry_after(error: Exception) -> int:
    """Return the seconds that the provider asked us to wait; 0 where it did not, or named a date."""
    value = getattr(getattr(error, "response", None), "headers", {}).get("Retry-After", "")
    return int(value) if str(value).isascii() and str(value).isdecimal() else 0
