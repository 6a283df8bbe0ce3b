"""The words of a number migration, stored as text; labels are for people."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Stage(TextChoices):
    """Where the case stands."""

    TRIAGE = "triage", _("Triage")
    REQUIREMENTS = "requirements", _("Requirements")
    READY = "ready", _("Ready")
    SCHEDULED = "scheduled", _("Scheduled")
    IN_CALL = "in_call", _("In call")
    VERIFYING = "verifying", _("Verifying")
    CLOSING = "closing", _("Closing")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    REJECTED = "rejected", _("Rejected")


class Flow(TextChoices):
    """Which of Meta's moves it is (A–F)."""

    NUMBER_BY_API = "number_by_api", _("Number by API")
    NUMBER_BY_EMBEDDED_SIGNUP = "number_by_embedded_signup", _("Number by Embedded Signup")
    WABA_SWITCH = "waba_switch", _("WABA switch")
    MULTI_PARTNER = "multi_partner", _("Multi-partner")
    HOSTING_CHANGE = "hosting_change", _("Hosting change")
    BUSINESS_APP_COEXISTENCE = "business_app_coexistence", _("Business app coexistence")


class Execution(TextChoices):
    """Who makes the calls to Meta."""

    GRAPH_API = "graph_api", _("We call Meta")
    EMBEDDED_SIGNUP = "embedded_signup", _("Meta's popup")
    PROVIDER_CONSOLE = "provider_console", _("The BSP's console")


class DurationUnit(TextChoices):
    """In what the length of a playbook's stage is told."""

    MINUTES = "minutes", _("Minutes")
    HOURS = "hours", _("Hours")
    BUSINESS_DAYS = "business_days", _("Working days")


class BusinessVerification(TextChoices):
    """Meta's verification of the company."""

    VERIFIED = "verified", _("Verified")
    UNVERIFIED = "unverified", _("Not verified")
    PENDING = "pending", _("Pending")
    REJECTED = "rejected", _("Rejected")
    UNKNOWN = "unknown", _("Unknown")


class Hosting(TextChoices):
    """Where the number runs today."""

    CLOUD_API = "cloud_api", _("Cloud API")
    ON_PREMISE = "on_premise", _("On-Premises API")
    UNKNOWN = "unknown", _("Unknown")


class ConnectionStatus(TextChoices):
    """The status that the old BSP shows right now."""

    CONNECTED = "connected", _("Connected")
    PENDING = "pending", _("Pending")
    DISCONNECTED = "disconnected", _("Disconnected")
    FLAGGED = "flagged", _("Flagged")
    RESTRICTED = "restricted", _("Restricted")
    RATE_LIMITED = "rate_limited", _("Rate limited")
    BANNED = "banned", _("Banned")
    DELETED = "deleted", _("Deleted")
    UNVERIFIED = "unverified", _("Unverified")
    MIGRATED = "migrated", _("Migrated")
    UNKNOWN = "unknown", _("Unknown")


class TwoStep(TextChoices):
    """Two-step verification of the numbers."""

    ENABLED = "enabled", _("Enabled")
    DISABLED = "disabled", _("Disabled")
    UNKNOWN = "unknown", _("Unknown")


class WabaOwner(TextChoices):
    """Who owns the WhatsApp Business Account the number leaves."""

    CLIENT = "client", _("Client")
    OLD_BSP = "old_bsp", _("Old BSP")
    UNKNOWN = "unknown", _("Unknown")


class Moves(TextChoices):
    """What is to move."""

    NUMBER = "number", _("The number")
    WABA = "waba", _("The whole WABA")
    HOSTING = "hosting", _("The hosting only")
    UNKNOWN = "unknown", _("Unknown")


class LineType(TextChoices):
    """Kind of line: decides between SMS and voice."""

    MOBILE = "mobile", _("Mobile")
    LANDLINE = "landline", _("Landline")
    VOIP = "voip", _("VoIP")
    TOLL_FREE = "toll_free", _("Toll-free")
    SHARED_COST = "shared_cost", _("Shared cost")
    OTHER = "other", _("Other")
    UNKNOWN = "unknown", _("Unknown")


class OtpMethod(TextChoices):
    """How the 6-digit code reaches the line."""

    SMS = "sms", _("SMS")
    VOICE = "voice", _("Voice call")


class DisplayNameStatus(TextChoices):
    """Meta's review of the display name."""

    APPROVED = "approved", _("Approved")
    PENDING = "pending", _("Pending")
    DECLINED = "declined", _("Declined")
    UNKNOWN = "unknown", _("Unknown")


class NumberState(TextChoices):
    """One number on its way."""

    PENDING = "pending", _("Pending")
    INITIATED = "initiated", _("Initiated at Meta")
    CODE_REQUESTED = "code_requested", _("Code requested")
    CODE_VERIFIED = "code_verified", _("Code accepted")
    REGISTERED = "registered", _("Registered")
    LIVE = "live", _("Live")
    COOLING_DOWN = "cooling_down", _("Cooling down")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Skipped")


