"""Messages of ours that came back: told by a mail, or by a mail provider's webhook."""

from dataclasses import dataclass
from datetime import datetime

from config.core.actor import Actor
from config.core.uow import unit_of_work
from migrations_app.enums.mail import MailState
from migrations_app.models import Chase, ChaseAttempt, InboundMail
from migrations_app.rules.answers import Report, report_of, traces_of
from migrations_app.rules.lifecycle import MAIL
from migrations_app.rules.mails import Mail, read
from migrations_app.selectors.mails import exchange_of, place_of
from migrations_app.services import outreach
from providers.models import Exchange


@dataclass(frozen=True)
class Tracked:
    """What a mail provider reports of a message that it sent for us. `permanent`: the address is bad for good."""

    message_id: str
    recipient: str
    permanent: bool
    reason: str


def take_report(row: InboundMail, mail: Mail, *, by: Actor, now: datetime) -> None:
    """Record what a delivery report says; a message that is still being tried has not come back.

    :raises LostRace: somebody else has done something with the mail.
    """
    report = report_of(mail)
    exchange = exchange_of(report.message_ids) or _by_chase(mail, report)
    place = place_of(exchange) if exchange else None
    said = {
        "status": report.status, "recipient": report.recipient, "permanent": report.permanent, "delayed": report.delayed,
        "delivered": report.delivered,
    }  # fmt: skip
    with unit_of_work(by=by, now=now) as uow:
        uow.move(
            row, "state", table=MAIL, to=MailState.BOUNCE, facts={**row.facts, "report": said},
            ticket_id=place.ticket_id if place else None, chase_id=place.chase_id if place else None,
        )  # fmt: skip
        if exchange is not None and not report.delayed and not report.delivered:
            outreach.mark_bounced(
                exchange_id=exchange.pk, permanent=report.permanent, reason=report.status or "bounced", by=by, now=now
            )


def _by_chase(mail: Mail, report: Report) -> Exchange | None:
    """Return the newest message of the chase whose address stands in what came back, to the recipient that failed."""
    tokens = traces_of(read(mail.quoted.encode("utf-8", "replace")), also_to=_answers_to(mail.quoted)).tokens
    chase = Chase.objects.filter(reply_token__in=tokens).first() if tokens else None
    if chase is None or not report.recipient:
        return None
    sent = ChaseAttempt.objects.filter(chase=chase, exchange__recipient__iexact=report.recipient)
    newest = sent.select_related("exchange").order_by("-id").first()
    return newest.exchange if newest else None


def _answers_to(headers: str) -> list[str]:
    return [
        line.partition(":")[2].strip(" <>\r") for line in headers.split("\n") if line.lower().startswith("reply-to:")
    ]


def take_tracked(*, tracked: Tracked, by: Actor, now: datetime) -> bool:
    """Record what a mail provider reports; tell whether it was about a message of ours and news."""
    exchange = exchange_of([tracked.message_id.strip("<>")]) if tracked.message_id else None
    if exchange is None:
        return False
    if tracked.recipient and tracked.recipient.lower() != exchange.recipient.lower():
        # Somebody in copy was not reached; whom we asked was.
        return False
    return outreach.mark_bounced(
        exchange_id=exchange.pk, permanent=tracked.permanent, reason=tracked.reason[:60], by=by, now=now
    )
