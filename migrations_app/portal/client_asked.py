"""What is wanted for a ticket, as its client reads it: what is its turn, what others owe, what is done. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from migrations_app.enums import Blocks, RequirementCode, RequirementState, Stage
from migrations_app.enums.texts import REQUIREMENT_TEXTS, STILL_SEEN_ON, detail_text
from migrations_app.models import MigrationCase, Requirement
from migrations_app.rules.hours import zone_of
from migrations_app.rules.lifecycle import CLEAR_FOR_SCHEDULING, MOVED, REQUIREMENT, SATISFIED
from migrations_app.rules.progress import party_of
from migrations_app.rules.requirements import CATALOGUE, CLOSING_CODES, DESK_ONLY_CODES, VALUE_CODES, RequirementType
from migrations_app.rules.wording import LONG_BLOCKERS, hold_of
from migrations_app.selectors.cases import facts_of, requirement_facts
from migrations_app.services.message_facts import bsp_name
from migrations_app.services.rendering import local_day
from migrations_app.services.requirements import NOTHING_TO_ANSWER
from tickets.enums import Party
from tickets.models import Ticket

_EARLY = frozenset({Stage.TRIAGE, Stage.REQUIREMENTS})
_AFTER_THE_MOVE = frozenset({Stage.VERIFYING, Stage.CLOSING, Stage.DONE})
_UNDERSTOOD = frozenset({RequirementCode.OPEN_CONVERSATIONS_ACK, RequirementCode.TEMPLATES_ACK})
_ORDER = (Blocks.SUBMIT, Blocks.SCHEDULE, Blocks.START, Blocks.RESOLVE, Blocks.NOTHING)
_ASKED_OF_BSP = frozenset({code for code, kind in CATALOGUE.items() if kind.owner == Party.OLD_BSP}) | VALUE_CODES


@dataclass(frozen=True)
class Asked:
    """One requirement as the client reads it: of the whole case, or of all its numbers together."""

    code: str
    title: str
    help: str
    party: Party
    state: str
    blocks: str
    notes: Sequence[str] = ()
    """What is known beyond the help: who said what, what was promised for when, what must wait."""
    can_wait: bool = False
    """The next step goes on without it."""
    numbers: Sequence[str] = ()
    """The numbers that it is still open for, where it is a number's."""
    takes: Mapping[str, bool] = field(default_factory=dict)
    """Which forms are offered: `value`, `understood`, `claim`, `requested`."""


@dataclass(frozen=True)
class AllAsked:
    """Everything that is wanted, in the order in which it is."""

    yours: Sequence[Asked]
    later: Sequence[Asked]
    """The client's too, but the next step goes on without it."""
    others: Sequence[Asked]
    checked: Sequence[Asked]
    """Claimed: it counts, and somebody may still look at it."""
    done: Sequence[Asked]


def all_asked(ticket: Ticket, case: MigrationCase) -> AllAsked:
    """Return what is wanted for a case. A ticket that has ended, or was not sent yet, takes no answer."""
    rows = [
        row
        for row in case.requirements.select_related("number").order_by("number__position", "id")
        if row.number is None or row.number.state not in MOVED
    ]
    desk = _Reader(ticket, case, rows)
    lines = [
        desk.line(code, group)
        for code, kind in CATALOGUE.items()
        if (group := [row for row in rows if row.code == code])
        and (case.stage in _AFTER_THE_MOVE or not _is_after(kind))
    ]
    lines.sort(key=lambda line: _ORDER.index(Blocks(line.blocks)))
    todo = [line for line in lines if line.state not in CLEAR_FOR_SCHEDULING]
    yours = [line for line in todo if line.party == Party.CLIENT]
    return AllAsked(
        yours=[line for line in yours if not line.can_wait],
        later=[line for line in yours if line.can_wait],
        others=[line for line in todo if line.party != Party.CLIENT],
        checked=[line for line in lines if line.state == RequirementState.CLAIMED],
        done=[line for line in lines if line.state in SATISFIED],
    )


def _is_after(kind: RequirementType) -> bool:
    """Tell whether something is wanted only once the numbers have moved: earlier it would be wrong (the old contract) or noise."""
    return kind.code in CLOSING_CODES or kind.blocks == Blocks.RESOLVE


_WORST_FIRST = ("failed", "unmet", "requested", "claimed", "met", "waived")


