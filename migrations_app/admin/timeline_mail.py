"""What came in by mail, in the words of the timeline."""

from django.utils.translation import gettext as _

from migrations_app.admin.event_data import Data, Names, label_of, requirement_of
from migrations_app.enums.mail import AnswerVerdict


def answer_judged(data: Data, _names: Names) -> str:
    """Say what an agent found an answer to be."""
    verdict = label_of(AnswerVerdict, data.get("verdict"))
    if not data.get("requirement"):
        return _("Mail: %(verdict)s") % {"verdict": verdict}
    words = {"verdict": verdict, "requirement": requirement_of(data)}
    text = _("Answer judged: %(verdict)s (%(requirement)s)") % words
    return f"{text} · {data['external_reference']}" if data.get("external_reference") else text


def handed_over(data: Data, _names: Names) -> str:
    """Say why a person must take over a chase."""
    words = {"requirement": requirement_of(data)}
    if data.get("reason") == "refused":
        return _("The BSP refuses; a person must take over: %(requirement)s") % words
    return _("Nobody answered; a person must take over: %(requirement)s") % words


def note_moved() -> str:
    """Say that a mail has left this ticket."""
    return _("A mail that belongs to another ticket was moved there")
