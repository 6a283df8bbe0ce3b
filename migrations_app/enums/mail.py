"""The words of incoming mail."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class MailState(TextChoices):
    """What became of an incoming mail."""

    RECEIVED = "received", _("Received")
    FILED = "filed", _("Filed on a ticket")
    UNMATCHED = "unmatched", _("Belongs to no ticket yet")
    AUTO_REPLY = "auto_reply", _("Automatic reply")
    BOUNCE = "bounce", _("Delivery report")
    SET_ASIDE = "set_aside", _("Set aside")


class MailSource(TextChoices):
    """By which way a mail came in."""

    WEBHOOK = "webhook", _("Mail provider")
    MAILDIR = "maildir", _("Folder")
    IMAP = "imap", _("Mailbox")


class MatchedBy(TextChoices):
    """How the ticket of a mail was found."""

    NOTHING = "", "–"
    TOKEN = "token", _("Address of the chase")
    THREAD = "thread", _("Answer to a message of ours")
    REFERENCE = "reference", _("Reference in the subject, known sender")
    HAND = "hand", _("By hand")


class AnswerVerdict(TextChoices):
    """What an agent finds an answer to be."""

    DONE = "done", _("It is done")
    PROMISED = "promised", _("Promised")
    REFUSED = "refused", _("The BSP refuses")
    NOTHING_NEW = "nothing_new", _("Nothing new")
    READ = "read", _("Read")
