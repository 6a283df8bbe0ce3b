"""What is posted on a client's page: answers, files, comments, and what concerns the call. Each form calls one service."""

from collections.abc import Callable
from datetime import date, datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from config.core.errors import DomainError, Invalid, TemporarilyUnavailable
from migrations_app.enums import RequirementCode
from migrations_app.models import NumberMove
from migrations_app.portal.call_steps import CALL_STEPS, Refused, Step, nothing_chosen, take_step
from migrations_app.rules.hours import end_of_promise
from migrations_app.rules.redaction import redact
from migrations_app.services import requirements
from tickets.enums import Party, Visibility
from tickets.enums.sharing import SharePermission
from tickets.services.comments import post_comment
from tickets.services.files import MOST_FILE_BYTES, FileNotTaken, FileTooLarge, Upload, attach

LONGEST_TEXT = 5000
LONGEST_SHORT = 100
MOST_BODY_BYTES = MOST_FILE_BYTES + 64 * 1024
"""A file, and what a form needs around it."""


class NotWhole(Exception):
    """A form lacks something or has too much of it; its text tells the reader what."""


def permission_for(do: str) -> SharePermission | None:
    """Return what a link must permit for a form; None for a form we do not know."""
    if do in CALL_STEPS:
        return SharePermission.SCHEDULE
    return SharePermission.ANSWER if do in _STEPS else None


def form_of(step: Step) -> str:
    """Return the id of the form that was posted, where the page tells what became of it."""
    do, code = step.request.POST.get("do", ""), step.request.POST.get("code", "")
    return f"{do}-{code}" if code in RequirementCode.values else do


def too_large(request: HttpRequest) -> Refused | None:
    """Return the refusal of a body that nothing we take can fill, before it is read."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if length.isdigit() and int(length) > MOST_BODY_BYTES:
        return Refused(_("A file may have 10 MiB at most."), 413)
    return None


def take_client_step(step: Step) -> Refused | None:
    """Do what is posted; return why it was not done."""
    do = step.request.POST.get("do", "")
    if do in CALL_STEPS:
        return take_step(step)
    if do not in _STEPS:
        return nothing_chosen()
    try:
        _STEPS[do](step)
    except NotWhole as complaint:
        return Refused(str(complaint), 422, form_of(step))
    except Invalid as invalid:
        return Refused(" ".join(dict.fromkeys(error.detail for error in invalid.errors)), 422, form_of(step))
    except (FileTooLarge, FileNotTaken) as refusal:
        return Refused(refusal.detail, 422, form_of(step))
    except TemporarilyUnavailable:
        raise
    except DomainError as refusal:
        words = refusal.detail or _("This cannot be changed any more. Here is how it stands now.")
        return Refused(words, 409, form_of(step))
    return None


def _text(step: Step, name: str, longest: int = LONGEST_TEXT) -> str:
    value = step.request.POST.get(name, "").replace("\x00", "").strip()
    if len(value) > longest:
        raise NotWhole(_("The text is too long."))
    return value


def _code(step: Step) -> RequirementCode:
    value = step.request.POST.get("code", "")
    if value not in RequirementCode.values:
        raise NotWhole(_("Nothing was chosen."))
    return RequirementCode(value)


def _numbers(step: Step) -> list[str] | None:
    """Return the numbers that were ticked; None where the form names none, which means all of them.

    :raises NotWhole: there were some to tick, and none is.
    """
    if "of_numbers" not in step.request.POST:
        return None
    ticked = set(step.request.POST.getlist("number"))
    known = NumberMove.objects.filter(case=step.case).order_by("position").values_list("number", flat=True)
    found = [number for number in known if number in ticked]
    if not found:
        raise NotWhole(_("Tick at least one number."))
    return found


def _upload(step: Step) -> Upload | None:
    sent = step.request.FILES.get("file")
    if sent is None:
        return None
    if (sent.size or 0) > MOST_FILE_BYTES:
        raise NotWhole(_("A file may have 10 MiB at most."))
    return Upload(str(sent.name), sent.read())


def _claim(step: Step) -> None:
    claim = requirements.Claim(
        code=_code(step),
        # What looks like a code or a PIN is kept nowhere, whoever writes it.
        statement=redact(_text(step, "statement")),
        value=_text(step, "value", LONGEST_SHORT),
        confirmed_by=Party.CLIENT,
        numbers=_numbers(step),
    )
    upload, ticket_id = _upload(step), step.case.ticket_id
    if upload is None:
        requirements.claim(ticket_id=ticket_id, claim=claim, by=step.by, now=step.now)
    else:
        requirements.claim_with_file(ticket_id=ticket_id, claim_=claim, upload=upload, by=step.by, now=step.now)


def _requested(step: Step) -> None:
    request = requirements.Request(
        code=_code(step),
        requested_at=step.now,
        external_reference=_text(step, "external_reference", LONGEST_SHORT) or None,
        promised_for=_promised(step),
        numbers=_numbers(step),
    )
    requirements.mark_requested(ticket_id=step.case.ticket_id, request=request, by=step.by, now=step.now)


def _promised(step: Step) -> datetime | None:
    typed = _text(step, "promised_for", LONGEST_SHORT)
    if not typed:
        return None
    try:
        return end_of_promise(date.fromisoformat(typed), step.case.ticket.timezone, step.now)
    except (ValueError, OverflowError):
        raise NotWhole(_("The promised date is not a date.")) from None


def _comment(step: Step) -> None:
    body = redact(_text(step, "body"))
    if not body:
        raise NotWhole(_("Write something first."))
    post_comment(ticket_id=step.case.ticket_id, body=body, visibility=Visibility.PUBLIC, by=step.by, now=step.now)


def _file(step: Step) -> None:
    upload = _upload(step)
    if upload is None:
        raise NotWhole(_("Choose a file."))
    attach(ticket_id=step.case.ticket_id, upload=upload, visibility=Visibility.PUBLIC, by=step.by, now=step.now)


_STEPS: dict[str, Callable[[Step], None]] = {
    "claim": _claim,
    "requested": _requested,
    "comment": _comment,
    "file": _file,
}