class RequirementCode(TextChoices):
    """The closed list of what must be true."""

    WABA_ID = "waba_id"
    BUSINESS_MANAGER_ID = "business_manager_id"
    TWO_STEP_DISABLED = "two_step_disabled"
    BUSINESS_VERIFIED = "business_verified"
    ACCOUNT_APPROVED = "account_approved"
    DISPLAY_NAME_APPROVED = "display_name_approved"
    DESTINATION_ACCOUNT_READY = "destination_account_ready"
    WALLET_FUNDED = "wallet_funded"
    DESTINATION_PAYMENT = "destination_payment"
    APP_SUBSCRIBED = "app_subscribed"
    OTP_CHANNEL = "otp_channel"
    OTP_CONTACT = "otp_contact"
    NOTIFICATION_ACCEPTED = "notification_accepted"
    OPEN_CONVERSATIONS_ACK = "open_conversations_ack"
    TEMPLATES_ACK = "templates_ack"
    LOW_TRAFFIC_WINDOW = "low_traffic_window"
    INVOICES_SETTLED = "invoices_settled"
    CONTACTS_EXPORTED = "contacts_exported"
    CAMPAIGNS_PAUSED = "campaigns_paused"
    SEND_RECEIVE_TEST = "send_receive_test"
    TEMPLATES_CHECKED = "templates_checked"
    TWO_STEP_REENABLED = "two_step_reenabled"
    QUALITY_24H = "quality_24h"
    OLD_CONTRACT_CANCELLED = "old_contract_cancelled"
    REFUND_CLAIMED = "refund_claimed"


class RequirementState(TextChoices):
    """How far a requirement is."""

    UNMET = "unmet", _("Open")
    REQUESTED = "requested", _("Requested")
    CLAIMED = "claimed", _("Claimed")
    MET = "met", _("Met")
    WAIVED = "waived", _("Waived")
    FAILED = "failed", _("Failed")


class EvidenceKind(TextChoices):
    """What was shown for a requirement."""

    TEXT = "text", _("Words")
    FILE = "file", _("File")
    LINK = "link", _("Link")
    PROOF = "proof", _("Proof by Meta")
    FORM = "form", _("As filed")


class Verdict(TextChoices):
    """What became of something shown."""

    PENDING = "pending", _("Not judged")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")


class Blocks(TextChoices):
    """The transition a requirement blocks."""

    SUBMIT = "submit", _("Submitting")
    SCHEDULE = "schedule", _("Scheduling")
    START = "start", _("Starting the call")
    RESOLVE = "resolve", _("Resolving")
    NOTHING = "nothing", _("Nothing")


class ChaseState(TextChoices):
    """How far a chase is."""

    ACTIVE = "active", _("Active")
    ANSWERED = "answered", _("Answered")
    SATISFIED = "satisfied", _("Satisfied")
    EXHAUSTED = "exhausted", _("Escalated")
    STOPPED = "stopped", _("Stopped")


class AttemptState(TextChoices):
    """How far one message is."""

    PLANNED = "planned", _("Planned")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Outcome unknown")
    BOUNCED = "bounced", _("Bounced")


class ChannelName(TextChoices):
    """The ways by which a message can reach somebody. Behind the last three a person of the desk acts."""

    EMAIL = "email", _("E-mail")
    HTTP = "http", _("HTTP call")
    PORTAL = "portal", _("Web portal")
    PHONE = "phone", _("Phone call")
    WHATSAPP = "whatsapp", _("WhatsApp")


BY_PERSON = frozenset({ChannelName.PORTAL, ChannelName.PHONE, ChannelName.WHATSAPP})  # nothing is sent: tasks


class DeskTaskKind(TextChoices):
    """What a person of the desk has to do."""

    PORTAL = "portal", _("Ask on a web portal")
    PHONE = "phone", _("Call")
    WHATSAPP = "whatsapp", _("Write by WhatsApp")
    JUDGE_ANSWER = "judge_answer", _("Judge an answer")
    REMOVE_NUMBER = "remove_number", _("Remove the number from the destination")
    META_PROBLEM = "meta_problem", _("Look at Meta's refusal")
    HOLDER_CHECK = "holder_check", _("Ask the phone holder")
    HOLDER_REFUSED = "holder_refused", _("The phone holder cannot")
    RING_CLIENT = "ring_client", _("Ring the client about the call")
    CALL_NOT_READY = "call_not_ready", _("A call is not ready")


class DeskTaskState(TextChoices):
    """How far a task is."""

    OPEN = "open", _("To do")
    DONE = "done", _("Done")
    DROPPED = "dropped", _("Not needed any more")


class TaskOutcome(TextChoices):
    """How a task of the desk ended."""

    DONE = "done", _("Done")
    PROMISED = "promised", _("Promised for a date")
    CLAIMED = "claimed", _("They say it is done")
    NO_ANSWER = "no_answer", _("No answer")
    NOT_POSSIBLE = "not_possible", _("Not possible this way")
    REFUSED = "refused", _("The BSP refuses")
    NOTHING_NEW = "nothing_new", _("Nothing new")


class PinCallState(TextChoices):
    """How far a call is."""

    HELD = "held", _("Held")
    BOOKED = "booked", _("Booked")
    STARTED = "started", _("Started")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")
    NO_SHOW = "no_show", _("Nobody came")
    EXPIRED = "expired", _("Hold expired")
