"""Answers that wait for an agent, on the ticket page: what was said, by whom, and the buttons that say what it means."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from config.core.actor import ActorKind
from migrations_app.admin.case_actions import MAX_SHORT, promised_evening
from migrations_app.admin.deeds import Action, BadForm, Deed
from migrations_app.admin.words import chase_words
from migrations_app.enums import ChaseState, DeskTaskKind, RequirementCode
from migrations_app.enums.mail import AnswerVerdict
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import Chase, DeskTask, InboundFile, InboundMail, MigrationCase
from migrations_app.rules.mail_text import answer_of
from migrations_app.rules.requirements import VALUE_CODES
from migrations_app.rules.verdicts import is_forged
from migrations_app.selectors.cases import claims_to_judge
from migrations_app.selectors.mails import answers_to_judge, mails_of
from migrations_app.services import answers, inbox
from migrations_app.services.answers import Judgement, open_codes
from tickets.enums import Party
from tickets.models import Comment, Ticket
from tickets.selectors.desk import visible_tickets

_SAYERS = (Party.CLIENT, Party.OLD_BSP, Party.ONBOARDING)


def context_of(case: MigrationCase | None, page: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers that wait and the chases that a BSP has refused, for the desk; `page` shows tasks and chases already."""
    if case is None:
        return {}
    return {
        "answers_waiting": [entry_of(task, case) for task in answers_to_judge(case)] if _waiting(page) else [],
        "refused_chases": [each["title"] for each in page["chases"] if _is_refused(each["row"])],
    }


def count_to_judge(ticket: Ticket, case: MigrationCase, page: Mapping[str, Any]) -> int:
    """Return how many answers and claims of a case wait for an agent's judgement; `page` shows its tasks already."""
    return _waiting(page) + len(claims_to_judge(case, ticket))


def _waiting(page: Mapping[str, Any]) -> int:
    return sum(each["open"] and each["row"].kind == DeskTaskKind.JUDGE_ANSWER for each in page["tasks"])


def _is_refused(chase: Chase) -> bool:
    """Tell whether a person has the chase although its ladder has not come to its end: only a refusal does that."""
    return chase.state == ChaseState.EXHAUSTED and chase.ended_at is None


def entry_of(task: DeskTask, case: MigrationCase) -> dict[str, Any]:
    """Return one answer as the card shows it; the same serves wherever tasks are listed."""
    codes = open_codes(task.chase) if task.chase is not None else []
    mails = sorted(task.mails.all(), key=lambda mail: mail.pk)
    return {
        "task": task,
        "chase": task.chase,
        "title": chase_words(task.chase) if task.chase else "",
        "codes": [(code.value, str(REQUIREMENT_TEXTS[code][0])) for code in codes],
        "numbers": list(case.numbers.order_by("position").values_list("number", flat=True)),
        "asks_value": any(code in VALUE_CODES for code in codes),
        "mails": [{**note_of(mail), "words": answer_of(mail.text), "files": _files_of(mail)} for mail in mails],
        "sayers": [(party.value, str(party.label), party.value == task.recipient_party) for party in _SAYERS],
    }


def _files_of(mail: InboundMail) -> list[InboundFile]:
    """Return what is attached to a mail, in its order, whether the ticket took it or not."""
    return sorted(mail.files.all(), key=lambda file: file.position)


def note_of(mail: InboundMail) -> dict[str, Any]:
    """Return what an agent should know of a mail before believing it."""
    verdicts = mail.facts.get("verdicts", {})
    return {
        "row": mail,
        "forged": is_forged(verdicts),
        "unexpected": mail.expected_sender is False,
        "back_on": mail.facts.get("back_on", ""),
        "left": [file for file in mail.files.all() if file.attachment_id is None],
    }


def with_mail(comments: list[Comment], ticket: Ticket) -> list[Comment]:
    """Return a ticket's comments, each with the mail that it came by."""
    by_mail = any(comment.author_kind == ActorKind.MAIL for comment in comments)
    notes = {mail.comment_id: note_of(mail) for mail in mails_of(ticket) if mail.comment_id} if by_mail else {}
    for comment in comments:
        comment.mail = notes.get(comment.pk)  # type: ignore[attr-defined]  # for the template alone
    return comments


def _codes(deed: Deed) -> list[RequirementCode]:
    return [RequirementCode(code) for code in deed.data.getlist("codes") if code in RequirementCode.values]


def _judge(deed: Deed) -> str:
    verdict = deed.data.get("verdict", "")
    if verdict not in AnswerVerdict.values:
        raise BadForm(_("There is no such decision."))
    party = deed.data.get("confirmed_by", Party.CLIENT)
    reference = deed.text("external_reference")
    if len(reference) > MAX_SHORT:
        raise BadForm(_("The text is too long."))
    complaint = _("Say why; the next agent has to know.") if verdict == AnswerVerdict.REFUSED else ""
    judgement = Judgement(
        verdict=AnswerVerdict(verdict),
        chase_id=deed.number("chase"),
        codes=_codes(deed),
        numbers=deed.data.getlist("numbers") or None,
        confirmed_by=Party(party) if party in _SAYERS else Party.CLIENT,
        value=deed.text("value"),
        external_reference=reference,
        promised_for=promised_evening(deed),
        reason=deed.text("reason", complaint),
    )
    answers.judge(ticket_id=deed.ticket.pk, judgement=judgement, by=deed.by, now=deed.now)
    return _SAID[AnswerVerdict(verdict)]()


_SAID = {
    AnswerVerdict.DONE: lambda: _("Recorded as done; thank you."),
    AnswerVerdict.PROMISED: lambda: _("Recorded as promised. Nobody is reminded before that date."),
    AnswerVerdict.REFUSED: lambda: _("Recorded: the BSP refuses. The ticket waits for you."),
    AnswerVerdict.NOTHING_NEW: lambda: _("Recorded: nothing new. The reminders go on."),
    AnswerVerdict.READ: lambda: _("Read."),
}


def _elsewhere(deed: Deed) -> str:
    wanted = deed.text("reference", _("Name the ticket that it belongs to.")).upper()
    target = visible_tickets(deed.user).filter(reference=wanted).exclude(pk=deed.ticket.pk).first()
    task = answers.demand_open(deed.number("task") or 0)
    mails = list(InboundMail.objects.filter(task=task, ticket=deed.ticket).order_by("pk"))
    if target is None or not mails:
        raise BadForm(_("There is no such other ticket among yours."))
    for mail in mails:
        inbox.file_on(mail_id=mail.pk, ticket_id=target.pk, by=deed.by, now=deed.now)
    return _("Moved to %(reference)s.") % {"reference": target.reference}


ANSWER_ACTIONS: dict[str, Action] = {
    # A judgement refuses by itself when somebody else has judged already.
    "judge-answer": Action(_judge, stale_ok=True),
    "answer-elsewhere": Action(_elsewhere, stale_ok=True),
}