class _Reader:
    """Puts the requirements of one case into words."""

    def __init__(self, ticket: Ticket, case: MigrationCase, rows: Sequence[Requirement]) -> None:
        self.ticket, self.case, self.rows = ticket, case, rows
        self.facts = facts_of(case, ticket)
        self.held = hold_of(requirement_facts(row) for row in rows).held
        self.answers = ticket.status not in NOTHING_TO_ANSWER

    def line(self, code: RequirementCode, rows: Sequence[Requirement]) -> Asked:
        still = [row for row in rows if row.state not in CLEAR_FOR_SCHEDULING]
        parties = [party_of(requirement_facts(row), self.facts) for row in still]
        state = min((row.state for row in rows), key=_WORST_FIRST.index)
        title, help_text = REQUIREMENT_TEXTS[code]
        return Asked(
            code=code.value,
            title=str(title),
            help=str(help_text),
            party=Party.CLIENT if Party.CLIENT in parties else next(iter(parties), Party.NOBODY),
            state=state,
            blocks=rows[0].blocks,
            notes=list(self._notes(code, rows, still)),
            can_wait=self._can_wait(Blocks(rows[0].blocks)),
            numbers=[row.number.number for row in still if row.number is not None],
            takes=self._takes(code, still),
        )

    def _takes(self, code: RequirementCode, still: Sequence[Requirement]) -> dict[str, bool]:
        if not self.answers or not still or code in DESK_ONLY_CODES:
            return {}
        to_ask = all(
            row.state == RequirementState.REQUESTED
            or REQUIREMENT.allows(RequirementState(row.state), RequirementState.REQUESTED)
            for row in still
        )
        value = code in VALUE_CODES
        understood = code in _UNDERSTOOD
        claim = not (value or understood)
        return {"value": value, "understood": understood, "claim": claim, "requested": code in _ASKED_OF_BSP and to_ask}

    def _notes(self, code: RequirementCode, rows: Sequence[Requirement], still: Sequence[Requirement]) -> Any:
        if code == RequirementCode.TWO_STEP_DISABLED and any(row.number_id in self.held for row in still):
            titles = [str(REQUIREMENT_TEXTS[name][0]) for name in LONG_BLOCKERS if self._is_open(name)]
            yield _("Not yet: switch it off only when we tell you. First come: %(what)s.") % {"what": ", ".join(titles)}
        else:
            for detail in self.ticket.status_details:
                if detail.get("requirement") == code and detail.get("text") == STILL_SEEN_ON:
                    yield detail_text(detail)
        yield from dict.fromkeys(self._request(row) for row in still if row.state == RequirementState.REQUESTED)
        wallet = self.case.playbook_copy.get("wallet_minimum_usd")
        if code == RequirementCode.WALLET_FUNDED and wallet:
            yield _("Least credit in the wallet: USD %(amount)s.") % {"amount": wallet}
        yield from dict.fromkeys(
            _("Not accepted: %(reason)s") % {"reason": row.reason} for row in rows if row in still and row.reason
        )

    def _is_open(self, code: str) -> bool:
        return any(row.code == code and row.state not in CLEAR_FOR_SCHEDULING for row in self.rows)

    def _request(self, row: Requirement) -> str:
        """Return what is known of a request at the old BSP."""
        facts = {
            "bsp": bsp_name(self.case) or Party.OLD_BSP.label,
            "reference": row.external_reference,
            "day": self._day(row.promised_for) if row.promised_for else "",
        }
        if row.promised_for and row.external_reference:
            return _("Asked at %(bsp)s, case number %(reference)s, promised for %(day)s.") % facts
        if row.promised_for:
            return _("Asked at %(bsp)s, promised for %(day)s.") % facts
        if row.external_reference:
            return _("Asked at %(bsp)s, case number %(reference)s.") % facts
        return _("Asked at %(bsp)s.") % facts

    def _day(self, moment: datetime) -> str:
        return local_day(moment, zone_of(self.ticket.timezone).key, get_language() or "en")

    def _can_wait(self, blocks: Blocks) -> bool:
        before_the_call = blocks == Blocks.START and self.case.stage in _EARLY and self.facts.plan.call
        return before_the_call or (blocks == Blocks.NOTHING and self.case.stage not in _AFTER_THE_MOVE)
