"""What the rules of eligibility look at, and what they answer with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from migrations_app.enums import Blocks, Flow, RequirementCode
from migrations_app.enums.reasons import ReasonCode, Severity
from migrations_app.rules.facts import Answers, DestinationFacts, NumberAnswers
from migrations_app.rules.flows import FlowPlan, plan_of
from migrations_app.rules.identifiers import identifier_problems
from migrations_app.rules.lifecycle import CLEAR_FOR_SCHEDULING
from migrations_app.rules.phone import Phone, match_key
from migrations_app.rules.requirements import DerivedRequirement, derive
from tickets.enums import Party


@dataclass(frozen=True)
class Reason:
    """Why a step cannot be taken (`block`), or what to look at before it (`warn`).

    `blocks` is that step, `party` who must act, `place` a JSON pointer into the form, `facts` what the words name (the
    candidate form of a number, the place of an earlier one). A reason that a requirement of the ticket stands for names it; it
    is chased there and not told a second time as a warning. What is not `curable` ends the plan for this number.
    """

    code: ReasonCode
    severity: Severity
    blocks: Blocks
    party: Party
    place: str
    facts: Mapping[str, str] = field(default_factory=dict)
    requirement: RequirementCode | None = None
    curable: bool = True

    @property
    def refuses(self) -> bool:
        """Tell whether filing refuses the form for it."""
        return self.severity is Severity.BLOCK and self.blocks is Blocks.SUBMIT


def refusal(code: ReasonCode, place: str, **facts: str) -> Reason:
    """Return a reason for which filing is refused: the client corrects what was sent."""
    return Reason(code, Severity.BLOCK, Blocks.SUBMIT, Party.CLIENT, place, facts)


def warning(code: ReasonCode, place: str, *, before: Blocks, party: Party = Party.CLIENT, **facts: str) -> Reason:
    """Return a reason that stops nothing but should be looked at before a step."""
    return Reason(code, Severity.WARN, before, party, place, facts)


@dataclass(frozen=True)
class BspFacts:
    """What the directory knows of the old BSP. `client_only`: it listens to its own client alone."""

    known: bool
    client_only: bool = False


@dataclass(frozen=True)
class LineFacts:
    """One number of a form. `phone` and `answers` are None where the text is no number.

    `place` is the pointer of the item; a plain text has no places of its own inside (`detailed`). `holder_phone` is whose phone
    is called about the code, its own or the contact's; `own_contact` says that the item named it. `repeats` is the place,
    counted from one, of the same line earlier in the form. `own_ticket` is a ticket of the caller's that moves the line.
    """

    place: str
    detailed: bool = True
    phone: Phone | None = None
    short_code: bool = False
    answers: NumberAnswers | None = None
    holder_phone: str = ""
    own_contact: bool = False
    bad_contact_phone: bool = False
    repeats: int | None = None
    own_ticket: str = ""

    @property
    def unreadable(self) -> bool:
        """Tell whether there is a text, and it is no number at all."""
        return bool(self.place) and self.phone is None and not self.short_code

    def at(self, name: str) -> str:
        """Return the pointer of one answer about this number."""
        return f"{self.place}/{name}" if self.detailed else self.place


NO_LINE = LineFacts(place="")
"""Stands for the numbers of a form that has none yet: what is said about the answers is said all the same."""


@dataclass(frozen=True)
class FormFacts:
    """Everything that decides what can be said about a form. `bsp` is None while nobody named the old one.

    `unanswered` are the pointers of required answers that are missing: what was not said is not judged.
    """

    answers: Answers
    destination: DestinationFacts
    flow: Flow
    lines: tuple[LineFacts, ...] = ()
    bsp: BspFacts | None = None
    contact_phone: str = ""
    bad_contact_phone: bool = False
    unanswered: frozenset[str] = frozenset()

    @cached_property
    def plan(self) -> FlowPlan:
        """Return what such a move needs at all."""
        return plan_of(self.flow, self.destination.execution)

    @cached_property
    def keys(self) -> frozenset[str]:
        """Return the lines of the form, whatever form they are written in."""
        return frozenset(match_key(line.phone.number) for line in self.lines if line.phone)

    @cached_property
    def mixed_up(self) -> tuple[tuple[str, str], ...]:
        """Return (field, code) of every identifier that is malformed or equal to something else."""
        given = {"waba_id": self.answers.waba_id, "business_manager_id": self.answers.business_manager_id}
        return tuple(identifier_problems(given, [line.phone.number for line in self.lines if line.phone]))

    @cached_property
    def _open(self) -> dict[tuple[RequirementCode, str | None], DerivedRequirement]:
        derived = derive(self.answers, self.destination, self.flow)
        return {(each.code, each.number): each for each in derived if each.state not in CLEAR_FOR_SCHEDULING}

    def blocking(self, line: LineFacts) -> list[RequirementCode]:
        """Return the requirements that would keep this number from being scheduled, as the ticket would start with them."""
        number = line.phone.number if line.phone else None
        return [
            each.code for (_, of), each in self._open.items() if each.blocks is Blocks.SCHEDULE and of in {None, number}
        ]

    def demands(self, code: RequirementCode, line: LineFacts) -> DerivedRequirement | None:
        """Return the requirement with which the ticket would start, open, for the case or this number; None without one."""
        number = line.phone.number if line.phone else None
        return self._open.get((code, None)) or (self._open.get((code, number)) if number else None)

    def asked(
        self, code: ReasonCode, requirement: RequirementCode, line: LineFacts, place: str, *, party: Party
    ) -> Reason | None:
        """Return the reason that an open requirement stands for; None when it is not asked or not open."""
        found = self.demands(requirement, line)
        if found is None:
            return None
        return Reason(code, Severity.BLOCK, found.blocks, party, place, requirement=requirement)
