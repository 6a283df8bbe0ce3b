"""What exists in the simulated world: lines (telephone numbers), phones (their objects at Meta), accounts."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from providers.meta.simulator import limits

OWNERSHIP_LIFE = timedelta(days=14)  # a proof of ownership stays good for 14 days. Source: Alibaba Cloud ChatApp
DEFAULT_SOURCE_WABA = "102290129340398"
FIRST_PHONE_ID = 106540352242001
FIRST_TEMPLATE_ID = 1473688840035001

CONNECTED, PENDING, MIGRATED, DISCONNECTED, DELETED = "CONNECTED", "PENDING", "MIGRATED", "DISCONNECTED", "DELETED"


@dataclass(slots=True)
class Message:
    """One SMS or call with a code, as the person with the telephone gets it."""

    at: datetime
    method: str
    code: str
    text: str


@dataclass(slots=True)
class Line:
    """A telephone number of the world: who holds it, what it can receive, how it is protected."""

    digits: str
    two_step: bool = False
    display_name: str = ""
    display_name_status: str = "APPROVED"
    business_id: str = ""
    line_type: str = "mobile"
    ivr: bool = False
    otp_never_arrives: bool = False
    sms_never_arrives: bool = False
    free: bool = False
    source_set_up: bool = True
    source_waba_id: str = DEFAULT_SOURCE_WABA
    quality_rating: str = "GREEN"
    pin_salt: str = ""
    pin_digest: str = ""
    registrations: limits.MovingWindow = field(default_factory=limits.registrations)
    code_requests: limits.MovingWindow = field(default_factory=limits.code_requests)
    inbox: list[Message] = field(default_factory=list)

    def set_pin(self, pin: str) -> None:
        """Protect the number with a PIN; only a salted digest is kept."""
        self.pin_salt = secrets.token_hex(8)
        self.pin_digest = _digest(self.pin_salt, pin)
        self.two_step = True

    def pin_fits(self, pin: str) -> bool:
        """Whether this is the number's PIN; nothing fits while none was ever set."""
        return bool(self.pin_digest) and hmac.compare_digest(self.pin_digest, _digest(self.pin_salt, pin))

    def receives(self, method: str) -> bool:
        """Whether a code arrives: only mobiles get SMS; a call needs a person, not a menu or a pager."""
        if self.otp_never_arrives or self.line_type == "pager":
            return False
        if method == "SMS":
            return self.line_type == "mobile" and not self.sms_never_arrives
        return not self.ivr


@dataclass(slots=True)
class Phone:
    """A phone-number object of one account at Meta."""

    id: str
    digits: str
    waba_id: str
    status: str = PENDING
    migrating: bool = False
    verified_at: datetime | None = None
    code: str = ""
    code_sent_at: datetime | None = None

    def ownership(self, now: datetime) -> str:
        """Meta's code_verification_status at this moment."""
        if self.verified_at is None:
            return "NOT_VERIFIED"
        return "VERIFIED" if now - self.verified_at <= OWNERSHIP_LIFE else "EXPIRED"


@dataclass(slots=True)
class Template:
    """A message template in one language. `fails_with`: copying it fails for this reason; `becomes`: the status of its copy."""

    id: str
    name: str
    language: str
    status: str = "APPROVED"
    category: str = "UTILITY"
    quality: str = "GREEN"
    reason: str = "NONE"
    fails_with: str = ""
    becomes: str = "APPROVED"


@dataclass(slots=True)
class Waba:
    """A WhatsApp Business Account; in order unless told otherwise."""

    id: str
    name: str = ""
    payment: bool = True
    subscribed_apps: list[str] = field(default_factory=lambda: ["670843887433847"])
    approved: bool = True
    messaging_for_approved: bool = True
    business_id: str = ""
    number_cap: int = 0  # 0: no limit
    country: str = "ES"
    templates: list[Template] = field(default_factory=list)
    template_limit: int = 0  # 0: Meta's own, by verification
    copies_by_itself: bool = True
    shared: bool = True
    """Whether the caller's token may see it: an old provider's account may be closed to us."""


class World:
    """Everything that exists, and the lock under which it is read and changed."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.lines: dict[str, Line] = {}
        self.phones: dict[str, Phone] = {}
        self.wabas: dict[str, Waba] = {}
        self.next_phone_id = FIRST_PHONE_ID
        self.next_template_id = FIRST_TEMPLATE_ID

    def new_code(self) -> str:
        """Return a 6-digit code."""
        return f"{secrets.randbelow(1_000_000):06d}"

    def clear(self) -> None:
        """Forget everything but the counters, so that no id is given twice."""
        self.lines.clear()
        self.phones.clear()
        self.wabas.clear()

    def line(self, digits: str) -> Line:
        """The line, made on first sight together with its object at the source account."""
        line = self.lines.get(digits)
        if line is None:
            line = self.lines[digits] = Line(digits)
            self.add_phone(digits, line.source_waba_id, status=CONNECTED, verified_at=self.clock())
        return line

    def waba(self, waba_id: str) -> Waba:
        """The account's settings; one never spoken of is in order."""
        return self.wabas.get(waba_id) or Waba(waba_id)

    def add_phone(self, digits: str, waba_id: str, *, status: str, verified_at: datetime | None = None) -> Phone:
        """Make a phone-number object with an id of its own."""
        phone = Phone(str(self.next_phone_id), digits, waba_id, status=status, verified_at=verified_at)
        self.next_phone_id += 1
        self.phones[phone.id] = phone
        return phone

    def new_template_id(self) -> str:
        """Return an id that no template has."""
        self.next_template_id += 1
        return str(self.next_template_id - 1)

    def phones_of(self, digits: str) -> list[Phone]:
        """Every object of a line, in the order they were made."""
        return [phone for phone in self.phones.values() if phone.digits == digits]

    def phones_at(self, waba_id: str) -> list[Phone]:
        """Every object of an account that was not deleted."""
        return [phone for phone in self.phones.values() if phone.waba_id == waba_id and phone.status != DELETED]


def _digest(salt: str, pin: str) -> str:
    return hashlib.sha256(f"{salt}:{pin}".encode()).hexdigest()
