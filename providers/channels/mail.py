"""E-mail through Django's configured backend: SMTP, an Anymail provider, or files."""

import smtplib
from email.utils import make_msgid

from anymail.exceptions import AnymailError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMessage

from providers.channels.base import ChannelRefused, OutcomeUnknown
from providers.types import OutboundMessage, Receipt

_TEMPORARY = range(400, 500)


class MailChannel:
    """Sends plain-text mail with a Message-ID of our own, so that answers can be matched."""

    def send(self, message: OutboundMessage) -> Receipt:
        """Send one mail.

        :raises ChannelRefused: the server refused it or was not reachable.
        :raises OutcomeUnknown: the connection broke after the text had been handed over.
        """
        message_id = make_msgid(domain=settings.DEFAULT_FROM_EMAIL.rsplit("@", 1)[-1].strip("> "))
        mail = EmailMessage(
            subject=" ".join(message.title.split()),
            body=message.body,
            to=[message.recipient],
            cc=list(message.copied_to),
            headers={
                "Message-ID": message_id,
                "Content-Language": message.language,
                "X-Portero-Ticket": message.ticket_reference,
            },
        )
        for name, content, media_type in message.attachments:
            mail.attach(name, content, media_type)
        try:
            mail.send()
        except (OSError, AnymailError) as error:
            failure = _failure(error)
        else:
            return Receipt(message_id)
        # Raised outside the handler: the original may quote what was sent.
        raise failure


def _failure(error: Exception) -> ChannelRefused | OutcomeUnknown:
    """Tell what a failed send means: certainly not accepted, or nobody can tell."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        # Greylisting servers say "later" (4xx) at this very point.
        passing = any(code in _TEMPORARY for code, _text in error.recipients.values())
        return ChannelRefused("recipient_refused", permanent=not passing)
    if isinstance(error, AnymailRecipientsRefused):
        return ChannelRefused("recipient_refused", permanent=True)
    if isinstance(error, smtplib.SMTPResponseException):
        return ChannelRefused(f"smtp_{error.smtp_code}", permanent=error.smtp_code not in _TEMPORARY)
    if isinstance(error, smtplib.SMTPServerDisconnected | TimeoutError):
        return OutcomeUnknown("connection_lost")
    if isinstance(error, AnymailError):
        return ChannelRefused("provider_refused", permanent=False)
    return ChannelRefused("server_unreachable", permanent=False)
