"""Plain values that services and adapters share: Meta's Graph API, messages and what channels can do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal


class CodeMethod(StrEnum):
    """How Meta delivers the 6-digit ownership code (OTP) to the number."""

    SMS = "SMS"
    VOICE = "VOICE"


class CodeVerification(StrEnum):
    """Ownership of a number, normalised: Meta's own documents spell the same state in two ways."""

    VERIFIED = "verified"
    NOT_VERIFIED = "not_verified"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """What Meta says of one phone-number object. Empty text means that Meta did not say.

    Everything but `code_verification_status` is Meta's raw text: its lists of values are open.
    """

    id: str
    display_phone_number: str
    verified_name: str
    code_verification_status: CodeVerification
    code_verification_status_raw: str
    name_status: str
    quality_rating: str
    status: str
    platform_type: str

    @property
    def is_verified(self) -> bool:
        """Ownership is proven and the proof has not expired; says nothing of registration."""
        return self.code_verification_status is CodeVerification.VERIFIED

    @property
    def is_connected(self) -> bool:
        """The number is registered here: its status is CONNECTED."""
        return self.status == "CONNECTED"


@dataclass(frozen=True, slots=True)
class WabaFacts:
    """What Meta says of one WhatsApp Business Account. Raw texts; empty means that Meta did not say."""

    id: str
    name: str
    account_review_status: str
    business_verification_status: str
    ownership_type: str
    country: str
    timezone_id: str


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """What Meta says of one message template in one language. Raw texts in upper case; empty means that Meta did not say."""

    id: str
    name: str
    language: str
    status: str
    category: str = ""
    quality: str = ""
    reason: str = ""
    """Why it was rejected, in Meta's word; empty where it was not."""


@dataclass(frozen=True, slots=True)
class TemplateCopies:
    """What one page of copying templates came to: ids of those copied, and Meta's reason for each that was not."""

    copied: tuple[str, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetryRule:
    """When the same call may be sent again.

    `never`: not before something else has changed. `after`: not before `seconds` have passed.
    `soon`: in some minutes, `seconds` is the advice. `backoff`: with growing delays, `seconds` is the first.
    """

    kind: Literal["never", "after", "soon", "backoff"]
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class MetaProblem:
    """Why Meta refused a call: our `key`, Meta's own words (secrets removed), and what to do about it.

    `code` is Graph's error code, None when the answer carried none. `fbtrace_id` is what Meta Direct Support asks for.
    """

    key: str
    code: int | None
    message: str
    details: str
    fbtrace_id: str
    http_status: int
    retry: RetryRule
    title: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A partner's own system: where it listens, and the keys that sign what we tell it, the present one first."""

    url: str
    keys: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """A message to a person or a system. `attachments` are (file name, content, media type).

    `message_id` is our own name of it, set before it leaves; `references` are those of the conversation's earlier messages,
    oldest first. `headers` are further ones of a mail. `nudge`: one of many reminders, which no machine has to answer.

    `at` is when it was claimed. `endpoint_id` names the system it goes to, `endpoint` is that system once it is looked up; the
    fields before are what such a system is told besides the text.
    """

    recipient: str
    title: str
    body: str
    language: str
    ticket_reference: str
    copied_to: tuple[str, ...] = ()
    attachments: tuple[tuple[str, bytes, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    message_id: str = ""
    references: tuple[str, ...] = ()
    reply_to: str = ""
    nudge: bool = False
    at: datetime | None = None
    message: str = ""
    requirement: str = ""
    recipient_party: str = ""
    numbers: tuple[str, ...] = ()
    endpoint_id: int | None = None
    endpoint: Endpoint | None = None
    test: bool = False
    """It is about a test ticket: it is put on record and never leaves."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel returns for an accepted message: the name that a mail provider gave it, where it gave one."""

    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do.

    `repeatable`: the same message may be sent again without harm, since the receiver knows it by its id. `by_person`: nothing
    is sent; a person of the desk does it. `threads`: answers and later messages are shown as one conversation.
    """

    attachments: bool = False
    copies: bool = False
    threads: bool = False
    reports_bounces: bool = False
    repeatable: bool = False
    by_person: bool = False


class OldBsp(StrEnum):
    """How the old BSP of a test ticket behaves once it has been asked."""

    ANSWERS = "answers"
    REFUSES = "refuses"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Fate:
    """What a magic number meets in a test ticket: at Meta, at its old BSP, at the desk, in its call. Never in a live ticket.

    `line` and `faults` are settings of the simulated line and calls that go wrong (see providers.meta.simulator).
    """

    code: str
    number: str
    line: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Mapping[str, Any], ...] = ()
    at_destination: bool = False
    """The number stands at the destination already."""
    old_bsp: OldBsp = OldBsp.ANSWERS
    never_verified: bool = False
    """Meta never verifies the business."""
    slot_taken: bool = False
    """Somebody else is faster, once: the first booking or hold is refused."""
    missed: bool = False
    """Nobody comes to the first call."""
    wrong_code: bool = False
    """The first code that is typed in is not the one that came."""
    left_out: bool = False
    """Meta will never take it: the desk leaves it out."""
