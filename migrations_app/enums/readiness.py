"""What is looked at before a call begins, how it stands, and why: the words of the readiness gate."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CheckCode(TextChoices):
    """What no requirement stands for. The other checks bear the code of their requirement."""

    LINE = "line", _("The line can be used with WhatsApp")
    PERSON_PRESENT = "person_present", _("Person and phone at hand")
    CODES_LEFT = "codes_left", _("Requests for a code left")
    REGISTRATIONS_LEFT = "registrations_left", _("Registrations left")
    RESTED = "rested", _("The number does not rest")
    DESTINATION_HELD = "destination_held", _("Our account at the destination")
    DESTINATION_APPROVED = "destination_approved", _("Account at the destination approved by Meta")


class Standing(TextChoices):
    """How a check stands. What is doubtful stops nobody."""

    OK = "ok", _("In place")
    DOUBTFUL = "doubtful", _("Doubtful")
    MISSING = "missing", _("Missing")


class Why(TextChoices):
    """Why a check is not simply in place."""

    NONE = "", ""
    NOT_MET = "not_met", _("Nobody has answered this yet.")
    REQUESTED = "requested", _("Asked for, and not done yet.")
    NOT_JUDGED = "not_judged", _("Somebody says so. This queue wants an agent to judge it.")
    SAID_ONLY = (
        "said_only",
        _("Somebody says so; it is not proven. It is tried at Meta at the start, where that is possible."),
    )
    PROOF_OLD = (
        "proof_old",
        _("The last proof is older than 72 hours. It is tried again at the start, where that is possible."),
    )
    META_REFUSED = "meta_refused", _("Meta still sees two-step verification switched on.")
    META_SAID_NO = (
        "meta_said_no",
        _("Meta refused the move because of it. It closes by itself when a look at Meta shows it mended."),
    )
    NO_CODE_LINE = "no_code_line", _("Neither a text message nor a call is a way to bring the code to such a line.")
    PAGER = "pager", _("A pager takes neither text messages nor calls.")
    BEHIND_IVR = (
        "behind_ivr",
        _("A voice menu answers: Meta's call cannot get past it. Have it switched off for the call."),
    )
    SMS_UNSUITED = (
        "sms_unsuited",
        _("Text messages often do not arrive on such a line: have the code read out by a call."),
    )
    LINE_UNKNOWN = "line_unknown", _("Nobody has told what kind of line it is, or how the code should come.")
    NO_CONTACT = "no_contact", _("Nobody is named who holds the phone.")
    NOT_CONFIRMED = "not_confirmed", _("Nobody has confirmed that the phone is at hand. Ask, and tick it here.")
    HOLDER_REFUSED = "holder_refused", _("The holder says that the phone will not be at hand.")
    LAST_CODE = "last_code", _("Only one request is left before the number has to rest.")
    CODES_USED = "codes_used", _("All requests are used: the number has to rest.")
    FEW_REGISTRATIONS = (
        "few_registrations",
        _("Few registrations are left in Meta's moving 72 hours: register with care."),
    )
    REGISTRATIONS_USED = (
        "registrations_used",
        _("Meta's limit of registrations is reached: one more blocks the number for longer."),
    )
    RESTS = "rests", _("The number rests after too many tries.")
    NO_ACCOUNT = "no_account", _("No account of ours is known at this destination: there is nowhere to move to.")
    NOT_READ = "not_read", _("Not read at Meta yet. It is read at the start.")
    NO_ANSWER = "no_answer", _("Meta did not answer when it was read.")
    REVIEW_PENDING = "review_pending", _("Meta has not approved the account yet.")
    NOT_VERIFIED = "not_verified", _("Meta does not show the business of this account as verified.")
    NO_APP = "no_app", _("Meta lists no app at this account: no message would arrive.")
    CAMPAIGNS_RUN = "campaigns_run", _("Nobody has said that campaigns are paused. Ask before you begin.")


class LeftBecause(TextChoices):
    """Why a number is not part of a running call any more."""

    NONE = "", ""
    NOT_READY = "not_ready", _("It was not ready when the call began.")
    TWO_STEP = "two_step", _("Two-step verification is still switched on.")


class MilestoneKind(TextChoices):
    """What a person records of a move that we do not make at Meta ourselves, in this order."""

    OPENED = "opened", _("Begun")
    ACCEPTED = "accepted", _("Code accepted")
    LIVE = "live", _("Live")
