"""Putting a mail where it belongs: a comment with its files, a chase that falls silent, a task for a person.

`process` decides what a mail is, outside of any transaction; every change after that is one unit of work under the ticket's
lock. Nothing is ever answered automatically, so no two machines can talk to each other.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext

from config.core.actor import Actor, ActorKind
from config.core.errors import DomainError
from config.core.uow import LostRace, UnitOfWork, unit_of_work
from migrations_app.enums import DeskTaskKind
from migrations_app.enums.mail import MailState, MatchedBy
from migrations_app.models import Chase, DeskTask, InboundFile, InboundMail, MigrationCase
from migrations_app.rules.absence import back_on
from migrations_app.rules.answers import MailKind, Place, kind_of, match, traces_of
from migrations_app.rules.lifecycle import MAIL
from migrations_app.rules.mail_text import answer_of
from migrations_app.rules.mails import Mail
from migrations_app.rules.senders import party_of_sender
from migrations_app.rules.verdicts import is_forged
from migrations_app.selectors.mails import known_of, known_senders, written_to
from migrations_app.services.bounces import take_report
from migrations_app.services.chase_answers import take_answer
from migrations_app.services.desk_tasks import NewTask, open_task
from migrations_app.services.inbound import read_again
from migrations_app.services.settle import settle
from tickets.enums import Party, TicketStatus, Visibility
from tickets.models import Attachment, Ticket
from tickets.services.comments import post_comment
from tickets.services.files import Upload, attach
from tickets.services.silence import count_anew
from tickets.services.tickets import lock_ticket

LONGEST_COMMENT = 10_000


@dataclass(frozen=True)
class Destination:
    """Where a mail goes, and how that was found."""

    place: Place
    matched_by: MatchedBy


def process(*, mail_id: int, by: Actor, now: datetime) -> MailState | None:
    """Do with a mail what it is for, and return what became of it; None when somebody else has done it.

    :raises TemporarilyUnavailable: the folder of mail is not there.
    """
    row = InboundMail.objects.get(pk=mail_id)
    if row.state != MailState.RECEIVED:
        return None
    mail = read_again(row)
    kind = kind_of(mail, no_return_path=row.no_return_path)
    try:
        if kind is MailKind.REPORT:
            take_report(row, mail, by=by, now=now)
        else:
            _file_or_keep(row, mail, kind, by=by, now=now)
    except LostRace:
        return None
    return MailState(row.state)


def _file_or_keep(row: InboundMail, mail: Mail, kind: MailKind, *, by: Actor, now: datetime) -> None:
    traces = traces_of(mail, also_to=[row.recipient])
    found = match(traces, known_of(traces), sender=mail.sender)
    if found is not None and found[0] is MatchedBy.REFERENCE and is_forged(_verdicts(row)):
        found = None
    automatic = kind is MailKind.AUTO_REPLY
    with unit_of_work(by=by, now=now) as uow:
        if found is not None:
            file_mail(uow, row, mail, Destination(found[1], found[0]), automatic=automatic)
        else:
            uow.move(row, "state", table=MAIL, to=MailState.AUTO_REPLY if automatic else MailState.UNMATCHED)


def file_mail(uow: UnitOfWork, row: InboundMail, mail: Mail, to: Destination, *, automatic: bool = False) -> None:
    """File a mail on a ticket. An automatic reply becomes a note for the desk and changes nothing else.

    :raises NotFound: the ticket is gone.
    :raises LostRace: somebody else has done something with the mail.
    """
    ticket = lock_ticket(uow, to.place.ticket_id)
    case = MigrationCase.objects.select_related("current_bsp", "playbook").filter(ticket=ticket).first()
    chase = Chase.objects.filter(pk=to.place.chase_id).first() if to.place.chase_id else None
    senders = known_senders(ticket)
    party = party_of_sender(mail.sender, senders)
    columns = {
        "matched_by": to.matched_by,
        "party": party or "",
        "ticket_id": ticket.pk,
        "chase_id": chase.pk if chase else None,
        "expected_sender": mail.sender in written_to(ticket) | senders[Party.CLIENT],
        "filed_at": uow.now,
        "facts": {**row.facts, **_absence(mail, uow.now, automatic=automatic)},
    }
    if row.state != MailState.FILED:
        uow.move(row, "state", table=MAIL, to=MailState.AUTO_REPLY if automatic else MailState.FILED, **columns)
    else:
        InboundMail.objects.filter(pk=row.pk).update(**columns, updated_at=uow.now)
        row.refresh_from_db()
    public = party is Party.CLIENT and not automatic and mail.sender in senders[Party.CLIENT]
    shown = Visibility.PUBLIC if public and not is_forged(_verdicts(row)) else Visibility.INTERNAL
    comment_id = _say(uow, ticket, row, mail, shown, with_files=not automatic)
    InboundMail.objects.filter(pk=row.pk).update(comment_id=comment_id)
    if automatic:
        return
    if party is not Party.OLD_BSP:
        # Somebody on the client's side is there; a warning of letting go is over.
        count_anew(uow, ticket)
    if case is not None:
        _ask_to_judge(uow, ticket, case, row, answer_of(mail.text))
        settle(uow, ticket, case)


def _verdicts(row: InboundMail) -> dict[str, str]:
    found: dict[str, str] = row.facts.get("verdicts", {})
    return found


def _absence(mail: Mail, now: datetime, *, automatic: bool) -> dict[str, str]:
    day = back_on(f"{mail.subject}\n{mail.text}", today=now.date()) if automatic else None
    return {"back_on": day.isoformat()} if day is not None and day >= now.date() else {}


def sender_actor(mail: Mail) -> Actor:
    """Return the sender of a mail as the one who says what it says."""
    label = f"{mail.sender_name} <{mail.sender}>" if mail.sender_name else mail.sender
    return Actor(ActorKind.MAIL, label[:200] or "–")


def _say(uow: UnitOfWork, ticket: Ticket, row: InboundMail, mail: Mail, shown: Visibility, *, with_files: bool) -> int:
    """Write the comment and keep the files that a ticket takes; the others are named in it and stay with the mail."""
    by = sender_actor(mail)
    left: list[str] = []
    for entry in InboundFile.objects.filter(mail=row).order_by("position") if with_files else ():
        taken = _attached(ticket, mail, entry, shown, by=by, now=uow.now)
        if taken is None:
            left.append(entry.filename)
        InboundFile.objects.filter(pk=entry.pk).update(attachment=taken)
    body = answer_of(mail.text)[:LONGEST_COMMENT] or mail.subject or "–"
    if left:
        with translation.override(ticket.language):
            names = gettext("Not among the files of the ticket: %(names)s") % {"names": ", ".join(left)}
        body = f"{body}\n\n[{names}]"
    return int(post_comment(ticket_id=ticket.pk, body=body, visibility=shown, by=by, now=uow.now).pk)


def _attached(
    ticket: Ticket, mail: Mail, entry: InboundFile, shown: Visibility, *, by: Actor, now: datetime
) -> Attachment | None:
    if entry.position >= len(mail.files):
        return None
    upload = Upload(entry.filename, mail.files[entry.position].content)
    try:
        return attach(ticket_id=ticket.pk, upload=upload, visibility=shown, by=by, now=now)
    except DomainError:
        # Too large, of a kind that we do not take, or one too many: it stays with the mail.
        return None


def _ask_to_judge(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, row: InboundMail, answer: str) -> None:
    """Let the chase fall silent and put the answer before an agent; what asks for nothing any more is only to be read."""
    chase = Chase.objects.filter(pk=row.chase_id).first() if row.chase_id else None
    waits = chase is not None and ticket.status != TicketStatus.DRAFT and take_answer(uow, ticket, chase)
    task = open_task(
        uow,
        case,
        NewTask(
            DeskTaskKind.JUDGE_ANSWER,
            chase=chase if waits else None,
            recipient_party=row.party,
            language=ticket.language,
            contact=row.sender,
            title=row.subject[:300],
            text=answer[:LONGEST_COMMENT],
        ),
    )
    if InboundMail.objects.filter(task=task).exists():
        # One task for all that was said since: the newest stands below.
        DeskTask.objects.filter(pk=task.pk).update(text=f"{task.text}\n\n———\n\n{answer}"[-2 * LONGEST_COMMENT :])
    InboundMail.objects.filter(pk=row.pk).update(task=task)
