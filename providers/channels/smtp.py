"""Handing one mail to an SMTP server, phase by phase, so that it is known what a failure means.

Django's backend tells neither whether the line broke before or after the text had left, nor that one of several recipients was
refused: a BSP that refuses our mail would count as reached because the client's copy was taken.
"""

import smtplib
from contextlib import suppress

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

from providers.channels.base import ChannelRefused, OutcomeUnknown

_OK = range(200, 300)
_FOR_GOOD = 500


def deliver(connection: EmailBackend, mail: EmailMessage) -> None:
    """Hand one mail to the server of a backend. Nobody gets it where its first recipient is refused.

    :raises ChannelRefused: it was certainly not accepted.
    :raises OutcomeUnknown: the line broke after the text had left.
    """
    encoding = mail.encoding or "utf-8"
    sender = sanitize_address(mail.from_email, encoding)
    recipients = [sanitize_address(address, encoding) for address in mail.recipients()]
    content = mail.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's message, which has it
    try:
        server = _opened(connection)
        _introduce(server, sender, len(content))
        _address(server, recipients)
        _hand_over(server, content)
    finally:
        # The mail's fate is known by now; a server that hangs at the farewell changes nothing.
        with suppress(OSError):
            connection.close()


def _opened(connection: EmailBackend) -> smtplib.SMTP:
    try:
        connection.open()
    except OSError:
        # Down, or it does not let us in with this password: our problem, not the message's.
        raise ChannelRefused("server_unreachable", permanent=False) from None
    server: smtplib.SMTP | None = connection.connection
    if server is None:
        raise ChannelRefused("server_unreachable", permanent=False)
    return server


def _introduce(server: smtplib.SMTP, sender: str, size: int) -> None:
    try:
        server.ehlo_or_helo_if_needed()
        options = [f"size={size}"] if server.does_esmtp and server.has_extn("size") else []
        code, _ = server.mail(sender, options)
    except OSError:
        raise ChannelRefused("connection_lost_before", permanent=False) from None
    if code not in _OK:
        # About us, e.g. not signed in or over quota. A new password or tomorrow cures it: every way stays open.
        raise ChannelRefused(f"sender_refused_{code}", permanent=False)


def _address(server: smtplib.SMTP, recipients: list[str]) -> None:
    """Name the recipients; only the first one decides. A copy that is refused takes nothing from who has to act."""
    for place, recipient in enumerate(recipients):
        try:
            code, _ = server.rcpt(recipient)
        except OSError:
            raise ChannelRefused("connection_lost_before", permanent=False) from None
        if place == 0 and code not in _OK:
            # Greylisting servers say "later" (4xx) at this very point.
            raise ChannelRefused(f"recipient_refused_{code}", permanent=code >= _FOR_GOOD)


def _hand_over(server: smtplib.SMTP, content: bytes) -> None:
    try:
        code, _ = server.data(content)
    except smtplib.SMTPDataError as error:
        code = error.smtp_code
    except OSError:
        raise OutcomeUnknown("connection_lost") from None
    if code not in _OK:
        raise ChannelRefused(f"smtp_{code}", permanent=code >= _FOR_GOOD)
