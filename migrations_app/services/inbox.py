"""What a person does with mail: files it on a ticket, on another one, or sets it aside."""

from datetime import datetime

from config.core.actor import Actor
from config.core.errors import Conflict, NotFound
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import DeskTaskState
from migrations_app.enums.mail import MailState, MatchedBy
from migrations_app.models import DeskTask, InboundFile, InboundMail
from migrations_app.rules.answers import Place
from migrations_app.rules.lifecycle import MAIL
from migrations_app.selectors.mails import asking_chase
from migrations_app.services.answers import judged_elsewhere
from migrations_app.services.inbound import read_again
from migrations_app.services.mail_filing import Destination, file_mail
from tickets.models import Ticket
from tickets.services.comments import take_back_note
from tickets.services.tickets import lock_ticket


class AlreadyThere(Conflict):
    """The mail is filed on this ticket already."""


class ReasonForAsideNeeded(Conflict):
    """Setting a mail aside needs a reason in words."""

    code = "validation_failed"


def file_on(*, mail_id: int, ticket_id: int, by: Actor, now: datetime) -> None:
    """File a mail on a ticket by hand; one that was filed on another ticket is taken away from there.

    What the wrong ticket's client could read stays there; notes for the desk go, for they may be another client's words.

    :raises NotFound: no such mail or ticket.
    :raises AlreadyThere: it is there already.
    :raises TemporarilyUnavailable: the folder of mail is not there.
    """
    row = _mail(mail_id)
    mail = read_again(row)
    with unit_of_work(by=by, now=now) as uow:
        uow.lock(Ticket, *{ticket_id, *([row.ticket_id] if row.ticket_id else [])})
        row = _mail(mail_id)
        if row.ticket_id == ticket_id and row.state == MailState.FILED:
            raise AlreadyThere(extra={"allowed": []})
        # A machine's note on the very same ticket makes way for the answer that it turns out to be.
        if row.ticket_id is not None and row.comment_id is not None:
            _take_from(uow, row)
        same = row.ticket_id == ticket_id and row.chase_id is not None
        place = Place(ticket_id, row.chase_id if same else asking_chase(ticket_id))
        file_mail(uow, row, mail, Destination(place, MatchedBy.HAND))
        InboundMail.objects.filter(pk=row.pk).update(decided_by=by.label, reason="")


def _mail(mail_id: int) -> InboundMail:
    found = InboundMail.objects.filter(pk=mail_id).first()
    if found is None:
        raise NotFound
    return found


def _take_from(uow: UnitOfWork, row: InboundMail) -> None:
    """Take a mail away from the ticket where it does not belong."""
    ticket = lock_ticket(uow, int(row.ticket_id or 0))
    files = InboundFile.objects.filter(mail=row, attachment__isnull=False).values_list("attachment_id", flat=True)
    take_back_note(uow, ticket, comment_id=row.comment_id, attachment_ids=list(files))
    task = DeskTask.objects.filter(pk=row.task_id, state=DeskTaskState.OPEN).first() if row.task_id else None
    if task is not None and not InboundMail.objects.filter(task=task).exclude(pk=row.pk).exists():
        judged_elsewhere(uow, ticket, task)
    InboundMail.objects.filter(pk=row.pk).update(task=None)


def set_aside(*, mail_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Say that a mail belongs to no ticket; it stays where it is and can still be filed.

    :raises NotFound: no such mail.
    :raises ReasonForAsideNeeded: no reason was given.
    :raises IllegalTransition: it is filed already.
    """
    if not reason.strip():
        raise ReasonForAsideNeeded
    with unit_of_work(by=by, now=now) as uow:
        row = _mail(mail_id)
        uow.move(row, "state", table=MAIL, to=MailState.SET_ASIDE, decided_by=by.label, reason=reason.strip()[:2000])
