"""Mails as they come off the wire."""

from email.message import EmailMessage
from typing import Any

OUR_ID = "20260302.1@portero.example"


def mail_of(
    text: str = "It is off now.",
    *,
    sender: str = "Ana Souza <ana@padariasol.example>",
    to: str = "onboarding@portero.example",
    subject: str = "Re: Two-step verification",
    message_id: str = "<answer-1@padariasol.example>",
    files: tuple[tuple[str, bytes, str], ...] = (),
    html: str = "",
    **headers: str,
) -> EmailMessage:
    """A mail; further headers are given with underscores: `in_reply_to="<…>"`."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    if message_id:
        mail["Message-ID"] = message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    for name, content, media_type in files:
        kind, _, subtype = media_type.partition("/")
        mail.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
    return mail


def raw_mail(*args: Any, **more: Any) -> bytes:
    return mail_of(*args, **more).as_bytes()


def bounce_mail(
    *, about: str = OUR_ID, to: str = "offboarding@infobip.example", status: str = "5.1.1", action: str = "failed"
) -> bytes:
    """A delivery report as RFC 3464 has it."""
    return (
        "Return-Path: <>\r\n"
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>\r\n"
        "To: onboarding@portero.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        f"Message-ID: <report-{status}@mx.example>\r\n"
        "Auto-Submitted: auto-replied\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="BB"\r\n\r\n'
        "--BB\r\nContent-Type: text/plain\r\n\r\nI am sorry to have to inform you ...\r\n\r\n"
        "--BB\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 No such user\r\n\r\n"
        "--BB\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"From: onboarding@portero.example\r\nMessage-ID: <{about}>\r\nSubject: Request\r\n\r\n--BB--\r\n"
    ).encode()
